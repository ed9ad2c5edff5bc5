// Who wrote something: author records, checked under the key of the agency that signed them. Pure.
#pragma once

#include "client/store/identity.hpp"
#include "crypto/registry.hpp"

namespace satchel::client {

// bad_signature when no agency of ours signed it; malformed.
Result<crypto::CredentialRecord> check_author(const sync::AuthorRecord& author,
                                              const std::vector<AgencyKey>& keys);

} // namespace satchel::client
