// Every bad credential, against a real listener: refused, for its own reason, and nothing at the hub changes.
//
// A row's reason is what the hub says in its log or to the peer. Rows may share one only where they name the same `kin`,
// which says why it really is the same reason.
#include <cstdio>

#include "tests/identity/door.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

namespace satchel::test {
namespace {

namespace ossl = crypto::ossl;

struct Row {
    const char* name;
    const char* reason;
    std::function<std::string(Door&)> attempt;
    const char* kin = "";
};

constexpr auto one_version = "TLS 1.3 is the only version there is";
constexpr auto one_name_form = "characters that no identity of ours has";
constexpr auto no_certificate = "TLS offers no signature scheme for such a key, or nothing else to begin with: no certificate is sent";
constexpr auto offer = "the protocol is chosen before anything is known of the peer, and the alert for it is one";
constexpr auto no_oracle = "told alike on purpose: a stranger learns nothing of which slips or devices exist";
constexpr auto other_device = "certificate, registry and hello must speak of one device";
constexpr auto proof = "one signature covers the key, the channel, the credential and the incarnation";
constexpr auto constrained = "an authority's name constraint";
constexpr auto path = "nothing is trusted that does not lead to the hub's root";
constexpr auto one_between = "one authority between leaf and the hub's own root, whatever else is shown";
constexpr auto barred = "not refused but served nothing: it may hand in sealed work only";
constexpr auto weak_authority = "keys below the security level";
constexpr auto suite = "none of the two suites";
constexpr auto one_protocol = "one version of the protocol";

// ---- Forged leaves ----

Row leaf_row(const char* name, const char* reason, std::function<Forgery(Door&)> leaf, const char* kin = "")
{
    return {name, reason, [leaf = std::move(leaf)](Door& door) { return door.try_with(door.with(leaf(door))); }, kin};
}

Row named_row(const char* name, const char* reason, std::function<std::string(Door&)> names, const char* kin = "")
{
    return leaf_row(name, reason, [names = std::move(names)](Door& door) { return Door::leaf_named(names(door)); }, kin);
}

std::vector<Row> names()
{
    constexpr auto characters = "tls: the peer's certificate: its URI has characters that no identity of ours has";
    constexpr auto no_device = "tls: the peer's certificate: its URI is no device's";
    constexpr auto subtree = "tls: the peer's certificate: permitted subtree violation";
    return {
        named_row("no name", "tls: the peer's certificate: it has no critical subject alternative name",
                  [](Door&) { return ""; }, "the name must be there and critical"),
        named_row("a name that is not critical", "tls: the peer's certificate: it has no critical subject alternative name",
                  [](Door& d) { return "URI:" + d.uri(); }, "the name must be there and critical"),
        named_row("two URIs", "tls: the peer's certificate: it has more than one subject alternative name",
                  [](Door& d) { return "critical,URI:" + d.uri() + ",URI:" + d.uri(); }, "exactly one name"),
        named_row("a DNS name beside the URI", "tls: the peer's certificate: it has more than one subject alternative name",
                  [](Door& d) { return "critical,URI:" + d.uri() + ",DNS:police.testshire.satchel.invalid"; }, "exactly one name"),
        named_row("a DNS name only", "tls: the peer's certificate: its subject alternative name is not a URI",
                  [](Door&) { return "critical,DNS:police.testshire.satchel.invalid"; }),
        named_row("NUL in the URI", characters, [](Door& d) { return raw_uri(d.uri() + std::string(1, '\0') + "x"); }, one_name_form),
        named_row("percent in the URI", characters,
                  [](Door& d) { return raw_uri("spiffe://police.testshire.satchel.invalid/device%2f" + to_string(d.good.credential)); }, one_name_form),
        named_row("upper case in the path", characters,
                  [](Door& d) { return raw_uri("spiffe://police.testshire.satchel.invalid/Device/" + to_string(d.good.credential)); }, one_name_form),
        named_row("Unicode in the path", characters,
                  [](Door& d) { return raw_uri("spiffe://police.testshire.satchel.invalid/d\xc3\xa9vice/" + to_string(d.good.credential)); }, one_name_form),
        named_row("a query behind the URI", characters, [](Door& d) { return raw_uri(d.uri() + "?as=hub"); }, one_name_form),
        named_row("a fragment behind the URI", characters, [](Door& d) { return raw_uri(d.uri() + "#hub"); }, one_name_form),
        named_row("more path behind the credential", no_device, [](Door& d) { return raw_uri(d.uri("police.testshire.satchel.invalid", "/x")); },
                  "its path names no device"),
        named_row("the hub's own path", no_device, [](Door&) { return raw_uri("spiffe://police.testshire.satchel.invalid/hub"); },
                  "its path names no device"),
        named_row("https for spiffe", no_device, [](Door& d) { return raw_uri("https" + d.uri().substr(6)); }, "its path names no device"),
        named_row("the wrong trust domain", subtree, [](Door& d) { return raw_uri(d.uri("probation.testshire.satchel.invalid")); }, constrained),
        named_row("a host below its own", subtree, [](Door& d) { return raw_uri(d.uri("x.police.testshire.satchel.invalid")); }, constrained),
        named_row("a host that begins like its own", subtree,
                  [](Door& d) { return raw_uri(d.uri("police.testshire.satchel.invalid.evil")); }, constrained),
        named_row("another area", subtree, [](Door& d) { return raw_uri(d.uri("police.elsewhere.satchel.invalid")); }, constrained),
        {"another agency's authority mints it", subtree,
         [](Door& d) { return d.try_with(d.with(d.leaf(), d.world.keys.agency("probation")->authority)); }, constrained},
        {"the hub's authority mints it", "tls: the peer's certificate: unsuitable certificate purpose",
         [](Door& d) { return d.try_with(d.with(d.leaf(), d.world.keys.hub_authority)); }, "no certificate for TLS clients in its place"},
    };
}

std::vector<Row> purposes()
{
    constexpr auto purpose = "tls: the peer's certificate: unsuitable certificate purpose";
    constexpr auto usage = "tls: the peer's certificate: its key usage is not exactly digitalSignature";
    constexpr auto extended = "tls: the peer's certificate: its extended key usage is not exactly the one wanted";
    constexpr auto critical = "tls: the peer's certificate: its basic constraints and key usage are not critical";
    constexpr auto authority = "tls: the peer's certificate: it may act as an authority";
    return {
        leaf_row("server purpose", purpose, [](Door& d) { return instead(d.leaf(), NID_ext_key_usage, "serverAuth"); },
                 "no certificate for TLS clients in its place"),
        leaf_row("both purposes", extended, [](Door& d) { return instead(d.leaf(), NID_ext_key_usage, "clientAuth,serverAuth"); },
                 "exactly clientAuth"),
        leaf_row("no purpose", extended, [](Door& d) { return without(d.leaf(), NID_ext_key_usage); }, "exactly clientAuth"),
        leaf_row("any purpose", extended, [](Door& d) { return instead(d.leaf(), NID_ext_key_usage, "clientAuth,anyExtendedKeyUsage"); },
                 "exactly clientAuth"),
        leaf_row("an authority as leaf", authority, [](Door& d) { return instead(d.leaf(), NID_basic_constraints, "critical,CA:TRUE"); },
                 "CA:FALSE stated"),
        leaf_row("no basic constraints", authority, [](Door& d) { return without(d.leaf(), NID_basic_constraints); }, "CA:FALSE stated"),
        leaf_row("signing authority's usage", "tls: the peer's certificate: Key usage keyCertSign invalid for non-CA cert",
                 [](Door& d) { return instead(d.leaf(), NID_key_usage, "critical,digitalSignature,keyCertSign"); }),
        leaf_row("usage for more than signing", usage,
                 [](Door& d) { return instead(d.leaf(), NID_key_usage, "critical,digitalSignature,keyAgreement"); }, "exactly digitalSignature"),
        leaf_row("usage for agreement only", usage, [](Door& d) { return instead(d.leaf(), NID_key_usage, "critical,keyAgreement"); },
                 "exactly digitalSignature"),
        leaf_row("no key usage", usage, [](Door& d) { return without(d.leaf(), NID_key_usage); }, "exactly digitalSignature"),
        leaf_row("key usage not critical", critical, [](Door& d) { return instead(d.leaf(), NID_key_usage, "digitalSignature"); },
                 "both critical"),
        leaf_row("basic constraints not critical", critical, [](Door& d) { return instead(d.leaf(), NID_basic_constraints, "CA:FALSE"); },
                 "both critical"),
    };
}

std::vector<Row> forms()
{
    return {
        leaf_row("expired", "tls: the peer's certificate: certificate has expired",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.starts = std::chrono::hours(-48);
                     leaf.ends = std::chrono::hours(-1);
                     return leaf;
                 }, "judged by the hub's clock"),
        leaf_row("not valid yet", "tls: the peer's certificate: certificate is not yet valid",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.starts = std::chrono::hours(1);
                     return leaf;
                 }),
        leaf_row("X.509 version 1", "tls: the peer's certificate: not an X.509 version 3 certificate",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.version = X509_VERSION_1;
                     leaf.extensions.clear();
                     return leaf;
                 }),
        leaf_row("signed with SHA-1", "tls: the peer's certificate: CA signature digest algorithm too weak",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.digest = EVP_sha1();
                     return leaf;
                 }),
        leaf_row("an unknown critical extension", "tls: the peer's certificate: unhandled critical extension",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.extensions.emplace_back(OBJ_create("1.3.6.1.4.1.55555.1", "unknownCritical", "unknown, critical"), "critical,DER:0500");
                     return leaf;
                 }),
        leaf_row("an extension that we never write", "tls: the peer's certificate: it has an extension that our authorities never write",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.extensions.emplace_back(OBJ_create("1.3.6.1.4.1.55555.2", "unknownOther", "unknown, other"), "DER:0500");
                     return leaf;
                 }),
        leaf_row("no authority key identifier", "tls: the peer's certificate: Missing Authority Key Identifier",
                 [](Door& d) { return without(d.leaf(), NID_authority_key_identifier); }),
        // OpenSSL finds no issuer for a certificate whose extensions it cannot make out.
        leaf_row("a name given twice", "tls: the peer's certificate: unable to get local issuer certificate",
                 [](Door& d) {
                     auto leaf = d.leaf();
                     leaf.extensions.emplace_back(NID_subject_alt_name, "critical,URI:" + d.uri("probation.testshire.satchel.invalid"));
                     return leaf;
                 }, path),
    };
}

