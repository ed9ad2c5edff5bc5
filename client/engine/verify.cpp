#include "client/engine/verify.hpp"

#include <algorithm>

#include "crypto/audit.hpp"

namespace satchel::client {

using Kind = sync::Entry::Kind;

Result<const PageVerifier::Author*> PageVerifier::author(const CredentialId& credential, CheckedPage& page)
{
    if (const auto at = authors_.find(credential); at != authors_.end())
        return at->second.get();
    std::optional<sync::AuthorRecord> found;
    for (const auto& [id, record] : page.authors)
        if (id == credential)
            found = record;
    if (!found && credential == identity_.credential)
        found = identity_.self;
    if (!found) {
        SATCHEL_TRY(found, known_(credential));
    }
    if (!found)
        return fail(Errc::protocol_violation, "a page names an author without a record");
    SATCHEL_TRY(auto record, check_author(*found, identity_.agency_keys));
    if (record.credential != credential)
        return fail(Errc::bad_signature, "an author's record is another's");
    auto author = std::make_unique<Author>(Author{record, crypto::Verifier(record.signing_key)});
    return authors_.emplace(credential, std::move(author)).first->second.get();
}

Result<CheckedEntry> PageVerifier::check_entry(const sync::Page& page, sync::Entry& entry) const
{
    CheckedEntry out;
    out.kind = entry.kind;
    out.received_at = entry.received_at;
    if (entry.kind == Kind::effect) {
        SATCHEL_TRY(out.effect, sync::decode_effect(entry.effect));
        out.effect_bytes = std::move(entry.effect);
        return out;
    }
    SATCHEL_TRY(out.rulings, sync::decode_rulings(entry.rulings));
    out.rulings_bytes = std::move(entry.rulings);
    if (entry.kind == Kind::own) {
        out.digest = entry.digest;
        return out;
    }
    if (entry.batch >= page.batches.size())
        return fail(Errc::protocol_violation, "an entry of a batch that is not in the page");
    out.sealed = {std::move(entry.header), std::move(entry.changes), entry.secret, entry.blind};
    out.batch = entry.batch;
    out.place = entry.place;
    SATCHEL_TRY(out.opened, sync::open(out.sealed));
    if (out.opened.header.case_id != page.case_id)
        return fail(Errc::protocol_violation, "an entry of another case");
    if (out.opened.header.author != page.batches[entry.batch].author)
        return fail(Errc::bad_signature, "an entry in another author's batch");
    if (out.rulings.size() != out.opened.changes.size())
        return fail(Errc::protocol_violation, "not one ruling for each change");
    return out;
}

Result<void> PageVerifier::check_batches(CheckedPage& page)
{
    std::vector<std::vector<std::pair<std::uint16_t, Digest>>> leaves(page.batches.size());
    for (const auto& entry : page.entries)
        if (entry.kind == Kind::changeset)
            leaves[entry.batch].emplace_back(entry.place, entry.opened.digest);
    for (std::size_t i = 0; i < page.batches.size(); ++i) {
        const auto& batch = page.batches[i];
        Reader in(batch.proof);
        SATCHEL_TRY(const auto proof, crypto::decode_multi_proof(in));
        if (!in.at_end())
            return fail(Errc::malformed, "bytes left over behind a proof");
        auto& entries = leaves[i];
        std::sort(entries.begin(), entries.end());
        std::vector<Digest> digests;
        digests.reserve(entries.size());
        for (std::size_t k = 0; k < entries.size(); ++k) {
            if (k >= proof.places.size() || entries[k].first != proof.places[k])
                return fail(Errc::bad_signature, "an entry is not where its batch was signed");
            digests.push_back(entries[k].second);
        }
        SATCHEL_TRY(const auto root, crypto::root_from_proof(digests, proof)); // refuses an empty batch, too
        SATCHEL_TRY(const auto* who, author(batch.author, page));
        if (!who->key.verify(sync::batch_bytes(batch.author, root), batch.signature))
            return fail(Errc::bad_signature, "a batch was not signed by its author");
    }
    return {};
}

Result<CheckedPage> PageVerifier::check(sync::Page page)
{
    CheckedPage out;
    out.case_id = page.case_id;
    out.reset = page.reset;
    out.follows = page.follows;
    out.cursor = page.cursor;
    out.more = page.more;
    for (auto& record : page.authors) {
        SATCHEL_TRY(const auto decoded, crypto::decode_credential_record(record.record));
        if (!schema::is_clean_text(record.display_name) || record.display_name.size() > 512)
            return fail(Errc::malformed, "an author's name");
        out.authors.emplace_back(decoded.credential, std::move(record));
    }
    out.entries.reserve(page.entries.size());
    for (auto& entry : page.entries) {
        SATCHEL_TRY(auto checked, check_entry(page, entry));
        out.entries.push_back(std::move(checked));
    }
    out.batches = std::move(page.batches);
    SATCHEL_TRYV(check_batches(out));
    // A record that came along unused is not to be kept unchecked.
    for (const auto& [credential, record] : out.authors)
        SATCHEL_TRYV(author(credential, out));
    return out;
}

} // namespace satchel::client
