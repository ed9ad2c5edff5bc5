#include "schema/base/time.hpp"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace satchel {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

Date date(std::string_view text) { return *parse_date(text); }
std::string after_months(std::string_view text, int months) { return to_string(add_months(date(text), months)); }

TEST(Date, RefusesADayThatDoesNotExist)
{
    for (const auto* bad : {"2025-02-29", "1900-02-29", "2100-02-29", "2024-02-30", "2024-04-31", "2024-13-01",
                            "2024-00-01", "2024-01-00", "2024-01-32"}) {
        const auto got = parse_date(bad);
        ASSERT_FALSE(got) << bad;
        EXPECT_EQ(got.error().code, Errc::malformed);
    }
    EXPECT_TRUE(parse_date("2024-02-29"));
    EXPECT_TRUE(parse_date("2000-02-29"));
}

TEST(Date, RefusesAnyOtherSpelling)
{
    for (const auto* bad : {"", "2024", "2024-2-29", "24-02-29", "2024/02/29", "29-02-2024", "2024-02-29 ", " 2024-02-29",
                            "2024-02-2x", "-024-02-29", "+024-02-29", "2024-02--1", "2024-02-29T00:00:00Z"})
        EXPECT_FALSE(parse_date(bad)) << bad;
}

TEST(Date, RefusesYearsOutsideItsRange)
{
    EXPECT_TRUE(parse_date("1850-01-01"));
    EXPECT_FALSE(parse_date("1849-12-31"));
    EXPECT_TRUE(parse_date("2199-12-31"));
    EXPECT_FALSE(parse_date("2200-01-01"));
}

TEST(Date, CountsDaysFrom1970)
{
    EXPECT_EQ(date("1970-01-01").days, 0);
    EXPECT_EQ(date("1969-12-31").days, -1);
    EXPECT_EQ(date("2000-03-01").days - date("2000-02-28").days, 2);
    EXPECT_EQ(date("1900-03-01").days - date("1900-02-28").days, 1);
}

RC_GTEST_PROP(Date, IsReadBackFromItsText, ())
{
    const Date d{*rc::gen::inRange(date("1850-01-01").days, date("2199-12-31").days + 1)};
    RC_ASSERT(*parse_date(to_string(d)) == d);
}

TEST(Months, AStatutoryPeriodEndsOnTheSameDayOrTheLastThatExists)
{
    EXPECT_EQ(after_months("2026-01-15", 6), "2026-07-15");
    EXPECT_EQ(after_months("2025-08-31", 6), "2026-02-28");
    EXPECT_EQ(after_months("2023-08-31", 6), "2024-02-29");
    EXPECT_EQ(after_months("2024-08-30", 6), "2025-02-28");
    EXPECT_EQ(after_months("2026-01-31", 1), "2026-02-28");
    EXPECT_EQ(after_months("2026-03-31", 1), "2026-04-30");
    EXPECT_EQ(after_months("2024-02-29", 12), "2025-02-28");
    EXPECT_EQ(after_months("2024-02-29", 48), "2028-02-29");
    EXPECT_EQ(after_months("2096-02-29", 48), "2100-02-28");
}

TEST(Months, CrossTheYearBothWays)
{
    EXPECT_EQ(after_months("2025-12-31", 2), "2026-02-28");
    EXPECT_EQ(after_months("2026-03-31", -1), "2026-02-28");
    EXPECT_EQ(after_months("2026-01-31", -11), "2025-02-28");
    EXPECT_EQ(after_months("2026-01-31", 0), "2026-01-31");
}

// A later start never gives an earlier due date: a review held later may not be due sooner.
RC_GTEST_PROP(Months, KeepTheOrderOfDays, ())
{
    const auto day = rc::gen::inRange(date("1900-01-01").days, date("2150-01-01").days);
    const Date a{*day};
    const Date b{*day};
    const int months = *rc::gen::inRange(-240, 240);
    if (a <= b)
        RC_ASSERT(add_months(a, months) <= add_months(b, months));
    else
        RC_ASSERT(add_months(b, months) <= add_months(a, months));
}

TEST(Instant, RefusesTimesThatDoNotExist)
{
    for (const auto* bad : {"2026-03-01T24:00:00Z", "2026-03-01T09:60:00Z", "2026-03-01T09:30:60Z",
                            "2025-02-29T09:30:00Z", "2026-03-01T09:30:00+15:00", "2026-03-01T09:30:00+01:60"}) {
        const auto got = parse_instant(bad);
        ASSERT_FALSE(got) << bad;
        EXPECT_EQ(got.error().code, Errc::malformed);
    }
}