// ---- Chains ----

ossl::Pkey rsa(std::size_t bits) { return ossl::Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)}; }
ossl::Pkey curve(const char* name) { return ossl::Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", name)}; }

Forgery authority_form()
{
    Forgery out;
    out.extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                      {NID_key_usage, "critical,keyCertSign,cRLSign"},
                      {NID_subject_key_identifier, "hash"},
                      {NID_authority_key_identifier, "keyid:always"}};
    return out;
}

// A good leaf under an authority that the root has signed.
std::string under(Door& d, const Forgery& form, EVP_PKEY* authority_key)
{
    const auto& root = d.world.keys.root;
    const auto authority = crypto::forge(form, authority_key, root.certificate(), root.key(), d.now());
    const auto leaf = crypto::forge(d.leaf(), d.thief.handle(), authority, authority_key, d.now());
    return d.try_with({{leaf, authority}, d.thief.handle()});
}

// A leaf for another kind of key, which the client presents as well as TLS lets it.
std::string keyed(Door& d, const ossl::Pkey& key)
{
    const auto leaf = crypto::forge(d.leaf(), key.get(), d.police().certificate(), d.police().key(), d.now());
    return d.try_with({{leaf, d.police().certificate()}, key.get()});
}

// The victim's public key with somebody else's private one: what a copied certificate is worth.
ossl::Pkey mismatched(const CertificateKey& shown, const CertificateKey& held)
{
    using Builder = std::unique_ptr<OSSL_PARAM_BLD, ossl::Freer<OSSL_PARAM_BLD_free>>;
    using Params = std::unique_ptr<OSSL_PARAM, ossl::Freer<OSSL_PARAM_free>>;
    using Number = std::unique_ptr<BIGNUM, ossl::Freer<BN_clear_free>>;
    std::array<std::uint8_t, 65> point{};
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(shown.handle(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(), point.size(), &size);
    BIGNUM* scalar = nullptr;
    EVP_PKEY_get_bn_param(held.handle(), OSSL_PKEY_PARAM_PRIV_KEY, &scalar);
    const Number owner{scalar};
    const Builder builder{OSSL_PARAM_BLD_new()};
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), size);
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar);
    const Params params{OSSL_PARAM_BLD_to_param(builder.get())};
    const ossl::PkeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
    EVP_PKEY* key = nullptr;
    SATCHEL_CHECK(EVP_PKEY_fromdata_init(context.get()) == 1 &&
                  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) == 1);
    return ossl::Pkey{key};
}

