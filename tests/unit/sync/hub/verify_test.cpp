#include "sync/hub/verify.hpp"

#include <gmock/gmock.h>

#include "sync/hub/body.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

namespace fs = std::filesystem;
using schema::Resolution;
using testing::Contains;

// A hub on which everything happened once that can happen, closed, with its keys still at hand.
struct History {
    HubWorld world;
    std::vector<Receipt> receipts;  // of every push, in order
    CaseId first, second;
    RecordId address;
    UserId police_user, stranger_user;
};

// Everything that leaves a trace: imports, enrolments, every outcome of a ruling, tasks, marks, work that is held, a fork,
// a removal, a decision through the operator, a routing, a new agreement, a day that came.
std::unique_ptr<History> make_history()
{
    auto out = std::make_unique<History>();
    auto& w = out->world;
    auto& hub = w.service();
    const std::vector<std::string> import_lines{
        R"({"v":1,"kind":"case","key":"C1"})",
        R"({"v":1,"kind":"record","case":"C1","key":"a","type":"address","agency":"police","role":"police.offender_manager","author":"Invented Clerk","event_at":"2024-05-01T10:00:00Z","fields":{"lines":"1 Invented Row","from":"2024-05-01"}})",
        R"({"v":1,"kind":"record","case":"C1","key":"s","type":"supervision","agency":"probation","role":"probation.practitioner","fields":{"agency":"probation","from":"2026-06-10"}})",
        R"({"v":1,"kind":"case","key":"C2"})"};
    std::size_t line = 0;
    must(hub.import(
        [&]() -> Result<std::optional<std::string>> {
            return line < import_lines.size() ? std::optional(import_lines[line++]) : std::nullopt;
        },
        /*dry_run=*/false));
    out->first = must(hub.find_case("C1"));
    out->second = must(hub.find_case("C2"));

    out->police_user = w.user("Invented Police", "police.offender_manager");
    const auto probation_user = w.user("Invented Probation", "probation.practitioner");
    const auto prison_user = w.user("Invented Prison", "prison.omu");
    w.user("Invented Unit", "coordination.coordinator");
    const auto stranger_user = out->stranger_user = w.user("Invented Stranger", "police.offender_manager");
    for (const auto& id : {out->police_user, probation_user, prison_user})
        must(hub.assign(out->first, {AssignmentRow::Subject::user, to_string(id)}));
    must(hub.assign(out->second, {AssignmentRow::Subject::team, "police/east"}));
    auto police = w.enrol(out->police_user, "police.offender_manager");
    auto probation = w.enrol(probation_user, "probation.practitioner");
    auto other = w.enrol(probation_user, "probation.practitioner", "Laptop");
    auto prison = w.enrol(prison_user, "prison.omu");
    auto stranger = w.enrol(stranger_user, "police.offender_manager", "Phone");
    const auto push = [&](Device& device) { out->receipts.push_back(must(w.try_push(device))); };

    // Police lead until probation's period starts. Applied, a task, a plan that cites the address, a late note.
    for (auto* device : {&police, &probation, &other, &prison})
        w.pull(*device);
    const auto place = w.save(police, out->first, {w.creates(out->first, "address", "where", {{"lines", "2 Invented Row"}, {"from", "2026-01-01"}})});
    out->address = place.changes.front().record;
    auto plan = w.creates(out->first, "trigger_plan", "plan", {{"text", "If away from home"}});
    const auto* cites = w.service().policy()->type("trigger_plan")->group("plan")->field("cites");
    assign(plan.values, cites->id, schema::Ref{out->address});
    w.save(police, out->first, {plan});
    w.save(police, out->first, {w.creates(out->first, "note", "what", {{"text", "Seen in town"}})}, Instant{1'700'000'000'000});
    w.save(police, out->first, {w.creates(out->first, "risk", "public", {{"level", "high"}})});
    w.save(police, out->first, {w.creates(out->first, "level", "decision", {{"level", "2"}, {"rationale", "Plans needed"}})});
    w.save(police, out->first, {w.creates(out->first, "flag", "raises", {{"why", "Threats"}})});
    w.save(police, out->first, {w.creates(out->first, "intel", "handling", {{"sharing", "nothing"}})});
    w.save(police, out->first, {w.creates(out->first, "review", "held", {{"held_on", "2026-05-01"}})});
    push(police);
    for (auto* device : {&probation, &other, &prison})
        w.pull(*device);

    // The day comes on which probation leads; afterwards police's edit is a suggestion, written around handover.
    w.clock.ms += 14LL * 24 * 3600 * 1000;
    must(hub.tick(day_of(w.clock.now())));
    const auto suggestion = w.save(police, out->first, {w.edits(out->first, out->address, "address", "where", {{"lines", "3 Invented Row"}, {"from", "2026-02-01"}})});
    const auto second_suggestion = w.save(police, out->first, {w.edits(out->first, singleton_record_id(out->first, schema::type_id("risk")), "risk", "public", {{"level", "very_high"}})});
    w.save(prison, out->first, {w.edits(out->first, singleton_record_id(out->first, schema::type_id("level")), "level", "decision", {{"level", "3"}, {"rationale", "Threats in custody"}})});
    push(police);
    push(prison);
    for (auto* device : {&police, &probation, &other, &prison})
        w.pull(*device);
    w.save(probation, out->first, {w.resolves(suggestion, Resolution::accept)});
    w.save(probation, out->first, {w.edits(out->first, singleton_record_id(out->first, schema::type_id("level")), "level", "decision", {{"level", "1"}, {"rationale", "Settled"}})});
    w.save(other, out->first, {w.edits(out->first, singleton_record_id(out->first, schema::type_id("level")), "level", "decision", {{"level", "3"}, {"rationale", "Worse"}})});
    const auto sheet = w.save(probation, out->first, {w.creates(out->first, "leaflet", "body", {{"text", "First\nSecond\nThird\nFourth\n"}})});
    w.save(probation, out->first, {w.creates(out->first, "review", "held", {{"held_on", "2026-06-01"}, {"next", "2026-10-01"}})});
    push(probation);
    push(other);
    for (auto* device : {&police, &probation, &other})
        w.pull(*device);
    auto one = w.edits(out->first, sheet.changes.front().record, "leaflet", "body", {{"text", "First, longer\nSecond\nThird\nFourth\n"}});
    auto two = w.edits(out->first, sheet.changes.front().record, "leaflet", "body", {{"text", "First\nSecond\nThird\nFourth, too\n"}});
    w.save(police, out->first, {one});
    w.save(probation, out->first, {two});
    push(police);
    push(probation);

    // A decision and a routing through the operator.
    must(hub.decide({second_suggestion.versions.front(), probation_user, Resolution::decline, {}, "Not now"}));
    const auto open = must(hub.open_items(OpenItem::Kind::conflict, std::nullopt));
    SATCHEL_CHECK(!open.empty());
    must(hub.route(open.front().id, "coordination.coordinator", probation_user, "Out of our hands"));

    // Work that may not be ruled on: out of scope, and sealed after a suspension.
    w.save(stranger, out->first, {w.creates(out->first, "note", "what", {{"text", "Not mine"}})});
    w.save(stranger, out->second, {w.creates(out->second, "note", "what", {{"text", "Mine"}})});
    push(stranger);
    w.pull(stranger);
    must(hub.suspend(stranger_user));
    w.save(stranger, out->second, {w.creates(out->second, "note", "what", {{"text", "Too late"}})});
    w.seal_last(stranger, out->second);
    push(stranger);

    // Two lives of one chain, both under way at once; then the honest one goes on under a new incarnation.
    auto twin = prison;
    w.save(prison, out->first, {w.creates(out->first, "note", "what", {{"text", "The first life"}})});
    w.save(twin, out->first, {w.creates(out->first, "note", "what", {{"text", "The second life"}})});
    const auto admitted = must(w.admit(twin));
    push(prison);
    auto contradiction = must(hub.prepare(admitted, schema::wire::pack(w.packed(twin))));
    w.run(hub.push_job(std::move(contradiction), [](const Result<Receipt>& receipt) {
        SATCHEL_CHECK(!receipt && receipt.error().code == Errc::fork);
    }));
    NewIncarnation anew{random_id<IncarnationId>(w.random()), Bytes(32), {}};
    w.random().fill(anew.salt_key);
    anew.signature = prison.operation->sign(incarnation_bytes(prison.credential, anew));
    w.run(hub.incarnation_job(must(w.admit(prison)), anew, [](const Result<IncarnationRow>& row) { must(Result(row)); }));
    prison.incarnation = anew.incarnation;
    prison.salt_key = anew.salt_key;
    prison.sequence = prison.received = 0;
    prison.head = {};
    w.save(prison, out->first, {w.creates(out->first, "note", "what", {{"text", "In a new life"}})});
    push(prison);

    // The case leaves a device.
    must(hub.unassign(out->first, {AssignmentRow::Subject::user, to_string(prison_user)}, Ended::moved));
    std::vector<Remove> removes;
    w.run(hub.removals_job(must(w.admit(prison)), Leaving::all, [&](const Result<std::vector<Remove>>& found) { removes = must(Result(found)); }));
    SATCHEL_CHECK(removes.size() == 1);
    Removed removed{removes.front().case_id, removes.front().nonce, {}};
    removed.signature = prison.operation->sign(removed_bytes(prison.credential, removed));
    w.run(hub.removed_job(must(w.admit(prison)), removed, [](const Result<Head>& head) { must(Result(head)); }));

    // A new agreement with which an agency comes, work under it, a device of that agency, one that is revoked.
    const auto text = small_policy_with_health();
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    must(hub.publish_policy(bundle));
    w.enrol(w.user("Invented Health", "health.care_coordinator"), "health.care_coordinator");
    w.pull(police);
    w.save(police, out->first, {w.creates(out->first, "note", "what", {{"text", "Under the new agreement"}})});
    push(police);
    must(hub.revoke(other.credential));
    return out;
}

