#include "tests/simulation/schedule.hpp"

#include <algorithm>

#include "tests/simulation/checks.hpp"
#include "tests/simulation/state_digest.hpp"

namespace satchel::simulation {
namespace {

constexpr std::uint64_t outsiders_every = 4;
constexpr unsigned devices_max = 8, cases_max = 3;

// What may go wrong, and which acts it brings.
struct Fault {
    std::string_view name;
    std::vector<std::pair<Act, unsigned>> acts;  // with their weight
};
const std::vector<Fault>& faults()
{
    static const std::vector<Fault> all{
        {"lines", {{Act::block, 3}, {Act::cut, 3}}},
        {"breaks", {}},     // connections that break at some byte
        {"meddling", {}},   // frames that are lost, doubled or swapped
        {"power", {{Act::device_power, 2}, {Act::device_dies, 3}, {Act::hub_power, 1}, {Act::hub_dies, 2}}},
        {"room", {{Act::device_full, 2}, {Act::hub_full, 1}}},
        {"disk", {{Act::device_fails, 2}, {Act::hub_fails, 1}}},
        {"clocks", {}},
        {"copies", {{Act::copy_device, 2}, {Act::put_back_device, 2}}},
        {"restore", {{Act::copy_hub, 1}, {Act::put_back_hub, 1}}},
        {"access", {{Act::reassign, 4}}},
        {"revoke", {{Act::revoke, 1}}},
        {"policy", {{Act::publish, 1}}},
        {"twins", {{Act::use_twin, 6}}},
    };
    return all;
}

bool listed(std::string_view list, std::string_view word)
{
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (list.substr(0, comma) == word)
            return true;
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    }
    return false;
}

bool is_fault(Act act)
{
    return act != Act::save && act != Act::connect && act != Act::run && act != Act::tick && act != Act::rest;
}

// What was under way when who decides, or by which agreement, had changed: written before, ruled on after it.
void count_overtaken(const Log& log, Happenings& happened)
{
    struct Lead {
        std::string agency = "police";  // what the agreement says otherwise
        std::int64_t since = 0;
    };
    std::map<std::int64_t, Lead> leads;
    for (const auto& entry : log.entries) {
        auto& lead = leads[sync::raw(entry.row.case_no)];
        if (entry.row.kind == sync::EntryKind::effect && entry.effect.kind == sync::Effect::Kind::fact &&
            entry.effect.name == "lead_agency" && entry.effect.text != lead.agency) {
            lead = {entry.effect.text, sync::raw(entry.row.position)};
            happened.add(Happened::lead_changed);
        }
        if (entry.row.kind != sync::EntryKind::changeset || !entry.work)
            continue;
        happened.add(Happened::lead_in_flight, sync::raw(entry.row.seen_position) < lead.since);
        happened.add(Happened::policy_in_flight, entry.work->header.policy_version != entry.row.policy_version);
    }
}

}  // namespace

const std::vector<std::string_view>& fault_names()
{
    static const auto names = [] {
        std::vector<std::string_view> out;
        for (const auto& fault : faults())
            out.push_back(fault.name);
        return out;
    }();
    return names;
}

Schedule make_schedule(std::uint64_t seed, unsigned devices, std::string_view mix)
{
    Rng rng(seed);
    Schedule out;
    out.seed = seed;
    const auto drawn = 3 + static_cast<unsigned>(rng.below(devices_max - 2));
    out.options.devices = devices ? devices : drawn;
    out.options.cases = 1 + static_cast<unsigned>(rng.below(cases_max));
    // Swarm: each run has some kinds of fault and not others, or rare ones would hide behind frequent ones.
    std::vector<std::pair<Act, unsigned>> weights{{Act::save, 30}, {Act::connect, 14}, {Act::run, 24}, {Act::tick, 2}, {Act::rest, 1}};
    bool clocks = false;
    for (const auto& fault : faults()) {
        const bool drawn_here = rng.chance(45);
        const bool on = mix.empty() ? drawn_here : listed(mix, fault.name);
        if (!on)
            continue;
        weights.insert(weights.end(), fault.acts.begin(), fault.acts.end());
        clocks = clocks || fault.name == "clocks";
        if (fault.name == "breaks")
            out.breaks = true;
        if (fault.name == "meddling")
            out.meddling = {static_cast<unsigned>(rng.below(6)), static_cast<unsigned>(rng.below(16)),
                            static_cast<unsigned>(rng.below(6)), static_cast<unsigned>(rng.below(20))};
    }
    constexpr std::int64_t ten_years_ms = 10LL * 365 * 24 * 3600 * 1000;
    for (unsigned i = 0; i < out.options.devices; ++i) {
        const auto skew = static_cast<std::int64_t>(rng.below(2 * ten_years_ms)) - ten_years_ms;
        out.skews.push_back(skew);
    }
    if (clocks)
        out.options.skews = out.skews;
    std::uint64_t total = 0;
    for (const auto& [act, weight] : weights)
        total += weight;
    const auto length = 30 + rng.below(90);
    for (std::uint64_t i = 0; i < length; ++i) {
        auto at = rng.below(total);
        for (const auto& [act, weight] : weights) {
            if (at < weight) {
                out.actions.push_back({act, rng.next()});
                break;
            }
            at -= weight;
        }
    }
    out.actions.push_back({Act::rest, rng.next()});
    out.options.forgetful = rng.chance(50);
    return out;
}

