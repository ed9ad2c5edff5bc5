// What rulings and effects make of a case. The fold decides nothing: it takes whatever was ruled, also what is no longer there.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "small_policy.hpp"

namespace satchel::test {
namespace {

using schema::Op;
using schema::Resolution;

class Fold : public testing::Test {
protected:
    CaseState state;
    const RecordId id = number_id<RecordId>(4, 1);
    const schema::TypeId type = schema::type_id("address");
    const schema::GroupId group_id = schema::group_id("address", "where");
    const schema::FieldId field = schema::field_id("address", "where", "lines");
    std::uint32_t versions = 0;

    schema::FieldValues lines(const std::string& text) const { return {{field, text}}; }
    VersionId fold_in(schema::Change change, Outcome outcome, const std::string& rule = "owner")
    {
        Ruling ruling;
        ruling.outcome = outcome;
        ruling.rule = rule;
        return fold_in(std::move(change), ruling);
    }
    VersionId fold_in(schema::Change change, const Ruling& ruling)
    {
        change.record = id;
        change.type = type;
        change.group = group_id;
        OpenedChangeset changeset;
        changeset.header.hat = {"police", {}, "police.offender_manager"};
        changeset.changes = {std::move(change)};
        changeset.versions = {number_id<VersionId>(6, ++versions)};
        fold(state, changeset, std::vector{ruling});
        return changeset.versions.front();
    }
    schema::Change sets(const std::string& text) const
    {
        schema::Change out;
        out.values = lines(text);
        return out;
    }
    schema::Change does(Op op, std::vector<VersionId> targets = {}, Resolution how = Resolution::none) const
    {
        schema::Change out;
        out.op = op;
        out.targets = std::move(targets);
        out.resolution = how;
        return out;
    }
    GroupState& group() { return state.records.at(id).group_for(group_id); }
    std::string current() { return to_text(group().current.values.front().value); }
};

TEST_F(Fold, WhatWaitsIsOvertakenOnlyByAValueThatSaysTheSame)
{
    fold_in(sets("1"), Outcome::applied);
    fold_in(sets("2"), Outcome::suggested, "not-owner");
    auto adds = sets("2");
    adds.op = Op::add;
    fold_in(adds, Outcome::suggested, "not-owner");
    auto removes = sets("2");
    removes.op = Op::remove;
    fold_in(removes, Outcome::suggested, "not-owner");
    fold_in(sets("2"), Outcome::conflict, "edited-while-withdrawn");
    schema::Change nothing_yet;
    assign(nothing_yet.values, schema::FieldId{99}, std::string("2"));
    fold_in(nothing_yet, Outcome::suggested, "not-owner");
    ASSERT_EQ(group().open.size(), 5u);
    fold_in(sets("2"), Outcome::applied);
    ASSERT_EQ(group().open.size(), 4u);
    EXPECT_TRUE(group().open[0].adds);
    EXPECT_TRUE(group().open[1].removes);
    EXPECT_EQ(group().open[2].rule, "edited-while-withdrawn");
}

TEST_F(Fold, OnlyTheLatestThatAgreedAreRemembered)
{
    fold_in(sets("1"), Outcome::applied);
    const auto first = fold_in(sets("1"), Outcome::merged, "same-value");
    for (int i = 0; i < 16; ++i)
        fold_in(sets("1"), Outcome::merged, "same-value");
    EXPECT_EQ(group().agreed.size(), 16u);
    EXPECT_EQ(std::count(group().agreed.begin(), group().agreed.end(), first), 0);
}

TEST_F(Fold, WhoLeavesOutWhatTheRecordLeavesOpenAgreesWithTheWhole)
{
    auto first = sets("1");
    assign(first.values, schema::FieldId{99}, schema::Null{});
    fold_in(first, Outcome::applied);
    const auto agrees = fold_in(sets("1"), Outcome::merged, "same-value");
    EXPECT_EQ(group().agreed, std::vector{agrees});
    assign(group().current.values, schema::FieldId{99}, std::string("2"));
    fold_in(sets("1"), Outcome::merged, "same-value");
    EXPECT_EQ(group().agreed, std::vector{agrees}) << "it has not seen the rest";
}

TEST_F(Fold, AnAcceptedWithdrawalWithdrawsAndAnAcceptedRemovalRemoves)
{
    const auto element = fold_in(does(Op::add), Outcome::applied);
    const auto removal = fold_in(does(Op::remove, {element}), Outcome::suggested, "not-owner");
    const auto withdrawal = fold_in(does(Op::withdraw), Outcome::suggested, "not-supplier");
    ASSERT_EQ(group().elements.size(), 1u);
    fold_in(does(Op::resolve, {removal}, Resolution::accept), Outcome::applied, "accepted");
    EXPECT_TRUE(group().elements.empty());
    const auto version = fold_in(does(Op::resolve, {withdrawal}, Resolution::accept), Outcome::applied, "accepted");
    EXPECT_EQ(state.records.at(id).withdrawn, version);
    EXPECT_TRUE(group().open.empty());
}

TEST_F(Fold, AnAmendedSuggestionSaysWhatItsResolverSays)
{
    fold_in(sets("1"), Outcome::applied);
    const auto open = fold_in(sets("2"), Outcome::suggested, "not-owner");
    auto amends = does(Op::resolve, {open}, Resolution::amend);
    amends.values = lines("3");
    fold_in(amends, Outcome::applied, "amended");
    EXPECT_EQ(current(), "3");
    EXPECT_TRUE(group().open.empty());
}

TEST_F(Fold, TheValueBeforeBothComesBackWithItsAuthor)
{
    fold_in(sets("1"), Outcome::applied);
    state.records.at(id).group_for(group_id).current.source.agency = "probation";
    fold_in(sets("2"), Outcome::applied);
    const auto open = fold_in(sets("3"), Outcome::conflict, "concurrent");
    fold_in(does(Op::resolve, {open}, Resolution::previous), Outcome::applied, "resolved");
    EXPECT_EQ(current(), "1");
    EXPECT_EQ(group().current.source.agency, "probation");
}

TEST_F(Fold, WhatNamesNothingThatWaitsSettlesNothingAndSoDoesAComment)
{
    fold_in(sets("1"), Outcome::applied);
    const auto open = fold_in(sets("2"), Outcome::suggested, "not-owner");
    const auto other = fold_in(sets("3"), Outcome::suggested, "not-owner");
    fold_in(does(Op::resolve, {}, Resolution::accept), Outcome::applied);
    fold_in(does(Op::resolve, {number_id<VersionId>(6, 999)}, Resolution::accept), Outcome::applied);
    fold_in(does(Op::resolve, {open}, Resolution::comment), Outcome::applied);
    fold_in(does(Op::resolve, {open}, Resolution::escalate), Outcome::applied);
    EXPECT_EQ(group().open.size(), 2u);
    EXPECT_EQ(current(), "1");
    fold_in(does(Op::resolve, {}, Resolution::accept), Outcome::suggested, "second-person");
    EXPECT_TRUE(group().open.front().proposed.id.empty()) << "a first decision about nothing";
    const auto first = fold_in(does(Op::resolve, {other}, Resolution::accept), Outcome::suggested, "second-person");
    EXPECT_TRUE(group().open[0].proposed.id.empty());
    EXPECT_EQ(group().open[1].proposed.id, first);
}

TEST_F(Fold, ATaskThatIsNotThereChangesNothingAndADoneOneStaysDone)
{
    const auto task = number_id<TaskId>(5, 1);
    fold_in(does(Op::task, {}, Resolution::done), Outcome::applied, "task");
    fold_in(does(Op::task, {VersionId{task.bytes}}, Resolution::done), Outcome::applied, "task");
    EXPECT_TRUE(state.tasks.empty());
    state.tasks[task].state = Task::State::open;
    fold_in(does(Op::task, {VersionId{task.bytes}}, Resolution::acknowledged), Outcome::applied, "task");
    EXPECT_EQ(state.tasks[task].state, Task::State::acknowledged);
    fold_in(does(Op::task, {VersionId{task.bytes}}, Resolution::done), Outcome::applied, "task");
    fold_in(does(Op::task, {VersionId{task.bytes}}, Resolution::acknowledged), Outcome::applied, "task");
    EXPECT_EQ(state.tasks[task].state, Task::State::done);
}

TEST_F(Fold, AnEffectOnWhatIsNotThereChangesNothing)
{
    const auto before = state;
    for (const auto kind : {Effect::Kind::task_closed, Effect::Kind::stale, Effect::Kind::link, Effect::Kind::late,
                            Effect::Kind::outside, Effect::Kind::voided, Effect::Kind::returned}) {
        Effect effect;
        effect.kind = kind;
        effect.record = id;
        effect.task.id = number_id<TaskId>(5, 1);
        fold(state, effect);
        EXPECT_EQ(state.records, before.records);
        EXPECT_EQ(state.tasks, before.tasks);
    }
}

TEST_F(Fold, AFactWithoutAValueIsNoFact)
{
    Effect fact;
    fact.name = "custody";
    fact.text = "yes";
    fold(state, fact);
    EXPECT_EQ(state.fact("custody"), "yes");
    fact.text.clear();
    fold(state, fact);
    EXPECT_TRUE(state.facts.empty());
}

TEST_F(Fold, TheSameReasonMakesStaleOnceAndTheSameLinkIsOneLink)
{
    const auto other = number_id<RecordId>(4, 2);
    state.records[id].id = id;
    state.records[other].id = other;
    Effect effect;
    effect.kind = Effect::Kind::stale;
    effect.record = id;
    effect.cause = number_id<VersionId>(6, 1);
    fold(state, effect);
    fold(state, effect);
    EXPECT_EQ(state.records[id].stale.size(), 1u);

    effect.kind = Effect::Kind::link;
    effect.other = other;
    effect.rule = "same-visit";
    fold(state, effect);
    effect.flag = true;
    fold(state, effect);
    ASSERT_EQ(state.records[id].links.size(), 1u);
    EXPECT_TRUE(state.records[id].links.front().discrepancy);
    EXPECT_EQ(state.records[other].links, (std::vector<RecordLink>{{id, "same-visit", true}})) << "kept at both ends";
    effect.rule = "same-person";
    fold(state, effect);
    EXPECT_EQ(state.records[id].links.size(), 2u) << "another rule says it for another reason";
    effect.other = id;
    fold(state, effect);
    EXPECT_EQ(state.records[id].links.size(), 3u) << "a record that differs in itself";
    EXPECT_EQ(state.records[other].links.size(), 2u);
}

}  // namespace
}  // namespace satchel::test
