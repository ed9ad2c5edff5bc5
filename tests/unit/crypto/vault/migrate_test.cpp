#include "crypto/vault/migrate.hpp"

#include "tests/unit/crypto/vault/store_fixture.hpp"

namespace satchel::crypto {
namespace {

using Migrate = StoreTest;

constexpr std::array<Migration, 3> history{{
    {1, "create_people", "CREATE TABLE people(id INTEGER PRIMARY KEY); INSERT INTO people VALUES(1);"},
    {2, "add_names", "ALTER TABLE people ADD COLUMN name TEXT; UPDATE people SET name = 'Testina Fictus';"},
    {3, "index_names", "CREATE UNIQUE INDEX people_name ON people(name)"},
}};

TEST_F(Migrate, NewerStoreIsRefusedAndLeftAlone)
{
    auto database = create();
    ASSERT_EQ(outcome(migrate(database, history)), "ok");
    EXPECT_EQ(outcome(migrate(database, std::span{history}.first(2))), "version_mismatch");
    EXPECT_EQ(*schema_version(database), 3);
    EXPECT_EQ(outcome(database.run("INSERT INTO people VALUES(2, 'Probus Exemplar')")), "ok");
}

TEST_F(Migrate, FailedMigrationLeavesTheOneBefore)
{
    auto database = create();
    const std::array<Migration, 3> broken{{
        history[0],
        history[1],
        {3, "break_half_way", "CREATE TABLE half(a); INSERT INTO people VALUES(1, 'twice');"},
    }};
    const auto failed = migrate(database, broken);
    EXPECT_EQ(outcome(failed), "duplicate");
    EXPECT_NE(failed.error().detail.find("3 break_half_way"), std::string::npos);
    EXPECT_EQ(*schema_version(database), 2);
    EXPECT_EQ(database.lookup_int64("SELECT count(*) FROM sqlite_schema WHERE name = 'half'")->value(), 0);
    EXPECT_EQ(outcome(migrate(database, history)), "ok");
}

TEST_F(Migrate, EachRunsOnceAndInOrderFromAnyStart)
{
    for (std::size_t start = 0; start <= history.size(); ++start) {
        std::filesystem::remove(path_);
        auto database = create();
        ASSERT_EQ(outcome(migrate(database, std::span{history}.first(start))), "ok");
        ASSERT_EQ(outcome(migrate(database, history)), "ok");
        ASSERT_EQ(outcome(migrate(database, history)), "ok");
        EXPECT_EQ(*schema_version(database), 3);
        EXPECT_EQ(database.lookup_int64("SELECT count(*) FROM people")->value(), 1);
    }
}

} // namespace
} // namespace satchel::crypto
