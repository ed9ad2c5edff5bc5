#include "tests/field/packets.hpp"

#include <utility>

namespace satchel::field {
namespace {

constexpr std::size_t ip_bytes = 20, tcp_bytes = 20;
constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, ack = 0x10;

std::uint32_t read(std::span<const std::uint8_t> from, std::size_t at, std::size_t bytes)
{
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        out = out << 8 | from[at + i];
    return out;
}

void write(Packet& into, std::size_t at, std::uint32_t value, std::size_t bytes)
{
    for (std::size_t i = 0; i < bytes; ++i)
        into[at + i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
}

// The Internet checksum (RFC 1071) over bytes of an even number, on top of `start`.
std::uint16_t checksum(std::span<const std::uint8_t> bytes, std::uint32_t start = 0)
{
    auto sum = start;
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        sum += read(bytes, i, 2);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

Packet reset(std::uint32_t from, std::uint32_t to, std::uint16_t from_port, std::uint16_t to_port,
             std::uint32_t sequence, std::uint32_t acknowledged)
{
    Packet out(ip_bytes + tcp_bytes);
    out[0] = 0x45;
    write(out, 2, static_cast<std::uint32_t>(out.size()), 2);
    out[8] = 64;  // hops
    out[9] = 6;   // TCP
    write(out, 12, from, 4);
    write(out, 16, to, 4);
    write(out, 10, checksum(std::span(out).first(ip_bytes)), 2);
    const auto tcp = std::span(out).subspan(ip_bytes);
    write(out, ip_bytes, from_port, 2);
    write(out, ip_bytes + 2, to_port, 2);
    write(out, ip_bytes + 4, sequence, 4);
    write(out, ip_bytes + 8, acknowledged, 4);
    out[ip_bytes + 12] = 5 << 4;
    out[ip_bytes + 13] = rst | ack;
    const std::uint32_t pseudo = (from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) + 6 + tcp_bytes;
    write(out, ip_bytes + 16, checksum(tcp, pseudo), 2);
    return out;
}

}  // namespace

std::optional<Segment> segment_of(std::span<const std::uint8_t> packet)
{
    if (packet.size() < ip_bytes + tcp_bytes || packet[0] >> 4 != 4 || packet[9] != 6)
        return std::nullopt;
    const std::size_t head = (packet[0] & 0x0fu) * 4u;
    if (head < ip_bytes || packet.size() < head + tcp_bytes)
        return std::nullopt;
    const std::size_t tcp_head = (packet[head + 12] >> 4) * 4u;
    if (packet.size() < head + tcp_head)
        return std::nullopt;
    const auto flags = packet[head + 13];
    Segment out;
    out.from = read(packet, 12, 4);
    out.to = read(packet, 16, 4);
    out.from_port = static_cast<std::uint16_t>(read(packet, head, 2));
    out.to_port = static_cast<std::uint16_t>(read(packet, head + 2, 2));
    out.sequence = read(packet, head + 4, 4);
    out.acknowledged = read(packet, head + 8, 4);
    out.syn = (flags & syn) != 0;
    out.reset = (flags & rst) != 0;
    out.length = static_cast<std::uint32_t>(packet.size() - head - tcp_head) + (out.syn ? 1 : 0) + ((flags & fin) ? 1 : 0);
    return out;
}

Packet reset_to_sender(const Segment& seen)
{
    return reset(seen.to, seen.from, seen.to_port, seen.from_port, seen.acknowledged, seen.sequence + seen.length);
}

Packet reset_to_receiver(const Segment& seen)
{
    return reset(seen.from, seen.to, seen.from_port, seen.to_port, seen.sequence, seen.acknowledged);
}

void Resetter::reset_all()
{
    for (auto& [flow, carried] : flows_)
        carried.dead = true;
}

Resetter::Out Resetter::see(Way way, const Packet& packet)
{
    Out out;
    const auto seen = segment_of(packet);
    if (!seen)
        return out;
    const Flow flow = way == Way::to_hub ? Flow{seen->from, seen->to, seen->from_port, seen->to_port}
                                         : Flow{seen->to, seen->from, seen->to_port, seen->from_port};
    if (seen->syn && way == Way::to_hub)
        flows_.erase(flow);  // the port is used again
    auto& carried = flows_[flow];
    carried.bytes += packet.size();
    if (!carried.dead && limit_ != 0 && carried.bytes > limit_)
        carried.dead = true;
    if (!carried.dead || seen->reset)
        return out;
    if (!std::exchange(carried.told, true))
        ++resets_;
    out.pass = false;
    out.resets = {{other(way), reset_to_sender(*seen)}, {way, reset_to_receiver(*seen)}};
    return out;
}

}  // namespace satchel::field
