// Statutory periods, and the calendar by which working days are counted. Pure: no clock, and the holidays are data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/base/time.hpp"

namespace satchel::schema {

// Counted from a date, or back from it: first the months, then the days, then the working days. All zero: that very day.
struct Period {
    int months = 0;
    int days = 0;
    int working_days = 0;
    bool before = false;
    auto operator<=>(const Period&) const noexcept = default;
};

// "10 working days", "14 days", "8 weeks", "6 months", "100 years", "7 months and 15 days"; each also with " before"; and
// "on the day". The longest of each unit is what no statute exceeds: a slip of the pen is not a deadline in the next century.
Result<Period> parse_period(std::string_view text);
std::string to_string(const Period& period);  // the same form

// The day in England and Wales: an hour ahead of UTC from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last of
// October, as every year since 1996. No time zone of a machine takes part.
[[nodiscard]] Date day_in_england(Instant t) noexcept;
// When that day begins there: its first instant is of the day, the one before it is of the day before.
[[nodiscard]] Instant start_in_england(Date d) noexcept;

struct Calendar {
    std::string title;
    Date from, until;            // the first and the last day whose holidays are known
    std::vector<Date> holidays;  // in order
    std::vector<std::string> refs;
    [[nodiscard]] bool knows(Date d) const noexcept { return from <= d && d <= until && !title.empty(); }
    bool operator==(const Calendar&) const = default;
};

// Monday to Friday, and no holiday that the calendar knows of.
[[nodiscard]] bool is_working_day(Date d, const Calendar& calendar) noexcept;

// The first working day after the date is the first one counted (and before it, when counted back): the date itself never
// counts, whatever day of the week it is. A month later is the same day of the month, or the last one that exists.
struct Counted {
    Date date;
    // Working days were counted through days that the calendar does not know: weekends alone are left out there, so that
    // the date is, if wrong, too early when counted on, and too late when counted back. Whoever shows it says so.
    bool beyond_calendar = false;
};
[[nodiscard]] Counted counted(Date from, const Period& period, const Calendar& calendar) noexcept;

}  // namespace satchel::schema
