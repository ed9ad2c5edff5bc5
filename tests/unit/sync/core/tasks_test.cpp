// Tasks for roles, the clocks of those that have a last day, and what is passed up.
#include <gtest/gtest.h>

#include "reacting.hpp"

namespace satchel::test {
namespace {

using schema::Authority;
using schema::Op;
using schema::Resolution;
using State = Task::State;

class Tasks : public Reacting {
protected:
    schema::Notify& rule() { return type_in(policy, "address").notify.front(); }
    Task& there(std::uint32_t n, const std::string& rule_id, const std::string& role, std::uint32_t record, const std::string& type,
                const std::string& group, State task_state = State::open)
    {
        const auto id = number_id<TaskId>(5, n);
        auto& task = state.tasks[id];
        task.id = id;
        task.rule = rule_id;
        task.role = role;
        task.record = number_id<RecordId>(4, record);
        task.type = schema::type_id(type);
        task.group = schema::group_id(type, group);
        task.state = task_state;
        task.cause = number_id<VersionId>(6, 1000 + record);
        return task;
    }
    std::vector<Effect> moves()
    {
        has(1, "address", "where", "probation");
        return react(edit(1, "address", "where", {{"lines", "2 Invented Row"}}));
    }
    static std::vector<TaskId> closed(const std::vector<Effect>& effects)
    {
        std::vector<TaskId> out;
        for (const auto& effect : effects)
            if (effect.kind == Effect::Kind::task_closed)
                out.push_back(effect.task.id);
        return out;
    }
    const std::string police = "police.offender_manager";
    const std::string coordination = "coordination.coordinator";
};

TEST_F(Tasks, ARoleIsToldOnceHoweverOftenItIsNamed)
{
    rule().roles = {police, "agency:police", "nobody the agreement could mean"};
    EXPECT_EQ(opened(moves()).size(), 1u);
}

TEST_F(Tasks, AnAgencyThatTheAgreementDoesNotKnowIsCalledWhatItCallsItself)
{
    rule().task = "From {agency}, by {agency}";
    EXPECT_EQ(opened(moves()).at(0).words, "From Probation, by Probation");
    hat.agency = "council";
    EXPECT_EQ(opened(moves()).at(0).words, "From council, by council");
}

TEST_F(Tasks, OneOpenTaskForEachRuleRoleAndPartIsEnoughWhereTheAgreementSaysSo)
{
    rule().coalesce = true;
    EXPECT_EQ(opened(moves()).size(), 1u);
    const auto& address = rule().id;
    there(1, "another-rule", police, 2, "address", "where");
    there(2, address, coordination, 2, "address", "where");
    there(3, address, police, 2, "concern", "body");
    there(4, address, police, 2, "address", "where").group = schema::GroupId{99};
    there(5, address, police, 2, "address", "where", State::done);
    EXPECT_EQ(opened(moves()).size(), 1u) << "each about something else, or done";
    there(6, address, police, 2, "address", "where");
    EXPECT_TRUE(opened(moves()).empty());
    group_in(policy, "address", "where").audience.clauses.front().who.push_back({Authority::Kind::supplier, {}, {}});
    EXPECT_EQ(opened(moves()).size(), 1u) << "who may see the one record may not see the other";
    there(6, address, police, 1, "address", "where");
    EXPECT_TRUE(opened(moves()).empty());
}

// --- clocks ---------------------------------------------------------------------------------------------------------

class Clocks : public Tasks {
protected:
    const std::string practitioner = "probation.practitioner";
    schema::Deadline& deadline() { return policy.deadlines.front(); }
    std::vector<Effect> reviewed(std::uint32_t n, const std::string& held_on, Outcome outcome = Outcome::applied)
    {
        auto& record = has(n, "review", "held", "probation");
        record.groups.front().current.values = values("review", {{"held_on", held_on}});
        return react(edit(n, "review", "held", {{"held_on", held_on}}), outcome);
    }
    Task& clock(std::uint32_t n, std::uint32_t record, const std::string& due, State task_state)
    {
        auto& task = there(n, deadline().id, practitioner, record, "review", "held", task_state);
        task.due = parse_date(due).value();
        return task;
    }
    std::vector<Effect> withdrawn(std::uint32_t n)
    {
        next_version = number_id<VersionId>(6, 900 + n);
        auto& record = has(n, "review", "held", "probation");
        record.withdrawn = next_version;
        auto change = edit(n, "review", "held", {});
        change.op = Op::withdraw;
        auto effects = react(std::vector{change}, Outcome::applied, "supplier");
        next_version = {};
        return effects;
    }
};

TEST_F(Clocks, OnlyWhatIsInTheRecordStartsAClock)
{
    EXPECT_EQ(opened(reviewed(1, "2026-01-10")).size(), 1u);
    EXPECT_TRUE(opened(reviewed(1, "2026-01-10", Outcome::suggested)).empty());
    EXPECT_TRUE(opened(reviewed(1, "")).empty()) << "no date";
    deadline().applies.facts["custody"] = {"yes"};
    EXPECT_TRUE(opened(reviewed(1, "2026-01-10")).empty());
}

TEST_F(Clocks, ARoleThatTheAgreementDoesNotKnowGetsNoTask)
{
    deadline().role = "role:council.housing";
    EXPECT_TRUE(opened(reviewed(1, "2026-01-10")).empty());
}

TEST_F(Clocks, ARecordOfTheKindMeetsADeadlineThatAnotherKindStarted)
{
    deadline().type = "address";
    deadline().group = "where";
    deadline().field = schema::field_id("address", "where", "from");
    clock(1, 1, "2026-07-10", State::open);
    EXPECT_EQ(closed(reviewed(1, "2026-01-10")).size(), 1u);
    EXPECT_TRUE(opened(reviewed(1, "2026-01-10")).empty()) << "it starts none";
    has(2, "concern", "body", "probation");
    EXPECT_TRUE(react(edit(2, "concern", "body", {})).empty()) << "another kind neither starts nor meets it";
    deadline().closes_type.clear();
    EXPECT_TRUE(closed(reviewed(1, "2026-01-10")).empty()) << "it is done by hand";
}

TEST_F(Clocks, ALaterClockRunsOnUnlessItIsDone)
{
    clock(1, 2, "2026-12-01", State::acknowledged);
    EXPECT_TRUE(opened(reviewed(1, "2026-01-10")).empty());
    state.tasks.clear();
    clock(1, 2, "2026-12-01", State::open);
    EXPECT_TRUE(opened(reviewed(1, "2026-01-10")).empty());
    state.tasks.clear();
    clock(1, 2, "2026-12-01", State::done);
    EXPECT_EQ(opened(reviewed(1, "2026-01-10")).size(), 1u);
    state.tasks.clear();
    clock(1, 1, "2026-12-01", State::open);
    EXPECT_EQ(opened(reviewed(1, "2026-01-10")).size(), 1u) << "its own source date was moved back";
}

TEST_F(Clocks, TheTaskBeforeIsReplacedAlsoWhenItWasAcknowledgedButNotItself)
{
    clock(1, 2, "2026-06-01", State::acknowledged);
    clock(2, 2, "2026-06-01", State::done);
    there(3, "another-rule", practitioner, 2, "review", "held");
    EXPECT_EQ(closed(reviewed(1, "2026-01-10")), std::vector{number_id<TaskId>(5, 1)});
    next_version = number_id<VersionId>(6, 1002);
    EXPECT_TRUE(closed(reviewed(1, "2026-01-10")).empty()) << "the same version twice";
    next_version = {};
    EXPECT_TRUE(closed(reviewed(1, "")).empty()) << "without a date it replaces only its own";
}

TEST_F(Clocks, AWithdrawnRecordStopsItsOwnClockAndStartsTheLastBeforeItAgain)
{
    clock(1, 1, "2026-09-01", State::open);
    has(2, "review", "held", "probation");
    has(3, "review", "held", "probation");
    clock(2, 2, "2026-06-01", State::superseded);
    clock(3, 3, "2026-07-01", State::superseded);
    there(4, "another-rule", practitioner, 3, "review", "held", State::superseded).due = parse_date("2027-01-01").value();
    const auto effects = withdrawn(1);
    EXPECT_EQ(closed(effects), std::vector{number_id<TaskId>(5, 1)});
    ASSERT_EQ(opened(effects).size(), 1u);
    EXPECT_EQ(to_string(opened(effects).front().due), "2026-07-01");
    clock(3, 3, "2026-05-01", State::superseded);
    EXPECT_EQ(to_string(opened(withdrawn(1)).at(0).due), "2026-06-01");
}

TEST_F(Clocks, AClockThatAnotherRecordKeepsRunningIsNotStartedAgain)
{
    clock(1, 1, "2026-09-01", State::open);
    has(2, "review", "held", "probation");
    clock(2, 2, "2026-06-01", State::superseded);
    for (const std::uint32_t n : {0u, 3u}) {
        has(3, "review", "held", "probation");
        for (const auto runs : {State::open, State::acknowledged}) {
            clock(n, 3, "2026-08-01", runs);
            EXPECT_TRUE(opened(withdrawn(1)).empty());
        }
        clock(n, 3, "2026-08-01", State::done);
    }
    EXPECT_EQ(opened(withdrawn(1)).size(), 1u);
}

TEST_F(Clocks, WhatIsGoneOrSaysSomethingElseByNowStartsNoClock)
{
    const auto restarted = [&] { return opened(withdrawn(1)).size(); };
    has(2, "review", "held", "probation");
    clock(2, 2, "2026-06-01", State::superseded);
    EXPECT_EQ(restarted(), 1u);
    state.records[number_id<RecordId>(4, 2)].withdrawn = number_id<VersionId>(6, 60);
    EXPECT_EQ(restarted(), 0u);
    has(2, "review", "held", "probation").groups.front().current.id = number_id<VersionId>(6, 61);
    EXPECT_EQ(restarted(), 0u) << "a later version of it";
    has(2, "review", "held", "probation").groups.clear();
    EXPECT_EQ(restarted(), 0u);
    state.records.erase(number_id<RecordId>(4, 2));
    EXPECT_EQ(restarted(), 0u) << "not in the slice";
}

TEST_F(Clocks, AWithdrawnRecordNoLongerMeetsADeadlineUnlessAnotherDoes)
{
    deadline().type = "address";
    deadline().group = "where";
    deadline().field = schema::field_id("address", "where", "from");
    has(5, "address", "where", "probation");
    there(2, deadline().id, practitioner, 5, "address", "where", State::superseded).due = parse_date("2026-06-01").value();
    EXPECT_EQ(opened(withdrawn(1)).size(), 1u);
    has(6, "review", "held", "probation").withdrawn = number_id<VersionId>(6, 60);
    EXPECT_EQ(opened(withdrawn(1)).size(), 1u) << "nor does one that was withdrawn as well";
    has(6, "review", "held", "probation");
    EXPECT_TRUE(opened(withdrawn(1)).empty());
    deadline().closes_type = "a_type_of_another_agreement";
    type_in(policy, "address").notify.clear();
    next_version = number_id<VersionId>(6, 905);
    has(5, "address", "where", "probation").withdrawn = next_version;
    has(7, "address", "where", "probation");
    there(3, deadline().id, practitioner, 7, "address", "where", State::superseded).due = parse_date("2026-06-01").value();
    auto change = edit(5, "address", "where", {});
    change.op = Op::withdraw;
    EXPECT_EQ(opened(react(std::vector{change}, Outcome::applied, "supplier")).size(), 1u);
    deadline().closes_type.clear();
    EXPECT_TRUE(opened(react(std::vector{change}, Outcome::applied, "supplier")).empty()) << "it is done by hand";
}

// --- passed up -------------------------------------------------------------------------------------------------------

class Above : public Tasks {
protected:
    GroupState& waits(const std::string& decided_by, OpenItem::Kind kind = OpenItem::Kind::suggestion)
    {
        auto& group = has(1, "concern", "body", "probation").groups.front();
        OpenItem item;
        item.kind = kind;
        item.side.id = number_id<VersionId>(6, 500);
        item.side.source.agency = "police";
        item.decided_by = decided_by;
        group.open = {item};
        return group;
    }
    std::vector<Task> passed_up(std::vector<VersionId> targets = {number_id<VersionId>(6, 500)},
                                Resolution how = Resolution::escalate)
    {
        auto change = edit(1, "concern", "body", {});
        change.op = Op::resolve;
        change.targets = std::move(targets);
        change.resolution = how;
        return opened(react(change));
    }
    static std::vector<std::string> roles(const std::vector<Task>& tasks)
    {
        std::vector<std::string> out;
        for (const auto& task : tasks)
            out.push_back(task.role);
        return out;
    }
    void has_line_managers()
    {
        policy.roles.push_back({"police.supervisor", "Supervisor", "police", {"line_manager"}, coordination});
        policy.roles.push_back({"prison.governor", "Governor", "prison", {"line_manager"}, coordination});
    }
    using Roles = std::vector<std::string>;
};

TEST_F(Above, ToTheOneRoleThatDecidesIt)
{
    waits("role:prison.omu", OpenItem::Kind::conflict);
    const auto tasks = passed_up();
    EXPECT_EQ(roles(tasks), Roles{"prison.omu"});
    EXPECT_EQ(tasks.at(0).words, "Passed up by Probation: two versions wait for a decision");
}

TEST_F(Above, ToTheLineManagersOfTheSidesAndToTheUnitForASideThatIsMissing)
{
    has_line_managers();
    waits("an authority of another agreement");
    EXPECT_EQ(roles(passed_up()), Roles{"police.supervisor"});
    waits("lead_agency").current.source.agency.clear();
    EXPECT_EQ(roles(passed_up()), (Roles{"police.supervisor", coordination})) << "the record's own value is nobody's";
    policy.scope.coordination_role = "police.supervisor";
    EXPECT_EQ(roles(passed_up()), Roles{"police.supervisor"}) << "told once";
}

TEST_F(Above, WhatNoLongerWaitsIsNotPassedUp)
{
    waits("lead_agency");
    EXPECT_EQ(passed_up().size(), 1u);
    EXPECT_TRUE(passed_up({}).empty());
    EXPECT_TRUE(passed_up({number_id<VersionId>(6, 501)}).empty());
    state.records[number_id<RecordId>(4, 1)].groups.clear();
    EXPECT_TRUE(passed_up().empty());
    state.records.clear();
    EXPECT_TRUE(passed_up().empty());
}

TEST_F(Above, ACommentEndsNoTaskAndADecisionDoes)
{
    waits("lead_agency");
    there(1, "escalated", coordination, 1, "concern", "body");
    const auto ends = [&](Resolution how) {
        auto change = edit(1, "concern", "body", {});
        change.op = Op::resolve;
        change.targets = {number_id<VersionId>(6, 500)};
        change.resolution = how;
        return closed(react(change)).size();
    };
    EXPECT_EQ(ends(Resolution::comment), 0u);
    EXPECT_EQ(ends(Resolution::escalate), 0u);
    EXPECT_EQ(ends(Resolution::decline), 1u);
}

// --- what ruling on a change needs of its case -----------------------------------------------------------------------

class Slices : public Reacting {
protected:
    SliceNeeds needs(schema::Change change)
    {
        OpenedChangeset changeset;
        changeset.changes = {std::move(change)};
        return slice_needs(policy, changeset);
    }
    using Types = std::set<schema::TypeId>;
    const schema::TypeId address = schema::type_id("address"), plan = schema::type_id("trigger_plan");
};

TEST_F(Slices, ACommonRecordNeedsItselfAndWhatItCites)
{
    auto change = edit(1, "concern", "body", {{"text", "x"}});
    assign(change.values, schema::FieldId{7}, schema::Ref{number_id<RecordId>(4, 2)});
    const auto found = needs(change);
    EXPECT_EQ(found.records, (std::set{number_id<RecordId>(4, 1), number_id<RecordId>(4, 2)}));
    EXPECT_TRUE(found.types.empty());
    EXPECT_FALSE(found.tasks);
    change.type = schema::TypeId{99};
    EXPECT_TRUE(needs(change).types.empty());
    change.op = Op::task;
    EXPECT_TRUE(needs(change).tasks);
    EXPECT_TRUE(needs(change).records.empty());
}

TEST_F(Slices, ASuccessionNeedsTheWholeTypeAndAStaleMarkTheOther)
{
    EXPECT_EQ(needs(edit(1, "address", "where", {})).types, (Types{address, plan}));
    type_in(policy, "address").notify.front().marks_stale = "a_type_of_another_agreement.cites";
    EXPECT_EQ(needs(edit(1, "address", "where", {})).types, Types{address});
    type_in(policy, "address").notify.front().marks_stale.clear();
    type_in(policy, "address").notify.front().coalesce = true;
    EXPECT_TRUE(needs(edit(1, "address", "where", {})).tasks);
    type_in(policy, "address").notify.clear();
    type_in(policy, "address").succession.reset();
    EXPECT_TRUE(needs(edit(1, "address", "where", {})).types.empty());
    type_in(policy, "address").links.resize(1);
    EXPECT_EQ(needs(edit(1, "address", "where", {})).types, Types{address});
    EXPECT_TRUE(needs(edit(1, "address", "where", {})).tasks);
    EXPECT_EQ(needs(edit(1, "supervision", "period", {})).types, Types{schema::type_id("supervision")}) << "a fact comes from it";
}

TEST_F(Slices, ADeadlineNeedsTheTasksAndWhatEndsAClockBothOfItsTypes)
{
    auto& deadline = policy.deadlines.front();
    deadline.closes_type = "concern";
    for (const auto& change : {edit(1, "review", "held", {}), edit(1, "concern", "body", {})}) {
        EXPECT_TRUE(needs(change).tasks);
        EXPECT_TRUE(needs(change).types.empty());
        for (const auto op : {Op::withdraw, Op::resolve}) {
            auto ends = change;
            ends.op = op;
            EXPECT_EQ(needs(ends).types, (Types{schema::type_id("review"), schema::type_id("concern")}));
        }
    }
    deadline.closes_type.clear();
    auto withdraws = edit(1, "review", "held", {});
    withdraws.op = Op::withdraw;
    EXPECT_EQ(needs(withdraws).types, Types{schema::type_id("review")});
    auto leaflet = edit(1, "leaflet", "body", {});
    leaflet.op = Op::withdraw;
    EXPECT_TRUE(needs(leaflet).types.empty());
    EXPECT_FALSE(needs(leaflet).tasks);
    leaflet.op = Op::resolve;
    EXPECT_TRUE(needs(leaflet).tasks);
}

TEST_F(Slices, WhatMayBeWrittenInsteadNeedsWhatItsTypeNeeds)
{
    auto& redirects = group_in(policy, "level", "decision").redirects;
    redirects.front().instead->type = "address";
    EXPECT_TRUE(needs(edit(1, "level", "decision", {})).types.contains(plan));
    auto unknown_part = edit(1, "level", "decision", {});
    unknown_part.group = schema::GroupId{99};
    EXPECT_FALSE(needs(unknown_part).types.contains(plan));
    redirects.front().instead->type = "a_type_of_another_agreement";
    EXPECT_FALSE(needs(edit(1, "level", "decision", {})).types.contains(plan));
    redirects.front().instead.reset();
    EXPECT_FALSE(needs(edit(1, "level", "decision", {})).types.contains(plan));
}

TEST_F(Slices, AnEffectNeedsTheRecordsItNamesAndAValueWhatItsTypeNeeds)
{
    Effect effect;
    EXPECT_TRUE(slice_needs(policy, effect).records.empty());
    effect.record = number_id<RecordId>(4, 1);
    effect.other = number_id<RecordId>(4, 2);
    EXPECT_EQ(slice_needs(policy, effect).records.size(), 2u);
    effect.type = address;
    effect.kind = Effect::Kind::stale;
    EXPECT_TRUE(slice_needs(policy, effect).types.empty());
    effect.kind = Effect::Kind::set;
    EXPECT_EQ(slice_needs(policy, effect).types, (Types{address, plan}));
    EXPECT_FALSE(slice_needs(policy, effect).tasks);
    effect.type = schema::TypeId{99};
    EXPECT_TRUE(slice_needs(policy, effect).types.empty());
    for (const auto kind : {Effect::Kind::task_opened, Effect::Kind::task_closed}) {
        effect.kind = kind;
        EXPECT_TRUE(slice_needs(policy, effect).tasks);
    }
    effect.kind = Effect::Kind::set;
    effect.type = schema::type_id("review");
    EXPECT_TRUE(slice_needs(policy, effect).tasks);
}

}  // namespace
}  // namespace satchel::test