std::vector<Row> chains()
{
    constexpr auto issuer = "tls: the peer's certificate: unable to get local issuer certificate";
    constexpr auto weak = "tls: the peer's certificate: CA certificate key too weak";
    constexpr auto none = "tls: the peer gave no certificate";
    constexpr auto long_chain = "tls: the peer's certificate: certificate chain too long";
    return {
        {"self-signed", "tls: the peer's certificate: self-signed certificate",
         [](Door& d) {
             return d.try_with({{crypto::forge(d.leaf(), d.thief.handle(), {}, d.thief.handle(), d.now())}, d.thief.handle()});
         }},
        {"another root, of the same names", long_chain,
         [](Door& d) {
             const auto root = must(crypto::RootAuthority::create("testshire", d.now(), d.world.random()));
             const auto police = must(root.issue_agency("police", d.now(), d.world.random()));
             auto wish = d.with(d.leaf(), police);
             wish.chain.push_back(root.certificate());
             return d.try_with(wish);
         }, one_between},
        {"another root, not shown", issuer,
         [](Door& d) {
             const auto root = must(crypto::RootAuthority::create("testshire", d.now(), d.world.random()));
             return d.try_with(d.with(d.leaf(), must(root.issue_agency("police", d.now(), d.world.random()))));
         }, path},
        {"no authority shown", issuer,
         [](Door& d) {
             auto wish = d.with(d.leaf());
             wish.chain.resize(1);
             return d.try_with(wish);
         }, path},
        {"a stranger's signature in the authority's name", "tls: the peer's certificate: certificate signature failure",
         [](Door& d) {
             const auto leaf = crypto::forge(d.leaf(), d.thief.handle(), d.police().certificate(), d.thief.handle(), d.now());
             return d.try_with({{leaf, d.police().certificate()}, d.thief.handle()});
         }},
        {"an authority as the device", "tls: the peer's certificate: unsuitable certificate purpose",
         [](Door& d) {
             const auto key = must(CertificateKey::from_der(d.police().key()));
             return d.try_with({{d.police().certificate()}, key.handle()});
         }, "no certificate for TLS clients in its place"},
        {"a device as the authority", long_chain,
         [](Door& d) {
             const auto leaf = crypto::forge(d.leaf(), d.thief.handle(), d.good.chain.front(), d.good.tls_key->handle(), d.now());
             return d.try_with({{leaf, d.good.chain.front(), d.police().certificate()}, d.thief.handle()});
         }, one_between},
        {"an authority below an agency's", long_chain,
         [](Door& d) {
             const auto key = CertificateKey::generate(d.world.random());
             const auto sub = crypto::forge(authority_form(), key.handle(), d.police().certificate(), d.police().key(), d.now());
             const auto leaf = crypto::forge(d.leaf(), d.thief.handle(), sub, key.handle(), d.now());
             return d.try_with({{leaf, sub, d.police().certificate()}, d.thief.handle()});
         }, one_between},
        {"an authority that is none", "tls: the peer's certificate: invalid CA certificate",
         [](Door& d) {
             const auto key = CertificateKey::generate(d.world.random());
             return under(d, instead(authority_form(), NID_basic_constraints, "critical,CA:FALSE"), key.handle());
         }, "authorities state CA:TRUE"},
        {"an authority that may not sign certificates", "tls: the peer's certificate: invalid CA certificate",
         [](Door& d) {
             const auto key = CertificateKey::generate(d.world.random());
             return under(d, instead(authority_form(), NID_key_usage, "critical,digitalSignature"), key.handle());
         }, "authorities state CA:TRUE"},
        {"an authority that has expired", "tls: the peer's certificate: certificate has expired",
         [](Door& d) {
             const auto key = CertificateKey::generate(d.world.random());
             auto form = authority_form();
             form.starts = std::chrono::hours(-48);
             form.ends = std::chrono::hours(-1);
             return under(d, form, key.handle());
         }, "judged by the hub's clock"},
        {"an authority with 512 bits of RSA", weak, [](Door& d) { return under(d, authority_form(), rsa(512).get()); }, weak_authority},
        {"an authority with 1024 bits of RSA", weak, [](Door& d) { return under(d, authority_form(), rsa(1024).get()); }, weak_authority},
        {"a device with RSA", none, [](Door& d) { return keyed(d, rsa(2048)); }, no_certificate},
        {"a device on another curve", none, [](Door& d) { return keyed(d, curve("P-384")); }, no_certificate},
        {"a device with Ed25519", "tls: the peer's certificate: its key is not a P-256 key",
         [](Door& d) { return keyed(d, ossl::Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}); }},
        {"more certificates than anybody has", "tls: excessive message size",
         [](Door& d) {
             auto wish = d.with(d.leaf());
             wish.chain.resize(40, d.police().certificate());
             return d.try_with(wish);
         }},
        {"a certificate without its key", "tls: bad signature",
         [](Door& d) {
             const auto key = mismatched(*d.good.tls_key, d.thief);
             return d.try_with({d.good.chain, key.get()});
         }},
        {"no certificate", none, [](Door& d) { return d.try_with({}); }, no_certificate},
    };
}

