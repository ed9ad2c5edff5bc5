// The TLS profile: 1.3 only, mutual, one private root, no resumption. One listening port serves two protocols, told apart
// by ALPN: syncing with a client certificate, enrolling without one.
//
// A TLS 1.3 client is told "handshake complete" before the hub has judged its certificate: nothing counts as connected
// before the hub's hello-ack arrives inside.
//
// Contexts are made once and shared by many connections, from any number of threads; the SSL objects made from them
// belong to one thread at a time. The functions here never touch a socket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/certificates.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/ports.hpp"
#include "schema/base/result.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace satchel::crypto {

enum class TlsProtocol : std::uint8_t { sync, enrolment };

inline constexpr std::string_view alpn_sync = "satchel-sync/1";
inline constexpr std::string_view alpn_enrolment = "satchel-enrol/1";

// Owns an SSL_CTX, in which what its callbacks need lives as long as any connection made from it (the hub's Clock is the
// caller's and must outlive them too). For boost::asio::ssl::context, which frees what it is given, hand out retained().
class TlsContext {
public:
    explicit TlsContext(ssl_ctx_st* adopted) noexcept : context_(adopted) {}

    [[nodiscard]] ssl_ctx_st* handle() const noexcept { return context_.get(); }
    [[nodiscard]] ssl_ctx_st* retained() const noexcept; // one more reference, which the caller frees

private:
    struct Deleter {
        void operator()(ssl_ctx_st* context) const noexcept;
    };
    std::unique_ptr<ssl_ctx_st, Deleter> context_;
};

// Leaf first, then its authority, and on the hub the root as well, which lets a device that knows only the root's
// hash verify it.
struct TlsIdentity {
    std::vector<Bytes> chain;
    const CertificateKey& key; // used during the call only
};

// What a device knows of its hub, from the enrolment file.
struct HubPin {
    Digest root_public_hash{}; // SHA-256 of the root's SubjectPublicKeyInfo
    std::string hub_uri;       // crypto::hub_uri(area)
};

// Every constructor: bad_certificate when the identity does not fit together.
// Validity times are judged by `clock`, anew for each connection. Client certificates are demanded by TLS itself on the
// sync protocol, judged by chain, purpose and the strict identity parser, and not asked for on the enrolment protocol.
Result<TlsContext> hub_tls_context(const TlsIdentity& hub, ByteView root_certificate, const Clock& clock);
Result<TlsContext> device_tls_context(const TlsIdentity& device, const HubPin& pin);
Result<TlsContext> enrolment_tls_context(const HubPin& pin);

// Judges the peer's certificates at this time instead of the machine's; nothing: times are not judged. For devices, whose
// clock may be ten years wrong: the best they know is the last time the hub told them. Before the handshake.
void verify_at(ssl_st* connection, std::optional<Instant> when);

// ---- After the handshake ----

// The protocol agreed on; protocol_violation when there is none, or the handshake is not complete.
Result<TlsProtocol> negotiated_protocol(ssl_st* connection);

struct PeerIdentity {
    DeviceIdentity device;
    Digest public_hash{}; // to be compared with the registry's record of the credential
};

// On the hub, for the sync protocol: refuses (bad_certificate) whatever the handshake let through without a certificate
// that verified. Call it before the first byte is read.
Result<PeerIdentity> peer_identity(ssl_st* connection);

// 32 bytes that only the two ends of this connection know (RFC 8446 §7.5, label "EXPORTER-satchel-v1"): signed or MACed
// inside, they prove that no third party terminates TLS in between.
Result<Digest> channel_binding(ssl_st* connection);

// What was wrong with the peer's certificate, once a handshake has failed for it: the chain check's words, or those of the
// identity parser.
std::string certificate_objection(const ssl_st* connection);

// Why the last TLS call on this thread failed: bad_certificate with the verifier's reason, else protocol_violation.
// Empties OpenSSL's error queue.
Error tls_failure(const ssl_st* connection);

} // namespace satchel::crypto
