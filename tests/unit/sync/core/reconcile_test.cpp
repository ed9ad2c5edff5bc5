// The rules of reconcile, one test each. The scenario table (scenarios/) holds the same engine against the domain.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "small_policy.hpp"
#include "sync/core/protection.hpp"
#include "sync/core/text3.hpp"

namespace satchel::test {
namespace {

using schema::Op;
using schema::Resolution;

const std::string police = "police.offender_manager";
const std::string probation = "probation.practitioner";
const std::string prison = "prison.omu";
const std::string coordination = "coordination.coordinator";

class Reconcile : public ::testing::Test {
protected:
    CaseBench bench{small_policy()};

    // Probation supervises from 2020 on, so probation leads.
    CaseBench::Saved probation_leads(const std::string& to = "")
    {
        return bench.save(probation, {{bench.creates("supervision", "period",
                                                     {{"agency", "probation"}, {"from", "2020-01-01"}, {"to", to}})}});
    }
    CaseBench::Saved address(const std::string& role, const std::string& lines, const std::string& from)
    {
        return bench.save(role, {{bench.creates("address", "where", {{"lines", lines}, {"from", from}})}});
    }
    RecordId singleton(const std::string& type) const
    {
        return singleton_record_id(bench.state().id, bench.policy().type(type)->id);
    }
};

TEST_F(Reconcile, AHatThatTheAuthorDoesNotHoldIsRefused)
{
    auto opened = bench.sealed(police, {{bench.creates("note", "what", {{"text", "seen"}})}});
    opened.header.hat = bench.person(probation).hat;
    const auto saved = bench.rule(police, opened);
    EXPECT_EQ(saved.ruling().outcome, Outcome::refused);
    EXPECT_EQ(saved.ruling().rule, "not-your-hat");
    EXPECT_TRUE(bench.state().records.empty());
}

TEST_F(Reconcile, OneSaveChangesAPartOfARecordOnce)
{
    probation_leads();
    const auto saved = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1 Invented Row"}}),
                                               bench.creates("address", "where", {{"lines", "2 Invented Row"}})}});
    EXPECT_EQ(saved.ruling(0).outcome, Outcome::applied);
    EXPECT_EQ(saved.ruling(1).rule, "twice");
}

TEST_F(Reconcile, TheOwnersChangeOnTheCurrentVersionIsApplied)
{
    probation_leads();
    const auto saved = address(probation, "1 Invented Row", "2026-01-01");
    EXPECT_EQ(saved.ruling().outcome, Outcome::applied);
    EXPECT_EQ(saved.ruling().rule, "owner");
    EXPECT_EQ(bench.value(saved.record(), "address", "lines"), "1 Invented Row");
}

TEST_F(Reconcile, ANonOwnersChangeIsASuggestionAndTheRecordedValueStands)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto second =
        bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "9 Elsewhere"}})}});
    EXPECT_EQ(second.ruling().outcome, Outcome::suggested);
    EXPECT_EQ(second.ruling().decided_by, "lead_agency");
    EXPECT_EQ(bench.value(first.record(), "address", "lines"), "1 Invented Row");
    EXPECT_EQ(bench.state().record(first.record())->groups.front().open.size(), 1u);
}

TEST_F(Reconcile, TheOwnerAcceptsASuggestionAndItsAuthorStaysNamed)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto suggested =
        bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "9 Elsewhere"}})}});
    const auto accepted = bench.save(probation, {{bench.resolves(suggested, Resolution::accept, "confirmed by visit")}});
    EXPECT_EQ(accepted.ruling().outcome, Outcome::applied);
    EXPECT_EQ(bench.value(first.record(), "address", "lines"), "9 Elsewhere");
    const auto& group = bench.state().record(first.record())->groups.front();
    EXPECT_TRUE(group.open.empty());
    EXPECT_EQ(group.current.source.agency, "police");
}

TEST_F(Reconcile, OnlyTheResolverSettlesAndWithAReason)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto suggested =
        bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "9 Elsewhere"}})}});
    EXPECT_EQ(bench.save(police, {{bench.resolves(suggested, Resolution::accept, "mine")}}).ruling().rule, "not-resolver");
    EXPECT_EQ(bench.save(probation, {{bench.resolves(suggested, Resolution::accept, "")}}).ruling().rule, "needs-reason");
    EXPECT_EQ(bench.save(probation, {{bench.resolves(suggested, Resolution::choose_b, "x")}}).ruling().rule, "no-such-step");
    EXPECT_EQ(bench.save(police, {{bench.resolves(suggested, Resolution::withdrawn, "")}}).ruling().outcome, Outcome::applied);
    EXPECT_EQ(bench.save(probation, {{bench.resolves(suggested, Resolution::decline, "no")}}).ruling().rule, "already-settled");
}

TEST_F(Reconcile, ADecisionTakenOnAnOlderRecordIsRefusedAsStale)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto suggested =
        bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "9 Elsewhere"}})}});
    const auto decision = bench.resolves(suggested, Resolution::accept, "ok");
    bench.save(probation, {{bench.edits(first.record(), "address", "where", {{"lines", "3 Invented Row"}})}});
    EXPECT_EQ(bench.save(probation, {{decision}}).ruling().rule, "stale-decision");
    EXPECT_EQ(bench.value(first.record(), "address", "lines"), "3 Invented Row");
}

TEST_F(Reconcile, TwoAuthorisedConcurrentChangesAreAConflictAndBothAreKept)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto a = bench.edits(first.record(), "address", "where", {{"lines", "2 Invented Row"}});
    auto b = bench.edits(first.record(), "address", "where", {{"lines", "3 Invented Row"}});
    bench.save(probation, {{a}});
    const auto saved = bench.save(probation + "/second", {{b}});
    EXPECT_EQ(saved.ruling().outcome, Outcome::conflict);
    EXPECT_EQ(bench.value(first.record(), "address", "lines"), "2 Invented Row");
    const auto& open = bench.state().record(first.record())->groups.front().open;
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open.front().kind, OpenItem::Kind::conflict);
    const auto chosen = bench.save(probation, {{bench.resolves(saved, Resolution::choose_b, "seen the tenancy")}});
    EXPECT_EQ(chosen.ruling().outcome, Outcome::applied);
    EXPECT_EQ(bench.value(first.record(), "address", "lines"), "3 Invented Row");
}

