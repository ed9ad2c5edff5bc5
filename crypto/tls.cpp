#include "crypto/tls.hpp"

#include <algorithm>
#include <array>

#include "crypto/hash.hpp"
#include "crypto/openssl.hpp"

namespace satchel::crypto {

namespace {

// What the callbacks of a context go by; kept in the SSL_CTX, which frees it with itself.
struct Rules {
    const Clock* clock = nullptr; // the hub's
    std::optional<HubPin> pin;    // a device's
};

constexpr std::string_view exporter_label = "EXPORTER-satchel-v1";
constexpr int mandatory = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

// Not SSL_CTX_set_app_data(): Asio takes what it finds there for its own and deletes it.
int rules_index()
{
    static const int index = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr,
        [](void*, void* rules, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Rules*>(rules); });
    return index;
}

const Rules& rules_of(SSL* connection)
{
    return *static_cast<const Rules*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), rules_index()));
}

// What both sides share. It may fail only if the library does not know a word of it.
ossl::Context profile(const SSL_METHOD* method)
{
    ossl::Context context{SSL_CTX_new(method)};
    SATCHEL_CHECK(context != nullptr);
    auto* const c = context.get();
    SATCHEL_CHECK(SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1 &&
                  SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) == 1 &&
                  SSL_CTX_set_ciphersuites(c, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
                  SSL_CTX_set1_groups_list(c, "X25519:P-256") == 1 &&
                  SSL_CTX_set1_sigalgs_list(c, "ed25519:ecdsa_secp256r1_sha256") == 1 &&
                  SSL_CTX_set1_client_sigalgs_list(c, "ed25519:ecdsa_secp256r1_sha256") == 1 &&
                  SSL_CTX_set_num_tickets(c, 0) == 1 && SSL_CTX_set_max_early_data(c, 0) == 1);
    SSL_CTX_set_security_level(c, 3);
    SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_max_cert_list(c, 3 * certificate_bytes_max); // read before anybody is authenticated
    SSL_CTX_set_verify(c, mandatory, nullptr);
    auto* const param = SSL_CTX_get0_param(c);
    // One authority between leaf and root. The root's own signature is checked as well: a device knows its key only, so
    // that anything else in a forged root would go unnoticed.
    X509_VERIFY_PARAM_set_depth(param, 1);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    return context;
}

ossl::Certificate parse(ByteView der)
{
    if (der.size() > certificate_bytes_max)
        return {};
    const auto* at = der.data();
    ossl::Certificate out{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    ERR_clear_error();
    return out;
}

Result<void> use_identity(SSL_CTX* context, const TlsIdentity& identity)
{
    for (std::size_t i = 0; i < identity.chain.size(); ++i) {
        const auto certificate = parse(identity.chain[i]);
        const bool used =
            certificate != nullptr && (i == 0 ? SSL_CTX_use_certificate(context, certificate.get()) == 1
                                              : SSL_CTX_add1_chain_cert(context, certificate.get()) == 1);
        if (!used) {
            ERR_clear_error();
            return fail(Errc::bad_certificate, "a certificate of the own chain is not usable");
        }
    }
    if (identity.chain.empty() || SSL_CTX_use_PrivateKey(context, identity.key.handle()) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        ERR_clear_error();
        return fail(Errc::bad_certificate, "the own key and certificate do not belong together");
    }
    return {};
}

// ---- Judging the peer ----

SSL* connection_of(X509_STORE_CTX* store)
{
    return static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

// What the identity parser had against the leaf: OpenSSL's error codes have no words for it. Kept in the SSL.
int objection_index()
{
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr,
        [](void*, void* words, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(words); });
    return index;
}

void keep_objection(SSL* connection, std::string words)
{
    delete static_cast<std::string*>(SSL_get_ex_data(connection, objection_index()));
    SATCHEL_CHECK(SSL_set_ex_data(connection, objection_index(), new std::string(std::move(words))) == 1);
}

// OpenSSL's chain check, then who the leaf says it is. With a code of our own the failure keeps its reason.
int judge(X509_STORE_CTX* store, const Rules& rules)
{
    if (X509_verify_cert(store) <= 0)
        return 0;
    auto* const leaf = X509_STORE_CTX_get0_cert(store);
    const auto refuse = [&](int code, const Error& error) {
        X509_STORE_CTX_set_error(store, code);
        keep_objection(connection_of(store), error.detail);
        return 0;
    };
    if (rules.pin) {
        const auto known = require_hub_identity(leaf, rules.pin->hub_uri);
        return known ? 1 : refuse(X509_V_ERR_HOSTNAME_MISMATCH, known.error());
    }
    const auto known = device_identity(leaf);
    return known ? 1 : refuse(X509_V_ERR_APPLICATION_VERIFICATION, known.error());
}

const Rules& rules_of(X509_STORE_CTX* store)
{
    return rules_of(connection_of(store));
}

int judge_device(X509_STORE_CTX* store, void*)
{
    return judge(store, rules_of(store));
}

// The hub sends its root along; it is trusted if, and only if, its key is the pinned one.
int judge_hub(X509_STORE_CTX* store, void*)
{
    const auto& rules = rules_of(store);
    using Stack =
        std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;
    const Stack trusted{sk_X509_new_null()};
    auto* const sent = X509_STORE_CTX_get0_untrusted(store);
    for (int i = 0; i < sk_X509_num(sent); ++i) {
        auto* const certificate = sk_X509_value(sent, i);
        std::uint8_t* spki = nullptr;
        const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
        if (size <= 0)
            continue;
        const auto hash = sha256(ByteView{spki, static_cast<std::size_t>(size)});
        OPENSSL_free(spki);
        if (hash == rules.pin->root_public_hash)
            sk_X509_push(trusted.get(), certificate);
    }
    if (sk_X509_num(trusted.get()) == 0) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
        return 0;
    }
    X509_STORE_CTX_set0_trusted_stack(store, trusted.get());
    const int judged = judge(store, rules);
    X509_STORE_CTX_set0_trusted_stack(store, nullptr);
    return judged;
}

