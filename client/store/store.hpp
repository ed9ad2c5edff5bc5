// The device store: everything one profile holds, in one encrypted file with one exclusive connection.
//
// What it promises:
//   - save() returns only when changeset, outbox row and overlay are durable together; after an error nothing
//   of them
//     is there ("what you typed is still in the form").
//   - A page of entries is applied with its cursor in one transaction, or not at all: a session may be cut
//   anywhere.
//   - Confirmed state is the fold of the entries; what is shown is the overlay of own pending work on it.
//   - A case that has left is in no table, index, free page or log file.
//
// One thread at a time. Errors of the vault (crypto/vault/database.hpp) pass through: after io_error or
// corrupt the store answers `closed` until it is opened again.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "client/store/model.hpp"
#include "crypto/hash.hpp"
#include "schema/base/ports.hpp"
#include "sync/core/reconcile.hpp"
#include "sync/core/state.hpp"

namespace satchel::client {

struct StoreOptions {
    std::string vfs; // a registered SQLite VFS; empty: the machine's own
    int busy_timeout_ms = 5000;
};

class DeviceStore
{
public:
    // A new store in a file that must not exist yet (duplicate).
    static Result<DeviceStore> create(const std::string& path, const crypto::SecretBytes& key,
                                      const Identity& identity, const Chain& chain,
                                      const sync::PolicyMessage& policy, const StoreOptions& options = {});
    static Result<DeviceStore> open(const std::string& path, const crypto::SecretBytes& key,
                                    const StoreOptions& options = {});

    DeviceStore(DeviceStore&&) noexcept;
    DeviceStore& operator=(DeviceStore&&) noexcept;
    ~DeviceStore();

    [[nodiscard]] const Identity& identity() const noexcept;
    [[nodiscard]] const Chain& chain() const noexcept;
    // `vacant`: roles that nobody holds, where this user may have to stand in. invalid_argument: one that no agreement can name.
    Result<void> set_hats(std::vector<schema::Hat> hats, const std::vector<std::string>& vacant = {});
    Result<void> set_hub_address(std::string address);

    // --- The agreement (DSA) in force
    // ------------------------------------------------------------------------- The newest bundle this device
    // holds, as the hub signed it. Compiling it is the caller's: see use_policy().
    Result<sync::PolicyMessage> policy_bundle();
    // Required before save(), apply() and every view of a case. The policy must be that of policy_bundle().
    void use_policy(std::shared_ptr<const schema::Policy> policy) noexcept;
    [[nodiscard]] const schema::Policy& policy() const noexcept;
    // Keeps a newer bundle and uses it, with the keys of the agencies that come with it (new_agencies()), all or nothing;
    // pending work is judged again.
    Result<void> adopt_policy(const sync::PolicyMessage& bundle,
                              std::shared_ptr<const schema::Policy> policy,
                              const std::vector<AgencyKey>& agencies = {});

    // --- Saving
    // ------------------------------------------------------------------------------------------------
    // not_found: the case is not on this device. too_large, invalid_argument: it breaks a written bound and
    // could not be sent. disk_full: nothing was saved.
    Result<Saved> save(const Draft& draft);
    // Several actions in one transaction: all are saved, or none.
    Result<std::vector<Saved>> save_all(std::span<const Draft> drafts);
    // What the hub would say to them as things stand here, one after the other. Saves nothing.
    Result<std::vector<Saved>> forecast(std::span<const Draft> drafts);

    // --- Cases
    // -------------------------------------------------------------------------------------------------
    Result<std::vector<CaseSummary>> cases();
    // Everything of a case, own pending work included. not_found when it is not here or locked: the same
    // answer.
    Result<sync::CaseState> shown(const CaseId& case_id);
    // The same without own pending work.
    Result<sync::CaseState> confirmed(const CaseId& case_id);
    // The records of one type, own pending work included. Cheap.
    Result<std::vector<sync::RecordState>> shown_of_type(const CaseId& case_id, schema::TypeId type);
    // The tasks of a case, own pending work included.
    Result<std::vector<sync::Task>> shown_tasks(const CaseId& case_id);
    // The case that a record is in. not_found when there is none on this device.
    Result<CaseId> case_of(const RecordId& record);
    Result<CaseId> case_of_task(const TaskId& task);
    // One record as confirmed, without pending work; nothing when it exists here only as pending work.
    Result<std::optional<sync::RecordState>> confirmed_record(const CaseId& case_id, const RecordId& record);
    Result<std::optional<sync::RecordState>> shown_record(const CaseId& case_id, const RecordId& record);

    // --- History
    // ----------------------------------------------------------------------------------------------- Every
    // version of a record's groups in order, losers included, own pending work last. `record` empty: the
    // whole case. With `prove`, every signature is checked again from what is stored; without, only own work
    // is marked.
    Result<std::vector<HistoryLine>> history(const CaseId& case_id, const RecordId& record, bool prove);
    // The case as it was of what the hub had received by then, as far as this user may see that now: later entries are
    // left out, whatever time they tell of, and own pending work.
    Result<sync::CaseState> case_as_of(const CaseId& case_id, Instant then);
    // Lines received since the user last looked; `mark` moves that forward.
    Result<std::vector<std::pair<CaseId, HistoryLine>>> changes_since_last_look(bool mark);
    // Display name of an author; empty when unknown.
    Result<std::string> author_name(const CredentialId& author);
    Result<std::optional<sync::AuthorRecord>> author(const CredentialId& author);

