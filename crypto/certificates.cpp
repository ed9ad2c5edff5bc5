#include "crypto/certificates.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "crypto/hash.hpp"
#include "crypto/openssl.hpp"

namespace satchel::crypto {
namespace {

constexpr std::string_view base_domain = "satchel.invalid"; // reserved: can never be a name in the public DNS
constexpr std::string_view hub_label = "hub";
constexpr std::chrono::minutes backdate{5}; // for verifiers whose clock is a little behind the issuer's

tl::unexpected<Error> bad(std::string detail)
{
    return fail(Errc::bad_certificate, std::move(detail));
}

// ---- Keys ----

bool is_p256(EVP_PKEY* key)
{
    std::array<char, 32> group{};
    std::size_t size = 0;
    return key != nullptr && EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
           std::string_view{group.data(), size} == SN_X9_62_prime256v1;
}

Bytes spki_of(EVP_PKEY* key)
{
    std::uint8_t* data = nullptr;
    const int size = i2d_PUBKEY(key, &data);
    SATCHEL_CHECK(size > 0);
    Bytes out(data, data + size);
    OPENSSL_free(data);
    return out;
}

KeyHandle key_of_spki(ByteView der)
{
    const auto* at = der.data();
    KeyHandle key{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
    SATCHEL_CHECK(key != nullptr);
    return key;
}

// From the caller's randomness, not OpenSSL's, so that a simulated run makes the same keys again.
KeyHandle p256_from_scalar(ByteView scalar_bytes)
{
    using Group = std::unique_ptr<EC_GROUP, ossl::Freer<EC_GROUP_free>>;
    using Point = std::unique_ptr<EC_POINT, ossl::Freer<EC_POINT_free>>;
    using Number = std::unique_ptr<BIGNUM, ossl::Freer<BN_clear_free>>;
    using Builder = std::unique_ptr<OSSL_PARAM_BLD, ossl::Freer<OSSL_PARAM_BLD_free>>;
    using Params = std::unique_ptr<OSSL_PARAM, ossl::Freer<OSSL_PARAM_free>>;
    const Group group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
    const Number scalar{BN_secure_new()};
    SATCHEL_CHECK(group && scalar &&
                  BN_bin2bn(scalar_bytes.data(), static_cast<int>(scalar_bytes.size()), scalar.get()) !=
                      nullptr);
    BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
    if (BN_is_zero(scalar.get()) || BN_cmp(scalar.get(), EC_GROUP_get0_order(group.get())) >= 0)
        return {};
    const Point point{EC_POINT_new(group.get())};
    std::array<std::uint8_t, 65> encoded;
    SATCHEL_CHECK(point &&
                  EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr, nullptr) == 1 &&
                  EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                                     encoded.size(), nullptr) == encoded.size());
    const Builder builder{OSSL_PARAM_BLD_new()};
    SATCHEL_CHECK(builder &&
                  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                                  SN_X9_62_prime256v1, 0) == 1 &&
                  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                                   encoded.size()) == 1 &&
                  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) == 1);
    const Params params{OSSL_PARAM_BLD_to_param(builder.get())};
    const ossl::PkeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
    EVP_PKEY* key = nullptr;
    SATCHEL_CHECK(params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) == 1);
    return KeyHandle{key};
}

// ---- Reading ----

// Exactly one certificate and nothing behind it.
ossl::Certificate parse_certificate(ByteView der)
{
    if (der.empty() || der.size() > certificate_bytes_max)
        return {};
    const auto* at = der.data();
    ossl::Certificate out{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    ERR_clear_error();
    if (out != nullptr && at != der.data() + der.size())
        out.reset();
    return out;
}

// As the certificate has it: writing it again from the parsed key gives the same bytes and takes as long as all the rest.
Digest key_hash_of(X509* certificate)
{
    std::uint8_t* data = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &data);
    SATCHEL_CHECK(size > 0);
    const auto out = sha256({data, static_cast<std::size_t>(size)});
    OPENSSL_free(data);
    return out;
}

Bytes der_of(X509* certificate)
{
    std::uint8_t* data = nullptr;
    const int size = i2d_X509(certificate, &data);
    SATCHEL_CHECK(size > 0);
    Bytes out(data, data + size);
    OPENSSL_free(data);
    return out;
}

