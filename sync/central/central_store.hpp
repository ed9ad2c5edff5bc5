// The central store as a port: what the hub needs from a database, and nothing that only one engine has. Adapters pass
// tests/contract/central_store_contract.hpp.
//
// Transactions. One writer at a time: begin() waits for the one before it (busy after the adapter's time-out). What a
// transaction wrote is seen by itself at once and by others after commit() said so, all of it or nothing; then it
// survives power loss. A transaction that ends otherwise leaves nothing behind. Any number of views beside it, each
// pinned to one committed state and query-only; they never make the writer wait, so keep them short: they hold back
// the cleaning of the log.
//
// Threads. CentralStore: any. A view or transaction: one at a time; it ends before its store.
//
// Bounds. Bodies and states up to 16 MiB; texts up to 64 KiB; longer is too_large, by whoever fills the row.
//
// Errors. not_found is never an error here: absent rows are empty optionals. busy: retry. disk_full, io_error: nothing was
// changed; the next begin() finds out whether the store can be written again, and says disk_full, io_error or busy until
// it can. corrupt: stop, verify, restore a copy; also when stored bytes do not decode. duplicate: a row that is written
// once is there already; the transaction must be dropped. closed: of a view or transaction that met an error before.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "sync/central/rows.hpp"

namespace satchel::sync {

// Called for each row in the order stated; false ends the listing. It must not call the view that called it.
template <class Row>
using Visit = std::function<Result<bool>(const Row&)>;

struct Head {
    Position position{};  // 0: no entry yet
    Digest audit{};
};

// The highest numbers given out, so that the one writer can count on from there.
struct LastNumbers {
    std::int64_t case_no = 0, credential_no = 0, incarnation_no = 0, batch_no = 0, checkpoint_no = 0;
};

struct Counts {
    std::uint64_t entries = 0, changesets = 0, effects = 0, held = 0, forks = 0, cases = 0, records = 0, users = 0,
                  credentials = 0, open_items = 0;
};

class CentralView {
public:
    virtual ~CentralView() = default;

    virtual Result<std::optional<HubRow>> hub() = 0;
    virtual Result<Head> head() = 0;
    virtual Result<LastNumbers> last_numbers() = 0;
    virtual Result<Counts> counts() = 0;

    // Entries after a position, ascending: of one case, or of the whole log.
    virtual Result<void> case_entries(CaseNo case_no, Position after, const Visit<EntryRow>& visit) = 0;
    virtual Result<void> entries(Position after, const Visit<EntryRow>& visit) = 0;
    virtual Result<std::optional<EntryRow>> entry(Position position) = 0;
    // Entries of the kind held, ascending; costs no search through the others.
    virtual Result<void> held_entries(const Visit<EntryRow>& visit) = 0;
    virtual Result<std::optional<BatchRow>> batch(BatchNo no) = 0;
    // The batch under which this changeset of an incarnation was received.
    virtual Result<std::optional<BatchRow>> batch_of(IncarnationNo incarnation_no, std::uint64_t sequence) = 0;

    virtual Result<std::optional<CaseRow>> case_row(const CaseId& id) = 0;
    virtual Result<std::optional<CaseRow>> case_row(CaseNo no) = 0;
    virtual Result<void> cases(const Visit<CaseRow>& visit) = 0;  // by number

    virtual Result<std::optional<RecordRow>> record(CaseNo case_no, schema::TypeId type, const RecordId& id) = 0;
    virtual Result<std::optional<RecordRow>> find_record(CaseNo case_no, const RecordId& id) = 0;  // slower: any type
    virtual Result<void> records(CaseNo case_no, schema::TypeId type, const Visit<RecordRow>& visit) = 0;
    virtual Result<void> records(CaseNo case_no, const Visit<RecordRow>& visit) = 0;
    // Of the cases from `first` to `last`, those of these types: by case, then type, then id. One search for all of them.
    virtual Result<void> records(CaseNo first, CaseNo last, const std::set<schema::TypeId>& types,
                                 const Visit<RecordRow>& visit) = 0;
    virtual Result<void> tasks(CaseNo case_no, const Visit<TaskRow>& visit) = 0;
    // All open items, or those of one case; by case, then by item.
    virtual Result<void> open_items(std::optional<CaseNo> case_no, const Visit<OpenItemRow>& visit) = 0;
    virtual Result<std::optional<OpenItemRow>> open_item(const VersionId& item) = 0;
    // The facts of a case as they were at a position: later values are not seen.
    virtual Result<Facts> facts_at(CaseNo case_no, Position position) = 0;

    virtual Result<std::optional<UserRow>> user(const UserId& id) = 0;
    virtual Result<void> users(const Visit<UserRow>& visit) = 0;  // by name, then id
    virtual Result<void> assignments(CaseNo case_no, const Visit<AssignmentRow>& visit) = 0;
    // Every assignment that names the user, one of their teams or one of their roles, also those that have ended.
    virtual Result<void> assignments_of(const UserRow& user, const Visit<AssignmentRow>& visit) = 0;