std::string in_words(const std::vector<VerifyFailure>& failures)
{
    std::string out;
    for (const auto& f : failures)
        out += f.table + " | " + f.row + " | " + f.kind + "\n";
    return out.empty() ? "nothing" : out;
}

// Does a row in words speak of this key? "7", "5 to 9", "case … record …", "credential 2 case 1".
bool speaks_of(const std::string& row, const std::string& key)
{
    const auto to = row.find(" to ");
    const bool number = key.find_first_not_of("0123456789") == std::string::npos;
    if (number && to != std::string::npos && row.find_first_not_of("0123456789to ") == std::string::npos)
        return std::stoll(row) <= std::stoll(key) && std::stoll(key) <= std::stoll(row.substr(to + 4));
    for (auto at = row.find(key); at != std::string::npos; at = row.find(key, at + 1))
        if ((at + key.size() == row.size() || row[at + key.size()] == ' ') && (at == 0 || row[at - 1] == ' '))
            return true;
    return false;
}

bool names(const VerifyReport& report, std::string_view table, const std::string& key, std::string_view kind = {})
{
    return std::any_of(report.failures.begin(), report.failures.end(), [&](const VerifyFailure& f) {
        return f.table == table && speaks_of(f.row, key) && (kind.empty() || f.kind == kind);
    });
}