// The URI of a leaf that has exactly one name and may do exactly one thing.
Result<std::string> only_uri(X509* certificate, int wanted_eku)
{
    if (X509_get_version(certificate) != X509_VERSION_3)
        return bad("not an X.509 version 3 certificate");
    if (!is_p256(X509_get0_pubkey(certificate)))
        return bad("its key is not a P-256 key");
    constexpr std::array ours{NID_basic_constraints,      NID_key_usage,
                              NID_ext_key_usage,          NID_subject_alt_name,
                              NID_subject_key_identifier, NID_authority_key_identifier};
    for (int i = 0; i < X509_get_ext_count(certificate); ++i)
        if (std::ranges::find(ours, OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(certificate, i)))) ==
            ours.end())
            return bad("it has an extension that our authorities never write");
    const auto is_critical = [certificate](int nid) {
        const int at = X509_get_ext_by_NID(certificate, nid, -1);
        return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) == 1;
    };
    const auto flags = X509_get_extension_flags(certificate);
    if ((flags & EXFLAG_INVALID) != 0)
        return bad("its extensions do not parse");
    if ((flags & EXFLAG_BCONS) == 0 || (flags & EXFLAG_CA) != 0)
        return bad("it may act as an authority");
    if ((flags & EXFLAG_KUSAGE) == 0 || X509_get_key_usage(certificate) != KU_DIGITAL_SIGNATURE)
        return bad("its key usage is not exactly digitalSignature");
    if (!is_critical(NID_basic_constraints) || !is_critical(NID_key_usage))
        return bad("its basic constraints and key usage are not critical");

    using Usages = std::unique_ptr<EXTENDED_KEY_USAGE, ossl::Freer<EXTENDED_KEY_USAGE_free>>;
    const Usages usages{
        static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr))};
    if (usages == nullptr || sk_ASN1_OBJECT_num(usages.get()) != 1 ||
        OBJ_obj2nid(sk_ASN1_OBJECT_value(usages.get(), 0)) != wanted_eku)
        return bad("its extended key usage is not exactly the one wanted");

    int critical = -1; // -2 when the extension is there twice
    const ossl::GeneralNames names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr))};
    if (names == nullptr || critical != 1)
        return bad("it has no critical subject alternative name");
    if (sk_GENERAL_NAME_num(names.get()) != 1)
        return bad("it has more than one subject alternative name");
    const auto* const only = sk_GENERAL_NAME_value(names.get(), 0);
    if (only->type != GEN_URI)
        return bad("its subject alternative name is not a URI");
    const auto* const uri = only->d.uniformResourceIdentifier;
    const std::string_view text{reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri))};
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/' ||
               c == ':';
    };
    if (text.size() > 200 || !std::ranges::all_of(text, allowed))
        return bad("its URI has characters that no identity of ours has");
    return std::string{text};
}

struct Domain {
    std::string name;
    std::string area;
};

std::string host_of(std::string_view name, std::string_view area)
{
    return std::string{name} + "." + std::string{area} + "." + std::string{base_domain};
}

Result<Domain> parse_host(std::string_view host)
{
    const auto first = host.find('.');
    const auto second = first == std::string_view::npos ? first : host.find('.', first + 1);
    if (second == std::string_view::npos || host.substr(second + 1) != base_domain)
        return bad("its trust domain is not one of ours");
    Domain out{std::string{host.substr(0, first)}, std::string{host.substr(first + 1, second - first - 1)}};
    if (!is_label(out.name) || !is_label(out.area))
        return bad("its trust domain is not one of ours");
    return out;
}

std::string common_name(X509* certificate)
{
    std::array<char, 200> out{};
    const int n = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, out.data(),
                                            static_cast<int>(out.size()));
    return n > 0 ? std::string{out.data(), static_cast<std::size_t>(n)} : std::string{};
}

// ---- Writing ----

struct Extension {
    int nid;
    std::string value;
};

struct Blank {
    std::string common_name;
    EVP_PKEY* subject_key;
    X509* issuer; // null: self-signed
    EVP_PKEY* issuer_key;
    Instant now;
    std::chrono::hours life;
    std::vector<Extension> extensions;
};

