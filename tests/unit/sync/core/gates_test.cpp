// What the agreement asks for before a change may stand, each way of asking with what does not do first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "case_under.hpp"
#include "small_policy.hpp"

namespace satchel::test {
namespace {

constexpr std::string_view gates_text = R"(
[record.sharing]
title = "Disclosure"
refs = ["G-10-1"]
create = "case_agencies"
audience = "case_agencies"
[record.sharing.group.decision]
fields = { recipient = "text", purpose = { type = "note", nature = "disclosure", title = "Why" }, urgent = "yes_no" }
owner = "lead_agency"
merge = "manual"
[record.sharing.group.approval]
fields = { decided = { type = "version", of = "decision" }, agrees = "yes_no" }
owner = "lead_agency"
merge = "manual"
binds = { field = "decided", to = "decision" }
[[record.sharing.group.approval.gate]]
rule = "nobody-approves-their-own"
different_person_from = ["decision"]
say = "Somebody else approves what you wrote."
refs = ["L1-258"]
[record.sharing.group.second]
fields = { decided_again = { type = "version", of = "decision" } }
owner = "lead_agency"
merge = "manual"
binds = { field = "decided_again", to = "decision" }
[[record.sharing.group.second.gate]]
rule = "two-approve"
different_person_from = ["decision", "approval"]
say = "A second person approves."
refs = ["L1-109"]
[record.sharing.group.progress]
fields = { outcome = ["proposed", "made", "not_made"] }
owner = "lead_agency"
merge = "manual"
states = { of = "outcome", moves = ["start -> proposed by lead_agency", "proposed -> made by lead_agency", "proposed -> not_made by role:coordination.coordinator"] }
[[record.sharing.group.progress.gate]]
rule = "elements-first"
when = { field.outcome = ["made"] }
needs = ["recipient", "purpose"]
unless = { field.urgent = ["yes"] }
say = "It is made when all of it is recorded; the lead agency records it."
refs = ["L1-165", "G-10-1"]
[[record.sharing.group.progress.gate]]
rule = "approval-first"
when = { field.outcome = ["made"] }
approved = { group = "approval", when = { field.agrees = ["yes"] } }
say = "It is made when a manager has approved what is recorded now."
refs = ["L1-109"]

[record.grade]
title = "Grade"
refs = ["G-13a-21"]
create = "lead_agency"
audience = "case_agencies"
one_per_case = true
[record.grade.group.decision]
fields = { grade = ["1", "2", "3"], why = { type = "note", nature = "risk", title = "Rationale" } }
owner = "lead_agency"
merge = "manual"
[[record.grade.group.decision.redirect]]
rule = "prison-says-so"
author = "agency:prison"
then = "refuse"
say = "It is kept as a concern."
refs = ["G-15-49"]
instead = { record = "concern", set = { text = "$grade" } }
[[record.grade.group.decision.gate]]
rule = "says-why"
needs = "why"
say = "A grade is given with its reasons."
refs = ["L1-160"]
[[record.grade.group.decision.gate]]
rule = "no-lowering-while-steps-are-open"
change = "lowers"
of = "grade"
absent = { record = "stage", when = { field.stage_state = ["", "open"] } }
say = "It is not lowered while a step is open; whoever has the step finishes it."
refs = ["G-13a-38"]
[[record.grade.group.decision.gate]]
rule = "asks-the-prison-first"
when = { field.grade = ["3"], fact.lead_agency = ["police"] }
exists = { record = "answer", when = { field.given = ["yes"] } }
say = "The prison is asked first; it answers."
refs = ["G-15-19"]

[record.stage]
title = "Step"
refs = ["G-12-2"]
create = "case_agencies"
audience = "case_agencies"
[record.stage.group.what]
fields = { step = "text" }
owner = "supplier"
merge = "manual"
[record.stage.group.how_far]
fields = { stage_state = ["open", "done"] }
owner = "case_agencies"
merge = "manual"
[record.letter]
title = "Letter"
refs = ["G-13b-1"]
create = ["lead_agency", "agency:probation"]
audience = "case_agencies"
[record.letter.group.text]
fields = { words = { type = "note", nature = "minutes" }, about = { type = "ref", of = "meeting" } }
owner = "supplier"
merge = "manual"
[record.letter.group.state]
fields = { letter_state = ["draft", "sent"], why_wrong = { type = "text", title = "Why it was wrong" } }
owner = "supplier"
merge = "manual"
[[record.letter.withdrawal]]
rule = "what-was-sent-stays"
when = { field.letter_state = ["sent"], fact.lead_agency = ["probation", "police"] }
unless = { field.why_wrong = ["wrong person"] }
say = "What was sent stays. Write another letter that corrects it."
refs = ["G-13b-2"]
[[record.letter.withdrawal]]
rule = "not-while-a-meeting-needs-it"
absent = { record = "meeting", referred_in = "about", when = { field.held = ["no"] } }
say = "A meeting is to come that it is about; after it, the letter can go."
refs = ["G-13b-3"]
[[record.letter.withdrawal]]
rule = "another-person-withdraws"
when = { field.letter_state = ["draft"] }
different_person_from = ["text"]
say = "Somebody else looks at it before it goes."
refs = ["G-13b-4"]
[record.answer]
title = "Answer"
refs = ["G-15-19"]
create = "case_agencies"
audience = "case_agencies"
[record.answer.group.answer]
fields = { given = "yes_no", on = { type = "ref", of = "meeting" } }
owner = "agency:prison"
merge = "manual"

[record.meeting]
title = "Meeting"
refs = ["G-13a-2"]
create = "case_agencies"
audience = "case_agencies"
[record.meeting.group.held]
fields = { held = "yes_no" }
owner = "case_agencies"
merge = "manual"
[[record.meeting.group.held.gate]]
rule = "answered-for-this-meeting"
when = { field.held = ["yes"] }
exists = { record = "answer", refers_here = "on" }
say = "The prison answers for this meeting first."
refs = ["G-13a-2"]
[record.minutes]
title = "Minutes"
refs = ["G-13b-1"]
create = "case_agencies"
audience = "case_agencies"
[record.minutes.group.text]
fields = { of_meeting = { type = "ref", of = "meeting" }, said = { type = "note", nature = "minutes" } }
owner = "supplier"
merge = "manual"
[[record.minutes.group.text.gate]]
rule = "held-first"
exists = { record = "meeting", referred_in = "of_meeting", when = { field.held = ["yes"] } }
say = "Minutes are of a meeting that was held."
refs = ["G-13b-1"]
[record.minutes.group.copies]
fields = { copy_to = "text", copy_why = { type = "text", title = "Reason" } }
owner = "supplier"
merge = "append"
[[record.minutes.group.copies.gate]]
rule = "a-copy-has-a-reason"
needs = "copy_why"
say = "A copy goes out for a reason."
refs = ["G-13b-2"]
)";

const schema::Policy& gates_policy()
{
    static const auto policy = compiled({{"gates.toml", gates_text}, {"small.toml", small_policy_text}});
    return policy;
}

const std::string officer = "police.offender_manager", colleague = "police.offender_manager/colleague",
                  third = "police.offender_manager/third", practitioner = "probation.practitioner", omu = "prison.omu",
                  coordinator = "coordination.coordinator";

class Gates : public CaseUnder {
protected:
    explicit Gates(const schema::Policy& policy = gates_policy()) : CaseUnder(policy) {}

