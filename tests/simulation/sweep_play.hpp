// One story of three devices and a hub, played with one fault at one place of it (satchel-sweep).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/checks.hpp"
#include "tests/simulation/scarce_memory.hpp"

namespace satchel::simulation {

enum class Party : std::uint8_t { device, hub };
constexpr std::array<std::string_view, 2> party_names{"device", "hub"};

enum class Kind : std::uint8_t { cut, read, write, sync, full, memory, store_memory };
constexpr std::array<std::string_view, 7> kind_names{"cut", "read", "write", "sync", "full", "memory", "store-memory"};
constexpr std::array<std::string_view, 7> kind_words{"power cuts", "reads that fail", "writes that fail", "syncs that fail",
                                                     "full disks", "allocations that fail", "allocations of the store that fail"};
constexpr bool of_memory(Kind kind) { return kind == Kind::memory || kind == Kind::store_memory; }

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
    std::uint64_t second = 0;       // kind cut: at the how many-th change after the power came back it goes again; 0: it stays
};
constexpr std::uint64_t seconds_max = 24;  // more changes than opening a store and one step after it make

// --- The story ---------------------------------------------------------------------------------------------------------

struct Step {
    enum class What : std::uint8_t { save, sync, sync_all, leave, come_back, publish, day, restart, restart_hub } what{};
    unsigned device = 0;
    Wish wish;
};

// Everybody begins; they work apart, so that suggestions and a conflict come of it; some of these are settled; a newer
// agreement comes; the device loses a case for which it has unsent work, and is given it back.
inline const std::vector<Step>& story()
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
        {save, 1, {write, 1, "supervision", false, true}},
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
        // Another agency leads one of the cases from this day on.
        {day, 0, {}},
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
    bool struck_again = false;       // and the second cut
    std::string missing;             // what the story should have and has not
};

class Play {
public:
    explicit Play(std::uint64_t seed) : seed_(seed), world_(seed, {.devices = 3, .cases = 2, .skews = {}, .forgetful = false})
    {
        out_.counted.push_back({});
        world_.excuse_opening([] { return scarce_memory::struck(); });
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
        case Kind::memory: return scarce_memory::fail_after(scarce_memory::Whose::program, at);
        case Kind::store_memory: return scarce_memory::fail_after(scarce_memory::Whose::store, at);
        }
    }

    [[nodiscard]] bool ended() { return next_ == story().size() || !world_.violations().empty() || after_ == goes_on; }

    void step()
    {
        Rng rng(seed_ * 1000 + next_);
        // Only what steps do: whoever forks between them allocates, too.
        const auto before = counts();
        // Who has no memory left says so, or ends: then everybody here ends, as they are one process.
        try {
            play(story()[next_++], rng);
        } catch (const std::bad_alloc&) {
            SATCHEL_CHECK(of_memory(fault_.kind));
            ended_ = true;
        }
        mend(false);
        const auto after = counts();
        auto so_far = out_.counted.back();
        for (std::size_t party = 0; party < so_far.size(); ++party)
            for (std::size_t kind = 0; kind < so_far[party].size(); ++kind)
                so_far[party][kind] += after[party][kind] - before[party][kind];
        out_.counted.push_back(so_far);
    }

    // To the end, and what is to be said of it.
    Outcome finish()
    {
        while (!ended())
            step();
        mend(true);
        scarce_memory::enough();
        if (fault_.second)
            disk().heal();
        if (world_.violations().empty())
            judge();
        out_.struck = struck_;
        out_.struck_again = struck_again_;
        out_.violations = world_.violations();
        out_.story = world_.story();
        out_.saves = saved();
        return std::move(out_);
    }

private:
    Disk& disk() { return fault_.party == Party::hub ? world_.hub_disk() : world_.devices()[the_device]->disk; }
    [[nodiscard]] bool came()
    {
        return of_memory(fault_.kind) ? scarce_memory::struck() : disk().dead() || disk().struck();
    }
    Counts counts()
    {
        const auto of = [](const Disk& disk) -> Counts::value_type {
            return {disk.changes(), disk.calls(Disk::Call::read), disk.calls(Disk::Call::write),
                    disk.calls(Disk::Call::sync), disk.growths(), scarce_memory::calls(scarce_memory::Whose::program),
                    scarce_memory::calls(scarce_memory::Whose::store)};
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
        case W::day:
            return world_.next_day();
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
            if (fault_.second && !struck_again_ && disk().dead()) {
                struck_again_ = true;
                power(fault_.loss);
            }
        } else if (fault_.at != 0 && came()) {
            const bool stays = fault_.lasting || fault_.kind == Kind::full;
            if (stays && ++struck_for_ < lasts && !now)
                return;
            struck_ = true;
            if (of_memory(fault_.kind)) {
                scarce_memory::enough();
                if (ended_)
                    world_.everybody_ends();
                return world_.start_all();
            }
            if (fault_.kind == Kind::cut)
                return power(fault_.loss, fault_.second);
            if (fault_.lasting)
                return power(Loss::all);
            world_.note("its disk is well again");
            disk().heal();
        }
        world_.start_all();
    }

    void power(Loss loss, std::uint64_t second = 0)
    {
        if (fault_.party == Party::hub)
            world_.hub_power(loss, &losses_, second);
        else
            world_.device_power(the_device, loss, &losses_, second);
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
        else if (world_.happened().of(Happened::day_made) == 0)
            out_.missing = "something that a day brings";
        else if (saved() < 26)
            out_.missing = "26 saves";
    }

    static constexpr std::uint64_t steps_of_a_sync = 2'000;

    std::uint64_t seed_;
    Fault fault_;
    SeededRandom losses_{0};
    World world_;
    std::size_t next_ = 0;
    Outcome out_;
    bool struck_ = false, struck_again_ = false, ended_ = false;
    unsigned struck_for_ = 0, after_ = 0;
};

}  // namespace satchel::simulation
