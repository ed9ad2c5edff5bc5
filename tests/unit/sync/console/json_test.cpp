#include "sync/console/json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sync/console/utf8.hpp"

namespace satchel::console {
namespace {

std::string why(std::string_view text, const JsonLimits& limits = {})
{
    const auto parsed = parse_json(text, limits);
    return parsed ? "parsed" : std::string(name(parsed.error().code)) + ": " + parsed.error().detail;
}

TEST(Json, WhatIsNotJsonIsNamedWithItsColumn)
{
    EXPECT_EQ(why(""), "malformed: not JSON: column 1: it ends too early");
    EXPECT_EQ(why("{\"a\":1"), "malformed: not JSON: column 7: it ends too early");
    EXPECT_EQ(why("{\"a\":1} x"), "malformed: not JSON: column 9: something follows its end");
    EXPECT_TRUE(why("{'a':1}").starts_with("malformed: not JSON: column 2: ")) << why("{'a':1}");
    EXPECT_TRUE(why("{\"a\":01}").starts_with("malformed: ")) << why("{\"a\":01}");
    EXPECT_TRUE(why("\"\xff\"").starts_with("malformed: ")) << why("\"\xff\"");
}

TEST(Json, AKeyGivenTwiceIsAnErrorAndNotASilentLoss)
{
    EXPECT_TRUE(why(R"({"level":"2","level":"3"})").ends_with("a key is given twice"));
    EXPECT_TRUE(why(R"([{"b":{"a":1,"a":1}}])").ends_with("a key is given twice"));
    EXPECT_EQ(why(R"({"a":{"a":1}})"), "parsed");
}

// Found by fuzzing: each key was looked for among all before it. These 4 MiB took longer than a test may.
TEST(Json, AnObjectOfManyKeysCostsNoMoreThanItsLength)
{
    std::string many = "{";
    for (int n = 0; many.size() < (4u << 20) - 32; ++n)
        many += (n ? ",\"" : "\"") + std::to_string(n) + "\":1";
    EXPECT_EQ(why(many + "}", {4u << 20, 8}), "parsed");
    EXPECT_TRUE(why(many + ",\"0\":1}", {4u << 20, 8}).ends_with("a key is given twice"));
}

TEST(Json, SizeAndDepthAreBounded)
{
    EXPECT_EQ(why("[1,2,3]", {6, 8}), "too_large: JSON of more than 6 bytes");
    EXPECT_EQ(why("[[[]]]", {100, 3}), "parsed");
    EXPECT_TRUE(why("[[[[]]]]", {100, 3}).ends_with("nested too deeply"));
    EXPECT_TRUE(why(std::string(100'000, '[')).ends_with("nested too deeply"));
}

TEST(Json, AnErrorNeverRepeatsTheText)
{
    EXPECT_EQ(why(R"({"name":"CANARY)").find("CANARY"), std::string::npos);
    EXPECT_EQ(why(R"({"name":CANARY})").find("CANARY"), std::string::npos);
    EXPECT_EQ(why(R"({"CANARY":1,"CANARY":1})").find("CANARY"), std::string::npos);
}

TEST(Json, KeepsOrderAndWritesOneLine)
{
    auto json = Json::object({{"z", 1}, {"a", Json::array()}});
    json["a"].push("line\nbreak \"quoted\" \x01");
    json["a"].push(nullptr);
    json["a"].push(true);
    json["a"].push(-2.5);
    EXPECT_EQ(to_text(json), R"({"z":1,"a":["line\nbreak \"quoted\" \u0001",null,true,-2.5]})");
}

TEST(Json, OutputIsValidUtf8WhateverTheBytes)
{
    EXPECT_EQ(to_text(Json(std::string("a\xc3(\xe2\x82"))), "\"a\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Json, WholeNumbersAreExact)
{
    const auto parsed = parse_json("[9223372036854775807,-9223372036854775808,18446744073709551615]");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->items()[0].integer(), INT64_MAX);
    EXPECT_EQ(parsed->items()[1].integer(), INT64_MIN);
    EXPECT_TRUE(parsed->items()[2].is_double());
}

// Found by fuzzing: they were read to about fifteen places, and came back as others than were written.
TEST(Json, NumbersWithAFractionReadBackAsTheSame)
{
    for (const std::string number : {"6e+86", "0.1", "1.7976931348623157e+308", "5e-324", "123456789.12345678"})
        EXPECT_EQ(to_text(*parse_json(number)), number);
}

// Found by fuzzing: minus zero was written as -0, which is read as the integer 0.
TEST(Json, ThereIsOneZero)
{
    for (const std::string number : {"-9e-1110117", "-0.0", "0.0"})
        EXPECT_EQ(to_text(*parse_json(number)), "0") << number;
}

Json any_json(int depth)
{
    const auto kind = *rc::gen::inRange(0, depth > 0 ? 6 : 4);
    switch (kind) {
    case 0:
        return nullptr;
    case 1:
        return *rc::gen::arbitrary<bool>();
    case 2:
        return *rc::gen::arbitrary<std::int64_t>();
    case 3:
        return valid_utf8(*rc::gen::arbitrary<std::string>());
    case 4: {
        auto out = Json::array();
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
            out.push(any_json(depth - 1));
        return out;
    }
    default: {
        auto out = Json::object();
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
            out[valid_utf8(*rc::gen::arbitrary<std::string>())] = any_json(depth - 1);
        return out;
    }
    }
}

RC_GTEST_PROP(Json, WhatIsWrittenReadsBackTheSame, ())
{
    const auto json = any_json(4);
    const auto back = parse_json(to_text(json));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == json);
}

RC_GTEST_PROP(Json, AnyBytesEitherParseOrGiveAnError, (const std::string& bytes))
{
    const auto parsed = parse_json(bytes);
    if (parsed)
        RC_ASSERT(parse_json(to_text(*parsed)).has_value());
}

TEST(Printable, NothingTypedCanMoveTheCursorOrTurnTheText)
{
    EXPECT_EQ(printable("a\x1b[2Jb\rc\x07"), "a\xef\xbf\xbd[2Jb\xef\xbf\xbd" "c\xef\xbf\xbd");
    EXPECT_EQ(printable("\xe2\x80\xaegnp.exe"), "\xef\xbf\xbdgnp.exe");  // right-to-left override
    EXPECT_EQ(printable("\xc2\x9b" "31m"), "\xef\xbf\xbd" "31m");      // the one-byte escape of ECMA-48
    EXPECT_EQ(printable("a\nb"), "a\xef\xbf\xbd" "b");
    EXPECT_EQ(printable("a\nb\tc", /*lines=*/true), "a\nb\tc");
    EXPECT_EQ(printable("Zoë O’Fictional 測試"), "Zoë O’Fictional 測試");
}

RC_GTEST_PROP(Printable, IsValidUtf8AndStaysAsItIs, (const std::string& bytes))
{
    const auto once = printable(bytes, true);
    RC_ASSERT(is_valid_utf8(once));
    RC_ASSERT(printable(once, true) == once);
}

}  // namespace
}  // namespace satchel::console
