// Opening the store, statements and transactions: what they refuse first.
#include "crypto/vault/database.hpp"

#include <limits>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/crypto/vault/store_fixture.hpp"

namespace satchel::crypto {
namespace {

template <class Value>
concept Bindable = requires(Statement& statement, Value&& value)
{
    statement.bind(1, std::forward<Value>(value));
};

static_assert(Bindable<std::string&> && Bindable<Bytes&> && Bindable<Digest&> && Bindable<CaseId&>);
static_assert(!Bindable<std::string> && !Bindable<Bytes> && !Bindable<Digest> && !Bindable<CaseId>,
              "a temporary would be gone before the statement runs");
static_assert(!Bindable<std::optional<std::string>> && !Bindable<double>);
static_assert(!std::is_constructible_v<Sql, std::string> && !std::is_constructible_v<Sql, std::string_view> &&
                  !std::is_constructible_v<Sql, const char*>,
              "text made at run time is no SQL");

using VaultOpen = StoreTest;

TEST_F(VaultOpen, MissingStoreIsNotFoundAndNothingIsCreated)
{
    EXPECT_EQ(outcome(open()), "not_found");
    EXPECT_EQ(outcome(open(OpenMode::reader)), "not_found");
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(VaultOpen, KeyOfAnotherLengthIsRefused)
{
    for (const std::size_t n : {0u, 32u, 47u, 49u, 64u}) {
        OpenOptions options;
        options.create = true;
        EXPECT_EQ(outcome(Database::open(path_, SecretBytes{n}, options)), "invalid_argument");
    }
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(VaultOpen, EveryOtherKeyOrSaltIsAWrongKey)
{
    create();
    for (std::size_t i = 0; i < store_key_bytes; ++i) {
        auto other = key_.clone();
        other.writable()[i] ^= 1;
        EXPECT_EQ(outcome(Database::open(path_, other)), "wrong_key") << i;
    }
    EXPECT_EQ(outcome(open()), "ok");
}

TEST_F(VaultOpen, FileThatIsNoStoreIsAWrongKeyAndStaysAsItWas)
{
    for (const std::size_t size : {1u, 512u, 4096u, 10000u}) {
        std::ofstream(path_, std::ios::binary) << std::string(size, 'x');
        EXPECT_EQ(outcome(open()), size == 1 ? "corrupt" : "wrong_key") << size;
        EXPECT_EQ(file_bytes(path_), Bytes(size, 'x'));
    }
    std::ofstream(path_, std::ios::trunc).close();
    EXPECT_EQ(outcome(open()), "corrupt");
    EXPECT_EQ(outcome(open(OpenMode::reader)), "corrupt");
}

TEST_F(VaultOpen, StoreIsReadableByItsOwnerOnly)
{
    ::umask(0022);
    auto database = create();
    ASSERT_EQ(outcome(database.exec_script("CREATE TABLE t(a)")), "ok");
    for (const auto& file : std::filesystem::directory_iterator(directory_)) {
        struct stat found {};
        ASSERT_EQ(::stat(file.path().c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 0777, 0600u) << file.path();
    }
}

TEST_F(VaultOpen, SymbolicLinkIsNotFollowedWhenCreating)
{
    std::filesystem::create_symlink(directory_ + "/elsewhere.db", path_);
    EXPECT_NE(outcome(open(OpenMode::writer_exclusive, /*create=*/true)), "ok");
    EXPECT_FALSE(std::filesystem::exists(directory_ + "/elsewhere.db"));
}

TEST_F(VaultOpen, SecondOpenerOfADeviceStoreIsBusyInThisProcessAndInAnother)
{
    auto first = create();
    EXPECT_EQ(outcome(open()), "busy");
    EXPECT_EQ(outcome(open(OpenMode::reader)), "busy");
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto second = open();
        ::_exit(!second && second.error().code == Errc::busy ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_FALSE(std::filesystem::exists(path_ + "-shm"));
}

TEST_F(VaultOpen, StoreOpensAgainWhenTheFirstOpenerIsGone)
{
    {
        auto first = create();
        ASSERT_EQ(outcome(first.exec_script("CREATE TABLE t(a); INSERT INTO t VALUES(7)")), "ok");
    }
    auto again = open();
    ASSERT_EQ(outcome(again), "ok");
    EXPECT_EQ(again->lookup_int64("SELECT a FROM t")->value(), 7);
}

TEST_F(VaultOpen, EverySettingIsInForce)
{
    auto database = create();
    const auto value = [&](Sql pragma) { return database.lookup_int64(pragma)->value_or(-1); };
    EXPECT_EQ(value("PRAGMA synchronous"), 3);
    EXPECT_EQ(value("PRAGMA temp_store"), 2);
    EXPECT_EQ(value("PRAGMA secure_delete"), 1);
    EXPECT_EQ(value("PRAGMA trusted_schema"), 0);
    EXPECT_EQ(value("PRAGMA cell_size_check"), 1);
    EXPECT_EQ(value("PRAGMA foreign_keys"), 1);
    EXPECT_EQ(value("PRAGMA page_size"), 4096);
    EXPECT_EQ(value("PRAGMA cache_size"), -8192);
    auto query = *database.statement("PRAGMA journal_mode");
    ASSERT_TRUE(*query.step());
    EXPECT_EQ(query.text(0), "wal");
}

TEST_F(VaultOpen, NothingGetsOutByAttachExtensionOrSchemaTricks)
{
    auto database = create();
    EXPECT_NE(outcome(database.exec_script("ATTACH 'clear.db' AS clear KEY ''")), "ok");
    EXPECT_NE(outcome(database.exec_script("SELECT load_extension('x')")), "ok");
    EXPECT_NE(outcome(database.exec_script("SELECT \"a value in double quotes\"")), "ok");
    ASSERT_EQ(outcome(database.exec_script("CREATE TABLE t(a); PRAGMA writable_schema = ON")), "ok");
    EXPECT_NE(outcome(database.exec_script("DELETE FROM sqlite_schema")), "ok");
}

using VaultHub = StoreTest;

TEST_F(VaultHub, ReaderCannotWriteOrCheckpoint)
{
    auto writer = create(OpenMode::writer_shared);
    ASSERT_EQ(outcome(writer.exec_script("CREATE TABLE t(a)")), "ok");
    auto reader = *open(OpenMode::reader);
    EXPECT_EQ(outcome(reader.run("INSERT INTO t VALUES(1)")), "refused");
    EXPECT_EQ(outcome(reader.exec_script("DROP TABLE t")), "refused");
    EXPECT_EQ(outcome(reader.checkpoint_truncate()), "bug");
}

TEST_F(VaultHub, ReaderSeesCommittedStatesOnlyAndHoldsOneWhilePinned)
{
    auto writer = create(OpenMode::writer_shared);
    ASSERT_EQ(outcome(writer.exec_script("CREATE TABLE t(a); INSERT INTO t VALUES(1)")), "ok");
    auto reader = *open(OpenMode::reader);
    const auto count = [&] { return reader.lookup_int64("SELECT count(*) FROM t")->value(); };
    {
        auto writing = *Transaction::begin(writer);
        ASSERT_EQ(outcome(writer.run("INSERT INTO t VALUES(2)")), "ok");
        EXPECT_EQ(count(), 1);
        ASSERT_EQ(outcome(writing.commit()), "ok");
    }
    EXPECT_EQ(count(), 2);
    {
        auto pinned = *Transaction::begin(reader);
        ASSERT_EQ(outcome(writer.run("INSERT INTO t VALUES(3)")), "ok");
        EXPECT_EQ(count(), 2);
        EXPECT_EQ(outcome(writer.checkpoint_truncate()), "busy");
    }
    EXPECT_EQ(count(), 3);
    EXPECT_EQ(outcome(writer.checkpoint_truncate()), "ok");
}

TEST_F(VaultHub, SecondWriterIsBusyWhileTheFirstIsInATransaction)
{
    auto first = create(OpenMode::writer_shared);
    auto second = *open(OpenMode::writer_shared);
    auto writing = *Transaction::begin(first);
    EXPECT_EQ(outcome(Transaction::begin(second)), "busy");
    ASSERT_EQ(outcome(writing.commit()), "ok");
    EXPECT_EQ(outcome(Transaction::begin(second)), "ok");
}

class VaultStatement : public StoreTest {
protected:
    VaultStatement()
    {
        EXPECT_EQ(outcome(database_.exec_script(
                      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b BLOB NOT NULL DEFAULT x'')"
                      ";CREATE TABLE strict_t(n INTEGER CHECK(n > 0), u TEXT UNIQUE) STRICT"
                      ";CREATE VIRTUAL TABLE f USING fts5(words)")),
                  "ok");
    }
    Database database_ = create();
};

TEST_F(VaultStatement, WrongUseIsOurBug)
{
    EXPECT_EQ(outcome(database_.statement("SELEKT 1")), "bug");
    EXPECT_EQ(outcome(database_.statement("SELECT 1; SELECT 2")), "bug");
    EXPECT_EQ(outcome(database_.statement("")), "bug");
    EXPECT_EQ(outcome(database_.run("INSERT INTO t(a) VALUES(?)", 1, 2)), "bug");
    EXPECT_EQ(outcome(database_.run("SELECT 1")), "bug");
    EXPECT_EQ(database_.lookup_int64("SELECT count(*) FROM t")->value(), 0);
}

TEST_F(VaultStatement, ConstraintsNameTheRuleAndNeverTheValue)
{
    ASSERT_EQ(outcome(database_.run("INSERT INTO strict_t VALUES(1, ?)", "canary")), "ok");
    const auto twice = database_.run("INSERT INTO strict_t VALUES(1, ?)", "canary");
    EXPECT_EQ(outcome(twice), "duplicate");
    EXPECT_NE(twice.error().detail.find("strict_t.u"), std::string::npos);
    const auto checked = database_.run("INSERT INTO strict_t VALUES(-1, ?)", "canary");
    EXPECT_EQ(outcome(checked), "refused");
    const auto typed = database_.run("INSERT INTO strict_t VALUES(?, 'x')", "canary");
    EXPECT_EQ(outcome(typed), "refused");
    const auto searched = database_.run("SELECT 1 FROM f WHERE f MATCH ?", "canary AND (");
    EXPECT_EQ(outcome(searched), "invalid_argument");
    for (const auto& failed : {twice, checked, typed, searched})
        EXPECT_EQ(failed.error().detail.find("canary"), std::string::npos) << failed.error().detail;
    EXPECT_FALSE(database_.poisoned());
}

TEST_F(VaultStatement, EveryValueComesBackAsItWas)
{
    const std::string text = std::string("null\0inside", 11) + "\xc3\xa9 ' \" ; -- $1";
    const Bytes blob{0, 1, 0xff, 0};
    const auto low = std::numeric_limits<std::int64_t>::min();
    const auto high = std::numeric_limits<std::int64_t>::max();
    auto insert = *database_.statement("INSERT INTO t(a, b) VALUES(?, ?)");
    ASSERT_EQ(outcome(insert.run(text, blob)), "ok");
    ASSERT_EQ(outcome(insert.run(low, Bytes{})), "ok");
    ASSERT_EQ(outcome(insert.run(high, "")), "ok");
    ASSERT_EQ(outcome(insert.run(std::string_view{}, ByteView{})), "ok");
    ASSERT_EQ(outcome(insert.run(nullptr, std::optional<Bytes>{blob})), "ok");
    ASSERT_EQ(outcome(insert.run(std::optional<int>{}, Digest{1, 2, 3})), "ok");
    EXPECT_EQ(database_.last_insert_rowid(), 6);
    EXPECT_EQ(database_.changes(), 1);

    auto query = *database_.statement("SELECT a, b, typeof(a), typeof(b) FROM t ORDER BY id");
    ASSERT_TRUE(*query.step());
    EXPECT_EQ(query.text(0), text);
    EXPECT_TRUE(std::ranges::equal(query.blob(1), blob));
    ASSERT_TRUE(*query.step());
    EXPECT_EQ(query.int64(0), low);
    EXPECT_EQ(query.text(3), "blob");
    ASSERT_TRUE(*query.step());
    EXPECT_EQ(query.int64(0), high);
    ASSERT_TRUE(*query.step());
    EXPECT_EQ(query.text(2), "text");
    EXPECT_FALSE(query.is_null(0));
    EXPECT_EQ(query.text(3), "blob");
    ASSERT_TRUE(*query.step());
    EXPECT_TRUE(query.is_null(0));
    ASSERT_TRUE(*query.step());
    EXPECT_TRUE(query.is_null(0));
    EXPECT_EQ(query.array<32>(1), (Digest{1, 2, 3}));
    EXPECT_FALSE(*query.step());
}

TEST_F(VaultStatement, InjectionIsStoredAsData)
{
    const std::string evil = "x'); DROP TABLE t; --";
    ASSERT_EQ(outcome(database_.run("INSERT INTO t(a) VALUES(?)", evil)), "ok");
    EXPECT_EQ(database_.lookup_int64("SELECT count(*) FROM t WHERE a = ?", evil)->value(), 1);
}

TEST_F(VaultStatement, IdOfAnotherLengthIsCorruptAtTheNextStep)
{
    ASSERT_EQ(outcome(database_.run("INSERT INTO t(a, b) VALUES(1, x'0102'), (2, x'03')")), "ok");
    auto query = *database_.statement("SELECT b FROM t");
    ASSERT_TRUE(*query.step());
    EXPECT_TRUE(query.id<CaseId>(0).empty());
    EXPECT_EQ(outcome(query.step()), "corrupt");
}

TEST_F(VaultStatement, SameStatementTwiceAtOnceIsTwoStatements)
{
    ASSERT_EQ(outcome(database_.run("INSERT INTO t(a) VALUES(1), (2), (3)")), "ok");
    static constexpr Sql all = "SELECT a FROM t ORDER BY a";
    auto outer = *database_.statement(all);
    int pairs = 0;
    while (*outer.step()) {
        auto inner = *database_.statement(all);
        while (*inner.step())
            pairs += outer.int64(0) < inner.int64(0);
    }
    EXPECT_EQ(pairs, 3);
}

TEST_F(VaultStatement, ReturnedStatementForgetsItsBindings)
{
    static constexpr Sql insert = "INSERT INTO t(a) VALUES(?)";
    ASSERT_EQ(outcome(database_.run(insert, 5)), "ok");
    ASSERT_EQ(outcome(database_.run(insert)), "ok");
    EXPECT_EQ(database_.lookup_int64("SELECT count(*) FROM t WHERE a IS NULL")->value(), 1);
}

TEST_F(VaultStatement, HalfReadQueryHoldsNothingAfterItsEnd)
{
    ASSERT_EQ(outcome(database_.run("INSERT INTO t(a) VALUES(1), (2)")), "ok");
    {
        auto query = *database_.statement("SELECT a FROM t");
        ASSERT_TRUE(*query.step());
    }
    EXPECT_EQ(outcome(database_.exec_script("DROP TABLE t")), "ok");
}

TEST_F(VaultStatement, OperatorsOwnSqlNamesItsColumns)
{
    auto query = *database_.prepare_trusted(std::string{"SELECT 1 AS n, 'x' AS "} + "word, NULL");
    ASSERT_EQ(query.column_count(), 3);
    EXPECT_EQ(query.column_name(1), "word");
    ASSERT_TRUE(*query.step());
    EXPECT_EQ(query.column_type(0), ColumnType::integer);
    EXPECT_EQ(query.column_type(1), ColumnType::text);
    EXPECT_EQ(query.column_type(2), ColumnType::null);
}

using VaultTransaction = VaultStatement;

TEST_F(VaultTransaction, UncommittedWorkIsGone)
{
    {
        auto transaction = *Transaction::begin(database_);
        ASSERT_EQ(outcome(database_.run("INSERT INTO t(a) VALUES(1)")), "ok");
    }
    EXPECT_EQ(database_.lookup_int64("SELECT count(*) FROM t")->value(), 0);
    EXPECT_FALSE(database_.in_transaction());
}

TEST_F(VaultTransaction, CommittedWorkIsThereForTheNextOpener)
{
    auto other = directory_ + "/other.db";
    OpenOptions options;
    options.create = true;
    {
        auto database = *Database::open(other, key_, options);
        ASSERT_EQ(outcome(database.exec_script("CREATE TABLE t(a)")), "ok");
        auto transaction = *Transaction::begin(database);
        ASSERT_EQ(outcome(database.run("INSERT INTO t VALUES(42)")), "ok");
        ASSERT_EQ(outcome(transaction.commit()), "ok");
        EXPECT_EQ(outcome(transaction.commit()), "bug");
    }
    EXPECT_EQ(Database::open(other, key_)->lookup_int64("SELECT a FROM t")->value(), 42);
}

TEST_F(VaultTransaction, SecondOneInsideIsOurBug)
{
    auto transaction = *Transaction::begin(database_);
    EXPECT_EQ(outcome(Transaction::begin(database_)), "bug");
    EXPECT_EQ(outcome(transaction.commit()), "ok");
}

// When SQLite rolls back by itself, the statements that follow must not commit one by one behind the caller's back.
TEST_F(VaultTransaction, NothingRunsAfterAnAutomaticRollback)
{
    {
        auto transaction = *Transaction::begin(database_);
        ASSERT_EQ(outcome(database_.run("INSERT INTO t(a) VALUES(1)")), "ok");
        EXPECT_NE(outcome(database_.exec_script("INSERT OR ROLLBACK INTO t(id, a) VALUES(1, 2)")), "ok");
        EXPECT_EQ(outcome(database_.run("INSERT INTO t(a) VALUES(3)")), "closed");
        EXPECT_EQ(outcome(database_.exec_script("INSERT INTO t(a) VALUES(4)")), "closed");
        EXPECT_EQ(outcome(transaction.commit()), "closed");
    }
    EXPECT_EQ(database_.lookup_int64("SELECT count(*) FROM t")->value(), 0);
    EXPECT_EQ(outcome(database_.run("INSERT INTO t(a) VALUES(5)")), "ok");
}

} // namespace
} // namespace satchel::crypto
