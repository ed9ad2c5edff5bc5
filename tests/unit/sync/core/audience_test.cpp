// Who may see what: the last thing that stands between a reader and what is not theirs.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "small_policy.hpp"
#include "sync/core/audience.hpp"

namespace satchel::test {
namespace {

using schema::Authority;
using schema::Op;

const Viewer police{number_id<CredentialId>(3, 1), {{"police", "east", "police.offender_manager"}}};
const Viewer probation{number_id<CredentialId>(3, 2), {{"probation", "north", "probation.practitioner"}}};

// A group that its supplier shares as `sharing` says, as intelligence is.
class WhoSees : public testing::Test {
protected:
    const schema::Policy& policy = small_policy();
    const schema::RecordType& intel = *policy.type("intel");
    const schema::Group& notice = *intel.group("notice");
    CaseState state;
    const RecordId id = number_id<RecordId>(4, 1);

    WhoSees()
    {
        state.id = number_id<CaseId>(1, 1);
        state.facts = {{"lead_agency", "police"}};
    }
    RecordState& record(const schema::RecordType& type)
    {
        auto& out = state.records[id];
        out.id = id;
        out.type = type.id;
        out.created.agency = "police";
        return out;
    }
    void shared(const std::string& how)
    {
        auto& group = record(intel).group_for(intel.group("handling")->id);
        assign(group.current.values, intel.group("handling")->fields.front().id, how);
    }
    bool sees_notice(const Viewer& viewer) { return may_see(policy, intel, notice, state.record(id), state.facts, viewer); }

