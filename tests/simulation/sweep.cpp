// satchel-sweep: plays one story again and again, each time with one fault at another place: the power goes with the
// n-th write, and once more with a write of what comes after it; the n-th read, write or sync fails; the disk is full from the
// n-th growth on. Whatever was confirmed to somebody must be there afterwards, and everybody must agree, as at the end of
// any schedule.
//
// Faults begin when everybody is enrolled. The story is played once without a fault; before each step the process forks
// for each fault that comes in this step, and the copy plays on with it. One case alone is played from the beginning.
#include <algorithm>
#include <array>
#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <new>
#include <numeric>
#include <set>

#include <CLI/CLI.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/base/mutant.hpp"
#include "tests/simulation/fast_store.hpp"
#include "tests/simulation/sweep_play.hpp"

// There only in a build that counts branches (tests/coverage): what _exit would not write.
extern "C" int __llvm_profile_write_file() __attribute__((weak));

namespace {

using namespace satchel::simulation;

std::string command(const Fault& fault, std::uint64_t seed)
{
    auto out = "satchel-sweep --seed " + std::to_string(seed) + " --party " +
               std::string(party_names[static_cast<std::size_t>(fault.party)]) + " --kind " +
               std::string(kind_names[static_cast<std::size_t>(fault.kind)]) + " --at " + std::to_string(fault.at);
    if (fault.kind == Kind::cut)
        out += " --loss " + std::to_string(static_cast<int>(fault.loss)) + " --loss-seed " + std::to_string(fault.loss_seed);
    if (fault.lasting)
        out += " --lasting";
    if (fault.second)
        out += " --second " + std::to_string(fault.second);
    return out;
}

// --- Many --------------------------------------------------------------------------------------------------------------

void tell(const Outcome& outcome)
{
    for (const auto& line : outcome.story)
        std::printf("    %s\n", line.c_str());
    for (const auto& violation : outcome.violations)
        std::printf("  VIOLATED %s: %s\n", violation.invariant.c_str(), violation.what.c_str());
}

// All places in an order of which every beginning is spread evenly over all of them: each place is as far from the one
// before as the golden section is from a whole.
std::vector<Fault> spread(const std::vector<Fault>& all)
{
    const auto n = all.size();
    auto stride = static_cast<std::size_t>(0.6180339887 * static_cast<double>(n)) | 1;
    while (std::gcd(stride, n) != 1)
        ++stride;
    std::vector<Fault> out;
    for (std::size_t i = 0, at = 0; i < n; ++i, at = (at + stride) % n)
        out.push_back(all[at]);
    return out;
}

// The first `n` cuts after the first `from` ones. When all places have been had, again with other things lost.
std::vector<Fault> cuts(const std::vector<Party>& parties, const Outcome& whole, std::uint64_t from, std::uint64_t n)
{
    std::vector<Fault> out;
    for (std::uint64_t round = 0; out.size() < from + n; ++round) {
        std::vector<Fault> all;
        for (const auto party : parties)
            for (std::uint64_t at = 1; at <= whole.counted.back()[static_cast<std::size_t>(party)][static_cast<std::size_t>(Kind::cut)]; ++at)
                for (int loss = 0; loss < losses; ++loss)
                    if (round == 0 || (static_cast<Loss>(loss) != Loss::nothing && static_cast<Loss>(loss) != Loss::all))
                        all.push_back({party, Kind::cut, at, static_cast<Loss>(loss), round, false});
        const auto next = spread(all);
        out.insert(out.end(), next.begin(), next.end());
    }
    return {out.begin() + static_cast<std::ptrdiff_t>(from), out.begin() + static_cast<std::ptrdiff_t>(from + n)};
}

// So many allocations, spread evenly over all.
std::vector<Fault> allocations(const Outcome& whole, std::uint64_t from, std::uint64_t n)
{
    std::vector<Fault> out;
    for (const auto kind : {Kind::memory, Kind::store_memory}) {
        const auto places = whole.counted.back()[0][static_cast<std::size_t>(kind)];
        std::vector<Fault> all;
        for (std::uint64_t at = 1; at <= places; ++at)
            all.push_back({Party::device, kind, at, {}, 0, false, 0});
        all = spread(all);
        for (std::uint64_t i = from; i < all.size() && i - from < n; ++i)
            out.push_back(all[i]);
    }
    return out;
}

std::vector<Fault> errors(const std::vector<Party>& parties, const Outcome& whole)
{
    std::vector<Fault> all;
    for (const auto party : parties) {
        for (const auto kind : {Kind::read, Kind::write, Kind::sync, Kind::full})
            for (std::uint64_t at = 1;
                 at <= whole.counted.back()[static_cast<std::size_t>(party)][static_cast<std::size_t>(kind)]; ++at)
                for (const bool lasting : {false, true})
                    if (kind != Kind::full || !lasting)
                        all.push_back({party, kind, at, {}, 0, lasting});
    }
    return spread(all);
}

// Each place once, and a second cut some changes after the first.
std::vector<Fault> second_cuts(const std::vector<Party>& parties, const Outcome& whole, std::uint64_t from, std::uint64_t n)
{
    auto out = cuts(parties, whole, from, n);
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i].second = 1 + (from + i) % seconds_max;
    return out;
}