// The store's file in the hands of somebody who has its key, and not the hub's others.
class Forgery {
public:
    explicit Forgery(const std::string& original) : path_(folder_.file("hub.db"))
    {
        fs::copy_file(original, path_);
        reopen();
    }

    Result<void> run(const std::string& sql) { return db_->exec_script(sql); }
    // The first column of the first row, as `verify` would print it.
    std::string key(const std::string& sql)
    {
        auto query = must(db_->prepare_trusted(sql));
        if (!must(query.step()))
            return {};
        switch (query.column_type(0)) {
        case crypto::ColumnType::integer:
            return std::to_string(query.int64(0));
        case crypto::ColumnType::blob:
            return query.blob(0).size() == 16 ? base32(query.array<16>(0)) : to_hex(query.blob(0));
        default:
            return std::string(query.text(0));
        }
    }
    std::vector<std::string> column(const std::string& sql)
    {
        std::vector<std::string> out;
        auto query = must(db_->prepare_trusted(sql));
        while (must(query.step()))
            out.push_back(query.column_type(0) == crypto::ColumnType::integer ? std::to_string(query.int64(0))
                                                                             : std::string(query.text(0)));
        return out;
    }
    // Chains the log anew from its start: without the signing key that is all that can be done.
    void chain_anew()
    {
        std::vector<EntryRow> rows;
        {
            db_.reset();
            const auto store = must(open_sqlcipher_central(path_, world_key()));
            const Visit<EntryRow> keep = [&](const EntryRow& row) -> Result<bool> {
                rows.push_back(row);
                return true;
            };
            must(must(store->view())->entries(Position{}, keep));
        }
        reopen();
        must(run("BEGIN"));
        Digest audit{};
        for (const auto& row : rows) {
            audit = crypto::chain_next(audit, entry_digest(row));
            must(db_->run("UPDATE entries SET audit = ?2 WHERE position = ?1", raw(row.position), audit));
        }
        must(run("COMMIT"));
    }
    void set_body(Position position, const Bytes& body)
    {
        must(db_->run("UPDATE entries SET body = ?2 WHERE position = ?1", raw(position), body));
    }
    EntryRow entry(Position position)
    {
        db_.reset();
        auto row = must(must(must(open_sqlcipher_central(path_, world_key()))->view())->entry(position));
        reopen();
        return *std::move(row);
    }
    VerifyReport verify(const HubKeys& keys, const VerifyOptions& options = {})
    {
        db_.reset();
        const auto store = must(open_sqlcipher_central(path_, world_key()));
        return must(verify_history(*must(store->view()), keys, options));
    }

private:
    void reopen()
    {
        db_ = std::make_unique<crypto::Database>(must(crypto::Database::open(path_, world_key(), crypto::OpenOptions{})));
        must(run("PRAGMA synchronous = OFF"));  // a forgery need not survive a power cut
    }
    TempFolder folder_;
    std::string path_;
    std::unique_ptr<crypto::Database> db_;
};

class VerifyForgery : public testing::Test {
protected:
    static void SetUpTestSuite()
    {
        history = make_history().release();
        history->world.close();
    }
    static void TearDownTestSuite()
    {
        delete history;
        history = nullptr;
    }
    static VerifyReport verified(Forgery& forgery) { return forgery.verify(history->world.keys); }
    static inline History* history = nullptr;
};

// How the rows of a table are told apart, and which of them to try.
struct Table {
    std::string name;
    std::string key;                // the column by which a failure names the row
    std::vector<std::string> rows;  // as conditions
};

const std::vector<std::string> entry_rows{
    "position = 1", "position = (SELECT max(position) FROM entries)",
    "position = (SELECT min(position) FROM entries WHERE kind = 1)", "position = (SELECT max(position) FROM entries WHERE kind = 1)",
    "position = (SELECT min(position) FROM entries WHERE kind = 2)", "position = (SELECT min(position) FROM entries WHERE kind = 3)",
    "position = (SELECT max(position) FROM entries WHERE kind = 3)", "position = (SELECT min(position) FROM entries WHERE kind = 4)",
    "position = (SELECT max(position) FROM entries WHERE kind = 5)"};

const std::vector<Table> tables{
    {"hub", "id", {"id = 1"}},
    {"entries", "position", entry_rows},
    {"batches", "batch_no", {"batch_no = 1", "batch_no = (SELECT max(batch_no) FROM batches)"}},
    {"checkpoints", "checkpoint_no", {"checkpoint_no = 1", "checkpoint_no = 20", "checkpoint_no = (SELECT max(checkpoint_no) FROM checkpoints)"}},
    {"cases", "case_id", {"case_no = 1", "case_no = 2"}},
    {"records", "record_id", {"record_id = (SELECT min(record_id) FROM records)", "record_id = (SELECT max(record_id) FROM records)"}},
    {"tasks", "task_id", {"task_id = (SELECT min(task_id) FROM tasks)", "task_id = (SELECT max(task_id) FROM tasks)"}},
    {"open_items", "item", {"item = (SELECT min(item) FROM open_items)", "item = (SELECT max(item) FROM open_items)"}},
    {"facts", "position", {"position = (SELECT min(position) FROM facts)", "position = (SELECT max(position) FROM facts)"}},
    {"users", "user_id", {"user_id = (SELECT min(user_id) FROM users)", "suspended = 1"}},
    {"assignments", "name", {"subject = 2", "ended <> ''"}},
    {"credentials", "credential_no", {"credential_no = 1", "kind = 2"}},
    {"incarnations", "incarnation_no", {"incarnation_no = 1", "forked = 1"}},
    {"enrolments", "enrolment_id", {"enrolment_id = (SELECT min(enrolment_id) FROM enrolments)"}},
    {"policies", "version", {"version = 7", "version = 8"}},
    {"agencies", "name", {"name = 'health'"}},
    {"removals", "credential_no", {"done = 1"}},
    {"cursors", "cursor", {"credential_no = (SELECT min(credential_no) FROM cursors)", "credential_no = (SELECT max(credential_no) FROM cursors)"}},
};