void set_time(ASN1_TIME* into, std::int64_t ms)
{
    SATCHEL_CHECK(ASN1_TIME_set(into, static_cast<std::time_t>(ms / 1000)) != nullptr);
}

Result<Instant> not_after(X509* certificate)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1)
        return bad("its end of life does not parse");
    return Instant{static_cast<std::int64_t>(::timegm(&parts)) * 1000};
}

Result<Bytes> issue(const Blank& blank, Random& random)
{
    // Years 1970 to 9999: what X.509 can write.
    constexpr std::int64_t last_ms = 253'402'300'799'000;
    const auto begin = blank.now.ms - std::chrono::milliseconds(backdate).count();
    auto end = blank.now.ms + std::chrono::milliseconds(blank.life).count();
    if (begin < 0 || end > last_ms || blank.life <= std::chrono::hours(0))
        return fail(Errc::invalid_argument, "a certificate cannot be valid at that time");
    if (blank.issuer != nullptr) {
        SATCHEL_TRY(const auto issuer_end, not_after(blank.issuer));
        end = std::min(end, issuer_end.ms);
        if (end <= blank.now.ms)
            return bad("the issuing authority has expired");
    }

    std::array<std::uint8_t, 16> serial;
    random.fill(serial);
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3f) | 0x40); // positive and of full length
    using Number = std::unique_ptr<BIGNUM, ossl::Freer<BN_free>>;
    const Number number{BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr)};

    const ossl::Certificate certificate{X509_new()};
    const ossl::Name subject{X509_NAME_new()};
    SATCHEL_CHECK(certificate && subject && number);
    SATCHEL_CHECK(X509_NAME_add_entry_by_NID(subject.get(), NID_commonName, MBSTRING_ASC,
                                             reinterpret_cast<const std::uint8_t*>(blank.common_name.data()),
                                             static_cast<int>(blank.common_name.size()), -1, 0) == 1);
    auto* const self = certificate.get();
    auto* const issuer = blank.issuer == nullptr ? self : blank.issuer;
    SATCHEL_CHECK(X509_set_version(self, X509_VERSION_3) == 1 &&
                  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(self)) != nullptr &&
                  X509_set_subject_name(self, subject.get()) == 1 &&
                  X509_set_issuer_name(self, X509_get_subject_name(issuer)) == 1 &&
                  X509_set_pubkey(self, blank.subject_key) == 1);
    set_time(X509_getm_notBefore(self), begin);
    set_time(X509_getm_notAfter(self), end);

    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, self, nullptr, nullptr, 0);
    for (const auto& wanted : blank.extensions) {
        const ossl::Extension extension{
            X509V3_EXT_conf_nid(nullptr, &context, wanted.nid, wanted.value.c_str())};
        SATCHEL_CHECK(extension != nullptr && X509_add_ext(self, extension.get(), -1) == 1);
    }
    SATCHEL_CHECK(X509_sign(self, blank.issuer_key, EVP_sha256()) > 0);
    return der_of(self);
}

std::vector<Extension> leaf_extensions(const std::string& uri, const char* usage)
{
    return {{NID_basic_constraints, "critical,CA:FALSE"},
            {NID_key_usage, "critical,digitalSignature"},
            {NID_ext_key_usage, usage},
            {NID_subject_alt_name, "critical,URI:" + uri},
            {NID_subject_key_identifier, "hash"},
            {NID_authority_key_identifier, "keyid:always"}};
}

struct LoadedAuthority {
    CertificateKey key;
    ossl::Certificate certificate;
};

Result<LoadedAuthority> load_authority(ByteView der, const SecretBytes& key_der)
{
    auto certificate = parse_certificate(der);
    if (certificate == nullptr)
        return bad("not a certificate");
    SATCHEL_TRY(auto key, CertificateKey::from_der(key_der));
    if (X509_check_ca(certificate.get()) != 1)
        return bad("not an authority's certificate");
    if (X509_check_private_key(certificate.get(), key.handle()) != 1) {
        ERR_clear_error();
        return bad("the authority's key and certificate do not belong together");
    }
    return LoadedAuthority{std::move(key), std::move(certificate)};
}

} // namespace