TEST_F(Reconcile, TheSameValueIsMergedWhoeverWritesIt)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto saved = bench.save(prison, {{bench.edits(first.record(), "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})}});
    EXPECT_EQ(saved.ruling().outcome, Outcome::merged);
    EXPECT_EQ(saved.ruling().rule, "same-value");
}

TEST_F(Reconcile, ThreeOfflineEditsMakeOneSuggestion)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    auto c1 = bench.edits(first.record(), "address", "where", {{"lines", "7 A"}});
    const auto s1 = bench.save(police, {{c1}});
    auto c2 = bench.edits(first.record(), "address", "where", {{"lines", "7 B"}});
    c2.base = s1.version();
    c2.confirmed = first.version();
    const auto s2 = bench.save(police, {{c2}});
    auto c3 = bench.edits(first.record(), "address", "where", {{"lines", "7 C"}});
    c3.base = s2.version();
    c3.confirmed = first.version();
    const auto s3 = bench.save(police, {{c3}});
    EXPECT_TRUE(s3.ruling().amends);
    const auto& open = bench.state().record(first.record())->groups.front().open;
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open.front().side.id, s3.version());
}

TEST_F(Reconcile, AnEditOnTopOfOnesOwnRefusedEditIsJudgedOnTheConfirmedVersion)
{
    probation_leads();
    const auto first = bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-01-10"}})}});
    const auto refused = bench.save(
        probation, {{bench.edits(first.record(), "review", "held", {{"held_on", "2026-01-10"}, {"next", "2026-09-01"}})}});
    ASSERT_EQ(refused.ruling().rule, "too-late-a-date");
    auto again = bench.edits(first.record(), "review", "held", {{"held_on", "2026-01-10"}, {"next", "2026-07-01"}});
    again.base = refused.version();
    again.confirmed = first.version();
    EXPECT_EQ(bench.save(probation, {{again}}).ruling().outcome, Outcome::applied);
}

// L1-252, G-X-4: no clock takes part; what counts is who led when it was written and who leads now.
TEST_F(Reconcile, WorkWrittenAroundAHandoverGoesToTheNewOwnerAsASuggestion)
{
    const auto supervision = probation_leads();
    const auto plan = address(probation, "1 Invented Row", "2026-01-01");
    const auto seen = bench.now();
    const auto edit = bench.edits(plan.record(), "address", "where", {{"lines", "2 Invented Row"}});
    bench.save(probation, {{bench.edits(supervision.record(), "supervision", "period",
                                        {{"agency", "probation"}, {"from", "2020-01-01"}, {"to", "2025-01-01"}})}});
    ASSERT_EQ(bench.state().fact("lead_agency"), "police");
    for (const std::int64_t clock : {1'420'000'000'000, 1'770'000'000'000, 2'100'000'000'000}) {
        CaseBench copy = bench;
        const auto saved = copy.save(probation, {{edit}, Instant{clock}, {}, seen});
        EXPECT_EQ(saved.ruling().outcome, Outcome::suggested);
        EXPECT_TRUE(saved.ruling().around_handover);
        EXPECT_EQ(copy.value(plan.record(), "address", "lines"), "1 Invented Row");
    }
}

// Found by the property that no clock takes part: record ids are time-ordered, and of two supervisions from one day the
// one with the later id led.
TEST_F(Reconcile, OfTwoSupervisionsFromOneDayNoClockChoosesTheLeadAgency)
{
    for (const std::int64_t clock : {1'420'000'000'000, 2'100'000'000'000}) {
        CaseBench copy(small_policy());
        copy.save(probation, {{copy.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
        copy.save(probation, {{copy.creates("supervision", "period", {{"agency", "police"}, {"from", "2020-01-01"}})}, Instant{clock}});
        EXPECT_EQ(copy.state().fact("lead_agency"), "probation");
    }
}

TEST_F(Reconcile, WhatHappenedIsNeverRefused)
{
    const auto saved = bench.save(prison, {{bench.creates("note", "what", {})}});
    EXPECT_EQ(saved.ruling().outcome, Outcome::applied);
    EXPECT_TRUE(bench.state().record(saved.record()));
}

TEST_F(Reconcile, AnEventTwoWeeksLateIsMarkedLateAndStays)
{
    const auto saved = bench.save(prison, {{bench.creates("note", "what", {{"text", "call"}})},
                                           Instant{1'770'000'000'000},
                                           Instant{1'770'000'000'000}});
    EXPECT_TRUE(bench.state().record(saved.record())->late);
}

TEST_F(Reconcile, AnotherAgencysEventIsCorrectedBySuggestionOnly)
{
    const auto event = bench.save(prison, {{bench.creates("note", "what", {{"text", "call"}})}});
    const auto edit = bench.save(police, {{bench.edits(event.record(), "note", "what", {{"text", "no call"}})}});
    EXPECT_EQ(edit.ruling().outcome, Outcome::suggested);
    EXPECT_EQ(bench.value(event.record(), "note", "text"), "call");
}

// G-27-27
TEST_F(Reconcile, AFlagStandsUntilEveryRaiseThatTheOwnerSawIsCleared)
{
    probation_leads();
    const auto first = bench.save(probation, {{bench.creates("flag", "raises", {{"why", "history"}})}});
    auto clear = bench.edits(first.record(), "flag", "raises", {});
    clear.op = Op::remove;
    clear.targets = {first.version()};
    clear.reason = "calm visit";
    bench.save(police, {{bench.creates("flag", "raises", {{"why", "call-out"}})}});
    const auto saved = bench.save(probation, {{clear}});
    EXPECT_EQ(saved.ruling().outcome, Outcome::applied);
    const auto& elements = bench.state().record(first.record())->groups.front().elements;
    ASSERT_EQ(elements.size(), 1u);
    EXPECT_EQ(elements.front().source.agency, "police");
}

TEST_F(Reconcile, ClearingAFlagNeedsTheOwnerAndAReason)
{
    probation_leads();
    const auto first = bench.save(police, {{bench.creates("flag", "raises", {{"why", "call-out"}})}});
    auto clear = bench.edits(first.record(), "flag", "raises", {});
    clear.op = Op::remove;
    clear.targets = {first.version()};
    EXPECT_EQ(bench.save(probation, {{clear}}).ruling().rule, "needs-reason");
    clear.reason = "looked again";
    EXPECT_EQ(bench.save(police, {{clear}}).ruling().outcome, Outcome::suggested);
    EXPECT_EQ(bench.state().record(first.record())->groups.front().elements.size(), 1u);
    EXPECT_EQ(bench.save(probation, {{clear}}).ruling().outcome, Outcome::applied);
    EXPECT_TRUE(bench.state().record(first.record())->groups.front().elements.empty());
}

// G-11-12
TEST_F(Reconcile, AHigherViewIsShownBesideTheRecordedOneAndDrivesPrompts)
{
    probation_leads();
    bench.save(probation, {{bench.creates("risk", "public", {{"level", "high"}})}});
    const auto risk = singleton("risk");
    const auto view = bench.save(police, {{bench.edits(risk, "risk", "public", {{"level", "very_high"}})}});
    EXPECT_EQ(view.ruling().outcome, Outcome::suggested);
    EXPECT_TRUE(view.ruling().protective);
    EXPECT_EQ(bench.value(risk, "risk", "level"), "high");
    const auto& group = *bench.policy().type("risk")->group("public");
    const auto& prompting = prompting_values(group, bench.state().record(risk)->groups.front());
    EXPECT_EQ(to_text(prompting.front().value), "very_high");
    const auto lower = bench.save(prison, {{bench.edits(risk, "risk", "public", {{"level", "low"}})}});
    EXPECT_FALSE(lower.ruling().protective);
}

TEST_F(Reconcile, OfTwoAuthorisedValuesTheSaferStandsUntilResolved)
{
    probation_leads();
    const auto first = bench.save(probation, {{bench.creates("risk", "public", {{"level", "medium"}})}});
    const auto risk = singleton("risk");
    const auto up = bench.edits(risk, "risk", "public", {{"level", "very_high"}});
    bench.save(probation, {{bench.edits(risk, "risk", "public", {{"level", "low"}})}});
    const auto conflict = bench.save(probation + "/second", {{up}});
    EXPECT_EQ(conflict.ruling().outcome, Outcome::conflict);
    EXPECT_TRUE(conflict.ruling().stands);
    EXPECT_EQ(bench.value(risk, "risk", "level"), "low");
    EXPECT_EQ(to_text(shown_values(*bench.policy().type("risk")->group("public"), bench.state().record(risk)->groups.front()).front().value), "very_high");
}

// G-15-49
TEST_F(Reconcile, AnEditThatMayNotStandIsKeptAsWhatTheAuthorMayWrite)
{
    probation_leads();
    const auto saved = bench.save(
        prison, {{bench.creates("level", "decision", {{"level", "2"}, {"rationale", "threats on the wing"}})}});
    EXPECT_EQ(saved.ruling().outcome, Outcome::refused);
    EXPECT_EQ(saved.ruling().paragraph, "G-15-49");
    EXPECT_EQ(saved.ruling().instead, "concern");
    bool kept = false;
    for (const auto& [id, record] : bench.state().records)
        kept = kept || (record.type == bench.policy().type("concern")->id && record.created.agency == "prison" &&
                        bench.value(id, "concern", "text") == "threats on the wing");
    EXPECT_TRUE(kept);
}

// L1-250, G-X-3
TEST_F(Reconcile, AnAcknowledgementBindsToOneVersion)
{
    probation_leads();
    const auto level = singleton("level");
    const auto v1 = bench.save(probation, {{bench.creates("level", "decision", {{"level", "1"}, {"rationale", "a"}})}});
    const auto acknowledge = [&](const VersionId& version) {
        auto c = bench.edits(level, "level", "acknowledged", {});
        assign(c.values, bench.policy().type("level")->group("acknowledged")->fields.front().id,
               schema::VersionRef{version});
        return bench.save(prison, {{c}});
    };
    EXPECT_EQ(acknowledge(v1.version()).ruling().outcome, Outcome::applied);
    const auto v2 = bench.save(probation, {{bench.edits(level, "level", "decision", {{"level", "1"}, {"rationale", "b"}})}});
    const auto group_id = bench.policy().type("level")->group("acknowledged")->id;
    EXPECT_TRUE(bench.state().record(level)->group(group_id)->voided);
    EXPECT_EQ(acknowledge(v1.version()).ruling().rule, "stale-approval");
    EXPECT_EQ(acknowledge(v2.version()).ruling().outcome, Outcome::applied);
    EXPECT_FALSE(bench.state().record(level)->group(group_id)->voided);
}

// L1-272
TEST_F(Reconcile, AReasonedDecisionOutranksOneWithoutReasons)
{
    probation_leads();
    const auto level = singleton("level");
    const auto base = bench.save(probation, {{bench.creates("level", "decision", {{"level", "1"}})}});
    const auto reasoned = bench.edits(level, "level", "decision", {{"level", "2"}, {"rationale", "pattern of threats"}});
    bench.save(probation + "/second", {{bench.edits(level, "level", "decision", {{"level", "3"}})}});
    EXPECT_EQ(bench.save(probation, {{reasoned}}).ruling().rule, "reasoned-outranks");
    EXPECT_EQ(bench.value(level, "level", "level"), "2");
}

// G-22-29
TEST_F(Reconcile, RequestsStandSideBySide)
{
    const auto first = bench.save(police, {{bench.creates("request", "wish", {{"text", "5 km"}})}});
    const auto second = bench.save(probation, {{bench.edits(first.record(), "request", "wish", {{"text", "1 km"}})}});
    EXPECT_EQ(second.ruling().outcome, Outcome::suggested);
    EXPECT_EQ(second.ruling().decided_by, "role:coordination.coordinator");
    EXPECT_EQ(bench.value(first.record(), "request", "text"), "5 km");
}

TEST_F(Reconcile, PlainTextMergesWhereTheEditsDoNotMeet)
{
    const auto first = bench.save(police, {{bench.creates("leaflet", "body", {{"text", "one\ntwo\nthree\nfour"}})}});
    const auto a = bench.edits(first.record(), "leaflet", "body", {{"text", "ONE\ntwo\nthree\nfour"}});
    const auto b = bench.edits(first.record(), "leaflet", "body", {{"text", "one\ntwo\nthree\nFOUR"}});
    const auto c = bench.edits(first.record(), "leaflet", "body", {{"text", "one\nTWO\nthree\nfour"}});
    bench.save(police, {{a}});
    CaseBench other = bench;
    EXPECT_EQ(bench.save(prison, {{b}}).ruling().outcome, Outcome::merged);
    EXPECT_EQ(bench.value(first.record(), "leaflet", "text"), "ONE\ntwo\nthree\nFOUR");
    EXPECT_EQ(other.save(prison, {{c}}).ruling().outcome, Outcome::conflict);
}

TEST_F(Reconcile, AnEditUnawareOfAWithdrawalIsAConflictAndOneAwareIsRefused)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto unaware = bench.edits(first.record(), "address", "where", {{"lines", "2 Invented Row"}});
    auto withdraw = unaware;
    withdraw.op = Op::withdraw;
    withdraw.values.clear();
    withdraw.reason = "wrong person";
    const auto withdrawn = bench.save(probation, {{withdraw}});
    ASSERT_EQ(withdrawn.ruling().outcome, Outcome::applied);
    EXPECT_EQ(bench.save(probation, {{unaware}}).ruling().outcome, Outcome::conflict);
    auto aware = unaware;
    aware.base = withdrawn.version();
    EXPECT_EQ(bench.save(probation, {{aware}}).ruling().rule, "withdrawn");
}

// IN-T1, IN-96: the story the product exists for.
TEST_F(Reconcile, ANewAddressEndsTheOldMakesThePlanStaleAndTellsThePolice)
{
    probation_leads();
    const auto a = address(probation, "1 Invented Row", "2024-01-01");
    auto cites = bench.creates("trigger_plan", "plan", {{"text", "go there"}});
    assign(cites.values, bench.policy().type("trigger_plan")->group("plan")->field("cites")->id, schema::Ref{a.record()});
    const auto plan = bench.save(police, {{cites}});
    const auto before = bench.open_tasks(police).size();
    const auto b = address(probation, "2 Invented Row", "2026-03-01");
    EXPECT_EQ(bench.value(a.record(), "address", "to"), "2026-03-01");
    EXPECT_EQ(bench.state().record(plan.record())->stale.size(), 1u);
    EXPECT_EQ(bench.open_tasks(police).size(), before + 1);
}

TEST_F(Reconcile, AnAddressReportedByPoliceIsASuggestionAndTheTaskFiresAtOnce)
{
    probation_leads();
    address(probation, "1 Invented Row", "2024-01-01");
    const auto before = bench.open_tasks(police).size();
    const auto b = address(police, "2 Invented Row", "2026-03-01");
    EXPECT_EQ(b.ruling().outcome, Outcome::suggested);
    const auto tasks = bench.open_tasks(police);
    ASSERT_EQ(tasks.size(), before + 1);
    const bool says = std::any_of(tasks.begin(), tasks.end(), [](const Task& t) {
        return t.words.find("reported by Police, not yet confirmed") != std::string::npos;
    });
    EXPECT_TRUE(says);
}

// L1-255
TEST_F(Reconcile, ALaterReviewRestartsTheClock)
{
    probation_leads();
    bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-01-10"}})}});
    bench.save(probation + "/second", {{bench.creates("review", "held", {{"held_on", "2026-02-20"}})}});
    const auto tasks = bench.open_tasks(probation);
    ASSERT_EQ(tasks.size(), 1u);
    EXPECT_EQ(to_string(tasks.front().due), "2026-08-20");
}

// Found in review: the clock followed the order of arrival.
TEST_F(Reconcile, AnEarlierReviewThatArrivesLateDoesNotRestartTheClock)
{
    probation_leads();
    bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-02-20"}})}});
    bench.save(probation + "/second", {{bench.creates("review", "held", {{"held_on", "2026-01-10"}})}});
    const auto tasks = bench.open_tasks(probation);
    ASSERT_EQ(tasks.size(), 1u);
    EXPECT_EQ(to_string(tasks.front().due), "2026-08-20");
}

TEST_F(Reconcile, ATaskIsDoneByItsRoleOnly)
{
    probation_leads();
    address(probation, "1 Invented Row", "2024-01-01");
    const auto task = bench.open_tasks(police).front();
    schema::Change done;
    done.op = Op::task;
    done.targets = {VersionId{task.id.bytes}};
    done.resolution = Resolution::done;
    auto nothing = done;
    nothing.targets = {number_id<VersionId>(9, 9)};
    EXPECT_EQ(bench.save(prison, {{done}}).ruling(), bench.save(prison, {{nothing}}).ruling())
        << "whether there is one, whoever it is not for is not told";
    EXPECT_EQ(bench.save(prison, {{done}}).ruling().rule, "not-found");
    EXPECT_EQ(bench.save(police, {{done}}).ruling().outcome, Outcome::applied);
    EXPECT_TRUE(bench.open_tasks(police).empty());
}

// --- Found by an adversarial reading of the core. Each is kept under the rule it broke. -------------------------------

TEST_F(Reconcile, AnUnknownGroupIsRefusedAndNoFactOfTheCaseMoves)
{
    probation_leads();
    auto c = bench.creates("note", "what", {{"text", "x"}});
    c.group = schema::GroupId{0x12345678};
    // As at the hub: the slice that is ruled on holds none of the case's other records.
    CaseState slice;
    slice.id = bench.state().id;
    slice.facts = bench.state().facts;
    const auto opened = bench.sealed(police, {{c}});
    schema::Changeset judged;
    judged.header = opened.header;
    judged.changes = opened.changes;
    const auto& who = bench.person(police);
    const auto rulings = reconcile(slice, judged, {&bench.policy(), &bench.policy(), &slice.facts, {who.user, who.credential, {who.hat}}});
    EXPECT_EQ(rulings.front().rule, "unknown-group");
    EXPECT_TRUE(consequences(slice, opened, rulings, bench.policy(), {}).empty());
}

TEST_F(Reconcile, TheSupplierDoesNotWithdrawWhatOthersDecidedOrAdded)
{
    probation_leads();
    const auto level = bench.save(probation, {{bench.creates("level", "decision", {{"level", "1"}, {"rationale", "a"}})}});
    const auto withdraw = [&](const RecordId& record, const std::string& type, const std::string& group, const std::string& who) {
        auto c = bench.edits(record, type, group, {});
        c.op = Op::withdraw;
        c.reason = "mine to take back";
        return bench.save(who, {{c}});
    };
    EXPECT_EQ(withdraw(level.record(), "level", "decision", probation).ruling().rule, "one-per-case");
    const auto suggested = address(police, "9 Elsewhere", "2026-01-01");
    bench.save(probation, {{bench.resolves(suggested, Resolution::accept, "seen")}});
    bench.save(probation, {{bench.edits(suggested.record(), "address", "where", {{"lines", "9 Elsewhere, flat 2"}, {"from", "2026-01-01"}})}});
    EXPECT_EQ(withdraw(suggested.record(), "address", "where", police).ruling().outcome, Outcome::suggested);
    EXPECT_TRUE(bench.state().record(suggested.record())->withdrawn.empty());
}

TEST_F(Reconcile, ADecisionOnASuggestionDoesNoMoreThanAnOrdinaryEdit)
{
    probation_leads();
    const auto level = singleton("level");
    const auto v1 = bench.save(probation, {{bench.creates("level", "decision", {{"level", "1"}, {"rationale", "a"}})}});
    auto approval = bench.edits(level, "level", "acknowledged", {});
    assign(approval.values, bench.policy().type("level")->group("acknowledged")->fields.front().id, schema::VersionRef{v1.version()});
    const auto suggested = bench.save(police, {{approval}});
    ASSERT_EQ(suggested.ruling().outcome, Outcome::suggested);
    bench.save(probation, {{bench.edits(level, "level", "decision", {{"level", "2"}, {"rationale", "b"}})}});
    const auto accepted = bench.save(prison, {{bench.resolves(suggested, Resolution::accept, "fine")}});
    EXPECT_EQ(accepted.ruling().outcome, Outcome::refused);
    EXPECT_EQ(accepted.ruling().rule, "stale-approval");
}

TEST_F(Reconcile, NoRecordTakesTheIdOfAnother)
{
    probation_leads();
    auto thief = bench.creates("note", "what", {{"text", "x"}});
    thief.record = singleton("level");
    EXPECT_EQ(bench.save(prison, {{thief}}).ruling().rule, "wrong-id");
    auto second = bench.creates("level", "decision", {{"level", "1"}});
    second.record = RecordId{};
    EXPECT_EQ(bench.save(probation, {{second}}).ruling().rule, "wrong-id");
    const auto mine = address(probation, "1 Invented Row", "2026-01-01");
    auto again = bench.creates("address", "where", {{"lines", "2"}});
    again.record = mine.record();
    EXPECT_EQ(bench.save(police, {{again}}).ruling().rule, "already-there");
}

TEST_F(Reconcile, NobodyTakesOutWhatSeveralAgenciesPutIn)
{
    probation_leads();
    const auto a = bench.save(police, {{bench.creates("diary", "lines", {{"line", "one"}})}});
    auto b = bench.edits(a.record(), "diary", "lines", {{"line", "two"}});
    b.op = Op::add;
    const auto second = bench.save(prison, {{b}});
    auto remove = bench.edits(a.record(), "diary", "lines", {});
    remove.op = Op::remove;
    remove.targets = {a.version(), second.version()};
    EXPECT_EQ(bench.save(probation, {{remove}}).ruling().rule, "one-agency-at-a-time");
    remove.targets = {second.version()};
    EXPECT_EQ(bench.save(probation, {{remove}}).ruling().decided_by, "agency:prison");
}

TEST_F(Reconcile, TheSafestOfSeveralStandingSidesIsShown)
{
    probation_leads();
    bench.save(probation, {{bench.creates("risk", "public", {{"level", "low"}})}});
    const auto risk = singleton("risk");
    const auto high = bench.edits(risk, "risk", "public", {{"level", "high"}});
    const auto very = bench.edits(risk, "risk", "public", {{"level", "very_high"}});
    bench.save(probation, {{bench.edits(risk, "risk", "public", {{"level", "medium"}})}});
    bench.save(probation + "/second", {{high}});
    bench.save(probation + "/third", {{very}});
    const auto& group = *bench.policy().type("risk")->group("public");
    EXPECT_EQ(to_text(shown_values(group, bench.state().record(risk)->groups.front()).front().value), "very_high");
}

TEST_F(Reconcile, ASaveWithPartsForDifferentReadersIsRefusedWhole)
{
    const auto saved = bench.save(police, {{bench.creates("intel", "handling", {{"sharing", "full"}}),
                                            bench.creates("intel", "notice", {{"text", "x"}})}});
    EXPECT_EQ(saved.ruling(0).rule, "mixed-audience");
    EXPECT_EQ(saved.ruling(1).rule, "mixed-audience");
}

// I12
TEST_F(Reconcile, ARulingDoesNotTellWhatItsAuthorMayNotSee)
{
    probation_leads();
    const auto founded = bench.save(police, {{bench.creates("intel", "handling", {{"sharing", "pointer"}})}});
    auto notice = bench.creates("intel", "notice", {{"text", "speak to us"}});
    notice.record = founded.record();
    bench.save(police, {{notice}});
    auto content = bench.creates("intel", "content", {{"body", "the guess"}});
    content.record = founded.record();
    CaseBench without = bench;
    bench.save(police, {{content}});
    for (const std::string guess : {"the guess", "another guess"}) {
        const auto a = bench.save(probation, {{bench.edits(founded.record(), "intel", "content", {{"body", guess}})}});
        const auto b = without.save(probation, {{without.edits(founded.record(), "intel", "content", {{"body", guess}})}});
        EXPECT_EQ(a.ruling().outcome, b.ruling().outcome) << guess;
        EXPECT_EQ(a.ruling().rule, b.ruling().rule) << guess;
    }
}

TEST_F(Reconcile, WithdrawingOneReviewLeavesTheClockOfAnotherRunning)
{
    probation_leads();
    const auto first = bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-01-10"}})}});
    bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-03-20"}})}});
    auto c = bench.edits(first.record(), "review", "held", {});
    c.op = Op::withdraw;
    c.reason = "wrong person";
    ASSERT_EQ(bench.save(probation, {{c}}).ruling().outcome, Outcome::applied);
    ASSERT_EQ(bench.open_tasks(probation).size(), 1u);
    EXPECT_EQ(to_string(bench.open_tasks(probation).front().due), "2026-09-20");
}

// Found in review: the clock ran from a review that never was.
TEST_F(Reconcile, WithdrawingTheReviewThatRestartedTheClockSetsItBackToTheOneBefore)
{
    probation_leads();
    bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-01-10"}})}});
    const auto mistaken = bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-03-20"}})}});
    ASSERT_EQ(to_string(bench.open_tasks(probation).at(0).due), "2026-09-20");
    auto c = bench.edits(mistaken.record(), "review", "held", {});
    c.op = Op::withdraw;
    c.reason = "wrong person";
    ASSERT_EQ(bench.save(probation, {{c}}).ruling().outcome, Outcome::applied);
    ASSERT_EQ(bench.open_tasks(probation).size(), 1u);
    EXPECT_EQ(to_string(bench.open_tasks(probation).front().due), "2026-07-10");
}

TEST_F(Reconcile, WithdrawingTheOnlyReviewLeavesNoClockRunningFromIt)
{
    probation_leads();
    const auto mistaken = bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-03-20"}})}});
    auto c = bench.edits(mistaken.record(), "review", "held", {});
    c.op = Op::withdraw;
    c.reason = "wrong person";
    ASSERT_EQ(bench.save(probation, {{c}}).ruling().outcome, Outcome::applied);
    EXPECT_TRUE(bench.open_tasks(probation).empty());
}

TEST_F(Reconcile, AFlagRaisedOnAWithdrawnRecordCounts)
{
    probation_leads();
    const auto founded = bench.save(police, {{bench.creates("diary", "lines", {{"line", "one"}})}});
    auto withdraw = bench.edits(founded.record(), "diary", "lines", {});
    withdraw.op = Op::withdraw;
    withdraw.reason = "wrong person";
    const auto first = bench.save(police, {{withdraw}});
    ASSERT_EQ(first.ruling().outcome, Outcome::applied);
    EXPECT_EQ(bench.save(police, {{withdraw}}).ruling().rule, "already-gone");
    auto add = bench.edits(founded.record(), "diary", "lines", {{"line", "two"}});
    add.op = Op::add;
    const auto conflict = bench.save(police, {{add}});
    ASSERT_EQ(conflict.ruling().outcome, Outcome::conflict);
    ASSERT_EQ(bench.save(police, {{bench.resolves(conflict, Resolution::choose_b, "it stands")}}).ruling().outcome, Outcome::applied);
    const auto& record = *bench.state().record(founded.record());
    EXPECT_TRUE(record.withdrawn.empty());
    EXPECT_EQ(record.groups.front().elements.size(), 2u);
}

TEST_F(Reconcile, AddressesEndWhenTheNextBeginsInEveryOrderOfArrival)
{
    const std::vector<std::string> starts{"2026-01-01", "2026-02-01", "2026-03-01"};
    std::vector<std::size_t> order{0, 1, 2};
    do {
        CaseBench copy(small_policy());
        copy.save(probation, {{copy.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
        std::map<std::size_t, RecordId> made;
        for (const auto i : order)
            made[i] = copy.save(probation, {{copy.creates("address", "where", {{"lines", starts[i]}, {"from", starts[i]}})}}).record();
        EXPECT_EQ(copy.value(made[0], "address", "to"), "2026-02-01");
        EXPECT_EQ(copy.value(made[1], "address", "to"), "2026-03-01");
        EXPECT_EQ(copy.value(made[2], "address", "to"), "");
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(Reconcile, WhatHappenedIsKeptThoughItsAuthorHasAnotherRoleByNow)
{
    auto opened = bench.sealed(probation, {{bench.creates("note", "what", {{"text", "told him"}})}});
    schema::Changeset judged;
    judged.header = opened.header;
    judged.changes = opened.changes;
    const auto& who = bench.person(probation);
    auto hats = std::vector<schema::Hat>{{"probation", "elsewhere", "probation.practitioner"}};
    const auto ruled = [&] {
        return reconcile(bench.state(), judged, {&bench.policy(), &bench.policy(), &bench.state().facts, {who.user, who.credential, hats}}).front();
    };
    EXPECT_FALSE(ruled().outside_policy) << "a team never decides";
    hats = {{"probation", "elsewhere", "probation.other"}};
    EXPECT_EQ(ruled().outcome, Outcome::applied);
    EXPECT_TRUE(ruled().outside_policy);
    hats = {{"prison", "elsewhere", "prison.omu"}};
    EXPECT_EQ(ruled().outcome, Outcome::refused);
}

TEST_F(Reconcile, AgreeingWithTheRecordTakesBackOnesOwnSuggestion)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto s1 = bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "7 A"}})}});
    auto back = bench.edits(first.record(), "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}});
    back.base = s1.version();
    back.confirmed = first.version();
    EXPECT_EQ(bench.save(police, {{back}}).ruling().outcome, Outcome::merged);
    EXPECT_TRUE(bench.state().record(first.record())->groups.front().open.empty());
}

// Found in review: two offline edits, the first of which said what another had said meanwhile, were shown as two versions.
TEST_F(Reconcile, AnEditOnTopOfOnesOwnThatAgreedWithTheRecordIsAnEditOfTheRecord)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    auto agrees = bench.edits(first.record(), "address", "where", {{"lines", "2 Invented Row"}, {"from", "2026-01-01"}});
    bench.save(probation + "/second", {{agrees}});
    const auto mine = bench.save(probation, {{agrees}});
    ASSERT_EQ(mine.ruling().rule, "same-value");
    auto next = bench.edits(first.record(), "address", "where", {{"lines", "3 Invented Row"}, {"from", "2026-01-01"}});
    next.base = mine.version();
    next.confirmed = first.version();
    EXPECT_EQ(bench.save(probation, {{next}}).ruling().outcome, Outcome::applied);
    EXPECT_EQ(bench.value(first.record(), "address", "lines"), "3 Invented Row");
    EXPECT_EQ(bench.save(probation, {{next}}).ruling().rule, "same-value");
    next.values = bench.values("address", {{"lines", "4 Invented Row"}, {"from", "2026-01-01"}});
    EXPECT_EQ(bench.save(probation, {{next}}).ruling().outcome, Outcome::conflict) << "agreement is with the version it agreed with";
}

TEST_F(Reconcile, ASuggestionThatTheRecordHasComeToSayIsOvertaken)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "2 Invented Row"}})}});
    bench.save(police + "/second", {{bench.edits(first.record(), "address", "where", {{"lines", "7 Invented Row"}})}});
    bench.save(probation, {{bench.edits(first.record(), "address", "where", {{"lines", "2 Invented Row"}, {"from", "2026-01-01"}})}});
    const auto& open = bench.state().record(first.record())->groups.front().open;
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(to_text(open.front().side.values.front().value), "7 Invented Row");
}