TEST(Instant, RefusesATimeWithoutItsZoneAndEveryOtherSpelling)
{
    for (const auto* bad : {"", "09:30", "2026-03-01T09:30", "2026-03-01T09:30Z", "2026-03-01T09:30:00", "2026-03-01T09:30:00.Z",
                            "2026-03-01T09:30:00.5", "2026-03-01T09:30:00z", "2026-03-01t09:30:00Z", "2026-03-01T09-30-00Z",
                            "2026-03-01T09:30:00+0100", "2026-03-01T09:30:00+01", "2026-03-01T09:30:00Zjunk",
                            "2026-03-01T09:30:00+01:00Z", "2026-03-01T9:30:00.00Z"})
        EXPECT_FALSE(parse_instant(bad)) << bad;
}

TEST(Instant, ATruncatedTimeIsADateOrAnError)
{
    const std::string_view whole = "2026-03-01T09:30:00.123+01:00";
    for (std::size_t n = 0; n < whole.size(); ++n)
        EXPECT_EQ(parse_instant(whole.substr(0, n)).has_value(), n == 10) << whole.substr(0, n);
    EXPECT_TRUE(parse_instant(whole));
}

TEST(Instant, AnOffsetIsConvertedToUtc)
{
    const auto printed = [](std::string_view text) { return to_string(*parse_instant(text)); };
    EXPECT_EQ(printed("2026-07-01T00:30:00+01:00"), "2026-06-30T23:30:00.000Z");
    EXPECT_EQ(printed("2026-12-31T23:30:00-05:00"), "2027-01-01T04:30:00.000Z");
    EXPECT_EQ(printed("2026-03-01 09:30:00.5Z"), "2026-03-01T09:30:00.500Z");
    EXPECT_EQ(printed("2026-03-01T09:30:00.1239999Z"), "2026-03-01T09:30:00.123Z");
    EXPECT_EQ(printed("2026-03-01"), "2026-03-01T00:00:00.000Z");
}

TEST(Instant, BeforeTheEpochBelongsToTheDayBefore)
{
    EXPECT_EQ(day_of(Instant{-1}).days, -1);
    EXPECT_EQ(day_of(Instant{-day_ms}).days, -1);
    EXPECT_EQ(day_of(Instant{-day_ms - 1}).days, -2);
    EXPECT_EQ(day_of(Instant{day_ms - 1}).days, 0);
    EXPECT_EQ(to_string(Instant{-1}), "1969-12-31T23:59:59.999Z");
}

// A device's clock is data from outside: whatever it claims is printed in the same 24 characters.
TEST(Instant, TheWildestClockIsPrintedAsTheNearestTimeInRange)
{
    using limits = std::numeric_limits<std::int64_t>;
    for (const auto ms : {limits::min(), limits::min() + 1, -200'001 * day_ms, 200'001 * day_ms, limits::max()}) {
        const auto printed = to_string(Instant{ms});
        EXPECT_EQ(printed.size(), 24u) << printed;
        EXPECT_EQ(printed.back(), 'Z');
    }
    EXPECT_EQ(day_of(Instant{limits::min()}), day_of(Instant{-200'001 * day_ms}));
    EXPECT_LT(to_string(Instant{limits::min()}), to_string(Instant{0}));
    EXPECT_LT(to_string(Instant{0}), to_string(Instant{limits::max()}));
}

TEST(Date, TheWildestDayIsPrintedAsTheNearestInRange)
{
    for (const auto days : {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()}) {
        EXPECT_EQ(to_string(Date{days}).size(), 10u) << to_string(Date{days});
        EXPECT_EQ(to_string(add_months(Date{days}, 6)).size(), 10u);
    }
}

RC_GTEST_PROP(Instant, IsReadBackFromItsText, ())
{
    const Instant t{*rc::gen::inRange(start_of(date("1850-01-01")).ms, start_of(date("2199-12-31")).ms)};
    RC_ASSERT(*parse_instant(to_string(t)) == t);
    RC_ASSERT(start_of(day_of(t)) <= t);
    RC_ASSERT(t < Instant{start_of(day_of(t)).ms + day_ms});
}

}  // namespace
}  // namespace satchel