// ---- CertificateKey ----

CertificateKey CertificateKey::generate(Random& random)
{
    for (;;) { // one scalar in four thousand million is out of range
        const auto scalar = SecretBytes::random(random, 32);
        if (auto key = p256_from_scalar(scalar.reveal()))
            return CertificateKey{std::move(key)};
    }
}

Result<CertificateKey> CertificateKey::from_der(const SecretBytes& der)
{
    const auto* at = der.reveal().data();
    KeyHandle key{der.empty() ? nullptr : d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()))};
    ERR_clear_error();
    if (key == nullptr || at != der.reveal().data() + der.size() || !is_p256(key.get()))
        return fail(Errc::malformed, "not a P-256 private key");
    return CertificateKey{std::move(key)};
}

SecretBytes CertificateKey::der() const
{
    std::uint8_t* data = nullptr;
    const int size = i2d_PrivateKey(key_.get(), &data);
    SATCHEL_CHECK(size > 0);
    auto out = SecretBytes::copy_of({data, static_cast<std::size_t>(size)});
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    return out;
}

Bytes CertificateKey::public_der() const
{
    return spki_of(key_.get());
}
Digest CertificateKey::public_hash() const
{
    return sha256(public_der());
}

// ---- PEM, labels ----

std::string certificate_to_pem(ByteView der)
{
    const ossl::Bio out{BIO_new(BIO_s_mem())};
    SATCHEL_CHECK(
        out && PEM_write_bio(out.get(), PEM_STRING_X509, "", der.data(), static_cast<long>(der.size())) > 0);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

Result<std::vector<Bytes>> certificates_from_pem(std::string_view pem, std::size_t max)
{
    if (pem.size() > max * 2 * certificate_bytes_max)
        return fail(Errc::too_large, "more certificates than expected");
    const ossl::Bio in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    SATCHEL_CHECK(in != nullptr);
    std::vector<Bytes> out;
    for (;;) {
        char* name = nullptr;
        char* header = nullptr;
        std::uint8_t* data = nullptr;
        long size = 0;
        if (PEM_read_bio(in.get(), &name, &header, &data, &size) != 1) {
            const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            ERR_clear_error();
            if (!ended || out.empty())
                return fail(Errc::malformed, "not PEM certificates");
            return out;
        }
        const bool is_certificate = std::string_view{name} == PEM_STRING_X509 && *header == '\0';
        Bytes der(data, data + size);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
        if (out.size() == max || der.size() > certificate_bytes_max)
            return fail(Errc::too_large, "more certificates than expected");
        if (!is_certificate || parse_certificate(der) == nullptr)
            return fail(Errc::malformed, "not PEM certificates");
        out.push_back(std::move(der));
    }
}

Result<Digest> public_hash_of(ByteView certificate)
{
    const auto parsed = parse_certificate(certificate);
    if (parsed == nullptr || X509_get0_pubkey(parsed.get()) == nullptr)
        return fail(Errc::malformed, "not a certificate");
    return key_hash_of(parsed.get());
}

bool is_label(std::string_view text) noexcept
{
    const auto ok = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, ok) && text.front() != '-' &&
           text.back() != '-';
}

Result<std::string> label_of(std::string_view name)
{
    std::string out;
    for (const char c : name) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out += c;
        else if (c >= 'A' && c <= 'Z')
            out += static_cast<char>(c - 'A' + 'a');
        else if (!out.empty() && out.back() != '-')
            out += '-';
    }
    out = out.substr(0, 32);
    while (!out.empty() && out.back() == '-')
        out.pop_back();
    if (!is_label(out))
        return fail(Errc::invalid_argument, "a name needs at least one letter a-z or digit");
    return out;
}

std::string hub_uri(std::string_view area_label)
{
    return "spiffe://" + host_of(hub_label, area_label) + "/hub";
}

// ---- Requests ----

