#include "sync/console/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

namespace satchel::console {
namespace {

// The reading end of a pipe that holds these bytes.
class Piped {
public:
    explicit Piped(const std::string& bytes)
    {
        int ends[2];
        EXPECT_EQ(::pipe(ends), 0);
        fd = ends[0];
        writer_ = std::thread([out = ends[1], bytes] {
            [[maybe_unused]] const auto n = ::write(out, bytes.data(), bytes.size());
            ::close(out);
        });
    }
    ~Piped()
    {
        char rest[4096];
        while (::read(fd, rest, sizeof rest) > 0) {
        }
        writer_.join();
        ::close(fd);
    }
    Piped(const Piped&) = delete;
    Piped& operator=(const Piped&) = delete;
    int fd = -1;

private:
    std::thread writer_;
};

std::string passphrase(const std::string& bytes)
{
    const Piped pipe(bytes);
    const auto read = read_passphrase({pipe.fd, false}, "Passphrase");
    return read ? std::string(text(read->reveal())) : "error: " + read.error().detail;
}

TEST(Passphrase, EndsAtTheFirstLineEndOrAtTheEnd)
{
    EXPECT_EQ(passphrase("correct horse\nsecond line\n"), "correct horse");
    EXPECT_EQ(passphrase("correct horse"), "correct horse");
    EXPECT_EQ(passphrase("Zoë’s horse\r\n"), "Zoë’s horse");
    EXPECT_EQ(passphrase(" with spaces "), " with spaces ");
}

TEST(Passphrase, EmptyEndlessOrUnreadableIsRefused)
{
    EXPECT_EQ(passphrase(""), "error: the passphrase is empty");
    EXPECT_EQ(passphrase("\nsecond\n"), "error: the passphrase is empty");
    EXPECT_EQ(passphrase("\xff\xfe\n"), "error: the passphrase is not UTF-8 text");
    EXPECT_EQ(passphrase(std::string(passphrase_bytes_max, 'x')), std::string(passphrase_bytes_max, 'x'));
    EXPECT_EQ(passphrase(std::string(passphrase_bytes_max + 1, 'x')), "error: a passphrase has at most 1024 bytes");
}

TEST(Passphrase, TheNextLineStaysForTheNextReader)
{
    const Piped pipe("old\nnew\n");
    EXPECT_EQ(text(read_passphrase({pipe.fd, false}, "Passphrase")->reveal()), "old");
    EXPECT_EQ(text(read_passphrase({pipe.fd, false}, "Passphrase")->reveal()), "new");
}

TEST(Passphrase, ADescriptorIsANumberAndOpen)
{
    EXPECT_TRUE(parse_fd("0"));
    for (const auto* bad : {"", "-1", "x", "3x", "99999999999", "0x1", " 0"})
        EXPECT_EQ(parse_fd(bad).error().code, Errc::invalid_argument) << bad;
    EXPECT_EQ(parse_fd("987").error().detail, "descriptor 987 is not open");
}

// A child process with a terminal of its own; the test types at the other end.
class Typist {
public:
    explicit Typist(bool confirm)
    {
        master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
        if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0 || ::pipe(answer_) != 0)
            return;
        const std::string name = ::ptsname(master_);
        child_ = ::fork();
        if (child_ == 0) {
            ::alarm(30);                // nobody waits for ever
            ::signal(SIGINT, SIG_DFL);  // a shell's background job is started with SIGINT ignored
            ::setsid();
            const int tty = ::open(name.c_str(), O_RDWR);
            if (tty < 0 || ::ioctl(tty, TIOCSCTTY, 0) != 0)
                ::_exit(9);
            const auto read = read_passphrase({std::nullopt, confirm}, "Passphrase");
            const auto said = read ? "read: " + std::string(text(read->reveal())) : "error: " + read.error().detail;
            [[maybe_unused]] const auto n = ::write(answer_[1], said.data(), said.size());
            ::_exit(0);
        }
        ::close(answer_[1]);
    }
    ~Typist()
    {
        wait();
        ::close(answer_[0]);
        ::close(master_);
    }
    Typist(const Typist&) = delete;
    Typist& operator=(const Typist&) = delete;

