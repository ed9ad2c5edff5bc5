// Chains that lead elsewhere, keys of other kinds, and TLS as it must not be spoken.
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "tests/identity/credentials.hpp"

namespace satchel::test {

namespace ossl = crypto::ossl;

namespace {

ossl::Pkey rsa(std::size_t bits)
{
    return ossl::Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)};
}

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
    EVP_PKEY_get_octet_string_param(shown.handle(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(), point.size(),
                                    &size);
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
             return d.try_with(
                 {{crypto::forge(d.leaf(), d.thief.handle(), {}, d.thief.handle(), d.now())}, d.thief.handle()});
         }},
        {"another root, of the same names", long_chain,
         [](Door& d) {
             const auto root = must(crypto::RootAuthority::create("testshire", d.now(), d.world.random()));
             const auto police = must(root.issue_agency("police", d.now(), d.world.random()));
             auto wish = d.with(d.leaf(), police);
             wish.chain.push_back(root.certificate());
             return d.try_with(wish);
         },
         one_between},
        {"another root, not shown", issuer,
         [](Door& d) {
             const auto root = must(crypto::RootAuthority::create("testshire", d.now(), d.world.random()));
             return d.try_with(d.with(d.leaf(), must(root.issue_agency("police", d.now(), d.world.random()))));
         },
         path},
        {"no authority shown", issuer,
         [](Door& d) {
             auto wish = d.with(d.leaf());
             wish.chain.resize(1);
             return d.try_with(wish);
         },
         path},
        {"a stranger's signature in the authority's name", "tls: the peer's certificate: certificate signature failure",
         [](Door& d) {
             const auto leaf =
                 crypto::forge(d.leaf(), d.thief.handle(), d.police().certificate(), d.thief.handle(), d.now());
             return d.try_with({{leaf, d.police().certificate()}, d.thief.handle()});
         }},
        {"an authority as the device", "tls: the peer's certificate: unsuitable certificate purpose",
         [](Door& d) {
             const auto key = must(CertificateKey::from_der(d.police().key()));
             return d.try_with({{d.police().certificate()}, key.handle()});
         },
         "no certificate for TLS clients in its place"},
        {"a device as the authority", long_chain,
         [](Door& d) {
             const auto leaf =
                 crypto::forge(d.leaf(), d.thief.handle(), d.good.chain.front(), d.good.tls_key->handle(), d.now());
             return d.try_with({{leaf, d.good.chain.front(), d.police().certificate()}, d.thief.handle()});
         },
         one_between},
        {"an authority below an agency's", long_chain,
         [](Door& d) {
             const auto key = CertificateKey::generate(d.world.random());
             const auto sub =
                 crypto::forge(authority_form(), key.handle(), d.police().certificate(), d.police().key(), d.now());
             const auto leaf = crypto::forge(d.leaf(), d.thief.handle(), sub, key.handle(), d.now());
             return d.try_with({{leaf, sub, d.police().certificate()}, d.thief.handle()});
         },
         one_between},
        {"an authority that is none", "tls: the peer's certificate: invalid CA certificate",
         [](Door& d) {
             const auto key = CertificateKey::generate(d.world.random());
             return under(d, instead(authority_form(), NID_basic_constraints, "critical,CA:FALSE"), key.handle());
         },
         "authorities state CA:TRUE"},
        {"an authority that may not sign certificates", "tls: the peer's certificate: invalid CA certificate",
         [](Door& d) {
             const auto key = CertificateKey::generate(d.world.random());
             return under(d, instead(authority_form(), NID_key_usage, "critical,digitalSignature"), key.handle());
         },
         "authorities state CA:TRUE"},
        {"an authority that has expired", "tls: the peer's certificate: certificate has expired",
         [](Door& d) {
             const auto key = CertificateKey::generate(d.world.random());
             auto form = authority_form();
             form.starts = std::chrono::hours(-48);
             form.ends = std::chrono::hours(-1);
             return under(d, form, key.handle());
         },
         "judged by the hub's clock"},
        {"an authority with 512 bits of RSA", weak, [](Door& d) { return under(d, authority_form(), rsa(512).get()); },
         weak_authority},
        {"an authority with 1024 bits of RSA", weak,
         [](Door& d) { return under(d, authority_form(), rsa(1024).get()); }, weak_authority},
        {"a device with RSA", none, [](Door& d) { return keyed(d, rsa(2048)); }, no_certificate},
        {"a device on another curve", none, [](Door& d) { return keyed(d, curve_key("P-384")); }, no_certificate},
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

void remembers(SSL* ssl)
{
    SSL_set_psk_use_session_callback(ssl, remembered);
}

std::vector<Row> profile()
{
    constexpr auto unsupported = "tls: unsupported protocol";
    constexpr auto no_protocol = "tls: no application protocol";
    return {
        {"TLS 1.2", unsupported, [](Door& d) { return at_version(d, TLS1_2_VERSION); }, one_version},
        {"TLS 1.1", unsupported, [](Door& d) { return at_version(d, TLS1_1_VERSION); }, one_version},
        {"TLS 1.0", unsupported, [](Door& d) { return at_version(d, TLS1_VERSION); }, one_version},
        {"AES-128 only", "tls: no shared cipher",
         [](Door& d) { return weakened(d, [](SSL_CTX* c) { SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"); }); },
         suite},
        {"CCM only", "tls: no shared cipher",
         [](Door& d) { return weakened(d, [](SSL_CTX* c) { SSL_CTX_set_ciphersuites(c, "TLS_AES_128_CCM_SHA256"); }); },
         suite},
        {"P-384 only", "tls: no suitable key share",
         [](Door& d) { return weakened(d, [](SSL_CTX* c) { SSL_CTX_set1_groups_list(c, "P-384"); }); }},
        {"RSA signatures only", "tls: no shared signature algorithms",
         [](Door& d) { return weakened(d, [](SSL_CTX* c) { SSL_CTX_set1_sigalgs_list(c, "rsa_pss_rsae_sha256"); }); }},
        {"no ALPN", "tls: the peer named no protocol", [](Door& d) { return offering(d, {}); }},
        {"another protocol", no_protocol, [](Door& d) { return offering(d, {"http/1.1"}); }, offer},
        {"a later version of ours", no_protocol, [](Door& d) { return offering(d, {"satchel-sync/2"}); }, offer},
        {"both protocols", no_protocol,
         [](Door& d) {
             return offering(d, {"satchel-sync/1", "satchel-enrol/1"});
         },
         offer},
        {"both the other way round", no_protocol,
         [](Door& d) {
             return offering(d, {"satchel-enrol/1", "satchel-sync/1"});
         },
         offer},
        {"a resumed session instead of a certificate", "tls: the peer gave no certificate",
         [](Door& d) { return d.try_with({}, {}, remembers); }, no_certificate},
        {"0-RTT instead of a certificate", "tls: the peer gave no certificate",
         [](Door& d) { return d.try_with({}, {}, remembers, d.hello_of(d.good)(Digest{})); }, no_certificate},
        {"0-RTT with a good certificate", "not heard",
         [](Door& d) {
             return d.try_with(
                 d.as(d.good), [](const Digest&) { return Bytes{}; }, remembers, d.hello_of(d.good)(Digest{}));
         }},
    };
}

}  // namespace

ossl::Pkey curve_key(const char* name)
{
    return ossl::Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", name)};
}

std::vector<Row> forged_chains()
{
    std::vector<Row> out;
    for (auto part : {chains, profile})
        std::ranges::move(part(), std::back_inserter(out));
    return out;
}

}  // namespace satchel::test
