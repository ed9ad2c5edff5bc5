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

// The certificate of the root that the slip pinned: it came with ours.
Result<Bytes> root_certificate(const Identity& identity)
{
    SATCHEL_TRY(const auto chain, crypto::certificates_from_pem(identity.certificate_chain));
    for (const auto& one : chain) {
        SATCHEL_TRY(const auto hash, crypto::public_hash_of(one));
        if (hash == identity.hub_root_hash)
            return one;
    }
    return fail(Errc::bad_certificate, "this device's certificate does not lead to the root on its enrolment slip");
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

Result<std::vector<AgencyKey>> new_agencies(const Identity& identity, const schema::Policy& policy,
                                            const std::vector<sync::AgencyIntroduction>& introduced)
{
    std::vector<AgencyKey> out;
    Bytes root;
    if (!introduced.empty()) {
        SATCHEL_TRY(root, root_certificate(identity));
    }
    for (const auto& one : introduced) {
        if (!policy.agency(one.agency))
            return fail(Errc::refused, "an agency was introduced that the agreement does not name");
        const auto same_label = [&](const AgencyKey& known) { return label(known.agency) == label(one.agency); };
        const auto& known = identity.agency_keys;
        const auto at = std::find_if(known.begin(), known.end(), same_label);
        if (at != known.end() && at->agency == one.agency && at->key == one.registry_key)
            continue;
        if (at != known.end() || std::any_of(out.begin(), out.end(), same_label))
            return fail(Errc::refused, "another key was given for the agency \"" + one.agency + "\", which is known already");
        if (!crypto::introduction_holds(root, one.agency, one.registry_key, one.signature))
            return fail(Errc::bad_signature, "the area's root did not sign for the agency \"" + one.agency + "\"");
        out.push_back({one.agency, one.registry_key});
    }
    if (identity.agency_keys.size() + out.size() > sync::agencies_max)
        return fail(Errc::too_large, "agencies of an area");
    for (const auto& agency : policy.agencies) {
        const auto is_it = [&](const AgencyKey& one) { return one.agency == agency.name; };
        if (std::none_of(identity.agency_keys.begin(), identity.agency_keys.end(), is_it) && std::none_of(out.begin(), out.end(), is_it))
            return fail(Errc::protocol_violation, "the agency \"" + agency.name + "\" came without its key");
    }
    return out;
}

} // namespace satchel::client
