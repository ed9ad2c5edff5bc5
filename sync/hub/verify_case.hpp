// The second half of `verify`: one case folded anew from its entries, every ruling and consequence worked out again.
#pragma once

#include <deque>
#include <span>

#include "sync/core/consequences.hpp"
#include "sync/hub/verify_log.hpp"

namespace satchel::sync::verifying {

// Rules on the work in hand as the hub would, under some agreement, which its author knew, and on some state of its case; nothing
// where the log does not tell whose it is. `seen`: the facts that its author had seen; null: those of the log.
using RuleAnew =
    std::function<std::optional<std::vector<Ruling>>(const schema::Policy& policy, const CaseState& state, const Facts* seen)>;

// Another history of a case, which is told of each entry of the log before that is folded in.
class CaseReplay;
class BesideReplay {
public:
    virtual ~BesideReplay() = default;
    virtual void take(const CaseReplay& log, const EntryRow& entry, const OpenedChangeset& changeset,
                      const std::vector<Ruling>& recorded, const RuleAnew& rule_anew) = 0;
    virtual void take(const CaseReplay& log, const EntryRow& entry, const Effect& effect) = 0;
};

// Dates are reckoned with in days of 32 bits: a forged time stays within a few thousand years.
[[nodiscard]] Instant within_reason(Instant t);

// The facts as the rows up to a position, which are in the order of positions, leave them.
[[nodiscard]] Facts facts_until(std::span<const FactRow> rows, Position position);

class CaseReplay {
public:
    CaseReplay(const LogState& log, CaseNo no, Findings& findings);

    void run_beside(BesideReplay& other) { beside_ = &other; }

    // The case's entries in their order, then end().
    void take(const EntryRow& entry);
    void end();

    // --- What must stand in the tables; whole after end() ---

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
                                                               const schema::Policy& policy, const schema::Policy& authored,
                                                               const CaseState& state, const Facts* seen);
    void check_lone(const EntryRow& entry, const Effect& effect, const HubPolicy* policy);
    void end_of_consequences();
    void note_open_items(const OpenedChangeset& changeset, Position at);
    void moved_to(Position position, bool safety, bool visibility_changed);
    [[nodiscard]] const Facts* facts_at(Position position);  // until the next call
    void fail(const EntryRow& entry, std::string_view kind);

    const LogState& log_;
    Findings& findings_;
    BesideReplay* beside_ = nullptr;
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
