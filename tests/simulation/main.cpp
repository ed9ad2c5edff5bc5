// satchel-sim: plays schedules and says which one broke what was promised.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "schema/base/mutant.hpp"
#include "tests/simulation/fast_store.hpp"
#include "tests/simulation/jobs.hpp"
#include "tests/simulation/schedule.hpp"
#include "tests/simulation/seen_by.hpp"

namespace {

using namespace satchel::simulation;

constexpr std::uint64_t piece_schedules = 10;  // played by one process before it asks for more
constexpr std::chrono::seconds progress_every{15}, kept_every{5};

struct Run {
    std::uint64_t seed = 1, schedules = 100, clocks = 5;
    unsigned devices = 0, tries = 200, jobs = 1;
    std::string mix, resume;
    StoreKind store = StoreKind::sqlcipher;
    bool twice = false, story = false;
};

// What of a run is done, in words and numbers: how processes tell it, and how it is kept to be taken up again.
struct Totals {
    std::uint64_t schedules = 0, failed = 0, compared = 0, outsiders = 0, actions = 0, saves = 0, entries = 0, steps = 0;
    std::uint64_t trace = 0;  // of all together, in any order
    Happenings happened;

    template <class Each>
    void each(Each&& one)
    {
        one(schedules), one(failed), one(compared), one(outsiders), one(actions), one(saves), one(entries), one(steps);
        for (std::size_t i = 0; i < happened_kinds; ++i)
            one(happened.at(static_cast<Happened>(i)));
    }
    void add(Totals other)
    {
        std::vector<std::uint64_t> theirs;
        other.each([&](std::uint64_t n) { theirs.push_back(n); });
        std::size_t i = 0;
        each([&](std::uint64_t& n) { n += theirs[i++]; });
        trace ^= other.trace;
    }
    std::string line()
    {
        std::string out = std::to_string(trace);
        each([&](std::uint64_t n) { out += " " + std::to_string(n); });
        return out;
    }
    bool read(const std::string& line)
    {
        std::istringstream in(line);
        in >> trace;
        each([&](std::uint64_t& n) { in >> n; });
        return !in.fail();
    }
};

std::string told(const Schedule& schedule, const Outcome& outcome)
{
    std::string out;
    for (const auto& line : outcome.story)
        out += "    " + line + "\n";
    for (const auto& violation : outcome.violations)
        out += "  VIOLATED " + violation.invariant + ": " + violation.what + "\n";
    return out + "  (" + std::to_string(schedule.actions.size()) + " actions, " + std::to_string(schedule.options.devices) +
           " devices, " + std::to_string(schedule.options.cases) + " cases)\n";
}

std::uint64_t number_of(const std::string& trace) { return std::stoull(trace.substr(0, 16), nullptr, 16); }

// One schedule; its story where it failed, or was asked for.
std::string play_one(const Run& run, std::uint64_t seed, Totals& totals)
{
    const auto schedule = make_schedule(seed, run.devices, run.mix);
    auto outcome = play(schedule);
    if (run.twice && outcome.violations.empty() && play(schedule).trace != outcome.trace)
        outcome.violations.push_back({"same seed", "the second run went another way"});
    if (run.clocks != 0 && seed % run.clocks == 0 && outcome.violations.empty()) {
        compare_clocks(schedule, outcome);
        ++totals.compared;
    }
    ++totals.schedules;
    totals.actions += outcome.actions, totals.saves += outcome.promises;
    totals.steps += outcome.steps, totals.entries += outcome.entries;
    totals.outsiders += outcome.outsiders;
    totals.trace ^= number_of(outcome.trace);
    totals.happened += outcome.happened;
    if (outcome.violations.empty())
        return run.story ? told(schedule, outcome) : std::string();
    ++totals.failed;
    const auto small = run.tries ? smaller(schedule, outcome.violations.front().invariant, run.tries) : schedule;
    return "seed " + std::to_string(seed) + " FAILED; the smallest story found:\n" +
           told(small, run.tries ? replay(small) : outcome);
}

// Everything that decides what is played, so that what was kept is not taken for another run's.
std::string name_of(const Run& run)
{
    return "satchel-sim --seed " + std::to_string(run.seed) + " --schedules " + std::to_string(run.schedules) + " --devices " + std::to_string(run.devices) + " --faults \"" + run.mix +
           "\" --clocks " + std::to_string(run.clocks) + (run.store == StoreKind::fast ? " --store fast" : " --store sqlcipher");
}

class Kept {
public:
    explicit Kept(const Run& run) : path_(run.resume), name_(name_of(run)) {}

