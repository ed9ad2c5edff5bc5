// What went wrong, or changed, in a schedule, counted where it took effect and not where it was ordered: a fault that
// struck nothing does not count.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace satchel::simulation {

enum class Happened : std::uint8_t {
    frame_lost, frame_doubled, frame_swapped, receipt_forged,
    partition, partition_one_way, line_cut, line_broke,
    device_power, device_died, hub_power, hub_died,
    disk_full, read_failed, write_failed, sync_failed,
    clock_wrong, device_put_back, twin_used, hub_put_back,
    moved, barred, given_back, scope_in_session, revoked, revoked_in_session,
    lead_changed, lead_in_flight, published, agency_joined, policy_in_flight,
    midnight, day_cut, day_made,
    count,
};
inline constexpr auto happened_kinds = static_cast<std::size_t>(Happened::count);

inline constexpr std::array<std::string_view, happened_kinds> happened_names{
    "frames lost", "frames doubled", "frames swapped", "receipts forged",
    "lines stuck both ways", "lines stuck one way", "lines cut", "lines broken at a byte",
    "power cuts of devices", "power cuts of devices at a write", "power cuts of the hub", "power cuts of the hub at a write",
    "writes without room", "reads failed", "writes failed", "syncs failed",
    "clocks wrong", "devices put back", "changes between two copies of a device", "hubs put back",
    "people moved from a case", "people barred from a case", "people given a case", "of them, in their session",
    "devices revoked", "devices revoked in their session",
    "lead agencies changed", "saves overtaken by a new lead agency", "agreements published", "agencies that joined with one",
    "saves overtaken by a new agreement",
    "midnights", "days' works broken off", "log entries of days' works",
};

class Happenings {
public:
    void add(Happened what, std::uint64_t n = 1) noexcept { counts_[static_cast<std::size_t>(what)] += n; }
    [[nodiscard]] std::uint64_t& at(Happened what) noexcept { return counts_[static_cast<std::size_t>(what)]; }
    [[nodiscard]] std::uint64_t of(Happened what) const noexcept { return counts_[static_cast<std::size_t>(what)]; }
    Happenings& operator+=(const Happenings& other) noexcept
    {
        for (std::size_t i = 0; i < happened_kinds; ++i)
            counts_[i] += other.counts_[i];
        return *this;
    }

private:
    std::array<std::uint64_t, happened_kinds> counts_{};
};

}  // namespace satchel::simulation
