// A small PKI (area "north": police, probation, a hub), and a forger who holds an authority's key and writes whatever
// certificate they like with it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/certificates.hpp"
#include "crypto/openssl.hpp"
#include "tests/unit/crypto/fixed_random.hpp"

namespace satchel::crypto {

class FakeClock final : public Clock {
public:
    explicit FakeClock(Instant now) : now_(now) {}
    [[nodiscard]] Instant now() const override { return now_; }
    void set(Instant now) { now_ = now; }

private:
    Instant now_;
};

inline Instant after(Instant start, std::chrono::milliseconds by)
{
    return {start.ms + by.count()};
}

template <class T>
std::string outcome(const Result<T>& result)
{
    return result ? "ok" : std::string{name(result.error().code)};
}

struct Forgery {
    std::vector<std::pair<int, std::string>> extensions;
    long version = X509_VERSION_3;
    std::chrono::hours starts{-1};
    std::chrono::hours ends{24};
    const EVP_MD* digest = EVP_sha256();
    std::string common_name = "forged";
};

inline ossl::Certificate parsed(ByteView der)
{
    const auto* at = der.data();
    return ossl::Certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
}

// A certificate for `subject`, signed by `issuer_key` in the name of `issuer`; an empty issuer: self-signed.
inline Bytes forge(const Forgery& wish, EVP_PKEY* subject, ByteView issuer, EVP_PKEY* issuer_key, Instant now)
{
    const ossl::Certificate certificate{X509_new()};
    const auto issuer_certificate = issuer.empty() ? ossl::Certificate{} : parsed(issuer);
    auto* const self = certificate.get();
    auto* const from = issuer.empty() ? self : issuer_certificate.get();
    X509_set_version(self, wish.version);
    ASN1_INTEGER_set(X509_get_serialNumber(self), 77);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(self), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(self, X509_get_subject_name(from));
    X509_set_pubkey(self, subject);
    ASN1_TIME_set(X509_getm_notBefore(self), after(now, wish.starts).ms / 1000);
    ASN1_TIME_set(X509_getm_notAfter(self), after(now, wish.ends).ms / 1000);
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, from, self, nullptr, nullptr, 0);
    for (const auto& [nid, value] : wish.extensions) {
        const ossl::Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
        EXPECT_NE(extension, nullptr) << value;
        X509_add_ext(self, extension.get(), -1);
    }
    EXPECT_GT(X509_sign(self, issuer_key, wish.digest), 0);
    std::uint8_t* data = nullptr;
    const int size = i2d_X509(self, &data);
    Bytes out(data, data + size);
    OPENSSL_free(data);
    return out;
}
inline Bytes forge(const Forgery& wish, EVP_PKEY* subject, ByteView issuer, const SecretBytes& issuer_key,
                   Instant now)
{
    return forge(wish, subject, issuer, CertificateKey::from_der(issuer_key)->handle(), now);
}

class PkiTest : public testing::Test {
protected:
    struct Device {
        CertificateKey key;
        Bytes certificate;
    };
    Device device_of(const IssuingAuthority& authority)
    {
        auto key = CertificateKey::generate(random_);
        const auto request = *parse_and_verify_csr(make_csr(key));
        auto certificate = *authority.issue_device(request, credential_, clock_.now(), random_);
        return {std::move(key), std::move(certificate)};
    }

    // What a well-formed device leaf carries; the tests take pieces out and put others in.
    [[nodiscard]] std::string device_uri(const std::string& host = "police.north.satchel.invalid") const
    {
        return "spiffe://" + host + "/device/" + to_string(credential_);
    }
    [[nodiscard]] Forgery device_leaf(const std::string& names) const
    {
        Forgery out;
        out.extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                          {NID_key_usage, "critical,digitalSignature"},
                          {NID_ext_key_usage, "clientAuth"},
                          {NID_subject_key_identifier, "hash"},
                          {NID_authority_key_identifier, "keyid:always"}};
        if (!names.empty())
            out.extensions.emplace_back(NID_subject_alt_name, names);
        return out;
    }
    static void replace(Forgery& forgery, int nid, const std::optional<std::string>& value)
    {
        std::erase_if(forgery.extensions, [nid](const auto& extension) { return extension.first == nid; });
        if (value)
            forgery.extensions.emplace_back(nid, *value);
    }
    Bytes forged(const Forgery& wish, const CertificateKey& subject, const IssuingAuthority& by)
    {
        return forge(wish, subject.handle(), by.certificate(), by.key(), clock_.now());
    }

    FakeRandom random_{42};
    FakeClock clock_{*parse_instant("2026-03-01T09:00:00Z")};
    CredentialId credential_ = random_id<CredentialId>(random_);
    RootAuthority root_ = *RootAuthority::create("north", clock_.now(), random_);
    IssuingAuthority police_ = *root_.issue_agency("police", clock_.now(), random_);
    IssuingAuthority probation_ = *root_.issue_agency("probation", clock_.now(), random_);
    IssuingAuthority hub_authority_ = *root_.issue_hub_authority(clock_.now(), random_);
    CertificateKey hub_key_ = CertificateKey::generate(random_);
    Bytes hub_ = *hub_authority_.issue_hub(hub_key_, clock_.now(), random_);
};

} // namespace satchel::crypto
