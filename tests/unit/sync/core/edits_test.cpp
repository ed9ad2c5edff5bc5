// How an edit is judged: each condition of a rule that reconcile_test.cpp tells as a story.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "small_policy.hpp"

namespace satchel::test {
namespace {

using schema::Authority;
using schema::Op;
using schema::Redirect;
using schema::Resolution;

const std::string police = "police.offender_manager";
const std::string probation = "probation.practitioner";
const std::string prison = "prison.omu";

class Edits : public ::testing::Test {
protected:
    schema::Policy policy = small_policy();
    CaseBench bench{policy};
    CaseBench::Saved supervision = bench.save(
        probation, {{bench.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});

    schema::Group& group(std::string_view type, std::string_view name) { return group_in(policy, type, name); }
    RecordId singleton(const std::string& type) const { return singleton_record_id(bench.state().id, schema::type_id(type)); }
    GroupState& part(const RecordId& record) { return bench.state().records.at(record).groups.front(); }
    void police_lead_from_now()
    {
        bench.save(probation, {{bench.edits(supervision.record(), "supervision", "period",
                                            {{"agency", "probation"}, {"from", "2020-01-01"}, {"to", "2025-01-01"}})}});
        ASSERT_EQ(bench.state().fact("lead_agency"), "police");
    }
    static Authority agency(const std::string& name) { return {Authority::Kind::agency, name, {}}; }
    static Authority lead() { return {Authority::Kind::lead_agency, {}, {}}; }
};

// --- admissible? ------------------------------------------------------------------------------------------------------

TEST_F(Edits, AFieldOfALaterAgreementIsKeptAsItCame)
{
    auto c = bench.creates("address", "where", {{"lines", "1"}});
    assign(c.values, schema::FieldId{99}, std::string("from a newer device"));
    const auto saved = bench.save(probation, {{c}});
    EXPECT_EQ(saved.ruling().outcome, Outcome::applied);
    EXPECT_TRUE(find(part(saved.record()).current.values, schema::FieldId{99}));
}

TEST_F(Edits, AValueThatItsFieldCannotHaveIsRefused)
{
    auto c = bench.creates("risk", "public", {{"level", "low"}});
    c.values.front().value = std::string("enormous");
    const auto saved = bench.save(probation, {{c}});
    EXPECT_EQ(saved.ruling().rule, "not-valid");
    EXPECT_NE(saved.ruling().who_can.find(policy.type("risk")->groups.front().fields.front().title), std::string::npos);
}

TEST_F(Edits, ARequiredFieldIsThereAndSaysSomething)
{
    const auto held_on = schema::field_id("review", "held", "held_on");
    auto c = bench.creates("review", "held", {});
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "required");
    assign(c.values, held_on, schema::Null{});
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "required");
    auto& where = group("address", "where");
    where.fields.front().required = true;
    for (auto& field : where.fields)
        field.required = field.name == "lines";
    auto address = bench.creates("address", "where", {});
    assign(address.values, schema::field_id("address", "where", "lines"), std::string());
    EXPECT_EQ(bench.save(probation, {{address}}).ruling().rule, "required");
}

TEST_F(Edits, ADateIsHeldToItsLimitOnlyWhereBothDatesAreThere)
{
    auto& held = group("review", "held");
    for (auto& field : held.fields)
        field.required = false;
    const auto rule = [&](const std::map<std::string, std::string>& typed) {
        return bench.save(probation, {{bench.creates("review", "held", typed)}}).ruling();
    };
    EXPECT_EQ(rule({{"next", "2030-01-01"}}).outcome, Outcome::applied);
    EXPECT_EQ(rule({{"held_on", "2026-01-01"}}).outcome, Outcome::applied);
    EXPECT_EQ(rule({{"held_on", "2026-01-01"}, {"next", "2026-07-01"}}).outcome, Outcome::applied);
    EXPECT_EQ(rule({{"held_on", "2026-01-01"}, {"next", "2026-07-02"}}).who_can, held.limits.front().say);
    held.limits.front().say.clear();
    EXPECT_EQ(rule({{"held_on", "2026-01-01"}, {"next", "2026-07-02"}}).who_can, "The latest date allowed is 2026-07-01.");
}

TEST_F(Edits, ADateIsHeldToItsLimitOnlyWhereTheLimitIsForTheCase)
{
    auto& held = group("review", "held");
    held.limits.front().when.facts["lead_agency"] = {"police"};
    const auto far = [&] {
        return bench.save(probation, {{bench.creates("review", "held", {{"held_on", "2026-01-01"}, {"next", "2030-01-01"}})}}).ruling();
    };
    EXPECT_EQ(far().outcome, Outcome::applied);
    held.limits.front().when.facts["lead_agency"] = {"probation"};
    EXPECT_EQ(far().rule, "too-late-a-date");
}

TEST_F(Edits, ARuleWithoutAParagraphNamesNone)
{
    group("address", "where").refs.clear();
    EXPECT_EQ(bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}})}}).ruling().paragraph, "");
}

