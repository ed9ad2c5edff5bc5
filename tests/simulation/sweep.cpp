// satchel-sweep: plays one story again and again, each time with one fault at another place: the power goes with the
// n-th write, the n-th read, write or sync fails, the disk is full from the n-th growth on. Whatever was confirmed to
// somebody must be there afterwards, and everybody must agree, as at the end of any schedule.
//
// Faults begin when everybody is enrolled. The story is played once without a fault; before each step the process forks
// for each fault that comes in this step, and the copy plays on with it. One case alone is played from the beginning.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <set>

#include <CLI/CLI.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/simulation/checks.hpp"

namespace {

using namespace satchel::simulation;
namespace sync = satchel::sync;
namespace schema = satchel::schema;

enum class Party : std::uint8_t { device, hub };
constexpr std::array<std::string_view, 2> party_names{"device", "hub"};

enum class Kind : std::uint8_t { cut, read, write, sync, full };
constexpr std::array<std::string_view, 5> kind_names{"cut", "read", "write", "sync", "full"};

constexpr unsigned the_device = 0;  // the one that has the faults
constexpr unsigned lasts = 4;       // steps of the story until somebody mends what lasts
constexpr unsigned goes_on = 8;     // steps that the story goes on after that

struct Fault {
    Party party{};
    Kind kind{};
    std::uint64_t at = 0;           // the how many-th such call, from 1; 0: no fault
    Loss loss{};                    // kind cut
    std::uint64_t loss_seed = 0;    // kind cut
    bool lasting = false;           // kinds read, write and sync
};

std::string command(const Fault& fault, std::uint64_t seed)
{
    auto out = "satchel-sweep --seed " + std::to_string(seed) + " --party " +
               std::string(party_names[static_cast<std::size_t>(fault.party)]) + " --kind " +
               std::string(kind_names[static_cast<std::size_t>(fault.kind)]) + " --at " + std::to_string(fault.at);
    if (fault.kind == Kind::cut)
        out += " --loss " + std::to_string(static_cast<int>(fault.loss)) + " --loss-seed " + std::to_string(fault.loss_seed);
    if (fault.lasting)
        out += " --lasting";
    return out;
}

// --- The story ---------------------------------------------------------------------------------------------------------

struct Step {
    enum class What : std::uint8_t { save, sync, sync_all, leave, come_back, publish, restart, restart_hub } what{};
    unsigned device = 0;
    Wish wish;
};

// Everybody begins; they work apart, so that suggestions and a conflict come of it; some of these are settled; a newer
// agreement comes; the device loses a case for which it has unsent work, and is given it back.
const std::vector<Step>& story()
{
    using enum Step::What;
    using enum Wish::To;
    static const std::vector<Step> steps{
        {sync, 0, {}},
        {save, 0, {write, 0, "leaflet"}},
        {save, 0, {write, 0, "trigger_plan"}},
        {save, 0, {write, 1, "address"}},
        {save, 0, {write, 0, "intel"}},
        {sync, 0, {}},
        {sync, 1, {}},
        {sync, 2, {}},
        // Three versions of one text, of which only two can be put together.
        {save, 0, {edit, 0, "leaflet"}},
        {save, 0, {edit, 0, "intel"}},
        {save, 0, {write, 1, "note"}},
        {save, 0, {write, 0, "withholding"}},
        {save, 1, {edit, 0, "leaflet"}},
        {save, 1, {edit, 0, "trigger_plan"}},
        {save, 1, {write, 1, "supervision"}},
        {save, 1, {write, 0, "flag"}},
        {save, 2, {edit, 0, "leaflet"}},
        {save, 2, {write, 1, "concern"}},
        {save, 2, {edit, 1, "address"}},
        {save, 2, {write, 0, "request"}},
        {sync_all, 0, {}},
        {sync, 0, {}},
        {save, 0, {settle, 0, "leaflet"}},
        {save, 0, {settle, 0, "trigger_plan"}},
        {save, 0, {write, 1, "diary"}},
        {save, 1, {settle, 0, "leaflet"}},
        {sync, 1, {}},
        {sync, 0, {}},
        // Programs that end write their log into their store.
        {restart, 0, {}},
        {restart_hub, 0, {}},
        {publish, 0, {}},
        {save, 0, {withdraw, 0, "intel"}},
        {save, 0, {edit, 1, "diary"}},
        {save, 2, {write, 1, "note"}},
        {leave, 0, {}},
        {sync, 0, {}},
        {save, 0, {edit, 0, "leaflet"}},
        {save, 0, {write, 0, "note"}},
        {come_back, 0, {}},
        {sync, 0, {}},
        {save, 0, {edit, 1, "address"}},
        {restart, 0, {}},
        {restart_hub, 0, {}},
    };
    return steps;
}

// --- One case ----------------------------------------------------------------------------------------------------------

// How many calls of each kind of fault there were, of each party.
using Counts = std::array<std::array<std::uint64_t, kind_names.size()>, party_names.size()>;

struct Outcome {
    std::vector<Violation> violations;
    std::vector<std::string> story;
    std::vector<Counts> counted;     // since the beginning, before each step and at the end
    std::uint64_t saves = 0, entries = 0;
    bool struck = false;             // the fault came
    std::string missing;             // what the story should have and has not
};

class Play {
public:
    explicit Play(std::uint64_t seed) : seed_(seed), world_(seed, {.devices = 3, .cases = 2, .skews = {}})
    {
        start_ = counts();
        out_.counted.push_back({});
    }

