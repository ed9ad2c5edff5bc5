#include "schema/wire/archive.hpp"

#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "allocation_meter.hpp"
#include "schema/wire/archive_impl.hpp"

namespace satchel::schema::wire {

namespace {

enum class Colour : std::uint8_t { red = 1, blue = 2 };
constexpr bool is_known(Colour c)
{
    return c == Colour::red || c == Colour::blue;
}
enum class Anything : std::uint16_t {};

struct Inner {
    std::string name;
    std::vector<std::uint32_t> numbers;

    template <class A>
    void serialize(A& archive)
    {
        archive(name, numbers);
    }
    bool operator==(const Inner&) const = default;
};

struct Everything {
    bool yes = false;
    std::uint8_t u8 = 0;
    std::uint16_t u16 = 0;
    std::uint32_t u32 = 0;
    std::uint64_t u64 = 0;
    std::int32_t i32 = 0;
    std::int64_t i64 = 0;
    Colour colour = Colour::red;
    Anything anything{};
    std::string text;
    Bytes blob;
    Digest digest{};
    CaseId id;
    Instant at;
    Date on;
    std::optional<CaseId> maybe;
    std::vector<Inner> inners;
    std::vector<std::string> texts;
    std::vector<Bytes> blobs;

    template <class A>
    void serialize(A& archive)
    {
        archive(yes, u8, u16, u32, u64, i32, i64, colour, anything, text, blob, digest, id, at, on, maybe, inners,
                texts, blobs);
    }
    bool operator==(const Everything&) const = default;
};

// The only way a type can contain itself.
struct Nested {
    std::vector<Nested> children;

    template <class A>
    void serialize(A& archive)
    {
        archive(children);
    }
};

struct Large {
    std::array<std::uint8_t, 1> wire{};
    std::array<std::uint64_t, 64> derived{};  // in memory only: an element far larger than its encoding

    template <class A>
    void serialize(A& archive)
    {
        archive(wire);
    }
};

template <class T>
struct One {
    T value{};