    OpenedChangeset written(const schema::RecordType& type, schema::GroupId group)
    {
        OpenedChangeset out;
        out.header.author = number_id<CredentialId>(3, 9);
        schema::Change change;
        change.type = type.id;
        change.group = group;
        change.record = id;
        out.changes = {change};
        return out;
    }
    bool sees(const OpenedChangeset& changeset, const Viewer& viewer, Outcome outcome = Outcome::applied)
    {
        const std::vector<Ruling> rulings{{outcome, {}, {}, {}, {}, false, false, false, false, false, {}, {}}};
        return may_see(policy, changeset, rulings, state, viewer);
    }
};

TEST_F(WhoSees, AnUnknownOrMissingSharingIsTheNarrowest)
{
    EXPECT_FALSE(sees_notice(probation)) << "no record yet";
    record(intel);
    EXPECT_FALSE(sees_notice(probation)) << "its supplier has not said";
    EXPECT_TRUE(sees_notice(police));
    shared("pointer");
    EXPECT_TRUE(sees_notice(probation));
    shared("a word of a later agreement");
    EXPECT_FALSE(sees_notice(probation));
}

TEST_F(WhoSees, AGroupWithoutAnAudienceIsSeenByNobody)
{
    auto bare = notice;
    bare.audience.clauses.clear();
    shared("full");
    EXPECT_FALSE(may_see(policy, intel, bare, state.record(id), state.facts, police));
}

TEST_F(WhoSees, WhatNobodyHasRecordedYetHasNoSupplier)
{
    auto own = notice;
    own.audience = {{}, {{"", {{Authority::Kind::supplier, {}, {}}, {Authority::Kind::author, {}, {}}}}}};
    EXPECT_FALSE(may_see(policy, intel, own, nullptr, state.facts, police));
    record(intel);
    EXPECT_TRUE(may_see(policy, intel, own, state.record(id), state.facts, police));
    EXPECT_FALSE(may_see(policy, intel, own, state.record(id), state.facts, probation));
}

TEST_F(WhoSees, AChangesetIsItsAuthorsAndReachesOthersOnlyWhole)
{
    shared("full");
    auto changeset = written(intel, notice.id);
    EXPECT_TRUE(sees(changeset, probation));
    EXPECT_FALSE(sees(changeset, probation, Outcome::refused));
    shared("nothing");
    EXPECT_FALSE(sees(changeset, probation));
    changeset.header.author = probation.credential;
    EXPECT_TRUE(sees(changeset, probation, Outcome::refused));
}

TEST_F(WhoSees, WhatTheAgreementDoesNotKnowIsShownToNobody)
{
    shared("full");
    EXPECT_FALSE(sees(written(intel, schema::GroupId{99}), police));
    auto unknown = written(intel, notice.id);
    unknown.changes.front().type = schema::TypeId{99};
    EXPECT_FALSE(sees(unknown, police));
    Effect effect;
    effect.kind = Effect::Kind::late;
    effect.type = schema::TypeId{99};
    EXPECT_FALSE(may_see(policy, effect, state, police));
    effect.type = intel.id;
    effect.group = schema::GroupId{99};
    EXPECT_FALSE(may_see(policy, effect, state, police));
}

TEST_F(WhoSees, WhatIsKeptAtTheHubOnlyGoesToNoDevice)
{
    const auto& source = *policy.type("source");
    record(source);
    EXPECT_TRUE(sees(written(source, source.group("pointer")->id), police));
    EXPECT_FALSE(sees(written(source, source.group("story")->id), police));
    Effect effect;
    effect.kind = Effect::Kind::stale;
    effect.type = source.id;
    effect.record = id;
    effect.group = source.group("pointer")->id;
    EXPECT_TRUE(may_see(policy, effect, state, police));
    effect.group = source.group("story")->id;
    EXPECT_FALSE(may_see(policy, effect, state, police));
    auto online = source;
    online.hold = schema::Hold::online;
    EXPECT_FALSE(held_on_devices(online, *source.group("pointer")));
}

TEST_F(WhoSees, DoingATaskIsSeenByThoseWhoMaySeeWhatItIsAbout)
{
    shared("nothing");
    const auto task_id = number_id<TaskId>(5, 1);
    auto& task = state.tasks[task_id];
    task.type = intel.id;
    task.group = notice.id;
    task.record = id;
    auto done = written(intel, notice.id);
    done.changes.front().op = Op::task;
    EXPECT_FALSE(sees(done, police)) << "names no task";
    done.changes.front().targets = {VersionId{number_id<TaskId>(5, 2).bytes}};
    EXPECT_FALSE(sees(done, police)) << "no such task";
    done.changes.front().targets = {VersionId{task_id.bytes}};
    EXPECT_TRUE(sees(done, police));
    EXPECT_FALSE(sees(done, probation));
    task.group = schema::GroupId{99};
    EXPECT_FALSE(sees(done, police));
    task.type = schema::TypeId{99};
    EXPECT_FALSE(sees(done, police));
}

TEST_F(WhoSees, AnEffectIsSeenByThoseWhoMaySeeWhatItIsAbout)
{
    shared("nothing");
    Effect effect;
    EXPECT_TRUE(may_see(policy, effect, state, probation)) << "facts are everybody's";
    for (const auto kind : {Effect::Kind::task_opened, Effect::Kind::task_closed}) {
        effect.kind = kind;
        effect.task.type = intel.id;
        effect.task.group = notice.id;
        effect.task.record = id;
        EXPECT_TRUE(may_see(policy, effect, state, police));
        EXPECT_FALSE(may_see(policy, effect, state, probation));
    }
}

TEST_F(WhoSees, ALinkIsSeenByThoseWhoMaySeeBothEnds)
{
    shared("full");
    Effect link;
    link.kind = Effect::Kind::link;
    link.type = intel.id;
    link.group = notice.id;
    link.record = link.other = id;
    EXPECT_TRUE(may_see(policy, link, state, probation));
    link.other = number_id<RecordId>(4, 2);
    EXPECT_FALSE(may_see(policy, link, state, probation)) << "nobody shared the other end";
    EXPECT_TRUE(may_see(policy, link, state, police));
    link.kind = Effect::Kind::late;
    EXPECT_TRUE(may_see(policy, link, state, probation));
}

TEST_F(WhoSees, WhatAnAudienceDependsOnIsKnown)
{
    EXPECT_TRUE(audience_depends_on_record(notice));
    schema::Group group;
    for (const auto kind : {Authority::Kind::supplier, Authority::Kind::author, Authority::Kind::field_agency}) {
        group.audience.clauses = {{"", {{kind, {}, {}}}}};
        EXPECT_TRUE(audience_depends_on_record(group));
    }
    group.audience.clauses = {{"", {{Authority::Kind::agency, "police", {}}}}};
    EXPECT_FALSE(audience_depends_on_record(group));

    const auto with = [&](Authority who) {
        return small_policy_with([&](schema::Policy& p) { group_in(p, "intel", "content").audience = {{}, {{"", {std::move(who)}}}}; });
    };
    EXPECT_FALSE(audience_depends_on_fact(policy, "lead_agency"));
    EXPECT_TRUE(audience_depends_on_fact(with({Authority::Kind::lead_agency, {}, {}}), "lead_agency"));
    EXPECT_TRUE(audience_depends_on_fact(with({Authority::Kind::lead_duty, "case_manager", {}}), "lead_agency"));
    EXPECT_FALSE(audience_depends_on_fact(with({Authority::Kind::lead_agency, {}, {}}), "custody"));
    EXPECT_TRUE(audience_depends_on_fact(with({Authority::Kind::fact_agency, "holding_agency", {}}), "holding_agency"));
    EXPECT_FALSE(audience_depends_on_fact(with({Authority::Kind::fact_agency, "holding_agency", {}}), "lead_agency"));
}

TEST_F(WhoSees, ThePartThatSaysWhoSeesAnotherIsKnown)
{
    EXPECT_TRUE(audience_depends_on_group(intel, *intel.group("handling")));
    EXPECT_FALSE(audience_depends_on_group(intel, notice));
    auto address = *policy.type("address");
    auto& where = address.groups.front();
    where.audience.clauses = {{"", {{Authority::Kind::field_agency, "accepting", schema::FieldId{99}}}}};
    EXPECT_FALSE(audience_depends_on_group(address, where)) << "a field of no part";
    where.audience.clauses.front().who.front().field = where.fields.front().id;
    EXPECT_TRUE(audience_depends_on_group(address, where));
}

// I5, I12
TEST_F(WhoSees, OnlyTheVisiblePartOfACaseLeavesTheHub)
{
    shared("pointer");
    auto& founded = record(intel);
    founded.group_for(notice.id).founding = true;
    founded.group_for(intel.group("content")->id);
    founded.group_for(schema::GroupId{99});
    founded.links = {{number_id<RecordId>(4, 2), "same", false}, {id, "same", false}};
    founded.withdrawn = VersionId{{7}};
    state.records[number_id<RecordId>(4, 3)].type = schema::TypeId{99};
    auto& told = state.records[number_id<RecordId>(4, 4)];
    told.type = policy.type("source")->id;
    told.group_for(policy.type("source")->group("story")->id);

    const auto seen = visible_part(state, policy, probation);
    ASSERT_EQ(seen.records.size(), 1u) << "neither a type that nobody knows nor a record of which nothing is seen";
    const auto& part = *seen.record(id);
    ASSERT_EQ(part.groups.size(), 1u);
    EXPECT_EQ(part.groups.front().id, notice.id);
    EXPECT_EQ(part.created.agency, "police") << "the founding part names the supplier";
    EXPECT_EQ(part.withdrawn, (VersionId{{7}})) << "the first part's readers know it";
    ASSERT_EQ(part.links.size(), 1u);
    EXPECT_EQ(part.links.front().other, id);
    EXPECT_EQ(visible_part(state, policy, police).record(id)->groups.size(), 3u);
}

TEST_F(WhoSees, WhoDoesNotSeeTheFirstPartKnowsNothingOfTheRecordAsAWhole)
{
    auto hidden = small_policy_with([](schema::Policy& p) {
        group_in(p, "intel", "notice").audience = {{}, {{"", {{Authority::Kind::agency, "police", {}}}}}};
    });
    shared("full");
    auto& founded = record(intel);
    founded.group_for(notice.id).founding = true;
    founded.group_for(intel.group("content")->id);
    founded.withdrawn = VersionId{{7}};
    founded.late = true;
    founded.outside = {"late-visit"};
    founded.stale = {VersionId{{8}}};
    founded.links = {{id, "same", false}};
    const auto seen = visible_part(state, hidden, probation);
    const auto& part = *seen.record(id);
    EXPECT_EQ(part.groups.size(), 1u);
    EXPECT_EQ(part.created, Source{});
    EXPECT_TRUE(part.withdrawn.empty());
    EXPECT_TRUE(part.stale.empty());
    EXPECT_TRUE(part.outside.empty());
    EXPECT_TRUE(part.links.empty());
    EXPECT_FALSE(part.late);
}

TEST_F(WhoSees, NoTaskTellsOfWhatItsReaderMayNotSee)
{
    shared("nothing");
    const auto add = [&](std::uint32_t n, schema::TypeId type, schema::GroupId group) {
        auto& task = state.tasks[number_id<TaskId>(5, n)];
        task.type = type;
        task.group = group;
        task.record = id;
    };
    add(1, intel.id, notice.id);
    add(2, schema::TypeId{99}, notice.id);
    add(3, intel.id, schema::GroupId{99});
    add(4, policy.type("source")->id, policy.type("source")->group("story")->id);
    EXPECT_EQ(visible_part(state, policy, police).tasks.size(), 1u);
    EXPECT_TRUE(visible_part(state, policy, probation).tasks.empty());
}

}  // namespace
}  // namespace satchel::test
