// What stands in the body of an entry, and the digest under which an entry enters the audit chain. Pure.
#pragma once

#include <optional>

#include "sync/central/rows.hpp"

namespace satchel::sync {

// EntryKind::changeset: somebody's work in the bytes that were hashed and signed. Secret, blind and previous digest
// follow from its batch.
struct ChangesetBody {
    std::uint64_t seen = 0;
    Bytes header;
    std::vector<Bytes> changes;

    bool operator==(const ChangesetBody&) const = default;
};
Bytes encode(const ChangesetBody& body);
Result<ChangesetBody> decode_changeset_body(ByteView bytes);

// EntryKind::held: work that was received and may not be ruled on. Either in clear or sealed to a handler.
struct HeldBody {
    std::string why;  // "unreadable", "out-of-scope", "not-yours", "barred", "sealed", "written-again"
    ChangesetBody work;
    std::optional<CaseId> sealed_case;
    Bytes sealed;

    bool operator==(const HeldBody&) const = default;
};
Bytes encode(const HeldBody& body);
Result<HeldBody> decode_held_body(ByteView bytes);

// EntryKind::fork: the push that contradicts what the hub holds, whole, as evidence.
struct ForkBody {
    IncarnationId incarnation;
    std::uint64_t sequence = 0;  // the first that differs
    Digest held{};               // what the hub holds under that number
    Digest offered{};
    Bytes push;                  // packed sync::Push

    bool operator==(const ForkBody&) const = default;
};
Bytes encode(const ForkBody& body);
Result<ForkBody> decode_fork_body(ByteView bytes);

// EntryKind::admin: the row that was put, in its canonical form. Stored by value: never renumber.
enum class AdminKind : std::uint8_t {
    hub = 1,
    case_opened = 2,
    user = 3,
    assignment = 4,
    credential = 5,
    incarnation = 6,
    enrolment = 7,
    policy = 8,
    removal = 9,
    note = 10,    // an act without a row of its own: who decided through the operator, where something was routed
    agency = 11,  // one that came with a later agreement: AgencyIntroduction
};
Bytes admin_body(AdminKind kind, ByteView row);
struct AdminBody {
    AdminKind kind{};
    ByteView row;  // into the entry's body
};
Result<AdminBody> decode_admin_body(ByteView bytes);

struct AdminNote {
    std::string what;
    UserId user;
    VersionId item;
    std::string text;

    bool operator==(const AdminNote&) const = default;
    template <class A>
    void serialize(A& a)
    {
        a(what, user, item, text);
    }
};

// Over every column but `audit`, each delimited.
Digest entry_digest(const EntryRow& entry) noexcept;

// "satchel checkpoint/1" | number | position | audit head | time: what the hub signs once per commit.
Bytes checkpoint_bytes(const CheckpointRow& row);

// The seal of a delivery cursor, over every other column.
Digest cursor_seal(const crypto::HmacKey& key, const CursorRow& row);

}  // namespace satchel::sync
