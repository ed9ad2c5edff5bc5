#include "sync/console/stop.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "schema/base/result.hpp"

namespace satchel::console {

StopSignal::StopSignal() : fd_(-1)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    SATCHEL_CHECK(pthread_sigmask(SIG_BLOCK, &stop, nullptr) == 0);
    std::signal(SIGPIPE, SIG_IGN);
    fd_ = ::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    SATCHEL_CHECK(fd_ >= 0);
}

StopSignal::~StopSignal()
{
    ::close(fd_);
}

bool StopSignal::requested() const noexcept
{
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
}

void StopSignal::wait() const noexcept
{
    pollfd waiting{fd_, POLLIN, 0};
    while (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
    }
}

bool StopSignal::wait_for(std::chrono::milliseconds limit) const noexcept
{
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(limit.count(), 0, 1 << 30))) == 1;
}

}  // namespace satchel::console