// Another value of the same kind.
std::vector<std::string> other_values(const std::string& type, const std::string& column)
{
    if (type == "INTEGER")
        return {column + " = " + column + " + 1", column + " = " + column + " + 1000000", column + " = " + column + " - 1",
                column + " = 9223372036854775807", column + " = -9223372036854775807 - 1"};
    if (type == "TEXT")
        return {column + " = " + column + " || 'x'", column + " = ''"};
    // The last byte, the first one, one more, none.
    return {column + " = CAST(substr(" + column + ", 1, length(" + column + ") - 1) || x'a5' AS BLOB)",
            column + " = CAST(x'a5' || substr(" + column + ", 2) AS BLOB)", column + " = CAST(" + column + " || x'00' AS BLOB)",
            column + " = x''"};
}

TEST(Verify, AnUntamperedHistoryPassesAndEverythingInItWasChecked)
{
    const auto history = make_history();
    auto& w = history->world;
    VerifyOptions options;
    options.receipts = history->receipts;
    options.audit_heads = {history->receipts.front().audit_head};
    std::uint64_t progress = 0;
    const auto report = must(verify_history(*must(w.store().view()), w.keys, options, [&](std::uint64_t done, std::uint64_t total) {
        EXPECT_LE(progress, done);
        EXPECT_LE(done, total);
        progress = done;
    }));
    EXPECT_TRUE(report.ok()) << in_words(report.failures);
    EXPECT_GT(progress, 0u);
    const auto counts = must(must(w.store().view())->counts());
    const auto checked = [&](const std::string& what) {
        const auto at = report.checked.find(what);
        return at == report.checked.end() ? 0 : at->second;
    };
    EXPECT_EQ(checked("entries"), counts.entries);
    EXPECT_EQ(checked("records"), counts.records);
    EXPECT_EQ(checked("open_items"), counts.open_items);
    EXPECT_EQ(checked("receipts"), history->receipts.size() + 1);
    for (const auto* what : {"administrative", "assignments", "batches", "cases", "changesets", "checkpoints", "credentials",
                             "cursors", "effects_as_recorded", "effects_recomputed", "enrolments", "facts", "forks", "held",
                             "incarnations", "open_items", "policies", "removals", "rulings", "scope_decisions", "sealed", "signatures", "tasks",
                             "users"})
        EXPECT_GT(checked(what), 0u) << what;
    EXPECT_EQ(checked("rulings_of_older_rules"), 0u);

    // The history is worth checking: every outcome is in it.
    std::set<Outcome> outcomes;
    const Visit<EntryRow> gather = [&](const EntryRow& row) -> Result<bool> {
        if (row.kind == EntryKind::changeset)
            for (const auto& ruling : must(decode_rulings(row.rulings)))
                outcomes.insert(ruling.outcome);
        return true;
    };
    must(must(w.store().view())->entries(Position{}, gather));
    EXPECT_THAT(outcomes, testing::UnorderedElementsAre(Outcome::applied, Outcome::merged, Outcome::suggested, Outcome::conflict, Outcome::refused));
}

TEST(Verify, AStoreWithoutAHubIsNoHistory)
{
    HubWorld world;
    const TempFolder folder;
    SqlcipherCentralOptions create;
    create.create = true;
    const auto empty = must(open_sqlcipher_central(folder.file("hub.db"), world_key(), create));
    EXPECT_FALSE(must(verify_history(*must(empty->view()), world.keys)).ok());
}

TEST(Verify, AnotherHubsKeysVouchForNothing)
{
    HubWorld world, other(/*seed=*/12);
    EXPECT_FALSE(must(verify_history(*must(world.store().view()), other.keys)).ok());
}

TEST_F(VerifyForgery, EveryColumnOfEveryTableIsHeldAgainstTheLog)
{
    std::size_t tried = 0;
    for (const auto& table : tables) {
        Forgery look(history->world.path());
        const auto columns = look.column("SELECT name FROM pragma_table_info('" + table.name + "')");
        const auto types = look.column("SELECT type FROM pragma_table_info('" + table.name + "')");
        ASSERT_FALSE(columns.empty()) << table.name;
        for (const auto& row : table.rows) {
            const auto key = look.key("SELECT " + table.key + " FROM " + table.name + " WHERE " + row);
            ASSERT_FALSE(key.empty()) << table.name << " has no row where " << row;
            for (std::size_t i = 0; i < columns.size(); ++i) {
                std::size_t changed = 0;
                for (const auto& value : other_values(types[i], columns[i])) {
                    SCOPED_TRACE(table.name + " SET " + value + " WHERE " + row);
                    const auto here = " FROM " + table.name + " WHERE " + row;
                    if (look.key("SELECT " + columns[i] + " = (" + value.substr(value.find(" = ") + 3) + ")" + here) == "1")
                        continue;  // the value it has
                    Forgery forgery(history->world.path());
                    if (!forgery.run("UPDATE " + table.name + " SET " + value + " WHERE " + row))
                        continue;  // not even the schema allows it
                    ++changed;
                    const auto report = verified(forgery);
                    const bool named = names(report, table.name, key) ||
                                       std::any_of(report.failures.begin(), report.failures.end(), [&](const auto& f) {
                                           // A seal or signature of its own tells on a row, whatever that now calls itself.
                                           return f.table == table.name &&
                                                  (f.kind == "unreadable" || f.kind == "bad_seal" || f.kind == "bad_signature");
                                       });
                    EXPECT_TRUE(named) << "not named: " << key << "\nfound:\n" << in_words(report.failures);
                    if (row != table.rows.front() && types[i] != "INTEGER")
                        break;  // every way to alter a value is tried on the first row
                }
                EXPECT_TRUE(changed > 0 || (table.name == "hub" && columns[i] == "id")) << table.name << "." << columns[i];
                tried += changed;
            }
        }
    }
    EXPECT_GT(tried, 250u);
}

