// The hub's secret keys. They live in a file of their own, sealed beside the store and not in it: whoever holds the
// store's key alone can change rows, but can sign nothing, so that `verify` finds what was changed.
#pragma once

#include <list>
#include <memory>
#include <shared_mutex>
#include <span>
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

// Agencies come with an agreement and never go: what was given out once stays where it is and as it is. Safe from any thread.
class AgencyRing {
public:
    AgencyRing() : inside_(std::make_unique<Inside>()) {}

    [[nodiscard]] const AgencyKeys* find(std::string_view name) const noexcept;
    [[nodiscard]] std::vector<const AgencyKeys*> all() const;
    void add(AgencyKeys keys);  // bug when the agency has keys

private:
    struct Inside {
        mutable std::shared_mutex mutex;
        std::list<AgencyKeys> keys;
    };
    std::unique_ptr<Inside> inside_;
};

// Move-only. Safe to read from any thread.
struct HubKeys {
    crypto::SigningKey receipt;         // receipts, checkpoints, policy bundles
    // The hub operator's signing keys are derived from it, one per user, and the registry keys of agencies that come later.
    crypto::SecretBytes operator_seed;
    crypto::SecretBytes cursor_key;     // seals delivery cursors
    crypto::SealingKey deposit;         // unsent work of barred users is sealed to it
    AgencyRing agencies;
    crypto::RootAuthority root;
    crypto::IssuingAuthority hub_authority;
    crypto::CertificateKey server_key;
    Bytes server_certificate;           // DER

    [[nodiscard]] const AgencyKeys* agency(std::string_view name) const noexcept { return agencies.find(name); }
    // The key with which the operator signs on behalf of whoever this credential stands for.
    [[nodiscard]] crypto::SigningKey operator_key(const CredentialId& credential) const;
    [[nodiscard]] crypto::HmacKey cursor_seal() const { return crypto::HmacKey(cursor_key.reveal()); }
    [[nodiscard]] std::string hub_uri() const { return crypto::hub_uri(root.area()); }
    // Leaf first, with the authority and the root: what crypto::hub_tls_context() takes.
    [[nodiscard]] crypto::TlsIdentity tls_identity() const;
};

// A new PKI: a root, one issuing authority and registry key per agency, the server's certificate. invalid_argument when
// the area or an agency has no label, or two agencies have the same; too_large.
Result<HubKeys> make_hub_keys(const std::vector<std::string>& agencies, std::string_view area, Instant now,
                              Random& random);

// Where the hub's keys are kept so that they outlive the process.
class KeyKeeper {
public:
    virtual ~KeyKeeper() = default;
    // All are durable when it returns and only then among the hub's keys, or none is.
    virtual Result<void> add(std::vector<AgencyKeys> made) = 0;
};

// Those of the agencies that have no keys. invalid_argument when one could not have any: it has no label, or that of another. too_large.
Result<std::vector<std::string>> agencies_without_keys(const std::vector<std::string>& agencies, const HubKeys& keys);
// Keys for one that came after the area's beginning, its authority under the root. The registry key follows from the agency and a
// secret that every copy of the hub's keys has: a hub that was put back to before the agency came makes the one that devices have
// taken up already. bad_certificate: the root has expired.
Result<AgencyKeys> make_agency_keys(const std::string& agency, const HubKeys& keys, Instant now, Random& random);

// As they are, and as they will be once `added` is among them.
crypto::SecretBytes encode(const HubKeys& keys, std::span<const AgencyKeys> added = {});
Result<HubKeys> decode_hub_keys(const crypto::SecretBytes& bytes);  // malformed, version_mismatch

}  // namespace satchel::sync
