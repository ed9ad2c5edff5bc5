// Who holds which keys, signed by the agency: the record of a credential, and the proof of an enrolment code.
//
// Readers keep the signed records. Authorship of a changeset is judged by the key in the record, and agency and user are
// taken from it, never from the changeset: a device that claims another agency is refused by everybody who reads.
#pragma once

#include <string>
#include <string_view>

#include "crypto/certificates.hpp"
#include "crypto/secret.hpp"
#include "crypto/signing.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/ports.hpp"
#include "schema/base/result.hpp"

namespace satchel::crypto {

struct CredentialRecord {
    CredentialId credential;
    IncarnationId incarnation;
    UserId user;
    std::string agency;       // label, as in the certificate
    std::string device_name;  // UTF-8, for people; at most 100 bytes
    PublicKey signing_key;    // the device's, for changesets and hello
    Digest tls_public_hash{}; // SHA-256 of its certificate's SubjectPublicKeyInfo

    bool operator==(const CredentialRecord&) const = default;
};

inline constexpr std::size_t credential_record_bytes_max = 512;

// One record, one encoding. malformed for anything that encode() does not write.
Bytes encode(const CredentialRecord& record);
Result<CredentialRecord> decode_credential_record(ByteView bytes);

// The record's bytes are kept and passed on verbatim.
struct SignedCredential {
    Bytes record;
    Signature signature{};

    bool operator==(const SignedCredential&) const = default;
};

// invalid_argument when the agency is no label or the device name too long.
Result<SignedCredential> sign_credential(const CredentialRecord& record,
                                         const SigningKey& agency_registry_key);
// bad_signature, malformed; refused when the record names another agency than the key's.
Result<CredentialRecord> verify_credential(const SignedCredential& signed_record,
                                           const Verifier& agency_registry_key, std::string_view agency);

// ---- Agencies ----

// A registry key says who an agency's people are. So a device that knows the area takes up a new agency's only on the word of the
// area's root, which was on its enrolment slip: the keys that a hub signs with day by day introduce nobody.
[[nodiscard]] Bytes introduce_agency(const RootAuthority& root, std::string_view agency,
                                     const PublicKey& registry_key);
[[nodiscard]] bool introduction_holds(ByteView root_certificate, std::string_view agency,
                                      const PublicKey& registry_key, ByteView signature);

// ---- Enrolment ----

// A single-use code, 16 random bytes, passed to the device in its enrolment file. The code never travels: the device
// shows a proof that holds for its own request, its own signing key and this one TLS connection.
class EnrolmentCode {
public:
    static EnrolmentCode generate(Random& random);
    // 26 base32 characters; upper case, spaces and hyphens are accepted. malformed.
    static Result<EnrolmentCode> parse(std::string_view text);

    [[nodiscard]] SecretBytes text() const;
    // Finds the hub's row; says nothing about the code.
    [[nodiscard]] Digest lookup_id() const noexcept;
    // What the hub keeps in place of the code, in its encrypted store: enough to check a proof, and, for as long as the
    // code is valid, to make one.
    [[nodiscard]] SecretBytes verifier() const;

private:
    explicit EnrolmentCode(SecretBytes code) noexcept : code_(std::move(code)) {}
    SecretBytes code_;
};

// HMAC(verifier, SHA-256(request ‖ signing key) ‖ channel binding)
[[nodiscard]] Digest enrolment_proof(const SecretBytes& verifier, ByteView request,
                                     const PublicKey& signing_key, const Digest& channel_binding) noexcept;
// In constant time.
[[nodiscard]] bool enrolment_proof_holds(const Digest& proof, const SecretBytes& verifier, ByteView request,
                                         const PublicKey& signing_key,
                                         const Digest& channel_binding) noexcept;

} // namespace satchel::crypto