TEST_F(VerifyForgery, ARowThatIsGoneIsNamed)
{
    for (const auto& table : tables) {
        if (table.name == "cursors")  // deliveries are not history: a lost cursor costs one delivery from the start
            continue;
        for (const auto& row : table.rows) {
            SCOPED_TRACE(table.name + " WHERE " + row);
            Forgery forgery(history->world.path());
            const auto key = forgery.key("SELECT " + table.key + " FROM " + table.name + " WHERE " + row);
            const auto end = forgery.key("SELECT max(position) FROM entries");
            must(forgery.run("DELETE FROM " + table.name + " WHERE " + row));
            const auto report = verified(forgery);
            if (table.name == "checkpoints" && row.find("max") != std::string::npos)
                EXPECT_TRUE(names(report, "entries", end, "unsigned"));
            else
                EXPECT_TRUE(names(report, table.name, key)) << key << "\nfound:\n" << in_words(report.failures);
        }
    }
}

TEST_F(VerifyForgery, ARowThatNobodyPutThereIsNamed)
{
    struct Addition {
        std::string table, sql, key;
    };
    const std::vector<Addition> additions{
        {"users", "INSERT INTO users SELECT zeroblob(16), name, vetting, suspended, hats, version FROM users LIMIT 1", base32({})},
        {"assignments", "INSERT INTO assignments SELECT case_no, subject, 'prison/east', '' FROM assignments WHERE subject = 2", "prison/east"},
        {"records", "INSERT INTO records SELECT case_no, type, zeroblob(16), state FROM records LIMIT 1", base32({})},
        {"records", "INSERT INTO records SELECT 99, type, zeroblob(16), state FROM records LIMIT 1", base32({})},
        {"tasks", "INSERT INTO tasks SELECT case_no, zeroblob(16), state FROM tasks LIMIT 1", base32({})},
        {"tasks", "INSERT INTO tasks SELECT 99, zeroblob(16), state FROM tasks LIMIT 1", base32({})},
        {"open_items", "INSERT INTO open_items SELECT zeroblob(16), 99, type, record_id, field_group, kind, opened FROM open_items LIMIT 1", base32({})},
        {"cases", "INSERT INTO cases SELECT 99, zeroblob(16), label, head, last_safety, visibility, facts FROM cases LIMIT 1", base32({})},
        {"facts", "INSERT INTO facts SELECT case_no, 'restricted', position, 'no' FROM facts LIMIT 1", "restricted"},
        {"credentials", "INSERT INTO credentials SELECT 99, zeroblob(16), user_id, kind, agency, device_name, operation_key, record, record_signature, enrolled_at, revoked FROM credentials LIMIT 1", "99"},
        {"incarnations", "INSERT INTO incarnations SELECT 99, credential_no, zeroblob(16), salt_key, forked, received, head FROM incarnations LIMIT 1", "99"},
        {"enrolments", "INSERT INTO enrolments SELECT 'forged', user_id, code_key, expires_at, used_at, credential_id FROM enrolments LIMIT 1", "forged"},
        {"policies", "INSERT INTO policies SELECT 9, bundle, signature FROM policies LIMIT 1", "9"},
        {"agencies", "INSERT INTO agencies SELECT 'nobody', registry_key, signature FROM agencies", "nobody"},
        {"removals", "INSERT INTO removals SELECT 99, case_no, because, nonce, done, receipt FROM removals LIMIT 1", "99"},
        {"batches", "INSERT INTO batches SELECT 99, incarnation_no, first_sequence, size, previous, digests, signature FROM batches LIMIT 1", "99"},
        {"checkpoints", "INSERT INTO checkpoints SELECT 999, position, audit, signed_at, signature FROM checkpoints WHERE checkpoint_no = 1", "999"},
        {"cursors", "INSERT INTO cursors SELECT credential_no, case_no, 99, position, visible_count, visible, visibility, seal FROM cursors LIMIT 1", "99"},
        {"entries", "INSERT INTO entries SELECT -5, kind, case_no, credential_no, batch_no, sequence, body, rulings, policy_version, rules_version, seen_position, received_at, audit FROM entries WHERE kind = 2 LIMIT 1", "outside the log"},
        {"entries", "INSERT INTO entries SELECT (SELECT max(position) + 1 FROM entries), kind, case_no, credential_no, batch_no, sequence, body, rulings, policy_version, rules_version, seen_position, received_at, audit FROM entries WHERE kind = 2 LIMIT 1", ""},
    };
    for (const auto& addition : additions) {
        SCOPED_TRACE(addition.sql);
        Forgery forgery(history->world.path());
        must(forgery.run(addition.sql));
        const auto key = addition.key.empty() ? forgery.key("SELECT max(position) FROM entries") : addition.key;
        const auto report = verified(forgery);
        EXPECT_TRUE(names(report, addition.table, key)) << key << "\nfound:\n" << in_words(report.failures);
    }
}

TEST_F(VerifyForgery, EntriesThatChangePlacesAreNamed)
{
    Forgery forgery(history->world.path());
    const auto one = forgery.key("SELECT min(position) FROM entries WHERE kind = 1");
    const auto other = forgery.key("SELECT max(position) FROM entries WHERE kind = 1");
    must(forgery.run("UPDATE entries SET position = -1 WHERE position = " + one));
    must(forgery.run("UPDATE entries SET position = " + one + " WHERE position = " + other));
    must(forgery.run("UPDATE entries SET position = " + other + " WHERE position = -1"));
    const auto report = verified(forgery);
    EXPECT_TRUE(names(report, "entries", one, "audit_chain")) << in_words(report.failures);
    EXPECT_TRUE(names(report, "entries", other, "audit_chain")) << in_words(report.failures);
}

