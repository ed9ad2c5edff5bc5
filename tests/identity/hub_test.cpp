// Every bad hub, against a real device's end: the device does not take it for its own, and says why.
#include <cstdio>

#include "sync/net/connector.hpp"
#include "tests/identity/door.hpp"
#include "tests/unit/sync/net/run_async.hpp"

namespace satchel::test {
namespace {

namespace ossl = crypto::ossl;

// What a server presents; the rest is as the real hub has it.
struct Pose {
    std::vector<Bytes> chain;
    const CertificateKey* key = nullptr;
    std::string protocol = "satchel-sync/1";  // by ALPN; empty: none is chosen
    std::function<void(SSL_CTX*)> more = {};
};

int choose(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char*, unsigned, void* wanted)
{
    const auto& name = *static_cast<const std::string*>(wanted);
    if (name.empty())
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = reinterpret_cast<const unsigned char*>(name.data());
    *size = static_cast<unsigned char>(name.size());
    return SSL_TLSEXT_ERR_OK;
}

class HubPoser {
public:
    explicit HubPoser(Door& of) : door(of), key(CertificateKey::generate(of.world.random())) {}

    // What a device with this pin says of such a hub; "taken".
    std::string judged(const Pose& pose) { return judged(pose, {keys().root.public_hash(), keys().hub_uri()}); }
    std::string judged(const Pose& pose, const crypto::HubPin& pin)
    {
        const ossl::Context context{SSL_CTX_new(TLS_server_method())};
        SSL_CTX_set_security_level(context.get(), 0);
        for (std::size_t i = 0; i < pose.chain.size(); ++i) {
            const auto certificate = crypto::parsed(pose.chain[i]);
            EXPECT_EQ(i == 0 ? SSL_CTX_use_certificate(context.get(), certificate.get())
                             : SSL_CTX_add1_chain_cert(context.get(), certificate.get()),
                      1);
        }
        EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), pose.key->handle()), 1);
        auto protocol = pose.protocol;
        SSL_CTX_set_alpn_select_cb(context.get(), choose, &protocol);
        if (pose.more)
            pose.more(context.get());
        std::uint16_t port = 0;
        const auto listening = hostile::listen_anywhere(port);
        std::thread serving([&] {
            hostile::RawPeer peer(hostile::accept_one(listening), context.get());
            if (peer.shaken())
                peer.rest();
        });
        const auto tls = std::make_shared<const crypto::TlsContext>(
            must(crypto::device_tls_context({door.good.chain, *door.good.tls_key}, pin)));
        ConnectorConfig config;
        config.judge_at = door.now();
        std::string out = "hangs";
        {
            boost::asio::io_context io;
            const auto made = run_async(io, connect({"127.0.0.1", port}, tls, config));
            if (made)
                out = *made ? "taken" : std::string(name(made->error().code)) + ": " + made->error().detail;
        }
        serving.join();
        return out;
    }

    [[nodiscard]] const HubKeys& keys() const { return door.world.keys; }
    [[nodiscard]] std::vector<Bytes> chain(const Bytes& leaf) const
    {
        return {leaf, keys().hub_authority.certificate(), keys().root.certificate()};
    }
    [[nodiscard]] Forgery leaf(const std::string& names) const
    {
        return instead(Door::leaf_named(names), NID_ext_key_usage, "serverAuth");
    }
    [[nodiscard]] Forgery leaf() const { return leaf("critical,URI:" + keys().hub_uri()); }
    [[nodiscard]] Pose minted(const Forgery& form) const { return minted(form, keys().hub_authority); }
    [[nodiscard]] Pose minted(const Forgery& form, const IssuingAuthority& by) const
    {
        return {{crypto::forge(form, key.handle(), by.certificate(), by.key(), door.now()), by.certificate(),
                 keys().root.certificate()},
                &key};
    }
    [[nodiscard]] Pose real(std::function<void(SSL_CTX*)> more = {}) const
    {
        return {chain(keys().server_certificate), &keys().server_key, "satchel-sync/1", std::move(more)};
    }

    Door& door;
    CertificateKey key;
};

struct Row {
    const char* name;
    const char* reason;
    std::function<std::string(HubPoser&)> attempt;
    const char* kin = "";
};

constexpr auto root = "the pin is the root's key, and nothing else is trusted";
constexpr auto one_name = "exactly one name";
constexpr auto purpose = "leaf or authority for devices only";
constexpr auto name_of_hub = "the one URI of this area's hub";
constexpr auto version = "the alert of a peer with whom there is no common version";

