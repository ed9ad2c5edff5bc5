// Certificates as PEM and DER, certificate requests, private keys of certificates, and the records and seals that
// other programs signed and sealed.
#include "crypto/certificates.hpp"
#include "crypto/registry.hpp"
#include "crypto/sealed.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/crypto/fixed_random.hpp"

namespace satchel::fuzz {
namespace {

using namespace crypto;

void try_chain(ByteView input)
{
    const auto chain = certificates_from_pem(text(input));
    if (!chain)
        return;
    std::string again;
    for (const auto& der : *chain) {
        promise(der.size() <= certificate_bytes_max, "a certificate is bounded");
        promise(public_hash_of(der).has_value() || !device_identity(der), "an identity has a key");
        again += certificate_to_pem(der);
    }
    const auto second = certificates_from_pem(again);
    promise(second && *second == *chain, "a chain that was read can be written and read");
}

void try_identity(ByteView input)
{
    const auto who = device_identity(input);
    if (!who)
        return;
    promise(is_label(who->agency) && is_label(who->area), "an identity is made of labels");
    promise(public_hash_of(input).has_value(), "an identity has a key");
}

void try_request(ByteView input)
{
    const auto request = parse_and_verify_csr(input);
    if (request)
        promise(!request->public_der().empty(), "a verified request has a key");
}

void try_key(ByteView input)
{
    const auto key = CertificateKey::from_der(SecretBytes::copy_of(input));
    if (!key)
        return;
    const auto again = CertificateKey::from_der(key->der());
    promise(again && again->public_hash() == key->public_hash(), "a key that was read can be written and read");
}

void try_seal(ByteView input)
{
    static const auto key = [] {
        FakeRandom random(1);
        return SealingKey::generate(random);
    }();
    promise(!key.open(input, view("context")), "nobody sealed this");
}

void try_code(ByteView input)
{
    const auto code = EnrolmentCode::parse(text(input));
    if (!code)
        return;
    const auto shown = code->text();
    const auto again = EnrolmentCode::parse(text(shown.reveal()));
    promise(again && again->lookup_id() == code->lookup_id(), "a code that is shown can be typed");
}

}  // namespace

void run(ByteView input)
{
    switch (choice(input, 6)) {
    case 0:
        return try_chain(input);
    case 1:
        return try_identity(input);
    case 2:
        return try_request(input);
    case 3:
        return try_key(input);
    case 4:
        return try_seal(input);
    default:
        return try_code(input);
    }
}

}  // namespace satchel::fuzz
