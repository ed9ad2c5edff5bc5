// What a device's store holds, read row by row from a copy of its disk: the store is in use, and the device's own programs
// are not asked.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "schema/base/id.hpp"

namespace satchel::simulation {

struct DeviceHost;

// Marks in every value of every table, each with its table.
[[nodiscard]] std::map<std::uint64_t, std::string> marks_in_tables(const DeviceHost& device);

// Its own changesets whose content is there, also under the ids that they had before they were written again.
[[nodiscard]] std::set<ChangesetId> own_work_on(const DeviceHost& device);

}  // namespace satchel::simulation