TEST_F(Edits, AReasonIsAskedOfChangesAndRemovalsButNotOfProtection)
{
    group("address", "where").reason_required = true;
    auto c = bench.creates("address", "where", {{"lines", "1"}});
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "needs-reason");
    c.reason = "seen the tenancy";
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().outcome, Outcome::applied);
    group("flag", "raises").reason_required = true;
    EXPECT_EQ(bench.save(police, {{bench.creates("flag", "raises", {{"why", "call-out"}})}}).ruling().outcome, Outcome::applied);
    group("diary", "lines").reason_required = true;
    EXPECT_EQ(bench.save(police, {{bench.creates("diary", "lines", {{"line", "x"}})}}).ruling().rule, "needs-reason");
}

// --- approvals --------------------------------------------------------------------------------------------------------

TEST_F(Edits, AnApprovalOfWhatIsNotInTheRecordIsStale)
{
    const auto level = singleton("level");
    const auto approve = [&](std::optional<VersionId> version) {
        auto c = bench.creates("level", "acknowledged", {});
        c.record = level;
        if (version)
            assign(c.values, group("level", "acknowledged").binds_field, schema::VersionRef{*version});
        return bench.save(prison, {{c}}).ruling().rule;
    };
    EXPECT_EQ(approve(number_id<VersionId>(6, 1)), "stale-approval") << "no record";
    bench.state().records[level].type = schema::type_id("level");
    bench.state().records[level].id = level;
    auto& record = bench.state().records[level];
    record.group_for(schema::group_id("level", "acknowledged"));
    EXPECT_EQ(approve(number_id<VersionId>(6, 1)), "stale-approval") << "no decision";
    record.group_for(schema::group_id("level", "decision"));
    EXPECT_EQ(approve(VersionId{}), "stale-approval") << "a decision that is only suggested";
    record.group_for(schema::group_id("level", "decision")).current.id = number_id<VersionId>(6, 1);
    EXPECT_EQ(approve(std::nullopt), "stale-approval") << "names none";
    EXPECT_EQ(approve(number_id<VersionId>(6, 2)), "stale-approval");
    EXPECT_EQ(approve(number_id<VersionId>(6, 1)), "owner");
}

// --- steps ------------------------------------------------------------------------------------------------------------

class Steps : public Edits {
protected:
    Steps()
    {
        auto& risk = group("risk", "public");
        risk.transition_field = risk.fields.front().id;
        risk.transitions = {{"", "low", lead()}, {"low", "medium", lead()}, {"low", "medium", agency("prison")}, {"low", "high", agency("prison")}};
    }
    CaseBench::Saved step(const std::string& who, const std::string& level, std::size_t seen = SIZE_MAX)
    {
        auto c = bench.creates("risk", "public", level.empty() ? std::map<std::string, std::string>{} : std::map<std::string, std::string>{{"level", level}});
        if (const auto* record = bench.state().record(singleton("risk")))
            c.base = record->groups.front().current.id;
        return bench.save(who, {{c}, Instant{1'770'000'000'000}, {}, seen});
    }
};

TEST_F(Steps, AStepThatDoesNotExistIsRefusedAndSaysFromWhere)
{
    EXPECT_EQ(step(probation, "high").ruling().who_can, "It cannot go from \"not set\" to \"high\".");
    EXPECT_EQ(step(probation, "low").ruling().outcome, Outcome::applied);
    EXPECT_EQ(step(probation, "very_high").ruling().who_can, "It cannot go from \"low\" to \"very_high\".");
}

TEST_F(Steps, AStepOfOthersIsSuggestedToTheFirstWhoMayTakeIt)
{
    step(probation, "low");
    const auto medium = step(police, "medium").ruling();
    EXPECT_EQ(medium.rule, "not-owner");
    EXPECT_EQ(medium.decided_by, "lead_agency");
    EXPECT_EQ(step(probation, "high").ruling().decided_by, "agency:prison");
}

TEST_F(Steps, AStepThatWasOnesOwnBeforeAHandoverIsSuggestedAsSuch)
{
    step(probation, "low");
    const auto seen = bench.now();
    police_lead_from_now();
    const auto late = step(probation, "medium", seen).ruling();
    EXPECT_EQ(late.rule, "around-handover");
    EXPECT_TRUE(late.around_handover);
    EXPECT_EQ(step(probation, "medium").ruling().rule, "not-owner");
}

