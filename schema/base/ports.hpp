// The world outside as ports: everything the pure core needs from it comes in through one of these, so that the
// whole system runs in one process from one seed.
#pragma once

#include <cstdint>
#include <span>

#include "schema/base/time.hpp"

namespace satchel {

class Clock {
public:
    virtual ~Clock() = default;
    // The machine's wall clock. It may be ten years wrong: data, never an argument of a ruling.
    [[nodiscard]] virtual Instant now() const = 0;
};

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;  // cryptographically strong outside the simulator
};

template <class Id>
Id random_id(Random& random)
{
    Id id;
    random.fill(id.bytes);
    return id;
}

}  // namespace satchel
