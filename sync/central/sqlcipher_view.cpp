#include "sync/central/sqlcipher_view.hpp"

#include <algorithm>

#include "sync/central/sqlcipher_columns.hpp"

namespace satchel::sync::sqlcipher {
namespace {

using crypto::Database;
using crypto::Sql;
using crypto::Statement;

// Every row the statement gives, through one reused row, so that a long listing does not allocate for each.
template <class Row, class... Args>
Result<void> each(Database& db, Sql sql, const Visit<Row>& visit, const Args&... args)
{
    SATCHEL_TRY(auto query, db.statement(sql));
    query.bind_all(args...);
    Row row;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return {};
        SATCHEL_TRYV(read(query, row));
        SATCHEL_TRY(const bool go_on, visit(row));
        if (!go_on)
            return {};
    }
}

// The one row, or nothing.
template <class Row, class... Args>
Result<std::optional<Row>> one(Database& db, Sql sql, const Args&... args)
{
    std::optional<Row> found;
    const Visit<Row> keep = [&](const Row& row) -> Result<bool> {
        found = row;
        return true;  // to the end: a column that is not what it should be is told by the next step
    };
    SATCHEL_TRYV(each<Row>(db, sql, keep, args...));
    return found;
}

}  // namespace

Result<std::optional<HubRow>> SqlView::hub()
{
    return one<HubRow>(db_, "SELECT area, epoch, created_at, restores FROM hub");
}

Result<Head> SqlView::head()
{
    SATCHEL_TRY(auto query, db_.statement("SELECT position, audit FROM entries ORDER BY position DESC LIMIT 1"));
    SATCHEL_TRY(const bool row, query.step());
    Head head;
    if (row) {
        head.position = Position{query.int64(0)};
        head.audit = query.array(1);
        SATCHEL_TRYV(query.step());
    }
    return head;
}

Result<LastNumbers> SqlView::last_numbers()
{
    SATCHEL_TRY(auto query, db_.statement("SELECT (SELECT max(case_no) FROM cases),"
                                          " (SELECT max(credential_no) FROM credentials),"
                                          " (SELECT max(incarnation_no) FROM incarnations),"
                                          " (SELECT max(batch_no) FROM batches),"
                                          " (SELECT max(checkpoint_no) FROM checkpoints)"));
    SATCHEL_TRYV(query.step());
    return LastNumbers{query.int64(0), query.int64(1), query.int64(2), query.int64(3), query.int64(4)};
}

Result<Counts> SqlView::counts()
{
    Counts counts;
    {
        SATCHEL_TRY(auto query, db_.statement("SELECT kind, count(*) FROM entries GROUP BY kind"));
        for (;;) {
            SATCHEL_TRY(const bool row, query.step());
            if (!row)
                break;
            const auto n = static_cast<std::uint64_t>(query.int64(1));
            counts.entries += n;
            switch (static_cast<EntryKind>(query.int64(0))) {
            case EntryKind::changeset:
                counts.changesets = n;
                break;
            case EntryKind::effect:
                counts.effects = n;
                break;
            case EntryKind::held:
                counts.held = n;
                break;
            case EntryKind::fork:
                counts.forks = n;
                break;
            case EntryKind::admin:
                break;
            }
        }
    }
    SATCHEL_TRY(auto query,
                db_.statement("SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM records),"
                              " (SELECT count(*) FROM users), (SELECT count(*) FROM credentials WHERE kind = 1),"
                              " (SELECT count(*) FROM open_items)"));
    SATCHEL_TRYV(query.step());
    const auto n = [&](int column) { return static_cast<std::uint64_t>(query.int64(column)); };
    counts.cases = n(0);
    counts.records = n(1);
    counts.users = n(2);
    counts.credentials = n(3);
    counts.open_items = n(4);
    return counts;
}

Result<void> SqlView::case_entries(CaseNo case_no, Position after, const Visit<EntryRow>& visit)
{
    return each<EntryRow>(
        db_,
        "SELECT position, kind, case_no, credential_no, batch_no, sequence, body, rulings, policy_version,"
        " rules_version, seen_position, received_at, audit FROM entries"
        " WHERE case_no = ?1 AND position > ?2 ORDER BY position",
        visit, raw(case_no), raw(after));
}

