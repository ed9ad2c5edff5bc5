// The one writer: appends entries to the log, folds them into the cases, keeps the chain and its checkpoints. Everything
// that changes the store goes through here, inside run().
//
// One thread at a time (HubService holds a lock).
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "schema/wire/archive.hpp"
#include "sync/core/reconcile.hpp"
#include "sync/hub/body.hpp"
#include "sync/hub/hot_case.hpp"
#include "sync/hub/policies.hpp"
#include "sync/hub/service.hpp"

namespace satchel::sync {

// Where somebody's ruled work comes from.
struct Provenance {
    CredentialNo credential_no{};
    BatchNo batch_no{};
    std::uint64_t sequence = 0;
    Position seen_position{};
};

class Ledger {
public:
    Ledger(const HubParts& parts, PolicyShelf& policies) : parts_(parts), policies_(policies) {}
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    // Runs `work` in a transaction and commits it, with one checkpoint if anything was written. When it fails, nothing of
    // it is kept. Returns the head of the log afterwards.
    Result<Head> run(const std::function<Result<void>(Ledger&)>& work);

    // --- Only inside run() ---

    [[nodiscard]] CentralTransaction& store() noexcept { return *transaction_; }
    [[nodiscard]] Instant now() const noexcept { return now_; }
    [[nodiscard]] Date today() const noexcept { return schema::day_in_england(now_); }
    [[nodiscard]] Random& random() noexcept { return parts_.random; }
    [[nodiscard]] const HubKeys& keys() const noexcept { return parts_.keys; }
    [[nodiscard]] PolicyShelf& policies() noexcept { return policies_; }
    [[nodiscard]] const HubPolicy& policy() noexcept { return *in_force_; }
    void use(HubPolicyPtr policy) { in_force_ = std::move(policy); }
    [[nodiscard]] Position head() const noexcept { return head_.position; }
    // How many rows were written since run() began.
    [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

    CaseNo next_case() { return CaseNo{++numbers_.case_no}; }
    CredentialNo next_credential() { return CredentialNo{++numbers_.credential_no}; }
    IncarnationNo next_incarnation() { return IncarnationNo{++numbers_.incarnation_no}; }
    Result<BatchNo> append(BatchRow batch);  // gives it its number

    // Fills in position, time, policy version and audit.
    Result<Position> append(EntryRow entry);
    template <class Row>
    Result<Position> admin(AdminKind kind, const Row& row, CaseNo case_no = {}, CredentialNo credential_no = {});

    // Null when there is no such case.
    Result<HotCase*> find_case(const CaseId& id);
    Result<HotCase*> find_case(CaseNo no);
    Result<HotCase*> open_case(std::string_view label);
    // For work that touches many cases: writes out and forgets what is in memory once it has become much. HotCase
    // pointers given out before are gone.
    Result<void> relieve();
    // The cases that were used least lately are written out and forgotten, until the others take no more than they may; the one
    // used last stays, whatever it takes. HotCase pointers to others are gone.
    Result<void> forget_some();
    // The same within one piece of work, once they take twice as much: what it comes back to is not read again each time.
    Result<void> forget_some_in_between();

    // Rules on a changeset, appends it and what follows from it. `body` is its entry's.
    Result<std::vector<Ruling>> rule(HotCase& where, OpenedChangeset& changeset, const Bytes& body, const Author& author,
                                     const Provenance& from);
    Result<void> apply(HotCase& where, const Effect& effect);
    // Facts that today and the records now yield, and the clocks that rest on those that changed; `types` empty: all.
    Result<std::uint64_t> derive(HotCase& where, Date on, const std::set<schema::TypeId>& types,
                                 const VersionId& cause);
    Result<std::uint64_t> run_clocks(HotCase& where, Date on, const Clocks& clocks, const VersionId& cause);

private:
    Result<void> begin();
    Result<Head> finish();
    void abandon();
    Result<HotCase*> take_in(std::optional<CaseRow> row);
    HotCase* keep(std::unique_ptr<HotCase> hot);
    void forget_all();
    Result<void> forget_above(std::size_t bytes);
    Result<void> index_open_items(HotCase& where, const std::set<std::pair<RecordId, schema::GroupId>>& touched,
                                  const std::map<VersionId, schema::TypeId>& open_before, Position at);

    HubParts parts_;
    PolicyShelf& policies_;
    HubPolicyPtr in_force_;
    std::unique_ptr<CentralTransaction> transaction_;
    Instant now_;
    bool known_ = false;  // head_ and numbers_ are those of the store
    Head head_;
    LastNumbers numbers_;
    std::uint64_t written_ = 0;  // since begin()
    std::uint64_t uses_ = 0;
    std::unordered_map<CaseId, std::unique_ptr<HotCase>, IdHash> cases_;
    std::unordered_map<std::int64_t, HotCase*> by_no_;
    std::size_t came_in_ = 0;     // bytes of memory since the cases were last weighed or forgotten, about
    std::size_t weighed_at_ = 0;  // of these, when they were last weighed within a piece of work
};

template <class Row>
Result<Position> Ledger::admin(AdminKind kind, const Row& row, CaseNo case_no, CredentialNo credential_no)
{
    EntryRow entry;
    entry.kind = EntryKind::admin;
    entry.case_no = case_no;
    entry.credential_no = credential_no;
    entry.body = admin_body(kind, schema::wire::pack(row));
    SATCHEL_TRY(const auto position, append(std::move(entry)));
    if constexpr (requires { transaction_->put(row); }) {
        SATCHEL_TRYV(transaction_->put(row));
    } else if constexpr (requires { transaction_->append(row); }) {
        SATCHEL_TRYV(transaction_->append(row));
    }
    return position;
}

}  // namespace satchel::sync
