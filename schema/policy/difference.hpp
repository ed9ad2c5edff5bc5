// What changes for whom from one agreement to another, in words. Pure.
#pragma once

#include "schema/policy/policy.hpp"

namespace satchel::schema::difference {

struct Change {
    std::string kind;   // "record", "part", "field", "say", "sight", "exception", "notification", "deadline", …
    std::string where;  // "address.where.lines", or "address: " and the name of a rule
    std::string words;  // a sentence
    std::vector<std::string> who = {};  // of say and sight: the titles of the roles
    bool narrows = false;  // in some case somebody no longer sees what they see now
    bool operator==(const Change&) const = default;
};

// In the order of the agreement. Nothing for an agreement that differs in its version alone.
[[nodiscard]] std::vector<Change> between(const Policy& was, const Policy& is);

// Of the rules that do something by themselves alone: facts, exceptions, notifications, deadlines and the like.
[[nodiscard]] std::vector<Change> of_rules(const Policy& was, const Policy& is);

// Is there a case in which somebody under this role sees the part under `was` and not under `is`?
[[nodiscard]] bool loses_sight(const Policy& was, const Policy& is, const RecordType& type, const Group& group,
                               const Role& role);

}  // namespace satchel::schema::difference
