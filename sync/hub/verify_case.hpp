// The second half of `verify`: one case folded anew from its entries, every ruling and consequence worked out again.
#pragma once

#include <deque>

#include "sync/core/consequences.hpp"
#include "sync/hub/verify_log.hpp"

namespace satchel::sync::verifying {

class CaseReplay {
public:
    CaseReplay(const LogState& log, CaseNo no, Findings& findings);

    // Rules on every change under another agreement as well, on the state in which it was ruled on, and tells both.
    using Compare = std::function<void(const EntryRow& entry, const OpenedChangeset& changeset,
                                       const std::vector<Ruling>& was, const std::vector<Ruling>& would)>;
    void compare_with(const schema::Policy& other, Compare compare);

    // The case's entries in their order, then end().
    void take(const EntryRow& entry);
    void end();

    // --- What must stand in the tables; after end() ---

    [[nodiscard]] const CaseState& state() const noexcept { return state_; }
    [[nodiscard]] const CaseRow& row() const noexcept { return row_; }
    [[nodiscard]] std::map<VersionId, OpenItemRow> open_items() const;
    [[nodiscard]] const std::vector<FactRow>& facts() const noexcept { return facts_; }  // in the order of positions
    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }

private:
    void take_changeset(const EntryRow& entry);
    void take_effect(const EntryRow& entry);
    [[nodiscard]] std::optional<OpenedChangeset> opened(const EntryRow& entry);
    [[nodiscard]] std::optional<std::vector<Ruling>> recompute(const EntryRow& entry, const OpenedChangeset& changeset,
                                                               const schema::Policy& policy);
    void check_lone(const EntryRow& entry, const Effect& effect, const HubPolicy* policy);
    void end_of_consequences();
    void note_open_items(const OpenedChangeset& changeset, Position at);
    void moved_to(Position position, bool safety, bool visibility_changed);
    [[nodiscard]] const Facts* facts_at(Position position);  // until the next call
    void fail(const EntryRow& entry, std::string_view kind);

    const LogState& log_;
    Findings& findings_;
    const schema::Policy* other_ = nullptr;
    Compare compare_;
    CaseState state_;
    CaseRow row_;
    std::vector<FactRow> facts_;
    Facts facts_before_;
    std::map<VersionId, Position> opened_at_;
    std::deque<Effect> expected_;  // consequences that must be the next entries
    Position cause_{};             // of them
    std::uint64_t entries_ = 0;
};

}  // namespace satchel::sync::verifying
