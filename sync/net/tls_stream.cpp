#include "sync/net/tls_stream.hpp"

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace satchel::sync {

namespace {


// OpenSSL's own socket BIO writes with write(), which raises SIGPIPE when the peer has gone: this one does not.
int bio_write(BIO* bio, const char* data, std::size_t size, std::size_t* done)
{
    const auto fd = *static_cast<const int*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
            BIO_set_retry_write(bio);
        return 0;
    }
    *done = static_cast<std::size_t>(n);
    return 1;
}

int bio_read(BIO* bio, char* data, std::size_t size, std::size_t* done)
{
    const auto fd = *static_cast<const int*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto n = ::recv(fd, data, size, 0);
    if (n <= 0) {
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            BIO_set_retry_read(bio);
        if (n == 0)
            errno = 0;
        return 0;
    }
    *done = static_cast<std::size_t>(n);
    return 1;
}

long bio_control(BIO*, int command, long, void*)
{
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method()
{
    static BIO_METHOD* const method = [] {
        auto* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "satchel socket");
        SATCHEL_CHECK(m != nullptr);
        BIO_meth_set_write_ex(m, bio_write);
        BIO_meth_set_read_ex(m, bio_read);
        BIO_meth_set_ctrl(m, bio_control);
        return m;
    }();
    return method;
}

// Reads what has arrived and drops it; false when there will be no more.
bool discard(int fd) noexcept
{
    std::uint8_t nowhere[16 * 1024];
    const auto n = ::recv(fd, nowhere, sizeof nowhere, 0);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

bool is_refusal_of_our_certificate(int reason) noexcept
{
    switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return true;
    default:
        return false;
    }
}

}  // namespace

struct TlsStream::Session {
    Role role;
    SSL* ssl = nullptr;
    int fd = -1;  // what the BIO reads and writes
    explicit Session(Role end) : role(end) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() { SSL_free(ssl); }
};

TlsStream::TlsStream(boost::asio::ip::tcp::socket socket, std::unique_ptr<Session> session)
    : socket_(std::move(socket)), session_(std::move(session))
{
}

TlsStream::~TlsStream() = default;

