// Nothing that a hub sends is believed because the hub sent it: authors, signatures, digests and rulings of a
// page are checked before the store sees them. Pure but for asking for authors that are known already.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "client/store/authors.hpp"
#include "client/store/model.hpp"
#include "sync/core/messages.hpp"

namespace satchel::client {

// Lives as long as a session; keeps the keys of the authors it has met. One thread at a time.
class PageVerifier
{
public:
    using KnownAuthor = std::function<Result<std::optional<sync::AuthorRecord>>(const CredentialId&)>;

    // `identity` outlives the verifier.
    PageVerifier(const Identity& identity, KnownAuthor known) : identity_(identity), known_(std::move(known))
    {
    }

    // bad_signature: an author, a batch or an entry is not what was signed. protocol_violation: what is there
    // does not belong together. malformed. In each case nothing of the page is to be kept.
    Result<CheckedPage> check(sync::Page page);

private:
    struct Author {
        crypto::CredentialRecord record;
        crypto::Verifier key;
    };
    Result<const Author*> author(const CredentialId& credential, CheckedPage& page);
    Result<CheckedEntry> check_entry(const sync::Page& page, sync::Entry& entry) const;
    Result<void> check_batches(CheckedPage& page);

    const Identity& identity_;
    KnownAuthor known_;
    std::map<CredentialId, std::unique_ptr<Author>> authors_;
};

} // namespace satchel::client
