#include "tests/hostile/raw_peer.hpp"

#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace satchel::hostile {
namespace {

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
}

void prepare(int fd)
{
    const timeval limit{patience.count(), 0};
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

crypto::ossl::Certificate parsed(ByteView der)
{
    const auto* at = der.data();
    return crypto::ossl::Certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
}

// The words of the other end's alert land in the string that the connection carries.
void note_alert(const SSL* connection, int where, int what)
{
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (what >> 8) == SSL3_AL_FATAL)
        *static_cast<std::string*>(SSL_get_app_data(connection)) = SSL_alert_desc_string_long(what);
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept
{
    std::swap(fd_, other.fd_);
    return *this;
}

Socket::~Socket()
{
    if (fd_ >= 0)
        ::close(fd_);
}

void Socket::close_with_reset()
{
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(fd_, -1));
}

Socket dial(std::uint16_t port)
{
    Socket out{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto to = loopback(port);
    if (!out.open() || ::connect(out.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        return Socket{};
    prepare(out.fd());
    return out;
}

Socket listen_anywhere(std::uint16_t& port)
{
    Socket out{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    auto at = loopback(0);
    socklen_t size = sizeof at;
    if (!out.open() || ::bind(out.fd(), reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
        ::listen(out.fd(), 16) != 0 || ::getsockname(out.fd(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
        return Socket{};
    prepare(out.fd());
    port = ntohs(at.sin_port);
    return out;
}

Socket accept_one(const Socket& listening)
{
    Socket out{::accept4(listening.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (out.open())
        prepare(out.fd());
    return out;
}

crypto::ossl::Context context_for(const Wish& wish)
{
    crypto::ossl::Context out{SSL_CTX_new(TLS_client_method())};
    auto* const c = out.get();
    SSL_CTX_set_security_level(c, 0);
    SSL_CTX_set_min_proto_version(c, wish.version_min);
    SSL_CTX_set_max_proto_version(c, wish.version_max);
    Bytes protocols;
    for (const auto& name : wish.protocols) {
        protocols.push_back(static_cast<std::uint8_t>(name.size()));
        protocols.insert(protocols.end(), name.begin(), name.end());
    }
    bool taken =
        protocols.empty() || SSL_CTX_set_alpn_protos(c, protocols.data(), static_cast<unsigned>(protocols.size())) == 0;
    for (std::size_t i = 0; i < wish.chain.size(); ++i) {
        const auto certificate = parsed(wish.chain[i]);
        taken = taken && certificate != nullptr &&
                (i == 0 ? SSL_CTX_use_certificate(c, certificate.get())
                        : SSL_CTX_add1_chain_cert(c, certificate.get())) == 1;
    }
    if (wish.key != nullptr)
        taken = taken && SSL_CTX_use_PrivateKey(c, wish.key) == 1;
    if (wish.more)
        wish.more(c);
    ERR_clear_error();
    return taken ? std::move(out) : nullptr;
}

RawPeer::RawPeer(std::uint16_t port, SSL_CTX* context, const std::function<void(SSL*)>& more, ByteView early)
    : socket_(dial(port)), ssl_(SSL_new(context))
{
    if (more)
        more(ssl_.get());
    shake(/*as_client=*/true, early);
}

RawPeer::RawPeer(Socket accepted, SSL_CTX* context) : socket_(std::move(accepted)), ssl_(SSL_new(context))
{
    shake(/*as_client=*/false);
}

void RawPeer::shake(bool as_client, ByteView early)
{
    if (!socket_.open())
        return;
    ERR_clear_error();
    SSL_set_fd(ssl_.get(), socket_.fd());
    SSL_set_app_data(ssl_.get(), &alert_);
    SSL_set_info_callback(ssl_.get(), note_alert);
    if (std::size_t sent = 0; !early.empty())
        SSL_write_early_data(ssl_.get(), early.data(), early.size(), &sent);
    shaken_ = (as_client ? SSL_connect(ssl_.get()) : SSL_accept(ssl_.get())) == 1;
}

Digest RawPeer::channel() const
{
    constexpr std::string_view label = "EXPORTER-satchel-v1";
    Digest out{};
    SSL_export_keying_material(ssl_.get(), out.data(), out.size(), label.data(), label.size(), nullptr, 0, 0);
    return out;
}

bool RawPeer::write(ByteView bytes)
{
    ERR_clear_error();
    std::size_t done = 0;
    return socket_.open() && (bytes.empty() || SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &done) == 1);
}

void RawPeer::wait_at_most(std::chrono::milliseconds time)
{
    const timeval limit{time.count() / 1000, time.count() % 1000 * 1000};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

void RawPeer::half_close()
{
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
}

void RawPeer::drop()
{
    if (socket_.open())
        socket_.close_with_reset();
}

std::optional<schema::wire::Frame> RawPeer::frame()
{
    for (;;) {
        if (auto next = reader_.next()) {
            if (*next)
                return **std::move(next);
            return std::nullopt;
        }
        if (!socket_.open())
            return std::nullopt;
        buffer_.resize(16 * 1024);
        ERR_clear_error();
        std::size_t n = 0;
        const int got = SSL_read_ex(ssl_.get(), buffer_.data(), buffer_.size(), &n);
        if (got != 1) {
            const int why = SSL_get_error(ssl_.get(), got);
            end_ = why == SSL_ERROR_ZERO_RETURN ? Heard::End::in_order
                   : why == SSL_ERROR_WANT_READ ? Heard::End::timed_out
                                                : Heard::End::cut;
            return std::nullopt;
        }
        reader_.feed({buffer_.data(), n});
    }
}

Heard RawPeer::rest()
{
    Heard out;
    while (auto next = frame())
        out.frames.push_back(std::move(*next));
    out.end = end_;
    return out;
}

}  // namespace satchel::hostile
