// The embedded adapter: the contract, and what only it can get wrong.
#include "sync/central/sqlcipher_central.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

#include "crypto/vault/database.hpp"
#include "tests/contract/central_store_contract.hpp"
#include "tests/unit/crypto/vault/fault_vfs.hpp"

namespace satchel::sync::contract {
namespace {

namespace fs = std::filesystem;

class TempDir {
public:
    TempDir()
    {
        auto pattern = (fs::temp_directory_path() / "satchel-central-XXXXXX").string();
        SATCHEL_CHECK(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TempDir() { fs::remove_all(path_); }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

crypto::SecretBytes key(std::uint8_t n)
{
    crypto::SecretBytes out(crypto::store_key_bytes);
    std::fill(out.writable().begin(), out.writable().end(), n);
    return out;
}

class SqlcipherUnderTest final : public StoreUnderTest {
public:
    SqlcipherUnderTest() { open(/*create=*/true); }
    CentralStore& store() override { return *store_; }
    void reopen() override
    {
        store_.reset();
        open(/*create=*/false);
    }

private:
    void open(bool create)
    {
        SqlcipherCentralOptions options;
        options.create = create;
        options.busy_timeout = std::chrono::milliseconds{100};
        auto opened = open_sqlcipher_central(dir_.file("hub.db"), key(1), options);
        SATCHEL_CHECK(opened.has_value());
        store_ = *std::move(opened);
    }
    TempDir dir_;
    std::unique_ptr<CentralStore> store_;
};

TEST(SqlcipherCentral, AStoreIsNotMadeUnlessAskedFor)
{
    const TempDir dir;
    const auto missing = open_sqlcipher_central(dir.file("hub.db"), key(1));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::not_found);
    EXPECT_FALSE(fs::exists(dir.file("hub.db")));
}

TEST(SqlcipherCentral, AnotherKeyOpensNothing)
{
    const TempDir dir;
    SqlcipherCentralOptions create;
    create.create = true;
    ASSERT_TRUE(open_sqlcipher_central(dir.file("hub.db"), key(1), create));
    const auto opened = open_sqlcipher_central(dir.file("hub.db"), key(2));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::wrong_key);
}

TEST(SqlcipherCentral, NothingIsReadableInTheFiles)
{
    const TempDir dir;
    SqlcipherCentralOptions create;
    create.create = true;
    auto store = *open_sqlcipher_central(dir.file("hub.db"), key(1), create);
    auto transaction = *store->begin();
    UserRow user;
    user.name = "CanaryNameOfNobody";
    ASSERT_TRUE(transaction->put(user));
    EntryRow entry;
    entry.position = Position{1};
    for (int i = 0; i < 500; ++i)
        entry.body.insert(entry.body.end(), {'C', 'a', 'n', 'a', 'r', 'y'});
    ASSERT_TRUE(transaction->append(entry));
    ASSERT_TRUE(transaction->commit());
    std::uintmax_t bytes = 0;
    for (const auto* name : {"hub.db", "hub.db-wal", "hub.db-shm"}) {
        std::ifstream in(dir.file(name), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(in), {}};
        bytes += content.size();
        EXPECT_EQ(content.find("Canary"), std::string::npos) << name;
    }
    EXPECT_GT(bytes, 4096u);
}

// A row that says nothing sensible is told, not guessed at.
TEST(SqlcipherCentral, AColumnOfTheWrongLengthIsCorrupt)
{
    const TempDir dir;
    SqlcipherCentralOptions create;
    create.create = true;
    {
        auto store = *open_sqlcipher_central(dir.file("hub.db"), key(1), create);
        auto transaction = *store->begin();
        EntryRow entry;
        entry.position = Position{1};
        ASSERT_TRUE(transaction->append(entry));
        BatchRow batch;
        batch.no = BatchNo{1};
        batch.digests.resize(1);
        ASSERT_TRUE(transaction->append(batch));
        ASSERT_TRUE(transaction->commit());
    }
    {
        crypto::OpenOptions write;
        auto db = *crypto::Database::open(dir.file("hub.db"), key(1), write);
        ASSERT_TRUE(db.exec_script("UPDATE entries SET audit = x'00'; UPDATE batches SET digests = x'0011'"));
    }
    auto store = *open_sqlcipher_central(dir.file("hub.db"), key(1));
    auto view = *store->view();
    const auto entry = view->entry(Position{1});
    ASSERT_FALSE(entry);
    EXPECT_EQ(entry.error().code, Errc::corrupt);
    const auto batch = view->batch(BatchNo{1});
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code, Errc::corrupt);
}

// Cut down to its type, an altered number would read like the one that was written.
TEST(SqlcipherCentral, ANumberThatDoesNotFitItsTypeIsCorrupt)
{
    for (const std::string_view alteration :
         {"UPDATE entries SET kind = kind + 256", "UPDATE entries SET policy_version = policy_version + 4294967296",
          "UPDATE entries SET rules_version = -1", "UPDATE users SET suspended = 2",
          "UPDATE batches SET size = size + 1"}) {
        SCOPED_TRACE(alteration);
        const TempDir dir;
        SqlcipherCentralOptions create;
        create.create = true;
        {
            auto store = *open_sqlcipher_central(dir.file("hub.db"), key(1), create);
            auto transaction = *store->begin();
            EntryRow entry;
            entry.position = Position{1};
            ASSERT_TRUE(transaction->append(entry));
            BatchRow batch;
            batch.no = BatchNo{1};
            batch.digests.resize(1);
            ASSERT_TRUE(transaction->append(batch));
            ASSERT_TRUE(transaction->put(UserRow{}));
            ASSERT_TRUE(transaction->commit());
        }
        {
            auto db = *crypto::Database::open(dir.file("hub.db"), key(1), crypto::OpenOptions{});
            ASSERT_TRUE(db.exec_script(alteration));
        }
        auto store = *open_sqlcipher_central(dir.file("hub.db"), key(1));
        auto view = *store->view();
        const auto entry = view->entry(Position{1});
        const auto batch = view->batch(BatchNo{1});
        const auto user = view->user(UserId{});
        EXPECT_EQ((entry ? 0 : 1) + (batch ? 0 : 1) + (user ? 0 : 1), 1);
        for (const auto code : {entry ? Errc::corrupt : entry.error().code, batch ? Errc::corrupt : batch.error().code,
                                user ? Errc::corrupt : user.error().code})
            EXPECT_EQ(code, Errc::corrupt);
    }
}

// --- Disks that fail ----------------------------------------------------------------------------------------------------

using crypto::FaultVfs;

class FailingDisk : public testing::Test {
protected:
    FailingDisk() { open(/*create=*/true); }
    void open(bool create = false)
    {
        store.reset();
        SqlcipherCentralOptions options;
        options.create = create;
        options.busy_timeout = std::chrono::milliseconds{100};
        options.vfs = vfs.name();
        auto opened = open_sqlcipher_central(dir.file("hub.db"), key(1), options);
        SATCHEL_CHECK(opened.has_value());
        store = *std::move(opened);
    }
    Result<void> append(std::int64_t position)
    {
        SATCHEL_TRY(auto transaction, store->begin());
        EntryRow row;
        row.position = Position{position};
        row.body = Bytes(3000, std::uint8_t{5});
        SATCHEL_TRYV(transaction->append(row));
        return transaction->commit();
    }
    std::int64_t head()
    {
        const auto view = store->view();
        const auto found = view ? (*view)->head() : Result<Head>(fail(Errc::io_error));
        return found ? raw(found->position) : -1;
    }

