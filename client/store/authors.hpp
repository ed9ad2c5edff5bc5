// Who wrote something: author records, checked under the key of the agency that signed them. Pure.
#pragma once

#include "client/store/identity.hpp"
#include "crypto/registry.hpp"

namespace satchel::client {

// bad_signature when no agency of ours signed it; malformed.
Result<crypto::CredentialRecord> check_author(const sync::AuthorRecord& author,
                                              const std::vector<AgencyKey>& keys);

// The keys of agencies that came with this agreement and that this device does not know yet. A key that it knows is never
// exchanged: for another one, or a name that certificates would not tell from a known one, the answer is refused, as it is for an
// agency that the agreement does not name. bad_signature: without the word of the root on the enrolment slip. protocol_violation: an
// agency of the agreement has no key, and would not get one before the next. too_large.
Result<std::vector<AgencyKey>> new_agencies(const Identity& identity, const schema::Policy& policy,
                                            const std::vector<sync::AgencyIntroduction>& introduced);

} // namespace satchel::client
