// What makes a changeset provable: derived ids, salted leaves, digests, and what a reader gets to check them.
//
// digest = H(content | blind), content = H(header | leaf digests), leaf = H(salt | change bytes),
// blind = H(secret | incarnation | sequence | previous | seen). A reader receives the secret and the blind of the
// changesets it may see, never their place in the author's chain: no gap tells of a hidden record (I12). Salts let
// a change be destroyed by authority while its leaf digest, and so the proof of the rest, stays.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "crypto/hash.hpp"
#include "schema/change/change.hpp"
#include "sync/core/state.hpp"

namespace satchel::sync {

using ChangesetSecret = std::array<std::uint8_t, 16>;

// The secret of changeset number `sequence` of an incarnation. Author and hub share the incarnation's salt key
// since enrolment; readers get single secrets only.
ChangesetSecret changeset_secret(const crypto::HmacKey& salt_key, std::uint64_t sequence) noexcept;

// Ids follow from the digest: never sent where the content is, and two changesets that claim one sequence number (a
// fork) never share them.
ChangesetId changeset_id(const Digest& digest) noexcept;
VersionId version_id(const Digest& digest, std::size_t change_index) noexcept;
// Time-ordered: the first six bytes are the authored milliseconds, so that new records lie together on disk.
RecordId created_record_id(const Digest& digest, Instant authored_at) noexcept;
// Begins with a mark that no other record's id has, so that neither can take the other's place.
RecordId singleton_record_id(const CaseId& case_id, schema::TypeId type) noexcept;
[[nodiscard]] bool is_singleton_id(const RecordId& record) noexcept;
// Ids of what the system adds: derived from the change that caused it, so that every run derives the same.
VersionId effect_version_id(const VersionId& cause, std::string_view rule, std::size_t index) noexcept;
// The version that a text became when `change` was merged into it. Not the change's own: whoever writes on top of their
// change before they have seen the merged text has not seen what it was merged with.
VersionId merged_version_id(const VersionId& change) noexcept;
RecordId effect_record_id(const VersionId& cause, std::string_view rule) noexcept;
TaskId task_id(const VersionId& cause, std::string_view rule, std::string_view role) noexcept;

// A changeset in the bytes that are hashed, stored and forwarded.
struct SealedChangeset {
    Bytes header;
    std::vector<Bytes> changes;
    ChangesetSecret secret{};
    Digest blind{};

    bool operator==(const SealedChangeset&) const = default;
};

Digest link_blind(const ChangesetSecret& secret, const schema::Link& link) noexcept;
Digest changeset_digest(const SealedChangeset& sealed) noexcept;

// Seals a changeset that the author made. Fails when it breaks a bound of change.hpp.
Result<SealedChangeset> seal(const schema::Changeset& changeset, const ChangesetSecret& secret);

// A changeset decoded, with every derived id filled in: `versions[i]` is the version that change i makes, and the
// record ids of creating changes are set.
struct OpenedChangeset {
    ChangesetId id;
    schema::Header header;
    std::vector<schema::Change> changes;
    std::vector<VersionId> versions;
    Digest digest{};
};
Result<OpenedChangeset> open(const SealedChangeset& sealed);
// Of bytes whose digest is known, as that of a signed batch is.
Result<OpenedChangeset> open(ByteView header, std::span<const Bytes> changes, const Digest& digest);

}  // namespace satchel::sync
