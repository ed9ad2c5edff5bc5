// Whoever holds the store's key but not the hub's signing key cannot change history unnoticed: verify names the row.
#include <gtest/gtest.h>

#include "scratch.hpp"
#include "tools/demo/story.hpp"

namespace satchel::demo {
namespace {

class Tamper : public ::testing::Test {
protected:
    static void SetUpTestSuite()
    {
        scratch = new Scratch;
        World world(SATCHEL_PROGRAMS, scratch->path / "world");
        Story story;
        story.crn = "X100091";
        story.import = case_lines("tamper", story.crn, "Tamper-Testcase",
                                  {record_line("tamper", "a", "address", "probation", "probation.practitioner",
                                               R"("lines":"1 Invented Row","kind":"main","from":"2024-01-01")")});
        story.team = {"practitioner", "police"};
        story.devices = story.team;
        world.create_hub();
        prepare(world, {story});
        world.record("practitioner", story.crn, "address", {"--set=lines=2 Invented Row", "--set=kind=main", "--set=from=2026-01-01"});
        world.record("practitioner", story.crn, "contact", {"--set=contact_kind=office", "--set=summary=Attended"});
        world.record("police", story.crn, "address", {"--set=lines=9 Elsewhere", "--set=kind=main", "--set=from=2026-02-01"});
        world.serve();
        world.sync("practitioner");
        world.sync("police");
        world.sync("practitioner");
        ASSERT_EQ(world.stop(), 0);
        const auto honest = world.hub({"verify"});
        ASSERT_EQ(honest.exit_code, 0) << json::serialize(honest.data) << honest.err;
    }
    static void TearDownTestSuite() { delete scratch; }

    static Finished sql(const World& world, const std::string& text, bool write)
    {
        Invocation what;
        what.program = std::filesystem::path(SATCHEL_PROGRAMS) / "satchel-inspect";
        what.arguments = {world.hub_dir().string(), "--json", "--passphrase-fd", "3", "--sql", "-"};
        if (write)
            what.arguments.push_back("--write");
        what.input = text;
        what.passphrase = passphrase_of("hub");
        return run(what);
    }

    static inline Scratch* scratch = nullptr;
};

struct Forgery {
    const char* table;
    const char* sql;
};

// One alteration for each kind of value in each table that history consists of or follows from.
const std::vector<Forgery> forgeries{
    {"entries", "UPDATE entries SET body = CAST(body || x'00' AS BLOB) WHERE position = (SELECT max(position) FROM entries WHERE kind = (SELECT min(kind) FROM entries))"},
    {"entries", "UPDATE entries SET rulings = CAST(rulings || x'00' AS BLOB) WHERE length(rulings) > 0"},
    {"entries", "UPDATE entries SET received_at = received_at + 1 WHERE position = 2"},
    {"entries", "UPDATE entries SET sequence = sequence + 1 WHERE position = (SELECT max(position) FROM entries)"},
    {"entries", "UPDATE entries SET policy_version = policy_version + 1 WHERE position = (SELECT max(position) FROM entries)"},
    {"entries", "UPDATE entries SET audit = x'0000000000000000000000000000000000000000000000000000000000000000' WHERE position = 3"},
    {"entries", "DELETE FROM entries WHERE position = (SELECT max(position) FROM entries) - 1"},
    {"entries", "UPDATE entries SET case_no = case_no + 1 WHERE position = (SELECT max(position) FROM entries)"},
    {"batches", "UPDATE batches SET signature = zeroblob(64)"},
    {"batches", "UPDATE batches SET first_sequence = first_sequence + 1"},
    {"checkpoints", "UPDATE checkpoints SET signature = zeroblob(64)"},
    {"checkpoints", "UPDATE checkpoints SET audit = zeroblob(32) WHERE checkpoint_no = 1"},
    {"records", "UPDATE records SET state = CAST(state || x'00' AS BLOB)"},
    {"records", "DELETE FROM records"},
    {"tasks", "UPDATE tasks SET state = CAST(state || x'00' AS BLOB)"},
    {"tasks", "DELETE FROM tasks"},
    {"open_items", "DELETE FROM open_items"},
    {"facts", "UPDATE facts SET value = 'prison' WHERE name = 'lead_agency'"},
    {"cases", "UPDATE cases SET facts = CAST(facts || x'00' AS BLOB)"},
    {"users", "UPDATE users SET hats = 'coordination/unit/chair'"},
    {"users", "UPDATE users SET suspended = 1 - suspended"},
    {"assignments", "DELETE FROM assignments"},
    {"credentials", "UPDATE credentials SET operation_key = zeroblob(32)"},
    {"credentials", "UPDATE credentials SET agency = 'prison'"},
    {"incarnations", "UPDATE incarnations SET received = received - 1"},
    {"incarnations", "UPDATE incarnations SET salt_key = zeroblob(32)"},
    {"policies", "UPDATE policies SET bundle = CAST(bundle || x'00' AS BLOB)"},
    {"policies", "UPDATE policies SET signature = zeroblob(64)"},
};

TEST_F(Tamper, EveryKindOfAlterationIsFoundAndTheTableNamed)
{
    World honest(SATCHEL_PROGRAMS, scratch->path / "world");
    for (const auto& forgery : forgeries) {
        SCOPED_TRACE(forgery.sql);
        auto copy = honest.copy(scratch->path / "forged");
        const auto before = sql(copy, std::string("SELECT count(*) AS n FROM ") + forgery.table, false);
        ASSERT_EQ(before.exit_code, 0) << before.out << before.err;
        const auto altered = sql(copy, forgery.sql, true);
        EXPECT_EQ(altered.exit_code, 0) << altered.out << altered.err;
        const auto verified = copy.hub({"verify"});
        EXPECT_EQ(verified.exit_code, 8) << json::serialize(verified.data);
        bool named = false;
        const auto failures = verified.at("failures");
        if (failures.is_array())
            for (const auto& failure : failures.as_array())
                named = named || text(failure, "table") == forgery.table ||
                        (std::string_view(forgery.table) == "credentials" && text(failure, "table") == "batches");
        EXPECT_TRUE(named) << "the table is not named: " << json::serialize(verified.data);
    }
}

TEST_F(Tamper, WithoutTheWriteOptionNothingCanBeChanged)
{
    World honest(SATCHEL_PROGRAMS, scratch->path / "world");
    auto copy = honest.copy(scratch->path / "forged");
    EXPECT_NE(sql(copy, "DELETE FROM entries", false).exit_code, 0);
    EXPECT_EQ(copy.hub({"verify"}).exit_code, 0);
}

}  // namespace
}  // namespace satchel::demo
