// satchel-sim: plays schedules and says which one broke what was promised.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <CLI/CLI.hpp>

#include "schema/base/mutant.hpp"
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

// Plays schedules with each fault switched on until one of them is found to break something.
int try_mutants(const std::string& which, std::uint64_t seed, std::uint64_t within)
{
#ifdef SATCHEL_MUTANTS
    unsigned missed = 0, tried = 0;
    for (const auto& [mutant, name] : satchel::mutant_names) {
        if (which != "all" && which != name)
            continue;
        ++tried;
        satchel::active_mutant = mutant;
        std::uint64_t played = 0;
        Outcome outcome;
        while (played < within && outcome.violations.empty()) {
            const auto schedule = make_schedule(seed + played, 0, "");
            outcome = play(schedule);
            if (outcome.violations.empty())
                compare_clocks(schedule, outcome);
            ++played;
        }
        satchel::active_mutant = satchel::Mutant::none;
        if (outcome.violations.empty()) {
            ++missed;
            std::printf("%-22s NOT CAUGHT in %llu schedules\n", std::string(name).c_str(), static_cast<unsigned long long>(played));
        } else {
            std::printf("%-22s caught in schedule %llu by %s: %s\n", std::string(name).c_str(),
                        static_cast<unsigned long long>(played), outcome.violations.front().invariant.c_str(),
                        outcome.violations.front().what.c_str());
        }
        std::fflush(stdout);
    }
    std::printf("%u mutants, %u caught\n", tried, tried - missed);
    return missed || !tried ? 1 : 0;
#else
    (void)which, (void)seed, (void)within;
    std::fputs("satchel-sim: this build has no mutants; build the preset \"mutants\".\n", stderr);
    return 2;
#endif
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
    std::string mutant;
    std::uint64_t within = 2000;
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
    app.add_option("--mutant", mutant, "a fault to switch on, or all: must be caught (build \"mutants\" only)");
    app.add_option("--within", within, "schedules that a mutant has to be caught in")->capture_default_str();
    app.add_flag("--twice", twice, "plays each twice and compares the traces");
    app.add_flag("--story", story, "tells what happened, also where nothing broke");
    CLI11_PARSE(app, argc, argv);

    if (!mutant.empty())
        return try_mutants(mutant, seed, within);

    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t failed = 0, actions = 0, promises = 0, faults = 0, steps = 0, entries = 0;
    std::string last_trace;
    for (std::uint64_t i = 0; i < schedules; ++i) {
        const auto schedule = make_schedule(seed + i, devices, mix);
        auto outcome = play(schedule);
        if (twice && outcome.violations.empty() && play(schedule).trace != outcome.trace)
            outcome.violations.push_back({"same seed", "the second run went another way"});
        if (i % 5 == 0 && outcome.violations.empty())
            compare_clocks(schedule, outcome);
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
