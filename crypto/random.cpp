#include "crypto/random.hpp"

#include <algorithm>

#include <openssl/rand.h>

#include "schema/base/result.hpp"

namespace satchel::crypto {

void SystemRandom::fill(std::span<std::uint8_t> out)
{
    constexpr std::size_t piece_max = 1 << 20; // RAND_bytes counts in int
    while (!out.empty()) {
        const auto n = std::min(out.size(), piece_max);
        SATCHEL_CHECK(RAND_bytes(out.data(), static_cast<int>(n)) == 1);
        out = out.subspan(n);
    }
}

} // namespace satchel::crypto
