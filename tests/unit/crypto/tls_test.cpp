// The TLS profile between a real hub and a real device over memory. Who must not get in: tests/identity.
#include "crypto/tls.hpp"

#include <functional>

#include "tests/unit/crypto/pki_fixture.hpp"

namespace satchel::crypto {
namespace {

using Connection = std::unique_ptr<SSL, ossl::Freer<SSL_free>>;

// Two ends joined by memory. run() lets both speak until both are done or one gives up.
struct Pair {
    Connection hub;
    Connection device;
    bool hub_done = false;
    bool device_done = false;
    std::string hub_error;
    std::string device_error;

    Pair(SSL_CTX* hub_context, SSL_CTX* device_context)
        : hub(SSL_new(hub_context)), device(SSL_new(device_context))
    {
        BIO* hub_side = nullptr;
        BIO* device_side = nullptr;
        BIO_new_bio_pair(&hub_side, 1 << 16, &device_side, 1 << 16);
        SSL_set_bio(hub.get(), hub_side, hub_side);
        SSL_set_bio(device.get(), device_side, device_side);
        SSL_set_accept_state(hub.get());
        SSL_set_connect_state(device.get());
    }

    static bool advance(SSL* end, bool& done, std::string& error)
    {
        if (done || !error.empty())
            return false;
        ERR_clear_error();
        const int rc = SSL_do_handshake(end);
        if (rc == 1) {
            done = true;
            return true;
        }
        if (const int why = SSL_get_error(end, rc); why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            return false;
        error = tls_failure(end).detail;
        if (error.empty())
            error = "failed";
        return true;
    }

    void run()
    {
        for (int i = 0; i < 10; ++i) {
            advance(device.get(), device_done, device_error);
            advance(hub.get(), hub_done, hub_error);
        }
    }

    // A message from the hub, as the hello-ack is: only with it does the device know that it was let in.
    [[nodiscard]] bool hub_speaks_to_device()
    {
        const char hello = 'h';
        char heard = 0;
        if (!hub_done || SSL_write(hub.get(), &hello, 1) != 1)
            return false;
        return SSL_read(device.get(), &heard, 1) == 1 && heard == hello;
    }
};

class TlsTest : public PkiTest {
protected:
    TlsContext hub_context()
    {
        return *hub_tls_context({{hub_, hub_authority_.certificate(), root_.certificate()}, hub_key_},
                                root_.certificate(), clock_);
    }
    [[nodiscard]] HubPin pin() const { return {root_.public_hash(), hub_uri("north")}; }

    TlsContext device_context(const CertificateKey& key, std::vector<Bytes> chain)
    {
        auto context = device_tls_context({std::move(chain), key}, pin());
        EXPECT_EQ(outcome(context), "ok");
        return std::move(*context);
    }

