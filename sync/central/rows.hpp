// What the central store keeps, row by row, as plain values. Numbers (CaseNo, Position …) are the store's own and never
// leave the hub; ids are what everybody else knows.
//
// serialize() is the canonical form of the rows that administrators cause: the same bytes stand in the audited entry
// that put the row there, so that `verify` can rebuild the tables from the log and compare.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/signing.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/policy/policy.hpp"
#include "sync/core/messages.hpp"
#include "sync/core/state.hpp"

namespace satchel::sync {

enum class Position : std::int64_t {};       // of an entry in the hub's one log: 1, 2, 3 … without gaps
enum class CaseNo : std::int64_t {};         // 0: no case
enum class CredentialNo : std::int64_t {};   // 0: the system
enum class IncarnationNo : std::int64_t {};
enum class BatchNo : std::int64_t {};        // 0: no batch

template <class No>
    requires std::is_enum_v<No>
[[nodiscard]] constexpr std::int64_t raw(No no) noexcept
{
    return static_cast<std::int64_t>(no);
}

// Stored by value: never renumber.
enum class EntryKind : std::uint8_t {
    changeset = 1,   // somebody's work, ruled
    effect = 2,      // what the system did
    held = 3,        // work that may not be applied: sealed, out of scope, unreadable; kept, never ruled
    fork = 4,        // a second content under a number already used: evidence
    admin = 5,       // what administrators and enrolments did: a row of the tables below
};

// One line of history. Written once, never changed. `audit` chains a digest of all other columns to the entry before.
struct EntryRow {
    Position position{};
    EntryKind kind = EntryKind::changeset;
    CaseNo case_no{};
    CredentialNo credential_no{};
    BatchNo batch_no{};
    std::uint64_t sequence = 0;        // of the batch's incarnation
    Bytes body;                        // sync/hub/body.hpp says what is in it, per kind
    Bytes rulings;
    std::uint32_t policy_version = 0;  // in force when it was ruled
    std::uint8_t rules_version = 0;
    Position seen_position{};          // up to here its author knew the case
    Instant received_at;
    Digest audit{};

    bool operator==(const EntryRow&) const = default;
};

// The signed batch that a changeset came in. digests[i] belongs to sequence first_sequence + i.
struct BatchRow {
    BatchNo no{};
    IncarnationNo incarnation_no{};
    std::uint64_t first_sequence = 0;
    Digest previous{};  // digest of the changeset before the first
    std::vector<Digest> digests;
    crypto::Signature signature{};

    bool operator==(const BatchRow&) const = default;
};

// Materialised: what the fold of the case's entries yields, and what readers' positions are compared with.
struct CaseRow {
    CaseNo no{};
    CaseId id;
    std::string label;           // the administrators' own key for it; never a person's name
    Position head{};             // of its last entry
    Position last_safety{};      // of its last entry that concerns somebody's safety
    std::uint64_t visibility = 0;  // grows whenever what somebody may see of earlier entries may have changed
    Facts facts;

    bool operator==(const CaseRow&) const = default;
};
struct RecordRow {
    CaseNo case_no{};
    schema::TypeId type{};
    RecordId record;
    Bytes state;  // encode(RecordState)

    bool operator==(const RecordRow&) const = default;
};
struct TaskRow {
    CaseNo case_no{};
    TaskId task;
    Bytes state;  // encode(Task)

    bool operator==(const TaskRow&) const = default;
};
struct OpenItemRow {  // where an open suggestion or conflict sits; what it says is in the record
    VersionId item;
    CaseNo case_no{};
    schema::TypeId type{};
    RecordId record;
    schema::GroupId group{};
    OpenItem::Kind kind{};
    Position opened{};

    bool operator==(const OpenItemRow&) const = default;
};
struct FactRow {  // history: the value from this position on; empty: unset
    CaseNo case_no{};
    std::string name;
    Position position{};
    std::string value;

    bool operator==(const FactRow&) const = default;
};

// --- What administrators and enrolments put there -------------------------------------------------------------------

struct HubRow {
    std::string area;
    Epoch epoch{};
    Instant created_at;
    std::uint32_t restores = 0;  // how often this store was put back from a copy, which began a new epoch