    [[nodiscard]] bool ready() const { return child_ > 0; }
    // Waits for the prompt, then types; what the terminal showed so far is kept.
    void type_after(const std::string& prompt, const std::string& typed)
    {
        while (screen.find(prompt, seen_) == std::string::npos && show()) {
        }
        seen_ = screen.size();
        [[maybe_unused]] const auto n = ::write(master_, typed.data(), typed.size());
    }
    std::string answer()
    {
        std::string out;
        char part[256];
        for (ssize_t n = 0; (n = ::read(answer_[0], part, sizeof part)) > 0;)
            out.append(part, static_cast<std::size_t>(n));
        pollfd more{master_, POLLIN, 0};
        while (::poll(&more, 1, 100) == 1 && (more.revents & POLLIN) != 0 && show()) {
        }
        return out;
    }
    // The signal that ended the child, or 0.
    int wait()
    {
        int status = 0;
        if (child_ > 0 && ::waitpid(std::exchange(child_, -1), &status, 0) > 0 && WIFSIGNALED(status))
            return WTERMSIG(status);
        return 0;
    }
    [[nodiscard]] bool echoes() const
    {
        termios now{};
        return ::tcgetattr(master_, &now) == 0 && (now.c_lflag & ECHO) != 0;
    }
    std::string screen;

private:
    bool show()
    {
        char part[256];
        const auto n = ::read(master_, part, sizeof part);
        if (n > 0)
            screen.append(part, static_cast<std::size_t>(n));
        return n > 0;
    }
    int master_ = -1;
    int answer_[2] = {-1, -1};
    pid_t child_ = -1;
    std::size_t seen_ = 0;
};

TEST(Passphrase, OnATerminalItIsAskedForAndNotShown)
{
    Typist typist(/*confirm=*/false);
    if (!typist.ready())
        GTEST_SKIP() << "not run: no pseudo-terminals here";
    typist.type_after("Passphrase: ", "correct horse\n");
    EXPECT_EQ(typist.answer(), "read: correct horse");
    EXPECT_EQ(typist.screen.find("correct"), std::string::npos) << typist.screen;
}

TEST(Passphrase, ANewOneIsAskedForTwiceAndMustBeTheSame)
{
    for (const auto* second : {"correct horse\n", "another\n"}) {
        Typist typist(/*confirm=*/true);
        if (!typist.ready())
            GTEST_SKIP() << "not run: no pseudo-terminals here";
        typist.type_after("Passphrase: ", "correct horse\n");
        typist.type_after("The same again: ", second);
        EXPECT_EQ(typist.answer(), second[0] == 'c' ? "read: correct horse" : "error: the two passphrases differ");
        EXPECT_EQ(typist.screen.find("horse"), std::string::npos) << typist.screen;
    }
}

TEST(Passphrase, AnInterruptedPromptEndsTheProgramAndLeavesTheTerminalAsItWas)
{
    Typist typist(/*confirm=*/false);
    if (!typist.ready())
        GTEST_SKIP() << "not run: no pseudo-terminals here";
    EXPECT_TRUE(typist.echoes());
    typist.type_after("Passphrase: ", "half a pass");
    EXPECT_FALSE(typist.echoes());
    typist.type_after("", "\x03");
    EXPECT_EQ(typist.answer(), "");
    EXPECT_EQ(typist.wait(), SIGINT);
    EXPECT_TRUE(typist.echoes());
}

TEST(Input, ADashWithAtStandsForStandardInputWithoutItsLastLineEnd)
{
    const Piped pipe("first line\nsecond\n");
    Input input(pipe.fd);
    EXPECT_EQ(*input.value("plain", 100), "plain");
    EXPECT_EQ(*input.value("@", 100), "@");
    EXPECT_EQ(*input.value("-", 100), "-");
    EXPECT_EQ(*input.value("@-", 100), "first line\nsecond");
}

TEST(Input, StandardInputIsTakenOnce)
{
    const Piped pipe("x");
    Input input(pipe.fd);
    EXPECT_TRUE(input.argument("-", 10));
    EXPECT_EQ(input.value("@-", 10).error().code, Errc::invalid_argument);
    EXPECT_EQ(input.take(10).error().detail, "standard input can stand for one value only");
}

TEST(Input, IsBoundedAndMustBeText)
{
    {
        const Piped pipe(std::string(11, 'x'));
        EXPECT_EQ(Input(pipe.fd).value("@-", 10).error().code, Errc::too_large);
    }
    {
        const Piped pipe(std::string(10, 'x') + "\n");
        EXPECT_EQ(*Input(pipe.fd).value("@-", 10), std::string(10, 'x'));
    }
    {
        const Piped pipe(std::string(200'000, 'x'));
        EXPECT_EQ(Input(pipe.fd).take(100'000).error().detail, "standard input: more than 100000 bytes");
    }
    {
        const Piped pipe("\xc3\x28");
        EXPECT_EQ(Input(pipe.fd).value("@-", 10).error().code, Errc::malformed);
    }
    EXPECT_EQ(Input().value(std::string(11, 'x'), 10).error().code, Errc::too_large);
}

TEST(Files, WhatCannotBeReadSaysWhy)
{
    const auto folder = std::filesystem::temp_directory_path() / ("console-input-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    EXPECT_EQ(read_whole(folder.string(), 10).error().detail, folder.string() + " is a folder");
    EXPECT_EQ(read_whole((folder / "none").string(), 10).error().detail,
              (folder / "none").string() + ": No such file or directory");
    std::ofstream(folder / "big") << std::string(11, 'x');
    EXPECT_EQ(read_whole((folder / "big").string(), 10).error().code, Errc::too_large);
    EXPECT_EQ(read_whole((folder / "big").string(), 11)->size(), 11u);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace satchel::console
