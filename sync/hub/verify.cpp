#include "sync/hub/verify.hpp"

#include "sync/hub/body.hpp"
#include "sync/hub/verify_case.hpp"
#include "sync/hub/verify_log.hpp"

namespace satchel::sync {
namespace {

using namespace verifying;

std::string_view name(AssignmentRow::Subject subject)
{
    switch (subject) {
    case AssignmentRow::Subject::user:
        return "user";
    case AssignmentRow::Subject::team:
        return "team";
    case AssignmentRow::Subject::role:
        return "role";
    }
    return "unknown subject";
}

// Compares a whole table with the rows it must have, and empties `expected`.
template <class Key, class Row>
class Table {
public:
    using KeyOf = std::function<Key(const Row&)>;
    using Words = std::function<std::string(const Row&)>;

    Table(Findings& findings, std::string table, KeyOf key_of, Words words)
        : findings_(findings), table_(std::move(table)), key_of_(std::move(key_of)), words_(std::move(words))
    {
    }

    Result<void> compare(std::map<Key, Row> expected, const std::function<Result<void>(const Visit<Row>&)>& list)
    {
        std::string last = "the first";
        const Visit<Row> check = [&](const Row& row) -> Result<bool> {
            findings_.count(table_);
            last = words_(row);
            const auto at = expected.find(key_of_(row));
            if (at == expected.end())
                findings_.fail(table_, last, "unexpected");
            else if (at->second != row)
                findings_.fail(table_, last, "state_differs");
            if (at != expected.end())
                expected.erase(at);
            return true;
        };
        const auto outcome = list(check);
        SATCHEL_TRY(const bool whole, listed(findings_, table_, last, outcome));
        if (whole)
            for (const auto& [key, row] : expected)
                findings_.fail(table_, words_(row), "missing");
        return {};
    }

private:
    Findings& findings_;
    std::string table_;
    KeyOf key_of_;
    Words words_;
};

class Verification {
public:
    Verification(CentralView& view, const HubKeys& keys, const VerifyOptions& options, VerifyReport& report,
                 const ProgressFn& progress)
        : view_(view), keys_(keys), options_(options), findings_(report), progress_(progress)
    {
    }

    Result<void> run()
    {
        SATCHEL_TRY(const auto counts, view_.counts());
        const auto total = 2 * counts.entries;  // each is read twice
        SATCHEL_TRY(log_, check_log(view_, keys_, options_, findings_, progress_, total));
        std::uint64_t done = counts.entries;
        for (const auto& [no, logged] : log_.cases) {
            SATCHEL_TRYV(check_case(no, logged));
            done += logged.entries;
            if (progress_)
                progress_(done, total);
        }
        SATCHEL_TRYV(check_strays(counts));
        SATCHEL_TRYV(check_facts());
        return check_administration();
    }

private:
    [[nodiscard]] std::string case_words(CaseNo no) const
    {
        const auto at = log_.cases.find(no);
        return "case " + (at == log_.cases.end() ? std::to_string(raw(no)) : to_string(at->second.opened.id));
    }

    Result<void> check_case(CaseNo no, const LoggedCase& logged)
    {
        CaseReplay replay(log_, no, findings_);
        const auto read = [&](Position after, const Visit<EntryRow>& visit) {
            return view_.case_entries(no, after, visit);
        };
        SATCHEL_TRYV(each_entry(read, [&](const EntryRow& entry) -> Result<void> {
            replay.take(entry);
            return {};
        }));
        replay.end();
        if (replay.entries() != logged.entries)
            findings_.fail("entries", case_words(no), "index_differs");
        for (const auto& fact : replay.facts())
            facts_[{no, fact.name, fact.position}] = fact;
        findings_.count("cases");
        SATCHEL_TRYV(check_case_row(no, replay.row()));
        SATCHEL_TRYV(check_records(no, replay.state()));
        SATCHEL_TRYV(check_tasks(no, replay.state()));
        Table<VersionId, OpenItemRow> items(
            findings_, "open_items", [](const auto& row) { return row.item; },
            [](const auto& row) { return to_string(row.item); });
        return items.compare(replay.open_items(), [&](const auto& visit) { return view_.open_items(no, visit); });
    }

    Result<void> check_case_row(CaseNo no, const CaseRow& expected)
    {
        auto stored = view_.case_row(no);
        if (!stored && stored.error().code != Errc::corrupt)
            return tl::unexpected(std::move(stored).error());
        if (!stored)
            findings_.fail("cases", case_words(no), "unreadable");
        else if (!*stored)
            findings_.fail("cases", case_words(no), "missing");
        else if (**stored != expected)
            findings_.fail("cases", case_words(no), "state_differs");
        return {};
    }