TEST_F(Reconcile, NoTaskGoesToARoleThatMayNotSeeWhatItIsAbout)
{
    auto policy = small_policy();
    for (auto& type : policy.types)
        if (type.name == "address")
            type.groups.front().audience.clauses = {{"", {*schema::parse_authority("lead_agency")}}};
    CaseBench narrow(policy);
    narrow.save(probation, {{narrow.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
    narrow.save(probation, {{narrow.creates("address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})}});
    EXPECT_TRUE(narrow.open_tasks(police).empty());
}

TEST_F(Reconcile, ManyAccountsOfOneThingAreLinkedToAFewNotToAll)
{
    auto policy = small_policy();
    for (auto& type : policy.types)
        if (type.name == "request") {
            schema::LinkRule same;
            same.id = "same-wish";
            same.same = {type.groups.front().fields.front().id};
            same.across_agencies = false;
            type.links.push_back(same);
        }
    CaseBench many(policy);
    constexpr std::size_t accounts = 40;
    for (std::size_t i = 0; i < accounts; ++i)
        many.save(police, {{many.creates("request", "wish", {{"text", "5 km"}})}});
    std::size_t links = 0;
    for (const auto& [id, record] : many.state().records)
        links += record.links.size();
    EXPECT_GE(links, 2 * (accounts - 1)) << "each has at least one link, kept at both ends";
    EXPECT_LE(links, 2 * 8 * accounts);
    EXPECT_LT(links, accounts * (accounts - 1) / 2);
}

TEST_F(Reconcile, ADoneTaskStaysDone)
{
    probation_leads();
    address(probation, "1 Invented Row", "2024-01-01");
    const auto task = bench.open_tasks(police).front();
    schema::Change c;
    c.op = Op::task;
    c.targets = {VersionId{task.id.bytes}};
    c.resolution = Resolution::done;
    bench.save(police, {{c}});
    c.resolution = Resolution::acknowledged;
    bench.save(police, {{c}});
    EXPECT_EQ(bench.state().tasks.at(task.id).state, Task::State::done);
    c.resolution = Resolution::accept;
    EXPECT_EQ(bench.save(police, {{c}}).ruling().rule, "no-such-step");
}

TEST_F(Reconcile, ReasonsOutrankInEitherOrder)
{
    probation_leads();
    const auto level = singleton("level");
    bench.save(probation, {{bench.creates("level", "decision", {{"level", "1"}})}});
    const auto bare = bench.edits(level, "level", "decision", {{"level", "3"}});
    bench.save(probation, {{bench.edits(level, "level", "decision", {{"level", "2"}, {"rationale", "pattern"}})}});
    const auto late = bench.save(probation + "/second", {{bare}});
    EXPECT_EQ(late.ruling().rule, "reasoned-outranks");
    EXPECT_EQ(bench.value(level, "level", "level"), "2");
}

TEST_F(Reconcile, NobodyPicksOneOfTwoRequestsByAcceptingIt)
{
    const auto first = bench.save(police, {{bench.creates("request", "wish", {{"text", "5 km"}})}});
    const auto second = bench.save(probation, {{bench.edits(first.record(), "request", "wish", {{"text", "1 km"}})}});
    EXPECT_EQ(bench.save(coordination, {{bench.resolves(second, Resolution::accept, "smaller")}}).ruling().outcome, Outcome::refused);
    EXPECT_EQ(bench.value(first.record(), "request", "text"), "5 km");
}

TEST_F(Reconcile, ACoverSettlesInTheResolversPlace)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto suggested = bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "9 Elsewhere"}})}});
    EXPECT_EQ(bench.save(coordination, {{bench.resolves(suggested, Resolution::decline, "nobody there")}}).ruling().outcome, Outcome::applied);
}

