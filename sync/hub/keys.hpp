// The hub's secret keys. They live in a file of their own, sealed beside the store and not in it: whoever holds the
// store's key alone can change rows, but can sign nothing, so that `verify` finds what was changed.
#pragma once

#include <string>
#include <vector>

#include "crypto/hash.hpp"
#include "crypto/sealed.hpp"
#include "crypto/signing.hpp"
#include "schema/base/id.hpp"
#include "schema/base/ports.hpp"

namespace satchel::sync {

// One agency's: its registry key signs who its devices are, its issuing CA their certificates.
struct AgencyKeys {
    std::string agency;
    crypto::SigningKey registry;
    std::string ca_certificate;   // PEM
    crypto::SecretBytes ca_key;   // PEM
};

// Move-only. Safe to read from any thread.
struct HubKeys {
    crypto::SigningKey receipt;         // receipts, checkpoints, policy bundles
    crypto::SecretBytes operator_seed;  // the hub operator's signing keys are derived from it, one per user
    crypto::SecretBytes cursor_key;     // seals delivery cursors
    crypto::SealingKey deposit;         // unsent work of barred users is sealed to it
    std::vector<AgencyKeys> agencies;   // sorted by name
    std::string root_certificate;       // PEM
    crypto::SecretBytes root_key;       // PEM
    std::string server_chain;           // PEM, leaf first: what the hub shows to devices
    crypto::SecretBytes server_key;     // PEM
    std::string identity;               // the URI in the server's certificate

    [[nodiscard]] const AgencyKeys* agency(std::string_view name) const noexcept;
    // The key with which the operator signs on behalf of whoever this credential stands for.
    [[nodiscard]] crypto::SigningKey operator_key(const CredentialId& credential) const;
    [[nodiscard]] crypto::HmacKey cursor_seal() const { return crypto::HmacKey(cursor_key.reveal()); }
};

// What makes keys: a root, one issuing CA and registry key per agency, the server's certificate.
Result<HubKeys> make_hub_keys(const std::vector<std::string>& agencies, std::string_view area, const Clock& clock,
                              Random& random);

crypto::SecretBytes encode(const HubKeys& keys);
Result<HubKeys> decode_hub_keys(const crypto::SecretBytes& bytes);  // malformed, version_mismatch

}  // namespace satchel::sync