    // The officer decides, and proposes it.
    RecordId sharing(const Typed& decision)
    {
        const auto record = creates(officer, "sharing", "decision", decision).record();
        EXPECT_EQ(progress(record, "proposed").ruling().outcome, Outcome::applied);
        return record;
    }
    CaseBench::Saved progress(const RecordId& record, const std::string& to, const std::string& by = officer)
    {
        return edits(by, record, "sharing", "progress", {{"outcome", to}});
    }
    CaseBench::Saved approves(const std::string& by, const RecordId& record, const std::string& agrees = "yes")
    {
        return edits(by, record, "sharing", "approval", {{"decided", decision_of(record)}, {"agrees", agrees}});
    }
    std::string decision_of(const RecordId& record)
    {
        const auto& group = *bench.policy().type("sharing")->group("decision");
        return to_string(bench.state().record(record)->group(group.id)->current.id);
    }
    CaseBench::Saved grades(const std::string& by, const std::string& grade, const std::string& why = "because")
    {
        auto change = bench.creates("grade", "decision", {{"grade", grade}, {"why", why}});
        if (bench.state().record(change.record))
            change = bench.edits(change.record, "grade", "decision", {{"grade", grade}, {"why", why}});
        return save(by, change);
    }
};

const std::map<std::string, std::string> whole{{"recipient", "A made-up employer"}, {"purpose", "Children on site"}};

// One gate more: before what a step says.
class AnotherGate : public testing::Test {
protected:
    schema::Policy policy = gates_policy();
    CaseBench bench{policy};

