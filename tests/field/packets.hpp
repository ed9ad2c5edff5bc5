// What a line has to know of the packets on it: whose they are, and how a connection in the middle of them is reset.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

namespace satchel::field {

using Packet = std::vector<std::uint8_t>;

enum class Way : std::uint8_t { to_hub, to_devices };
[[nodiscard]] constexpr Way other(Way way) { return way == Way::to_hub ? Way::to_devices : Way::to_hub; }

// A TCP segment in an IPv4 packet.
struct Segment {
    std::uint32_t from = 0, to = 0;  // addresses and ports as they lie in the packet
    std::uint16_t from_port = 0, to_port = 0;
    std::uint32_t sequence = 0, acknowledged = 0;
    std::uint32_t length = 0;  // what it adds to the sequence: payload, SYN, FIN
    bool syn = false, reset = false;
};
[[nodiscard]] std::optional<Segment> segment_of(std::span<const std::uint8_t> packet);

// What the sender of `seen` takes for the end of the connection, said by its peer.
[[nodiscard]] Packet reset_to_sender(const Segment& seen);
// The same for the receiver, if `seen` is what it expects next.
[[nodiscard]] Packet reset_to_receiver(const Segment& seen);

// Resets each connection that has carried so many bytes, both ways together, and any that breaks off on request.
class Resetter {
public:
    struct Out {
        bool pass = true;
        std::vector<std::pair<Way, Packet>> resets = {};
    };
    void limit(std::uint64_t bytes) { limit_ = bytes; }  // 0: none
    void reset_all();                                    // the connections of this moment
    [[nodiscard]] Out see(Way way, const Packet& packet);
    [[nodiscard]] std::uint64_t resets() const { return resets_; }

private:
    using Flow = std::tuple<std::uint32_t, std::uint32_t, std::uint16_t, std::uint16_t>;  // device's end first
    struct Carried {
        std::uint64_t bytes = 0;
        bool dead = false, told = false;
    };
    std::map<Flow, Carried> flows_;
    std::uint64_t limit_ = 0;
    std::uint64_t resets_ = 0;
};

}  // namespace satchel::field
