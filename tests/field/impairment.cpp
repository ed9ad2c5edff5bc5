#include "tests/field/impairment.hpp"

#include <algorithm>

namespace satchel::field {
namespace {

using namespace std::chrono_literals;

// What waits longer than this for a slow line is dropped, as a modem drops it.
constexpr auto queue_max = 1500ms;

}  // namespace

const std::vector<Profile>& profiles()
{
    static const std::vector<Profile> all = [] {
        std::vector<Profile> out(8);
        out[0].name = "lan";
        out[0].round_trip = 1ms;
        out[1].name = "4g";
        out[1].round_trip = 60ms;
        out[1].jitter = 10ms;
        out[1].lost = 0.01;
        out[2].name = "3g";
        out[2].round_trip = 200ms;
        out[2].jitter = 40ms;
        out[2].lost = 0.02;
        out[2].bits_per_second = 1'000'000;
        out[3].name = "satellite";
        out[3].round_trip = 600ms;
        out[3].jitter = 50ms;
        out[4].name = "prison-basement";
        out[4].round_trip = 300ms;
        out[4].jitter = 30ms;
        out[4].lost = 0.2;
        out[4].doubled = 0.05;
        out[4].corrupted = 0.001;
        out[4].reordered = 0.01;
        out[5].name = "flapping";
        out[5].round_trip = 60ms;
        out[5].up = 3s;
        out[5].down = 7s;
        out[6].name = "one-way";
        out[6].round_trip = 60ms;
        out[6].one_way = true;
        out[7].name = "reset";
        out[7].round_trip = 20ms;
        out[7].reset_after = 50'000;
        return out;
    }();
    return all;
}

const Profile* profile_named(const std::string& name)
{
    for (const auto& profile : profiles())
        if (profile.name == name)
            return &profile;
    return nullptr;
}

Impairment::Impairment(const Profile& profile, Way way, std::uint64_t seed, Time start)
    : profile_(profile), way_(way), random_(seed * 2 + static_cast<std::uint64_t>(way)), start_(start), free_at_(start),
      last_(start)
{
}

bool Impairment::happens(double share)
{
    return share > 0 && std::uniform_real_distribution<>(0, 1)(random_) < share;
}

bool Impairment::is_down(Time now) const
{
    if (profile_.one_way && way_ == Way::to_devices)
        return true;
    const auto turn = profile_.up + profile_.down;
    return turn.count() > 0 && (now - start_) % turn >= profile_.up;
}

std::vector<Due> Impairment::take(Packet packet, Time now)
{
    if (is_down(now) || happens(profile_.lost)) {
        ++lost_;
        return {};
    }
    auto sent = now;
    if (profile_.bits_per_second != 0) {
        free_at_ = std::max(free_at_, now);
        if (free_at_ - now > queue_max) {
            ++lost_;
            return {};
        }
        free_at_ += std::chrono::microseconds(packet.size() * 8 * 1'000'000 / profile_.bits_per_second);
        sent = free_at_;
    }
    if (happens(profile_.corrupted))
        packet[random_() % packet.size()] ^= static_cast<std::uint8_t>(1u << random_() % 8);
    auto at = sent + profile_.round_trip / 2;
    if (profile_.jitter.count() > 0)
        at += std::chrono::microseconds(random_() % static_cast<std::uint64_t>(profile_.jitter.count() * 1000));
    // Jitter alone keeps the order, as one radio link does; what overtakes does so on purpose.
    if (happens(profile_.reordered))
        at = now + profile_.round_trip / 4;
    else
        at = last_ = std::max(at, last_);
    std::vector<Due> out;
    if (happens(profile_.doubled))
        out.push_back({at + 5ms, packet});
    out.push_back({at, std::move(packet)});
    return out;
}

}  // namespace satchel::field