// ---- Choosing the protocol, on the hub ----

std::optional<TlsProtocol> protocol_named(std::string_view name)
{
    if (name == alpn_sync)
        return TlsProtocol::sync;
    if (name == alpn_enrolment)
        return TlsProtocol::enrolment;
    return {};
}

// Before anything else is done for a stranger: no ALPN, no conversation. Without this a client that leaves the extension
// out would never reach choose_protocol().
int greet(SSL* connection, int* alert, void*)
{
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_application_layer_protocol_negotiation, &data,
                                  &size) != 1) {
        *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
        return SSL_CLIENT_HELLO_ERROR;
    }
    verify_at(connection, rules_of(connection).clock->now());
    return SSL_CLIENT_HELLO_SUCCESS;
}

// Runs on the hello that counts, also after a retry, and before the hub asks for a certificate. A client offers one
// protocol; whoever offers two may want to be judged by one and served by the other.
int choose_protocol(SSL* connection, const std::uint8_t** chosen, std::uint8_t* chosen_size,
                    const std::uint8_t* offered, unsigned offered_size, void*)
{
    SSL_set_verify(connection, mandatory, nullptr);
    if (offered_size < 1 || offered[0] != offered_size - 1)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    const auto protocol = protocol_named({reinterpret_cast<const char*>(offered + 1), offered[0]});
    if (!protocol)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    if (*protocol == TlsProtocol::enrolment)
        SSL_set_verify(connection, SSL_VERIFY_NONE, nullptr);
    *chosen = offered + 1;
    *chosen_size = offered[0];
    return SSL_TLSEXT_ERR_OK;
}

void offer(SSL_CTX* context, std::string_view protocol)
{
    Bytes wire(1 + protocol.size());
    wire[0] = static_cast<std::uint8_t>(protocol.size());
    std::ranges::copy(view(protocol), wire.begin() + 1);
    SATCHEL_CHECK(SSL_CTX_set_alpn_protos(context, wire.data(), static_cast<unsigned>(wire.size())) == 0);
}

TlsContext finish(ossl::Context context, Rules rules)
{
    SATCHEL_CHECK(SSL_CTX_set_ex_data(context.get(), rules_index(), new Rules{std::move(rules)}) == 1);
    return TlsContext{context.release()};
}

TlsContext client_context(ossl::Context context, const HubPin& pin, std::string_view protocol)
{
    SATCHEL_CHECK(X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(context.get()), X509_PURPOSE_SSL_SERVER) ==
                  1);
    SSL_CTX_set_cert_verify_callback(context.get(), judge_hub, nullptr);
    offer(context.get(), protocol);
    return finish(std::move(context), Rules{nullptr, pin});
}

} // namespace