    // Where to go on. Nothing: what is there is another run's.
    std::optional<std::uint64_t> read(Totals& totals) const
    {
        std::ifstream in(path_);
        std::string name, pieces, line;
        if (path_.empty() || !in)
            return 0;
        if (!std::getline(in, name) || name != name_ || !std::getline(in, pieces) || !std::getline(in, line) || !totals.read(line))
            return std::nullopt;
        return std::stoull(pieces);
    }
    void write(std::uint64_t pieces, Totals totals) const
    {
        if (path_.empty())
            return;
        const auto beside = path_ + ".new";
        {
            std::ofstream out(beside);
            out << name_ << "\n" << pieces << "\n" << totals.line() << "\n";
            if (!out.flush())
                return (void)std::fprintf(stderr, "satchel-sim: %s cannot be written\n", beside.c_str());
        }
        (void)std::rename(beside.c_str(), path_.c_str());
    }

private:
    std::string path_, name_;
};

void print_counts(const Totals& totals, double seconds, std::uint64_t played_now)
{
    for (std::size_t i = 0; i < happened_kinds; ++i)
        std::printf("%10llu %s\n", static_cast<unsigned long long>(totals.happened.of(static_cast<Happened>(i))),
                    std::string(happened_names[i]).c_str());
    const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf("%llu schedules, %llu failed: %llu actions, %llu saves, %llu log entries, %llu steps, %llu also with other clocks, "
                "%llu with a hidden record; traces %016llx; %.1f s (%.1f/s)\n",
                n(totals.schedules), n(totals.failed), n(totals.actions), n(totals.saves), n(totals.entries), n(totals.steps),
                n(totals.compared), n(totals.outsiders), n(totals.trace), seconds, static_cast<double>(played_now) / seconds);
}

int play_all(const Run& run)
{
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const Kept kept(run);
    Totals totals;
    const auto from = kept.read(totals);
    if (!from) {
        std::fprintf(stderr, "satchel-sim: %s is of another run\n", run.resume.c_str());
        return 2;
    }
    found_worlds(run.devices);  // before the processes part: each has them then
    const auto pieces = (run.schedules + piece_schedules - 1) / piece_schedules;
    auto shown = begin, written = begin;
    std::map<std::uint64_t, Totals> early;  // pieces that ended before one ahead of them
    auto next = *from;
    std::uint64_t played = 0, failed = totals.failed;
    const auto work = [&](std::uint64_t i) {
        const auto first = (*from + i) * piece_schedules;
        Totals done;
        std::string stories;
        for (auto at = first; at < std::min(first + piece_schedules, run.schedules); ++at)
            stories += play_one(run, run.seed + at, done);
        return done.line() + "\n" + stories;
    };
    const auto done = [&](std::uint64_t i, const std::string& words) {
        const auto end = words.find('\n');
        Totals piece;
        SATCHEL_CHECK(piece.read(words.substr(0, end)));
        std::fputs(words.c_str() + end + 1, stdout);
        std::fflush(stdout);
        played += piece.schedules, failed += piece.failed;
        early[*from + i] = piece;
        while (!early.empty() && early.begin()->first == next) {
            totals.add(early.begin()->second);
            early.erase(early.begin());
            ++next;
        }
        const auto now = Clock::now();
        if (now - written >= kept_every)
            kept.write(next, totals), written = now;
        if (now - shown >= progress_every) {
            shown = now;
            std::fprintf(stderr, "  %llu of %llu schedules, %llu failed, %.1f/s\n",
                         static_cast<unsigned long long>(played + *from * piece_schedules),
                         static_cast<unsigned long long>(run.schedules), static_cast<unsigned long long>(failed),
                         static_cast<double>(played) / std::chrono::duration<double>(now - begin).count());
        }
    };
    const bool whole = share_out(run.jobs, pieces > *from ? pieces - *from : 0, work, done);
    kept.write(next, totals);
    print_counts(totals, std::chrono::duration<double>(Clock::now() - begin).count(), played);
    if (!whole)
        std::fputs("satchel-sim: a process died\n", stderr);
    return whole && totals.failed == 0 && totals.schedules == run.schedules ? 0 : 1;
}

// Plays schedules with each fault switched on until one of them is found to break something.
int try_mutants(const Run& run, const std::string& which, std::uint64_t within)
{
#ifdef SATCHEL_MUTANTS
    std::vector<satchel::MutantName> wanted;
    for (const auto& one : satchel::mutant_names)
        if (which == "all" || which == one.name)
            wanted.push_back(one);
    if (wanted.empty()) {
        std::fprintf(stderr, "satchel-sim: there is no mutant %s\n", which.c_str());
        return 2;
    }
    const auto begin = std::chrono::steady_clock::now();
    found_worlds(run.devices);
    const auto work = [&](std::uint64_t i) {
        satchel::active_mutant = wanted[i].mutant;
        const auto by = check_for(wanted[i].mutant);
        // With the fast store words lie in clear on every disk.
        use_store(by == "I9" ? StoreKind::sqlcipher : run.store);
        std::uint64_t played = 0;
        Outcome outcome;
        const auto seen = [&] {
            return std::find_if(outcome.violations.begin(), outcome.violations.end(),
                                [&](const Violation& one) { return one.invariant == by; });
        };
        while (played < within && seen() == outcome.violations.end()) {
            // Each second one is about what stores and hubs forget: such faults have to meet, which in a mix of all, or among many
            // devices, is rare.
            const bool forgetful = run.mix.empty() && played % 2 == 0;
            const auto schedule = make_schedule(run.seed + played, forgetful && run.devices == 0 ? 3 : run.devices,
                                                forgetful ? "twins,restore,access" : run.mix);
            outcome = play(schedule);
            if (outcome.violations.empty())
                compare_clocks(schedule, outcome);
            ++played;
        }
        satchel::active_mutant = satchel::Mutant::none;
        const auto first = seen();
        if (first == outcome.violations.end())
            return "NOT CAUGHT in " + std::to_string(played) + " schedules by " + std::string(by);
        return "caught in schedule " + std::to_string(played) + " by " + first->invariant + ": " + first->what;
    };
    std::uint64_t caught = 0;
    const auto done = [&](std::uint64_t i, const std::string& words) {
        caught += words.starts_with("caught");
        std::printf("%-24s %s\n", std::string(wanted[i].name).c_str(), words.c_str());
        std::fflush(stdout);
    };
    const bool whole = share_out(run.jobs, wanted.size(), work, done);
    std::printf("%zu mutants, %llu caught; %.1f s\n", wanted.size(), static_cast<unsigned long long>(caught),
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    return whole && caught == wanted.size() ? 0 : 1;
#else
    (void)run, (void)which, (void)within;
    std::fputs("satchel-sim: this build has no mutants; build the preset \"mutants\".\n", stderr);
    return 2;
#endif
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Plays the real hub and devices against each other, with everything that can go wrong, from a seed.\n"
                 "Example:  satchel-sim --store fast --seed 1 --schedules 5000 --jobs 2\n"
                 "          satchel-sim --seed 4711 --schedules 1 --story      what happened in that one"};
    Run run;
    std::string mutant;
    std::uint64_t within = 2000;
    app.add_option("--seed", run.seed, "the first schedule's seed; the next ones count on")->capture_default_str();
    app.add_option("--schedules", run.schedules, "how many")->capture_default_str();
    app.add_option("--store", run.store, "sqlcipher, or fast: without a cipher, for many schedules")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, StoreKind>{{"sqlcipher", StoreKind::sqlcipher}, {"fast", StoreKind::fast}}));
    app.add_option("--jobs", run.jobs, "processes that share the schedules")->check(CLI::Range(1, 256))->capture_default_str();
    app.add_option("--resume", run.resume, "a file that keeps how far this run has come, and is taken up again");
    app.add_option("--devices", run.devices, "3 to 8 (otherwise each seed draws)")->check(CLI::Range(3, 8));
    std::vector<std::string> faults;
    app.add_option("--faults", faults, "only these, by comma")
        ->delimiter(',')
        ->check(CLI::IsMember(std::vector<std::string>(fault_names().begin(), fault_names().end())));
    app.add_option("--clocks", run.clocks, "each so manieth is played with wrong and right clocks (I11); 0: none")->capture_default_str();
    app.add_option("--smaller", run.tries, "runs spent on making a failing schedule smaller; 0: none")->capture_default_str();
    app.add_option("--mutant", mutant, "a fault to switch on, or all: must be caught (build \"mutants\" only)");
    app.add_option("--within", within, "schedules that a mutant has to be caught in")->capture_default_str();
    app.add_flag("--twice", run.twice, "plays each twice and compares the traces");
    app.add_flag("--story", run.story, "tells what happened, also where nothing broke");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    for (const auto& fault : faults)
        run.mix += (run.mix.empty() ? "" : ",") + fault;
    use_store(run.store);
    return mutant.empty() ? play_all(run) : try_mutants(run, mutant, within);
}