// ended: the program did, as a kill at that moment: what is on the disk is that of a power cut that loses nothing.
enum class Ending : int { held, did_not_come, came_once, ended, lost, unopenable, failed, gave_up };

Ending ending_of(const Outcome& outcome, const Fault& fault)
{
    if (outcome.violations.empty())
        return !outcome.struck ? Ending::did_not_come : fault.second && !outcome.struck_again ? Ending::came_once : Ending::held;
    const auto broken = [&](std::string_view invariant) {
        return std::any_of(outcome.violations.begin(), outcome.violations.end(),
                           [&](const Violation& one) { return one.invariant == invariant; });
    };
    return broken("I1") || broken("receipt") ? Ending::lost : broken("open") || broken("recovery") ? Ending::unopenable : Ending::failed;
}

// What became of all cases of one kind.
struct Tally {
    std::set<std::pair<Party, std::uint64_t>> places;
    std::uint64_t cases = 0, missed = 0, ended = 0, lost = 0, unopenable = 0, failed = 0;

    void add(Ending ending)
    {
        ++cases;
        missed += ending == Ending::did_not_come || ending == Ending::came_once;
        ended += ending == Ending::ended;
        lost += ending == Ending::lost;
        unopenable += ending == Ending::unopenable;
        failed += ending == Ending::failed || ending == Ending::gave_up;
    }
    [[nodiscard]] std::uint64_t wrong() const { return lost + unopenable + failed; }
};
using Tallies = std::array<Tally, kind_names.size() + 1>;  // the last: a second cut

// Of a hundred cases so many may go by without their fault. The disks' calls are the same each time until the first fault; where
// the program allocates, and what it still writes after a cut, is not.
constexpr std::uint64_t missed_max(std::size_t kind)
{
    return kind == kind_names.size() ? 10 : of_memory(static_cast<Kind>(kind)) ? 2 : 0;
}
// And in so many the program may end: it is there to pass on most of what it cannot get.
constexpr std::uint64_t ended_max = 1;
bool proves_nothing(std::size_t kind, const Tally& tally) { return tally.missed * 100 > tally.cases * missed_max(kind); }

void print(std::string_view what, const Tally& tally)
{
    std::printf("%s: %zu places, %llu cases, %llu lost something acknowledged, %llu could not be opened, %llu otherwise wrong "
                "(%llu did not come, %llu ended the program at once)\n",
                std::string(what).c_str(), tally.places.size(), static_cast<unsigned long long>(tally.cases),
                static_cast<unsigned long long>(tally.lost), static_cast<unsigned long long>(tally.unopenable),
                static_cast<unsigned long long>(tally.failed), static_cast<unsigned long long>(tally.missed),
                static_cast<unsigned long long>(tally.ended));
}

// An allocation that failed where nobody may pass it on ends the program, and may. A failed check, or another exception that nobody
// takes, ends it by SIGABRT as ever, and is a failure.
[[noreturn]] void end_without_memory() noexcept
{
    if (const auto what = std::current_exception()) {
        try {
            std::rethrow_exception(what);
        } catch (const std::bad_alloc&) {
            std::_Exit(static_cast<int>(Ending::ended));
        } catch (...) {
        }
    }
    std::abort();
}

