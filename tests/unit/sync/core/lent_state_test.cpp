// What follows from a change costs what it touches, not what the case holds: the state is lent to consequences(), not copied.
#include <gtest/gtest.h>

#include "reacting.hpp"
#include "tests/unit/schema/wire/allocation_meter.hpp"

namespace satchel::test {
namespace {

class LentState : public Reacting {
protected:
    // Memory that the consequences of a move take at their most, beside what was there, in a case of so many addresses.
    std::size_t cost_among(std::uint32_t addresses)
    {
        const auto long_ago = values("address", {{"lines", "1 Invented Row"}, {"from", "2019-05-01"}, {"to", "2020-05-01"}});
        state.records.clear();
        for (std::uint32_t n = 1; n <= addresses; ++n)
            has(n, "address", "where", "probation").groups.front().current.values = long_ago;
        const auto change = edit(1, "address", "where", {{"lines", "2 Invented Row"}, {"from", "2026-05-01"}});
        OpenedChangeset moved;
        moved.header.hat = hat;
        moved.versions.push_back(number_id<VersionId>(6, 1));
        moved.changes.push_back(change);
        Ruling applied;
        applied.outcome = Outcome::applied;
        applied.rule = "owner";
        reset_peak();
        const auto before = allocated_now();
        const auto effects = consequences(state, moved, {&applied, 1}, policy, received);
        EXPECT_FALSE(effects.empty());
        return allocated_peak() - before;
    }
};

TEST_F(LentState, AChangeInACaseOfThousandsOfRecordsCopiesNoneOfThem)
{
    const auto few = cost_among(2);
    EXPECT_GT(few, 0u);
    // To look at each of them in turn takes some bytes of each; the record itself takes more than 500.
    EXPECT_LT(cost_among(4000), few + std::size_t{4000} * 150);
    EXPECT_GT(sizeof(RecordState) + sizeof(GroupState), 500u);
}

}  // namespace
}  // namespace satchel::test
