// The measurements, by subject. Each prints its lines of the table as they come.
#pragma once

#include "tests/bench/area.hpp"
#include "tests/bench/measure.hpp"

namespace satchel::bench {

struct Scale {
    std::vector<std::size_t> changesets{1, 100, 10'000};  // pushed and pulled at a time
    std::size_t rounds = 3;                               // of each of them; the median counts
    std::size_t repeats = 100;                            // of what takes milliseconds
    std::size_t connections = 1000;
    std::vector<std::size_t> cases{1000, 4000};           // at the hub, while it grows
    std::size_t counted = 5000;                           // cases that reports count over
};

// One area with a serving hub, and the programs that work on it.
struct Bench {
    Area& area;
    Table& table;
    const Scale& scale;
    std::filesystem::path programs;
};

void measure_moving(const Bench& bench);      // push, pull, bytes
void measure_moments(const Bench& bench);     // durable save, save to receipt, no-op sync
void measure_caseload(const Bench& bench);    // first load, search, unlock, memory of the device
void measure_connections(const Bench& bench); // idle connections, memory of the hub
void measure_growth(const Bench& bench);      // cost of a change while the hub fills

void measure_reports(const Bench& bench);     // counting over all cases

// The content of what a device has sent or would send, as it is kept.
std::vector<Bytes> bodies(client::DeviceStore& store, std::size_t count);

}  // namespace satchel::bench
