// Disks that fill up and disks that fail: what was acknowledged stays, what was not is whole or absent, and a handle that
// met an input/output error acknowledges nothing any more.
#include <csignal>
#include <functional>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/vault/database.hpp"
#include "tests/unit/crypto/vault/fault_vfs.hpp"
#include "tests/unit/crypto/vault/store_fixture.hpp"

namespace satchel::crypto {
namespace {

class VaultFault : public StoreTest {
protected:
    void SetUp() override
    {
        auto database = create();
        ASSERT_EQ(outcome(database.exec_script("CREATE TABLE t(batch INTEGER, row INTEGER, a BLOB)")), "ok");
    }

    // One durable change of several rows; ok means acknowledged.
    Result<void> save(Database& database, int batch)
    {
        SATCHEL_TRY(auto transaction, Transaction::begin(database));
        for (int row = 0; row < rows_of_batch; ++row)
            SATCHEL_TRYV(
                database.run("INSERT INTO t VALUES(?, ?, ?)", batch, row, Bytes(1500, std::uint8_t{7})));
        return transaction.commit();
    }

    // Every acknowledged batch is whole; at most the next one is there as well, and then whole too.
    void expect_kept(int acknowledged, const std::string& when)
    {
        ASSERT_EQ(outcome(Database::check_integrity(path_, key_)), "ok") << when;
        auto database = *open();
        const auto batches = *database.lookup_int64("SELECT count(DISTINCT batch) FROM t");
        EXPECT_GE(*batches, acknowledged) << when;
        EXPECT_LE(*batches, acknowledged + 1) << when;
        EXPECT_EQ(*database.lookup_int64("SELECT count(*) FROM t"), *batches * rows_of_batch) << when;
    }

