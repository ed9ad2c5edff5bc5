// A schedule: what happens to a world, in order, all of it from one seed. Each action has a seed of its own, so that one
// can be left out and the others stay what they are: that is how a failing schedule is made smaller.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/world.hpp"

namespace satchel::simulation {

enum class Act : std::uint8_t {
    save, connect, run, block, cut, device_power, device_dies, device_full, device_fails, hub_power, hub_dies, hub_full,
    hub_fails, copy_device, put_back_device, copy_hub, put_back_hub, reassign, revoke, publish, tick, rest,
    use_twin,
};

struct Action {
    Act act{};
    std::uint64_t seed = 0;
};

struct Schedule {
    std::uint64_t seed = 0;
    WorldOptions options;
    std::vector<std::int64_t> skews;  // of the devices' clocks where they are to be wrong
    bool breaks = false;  // connections may break at any byte
    Meddling meddling;
    std::vector<Action> actions;
};

// `devices` 0: from the seed, 3 to 8. `mix`: "" for a mix from the seed, or names of faults ("power,copies") that alone
// may happen. Unknown names are ignored here: main() checks them.
[[nodiscard]] Schedule make_schedule(std::uint64_t seed, unsigned devices, std::string_view mix);
[[nodiscard]] const std::vector<std::string_view>& fault_names();

struct Outcome {
    std::vector<Violation> violations;
    std::vector<std::string> story;
    std::string trace;
    std::uint64_t actions = 0, promises = 0, faults = 0, steps = 0, entries = 0, outsiders = 0;
    Happenings happened;
    std::vector<std::string> rulings;  // what the log says, without anything that a clock could be in
};
[[nodiscard]] Outcome play(const Schedule& schedule);
// The same, with whatever finds this invariant.
[[nodiscard]] Outcome replay(const Schedule& schedule);
// Makes the worlds that schedules begin with, which otherwise the first of each size does.
void found_worlds(unsigned devices);
// I11: with wrong clocks and a forgetful hub, and with right ones and another, the same must be ruled in the same way. Adds what is
// violated. Both are played without the faults that count what a disk is asked to do.
void compare_clocks(const Schedule& schedule, Outcome& outcome);

// The same failure with as few actions as can be found in `tries` runs.
[[nodiscard]] Schedule smaller(Schedule schedule, const std::string& invariant, unsigned tries);

}  // namespace satchel::simulation