Result<void> SqlView::entries(Position after, const Visit<EntryRow>& visit)
{
    return each<EntryRow>(
        db_,
        "SELECT position, kind, case_no, credential_no, batch_no, sequence, body, rulings, policy_version,"
        " rules_version, seen_position, received_at, audit FROM entries WHERE position > ?1 ORDER BY position",
        visit, raw(after));
}

Result<std::optional<EntryRow>> SqlView::entry(Position position)
{
    return one<EntryRow>(
        db_,
        "SELECT position, kind, case_no, credential_no, batch_no, sequence, body, rulings, policy_version,"
        " rules_version, seen_position, received_at, audit FROM entries WHERE position = ?1",
        raw(position));
}

Result<void> SqlView::held_entries(const Visit<EntryRow>& visit)
{
    return each<EntryRow>(
        db_,
        "SELECT position, kind, case_no, credential_no, batch_no, sequence, body, rulings, policy_version,"
        " rules_version, seen_position, received_at, audit FROM entries INDEXED BY entries_held WHERE kind = 3"
        " ORDER BY position",
        visit);
}

Result<std::optional<BatchRow>> SqlView::batch(BatchNo no)
{
    return one<BatchRow>(db_,
                         "SELECT batch_no, incarnation_no, first_sequence, previous, digests, signature, size"
                         " FROM batches WHERE batch_no = ?1",
                         raw(no));
}

Result<std::optional<BatchRow>> SqlView::batch_of(IncarnationNo incarnation_no, std::uint64_t sequence)
{
    return one<BatchRow>(db_,
                         "SELECT batch_no, incarnation_no, first_sequence, previous, digests, signature, size FROM batches"
                         " WHERE incarnation_no = ?1 AND first_sequence <= ?2 AND first_sequence + size > ?2"
                         " ORDER BY first_sequence DESC, batch_no LIMIT 1",
                         raw(incarnation_no), sequence);
}

Result<std::optional<CaseRow>> SqlView::case_row(const CaseId& id)
{
    return one<CaseRow>(db_,
                        "SELECT case_no, case_id, label, head, last_safety, visibility, facts FROM cases"
                        " WHERE case_id = ?1",
                        id);
}

Result<std::optional<CaseRow>> SqlView::case_row(CaseNo no)
{
    return one<CaseRow>(db_,
                        "SELECT case_no, case_id, label, head, last_safety, visibility, facts FROM cases"
                        " WHERE case_no = ?1",
                        raw(no));
}

Result<void> SqlView::cases(const Visit<CaseRow>& visit)
{
    return each<CaseRow>(
        db_, "SELECT case_no, case_id, label, head, last_safety, visibility, facts FROM cases ORDER BY case_no", visit);
}

Result<std::optional<RecordRow>> SqlView::record(CaseNo case_no, schema::TypeId type, const RecordId& id)
{
    return one<RecordRow>(db_,
                          "SELECT case_no, type, record_id, state FROM records"
                          " WHERE case_no = ?1 AND type = ?2 AND record_id = ?3",
                          raw(case_no), raw(type), id);
}

Result<std::optional<RecordRow>> SqlView::find_record(CaseNo case_no, const RecordId& id)
{
    // Hops from type to type of the case: a few dozen searches, however many records there are.
    return one<RecordRow>(db_,
                          "WITH RECURSIVE types(type) AS ("
                          " SELECT min(type) FROM records WHERE case_no = ?1"
                          " UNION ALL"
                          " SELECT (SELECT min(r.type) FROM records r WHERE r.case_no = ?1 AND r.type > types.type)"
                          " FROM types WHERE types.type IS NOT NULL)"
                          " SELECT r.case_no, r.type, r.record_id, r.state FROM types CROSS JOIN records r"
                          " WHERE r.case_no = ?1 AND r.type = types.type AND r.record_id = ?2",
                          raw(case_no), id);
}

Result<void> SqlView::records(CaseNo case_no, schema::TypeId type, const Visit<RecordRow>& visit)
{
    return each<RecordRow>(db_,
                           "SELECT case_no, type, record_id, state FROM records WHERE case_no = ?1 AND type = ?2"
                           " ORDER BY record_id",
                           visit, raw(case_no), raw(type));
}

