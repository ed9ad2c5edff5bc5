// Randomness of the machine, for everything outside the simulator.
#pragma once

#include "schema/base/ports.hpp"

namespace satchel::crypto {

// OpenSSL's generator. Safe from any number of threads. Without entropy the process stops: going on with
// predictable keys would be worse.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override;
};

} // namespace satchel::crypto
