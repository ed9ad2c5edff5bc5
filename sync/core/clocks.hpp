// Clocks inside consequences: those that a change may start, move or end.
#pragma once

#include "sync/core/effects.hpp"

namespace satchel::sync::reacting {

// What may have moved a clock. Records that the system wrote and facts that changed are found among the effects so far.
struct Touched {
    std::set<RecordId> records;
    std::set<TaskId> done;
};
void run_clocks(Collector& out, Touched touched, Date today, const VersionId& cause);

// Whether the clock is one for the case, or is met by another record: then every record of its kinds is looked at.
[[nodiscard]] bool looks_at_all(const schema::Deadline& rule) noexcept;

}  // namespace satchel::sync::reacting