    // A client that holds itself to nothing.
    void offer_sync(SSL* device) const
    {
        const std::string wire = std::string(1, static_cast<char>(alpn_sync.size())) + std::string{alpn_sync};
        verify_at(device, clock_.now());
        SSL_set_security_level(device, 0);
        SSL_set_alpn_protos(device, reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
    }

    // Judged by the hub: whether a device with this certificate gets in. The device's side is as OpenSSL lets anybody
    // write it, with certificates that the profile would not even load; its clock is the hub's.
    bool gets_in(const CertificateKey& key, const Bytes& leaf, const Bytes& authority,
                 std::string* why = nullptr)
    {
        const auto hub = hub_context();
        const auto device = *enrolment_tls_context(pin()); // brings no certificate of its own
        Pair pair{hub.handle(), device.handle()};
        offer_sync(pair.device.get());
        EXPECT_EQ(SSL_use_certificate(pair.device.get(), parsed(leaf).get()), 1);
        EXPECT_EQ(SSL_add1_chain_cert(pair.device.get(), parsed(authority).get()), 1);
        EXPECT_EQ(SSL_use_PrivateKey(pair.device.get(), key.handle()), 1);
        pair.run();
        if (why != nullptr)
            *why = pair.hub_error;
        const bool identified = peer_identity(pair.hub.get()).has_value();
        EXPECT_EQ(pair.hub_done, identified) << "TLS and the check after it disagree";
        return pair.hub_done && identified && pair.hub_speaks_to_device();
    }
};

TEST_F(TlsTest, EnrolledDeviceGetsInAndBothKnowWhoTheyTalkTo)
{
    const auto device = device_of(police_);
    const auto hub = hub_context();
    const auto context = device_context(device.key, {device.certificate, police_.certificate()});
    Pair pair{hub.handle(), context.handle()};
    EXPECT_EQ(outcome(peer_identity(pair.hub.get())), "protocol_violation") << "before the handshake";
    EXPECT_EQ(outcome(channel_binding(pair.hub.get())), "protocol_violation");
    verify_at(pair.device.get(), clock_.now());
    pair.run();
    ASSERT_TRUE(pair.hub_done && pair.device_done) << pair.hub_error << pair.device_error;
    EXPECT_TRUE(pair.hub_speaks_to_device());
    const auto peer = peer_identity(pair.hub.get());
    ASSERT_EQ(outcome(peer), "ok");
    EXPECT_EQ(peer->device.agency, "police");
    EXPECT_EQ(peer->device.credential, credential_);
    EXPECT_EQ(peer->public_hash, device.key.public_hash());
    EXPECT_EQ(*negotiated_protocol(pair.device.get()), TlsProtocol::sync);
    EXPECT_EQ(*channel_binding(pair.hub.get()), *channel_binding(pair.device.get()));

    Pair other{hub.handle(), context.handle()};
    verify_at(other.device.get(), clock_.now());
    other.run();
    EXPECT_NE(*channel_binding(other.hub.get()), *channel_binding(pair.hub.get()));
    EXPECT_EQ(SSL_session_reused(other.device.get()), 0);
    EXPECT_EQ(SSL_version(pair.hub.get()), TLS1_3_VERSION);
}

TEST_F(TlsTest, EnrolmentNeedsNoCertificateAndOpensNothingElse)
{
    const auto hub = hub_context();
    const auto context = enrolment_tls_context(pin());
    Pair pair{hub.handle(), context->handle()};
    verify_at(pair.device.get(), clock_.now());
    pair.run();
    ASSERT_TRUE(pair.hub_done && pair.device_done) << pair.hub_error << pair.device_error;
    EXPECT_EQ(*negotiated_protocol(pair.hub.get()), TlsProtocol::enrolment);
    EXPECT_EQ(outcome(peer_identity(pair.hub.get())), "bad_certificate");
    EXPECT_EQ(*channel_binding(pair.hub.get()), *channel_binding(pair.device.get()));
}

TEST_F(TlsTest, SyncWithoutACertificateIsRefusedByTlsItself)
{
    const auto hub = hub_context();
    const auto context = enrolment_tls_context(pin());
    Pair pair{hub.handle(), context->handle()};
    offer_sync(pair.device.get());
    pair.run();
    EXPECT_FALSE(pair.hub_done);
    EXPECT_NE(pair.hub_error.find("certificate"), std::string::npos) << pair.hub_error;
    EXPECT_EQ(outcome(peer_identity(pair.hub.get())), "protocol_violation");
    EXPECT_TRUE(pair.device_done) << "a TLS 1.3 client believes it is in: that is why hello-ack exists";
    EXPECT_FALSE(pair.hub_speaks_to_device());
}

TEST_F(TlsTest, NoProtocolTwoProtocolsOrAnUnknownOneAreRefused)
{
    const auto device = device_of(police_);
    const auto hub = hub_context();
    const auto context = device_context(device.key, {device.certificate, police_.certificate()});
    const auto named = [](std::string_view name) {
        return std::string(1, static_cast<char>(name.size())) + std::string{name};
    };
    const std::string offers[] = {"",
                                  named("http/1.1"),
                                  named("satchel-sync/2"),
                                  named(alpn_sync) + named(alpn_enrolment),
                                  named(alpn_enrolment) + named(alpn_sync),
                                  named(alpn_sync) + named(alpn_sync)};
    for (const auto& offer : offers) {
        Pair pair{hub.handle(), context.handle()};
        verify_at(pair.device.get(), clock_.now());
        SSL_set_alpn_protos(pair.device.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned>(offer.size()));
        pair.run();
        EXPECT_FALSE(pair.hub_done) << offer;
        EXPECT_FALSE(pair.device_done) << offer;
    }
}

TEST_F(TlsTest, OlderProtocolsWeakGroupsAndSuitesAreRefused)
{
    const auto device = device_of(police_);
    const auto hub = hub_context();
    const auto attempt = [&](const std::function<void(SSL*)>& weaken) {
        const auto context = device_context(device.key, {device.certificate, police_.certificate()});
        Pair pair{hub.handle(), context.handle()};
        verify_at(pair.device.get(), clock_.now());
        SSL_set_security_level(pair.device.get(), 0);
        weaken(pair.device.get());
        pair.run();
        return pair.hub_done;
    };
    EXPECT_TRUE(attempt([](SSL*) {}));
    EXPECT_FALSE(attempt([](SSL* s) {
        SSL_set_min_proto_version(s, TLS1_VERSION);
        SSL_set_max_proto_version(s, TLS1_2_VERSION);
    }));
    EXPECT_FALSE(attempt([](SSL* s) { SSL_set1_groups_list(s, "P-384"); }));
    EXPECT_FALSE(attempt([](SSL* s) { SSL_set_ciphersuites(s, "TLS_AES_128_GCM_SHA256"); }));
    EXPECT_FALSE(attempt([](SSL* s) { SSL_set1_sigalgs_list(s, "rsa_pss_rsae_sha256"); }));
}

TEST_F(TlsTest, HubJudgesTimesByTheClockItWasGiven)
{
    const auto device = device_of(police_);
    EXPECT_TRUE(gets_in(device.key, device.certificate, police_.certificate()));
    clock_.set(after(clock_.now(), leaf_life + std::chrono::hours(1)));
    EXPECT_FALSE(gets_in(device.key, device.certificate, police_.certificate()));
    clock_.set(after(clock_.now(), -2 * (leaf_life + std::chrono::hours(1))));
    EXPECT_FALSE(gets_in(device.key, device.certificate, police_.certificate()));
}

TEST_F(TlsTest, DeviceWithAWrongClockStillGetsInWhenTimesAreNotJudged)
{
    const auto device = device_of(police_);
    const auto hub = hub_context();
    const auto context = device_context(device.key, {device.certificate, police_.certificate()});
    const auto attempt = [&](std::optional<Instant> when) {
        Pair pair{hub.handle(), context.handle()};
        verify_at(pair.device.get(), when);
        pair.run();
        return pair.hub_done;
    };
    EXPECT_FALSE(attempt(after(clock_.now(), -std::chrono::hours(24 * 3650))));
    EXPECT_FALSE(attempt(after(clock_.now(), std::chrono::hours(24 * 3660))));
    EXPECT_TRUE(attempt(clock_.now()));
    EXPECT_TRUE(attempt(std::nullopt));
}

// ---- The device judges the hub ----

class HubIdentity : public TlsTest {
protected:
    // Whether a device, and an enrolling one, takes this for its hub.
    bool taken(const CertificateKey& key, std::vector<Bytes> chain, const HubPin& expected,
               std::string* why = nullptr)
    {
        const auto hub = hub_tls_context({std::move(chain), key}, root_.certificate(), clock_);
        EXPECT_EQ(outcome(hub), "ok");
        const auto device = device_of(police_);
        const auto sync =
            device_tls_context({{device.certificate, police_.certificate()}, device.key}, expected);
        const auto enrolment = enrolment_tls_context(expected);
        int takers = 0;
        for (const auto* context : {&*sync, &*enrolment}) {
            Pair pair{hub->handle(), context->handle()};
            verify_at(pair.device.get(), clock_.now());
            pair.run();
            takers += pair.device_done;
            if (why != nullptr)
                *why = pair.device_error;
        }
        EXPECT_NE(takers, 1) << "both protocols judge alike";
        return takers == 2;
    }
    [[nodiscard]] std::vector<Bytes> chain(const Bytes& leaf) const
    {
        return {leaf, hub_authority_.certificate(), root_.certificate()};
    }
    [[nodiscard]] Forgery hub_leaf(const std::string& names) const
    {
        auto out = device_leaf(names);
        replace(out, NID_ext_key_usage, "serverAuth");
        return out;
    }
};

TEST_F(HubIdentity, OnlyThePinnedRootAndTheNamedHubAreTaken)
{
    std::string why;
    ASSERT_TRUE(taken(hub_key_, chain(hub_), pin()));
    auto other_pin = pin();
    other_pin.root_public_hash[0] ^= 1;
    EXPECT_FALSE(taken(hub_key_, chain(hub_), other_pin, &why));
    EXPECT_FALSE(why.empty());
    EXPECT_FALSE(taken(hub_key_, chain(hub_), {root_.public_hash(), hub_uri("south")}));
    EXPECT_FALSE(taken(hub_key_, chain(hub_), {root_.public_hash(), ""}));
    EXPECT_FALSE(taken(hub_key_, {hub_, hub_authority_.certificate()}, pin()))
        << "without the root nothing can be pinned";
}

TEST_F(HubIdentity, DeviceOrAgencyPosingAsTheHubIsRefused)
{
    const auto device = device_of(police_);
    EXPECT_FALSE(taken(device.key, {device.certificate, police_.certificate(), root_.certificate()}, pin()));
    const auto key = CertificateKey::generate(random_);
    const auto uri = "critical,URI:" + hub_uri("north");
    EXPECT_TRUE(taken(key, chain(forged(hub_leaf(uri), key, hub_authority_)), pin()))
        << "the forger's tools work";
    EXPECT_FALSE(
        taken(key, {forged(hub_leaf(uri), key, police_), police_.certificate(), root_.certificate()}, pin()));
    EXPECT_FALSE(taken(key, chain(forged(device_leaf(uri), key, hub_authority_)), pin())) << "client purpose";
    EXPECT_FALSE(
        taken(key, chain(forged(hub_leaf(uri + ",URI:" + hub_uri("south")), key, hub_authority_)), pin()));
    EXPECT_FALSE(taken(
        key, chain(forged(hub_leaf("critical,DNS:hub.north.satchel.invalid"), key, hub_authority_)), pin()));
    auto expired = hub_leaf(uri);
    expired.starts = std::chrono::hours(-48);
    expired.ends = std::chrono::hours(-1);
    EXPECT_FALSE(taken(key, chain(forged(expired, key, hub_authority_)), pin()));
}

// The device knows the root by its key alone: a root certificate with that key but not signed by it must not pass.
TEST_F(HubIdentity, RootForgedAroundTheRightKeyIsRefused)
{
    const auto thief = CertificateKey::generate(random_);
    const auto root_key = CertificateKey::from_der(root_.key());
    Forgery root;
    root.extensions = {{NID_basic_constraints, "critical,CA:TRUE"},
                       {NID_key_usage, "critical,keyCertSign"},
                       {NID_subject_key_identifier, "hash"}};
    root.ends = std::chrono::hours(24 * 365);
    root.common_name = "north.satchel.invalid";
    const auto fake_root = forge(root, root_key->handle(), {}, thief.der(), clock_.now());
    ASSERT_EQ(*public_hash_of(fake_root), root_.public_hash());
    EXPECT_FALSE(taken(hub_key_, {hub_, hub_authority_.certificate(), fake_root}, pin()));
}

TEST_F(TlsTest, IdentityThatDoesNotFitTogetherMakesNoContext)
{
    const auto device = device_of(police_);
    const auto other = CertificateKey::generate(random_);
    EXPECT_EQ(outcome(device_tls_context({{device.certificate, police_.certificate()}, other}, pin())),
              "bad_certificate");
    EXPECT_EQ(outcome(device_tls_context({{}, other}, pin())), "bad_certificate");
    EXPECT_EQ(outcome(device_tls_context({{Bytes{1, 2, 3}}, other}, pin())), "bad_certificate");
    EXPECT_EQ(outcome(hub_tls_context({{hub_, hub_authority_.certificate()}, hub_key_}, Bytes{1}, clock_)),
              "bad_certificate");
}

} // namespace
} // namespace satchel::crypto