Result<std::shared_ptr<TlsStream>> TlsStream::over(boost::asio::ip::tcp::socket socket, const SharedTls& context,
                                                   Role role)
{
    auto session = std::make_unique<Session>(role);
    session->ssl = SSL_new(context->handle());  // which keeps the context
    auto* const bio = session->ssl == nullptr ? nullptr : BIO_new(socket_method());
    if (bio == nullptr)
        return fail(Errc::bug, "no TLS session from this context");
    BIO_set_data(bio, &session->fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    // An idle connection keeps no record buffers.
    SSL_set_mode(session->ssl,
                 SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_read_ahead(session->ssl, 1);
    if (role == Role::client)
        SSL_set_connect_state(session->ssl);
    else
        SSL_set_accept_state(session->ssl);
    return std::shared_ptr<TlsStream>(new TlsStream(std::move(socket), std::move(session)));
}

void TlsStream::judge_at(std::optional<Instant> when)
{
    crypto::verify_at(session_->ssl, when);
}

Result<void> TlsStream::prepare_socket()
{
    boost::system::error_code ec;
    socket_.native_non_blocking(true, ec);
    if (!ec)
        socket_.set_option(boost::asio::ip::tcp::no_delay(true), ec);
    if (!ec)
        socket_.set_option(boost::asio::socket_base::keep_alive(true), ec);
    const auto remote = ec ? boost::asio::ip::tcp::endpoint() : socket_.remote_endpoint(ec);
    if (ec)
        return fail(Errc::peer_gone, ec.message());
    peer_.address = remote.address().to_string();
    session_->fd = socket_.native_handle();
    return {};
}

AsyncResult<void> TlsStream::handshake()
{
    SATCHEL_CO_TRYV(prepare_socket());
    for (;;) {
        if (!socket_.is_open())
            co_return fail(Errc::closed, "closed during the handshake");
        ERR_clear_error();
        const int returned = SSL_do_handshake(session_->ssl);
        if (returned == 1)
            break;
        auto wants = Wants::read;
        if (!wants_more(returned, wants)) {
            failed_ = true;
            co_return failure(returned);
        }
        co_await wait_for(wants);
    }
    established_ = true;
    co_return learn_peer();
}

Result<void> TlsStream::learn_peer()
{
    auto* const ssl = session_->ssl;
    SATCHEL_TRY(peer_.protocol, crypto::negotiated_protocol(ssl));
    SATCHEL_TRY(peer_.channel_binding, crypto::channel_binding(ssl));
    if (session_->role == Role::server && peer_.protocol == crypto::TlsProtocol::sync) {
        SATCHEL_TRY(peer_.device, crypto::peer_identity(ssl));
    }
    if (const auto* const certificate = SSL_get0_peer_certificate(ssl)) {
        unsigned char* der = nullptr;
        const int size = i2d_X509(certificate, &der);
        if (size <= 0)
            return fail(Errc::bad_certificate, "the peer's certificate cannot be encoded");
        peer_.certificate_der.assign(der, der + size);
        OPENSSL_free(der);
    }
    return {};
}

Result<std::size_t> TlsStream::read_now(std::span<std::uint8_t> into)
{
    if (failed_ || !socket_.is_open())
        return fail(Errc::closed, "closed");
    ERR_clear_error();
    std::size_t n = 0;
    const int returned = SSL_read_ex(session_->ssl, into.data(), into.size(), &n);
    if (returned == 1 || wants_more(returned, read_wants_))
        return n;
    return failure(returned);
}

Result<std::size_t> TlsStream::write_now(ByteView from)
{
    if (failed_ || !socket_.is_open())
        return fail(Errc::closed, "closed");
    ERR_clear_error();
    std::size_t n = 0;
    const int returned = SSL_write_ex(session_->ssl, from.data(), from.size(), &n);
    if (returned == 1 || wants_more(returned, write_wants_))
        return n;
    return failure(returned);
}

bool TlsStream::wants_more(int returned, Wants& wants) const
{
    switch (SSL_get_error(session_->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        wants = Wants::read;
        return true;
    case SSL_ERROR_WANT_WRITE:
        wants = Wants::write;
        return true;
    default:
        return false;
    }
}

tl::unexpected<Error> TlsStream::failure(int returned) const
{
    const int system = errno;
    const int kind = SSL_get_error(session_->ssl, returned);
    if (kind == SSL_ERROR_ZERO_RETURN)
        return fail(Errc::closed, "ended by the peer");
    if (kind == SSL_ERROR_SYSCALL)
        return fail(Errc::peer_gone, system == 0 ? "cut off" : std::strerror(system));
    const auto error = ERR_peek_last_error();  // the first may be the mathematics behind it
    const int reason = ERR_GET_REASON(error);
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return fail(Errc::peer_gone, "cut off");
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return fail(Errc::bad_certificate,
                    "the peer's certificate: " + crypto::certificate_objection(session_->ssl));
    if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        return fail(Errc::bad_certificate, "the peer gave no certificate");
    if (reason == SSL_R_CALLBACK_FAILED)  // crypto/tls has one that may: for whoever offers no ALPN at all
        return fail(Errc::protocol_violation, "the peer named no protocol");
    const char* const words = ERR_reason_error_string(error);
    const std::string detail = words == nullptr ? "TLS failed" : words;
    if (is_refusal_of_our_certificate(reason))
        return fail(Errc::bad_certificate, "our certificate was refused: " + detail);
    return fail(Errc::protocol_violation, detail);
}

Async<void> TlsStream::wait_for(Wants what)
{
    co_await socket_.async_wait(what == Wants::read ? boost::asio::socket_base::wait_read
                                                    : boost::asio::socket_base::wait_write,
                                use_task);
}

Async<void> TlsStream::readable()
{
    return wait_for(read_wants_);
}

Async<void> TlsStream::writable()
{
    return wait_for(write_wants_);
}

void TlsStream::wake()
{
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

Async<void> TlsStream::finish()
{
    while (established_ && !failed_ && socket_.is_open()) {
        ERR_clear_error();
        const int returned = SSL_shutdown(session_->ssl);
        auto wants = Wants::read;
        // Not interested in the peer's answer: the raw end of the stream below is one.
        if (returned >= 0 || !wants_more(returned, wants) || wants == Wants::read)
            break;
        co_await wait_for(wants);
    }
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
    for (;;) {
        co_await wait_for(Wants::read);  // each time, so that a peer that floods us does not get the whole thread
        if (!socket_.is_open() || !discard(socket_.native_handle()))
            break;
    }
}

void TlsStream::close()
{
    session_->fd = -1;  // the number may soon be another connection's
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace satchel::sync
