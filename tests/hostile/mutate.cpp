#include "tests/hostile/mutate.hpp"

#include <algorithm>
#include <array>

#include <zstd.h>

#include "schema/wire/compress.hpp"

namespace satchel::hostile {
namespace {

using schema::wire::Frame;
using schema::wire::frame_header_bytes;

void set_length(Bytes& wire, std::uint32_t length)
{
    for (std::size_t i = 0; i < 4; ++i)
        wire.at(i) = static_cast<std::uint8_t>(length >> (8 * i));
}

Bytes noise(Dice& dice, std::size_t size)
{
    Bytes out(size);
    for (auto& byte : out)
        byte = static_cast<std::uint8_t>(dice());
    return out;
}

std::uint32_t odd_length(Dice& dice, std::size_t right)
{
    const std::array<std::uint32_t, 9> odd{0,
                                           1,
                                           static_cast<std::uint32_t>(right) - 1,
                                           static_cast<std::uint32_t>(right) + 1,
                                           512 * 1024,
                                           512 * 1024 + 1,
                                           1024 * 1024 + 1,
                                           0x7fffffff,
                                           0xffffffff};
    return odd[below(dice, odd.size())];
}

Bytes flip_bits(Bytes wire, Dice& dice)
{
    for (auto n = 1 + below(dice, 8); n > 0; --n)
        wire[below(dice, wire.size())] ^= static_cast<std::uint8_t>(1u << below(dice, 8));
    return wire;
}

// A count or a length inside the payload becomes as large as it can be written.
Bytes blow_up_a_count(const Frame& base, Dice& dice)
{
    auto frame = base;
    const auto at = frame.payload.empty() ? 0 : below(dice, frame.payload.size());
    const Bytes large = below(dice, 2) == 0 ? Bytes{0xff, 0xff, 0xff, 0x7f}
                                            : Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    for (std::size_t i = 0; i < large.size() && at + i < frame.payload.size(); ++i)
        frame.payload[at + i] = large[i];
    return on_the_wire(frame);
}

// A list of as many elements as its sender likes, each as small as can be; or one byte repeated, which reads as nesting.
Bytes many(const Frame& base, Dice& dice)
{
    auto frame = base;
    const auto at = frame.payload.empty() ? 0 : below(dice, frame.payload.size());
    frame.payload.resize(at);
    frame.payload.resize(at + (std::size_t{1} << (8 + below(dice, 11))),
                         below(dice, 2) == 0 ? std::uint8_t{1} : static_cast<std::uint8_t>(dice()));
    return on_the_wire(frame);
}

Bytes compressed(std::uint8_t type, ByteView packed)
{
    Frame frame{type, {packed.begin(), packed.end()}};
    auto wire = on_the_wire(frame);
    wire.at(5) = packed.size() % 4 == 0 ? 3 : 1;  // now and then as what compress_small() made
    return wire;
}

// Inflates to far more than it takes; says so, lies about it, says nothing, or is whole frames behind each other.
Bytes bomb(std::uint8_t type, Dice& dice)
{
    static const Bytes zeros(std::size_t{16} << 20, 0);
    Bytes packed(ZSTD_compressBound(zeros.size()));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), zeros.data(), zeros.size() >> below(dice, 9), 1));
    switch (below(dice, 4)) {
    case 0:  // another declared size: the field behind magic and descriptor
        for (std::size_t i = 5; i < 9 && i < packed.size(); ++i)
            packed[i] = static_cast<std::uint8_t>(dice());
        break;
    case 1:
        packed[4] = static_cast<std::uint8_t>(dice());
        break;
    case 2:
        for (auto n = below(dice, 64); n > 0; --n)
            packed.insert(packed.end(), packed.begin(),
                          packed.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(packed.size(), 64)));
        break;
    default:
        break;
    }
    return compressed(type, packed);
}

// A real message, well compressed, with damage inside.
Bytes damaged_inside(const Frame& base, Dice& dice)
{
    Bytes packed;
    if (!schema::wire::compress(packed, base.payload))
        return flip_bits(on_the_wire(base), dice);
    packed[below(dice, packed.size())] ^= static_cast<std::uint8_t>(1u << below(dice, 8));
    return compressed(base.type, packed);
}

}  // namespace

void Corpus::add(const Frame& frame)
{
    frames_[frame.type].push_back(frame);
}

const Frame& Corpus::any(Dice& dice) const
{
    auto type = frames_.begin();
    std::advance(type, below(dice, frames_.size()));
    return type->second[below(dice, type->second.size())];
}

Bytes on_the_wire(const Frame& frame)
{
    Bytes out;
    Writer writer(out);
    writer.u32(static_cast<std::uint32_t>(frame.payload.size()));
    writer.u8(frame.type);
    writer.u8(0);
    writer.raw(frame.payload);
    return out;
}

Mutation mutate(const Frame& base, const Corpus& corpus, Dice& dice)
{
    auto wire = on_the_wire(base);
    switch (below(dice, 13)) {
    case 0:
        return {"bits", flip_bits(std::move(wire), dice)};
    case 1:
        set_length(wire, odd_length(dice, base.payload.size()));
        return {"length", std::move(wire)};
    case 2:
        wire.resize(below(dice, wire.size()));
        return {"truncated", std::move(wire)};
    case 3: {  // the beginning of one and the end of another, with a length that fits or not
        const auto other = on_the_wire(corpus.any(dice));
        wire.resize(frame_header_bytes + below(dice, wire.size() - frame_header_bytes + 1));
        wire.insert(wire.end(), other.begin() + static_cast<std::ptrdiff_t>(below(dice, other.size())), other.end());
        if (below(dice, 4) != 0)
            set_length(wire, static_cast<std::uint32_t>(wire.size() - frame_header_bytes));
        return {"splice", std::move(wire)};
    }
    case 4: {
        const auto once = wire;
        for (auto n = 1 + below(dice, 4); n > 0; --n)
            wire.insert(wire.end(), once.begin(), once.end());
        return {"repeat", std::move(wire)};
    }
    case 5:
        wire[4] = below(dice, 2) == 0 ? static_cast<std::uint8_t>(dice()) : corpus.any(dice).type;
        return {"type", std::move(wire)};
    case 6:
        wire[5] = static_cast<std::uint8_t>(1 + below(dice, 255));
        return {"flags", std::move(wire)};
    case 7:
        return {"count", blow_up_a_count(base, dice)};
    case 8:
        return {"many", many(base, dice)};
    case 9:
        return {"bomb", bomb(base.type, dice)};
    case 10:
        return {"inside", damaged_inside(base, dice)};
    case 11: {  // framed well, nonsense inside
        Frame frame{below(dice, 2) == 0 ? base.type : static_cast<std::uint8_t>(dice()),
                    noise(dice, below(dice, 4096))};
        return {"nonsense", on_the_wire(frame)};
    }
    default:
        return {"noise", noise(dice, 1 + below(dice, below(dice, 8) == 0 ? 65536 : 512))};
    }
}

}  // namespace satchel::hostile