    static constexpr int rows_of_batch = 3;
    FaultVfs vfs_;
};

struct Fault {
    FaultVfs::Kind kind;
    int code;
    std::string name;
    std::string wanted;
};

// Saves until a save is refused, with a checkpoint on the way, and gives the number of acknowledged batches.
int save_until_refused(Database& database, const Fault& fault, const std::string& when,
                       const std::function<Result<void>(int)>& save)
{
    for (int batch = 0; batch < 8; ++batch) {
        std::string checkpoint = "ok";
        if (batch == 4)
            checkpoint = outcome(database.checkpoint_truncate());
        EXPECT_TRUE(checkpoint == "ok" || checkpoint == fault.wanted) << when << ": " << checkpoint;
        const auto saved = outcome(save(batch));
        if (saved == "ok")
            continue;
        EXPECT_TRUE(saved == fault.wanted || (checkpoint != "ok" && saved == "closed"))
            << when << ": " << saved;
        EXPECT_EQ(database.poisoned(), fault.code != SQLITE_FULL) << when;
        EXPECT_EQ(outcome(Transaction::begin(database)), database.poisoned() ? "closed" : "ok") << when;
        return batch;
    }
    return 8;
}

TEST_F(VaultFault, EveryFailingWriteSyncOrReadLosesNothingAcknowledged)
{
    const Fault faults[] = {
        {FaultVfs::Kind::write, SQLITE_FULL, "disk full", "disk_full"},
        {FaultVfs::Kind::write, SQLITE_IOERR_WRITE, "write error", "io_error"},
        {FaultVfs::Kind::sync, SQLITE_IOERR_FSYNC, "sync error", "io_error"},
        {FaultVfs::Kind::read, SQLITE_IOERR_READ, "read error", "io_error"},
    };
    std::filesystem::copy_file(path_, path_ + ".fresh");
    int sweeps = 0;
    const auto sweep = [&](const Fault& fault, bool for_good) {
        bool struck = true;
        for (long n = 1; struck; ++n, ++sweeps) {
            const auto when = fault.name + " at " + std::to_string(n) + (for_good ? " and on" : "");
            std::filesystem::remove(path_ + "-wal");
            std::filesystem::copy_file(path_ + ".fresh", path_,
                                       std::filesystem::copy_options::overwrite_existing);
            int acknowledged = 0;
            vfs_.fail_at(fault.kind, n, fault.code, for_good);
            if (auto database = open(OpenMode::writer_exclusive, false, vfs_.name()))
                acknowledged = save_until_refused(*database, fault, when,
                                                  [&](int batch) { return save(*database, batch); });
            struck = vfs_.struck();
            vfs_.heal();
            expect_kept(acknowledged, when);
        }
    };
    for (const auto& fault : faults) {
        sweep(fault, /*for_good=*/false);
        sweep(fault, /*for_good=*/true);
    }
    EXPECT_GT(sweeps, 100);
}

// It was told as a rule that does not allow the save (found by satchel-kills).
TEST_F(VaultFault, ALogThatCannotBeOpenedForWritingIsAnInputOutputError)
{
    {
        auto database = *open();
        ASSERT_EQ(outcome(save(database, 0)), "ok");
        for (const std::string end : {"", "-wal"})
            std::filesystem::copy_file(path_ + end, path_ + ".cut" + end);
    }
    for (const std::string end : {"", "-wal"})
        std::filesystem::copy_file(path_ + ".cut" + end, path_ + end, std::filesystem::copy_options::overwrite_existing);
    vfs_.fail_at(FaultVfs::Kind::open, 1, 0, /*for_good=*/true);
    auto database = open(OpenMode::writer_exclusive, false, vfs_.name());
    EXPECT_EQ(database ? outcome(save(*database, 1)) : outcome(database), "io_error");
    EXPECT_TRUE(vfs_.struck());
    vfs_.heal();
    database = tl::unexpected(Error{});
    expect_kept(1, "log not opened");
}

TEST_F(VaultFault, HandleWorksOnWhenTheDiskHasRoomAgain)
{
    auto database = *open(OpenMode::writer_exclusive, false, vfs_.name());
    ASSERT_EQ(outcome(save(database, 0)), "ok");
    vfs_.fail_at(FaultVfs::Kind::write, 1, SQLITE_FULL, /*for_good=*/true);
    EXPECT_EQ(outcome(save(database, 1)), "disk_full");
    EXPECT_EQ(outcome(save(database, 1)), "disk_full");
    vfs_.heal();
    EXPECT_EQ(outcome(save(database, 1)), "ok");
}

TEST_F(VaultFault, RealFileSizeLimitIsReportedAndLosesNothing)
{
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{300 << 10, 300 << 10};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        int acknowledged = 0;
        if (auto database = open())
            while (save(*database, acknowledged))
                ++acknowledged;
        const auto written = ::write(pipe_ends[1], &acknowledged, sizeof acknowledged);
        ::_exit(written == sizeof acknowledged ? 0 : 1);
    }
    int acknowledged = 0;
    ASSERT_EQ(::read(pipe_ends[0], &acknowledged, sizeof acknowledged),
              static_cast<ssize_t>(sizeof acknowledged));
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    EXPECT_GT(acknowledged, 3);
    expect_kept(acknowledged, "file size limit");
}

TEST_F(VaultFault, KilledWriterLosesNothingAcknowledged)
{
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (auto database = open())
            for (int batch = 0; save(*database, batch); ++batch)
                if (::write(pipe_ends[1], &batch, sizeof batch) != sizeof batch)
                    break;
        ::_exit(1);
    }
    int acknowledged = 0;
    for (int last = 0; acknowledged < 30; acknowledged = last + 1)
        ASSERT_EQ(::read(pipe_ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(pipe_ends[1]);
    for (int last = 0; ::read(pipe_ends[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last);)
        acknowledged = last + 1;
    ::close(pipe_ends[0]);
    expect_kept(acknowledged, "killed");
}

TEST_F(VaultFault, EveryDamagedPageIsNoticedAndNothingIsReadFromIt)
{
    {
        auto database = *open();
        for (int batch = 0; batch < 4; ++batch)
            ASSERT_EQ(outcome(save(database, batch)), "ok");
    }
    const auto whole = file_bytes(path_);
    for (std::size_t at = 100; at < whole.size(); at += 4096) {
        auto damaged = whole;
        damaged[at] ^= 0x20;
        std::ofstream(path_, std::ios::binary)
            .write(reinterpret_cast<const char*>(damaged.data()),
                   static_cast<std::streamsize>(damaged.size()));
        EXPECT_EQ(outcome(Database::check_integrity(path_, key_)), at < 4096 ? "wrong_key" : "corrupt") << at;
    }
    auto database = open();
    ASSERT_EQ(outcome(database), "ok");
    auto query = database->statement("SELECT a FROM t");
    auto row = query ? query->step() : Result<bool>{tl::unexpected(query.error())};
    while (row && *row)
        row = query->step();
    EXPECT_EQ(outcome(row), "corrupt");
    EXPECT_TRUE(database->poisoned());
}

} // namespace
} // namespace satchel::crypto