class SecondPerson : public testing::Test {
protected:
    static schema::Policy policy()
    {
        auto out = small_policy();
        for (auto& type : out.types)
            for (auto& group : type.groups)
                if (group.safe_side)
                    group.safe_side->second_person = true;
        return out;
    }
    // Two practitioners of the lead wrote at once; the more protective one is shown as standing (G-11-12).
    CaseBench::Saved conflict()
    {
        bench.save(probation, {{bench.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
        const RecordId risk = singleton_record_id(bench.state().id, schema::type_id("risk"));
        bench.save(probation, {{bench.creates("risk", "public", {{"level", "medium"}})}});
        const auto low = bench.edits(risk, "risk", "public", {{"level", "low"}});
        const auto high = bench.edits(risk, "risk", "public", {{"level", "very_high"}});
        bench.save(probation, {{low}});
        auto out = bench.save(probation + "/second", {{high}});
        EXPECT_EQ(out.ruling().outcome, Outcome::conflict);
        EXPECT_TRUE(out.ruling().stands);
        return out;
    }
    const GroupState& group(const CaseBench::Saved& of) { return bench.state().record(of.record())->groups.front(); }

    const std::string probation = "probation.practitioner";
    const schema::Policy policy_ = policy();
    CaseBench bench{policy_};
};

TEST_F(SecondPerson, OneAloneCannotDecideForLessProtection)
{
    const auto open = conflict();
    const auto first = bench.save(probation, {{bench.resolves(open, Resolution::choose_a, "calm for a year")}});
    EXPECT_EQ(first.ruling().outcome, Outcome::suggested);
    EXPECT_EQ(first.ruling().rule, "second-person");
    ASSERT_EQ(group(open).open.size(), 1u) << "it stays open, with the decision beside it";
    EXPECT_EQ(group(open).open.front().proposed.id, first.version());
    const auto again = bench.save(probation, {{bench.resolves(open, Resolution::choose_a, "I insist")}});
    EXPECT_EQ(again.ruling().rule, "second-person");
}

TEST_F(SecondPerson, AnotherWhoDecidesTheSameMakesItCount)
{
    const auto open = conflict();
    bench.save(probation, {{bench.resolves(open, Resolution::choose_a, "calm for a year")}});
    const auto second = bench.save(probation + "/second", {{bench.resolves(open, Resolution::choose_a, "agreed")}});
    EXPECT_EQ(second.ruling().rule, "resolved");
    EXPECT_TRUE(group(open).open.empty());
    EXPECT_EQ(bench.value(open.record(), "risk", "level"), "low");
}

TEST_F(SecondPerson, TwoDevicesOfOnePersonAreOnePerson)
{
    const auto open = conflict();
    bench.save(probation, {{bench.resolves(open, Resolution::choose_a, "calm for a year")}});
    auto& second = bench.person(probation + "/second");
    second.user = bench.person(probation).user;
    const auto again = bench.save(probation + "/second", {{bench.resolves(open, Resolution::choose_a, "agreed")}});
    EXPECT_EQ(again.ruling().rule, "second-person");
    EXPECT_EQ(group(open).open.size(), 1u);
}

TEST_F(SecondPerson, WhoDecidesOtherwiseDoesNotConfirm)
{
    const auto open = conflict();
    bench.save(probation, {{bench.resolves(open, Resolution::choose_a, "calm for a year")}});
    auto amend = bench.resolves(open, Resolution::amend, "between");
    amend.values = bench.values("risk", {{"level", "high"}});
    const auto other = bench.save(probation + "/second", {{amend}});
    EXPECT_EQ(other.ruling().rule, "second-person") << "high is less than the very high that readers act on";
    EXPECT_EQ(group(open).open.front().proposed.id, other.version());
}

TEST_F(SecondPerson, OneAloneDecidesForMoreProtection)
{
    const auto open = conflict();
    EXPECT_EQ(bench.save(probation, {{bench.resolves(open, Resolution::choose_b, "safer")}}).ruling().rule, "resolved");
    EXPECT_EQ(bench.value(open.record(), "risk", "level"), "very_high");
}

TEST_F(SecondPerson, TheFirstDecisionFallsWithTheVersionItWasAbout)
{
    const auto open = conflict();
    bench.save(probation, {{bench.resolves(open, Resolution::choose_a, "calm for a year")}});
    bench.save(probation, {{bench.edits(open.record(), "risk", "public", {{"level", "medium"}})}});
    ASSERT_EQ(group(open).open.size(), 1u);
    EXPECT_TRUE(group(open).open.front().proposed.id.empty());
    EXPECT_EQ(bench.save(probation + "/second", {{bench.resolves(open, Resolution::choose_a, "agreed")}}).ruling().rule,
              "second-person");
}

// Theirs to decide under the agreement they wrote under, another's under the one in force by now.
TEST_F(Reconcile, WhatWasTheAuthorsUnderAnEarlierAgreementIsSuggestedAsWrittenAroundHandover)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    auto earlier = small_policy();
    for (auto& type : earlier.types)
        if (type.name == "address")
            type.groups.front().owner.front().is = *schema::parse_authority("agency:police");
    schema::Changeset cs;
    const auto& who = bench.person(police);
    cs.header.case_id = bench.state().id;
    cs.header.hat = who.hat;
    cs.changes = {bench.edits(first.record(), "address", "where", {{"lines", "2 Invented Row"}})};
    const auto judged = [&](const schema::Policy& authored) {
        return reconcile(bench.state(), cs,
                         {&small_policy(), &authored, &bench.state().facts, {who.user, who.credential, {who.hat}}})
            .front();
    };
    EXPECT_EQ(judged(small_policy()).rule, "not-owner");
    EXPECT_EQ(judged(earlier).rule, "around-handover");
    EXPECT_EQ(judged(earlier).outcome, Outcome::suggested);
}

class PassedUp : public Reconcile {
protected:
    // The line managers of police and probation.
    static schema::Policy policy()
    {
        auto out = small_policy();
        out.roles.push_back({"police.supervisor", "Supervisor", "police", {"line_manager"}, "coordination.coordinator"});
        out.roles.push_back({"probation.spo", "Senior", "probation", {"line_manager"}, "coordination.coordinator"});
        return out;
    }
    CaseBench::Saved suggestion()
    {
        up.save(probation, {{up.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
        const auto first = up.save(probation, {{up.creates("address", "where", {{"lines", "1 Invented Row"}})}});
        return up.save(police, {{up.edits(first.record(), "address", "where", {{"lines", "9 Elsewhere"}})}});
    }
    std::size_t passed_up_to(const std::string& role)
    {
        const auto tasks = up.open_tasks(role);
        return static_cast<std::size_t>(
            std::count_if(tasks.begin(), tasks.end(), [](const Task& t) { return t.rule == "escalated"; }));
    }
    const schema::Policy policy_ = policy();
    CaseBench up{policy_};
};

TEST_F(PassedUp, ToTheLineManagersOfBothSides)
{
    const auto open = suggestion();
    const auto ruled = up.save(police, {{up.resolves(open, Resolution::escalate, "They do not answer")}});
    ASSERT_EQ(ruled.ruling().outcome, Outcome::applied);
    EXPECT_EQ(passed_up_to("police.supervisor"), 1u);
    EXPECT_EQ(passed_up_to("probation.spo"), 1u);
    EXPECT_EQ(passed_up_to(coordination), 0u);
    EXPECT_EQ(up.state().record(open.record())->groups.front().open.size(), 1u) << "it decides nothing";
}

TEST_F(PassedUp, ToTheCoordinationUnitWhereThereIsNoLineManager)
{
    probation_leads();
    const auto first = address(probation, "1 Invented Row", "2026-01-01");
    const auto open = bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "9 Elsewhere"}})}});
    bench.save(police, {{bench.resolves(open, Resolution::escalate, "They do not answer")}});
    EXPECT_EQ(bench.open_tasks(coordination).size(), 1u);
}