TEST_F(Steps, WhatTakesNoStepIsAnOrdinaryEdit)
{
    auto& risk = group("risk", "public");
    risk.fields.push_back(risk.fields.front());
    risk.fields.back().id = schema::FieldId{77};
    risk.fields.back().name = "second";
    risk.fields.back().title = "Second";
    step(probation, "low");
    auto c = bench.creates("risk", "public", {{"level", "low"}});
    c.base = part(singleton("risk")).current.id;
    assign(c.values, schema::FieldId{77}, std::string("high"));
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "owner") << "from low to low";
    std::erase_if(c.values, [](const schema::FieldValue& v) { return v.field != schema::FieldId{77}; });
    c.values.front().value = std::string("medium");
    c.base = part(singleton("risk")).current.id;
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "owner") << "says nothing of the step";
}

// --- exceptions -------------------------------------------------------------------------------------------------------

class Exceptions : public Edits {
protected:
    Redirect& redirect()
    {
        auto& risk = group("risk", "public");
        if (risk.redirects.empty()) {
            risk.redirects.resize(1);
            risk.redirects.front().rule = "exception";
            risk.redirects.front().say = "Ask the panel.";
            risk.redirects.front().rank_field = risk.fields.front().id;
        }
        return risk.redirects.front();
    }
    Ruling sets(const std::string& level, const std::string& who = probation)
    {
        auto c = bench.creates("risk", "public", {{"level", level}});
        if (const auto* record = bench.state().record(singleton("risk")))
            c.base = record->groups.front().current.id;
        return bench.save(who, {{c}}).ruling();
    }
};

TEST_F(Exceptions, OneThatNamesNobodyMeetsEverybody)
{
    redirect();
    EXPECT_EQ(sets("low").rule, "exception");
    redirect().author = {agency("prison")};
    EXPECT_EQ(sets("low").rule, "owner");
    EXPECT_EQ(sets("medium", prison).rule, "exception");
}

TEST_F(Exceptions, OneForLoweringMeetsNoRaisingAndTheReverse)
{
    redirect().rank = Redirect::Rank::lowers;
    EXPECT_EQ(sets("medium").rule, "owner") << "nothing to lower yet";
    EXPECT_EQ(sets("high").rule, "owner");
    EXPECT_EQ(sets("low").rule, "exception");
    redirect().rank = Redirect::Rank::raises;
    EXPECT_EQ(sets("medium").rule, "owner");
    EXPECT_EQ(sets("very_high").rule, "exception");
    redirect().rank_field = schema::FieldId{99};
    EXPECT_EQ(sets("very_high").rule, "owner") << "a field of another agreement has no rank";
}

// A date has no list of choices to stand in: every two of them once ranked the same, and no rule met a moved date.
TEST_F(Exceptions, ADateIsLoweredByAnEarlierOneAndRaisedByALaterOne)
{
    const auto first = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}, {"from", "2026-03-01"}})}});
    auto& where = group("address", "where");
    where.redirects.resize(1);
    auto& rule = where.redirects.front();
    rule.rule = "exception";
    rule.rank = Redirect::Rank::lowers;
    rule.rank_field = where.field("from")->id;
    const auto moves = [&](const char* to) {
        return bench.save(probation, {{bench.edits(first.record(), "address", "where", {{"lines", "1"}, {"from", to}})}}).ruling().rule;
    };
    EXPECT_EQ(moves("2026-02-01"), "exception");
    EXPECT_EQ(moves("2026-04-01"), "owner");
    rule.rank = Redirect::Rank::raises;
    EXPECT_EQ(moves("2026-05-01"), "exception");
    EXPECT_EQ(moves("2026-03-01"), "owner");
}

TEST_F(Exceptions, ANumberIsLoweredByASmallerOneAndRaisedByALargerOne)
{
    auto& where = group("address", "where");
    for (auto& field : where.fields)
        if (field.name == "lines")
            field.type = schema::FieldType::integer;
    const auto first = bench.save(probation, {{bench.creates("address", "where", {{"lines", "10"}})}});
    where.redirects.resize(1);
    auto& rule = where.redirects.front();
    rule.rule = "exception";
    rule.rank = Redirect::Rank::lowers;
    rule.rank_field = where.field("lines")->id;
    const auto becomes = [&](const char* number) {
        return bench.save(probation, {{bench.edits(first.record(), "address", "where", {{"lines", number}})}}).ruling().rule;
    };
    EXPECT_EQ(becomes("9"), "exception");
    EXPECT_EQ(becomes("11"), "owner");
    rule.rank = Redirect::Rank::raises;
    EXPECT_EQ(becomes("100"), "exception");
    EXPECT_EQ(becomes("9"), "owner");
}

