// What a bad line does to packets, as a value: packets and times go in, packets and times come out, all from one seed.
#pragma once

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "tests/field/packets.hpp"

namespace satchel::field {

using Time = std::chrono::steady_clock::time_point;

struct Profile {
    std::string name;
    std::chrono::milliseconds round_trip{0}, jitter{0};  // half of it in each direction
    double lost = 0, doubled = 0, corrupted = 0, reordered = 0;  // shares of the packets, in each direction
    std::uint64_t bits_per_second = 0;                   // in each direction; 0: no limit
    std::chrono::milliseconds up{0}, down{0};            // flapping: by turns
    bool one_way = false;                                // nothing comes back from the hub
    std::uint64_t reset_after = 0;                       // bytes of a connection
};

// lan, 4g, 3g, satellite, prison-basement, flapping, one-way, reset.
[[nodiscard]] const std::vector<Profile>& profiles();
[[nodiscard]] const Profile* profile_named(const std::string& name);

struct Due {
    Time at;
    Packet packet;
};

// One direction of the line.
class Impairment {
public:
    Impairment(const Profile& profile, Way way, std::uint64_t seed, Time start);

    // Empty: it got lost.
    [[nodiscard]] std::vector<Due> take(Packet packet, Time now);
    [[nodiscard]] std::uint64_t lost() const { return lost_; }

private:
    [[nodiscard]] bool happens(double share);
    [[nodiscard]] bool is_down(Time now) const;

    Profile profile_;
    Way way_;
    std::mt19937_64 random_;
    Time start_, free_at_, last_;  // when the line has sent what it was given; when the latest packet arrives
    std::uint64_t lost_ = 0;
};

}  // namespace satchel::field
