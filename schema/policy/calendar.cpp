#include "schema/policy/calendar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace satchel::schema {
namespace {

struct Unit {
    std::string_view one, several;
    int most;
    int Period::* in;
    int each;  // of what `in` counts
};
// "working days" stands before "days": the first that fits is taken.
constexpr std::array units{Unit{" working day", " working days", 260, &Period::working_days, 1},
                           Unit{" day", " days", 3660, &Period::days, 1},
                           Unit{" week", " weeks", 520, &Period::days, 7},
                           Unit{" month", " months", 240, &Period::months, 1},
                           Unit{" year", " years", 120, &Period::months, 12}};

Result<void> add_part(std::string_view text, Period& out)
{
    int n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || n < 1)
        return fail(Errc::malformed, "write \"6 months\", \"10 working days\" or \"6 months before\"");
    const auto named = text.substr(static_cast<std::size_t>(end - text.data()));
    const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return named == u.one || named == u.several; });
    if (unit == units.end())
        return fail(Errc::malformed, "a period is in days, working days, weeks, months or years");
    if (n > unit->most)
        return fail(Errc::malformed, "it is longer than " + std::to_string(unit->most) + std::string(unit->several));
    out.*(unit->in) += n * unit->each;
    return {};
}

bool is_weekend(Date d) noexcept
{
    const auto since_thursday = (d.days % 7 + 7) % 7;  // 1970-01-01 was one
    return since_thursday == 2 || since_thursday == 3;
}

constexpr std::int64_t hour_ms = 3'600'000;

// When British Summer Time begins and ends: 01:00 UTC.
Instant last_sunday(std::chrono::year year, std::chrono::month month) noexcept
{
    const std::chrono::sys_days day{year / month / std::chrono::Sunday[std::chrono::last]};
    return {start_of(Date{static_cast<std::int32_t>(day.time_since_epoch().count())}).ms + hour_ms};
}

}  // namespace

Date day_in_england(Instant t) noexcept
{
    const auto utc = day_of(t);
    const auto year = std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{utc.days}}}.year();
    const bool summer = last_sunday(year, std::chrono::March) <= t && t < last_sunday(year, std::chrono::October);
    return summer ? day_of({t.ms + hour_ms}) : utc;
}

Instant start_in_england(Date d) noexcept
{
    const Instant in_summer{start_of(d).ms - hour_ms};
    return day_in_england(in_summer) == d ? in_summer : start_of(d);
}

Result<Period> parse_period(std::string_view text)
{
    constexpr std::string_view before = " before", also = " and ";
    Period out;
    if (text == "on the day")
        return out;
    if (text.ends_with(before)) {
        out.before = true;
        text.remove_suffix(before.size());
    }
    const auto at = text.find(also);
    SATCHEL_TRYV(add_part(text.substr(0, at), out));
    if (at != text.npos) {
        SATCHEL_TRYV(add_part(text.substr(at + also.size()), out));
    }
    return out;
}

std::string to_string(const Period& period)
{
    std::string out;
    const auto part = [&](int n, const char* unit) {
        if (n != 0)
            out += (out.empty() ? "" : " and ") + std::to_string(n) + " " + unit + (n == 1 ? "" : "s");
    };
    part(period.months, "month");
    part(period.days, "day");
    part(period.working_days, "working day");
    return out.empty() ? "on the day" : out + (period.before ? " before" : "");
}

bool is_working_day(Date d, const Calendar& calendar) noexcept
{
    return !is_weekend(d) && !std::binary_search(calendar.holidays.begin(), calendar.holidays.end(), d);
}

Counted counted(Date from, const Period& period, const Calendar& calendar) noexcept
{
    const int step = period.before ? -1 : 1;
    Counted out{add_months(from, step * period.months)};
    out.date.days += step * period.days;
    for (int left = period.working_days; left > 0;) {
        out.date.days += step;
        out.beyond_calendar = out.beyond_calendar || !calendar.knows(out.date);
        left -= is_working_day(out.date, calendar) ? 1 : 0;
    }
    return out;
}

}  // namespace satchel::schema
