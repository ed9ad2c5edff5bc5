#include "client/store/authors.hpp"

#include <algorithm>

#include "crypto/certificates.hpp"

namespace satchel::client {

namespace {

// Records name an agency by its label, the agreement by its name.
std::string label(const std::string& agency)
{
    return crypto::label_of(agency).value_or(agency);
}

} // namespace

Result<crypto::CredentialRecord> check_author(const sync::AuthorRecord& author,
                                              const std::vector<AgencyKey>& keys)
{
    // The agency that the record claims says which key must have signed it.
    SATCHEL_TRY(const auto claimed, crypto::decode_credential_record(author.record));
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const AgencyKey& one) { return label(one.agency) == claimed.agency; });
    if (key == keys.end())
        return fail(Errc::bad_signature, "an author of an agency that this device does not know");
    return crypto::verify_credential({author.record, author.signature}, crypto::Verifier(key->key),
                                     claimed.agency);
}

} // namespace satchel::client
