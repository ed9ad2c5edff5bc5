// What the day's work must have brought, written down a second time: leads and review tasks, from the rows that stand.
#pragma once

#include "tests/simulation/world.hpp"

namespace satchel::simulation {

// To be called when the hub's day is done: what is due by that day and has not come is a violation.
void check_day(World& world);

}  // namespace satchel::simulation
