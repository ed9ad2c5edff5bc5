// Forwards TCP on loopback and adds the hub's protocol to every ClientHello that names none: scanners do not know it, and
// without it the hub talks to nobody. What a scanner learns from the hub's first answer is the hub's own.
//
//   alpn_relay PORT      prints its own port, then forwards until its standard input ends
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view protocol = "satchel-enrol/1";  // the one that a stranger may speak
constexpr std::size_t record_header = 5, record_bytes_max = 16 * 1024;

std::size_t u16(const Bytes& in, std::size_t at)
{
    return at + 2 <= in.size() ? in[at] * std::size_t{256} + in[at + 1] : SIZE_MAX / 4;
}

void add_to_u16(Bytes& in, std::size_t at, std::size_t n)
{
    const auto sum = u16(in, at) + n;
    in[at] = static_cast<std::uint8_t>(sum >> 8);
    in[at + 1] = static_cast<std::uint8_t>(sum);
}

// The record with the extension added; as it is if it is no ClientHello with extensions, or names a protocol already.
Bytes with_protocol(Bytes hello)
{
    std::size_t at = record_header + 4 + 2 + 32;  // record, handshake header, version, random
    if (hello.size() <= at || hello[0] != 22 || hello[5] != 1)
        return hello;
    at += 1 + hello[at];       // session id
    at += 2 + u16(hello, at);  // suites
    if (at >= hello.size())
        return hello;
    at += 1 + hello[at];  // compression
    const auto extensions = at;
    if (at + 2 > hello.size())
        return hello;
    std::size_t last = SIZE_MAX;  // a pre-shared key must stay the last
    for (at += 2; at + 4 <= hello.size(); at += 4 + u16(hello, at + 2)) {
        if (u16(hello, at) == 16)
            return hello;
        if (u16(hello, at) == 41)
            last = at;
    }
    Bytes extension{0,
                    16,
                    0,
                    static_cast<std::uint8_t>(protocol.size() + 3),
                    0,
                    static_cast<std::uint8_t>(protocol.size() + 1),
                    static_cast<std::uint8_t>(protocol.size())};
    extension.insert(extension.end(), protocol.begin(), protocol.end());
    const auto where = last == SIZE_MAX ? hello.size() : last;
    hello.insert(hello.begin() + static_cast<std::ptrdiff_t>(where), extension.begin(), extension.end());
    add_to_u16(hello, 3, extension.size());
    add_to_u16(hello, 7, extension.size());  // the lower two of three bytes
    add_to_u16(hello, extensions, extension.size());
    return hello;
}

bool send_all(int fd, const std::uint8_t* data, std::size_t size)
{
    while (size > 0) {
        const auto n = ::send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

// The first record whole, as far as it comes.
Bytes first_record(int fd)
{
    Bytes out;
    std::size_t wanted = record_header;
    while (out.size() < wanted) {
        std::array<std::uint8_t, record_bytes_max> buffer{};
        const auto n = ::recv(fd, buffer.data(), std::min(buffer.size(), wanted - out.size()), 0);
        if (n <= 0)
            break;
        out.insert(out.end(), buffer.begin(), buffer.begin() + n);
        if (out.size() == record_header && out[0] == 22)
            wanted += std::min(u16(out, 3), record_bytes_max);
    }
    return out;
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
}

void carry(int scanner, std::uint16_t port)
{
    const timeval limit{30, 0};
    const auto to = loopback(port);
    const int hub = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(scanner, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (hub >= 0 && ::connect(hub, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
        const auto hello = with_protocol(first_record(scanner));
        bool open = send_all(hub, hello.data(), hello.size());
        while (open) {
            std::array<pollfd, 2> fds{pollfd{scanner, POLLIN, 0}, pollfd{hub, POLLIN, 0}};
            if (::poll(fds.data(), fds.size(), 30'000) <= 0)
                break;
            for (std::size_t i = 0; i < 2 && open; ++i) {
                if (fds[i].revents == 0)
                    continue;
                std::array<std::uint8_t, 16 * 1024> buffer{};
                const auto n = ::recv(fds[i].fd, buffer.data(), buffer.size(), 0);
                open = n > 0 && send_all(fds[1 - i].fd, buffer.data(), static_cast<std::size_t>(n));
            }
        }
    }
    ::close(hub);
    ::close(scanner);
}

}  // namespace

int main(int argc, char** argv)
{
    const auto port = argc == 2 ? std::strtoul(argv[1], nullptr, 10) : 0;
    if (port == 0 || port > 65535) {
        std::fprintf(stderr, "alpn_relay PORT\n");
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    auto at = loopback(0);
    socklen_t size = sizeof at;
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening < 0 || ::bind(listening, reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
        ::listen(listening, 64) != 0 || ::getsockname(listening, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
        std::perror("alpn_relay");
        return 1;
    }
    std::printf("%d\n", ntohs(at.sin_port));
    std::fflush(stdout);
    for (;;) {
        std::array<pollfd, 2> fds{pollfd{listening, POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
        ::poll(fds.data(), fds.size(), -1);
        if (char nothing = 0; fds[1].revents != 0 && ::read(STDIN_FILENO, &nothing, 1) <= 0)
            std::_Exit(0);  // with whatever is still being carried
        if ((fds[0].revents & POLLIN) == 0)
            continue;
        if (const int scanner = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC); scanner >= 0)
            std::thread(carry, scanner, static_cast<std::uint16_t>(port)).detach();
    }
}
