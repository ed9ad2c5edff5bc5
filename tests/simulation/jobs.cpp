#include "tests/simulation/jobs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <csignal>
#include <unistd.h>

#include "schema/base/result.hpp"

namespace satchel::simulation {
namespace {

bool send_all(int to, const void* data, std::size_t size)
{
    const auto* at = static_cast<const char*>(data);
    while (size > 0) {
        const auto n = ::send(to, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n, size -= static_cast<std::size_t>(n);
    }
    return true;
}

bool receive_all(int from, void* data, std::size_t size)
{
    auto* at = static_cast<char*>(data);
    while (size > 0) {
        const auto n = ::recv(from, at, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n, size -= static_cast<std::size_t>(n);
    }
    return true;
}

// In the new process: pieces come in as their numbers, and go out as number, length and words.
[[noreturn]] void serve(int line, const std::function<std::string(std::uint64_t)>& work)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::uint64_t piece = 0;
    while (receive_all(line, &piece, sizeof piece)) {
        const auto words = work(piece);
        const std::uint64_t size = words.size();
        if (!send_all(line, &piece, sizeof piece) || !send_all(line, &size, sizeof size) ||
            !send_all(line, words.data(), words.size()))
            break;
    }
    std::fflush(nullptr);
    ::_exit(0);
}

struct Worker {
    pid_t process = -1;
    int line = -1;
};

}  // namespace

bool share_out(unsigned processes, std::uint64_t n, const std::function<std::string(std::uint64_t)>& work,
               const std::function<void(std::uint64_t, const std::string&)>& done)
{
    if (processes <= 1) {
        for (std::uint64_t i = 0; i < n; ++i)
            done(i, work(i));
        return true;
    }
    std::fflush(nullptr);  // or each process would print it again
    std::vector<Worker> workers;
    for (unsigned i = 0; i < std::min<std::uint64_t>(processes, n); ++i) {
        int ends[2];
        SATCHEL_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        const auto process = ::fork();
        SATCHEL_CHECK(process >= 0);
        if (process == 0) {
            ::close(ends[0]);
            for (const auto& other : workers)
                ::close(other.line);
            serve(ends[1], work);
        }
        ::close(ends[1]);
        workers.push_back({process, ends[0]});
    }
    std::uint64_t given = 0, ended = 0;
    bool whole = true;
    const auto give = [&](Worker& worker) {
        if (given < n && send_all(worker.line, &given, sizeof given)) {
            ++given;
            return;
        }
        ::close(std::exchange(worker.line, -1));
    };
    for (auto& worker : workers)
        give(worker);
    while (ended < n) {
        std::vector<pollfd> lines;
        for (const auto& worker : workers)
            if (worker.line >= 0)
                lines.push_back({worker.line, POLLIN, 0});
        if (lines.empty())
            break;
        if (::poll(lines.data(), lines.size(), -1) < 0 && errno != EINTR)
            break;
        for (const auto& line : lines) {
            if (line.revents == 0)
                continue;
            auto& worker = *std::find_if(workers.begin(), workers.end(), [&](const Worker& one) { return one.line == line.fd; });
            std::uint64_t piece = 0, size = 0;
            std::string words;
            const bool came = receive_all(line.fd, &piece, sizeof piece) && receive_all(line.fd, &size, sizeof size);
            words.resize(came ? size : 0);
            if (!came || !receive_all(line.fd, words.data(), words.size())) {
                whole = false;
                ::close(std::exchange(worker.line, -1));
                continue;
            }
            ++ended;
            done(piece, words);
            give(worker);
        }
    }
    for (auto& worker : workers) {
        if (worker.line >= 0)
            ::close(worker.line);
        int status = 0;
        while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR)
            ;
        whole = whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return whole && ended == n;
}

}  // namespace satchel::simulation
