#include "tests/field/line.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <queue>
#include <tuple>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace satchel::field {
namespace {

[[noreturn]] void not_possible(const std::string& what)
{
    throw Line::NotPossible{what + ": " + std::strerror(errno)};
}

void must(int outcome, const char* what)
{
    if (outcome < 0)
        not_possible(what);
}

ifreq named(const char* device)
{
    ifreq out{};
    std::strncpy(out.ifr_name, device, IFNAMSIZ - 1);
    return out;
}

sockaddr address(const char* text)
{
    sockaddr_in in{};
    in.sin_family = AF_INET;
    ::inet_pton(AF_INET, text, &in.sin_addr);
    sockaddr out{};
    std::memcpy(&out, &in, sizeof in);
    return out;
}

void bring_up(int control, const char* device)
{
    auto request = named(device);
    must(::ioctl(control, SIOCGIFFLAGS, &request), "the flags of a network device");
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
    must(::ioctl(control, SIOCSIFFLAGS, &request), "bringing a network device up");
}

// A TUN device of the calling thread's namespace. Without offloads: the kernel fills in checksums, and checks them.
int open_tun(const char* own)
{
    const int tun = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    must(tun, "/dev/net/tun");
    auto request = named("line");
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    must(::ioctl(tun, TUNSETIFF, &request), "a TUN device");
    const int control = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(control, "a socket");
    bring_up(control, "lo");
    request = named("line");
    request.ifr_addr = address(own);
    must(::ioctl(control, SIOCSIFADDR, &request), "an address");
    request = named("line");
    request.ifr_netmask = address("255.255.255.0");
    must(::ioctl(control, SIOCSIFNETMASK, &request), "a netmask");
    bring_up(control, "line");
    ::close(control);
    return tun;
}

}  // namespace

struct Line::Side {
    int space = -1;  // its network namespace
    int tun = -1;

    explicit Side(const char* own)
    {
        std::exception_ptr failed;
        std::thread([&] {
            try {
                must(::unshare(CLONE_NEWNET), "a network namespace");
                space = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
                must(space, "the network namespace");
                tun = open_tun(own);
            } catch (...) {
                failed = std::current_exception();
            }
        }).join();
        if (failed)
            std::rethrow_exception(failed);
    }
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;
    ~Side()
    {
        ::close(tun);
        ::close(space);
    }
};

Line::Line(std::uint64_t seed)
    : hub_(std::make_unique<Side>("10.77.0.1")), devices_(std::make_unique<Side>("10.77.0.2")), seed_(seed)
{
    must(::setns(devices_->space, CLONE_NEWNET), "joining the network namespace");
    heal();
    thread_ = std::thread([this] { carry(); });
}

Line::~Line()
{
    stop_ = true;
    thread_.join();
}

void Line::at_hub(const std::function<void()>& work) const
{
    std::exception_ptr failed;
    std::thread([&] {
        try {
            must(::setns(hub_->space, CLONE_NEWNET), "joining the network namespace");
            work();
        } catch (...) {
            failed = std::current_exception();
        }
    }).join();
    if (failed)
        std::rethrow_exception(failed);
}

void Line::use(const Profile& profile)
{
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    ++seed_;
    to_hub_ = std::make_unique<Impairment>(profile, Way::to_hub, seed_, now);
    to_devices_ = std::make_unique<Impairment>(profile, Way::to_devices, seed_, now);
    resetter_.limit(profile.reset_after);
    resets_before_ = resetter_.resets();
    counts_ = {};
}

void Line::heal() { use(Profile{}); }

void Line::reset_all()
{
    const std::lock_guard lock(mutex_);
    resetter_.reset_all();
}

Line::Counts Line::counts() const
{
    const std::lock_guard lock(mutex_);
    auto out = counts_;
    out.lost = to_hub_->lost() + to_devices_->lost();
    out.resets = resetter_.resets() - resets_before_;
    return out;
}

void Line::carry()
{
    struct Passing {
        Due due;
        Way way;
        std::uint64_t number;  // of two at one time the first comes first
        bool operator<(const Passing& after) const { return std::tie(after.due.at, after.number) < std::tie(due.at, number); }
    };
    std::priority_queue<Passing> on_the_way;
    std::uint64_t number = 0;
    const auto send = [&](Way way, Packet packet, Time now) {
        for (auto& due : (way == Way::to_hub ? to_hub_ : to_devices_)->take(std::move(packet), now))
            on_the_way.push({std::move(due), way, ++number});
    };
    const auto read_all = [&](int tun, Way way) {
        std::array<std::uint8_t, 65536> buffer;
        for (int i = 0; i < 64; ++i) {
            const auto n = ::read(tun, buffer.data(), buffer.size());
            if (n <= 0)
                return;
            Packet packet(buffer.data(), buffer.data() + n);
            const auto now = std::chrono::steady_clock::now();
            const std::lock_guard lock(mutex_);
            ++counts_.packets;
            counts_.bytes += packet.size();
            auto seen = resetter_.see(way, packet);
            for (auto& [towards, reset] : seen.resets)
                send(towards, std::move(reset), now);
            if (seen.pass)
                send(way, std::move(packet), now);
        }
    };
    while (!stop_) {
        auto wait = std::chrono::nanoseconds(std::chrono::milliseconds(20));
        if (!on_the_way.empty())
            wait = std::clamp(on_the_way.top().due.at - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0), wait);
        const timespec limit{0, static_cast<long>(wait.count())};
        std::array<pollfd, 2> fds{pollfd{devices_->tun, POLLIN, 0}, pollfd{hub_->tun, POLLIN, 0}};
        ::ppoll(fds.data(), fds.size(), &limit, nullptr);
        if (fds[0].revents != 0)
            read_all(devices_->tun, Way::to_hub);
        if (fds[1].revents != 0)
            read_all(hub_->tun, Way::to_devices);
        const auto now = std::chrono::steady_clock::now();
        while (!on_the_way.empty() && on_the_way.top().due.at <= now) {
            const auto& [due, way, nth] = on_the_way.top();
            // What the kernel does not take is lost, as on any line.
            [[maybe_unused]] const auto n =
                ::write(way == Way::to_hub ? hub_->tun : devices_->tun, due.packet.data(), due.packet.size());
            on_the_way.pop();
        }
    }
}

}  // namespace satchel::field