// ---- TlsContext ----

void TlsContext::Deleter::operator()(ssl_ctx_st* context) const noexcept
{
    SSL_CTX_free(context);
}

ssl_ctx_st* TlsContext::retained() const noexcept
{
    SSL_CTX_up_ref(context_.get());
    return context_.get();
}

Result<TlsContext> hub_tls_context(const TlsIdentity& hub, ByteView root_certificate, const Clock& clock)
{
    auto context = profile(TLS_server_method());
    SATCHEL_TRYV(use_identity(context.get(), hub));
    const auto root = parse(root_certificate);
    if (root == nullptr || X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root.get()) != 1)
        return fail(Errc::bad_certificate, "the root certificate is not usable");
    SATCHEL_CHECK(X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(context.get()), X509_PURPOSE_SSL_CLIENT) ==
                  1);
    SSL_CTX_set_cert_verify_callback(context.get(), judge_device, nullptr);
    SSL_CTX_set_client_hello_cb(context.get(), greet, nullptr);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    return finish(std::move(context), Rules{&clock, std::nullopt});
}

Result<TlsContext> device_tls_context(const TlsIdentity& device, const HubPin& pin)
{
    auto context = profile(TLS_client_method());
    SATCHEL_TRYV(use_identity(context.get(), device));
    return client_context(std::move(context), pin, alpn_sync);
}

Result<TlsContext> enrolment_tls_context(const HubPin& pin)
{
    return client_context(profile(TLS_client_method()), pin, alpn_enrolment);
}

void verify_at(ssl_st* connection, std::optional<Instant> when)
{
    auto* const param = SSL_get0_param(connection);
    if (when) {
        X509_VERIFY_PARAM_clear_flags(param, X509_V_FLAG_NO_CHECK_TIME);
        X509_VERIFY_PARAM_set_time(param, static_cast<std::time_t>(when->ms / 1000));
    } else {
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    }
}

// ---- After the handshake ----

Result<TlsProtocol> negotiated_protocol(ssl_st* connection)
{
    const std::uint8_t* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(connection, &name, &size);
    const auto protocol = protocol_named({reinterpret_cast<const char*>(name), size});
    if (SSL_is_init_finished(connection) != 1 || SSL_version(connection) != TLS1_3_VERSION || !protocol)
        return fail(Errc::protocol_violation, "no protocol was agreed on");
    return *protocol;
}

Result<PeerIdentity> peer_identity(ssl_st* connection)
{
    SATCHEL_TRY(const auto protocol, negotiated_protocol(connection));
    auto* const certificate = SSL_get0_peer_certificate(connection);
    if (protocol != TlsProtocol::sync || certificate == nullptr ||
        SSL_get_verify_result(connection) != X509_V_OK || SSL_get_verify_mode(connection) != mandatory)
        return fail(Errc::bad_certificate, "the peer has not shown a certificate");
    SATCHEL_TRY(auto device, device_identity(certificate));
    const auto hash = device.public_hash;
    return PeerIdentity{std::move(device), hash};
}

Result<Digest> channel_binding(ssl_st* connection)
{
    Digest out;
    if (SSL_is_init_finished(connection) != 1 ||
        SSL_export_keying_material(connection, out.data(), out.size(), exporter_label.data(),
                                   exporter_label.size(), nullptr, 0, 0) != 1) {
        ERR_clear_error();
        return fail(Errc::protocol_violation, "the connection is not established");
    }
    return out;
}

std::string certificate_objection(const ssl_st* connection)
{
    if (const auto* const words = static_cast<const std::string*>(SSL_get_ex_data(connection, objection_index())))
        return *words;
    return X509_verify_cert_error_string(SSL_get_verify_result(connection));
}

Error tls_failure(const ssl_st* connection)
{
    const auto error = ERR_peek_error();
    const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
    ERR_clear_error();
    if (SSL_get_verify_result(connection) != X509_V_OK)
        return {Errc::bad_certificate, certificate_objection(connection), BOOST_CURRENT_LOCATION};
    return {Errc::protocol_violation, reason == nullptr ? "the connection failed" : reason,
            BOOST_CURRENT_LOCATION};
}

} // namespace satchel::crypto