TEST_F(Exceptions, OneAboutRankDoesNotMeetWhatSaysNothingOfIt)
{
    redirect().rank = Redirect::Rank::lowers;
    sets("high");
    auto c = bench.creates("risk", "public", {});
    c.base = part(singleton("risk")).current.id;
    assign(c.values, schema::FieldId{77}, std::string("more"));
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "owner");
}

TEST_F(Exceptions, OneThatAppliesEndsTheSearch)
{
    redirect().then = Redirect::Then::apply;
    auto refuses = redirect();
    refuses.then = Redirect::Then::refuse;
    group("risk", "public").redirects.push_back(refuses);
    EXPECT_EQ(sets("low").rule, "owner");
}

TEST_F(Exceptions, OneThatSuggestsNamesWhoDecidesAndIsAmendedLikeAnyOther)
{
    sets("low");
    redirect().then = Redirect::Then::suggest;
    redirect().to = agency("prison");
    const auto first = sets("medium");
    EXPECT_EQ(first.decided_by, "agency:prison");
    EXPECT_EQ(first.who_can, "Ask the panel.");
    auto again = bench.creates("risk", "public", {{"level", "high"}});
    again.base = part(singleton("risk")).open.front().side.id;
    again.confirmed = part(singleton("risk")).current.id;
    EXPECT_TRUE(bench.save(probation, {{again}}).ruling().amends);
    EXPECT_EQ(part(singleton("risk")).open.size(), 1u);
}

TEST_F(Exceptions, OneForASetMeetsItsElements)
{
    group("flag", "raises").redirects.resize(1);
    group("flag", "raises").redirects.front().rule = "exception";
    EXPECT_EQ(bench.save(police, {{bench.creates("flag", "raises", {{"why", "call-out"}})}}).ruling().rule, "exception");
}

// It was asked about first, unread, whatever it said.
TEST_F(Exceptions, OneThatAsksAboutAnElementIsNotAskedAboutOneThatMayNotStand)
{
    auto& lines = group("diary", "lines");
    lines.redirects.resize(1);
    lines.redirects.front().rule = "exception";
    lines.redirects.front().then = Redirect::Then::suggest;
    lines.redirects.front().to = agency("prison");
    lines.fields.front().required = true;
    EXPECT_EQ(bench.save(police, {{bench.creates("diary", "lines", {})}}).ruling().rule, "required");
    EXPECT_EQ(bench.save(police, {{bench.creates("diary", "lines", {{"line", "one"}})}}).ruling().rule, "exception");
}

// --- the same value --------------------------------------------------------------------------------------------------

// A change states its whole part. Compared with what it said alone, the field that it left out once stayed in the record.
TEST_F(Edits, WhoLeavesOutWhatTheRecordSaysDoesNotSayTheSame)
{
    const auto first = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}, {"from", "2026-01-01"}})}});
    const auto shorter = bench.edits(first.record(), "address", "where", {{"lines", "1"}});
    EXPECT_EQ(bench.save(police, {{shorter}}).ruling().outcome, Outcome::suggested) << "taking a date out is a change";
    EXPECT_EQ(bench.save(probation, {{shorter}}).ruling().rule, "owner");
    EXPECT_EQ(bench.value(first.record(), "address", "from"), "");
    auto nothing = bench.edits(first.record(), "address", "where", {{"lines", "1"}});
    assign(nothing.values, schema::field_id("address", "where", "from"), schema::Value{});
    EXPECT_EQ(bench.save(police, {{nothing}}).ruling().rule, "same-value") << "a field that says nothing is one left out";
    EXPECT_EQ(bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "1"}})}}).ruling().rule, "same-value");
}

// --- authority at two moments -----------------------------------------------------------------------------------------

TEST_F(Edits, AnAgreementOfThePastThatHadNoSuchPartGaveItToNobody)
{
    const auto first = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}})}});
    const auto& who = bench.person(police);
    schema::Changeset cs;
    cs.header.hat = who.hat;
    cs.changes = {bench.edits(first.record(), "address", "where", {{"lines", "2"}})};
    const auto rule = [&](const schema::Policy* authored) {
        return reconcile(bench.state(), cs, {&policy, authored, &bench.state().facts, {who.user, who.credential, {who.hat}}}).front().rule;
    };
    EXPECT_EQ(rule(nullptr), "not-owner");
    auto earlier = small_policy();
    group_in(earlier, "address", "where").owner.front().is = agency("police");
    EXPECT_EQ(rule(&earlier), "around-handover");
    type_in(earlier, "address").groups.clear();
    EXPECT_EQ(rule(&earlier), "not-owner");
    earlier.type_index.clear();
    EXPECT_EQ(rule(&earlier), "not-owner");
}

