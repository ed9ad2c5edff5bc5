#include "tests/bench/line.hpp"

#include <array>
#include <chrono>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/measure.hpp"

namespace satchel::bench {
namespace {

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(port);
    return out;
}

void without_delay(int fd)
{
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Bytes that were passed on; nothing at the end of the stream.
std::uint64_t pass(int from, int to)
{
    std::array<char, 65536> buffer;
    const auto n = ::read(from, buffer.data(), buffer.size());
    if (n <= 0)
        return 0;
    for (ssize_t sent = 0; sent < n;) {
        const auto k = ::send(to, buffer.data() + sent, static_cast<std::size_t>(n - sent), MSG_NOSIGNAL);
        if (k <= 0)
            return 0;
        sent += k;
    }
    return static_cast<std::uint64_t>(n);
}

}  // namespace

CountingLine::CountingLine(const std::string& to)
{
    hub_port_ = static_cast<std::uint16_t>(std::stoi(to.substr(to.rfind(':') + 1)));
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto own = loopback(0);
    socklen_t size = sizeof own;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&own), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size) != 0)
        die("no line on loopback");
    address_ = "127.0.0.1:" + std::to_string(ntohs(own.sin_port));
    thread_ = std::thread([this] { serve(); });
}

CountingLine::~CountingLine()
{
    stop_ = true;
    thread_.join();
    ::close(listener_);
}

CountingLine::Counts CountingLine::last() const
{
    while (!idle_)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return last_;
}

void CountingLine::serve()
{
    while (!stop_) {
        pollfd fd{listener_, POLLIN, 0};
        if (::poll(&fd, 1, 50) <= 0)
            continue;
        idle_ = false;
        const int device = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const int hub = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto there = loopback(hub_port_);
        if (device >= 0 && ::connect(hub, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0) {
            without_delay(device);
            without_delay(hub);
            last_ = carry(device, hub);
        }
        ::close(device);
        ::close(hub);
        idle_ = true;
    }
}

CountingLine::Counts CountingLine::carry(int device, int hub)
{
    Counts out;
    bool device_open = true, hub_open = true, device_spoke = false, devices_turn = false;
    while ((device_open || hub_open) && !stop_) {
        std::array<pollfd, 2> fds{pollfd{device_open ? device : -1, POLLIN, 0}, pollfd{hub_open ? hub : -1, POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), 50) <= 0)
            continue;
        if (fds[0].revents != 0) {
            const auto n = pass(device, hub);
            out.to_hub += n;
            device_spoke = device_spoke || n > 0;
            if (n > 0 && !std::exchange(devices_turn, true))
                out.turns_to_hub.push_back(0);
            if (n > 0)
                out.turns_to_hub.back() += n;
            device_open = n > 0;
            if (!device_open)
                ::shutdown(hub, SHUT_WR);
        }
        if (fds[1].revents != 0) {
            const auto n = pass(hub, device);
            out.to_device += n;
            if (n > 0)
                devices_turn = false;
            if (n > 0 && device_spoke) {
                ++out.round_trips;
                out.last_to_device = 0;
                device_spoke = false;
            }
            out.last_to_device += n;
            hub_open = n > 0;
            if (!hub_open)
                ::shutdown(device, SHUT_WR);
        }
    }
    return out;
}

}  // namespace satchel::bench