Result<void> SqlView::records(CaseNo case_no, const Visit<RecordRow>& visit)
{
    return each<RecordRow>(db_,
                           "SELECT case_no, type, record_id, state FROM records WHERE case_no = ?1"
                           " ORDER BY type, record_id",
                           visit, raw(case_no));
}

Result<void> SqlView::records(CaseNo first, CaseNo last, const std::set<schema::TypeId>& types,
                              const Visit<RecordRow>& visit)
{
    std::string list = "[";
    for (const auto type : types)
        list += (list.size() > 1 ? "," : "") + std::to_string(raw(type));
    list += "]";
    return each<RecordRow>(db_,
                           "SELECT case_no, type, record_id, state FROM records WHERE case_no BETWEEN ?1 AND ?2"
                           " AND type IN (SELECT value FROM json_each(?3)) ORDER BY case_no, type, record_id",
                           visit, raw(first), raw(last), list);
}

Result<void> SqlView::tasks(CaseNo case_no, const Visit<TaskRow>& visit)
{
    return each<TaskRow>(db_, "SELECT case_no, task_id, state FROM tasks WHERE case_no = ?1 ORDER BY task_id", visit,
                         raw(case_no));
}

Result<void> SqlView::open_items(std::optional<CaseNo> case_no, const Visit<OpenItemRow>& visit)
{
    if (case_no)
        return each<OpenItemRow>(db_,
                                 "SELECT item, case_no, type, record_id, field_group, kind, opened FROM open_items"
                                 " WHERE case_no = ?1 ORDER BY item",
                                 visit, raw(*case_no));
    return each<OpenItemRow>(db_,
                             "SELECT item, case_no, type, record_id, field_group, kind, opened FROM open_items"
                             " ORDER BY case_no, item",
                             visit);
}

Result<std::optional<OpenItemRow>> SqlView::open_item(const VersionId& item)
{
    return one<OpenItemRow>(db_,
                            "SELECT item, case_no, type, record_id, field_group, kind, opened FROM open_items"
                            " WHERE item = ?1",
                            item);
}

Result<Facts> SqlView::facts_at(CaseNo case_no, Position position)
{
    Facts facts;
    const Visit<FactRow> keep_last = [&](const FactRow& row) -> Result<bool> {
        if (row.value.empty())
            facts.erase(row.name);
        else
            facts[row.name] = row.value;
        return true;
    };
    SATCHEL_TRYV(each<FactRow>(db_,
                               "SELECT case_no, name, position, value FROM facts"
                               " WHERE case_no = ?1 AND position <= ?2 ORDER BY name, position",
                               keep_last, raw(case_no), raw(position)));
    return facts;
}

Result<std::optional<UserRow>> SqlView::user(const UserId& id)
{
    return one<UserRow>(db_, "SELECT user_id, name, vetting, suspended, hats, version FROM users WHERE user_id = ?1",
                        id);
}

Result<void> SqlView::users(const Visit<UserRow>& visit)
{
    return each<UserRow>(
        db_, "SELECT user_id, name, vetting, suspended, hats, version FROM users ORDER BY name, user_id", visit);
}

Result<void> SqlView::assignments(CaseNo case_no, const Visit<AssignmentRow>& visit)
{
    return each<AssignmentRow>(
        db_,
        "SELECT case_no, subject, name, ended FROM assignments WHERE case_no = ?1 ORDER BY subject, name", visit,
        raw(case_no));
}

Result<void> SqlView::assignments_of(const UserRow& user, const Visit<AssignmentRow>& visit)
{
    using Subject = AssignmentRow::Subject;
    std::vector<std::pair<Subject, std::string>> names{{Subject::user, to_string(user.id)}};
    const auto add = [&](Subject subject, std::string name) {
        const std::pair pair{subject, std::move(name)};
        if (std::find(names.begin(), names.end(), pair) == names.end())
            names.push_back(pair);
    };
    for (const auto& text : user.hats) {
        SATCHEL_TRY(const auto hat, schema::parse_hat(text));
        add(Subject::team, hat.team);
        add(Subject::team, hat.agency + "/" + hat.team);
        add(Subject::role, hat.role);
    }
    bool ended = false;
    const Visit<AssignmentRow> pass_on = [&](const AssignmentRow& row) -> Result<bool> {
        SATCHEL_TRY(const bool go_on, visit(row));
        ended = !go_on;
        return go_on;
    };
    for (const auto& [subject, name] : names) {
        SATCHEL_TRYV(each<AssignmentRow>(
            db_,
            "SELECT case_no, subject, name, ended FROM assignments WHERE subject = ?1 AND name = ?2 ORDER BY case_no",
            pass_on, raw(subject), name));
        if (ended)
            break;
    }
    return {};
}

