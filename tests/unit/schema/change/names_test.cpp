// The words of histories. People search old printouts and scripts filter by them: none changes by accident.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/change/names.hpp"

using namespace satchel::schema;
using testing::ElementsAre;

TEST(ChangeNames, EveryOperationHasItsWord)
{
    std::vector<std::string_view> words;
    for (const auto op : {Op::set, Op::add, Op::remove, Op::withdraw, Op::resolve, Op::task})
        words.push_back(name(op));
    EXPECT_THAT(words, ElementsAre("set", "add", "remove", "withdraw", "resolve", "task"));
}

TEST(ChangeNames, EveryResolutionHasItsWordAndWhatDecidesNothingHasNone)
{
    std::vector<std::string_view> words;
    for (auto how = Resolution::accept; how <= Resolution::escalate; how = Resolution(static_cast<int>(how) + 1))
        words.push_back(name(how));
    EXPECT_THAT(words, ElementsAre("accept", "amend", "decline", "choose A", "choose B", "both", "previous", "withdraw",
                                   "comment", "escalate"));
    for (const auto how : {Resolution::none, Resolution::acknowledged, Resolution::done})
        EXPECT_EQ(name(how), "");
}

TEST(ChangeNames, ABasisSaysWhoCheckedIt)
{
    EXPECT_EQ(name(Basis::none, ""), "");
    EXPECT_EQ(name(Basis::observed, ""), "observed");
    EXPECT_EQ(name(Basis::self_reported, ""), "self_reported");
    EXPECT_EQ(name(Basis::verified, "Land Registry"), "verified:Land Registry");
}