    Result<void> check_records(CaseNo no, const CaseState& state)
    {
        std::string last = case_words(no);
        std::set<RecordId> left;
        for (const auto& [id, record] : state.records)
            left.insert(id);
        const Visit<RecordRow> check = [&](const RecordRow& row) -> Result<bool> {
            findings_.count("records");
            ++records_;
            last = case_words(no) + " record " + to_string(row.record);
            const auto* record = state.record(row.record);
            if (!record || left.erase(row.record) == 0)
                findings_.fail("records", last, "unexpected");
            else if (record->type != row.type || encode(*record) != row.state)
                findings_.fail("records", last, "state_differs");
            return true;
        };
        const auto outcome = view_.records(no, check);
        SATCHEL_TRY(const bool whole, listed(findings_, "records", last, outcome));
        if (whole)
            for (const auto& id : left)
                findings_.fail("records", case_words(no) + " record " + to_string(id), "missing");
        return {};
    }

    Result<void> check_tasks(CaseNo no, const CaseState& state)
    {
        std::map<TaskId, TaskRow> expected;
        for (const auto& [id, task] : state.tasks)
            expected[id] = {no, id, encode(task)};
        Table<TaskId, TaskRow> tasks(
            findings_, "tasks", [](const auto& row) { return row.task; },
            [&](const auto& row) { return case_words(no) + " task " + to_string(row.task); });
        return tasks.compare(std::move(expected), [&](const auto& visit) { return view_.tasks(no, visit); });
    }

    // Entries that no listing gives, and rows of cases that were never opened: the comparison case by case does not meet
    // them.
    Result<void> check_strays(const Counts& counts)
    {
        if (counts.entries > log_.entries)  // before position 1, or unreadable
            findings_.fail("entries", "outside the log", "unexpected");
        SATCHEL_TRYV(check_held_index(counts));
        std::string last = "the first";
        const auto stray = [&](std::string_view table, CaseNo no, std::string row) -> Result<bool> {
            last = std::move(row);
            if (!log_.cases.contains(no))
                findings_.fail(table, last, "unexpected");
            return true;
        };
        const Visit<CaseRow> case_row = [&](const CaseRow& row) {
            return stray("cases", row.no, "case " + to_string(row.id));
        };
        auto outcome = view_.cases(case_row);
        SATCHEL_TRYV(listed(findings_, "cases", last, outcome));
        const Visit<TaskRow> task = [&](const TaskRow& row) {
            return stray("tasks", row.case_no, case_words(row.case_no) + " task " + to_string(row.task));
        };
        outcome = view_.all_tasks(task);
        SATCHEL_TRYV(listed(findings_, "tasks", last, outcome));
        const Visit<OpenItemRow> item = [&](const OpenItemRow& row) {
            return stray("open_items", row.case_no, to_string(row.item));
        };
        outcome = view_.open_items(std::nullopt, item);
        SATCHEL_TRYV(listed(findings_, "open_items", last, outcome));
        if (records_ == counts.records)
            return {};
        const Visit<RecordRow> record = [&](const RecordRow& row) {
            return stray("records", row.case_no, case_words(row.case_no) + " record " + to_string(row.record));
        };
        outcome = view_.all_records(record);
        SATCHEL_TRYV(listed(findings_, "records", last, outcome));
        return {};
    }

    // Held work is found through an index of its own: what that leaves out nobody would open.
    Result<void> check_held_index(const Counts& counts)
    {
        std::uint64_t found = 0;
        const Visit<EntryRow> count = [&](const EntryRow&) -> Result<bool> {
            ++found;
            return true;
        };
        const auto outcome = view_.held_entries(count);
        SATCHEL_TRY(const bool whole, listed(findings_, "entries", "held", outcome));
        if (whole && found != counts.held)
            findings_.fail("entries", "held", "index_differs");
        return {};
    }

    Result<void> check_facts()
    {
        using Key = std::tuple<CaseNo, std::string, Position>;
        Table<Key, FactRow> facts(
            findings_, "facts", [](const auto& row) { return Key{row.case_no, row.name, row.position}; },
            [&](const auto& row) {
                return case_words(row.case_no) + " " + row.name + " at " + in_words(row.position);
            });
        return facts.compare(std::move(facts_), [&](const auto& visit) { return view_.all_facts(visit); });
    }