    // Comes at its place, counted from the beginning of the story.
    void arm(const Fault& fault)
    {
        fault_ = fault;
        losses_ = SeededRandom(fault.loss_seed);
        const auto so_far =
            out_.counted.back()[static_cast<std::size_t>(fault.party)][static_cast<std::size_t>(fault.kind)];
        const auto at = fault.at - so_far;
        switch (fault.kind) {
        case Kind::cut: return disk().cut_power_after(at);
        case Kind::read: return disk().fail_after(Disk::Call::read, at, fault.lasting);
        case Kind::write: return disk().fail_after(Disk::Call::write, at, fault.lasting);
        case Kind::sync: return disk().fail_after(Disk::Call::sync, at, fault.lasting);
        case Kind::full: return disk().full_after(at);
        }
    }

    [[nodiscard]] bool ended() { return next_ == story().size() || !world_.violations().empty() || after_ == goes_on; }

    void step()
    {
        Rng rng(seed_ * 1000 + next_);
        play(story()[next_++], rng);
        mend(false);
        auto now = counts();
        for (std::size_t party = 0; party < now.size(); ++party)
            for (std::size_t kind = 0; kind < now[party].size(); ++kind)
                now[party][kind] -= start_[party][kind];
        out_.counted.push_back(now);
    }

    // To the end, and what is to be said of it.
    Outcome finish()
    {
        while (!ended())
            step();
        mend(true);
        if (world_.violations().empty())
            judge();
        out_.struck = struck_;
        out_.violations = world_.violations();
        out_.story = world_.story();
        out_.saves = saved();
        return std::move(out_);
    }

private:
    Disk& disk() { return fault_.party == Party::hub ? world_.hub_disk() : world_.devices()[the_device]->disk; }
    [[nodiscard]] bool came() { return disk().dead() || disk().struck(); }
    Counts counts()
    {
        const auto of = [](const Disk& disk) -> Counts::value_type {
            return {disk.changes(), disk.calls(Disk::Call::read), disk.calls(Disk::Call::write),
                    disk.calls(Disk::Call::sync), disk.growths()};
        };
        return {of(world_.devices()[the_device]->disk), of(world_.hub_disk())};
    }

    void play(const Step& step, Rng& rng)
    {
        using W = Step::What;
        switch (step.what) {
        case W::save:
            return world_.save(step.device, rng, &step.wish);
        case W::sync:
            world_.connect(step.device, rng, {}, false);
            return world_.run(steps_of_a_sync, rng);
        case W::sync_all:
            for (const auto& device : world_.devices())
                world_.connect(device->index, rng, {}, false);
            return world_.run(steps_of_a_sync, rng);
        case W::leave:
            return world_.unassign(step.device, 1, sync::Ended::moved);
        case W::come_back:
            return world_.assign(step.device, 1);
        case W::publish:
            return world_.publish();
        case W::restart:
            return world_.restart_device(step.device);
        case W::restart_hub:
            return world_.restart_hub();
        }
    }