Result<std::optional<CredentialRow>> SqlView::credential(const CredentialId& id)
{
    return one<CredentialRow>(db_,
                              "SELECT credential_no, credential_id, user_id, kind, agency, device_name,"
                              " operation_key, record, record_signature, enrolled_at, revoked FROM credentials"
                              " WHERE credential_id = ?1",
                              id);
}

Result<std::optional<CredentialRow>> SqlView::credential(CredentialNo no)
{
    return one<CredentialRow>(db_,
                              "SELECT credential_no, credential_id, user_id, kind, agency, device_name,"
                              " operation_key, record, record_signature, enrolled_at, revoked FROM credentials"
                              " WHERE credential_no = ?1",
                              raw(no));
}

Result<void> SqlView::credentials(const Visit<CredentialRow>& visit)
{
    return each<CredentialRow>(db_,
                               "SELECT credential_no, credential_id, user_id, kind, agency, device_name,"
                               " operation_key, record, record_signature, enrolled_at, revoked FROM credentials"
                               " ORDER BY credential_no",
                               visit);
}

Result<std::optional<IncarnationRow>> SqlView::incarnation(IncarnationNo no)
{
    return one<IncarnationRow>(db_,
                               "SELECT incarnation_no, credential_no, incarnation_id, salt_key, forked, received, head"
                               " FROM incarnations WHERE incarnation_no = ?1",
                               raw(no));
}

Result<void> SqlView::incarnations(CredentialNo credential_no, const Visit<IncarnationRow>& visit)
{
    return each<IncarnationRow>(db_,
                                "SELECT incarnation_no, credential_no, incarnation_id, salt_key, forked, received,"
                                " head FROM incarnations WHERE credential_no = ?1 ORDER BY incarnation_no",
                                visit, raw(credential_no));
}

Result<std::optional<EnrolmentRow>> SqlView::enrolment(std::string_view id)
{
    return one<EnrolmentRow>(db_,
                             "SELECT enrolment_id, user_id, code_key, expires_at, used_at, credential_id"
                             " FROM enrolments WHERE enrolment_id = ?1",
                             id);
}

Result<std::optional<PolicyRow>> SqlView::policy(std::uint32_t version)
{
    return one<PolicyRow>(db_, "SELECT version, bundle, signature FROM policies WHERE version = ?1", version);
}

Result<std::optional<PolicyRow>> SqlView::newest_policy()
{
    return one<PolicyRow>(db_, "SELECT version, bundle, signature FROM policies ORDER BY version DESC LIMIT 1");
}

Result<void> SqlView::agencies(const Visit<AgencyIntroduction>& visit)
{
    return each<AgencyIntroduction>(db_, "SELECT name, registry_key, signature FROM agencies ORDER BY name", visit);
}

Result<std::optional<CursorRow>> SqlView::cursor(CredentialNo credential_no, CaseNo case_no, std::uint64_t cursor)
{
    return one<CursorRow>(db_,
                          "SELECT credential_no, case_no, cursor, position, visible_count, visible, visibility, seal"
                          " FROM cursors WHERE credential_no = ?1 AND case_no = ?2 AND cursor = ?3",
                          raw(credential_no), raw(case_no), cursor);
}

Result<std::optional<CursorRow>> SqlView::newest_cursor(CredentialNo credential_no, CaseNo case_no)
{
    return one<CursorRow>(db_,
                          "SELECT credential_no, case_no, cursor, position, visible_count, visible, visibility, seal"
                          " FROM cursors WHERE credential_no = ?1 AND case_no = ?2 ORDER BY cursor DESC LIMIT 1",
                          raw(credential_no), raw(case_no));
}

