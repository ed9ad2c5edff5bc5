// Unsent work of a barred user: what its device seals to the handler, so that the handler can read it and prove whose it
// is. Pure.
#pragma once

#include "sync/core/proof.hpp"

namespace satchel::sync {

// What is sealed: the changeset in its own bytes, with what its digest needs.
Bytes encode_deposit(const SealedChangeset& work);
Result<SealedChangeset> decode_deposit(ByteView bytes);  // malformed

// "satchel deposit/1" | digest. Sealed together with it, work cannot be passed off as other work of its author's chain.
Bytes deposit_context(const Digest& digest);

}  // namespace satchel::sync
