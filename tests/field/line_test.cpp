// The line of satchel-networks, without a network: what it does to packets is what its profile says.
#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "tests/field/impairment.hpp"

namespace satchel::field {
namespace {

using namespace std::chrono_literals;

constexpr Time start{};

Profile line_with(const std::function<void(Profile&)>& change)
{
    Profile out;
    change(out);
    return out;
}

std::size_t arriving(Impairment& line, std::size_t packets, std::size_t bytes = 100)
{
    std::size_t out = 0;
    for (std::size_t i = 0; i < packets; ++i)
        out += line.take(Packet(bytes), start + std::chrono::milliseconds(i)).size();
    return out;
}

TEST(Impairment, TheSameSeedDoesTheSame)
{
    const auto& basement = *profile_named("prison-basement");
    Impairment one(basement, Way::to_hub, 7, start), same(basement, Way::to_hub, 7, start), another(basement, Way::to_hub, 8, start);
    bool differs = false;
    for (int i = 0; i < 500; ++i) {
        const auto now = start + std::chrono::milliseconds(i);
        const auto a = one.take(Packet(50, 1), now), b = same.take(Packet(50, 1), now), c = another.take(Packet(50, 1), now);
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t k = 0; k < a.size(); ++k)
            EXPECT_TRUE(a[k].at == b[k].at && a[k].packet == b[k].packet);
        differs = differs || a.size() != c.size();
    }
    EXPECT_TRUE(differs);
}

TEST(Impairment, LosesAndDoublesItsShareOfThePackets)
{
    Impairment losing(line_with([](Profile& p) { p.lost = 0.2; }), Way::to_hub, 1, start);
    EXPECT_NEAR(static_cast<double>(arriving(losing, 10'000)), 8000, 200);
    EXPECT_NEAR(static_cast<double>(losing.lost()), 2000, 200);
    Impairment doubling(line_with([](Profile& p) { p.doubled = 0.05; }), Way::to_hub, 1, start);
    EXPECT_NEAR(static_cast<double>(arriving(doubling, 10'000)), 10'500, 100);
}

TEST(Impairment, JitterKeepsTheOrderAndReorderingDoesNot)
{
    const auto overtakings = [](double reordered) {
        Impairment line(line_with([&](Profile& p) {
                            p.round_trip = 100ms;
                            p.jitter = 40ms;
                            p.reordered = reordered;
                        }),
                        Way::to_hub, 1, start);
        Time last = start;
        int out = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto at = line.take(Packet(50), start + std::chrono::milliseconds(i)).at(0).at;
            EXPECT_GE(at, start + std::chrono::milliseconds(i));
            out += at < last;
            last = at;
        }
        return out;
    };
    EXPECT_EQ(overtakings(0), 0);
    EXPECT_GT(overtakings(0.05), 10);
}

TEST(Impairment, ASlowLineTakesItsTimeAndDropsWhatWaitsTooLong)
{
    Impairment line(line_with([](Profile& p) { p.bits_per_second = 1'000'000; }), Way::to_hub, 1, start);
    Time last = start;
    std::size_t through = 0;
    for (int i = 0; i < 1000; ++i)
        for (const auto& due : line.take(Packet(1250), start)) {
            last = due.at;
            ++through;
        }
    EXPECT_NEAR(static_cast<double>(through), 151, 2) << "of 10 ms each, in a queue of 1.5 s";
    EXPECT_EQ(last, start + through * 10ms);
}

TEST(Impairment, FlapsAndIsDeafInOneDirection)
{
    Impairment flapping(*profile_named("flapping"), Way::to_hub, 1, start);
    EXPECT_EQ(flapping.take(Packet(50), start + 2s).size(), 1u);
    EXPECT_EQ(flapping.take(Packet(50), start + 5s).size(), 0u);
    EXPECT_EQ(flapping.take(Packet(50), start + 11s).size(), 1u);
    const auto& one_way = *profile_named("one-way");
    Impairment there(one_way, Way::to_hub, 1, start), back(one_way, Way::to_devices, 1, start);
    EXPECT_EQ(arriving(there, 10), 10u);
    EXPECT_EQ(arriving(back, 10), 0u);
}

// --- Resets -----------------------------------------------------------------------------------------------------------

// From 10.77.0.2:40000 to 10.77.0.1:7443, or back.
Packet segment(Way way, std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledged, std::size_t payload)
{
    Packet out(40 + payload);
    out[0] = 0x45;
    out[9] = 6;
    const std::uint8_t device[] = {10, 77, 0, 2}, hub[] = {10, 77, 0, 1};
    std::copy_n(way == Way::to_hub ? device : hub, 4, out.begin() + 12);
    std::copy_n(way == Way::to_hub ? hub : device, 4, out.begin() + 16);
    const std::uint16_t from = way == Way::to_hub ? 40000 : 7443, to = way == Way::to_hub ? 7443 : 40000;
    const auto put = [&](std::size_t at, std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i)
            out[at + i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
    };
    put(20, from, 2);
    put(22, to, 2);
    put(24, sequence, 4);
    put(28, acknowledged, 4);
    out[32] = 5 << 4;
    out[33] = flags;
    return out;
}

TEST(Resetter, AfterItsBytesBothEndsAreToldWhatTheyWait)
{
    constexpr std::uint8_t ack = 0x10, syn = 0x02;
    Resetter line;
    line.limit(2000);
    EXPECT_TRUE(line.see(Way::to_hub, segment(Way::to_hub, syn, 99, 0, 0)).pass);
    EXPECT_TRUE(line.see(Way::to_hub, segment(Way::to_hub, ack, 100, 500, 1000)).pass);
    const auto cut = line.see(Way::to_hub, segment(Way::to_hub, ack, 1100, 500, 1000));
    EXPECT_FALSE(cut.pass);
    ASSERT_EQ(cut.resets.size(), 2u);
    for (const auto& [way, packet] : cut.resets) {
        const auto reset = segment_of(packet);
        ASSERT_TRUE(reset && reset->reset);
        EXPECT_EQ(reset->sequence, way == Way::to_hub ? 1100u : 500u) << "what that end expects next";
        EXPECT_EQ(reset->to_port, way == Way::to_hub ? 7443 : 40000);
    }
    EXPECT_FALSE(line.see(Way::to_devices, segment(Way::to_devices, ack, 500, 1100, 10)).pass) << "in both directions";
    EXPECT_EQ(line.resets(), 1u);
    EXPECT_TRUE(line.see(Way::to_hub, segment(Way::to_hub, syn, 7, 0, 0)).pass) << "the next connection of the port";
}

TEST(Resetter, WhatIsNoWholeSegmentIsPassedOn)
{
    Resetter line;
    line.limit(1);
    for (const std::size_t bytes : {0u, 1u, 19u, 20u, 39u})
        EXPECT_TRUE(line.see(Way::to_hub, Packet(bytes, 0x45)).pass) << bytes;
    auto lying = segment(Way::to_hub, 0x10, 1, 1, 0);
    lying[0] = 0x4f;  // a header longer than the packet
    EXPECT_TRUE(line.see(Way::to_hub, lying).pass);
}

}  // namespace
}  // namespace satchel::field
