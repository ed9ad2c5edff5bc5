#include "schema/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace satchel {
namespace {

namespace ch = std::chrono;

constexpr std::int64_t day_ms = 86'400'000;
// Years 1422 to 2517. A device's clock may claim anything; beyond these days the nearest one stands for it.
constexpr std::int32_t days_limit = 200'000;

bool digits(std::string_view text, std::size_t at, std::size_t n, int& out) noexcept
{
    if (at + n > text.size())
        return false;
    out = 0;
    for (std::size_t i = at; i < at + n; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        out = out * 10 + (text[i] - '0');
    }
    return true;
}

ch::year_month_day calendar(Date d) noexcept
{
    return ch::year_month_day{ch::sys_days{ch::days{std::clamp(d.days, -days_limit, days_limit)}}};
}

}  // namespace

Date day_of(Instant t) noexcept
{
    const auto floor = t.ms / day_ms - (t.ms % day_ms < 0 ? 1 : 0);
    return Date{static_cast<std::int32_t>(std::clamp<std::int64_t>(floor, -days_limit, days_limit))};
}

Instant start_of(Date d) noexcept { return Instant{d.days * day_ms}; }

std::string to_string(Date d)
{
    const auto c = calendar(d);
    char out[24];
    std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(c.year()),
                  static_cast<unsigned>(c.month()), static_cast<unsigned>(c.day()));
    return out;
}

std::string to_string(Instant t)
{
    const Date d = day_of(t);
    const auto rest = std::clamp<std::int64_t>(t.ms - start_of(d).ms, 0, day_ms - 1);
    char out[24];
    std::snprintf(out, sizeof out, "T%02d:%02d:%02d.%03dZ", static_cast<int>(rest / 3'600'000),
                  static_cast<int>(rest / 60'000 % 60), static_cast<int>(rest / 1000 % 60),
                  static_cast<int>(rest % 1000));
    return to_string(d) + out;
}

Result<Date> parse_date(std::string_view text)
{
    int y = 0, m = 0, d = 0;
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 0, 4, y) ||
        !digits(text, 5, 2, m) || !digits(text, 8, 2, d))
        return fail(Errc::malformed, "a date is written YYYY-MM-DD");
    const ch::year_month_day c{ch::year{y}, ch::month{static_cast<unsigned>(m)},
                               ch::day{static_cast<unsigned>(d)}};
    if (!c.ok() || y < 1850 || y > 2199)
        return fail(Errc::malformed, "no such day");
    return Date{static_cast<std::int32_t>(ch::sys_days{c}.time_since_epoch().count())};
}

Result<Instant> parse_instant(std::string_view text)
{
    if (text.size() == 10) {
        SATCHEL_TRY(const Date d, parse_date(text));
        return start_of(d);
    }
    if (text.size() < 20)
        return fail(Errc::malformed, "a time is written like 2026-03-01T09:30:00Z");
    SATCHEL_TRY(const Date d, parse_date(text.substr(0, 10)));
    int h = 0, m = 0, s = 0;
    if ((text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':' ||
        !digits(text, 11, 2, h) || !digits(text, 14, 2, m) || !digits(text, 17, 2, s) || h > 23 || m > 59 ||
        s > 59)
        return fail(Errc::malformed, "a time is written like 2026-03-01T09:30:00Z");
    std::int64_t ms = start_of(d).ms + (h * 3600 + m * 60 + s) * std::int64_t{1000};
    std::size_t at = 19;
    if (at < text.size() && text[at] == '.') {
        ++at;
        int scale = 100;
        const auto first = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            ms += (text[at] - '0') * scale;
            scale /= 10;
            ++at;
        }
        if (at == first)
            return fail(Errc::malformed, "a fraction of a second needs digits");
    }
    const auto zone = text.substr(at);
    if (zone == "Z")
        return Instant{ms};
    int oh = 0, om = 0;
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !digits(zone, 1, 2, oh) ||
        !digits(zone, 4, 2, om) || oh > 14 || om > 59)
        return fail(Errc::malformed, "a time ends in Z or an offset like +01:00");
    const std::int64_t offset = (oh * 60 + om) * std::int64_t{60'000};
    return Instant{zone[0] == '+' ? ms - offset : ms + offset};
}

Date add_months(Date d, int months) noexcept
{
    const auto c = calendar(d);
    auto ym = ch::year_month{c.year(), c.month()} + ch::months{months};
    const auto last = ch::year_month_day_last{ym.year(), ch::month_day_last{ym.month()}}.day();
    const auto day = std::min(c.day(), last);
    return Date{static_cast<std::int32_t>(ch::sys_days{ym / day}.time_since_epoch().count())};
}

}  // namespace satchel
