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
        return must(dry_run(*must(world.store().view()), world.keys, other, days));
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
    EXPECT_EQ(dry_run(*must(world.store().view()), world.keys, other, 0).error().code, Errc::invalid_argument);
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
