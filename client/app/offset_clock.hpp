// A clock that is wrong on purpose, for rehearsals of devices whose clock is.
#pragma once

#include <chrono>
#include <string_view>

#include "schema/base/ports.hpp"

namespace satchel::client::app {

// "-10y", "+3d", "0y", "90m": years of 365.25 days, days, hours, minutes, seconds; at most a hundred years.
// invalid_argument.
Result<std::chrono::milliseconds> parse_offset(std::string_view text);

class OffsetClock final : public Clock {
public:
    OffsetClock(const Clock& right, std::chrono::milliseconds offset) noexcept : right_(right), offset_(offset) {}
    [[nodiscard]] Instant now() const override { return Instant{right_.now().ms + offset_.count()}; }

private:
    const Clock& right_;
    std::chrono::milliseconds offset_;
};

}  // namespace satchel::client::app
