// Changes and changesets: what a user did, in the form that is hashed, signed, stored and forwarded verbatim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/policy/policy.hpp"
#include "schema/value/value.hpp"

namespace satchel::schema {

inline constexpr std::size_t changes_per_changeset_max = 32;
inline constexpr std::size_t changeset_bytes_max = 256 * 1024;
inline constexpr std::size_t targets_per_change_max = 1024;
inline constexpr std::size_t reason_bytes_max = 4 * 1024;

// Stored and sent by value: never renumber.
enum class Op : std::uint8_t {
    set = 1,       // the fields of one group take these values; `base` is the version the author saw
    add = 2,       // an element joins the set of a group
    remove = 3,    // the elements named in `targets` leave it: exactly those the author saw
    withdraw = 4,  // the record was made in error; `reason` says why; nothing is deleted
    resolve = 5,   // settles the suggestion or conflict in `targets[0]` (sync-model, Resolve)
    task = 6,      // acknowledges or completes the task in `targets[0]`
};

enum class Resolution : std::uint8_t {
    none = 0,
    accept = 1,     // the suggested value becomes the value
    amend = 2,      // `values` becomes the value
    decline = 3,    // the current value stands
    choose_a = 4,   // conflict: the standing side
    choose_b = 5,   // conflict: the other side
    both = 6,       // sets only
    previous = 7,   // conflict: the value before both
    withdrawn = 8,  // by the author of the suggestion
    comment = 9,    // settles nothing
    escalate = 10,  // settles nothing: named upwards
    acknowledged = 11,  // Op::task
    done = 12,          // Op::task
};

enum class Basis : std::uint8_t { none = 0, observed = 1, self_reported = 2, verified = 3 };  // L1-248

struct Change {
    Op op = Op::set;
    bool creates = false;  // the first change of a record; the record id is derived from it unless a singleton
    RecordId record;
    TypeId type{};
    GroupId group{};
    VersionId base;       // empty: the author saw no value
    VersionId confirmed;  // where `base` is the author's own unruled change: the confirmed version under it
    FieldValues values;
    std::vector<VersionId> targets;
    Resolution resolution = Resolution::none;
    std::string reason;
    Bytes unknown;  // sections of a newer schema, kept and forwarded

    bool operator==(const Change&) const = default;
};

// What every reader of the changeset may know of it.
struct Header {
    std::uint8_t format = 1;
    CaseId case_id;
    CredentialId author;
    Hat hat;
    Instant authored_at;  // the device's clock: evidence only
    Instant event_at;     // when it happened; zero: not stated, authored_at stands in and starts no deadline if skewed
    Basis basis = Basis::none;
    std::string basis_source;
    std::uint32_t policy_version = 0;
    std::optional<ChangesetId> was;  // re-authored after a store was restored

    bool operator==(const Header&) const = default;
};

// What passes only between author, hub and auditor, so that no gap tells a reader of a hidden record.
struct Link {
    IncarnationId incarnation;
    std::uint64_t sequence = 0;  // 1, 2, 3 … per incarnation
    Digest previous{};           // digest of the changeset before; zero for the first
    std::uint64_t seen = 0;      // the author's dense cursor for the case when it was saved

    bool operator==(const Link&) const = default;
};

struct Changeset {
    Header header;
    Link link;
    std::vector<Change> changes;

    bool operator==(const Changeset&) const = default;
};

inline constexpr std::size_t header_author_at = 1 + sizeof(CaseId);  // in the encoding: behind format and case
void encode(Writer& out, const Header& header);
Result<Header> decode_header(ByteView bytes);

// Canonical bytes of one change: tagged and length-delimited. Record ids that can be derived (creates) and the
// case are not repeated. decode(encode(c)) == c, and encode(decode(b)) == b for every b that decodes.
Bytes encode(const Change& change);
Result<Change> decode_change(ByteView bytes);

}  // namespace satchel::schema
