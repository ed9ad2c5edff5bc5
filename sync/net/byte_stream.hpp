// An authenticated two-way stream of bytes, in the "what can be done now" form: nothing is ever half-done when a
// wait is given up, so deadlines and wake-ups are safe at any moment.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "crypto/tls.hpp"
#include "schema/base/bytes.hpp"
#include "sync/net/task.hpp"

namespace satchel::sync {

// What the handshake proved about the other end.
struct Peer {
    crypto::TlsProtocol protocol = crypto::TlsProtocol::sync;
    Bytes certificate_der;                       // empty if it gave none (enrolment, at the hub)
    std::optional<crypto::PeerIdentity> device;  // at the hub, for the sync protocol
    Digest channel_binding{};                    // only the two ends of this connection can know it
    std::string address;                         // for logs and limits; not an identity
};

// One thread at a time (the executor is a strand, or its context has one thread).
class ByteStream {
public:
    virtual ~ByteStream() = default;

    virtual boost::asio::any_io_executor executor() = 0;
    [[nodiscard]] virtual const Peer& peer() const = 0;

    // Bytes read or written; zero: none now, await readable() or writable(). Fails with closed when the peer ended
    // in order or close() was called, peer_gone when it vanished, bad_certificate when it refused ours (a TLS 1.3
    // client learns that only by reading), protocol_violation.
    virtual Result<std::size_t> read_now(std::span<std::uint8_t> into) = 0;
    virtual Result<std::size_t> write_now(ByteView from) = 0;
    // May return early, and do so after wake() and close().
    virtual Async<void> readable() = 0;
    virtual Async<void> writable() = 0;
    virtual void wake() = 0;

    // Says that nothing more will be sent, then discards what still comes until the peer ends too or close() is
    // called. A socket closed with unread bytes makes the kernel discard what was sent last: the reason for closing.
    virtual Async<void> finish() = 0;
    virtual void close() = 0;
};

}  // namespace satchel::sync
