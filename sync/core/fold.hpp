// State is a fold over recorded rulings: the one way in which a case changes, at the hub and on every device. Pure.
#pragma once

#include <span>

#include "sync/core/proof.hpp"
#include "sync/core/ruling.hpp"

namespace satchel::sync {

// Adds one ruled changeset to the state. Rulings are taken as they are: the fold decides nothing. Changes of record
// types or groups that the policy does not know are kept all the same.
void fold(CaseState& state, const OpenedChangeset& changeset, std::span<const Ruling> rulings);

// Adds one thing the system did.
void fold(CaseState& state, const Effect& effect);

}  // namespace satchel::sync
