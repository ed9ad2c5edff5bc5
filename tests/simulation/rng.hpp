// Everything random in a schedule comes from its seed through one of these.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "schema/base/ports.hpp"

namespace satchel::simulation {

class Rng {
public:
    explicit Rng(std::uint64_t seed) : engine_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
    [[nodiscard]] std::uint64_t next() { return engine_(); }
    // 0 to n-1; n at least 1. Not quite even, which no schedule minds.
    [[nodiscard]] std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    [[nodiscard]] bool chance(unsigned percent) { return below(100) < percent; }
    template <class Range>
    [[nodiscard]] const auto& pick(const Range& range)
    {
        return range[static_cast<std::size_t>(below(std::size(range)))];
    }

private:
    std::mt19937_64 engine_;
};

// As the engine's port.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<std::uint8_t> out) override
    {
        for (auto& b : out)
            b = static_cast<std::uint8_t>(engine_());
    }

private:
    std::mt19937_64 engine_;
};

// Virtual time, with how wrong this machine's clock is.
class SkewedClock final : public Clock {
public:
    explicit SkewedClock(const std::int64_t& true_ms) : true_ms_(true_ms) {}
    [[nodiscard]] Instant now() const override { return {true_ms_ + skew_ms}; }
    std::int64_t skew_ms = 0;

private:
    const std::int64_t& true_ms_;
};

}  // namespace satchel::simulation