// ---- The TLS profile ----

std::string at_version(Door& d, int version)
{
    auto wish = d.as(d.good);
    wish.version_min = TLS1_VERSION;
    wish.version_max = version;
    wish.more = [](SSL_CTX* c) { SSL_CTX_set_cipher_list(c, "ALL:@SECLEVEL=0"); };
    return d.try_with(wish);
}

std::string offering(Door& d, std::vector<std::string> protocols)
{
    auto wish = d.as(d.good);
    wish.protocols = std::move(protocols);
    return d.try_with(wish);
}

std::string weakened(Door& d, std::function<void(SSL_CTX*)> how)
{
    auto wish = d.as(d.good);
    wish.more = std::move(how);
    return d.try_with(wish);
}

// A session that the client says it had: nobody here ever gave a ticket.
int remembered(SSL* ssl, const EVP_MD*, const unsigned char** id, std::size_t* size, SSL_SESSION** session)
{
    static constexpr unsigned char name[] = "a ticket of yesterday";
    constexpr std::array<unsigned char, 48> secret{1, 2, 3};
    constexpr unsigned char aes256[] = {0x13, 0x02};
    *session = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(*session, secret.data(), secret.size());
    SSL_SESSION_set_cipher(*session, SSL_CIPHER_find(ssl, aes256));
    SSL_SESSION_set_protocol_version(*session, TLS1_3_VERSION);
    SSL_SESSION_set_max_early_data(*session, 4096);
    SSL_SESSION_set1_alpn_selected(*session, reinterpret_cast<const unsigned char*>("satchel-sync/1"), 14);
    *id = name;
    *size = sizeof name - 1;
    return 1;
}

