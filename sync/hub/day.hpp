// What a day brings to every case: effective dates that fall due, facts that follow from them, clocks that rest on those.
// An area has many cases, so it is done a few at a time and others write in between.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "schema/base/time.hpp"
#include "sync/central/rows.hpp"
#include "sync/core/consequences.hpp"

namespace satchel::sync {

// In one transaction: a few milliseconds, which is what others wait for.
inline constexpr std::size_t cases_at_once = 50;

// Cases that cannot be read are left out of a day's work; more than so many are no damage to single cases, and end it.
inline constexpr std::size_t skipped_cases_max = 100;

// One day's work on its way: HubService::begin_tick() makes it, go_on() carries it to its end. Left unfinished it does no
// harm: done again, what was done changes nothing.
struct Tick {
    Date today;  // when it began; past midnight, what is left of it is done for the day that has come
    std::vector<CaseNo> cases;
    std::size_t next = 0;  // of them
    std::uint64_t made = 0;  // entries
    std::shared_ptr<const schema::Policy> under;  // the agreement in force when it began; another one begins it anew
    std::vector<Error> skipped;  // one for each case that cannot be read; names it
    Clocks clocks;  // to be looked at in any case: all of `under`'s, or none

    [[nodiscard]] bool done() const noexcept { return next >= cases.size(); }
};

}  // namespace satchel::sync