    template <class A>
    void serialize(A& archive)
    {
        archive(value);
    }
};

struct Nothing {
    template <class A>
    void serialize(A&)
    {
    }
};

Everything sample()
{
    Everything m;
    m.yes = true;
    m.u8 = 200;
    m.u16 = 65'535;
    m.u32 = 4'000'000'000;
    m.u64 = std::numeric_limits<std::uint64_t>::max();
    m.i32 = std::numeric_limits<std::int32_t>::min();
    m.i64 = std::numeric_limits<std::int64_t>::min();
    m.colour = Colour::blue;
    m.anything = Anything{777};
    m.text = "Test Person, Llanfair";
    m.blob = {0, 1, 2, 255};
    m.digest.fill(7);
    m.id.bytes.fill(9);
    m.at = {1'700'000'000'123};
    m.on = {-3};
    m.maybe = m.id;
    m.inners = {{"a", {1, 2, 300}}, {"", {}}};
    m.texts = {"x", ""};
    m.blobs = {{1}, {}};
    return m;
}

template <class M>
Errc error_of(ByteView bytes)
{
    const auto result = unpack<M>(bytes);
    return result ? Errc::bug : result.error().code;
}

}  // namespace

TEST(Archive, WhatIsPackedUnpacksTheSame)
{
    const auto unpacked = unpack<Everything>(pack(sample()));
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(*unpacked, sample());
    EXPECT_EQ(*unpack<Everything>(pack(Everything{})), Everything{});
    EXPECT_TRUE(pack(Nothing{}).empty());
    EXPECT_TRUE(unpack<Nothing>({}));
}

// The encoding is stored by peers of other versions: these bytes may not change.
TEST(Archive, EncodingIsTheOneWrittenDown)
{
    EXPECT_EQ(to_hex(pack(One<std::uint32_t>{300})), "ac02");
    EXPECT_EQ(to_hex(pack(One<std::int64_t>{-1})), "01");
    EXPECT_EQ(to_hex(pack(One<std::int64_t>{1})), "02");
    EXPECT_EQ(to_hex(pack(One<Instant>{{-2}})), "03");
    EXPECT_EQ(to_hex(pack(One<std::string>{"ab"})), "026162");
    EXPECT_EQ(to_hex(pack(One<std::optional<bool>>{true})), "0101");
    EXPECT_EQ(to_hex(pack(One<std::vector<Colour>>{{Colour::red, Colour::blue}})), "020102");
}

TEST(Archive, TruncationAtEveryByteIsMalformed)
{
    const auto bytes = pack(sample());
    for (std::size_t n = 0; n < bytes.size(); ++n)
        ASSERT_EQ(error_of<Everything>(ByteView(bytes).first(n)), Errc::malformed) << "cut after " << n;
}

TEST(Archive, BytesLeftOverAreMalformed)
{
    auto bytes = pack(sample());
    bytes.push_back(0);
    EXPECT_EQ(error_of<Everything>(bytes), Errc::malformed);
    EXPECT_EQ(error_of<Nothing>(Bytes{0}), Errc::malformed);
}

TEST(Archive, EveryOtherFormOfAValueIsMalformed)
{
    EXPECT_EQ(error_of<One<bool>>(Bytes{2}), Errc::malformed);
    EXPECT_EQ(error_of<One<std::optional<bool>>>(Bytes{2, 1}), Errc::malformed);
    EXPECT_EQ(error_of<One<Colour>>(Bytes{3}), Errc::malformed);
    EXPECT_EQ(error_of<One<Colour>>(Bytes{0}), Errc::malformed);
    EXPECT_EQ(error_of<One<std::uint32_t>>(Bytes{0x80, 0x00}), Errc::malformed);                    // overlong zero
    EXPECT_EQ(error_of<One<std::uint16_t>>(Bytes{0x80, 0x80, 0x04}), Errc::malformed);              // 65,536
    EXPECT_EQ(error_of<One<std::uint32_t>>(Bytes{0x80, 0x80, 0x80, 0x80, 0x10}), Errc::malformed);  // 2^32
    EXPECT_EQ(error_of<One<std::int32_t>>(Bytes{0x80, 0x80, 0x80, 0x80, 0x10}), Errc::malformed);   // 2^31
    EXPECT_EQ(error_of<One<std::uint64_t>>(Bytes(11, 0xff)), Errc::malformed);
    EXPECT_TRUE(unpack<One<Anything>>(Bytes{5}));  // an enum without is_known arrives as sent
}

// Nine bytes that make cereal's own archives allocate 4 GiB, and their relatives.
TEST(Archive, ALengthBombAllocatesNothing)
{
    Bytes bomb;
    Writer(bomb).var(0xffff'ffffu);
    bomb.resize(9, 'x');
    test::reset_peak();
    const auto before = test::allocated_now();
    EXPECT_EQ(error_of<One<std::string>>(bomb), Errc::malformed);
    EXPECT_EQ(error_of<One<Bytes>>(bomb), Errc::malformed);
    EXPECT_EQ(error_of<One<std::vector<std::uint64_t>>>(bomb), Errc::malformed);
    EXPECT_EQ(error_of<One<std::vector<std::string>>>(bomb), Errc::malformed);
    EXPECT_EQ(error_of<One<std::vector<Large>>>(bomb), Errc::malformed);
    EXPECT_LT(test::allocated_peak() - before, 4096u);
}

// A count that the bytes do cover may still claim far more memory than they are: it is refused by number, and
// memory grows only with the elements that arrive.
TEST(Archive, ACountBombIsBoundedByTheElementBudget)
{
    Bytes bomb;
    Writer(bomb).var(1'000'000);
    bomb.resize(bomb.size() + 1'000'000);
    test::reset_peak();
    const auto before = test::allocated_now();
    EXPECT_EQ(error_of<One<std::vector<Large>>>(bomb), Errc::too_large);
    EXPECT_LT(test::allocated_peak() - before, 4096u);

    Bytes lists;  // many lists, each within the budget, together beyond it
    Writer(lists).var(1'000);
    for (int i = 0; i < 1'000; ++i) {
        Writer(lists).var(100);
        lists.resize(lists.size() + 100);
    }
    EXPECT_EQ((error_of<One<std::vector<One<std::vector<std::uint32_t>>>>>(lists)), Errc::too_large);
    EXPECT_TRUE((unpack<One<std::vector<One<std::vector<std::uint32_t>>>>>(lists, {.elements = 101'000})));
}

TEST(Archive, NestingIsBounded)
{
    for (const std::size_t depth : {std::size_t{17}, std::size_t{1'600'000}}) {
        Bytes nested(depth, 1);
        nested.back() = 0;
        EXPECT_EQ(error_of<Nested>(nested), Errc::too_large) << depth;
    }
    Bytes shallow(16, 1);
    shallow.back() = 0;
    EXPECT_TRUE(unpack<Nested>(shallow));
    // Brothers are not nested: the budget is given back.
    Bytes wide(1'001, 0);
    wide[0] = 0xe7;
    wide[1] = 0x07;  // 999
    EXPECT_TRUE(unpack<Nested>(wide));
}

// One byte of a good message changed: either it still decodes, to something that packs to exactly those bytes, or
// it is refused.
TEST(Archive, OneMessageHasExactlyOneEncoding)
{
    const auto good = pack(sample());
    std::size_t decoded = 0;
    for (std::size_t at = 0; at < good.size(); ++at)
        for (int value = 0; value < 256; ++value) {
            auto bytes = good;
            bytes[at] = static_cast<std::uint8_t>(value);
            if (const auto message = unpack<Everything>(bytes)) {
                ASSERT_EQ(pack(*message), bytes) << "byte " << at << " = " << value;
                ++decoded;
            }
        }
    EXPECT_GT(decoded, good.size());
}

TEST(Archive, RandomBytesNeverDoMoreThanFail)
{
    std::mt19937 random(7);  // NOLINT: the same bytes every time
    test::reset_peak();
    const auto before = test::allocated_now();
    for (int i = 0; i < 100'000; ++i) {
        Bytes bytes(random() % 200);
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(random() % (i % 2 == 0 ? 256 : 4));  // small values: plausible lengths
        if (const auto message = unpack<Everything>(bytes)) {
            ASSERT_EQ(pack(*message), bytes);
        }
    }
    EXPECT_LT(test::allocated_peak() - before, 256u * 1024u);
}

RC_GTEST_PROP(Archive, AnyNumbersAndTextsReturn,
              (std::uint64_t u, std::int64_t i, std::string text, std::vector<std::string> texts, Bytes blob))
{
    Everything m;
    m.u64 = u;
    m.i64 = i;
    m.at = {i};
    m.text = text;
    m.texts = texts;
    m.blob = blob;
    const auto back = unpack<Everything>(pack(m));
    RC_ASSERT(back);
    RC_ASSERT(*back == m);
}

}  // namespace satchel::schema::wire