Bytes make_csr(const CertificateKey& key)
{
    const ossl::Request request{X509_REQ_new()};
    SATCHEL_CHECK(request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                  X509_REQ_set_pubkey(request.get(), key.handle()) == 1 &&
                  X509_REQ_sign(request.get(), key.handle(), EVP_sha256()) > 0);
    std::uint8_t* data = nullptr;
    const int size = i2d_X509_REQ(request.get(), &data);
    SATCHEL_CHECK(size > 0);
    Bytes out(data, data + size);
    OPENSSL_free(data);
    return out;
}

Result<VerifiedRequest> VerifiedRequest::parse(ByteView der)
{
    if (der.size() > request_bytes_max)
        return fail(Errc::too_large, "a certificate request is longer than 2048 bytes");
    const auto* at = der.data();
    const ossl::Request request{der.empty() ? nullptr
                                            : d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size()))};
    auto* const key = request == nullptr ? nullptr : X509_REQ_get0_pubkey(request.get());
    ERR_clear_error();
    if (key == nullptr || at != der.data() + der.size())
        return fail(Errc::malformed, "not a certificate request");
    if (!is_p256(key))
        return fail(Errc::refused, "the request's key is not a P-256 key");
    const bool proved = X509_REQ_verify(request.get(), key) == 1;
    ERR_clear_error();
    if (!proved)
        return fail(Errc::bad_signature, "the request is not signed by its own key");
    return VerifiedRequest{spki_of(key)};
}

Digest VerifiedRequest::public_hash() const noexcept
{
    return sha256(public_der_);
}

// ---- Authorities ----

Result<RootAuthority> RootAuthority::create(std::string_view area_label, Instant now, Random& random)
{
    if (!is_label(area_label))
        return fail(Errc::invalid_argument, "an area's label has a-z, 0-9 and inner hyphens only");
    auto key = CertificateKey::generate(random);
    const std::string area{area_label};
    Blank blank{
        area + "." + std::string{base_domain}, key.handle(), nullptr, key.handle(), now, root_life, {}};
    blank.extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:1"},
                        {NID_key_usage, "critical,keyCertSign,cRLSign"},
                        {NID_subject_key_identifier, "hash"}};
    SATCHEL_TRY(auto certificate, crypto::issue(blank, random));
    return RootAuthority{std::move(key), std::move(certificate), area};
}

Result<RootAuthority> RootAuthority::load(ByteView certificate, const SecretBytes& key)
{
    SATCHEL_TRY(auto loaded, load_authority(certificate, key));
    const auto name = common_name(loaded.certificate.get());
    const auto dot = name.find('.');
    if (dot == std::string::npos || name.substr(dot + 1) != base_domain || !is_label(name.substr(0, dot)) ||
        X509_self_signed(loaded.certificate.get(), /*verify_signature=*/1) != 1)
        return bad("not a root authority");
    return RootAuthority{
        std::move(loaded.key), {certificate.begin(), certificate.end()}, name.substr(0, dot)};
}

Result<IssuingAuthority> RootAuthority::issue_agency(std::string_view agency_label, Instant now,
                                                     Random& random) const
{
    if (!is_label(agency_label) || agency_label == hub_label)
        return fail(Errc::invalid_argument,
                    "an agency's label has a-z, 0-9 and inner hyphens, and is not hub");
    return issue(agency_label, /*for_devices=*/true, now, random);
}

Result<IssuingAuthority> RootAuthority::issue_hub_authority(Instant now, Random& random) const
{
    return issue(hub_label, /*for_devices=*/false, now, random);
}

Result<IssuingAuthority> RootAuthority::issue(std::string_view name, bool for_devices, Instant now,
                                              Random& random) const
{
    auto key = CertificateKey::generate(random);
    const auto root = parse_certificate(certificate_);
    const auto host = host_of(name, area_);
    Blank blank{host, key.handle(), root.get(), key_.handle(), now, authority_life, {}};
    blank.extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                        {NID_key_usage, "critical,keyCertSign,cRLSign"},
                        {NID_ext_key_usage, for_devices ? "clientAuth" : "serverAuth"},
                        {NID_name_constraints, "critical,permitted;URI:" + host},
                        {NID_subject_key_identifier, "hash"},
                        {NID_authority_key_identifier, "keyid:always"}};
    SATCHEL_TRY(auto certificate, crypto::issue(blank, random));
    return IssuingAuthority{std::move(key), std::move(certificate), std::string{name}, area_};
}