    // The power comes back before the next step. What lasts is mended some steps later: an I/O error by a restart, of
    // which nobody knows what it leaves; a full disk by room, while the program goes on.
    void mend(bool now)
    {
        if (struck_) {
            ++after_;
        } else if (fault_.at != 0 && came()) {
            const bool stays = fault_.lasting || fault_.kind == Kind::full;
            if (stays && ++struck_for_ < lasts && !now)
                return;
            struck_ = true;
            if (fault_.kind == Kind::cut)
                return power(fault_.loss);
            if (fault_.lasting)
                return power(Loss::all);
            world_.note("its disk is well again");
            disk().heal();
        }
        world_.start_all();
    }

    void power(Loss loss)
    {
        if (fault_.party == Party::hub)
            world_.hub_power(loss, &losses_);
        else
            world_.device_power(the_device, loss, &losses_);
    }

    [[nodiscard]] std::uint64_t saved() const
    {
        const auto& promises = world_.ledger().promises();
        return static_cast<std::uint64_t>(std::count_if(promises.begin(), promises.end(), [](const Promise& one) {
            return one.said == Promise::Said::saved;
        }));
    }

    void judge()
    {
        Rng rng(seed_ * 1000 + 999);
        // A store that has come through goes on taking work, if not at once: somebody has to notice that it must be opened
        // again.
        if (world_.devices()[the_device]->link)
            world_.restart_device(the_device);
        const auto before = saved();
        const Wish note{Wish::To::write, 0, "note"};
        for (int tries = 0; tries < 2 && saved() == before; ++tries)
            world_.save(the_device, rng, &note);
        const auto& store = world_.devices()[the_device]->store;
        if (saved() == before && (!store || store->shown(world_.cases()[0])))
            world_.violated("recovery", "nothing can be saved any more");
        if (world_.violations().empty())
            world_.settle(rng);
        if (!world_.violations().empty())
            return;
        const auto log = read_log(world_.store(), world_.keys());
        out_.entries = log.entries.size();
        if (fault_.at == 0)
            look_for(log);
        check(world_, log, std::nullopt);
        check_history(world_);
    }

    // A sweep over a story in which nothing happens proves nothing.
    void look_for(const Log& log)
    {
        std::set<sync::Outcome> outcomes;
        std::set<schema::Resolution> resolutions;
        for (const auto& entry : log.entries)
            for (std::size_t i = 0; i < entry.rulings.size(); ++i) {
                outcomes.insert(entry.rulings[i].outcome);
                if (entry.work && entry.work->changes[i].op == schema::Op::resolve &&
                    entry.rulings[i].outcome != sync::Outcome::refused)
                    resolutions.insert(entry.work->changes[i].resolution);
            }
        using R = schema::Resolution;
        if (!outcomes.contains(sync::Outcome::conflict))
            out_.missing = "a conflict";
        else if (!resolutions.contains(R::choose_a) && !resolutions.contains(R::choose_b) &&
                 !resolutions.contains(R::previous) && !resolutions.contains(R::both))
            out_.missing = "a conflict that somebody settles";
        else if (!outcomes.contains(sync::Outcome::suggested))
            out_.missing = "a suggestion";
        else if (saved() < 26)
            out_.missing = "26 saves";
    }

    static constexpr std::uint64_t steps_of_a_sync = 2'000;