Outcome play(const Schedule& schedule)
{
    World world(schedule.seed, schedule.options);
    Outcome out;
    std::optional<Log> before;
    const auto any = [&](Rng& rng) { return static_cast<unsigned>(rng.below(world.devices().size())); };
    for (const auto& action : schedule.actions) {
        Rng rng(action.seed);
        ++out.actions;
        out.faults += is_fault(action.act);
        switch (action.act) {
        case Act::save: {
            const auto device = any(rng);
            for (auto n = 1 + rng.below(3); n > 0; --n)
                world.save(device, rng);
            break;
        }
        case Act::connect: {
            const auto device = any(rng);
            const bool breaks = schedule.breaks && rng.chance(40);
            world.connect(device, rng, rng.chance(30) ? schedule.meddling : Meddling{}, breaks);
            world.run(rng.below(rng.chance(40) ? 6 : 40), rng);
            break;
        }
        case Act::run:
            world.run(1 + rng.below(120), rng);
            break;
        case Act::block:
            world.block(any(rng), rng);
            break;
        case Act::cut:
            world.cut_links(rng);
            break;
        case Act::device_power:
            world.device_power(any(rng), static_cast<Loss>(rng.below(losses)));
            break;
        case Act::device_dies:
            world.devices()[any(rng)]->disk.cut_power_after(1 + rng.below(60));
            break;
        case Act::device_full:
            world.devices()[any(rng)]->disk.room(rng.below(40'000));
            break;
        case Act::device_fails:
            world.devices()[any(rng)]->disk.fail_after(static_cast<Disk::Call>(rng.below(3)), 1 + rng.below(60), rng.chance(30));
            break;
        case Act::hub_power:
            world.hub_power(static_cast<Loss>(rng.below(losses)));
            break;
        case Act::hub_dies:
            world.hub_disk().cut_power_after(1 + rng.below(80));
            break;
        case Act::hub_full:
            world.hub_disk().room(rng.below(80'000));
            break;
        case Act::hub_fails:
            world.hub_disk().fail_after(static_cast<Disk::Call>(rng.below(3)), 1 + rng.below(80), rng.chance(30));
            break;
        case Act::copy_device:
            world.copy_device(any(rng));
            break;
        case Act::put_back_device:
            world.put_back_device(any(rng));
            break;
        case Act::use_twin: {
            // Always the same few: a device of which there are two is changed often, or neither gets to do anything.
            world.use_twin(static_cast<unsigned>(rng.below(2)));
            break;
        }
        case Act::copy_hub:
            world.copy_hub();
            break;
        case Act::put_back_hub:
            world.put_back_hub();
            before.reset();
            break;
        case Act::reassign:
            world.reassign(rng);
            break;
        case Act::revoke:
            world.revoke(any(rng));
            break;
        case Act::publish:
            world.publish();
            break;
        case Act::tick:
            world.tick(rng);
            break;
        case Act::rest:
            world.settle(rng);
            if (world.violations().empty()) {
                auto log = read_log(world.store(), world.keys());
                world.trace(state_digest(world, log));
                check(world, log, before);
                if (world.violations().empty())
                    check_history(world);
                before = std::move(log);
            }
            break;
        }
        if (!world.violations().empty())
            break;
    }
    out.happened = world.happened();
    out.story = world.story();
    out.promises = world.ledger().promises().size();
    out.steps = world.steps();
    if (before) {
        out.entries = before->entries.size();
        count_overtaken(*before, out.happened);
        for (const auto& entry : before->entries)
            for (const auto& ruling : entry.rulings)
                out.rulings.push_back(std::to_string(static_cast<int>(ruling.outcome)) + " " + ruling.rule + " " + ruling.decided_by);
    }
    world.note("the end: " + std::to_string(out.entries) + " entries");
    out.trace = world.trace_hash();
    if (world.violations().empty() && schedule.seed % outsiders_every == 0) {
        Rng rng(schedule.seed);
        out.outsiders = check_outsider(world, rng);
    }
    out.violations = world.violations();
    return out;
}

namespace {

// What counts a disk's calls or bytes strikes elsewhere when a clock differs: ids begin with a time, so rows lie elsewhere.
bool counts_disk(Act act)
{
    return act == Act::device_dies || act == Act::hub_dies || act == Act::device_full || act == Act::hub_full ||
           act == Act::device_fails || act == Act::hub_fails;
}

}  // namespace

void compare_clocks(const Schedule& schedule, Outcome& outcome)
{
    auto wrong = schedule;
    std::erase_if(wrong.actions, [](const Action& action) { return counts_disk(action.act); });
    auto right = wrong;
    wrong.options.skews = schedule.skews;
    right.options.skews.clear();
    // Nor may what the hub has in memory have a part in any ruling.
    wrong.options.forgetful = true;
    right.options.forgetful = false;
    auto a = play(wrong), b = play(right);
    outcome.happened += a.happened;
    const auto [ruling, other] = std::mismatch(a.rulings.begin(), a.rulings.end(), b.rulings.begin(), b.rulings.end());
    if (a.violations.empty() && b.violations.empty() && ruling == a.rulings.end() && other == b.rulings.end())
        return;
    outcome.violations.insert(outcome.violations.end(), a.violations.begin(), a.violations.end());
    outcome.violations.insert(outcome.violations.end(), b.violations.begin(), b.violations.end());
    if (outcome.violations.empty()) {
        const auto words = [](const auto& at, const auto& all) { return at == all.end() ? std::string("(none)") : *at; };
        outcome.violations.push_back({"I11", "ruling " + std::to_string(ruling - a.rulings.begin() + 1) + " is \"" +
                                                 words(ruling, a.rulings) + "\" with wrong clocks and a forgetful hub, and \"" +
                                                 words(other, b.rulings) + "\" with right ones and one that is not"});
    }
    outcome.story = std::move(a.story);
    const auto [same, until] = std::mismatch(outcome.story.begin(), outcome.story.end(), b.story.begin(), b.story.end());
    if (until == b.story.end())
        return;
    const auto from = outcome.story.size() - static_cast<std::size_t>(same - outcome.story.begin());
    outcome.story.push_back("with right clocks and a hub that forgets nothing, instead of the last " + std::to_string(from) + ":");
    outcome.story.insert(outcome.story.end(), until, b.story.end());
}

Outcome replay(const Schedule& schedule)
{
    auto out = play(schedule);
    if (out.violations.empty())  // then it was found while clocks were compared
        compare_clocks(schedule, out);
    return out;
}

void found_worlds(unsigned devices)
{
    for (unsigned n = 3; n <= devices_max; ++n)
        for (unsigned cases = 1; cases <= cases_max && (devices == 0 || devices == n); ++cases)
            World::prepare(n, cases);
}

Schedule smaller(Schedule schedule, const std::string& invariant, unsigned tries)
{
    const auto fails = [&](const Schedule& one) {
        const auto outcome = replay(one);
        return std::any_of(outcome.violations.begin(), outcome.violations.end(),
                           [&](const Violation& v) { return v.invariant == invariant; });
    };
    // Leaves out ever shorter stretches, as long as it goes on failing. The last action is the rest at which it fails.
    for (auto stretch = schedule.actions.size() / 2; stretch >= 1 && tries > 0; stretch /= 2) {
        for (std::size_t at = 0; at + stretch < schedule.actions.size() && tries > 0;) {
            auto without = schedule;
            without.actions.erase(without.actions.begin() + static_cast<std::ptrdiff_t>(at),
                                  without.actions.begin() + static_cast<std::ptrdiff_t>(at + stretch));
            --tries;
            if (fails(without))
                schedule = std::move(without);
            else
                at += stretch;
        }
    }
    return schedule;
}

}  // namespace satchel::simulation
