// Reviews in time: kpi-1 and kpi-2.
#include "tests/unit/sync/core/figures/cases.hpp"

namespace satchel::test {
namespace {

Case at_level_3()
{
    Case out;
    out.level("3", "2025-01-01");
    return out;
}

TEST(Figures, AReviewOnTheLastDayOfTheWeeksIsInTimeAndADayLaterIsNot)
{
    auto in_time = at_level_3();
    in_time.meeting("3", "2025-03-10");
    in_time.meeting("3", "2025-05-05");  // 56 days
    EXPECT_EQ(told(count("kpi-1", in_time, "2025-05-01", "2025-05-31")), "1/1");
    auto late = at_level_3();
    late.meeting("3", "2025-03-10");
    late.meeting("3", "2025-05-06");
    EXPECT_EQ(told(count("kpi-1", late, "2025-05-01", "2025-05-31")), "0/1");
}

TEST(Figures, TheDateInTheRecordDecidesAndACorrectedOneIsCountedAnew)
{
    // G-31-16: 3 May or 5 May, where the limit is 4 May.
    for (const auto& [held_on, expected] : {std::pair{"2025-05-03", "1/1"}, std::pair{"2025-05-05", "0/1"}}) {
        auto one = at_level_3();
        one.meeting("3", "2025-03-09");
        one.meeting("3", held_on);
        EXPECT_EQ(told(count("kpi-1", one, "2025-05-01", "2025-05-31")), expected) << held_on;
    }
}

TEST(Figures, AReviewThatNeverCameIsLateInEveryPeriodUntilItComes)
{
    auto one = at_level_3();
    one.meeting("3", "2025-01-06");  // next by 3 March
    EXPECT_EQ(told(count("kpi-1", one, "2025-02-01", "2025-02-28")), "0/0") << "not due yet";
    EXPECT_EQ(told(count("kpi-1", one, "2025-03-01", "2025-03-31")), "0/1");
    EXPECT_EQ(told(count("kpi-1", one, "2025-04-01", "2025-04-30")), "0/1");
    one.meeting("3", "2025-05-06");
    EXPECT_EQ(told(count("kpi-1", one, "2025-05-01", "2025-05-31")), "0/1") << "it came, late";
    EXPECT_EQ(told(count("kpi-1", one, "2025-06-01", "2025-06-30")), "0/0");
}

TEST(Figures, ACaseWithOneLateReviewOfSeveralIsOneCaseNotMet)
{
    auto one = at_level_3();
    for (const auto* day : {"2025-01-01", "2025-02-01", "2025-03-01", "2025-06-01"})
        one.meeting("3", day);
    EXPECT_EQ(told(count("kpi-1", one, "2025-01-01", "2025-06-30")), "0/1");
}

TEST(Figures, ACancelledMeetingIsNoReview)
{
    auto one = at_level_3();
    one.meeting("3", "2025-03-10");
    one.meeting("3", "2025-05-01", "cancelled");
    EXPECT_EQ(told(count("kpi-1", one, "2025-05-01", "2025-05-31")), "0/1");
    one.meeting("2", "2025-05-01");
    EXPECT_EQ(told(count("kpi-1", one, "2025-05-01", "2025-05-31")), "0/1") << "nor is one of another level";
}

TEST(Figures, AMeetingThatWasWithdrawnDoesNotCount)
{
    auto one = at_level_3();
    one.meeting("3", "2025-03-10");
    one.withdraw(one.meeting("3", "2025-05-01"));
    EXPECT_EQ(told(count("kpi-1", one, "2025-05-01", "2025-05-31")), "0/1");
}

TEST(Figures, NoReviewIsDueOnceTheCaseHasLeftTheLevelOrIsInCustody)
{
    auto lowered = at_level_3();
    lowered.meeting("3", "2025-03-10");
    lowered.level("2", "2025-05-04");
    EXPECT_EQ(told(count("kpi-1", lowered, "2025-05-01", "2025-05-31")), "0/0");
    auto too_late = at_level_3();
    too_late.meeting("3", "2025-03-10");
    too_late.level("2", "2025-05-06");
    EXPECT_EQ(told(count("kpi-1", too_late, "2025-05-01", "2025-05-31")), "0/1") << "it was due the day before";
    auto recalled = at_level_3();
    recalled.meeting("3", "2025-03-10");
    recalled.decide("establishment", {{"legal_status", "recalled"}, {"legal_since", "2025-04-01"}});
    EXPECT_EQ(told(count("kpi-1", recalled, "2025-05-01", "2025-05-31")), "0/0");
}

TEST(Figures, AReviewMissedBeforeTheCaseLeftTheLevelIsNotAskedForForEver)
{
    auto one = at_level_3();
    one.meeting("3", "2025-03-10");  // next by 5 May
    one.level("2", "2025-05-20");
    EXPECT_EQ(told(count("kpi-1", one, "2025-05-01", "2025-05-31")), "0/1");
    EXPECT_EQ(told(count("kpi-1", one, "2025-06-01", "2025-06-30")), "0/0");
}

TEST(Figures, TheUnitMayBeEachInterval)
{
    // G-31-22 leaves it open.
    auto one = at_level_3();
    for (const auto* day : {"2025-01-01", "2025-02-01", "2025-03-01", "2025-06-01"})
        one.meeting("3", day);
    EXPECT_EQ(told(count("kpi-1", one, "2025-01-01", "2025-06-30")), "0/1");
    EXPECT_EQ(told(count("each-interval", one, "2025-01-01", "2025-06-30")), "2/3");
}

TEST(Figures, ACaseThatWasNeverReviewedHasNoClockAndIsTold)
{
    const auto found = count("kpi-1", at_level_3());
    EXPECT_EQ(told(found), "0/0");
    EXPECT_EQ(found.unstarted, 1u);
    EXPECT_EQ(count("kpi-2", at_level_3()).unstarted, 0u);
}

TEST(Figures, Level2HasSixteenWeeks)
{
    Case one;
    one.level("2", "2025-01-01");
    one.meeting("2", "2025-01-06");
    one.meeting("2", "2025-04-28");  // 112 days
    EXPECT_EQ(told(count("kpi-2", one)), "1/1");
}

}  // namespace
}  // namespace satchel::test