    std::uint64_t seed_;
    Fault fault_;
    SeededRandom losses_{0};
    World world_;
    Counts start_{};
    std::size_t next_ = 0;
    Outcome out_;
    bool struck_ = false;
    unsigned struck_for_ = 0, after_ = 0;
};

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

enum class Ending : int { held = 0, failed = 1, did_not_come = 2 };

// Plays on with this fault in a copy of this process, so that the next one begins where this one did; and a copy that
// gives itself up, or comes to no end, is one more failure.
Ending in_a_copy(Play& play, const Fault& fault, std::uint64_t seed, std::uint64_t failed_so_far)
{
    std::fflush(stdout);
    const auto copy = fork();
    SATCHEL_CHECK(copy >= 0);
    if (copy == 0) {
        alarm(60);
        play.arm(fault);
        const auto outcome = play.finish();
        if (outcome.violations.empty())
            _exit(static_cast<int>(outcome.struck ? Ending::held : Ending::did_not_come));
        std::printf("FAILED; to repeat it:  %s\n", command(fault, seed).c_str());
        if (failed_so_far < 5)  // the others tell the same, mostly
            tell(outcome);
        std::fflush(stdout);
        _exit(static_cast<int>(Ending::failed));
    }
    int status = 0;
    SATCHEL_CHECK(waitpid(copy, &status, 0) == copy);
    if (WIFEXITED(status))
        return static_cast<Ending>(WEXITSTATUS(status));
    std::printf("FAILED by signal %d; to repeat it:  %s\n", WTERMSIG(status), command(fault, seed).c_str());
    return Ending::failed;
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Plays one story of three devices and a hub with a fault at each place of it: power cuts at every write, with\n"
                 "each thing that may be lost; I/O errors at every read, write and sync; a full disk at every growth.\n"
                 "Example:  satchel-sweep --cuts 300 --errors 150\n"
                 "          satchel-sweep --party hub --kind cut --at 17 --loss 3      that one, and its story"};
    std::uint64_t seed = 1, cut_count = UINT64_MAX, error_count = UINT64_MAX, from = 0;
    std::string party_name, kind_name;
    Fault one;
    int loss = 0;
    bool show = false;
    app.add_option("--seed", seed, "of the story's details")->capture_default_str();
    app.add_option("--cuts", cut_count, "so many power cuts, spread evenly (otherwise: every one)");
    app.add_option("--errors", error_count, "so many I/O errors and full disks, spread evenly (otherwise: every one)");
    app.add_option("--from", from, "leaves out the first so many cuts and errors: a long sweep in parts")->capture_default_str();
    app.add_option("--party", party_name, "only this one has faults: device, hub")->check(CLI::IsMember(party_names));
    auto* const kind_option =
        app.add_option("--kind", kind_name, "with --at: cut, read, write, sync, full")->check(CLI::IsMember(kind_names));
    auto* const at_option = app.add_option("--at", one.at, "one case: at the how many-th such call, from 1")->needs(kind_option);
    app.add_option("--loss", loss, "of a cut: 0 nothing, 1 all that was not synced, 2 from some point on, 3 any part of it, 4 torn writes")
        ->check(CLI::Range(0, losses - 1));
    app.add_option("--loss-seed", one.loss_seed, "chooses what is lost")->capture_default_str();
    app.add_flag("--lasting", one.lasting, "the error lasts until a restart");
    app.add_flag("--story", show, "tells the story without a fault");
    CLI11_PARSE(app, argc, argv);

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
        std::printf("the %s: %llu changes to cut, %llu reads, %llu writes, %llu syncs, %llu growths\n",
                    std::string(party_names[static_cast<std::size_t>(party)]).c_str(),
                    static_cast<unsigned long long>(counted[0]), static_cast<unsigned long long>(counted[1]),
                    static_cast<unsigned long long>(counted[2]), static_cast<unsigned long long>(counted[3]),
                    static_cast<unsigned long long>(counted[4]));
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

    std::vector<std::vector<Fault>> in_step(story().size());
    for (const auto& fault : todo) {
        std::size_t step = 0;
        while (whole.counted[step + 1][static_cast<std::size_t>(fault.party)][static_cast<std::size_t>(fault.kind)] < fault.at)
            ++step;
        in_step[step].push_back(fault);
    }
    std::uint64_t failed = 0, cut = 0, error = 0, full = 0, missed = 0;
    Play play(seed);
    for (std::size_t step = 0; step < story().size(); play.step(), ++step)
        for (const auto& fault : in_step[step]) {
            ++(fault.kind == Kind::cut ? cut : fault.kind == Kind::full ? full : error);
            const auto result = in_a_copy(play, fault, seed, failed);
            failed += result == Ending::failed;
            missed += result == Ending::did_not_come;
        }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%llu power cuts, %llu I/O errors, %llu full disks: %llu failed (a story of %llu saves and %llu log entries; "
                "%llu faults did not come; %.1f s)\n",
                static_cast<unsigned long long>(cut), static_cast<unsigned long long>(error),
                static_cast<unsigned long long>(full), static_cast<unsigned long long>(failed),
                static_cast<unsigned long long>(whole.saves), static_cast<unsigned long long>(whole.entries),
                static_cast<unsigned long long>(missed), seconds);
    return failed ? 1 : 0;
}
