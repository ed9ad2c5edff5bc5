#include "client/app/offset_clock.hpp"

#include <charconv>

namespace satchel::client::app {
namespace {

std::chrono::milliseconds unit_of(char unit) noexcept
{
    switch (unit) {
    case 'y':
        return std::chrono::hours{8766};
    case 'd':
        return std::chrono::hours{24};
    case 'h':
        return std::chrono::hours{1};
    case 'm':
        return std::chrono::minutes{1};
    case 's':
        return std::chrono::seconds{1};
    default:
        return {};
    }
}

}  // namespace

Result<std::chrono::milliseconds> parse_offset(std::string_view text)
{
    constexpr std::chrono::milliseconds longest = std::chrono::hours{8766} * 100;
    auto number = text;
    if (number.starts_with('+'))
        number.remove_prefix(1);
    const auto unit = number.empty() ? std::chrono::milliseconds{} : unit_of(number.back());
    std::int64_t count = 0;
    if (unit.count() != 0) {
        number.remove_suffix(1);
        const auto* end = number.data() + number.size();
        const auto [at, failed] = std::from_chars(number.data(), end, count);
        const auto most = longest / unit;
        if (!number.empty() && failed == std::errc{} && at == end && count >= -most && count <= most)
            return unit * count;
    }
    return fail(Errc::invalid_argument,
                "--clock-offset is a number and a unit, as in -10y or +3d (y, d, h, m, s), at most 100 years");
}

}  // namespace satchel::client::app
