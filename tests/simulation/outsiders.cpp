// I12: to somebody who may not see it, a record that is there and one that is not are the same, byte by byte.
#include <algorithm>

#include "tests/simulation/checks.hpp"

namespace satchel::simulation {

bool check_outsider(World& world, Rng& rng)
{
    const auto case_no = static_cast<std::size_t>(rng.below(world.cases().size()));
    const auto& case_id = world.cases()[case_no];
    std::vector<unsigned> insiders, outsiders;
    for (const auto& device : world.devices())
        if (device->store && device->store->confirmed(case_id))
            (device->agency == "police" ? insiders : outsiders).push_back(device->index);
    if (insiders.empty() || outsiders.empty())
        return false;
    const auto insider = rng.pick(insiders), outsider = rng.pick(outsiders);
    const bool afresh = rng.chance(50);
    const auto seed = rng.next();
    const Wish wish{Wish::To::write, case_no, "intel", /*hidden=*/true};
    const auto begin = world.moment();
    const auto hears = [&](bool hidden) {
        world.go_back(*begin, {insider, outsider});
        if (hidden) {
            Rng of_insider(seed);
            world.save(insider, of_insider, &wish);
            (void)world.heard_by(insider, false, seed);
            world.go_back_in_time(*begin);
        }
        return world.heard_by(outsider, afresh, seed);
    };
    const auto saves = world.ledger().promises().size();
    const auto with = hears(true);
    if (world.ledger().promises().size() == saves)
        return false;  // revoked since, say: nothing was hidden
    const auto without = hears(false);
    if (with != without)
        world.violated("I12", "device " + std::to_string(outsider) + (afresh ? ", as it was enrolled," : "") + " hears " +
                                  std::to_string(without.size()) + " bytes, and " + std::to_string(with.size()) +
                                  " with a record that it may not see; they differ at " +
                                  std::to_string(std::mismatch(with.begin(), with.begin() + static_cast<std::ptrdiff_t>(
                                                                                  std::min(with.size(), without.size())),
                                                               without.begin())
                                                     .first -
                                                 with.begin()));
    return true;
}

}  // namespace satchel::simulation
