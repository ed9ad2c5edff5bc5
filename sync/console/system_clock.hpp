// The machine's clock as a port, for the programs.
#pragma once

#include <chrono>

#include "schema/base/ports.hpp"

namespace satchel::console {

// `offset` makes it wrong on purpose: for demonstrations of devices whose clock is.
class SystemClock final : public Clock {
public:
    explicit SystemClock(std::chrono::milliseconds offset = {}) noexcept : offset_(offset) {}
    [[nodiscard]] Instant now() const override
    {
        const auto since = std::chrono::system_clock::now().time_since_epoch() + offset_;
        return Instant{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
    }

private:
    std::chrono::milliseconds offset_;
};

}  // namespace satchel::console