    // --- Work and attention
    // ------------------------------------------------------------------------------------
    Result<std::vector<OwnWork>> outbox(); // everything that waits for a receipt or a ruling, in order
    Result<std::uint64_t> waiting();       // changesets without a receipt
    Result<std::vector<AttentionItem>> attention();
    Result<std::uint64_t> attention_count();

    // --- Search
    // ------------------------------------------------------------------------------------------------ Any
    // words, in any order, in searchable fields, own pending work included. Never in locked cases.
    Result<std::vector<SearchHit>> search(std::string_view words, std::size_t limit = 50);
    // Brings the index up to date; search() does it, too. Called after a session, so that a search is quick.
    Result<void> index_new_work();

    // --- For the session (client/engine)
    // ------------------------------------------------------------------------- Own work of the present
    // incarnation after `after`, in sequence, at most `items` and about `bytes`.
    Result<std::vector<OwnWork>> to_push(std::uint64_t after, std::size_t items, std::size_t bytes);
    // A receipt whose signature has been checked. fork when its head is not that of our present chain: another copy of this
    // store is in use; protocol_violation when it is not that of a former one. `asked_for`: it answers a recall, so what was
    // ruled before is so still, and a head that is not ours is a protocol_violation.
    Result<void> accept_receipt(const sync::Receipt& receipt, bool asked_for = false);
    // Work of former incarnations without a receipt: what a recall asks about. Oldest first.
    Result<std::vector<ReceiptGap>> receipt_gaps();
    // Places of an incarnation's chain from `first` to `last`, the last one included; evenly spaced when there are more
    // than fit into a recall.
    Result<std::vector<sync::ChainPoint>> chain_points(const ReceiptGap& gap);
    // not_found: it names own work that is not here any more; nothing was changed.
    Result<Tally> apply(const CheckedPage& page);
    // The newest one of the present incarnation: what proves to an auditor how far the hub's history reached.
    Result<std::optional<sync::Receipt>> last_receipt();
    // What the hub may go on from. Of a locked case nothing: should the user have been let in again, it comes whole.
    Result<std::vector<sync::CaseCursor>> cursors();
    Result<void> note_attempt(Instant at, std::optional<Errc> failed);
    Result<std::optional<Attempt>> last_attempt();
    // How many bytes to send, and to ask for, at a time: what the line has been found to bear.
    Result<std::size_t> portion();
    Result<void> set_portion(std::size_t bytes);
    // What the hub said of itself when it let us in.
    Result<void> set_hub(const sync::Epoch& epoch, Instant hub_time);
    // The hub was put back to an older copy: what it gave receipts for counts as received no more until it gives new
    // ones. What was confirmed stays until the hub sends a case anew: absence there is never a delete.
    Result<void> hub_restored(const sync::Epoch& epoch);
    // The hub knows more of our chain than we do, or other: a new one begins. Work of the old one without a receipt
    // keeps its place until a recall or rewrite_unsent().
    Result<void> begin_incarnation(const IncarnationId& incarnation, ByteView salt_key);
    Result<std::vector<IncarnationId>> former_incarnations();
    // There is work without a receipt of an earlier incarnation, or in the present one some whose content left with its case:
    // its place in the chain must not be filled without it, as another copy of this store may have it yet.
    Result<bool> must_write_again();
    // Writes work of earlier incarnations that the hub turned out not to have as new changesets that name the old (`was`),
    // with every reference to what was rewritten carried over. Gives how many.
    Result<std::uint64_t> rewrite_unsent();

    // --- Access ends
    // ------------------------------------------------------------------------------------------- Shuts a
    // case from view at once: before anything else.
    // False: it is not here.
    Result<bool> lock_case(const CaseId& case_id);
    // Seals what is unsent of a case to the handler, then purges it.
    Result<void> bar_case(const sync::BarredCase& barred, Instant now, Random& random);
    // The whole profile is barred: the same for every case. Gives how many there were.
    Result<std::uint64_t> bar_everything(ByteView deposit_key, Instant now, Random& random);
    // Has the case work that the hub does not hold yet?
    Result<bool> has_unsent(const CaseId& case_id);
    // Content, index and log are gone when this returns, also from free pages and from between rows, and that was looked at.
    // Every page is written anew for that; where the disk has no room, rows and index are gone and the rest waits, and so
    // does our word. refused while there is unsent work.
    Result<void> purge_case(const sync::Remove& remove, Instant now);
    // Removals that the hub has asked our signed word for and has not had, none while one of them waits for room.
    Result<std::vector<RemovedCase>> removals_to_tell();
    Result<void> removal_told(const CaseId& case_id);
    // After a session: what its reader may not see any more is gone from between rows, too, where there is room for that.
    Result<void> tidy();

    // --- Upkeep
    // ------------------------------------------------------------------------------------------------
    struct Health {
        int schema_version = 0;
        std::uint64_t cases = 0, records = 0, entries = 0, own = 0;
        bool chain_sound = false; // own rows are gap-free and lead to the chain's head
    };
    Result<Health> health();

    struct Impl;

private:
    explicit DeviceStore(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

} // namespace satchel::client
