// The hub's secret keys. They live in a file of their own, sealed beside the store and not in it: whoever holds the
// store's key alone can change rows, but can sign nothing, so that `verify` finds what was changed.
#pragma once

#include <string>
#include <vector>

#include "crypto/certificates.hpp"
#include "crypto/hash.hpp"
#include "crypto/sealed.hpp"
#include "crypto/signing.hpp"
#include "crypto/tls.hpp"
#include "schema/base/id.hpp"
#include "schema/base/ports.hpp"

namespace satchel::sync {

// One agency's: its registry key signs who its devices are, its issuing authority their certificates.
struct AgencyKeys {
    std::string agency;  // as the policy names it; its label is crypto::label_of(agency)
    crypto::SigningKey registry;
    crypto::IssuingAuthority authority;
};

// Move-only. Safe to read from any thread.
struct HubKeys {
    crypto::SigningKey receipt;         // receipts, checkpoints, policy bundles
    crypto::SecretBytes operator_seed;  // the hub operator's signing keys are derived from it, one per user
    crypto::SecretBytes cursor_key;     // seals delivery cursors
    crypto::SealingKey deposit;         // unsent work of barred users is sealed to it
    std::vector<AgencyKeys> agencies;   // sorted by name
    crypto::RootAuthority root;
    crypto::IssuingAuthority hub_authority;
    crypto::CertificateKey server_key;
    Bytes server_certificate;           // DER

    [[nodiscard]] const AgencyKeys* agency(std::string_view name) const noexcept;
    // The key with which the operator signs on behalf of whoever this credential stands for.
    [[nodiscard]] crypto::SigningKey operator_key(const CredentialId& credential) const;
    [[nodiscard]] crypto::HmacKey cursor_seal() const { return crypto::HmacKey(cursor_key.reveal()); }
    [[nodiscard]] std::string hub_uri() const { return crypto::hub_uri(root.area()); }
    // Leaf first, with the authority and the root: what crypto::hub_tls_context() takes.
    [[nodiscard]] crypto::TlsIdentity tls_identity() const;
};

// A new PKI: a root, one issuing authority and registry key per agency, the server's certificate. invalid_argument when
// the area or an agency has no label, or two agencies have the same.
Result<HubKeys> make_hub_keys(const std::vector<std::string>& agencies, std::string_view area, Instant now,
                              Random& random);

crypto::SecretBytes encode(const HubKeys& keys);
Result<HubKeys> decode_hub_keys(const crypto::SecretBytes& bytes);  // malformed, version_mismatch

}  // namespace satchel::sync