// --- sets --------------------------------------------------------------------------------------------------------------

class Sets : public Edits {
protected:
    CaseBench::Saved adds(const std::string& who, const RecordId& record = {})
    {
        auto c = bench.creates("diary", "lines", {{"line", who}});
        if (!record.empty()) {
            c.creates = false;
            c.record = record;
        }
        return bench.save(who, {{c}});
    }
    Ruling removes(const std::string& who, const RecordId& record, std::vector<VersionId> targets, std::size_t seen = SIZE_MAX)
    {
        auto c = bench.edits(record, "diary", "lines", {});
        c.op = Op::remove;
        c.targets = std::move(targets);
        return bench.save(who, {{c}, Instant{1'770'000'000'000}, {}, seen}).ruling();
    }
};

TEST_F(Sets, WhoMayRecordTheTypeOrOwnsThePartAddsToIt)
{
    const auto first = adds(police);
    EXPECT_EQ(first.ruling().rule, "owner");
    EXPECT_EQ(adds(prison, first.record()).ruling().rule, "own-contribution");
    type_in(policy, "diary").create = {agency("police")};
    const auto third = adds(prison, first.record()).ruling();
    EXPECT_EQ(third.outcome, Outcome::suggested);
    EXPECT_EQ(third.decided_by, "supplier");
    EXPECT_EQ(adds(police + "/second", first.record()).ruling().rule, "owner");
    type_in(policy, "diary").create = {agency("prison")};
    EXPECT_EQ(adds(police, first.record()).ruling().rule, "owner");
    type_in(policy, "diary").kind = schema::RecordType::Kind::event;
    EXPECT_EQ(adds(probation, first.record()).ruling().rule, "own-contribution") << "what happened is never refused";
}

TEST_F(Sets, WhatIsAlreadyOutIsGoneAndNothingNamesNothing)
{
    const auto first = adds(police);
    EXPECT_EQ(removes(police, first.record(), {}).rule, "names-nothing");
    EXPECT_EQ(removes(police, first.record(), {first.version()}).rule, "owner");
    EXPECT_EQ(removes(police, first.record(), {first.version()}).rule, "already-gone");
    bench.state().records.at(first.record()).groups.clear();
    bench.state().records.at(first.record()).group_for(schema::GroupId{98});
    EXPECT_EQ(removes(police, first.record(), {first.version()}).rule, "not-found") << "of a record of which one sees nothing";
}

TEST_F(Sets, SeveralOfOneOtherAgencyAreAskedOfItTogether)
{
    const auto first = adds(police);
    const auto a = adds(prison, first.record()), b = adds(prison, first.record());
    const auto ruling = removes(probation, first.record(), {a.version(), b.version()});
    EXPECT_EQ(ruling.rule, "not-supplier");
    EXPECT_EQ(ruling.decided_by, "agency:prison");
    EXPECT_EQ(removes(prison, first.record(), {a.version(), b.version()}).rule, "own-contribution");
}

TEST_F(Sets, TheOwnerOfACommonSetTakesOutWhatOthersPutIn)
{
    group("diary", "lines").owner = {{{}, lead()}};
    const auto first = adds(police);
    const auto second = adds(prison, first.record());
    EXPECT_EQ(removes(police, first.record(), {second.version()}).rule, "not-owner");
    const auto seen = bench.now();
    police_lead_from_now();
    const auto late = removes(probation, first.record(), {second.version()}, seen);
    EXPECT_EQ(late.rule, "around-handover");
    EXPECT_TRUE(late.around_handover);
    EXPECT_EQ(removes(police, first.record(), {second.version()}).rule, "owner");
}

TEST_F(Sets, AFlagIsTakenOutByItsOwnerAloneAlsoByWhoRaisedIt)
{
    const auto raised = bench.save(police, {{bench.creates("flag", "raises", {{"why", "call-out"}})}});
    auto c = bench.edits(raised.record(), "flag", "raises", {});
    c.op = Op::remove;
    c.reason = "calm";
    c.targets = {raised.version()};
    EXPECT_EQ(bench.save(police, {{c}}).ruling().rule, "not-owner");
    bench.state().records.clear();
    c.creates = true;
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "already-gone") << "nothing of it is there";
}

// --- merge -------------------------------------------------------------------------------------------------------------

