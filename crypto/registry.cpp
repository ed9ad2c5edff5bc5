#include "crypto/registry.hpp"

#include <algorithm>
#include <array>

#include "crypto/certificates.hpp"
#include "crypto/hash.hpp"

namespace satchel::crypto {
namespace {

constexpr std::string_view signing_purpose = "satchel credential/1";
constexpr std::string_view introduction_purpose = "satchel agency/1";
constexpr std::uint8_t record_version = 1;
constexpr std::size_t device_name_bytes_max = 100;
constexpr std::size_t code_bytes = 16;

Bytes signed_bytes(ByteView record)
{
    Bytes out(signing_purpose.size() + 1 + record.size());
    const auto after = std::ranges::copy(view(signing_purpose), out.begin()).out;
    std::ranges::copy(record, after + 1);
    return out;
}

Bytes introduction_bytes(std::string_view agency, const PublicKey& registry_key)
{
    const auto purpose = view(introduction_purpose);
    Bytes out(purpose.begin(), purpose.end());
    Writer writer{out};
    writer.str(agency);
    writer.raw(registry_key.view());
    return out;
}

template <std::size_t n>
void read_array(Reader& in, std::array<std::uint8_t, n>& out)
{
    const auto raw = in.raw(n);
    if (raw.size() == n)
        std::copy(raw.begin(), raw.end(), out.begin());
}

} // namespace

Bytes encode(const CredentialRecord& record)
{
    Bytes out;
    out.reserve(credential_record_bytes_max);
    Writer writer{out};
    writer.u8(record_version);
    writer.raw(record.credential.bytes);
    writer.raw(record.incarnation.bytes);
    writer.raw(record.user.bytes);
    writer.str(record.agency);
    writer.str(record.device_name);
    writer.raw(record.signing_key.bytes);
    writer.raw(record.tls_public_hash);
    return out;
}

Result<CredentialRecord> decode_credential_record(ByteView bytes)
{
    Reader in{bytes};
    CredentialRecord out;
    const auto version = in.u8();
    out.credential = read_id<CredentialId>(in);
    out.incarnation = read_id<IncarnationId>(in);
    out.user = read_id<UserId>(in);
    out.agency = in.str(32);
    out.device_name = in.str(device_name_bytes_max);
    read_array(in, out.signing_key.bytes);
    read_array(in, out.tls_public_hash);
    if (!in.at_end() || version != record_version || !is_label(out.agency))
        return fail(Errc::malformed, "not a credential's record");
    return out;
}

Result<SignedCredential> sign_credential(const CredentialRecord& record,
                                         const SigningKey& agency_registry_key)
{
    if (!is_label(record.agency) || record.device_name.size() > device_name_bytes_max)
        return fail(Errc::invalid_argument,
                    "the agency is no label, or the device's name is longer than 100 bytes");
    SignedCredential out{encode(record), {}};
    out.signature = agency_registry_key.sign(signed_bytes(out.record));
    return out;
}

Result<CredentialRecord> verify_credential(const SignedCredential& signed_record,
                                           const Verifier& agency_registry_key, std::string_view agency)
{
    if (signed_record.record.size() > credential_record_bytes_max)
        return fail(Errc::malformed, "not a credential's record");
    if (!agency_registry_key.verify(signed_bytes(signed_record.record), signed_record.signature))
        return fail(Errc::bad_signature, "the agency did not sign this credential");
    SATCHEL_TRY(auto record, decode_credential_record(signed_record.record));
    if (record.agency != agency)
        return fail(Errc::refused, "an agency signs credentials of its own only");
    return record;
}

// ---- Agencies ----

Bytes introduce_agency(const RootAuthority& root, std::string_view agency, const PublicKey& registry_key)
{
    return root.sign(introduction_bytes(agency, registry_key));
}

bool introduction_holds(ByteView root_certificate, std::string_view agency, const PublicKey& registry_key,
                        ByteView signature)
{
    return signed_by(root_certificate, introduction_bytes(agency, registry_key), signature);
}

// ---- Enrolment ----

EnrolmentCode EnrolmentCode::generate(Random& random)
{
    return EnrolmentCode{SecretBytes::random(random, code_bytes)};
}

Result<EnrolmentCode> EnrolmentCode::parse(std::string_view text)
{
    std::string plain;
    plain.reserve(32); // never grows: no copy of the secret is left in freed memory
    for (const char c : text) {
        if (c == '-' || c == ' ')
            continue;
        if (plain.size() == 27)
            break;
        plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    auto bytes = parse_base32(plain);
    cleanse({reinterpret_cast<std::uint8_t*>(plain.data()), plain.size()});
    if (!bytes)
        return fail(Errc::malformed, "an enrolment code has 26 letters a-z and digits 2-7");
    EnrolmentCode out{SecretBytes::copy_of(*bytes)};
    cleanse(*bytes);
    return out;
}

SecretBytes EnrolmentCode::text() const
{
    std::array<std::uint8_t, code_bytes> bytes;
    std::ranges::copy(code_.reveal(), bytes.begin());
    auto plain = base32(bytes);
    auto out = SecretBytes::copy_of(view(plain));
    cleanse(bytes);
    cleanse({reinterpret_cast<std::uint8_t*>(plain.data()), plain.size()});
    return out;
}

Digest EnrolmentCode::lookup_id() const noexcept
{
    Digest out;
    hkdf_sha256(code_.reveal(), {}, view("satchel enrolment lookup/1"), out);
    return out;
}

SecretBytes EnrolmentCode::verifier() const
{
    SecretBytes out{sizeof(Digest)};
    hkdf_sha256(code_.reveal(), {}, view("satchel enrolment verifier/1"), out.writable());
    return out;
}

Digest enrolment_proof(const SecretBytes& verifier, ByteView request, const PublicKey& signing_key,
                       const Digest& channel_binding) noexcept
{
    const auto what =
        sha256({request, signing_key.view()}); // the key has a fixed length, so the seam is clear
    return HmacKey{verifier.reveal()}.mac({what, channel_binding});
}

bool enrolment_proof_holds(const Digest& proof, const SecretBytes& verifier, ByteView request,
                           const PublicKey& signing_key, const Digest& channel_binding) noexcept
{
    return constant_time_equal(proof, enrolment_proof(verifier, request, signing_key, channel_binding));
}

} // namespace satchel::crypto
