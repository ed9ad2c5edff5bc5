// satchel-sim: plays schedules and says which one broke what was promised.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <CLI/CLI.hpp>

#include "tests/simulation/schedule.hpp"

namespace {

using namespace satchel::simulation;

void tell(const Schedule& schedule, const Outcome& outcome)
{
    for (const auto& line : outcome.story)
        std::printf("    %s\n", line.c_str());
    for (const auto& violation : outcome.violations)
        std::printf("  VIOLATED %s: %s\n", violation.invariant.c_str(), violation.what.c_str());
    std::printf("  (%zu actions, %u devices, %u cases)\n", schedule.actions.size(), schedule.options.devices,
                schedule.options.cases);
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Plays the real hub and devices against each other, with everything that can go wrong, from a seed.\n"
                 "Example:  satchel-sim --seed 1 --schedules 100\n"
                 "          satchel-sim --seed 4711 --story      what happened in that one"};
    std::uint64_t seed = 1, schedules = 100;
    unsigned devices = 0, tries = 200;
    std::string mix;
    bool twice = false, story = false;
    app.add_option("--seed", seed, "the first schedule's seed; the next ones count on")->capture_default_str();
    app.add_option("--schedules", schedules, "how many")->capture_default_str();
    app.add_option("--devices", devices, "3 to 8 (otherwise each seed draws)")->check(CLI::Range(3, 8));
    app.add_option("--faults", mix, "only these, by comma: " + [] {
        std::string out;
        for (const auto name : fault_names())
            out += (out.empty() ? "" : ", ") + std::string(name);
        return out;
    }());
    app.add_option("--smaller", tries, "runs spent on making a failing schedule smaller; 0: none")->capture_default_str();
    app.add_flag("--twice", twice, "plays each twice and compares the traces");
    app.add_flag("--story", story, "tells what happened, also where nothing broke");
    CLI11_PARSE(app, argc, argv);

    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t failed = 0, actions = 0, promises = 0, faults = 0, steps = 0, entries = 0;
    std::string last_trace;
    for (std::uint64_t i = 0; i < schedules; ++i) {
        const auto schedule = make_schedule(seed + i, devices, mix);
        auto outcome = play(schedule);
        if (twice && outcome.violations.empty() && play(schedule).trace != outcome.trace)
            outcome.violations.push_back({"same seed", "the second run went another way"});
        actions += outcome.actions, promises += outcome.promises, faults += outcome.faults;
        steps += outcome.steps, entries += outcome.entries;
        last_trace = outcome.trace;
        if (outcome.violations.empty()) {
            if (story)
                tell(schedule, outcome);
            continue;
        }
        ++failed;
        std::printf("seed %llu FAILED; the smallest story found:\n", static_cast<unsigned long long>(seed + i));
        const auto small = tries ? smaller(schedule, outcome.violations.front().invariant, tries) : schedule;
        tell(small, tries ? play(small) : outcome);
        std::fflush(stdout);
    }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%llu schedules, %llu failed: %llu actions, %llu faults, %llu saves, %llu log entries, %llu steps; last trace %s; "
                "%.1f s (%.1f/s)\n",
                static_cast<unsigned long long>(schedules), static_cast<unsigned long long>(failed),
                static_cast<unsigned long long>(actions), static_cast<unsigned long long>(faults),
                static_cast<unsigned long long>(promises), static_cast<unsigned long long>(entries),
                static_cast<unsigned long long>(steps), last_trace.c_str(), seconds,
                static_cast<double>(schedules) / seconds);
    return failed ? 1 : 0;
}
