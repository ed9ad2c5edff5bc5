// The log replayed under an agreement that is not in force.
#include "sync/hub/dry_run.hpp"

#include <gmock/gmock.h>

#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

schema::Policy next(const std::string& was = {}, const std::string& is = {})
{
    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    if (!was.empty())
        text.replace(text.find(was), was.size(), is);
    const std::vector<schema::SourceFile> files{{"small.toml", text}};
    return must(schema::compile_or_fail(files));
}

// Probation leads and records an address; ten days later police suggest another.
class DryRunOf : public ::testing::Test {
protected:
    DryRunOf()
    {
        auto& hub = world.service();
        case_id = must(hub.add_case("C1"));
        const auto owner = world.user("Owner Example", "probation.practitioner");
        const auto officer = world.user("Officer Example", "police.offender_manager");
        for (const auto& user : {owner, officer})
            must(hub.assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
        auto first = world.enrol(owner, "probation.practitioner");
        auto second = world.enrol(officer, "police.offender_manager");
        world.save(first, case_id, {world.creates(case_id, "supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})});
        world.sync(first);
        const auto place = world.save(first, case_id, {world.creates(case_id, "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})});
        world.sync(first);
        address = place.changes.front().record;
        world.clock.ms += 10 * day_ms;
        world.pull(second);
        world.save(second, case_id, {world.edits(case_id, address, "address", "where", {{"lines", "2 Invented Row"}, {"from", "2026-02-01"}})});
        world.push(second);
    }
    DryRun run(const schema::Policy& other, std::uint32_t days = 100)
    {
        return must(dry_run(*must(world.store().view()), world.keys, *world.service().policy(), other, days));
    }
    HubWorld world;
    CaseId case_id;
    RecordId address;
};

TEST_F(DryRunOf, AnAgreementThatDecidesAlikeChangesNoRuling)
{
    const auto out = run(next());
    EXPECT_EQ(out.cases, 1u);
    EXPECT_EQ(out.changes, 3u);
    EXPECT_EQ(out.differ, 0u);
    EXPECT_TRUE(out.whole_history);
}

TEST_F(DryRunOf, ASayThatMovesIsToldWithBothRulings)
{
    const auto out = run(next("owner = \"lead_agency\"", "owner = \"agency:police\""));
    EXPECT_EQ(out.changes, 3u);
    ASSERT_EQ(out.differ, 2u);
    ASSERT_EQ(out.differences.size(), 2u);
    const auto& recorded = out.differences[0];
    EXPECT_EQ(recorded.record, address);
    EXPECT_EQ(recorded.type + "." + recorded.part, "address.where");
    EXPECT_EQ(recorded.role, "probation.practitioner");
    EXPECT_EQ(recorded.was.outcome, Outcome::applied);
    EXPECT_EQ(recorded.would.outcome, Outcome::suggested);
    EXPECT_EQ(recorded.would.decided_by, "agency:police");
    const auto& suggested = out.differences[1];
    EXPECT_EQ(suggested.role, "police.offender_manager");
    EXPECT_EQ(suggested.was.outcome, Outcome::suggested);
    EXPECT_EQ(suggested.was.decided_by, "lead_agency");
    EXPECT_EQ(suggested.would.outcome, Outcome::applied);
    EXPECT_EQ(out.counts.at({Outcome::suggested, "not-owner", Outcome::applied, "owner"}), 1u);
}

TEST_F(DryRunOf, DaysAreCountedBackFromTheNewestEntry)
{
    const auto other = next("owner = \"lead_agency\"", "owner = \"agency:police\"");
    const auto last = run(other, 5);
    EXPECT_EQ(last.changes, 1u);
    EXPECT_EQ(last.differ, 1u);
    EXPECT_EQ(last.differences.front().role, "police.offender_manager");
    EXPECT_EQ(run(other, 11).differ, 2u);
    EXPECT_EQ(dry_run(*must(world.store().view()), world.keys, *world.service().policy(), other, 0).error().code, Errc::invalid_argument);
}

// --- What would follow ------------------------------------------------------------------------------------------------

using What = ConsequenceBoth::What;
using Because = ConsequenceBoth::Because;

std::vector<ConsequenceBoth> of_kind(const DryRun& run, What what)
{
    std::vector<ConsequenceBoth> out;
    std::copy_if(run.consequences.begin(), run.consequences.end(), std::back_inserter(out),
                 [&](const ConsequenceBoth& one) { return one.what == what; });
    return out;
}

constexpr auto tell_prison = R"([[record.address.notify]]
id = "address-for-prison"
when = "applied"
roles = ["prison.omu"]
task = "See whether {agency} moved them"
refs = ["G-2-4"]

[record.trigger_plan])";

TEST_F(DryRunOf, AnAgreementThatDecidesAlikeLetsNothingElseFollow)
{
    EXPECT_TRUE(run(next()).consequences.empty());
    EXPECT_TRUE(run(next(), 5).consequences.empty());
}

// Only what is in the record is told: the suggestion of the police opens none.
// Found when the hub's days had become England's and the dry run's had not.
TEST_F(DryRunOf, ADayBeginsAsTheHubsDoesInASummerNight)
{
    world.clock.ms = 1'815'262'200'000;  // 2027-07-10, 23:30 in UTC: the 11th in England
    const auto owner = world.user("Night Example", "probation.practitioner");
    must(world.service().assign(case_id, {AssignmentRow::Subject::user, to_string(owner)}));
    auto device = world.enrol(owner, "probation.practitioner");
    world.pull(device);
    world.save(device, case_id, {world.creates(case_id, "supervision", "period", {{"agency", "police"}, {"from", "2027-07-11"}})});
    world.push(device);
    const auto view = must(world.store().view());
    ASSERT_EQ(must(view->case_row(case_id))->facts.at("lead_agency"), "police");
    world.save(device, case_id, {world.edits(case_id, address, "address", "where", {{"lines", "3 Invented Row"}})});
    world.push(device);
    const auto out = run(next(), 1000);
    EXPECT_EQ(out.changes, 5u);
    EXPECT_EQ(out.differ, 0u);
    EXPECT_TRUE(out.consequences.empty());
}

TEST_F(DryRunOf, ATaskThatANewRuleOpensIsToldWithItsEntryAndInTheAgreementsOwnWords)
{
    const auto out = run(next("[record.trigger_plan]", tell_prison));
    EXPECT_EQ(out.differ, 0u);
    ASSERT_EQ(out.consequences.size(), 1u);
    const auto& task = out.consequences.front();
    EXPECT_EQ(task.what, What::task);
    EXPECT_TRUE(task.arises);
    EXPECT_EQ(task.case_id, case_id);
    EXPECT_EQ(task.record, address);
    EXPECT_EQ(task.type + "." + task.part, "address.where");
    EXPECT_EQ(task.rule, "address-for-prison");
    EXPECT_EQ(task.paragraph, "G-2-4");
    EXPECT_EQ(task.role, "prison.omu");
    EXPECT_EQ(task.words, "See whether {agency} moved them");
    EXPECT_EQ(task.because, Because::new_rule);
    const auto entry = must(must(world.store().view())->entry(task.position));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->kind, EntryKind::changeset);
}

TEST_F(DryRunOf, ATaskWhoseRuleIsGoneWouldNotArise)
{
    const auto out = run(next("id = \"address-tasks\"", "id = \"address-work\""));
    const auto tasks = of_kind(out, What::task);
    ASSERT_EQ(tasks.size(), 4u);  // for the address and for the suggestion of another, as they are and as they would be
    EXPECT_EQ(std::count_if(tasks.begin(), tasks.end(), [](const auto& t) { return t.arises && t.because == Because::new_rule; }), 2);
    EXPECT_EQ(std::count_if(tasks.begin(), tasks.end(), [](const auto& t) { return !t.arises && t.because == Because::no_such_rule; }), 2);
}

TEST_F(DryRunOf, ATaskThatWouldNotAriseBecauseTheChangeWouldWaitSaysSo)
{
    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    text.replace(text.find("[record.trigger_plan]"), 21, tell_prison);
    const std::vector<schema::SourceFile> first{{"small.toml", text}};
    must(world.service().publish_policy(first));
    world.clock.ms += day_ms;
    const auto third = world.user("Third Example", "probation.practitioner");
    must(world.service().assign(case_id, {AssignmentRow::Subject::user, to_string(third)}));
    auto device = world.enrol(third, "probation.practitioner");
    world.sync(device);
    world.save(device, case_id, {world.edits(case_id, address, "address", "where", {{"lines", "3 Invented Row"}, {"from", "2026-03-01"}})});
    world.push(device);
    text.replace(text.find("version = 8"), 11, "version = 9");
    text.replace(text.find("owner = \"lead_agency\""), 21, "owner = \"agency:police\"");
    const std::vector<schema::SourceFile> second{{"small.toml", text}};
    const auto out = run(must(schema::compile_or_fail(second)), 1);
    ASSERT_EQ(out.differ, 1u);
    const auto tasks = of_kind(out, What::task);
    ASSERT_EQ(tasks.size(), 1u);
    EXPECT_FALSE(tasks.front().arises);
    EXPECT_EQ(tasks.front().rule, "address-for-prison");
    EXPECT_EQ(tasks.front().because, Because::ruled_otherwise);
    EXPECT_EQ(tasks.front().was, Outcome::applied);
    EXPECT_EQ(tasks.front().was_rule, "owner");
    EXPECT_EQ(tasks.front().would, Outcome::suggested);
    EXPECT_EQ(tasks.front().would_rule, "not-owner");
}

// Supervision that waits leaves the police in the lead, and what probation writes as the lead agency is no longer that.
TEST_F(DryRunOf, AFactThatWouldBeAnotherIsFollowedAndWhatRestsOnItIsToldAsSuch)
{
    const auto out = run(next("owner = \"agency:probation\"", "owner = \"agency:prison\""));
    const auto facts = of_kind(out, What::fact);
    ASSERT_EQ(facts.size(), 1u);
    EXPECT_EQ(facts.front().rule, "fact:lead_agency");
    EXPECT_EQ(facts.front().words, "Lead agency");
    EXPECT_EQ(facts.front().because, Because::ruled_otherwise);
    ASSERT_EQ(out.differences.size(), 3u);
    EXPECT_EQ(out.differences[0].type, "supervision");
    EXPECT_FALSE(out.differences[0].follows);
    EXPECT_EQ(out.differences[1].record, address);
    EXPECT_TRUE(out.differences[1].follows);
    EXPECT_EQ(out.differences[1].was.outcome, Outcome::applied);
    EXPECT_NE(out.differences[1].would.outcome, Outcome::applied);
}

// Of ten days ago the log says what it says: a rule of today is not laid on it.
TEST_F(DryRunOf, WhatCameBeforeTheDaysStaysAsItWas)
{
    const auto out = run(next("owner = \"agency:probation\"", "owner = \"agency:prison\""), 5);
    EXPECT_EQ(out.differ, 0u);
    EXPECT_TRUE(out.consequences.empty());
}

TEST_F(DryRunOf, AClockThatRunsOtherwiseIsToldAsATaskOfAnotherDay)
{
    const auto fourth = world.user("Fourth Example", "probation.practitioner");
    must(world.service().assign(case_id, {AssignmentRow::Subject::user, to_string(fourth)}));
    auto device = world.enrol(fourth, "probation.practitioner");
    world.sync(device);
    world.save(device, case_id, {world.creates(case_id, "review", "held", {{"held_on", "2026-01-05"}})});
    world.push(device);
    const auto out = run(next("starts = \"review.held_on\"\nwithin = \"6 months\"", "starts = \"review.held_on\"\nwithin = \"3 months\""));
    ASSERT_EQ(out.consequences.size(), 1u);
    EXPECT_EQ(out.consequences.front().what, What::task_due);
    EXPECT_EQ(out.consequences.front().rule, "next-review");
    EXPECT_EQ(out.consequences.front().because, Because::rule_changed);
}

schema::Policy with_a_deadline_from(const std::string& field)
{
    return next("[[deadline]]\n", "[[deadline]]\nid = \"visit\"\nstarts = \"" + field +
                                      "\"\nwithin = \"2 days\"\nrole = \"police.offender_manager\"\ntask = \"Visit\"\n"
                                      "refs = [\"G-2-4\"]\n[[deadline]]\n");
}

TEST_F(DryRunOf, ADeadlineThatIsNewRunsForWhatWasThereBeforeTheDays)
{
    const auto out = run(with_a_deadline_from("supervision.from"), 5);
    ASSERT_EQ(out.consequences.size(), 1u);
    const auto& task = out.consequences.front();
    EXPECT_EQ(task.what, What::task);
    EXPECT_TRUE(task.arises);
    EXPECT_EQ(task.type, "supervision") << "which nobody has touched since";
    EXPECT_EQ(task.rule, "visit");
    EXPECT_EQ(task.because, Because::new_rule);
}

TEST_F(DryRunOf, ADeadlineThatIsNewRunsAlsoInACaseInWhichNobodyWrote)
{
    import_an_address(world.service(), "C2");
    const auto before = run(with_a_deadline_from("address.from"), 5);
    EXPECT_EQ(before.cases, 1u) << "in which somebody wrote";
    ASSERT_EQ(before.consequences.size(), 2u);
    const auto& imported = before.consequences.back();
    EXPECT_NE(imported.case_id, case_id);
    EXPECT_EQ(imported.rule, "visit");
    const auto entry = must(must(world.store().view())->entry(imported.position));
    ASSERT_TRUE(entry);
    // Nor does it matter that all of it was long ago.
    world.clock.ms += 20 * day_ms;
    must(world.service().add_case("C3"));
    EXPECT_EQ(run(with_a_deadline_from("address.from"), 5).consequence_counts, before.consequence_counts);
    EXPECT_TRUE(run(next(), 5).consequences.empty());
}

TEST_F(DryRunOf, AFactThatIsDerivedOtherwiseIsAnotherAlsoInACaseInWhichNobodyWrote)
{
    import_an_address(world.service(), "C2");
    const auto facts = of_kind(run(next("otherwise = \"police\"", "otherwise = \"prison\""), 5), What::fact);
    ASSERT_EQ(facts.size(), 2u) << "what it would be, and what it was";
    for (const auto& fact : facts) {
        EXPECT_NE(fact.case_id, case_id) << "there it is known who leads";
        EXPECT_EQ(fact.because, Because::rule_changed);
    }
}

TEST_F(DryRunOf, ProgressIsToldToTheEndAndNeverGoesBack)
{
    std::vector<std::uint64_t> told;
    std::uint64_t total = 0;
    must(dry_run(*must(world.store().view()), world.keys, *world.service().policy(), next(), 100,
                 [&](std::uint64_t done, std::uint64_t of) {
                     told.push_back(done);
                     total = of;
                 }));
    ASSERT_FALSE(told.empty());
    EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
    EXPECT_LE(told.back(), total);
}

TEST_F(DryRunOf, NothingIsWritten)
{
    const auto before = must(must(world.store().view())->head());
    run(next("owner = \"lead_agency\"", "owner = \"agency:police\""));
    const auto after = must(must(world.store().view())->head());
    EXPECT_EQ(before.position, after.position);
    EXPECT_EQ(before.audit, after.audit);
    EXPECT_EQ(world.service().policy()->version, 7u);
}

}  // namespace
}  // namespace satchel::test
