// The generator's own source of chance: the same on every machine, compiler and library, which std::*_distribution is
// not. Integers only.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace satchel::tools::caseload {

// SplitMix64 (Steele, Lea and Flood 2014): a counter through a mixing function. Not for secrets.
// One expression throws at most once, unless in braces: C++ leaves the order of arguments and of a + b to the compiler.
class Dice {
public:
    // Every case and purpose has dice of its own, so that one more throw in one place moves nothing elsewhere.
    Dice(std::uint64_t seed, std::uint64_t index, std::string_view purpose) noexcept;

    std::uint64_t next() noexcept;
    std::uint32_t below(std::uint32_t n) noexcept;     // 0 … n-1; n > 0
    int between(int lowest, int highest) noexcept;     // both included
    bool chance(std::uint32_t per_thousand) noexcept;
    std::size_t weighted(std::span<const std::uint32_t> weights) noexcept;  // an index; the weights' sum is > 0

    template <class T, std::size_t N>
    const T& pick(const std::array<T, N>& list) noexcept
    {
        return list[below(static_cast<std::uint32_t>(N))];
    }

private:
    std::uint64_t state_;
};

}  // namespace satchel::tools::caseload
