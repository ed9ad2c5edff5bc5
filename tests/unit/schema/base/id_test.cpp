#include "schema/base/id.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace satchel {
namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";

std::string zeros() { return std::string(26, 'a'); }

TEST(Id, RefusesEveryOtherLength)
{
    for (std::size_t n = 0; n <= 60; ++n) {
        const auto got = parse_id<CaseId>(std::string(n, 'a'));
        EXPECT_EQ(got.has_value(), n == 26) << n;
        if (!got) {
            EXPECT_EQ(got.error().code, Errc::malformed);
        }
    }
}

TEST(Id, RefusesEveryCharacterOutsideTheAlphabetAtEveryPlace)
{
    for (std::size_t at = 0; at < 25; ++at) {  // the last place has a test of its own
        for (int c = 0; c < 256; ++c) {
            auto text = zeros();
            text[at] = static_cast<char>(c);
            const bool known = alphabet.find(static_cast<char>(c)) != std::string_view::npos;
            EXPECT_EQ(parse_id<CaseId>(text).has_value(), known) << at << ' ' << c;
        }
    }
}

TEST(Id, RefusesStrayBitsInTheLastCharacterSoThatAnIdHasOneSpelling)
{
    int accepted = 0;
    for (const char c : alphabet) {
        auto text = zeros();
        text.back() = c;
        const auto got = parse_id<CaseId>(text);
        if (!got)
            continue;
        ++accepted;
        EXPECT_EQ(to_string(*got), text);
    }
    EXPECT_EQ(accepted, 8);  // 128 bits leave three for the last character
}

TEST(Id, IsPrintedMostSignificantBitFirst)
{
    CaseId id;
    EXPECT_TRUE(id.empty());
    EXPECT_EQ(to_string(id), zeros());
    id.bytes[0] = 0xf8;
    EXPECT_EQ(to_string(id), "7" + std::string(25, 'a'));
    id.bytes.fill(0xff);
    EXPECT_EQ(to_string(id), std::string(25, '7') + "4");
    EXPECT_FALSE(id.empty());
}

TEST(Id, ReadFromTooFewBytesIsEmptyAndFailsTheReader)
{
    const Bytes fifteen(15, 0xff);
    Reader r(fifteen);
    EXPECT_TRUE(read_id<RecordId>(r).empty());
    EXPECT_FALSE(r.ok());
}

RC_GTEST_PROP(Id, IsReadBackFromItsTextAndItsBytes, ())
{
    const auto bytes = *rc::gen::container<std::array<std::uint8_t, 16>>(rc::gen::arbitrary<std::uint8_t>());
    const UserId id{bytes};
    const auto parsed = parse_id<UserId>(to_string(id));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed == id);
    RC_ASSERT(id_from<UserId>(id.view()) == id);
    Reader r(id.view());
    RC_ASSERT(read_id<UserId>(r) == id);
    RC_ASSERT(r.at_end());
}

// A list sorted by id is sorted the same on screen and in the store.
RC_GTEST_PROP(Id, TextSortsAsBytesDoExceptThatDigitsFollowLetters, ())
{
    const auto arbitrary = rc::gen::container<std::array<std::uint8_t, 16>>(rc::gen::arbitrary<std::uint8_t>());
    const UserId a{*arbitrary};
    const UserId b{*arbitrary};
    const auto rank = [](const UserId& id) {
        auto text = to_string(id);
        std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(alphabet.find(c)); });
        return text;
    };
    RC_ASSERT((a < b) == (rank(a) < rank(b)));
}

}  // namespace
}  // namespace satchel
