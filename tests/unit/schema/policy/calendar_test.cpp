// Statutory periods by example, and the bank holidays of the agreement against the rules they follow.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "schema/policy/compile.hpp"
#include "schema/policy/embedded.hpp"

namespace satchel::schema {
namespace {

const Calendar& calendar()
{
    static const Calendar known = [] {
        auto policy = compile_or_fail(embedded_bundle());
        return policy ? policy->calendar : Calendar{};
    }();
    return known;
}

Date day(const std::string& text) { return parse_date(text).value(); }

std::string due(const std::string& from, const std::string& within, const Calendar& by = calendar())
{
    const auto period = parse_period(within);
    return period ? to_string(counted(day(from), *period, by).date) : period.error().detail;
}

// Easter Sunday, by Gauss and Lichtenberg as every almanac gives it.
Date easter(int year)
{
    const int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, g = (8 * b + 13) / 25;
    const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
    const int m = (a + 11 * h + 19 * l) / 433, n = (h + l - 7 * m + 90) / 25, p = (h + l - 7 * m + 33 * n + 19) % 32;
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, n, p);
    return day(text);
}

int weekday(Date d) { return ((d.days + 3) % 7 + 7) % 7; }  // Monday is 0

TEST(DayInEngland, ChangesAnHourBeforeTheDayInUtcInSummerAndWithItInWinter)
{
    const auto in_england = [](const char* utc) { return to_string(day_in_england(parse_instant(utc).value())); };
    EXPECT_EQ(in_england("2026-07-01T22:59:59.999Z"), "2026-07-01");
    EXPECT_EQ(in_england("2026-07-01T23:00:00Z"), "2026-07-02");
    EXPECT_EQ(in_england("2026-07-01T23:30:00Z"), "2026-07-02");
    EXPECT_EQ(in_england("2026-12-31T23:59:59.999Z"), "2026-12-31");
    EXPECT_EQ(in_england("2027-01-01T00:00:00Z"), "2027-01-01");
    EXPECT_EQ(in_england("2026-07-02T00:30:00+01:00"), "2026-07-02") << "as a clock in England shows it";
}

// 2026: 29 March and 25 October. The clocks go at 01:00 UTC, so that the night before is still of the other kind.
TEST(DayInEngland, SummerTimeBeginsOnTheLastSundayOfMarchAndEndsOnTheLastOfOctober)
{
    const auto ahead = [](const char* utc) {
        const auto t = parse_instant(utc).value();
        return day_in_england(t).days - day_of(t).days;
    };
    EXPECT_EQ(ahead("2026-03-28T23:30:00Z"), 0);
    EXPECT_EQ(ahead("2026-03-29T00:59:59Z"), 0);
    EXPECT_EQ(ahead("2026-03-29T23:30:00Z"), 1);
    EXPECT_EQ(ahead("2026-10-24T23:30:00Z"), 1);
    EXPECT_EQ(ahead("2026-10-25T23:30:00Z"), 0);
    EXPECT_EQ(ahead("2024-03-30T23:30:00Z"), 0) << "31 March 2024 is a Sunday and the last day of its month";
    EXPECT_EQ(ahead("2024-03-31T23:30:00Z"), 1);
    EXPECT_EQ(ahead("2027-10-30T23:30:00Z"), 1) << "so is 31 October 2027";
    EXPECT_EQ(ahead("2027-10-31T23:30:00Z"), 0);
    EXPECT_EQ(ahead("1999-03-28T23:30:00Z"), 1);
}

TEST(DayInEngland, OfAClockThatIsBeyondReasonThereIsOneAllTheSame)
{
    for (const auto ms : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
        EXPECT_EQ(day_in_england({ms}), day_of({ms}));
}

// The clocks go at 01:00 UTC, so that a day of change begins as the one before it did.
TEST(StartInEngland, IsAnHourBeforeMidnightInUtcFromTheDayAfterTheClocksGoForwardToTheDayTheyGoBack)
{
    const auto starts = [](const char* on) { return to_string(start_in_england(day(on))); };
    EXPECT_EQ(starts("2026-01-01"), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(starts("2026-03-29"), "2026-03-29T00:00:00.000Z") << "still winter when it began";
    EXPECT_EQ(starts("2026-03-30"), "2026-03-29T23:00:00.000Z");
    EXPECT_EQ(starts("2026-08-01"), "2026-07-31T23:00:00.000Z");
    EXPECT_EQ(starts("2026-10-25"), "2026-10-24T23:00:00.000Z") << "still summer when it began: a day of 25 hours";
    EXPECT_EQ(starts("2026-10-26"), "2026-10-26T00:00:00.000Z");
    EXPECT_EQ(starts("2024-03-31"), "2024-03-31T00:00:00.000Z");
    EXPECT_EQ(starts("2024-04-01"), "2024-03-31T23:00:00.000Z") << "the quarter begins with the first night of summer time";
}

TEST(StartInEngland, EveryInstantIsOfTheDayWhoseStartIsTheLastBeforeIt)
{
    for (auto d = day("1996-01-01"); d < day("2100-01-01"); ++d.days) {
        const auto start = start_in_england(d);
        ASSERT_EQ(day_in_england(start), d) << to_string(d);
        ASSERT_EQ(day_in_england({start.ms - 1}), Date{d.days - 1}) << to_string(d);
    }
}

TEST(Period, WhatIsNoPeriodIsRefused)
{
    for (const char* text : {"", "soon", "6", "6 moons", "0 days", "-3 days", "months", "6  months", "6 months after", "6 months and",
                             "6 months and 0 days", "before", "99999999999 days", "6 months before before", "3 Days"})
        EXPECT_FALSE(parse_period(text)) << text;
}

TEST(Period, NoneIsLongerThanAnyStatuteSays)
{
    for (const char* text : {"260 working days", "3660 days", "520 weeks", "240 months", "120 years"})
        EXPECT_TRUE(parse_period(text)) << text;
    for (const char* text : {"261 working days", "3661 days", "521 weeks", "241 months", "121 years", "6 months and 3661 days"})
        EXPECT_FALSE(parse_period(text)) << text;
    EXPECT_EQ(parse_period("121 years").error().detail, "it is longer than 120 years");
}

TEST(Period, EveryUnitForwardsAndBack)
{
    EXPECT_EQ(due("2024-03-05", "on the day"), "2024-03-05");
    EXPECT_EQ(due("2024-03-05", "1 day"), "2024-03-06");
    EXPECT_EQ(due("2024-03-05", "14 days before"), "2024-02-20");
    EXPECT_EQ(due("2024-01-10", "16 weeks"), "2024-05-01");
    EXPECT_EQ(due("2024-01-10", "8 weeks"), "2024-03-06");
    EXPECT_EQ(due("2024-01-10", "1 month"), "2024-02-10");
    EXPECT_EQ(due("2024-07-10", "6 months before"), "2024-01-10");
    EXPECT_EQ(due("2024-09-20", "7 months and 15 days before"), "2024-02-05");
    EXPECT_EQ(due("1931-05-02", "100 years"), "2031-05-02");
}

TEST(Period, WhatIsWrittenIsReadAsTheSame)
{
    for (const auto* text : {"on the day", "1 day", "10 working days", "14 days before", "6 months and 15 days", "1 month before"}) {
        EXPECT_EQ(to_string(*parse_period(text)), text);
        EXPECT_TRUE(*parse_period(to_string(*parse_period(text))) == *parse_period(text)) << text;
    }
    EXPECT_EQ(to_string(*parse_period("8 weeks")), "56 days");
}

TEST(Period, AMonthEndsWhereTheMonthEnds)
{
    EXPECT_EQ(due("2025-08-31", "6 months"), "2026-02-28");
    EXPECT_EQ(due("2023-08-31", "6 months"), "2024-02-29");
    EXPECT_EQ(due("2024-08-31", "6 months before"), "2024-02-29");
    EXPECT_EQ(due("2025-10-31", "1 month"), "2025-11-30");
    EXPECT_EQ(due("2024-02-29", "12 months"), "2025-02-28");
    EXPECT_EQ(due("2024-02-29", "4 years"), "2028-02-29");
    EXPECT_EQ(due("2024-02-29", "6 months"), "2024-08-29") << "the day of the month, not its last";
    EXPECT_EQ(due("1924-02-29", "100 years"), "2024-02-29");
    EXPECT_EQ(due("2000-02-29", "100 years"), "2100-02-28") << "2100 has no leap day";
}

TEST(WorkingDays, TheDateItselfNeverCounts)
{
    EXPECT_EQ(due("2024-03-04", "1 working day"), "2024-03-05");
    EXPECT_EQ(due("2024-03-04", "5 working days"), "2024-03-11");
    EXPECT_EQ(due("2024-03-01", "1 working day"), "2024-03-04") << "from a Friday";
    EXPECT_EQ(due("2024-03-02", "1 working day"), "2024-03-04") << "from a Saturday";
    EXPECT_EQ(due("2024-03-04", "2 working days before"), "2024-02-29") << "Friday and Thursday";
    EXPECT_EQ(due("2024-03-03", "1 working day before"), "2024-03-01") << "back from a Sunday";
}

TEST(WorkingDays, BankHolidaysAreLeftOut)
{
    EXPECT_EQ(due("2024-03-28", "1 working day"), "2024-04-02") << "Easter: Good Friday to Monday";
    EXPECT_EQ(due("2024-03-20", "10 working days"), "2024-04-05");
    EXPECT_EQ(due("2024-04-05", "10 working days before"), "2024-03-20");
    EXPECT_EQ(due("2024-12-20", "5 working days"), "2024-12-31") << "over Christmas";
    EXPECT_EQ(due("2025-01-06", "10 working days before"), "2024-12-18") << "back over New Year and Christmas";
    EXPECT_EQ(due("2021-12-24", "1 working day"), "2021-12-29") << "both days stood in for, on the Monday and the Tuesday";
    EXPECT_EQ(due("2026-12-24", "1 working day"), "2026-12-29") << "Friday, then the Monday in place of Boxing Day";
    EXPECT_EQ(due("2021-12-31", "1 working day"), "2022-01-04") << "New Year's Day was a Saturday";
    EXPECT_EQ(due("2025-11-20", "15 working days"), "2025-12-11");
    EXPECT_EQ(due("2025-12-11", "15 working days"), "2026-01-06");
}

TEST(WorkingDays, DaysGivenOnceOrMovedOnceAreLeftOut)
{
    EXPECT_EQ(due("2020-05-01", "1 working day"), "2020-05-04") << "the early May day was not that Monday";
    EXPECT_EQ(due("2020-05-07", "1 working day"), "2020-05-11") << "but that Friday, 75 years after VE day";
    EXPECT_EQ(due("2022-05-27", "1 working day"), "2022-05-30") << "the spring day was not that Monday";
    EXPECT_EQ(due("2022-06-01", "1 working day"), "2022-06-06") << "but Thursday, with the Jubilee on Friday";
    EXPECT_EQ(due("2022-09-16", "1 working day"), "2022-09-20") << "the State Funeral";
    EXPECT_EQ(due("2023-05-05", "1 working day"), "2023-05-09") << "the Coronation";
}

TEST(WorkingDays, MonthsAndDaysCountEveryDay)
{
    EXPECT_EQ(due("2024-12-11", "14 days"), "2024-12-25");
    EXPECT_EQ(due("2024-06-25", "6 months"), "2024-12-25");
}

// Beyond what is known only weekends are left out, and the answer says so: it is never silently wrong.
TEST(WorkingDays, BeyondTheKnownCalendarTheAnswerSaysSo)
{
    const auto beyond = [](const std::string& from, const std::string& within) {
        return counted(day(from), parse_period(within).value(), calendar()).beyond_calendar;
    };
    EXPECT_FALSE(beyond("2028-12-15", "8 working days")) << "the last of them is 29 December";
    EXPECT_TRUE(beyond("2028-12-15", "9 working days"));
    EXPECT_EQ(due("2028-12-29", "1 working day"), "2029-01-01") << "a bank holiday in fact";
    EXPECT_TRUE(beyond("2019-01-02", "2 working days before"));
    EXPECT_FALSE(beyond("2028-12-15", "14 days"));
    EXPECT_FALSE(beyond("1931-05-02", "100 years")) << "no working day is counted";
    EXPECT_TRUE(counted(day("2024-03-04"), parse_period("1 working day").value(), Calendar{}).beyond_calendar);
}

TEST(BankHolidays, AreThoseOfTheActAndTheProclamations)
{
    ASSERT_EQ(to_string(calendar().from), "2019-01-01");
    ASSERT_GE(to_string(calendar().until), "2028-12-31");
    const auto first_monday = [](Date from) { return Date{from.days + (7 - weekday(from)) % 7}; };
    std::vector<Date> expected;
    for (int year = 2019; year <= 2028; ++year) {
        const auto in = [&](const std::string& rest) { return day(std::to_string(year) + rest); };
        // A day on a weekend is given on the next day that is free.
        const auto in_place = [&](Date d) {
            while (weekday(d) > 4 || std::find(expected.begin(), expected.end(), d) != expected.end())
                ++d.days;
            expected.push_back(d);
        };
        in_place(in("-01-01"));
        expected.push_back({easter(year).days - 2});
        expected.push_back({easter(year).days + 1});
        expected.push_back(year == 2020 ? in("-05-08") : first_monday(in("-05-01")));
        expected.push_back(year == 2022 ? in("-06-02") : first_monday(in("-05-25")));
        expected.push_back(first_monday(in("-08-25")));
        // Boxing Day on a Monday after Christmas on a Sunday stays where it is: Tuesday stands in for Christmas.
        const bool sunday = weekday(in("-12-25")) == 6;
        in_place(in(sunday ? "-12-26" : "-12-25"));
        in_place(in(sunday ? "-12-27" : "-12-26"));
    }
    for (const char* once : {"2022-06-03", "2022-09-19", "2023-05-08"})
        expected.push_back(day(once));
    std::sort(expected.begin(), expected.end());
    std::vector<std::string> stated, rules;
    for (const auto d : calendar().holidays)
        if (d <= day("2028-12-31"))
            stated.push_back(to_string(d));
    for (const auto d : expected)
        rules.push_back(to_string(d));
    EXPECT_EQ(stated, rules);
}

}  // namespace
}  // namespace satchel::schema
