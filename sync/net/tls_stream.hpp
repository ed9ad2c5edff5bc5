// TLS over a TCP socket. OpenSSL works on the socket itself, without Asio's and a BIO pair's buffers between them:
// those cost 68 KiB per connection, and a hub holds a thousand idle ones.
#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "sync/net/byte_stream.hpp"
#include "sync/net/tls_context.hpp"

struct ssl_st;

namespace satchel::sync {

class TlsStream final : public ByteStream {
public:
    enum class Role : std::uint8_t { client, server };

    // The socket may not be connected yet. Fails with bug when the context cannot make a session.
    static Result<std::shared_ptr<TlsStream>> over(boost::asio::ip::tcp::socket socket, const SharedTls& context,
                                                   Role role);
    ~TlsStream() override;
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }

    // Judges the hub's certificate at this time instead of the machine's, or without regard to time.
    void judge_at(std::optional<Instant> when);

    // Once connected, before anything else. No deadline of its own: whoever calls it closes the stream when it has
    // waited enough. Errors as read_now(); bad_certificate also when ours is the judgement.
    AsyncResult<void> handshake();

    boost::asio::any_io_executor executor() override { return socket_.get_executor(); }
    [[nodiscard]] const Peer& peer() const override { return peer_; }
    Result<std::size_t> read_now(std::span<std::uint8_t> into) override;
    Result<std::size_t> write_now(ByteView from) override;
    Async<void> readable() override;
    Async<void> writable() override;
    void wake() override;
    Async<void> finish() override;
    void close() override;

private:
    enum class Wants : std::uint8_t { read, write };
    struct Session;

    TlsStream(boost::asio::ip::tcp::socket socket, std::unique_ptr<Session> session);
    Result<void> prepare_socket();
    Result<void> learn_peer();
    [[nodiscard]] bool wants_more(int returned, Wants& wants) const;  // else: failed for good
    tl::unexpected<Error> failure(int returned) const;
    Async<void> wait_for(Wants what);

    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<Session> session_;
    Peer peer_;
    Wants read_wants_ = Wants::read;
    Wants write_wants_ = Wants::write;
    bool established_ = false;
    bool failed_ = false;
};

}  // namespace satchel::sync
