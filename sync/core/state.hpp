// The state of a case as a reader may know it: what the fold of its entries yields. Plain values.
//
// Nothing in here depends on hub positions, clocks or hidden entries, so that two readers with the same audience hold
// byte-identical states (I4, I12).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "schema/change/change.hpp"

namespace satchel::sync {

namespace schema = satchel::schema;

// Who stands behind a value.
struct Source {
    ChangesetId changeset;  // empty: the system
    CredentialId author;
    std::string agency;
    std::string role;
    auto operator<=>(const Source&) const noexcept = default;
};

struct Version {
    VersionId id;
    schema::FieldValues values;
    Source source;
    auto operator<=>(const Version&) const noexcept = default;
};

// A suggestion or a conflict that waits for a person. Its id is the id of the change that caused it.
struct OpenItem {
    enum class Kind : std::uint8_t { suggestion = 1, conflict = 2 };
    Kind kind = Kind::suggestion;
    Version side;
    VersionId base;
    std::string decided_by;  // the authority, as the policy writes it
    std::string rule;
    bool removes = false;           // a removal of `targets` is what is suggested
    bool adds = false;              // an element of a set is what is suggested
    std::vector<VersionId> targets;
    bool around_handover = false;   // written around handover (G-X-4, L1-252)
    bool protective = false;        // shown to everyone beside the recorded value, drives safety prompts (G-11-12)
    bool stands = false;            // conflict: this side is shown as standing, being the safer one
    // A decision that leaves less protection, by one person; it counts when another takes the same. Id empty: none.
    Version proposed;
    schema::Resolution proposed_how{};
    auto operator<=>(const OpenItem&) const noexcept = default;
};

struct GroupState {
    schema::GroupId id{};
    Version current;                // id empty: no confirmed value
    Version previous;               // what `current` replaced; for resolution "previous"
    std::vector<VersionId> agreed;  // later changes that said the same as `current`: to their authors it is that version
    std::vector<Version> elements;  // of a set, in the order they entered
    std::vector<OpenItem> open;
    bool voided = false;            // an approval whose bound version has changed since (G-X-3)
    bool founding = false;          // written when the record was created: whoever sees it knows the supplier
    auto operator<=>(const GroupState&) const noexcept = default;
};

struct RecordLink {
    RecordId other;
    std::string rule;
    bool discrepancy = false;
    auto operator<=>(const RecordLink&) const noexcept = default;
};

// What is said of a record as a whole (withdrawn, stale, outside, late, links) has the audience of the first group of its
// type.
struct RecordState {
    RecordId id;
    schema::TypeId type{};
    Source created;  // the supplier, without the changeset; empty for readers who see no founding group
    std::vector<GroupState> groups;
    VersionId withdrawn;               // empty: stands
    std::vector<VersionId> stale;      // the changes that made it stale; emptied when it is next edited
    std::vector<std::string> outside;  // ids of the rules it happened outside of (promise 6)
    bool late = false;                 // received long after it happened (IN-T12)
    std::vector<RecordLink> links;
    auto operator<=>(const RecordState&) const noexcept = default;

    [[nodiscard]] const GroupState* group(schema::GroupId group_id) const noexcept;
    GroupState& group_for(schema::GroupId group_id);  // adds it when absent
};

struct Task {
    TaskId id;
    std::string rule;
    std::string role;
    std::string words;
    RecordId record;
    schema::TypeId type{};
    schema::GroupId group{};
    VersionId cause;
    std::string paragraph;
    bool safety = false;
    Date due;  // days zero: no date
    enum class State : std::uint8_t { open = 1, acknowledged = 2, done = 3, superseded = 4 };
    State state = State::open;
    auto operator<=>(const Task&) const noexcept = default;
};

using Facts = std::map<std::string, std::string, std::less<>>;

// Either a whole case, or the slice of it that one decision needs: reconcile reads the records a changeset names,
// the records they refer to, and the facts.
struct CaseState {
    CaseId id;
    Facts facts;
    std::map<RecordId, RecordState> records;
    std::map<TaskId, Task> tasks;

    [[nodiscard]] const RecordState* record(RecordId record_id) const noexcept;
    [[nodiscard]] std::string_view fact(std::string_view name) const noexcept;  // "" when unset
};

// About how many bytes of memory one takes, its own and those it holds.
[[nodiscard]] std::size_t memory_of(const RecordState& record) noexcept;
[[nodiscard]] std::size_t memory_of(const Task& task) noexcept;
[[nodiscard]] std::size_t memory_of(const Facts& facts) noexcept;

// Canonical bytes of one record's state: what stores keep and `verify` compares.
Bytes encode(const RecordState& record);
Result<RecordState> decode_record_state(ByteView bytes);
Bytes encode(const Task& task);
Result<Task> decode_task(ByteView bytes);

}  // namespace satchel::sync