// Copies of this process, each of which plays on with one fault, so that the next one begins where this one did; a copy that
// gives itself up, or comes to no end, is one more failure.
class Copies {
public:
    Copies(unsigned at_once, std::uint64_t seed, Tallies& tallies) : at_once_(at_once), seed_(seed), tallies_(tallies) {}

    void start(Play& play, const Fault& fault)
    {
        if (running_.size() == at_once_)
            wait_for_one();
        std::fflush(stdout);
        const auto copy = fork();
        SATCHEL_CHECK(copy >= 0);
        if (copy == 0) {
            alarm(120);
            if (of_memory(fault.kind))
                std::set_terminate(end_without_memory);
            play.arm(fault);
            const auto outcome = play.finish();
            const auto ending = ending_of(outcome, fault);
            if (!outcome.violations.empty()) {
                std::printf("FAILED; to repeat it:  %s\n", command(fault, seed_).c_str());
                if (failed_ < 5)  // the others tell the same, mostly
                    tell(outcome);
                std::fflush(stdout);
            }
            if (__llvm_profile_write_file != nullptr)
                __llvm_profile_write_file();
            _exit(static_cast<int>(ending));
        }
        running_.emplace(copy, fault);
    }
    void wait_for_all()
    {
        while (!running_.empty())
            wait_for_one();
    }
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }

private:
    void wait_for_one()
    {
        int status = 0;
        const auto copy = waitpid(-1, &status, 0);
        const auto at = running_.find(copy);
        SATCHEL_CHECK(at != running_.end());
        const auto fault = at->second;
        running_.erase(at);
        auto ending = Ending::gave_up;
        if (WIFEXITED(status) && WEXITSTATUS(status) <= static_cast<int>(Ending::failed))
            ending = static_cast<Ending>(WEXITSTATUS(status));
        else
            std::printf("FAILED by signal %d; to repeat it:  %s\n", WTERMSIG(status), command(fault, seed_).c_str());
        auto& tally = tallies_[fault.second ? kind_names.size() : static_cast<std::size_t>(fault.kind)];
        tally.places.emplace(fault.party, fault.at);
        tally.add(ending);
        failed_ += ending >= Ending::lost;
    }

    unsigned at_once_;
    std::uint64_t seed_, failed_ = 0;
    Tallies& tallies_;
    std::map<pid_t, Fault> running_;
};