    schema::Group& group(std::string_view type, std::string_view name) { return group_in(policy, type, name); }
    schema::Gate& gate()
    {
        auto& gates = group("stage", "what").gates;
        if (gates.empty()) {
            gates = {{}};
            gates.front().rule = "one-gate-more";
        }
        return gates.front();
    }
    CaseBench::Saved creates(const std::string& by, const std::string& type, const std::string& part,
                             const std::map<std::string, std::string>& typed)
    {
        return bench.save(by, {{bench.creates(type, part, typed)}});
    }
    std::string steps(const std::string& by = officer) { return creates(by, "stage", "what", {{"step", "ring"}}).ruling().rule; }
    void probation_leads()
    {
        creates(practitioner, "supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}});
        ASSERT_EQ(bench.state().fact("lead_agency"), "probation");
    }
};

void expect_refused(const CaseBench::Saved& saved, const std::string& rule, const std::string& para, const std::string& says)
{
    EXPECT_EQ(saved.ruling().outcome, Outcome::refused);
    EXPECT_EQ(saved.ruling().rule, rule);
    EXPECT_EQ(saved.ruling().paragraph, para);
    EXPECT_EQ(saved.ruling().who_can, says);
}

}  // namespace

// --- what must be said -------------------------------------------------------------------------------------------------

TEST_F(Gates, WhatIsMissingIsNamedByItsTitle)
{
    const auto record = sharing({{"urgent", "no"}});
    expect_refused(progress(record, "made"), "elements-first", "L1-165",
                   "It is made when all of it is recorded; the lead agency records it. Missing: Recipient, Why.");
    EXPECT_EQ(bench.value(record, "sharing", "outcome"), "proposed");
}

TEST_F(Gates, AnEmptyTextSaysNothing)
{
    const auto record = sharing({{"recipient", "A made-up employer"}});
    auto change = bench.edits(record, "sharing", "decision", {{"recipient", "A made-up employer"}});
    assign(change.values, schema::field_id("sharing", "decision", "purpose"), std::string());
    ASSERT_EQ(bench.save(officer, {{change}}).ruling().outcome, Outcome::applied);
    expect_refused(progress(record, "made"), "elements-first", "L1-165",
                   "It is made when all of it is recorded; the lead agency records it. Missing: Why.");
}

// A change states its whole part: what it leaves out would be gone.
TEST_F(Gates, OfItsOwnPartTheChangeItselfMustSayIt)
{
    expect_refused(bench.save(officer, {{bench.creates("grade", "decision", {{"grade", "2"}})}}), "says-why", "L1-160",
                   "A grade is given with its reasons. Missing: Rationale.");
    ASSERT_EQ(grades(officer, "2").ruling().outcome, Outcome::applied);
    const auto record = singleton_record_id(bench.state().id, schema::type_id("grade"));
    expect_refused(edits(officer, record, "grade", "decision", {{"grade", "3"}}), "says-why", "L1-160",
                   "A grade is given with its reasons. Missing: Rationale.");
}

TEST_F(AnotherGate, OfAListOneElementIsEnough)
{
    group("minutes", "copies").gates.clear();
    group("minutes", "text").gates = {{}};
    group("minutes", "text").gates.front().needs = {schema::field_id("minutes", "copies", "copy_why")};
    const auto copy = creates(officer, "minutes", "copies", {{"copy_to", "A made-up school"}});
    const auto said = [&] {
        return bench.save(officer, {{bench.edits(copy.record(), "minutes", "text", {{"said", "all of it"}})}}).ruling();
    };
    EXPECT_EQ(said().who_can, " Missing: Reason.");
    bench.save(officer, {{bench.edits(copy.record(), "minutes", "copies", {{"copy_to", "A made-up nursery"}, {"copy_why", "asked"}})}});
    EXPECT_EQ(said().outcome, Outcome::applied);
}

TEST_F(Gates, AnElementOfAListIsAskedForWhatItMustSay)
{
    const auto meeting = creates(officer, "meeting", "held", {{"held", "no"}}).record();
    creates(omu, "answer", "answer", {{"given", "yes"}, {"on", to_string(meeting)}});
    ASSERT_EQ(edits(officer, meeting, "meeting", "held", {{"held", "yes"}}).ruling().outcome, Outcome::applied);
    const auto minutes = creates(officer, "minutes", "text", {{"of_meeting", to_string(meeting)}}).record();
    expect_refused(edits(officer, minutes, "minutes", "copies", {{"copy_to", "A made-up school"}}), "a-copy-has-a-reason", "G-13b-2",
                   "A copy goes out for a reason. Missing: Reason.");
    EXPECT_EQ(edits(officer, minutes, "minutes", "copies", {{"copy_to", "A made-up school"}, {"copy_why", "asked"}}).ruling().outcome,
              Outcome::applied);
}

TEST_F(Gates, WhatLiftsAGateLiftsIt)
{
    const auto record = sharing({{"urgent", "yes"}, {"recipient", "A made-up employer"}});
    approves(colleague, record);
    EXPECT_EQ(progress(record, "made").ruling().outcome, Outcome::applied);
}

TEST_F(AnotherGate, WhatLiftsAGateMayBeAFactOfTheCase)
{
    gate().exists = schema::Asked{"answer", {}, {}, {}};
    gate().unless.facts["lead_agency"] = {"probation"};
    EXPECT_EQ(steps(), "one-gate-more");
    probation_leads();
    EXPECT_EQ(steps(), "owner");
}

TEST_F(Gates, AGateMeetsWhatItIsFor)
{
    const auto record = sharing({{"urgent", "no"}});
    EXPECT_EQ(progress(record, "not_made").ruling().outcome, Outcome::suggested) << "not a disclosure made: the Co-ordinator decides";
}

// --- who decides does not matter ---------------------------------------------------------------------------------------

TEST_F(Gates, NobodyIsAskedToDecideOnWhatMayNotStand)
{
    const auto record = sharing({{"urgent", "no"}});
    const auto saved = progress(record, "made", practitioner);
    EXPECT_EQ(saved.ruling().outcome, Outcome::refused);
    EXPECT_EQ(saved.ruling().rule, "elements-first");
}

TEST_F(Gates, AnExceptionThatKeepsWhatWasTypedComesFirst)
{
    const auto saved = grades(omu, "3", "");
    EXPECT_EQ(saved.ruling().rule, "prison-says-so");
    EXPECT_EQ(saved.ruling().instead, "concern");
}

TEST_F(Gates, AStepThatDoesNotExistIsNotAskedForMore)
{
    const auto record = creates(officer, "sharing", "decision", {{"urgent", "no"}}).record();
    EXPECT_EQ(progress(record, "made").ruling().rule, "no-such-step");
}

TEST_F(Gates, ASuggestionIsNotTakenWhileAGateIsShut)
{
    ASSERT_EQ(grades(officer, "2").ruling().outcome, Outcome::applied);
    const auto suggested = grades(practitioner, "1");
    ASSERT_EQ(suggested.ruling().outcome, Outcome::suggested);
    const auto step = creates(practitioner, "stage", "what", {{"step", "ring"}}).record();
    expect_refused(bench.save(officer, {{bench.resolves(suggested, schema::Resolution::accept, "agreed")}}),
                   "no-lowering-while-steps-are-open", "G-13a-38",
                   "It is not lowered while a step is open; whoever has the step finishes it.");
    auto amended = bench.resolves(suggested, schema::Resolution::amend, "said better");
    amended.values = bench.values("grade", {{"grade", "2"}});
    EXPECT_EQ(bench.save(officer, {{amended}}).ruling().rule, "says-why");
    edits(practitioner, step, "stage", "how_far", {{"stage_state", "done"}});
    EXPECT_EQ(bench.save(officer, {{bench.resolves(suggested, schema::Resolution::accept, "agreed")}}).ruling().rule, "accepted");
    EXPECT_EQ(bench.value(singleton_record_id(bench.state().id, schema::type_id("grade")), "grade", "grade"), "1");
}

TEST_F(Gates, ASuggestionIsDeclinedWhateverAGateAsksFor)
{
    ASSERT_EQ(grades(officer, "2").ruling().outcome, Outcome::applied);
    const auto suggested = grades(practitioner, "1");
    creates(practitioner, "stage", "what", {{"step", "ring"}});
    EXPECT_EQ(bench.save(officer, {{bench.resolves(suggested, schema::Resolution::decline, "not yet")}}).ruling().rule, "declined");
}

// --- different people --------------------------------------------------------------------------------------------------

TEST_F(Gates, NobodyApprovesWhatTheyWrote)
{
    const auto record = sharing(whole);
    expect_refused(approves(officer, record), "nobody-approves-their-own", "L1-258", "Somebody else approves what you wrote.");
    EXPECT_EQ(approves(colleague, record).ruling().outcome, Outcome::applied);
}

TEST_F(Gates, TwoDevicesOfOnePersonAreOnePerson)
{
    bench.person(colleague).user = bench.person(officer).user;
    const auto record = sharing(whole);
    EXPECT_EQ(approves(colleague, record).ruling().rule, "nobody-approves-their-own");
}

TEST_F(Gates, WhoeverWroteAnEarlierVersionMayApproveTheCorrectionOfAnother)
{
    const auto record = sharing({{"recipient", "A made-up employer"}});
    ASSERT_EQ(edits(colleague, record, "sharing", "decision", whole).ruling().outcome, Outcome::applied);
    EXPECT_EQ(approves(colleague, record).ruling().rule, "nobody-approves-their-own");
    EXPECT_EQ(approves(officer, record).ruling().outcome, Outcome::applied);
}

TEST_F(Gates, ASecondApprovalIsBySomebodyElseAgain)
{
    const auto record = sharing(whole);
    approves(colleague, record);
    const auto second = [&](const std::string& by) {
        return edits(by, record, "sharing", "second", {{"decided_again", decision_of(record)}});
    };
    expect_refused(second(officer), "two-approve", "L1-109", "A second person approves.");
    expect_refused(second(colleague), "two-approve", "L1-109", "A second person approves.");
    EXPECT_EQ(second(third).ruling().outcome, Outcome::applied);
}

// Whether an approval is somebody else's depends on every device that a person has had.
TEST_F(Gates, OnlyAGateAboutPeopleNeedsTheirOtherCredentials)
{
    const auto needed = [&](const std::string& type, const std::string& group, schema::Op op = schema::Op::set) {
        schema::Changeset changeset;
        changeset.changes = {bench.creates(type, group, {})};
        changeset.changes.front().op = op;
        return needs_credentials(bench.state(), changeset, bench.policy());
    };
    EXPECT_TRUE(needed("sharing", "approval"));
    EXPECT_TRUE(needed("sharing", "approval", schema::Op::resolve)) << "who accepts one meets the gate as well";
    EXPECT_FALSE(needed("sharing", "approval", schema::Op::withdraw)) << "it stands before what is said, not before a withdrawal";
    EXPECT_FALSE(needed("sharing", "approval", schema::Op::task)) << "a task approves nothing, whatever it names";
    EXPECT_FALSE(needed("sharing", "progress"));
    EXPECT_FALSE(needed("grade", "decision"));
    EXPECT_FALSE(needed("grade", "decision", schema::Op::resolve));
}

// The part itself may be named: who proposes does not also decide.
TEST_F(AnotherGate, WhatIsBeingMadeWasWrittenByNobodyElse)
{
    gate().different_person_from = {schema::group_id("stage", "what")};
    const auto step = bench.save(officer, {{bench.creates("stage", "what", {{"step", "ring"}})}});
    ASSERT_EQ(step.ruling().outcome, Outcome::applied);
    const auto rewrites = [&](const std::string& by) {
        return bench.save(by, {{bench.edits(step.record(), "stage", "what", {{"step", "ring twice"}})}}).ruling();
    };
    EXPECT_EQ(rewrites(officer).rule, "one-gate-more");
    EXPECT_EQ(rewrites(colleague).outcome, Outcome::applied);
}

TEST_F(Gates, WhoOnlySuggestedAnApprovalHasGivenNone)
{
    const auto record = sharing(whole);
    ASSERT_EQ(approves(practitioner, record).ruling().outcome, Outcome::suggested);
    const auto second = edits(practitioner, record, "sharing", "second", {{"decided_again", decision_of(record)}});
    EXPECT_EQ(second.ruling().rule, "not-owner") << "a suggestion, and none that approves twice";
}

// --- an approval -------------------------------------------------------------------------------------------------------

TEST_F(Gates, WithoutAnApprovalItIsNotMade)
{
    const auto record = sharing(whole);
    expect_refused(progress(record, "made"), "approval-first", "L1-109",
                   "It is made when a manager has approved what is recorded now.");
}

TEST_F(Gates, AnApprovalThatSaysNoIsNone)
{
    const auto record = sharing(whole);
    ASSERT_EQ(approves(colleague, record, "no").ruling().outcome, Outcome::applied);
    EXPECT_EQ(progress(record, "made").ruling().rule, "approval-first");
}

TEST_F(Gates, AnApprovalOfAnEarlierVersionIsNone)
{
    const auto record = sharing(whole);
    ASSERT_EQ(approves(colleague, record).ruling().outcome, Outcome::applied);
    auto other = whole;
    other["recipient"] = "Another made-up employer";
    ASSERT_EQ(edits(officer, record, "sharing", "decision", other).ruling().outcome, Outcome::applied);
    EXPECT_EQ(progress(record, "made").ruling().rule, "approval-first");
    ASSERT_EQ(approves(colleague, record).ruling().outcome, Outcome::applied);
    EXPECT_EQ(progress(record, "made").ruling().outcome, Outcome::applied);
}

// A device has no system that tells it: it compares the versions.
TEST_F(Gates, AnApprovalOfAnEarlierVersionIsNoneBeforeAnybodyHasMarkedIt)
{
    const auto record = sharing(whole);
    ASSERT_EQ(approves(colleague, record).ruling().outcome, Outcome::applied);
    auto& decision = bench.state().records.at(record).group_for(schema::group_id("sharing", "decision"));
    decision.current.id = VersionId{{9}};
    EXPECT_EQ(progress(record, "made").ruling().rule, "approval-first");
}

TEST_F(Gates, AnApprovalThatWaitsIsNone)
{
    const auto record = sharing(whole);
    ASSERT_EQ(approves(practitioner, record).ruling().outcome, Outcome::suggested);
    EXPECT_EQ(progress(record, "made").ruling().rule, "approval-first");
}

// A device may lack what is kept at the hub: it has nothing to compare the approval with.
TEST_F(AnotherGate, AnApprovalOfWhatIsNotHereIsNone)
{
    auto& gates = group("sharing", "progress").gates;
    gates.erase(gates.begin());
    const auto record = creates(officer, "sharing", "decision", {{"urgent", "no"}}).record();
    auto& parts = bench.state().records.at(record).groups;
    const auto edits = [&](const std::string& by, const std::string& part, const std::map<std::string, std::string>& typed) {
        return bench.save(by, {{bench.edits(record, "sharing", part, typed)}}).ruling();
    };
    edits(officer, "progress", {{"outcome", "proposed"}});
    ASSERT_EQ(edits(colleague, "approval", {{"decided", to_string(parts.front().current.id)}, {"agrees", "yes"}}).rule, "owner");
    const auto decision = parts.front();
    parts.erase(parts.begin());
    EXPECT_EQ(edits(officer, "progress", {{"outcome", "made"}}).rule, "approval-first");
    parts.insert(parts.begin(), decision);
    EXPECT_EQ(edits(officer, "progress", {{"outcome", "made"}}).rule, "owner");
}

TEST_F(AnotherGate, ARecordThatIsBeingMadeIsApprovedByNobody)
{
    auto& progress = group("sharing", "progress");
    progress.gates.erase(progress.gates.begin());
    progress.transitions.push_back({"", "made", {schema::Authority::Kind::lead_agency, {}, {}}});
    EXPECT_EQ(creates(officer, "sharing", "progress", {{"outcome", "made"}}).ruling().rule, "approval-first");
}

// The state stands in a part of its own, so that taking the next step does not void what allowed it.
TEST_F(Gates, AnApprovalOutlastsTheStepThatItAllows)
{
    const auto record = sharing(whole);
    approves(colleague, record);
    const auto saved = progress(record, "made");
    ASSERT_EQ(saved.ruling().outcome, Outcome::applied);
    EXPECT_TRUE(saved.effects.empty());
    EXPECT_FALSE(bench.state().record(record)->group(schema::group_id("sharing", "approval"))->voided);
}

// --- other records -----------------------------------------------------------------------------------------------------

TEST_F(Gates, ARecordThatMustStandIsMissedUntilItDoes)
{
    const auto refused = [&] {
        expect_refused(grades(officer, "3"), "asks-the-prison-first", "G-15-19", "The prison is asked first; it answers.");
    };
    refused();
    creates(omu, "answer", "answer", {{"given", "no"}});
    refused();
    const auto suggested = creates(practitioner, "answer", "answer", {{"given", "yes"}});
    ASSERT_EQ(suggested.ruling().outcome, Outcome::suggested);
    refused();
    const auto answer = creates(omu, "answer", "answer", {{"given", "yes"}}).record();
    ASSERT_EQ(withdraws(omu, answer, "answer", "answer").ruling().outcome, Outcome::applied);
    refused();
    creates(omu, "answer", "answer", {{"given", "yes"}});
    EXPECT_EQ(grades(officer, "3").ruling().outcome, Outcome::applied);
}

TEST_F(AnotherGate, ARecordThatMustStandMayBeAskedForOnlyInSomeCases)
{
    gate().exists = schema::Asked{"answer", {{{"lead_agency", {"probation"}}}, {}}, {}, {}};
    creates(omu, "answer", "answer", {{"given", "yes"}});
    EXPECT_EQ(steps(), "one-gate-more") << "the answer is none while the police lead";
    probation_leads();
    EXPECT_EQ(steps(), "owner");
}

TEST_F(AnotherGate, ARecordOfWhichOnlyAListSaysSomethingStands)
{
    gate().exists = schema::Asked{"diary", {}, {}, {}};
    EXPECT_EQ(steps(), "one-gate-more");
    const auto diary = creates(officer, "diary", "lines", {{"line", "one"}});
    EXPECT_EQ(steps(), "owner");
    bench.state().records.at(diary.record()).groups.front().elements.clear();
    EXPECT_EQ(steps(), "one-gate-more") << "all of it was taken out again";
}

TEST_F(AnotherGate, ARecordIsNotInItsOwnWay)
{
    const auto first = creates(officer, "stage", "what", {{"step", "ring"}}).record();
    gate().absent = schema::Asked{"stage", {}, {}, {}};
    EXPECT_EQ(steps(), "one-gate-more") << "there is one";
    EXPECT_EQ(bench.save(officer, {{bench.edits(first, "stage", "what", {{"step", "ring twice"}})}}).ruling().rule, "owner");
}

// "" in a list of values is a field that says nothing: in a list of the record, that none of its elements says anything.
TEST_F(AnotherGate, AListSaysNothingOnlyIfNoElementDoes)
{
    group("minutes", "copies").gates.clear();
    const auto why = schema::field_id("minutes", "copies", "copy_why");
    gate().absent = schema::Asked{"minutes", {{}, {{why, {""}}}}, {}, {}};
    const auto with_copies_for = [&](const std::vector<std::optional<std::string>>& reasons) {
        CaseBench fresh{policy};
        schema::Change copy;
        for (const auto& reason : reasons) {
            auto next = fresh.creates("minutes", "copies", {{"copy_to", "A made-up school"}});
            if (reason)
                assign(next.values, why, *reason);
            if (!copy.record.empty()) {
                next.creates = false;
                next.record = copy.record;
            }
            copy = fresh.save(officer, {{next}}).opened.changes.front();
        }
        return fresh.save(officer, {{fresh.creates("stage", "what", {{"step", "ring"}})}}).ruling().rule;
    };
    EXPECT_EQ(with_copies_for({std::nullopt}), "one-gate-more");
    EXPECT_EQ(with_copies_for({""}), "one-gate-more") << "an empty text says nothing";
    EXPECT_EQ(with_copies_for({"asked"}), "owner");
    EXPECT_EQ(with_copies_for({"asked", ""}), "owner");
    EXPECT_EQ(with_copies_for({"", "asked"}), "owner");
}

// Of a list, whoever was asked about it came before the gate.
TEST_F(Gates, NobodyIsAskedAboutAnElementThatAGateDoesNotLetThrough)
{
    auto policy = gates_policy();
    schema::Redirect asks;
    asks.rule = "the-prison-is-asked";
    asks.then = schema::Redirect::Then::suggest;
    asks.to = {schema::Authority::Kind::agency, "prison", {}};
    auto& copies = group_in(policy, "minutes", "copies");
    copies.redirects = {asks};
    CaseBench other(policy);
    const auto adds = [&](const Typed& typed) { return other.save(officer, {{other.creates("minutes", "copies", typed)}}); };
    EXPECT_EQ(adds({{"copy_to", "them"}}).ruling().rule, "a-copy-has-a-reason");
    const auto waits = adds({{"copy_to", "them"}, {"copy_why", "they asked"}});
    ASSERT_EQ(waits.ruling().rule, "the-prison-is-asked");
    copies.gates.front().needs.clear();
    copies.gates.front().exists = schema::Asked{"answer", {}, {}, {}};
    EXPECT_EQ(other.save(omu, {{other.resolves(waits, schema::Resolution::accept, "seen")}}).ruling().rule, "a-copy-has-a-reason")
        << "the gate is looked at again when it is accepted";
    other.save(omu, {{other.creates("answer", "answer", {{"given", "yes"}})}});
    EXPECT_EQ(other.save(omu, {{other.resolves(waits, schema::Resolution::accept, "seen")}}).ruling().rule, "accepted");
    EXPECT_EQ(other.state().record(waits.record())->groups.front().elements.size(), 1u);
}

TEST_F(Gates, AFactOfTheCaseDecidesWhetherAGateIsThere)
{
    creates(practitioner, "supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}});
    ASSERT_EQ(bench.state().fact("lead_agency"), "probation");
    EXPECT_EQ(grades(practitioner, "3").ruling().outcome, Outcome::applied);
}

TEST_F(Gates, ARecordThatMustNotStandIsInTheWayUntilItIsDone)
{
    ASSERT_EQ(grades(officer, "2").ruling().outcome, Outcome::applied);
    const auto step = creates(practitioner, "stage", "what", {{"step", "ring"}}).record();
    EXPECT_EQ(grades(officer, "1").ruling().rule, "no-lowering-while-steps-are-open") << "nobody has said how far it is";
    edits(practitioner, step, "stage", "how_far", {{"stage_state", "open"}});
    EXPECT_EQ(grades(officer, "1").ruling().rule, "no-lowering-while-steps-are-open");
    edits(practitioner, step, "stage", "how_far", {{"stage_state", "done"}});
    EXPECT_EQ(grades(officer, "1").ruling().outcome, Outcome::applied);
}

TEST_F(Gates, AGateAgainstLoweringLetsTheRestThrough)
{
    creates(practitioner, "stage", "what", {{"step", "ring"}});
    EXPECT_EQ(grades(officer, "1").ruling().outcome, Outcome::applied) << "the first is lower than nothing";
    EXPECT_EQ(grades(officer, "2").ruling().outcome, Outcome::applied);
    EXPECT_EQ(grades(officer, "2", "said better").ruling().outcome, Outcome::applied);
}

TEST_F(Gates, ARecordAboutAnotherOneDoesNotCount)
{
    const auto one = creates(officer, "meeting", "held", {{"held", "no"}}).record();
    const auto other = creates(officer, "meeting", "held", {{"held", "no"}}).record();
    creates(omu, "answer", "answer", {{"given", "yes"}, {"on", to_string(other)}});
    const auto held = [&](const RecordId& meeting) { return edits(officer, meeting, "meeting", "held", {{"held", "yes"}}).ruling(); };
    EXPECT_EQ(held(one).rule, "answered-for-this-meeting");
    EXPECT_EQ(held(other).outcome, Outcome::applied);
    const auto minutes = [&](const RecordId& meeting) {
        return creates(officer, "minutes", "text", {{"of_meeting", to_string(meeting)}}).ruling();
    };
    EXPECT_EQ(minutes(one).rule, "held-first");
    EXPECT_EQ(minutes(other).outcome, Outcome::applied);
}

TEST_F(Gates, AReferenceThatWasTakenBackRefersToNothing)
{
    const auto meeting = creates(officer, "meeting", "held", {{"held", "no"}}).record();
    const auto answer = creates(omu, "answer", "answer", {{"given", "yes"}, {"on", to_string(meeting)}}).record();
    auto taken_back = bench.edits(answer, "answer", "answer", {{"given", "yes"}});
    assign(taken_back.values, schema::field_id("answer", "answer", "on"), schema::Null{});
    ASSERT_EQ(save(omu, taken_back).ruling().outcome, Outcome::applied);
    EXPECT_EQ(edits(officer, meeting, "meeting", "held", {{"held", "yes"}}).ruling().rule, "answered-for-this-meeting");
}

TEST_F(Gates, TheHubLooksAtEveryRecordThatAGateAsksFor)
{
    const auto needed = [&](const std::string& type, const std::string& group) {
        return types_asked_for(bench.policy(), bench.sealed(officer, {{bench.creates(type, group, {})}}));
    };
    using Types = std::set<schema::TypeId>;
    EXPECT_EQ(needed("grade", "decision"), (Types{schema::type_id("stage"), schema::type_id("answer")}));
    EXPECT_EQ(needed("sharing", "progress"), Types{});
    EXPECT_EQ(needed("minutes", "copies"), Types{});
    const auto slice = slice_needs(bench.policy(), bench.sealed(officer, {{bench.creates("grade", "decision", {})}}));
    EXPECT_THAT(slice.types, testing::IsSupersetOf({schema::type_id("stage"), schema::type_id("answer")}));
}

// --- before a withdrawal ------------------------------------------------------------------------------------------------

class Withdrawing : public Gates {
protected:
    RecordId letter(const std::string& letter_state = "", const Typed& text = {{"words", "Dear"}})
    {
        const auto out = creates(officer, "letter", "text", text).record();
        if (!letter_state.empty())
            edits(officer, out, "letter", "state", {{"letter_state", letter_state}});
        return out;
    }
    Ruling goes(const RecordId& record, const std::string& by = officer) { return withdraws(by, record, "letter", "text").ruling(); }
};

TEST_F(Withdrawing, ARecordStaysWhereAGateStandsBeforeItsWithdrawal)
{
    const auto sent = letter("sent");
    expect_refused(withdraws(officer, sent, "letter", "text"), "what-was-sent-stays", "G-13b-2",
                   "What was sent stays. Write another letter that corrects it.");
    EXPECT_TRUE(bench.state().record(sent)->withdrawn.empty());
    EXPECT_EQ(goes(sent, practitioner).rule, "what-was-sent-stays") << "nobody is asked about what may not be withdrawn";
    edits(officer, sent, "letter", "state", {{"letter_state", "sent"}, {"why_wrong", "wrong person"}});
    EXPECT_EQ(goes(sent).rule, "supplier");
}

TEST_F(Withdrawing, AGateAsksForOtherRecordsAsBeforeAnyChange)
{
    const auto meeting = creates(officer, "meeting", "held", {{"held", "no"}}).record();
    const auto about = letter("", {{"words", "Dear"}, {"about", to_string(meeting)}});
    EXPECT_EQ(goes(letter()).rule, "supplier") << "about no meeting";
    EXPECT_EQ(goes(about).rule, "not-while-a-meeting-needs-it");
    EXPECT_EQ(withdraws(officer, meeting, "meeting", "held").ruling().rule, "supplier") << "a record without such a gate";
    EXPECT_EQ(goes(about).rule, "supplier");
    const auto withdrawal = [&] {
        auto change = bench.edits(about, "letter", "text", {});
        change.op = schema::Op::withdraw;
        return change;
    };
    EXPECT_EQ(types_asked_for(bench.policy(), bench.sealed(officer, {{withdrawal()}})), (std::set{schema::type_id("meeting")}));
}

TEST_F(Withdrawing, ItMayTakeAnotherPersonThanTheOneWhoWroteIt)
{
    const auto draft = letter("draft");
    EXPECT_EQ(goes(draft).rule, "another-person-withdraws");
    EXPECT_EQ(goes(draft, colleague).rule, "supplier");
    schema::Changeset changeset;
    changeset.changes = {bench.edits(draft, "letter", "text", {})};
    EXPECT_FALSE(needs_credentials(bench.state(), changeset, bench.policy())) << "an edit asks for nobody else";
    changeset.changes.front().op = schema::Op::withdraw;
    EXPECT_TRUE(needs_credentials(bench.state(), changeset, bench.policy()));
    changeset.changes.front().op = schema::Op::resolve;
    EXPECT_TRUE(needs_credentials(bench.state(), changeset, bench.policy())) << "a withdrawal that was asked for may be what is decided";
}

TEST_F(Withdrawing, WhatWasSuggestedMeetsTheGateAgainWhenItIsAccepted)
{
    const auto draft = letter();
    const auto open = withdraws(practitioner, draft, "letter", "text");
    ASSERT_EQ(open.ruling().rule, "not-supplier");
    edits(officer, draft, "letter", "state", {{"letter_state", "sent"}});
    const auto accept = [&] { return bench.save(officer, {{bench.resolves(open, schema::Resolution::accept, "seen")}}).ruling(); };
    EXPECT_EQ(accept().rule, "what-was-sent-stays");
    EXPECT_TRUE(bench.state().record(draft)->withdrawn.empty());
    edits(officer, draft, "letter", "state", {{"letter_state", "sent"}, {"why_wrong", "wrong person"}});
    EXPECT_EQ(accept().rule, "accepted");
}

// Whoever asks and does not see what a gate looks at gets the same answer, whatever is there (I12).
TEST_F(Withdrawing, WhoDoesNotSeeWhatAGateLooksAtAsksWhateverIsThere)
{
    auto policy = gates_policy();
    group_in(policy, "letter", "state").audience.clauses = {{"", {{schema::Authority::Kind::agency, "police", {}}}}};
    CaseBench other(policy);
    const auto asks = [&](const std::string& letter_state) {
        const auto record = other.save(officer, {{other.creates("letter", "text", {{"words", "Dear"}})}}).record();
        other.save(officer, {{other.edits(record, "letter", "state", {{"letter_state", letter_state}})}});
        auto change = other.edits(record, "letter", "text", {});
        change.op = schema::Op::withdraw;
        change.reason = "never was";
        return other.save(practitioner, {{change}}).ruling();
    };
    EXPECT_EQ(asks("sent").outcome, Outcome::suggested);
    EXPECT_EQ(asks("sent"), asks("draft"));
}

// --- what a gate does not tell -----------------------------------------------------------------------------------------

namespace {

// Steps that only the prison sees.
const schema::Policy& with_hidden_steps()
{
    static const auto policy = [] {
        auto out = gates_policy();
        for (auto& group : type_in(out, "stage").groups)
            group.audience = {{}, {{"", {{schema::Authority::Kind::agency, "prison", {}}}}}};
        return out;
    }();
    return policy;
}

class HiddenGates : public Gates {
protected:
    HiddenGates() : Gates(with_hidden_steps()) {}
};

}  // namespace

// The refusal of one who decides would tell them of the step, and so would letting it through.
TEST_F(HiddenGates, WhoDecidesAndDoesNotSeeIsRefusedWhateverIsThere)
{
    ASSERT_EQ(grades(officer, "2").ruling().outcome, Outcome::applied);
    const auto without = grades(officer, "1").ruling();
    creates(omu, "stage", "what", {{"step", "ring"}});
    const auto with = grades(officer, "1").ruling();
    EXPECT_EQ(without.rule, "no-lowering-while-steps-are-open");
    EXPECT_EQ(without, with);
}

TEST_F(HiddenGates, WhoDoesNotDecideAndDoesNotSeeSuggestsWhateverIsThere)
{
    ASSERT_EQ(grades(officer, "2").ruling().outcome, Outcome::applied);
    const auto without = grades(practitioner, "1").ruling();
    creates(omu, "stage", "what", {{"step", "ring"}});
    const auto with = grades(practitioner, "1").ruling();
    EXPECT_EQ(without.outcome, Outcome::suggested);
    EXPECT_EQ(without, with);
}

TEST_F(HiddenGates, WhatIsNotAGatesBusinessGoesOn)
{
    ASSERT_EQ(grades(officer, "1").ruling().outcome, Outcome::applied);
    EXPECT_EQ(grades(officer, "2").ruling().outcome, Outcome::applied);
}

TEST_F(AnotherGate, WhatAHiddenPartSaysIsNotToldHoweverAGateLooksAtIt)
{
    const auto only_the_prison = schema::Audience{{}, {{"", {{schema::Authority::Kind::agency, "prison", {}}}}}};
    const auto approval = schema::group_id("sharing", "approval");
    const auto agrees = schema::field_id("sharing", "approval", "agrees");
    const auto outcome = schema::field_id("sharing", "progress", "outcome");
    const auto nothing_is_told = [&](const schema::Gate& looking, const char* type, const char* part) {
        auto with_gate = policy;
        group_in(with_gate, type, part).audience = only_the_prison;
        group_in(with_gate, "sharing", "approval").gates.clear();
        auto& gates = group_in(with_gate, "sharing", "progress").gates;
        gates = {looking};
        gates.front().rule = "looks-at-it";
        gates.front().when.values = {{outcome, {"made"}}};
        const auto makes = [&](const std::string& by, bool approved) {
            CaseBench fresh{with_gate};
            const auto record = fresh.save(officer, {{fresh.creates("sharing", "progress", {{"outcome", "proposed"}})}}).record();
            const auto edits = [&](const std::string& who, const char* group, const std::map<std::string, std::string>& typed) {
                return fresh.save(who, {{fresh.edits(record, "sharing", group, typed)}});
            };
            const auto decision = edits(officer, "decision", {{"urgent", "no"}}).version();
            if (approved) {
                EXPECT_EQ(edits(officer, "approval", {{"decided", to_string(decision)}, {"agrees", "yes"}}).ruling().rule, "owner");
                fresh.save(omu, {{fresh.creates("answer", "answer", {{"given", "yes"}})}});
            }
            return edits(by, "progress", {{"outcome", "made"}}).ruling();
        };
        for (const bool approved : {false, true}) {
            EXPECT_EQ(makes(officer, approved).rule, "looks-at-it") << part << ": who decides is refused";
            EXPECT_EQ(makes(practitioner, approved).rule, "not-owner") << part << ": anybody else suggests";
        }
    };
    schema::Gate lifted, needs, by_another, approved, exists;
    lifted.unless.values = {{agrees, {"yes"}}};
    lifted.needs = {schema::field_id("sharing", "decision", "purpose")};
    nothing_is_told(lifted, "sharing", "approval");
    needs.needs = {agrees};
    nothing_is_told(needs, "sharing", "approval");
    by_another.different_person_from = {approval};
    nothing_is_told(by_another, "sharing", "approval");
    approved.approved = schema::Approved{approval, {}};
    nothing_is_told(approved, "sharing", "approval");
    nothing_is_told(approved, "sharing", "decision");
    exists.exists = schema::Asked{"answer", {}, {}, {}};
    nothing_is_told(exists, "answer", "answer");
}

TEST_F(AnotherGate, WhereARecordRefersMustBeSeenAndWhatNoGateLooksAtNeedNot)
{
    auto& answer = group("answer", "answer");
    auto about = answer;
    about.name = "about";
    about.id = schema::group_id("answer", "about");
    about.audience.clauses = {{"", {{schema::Authority::Kind::agency, "prison", {}}}}};
    std::erase_if(about.fields, [](const schema::Field& field) { return field.name != "on"; });
    std::erase_if(answer.fields, [](const schema::Field& field) { return field.name == "on"; });
    type_in(policy, "answer").groups.push_back(about);
    gate().exists = schema::Asked{"answer", {}, {}, {}};
    const auto meeting = creates(officer, "meeting", "held", {{"held", "no"}}).record();
    const auto given = creates(omu, "answer", "answer", {{"given", "yes"}}).record();
    EXPECT_EQ(steps(), "owner") << "which meeting it is about is not this gate's business";
    const auto held = [&](const std::string& by) {
        return bench.save(by, {{bench.edits(meeting, "meeting", "held", {{"held", "yes"}})}}).ruling();
    };
    const auto without = held(officer);
    ASSERT_EQ(bench.save(omu, {{bench.edits(given, "answer", "about", {{"on", to_string(meeting)}})}}).ruling().rule, "owner");
    EXPECT_EQ(without.rule, "answered-for-this-meeting");
    EXPECT_EQ(held(officer), without);
    EXPECT_EQ(held(omu).rule, "owner") << "who sees it";
}

// --- what a role never records -----------------------------------------------------------------------------------------

TEST_F(Gates, AnExceptionRefusesARecordThatIsBeingMade)
{
    auto policy = gates_policy();
    schema::Redirect never;
    never.author = {{schema::Authority::Kind::role, coordinator, {}}};
    never.rule = "a-lay-adviser-records-nothing";
    never.say = "A lay adviser takes no part in a case.";
    never.refs = {"G-5-10"};
    for (const auto* type : {"stage", "minutes"})
        for (auto& group : type_in(policy, type).groups)
            group.redirects.push_back(never);
    CaseBench other(policy);
    expect_refused(other.save(coordinator, {{other.creates("stage", "what", {{"step", "ring"}})}}), "a-lay-adviser-records-nothing",
                   "G-5-10", "A lay adviser takes no part in a case.");
    expect_refused(other.save(coordinator, {{other.creates("minutes", "copies", {{"copy_to", "them"}})}}),
                   "a-lay-adviser-records-nothing", "G-5-10", "A lay adviser takes no part in a case.");
    EXPECT_TRUE(other.state().records.empty());
    EXPECT_EQ(other.save(officer, {{other.creates("stage", "what", {{"step", "ring"}})}}).ruling().outcome, Outcome::applied);
}

}  // namespace satchel::test