TEST_F(Edits, WhatWasWrittenOnAVersionThatTheRecordNeverHadIsTwoVersions)
{
    const auto edit = [&](const std::string& type, const std::string& name, const std::map<std::string, std::string>& typed) {
        auto c = bench.creates(type, name, typed);
        c.base = number_id<VersionId>(6, 900);
        c.confirmed = number_id<VersionId>(6, 901);
        return bench.save(probation, {{c}}).ruling().rule;
    };
    EXPECT_EQ(edit("level", "decision", {{"level", "1"}, {"rationale", "x"}}), "concurrent");
    EXPECT_EQ(edit("risk", "public", {{"level", "high"}}), "concurrent");
    EXPECT_EQ(edit("leaflet", "body", {{"text", "x"}}), "concurrent");
}

TEST_F(Edits, OnTopOfOnesOwnThatWasNeverInTheRecordIsAFirstVersion)
{
    auto c = bench.creates("risk", "public", {{"level", "high"}});
    c.base = number_id<VersionId>(6, 900);
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "owner");
}

TEST_F(Edits, WhoseSuggestionBecomesTheirsToDecideSimplyGoesOn)
{
    const auto first = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}})}});
    const auto mine = bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "2"}})}});
    ASSERT_EQ(mine.ruling().outcome, Outcome::suggested);
    police_lead_from_now();
    auto next = bench.edits(first.record(), "address", "where", {{"lines", "3"}});
    next.base = mine.version();
    CaseBench moved = bench;
    const auto applied = bench.save(police, {{next}});
    EXPECT_EQ(applied.ruling().rule, "owner");
    EXPECT_TRUE(applied.ruling().amends);
    EXPECT_TRUE(part(first.record()).open.empty());
    moved.save(police + "/second", {{moved.edits(first.record(), "address", "where", {{"lines", "4"}})}});
    EXPECT_EQ(moved.save(police, {{next}}).ruling().rule, "concurrent") << "the record moved on from what it was built on";
}

TEST_F(Edits, AnotherPersonsSuggestionIsNotAmended)
{
    const auto first = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}})}});
    const auto theirs = bench.save(police, {{bench.edits(first.record(), "address", "where", {{"lines", "2"}})}});
    auto next = bench.edits(first.record(), "address", "where", {{"lines", "3"}});
    next.base = theirs.version();
    EXPECT_FALSE(bench.save(police + "/second", {{next}}).ruling().amends);
    EXPECT_EQ(part(first.record()).open.size(), 2u);
}

TEST_F(Edits, AnEmptyReasonIsNoneAndOfTwoReasonedOnesNeitherOutranks)
{
    const auto level = singleton("level");
    bench.save(probation, {{bench.creates("level", "decision", {{"level", "1"}})}});
    const auto rationale = schema::field_id("level", "decision", "rationale");
    auto reasoned = bench.edits(level, "level", "decision", {{"level", "3"}, {"rationale", "threats"}});
    auto empty = bench.edits(level, "level", "decision", {{"level", "3"}});
    assign(empty.values, rationale, std::string());
    auto now = bench.edits(level, "level", "decision", {{"level", "2"}});
    assign(now.values, rationale, std::string());
    CaseBench without = bench, with = bench;
    without.save(probation, {{now}});
    EXPECT_EQ(without.save(probation + "/second", {{empty}}).ruling().rule, "concurrent");
    EXPECT_EQ(without.save(probation + "/third", {{reasoned}}).ruling().rule, "reasoned-outranks");
    now.values = bench.values("level", {{"level", "2"}, {"rationale", "a pattern"}});
    with.save(probation, {{now}});
    EXPECT_EQ(with.save(probation + "/second", {{reasoned}}).ruling().rule, "concurrent");
    EXPECT_EQ(with.save(probation + "/third", {{empty}}).ruling().outcome, Outcome::suggested);
}

TEST_F(Edits, TextIsMergedOnlyOverTheVersionRightBefore)
{
    const auto first = bench.save(police, {{bench.creates("leaflet", "body", {{"text", "one\ntwo\nthree\nfour"}})}});
    const auto late = bench.edits(first.record(), "leaflet", "body", {{"text", "one\ntwo\nthree\nFOUR"}});
    bench.save(police, {{bench.edits(first.record(), "leaflet", "body", {{"text", "ONE\ntwo\nthree\nfour"}})}});
    bench.save(police, {{bench.edits(first.record(), "leaflet", "body", {{"text", "One\ntwo\nthree\nfour"}})}});
    EXPECT_EQ(bench.save(prison, {{late}}).ruling().rule, "concurrent");
}