    bool operator==(const HubRow&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(area, epoch, created_at, restores);
    }
};

// The identity of a case; the rest of CaseRow follows from its entries.
struct CaseOpened {
    std::int64_t no = 0;
    CaseId id;
    std::string label;

    bool operator==(const CaseOpened&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(no, id, label);
    }
};

struct UserRow {
    UserId id;
    std::string name;
    std::string vetting;  // one of the policy's levels; empty: none
    bool suspended = false;
    std::vector<std::string> hats;  // "agency/team/role", sorted
    std::uint32_t version = 1;      // counts changes of the row: what somebody may see depends on it

    bool operator==(const UserRow&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(id, name, vetting, suspended, hats, version);
    }
};

struct AssignmentRow {
    enum class Subject : std::uint8_t { user = 1, team = 2, role = 3 };
    std::int64_t case_no = 0;
    Subject subject = Subject::user;
    std::string name;   // user id, team, or full role name
    std::string ended;  // empty while it stands; else "moved", "restricted", "suspended"

    bool operator==(const AssignmentRow&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(case_no, subject, name, ended);
    }
};

struct CredentialRow {
    // The hub operator writes on behalf of a user under a credential of its own: provenance says so.
    enum class Kind : std::uint8_t { device = 1, hub_operator = 2 };
    std::int64_t no = 0;
    CredentialId id;
    UserId user;
    Kind kind = Kind::device;
    std::string agency;
    std::string device_name;
    crypto::PublicKey operation_key;
    Bytes record;  // signed by the agency; readers keep it (crypto/registry)
    crypto::Signature record_signature{};
    Instant enrolled_at;
    bool revoked = false;

    bool operator==(const CredentialRow&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(no, id, user, kind, agency, device_name, operation_key.bytes, record, record_signature, enrolled_at,
          revoked);
    }
};

// One life of a credential's store. `received` and `head` follow from the entries; the rest is put by enrolment.
struct IncarnationRow {
    std::int64_t no = 0;
    std::int64_t credential_no = 0;
    IncarnationId id;
    Bytes salt_key;
    bool forked = false;
    std::uint64_t received = 0;  // sequence of its last changeset that the hub holds
    Digest head{};               // and its digest

    bool operator==(const IncarnationRow&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(no, credential_no, id, salt_key, forked);  // as in its admin entry
    }
};

struct EnrolmentRow {
    std::string id;
    UserId user;
    Digest code_key{};  // derived from the single-use code, which is kept nowhere
    Instant expires_at;
    Instant used_at;    // zero: not yet
    CredentialId credential;

    bool operator==(const EnrolmentRow&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(id, user, code_key, expires_at, used_at, credential);
    }
};

struct PolicyRow {
    std::uint32_t version = 0;
    Bytes bundle;
    crypto::Signature signature{};

    bool operator==(const PolicyRow&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(version, bundle, signature);
    }
};

// A case that has to leave a device: asked for under this nonce, or (`done`) confirmed by the device's signed receipt.
struct RemovalRow {
    std::int64_t credential_no = 0;
    std::int64_t case_no = 0;
    std::string because;
    Nonce nonce{};
    bool done = false;
    crypto::Signature receipt{};  // once done

    bool operator==(const RemovalRow&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(credential_no, case_no, because, nonce, done, receipt);
    }
};

// --- Working state of deliveries, and anchors of the log --------------------------------------------------------------

// How far a credential got in a case: cursor k was given for everything visible up to `position`. Not history: sealed
// with a key that is not in the store instead of audited.
struct CursorRow {
    CredentialNo credential_no{};
    CaseNo case_no{};
    std::uint64_t cursor = 0;         // 1, 2, 3 …: counts deliveries
    Position position{};
    std::uint64_t visible_count = 0;  // entries delivered so far, since the last reset
    Digest visible{};                 // chain over their positions
    std::uint64_t visibility = 0;     // mark of everything that the audience depended on
    Digest seal{};

    bool operator==(const CursorRow&) const = default;
};

// One per commit: signed with a key that is not in the store, so that nobody who holds the store can re-chain it.
struct CheckpointRow {
    std::int64_t no = 0;  // 1, 2, 3 … without gaps
    Position position{};
    Digest audit{};
    Instant signed_at;
    crypto::Signature signature{};

    bool operator==(const CheckpointRow&) const = default;
};

}  // namespace satchel::sync
