#include "crypto/files.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace satchel::crypto {
namespace {

class PosixFilesTest : public testing::Test {
protected:
    PosixFilesTest()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "satchel-files-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        path_ = directory_ + "/content";
    }
    ~PosixFilesTest() override { std::filesystem::remove_all(directory_); }

    PosixFiles files_;
    std::string directory_;
    std::string path_;
};

TEST_F(PosixFilesTest, MissingFileIsNotFound)
{
    EXPECT_EQ(files_.read(path_, 10).error().code, Errc::not_found);
    EXPECT_FALSE(*files_.exists(path_));
    EXPECT_TRUE(files_.remove(path_));
}

TEST_F(PosixFilesTest, LongerThanTheBoundIsRefusedUnread)
{
    ASSERT_TRUE(files_.write_durable(path_, Bytes(11)));
    EXPECT_EQ(files_.read(path_, 10).error().code, Errc::too_large);
    EXPECT_EQ(files_.read(path_, 11)->size(), 11u);
}

TEST_F(PosixFilesTest, WhatIsNoPlainFileIsNotRead)
{
    EXPECT_FALSE(files_.read(directory_, 10));
    ASSERT_TRUE(files_.write_durable(path_, view("x")));
    std::filesystem::create_symlink(path_, directory_ + "/link");
    EXPECT_FALSE(files_.read(directory_ + "/link", 10));
}

TEST_F(PosixFilesTest, WriteReplacesWholeIsPrivateAndLeavesNothingBeside)
{
    ::umask(0);
    ASSERT_TRUE(files_.write_durable(path_, view("a long first content")));
    std::ofstream(path_ + ".new") << "left by a power cut";
    ASSERT_TRUE(files_.write_durable(path_, view("short")));
    EXPECT_EQ(text(*files_.read(path_, 100)), "short");
    ASSERT_TRUE(files_.write_durable(path_, {}));
    EXPECT_TRUE(files_.read(path_, 100)->empty());
    struct stat found {};
    ASSERT_EQ(::stat(path_.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
    ASSERT_TRUE(files_.remove(path_));
    EXPECT_FALSE(*files_.exists(path_));
}

TEST_F(PosixFilesTest, FailedWriteLeavesTheOldContent)
{
    ASSERT_TRUE(files_.write_durable(path_, view("old")));
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1000, 1000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto written = files_.write_durable(path_, Bytes(5000));
        ::_exit(!written && written.error().code == Errc::disk_full ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(text(*files_.read(path_, 100)), "old");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
    EXPECT_EQ(files_.write_durable(directory_ + "/none/content", view("x")).error().code, Errc::io_error);
}

TEST_F(PosixFilesTest, SecretIsReadWhole)
{
    ASSERT_TRUE(files_.write_durable(path_, view("a secret")));
    EXPECT_EQ(text(read_secret(files_, path_, 100)->reveal()), "a secret");
    EXPECT_EQ(read_secret(files_, path_, 3).error().code, Errc::too_large);
}

} // namespace
} // namespace satchel::crypto
