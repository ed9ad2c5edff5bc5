// Every story through the two programs, in every order in which the devices can come back (with CI unset: in two).
//
// A world is built and the offline work recorded once for each story; each order is played on a fresh copy of it.
#include <cstdlib>
#include <filesystem>
#include <iostream>

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

std::vector<std::vector<std::string>> orders_to_play(const Story& story)
{
    auto all = orders_of(story);
    if (std::getenv("CI") || all.size() <= 2)
        return all;
    return {all.front(), all.back()};
}

// What a device's syncing brought, summed over rounds: the rulings that it was told of.
void play(const Story& story, const std::map<std::string, std::string>& clocks)
{
    Scratch scratch;
    World world(SATCHEL_PROGRAMS, scratch.path / "world");
    world.create_hub();
    prepare(world, {story});
    for (const auto& [name, offset] : clocks)
        world.set_clock(name, offset);
    record_offline(world, story);
    for (const auto& order : orders_to_play(story)) {
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
        EXPECT_EQ(copy.stop(), 0) << "the hub does not stop cleanly";
        if (::testing::Test::HasFailure())
            return;  // one order tells enough
    }
}

class Stories : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Stories, ComeOutAlikeInEveryOrder)
{
    play(stories().at(GetParam()), {});
}

// Story 15: no clock takes part in any ruling.
TEST_P(Stories, ComeOutAlikeWithClocksTenYearsWrong)
{
    std::map<std::string, std::string> clocks;
    int n = 0;
    for (const auto& who : cast())
        clocks[who.name] = n++ % 2 == 0 ? "-10y" : "+10y";
    play(stories().at(GetParam()), clocks);
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
