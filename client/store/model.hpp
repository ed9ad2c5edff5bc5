// Plain values that go into the device store and come out of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/store/identity.hpp"
#include "schema/change/change.hpp"
#include "sync/core/proof.hpp"
#include "sync/core/ruling.hpp"

namespace satchel::client {

// How far own work has come. Stored by value: never renumber.
enum class WorkState : std::uint8_t {
    saved = 1,     // "Saved on this device"
    received = 2,  // "Received centrally": a signed receipt covers it
    ruled = 3,     // the hub's rulings are here
    sealed = 4,    // the case is barred: sealed to its handler, not yet received
    deposited = 5, // sealed and received: held, not in the record
    replaced = 6,  // written again under a new incarnation after a restore
};
[[nodiscard]] std::string_view name(WorkState state) noexcept;

// One user action on one case. Each part becomes a changeset of one audience; all are saved, or none. In the
// first part a change that creates a record leaves its id empty; in later parts an empty id means that same
// record.
struct Draft {
    CaseId case_id;
    schema::Hat hat;
    Instant authored_at;
    Instant event_at;
    schema::Basis basis = schema::Basis::none;
    std::string basis_source;
    std::vector<std::vector<schema::Change>> parts;
};

struct SavedChangeset {
    std::uint64_t sequence = 0;
    sync::OpenedChangeset opened;
    std::vector<sync::Ruling> forecast; // what the hub would say to it as things stand here
};
struct Saved {
    RecordId record; // the first one touched
    std::vector<SavedChangeset> changesets;
};

// One changeset of the outbox, or one that has left it.
struct OwnWork {
    std::uint32_t incarnation_no = 0;
    std::uint64_t sequence = 0;
    WorkState state = WorkState::saved;
    std::uint64_t seen = 0;
    Digest digest{};
    CaseId case_id;                            // empty once the case has left the device
    std::optional<sync::SealedChangeset> body; // absent when sealed to a handler, or gone with its case
    Bytes sealed;                              // WorkState::sealed
    std::vector<sync::Ruling> outcome;         // forecast, or the hub's rulings
    Instant saved_at;
    Instant received_at;
};

// A stretch of a chain that no receipt covers.
struct ReceiptGap {
    std::uint32_t incarnation_no = 0;
    IncarnationId incarnation;
    std::uint64_t first = 0, last = 0; // sequences, both included
};

// An entry of a page whose signature, digest and proof have been checked (client/engine/verify).
struct CheckedEntry {
    sync::Entry::Kind kind = sync::Entry::Kind::changeset;
    sync::SealedChangeset sealed; // changeset
    sync::OpenedChangeset opened; // changeset
    Digest digest{};              // own
    std::uint32_t batch =
        0; // changeset: index into CheckedPage::batches, each of which is named at least once
    std::uint16_t place = 0; // changeset: in the batch tree
    std::vector<sync::Ruling> rulings;
    Bytes rulings_bytes;
    sync::Effect effect;
    Bytes effect_bytes;
    Instant received_at;
};
struct CheckedPage {
    CaseId case_id;
    bool reset = false;
    std::uint64_t follows = 0;
    std::uint64_t cursor = 0;
    bool more = false;
    std::vector<std::pair<CredentialId, sync::AuthorRecord>> authors;
    std::vector<sync::BatchProof> batches;
    std::vector<CheckedEntry> entries;
};

// What a page, or a whole run, brought.
struct Tally {
    std::uint64_t entries = 0;
    std::uint64_t applied = 0, merged = 0, suggested = 0, conflict = 0, refused = 0; // rulings on own changes
    std::uint64_t attention = 0;

    Tally& operator+=(const Tally& other) noexcept;
    void count(sync::Outcome outcome) noexcept;
};

struct CaseSummary {
    CaseId case_id;
    std::uint64_t cursor = 0;
    bool partial = false; // its first load has not ended yet
    sync::Facts facts;
};

// What somebody has to look at.
struct AttentionItem {
    std::int64_t number = 0;
    std::string kind; // "refused", "suggestion", "conflict", "outside_policy", "held", "access_removed" …
    CaseId case_id;
    RecordId record;
    schema::GroupId group{};
    VersionId version;
    std::string what_happened;
    std::string what_next;
    std::string who_acts;
    Instant at;
};

// How far a line of history can be proved.
enum class Proof : std::uint8_t {
    valid,        // the author's signature, under a record signed by their agency
    invalid,      // what is stored does not match what was signed
    partial,      // own work that is still here only, or whose receipt is the only proof
    hub_operator, // the system's: nobody typed it
};
[[nodiscard]] std::string_view name(Proof proof) noexcept;

// One change of a group in the history of a record.
struct HistoryLine {
    RecordId record;
    schema::TypeId type{};
    schema::GroupId group{};
    VersionId version;
    schema::Op op = schema::Op::set;
    schema::FieldValues values;
    std::vector<VersionId> targets;
    schema::Resolution resolution = schema::Resolution::none;
    std::string reason;
    VersionId base;
    CredentialId author; // empty: the system
    std::string author_name;
    std::string agency, role, device;
    schema::Basis basis = schema::Basis::none;
    std::string basis_source;
    Instant event_at, authored_at, received_at;
    bool pending = false; // own, not ruled yet: `ruling` is a forecast
    std::optional<sync::Ruling> ruling;
    std::string disposition; // what became of a suggestion or conflict: "open", "accepted" …; else empty
    Proof proof = Proof::valid;
};

// How the last attempt to reach the hub ended, by this device's clock.
struct Attempt {
    Instant at;
    Instant since;              // the first of those in a row that failed, or succeeded
    std::optional<Errc> failed; // nothing: the hub let us in, and everything was done
};

struct SearchHit {
    CaseId case_id;
    RecordId record;
    schema::TypeId type{};
    std::string excerpt;
};

// A case that has left the device, or is about to.
struct RemovedCase {
    CaseId case_id;
    std::string because;
    std::string handler_role; // barred: who has the sealed work
    sync::Nonce nonce{};
    bool told = false; // the hub has our signed word that it is gone
    Instant at;
};

} // namespace satchel::client
