// Figures that look for any record of the case: screened, fresh, complete, and for how long.
#include "tests/unit/sync/core/figures/cases.hpp"

namespace satchel::test {
namespace {

TEST(Figures, SomebodyWasScreenedSixMonthsBeforeTheReleaseOrLonger)
{
    const auto screened = [](const std::string& day, const std::string& level) {
        Case one;
        one.record("prison_release", {{"released_from_prison_on", "2025-06-15"}, {"short_notice", "no"}});
        one.record("screening", {{"screened_on", day}, {"screened_level", level}});
        return told(count("level-before-release", one));
    };
    EXPECT_EQ(screened("2024-12-15", "1"), "1/1");
    EXPECT_EQ(screened("2024-12-16", "1"), "0/1");
    EXPECT_EQ(screened("2024-11-01", "not_yet_set"), "0/1") << "a screening that leaves it open is none";
}

TEST(Figures, WhatIsLookedForAfterADayIsNotMetByWhatWasThereBefore)
{
    const auto told_register = [](const std::string& day) {
        Case one;
        one.record("area_transfer", {{"takes_effect_on", "2025-05-12"}, {"area_outcome", "both_agree"}});
        one.decide("visor_record", {{"updated_on", day}});
        return told(count("area-changes", one));
    };
    EXPECT_EQ(told_register("2025-05-11"), "0/1");
    EXPECT_EQ(told_register("2025-05-12"), "1/1");
    EXPECT_EQ(told_register("2025-05-27"), "1/1") << "the tenth working day, over the bank holiday of the 26th";
    EXPECT_EQ(told_register("2025-05-28"), "0/1");
}

TEST(Figures, VictimsAreHeardAtTheMeetingForWhichTheReportWasWritten)
{
    const auto written_for = [](const std::string& day) {
        Case one;
        one.meeting("2", "2025-05-01");
        one.record("victim_report", {{"victim_report_on", day}});
        return told(count("victims-heard", one));
    };
    EXPECT_EQ(written_for("2025-05-01"), "1/1");
    EXPECT_EQ(written_for("2025-04-30"), "0/1");
    EXPECT_EQ(written_for("2025-05-02"), "0/1");
}

TEST(Figures, WhatIsFreshIsOfTheTimeBeforeTheLastDayAndNotAfterIt)
{
    // IN-91: freshness beside attendance.
    const auto seen = [](const std::string& day) {
        Case one;
        one.record("contact", {{"contact_on", day}});
        return told(count("fresh-contact", one));
    };
    EXPECT_EQ(seen("2025-06-30"), "1/1");
    EXPECT_EQ(seen("2025-05-30"), "1/1");
    EXPECT_EQ(seen("2025-05-29"), "0/1");
    EXPECT_EQ(seen("2025-07-01"), "0/1") << "after the day for which it is told";
    EXPECT_EQ(seen(""), "0/1");
}

TEST(Figures, WhatIsCompleteIsThereAndWhatWasWithdrawnIsNot)
{
    Case one;
    one.level("2", "2025-01-01");
    EXPECT_EQ(told(count("complete-plan", one)), "0/1");
    one.decide("rmp", {{"plan_status", "draft"}});
    EXPECT_EQ(told(count("complete-plan", one)), "0/1");
    one.decide("rmp", {{"plan_status", "in_place"}});
    EXPECT_EQ(told(count("complete-plan", one)), "1/1");
    one.withdraw(one.sheet.records.at(schema::type_id("rmp")).front().id);
    EXPECT_EQ(told(count("complete-plan", one)), "0/1");
    one.decide("person", {{"gender", "female"}});
    EXPECT_EQ(told(count("complete-equality", one)), "0/1") << "one of the two is not both";
    one.decide("person", {{"gender", "female"}, {"ethnicity", "not_stated"}});
    EXPECT_EQ(told(count("complete-equality", one)), "1/1") << "asked, and not said, is recorded";
}

TEST(Figures, AgesAreToldInBandsAndABirthdayBeginsTheNext)
{
    const auto band = [](const std::string& born) {
        auto one = eligible("1", "2");
        if (!born.empty())
            one.person(born);
        const auto found = count("ar-14-age", {one}, "2024-04-01", "2025-03-31");
        for (const auto& [row, cell] : found.cells)
            if (cell.counted != 0)
                return row.front();
        return std::string("none");
    };
    EXPECT_EQ(band("2007-04-01"), "0 to 17") << "eighteen tomorrow";
    EXPECT_EQ(band("2007-03-31"), "18 to 20");
    EXPECT_EQ(band("1960-03-31"), "65 and over");
    EXPECT_EQ(band(""), "") << "not recorded";
}

TEST(Figures, TimeAtALevelIsToldInMonthsSinceItWasDecided)
{
    // L1-284.
    const auto at = [](const std::string& decided_on) {
        Case one;
        one.level("1", decided_on);
        const auto found = count("time-at-level", one);
        for (const auto& [row, cell] : found.cells)
            if (cell.counted != 0)
                return row.back();
        return std::string("none");
    };
    EXPECT_EQ(at("2024-12-30"), "6 to 11");
    EXPECT_EQ(at("2024-12-31"), "6 to 11") << "30 June ends six months that began on 31 December";
    EXPECT_EQ(at("2025-01-01"), "0 to 5");
    EXPECT_EQ(at("2023-06-30"), "24 and over");
    EXPECT_EQ(at(""), "") << "nobody said since when";
}

TEST(Figures, ALevel1CaseWasReviewedInTheLastSixMonths)
{
    const auto held = [](const std::string& day) {
        Case one;
        one.level("1", "2024-01-01");
        one.record("level1_review", {{"held_on", day}, {"outcome", "retain_level_1"}});
        return told(count("level-1-reviewed", one));
    };
    EXPECT_EQ(held("2024-12-30"), "1/1");
    EXPECT_EQ(held("2024-12-29"), "0/1");
}

}  // namespace
}  // namespace satchel::test