// Whoever chains the log anew makes it hang together, and cannot sign it: the checkpoints tell between which positions it
// was rewritten, and what authors signed tells the entry.
TEST_F(VerifyForgery, ALogThatIsChainedAnewIsFoundByItsCheckpointsAndItsAuthors)
{
    Forgery forgery(history->world.path());
    const auto position = forgery.key("SELECT min(position) FROM entries WHERE kind = 1");
    auto body = must(decode_changeset_body(forgery.entry(Position{std::stoll(position)}).body));
    body.changes.front().back() ^= 1;
    forgery.set_body(Position{std::stoll(position)}, encode(body));
    forgery.chain_anew();
    const auto report = verified(forgery);
    EXPECT_FALSE(names(report, "entries", position, "audit_chain"));
    EXPECT_TRUE(names(report, "entries", position, "content_differs")) << in_words(report.failures);
    EXPECT_TRUE(names(report, "entries", position, "rewritten")) << in_words(report.failures);
}

// The most careful forger: the entry, the table that follows from it and the chain all say the same lie.
TEST_F(VerifyForgery, ALieThatTheWholeStoreAgreesOnIsFoundByTheCheckpoints)
{
    Forgery forgery(history->world.path());
    const auto id = to_string(history->police_user);
    std::optional<UserRow> row;
    std::string position;
    for (const auto& at : forgery.column("SELECT position FROM entries WHERE kind = 5")) {
        const auto entry = forgery.entry(Position{std::stoll(at)});
        const auto admin = must(decode_admin_body(entry.body));
        if (admin.kind != AdminKind::user)
            continue;
        auto user = must(schema::wire::unpack<UserRow>(admin.row));
        if (user.id == history->police_user) {
            user.hats = {"coordination/east/coordination.coordinator"};
            row = user;
            position = at;
        }
    }
    ASSERT_TRUE(row);
    forgery.set_body(Position{std::stoll(position)}, admin_body(AdminKind::user, schema::wire::pack(*row)));
    must(forgery.run("UPDATE users SET hats = 'coordination/east/coordination.coordinator' WHERE user_id = x'" +
                     to_hex(history->police_user.view()) + "'"));
    forgery.chain_anew();
    const auto report = verified(forgery);
    EXPECT_FALSE(names(report, "users", id)) << in_words(report.failures);
    EXPECT_FALSE(names(report, "entries", position, "audit_chain"));
    EXPECT_TRUE(names(report, "entries", position, "rewritten")) << in_words(report.failures);
    // And without the checkpoints that contradict them, the entries have none.
    Forgery unsigned_log(history->world.path());
    unsigned_log.set_body(Position{std::stoll(position)}, admin_body(AdminKind::user, schema::wire::pack(*row)));
    must(unsigned_log.run("DELETE FROM checkpoints WHERE position >= " + position));
    unsigned_log.chain_anew();
    const auto last = unsigned_log.key("SELECT max(position) FROM entries");
    const auto without = verified(unsigned_log);
    EXPECT_TRUE(names(without, "entries", position, "unsigned")) << in_words(without.failures);
    EXPECT_TRUE(names(without, "entries", last, "unsigned")) << in_words(without.failures);
}

TEST_F(VerifyForgery, WorkThatIsHeldAlthoughItsAuthorHadTheCaseIsNamedEvenInAChainMadeAnew)
{
    Forgery look(history->world.path());
    for (const auto& position : look.column("SELECT position FROM entries WHERE kind = 1")) {
        SCOPED_TRACE(position);
        for (const std::string why : {"out-of-scope", "barred", "not-yours", "unreadable", "written-again"}) {
            Forgery forgery(history->world.path());
            auto work = must(decode_changeset_body(forgery.entry(Position{std::stoll(position)}).body));
            forgery.set_body(Position{std::stoll(position)}, encode(HeldBody{why, std::move(work), {}, {}}));
            must(forgery.run("UPDATE entries SET kind = 3, rulings = x'' WHERE position = " + position));
            forgery.chain_anew();
            const auto report = verified(forgery);
            EXPECT_TRUE(names(report, "entries", position, "scope_differs")) << why << "\n" << in_words(report.failures);
            if (position != look.key("SELECT min(position) FROM entries WHERE kind = 1"))
                break;  // every reason once is enough
        }
    }
}

TEST_F(VerifyForgery, WorkThatIsRuledOnAlthoughItsAuthorHadNotTheCaseIsNamedEvenInAChainMadeAnew)
{
    Forgery forgery(history->world.path());
    const auto position = forgery.key("SELECT min(position) FROM entries WHERE kind = 3");
    const auto held = must(decode_held_body(forgery.entry(Position{std::stoll(position)}).body));
    ASSERT_EQ(held.why, "out-of-scope");
    forgery.set_body(Position{std::stoll(position)}, encode(held.work));
    must(forgery.run("UPDATE entries SET kind = 1, rulings = x'' WHERE position = " + position));
    forgery.chain_anew();
    const auto report = verified(forgery);
    EXPECT_TRUE(names(report, "entries", position, "scope_differs")) << in_words(report.failures);
}

