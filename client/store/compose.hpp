// From what a user typed to the changes that say it: grouped, based on what they saw, split by audience.
// Pure.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "schema/change/change.hpp"
#include "sync/core/state.hpp"

namespace satchel::client {

namespace schema = satchel::schema;

// One --set, --add or --remove.
struct Typed {
    enum class How : std::uint8_t { set, add, remove };
    How how = How::set;
    std::string field; // empty for remove: `value` is the id of an element
    std::string value;
    bool begins = false; // add: a new element, whatever the one before it holds
};

// The version that a further edit by this author is based on, and the values that they see: their own waiting
// suggestion or side of a conflict if there is one, else the present version.
struct Basis {
    VersionId base;
    VersionId confirmed;
    schema::FieldValues values;
};
[[nodiscard]] Basis basis_of(const sync::GroupState* shown, const sync::GroupState* confirmed,
                             const CredentialId& self);

// What the author says that they looked at, where that may be older than what is here by now.
struct Seen {
    std::map<schema::GroupId, Basis> groups;
    bool nothing = false;    // of groups that are not named
    bool withdrawal = false;
};

// What is being written on. `shown` is the record with own pending work, `confirmed` without; both null for a
// new one.
struct Canvas {
    const schema::Policy& policy;
    const schema::RecordType& type;
    CaseId case_id;
    CredentialId self;
    const sync::RecordState* shown = nullptr;
    const sync::RecordState* confirmed = nullptr;
    // The present version of "group" of this record, or of "record.group" of the case; empty when there is
    // none. For fields that name a version, where the user typed "current".
    std::function<VersionId(std::string_view target)> version_of;
    std::string reason;
    const Seen* seen = nullptr; // null: everything that is shown
};

// The changesets of one action: each of one audience, within the bounds of a changeset, in the order of the
// policy's groups. unknown_name (with the nearest name) and invalid_argument say what is wrong and never
// repeat a value.
using Parts = std::vector<std::vector<schema::Change>>;
Result<Parts> compose(const Canvas& canvas, std::span<const Typed> typed);

// Withdraws a record made in error. `wrong_person`: it belongs to somebody else's case.
[[nodiscard]] Parts compose_withdrawal(const Canvas& canvas, bool wrong_person);

// Settles an open item, or says something about it. `typed` gives the values of an amendment.
Result<Parts> compose_resolution(const Canvas& canvas, const schema::Group& group, const sync::OpenItem& item,
                                 schema::Resolution how, std::span<const Typed> typed);

[[nodiscard]] Parts compose_task(const sync::Task& task, schema::Resolution how, const std::string& reason);

} // namespace satchel::client
