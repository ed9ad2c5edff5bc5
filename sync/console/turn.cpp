#include "sync/console/turn.hpp"

#include <cerrno>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace satchel::console {
namespace {

constexpr std::chrono::milliseconds between{20};

}  // namespace

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept
{
    std::swap(fd_, other.fd_);
    return *this;
}

FolderLock::~FolderLock()
{
    if (fd_ >= 0)
        ::close(fd_);
}

Result<FolderLock> FolderLock::take(const std::string& folder)
{
    const auto path = folder + "/" + std::string(lock_name);
    FolderLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock.fd_ < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return fail(Errc::not_found, "there is no such folder");
        return fail(Errc::io_error, path + ": " + std::strerror(errno));
    }
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return fail(Errc::busy, "another process works in this folder");
        return fail(Errc::io_error, path + ": " + std::strerror(errno));
    }
    return lock;
}

Result<Answer> run_in_turn(const std::string& folder, const Request& request, Output& output,
                           const std::function<Result<Answer>()>& here, std::chrono::milliseconds wait)
{
    const auto path = folder + "/" + std::string(socket_name);
    const auto end = std::chrono::steady_clock::now() + wait;
    for (;;) {
        SATCHEL_TRY(auto served, ask_server(path, request, output));
        if (served)
            return *std::move(served);
        auto lock = FolderLock::take(folder);
        if (lock)
            return here();
        if (lock.error().code != Errc::busy || std::chrono::steady_clock::now() >= end)
            return tl::unexpected(lock.error());
        std::this_thread::sleep_for(between);
    }
}

Result<FolderLock> take_turn(const std::string& folder, std::chrono::milliseconds wait)
{
    const auto end = std::chrono::steady_clock::now() + wait;
    for (;;) {
        auto lock = FolderLock::take(folder);
        if (lock || lock.error().code != Errc::busy || std::chrono::steady_clock::now() >= end)
            return lock;
        std::this_thread::sleep_for(between);
    }
}

}  // namespace satchel::console
