// Disclosure considered: kpi-3.
#include "tests/unit/sync/core/figures/cases.hpp"

namespace satchel::test {
namespace {

TEST(Figures, DisclosureLeftBlankIsAFailureUntilApprovedMinutesSayOtherwise)
{
    // G-31-19.
    Case one;
    const auto meeting = one.meeting("2", "2025-05-01");
    EXPECT_EQ(told(count("kpi-3", one)), "0/1") << "no minutes";
    auto blank = one;
    blank.minutes(meeting, "approved", "");
    EXPECT_EQ(told(count("kpi-3", blank)), "0/1");
    auto draft = one;
    draft.minutes(meeting, "draft", "yes");
    EXPECT_EQ(told(count("kpi-3", draft)), "0/1") << "not approved";
    auto approved = one;
    approved.minutes(meeting, "distributed", "yes");
    const auto found = count("kpi-3", approved);
    EXPECT_EQ(told(found), "1/1");
    EXPECT_EQ(found.reached(), true);
    EXPECT_EQ(found.cells.at({"2"}).met, 1u);
    EXPECT_EQ(found.cells.at({"3"}).counted, 0u) << "a level without meetings has its row";
}

TEST(Figures, DisclosureConsideredWithoutADecisionInTheMinutesIsAFailure)
{
    // G-31-10: considered, and the decision.
    const auto decided = [](const std::string& decision) {
        Case one;
        one.minutes(one.meeting("3", "2025-05-01"), "approved", "yes", "", decision);
        return told(count("kpi-3", one));
    };
    EXPECT_EQ(decided(""), "0/1");
    EXPECT_EQ(decided("disclose"), "1/1");
    EXPECT_EQ(decided("do_not_disclose"), "1/1");
}

TEST(Figures, MinutesOfOneMeetingDoNotServeAnother)
{
    Case one;
    const auto first = one.meeting("2", "2025-05-01");
    one.meeting("2", "2025-06-01");
    one.minutes(first, "approved", "yes");
    EXPECT_EQ(told(count("kpi-3", one)), "1/2");
}

TEST(Figures, BothEndsOfThePeriodAreInIt)
{
    for (const auto& [day, expected] : {std::pair{"2025-03-31", "0/0"}, std::pair{"2025-04-01", "0/1"},
                                        std::pair{"2025-06-30", "0/1"}, std::pair{"2025-07-01", "0/0"}}) {
        Case one;
        one.meeting("3", day);
        EXPECT_EQ(told(count("kpi-3", one)), expected) << day;
    }
    Case undated;
    undated.meeting("3", "");
    EXPECT_EQ(told(count("kpi-3", undated)), "0/0");
    EXPECT_EQ(count("kpi-3", undated).no_day, 1u) << "held, nobody said when";
}

TEST(Figures, DisclosuresMadeAreAnotherFigureThanDisclosureConsidered)
{
    Case one;
    one.level("2", "2025-01-01");
    one.record("disclosure_event",
               {{"told_whom", "A school"}, {"disclosed_on", "2025-05-02"}, {"disclosed_what", "X"}});
    one.record("disclosure_event",
               {{"told_whom", "A landlord"}, {"disclosed_on", "2025-05-03"}, {"disclosed_what", "X"}});
    EXPECT_EQ(count("disclosures-made", one).counted, 2u);
    EXPECT_EQ(told(count("kpi-3", one)), "0/0");
    one.level("1", "2025-05-03");
    EXPECT_EQ(count("disclosures-made", one).counted, 1u) << "at Level 1 on the day of the second";
}

}  // namespace
}  // namespace satchel::test
