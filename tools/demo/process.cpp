#include "tools/demo/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace satchel::demo {
namespace {

class Pipe {
public:
    Pipe()
    {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
    }
    ~Pipe()
    {
        close(0);
        close(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    [[nodiscard]] int end(std::size_t i) const { return ends_[i]; }
    int release(std::size_t i)
    {
        const int fd = ends_[i];
        ends_[i] = -1;
        return fd;
    }
    void close(std::size_t i)
    {
        if (ends_[i] >= 0)
            ::close(ends_[i]);
        ends_[i] = -1;
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

pid_t spawn(const Invocation& what, int in, int out, int err, int secret)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, err, 2);
    if (secret >= 0)
        posix_spawn_file_actions_adddup2(&actions, secret, 3);
    std::vector<char*> argv;
    std::string program = what.program.string();
    auto arguments = what.arguments;
    argv.push_back(program.data());
    for (auto& a : arguments)
        argv.push_back(a.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    const int rc = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0)
        throw std::runtime_error("cannot start " + program + ": " + std::strerror(rc));
    return pid;
}

int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + (WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int wait_for(pid_t pid)
{
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return exit_code(status);
}

void write_secret(int fd, const std::optional<std::string>& secret)
{
    const auto line = *secret + "\n";
    if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::runtime_error("the passphrase did not fit its pipe");
}

}  // namespace

Invocation under_another(Invocation what, const std::vector<std::string>& words)
{
    if (words.empty())
        return what;
    std::vector<std::string> arguments(words.begin() + 1, words.end());
    arguments.push_back(what.program.string());
    arguments.insert(arguments.end(), what.arguments.begin(), what.arguments.end());
    what.program = words.front();
    what.arguments = std::move(arguments);
    return what;
}

Finished run(const Invocation& what)
{
    std::signal(SIGPIPE, SIG_IGN);  // a program may end without having read its input: that is an error of the write
    const auto start = std::chrono::steady_clock::now();
    Pipe in, out, err, secret;
    if (what.passphrase)
        write_secret(secret.end(1), what.passphrase);
    secret.close(1);
    const pid_t pid = spawn(what, in.end(0), out.end(1), err.end(1), what.passphrase ? secret.end(0) : -1);
    in.close(0);
    out.close(1);
    err.close(1);
    secret.close(0);

    Finished result;
    std::string_view input = what.input;
    ::fcntl(in.end(1), F_SETFL, O_NONBLOCK);
    if (input.empty())
        in.close(1);
    bool killed = false;
    while (out.end(0) >= 0 || err.end(0) >= 0) {
        std::array<pollfd, 3> fds{pollfd{out.end(0), POLLIN, 0}, pollfd{err.end(0), POLLIN, 0},
                                  pollfd{in.end(1), POLLOUT, 0}};
        ::poll(fds.data(), fds.size(), 200);
        if (!killed && std::chrono::steady_clock::now() - start > what.limit) {
            ::kill(pid, SIGKILL);
            killed = true;
        }
        for (std::size_t i = 0; i < 2; ++i) {
            if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0)
                continue;
            std::array<char, 65536> buffer;
            const auto n = ::read(fds[i].fd, buffer.data(), buffer.size());
            if (n > 0)
                (i == 0 ? result.out : result.err).append(buffer.data(), static_cast<std::size_t>(n));
            else
                (i == 0 ? out : err).close(0);
        }
        if (in.end(1) >= 0 && (fds[2].revents & (POLLOUT | POLLERR | POLLHUP)) != 0) {
            const auto n = ::write(in.end(1), input.data(), input.size());
            if (n > 0)
                input.remove_prefix(static_cast<std::size_t>(n));
            if ((n < 0 && errno != EAGAIN) || input.empty())
                in.close(1);
        }
    }
    result.exit_code = wait_for(pid);
    result.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    return result;
}

Background::Background(const Invocation& what)
{
    Pipe in, out, secret;
    if (what.passphrase)
        write_secret(secret.end(1), what.passphrase);
    secret.close(1);
    const auto log_path = what.log.empty() ? std::filesystem::path("/dev/null") : what.log;
    const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_ = spawn(what, in.end(0), out.end(1), log, what.passphrase ? secret.end(0) : -1);
    ::close(log);
    out.close(1);
    out_ = out.release(0);
    const auto start = std::chrono::steady_clock::now();
    while (first_line_.find('\n') == std::string::npos) {
        pollfd fd{out_, POLLIN, 0};
        ::poll(&fd, 1, 200);
        std::array<char, 4096> buffer;
        const auto n = (fd.revents & (POLLIN | POLLHUP)) ? ::read(out_, buffer.data(), buffer.size()) : -1;
        if (n > 0)
            first_line_.append(buffer.data(), static_cast<std::size_t>(n));
        if (n == 0 || std::chrono::steady_clock::now() - start > what.limit) {
            const auto said = first_line_;
            kill();
            throw std::runtime_error(what.program.string() + " did not start: " + said);
        }
    }
    first_line_.resize(first_line_.find('\n'));
}

Background& Background::operator=(Background&& other) noexcept
{
    if (this != &other) {
        stop();
        pid_ = std::exchange(other.pid_, -1);
        out_ = std::exchange(other.out_, -1);
        first_line_ = std::move(other.first_line_);
    }
    return *this;
}

int Background::stop()
{
    if (pid_ <= 0)
        return 0;
    ::kill(pid_, SIGTERM);
    const int code = wait_for(pid_);
    pid_ = -1;
    ::close(out_);
    return code;
}

void Background::kill()
{
    if (pid_ <= 0)
        return;
    ::kill(pid_, SIGKILL);
    wait_for(pid_);
    pid_ = -1;
    ::close(out_);
}

}  // namespace satchel::demo