    Result<void> check_administration()
    {
        SATCHEL_TRYV(check_hub());
        SATCHEL_TRYV(check_users());
        SATCHEL_TRYV(check_credentials());
        Table<std::string, EnrolmentRow> enrolments(
            findings_, "enrolments", [](const auto& row) { return row.id; }, [](const auto& row) { return row.id; });
        SATCHEL_TRYV(enrolments.compare(std::move(log_.enrolments),
                                        [&](const auto& visit) { return view_.all_enrolments(visit); }));
        Table<std::uint32_t, PolicyRow> policies(
            findings_, "policies", [](const auto& row) { return row.version; },
            [](const auto& row) { return std::to_string(row.version); });
        std::map<std::uint32_t, PolicyRow> published;
        for (const auto& [version, policy] : log_.policies)
            published[version] = policy.row;
        SATCHEL_TRYV(policies.compare(std::move(published),
                                      [&](const auto& visit) { return view_.all_policies(visit); }));
        Table<std::string, AgencyIntroduction> agencies(
            findings_, "agencies", [](const auto& row) { return row.agency; }, [](const auto& row) { return row.agency; });
        SATCHEL_TRYV(agencies.compare(std::move(log_.agencies), [&](const auto& visit) { return view_.agencies(visit); }));
        using Key = std::pair<std::int64_t, std::int64_t>;
        Table<Key, RemovalRow> removals(
            findings_, "removals", [](const auto& row) { return Key{row.credential_no, row.case_no}; },
            [](const auto& row) {
                return "credential " + std::to_string(row.credential_no) + " case " + std::to_string(row.case_no);
            });
        SATCHEL_TRYV(removals.compare(std::move(log_.removals),
                                      [&](const auto& visit) { return view_.all_removals(visit); }));
        return check_cursors();
    }

    Result<void> check_hub()
    {
        auto stored = view_.hub();
        if (!stored && stored.error().code != Errc::corrupt)
            return tl::unexpected(std::move(stored).error());
        if (!stored || *stored != log_.hub)
            findings_.fail("hub", "1", !stored ? "unreadable" : !*stored ? "missing" : "state_differs");
        return {};
    }

    Result<void> check_users()
    {
        std::map<UserId, UserRow> expected;
        for (const auto& [id, versions] : log_.users)
            expected[id] = versions.rbegin()->second;
        Table<UserId, UserRow> users(
            findings_, "users", [](const auto& row) { return row.id; },
            [](const auto& row) { return to_string(row.id); });
        SATCHEL_TRYV(users.compare(std::move(expected), [&](const auto& visit) { return view_.users(visit); }));
        Table<AssignmentKey, AssignmentRow> assignments(
            findings_, "assignments", [](const auto& row) { return AssignmentKey{row.case_no, row.subject, row.name}; },
            [&](const auto& row) {
                return case_words(CaseNo{row.case_no}) + " " + std::string(name(row.subject)) + " " + row.name;
            });
        return assignments.compare(std::move(log_.assignments),
                                   [&](const auto& visit) { return view_.all_assignments(visit); });
    }

    Result<void> check_credentials()
    {
        const auto number = [](const auto& row) { return std::to_string(row.no); };
        Table<std::int64_t, CredentialRow> credentials(
            findings_, "credentials", [](const auto& row) { return row.no; }, number);
        SATCHEL_TRYV(credentials.compare(std::move(log_.credentials),
                                         [&](const auto& visit) { return view_.credentials(visit); }));
        std::map<std::int64_t, IncarnationRow> expected;
        for (const auto& [no, author] : log_.incarnations) {
            auto& row = expected[no] = author.row;
            row.received = author.digests.size();
            row.head = author.digest(row.received);
        }
        Table<std::int64_t, IncarnationRow> incarnations(
            findings_, "incarnations", [](const auto& row) { return row.no; }, number);
        return incarnations.compare(std::move(expected),
                                    [&](const auto& visit) { return view_.all_incarnations(visit); });
    }

    // Deliveries are not history: each cursor carries a seal instead.
    Result<void> check_cursors()
    {
        const auto key = keys_.cursor_seal();
        std::string last = "the first";
        const Visit<CursorRow> check = [&](const CursorRow& row) -> Result<bool> {
            findings_.count("cursors");
            last = "credential " + std::to_string(raw(row.credential_no)) + " case " +
                   std::to_string(raw(row.case_no)) + " cursor " + std::to_string(row.cursor);
            if (!crypto::constant_time_equal(cursor_seal(key, row), row.seal))
                findings_.fail("cursors", last, "bad_seal");
            return true;
        };
        const auto outcome = view_.all_cursors(check);
        SATCHEL_TRYV(listed(findings_, "cursors", last, outcome));
        return {};
    }

    CentralView& view_;
    const HubKeys& keys_;
    const VerifyOptions& options_;
    Findings findings_;
    const ProgressFn& progress_;
    LogState log_;
    std::map<std::tuple<CaseNo, std::string, Position>, FactRow> facts_;
    std::uint64_t records_ = 0;
};

}  // namespace

Result<VerifyReport> verify_history(CentralView& view, const HubKeys& keys, const VerifyOptions& options,
                                    const ProgressFn& progress)
{
    VerifyReport report;
    auto done = Verification(view, keys, options, report, progress).run();
    if (done)
        return report;
    // What was found before the store gave up counts more than that it did.
    if (report.ok())
        return tl::unexpected(std::move(done).error());
    Findings(report).fail("store", "from here on", "unreadable");
    return report;
}

}  // namespace satchel::sync