Result<std::vector<CaseNo>> SqlView::delivered_cases(CredentialNo credential_no)
{
    std::vector<CaseNo> out;
    SATCHEL_TRY(auto query,
                db_.statement("SELECT DISTINCT case_no FROM cursors WHERE credential_no = ?1 ORDER BY case_no"));
    query.bind(1, raw(credential_no));
    for (;;) {
        SATCHEL_TRY(const bool row, query.step());
        if (!row)
            return out;
        out.push_back(CaseNo{query.int64(0)});
    }
}

Result<std::optional<RemovalRow>> SqlView::removal(CredentialNo credential_no, CaseNo case_no)
{
    return one<RemovalRow>(db_,
                           "SELECT credential_no, case_no, because, nonce, done, receipt FROM removals"
                           " WHERE credential_no = ?1 AND case_no = ?2",
                           raw(credential_no), raw(case_no));
}

Result<std::optional<CheckpointRow>> SqlView::newest_checkpoint()
{
    return one<CheckpointRow>(db_,
                              "SELECT checkpoint_no, position, audit, signed_at, signature FROM checkpoints"
                              " ORDER BY checkpoint_no DESC LIMIT 1");
}

Result<std::optional<CheckpointRow>> SqlView::checkpoint_with(const Digest& audit)
{
    return one<CheckpointRow>(db_,
                              "SELECT checkpoint_no, position, audit, signed_at, signature FROM checkpoints"
                              " WHERE audit = ?1 LIMIT 1",
                              audit);
}

Result<void> SqlView::all_batches(const Visit<BatchRow>& visit)
{
    return each<BatchRow>(db_,
                          "SELECT batch_no, incarnation_no, first_sequence, previous, digests, signature, size FROM batches"
                          " ORDER BY batch_no",
                          visit);
}

Result<void> SqlView::all_records(const Visit<RecordRow>& visit)
{
    return each<RecordRow>(
        db_, "SELECT case_no, type, record_id, state FROM records ORDER BY case_no, type, record_id", visit);
}

Result<void> SqlView::all_tasks(const Visit<TaskRow>& visit)
{
    return each<TaskRow>(db_, "SELECT case_no, task_id, state FROM tasks ORDER BY case_no, task_id", visit);
}

Result<void> SqlView::all_facts(const Visit<FactRow>& visit)
{
    return each<FactRow>(
        db_, "SELECT case_no, name, position, value FROM facts ORDER BY case_no, name, position", visit);
}

Result<void> SqlView::all_assignments(const Visit<AssignmentRow>& visit)
{
    return each<AssignmentRow>(
        db_, "SELECT case_no, subject, name, ended FROM assignments ORDER BY case_no, subject, name", visit);
}

Result<void> SqlView::all_incarnations(const Visit<IncarnationRow>& visit)
{
    return each<IncarnationRow>(db_,
                                "SELECT incarnation_no, credential_no, incarnation_id, salt_key, forked, received,"
                                " head FROM incarnations ORDER BY incarnation_no",
                                visit);
}

Result<void> SqlView::all_enrolments(const Visit<EnrolmentRow>& visit)
{
    return each<EnrolmentRow>(db_,
                              "SELECT enrolment_id, user_id, code_key, expires_at, used_at, credential_id"
                              " FROM enrolments ORDER BY enrolment_id",
                              visit);
}

Result<void> SqlView::all_policies(const Visit<PolicyRow>& visit)
{
    return each<PolicyRow>(db_, "SELECT version, bundle, signature FROM policies ORDER BY version", visit);
}

Result<void> SqlView::all_cursors(const Visit<CursorRow>& visit)
{
    return each<CursorRow>(db_,
                           "SELECT credential_no, case_no, cursor, position, visible_count, visible, visibility, seal"
                           " FROM cursors ORDER BY credential_no, case_no, cursor",
                           visit);
}

Result<void> SqlView::all_removals(const Visit<RemovalRow>& visit)
{
    return each<RemovalRow>(db_,
                            "SELECT credential_no, case_no, because, nonce, done, receipt FROM removals"
                            " ORDER BY credential_no, case_no",
                            visit);
}

Result<void> SqlView::all_checkpoints(const Visit<CheckpointRow>& visit)
{
    return each<CheckpointRow>(db_,
                               "SELECT checkpoint_no, position, audit, signed_at, signature FROM checkpoints"
                               " ORDER BY checkpoint_no",
                               visit);
}

}  // namespace satchel::sync::sqlcipher
