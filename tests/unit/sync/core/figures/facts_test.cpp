// What stood on a day, and for which area a case then counts.
#include "tests/unit/sync/core/figures/cases.hpp"

namespace satchel::test {
namespace {

// --- Facts on a day --------------------------------------------------------------------------------------------------

TEST(Figures, TheLevelOnADayIsTheOneDecidedByThenWheneverItArrived)
{
    // G-32-19: Level 3 to 2 on 30 March, sent on 5 April.
    Case one;
    one.level("3", "2024-06-01").level("2", "2025-03-30");
    EXPECT_EQ(on_day("mappa_level", "2025-03-31", one), "2");
    EXPECT_EQ(on_day("mappa_level", "2025-03-30", one), "2");
    EXPECT_EQ(on_day("mappa_level", "2025-03-29", one), "3");
    EXPECT_EQ(one.asked, 0) << "two versions are in the record";
    EXPECT_EQ(on_day("mappa_level", "2024-05-31", one), "not_yet_set");
}

TEST(Figures, FurtherBackTheHistoryIsAsked)
{
    Case one;
    one.level("1", "2024-01-01").level("2", "2025-02-01").level("3", "2025-04-02").level("2", "2025-04-20");
    EXPECT_EQ(on_day("mappa_level", "2025-03-31", one), "2");
    EXPECT_EQ(one.asked, 1);
    EXPECT_EQ(on_day("mappa_level", "2024-12-31", one), "1");
    EXPECT_EQ(on_day("mappa_level", "2025-04-25", one), "2");
}

TEST(Figures, OfTwoDecisionsThatHadTakenEffectTheOneWrittenLastCounts)
{
    // A date corrected afterwards: what was written first is not what was decided.
    Case one;
    one.level("3", "2025-03-01").level("2", "2025-02-01");
    EXPECT_EQ(on_day("mappa_level", "2025-03-31", one), "2");
}

TEST(Figures, ALevelWithoutReasonsIsNotSet)
{
    Case one;
    one.level("1", "2025-01-01", "");
    EXPECT_EQ(on_day("mappa_level", "2025-03-31", one), "not_yet_set");
}

TEST(Figures, SupervisionSaysWhoLedOnTheDay)
{
    Case one;
    one.record("supervision", {{"agency", "probation"}, {"from", "2024-01-01"}, {"to", "2025-03-30"}});
    EXPECT_EQ(on_day("lead_agency", "2025-03-30", one), "probation");
    EXPECT_EQ(on_day("lead_agency", "2025-03-31", one), "police");
}

TEST(Figures, AValueWithoutADateCountsAsItStandsAndThatIsSaid)
{
    Case one;
    one.level("2", "");
    one.category("1", "");
    const auto found = count("ar-01", {one}, "2024-04-01", "2025-03-31");
    EXPECT_EQ(found.cells.at({"1", "2"}).counted, 1u);
    EXPECT_EQ(found.undated, 1u);
}

// --- Areas -----------------------------------------------------------------------------------------------------------

TEST(Figures, ACaseCountsForTheAreaOfTheDayAndForNoOther)
{
    // G-32-21: moved on 28 March.
    Case moved("Otherland", "2020-01-01");
    moved.decide("area", {{"mappa_area", "Exampleshire"}, {"area_since", "2025-03-28"}});
    moved.category("1").level("1", "2024-01-01");
    Case none("");
    none.category("1").level("1", "2024-01-01");
    const std::vector<Case> cases{moved, none};
    EXPECT_EQ(count("ar-01", cases, "2024-04-01", "2025-03-31", "Exampleshire").counted, 1u);
    EXPECT_EQ(count("ar-01", cases, "2024-04-01", "2025-03-31", "Otherland").counted, 0u);
    EXPECT_EQ(count("ar-01", cases, "2023-04-01", "2025-03-27", "Otherland").counted, 1u);
    const auto all = count("ar-01", cases, "2024-04-01", "2025-03-31", "");
    EXPECT_EQ(all.counted, 1u) << "the sum of all areas";
    EXPECT_EQ(all.no_area, 1u);
}

TEST(Figures, AMeetingCountsForTheAreaInWhichTheCaseThenWas)
{
    Case moved("Otherland", "2020-01-01");
    moved.decide("area", {{"mappa_area", "Exampleshire"}, {"area_since", "2025-05-15"}});
    moved.meeting("3", "2025-05-01");
    moved.meeting("3", "2025-06-01");
    EXPECT_EQ(told(count("kpi-3", {moved}, "2025-04-01", "2025-06-30", "Exampleshire")), "0/1");
    EXPECT_EQ(told(count("kpi-3", {moved}, "2025-04-01", "2025-06-30", "Otherland")), "0/1");
    EXPECT_EQ(told(count("kpi-3", {moved}, "2025-04-01", "2025-06-30", "")), "0/2");
}

}  // namespace
}  // namespace satchel::test