// Somebody who has the store and not the hub's keys would bring in an agency of their own: with its registry key they would say who
// its people are.
TEST_F(VerifyForgery, AnAgencyWhoseKeyWasExchangedIsNamedEvenInAChainMadeAnew)
{
    const auto other = crypto::SigningKey::generate(history->world.random()).public_key();
    const auto root = must(crypto::RootAuthority::create("elsewhere", history->world.clock.now(), history->world.random()));
    Forgery look(history->world.path());
    std::string at;
    for (const auto& position : look.column("SELECT position FROM entries WHERE kind = 5"))
        if (must(decode_admin_body(look.entry(Position{std::stoll(position)}).body)).kind == AdminKind::agency)
            at = position;
    ASSERT_FALSE(at.empty());
    const auto entry = look.entry(Position{std::stoll(at)});
    const auto original = must(schema::wire::unpack<AgencyIntroduction>(must(decode_admin_body(entry.body)).row));
    const auto found = [&](const AgencyIntroduction& row) {
        Forgery forgery(history->world.path());
        forgery.set_body(Position{std::stoll(at)}, admin_body(AdminKind::agency, schema::wire::pack(row)));
        must(forgery.run("UPDATE agencies SET name = '" + row.agency + "', registry_key = x'" + to_hex(row.registry_key.view()) +
                         "', signature = x'" + to_hex(row.signature) + "'"));
        forgery.chain_anew();
        auto report = verified(forgery);
        EXPECT_TRUE(names(report, "entries", at, "rewritten")) << in_words(report.failures);
        return report;
    };
    auto row = original;
    row.registry_key = other;
    auto report = found(row);
    EXPECT_TRUE(names(report, "agencies", "health", "bad_signature")) << in_words(report.failures);
    EXPECT_TRUE(names(report, "agencies", "health", "key_differs")) << in_words(report.failures);
    row.signature = crypto::introduce_agency(root, row.agency, other);
    report = found(row);
    EXPECT_TRUE(names(report, "agencies", "health", "bad_signature")) << in_words(report.failures);
    // Under the name of one that was there from the beginning, or of one that no agreement names.
    row = original;
    row.agency = "police";
    row.signature = crypto::introduce_agency(history->world.keys.root, row.agency, row.registry_key);
    report = found(row);
    EXPECT_TRUE(names(report, "agencies", "police", "introduced_twice")) << in_words(report.failures);
    EXPECT_TRUE(names(report, "agencies", "health", "not_introduced")) << in_words(report.failures);
    row.agency = "nobody";
    report = found(row);
    EXPECT_TRUE(names(report, "agencies", "nobody", "bad_signature")) << in_words(report.failures);
    EXPECT_TRUE(names(report, "agencies", "nobody", "not_in_agreement")) << in_words(report.failures);
}

// An assignment put under another name: it no longer explains what was ruled on and what was held.
TEST_F(VerifyForgery, AnAssignmentThatIsAnothersContradictsWhatWasRuledOn)
{
    Forgery forgery(history->world.path());
    std::string at;
    for (const auto& position : forgery.column("SELECT position FROM entries WHERE kind = 5")) {
        const auto entry = forgery.entry(Position{std::stoll(position)});
        const auto admin = must(decode_admin_body(entry.body));
        if (admin.kind != AdminKind::assignment)
            continue;
        auto row = must(schema::wire::unpack<AssignmentRow>(admin.row));
        if (row.name != to_string(history->police_user))
            continue;
        row.name = to_string(history->stranger_user);
        forgery.set_body(Position{std::stoll(position)}, admin_body(AdminKind::assignment, schema::wire::pack(row)));
        at = position;
    }
    ASSERT_FALSE(at.empty());
    forgery.chain_anew();
    const auto ruled = forgery.key("SELECT min(position) FROM entries WHERE kind = 1");
    const auto held = forgery.key("SELECT min(position) FROM entries WHERE kind = 3");
    const auto report = verified(forgery);
    EXPECT_TRUE(names(report, "entries", ruled, "scope_differs")) << in_words(report.failures);
    EXPECT_TRUE(names(report, "entries", held, "scope_differs")) << in_words(report.failures);
}

TEST_F(VerifyForgery, ARulingThatTheRulesDoNotGiveIsNamedEvenInAChainMadeAnew)
{
    Forgery forgery(history->world.path());
    for (const auto& position : forgery.column("SELECT position FROM entries WHERE kind = 1")) {
        SCOPED_TRACE(position);
        Forgery other(history->world.path());
        auto rulings = must(decode_rulings(other.entry(Position{std::stoll(position)}).rulings));
        rulings.front().outcome = rulings.front().outcome == Outcome::applied ? Outcome::refused : Outcome::applied;
        must(other.run("UPDATE entries SET rulings = x'" + to_hex(encode(rulings)) + "' WHERE position = " + position));
        other.chain_anew();
        const auto report = verified(other);
        EXPECT_TRUE(names(report, "entries", position, "ruling_differs")) << in_words(report.failures);
    }
}

// Rulings by rules that have changed since are not judged by today's: counted, and folded as recorded.
TEST_F(VerifyForgery, RulingsOfOlderRulesAreCountedAndNotRecomputed)
{
    Forgery forgery(history->world.path());
    const auto n = forgery.column("SELECT position FROM entries WHERE kind = 1").size();
    must(forgery.run("UPDATE entries SET rules_version = 0"));
    forgery.chain_anew();
    const auto report = verified(forgery);
    EXPECT_EQ(report.checked.at("rulings_of_older_rules"), n);
    EXPECT_FALSE(report.checked.contains("rulings"));
    for (const auto& failure : report.failures)
        EXPECT_EQ(failure.kind, "rewritten") << in_words(report.failures);
}

