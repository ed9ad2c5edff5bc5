// What a hub that has turned does to a device: pages, receipts and answers altered on their way out, or cut short.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/hostile/attack_hub.hpp"

namespace satchel::hostile {

struct DeceitCounts {
    std::size_t sessions = 0;
    std::size_t refused = 0;   // the device ended the session for a reason of its own
    std::size_t believed = 0;  // the altered frame was as good as any: what a hub may say
    std::map<std::string, std::size_t> reasons;
};

// One altered frame in each of `count` sessions of a device, each on a fresh copy of its store. What is refused changes
// nothing; whatever happens, nothing in the store is without its author's signature, own work stays, and the store opens.
DeceitCounts deceive_a_device(Stage& stage, std::uint64_t seed, std::uint64_t count, Failures& failures);

// What the hub says, cut behind each byte. Gives how many cuts there were.
std::size_t cut_the_hubs_words(Stage& stage, std::size_t step, Failures& failures);

}  // namespace satchel::hostile
