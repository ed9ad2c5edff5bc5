#include "tools/caseload/dice.hpp"

#include "schema/base/result.hpp"

namespace satchel::tools::caseload {
namespace {

constexpr std::uint64_t golden_gamma = 0x9e3779b97f4a7c15u;

constexpr std::uint64_t mix(std::uint64_t z) noexcept
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

constexpr std::uint64_t hash(std::string_view text) noexcept  // 64-bit FNV-1a
{
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const char c : text) {
        h ^= static_cast<std::uint8_t>(c);
        h *= 0x100000001b3u;
    }
    return h;
}

}  // namespace

Dice::Dice(std::uint64_t seed, std::uint64_t index, std::string_view purpose) noexcept
    : state_(mix(mix(mix(seed + golden_gamma) ^ (index + golden_gamma)) ^ hash(purpose)))
{
}

std::uint64_t Dice::next() noexcept
{
    state_ += golden_gamma;
    return mix(state_);
}

std::uint32_t Dice::below(std::uint32_t n) noexcept
{
    SATCHEL_CHECK(n > 0);
    // A 32-bit number scaled to the range; for the ranges here the bias is below one in a million.
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
}

int Dice::between(int lowest, int highest) noexcept
{
    SATCHEL_CHECK(lowest <= highest);
    return lowest + static_cast<int>(below(static_cast<std::uint32_t>(highest - lowest + 1)));
}

bool Dice::chance(std::uint32_t per_thousand) noexcept { return below(1000) < per_thousand; }

std::size_t Dice::weighted(std::span<const std::uint32_t> weights) noexcept
{
    std::uint32_t sum = 0;
    for (const auto w : weights)
        sum += w;
    auto at = below(sum);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (at < weights[i])
            return i;
        at -= weights[i];
    }
    return weights.size() - 1;
}

}  // namespace satchel::tools::caseload
