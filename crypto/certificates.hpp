// The private PKI: a root, one issuing authority per agency and one for the hub, and their leaves.
//
//   root (10 years)
//   ├── police.north.satchel.invalid     constrained to that URI host, EKU clientAuth, no CA below it
//   │   └── device leaf                  URI spiffe://police.north.satchel.invalid/device/<credential>
//   └── hub.north.satchel.invalid        constrained likewise, EKU serverAuth
//       └── hub leaf                     URI spiffe://hub.north.satchel.invalid/hub
//
// Each agency is a trust domain (URI host) of its own, because RFC 5280 name constraints look at the host only: an
// agency's stolen issuing key can mint devices of that agency and nothing else. Keys are P-256. A certificate says who
// a device is and nothing about roles, which change faster and are looked up at the hub.
//
// Times come from the caller's clock, keys and serial numbers from its Random. Certificates and requests are DER.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/secret.hpp"
#include "crypto/signing.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/ports.hpp"
#include "schema/base/result.hpp"
#include "schema/base/time.hpp"

struct x509_st; // OpenSSL's X509

namespace satchel::crypto {

inline constexpr std::size_t certificate_bytes_max = 4096;
inline constexpr std::size_t request_bytes_max = 2048;
inline constexpr std::size_t root_signature_bytes_max = 72;

// A P-256 key pair for certificates and TLS. Move-only; const members from any number of threads.
class CertificateKey {
public:
    static CertificateKey generate(Random& random);
    static Result<CertificateKey> from_der(const SecretBytes& der); // malformed for anything but a P-256 key

    [[nodiscard]] SecretBytes der() const;
    [[nodiscard]] Bytes public_der() const;   // SubjectPublicKeyInfo
    [[nodiscard]] Digest public_hash() const; // SHA-256 of it: the pin and the registry's mark
    [[nodiscard]] evp_pkey_st* handle() const noexcept { return key_.get(); }

private:
    explicit CertificateKey(KeyHandle key) noexcept : key_(std::move(key)) {}
    KeyHandle key_;
};

// PEM in and out. certificates_from_pem: malformed, too_large (more than max, or one above certificate_bytes_max).
std::string certificate_to_pem(ByteView der);
Result<std::vector<Bytes>> certificates_from_pem(std::string_view pem, std::size_t max = 4);
// SHA-256 of the SubjectPublicKeyInfo of a certificate; malformed.
Result<Digest> public_hash_of(ByteView certificate);

// A label of a trust domain: a-z, 0-9 and inner hyphens, at most 32. Agencies of the policy and areas become labels.
[[nodiscard]] bool is_label(std::string_view text) noexcept;
// Did the key of this certificate sign the message (RootAuthority::sign)? False for any defect, of the certificate too. Says nothing
// about whose certificate it is, or until when: compare public_hash_of() with the pin.
[[nodiscard]] bool signed_by(ByteView certificate, ByteView message, ByteView signature);

// The label of a free-form name ("North Shire" -> "north-shire"); invalid_argument when nothing is left of it.
Result<std::string> label_of(std::string_view name);

[[nodiscard]] std::string hub_uri(std::string_view area_label);

// ---- Certificate requests ----

Bytes make_csr(const CertificateKey& key);

// A request whose sender has proved to hold the private key. Its subject and the extensions it asks for are not even
// kept: a certificate is filled from the device's record.
class VerifiedRequest {
public:
    // malformed, too_large, or bad_signature without proof of possession; refused for another kind of key than P-256.
    static Result<VerifiedRequest> parse(ByteView der);
    [[nodiscard]] const Bytes& public_der() const noexcept { return public_der_; }
    [[nodiscard]] Digest public_hash() const noexcept;

private:
    explicit VerifiedRequest(Bytes public_der) noexcept : public_der_(std::move(public_der)) {}
    Bytes public_der_;
};

inline Result<VerifiedRequest> parse_and_verify_csr(ByteView der)
{
    return VerifiedRequest::parse(der);
}

// ---- Authorities ----

inline constexpr std::chrono::hours root_life{24 * 3652};
inline constexpr std::chrono::hours authority_life{24 * 730};
inline constexpr std::chrono::hours leaf_life{24 * 7};

// Issues the leaves of one trust domain. Its life is bounded by its own: no leaf outlives its authority.
class IssuingAuthority {
public:
    // bad_certificate when it is no issuing authority, or key and certificate do not belong together.
    static Result<IssuingAuthority> load(ByteView certificate, const SecretBytes& key);