TEST_F(PassedUp, TheTaskEndsWhenItIsSettled)
{
    const auto open = suggestion();
    up.save(police, {{up.resolves(open, Resolution::escalate, "They do not answer")}});
    ASSERT_EQ(up.save(probation, {{up.resolves(open, Resolution::decline, "He is back home")}}).ruling().rule, "declined");
    EXPECT_EQ(passed_up_to("police.supervisor"), 0u);
    EXPECT_EQ(passed_up_to("probation.spo"), 0u);
}

// I10
TEST_F(Reconcile, TheCoverOfACoverSettlesWhatNobodyElseIsThereFor)
{
    auto policy = small_policy();
    for (auto& role : policy.roles)
        if (role.name == probation)
            role.cover = "police.offender_manager";
    CaseBench chain(policy);
    chain.save(probation, {{chain.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
    ASSERT_EQ(chain.state().fact("lead_agency"), "probation");
    const auto first = chain.save(probation, {{chain.creates("address", "where", {{"lines", "1 Invented Row"}})}});
    const auto suggest = chain.edits(first.record(), "address", "where", {{"lines", "9 Elsewhere"}});
    const auto suggested = chain.save("prison.omu", {{suggest}});
    ASSERT_EQ(suggested.ruling().outcome, Outcome::suggested);
    EXPECT_EQ(chain.save("prison.omu", {{chain.resolves(suggested, Resolution::accept, "mine")}}).ruling().rule, "not-resolver");
    EXPECT_EQ(chain.save(coordination, {{chain.resolves(suggested, Resolution::decline, "nobody there")}}).ruling().outcome,
              Outcome::applied);
}

TEST_F(Reconcile, AFieldOfAnotherPartDoesNotComeInByTheBackDoor)
{
    probation_leads();
    auto c = bench.creates("intel", "notice", {{"text", "x"}});
    for (const auto& v : bench.values("intel", {{"sharing", "full"}}))
        assign(c.values, v.field, v.value);
    EXPECT_EQ(bench.save(police, {{c}}).ruling().rule, "not-valid");
}

TEST_F(Reconcile, AChangeStatesNoMoreThanWhatTheSystemAddsToStillFits)
{
    probation_leads();
    auto c = bench.creates("address", "where", {{"lines", "1"}, {"from", "2026-01-01"}});
    for (std::uint32_t f = 1; f <= 40; ++f)
        assign(c.values, schema::FieldId{f}, true);
    schema::Changeset cs;
    cs.header.case_id = bench.state().id;
    cs.changes = {c};
    EXPECT_EQ(seal(cs, {}).error().code, Errc::too_large);
    cs.header.hat = bench.person(probation).hat;
    const auto& who = bench.person(probation);
    c.record = number_id<RecordId>(7, 7);
    cs.changes = {c};
    const auto rulings = reconcile(bench.state(), cs, {&bench.policy(), &bench.policy(), &bench.state().facts, {who.user, who.credential, {who.hat}}});
    EXPECT_EQ(rulings.front().rule, "too-many-values");
}

// What two lines of plain text became was not what the author of the second edit had before them.
TEST_F(Reconcile, AnEditOnTopOfOnesOwnThatWasMergedHasNotSeenWhatItWasMergedWith)
{
    const auto first = bench.save(police, {{bench.creates("leaflet", "body", {{"text", "one\ntwo\nthree\nfour"}})}});
    const auto theirs = bench.edits(first.record(), "leaflet", "body", {{"text", "one\ntwo\nthree\nFOUR"}});
    const auto mine = bench.edits(first.record(), "leaflet", "body", {{"text", "ONE\ntwo\nthree\nfour"}});
    bench.save(probation, {{theirs}});
    const auto merged = bench.save(police, {{mine}});
    ASSERT_EQ(merged.ruling().rule, "text-merged");
    auto next = bench.edits(first.record(), "leaflet", "body", {{"text", "1\ntwo\nthree\nfour"}});
    next.base = merged.version();
    next.confirmed = first.version();
    const auto saved = bench.save(police, {{next}});
    EXPECT_EQ(saved.ruling().outcome, Outcome::conflict);
    EXPECT_EQ(bench.value(first.record(), "leaflet", "text"), "ONE\ntwo\nthree\nFOUR");
}

TEST_F(Reconcile, AMergedTextIsOneThatAFieldCanHold)
{
    const std::string half(20'000, 'x');
    const auto first = bench.save(police, {{bench.creates("leaflet", "body", {{"text", "one\ntwo\nthree"}})}});
    const auto a = bench.edits(first.record(), "leaflet", "body", {{"text", half + "\ntwo\nthree"}});
    const auto b = bench.edits(first.record(), "leaflet", "body", {{"text", "one\ntwo\n" + half}});
    bench.save(police, {{a}});
    EXPECT_EQ(bench.save(probation, {{b}}).ruling().outcome, Outcome::conflict);
    EXPECT_TRUE(decode_record_state(encode(*bench.state().record(first.record()))).has_value());
}

// Who leaves a field out has not said what is in it.
TEST_F(Reconcile, WhoeverAgreedWithAPartOfTheValueHasNotSeenTheRest)
{
    probation_leads();
    const auto level = singleton("level");
    bench.save(probation, {{bench.creates("level", "decision", {{"level", "2"}, {"rationale", "seen at the panel"}})}});
    const auto blind = bench.creates("level", "decision", {{"level", "2"}});
    const auto first = bench.save(probation + "/second", {{blind}});
    ASSERT_EQ(first.ruling().rule, "reasoned-outranks") << "the level alone is not what the record says";
    auto next = blind;
    next.base = first.version();
    next.values = bench.values("level", {{"level", "1"}, {"rationale", "calm"}});
    EXPECT_EQ(bench.save(probation + "/second", {{next}}).ruling().outcome, Outcome::conflict);
    EXPECT_EQ(bench.value(level, "level", "rationale"), "seen at the panel");
}

// Whoever decides on it puts into the record what stands there, without another look at it.
TEST_F(Reconcile, AnEditOfAWithdrawnRecordIsAdmissibleLikeAnyOther)
{
    const auto diary = bench.save(police, {{bench.creates("diary", "lines", {{"line", "a"}})}});
    auto withdrawal = bench.edits(diary.record(), "diary", "lines", {});
    withdrawal.op = Op::withdraw;
    withdrawal.reason = "in error";
    ASSERT_EQ(bench.save(police, {{withdrawal}}).ruling().outcome, Outcome::applied);
    auto change = bench.edits(diary.record(), "diary", "lines", {{"line", "b"}});
    EXPECT_EQ(bench.save(police, {{change}}).ruling().rule, "edited-while-withdrawn");
    assign(change.values, change.values.front().field, std::string(5'000, 'x'));
    EXPECT_EQ(bench.save(police, {{change}}).ruling().rule, "not-valid");
    change.op = Op::set;
    EXPECT_EQ(bench.save(police, {{change}}).ruling().rule, "wrong-operation");
}

TEST_F(Reconcile, TwoOfflineEditsOfAWithdrawnRecordMakeOneConflict)
{
    const auto first = bench.save(police, {{bench.creates("leaflet", "body", {{"text", "one"}})}});
    const auto edit = bench.edits(first.record(), "leaflet", "body", {{"text", "two"}});
    auto withdrawal = edit;
    withdrawal.op = Op::withdraw;
    withdrawal.values.clear();
    withdrawal.reason = "in error";
    ASSERT_EQ(bench.save(police, {{withdrawal}}).ruling().outcome, Outcome::applied);
    const auto one = bench.save(probation, {{edit}});
    auto next = edit;
    next.base = one.version();
    next.confirmed = first.version();
    EXPECT_TRUE(bench.save(probation, {{next}}).ruling().amends);
    EXPECT_EQ(bench.state().record(first.record())->groups.front().open.size(), 1u);
}

// As it is routed, so it is decided: by the agency that the suggestion names, where the record names none yet.
TEST_F(Reconcile, WhoDecidesIsNamedByWhatWaitsAndNotByTheDecision)
{
    auto policy = small_policy();
    for (auto& type : policy.types)
        if (type.name == "supervision") {
            type.create = {*schema::parse_authority("case_agencies")};
            type.groups.front().owner.front().is = *schema::parse_authority("field:agency", &type);
        }
    CaseBench own{policy};
    const auto suggested = own.save(police, {{own.creates("supervision", "period", {{"agency", "probation"}, {"from", "2026-01-01"}})}});
    ASSERT_EQ(suggested.ruling().decided_by, "field:agency");
    auto decision = own.resolves(suggested, Resolution::accept, "ours now");
    decision.values = own.values("supervision", {{"agency", "prison"}});
    EXPECT_EQ(own.save(prison, {{decision}}).ruling().rule, "not-resolver");
    decision.values.clear();
    EXPECT_EQ(own.save(probation, {{decision}}).ruling().rule, "accepted");
}

TEST_F(Reconcile, ARemovalStatesNoValues)
{
    const auto diary = bench.save(police, {{bench.creates("diary", "lines", {{"line", "a"}})}});
    auto change = bench.edits(diary.record(), "diary", "lines", {{"line", "mine"}});
    change.op = Op::remove;
    change.targets = {diary.version()};
    EXPECT_EQ(bench.save(police, {{change}}).ruling().rule, "not-valid");
    change.values.clear();
    EXPECT_EQ(bench.save(police, {{change}}).ruling().outcome, Outcome::applied);
}

TEST(Seal, WhatIsSavedFitsWhenItIsWrittenAgain)
{
    schema::Changeset cs;
    schema::Change change;
    assign(change.values, schema::FieldId{1}, std::string(32'000, 'x'));
    cs.changes.assign(9, change);
    const auto fits = [&](std::size_t bytes) {
        assign(cs.changes.back().values, schema::FieldId{1}, std::string(bytes, 'x'));
        return seal(cs, {}).has_value();
    };
    std::size_t most = 1, too_much = 32'000;
    ASSERT_TRUE(fits(most));
    ASSERT_FALSE(fits(too_much));
    while (too_much - most > 1) {
        const auto middle = (most + too_much) / 2;
        (fits(middle) ? most : too_much) = middle;
    }
    ASSERT_TRUE(fits(most));
    cs.header.was = number_id<ChangesetId>(1, 1);
    EXPECT_TRUE(fits(most));
}

TEST_F(Reconcile, AListHasAnEnd)
{
    const auto diary = bench.save(police, {{bench.creates("diary", "lines", {{"line", "a"}})}});
    auto more = bench.edits(diary.record(), "diary", "lines", {{"line", "b"}});
    auto saved = diary;
    for (std::size_t i = 0; i < 1'500 && saved.ruling().outcome == Outcome::applied; ++i)
        saved = bench.save(police, {{more}});
    EXPECT_EQ(saved.ruling().rule, "list-full");
    EXPECT_EQ(bench.state().record(diary.record())->groups.front().elements.size(), 1'000u);
    auto less = more;
    less.op = Op::remove;
    less.values.clear();
    less.targets = {diary.version()};
    ASSERT_EQ(bench.save(police, {{less}}).ruling().outcome, Outcome::applied);
    EXPECT_EQ(bench.save(police, {{more}}).ruling().outcome, Outcome::applied);
}

TEST(Text3, MergesOnlyWhereALineLiesBetween)
{
    EXPECT_EQ(merge_text("a\nb\nc", "A\nb\nc", "a\nb\nC"), "A\nb\nC");
    EXPECT_EQ(merge_text("a\nb\nc", "A\nb\nc", "a\nB\nc"), std::nullopt);
    EXPECT_EQ(merge_text("a\nb\nc", "a\nb\nc\nd", "z\na\nb\nc"), "z\na\nb\nc\nd");
    EXPECT_EQ(merge_text("a", "b", "b"), "b");
    EXPECT_EQ(merge_text("a\nb\nc\nd", "a\nc\nd", "a\nb\nc\nD"), "a\nc\nD");
}

}  // namespace
}  // namespace satchel::test
