// What people type about a record, from options and from JSON.
#include <gtest/gtest.h>

#include "client/app/entry.hpp"
#include "client/app/offset_clock.hpp"

namespace satchel::client::app {
namespace {

using How = Typed::How;

template <class T>
std::string problem(const Result<T>& result)
{
    return result ? "ok" : std::string(name(result.error().code)) + ": " + result.error().detail;
}

TEST(Entry, AnUnknownMemberIsNamedWithTheNearest)
{
    EXPECT_EQ(problem(entries_from(R"({"sett":{"a":"1"}})", {})),
              "unknown_name: a record has no such member; did you mean \"set\"?");
}

TEST(Entry, WhatIsNoValueIsRefusedWithoutRepeatingIt)
{
    const auto nested = problem(entries_from(R"({"set":{"a":{"secret":1}}})", {}));
    EXPECT_EQ(nested.find("secret"), std::string::npos);
    EXPECT_TRUE(nested.starts_with("invalid_argument: a:"));
    EXPECT_TRUE(problem(entries_from(R"({"set":{"a":1.5}})", {})).starts_with("invalid_argument: a: write a number"));
    EXPECT_TRUE(problem(entries_from(R"({"set":[]})", {})).starts_with("malformed"));
    EXPECT_TRUE(problem(entries_from(R"({"add":"x"})", {})).starts_with("malformed"));
    EXPECT_TRUE(problem(entries_from(R"({"add":["x"]})", {})).starts_with("malformed"));
    EXPECT_TRUE(problem(entries_from(R"({"remove":{}})", {})).starts_with("malformed"));
    EXPECT_TRUE(problem(entries_from(R"({"event_at":"yesterday"})", {})).starts_with("invalid_argument"));
    EXPECT_TRUE(problem(entries_from("[]", {})).starts_with("malformed"));
    EXPECT_TRUE(problem(entries_from(" \n ", {})).starts_with("invalid_argument"));
}

TEST(Entry, AWrongLineIsNamedByItsNumber)
{
    const std::string input = "{\"set\":{\"a\":\"1\"}}\n\n{\"set\":{\"a\":\"2\"}\n{\"set\":{\"a\":\"3\"}}\n";
    EXPECT_TRUE(problem(entries_from(input, {})).starts_with("malformed: line 3: "));
}

TEST(Entry, OneObjectMayBeSpreadOverLines)
{
    const auto one = entries_from("{\n  \"set\": {\"a\": \"1\"},\n  \"reason\": \"because\"\n}\n", {});
    ASSERT_EQ(problem(one), "ok");
    ASSERT_EQ(one->size(), 1u);
    EXPECT_EQ(one->front().reason, "because");
    EXPECT_TRUE(problem(entries_from("{\n \"set\": {\"a\" \"1\"}\n}", {})).starts_with("malformed"));
}

TEST(Entry, ManyObjectsAreOneALineAndTakeTheDefaults)
{
    Entry defaults;
    defaults.type = "contact";
    defaults.basis = "observed";
    const auto many = entries_from(
        "{\"set\":{\"a\":\"1\"}}\r\n{\"type\":\"note\",\"set\":{\"a\":null,\"b\":true,\"c\":-7}}\n", defaults);
    ASSERT_EQ(problem(many), "ok");
    ASSERT_EQ(many->size(), 2u);
    EXPECT_EQ(many->at(0).type, "contact");
    EXPECT_EQ(many->at(1).type, "note");
    EXPECT_EQ(many->at(1).basis, "observed");
    ASSERT_EQ(many->at(1).typed.size(), 3u);
    EXPECT_EQ(many->at(1).typed[0].value, "");
    EXPECT_EQ(many->at(1).typed[1].value, "yes");
    EXPECT_EQ(many->at(1).typed[2].value, "-7");
}

TEST(Entry, EachObjectOfAListIsAnElementOfItsOwn)
{
    const auto one = entries_from(R"({"add":[{"name":"x"},{"kind":"y","name":"z"}]})", {});
    ASSERT_EQ(problem(one), "ok");
    const auto& typed = one->front().typed;
    ASSERT_EQ(typed.size(), 3u);
    EXPECT_EQ(typed[0].how, How::add);
    EXPECT_TRUE(typed[0].begins);
    EXPECT_TRUE(typed[1].begins);
    EXPECT_FALSE(typed[2].begins);
}

TEST(Entry, ABasisIsOneOfThree)
{
    EXPECT_EQ(parse_basis("observed")->basis, schema::Basis::observed);
    EXPECT_EQ(parse_basis("verified:the council")->source, "the council");
    EXPECT_EQ(parse_basis("")->basis, schema::Basis::none);
    EXPECT_FALSE(parse_basis("verified"));
    EXPECT_FALSE(parse_basis("verified:"));
    EXPECT_FALSE(parse_basis("hearsay"));
}

TEST(Entry, AnEventHasATimeOrADay)
{
    EXPECT_EQ(to_string(*parse_event_time("2026-03-27")), "2026-03-27T00:00:00.000Z");
    EXPECT_EQ(to_string(*parse_event_time("2026-03-27T16:30:00+01:00")), "2026-03-27T15:30:00.000Z");
    EXPECT_FALSE(parse_event_time("27 March"));
}

TEST(OffsetClock, AnOffsetIsANumberAndAUnit)
{
    using namespace std::chrono_literals;
    EXPECT_EQ(*parse_offset("0y"), 0ms);
    EXPECT_EQ(*parse_offset("-10y"), -10 * 8766h);
    EXPECT_EQ(*parse_offset("+3d"), 72h);
    EXPECT_EQ(*parse_offset("90m"), 90min);
    for (const char* wrong :
         {"", "y", "10", "-", "+y", "1.5y", "10 y", "101y", "-101y", "9223372036854775807s", "1w", "--1d", "+-1d"})
        EXPECT_FALSE(parse_offset(wrong) && *wrong != '+') << wrong;
}

}  // namespace
}  // namespace satchel::client::app