TEST_F(Edits, TextIsMergedOnlyIntoWhatItsFieldCanHold)
{
    const auto first = bench.save(police, {{bench.creates("leaflet", "body", {{"text", "one\ntwo\nthree\nfour"}})}});
    auto late = bench.edits(first.record(), "leaflet", "body", {{"text", "one\ntwo\nthree\nFOUR"}});
    assign(late.values, schema::FieldId{99}, std::string("from a newer device"));
    bench.save(police, {{bench.edits(first.record(), "leaflet", "body", {{"text", "ONE\ntwo\nthree\nfour"}})}});
    CaseBench merges = bench;
    EXPECT_EQ(merges.save(prison, {{late}}).ruling().rule, "text-merged") << "a field that the agreement does not know holds anything";
    auto& field = group("leaflet", "body").fields.front();
    field.type = schema::FieldType::choice;
    field.choices = {"ONE\ntwo\nthree\nfour", "one\ntwo\nthree\nFOUR"};
    EXPECT_EQ(bench.save(prison, {{late}}).ruling().rule, "concurrent");
}

TEST_F(Edits, ARequestStandsBesideOneThatIsInTheRecordNotBesideASuggestion)
{
    group("address", "where").merge = schema::Merge::alternatives;
    const auto reported = bench.save(police, {{bench.creates("address", "where", {{"lines", "1"}})}});
    ASSERT_EQ(reported.ruling().rule, "not-owner");
    EXPECT_EQ(bench.save(prison, {{bench.edits(reported.record(), "address", "where", {{"lines", "2"}})}}).ruling().rule, "not-owner");
    bench.save(probation, {{bench.edits(reported.record(), "address", "where", {{"lines", "3"}})}});
    EXPECT_EQ(bench.save(prison, {{bench.edits(reported.record(), "address", "where", {{"lines", "4"}})}}).ruling().rule,
              "requests-stand-side-by-side");
}

// --- events ------------------------------------------------------------------------------------------------------------

class Events : public Edits {
protected:
    schema::RecordType& note() { return type_in(policy, "note"); }
    CaseBench::Saved happened(const std::string& who) { return bench.save(who, {{bench.creates("note", "what", {{"text", "call"}})}}); }
    Ruling corrects(const std::string& who, const RecordId& record, const std::string& text)
    {
        return bench.save(who, {{bench.edits(record, "note", "what", {{"text", text}})}}).ruling();
    }
    void refuses_everything()
    {
        auto& what = group("note", "what");
        what.redirects.resize(1);
        what.redirects.front().rule = "exception";
        what.redirects.front().refs = {"G-1-1"};
    }
};

TEST_F(Events, ACorrectionThatARuleForbidsIsKeptAllTheSame)
{
    const auto first = happened(prison);
    EXPECT_EQ(corrects(prison, first.record(), "no call").rule, "owner");
    refuses_everything();
    const auto kept = corrects(prison, first.record(), "two calls");
    EXPECT_EQ(kept.outcome, Outcome::applied);
    EXPECT_EQ(kept.rule, "it-happened");
    EXPECT_EQ(kept.paragraph, "G-1-1");
}

TEST_F(Events, AnIncompleteCorrectionOfAWithdrawnOneWaitsAndIsNotRefused)
{
    const auto first = happened(prison);
    bench.state().records.at(first.record()).withdrawn = number_id<VersionId>(6, 60);
    group("note", "what").fields.front().required = true;
    const auto waits = bench.save(prison, {{bench.edits(first.record(), "note", "what", {})}}).ruling();
    EXPECT_EQ(waits.outcome, Outcome::conflict);
    EXPECT_EQ(waits.rule, "edited-while-withdrawn");
}

// The compiler lets no such agreement through; what an earlier one let through must not lose anything either.
TEST_F(Events, WhatIsAddedToAListOfAnEventIsNeverRefused)
{
    type_in(policy, "diary").kind = schema::RecordType::Kind::event;
    auto& lines = group("diary", "lines");
    lines.redirects.resize(1);
    lines.redirects.front().rule = "exception";
    const auto first = bench.save(police, {{bench.creates("diary", "lines", {{"line", "one"}})}});
    EXPECT_EQ(first.ruling().outcome, Outcome::applied);
    EXPECT_EQ(bench.state().record(first.record())->groups.front().elements.size(), 1u);
    lines.redirects.front().then = Redirect::Then::suggest;
    lines.redirects.front().to = agency("prison");
    EXPECT_EQ(bench.save(police, {{bench.creates("diary", "lines", {{"line", "two"}})}}).ruling().decided_by, "agency:prison")
        << "it may ask somebody";
}

