// Decides what becomes of a change: the heart of the product.
//
// Pure: no clock, no store, no network, no randomness. The hub calls it with authority; a device calls it on its
// confirmed state to forecast. Authority decides, never recency (promise 2); nothing that happened is refused
// (promise 6); every ruling names its rule and paragraph. docs/RECONCILIATION.md tells the rules with examples.
#pragma once

#include <vector>

#include "schema/policy/policy.hpp"
#include "sync/core/ruling.hpp"
#include "sync/core/state.hpp"

namespace satchel::sync {

// The author as the hub's registry knows them, not as the changeset claims.
struct Author {
    UserId user;
    CredentialId credential;
    std::vector<schema::Hat> hats;  // those the user holds; the changeset's hat must be one of them
    // All that the user ever had, for needs_credentials(): two people decide, not two devices of one.
    std::vector<CredentialId> credentials = {};
};

struct Context {
    const schema::Policy* policy = nullptr;    // in force now
    const schema::Policy* authored = nullptr;  // in force for the author when it was written
    const Facts* facts_seen = nullptr;         // the case's facts at the position the author had seen
    Author author;
};

// Does the ruling on it depend on Author::credentials? They may be left out otherwise.
[[nodiscard]] bool needs_credentials(const CaseState& state, const schema::Changeset& changeset, const schema::Policy& policy);

// One ruling per change, in order. `state` holds the facts now, every record that the changeset names, and every
// record that those refer to; it is not changed. Changes of one changeset are judged against this state, one group
// of one record at most once (I2: exactly one ruling each).
std::vector<Ruling> reconcile(const CaseState& state, const schema::Changeset& changeset, const Context& context);

}  // namespace satchel::sync