    virtual Result<std::optional<CredentialRow>> credential(const CredentialId& id) = 0;
    virtual Result<std::optional<CredentialRow>> credential(CredentialNo no) = 0;
    virtual Result<void> credentials(const Visit<CredentialRow>& visit) = 0;  // by number
    virtual Result<std::optional<IncarnationRow>> incarnation(IncarnationNo no) = 0;
    virtual Result<void> incarnations(CredentialNo credential_no, const Visit<IncarnationRow>& visit) = 0;
    virtual Result<std::optional<EnrolmentRow>> enrolment(std::string_view id) = 0;

    virtual Result<std::optional<PolicyRow>> policy(std::uint32_t version) = 0;
    virtual Result<std::optional<PolicyRow>> newest_policy() = 0;
    // Those that came to the area after its beginning, by name.
    virtual Result<void> agencies(const Visit<AgencyIntroduction>& visit) = 0;

    // Exactly this cursor; or the newest one of the pair.
    virtual Result<std::optional<CursorRow>> cursor(CredentialNo credential_no, CaseNo case_no,
                                                    std::uint64_t cursor) = 0;
    virtual Result<std::optional<CursorRow>> newest_cursor(CredentialNo credential_no, CaseNo case_no) = 0;
    // The cases of which something was delivered to the credential and not removed since.
    virtual Result<std::vector<CaseNo>> delivered_cases(CredentialNo credential_no) = 0;
    virtual Result<std::optional<RemovalRow>> removal(CredentialNo credential_no, CaseNo case_no) = 0;

    virtual Result<std::optional<CheckpointRow>> newest_checkpoint() = 0;
    virtual Result<std::optional<CheckpointRow>> checkpoint_with(const Digest& audit) = 0;

    // Whole tables, in the order of their keys, for `verify`.
    virtual Result<void> all_batches(const Visit<BatchRow>& visit) = 0;
    virtual Result<void> all_records(const Visit<RecordRow>& visit) = 0;
    virtual Result<void> all_tasks(const Visit<TaskRow>& visit) = 0;
    virtual Result<void> all_facts(const Visit<FactRow>& visit) = 0;
    virtual Result<void> all_assignments(const Visit<AssignmentRow>& visit) = 0;
    virtual Result<void> all_incarnations(const Visit<IncarnationRow>& visit) = 0;
    virtual Result<void> all_enrolments(const Visit<EnrolmentRow>& visit) = 0;
    virtual Result<void> all_policies(const Visit<PolicyRow>& visit) = 0;
    virtual Result<void> all_cursors(const Visit<CursorRow>& visit) = 0;
    virtual Result<void> all_removals(const Visit<RemovalRow>& visit) = 0;
    virtual Result<void> all_checkpoints(const Visit<CheckpointRow>& visit) = 0;
};

// put: inserts, or replaces the row with the same key. append: written once, duplicate otherwise.
// Virtual, so that an adapter writes its queries once, for views and transactions alike.
class CentralTransaction : public virtual CentralView {
public:
    virtual Result<void> put(const HubRow& row) = 0;
    virtual Result<void> append(const EntryRow& row) = 0;
    virtual Result<void> append(const BatchRow& row) = 0;
    virtual Result<void> put(const CaseRow& row) = 0;
    // `fresh`: the caller knows that there is no such record yet.
    virtual Result<void> put(const RecordRow& row, bool fresh) = 0;
    virtual Result<void> put(const TaskRow& row) = 0;
    virtual Result<void> put(const OpenItemRow& row) = 0;
    virtual Result<void> erase_open_item(const VersionId& item) = 0;
    virtual Result<void> put(const FactRow& row) = 0;
    virtual Result<void> put(const UserRow& row) = 0;
    virtual Result<void> put(const AssignmentRow& row) = 0;
    virtual Result<void> put(const CredentialRow& row) = 0;
    virtual Result<void> put(const IncarnationRow& row) = 0;
    virtual Result<void> put(const EnrolmentRow& row) = 0;
    virtual Result<void> append(const PolicyRow& row) = 0;
    virtual Result<void> append(const AgencyIntroduction& row) = 0;
    virtual Result<void> put(const CursorRow& row) = 0;
    // Keeps the cursors from `keep_from` on and always the newest one.
    virtual Result<void> prune_cursors(CredentialNo credential_no, CaseNo case_no, std::uint64_t keep_from) = 0;
    virtual Result<void> erase_cursors(CredentialNo credential_no, CaseNo case_no) = 0;
    virtual Result<void> put(const RemovalRow& row) = 0;
    virtual Result<void> append(const CheckpointRow& row) = 0;

    // Durable when it returns. The transaction is over whatever it says; after an error nothing of it is there.
    virtual Result<void> commit() = 0;
};

class CentralStore {
public:
    virtual ~CentralStore() = default;
    virtual Result<std::unique_ptr<CentralView>> view() = 0;
    virtual Result<std::unique_ptr<CentralTransaction>> begin() = 0;
};

}  // namespace satchel::sync
