// Which of two values protects more, and which one readers act on.
#include <gtest/gtest.h>

#include "small_policy.hpp"
#include "sync/core/protection.hpp"
#include "sync/core/text3.hpp"

namespace satchel::test {
namespace {

using namespace satchel::sync;
using Kind = schema::SafeSide::Kind;

constexpr schema::FieldId field{1};

schema::Group group_with(Kind kind, std::string value = {})
{
    schema::Group group;
    group.fields.resize(1);
    group.fields.front().id = field;
    group.fields.front().choices = {"low", "medium", "high"};
    group.safe_side = schema::SafeSide{kind, field, std::move(value), true, false, {}};
    return group;
}

schema::FieldValues of(schema::Value value) { return {{field, std::move(value)}}; }
schema::FieldValues level(std::string value) { return of(std::move(value)); }

TEST(Protection, WithoutASafeSideNothingProtectsMore)
{
    EXPECT_EQ(more_protective({}, level("high"), level("low")), Protects::same);
}

TEST(Protection, AValueIsMoreThanNoneAndNoneIsNotLess)
{
    const auto group = group_with(Kind::later_choice);
    for (const auto& none : {schema::FieldValues{}, of(schema::Null{})}) {
        EXPECT_EQ(more_protective(group, level("low"), none), Protects::more);
        EXPECT_EQ(more_protective(group, none, level("low")), Protects::same);
    }
}

TEST(Protection, AValueProtectsWhereItIsMoreThanTheLeast)
{
    const auto choice = group_with(Kind::later_choice);
    EXPECT_FALSE(protects(choice, {}));
    EXPECT_FALSE(protects(choice, of(schema::Null{})));
    EXPECT_FALSE(protects(choice, level("")));
    EXPECT_FALSE(protects(choice, level("low"))) << "the weakest";
    EXPECT_TRUE(protects(choice, level("medium")));
    EXPECT_TRUE(protects(group_with(Kind::earlier), of(Date{20})));
    EXPECT_FALSE(protects(group_with(Kind::earlier), {}));
    EXPECT_TRUE(protects(group_with(Kind::value, "yes"), level("yes")));
    EXPECT_FALSE(protects(group_with(Kind::value, "yes"), level("no")));
    EXPECT_FALSE(protects({}, level("yes"))) << "no safe side";
}

TEST(Protection, TheLaterChoiceProtectsMore)
{
    const auto group = group_with(Kind::later_choice);
    EXPECT_EQ(more_protective(group, level("high"), level("low")), Protects::more);
    EXPECT_EQ(more_protective(group, level("low"), level("high")), Protects::less);
    EXPECT_EQ(more_protective(group, level("low"), level("low")), Protects::same);
}

TEST(Protection, TheEarlierDateProtectsMore)
{
    const auto group = group_with(Kind::earlier);
    EXPECT_EQ(more_protective(group, of(Date{10}), of(Date{20})), Protects::more);
    EXPECT_EQ(more_protective(group, of(Date{20}), of(Date{10})), Protects::less);
    EXPECT_EQ(more_protective(group, level("10"), of(Date{20})), Protects::same) << "not a date";
    EXPECT_EQ(more_protective(group, of(Date{10}), level("20")), Protects::same);
}

TEST(Protection, OneNamedValueProtectsMore)
{
    const auto group = group_with(Kind::value, "yes");
    EXPECT_EQ(more_protective(group, level("yes"), level("no")), Protects::more);
    EXPECT_EQ(more_protective(group, level("no"), level("yes")), Protects::less);
    EXPECT_EQ(more_protective(group, level("no"), level("perhaps")), Protects::same);
}

TEST(Protection, OnlyASaferSideOfAConflictThatStandsIsShown)
{
    const auto group = group_with(Kind::later_choice);
    GroupState state;
    state.current.values = level("medium");
    const auto shown = [&](OpenItem::Kind kind, bool stands, const std::string& side) {
        OpenItem item;
        item.kind = kind;
        item.stands = stands;
        item.side.values = level(side);
        state.open = {item};
        return to_text(shown_values(group, state).front().value);
    };
    EXPECT_EQ(shown(OpenItem::Kind::conflict, true, "high"), "high");
    EXPECT_EQ(shown(OpenItem::Kind::conflict, true, "low"), "medium");
    EXPECT_EQ(shown(OpenItem::Kind::conflict, false, "high"), "medium");
    EXPECT_EQ(shown(OpenItem::Kind::suggestion, true, "high"), "medium");
}

TEST(Protection, AnySaferViewPromptsButNoRemoval)
{
    const auto group = group_with(Kind::later_choice);
    GroupState state;
    state.current.values = level("medium");
    OpenItem item;
    item.side.values = level("high");
    state.open = {item};
    EXPECT_EQ(to_text(prompting_values(group, state).front().value), "high");
    state.open.front().side.values = level("low");
    EXPECT_EQ(to_text(prompting_values(group, state).front().value), "medium");
    item.removes = true;
    state.open = {item};
    EXPECT_EQ(to_text(prompting_values(group, state).front().value), "medium");
}

TEST(Text3, AnEditThatAddsOrDropsLinesAtTheEndIsOneRegion)
{
    EXPECT_EQ(merge_text("a\nb\nc", "a", "a\nb\nc\nd"), std::nullopt);
    EXPECT_EQ(merge_text("a\nb\nc\nd\ne", "a\nb\nc", "A\nb\nc\nd\ne"), "A\nb\nc");
}

TEST(Text3, WhoChangedNothingChangesNothing)
{
    EXPECT_EQ(merge_text("a", "b", "a"), "b");
    EXPECT_EQ(merge_text("a", "a", "c"), "c");
}

TEST(Text3, FieldsThatOneSideChangedTakeItsValueAndOthersMergeAsTextOnly)
{
    constexpr schema::FieldId other{2};
    const auto both = [](const schema::Value& a, const schema::Value& b) { return schema::FieldValues{{field, a}, {other, b}}; };
    const auto text = [](std::string_view s) { return schema::Value{std::string(s)}; };
    const auto base = both(text("a"), text("x"));
    EXPECT_EQ(merge_text_values(base, both(text("b"), text("x")), both(text("a"), text("y"))), both(text("b"), text("y")));
    EXPECT_EQ(merge_text_values(base, both(text("b"), text("x")), both(text("b"), text("x"))), both(text("b"), text("x")));
    EXPECT_EQ(merge_text_values(base, both(text("b"), text("x")), both(text("c"), text("x"))), std::nullopt);
    EXPECT_EQ(merge_text_values({}, both(text("b"), text("x")), both(text("c"), text("x"))), std::nullopt) << "nothing before";
    EXPECT_EQ(merge_text_values(base, both(Date{1}, text("x")), both(text("c"), text("x"))), std::nullopt);
    EXPECT_EQ(merge_text_values(base, both(text("b"), text("x")), both(Date{1}, text("x"))), std::nullopt);
}

TEST(Text3, WhatWouldNotFitIntoOneChangeIsNotMerged)
{
    schema::FieldValues ours, theirs;
    for (std::uint32_t i = 0; i < schema::values_per_change_max; ++i)
        assign(ours, schema::FieldId{i + 1}, std::string("ours"));
    assign(theirs, schema::FieldId{1'000'000}, std::string("theirs"));
    EXPECT_EQ(merge_text_values({}, ours, theirs), std::nullopt);
}

}  // namespace
}  // namespace satchel::test
