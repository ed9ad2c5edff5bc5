// What a connection to the embedded store answers, for views and for the transaction that is under way on it. Internal
// to sync/central.
#pragma once

#include "crypto/vault/database.hpp"
#include "sync/central/central_store.hpp"

namespace satchel::sync::sqlcipher {

// On a connection that is inside a transaction and outlives this.
class SqlView : public virtual CentralView {
public:
    explicit SqlView(crypto::Database& db) noexcept : db_(db) {}

    Result<std::optional<HubRow>> hub() override;
    Result<Head> head() override;
    Result<LastNumbers> last_numbers() override;
    Result<Counts> counts() override;
    Result<void> case_entries(CaseNo case_no, Position after, const Visit<EntryRow>& visit) override;
    Result<void> entries(Position after, const Visit<EntryRow>& visit) override;
    Result<std::optional<EntryRow>> entry(Position position) override;
    Result<std::optional<BatchRow>> batch(BatchNo no) override;
    Result<std::optional<BatchRow>> batch_of(IncarnationNo incarnation_no, std::uint64_t sequence) override;
    Result<std::optional<CaseRow>> case_row(const CaseId& id) override;
    Result<std::optional<CaseRow>> case_row(CaseNo no) override;
    Result<void> cases(const Visit<CaseRow>& visit) override;
    Result<std::optional<RecordRow>> record(CaseNo case_no, schema::TypeId type, const RecordId& id) override;
    Result<std::optional<RecordRow>> find_record(CaseNo case_no, const RecordId& id) override;
    Result<void> records(CaseNo case_no, schema::TypeId type, const Visit<RecordRow>& visit) override;
    Result<void> records(CaseNo case_no, const Visit<RecordRow>& visit) override;
    Result<void> records(CaseNo first, CaseNo last, const std::set<schema::TypeId>& types,
                         const Visit<RecordRow>& visit) override;
    Result<void> tasks(CaseNo case_no, const Visit<TaskRow>& visit) override;
    Result<void> open_items(std::optional<CaseNo> case_no, const Visit<OpenItemRow>& visit) override;
    Result<std::optional<OpenItemRow>> open_item(const VersionId& item) override;
    Result<Facts> facts_at(CaseNo case_no, Position position) override;
    Result<std::optional<UserRow>> user(const UserId& id) override;
    Result<void> users(const Visit<UserRow>& visit) override;
    Result<void> assignments(CaseNo case_no, const Visit<AssignmentRow>& visit) override;
    Result<void> assignments_of(const UserRow& user, const Visit<AssignmentRow>& visit) override;
    Result<std::optional<CredentialRow>> credential(const CredentialId& id) override;
    Result<std::optional<CredentialRow>> credential(CredentialNo no) override;
    Result<void> credentials(const Visit<CredentialRow>& visit) override;
    Result<std::optional<IncarnationRow>> incarnation(IncarnationNo no) override;
    Result<void> incarnations(CredentialNo credential_no, const Visit<IncarnationRow>& visit) override;
    Result<std::optional<EnrolmentRow>> enrolment(std::string_view id) override;
    Result<std::optional<PolicyRow>> policy(std::uint32_t version) override;
    Result<std::optional<PolicyRow>> newest_policy() override;
    Result<void> agencies(const Visit<AgencyIntroduction>& visit) override;
    Result<std::optional<CursorRow>> cursor(CredentialNo credential_no, CaseNo case_no,
                                            std::uint64_t cursor) override;
    Result<std::optional<CursorRow>> newest_cursor(CredentialNo credential_no, CaseNo case_no) override;
    Result<std::vector<CaseNo>> delivered_cases(CredentialNo credential_no) override;
    Result<std::optional<RemovalRow>> removal(CredentialNo credential_no, CaseNo case_no) override;
    Result<std::optional<CheckpointRow>> newest_checkpoint() override;
    Result<std::optional<CheckpointRow>> checkpoint_with(const Digest& audit) override;
    Result<void> all_batches(const Visit<BatchRow>& visit) override;
    Result<void> all_records(const Visit<RecordRow>& visit) override;
    Result<void> all_tasks(const Visit<TaskRow>& visit) override;
    Result<void> all_facts(const Visit<FactRow>& visit) override;
    Result<void> all_assignments(const Visit<AssignmentRow>& visit) override;
    Result<void> all_incarnations(const Visit<IncarnationRow>& visit) override;
    Result<void> all_enrolments(const Visit<EnrolmentRow>& visit) override;
    Result<void> all_policies(const Visit<PolicyRow>& visit) override;
    Result<void> held_entries(const Visit<EntryRow>& visit) override;
    Result<void> all_cursors(const Visit<CursorRow>& visit) override;
    Result<void> all_removals(const Visit<RemovalRow>& visit) override;
    Result<void> all_checkpoints(const Visit<CheckpointRow>& visit) override;

protected:
    crypto::Database& db_;
};

}  // namespace satchel::sync::sqlcipher
