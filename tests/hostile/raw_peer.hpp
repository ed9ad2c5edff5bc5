// A peer that holds itself to nothing: TLS as OpenSSL lets anybody speak it, on a blocking socket on loopback.
// Nothing waits longer than `patience`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/hash.hpp"
#include "crypto/openssl.hpp"
#include "schema/base/bytes.hpp"
#include "schema/wire/frame.hpp"

namespace satchel::hostile {

inline constexpr std::chrono::seconds patience{20};

using Connection = std::unique_ptr<SSL, crypto::ossl::Freer<SSL_free>>;

// A descriptor that is closed with its owner.
class Socket {
public:
    explicit Socket(int fd = -1) noexcept : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();
    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] bool open() const noexcept { return fd_ >= 0; }
    void close_with_reset();

private:
    int fd_;
};

Socket dial(std::uint16_t port);              // closed when nobody answers
Socket listen_anywhere(std::uint16_t& port);  // on loopback; says on which port
Socket accept_one(const Socket& listening);   // closed when nobody came in time

// How a client presents itself. What is left out is as OpenSSL has it at security level 0.
struct Wish {
    std::vector<Bytes> chain = {};  // leaf first; empty: no certificate
    EVP_PKEY* key = nullptr;
    std::vector<std::string> protocols{"satchel-sync/1"};  // by ALPN; empty: no such extension
    int version_min = TLS1_3_VERSION;
    int version_max = TLS1_3_VERSION;
    std::function<void(SSL_CTX*)> more = {};
};

// A context may serve many connections; null when OpenSSL takes none of it.
crypto::ossl::Context context_for(const Wish& wish);

// What came until the other end fell silent.
struct Heard {
    enum class End : std::uint8_t { in_order, cut, timed_out };
    std::vector<schema::wire::Frame> frames;
    End end = End::cut;
};

class RawPeer {
public:
    // Connects and shakes hands as a client; as a server on a socket that somebody called.
    RawPeer(std::uint16_t port, SSL_CTX* context, const std::function<void(SSL*)>& more = {}, ByteView early = {});
    RawPeer(Socket accepted, SSL_CTX* context);
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;

    // A TLS 1.3 client may say so before the other end has judged it.
    [[nodiscard]] bool shaken() const noexcept { return shaken_; }
    [[nodiscard]] const std::string& alert() const noexcept { return alert_; }  // the other end's, in OpenSSL's words
    [[nodiscard]] Digest channel() const;
    [[nodiscard]] SSL* ssl() const noexcept { return ssl_.get(); }

    bool write(ByteView bytes);
    void wait_at_most(std::chrono::milliseconds time);  // for what comes from now on, instead of `patience`
    void half_close();                                  // nothing more will be said; what comes is still heard
    void drop();                                        // the connection breaks, without a word
    // The next frame; nothing when there will be none, and then ended() says why.
    std::optional<schema::wire::Frame> frame();
    Heard rest();
    [[nodiscard]] Heard::End ended() const noexcept { return end_; }

private:
    void shake(bool as_client, ByteView early = {});

    Socket socket_;
    Connection ssl_;
    bool shaken_ = false;
    std::string alert_;
    schema::wire::FrameReader reader_{schema::wire::in_session};
    Bytes buffer_;
    Heard::End end_ = Heard::End::cut;
};

}  // namespace satchel::hostile
