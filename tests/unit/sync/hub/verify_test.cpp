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
    UserId police_user;
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
    const auto stranger_user = w.user("Invented Stranger", "police.offender_manager");
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

    // A new agreement, work under it, a device that is revoked.
    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    must(hub.publish_policy(bundle));
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
    {"removals", "credential_no", {"done = 1"}},
    {"cursors", "cursor", {"credential_no = (SELECT min(credential_no) FROM cursors)", "credential_no = (SELECT max(credential_no) FROM cursors)"}},
};

// Another value of the same kind.
std::vector<std::string> other_values(const std::string& type, const std::string& column)
{
    if (type == "INTEGER")
        return {column + " = " + column + " + 1", column + " = " + column + " + 1000000", column + " = " + column + " - 1"};
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
                             "incarnations", "open_items", "policies", "removals", "rulings", "sealed", "signatures", "tasks",
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
                    // Of equal keys the first, whatever the condition matches.
                    if (!forgery.run("UPDATE " + table.name + " SET " + value + " WHERE " + row))
                        continue;  // not even the schema allows it
                    ++changed;
                    const auto report = verified(forgery);
                    const bool named = names(report, table.name, key) ||
                                       std::any_of(report.failures.begin(), report.failures.end(), [&](const auto& f) {
                                           // A cursor's own seal says so, whatever it now calls itself.
                                           return f.table == table.name && (f.kind == "unreadable" || f.kind == "bad_seal");
                                       });
                    EXPECT_TRUE(named) << "not named: " << key << "\nfound:\n" << in_words(report.failures);
                }
                EXPECT_TRUE(changed > 0 || (table.name == "hub" && columns[i] == "id")) << table.name << "." << columns[i];
                tried += changed;
            }
        }
    }
    EXPECT_GT(tried, 300u);
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

}  // namespace
}  // namespace satchel::test
