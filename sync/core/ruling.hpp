// The hub's immutable decision on one change, and what the system did because of it.
#pragma once

#include <string>
#include <vector>

#include "sync/core/state.hpp"

namespace satchel::sync {

// Version of the rules in reconcile() and consequences(): recorded with every entry. `verify` recomputes rulings of this version and
// counts older ones.
inline constexpr std::uint8_t rules_version = 6;

// Stored and sent by value: never renumber.
enum class Outcome : std::uint8_t { applied = 1, merged = 2, suggested = 3, conflict = 4, refused = 5 };
[[nodiscard]] std::string_view name(Outcome outcome) noexcept;

struct Ruling {
    Outcome outcome = Outcome::refused;
    std::string rule;        // "owner", "not-owner", "level-needs-acceptance" …: see docs/RECONCILIATION.md
    std::string paragraph;   // the first reference of the rule, "G-15-17"
    std::string decided_by;  // suggested, conflict: the authority that settles it, as the policy writes it
    std::string who_can;     // refused: who can do it instead; a plain sentence
    bool around_handover = false;
    bool protective = false;  // a more protective value: shown beside the recorded one
    bool stands = false;      // conflict: this side, not the current value, is shown as standing
    bool outside_policy = false;
    bool amends = false;      // replaces the author's own earlier suggestion or side of a conflict (`amended`)
    VersionId amended;
    std::string instead;      // name of the record type that the hub writes for the author
    bool returns = false;     // the record had been withdrawn, and stands again because of this
    auto operator<=>(const Ruling&) const noexcept = default;
};

// What the system adds to a case because of a change, a clock or an administrator. Each is an entry of its own with
// the rule that caused it; nobody typed it.
struct Effect {
    enum class Kind : std::uint8_t {
        fact = 1,         // `name` takes the value `text`
        task_opened = 2,
        task_closed = 3,  // superseded by a later version of its cause
        set = 4,          // system value of a group: succession, instead, import
        stale = 5,        // `record` depends on something that changed: `cause`
        link = 6,         // `record` and `other` are about the same thing; `flag`: they differ
        late = 7,         // `record` came long after it happened
        outside = 8,      // `record` happened outside rule `rule`
        voided = 9,       // an approval's bound version changed
        returned = 10,    // `record` had been withdrawn and stands again: for those who do not see because of what
    };
    Kind kind = Kind::fact;
    std::string rule;
    std::string paragraph;
    VersionId cause;
    RecordId record;
    RecordId other;
    schema::TypeId type{};
    schema::GroupId group{};
    std::string name;
    std::string text;
    bool flag = false;
    bool creates = false;
    schema::FieldValues values;
    VersionId version;       // Kind::set: the id of the version it makes
    bool element = false;    // Kind::set: joins a set instead
    Source on_behalf;        // instead, import: the attested author
    Task task;               // task_opened
    auto operator<=>(const Effect&) const noexcept = default;
};

void encode(Writer& out, const Ruling& ruling);
Ruling decode_ruling(Reader& in);
Bytes encode(const std::vector<Ruling>& rulings);
Result<std::vector<Ruling>> decode_rulings(ByteView bytes);
Bytes encode(const Effect& effect);
Result<Effect> decode_effect(ByteView bytes);

}  // namespace satchel::sync
