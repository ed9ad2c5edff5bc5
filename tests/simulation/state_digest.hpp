// What stores hold at a rest, in few bytes: for the trace, so that two runs of a seed are one in what they made and not only in
// what they were told to do.
#pragma once

#include "tests/simulation/log_reader.hpp"
#include "tests/simulation/world.hpp"

namespace satchel::simulation {

// The log's rows, the hub's records, tasks and facts, and of each device its chain and all that it shows.
[[nodiscard]] std::string state_digest(World& world, const Log& log);

}  // namespace satchel::simulation
