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

TEST(Entry, OneElementMayBeAnObjectByItself)
{
    const auto one = entries_from(R"({"add":{"kind":"y","name":"z"}})", {});
    ASSERT_EQ(problem(one), "ok");
    const auto& typed = one->front().typed;
    ASSERT_EQ(typed.size(), 2u);
    EXPECT_TRUE(typed[0].begins);
    EXPECT_FALSE(typed[1].begins);
    EXPECT_EQ(typed[1].field, "name");
    EXPECT_EQ(typed[1].value, "z");
}

TEST(Entry, WhatIsRemovedIsOneNameOrAListOfThem)
{
    const auto one = entries_from(R"({"remove":"raises"})", {});
    ASSERT_EQ(problem(one), "ok");
    ASSERT_EQ(one->front().removals.size(), 1u);
    EXPECT_EQ(one->front().removals[0].name, "raises");
    EXPECT_FALSE(one->front().removals[0].value);
    const auto two = entries_from(R"({"remove":["raises","why=Reported=twice"]})", {});
    ASSERT_EQ(problem(two), "ok");
    ASSERT_EQ(two->front().removals.size(), 2u);
    EXPECT_EQ(two->front().removals[1].name, "why");
    EXPECT_EQ(two->front().removals[1].value, "Reported=twice");
    EXPECT_EQ(problem(entries_from(R"({"remove":["raises",7]})", {})),
              "malformed: \"remove\" is a list of GROUP or GROUP=ELEMENT");
    EXPECT_EQ(problem(entries_from(R"({"remove":[7,"raises"]})", {})),
              "malformed: \"remove\" is a list of GROUP or GROUP=ELEMENT");
}

TEST(Entry, ATextOfARecordIsTextOrLeftOut)
{
    EXPECT_EQ(problem(entries_from(R"({"reason":7})", {})), "malformed: \"reason\" is text");
    Entry defaults;
    defaults.reason = "because";
    const auto one = entries_from(R"({"reason":null,"set":{"a":false}})", defaults);
    ASSERT_EQ(problem(one), "ok");
    EXPECT_EQ(one->front().reason, "because");
    EXPECT_EQ(one->front().typed.at(0).value, "no");
}

TEST(Entry, AnOptionNamesItsField)
{
    for (const char* wrong : {"=5 Nowhere Court", "5 Nowhere Court"}) {
        console::Invocation in;
        in.values["set"] = {wrong};
        EXPECT_EQ(problem(entry_from(in)), "invalid_argument: --set is FIELD=VALUE") << wrong;
    }
    console::Invocation in;
    in.values["add"] = {"At the river"};
    EXPECT_EQ(problem(entry_from(in)), "invalid_argument: --add is FIELD=VALUE");
    in.values["add"] = {"line=At the river"};
    in.values["event-at"] = {"2026-03-27"};
    const auto told = entry_from(in);
    ASSERT_EQ(problem(told), "ok");
    EXPECT_EQ(told->typed.at(0).value, "At the river");
    EXPECT_EQ(to_string(*told->event_at), "2026-03-27T00:00:00.000Z");
}

TEST(Entry, OneLineThatIsNoJsonIsToldWithoutANumber)
{
    const auto told = problem(entries_from("\n{\"set\":}\n", {}));
    EXPECT_TRUE(told.starts_with("malformed: ")) << told;
    EXPECT_EQ(told.find("line 2: "), std::string::npos) << told;
}

TEST(Entry, BetweenSeveralRecordsAnEmptyLineIsNone)
{
    const auto two = entries_from("{\"set\":{\"a\":\"1\"}}\n \t\n\n{\"set\":{\"a\":\"2\"}}", {});
    ASSERT_EQ(problem(two), "ok");
    EXPECT_EQ(two->size(), 2u);
    EXPECT_TRUE(problem(entries_from("{\"set\":{\"a\":\"1\"}}\n\n{\"set\":[]}\n", {}))
                    .starts_with("malformed: line 3: \"set\" is an object of fields"));
}

TEST(Entry, ManyRecordsHaveAnEnd)
{
    std::string lines;
    for (std::size_t i = 0; i < entries_max; ++i)
        lines += "{}\n";
    EXPECT_EQ(entries_from(lines, {})->size(), entries_max);
    EXPECT_EQ(problem(entries_from(lines + "{}\n", {})),
              "too_large: the input holds more than " + std::to_string(entries_max) + " records");
    EXPECT_EQ(problem(entries_from(std::string(entries_bytes_max + 1, ' '), {})),
              "too_large: the input is longer than 64 MiB");
}

TEST(Entry, ABasisIsOneOfThree)
{
    EXPECT_EQ(parse_basis("observed")->basis, schema::Basis::observed);
    EXPECT_EQ(parse_basis("verified:the council")->source, "the council");
    EXPECT_EQ(parse_basis("")->basis, schema::Basis::none);
    EXPECT_EQ(parse_basis("self_reported")->basis, schema::Basis::self_reported);
    EXPECT_EQ(parse_basis("verified:" + std::string(247, 'x'))->source.size(), 247u);
    EXPECT_FALSE(parse_basis("verified:" + std::string(248, 'x')));
    EXPECT_FALSE(parse_basis("verified:the council\a"));
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
    EXPECT_EQ(*parse_offset("-2h"), -2h);
    for (const char* wrong :
         {"", "y", "10", "-", "+y", "1.5y", "10 y", "101y", "-101y", "9223372036854775807s", "1w", "--1d", "+-1d"})
        EXPECT_FALSE(parse_offset(wrong) && *wrong != '+') << wrong;
}

}  // namespace
}  // namespace satchel::client::app
