#include "schema/base/bytes.hpp"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace satchel {
namespace {

constexpr auto no_limit = std::numeric_limits<std::size_t>::max();

struct Sample {
    std::uint8_t a;
    std::uint32_t b;
    std::uint64_t c;
    std::int64_t d;
    std::uint64_t e;
    std::string f;
    bool operator==(const Sample&) const = default;
};

Bytes encode(const Sample& s)
{
    Bytes out;
    Writer w(out);
    w.u8(s.a);
    w.u32(s.b);
    w.u64(s.c);
    w.i64(s.d);
    w.var(s.e);
    w.str(s.f);
    return out;
}

Sample decode(Reader& r)
{
    Sample s{};
    s.a = r.u8();
    s.b = r.u32();
    s.c = r.u64();
    s.d = r.i64();
    s.e = r.var();
    s.f = std::string(r.str(1000));
    return s;
}

TEST(Reader, TruncationAtEveryByteFailsAndYieldsNothingMore)
{
    const auto whole = encode({7, 0x01020304, 0x1122334455667788, -1, 300, "four"});
    for (std::size_t n = 0; n < whole.size(); ++n) {
        Reader r(ByteView(whole).first(n));
        decode(r);
        EXPECT_FALSE(r.ok()) << "cut after " << n;
        EXPECT_FALSE(r.at_end());
        EXPECT_EQ(r.left(), 0u);
        EXPECT_EQ(r.u8(), 0) << "a failed reader stays failed";
        EXPECT_EQ(r.u64(), 0u);
        EXPECT_TRUE(r.raw(0).empty());
        EXPECT_FALSE(r.ok());
    }
    Reader r(whole);
    decode(r);
    EXPECT_TRUE(r.at_end());
}

TEST(Reader, TrailingBytesAreNotTheEnd)
{
    auto bytes = encode({1, 2, 3, 4, 5, "six"});
    bytes.push_back(0);
    Reader r(bytes);
    decode(r);
    EXPECT_TRUE(r.ok());
    EXPECT_FALSE(r.at_end());
    EXPECT_EQ(r.left(), 1u);
}

TEST(Reader, RefusesAnOverlongVar)
{
    for (const Bytes& bytes : {Bytes{0x80, 0x00}, Bytes{0x81, 0x00}, Bytes{0xff, 0x80, 0x00},
                               Bytes{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}}) {
        Reader r(bytes);
        EXPECT_EQ(r.var(), 0u);
        EXPECT_FALSE(r.ok()) << to_hex(bytes);
    }
}

TEST(Reader, RefusesAVarOfMoreThan64Bits)
{
    const Bytes largest{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    Reader fits(largest);
    EXPECT_EQ(fits.var(), std::numeric_limits<std::uint64_t>::max());
    EXPECT_TRUE(fits.at_end());

    auto bit_65 = largest;
    bit_65.back() = 0x02;
    Reader too_big(bit_65);
    EXPECT_EQ(too_big.var(), 0u);
    EXPECT_FALSE(too_big.ok());

    auto eleven = largest;
    eleven.back() = 0x81;
    eleven.push_back(0x00);
    Reader too_long(eleven);
    EXPECT_EQ(too_long.var(), 0u);
    EXPECT_FALSE(too_long.ok());
}

TEST(Reader, ALengthBeyondTheInputIsRefusedBeforeAnythingIsAllocated)
{
    for (const std::uint64_t length : {std::uint64_t{5}, std::uint64_t{1} << 32, std::uint64_t{1} << 62,
                                       std::numeric_limits<std::uint64_t>::max()}) {
        Bytes bomb;
        Writer w(bomb);
        w.var(length);
        w.raw(view("four"));
        Reader r(bomb);
        EXPECT_TRUE(r.bytes(no_limit).empty());
        EXPECT_FALSE(r.ok()) << length;
    }
}

TEST(Reader, ALengthAboveTheCallersLimitIsRefusedAlthoughTheBytesAreThere)
{
    Bytes bytes;
    Writer(bytes).str("four");
    Reader at_limit(bytes);
    EXPECT_EQ(at_limit.str(4), "four");
    EXPECT_TRUE(at_limit.at_end());
    Reader over_limit(bytes);
    EXPECT_EQ(over_limit.str(3), "");
    EXPECT_FALSE(over_limit.ok());
}

TEST(Reader, ACountThatCannotFollowIsRefusedWhateverItsMultiple)
{
    const auto count_of = [](std::uint64_t n, std::size_t rest, std::size_t max, std::size_t item) {
        Bytes bytes;
        Writer(bytes).var(n);
        bytes.resize(bytes.size() + rest);
        Reader r(bytes);
        const auto count = r.count(max, item);
        return r.ok() ? static_cast<std::int64_t>(count) : -1;
    };
    EXPECT_EQ(count_of(4, 4, 10, 1), 4);
    EXPECT_EQ(count_of(5, 4, 10, 1), -1);
    EXPECT_EQ(count_of(4, 4, 3, 1), -1);
    EXPECT_EQ(count_of(2, 32, 10, 16), 2);
    EXPECT_EQ(count_of(2, 31, 10, 16), -1);
    EXPECT_EQ(count_of(0, 0, 10, 16), 0);
    // 2^60 items of 16 bytes wrap to zero bytes in 64 bits.
    EXPECT_EQ(count_of(std::uint64_t{1} << 60, 4, no_limit, 16), -1);
    EXPECT_EQ(count_of(std::numeric_limits<std::uint64_t>::max(), 100, no_limit, 3), -1);
}

TEST(Writer, IntegersAreLittleEndian)
{
    Bytes out;
    Writer w(out);
    w.u32(0x01020304);
    w.i64(-2);
    w.var(300);
    EXPECT_EQ(to_hex(out), "04030201" "feffffffffffffff" "ac02");
    EXPECT_EQ(w.size(), out.size());
}

RC_GTEST_PROP(Reader, ReadsBackWhatTheWriterWrote,
              (std::uint8_t a, std::uint32_t b, std::uint64_t c, std::int64_t d, std::uint64_t e, std::string f))
{
    const Sample sample{a, b, c, d, e, f};
    const auto bytes = encode(sample);
    Reader r(bytes);
    RC_ASSERT(decode(r) == sample);
    RC_ASSERT(r.at_end());
}

// One value, one encoding: what the reader accepts, the writer would have written.
RC_GTEST_PROP(Reader, AcceptsOnlyTheCanonicalVar, (std::vector<std::uint8_t> bytes))
{
    Reader r(bytes);
    const auto value = r.var();
    if (!r.ok())
        return;
    Bytes again;
    Writer(again).var(value);
    again.insert(again.end(), bytes.end() - static_cast<std::ptrdiff_t>(r.left()), bytes.end());
    RC_ASSERT(again == bytes);
}

TEST(Hex, RefusesAnythingButPairsOfLowerCaseDigits)
{
    for (const auto* bad : {"a", "abc", "0g", "AB", " a", "a ", "0x", "--"}) {
        const auto got = from_hex(bad);
        ASSERT_FALSE(got) << bad;
        EXPECT_EQ(got.error().code, Errc::malformed);
    }
    EXPECT_EQ(from_hex("")->size(), 0u);
    EXPECT_EQ(*from_hex("00ff7f"), (Bytes{0x00, 0xff, 0x7f}));
    EXPECT_EQ(to_hex(Bytes{0x00, 0xff, 0x7f}), "00ff7f");
}

}  // namespace
}  // namespace satchel
