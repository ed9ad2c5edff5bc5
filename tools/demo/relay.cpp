#include "tools/demo/relay.hpp"

#include <array>
#include <chrono>
#include <algorithm>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace satchel::demo {
namespace {

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(port);
    return out;
}

// Sends what was read, never more than the line may still carry. False when it is spent or the other side has gone.
bool forward(int from, int to, std::atomic<std::uint64_t>& carried, std::uint64_t start, std::uint64_t limit, bool& spent)
{
    std::array<char, 4096> buffer;
    const auto n = ::read(from, buffer.data(), buffer.size());
    if (n <= 0)
        return false;
    const auto left = limit - (carried - start);
    const auto send = std::min<std::uint64_t>(static_cast<std::uint64_t>(n), left);
    std::uint64_t sent = 0;
    while (sent < send) {
        const auto k = ::send(to, buffer.data() + sent, send - sent, MSG_NOSIGNAL);
        if (k <= 0)
            return false;
        sent += static_cast<std::uint64_t>(k);
    }
    carried += send;
    spent = static_cast<std::uint64_t>(n) >= left;
    return !spent;
}

}  // namespace

Relay::Relay(const std::string& to, std::uint64_t bytes_to_device, std::uint64_t bytes_to_hub, Then then)
    : limit_to_device_(bytes_to_device), limit_to_hub_(bytes_to_hub), then_(then)
{
    hub_port_ = static_cast<std::uint16_t>(std::stoi(to.substr(to.rfind(':') + 1)));
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto own = loopback(0);
    socklen_t size = sizeof own;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&own), size) != 0 ||
        ::listen(listener_, 16) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size) != 0)
        throw std::runtime_error("no relay on loopback");
    address_ = "127.0.0.1:" + std::to_string(ntohs(own.sin_port));
    thread_ = std::thread([this] { serve(); });
}

Relay::~Relay()
{
    stop_ = true;
    thread_.join();
    ::close(listener_);
}

void Relay::serve()
{
    for (int connections = 0; connections < 64 && !stop_;) {
        pollfd fd{listener_, POLLIN, 0};
        if (::poll(&fd, 1, 50) <= 0)
            continue;
        const int device = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (device < 0)
            continue;
        ++connections;
        const int hub = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto there = loopback(hub_port_);
        if (::connect(hub, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0)
            carry(device, hub);
        while (cut_ && then_ == Then::silent && !stop_)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        // A hard end, as when the signal is lost: whatever was on its way is gone.
        const linger hard{1, 0};
        ::setsockopt(device, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        ::setsockopt(hub, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        ::close(device);
        ::close(hub);
    }
}

void Relay::carry(int device, int hub)
{
    const std::uint64_t start_to_device = to_device_, start_to_hub = to_hub_;
    while (!stop_) {
        std::array<pollfd, 2> fds{pollfd{device, POLLIN, 0}, pollfd{hub, POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), 50) <= 0)
            continue;
        bool spent = false;
        if (fds[0].revents != 0 && !forward(device, hub, to_hub_, start_to_hub, limit_to_hub_, spent)) {
            cut_ = cut_ || spent;
            return;
        }
        if (fds[1].revents != 0 && !forward(hub, device, to_device_, start_to_device, limit_to_device_, spent)) {
            cut_ = cut_ || spent;
            return;
        }
    }
}

}  // namespace satchel::demo
