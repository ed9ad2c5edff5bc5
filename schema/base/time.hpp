// Instants and calendar days. Wall-clock time is data here, never an argument of a decision about a change.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/result.hpp"

namespace satchel {

// Milliseconds since 1970-01-01T00:00:00Z. Zero means "not given".
struct Instant {
    std::int64_t ms = 0;
    auto operator<=>(const Instant&) const noexcept = default;
};

// Days since 1970-01-01 in the proleptic Gregorian calendar.
struct Date {
    std::int32_t days = 0;
    auto operator<=>(const Date&) const noexcept = default;
};

// Outside the years 1422 to 2517, which only a wrong clock or a hostile peer gives, the nearest end is printed.
std::string to_string(Instant t);  // RFC 3339 UTC with milliseconds
std::string to_string(Date d);     // YYYY-MM-DD
Result<Instant> parse_instant(std::string_view text);  // RFC 3339; an offset is converted to UTC
Result<Date> parse_date(std::string_view text);        // YYYY-MM-DD, a day that exists, years 1850 to 2199
Date day_of(Instant t) noexcept;
Instant start_of(Date d) noexcept;
// Month arithmetic of statutory periods: the same day of the month, or the last one that exists.
Date add_months(Date d, int months) noexcept;

}  // namespace satchel
