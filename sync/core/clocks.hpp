// Clocks inside consequences: those that a change may start, move or end.
#pragma once

#include "sync/core/effects.hpp"

namespace satchel::sync::reacting {

// May what a changeset says of a record of this type start, move or end a clock of the rule? Of a record that it makes: only if
// what it says of it can, so that the common record needs nobody else's. Of any other: if the rule mentions its kind.
[[nodiscard]] bool may_move(const schema::Deadline& rule, const OpenedChangeset& changeset, const RecordId& record,
                            const schema::RecordType& type);

// What may have moved a clock. Records that the system wrote and facts that changed are found among the effects so far.
struct Touched {
    std::set<RecordId> records;
    std::set<TaskId> done;
};
void run_clocks(Collector& out, const OpenedChangeset& changeset, const Touched& touched, Date today, const VersionId& cause);

// Whether the clock is one for the case, or is met by another record: then every record of its kinds is looked at.
[[nodiscard]] bool looks_at_all(const schema::Deadline& rule) noexcept;

}  // namespace satchel::sync::reacting