std::vector<Row> rows()
{
    constexpr auto not_pinned = "bad_certificate: the peer's certificate: self-signed certificate in certificate chain";
    constexpr auto for_devices = "bad_certificate: the peer's certificate: unsuitable certificate purpose";
    constexpr auto another = "bad_certificate: the peer's certificate: it is not the hub of this area";
    return {
        {"another root", not_pinned,
         [](HubPoser& p) {
             const auto other = must(crypto::RootAuthority::create("testshire", p.door.now(), p.door.world.random()));
             auto pose = p.minted(p.leaf(), must(other.issue_hub_authority(p.door.now(), p.door.world.random())));
             pose.chain.back() = other.certificate();
             return p.judged(pose);
         },
         root},
        {"no root shown", not_pinned,
         [](HubPoser& p) {
             auto pose = p.real();
             pose.chain.pop_back();
             return p.judged(pose);
         },
         root},
        {"self-signed", not_pinned,
         [](HubPoser& p) {
             return p.judged({{crypto::forge(p.leaf(), p.key.handle(), {}, p.key.handle(), p.door.now())}, &p.key});
         },
         root},
        {"a root forged around the right key", "bad_certificate: the peer's certificate: certificate signature failure",
         [](HubPoser& p) {
             const auto root_key = must(CertificateKey::from_der(p.keys().root.key()));
             Forgery form;
             form.common_name = "testshire.satchel.invalid";
             form.extensions = {{NID_basic_constraints, "critical,CA:TRUE"},
                                {NID_key_usage, "critical,keyCertSign"},
                                {NID_subject_key_identifier, "hash"}};
             auto pose = p.real();
             pose.chain.back() = crypto::forge(form, root_key.handle(), {}, p.door.thief.handle(), p.door.now());
             return p.judged(pose);
         }},
        {"an authority that is not shown",
         "bad_certificate: the peer's certificate: unable to get local issuer certificate",
         [](HubPoser& p) {
             auto pose = p.real();
             pose.chain.erase(pose.chain.begin() + 1);
             return p.judged(pose);
         }},
        {"an agency mints a hub", for_devices,
         [](HubPoser& p) { return p.judged(p.minted(p.leaf(), p.door.police())); }, purpose},
        {"a device poses as the hub", for_devices,
         [](HubPoser& p) {
             auto chain = p.door.good.chain;
             chain.resize(1);
             chain.push_back(p.door.police().certificate());
             chain.push_back(p.keys().root.certificate());
             return p.judged({chain, p.door.good.tls_key.get()});
         },
         purpose},
        {"client purpose", for_devices,
         [](HubPoser& p) { return p.judged(p.minted(instead(p.leaf(), NID_ext_key_usage, "clientAuth"))); }, purpose},
        {"both purposes",
         "bad_certificate: the peer's certificate: its extended key usage is not exactly the one wanted",
         [](HubPoser& p) { return p.judged(p.minted(instead(p.leaf(), NID_ext_key_usage, "serverAuth,clientAuth"))); }},
        {"another area's hub", "bad_certificate: the peer's certificate: permitted subtree violation",
         [](HubPoser& p) { return p.judged(p.minted(p.leaf("critical,URI:" + crypto::hub_uri("southshire")))); }},
        {"another path", another,
         [](HubPoser& p) { return p.judged(p.minted(p.leaf("critical,URI:" + p.keys().hub_uri() + "/x"))); },
         name_of_hub},
        {"a device's pin of another area", another,
         [](HubPoser& p) {
             return p.judged(p.real(), {p.keys().root.public_hash(), crypto::hub_uri("southshire")});
         },
         name_of_hub},
        {"two URIs", "bad_certificate: the peer's certificate: it has more than one subject alternative name",
         [](HubPoser& p) {
             return p.judged(p.minted(p.leaf("critical,URI:" + p.keys().hub_uri() + ",URI:" + p.keys().hub_uri())));
         },
         one_name},
        {"a DNS name", "bad_certificate: the peer's certificate: its subject alternative name is not a URI",
         [](HubPoser& p) { return p.judged(p.minted(p.leaf("critical,DNS:hub.testshire.satchel.invalid"))); }},
        {"key usage not critical",
         "bad_certificate: the peer's certificate: its basic constraints and key usage are not critical",
         [](HubPoser& p) { return p.judged(p.minted(instead(p.leaf(), NID_key_usage, "digitalSignature"))); }},
        {"expired", "bad_certificate: the peer's certificate: certificate has expired",
         [](HubPoser& p) {
             auto form = p.leaf();
             form.starts = std::chrono::hours(-48);
             form.ends = std::chrono::hours(-1);
             return p.judged(p.minted(form));
         }},
        {"TLS 1.2", "protocol_violation: tlsv1 alert protocol version",
         [](HubPoser& p) {
             return p.judged(p.real([](SSL_CTX* c) { SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION); }));
         },
         version},
        {"a suite that is not ours", "protocol_violation: sslv3 alert handshake failure",
         [](HubPoser& p) {
             return p.judged(p.real([](SSL_CTX* c) { SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"); }));
         },
         "the alert of a peer that has nothing in common with us"},
        {"a group that is not ours", "protocol_violation: sslv3 alert handshake failure",
         [](HubPoser& p) { return p.judged(p.real([](SSL_CTX* c) { SSL_CTX_set1_groups_list(c, "P-384"); })); },
         "the alert of a peer that has nothing in common with us"},
        {"no protocol chosen", "protocol_violation: no protocol was agreed on",
         [](HubPoser& p) {
             auto pose = p.real();
             pose.protocol.clear();
             return p.judged(pose);
         }},
        {"another protocol than was offered", "protocol_violation: bad extension",
         [](HubPoser& p) {
             auto pose = p.real();
             pose.protocol = "satchel-enrol/1";
             return p.judged(pose);
         }},
    };
}

TEST(IdentityMatrix, EachBadHubIsRefusedByADeviceForItsOwnReason)
{
    Door door;
    HubPoser poser(door);
    ASSERT_EQ(poser.judged(poser.real()), "taken") << "the poser's tools work";
    ASSERT_EQ(poser.judged(poser.minted(poser.leaf())), "taken") << "and the forger's";
    std::map<std::string, std::set<std::string>> kin;
    std::size_t taken = 0;
    const auto all = rows();
    for (const auto& row : all) {
        SCOPED_TRACE(row.name);
        const auto said = row.attempt(poser);
        EXPECT_EQ(said, row.reason);
        taken += said == "taken" ? 1 : 0;
        EXPECT_FALSE(kin[said].contains("")) << "this reason was another row's own: " << said;
        kin[said].insert(row.kin);
    }
    for (const auto& [reason, names] : kin)
        EXPECT_EQ(names.size(), 1u) << "one reason for two things: " << reason;
    std::printf("%zu hubs, %zu reasons: %zu taken\n", all.size(), kin.size(), taken);
}

}  // namespace
}  // namespace satchel::test
