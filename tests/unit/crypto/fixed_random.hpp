// A reproducible stand-in for the machine's randomness, for tests that compare bytes.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "schema/base/ports.hpp"

namespace satchel {

class FakeRandom final : public Random {
public:
    explicit FakeRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<std::uint8_t> out) override
    {
        for (auto& b : out)
            b = static_cast<std::uint8_t>(engine_());
    }

private:
    std::mt19937_64 engine_;
};

} // namespace satchel