TEST_F(Events, AFirstValueOfAPartIsWhatHappened)
{
    refuses_everything();
    const auto first = happened(prison);
    EXPECT_EQ(first.ruling().rule, "it-happened");
    part(first.record()).current = {};
    EXPECT_EQ(corrects(prison, first.record(), "call").rule, "it-happened") << "a part that only holds suggestions";
    auto& record = bench.state().records.at(first.record());
    note().groups.push_back(note().groups.front());
    note().groups.back().id = schema::GroupId{98};
    record.groups.front().id = schema::GroupId{98};
    EXPECT_EQ(corrects(prison, first.record(), "call").rule, "it-happened") << "a part that is not there yet";
}

TEST_F(Events, WhoIsNotToRecordItIsNamedOnceAndAnOutsideRuleGoesFirst)
{
    note().create = {agency("police")};
    EXPECT_EQ(happened(prison).ruling().rule, "recorded-by-another");
    const auto own = happened(police);
    EXPECT_FALSE(own.ruling().outside_policy);
    note().create = {agency("probation")};
    EXPECT_FALSE(corrects(police, own.record(), "x").outside_policy) << "it is recorded already";
    schema::OutsideRule rule;
    rule.id = "in-custody";
    rule.when.facts["lead_agency"] = {"probation"};
    note().outside = {rule};
    group("note", "what").fields.front().required = true;
    EXPECT_EQ(happened(prison).ruling().rule, "in-custody");
    note().outside.clear();
    EXPECT_EQ(bench.save(probation, {{bench.creates("note", "what", {})}}).ruling().rule, "incomplete");
    EXPECT_FALSE(happened(probation).ruling().outside_policy);
}

TEST_F(Events, AnOutsideRuleLooksWhereItsFieldRefers)
{
    auto& what = group("note", "what");
    schema::Field about = group("trigger_plan", "plan").fields.front();
    for (const auto& field : group("trigger_plan", "plan").fields)
        if (field.name == "cites")
            about = field;
    about.id = schema::FieldId{77};
    what.fields.push_back(about);
    schema::OutsideRule rule;
    rule.id = "visit-of-a-closed-address";
    rule.ref = schema::FieldId{77};
    rule.ref_field = schema::field_id("address", "where", "lines");
    rule.ref_values = {"closed"};
    note().outside = {rule};
    const auto ruled = [&](std::optional<schema::Value> to) {
        auto c = bench.creates("note", "what", {{"text", "visit"}});
        if (to)
            assign(c.values, schema::FieldId{77}, *to);
        return bench.save(prison, {{c}}).ruling().rule;
    };
    const auto closed = bench.save(probation, {{bench.creates("address", "where", {{"lines", "closed"}})}}).record();
    const auto open = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}})}}).record();
    EXPECT_EQ(ruled(schema::Ref{closed}), "visit-of-a-closed-address");
    EXPECT_EQ(ruled(schema::Ref{open}), "it-happened");
    EXPECT_EQ(ruled(schema::Ref{number_id<RecordId>(4, 99)}), "it-happened");
    EXPECT_EQ(ruled(std::nullopt), "it-happened");
    auto& groups = bench.state().records.at(closed).groups;
    groups.insert(groups.begin(), GroupState{});
    EXPECT_EQ(ruled(schema::Ref{closed}), "visit-of-a-closed-address") << "whichever part says it";
    groups.clear();
    EXPECT_EQ(ruled(schema::Ref{closed}), "it-happened");
    note().outside.front().when.facts["lead_agency"] = {"police"};
    EXPECT_EQ(ruled(schema::Ref{closed}), "it-happened");
    note().outside.front() = {};
    EXPECT_EQ(ruled(std::nullopt), "it-happened") << "a rule without a condition meets nothing";
}

TEST_F(Events, AnElementThatIsIncompleteIsKeptAndMarked)
{
    type_in(policy, "diary").kind = schema::RecordType::Kind::event;
    group("diary", "lines").fields.front().required = true;
    const auto first = bench.save(police, {{bench.creates("diary", "lines", {})}});
    EXPECT_EQ(first.ruling().rule, "incomplete");
    EXPECT_TRUE(first.ruling().outside_policy);
    EXPECT_FALSE(bench.save(police, {{bench.creates("diary", "lines", {{"line", "x"}})}}).ruling().outside_policy);
    auto c = bench.edits(first.record(), "diary", "lines", {});
    c.op = Op::remove;
    c.targets = {first.version()};
    EXPECT_EQ(bench.save(police, {{c}}).ruling().rule, "owner") << "what is taken out need not be complete";
}

}  // namespace
}  // namespace satchel::test
