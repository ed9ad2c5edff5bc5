#include "sync/console/input.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "sync/console/utf8.hpp"

namespace satchel::console {
namespace {

std::string reason(int error)
{
    return std::strerror(error);
}

struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
};

// The signal that came while a terminal was silent.
volatile std::sig_atomic_t interrupted_by = 0;

// Byte by byte, so that what follows the line stays in the descriptor for others. The end of input ends the line too.
// `let_in`: the signals that may interrupt the wait, and may not get lost just before it.
Result<crypto::SecretBytes> read_line(int fd, const sigset_t* let_in = nullptr)
{
    crypto::SecretBytes line(passphrase_bytes_max + 1);
    std::size_t used = 0;
    for (;;) {
        pollfd waiting{fd, POLLIN, 0};
        if (let_in && ::ppoll(&waiting, 1, nullptr, let_in) < 0 && errno == EINTR && interrupted_by != 0)
            return fail(Errc::closed, "the prompt was interrupted");
        const auto n = ::read(fd, line.writable().data() + used, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(Errc::invalid_argument, "the passphrase cannot be read: " + reason(errno));
        if (n == 0 || line.reveal()[used] == '\n')
            break;
        if (++used > passphrase_bytes_max)
            return fail(Errc::too_large, "a passphrase has at most " + std::to_string(passphrase_bytes_max) + " bytes");
    }
    if (used != 0 && line.reveal()[used - 1] == '\r')
        --used;
    const auto bytes = line.reveal().first(used);
    if (bytes.empty())
        return fail(Errc::invalid_argument, "the passphrase is empty");
    if (!is_valid_utf8(text(bytes)))
        return fail(Errc::invalid_argument, "the passphrase is not UTF-8 text");
    return crypto::SecretBytes::copy_of(bytes);
}

// A terminal that does not show what is typed, until the end of the scope. Whoever interrupts the prompt must not be left
// with a silent terminal: the signal is noted, the terminal restored, and only then the signal takes its way.
class Silence {
public:
    explicit Silence(int tty) noexcept : tty_(tty)
    {
        interrupted_by = 0;
        sigset_t all;
        sigemptyset(&all);
        for (const int signal : signals)
            sigaddset(&all, signal);
        pthread_sigmask(SIG_BLOCK, &all, &before_mask_);
        struct sigaction note {};
        note.sa_handler = [](int signal) { interrupted_by = signal; };
        for (std::size_t i = 0; i < signals.size(); ++i)
            ::sigaction(signals[i], &note, &before_actions_[i]);
        silent_ = ::tcgetattr(tty, &before_) == 0;
        auto now = before_;
        now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        now.c_lflag |= ICANON | ISIG;
        silent_ = silent_ && ::tcsetattr(tty, TCSAFLUSH, &now) == 0;
    }
    ~Silence()
    {
        if (silent_)
            ::tcsetattr(tty_, TCSAFLUSH, &before_);
        for (std::size_t i = 0; i < signals.size(); ++i)
            ::sigaction(signals[i], &before_actions_[i], nullptr);
        pthread_sigmask(SIG_SETMASK, &before_mask_, nullptr);
        if (const int signal = interrupted_by; signal != 0) {
            interrupted_by = 0;
            std::raise(signal);
        }
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    [[nodiscard]] bool silent() const noexcept { return silent_; }
    [[nodiscard]] const sigset_t& before_mask() const noexcept { return before_mask_; }

private:
    static constexpr std::array<int, 5> signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    int tty_;
    termios before_{};
    sigset_t before_mask_{};
    std::array<struct sigaction, signals.size()> before_actions_{};
    bool silent_ = false;
};

void show(int tty, std::string_view text)
{
    [[maybe_unused]] const auto n = ::write(tty, text.data(), text.size());
}

Result<crypto::SecretBytes> ask(int tty, std::string_view prompt)
{
    const Silence silence(tty);  // before the prompt: whoever types at once is not shown either
    if (!silence.silent())
        return fail(Errc::locked, "the terminal cannot be kept from showing what is typed");
    show(tty, std::string(prompt) + ": ");
    auto line = read_line(tty, &silence.before_mask());
    show(tty, "\n");
    return line;
}

Result<std::string> read_all(int fd, std::size_t bytes_max)
{
    std::string out;
    std::array<char, 65536> part;
    for (;;) {
        const auto n = ::read(fd, part.data(), part.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(Errc::io_error, reason(errno));
        if (n == 0)
            return out;
        if (out.size() + static_cast<std::size_t>(n) > bytes_max)
            return fail(Errc::too_large, "more than " + std::to_string(bytes_max) + " bytes");
        out.append(part.data(), static_cast<std::size_t>(n));
    }
}

}  // namespace

Result<crypto::SecretBytes> read_passphrase(const PassphraseSource& source, std::string_view prompt)
{
    if (source.fd)
        return read_line(*source.fd);
    const int tty = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty < 0)
        return fail(Errc::locked, "a passphrase is needed and there is no terminal to ask on");
    const Closer closer{tty};
    SATCHEL_TRY(auto first, ask(tty, prompt));
    if (source.confirm) {
        SATCHEL_TRY(const auto second, ask(tty, "The same again"));
        if (text(first.reveal()) != text(second.reveal()))
            return fail(Errc::invalid_argument, "the two passphrases differ");
    }
    return first;
}

Result<int> parse_fd(std::string_view text)
{
    int fd = -1;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), fd);
    if (failed != std::errc{} || end != text.data() + text.size() || fd < 0)
        return fail(Errc::invalid_argument, "--passphrase-fd takes the number of an open descriptor");
    if (::fcntl(fd, F_GETFD) < 0)
        return fail(Errc::invalid_argument, "descriptor " + std::to_string(fd) + " is not open");
    return fd;
}

Result<std::string> Input::take(std::size_t bytes_max)
{
    if (taken_)
        return fail(Errc::invalid_argument, "standard input can stand for one value only");
    taken_ = true;
    auto all = read_all(fd_, bytes_max);
    if (!all)
        return fail(all.error().code, "standard input: " + all.error().detail);
    return all;
}

Result<std::string> Input::value(std::string_view text, std::size_t bytes_max)
{
    if (text != "@-") {
        if (text.size() > bytes_max)
            return fail(Errc::too_large, "more than " + std::to_string(bytes_max) + " bytes");
        return std::string(text);
    }
    SATCHEL_TRY(auto all, take(bytes_max + 2));
    if (all.ends_with('\n'))
        all.pop_back();
    if (all.ends_with('\r'))
        all.pop_back();
    if (all.size() > bytes_max)
        return fail(Errc::too_large, "standard input: more than " + std::to_string(bytes_max) + " bytes");
    if (!is_valid_utf8(all))
        return fail(Errc::malformed, "standard input is not UTF-8 text");
    return all;
}

Result<std::string> Input::argument(std::string_view text, std::size_t bytes_max)
{
    return value(text == "-" ? "@-" : text, bytes_max);
}

Result<Bytes> read_whole(const std::string& path, std::size_t bytes_max)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(Errc::io_error, path + ": " + reason(errno));
    const Closer closer{fd};
    struct stat found {};
    if (::fstat(fd, &found) == 0 && S_ISDIR(found.st_mode))
        return fail(Errc::io_error, path + " is a folder");
    auto all = read_all(fd, bytes_max);
    if (!all)
        return fail(all.error().code, path + ": " + all.error().detail);
    const auto bytes = view(*all);
    return Bytes(bytes.begin(), bytes.end());
}

}  // namespace satchel::console