Bytes RootAuthority::sign(ByteView message) const
{
    SATCHEL_CHECK(!message.empty() && message.front() != certificate_.front());
    const ossl::MdContext context{EVP_MD_CTX_new()};
    Bytes out(root_signature_bytes_max);
    std::size_t size = out.size();
    SATCHEL_CHECK(context &&
                  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.handle()) == 1 &&
                  EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1);
    out.resize(size);
    return out;
}

bool signed_by(ByteView certificate, ByteView message, ByteView signature)
{
    const auto parsed = parse_certificate(certificate);
    auto* const key = parsed ? X509_get0_pubkey(parsed.get()) : nullptr;
    if (!is_p256(key) || signature.size() > root_signature_bytes_max)
        return false;
    const ossl::MdContext context{EVP_MD_CTX_new()};
    SATCHEL_CHECK(context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1);
    const bool holds = EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
    ERR_clear_error();
    return holds;
}

Result<IssuingAuthority> IssuingAuthority::load(ByteView certificate, const SecretBytes& key)
{
    SATCHEL_TRY(auto loaded, load_authority(certificate, key));
    SATCHEL_TRY(auto domain, parse_host(common_name(loaded.certificate.get())));
    return IssuingAuthority{std::move(loaded.key),
                            {certificate.begin(), certificate.end()},
                            std::move(domain.name),
                            std::move(domain.area)};
}

Result<Bytes> IssuingAuthority::issue_device(const VerifiedRequest& request, const CredentialId& credential,
                                             Instant now, Random& random, std::chrono::hours life) const
{
    if (name_ == hub_label)
        return fail(Errc::bug, "the hub's authority issues no device");
    const auto subject_key = key_of_spki(request.public_der());
    const auto issuer = parse_certificate(certificate_);
    const auto uri = "spiffe://" + host_of(name_, area_) + "/device/" + to_string(credential);
    return crypto::issue({to_string(credential), subject_key.get(), issuer.get(), key_.handle(), now, life,
                          leaf_extensions(uri, "clientAuth")},
                         random);
}

Result<Bytes> IssuingAuthority::issue_hub(const CertificateKey& key, Instant now, Random& random,
                                          std::chrono::hours life) const
{
    if (name_ != hub_label)
        return fail(Errc::bug, "an agency's authority issues no hub");
    const auto issuer = parse_certificate(certificate_);
    return crypto::issue({"hub", key.handle(), issuer.get(), key_.handle(), now, life,
                          leaf_extensions(hub_uri(area_), "serverAuth")},
                         random);
}

// ---- Identities ----

Result<DeviceIdentity> device_identity(x509_st* certificate)
{
    SATCHEL_TRY(const auto uri, only_uri(certificate, NID_client_auth));
    constexpr std::string_view scheme = "spiffe://";
    constexpr std::string_view middle = "/device/";
    const std::string_view whole = uri;
    if (!whole.starts_with(scheme))
        return bad("its URI is no device's");
    const auto slash = whole.find('/', scheme.size());
    if (slash == std::string_view::npos || whole.substr(slash, middle.size()) != middle)
        return bad("its URI is no device's");
    SATCHEL_TRY(auto domain, parse_host(whole.substr(scheme.size(), slash - scheme.size())));
    const auto credential = parse_id<CredentialId>(whole.substr(slash + middle.size()));
    if (!credential || domain.name == hub_label)
        return bad("its URI is no device's");
    return DeviceIdentity{std::move(domain.name), std::move(domain.area), *credential, key_hash_of(certificate)};
}

Result<DeviceIdentity> device_identity(ByteView certificate)
{
    const auto parsed = parse_certificate(certificate);
    if (parsed == nullptr)
        return bad("not a certificate");
    return device_identity(parsed.get());
}

Result<void> require_hub_identity(x509_st* certificate, std::string_view uri)
{
    SATCHEL_TRY(const auto found, only_uri(certificate, NID_server_auth));
    if (found != uri)
        return bad("it is not the hub of this area");
    return {};
}

} // namespace satchel::crypto