    [[nodiscard]] const Bytes& certificate() const noexcept { return certificate_; }
    [[nodiscard]] SecretBytes key() const { return key_.der(); }
    [[nodiscard]] const std::string& name() const noexcept { return name_; } // the agency's label, or "hub"
    [[nodiscard]] const std::string& area() const noexcept { return area_; }

    // bug on the hub's authority, and the other way round.
    Result<Bytes> issue_device(const VerifiedRequest& request, const CredentialId& credential, Instant now,
                               Random& random, std::chrono::hours life = leaf_life) const;
    Result<Bytes> issue_hub(const CertificateKey& key, Instant now, Random& random,
                            std::chrono::hours life = authority_life) const;

private:
    friend class RootAuthority;
    IssuingAuthority(CertificateKey key, Bytes certificate, std::string name, std::string area)
        : key_(std::move(key)), certificate_(std::move(certificate)), name_(std::move(name)),
          area_(std::move(area))
    {
    }
    CertificateKey key_;
    Bytes certificate_;
    std::string name_;
    std::string area_;
};

class RootAuthority {
public:
    static Result<RootAuthority> create(std::string_view area_label, Instant now, Random& random);
    static Result<RootAuthority> load(ByteView certificate, const SecretBytes& key);

    [[nodiscard]] const Bytes& certificate() const noexcept { return certificate_; }
    [[nodiscard]] SecretBytes key() const { return key_.der(); }
    [[nodiscard]] const std::string& area() const noexcept { return area_; }
    [[nodiscard]] Digest public_hash() const { return key_.public_hash(); } // what enrolment files pin

    // The authority of an agency, constrained to its own trust domain; invalid_argument for no label, or "hub".
    Result<IssuingAuthority> issue_agency(std::string_view agency_label, Instant now, Random& random) const;
    Result<IssuingAuthority> issue_hub_authority(Instant now, Random& random) const;

    // ECDSA with SHA-256, DER. The message begins with its purpose in letters, as in signing.hpp: what a certificate signs begins
    // with 0x30 and can never be taken for one.
    [[nodiscard]] Bytes sign(ByteView message) const;

private:
    RootAuthority(CertificateKey key, Bytes certificate, std::string area)
        : key_(std::move(key)), certificate_(std::move(certificate)), area_(std::move(area))
    {
    }
    Result<IssuingAuthority> issue(std::string_view name, bool for_devices, Instant now,
                                   Random& random) const;
    CertificateKey key_;
    Bytes certificate_;
    std::string area_;
};

// ---- Who a certificate speaks of ----

struct DeviceIdentity {
    std::string agency; // label
    std::string area;   // label
    CredentialId credential;
    Digest public_hash{}; // of its key, as public_hash_of() says it

    bool operator==(const DeviceIdentity&) const = default;
};

// Reads the one URI of a device's leaf. Strict, since lenient parsers of names are how certificates get forged: exactly
// one subject alternative name, a URI in ASCII lower case of exactly the form above; EKU exactly clientAuth; key usage
// exactly digitalSignature; CA:FALSE stated, both critical; P-256; no extension that we never write. bad_certificate names
// what is wrong. Says nothing about the chain.
Result<DeviceIdentity> device_identity(ByteView certificate);
Result<DeviceIdentity> device_identity(x509_st* certificate);
// The same for the hub's leaf (serverAuth) with exactly this URI.
Result<void> require_hub_identity(x509_st* certificate, std::string_view uri);

} // namespace satchel::crypto
