// The hub's door with somebody before it: a real listener with real keys, and whoever tries to get in.
#pragma once

#include <mutex>
#include <set>
#include <thread>

#include "sync/hub/server.hpp"
#include "sync/hub/session.hpp"
#include "tests/hostile/raw_peer.hpp"
#include "tests/unit/crypto/pki_fixture.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {

using crypto::CertificateKey;
using crypto::Forgery;
using crypto::IssuingAuthority;
using hostile::Wish;

inline constexpr auto police_role = "police.offender_manager";

inline Bytes framed(MessageType type, Bytes payload)
{
    Bytes out;
    must(schema::wire::write_frame(out, {static_cast<std::uint8_t>(type), std::move(payload)},
                                   schema::wire::during_enrolment));
    return out;
}

class Door {
public:
    Door();
    ~Door();
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    // What is said once the handshake is done.
    using Speech = std::function<Bytes(const Digest& channel)>;
    // How the hub answered: "tls: …", its own words on why a handshake failed; "refused: CODE: …", what it told the peer
    // in the session; "barred"; "not heard"; "in". Fails the test if anything at the hub has changed by it.
    std::string try_with(const Wish& wish, const Speech& speech = {}, const std::function<void(SSL*)>& more = {},
                         ByteView early = {});

    // The hello of a device that is what it says.
    [[nodiscard]] Speech hello_of(const Device& device, const std::function<void(Hello&)>& alter = {});
    [[nodiscard]] Wish as(const Device& device) const { return {device.chain, device.tls_key->handle()}; }

    // A leaf as the hub's authorities write them, for the thief's key, naming the good device; the tests take pieces out.
    [[nodiscard]] std::string uri(const std::string& host = "police.testshire.satchel.invalid",
                                  const std::string& rest = {}) const;
    [[nodiscard]] Forgery leaf() const { return leaf_named("critical,URI:" + uri()); }
    [[nodiscard]] static Forgery leaf_named(const std::string& names);
    [[nodiscard]] Wish with(const Forgery& leaf, const IssuingAuthority& by) const;
    [[nodiscard]] Wish with(const Forgery& leaf) const { return with(leaf, police()); }

    [[nodiscard]] const IssuingAuthority& police() const { return world.keys.agency("police")->authority; }
    [[nodiscard]] Instant now() const { return world.clock.now(); }
    [[nodiscard]] std::uint16_t port() const { return server_->port(); }
    HubServer& server() { return *server_; }

    HubWorld world;
    UserId user;
    Device good;
    CertificateKey thief;

private:
    std::string state();

    std::unique_ptr<HubServer> server_;
    std::thread thread_;
    std::mutex mutex_;
    std::string failure_;  // of the last handshake
};

// The extension replaced, or taken out.
Forgery without(Forgery leaf, int nid);
Forgery instead(Forgery leaf, int nid, const std::string& value);
// A subject alternative name with exactly these bytes as its one URI.
std::string raw_uri(std::string_view bytes);

}  // namespace satchel::test