    FaultVfs vfs;
    const TempDir dir;
    std::unique_ptr<CentralStore> store;
};

TEST_F(FailingDisk, TheWriterGoesOnWhenTheFaultEndsWhereverItStruck)
{
    const std::pair<FaultVfs::Kind, int> faults[] = {{FaultVfs::Kind::write, SQLITE_IOERR_WRITE},
                                                     {FaultVfs::Kind::write, SQLITE_FULL},
                                                     {FaultVfs::Kind::sync, SQLITE_IOERR_FSYNC},
                                                     {FaultVfs::Kind::read, SQLITE_IOERR_READ}};
    std::int64_t kept = 0;
    int struck = 0;
    for (const auto& [kind, code] : faults)
        for (const bool for_good : {false, true})
            for (long n = 1; n < 30; ++n) {
                SCOPED_TRACE(testing::Message() << code << " at " << n << (for_good ? " and on" : ""));
                vfs.fail_at(kind, n, code, for_good);
                for (int i = 0; i < 3; ++i)
                    if (append(kept + 1))
                        ++kept;
                struck += vfs.struck() ? 1 : 0;
                vfs.heal();
                ASSERT_EQ(head(), kept) << "what was told to have failed is not there";
                ASSERT_TRUE(append(kept + 1)) << "the fault has ended";
                ++kept;
            }
    EXPECT_GT(struck, 50);
    open();
    EXPECT_EQ(head(), kept);
}

TEST_F(FailingDisk, AfterAFailedSyncNothingRestsOnPagesThatMayNotBeOnTheDisk)
{
    ASSERT_TRUE(append(1));
    vfs.fail_at(FaultVfs::Kind::sync, 1, SQLITE_IOERR_FSYNC, /*for_good=*/false);
    EXPECT_FALSE(append(2));
    ASSERT_GT(fs::file_size(dir.file("hub.db-wal")), 0u);
    {
        auto transaction = store->begin();
        ASSERT_TRUE(transaction);
        EXPECT_EQ(fs::file_size(dir.file("hub.db-wal")), 0u) << "the log begins anew, its content is synced into the store";
    }
    ASSERT_TRUE(append(2));
}

TEST_F(FailingDisk, WhileItFailsEveryAttemptSaysWhyAndReadersGoOn)
{
    ASSERT_TRUE(append(1));
    vfs.fail_at(FaultVfs::Kind::write, 1, SQLITE_IOERR_WRITE, /*for_good=*/true);
    for (int i = 0; i < 3; ++i) {
        const auto outcome = append(2);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, Errc::io_error);
        EXPECT_EQ(head(), 1);
    }
}

TEST_F(FailingDisk, AFileThatMayNotGrowIsAFaultThatEnds)
{
    ASSERT_TRUE(append(1));
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit limit = before;
    limit.rlim_cur = fs::file_size(dir.file("hub.db-wal")) + 1000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    const auto first = append(2);
    const auto second = append(2);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_FALSE(first);
    ASSERT_EQ(head(), second ? 2 : 1);
    ASSERT_TRUE(append(second ? 3 : 2));
    open();
    EXPECT_EQ(head(), second ? 3 : 2);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlcipher, CentralStoreContract,
                         testing::Values(Adapter{"sqlcipher", [] { return std::make_unique<SqlcipherUnderTest>(); }}),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace satchel::sync::contract
