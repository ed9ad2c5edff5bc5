// Tasks for roles, the clocks of those that have a last day (more of them: deadlines_test.cpp), and what is passed up.
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

TEST_F(Tasks, TheResolverIsToldOfWhatWaitsAndNobodyOfWhatIsDecided)
{
    rule().roles = {"resolver"};
    EXPECT_TRUE(opened(moves()).empty());
    waits_for = "role:prison.omu";
    const auto tasks = opened(react(edit(1, "address", "where", {{"lines", "2 Invented Row"}}), Outcome::suggested));
    ASSERT_EQ(tasks.size(), 1u);
    EXPECT_EQ(tasks.front().role, "prison.omu");
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

// --- whom the record names ---------------------------------------------------------------------------------------------

class Named : public Tasks {
protected:
    Named()
    {
        auto& period = type_in(policy, "supervision");
        period.notify.resize(1);
        period.notify.front().id = "named";
        period.notify.front().task = "It is yours";
        names("field:agency");
        policy.roles.push_back({"police.clerk", "Clerk", "police", {"records"}, police});
    }
    void names(const std::string& receiver) { type_in(policy, "supervision").notify.front().roles = {receiver}; }
    // The record says so, and it has just been written.
    std::vector<Effect> given_to(const std::string& agency, Outcome outcome = Outcome::applied)
    {
        has(1, "supervision", "period", "probation");
        const auto change = edit(1, "supervision", "period", {{"agency", agency}, {"from", "2026-01-01"}});
        if (outcome == Outcome::applied)
            state.records.begin()->second.groups.front().current.values = change.values;
        return react(change, outcome);
    }
    std::vector<std::string> told(const std::vector<Effect>& effects)
    {
        std::vector<std::string> out;
        for (const auto& task : opened(effects))
            out.push_back(task.role);
        return out;
    }
    using Roles = std::vector<std::string>;
    const std::string clerk = "police.clerk";
};

TEST_F(Named, AnAgencyThatTheRecordDoesNotNameIsNotTold)
{
    EXPECT_EQ(told(given_to("prison")), Roles{"prison.omu"});
    state.records.clear();
    has(1, "supervision", "period", "probation");
    EXPECT_TRUE(told(react(edit(1, "supervision", "period", {{"from", "2026-01-01"}}))).empty()) << "it names none";
}

TEST_F(Named, WhoDecidesForTheAgencyIsToldUnlessADutyIsAskedFor)
{
    EXPECT_EQ(told(given_to("police")), Roles{police});
    names("field:agency/records");
    EXPECT_EQ(told(given_to("police")), Roles{clerk});
    EXPECT_TRUE(told(given_to("prison")).empty()) << "nobody there has it";
    policy.scope.owner_duty.clear();
    names("field:agency");
    EXPECT_EQ(told(given_to("police")), (Roles{police, clerk})) << "the agreement says nothing of who decides for one";
}

TEST_F(Named, TheAgencyThatSuppliedItIsTold)
{
    names("supplier");
    EXPECT_EQ(told(given_to("police")), Roles{"probation.practitioner"});
}

TEST_F(Named, ARoleThatTheRecordNamesIsTold)
{
    auto& field = group_in(policy, "supervision", "period").fields.front();
    field.type = schema::FieldType::role;
    has(1, "supervision", "period", "probation");
    auto change = edit(1, "supervision", "period", {{"from", "2026-01-01"}});
    assign(change.values, field.id, std::string("police.clerk"));
    EXPECT_EQ(told(react(change)), Roles{clerk});
}

TEST_F(Named, NobodyIsToldOfWhatTheyDoNotSee)
{
    group_in(policy, "supervision", "period").audience.clauses = {{"", {{Authority::Kind::agency, "probation", {}}}}};
    EXPECT_TRUE(told(given_to("police")).empty());
    group_in(policy, "supervision", "period").audience.clauses.front().who.push_back(
        {Authority::Kind::field_agency, "agency", schema::field_id("supervision", "period", "agency")});
    EXPECT_EQ(told(given_to("police")), Roles{police}) << "but an audience may name them in the same way";
}

TEST_F(Named, WhomTheRecordNamesNoLongerHasNothingToDo)
{
    there(1, "named", police, 1, "supervision", "period", State::acknowledged);
    there(2, "named", "prison.omu", 1, "supervision", "period");
    there(3, "named", police, 2, "supervision", "period");
    there(4, "another", police, 1, "supervision", "period");
    EXPECT_TRUE(closed(given_to("prison", Outcome::suggested)).empty()) << "nobody has decided that yet";
    EXPECT_EQ(closed(given_to("prison")), std::vector{number_id<TaskId>(5, 1)});
    EXPECT_TRUE(slice_needs(policy, last).tasks) << "the hub looks at the tasks that there are";
}

TEST_F(Named, WhatWhomItNamedBeforeHaveDoneStaysDone)
{
    there(1, "named", police, 1, "supervision", "period", State::done);
    there(2, "named", clerk, 1, "supervision", "period", State::superseded);
    there(3, "named", "probation.practitioner", 1, "supervision", "period");
    EXPECT_EQ(closed(given_to("prison")), std::vector{number_id<TaskId>(5, 3)});
}

TEST_F(Named, TheClockOfWhatTheyHaveToDoIsTheirs)
{
    auto& rule = policy.deadlines.front();
    rule.starts.front() = {schema::type_id("supervision"), schema::group_id("supervision", "period"),
                           schema::field_id("supervision", "period", "from"), schema::Period{}, {}};
    rule.closes.reset();
    rule.one_per_case = false;
    rule.role = "field:agency";
    type_in(policy, "supervision").notify.clear();
    EXPECT_EQ(told(given_to("prison")), Roles{"prison.omu"});
    const auto first = opened(given_to("prison")).front();
    state.tasks[first.id] = first;
    const auto moved = given_to("police");
    EXPECT_EQ(told(moved), Roles{police});
    EXPECT_EQ(closed(moved), std::vector{first.id});
}

// --- clocks ---------------------------------------------------------------------------------------------------------

class Clocks : public Tasks {
protected:
    const std::string practitioner = "probation.practitioner";
    schema::Deadline& deadline() { return policy.deadlines.front(); }
    void from_addresses()
    {
        auto& start = deadline().starts.front();
        start.type = schema::type_id("address");
        start.group = schema::group_id("address", "where");
        start.field = schema::field_id("address", "where", "from");
    }
    RecordState& review(std::uint32_t n, const std::string& held_on)
    {
        auto& record = has(n, "review", "held", "probation");
        record.groups.front().current.values = values("review", {{"held_on", held_on}});
        return record;
    }
    RecordState& address(std::uint32_t n, const std::string& from)
    {
        auto& record = has(n, "address", "where", "probation");
        record.groups.front().current.values = values("address", {{"from", from}});
        return record;
    }
    std::vector<Effect> reviewed(std::uint32_t n, const std::string& held_on, Outcome outcome = Outcome::applied)
    {
        review(n, outcome == Outcome::applied ? held_on : "");
        return react(edit(n, "review", "held", {{"held_on", held_on}}), outcome);
    }
    // The review that it runs from was held six months before it is due.
    Task& clock(std::uint32_t n, std::uint32_t record, const std::string& due, State task_state)
    {
        const auto day = parse_date(due).value();
        review(record, to_string(add_months(day, -6)));
        auto& task = there(n, deadline().id, practitioner, record, "review", "held", task_state);
        task.due = day;
        return task;
    }
    std::vector<Effect> withdrawn(std::uint32_t n, const std::string& type = "review", const std::string& group = "held")
    {
        next_version = number_id<VersionId>(6, 900 + n);
        state.records[number_id<RecordId>(4, n)].withdrawn = next_version;
        auto change = edit(n, type, group, {});
        change.op = Op::withdraw;
        auto effects = react(std::vector{change}, Outcome::applied, "supplier");
        next_version = {};
        return effects;
    }
    static std::vector<std::string> due(const std::vector<Effect>& effects)
    {
        std::vector<std::string> out;
        for (const auto& task : opened(effects))
            out.push_back(to_string(task.due));
        return out;
    }
    using Due = std::vector<std::string>;
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
    deadline().role = "whoever";
    EXPECT_TRUE(opened(reviewed(1, "2026-01-10")).empty());
}

TEST_F(Clocks, ARecordOfTheKindMeetsADeadlineThatAnotherKindStarted)
{
    from_addresses();
    address(2, "2026-01-01");
    there(1, deadline().id, practitioner, 2, "address", "where").due = parse_date("2026-07-01").value();
    EXPECT_TRUE(closed(reviewed(1, "2025-12-31")).empty()) << "from before the clock started";
    state.records.erase(number_id<RecordId>(4, 1));
    EXPECT_EQ(closed(reviewed(1, "2026-01-01")).size(), 1u);
    EXPECT_TRUE(opened(reviewed(1, "2026-01-01")).empty()) << "it starts none";
    has(3, "concern", "body", "probation");
    EXPECT_TRUE(react(edit(3, "concern", "body", {})).empty()) << "another kind neither starts nor meets it";
    deadline().closes.reset();
    deadline().one_per_case = false;
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
    EXPECT_TRUE(opened(reviewed(1, "2026-01-10")).empty()) << "done, and the earlier review starts nothing after it";
    EXPECT_EQ(opened(reviewed(1, "2026-06-10")).size(), 1u) << "the next one does";
    state.tasks.clear();
    state.records.clear();
    clock(1, 1, "2026-12-01", State::open);
    EXPECT_EQ(opened(reviewed(1, "2026-01-10")).size(), 1u) << "its own source date was moved back";
}

TEST_F(Clocks, TheTaskBeforeIsReplacedAlsoWhenItWasAcknowledgedButNotItself)
{
    clock(1, 2, "2026-06-01", State::acknowledged);
    clock(2, 3, "2026-05-01", State::done);
    there(3, "another-rule", practitioner, 2, "review", "held");
    EXPECT_EQ(closed(reviewed(1, "2026-01-10")), std::vector{number_id<TaskId>(5, 1)});
    EXPECT_TRUE(closed(reviewed(1, "")).empty()) << "without a date it replaces none";
    EXPECT_TRUE(closed(reviewed(2, "2025-12-01")).empty()) << "an edit that leaves the date alone leaves the task alone";
    EXPECT_TRUE(opened(reviewed(2, "2025-12-01")).empty());
}

TEST_F(Clocks, AWithdrawnRecordStopsItsOwnClockAndStartsTheLastBeforeItAgain)
{
    clock(1, 1, "2026-09-01", State::open);
    clock(2, 2, "2026-06-01", State::superseded);
    clock(3, 3, "2026-07-01", State::superseded);
    there(4, "another-rule", practitioner, 3, "review", "held", State::superseded).due = parse_date("2027-01-01").value();
    const auto effects = withdrawn(1);
    EXPECT_EQ(closed(effects), std::vector{number_id<TaskId>(5, 1)});
    EXPECT_EQ(due(effects), Due{"2026-07-01"});
    clock(3, 3, "2026-05-01", State::superseded);
    EXPECT_EQ(due(withdrawn(1)), Due{"2026-06-01"});
}

TEST_F(Clocks, AClockThatAnotherRecordKeepsRunningIsNotStartedAgain)
{
    clock(1, 1, "2026-09-01", State::open);
    clock(2, 2, "2026-06-01", State::superseded);
    for (const auto runs : {State::open, State::acknowledged, State::done}) {
        clock(3, 3, "2026-08-01", runs);
        EXPECT_TRUE(opened(withdrawn(1)).empty());
    }
}

// Verifying replays what a log claims to have been ruled, forged or not.
TEST_F(Clocks, ATaskThatIsNotThereIsNotDone)
{
    deadline().sooner = true;
    review(1, "2026-01-10");
    there(1, deadline().id, practitioner, 2, "review", "held", State::done);
    const auto done = [&](std::vector<VersionId> targets) {
        schema::Change change;
        change.op = Op::task;
        change.targets = std::move(targets);
        change.resolution = Resolution::done;
        return due(react(change));
    };
    EXPECT_EQ(done({VersionId{number_id<TaskId>(5, 1).bytes}}), Due{"2026-07-10"});
    EXPECT_EQ(done({VersionId{number_id<TaskId>(5, 2).bytes}}), Due{});
    EXPECT_EQ(done({}), Due{});
}

TEST_F(Clocks, WhatIsGoneOrSaysSomethingElseByNowStartsNoClock)
{
    review(1, "2026-03-01");
    clock(2, 2, "2026-06-01", State::superseded);
    EXPECT_EQ(due(withdrawn(1)), Due{"2026-06-01"});
    review(2, "2025-11-01");
    EXPECT_EQ(due(withdrawn(1)), Due{"2026-05-01"}) << "a later version of it";
    state.records[number_id<RecordId>(4, 2)].withdrawn = number_id<VersionId>(6, 60);
    EXPECT_EQ(due(withdrawn(1)), Due{});
    review(2, "2025-12-01").groups.clear();
    EXPECT_EQ(due(withdrawn(1)), Due{});
}

TEST_F(Clocks, AWithdrawnRecordNoLongerMeetsADeadlineUnlessAnotherDoes)
{
    from_addresses();
    address(5, "2025-12-01");
    review(1, "2026-01-10");
    EXPECT_EQ(due(withdrawn(1)), Due{"2026-06-01"});
    review(6, "2026-01-10").withdrawn = number_id<VersionId>(6, 60);
    EXPECT_EQ(due(withdrawn(1)), Due{"2026-06-01"}) << "nor does one that was withdrawn as well";
    review(6, "2026-01-10");
    EXPECT_EQ(due(withdrawn(1)), Due{});
    deadline().closes.reset();
    deadline().one_per_case = false;
    EXPECT_EQ(due(withdrawn(1)), Due{}) << "nothing but a person ends it";
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
    EXPECT_TRUE(needs(edit(1, "supervision", "period", {})).types.contains(schema::type_id("supervision"))) << "a fact comes from it";
}

TEST_F(Slices, ADeadlineNeedsTheTasksAndWhatEndsAClockBothOfItsTypes)
{
    auto& deadline = policy.deadlines.front();
    deadline.closes->type = schema::type_id("concern");
    const Types both{schema::type_id("review"), schema::type_id("concern")};
    for (auto change : {edit(1, "review", "held", {}), edit(1, "concern", "body", {})})
        for (const auto op : {Op::set, Op::withdraw, Op::resolve}) {
            change.op = op;
            EXPECT_TRUE(needs(change).tasks);
            EXPECT_EQ(needs(change).types, both);
        }
    auto leaflet = edit(1, "leaflet", "body", {});
    leaflet.op = Op::withdraw;
    EXPECT_TRUE(needs(leaflet).types.empty());
    EXPECT_FALSE(needs(leaflet).tasks);
    leaflet.op = Op::resolve;
    EXPECT_TRUE(needs(leaflet).tasks);
}

TEST_F(Slices, AClockOfOneRecordNeedsNoOther)
{
    auto& deadline = policy.deadlines.front();
    deadline.one_per_case = false;
    deadline.closes->by = schema::Deadline::Closes::By::itself;
    EXPECT_TRUE(needs(edit(1, "review", "held", {})).tasks);
    EXPECT_TRUE(needs(edit(1, "review", "held", {})).types.empty());
    deadline.closes->by = schema::Deadline::Closes::By::about;
    EXPECT_EQ(needs(edit(1, "review", "held", {})).types, Types{schema::type_id("review")});
    deadline.closes.reset();
    EXPECT_TRUE(needs(edit(1, "review", "held", {})).types.empty());
    EXPECT_TRUE(needs(edit(1, "review", "held", {})).tasks);
}

TEST_F(Slices, WhatAFactComesFromNeedsTheClocksThatRestOnTheFact)
{
    const auto supervision = edit(1, "supervision", "period", {});
    EXPECT_EQ(needs(supervision).types, (Types{schema::type_id("supervision"), schema::type_id("review")}))
        << "the task is the lead agency's";
    EXPECT_TRUE(needs(supervision).tasks);
    auto& deadline = policy.deadlines.front();
    deadline.role = "police.offender_manager";
    EXPECT_EQ(needs(supervision).types, Types{schema::type_id("supervision")});
    EXPECT_FALSE(needs(supervision).tasks);
    deadline.applies.facts["lead_agency"] = {"probation"};
    EXPECT_TRUE(needs(supervision).types.contains(schema::type_id("review")));
    deadline.applies.facts.clear();
    deadline.starts.front().when.facts["lead_agency"] = {"probation"};
    EXPECT_TRUE(needs(supervision).types.contains(schema::type_id("review")));
    deadline.starts.front().when.facts.clear();
    deadline.closes->when.facts["lead_agency"] = {"probation"};
    EXPECT_TRUE(needs(supervision).types.contains(schema::type_id("review")));
}

TEST_F(Slices, ATaskThatIsDoneNeedsTheClocksOfWhichAnotherMayRunOn)
{
    schema::Change change;
    change.op = Op::task;
    change.resolution = Resolution::done;
    EXPECT_TRUE(needs(change).types.empty());
    policy.deadlines.front().sooner = true;
    EXPECT_EQ(needs(change).types, Types{schema::type_id("review")});
    change.resolution = Resolution::acknowledged;
    EXPECT_TRUE(needs(change).types.empty());
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
