// Generates a caseload: the same bytes for the same seed, number and day, on every machine. One case is held at a time.
#pragma once

#include <cstdint>

#include "tools/caseload/life.hpp"
#include "tools/caseload/lines.hpp"

namespace satchel::tools::caseload {

inline constexpr std::uint64_t cases_max = 1'000'000;  // CRNs are distinct below it

struct Order {
    std::uint64_t cases = 100;
    std::uint64_t seed = 1;
    Date today;  // histories end on this day; never the machine's clock
};

// Fewer cases of the same seed and day are the beginning of more.
void generate(const Order& order, Sink& sink);

// The records of one case.
void write_case(const Life& life, std::uint64_t seed, Date today, Sink& sink);

}  // namespace satchel::tools::caseload
