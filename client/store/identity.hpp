// Who this profile is, and how far its chain has come. Both live inside the encrypted store and nowhere else.
#pragma once

#include <string>
#include <vector>

#include "crypto/secret.hpp"
#include "crypto/signing.hpp"
#include "schema/policy/policy.hpp"
#include "sync/core/authority.hpp"
#include "sync/core/messages.hpp"

namespace satchel::client {

namespace schema = satchel::schema;

// The registry key of an agency: what its author records are verified with.
struct AgencyKey {
    std::string agency;
    crypto::PublicKey key;
};

// Given at enrolment and unchanged afterwards, but for the hats and what may fall to them, which the hub looks up at
// every session, and the keys of agencies that join.
// Move-only.
struct Identity {
    CredentialId credential;
    UserId user;
    std::string user_name;
    std::string device_name;
    std::string area;
    std::vector<schema::Hat> hats;
    sync::Vacant vacant;                // where one of these hats may have to stand in (I10)
    crypto::SecretBytes operation_seed; // Ed25519: signs batches, removals, the channel
    crypto::SecretBytes tls_key;        // DER (crypto::CertificateKey)
    std::string certificate_chain;      // PEM, leaf first
    Digest hub_root_hash{};             // of the root that the hub's certificate must lead to (crypto::HubPin)
    std::string hub_uri;                // in the hub's certificate
    std::string hub_address;            // host:port
    crypto::PublicKey receipt_key;      // the hub's
    std::vector<AgencyKey> agency_keys;
    sync::AuthorRecord self;

    // Is what is for these roles for this user to do: under a hat of their own, or standing in because nobody holds any of them?
    [[nodiscard]] bool acts_for(const schema::Policy& policy, const std::vector<std::string>& roles) const;
    // Standing in.
    [[nodiscard]] bool stands_in_for(const schema::Policy& policy, const std::vector<std::string>& roles) const;
};

// The state of the device's own chain and of what the hub is known to hold of it. Changes in the same
// transaction as the work it counts.
struct Chain {
    std::uint32_t incarnation_no = 1; // 1, 2, 3 …: the first half of a row number
    IncarnationId incarnation;
    Bytes salt_key;             // 32 bytes, shared with the hub
    std::uint64_t sequence = 0; // of the last changeset saved
    Digest head{};
    std::uint64_t received = 0; // a receipt covers everything up to here
    Digest audit_head{};        // of that receipt
    sync::Epoch epoch{};        // zero before the first session
    Instant received_at;        // the hub's time of the last receipt; zero: none yet
    Instant hub_time;           // when the hub last let us in, by its clock: ours may be years wrong
};

// The caller cleanses the bytes: they hold the keys.
Bytes encode(const Identity& identity);
Result<Identity> decode_identity(ByteView bytes);
Bytes encode(const Chain& chain);
Result<Chain> decode_chain(ByteView bytes);

} // namespace satchel::client
