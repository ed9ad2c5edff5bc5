// What an attacker with the disk finds: nothing in clear, in no file, and after a purge nothing even with the key.
#include <cmath>
#include <map>

#include <unistd.h>

#include "crypto/vault/database.hpp"
#include "tests/unit/crypto/vault/store_fixture.hpp"

namespace satchel::crypto {
namespace {

constexpr std::string_view canary = "Canarina-Testfigure-7Q";

// Files of this process that SQLite uses for sorting and the like; it unlinks them at once, so only /proc shows them.
int open_temporary_files()
{
    int n = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code ignored;
        const auto target = std::filesystem::read_symlink(entry.path(), ignored).string();
        n += target.find("etilqs_") != std::string::npos;
    }
    return n;
}

class VaultLeak : public StoreTest {
protected:
    void fill(Database& database, int rows)
    {
        ASSERT_EQ(outcome(database.exec_script("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);"
                                               "CREATE VIRTUAL TABLE f USING fts5(words);")),
                  "ok");
        insert(database, rows);
    }
    void insert(Database& database, int rows)
    {
        auto transaction = *Transaction::begin(database);
        for (int i = 0; i < rows; ++i) {
            const std::string value =
                std::string{canary} + std::to_string(i * 7919 % 100003) + std::string(150, 'p');
            ASSERT_EQ(outcome(database.run("INSERT INTO t(a) VALUES(?)", value)), "ok");
        }
        ASSERT_EQ(outcome(transaction.commit()), "ok");
    }
};

TEST_F(VaultLeak, NoFileHoldsTheCanaryOpenOrClosed)
{
    const auto look = [&](const char* when) {
        for (const auto& file : std::filesystem::directory_iterator(directory_)) {
            const auto bytes = file_bytes(file.path().string());
            EXPECT_FALSE(contains(bytes, canary)) << when << file.path();
            EXPECT_FALSE(contains(bytes, to_hex(view(canary)))) << when << file.path();
            std::string wide;
            for (const char c : canary)
                wide += {c, '\0'};
            EXPECT_FALSE(contains(bytes, wide)) << when << file.path();
            EXPECT_FALSE(contains(bytes, "SQLite format 3")) << when << file.path();
        }
    };
    {
        auto database = create();
        fill(database, 5000);
        ASSERT_TRUE(contains(decrypted(), canary)) << "the probe itself must work";
        look("open ");
    }
    look("closed ");
    const auto bytes = file_bytes(path_);
    std::map<std::uint8_t, double> counts;
    for (const auto b : bytes)
        ++counts[b];
    double entropy = 0;
    for (const auto& [b, n] : counts)
        entropy -= n / static_cast<double>(bytes.size()) * std::log2(n / static_cast<double>(bytes.size()));
    EXPECT_GE(entropy, 7.99);
}

TEST_F(VaultLeak, BigSortOpensNoTemporaryFile)
{
    if (!std::filesystem::exists("/proc/self/fd"))
        GTEST_SKIP() << "not run: open files are listed in /proc/self/fd, and /proc is not mounted here";
    auto database = create();
    fill(database, 40000);
    const auto sort_and_count = [&] {
        auto query = *database.statement("SELECT a FROM t ORDER BY a || 'x'");
        EXPECT_TRUE(*query.step());
        return open_temporary_files();
    };
    EXPECT_EQ(sort_and_count(), 0);
    ASSERT_EQ(outcome(database.exec_script("PRAGMA temp_store = FILE")), "ok");
    EXPECT_GT(sort_and_count(), 0) << "the probe itself must work";
}

TEST_F(VaultLeak, PurgedRowsAreGoneFromFreePagesAndWalEvenForTheKeyHolder)
{
    auto database = create();
    fill(database, 3000);
    ASSERT_EQ(outcome(database.run("INSERT INTO t(a) VALUES('stays here')")), "ok");
    ASSERT_EQ(outcome(database.checkpoint_truncate()), "ok");
    insert(database, 500); // so that the WAL has some too
    ASSERT_TRUE(contains(decrypted(), canary));
    ASSERT_EQ(outcome(database.run("DELETE FROM t WHERE a <> 'stays here'")), "ok");
    EXPECT_TRUE(contains(decrypted(), canary)) << "until the checkpoint the WAL still has them";
    ASSERT_EQ(outcome(database.checkpoint_truncate()), "ok");
    EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), 0u);
    EXPECT_FALSE(contains(decrypted(), canary));
    EXPECT_TRUE(contains(decrypted(), "stays here"));
    EXPECT_GT(database.lookup_int64("PRAGMA freelist_count")->value(), 50)
        << "there are free pages to be searched";
}

TEST_F(VaultLeak, PurgedSearchTermsAreGoneOnlyWithSecureDeleteOfTheIndex)
{
    const auto remains = [&](bool secure) {
        std::filesystem::remove(path_);
        auto database = create();
        EXPECT_EQ(outcome(database.exec_script("CREATE VIRTUAL TABLE f USING fts5(words)")), "ok");
        EXPECT_EQ(outcome(database.run("INSERT INTO f(f, rank) VALUES('secure-delete', ?)", secure)), "ok");
        for (const char* words : {"ordinary words", "zanzibarine words", "more ordinary words"})
            EXPECT_EQ(outcome(database.run("INSERT INTO f(words) VALUES(?)", words)), "ok");
        EXPECT_EQ(outcome(database.run("DELETE FROM f WHERE f MATCH 'zanzibarine'")), "ok");
        EXPECT_EQ(outcome(database.checkpoint_truncate()), "ok");
        return contains(decrypted(), "zanzibarine");
    };
    EXPECT_TRUE(remains(/*secure=*/false)) << "the probe itself must work";
    EXPECT_FALSE(remains(/*secure=*/true));
}

// Found by simulation (seed 202791): a page that is split keeps, in the room between its rows, copies of rows that have moved.
TEST_F(VaultLeak, WhatRowsLeftBehindWhenTheyMovedIsGoneOncePagesAreWrittenAnew)
{
    auto database = create();
    ASSERT_EQ(outcome(database.exec_script("CREATE TABLE t(id INTEGER PRIMARY KEY, whose INTEGER, a TEXT)")), "ok");
    std::uint32_t drawn = 7;
    for (int i = 0; i < 600; ++i) {
        drawn = drawn * 1664525u + 1013904223u;
        const auto id = static_cast<std::int64_t>(drawn >> 12);
        const std::string value = (i % 2 != 0 ? std::string{canary} : std::string("someone else's")) +
                                  std::string(20 + (drawn >> 24) * 2, 'p');
        ASSERT_EQ(outcome(database.run("INSERT OR IGNORE INTO t VALUES(?, ?, ?)", id, i % 2, value)), "ok");
    }
    ASSERT_EQ(outcome(database.run("DELETE FROM t WHERE whose = 1")), "ok");
    ASSERT_EQ(outcome(database.checkpoint_truncate()), "ok");
    EXPECT_TRUE(contains(decrypted(), canary)) << "the engine overwrites it by itself: rewrite_pages() is not needed any more";
    ASSERT_EQ(outcome(database.rewrite_pages()), "ok");
    ASSERT_EQ(outcome(database.checkpoint_truncate()), "ok");
    EXPECT_FALSE(contains(decrypted(), canary));
    EXPECT_EQ(*database.lookup_int64("SELECT count(*) FROM t"), 300);
    EXPECT_EQ(outcome(database.exec_script("ATTACH ':memory:' AS other")).substr(0, 3), "bug") << "nobody else may";
    EXPECT_EQ(open_temporary_files(), 0);
}

} // namespace
} // namespace satchel::crypto