#ifdef SATCHEL_MUTANTS
bool switch_on(const std::string& name)
{
    for (const auto& one : satchel::mutant_names)
        if (one.name == name) {
            satchel::active_mutant = one.mutant;
            return true;
        }
    return false;
}
#else
bool switch_on(const std::string&) { return false; }
#endif

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Plays one story of three devices and a hub with a fault at each place of it: power cuts at every write, with\n"
                 "each thing that may be lost; I/O errors at every read, write and sync; a full disk at every growth.\n"
                 "Example:  satchel-sweep --cuts 300 --second-cuts 100 --errors 150 --jobs 2\n"
                 "          satchel-sweep --store fast --cuts 0 --errors 0 --allocations all --part 2/4\n"
                 "          satchel-sweep --party hub --kind cut --at 17 --loss 3      that one, and its story"};
    std::uint64_t seed = 1, cut_count = UINT64_MAX, error_count = UINT64_MAX, from = 0;
    std::uint64_t second_count = 0, allocation_count = 0, part = 1, parts = 1;
    unsigned jobs = 1;
    StoreKind store = StoreKind::sqlcipher;
    std::string party_name, kind_name, mutant, part_text;
    Fault one;
    int loss = 0;
    bool show = false;
    app.add_option("--seed", seed, "of the story's details")->capture_default_str();
    app.add_option("--cuts", cut_count, "so many power cuts, spread evenly (otherwise: every one)");
    app.add_option("--errors", error_count, "so many I/O errors and full disks, spread evenly (otherwise: every one)");
    app.add_option("--second-cuts", second_count, "so many where the power goes again while it recovers, or soon after")->capture_default_str();
    app.add_option("--allocations", allocation_count, "so many that fail, of the program and of its stores each, spread evenly; or: all")
        ->capture_default_str()
        ->transform(CLI::Transformer(std::map<std::string, std::uint64_t>{{"all", UINT64_MAX}}));
    app.add_option("--jobs", jobs, "so many cases at one time")->capture_default_str()->check(CLI::Range(1u, 64u));
    app.add_option("--store", store, "sqlcipher, or fast: without a cipher, for many cases")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, StoreKind>{{"sqlcipher", StoreKind::sqlcipher}, {"fast", StoreKind::fast}}));
    app.add_option("--mutant", mutant, "a fault of the engine to switch on, which must be found (build \"mutants\" only)");
    app.add_option("--from", from, "leaves out the first so many cuts and errors: a long sweep in parts")->capture_default_str();
    app.add_option("--part", part_text, "2/4: of all that is asked for only each fourth case, from the second: all four are the whole")
        ->check(CLI::Validator(
            [&](const std::string& text) {
                char end = 0;
                return std::sscanf(text.c_str(), "%" SCNu64 "/%" SCNu64 "%c", &part, &parts, &end) == 2 && part >= 1 && part <= parts
                           ? std::string()
                           : std::string("it is not like 2/4");
            },
            "N/M"));
    app.add_option("--party", party_name, "only this one has faults: device, hub")->check(CLI::IsMember(party_names));
    auto* const kind_option =
        app.add_option("--kind", kind_name, "with --at: cut, read, write, sync, full, memory, store-memory")->check(CLI::IsMember(kind_names));
    auto* const at_option = app.add_option("--at", one.at, "one case: at the how many-th such call, from 1")->needs(kind_option);
    app.add_option("--loss", loss, "of a cut: 0 nothing, 1 all that was not synced, 2 from some point on, 3 any part of it, 4 torn writes")
        ->check(CLI::Range(0, losses - 1));
    app.add_option("--loss-seed", one.loss_seed, "chooses what is lost")->capture_default_str();
    app.add_option("--second", one.second, "of a cut: the power goes again at the how many-th change after it came back");
    app.add_flag("--lasting", one.lasting, "the error lasts until a restart");
    app.add_flag("--story", show, "tells the story without a fault");
    CLI11_PARSE(app, argc, argv);
    if (!mutant.empty() && !switch_on(mutant)) {
        std::fputs("satchel-sweep: this build has no such mutant; build the preset \"mutants\".\n", stderr);
        return 2;
    }
    use_store(store);
    scarce_memory::begin();

    const auto index = [](const auto& names, const std::string& name) {
        return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    };
    std::vector<Party> parties{Party::device, Party::hub};
    if (!party_name.empty())
        parties = {static_cast<Party>(index(party_names, party_name))};

    if (*at_option) {
        one.party = parties.front();
        one.kind = static_cast<Kind>(index(kind_names, kind_name));
        one.loss = static_cast<Loss>(loss);
        Play play(seed);
        play.arm(one);
        const auto outcome = play.finish();
        tell(outcome);
        std::printf("%s: %s\n", command(one, seed).c_str(),
                    !outcome.violations.empty() ? "FAILED" : outcome.struck ? "held" : "no such place in the story");
        return outcome.violations.empty() ? 0 : 1;
    }

    const auto begin = std::chrono::steady_clock::now();
    if (allocation_count > 0)
        static_cast<void>(Play(seed).finish());  // what is made once in a process is made: from here on each play is like the next
    const auto whole = Play(seed).finish();
    if (show || !whole.violations.empty())
        tell(whole);
    if (!whole.violations.empty() || !whole.missing.empty()) {
        std::printf("the story of seed %llu cannot be swept: %s\n", static_cast<unsigned long long>(seed),
                    whole.missing.empty() ? "it fails without a fault" : ("it lacks " + whole.missing).c_str());
        return 1;
    }
    for (const auto party : parties) {
        const auto& counted = whole.counted.back()[static_cast<std::size_t>(party)];
        std::printf("the %s: %llu changes to cut, %llu reads, %llu writes, %llu syncs, %llu growths (of both: %llu allocations, %llu of "
                    "their stores)\n",
                    std::string(party_names[static_cast<std::size_t>(party)]).c_str(),
                    static_cast<unsigned long long>(counted[0]), static_cast<unsigned long long>(counted[1]),
                    static_cast<unsigned long long>(counted[2]), static_cast<unsigned long long>(counted[3]),
                    static_cast<unsigned long long>(counted[4]), static_cast<unsigned long long>(counted[5]),
                    static_cast<unsigned long long>(counted[6]));
    }

    if (cut_count == UINT64_MAX) {
        std::uint64_t places = 0;
        for (const auto party : parties)
            places += whole.counted.back()[static_cast<std::size_t>(party)][static_cast<std::size_t>(Kind::cut)] * losses;
        cut_count = places - std::min(places, from);
    }
    auto todo = cuts(parties, whole, from, cut_count);
    auto all_errors = errors(parties, whole);
    all_errors.erase(all_errors.begin(), all_errors.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(from, all_errors.size())));
    all_errors.resize(std::min<std::uint64_t>(error_count, all_errors.size()));
    todo.insert(todo.end(), all_errors.begin(), all_errors.end());
    const auto scarce = allocations(whole, from, allocation_count);
    todo.insert(todo.end(), scarce.begin(), scarce.end());
    const auto twice = second_cuts(parties, whole, from, second_count);
    todo.insert(todo.end(), twice.begin(), twice.end());

    if (parts > 1) {
        std::vector<Fault> ours;
        for (auto i = part - 1; i < todo.size(); i += parts)
            ours.push_back(todo[i]);
        std::printf("part %llu of %llu: %zu of %zu cases\n", static_cast<unsigned long long>(part), static_cast<unsigned long long>(parts),
                    ours.size(), todo.size());
        todo = std::move(ours);
    }

    std::vector<std::vector<Fault>> in_step(story().size());
    for (const auto& fault : todo) {
        std::size_t step = 0;
        while (whole.counted[step + 1][static_cast<std::size_t>(fault.party)][static_cast<std::size_t>(fault.kind)] < fault.at)
            ++step;
        in_step[step].push_back(fault);
    }
    Tallies tallies;
    Copies copies(jobs, seed, tallies);
    Play play(seed);
    for (std::size_t step = 0; step < story().size() && (mutant.empty() || copies.failed() == 0); play.step(), ++step)
        for (const auto& fault : in_step[step])
            copies.start(play, fault);
    copies.wait_for_all();
    std::uint64_t cases = 0, wrong = 0, places = 0, places_there = 0;
    bool hollow = false;
    for (std::size_t i = 0; i < tallies.size(); ++i) {
        const std::string what(i < kind_words.size() ? kind_words[i] : "second power cuts");
        if (tallies[i].cases > 0)
            print(what, tallies[i]);
        if (proves_nothing(i, tallies[i])) {
            std::printf("FAILED: of the %s more than %llu in a hundred did not come: what was to be tried was not\n", what.c_str(),
                        static_cast<unsigned long long>(missed_max(i)));
            hollow = true;
        }
        if (tallies[i].ended * 100 > tallies[i].cases * ended_max) {
            std::printf("FAILED: of the %s more than %llu in a hundred ended the program at once\n", what.c_str(),
                        static_cast<unsigned long long>(ended_max));
            hollow = true;
        }
        cases += tallies[i].cases;
        wrong += tallies[i].wrong();
        places += tallies[i].places.size();
        for (const auto party : parties)
            if (const auto kind = i < kind_names.size() ? i : static_cast<std::size_t>(Kind::cut);
                tallies[i].cases > 0 && (party == Party::device || !of_memory(static_cast<Kind>(kind))))
                places_there += whole.counted.back()[static_cast<std::size_t>(party)][kind];
    }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%llu cases at %llu of %llu places, %llu failed (a story of %llu saves and %llu log entries; %.1f s)\n",
                static_cast<unsigned long long>(cases), static_cast<unsigned long long>(places),
                static_cast<unsigned long long>(places_there), static_cast<unsigned long long>(wrong),
                static_cast<unsigned long long>(whole.saves), static_cast<unsigned long long>(whole.entries), seconds);
    if (mutant.empty())
        return wrong || hollow ? 1 : 0;
    std::printf("mutant %s: %s\n", mutant.c_str(), wrong ? "caught" : "NOT caught");
    return wrong ? 0 : 1;
}