void remembers(SSL* ssl) { SSL_set_psk_use_session_callback(ssl, remembered); }

std::vector<Row> profile()
{
    constexpr auto unsupported = "tls: unsupported protocol";
    constexpr auto no_protocol = "tls: no application protocol";
    return {
        {"TLS 1.2", unsupported, [](Door& d) { return at_version(d, TLS1_2_VERSION); }, one_version},
        {"TLS 1.1", unsupported, [](Door& d) { return at_version(d, TLS1_1_VERSION); }, one_version},
        {"TLS 1.0", unsupported, [](Door& d) { return at_version(d, TLS1_VERSION); }, one_version},
        {"AES-128 only", "tls: no shared cipher",
         [](Door& d) { return weakened(d, [](SSL_CTX* c) { SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"); }); }, suite},
        {"CCM only", "tls: no shared cipher",
         [](Door& d) { return weakened(d, [](SSL_CTX* c) { SSL_CTX_set_ciphersuites(c, "TLS_AES_128_CCM_SHA256"); }); }, suite},
        {"P-384 only", "tls: no suitable key share",
         [](Door& d) { return weakened(d, [](SSL_CTX* c) { SSL_CTX_set1_groups_list(c, "P-384"); }); }},
        {"RSA signatures only", "tls: no shared signature algorithms",
         [](Door& d) { return weakened(d, [](SSL_CTX* c) { SSL_CTX_set1_sigalgs_list(c, "rsa_pss_rsae_sha256"); }); }},
        {"no ALPN", "tls: the peer named no protocol", [](Door& d) { return offering(d, {}); }},
        {"another protocol", no_protocol, [](Door& d) { return offering(d, {"http/1.1"}); }, offer},
        {"a later version of ours", no_protocol, [](Door& d) { return offering(d, {"satchel-sync/2"}); }, offer},
        {"both protocols", no_protocol, [](Door& d) { return offering(d, {"satchel-sync/1", "satchel-enrol/1"}); }, offer},
        {"both the other way round", no_protocol, [](Door& d) { return offering(d, {"satchel-enrol/1", "satchel-sync/1"}); }, offer},
        {"a resumed session instead of a certificate", "tls: the peer gave no certificate", [](Door& d) { return d.try_with({}, {}, remembers); },
         no_certificate},
        {"0-RTT instead of a certificate", "tls: the peer gave no certificate",
         [](Door& d) { return d.try_with({}, {}, remembers, d.hello_of(d.good)(Digest{})); }, no_certificate},
        {"0-RTT with a good certificate", "not heard",
         [](Door& d) {
             return d.try_with(d.as(d.good), [](const Digest&) { return Bytes{}; }, remembers, d.hello_of(d.good)(Digest{}));
         }},
    };
}

// ---- What is said inside ----

std::string says(Door& d, const std::function<void(Hello&)>& alter) { return d.try_with(d.as(d.good), d.hello_of(d.good, alter)); }

std::vector<Row> hellos()
{
    constexpr auto another = "refused: bad_certificate: the certificate is another device's";
    constexpr auto not_proved = "refused: bad_signature: the proof of the operation key does not hold for this connection";
    constexpr auto stranger = "refused: access_removed: this device is not enrolled here";
    return {
        {"a second certificate for its name, of the same serial number", another,
         [](Door& d) { return d.try_with(d.with(d.leaf())); }, other_device},
        {"another device's hello", another,
         [](Door& d) {
             const auto other = d.world.enrol(d.user, police_role, "Laptop");
             return d.try_with(d.as(other), d.hello_of(d.good));
         }, other_device},
        {"its name under another agency's authority", another,
         [](Door& d) {
             const auto leaf = Door::leaf_named("critical,URI:" + d.uri("probation.testshire.satchel.invalid"));
             return d.try_with(d.with(leaf, d.world.keys.agency("probation")->authority));
         }, other_device},
        {"an unknown credential with a valid chain", stranger,
         [](Door& d) {
             auto ghost = d.good;
             ghost.credential = random_id<CredentialId>(d.world.random());
             const auto leaf = Door::leaf_named("critical,URI:spiffe://police.testshire.satchel.invalid/device/" + to_string(ghost.credential));
             return d.try_with(d.with(leaf), d.hello_of(ghost));
         }, no_oracle},
        {"the hub operator's credential", stranger,
         [](Door& d) {
             // It comes to be with the first decision made at the hub.
             auto& w = d.world;
             const auto case_id = must(w.service().add_case("C1"));
             const auto proposer = w.user("Peter Proposer", "prison.omu");
             for (const auto& one : {d.user, proposer})
                 must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(one)}));
             auto police = w.enrol(d.user, police_role, "Desk"), prison = w.enrol(proposer, "prison.omu");
             const auto first = w.save(police, case_id, {w.creates(case_id, "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})});
             w.push(police);
             const auto second = w.save(prison, case_id, {w.edits(case_id, first.changes[0].record, "address", "where",
                                                                  {{"lines", "2 Invented Row"}, {"from", "2026-02-01"}})});
             w.push(prison);
             must(w.service().decide({second.versions[0], d.user, schema::Resolution::accept, {}, "Confirmed by telephone"}));
             std::optional<CredentialId> found;
             must(must(w.store().view())->credentials([&](const CredentialRow& row) -> Result<bool> {
                 if (row.kind != CredentialRow::Kind::device)
                     found = row.id;
                 return !found;
             }));
             auto ghost = d.good;
             ghost.credential = found.value();
             const auto leaf = Door::leaf_named("critical,URI:spiffe://police.testshire.satchel.invalid/device/" + to_string(ghost.credential));
             return d.try_with(d.with(leaf), d.hello_of(ghost));
         }, no_oracle},
        {"a hello signed by another key", not_proved,
         [](Door& d) {
             auto other = d.good;
             other.operation = std::make_shared<const crypto::SigningKey>(crypto::SigningKey::generate(d.world.random()));
             return d.try_with(d.as(d.good), d.hello_of(other));
         }, proof},
        {"a hello of another connection", not_proved,
         [](Door& d) {
             Digest heard{};
             d.try_with(d.as(d.good), [&](const Digest& channel) {
                 heard = channel;
                 return d.hello_of(d.good)(channel);
             });
             return d.try_with(d.as(d.good), [&](const Digest&) { return d.hello_of(d.good)(heard); });
         }, proof},
        {"another incarnation than was signed for", not_proved,
         [](Door& d) { return says(d, [&](Hello& h) { h.incarnation = random_id<IncarnationId>(d.world.random()); }); }, proof},
        {"another version of the protocol", "refused: version_mismatch: protocol", [](Door& d) { return says(d, [](Hello& h) { h.protocol = 2; }); },
         one_protocol},
        {"a cursor that was never given", "refused: protocol_violation: a cursor that was never given",
         [](Door& d) {
             return says(d, [&](Hello& h) { h.cursors.push_back({random_id<CaseId>(d.world.random()), UINT64_MAX}); });
         }},
        {"work before the hello", "refused: protocol_violation: a session starts with one hello",
         [](Door& d) {
             return d.try_with(d.as(d.good), [](const Digest&) { return framed(MessageType::pull, schema::wire::pack(Pull{})); });
         }},
        {"a hello where one enrols", "refused: protocol_violation: an enrolment starts with its request",
         [](Door& d) {
             auto wish = d.as(d.good);
             wish.protocols = {"satchel-enrol/1"};
             return d.try_with(wish);
         }},
        {"a revoked device", "barred",
         [](Door& d) {
             const auto lost = d.world.enrol(d.user, police_role, "Lost");
             must(d.world.service().revoke(lost.credential));
             return d.try_with(d.as(lost), d.hello_of(lost));
         }, barred},
        {"a suspended user's device", "barred",
         [](Door& d) {
             const auto gone = d.world.user("Invented Leaver", police_role);
             const auto device = d.world.enrol(gone, police_role);
             must(d.world.service().suspend(gone));
             return d.try_with(d.as(device), d.hello_of(device));
         }, barred},
        {"a device whose certificate ran out", "tls: the peer's certificate: certificate has expired",
         [](Door& d) {
             const auto request = must(crypto::parse_and_verify_csr(crypto::make_csr(*d.good.tls_key)));
             const auto then = crypto::after(d.now(), -std::chrono::hours(24 * 30));
             const auto older = must(d.police().issue_device(request, d.good.credential, then, d.world.random()));
             return d.try_with({{older, d.police().certificate()}, d.good.tls_key->handle()});
         }, "judged by the hub's clock"},
    };
}

// ---- Enrolment ----

using Alter = std::function<void(EnrolRequest&)>;

std::string enrols(Door& d, const EnrolmentSlip& slip, const Alter& alter = {}, const std::optional<Digest>& channel = {})
{
    const auto device = d.world.new_device(d.user, police_role);
    Wish wish;
    wish.protocols = {"satchel-enrol/1"};
    return d.try_with(wish, [&](const Digest& own) {
        auto request = HubWorld::request(device, slip, "Tablet", channel.value_or(own));
        if (alter)
            alter(request);
        return framed(MessageType::enrol_request, schema::wire::pack(request));
    });
}

EnrolmentSlip slip(Door& d) { return must(d.world.service().create_enrolment(d.user, std::chrono::minutes(15), "localhost:1")); }

std::vector<Row> enrolments()
{
    constexpr auto unknown = "refused: not_found: this enrolment is not known, used already, or has run out";
    return {
        {"a slip used twice", unknown,
         [](Door& d) {
             const auto once = slip(d);
             auto device = d.world.new_device(d.user, police_role);
             must(d.world.service().enrol(HubWorld::request(device, once, "Tablet", HubWorld::channel()), HubWorld::channel()));
             return enrols(d, once);
         }, no_oracle},
        {"a slip that ran out", unknown,
         [](Door& d) {
             const auto late = slip(d);
             d.world.clock.ms += 16LL * 60 * 1000;
             return enrols(d, late);
         }, no_oracle},
        {"a slip that nobody made", unknown,
         [](Door& d) {
             auto made_up = slip(d);
             made_up.code = crypto::EnrolmentCode::generate(d.world.random());
             return enrols(d, made_up);
         }, no_oracle},
        {"a wrong code", unknown,
         [](Door& d) {
             const auto right = slip(d);
             auto wrong = slip(d);
             return enrols(d, wrong, [&](EnrolRequest& r) { r.enrolment = enrolment_name(right.code); });
         }, no_oracle},
        {"a suspended user's slip", unknown,
         [](Door& d) {
             const auto gone = d.world.user("Invented Leaver Two", police_role);
             const auto code = must(d.world.service().create_enrolment(gone, std::chrono::minutes(15), "localhost:1"));
             must(d.world.service().suspend(gone));
             return enrols(d, code);
         }, no_oracle},
        {"a request of another connection", unknown,
         [](Door& d) { return enrols(d, slip(d), {}, Digest{7}); }, no_oracle},
        {"another operation key than was vouched for", unknown,
         [](Door& d) {
             return enrols(d, slip(d), [&](EnrolRequest& r) { r.operation_key = crypto::SigningKey::generate(d.world.random()).public_key(); });
         }, no_oracle},
        {"a request signed by another key", "refused: bad_signature: the request is not signed by its own key",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.csr.back() ^= 1; }); }},
        {"a request that is none", "refused: malformed: not a certificate request",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.csr = {1, 2, 3}; }); }},
        {"a request that is too long", "refused: too_large: a certificate request is longer than 2048 bytes",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.csr.resize(3000); }); }},
        {"a request for another kind of key", "refused: refused: the request's key is not a P-256 key",
         [](Door& d) {
             return enrols(d, slip(d), [](EnrolRequest& r) {
                 const auto key = curve("P-384");
                 const ossl::Request request{X509_REQ_new()};
                 X509_REQ_set_pubkey(request.get(), key.get());
                 X509_REQ_sign(request.get(), key.get(), EVP_sha256());
                 std::uint8_t* der = nullptr;
                 const int size = i2d_X509_REQ(request.get(), &der);
                 r.csr.assign(der, der + size);
                 OPENSSL_free(der);
             });
         }},
        {"another version of enrolment", "refused: version_mismatch: protocol",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.protocol = 9; }); }, one_protocol},
        {"a salt key that is none", "refused: malformed: enrolment request",
         [](Door& d) { return enrols(d, slip(d), [](EnrolRequest& r) { r.salt_key.clear(); }); }},
    };
}

TEST(IdentityMatrix, EachBadCredentialIsRefusedForItsOwnReasonAndNothingChanges)
{
    Door door;
    ASSERT_EQ(door.try_with(door.as(door.good)), "in") << "whoever is enrolled gets in";
    std::vector<Row> rows;
    for (auto part : {names, purposes, forms, chains, profile, hellos, enrolments})
        std::ranges::move(part(), std::back_inserter(rows));
    std::map<std::string, std::set<std::string>> kin;
    std::size_t let_in = 0;
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        const auto said = row.attempt(door);
        EXPECT_EQ(said, row.reason);
        let_in += said == "in" ? 1 : 0;
        EXPECT_FALSE(kin[said].contains("")) << "this reason was another row's own: " << said;
        kin[said].insert(row.kin);
    }
    for (const auto& [reason, names] : kin)
        EXPECT_EQ(names.size(), 1u) << "one reason for two things: " << reason;
    EXPECT_EQ(door.try_with(door.as(door.good)), "in") << "and still does";
    std::printf("%zu credentials, %zu reasons: %zu let in\n", rows.size(), kin.size(), let_in);
}

}  // namespace
}  // namespace satchel::test
