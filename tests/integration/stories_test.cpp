// Every story through the two programs, in every order in which the devices can come back (with CI unset: in two).
//
// A world is built and the offline work recorded once for each story; each order is played on a fresh copy of it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "scratch.hpp"
#include "tools/demo/story.hpp"

namespace satchel::demo {
namespace {

std::string joined(const std::vector<std::string>& words)
{
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : ", ") + word;
    return out;
}

using Orders = std::vector<std::vector<std::string>>;

// SATCHEL_ORDERS=one plays one order of each story: for builds that are much slower, such as those under sanitizers.
Orders orders_to_play(const Story& story)
{
    auto all = orders_of(story);
    if (const char* wanted = std::getenv("SATCHEL_ORDERS"); wanted && std::string_view(wanted) == "one")
        return {all.back()};
    if (std::getenv("CI") || all.size() <= 2)
        return all;
    return {all.front(), all.back()};
}

// What every device was told became of its work and of others', by kind of ruling.
using Told = std::map<std::string, std::map<std::string, std::int64_t>>;

// The agreement built in, with the number of a next version: it decides alike.
std::filesystem::path agreement_that_decides_alike(const std::filesystem::path& folder)
{
    std::filesystem::create_directory(folder);
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(SATCHEL_SOURCE_TREE) / "schema/policy/bundle")) {
        if (file.path().extension() != ".toml")
            continue;
        std::ifstream in(file.path());
        std::string text(std::istreambuf_iterator<char>(in), {});
        if (const auto at = text.find("\nversion = "); at != std::string::npos)
            text.insert(at + std::string("\nversion = ").size(), "9");
        std::ofstream(folder / file.path().filename()) << text;
    }
    return folder;
}

Told play(const Story& story, const std::map<std::string, std::string>& clocks, const Orders& orders)
{
    Told told;
    Scratch scratch;
    World world(SATCHEL_PROGRAMS, scratch.path / "world");
    world.listen({nullptr, [&](const std::string& who, const Answer& answer) {
                      const auto rulings = answer.at("rulings");
                      if (rulings.is_object())
                          for (const auto& [kind, count] : rulings.as_object())
                              told[who][std::string(kind)] += count.to_number<std::int64_t>();
                  }});
    world.create_hub();
    prepare(world, {story});
    for (const auto& [name, offset] : clocks)
        world.set_clock(name, offset);
    record_offline(world, story);
    for (const auto& order : orders) {
        SCOPED_TRACE("order: " + joined(order));
        auto copy = world.copy(scratch.path / "played");
        come_back(copy, story, order);
        Check check;
        story.outcome(copy, check);
        for (const auto& failure : check.failures())
            ADD_FAILURE() << failure;
        EXPECT_GT(check.checked(), 0);
        const auto verified = copy.hub({"verify"});
        EXPECT_EQ(verified.exit_code, 0) << json::serialize(verified.data) << verified.err;
        const auto alike = copy.hub({"policy", "dry-run", agreement_that_decides_alike(scratch.path / "next").string(), "--days", "30"});
        EXPECT_EQ(alike.exit_code, 0) << alike.err;
        EXPECT_EQ(json::serialize(alike.at("publishable")), "true") << json::serialize(alike.data);
        for (const auto* none : {"differ", "follow"})
            EXPECT_EQ(json::serialize(alike.at(none)), "0") << json::serialize(alike.data);
        EXPECT_EQ(copy.stop(), 0) << "the hub does not stop cleanly";
        if (::testing::Test::HasFailure())
            return told;  // one order tells enough
    }
    return told;
}

class Stories : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Stories, ComeOutAlikeInEveryOrder)
{
    const auto& story = stories().at(GetParam());
    play(story, {}, orders_to_play(story));
}

// Story 15: no clock takes part in any ruling. The same order twice, with right clocks and with clocks ten years wrong,
// and everybody is told the same.
TEST_P(Stories, HaveTheSameRulingsWithClocksTenYearsWrong)
{
    const auto& story = stories().at(GetParam());
    std::map<std::string, std::string> clocks;
    int n = 0;
    for (const auto& who : cast())
        clocks[who.name] = n++ % 2 == 0 ? "-10y" : "+10y";
    const Orders order{orders_of(story).back()};
    const auto right = play(story, {}, order);
    const auto wrong = play(story, clocks, order);
    EXPECT_FALSE(right.empty());
    if (!story.connect) {  // over a line that is cut, it is chance in which session a ruling is heard
        EXPECT_EQ(right, wrong);
    }
}

std::vector<std::size_t> indices()
{
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < stories().size(); ++i)
        out.push_back(i);
    return out;
}

std::string name_of(const ::testing::TestParamInfo<std::size_t>& info)
{
    std::string out = "S" + std::to_string(stories().at(info.param).number) + "_";
    for (const char c : stories().at(info.param).title)
        if (std::isalnum(static_cast<unsigned char>(c)))
            out += c;
    return out;
}

INSTANTIATE_TEST_SUITE_P(All, Stories, ::testing::ValuesIn(indices()), name_of);

}  // namespace
}  // namespace satchel::demo