TEST_F(VerifyForgery, AnEffectThatDoesNotFollowIsNamedEvenInAChainMadeAnew)
{
    Forgery look(history->world.path());
    std::size_t tried = 0;
    for (const auto& position : look.column("SELECT position FROM entries WHERE kind = 2")) {
        SCOPED_TRACE(position);
        Forgery forgery(history->world.path());
        auto effect = must(decode_effect(forgery.entry(Position{std::stoll(position)}).body));
        if (effect.rule == "import" || effect.rule == "routed")
            continue;  // typed in by the operator: only the audit chain holds it
        effect.rule += "-forged";
        forgery.set_body(Position{std::stoll(position)}, encode(effect));
        forgery.chain_anew();
        const auto report = verified(forgery);
        EXPECT_TRUE(names(report, "entries", position, "effect_differs")) << in_words(report.failures);
        ++tried;
    }
    EXPECT_GT(tried, 8u);
}

TEST_F(VerifyForgery, AConsequenceLeftOutIsNamedEvenInAChainMadeAnew)
{
    Forgery forgery(history->world.path());
    const auto effect = forgery.key("SELECT min(position) FROM entries e WHERE kind = 2 AND EXISTS"
                                    " (SELECT 1 FROM entries c WHERE c.position = e.position - 1 AND c.kind = 1)"
                                    " AND EXISTS (SELECT 1 FROM entries c WHERE c.position = e.position + 1 AND c.kind <> 2)");
    ASSERT_FALSE(effect.empty());
    const auto cause = std::to_string(std::stoll(effect) - 1);
    must(forgery.run("DELETE FROM entries WHERE position = " + effect));
    for (const auto& position : forgery.column("SELECT position FROM entries WHERE position > " + effect + " ORDER BY position"))
        must(forgery.run("UPDATE entries SET position = position - 1 WHERE position = " + position));
    forgery.chain_anew();
    const auto report = verified(forgery);
    EXPECT_TRUE(names(report, "entries", cause, "effect_missing")) << in_words(report.failures);
}

// A whole store as it was yesterday hangs together: only what devices were told since gives it away.
TEST(Verify, AStoreSetBackIsFoundByTheDevicesLastReceipts)
{
    HubWorld w;
    const TempFolder folder;
    const auto user = w.user("Invented Police", "police.offender_manager");
    const auto case_id = must(w.service().add_case("C1"));
    must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    auto device = w.enrol(user, "police.offender_manager");
    w.pull(device);
    w.save(device, case_id, {w.creates(case_id, "note", "what", {{"text", "Yesterday"}})});
    w.push(device);
    const auto yesterday = *device.last_receipt;
    w.close();
    fs::copy_file(w.path(), folder.file("hub.db"));
    w.reopen();
    w.save(device, case_id, {w.creates(case_id, "note", "what", {{"text", "Today"}})});
    w.push(device);
    const auto today = *device.last_receipt;
    w.close();

    const auto set_back = must(open_sqlcipher_central(folder.file("hub.db"), world_key()));
    const auto check = [&](CentralStore& store, const VerifyOptions& options) {
        return must(verify_history(*must(store.view()), w.keys, options));
    };
    EXPECT_TRUE(check(*set_back, {}).ok());
    EXPECT_TRUE(check(*set_back, {{yesterday}, {yesterday.audit_head}}).ok());
    const auto by_receipt = check(*set_back, {{yesterday, today}, {}});
    EXPECT_TRUE(names(by_receipt, "entries", to_string(device.credential), "truncated")) << in_words(by_receipt.failures);
    EXPECT_TRUE(names(by_receipt, "entries", to_string(device.credential), "missing")) << in_words(by_receipt.failures);
    const auto by_head = check(*set_back, {{}, {today.audit_head}});
    EXPECT_TRUE(names(by_head, "entries", to_hex(today.audit_head), "truncated")) << in_words(by_head.failures);

    w.reopen();
    EXPECT_TRUE(check(w.store(), {{yesterday, today}, {today.audit_head}}).ok());
    // A receipt that is not ours proves nothing about us, and is told apart.
    auto foreign = today;
    foreign.chain_head.front() ^= 1;
    const auto report = check(w.store(), {{foreign}, {}});
    EXPECT_EQ(report.checked.at("receipts_of_others"), 1u);
}

// Rows that do not even decode end no verification: what can be read is held against the log all the same.
TEST_F(VerifyForgery, UnreadableRowsHideNothingBehindThem)
{
    Forgery forgery(history->world.path());
    must(forgery.run("UPDATE entries SET kind = 300 WHERE position = 5; UPDATE entries SET audit = x'00' WHERE position = 9;"
                     "UPDATE batches SET digests = x'0011' WHERE batch_no = 3;"
                     "UPDATE entries SET received_at = 1 WHERE position = 30; UPDATE users SET name = 'Another'"));
    const auto users = forgery.key("SELECT max(user_id) FROM users");
    const auto report = verified(forgery);
    EXPECT_TRUE(names(report, "entries", "5", "missing")) << in_words(report.failures);
    EXPECT_TRUE(names(report, "entries", "9", "audit_chain"));
    EXPECT_TRUE(names(report, "entries", "30", "audit_chain"));
    EXPECT_TRUE(names(report, "batches", "3"));
    EXPECT_TRUE(names(report, "users", users, "state_differs"));
}

TEST_F(VerifyForgery, TheListOfFailuresIsBoundedAndTheRestCounted)
{
    Forgery forgery(history->world.path());
    must(forgery.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
                     " INSERT INTO enrolments SELECT 'forged' || i, user_id, code_key, expires_at, used_at, credential_id"
                     " FROM n, (SELECT * FROM enrolments LIMIT 1)"));
    const auto report = verified(forgery);
    EXPECT_EQ(report.failures.size(), verify_failures_max);
    EXPECT_EQ(report.checked.at("failures_not_listed"), 500u);
}

}  // namespace
}  // namespace satchel::test
