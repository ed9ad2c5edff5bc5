// How a decision on what waits is judged: who may take it, on what they saw, and what it can do.
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
const std::string coordination = "coordination.coordinator";

class Resolutions : public ::testing::Test {
protected:
    schema::Policy policy = small_policy();
    CaseBench bench{policy};
    CaseBench::Saved supervision = bench.save(
        probation, {{bench.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
    CaseBench::Saved first = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}, {"from", "2026-01-01"}})}});

    schema::Group& where() { return group_in(policy, "address", "where"); }
    GroupState& part() { return bench.state().records.at(first.record()).groups.front(); }
    CaseBench::Saved edit(const std::string& who, const std::string& lines)
    {
        return bench.save(who, {{bench.edits(first.record(), "address", "where", {{"lines", lines}})}});
    }
    CaseBench::Saved suggestion() { return edit(police, "9"); }
    CaseBench::Saved conflict()
    {
        const auto late = bench.edits(first.record(), "address", "where", {{"lines", "3"}});
        edit(probation, "2");
        auto out = bench.save(probation + "/second", {{late}});
        EXPECT_EQ(out.ruling().outcome, Outcome::conflict);
        return out;
    }
    Ruling decide(const CaseBench::Saved& item, Resolution how, const std::string& who = probation)
    {
        return bench.save(who, {{bench.resolves(item, how, "seen")}}).ruling();
    }
    Ruling amend(const CaseBench::Saved& item, const std::string& lines, const std::string& who = probation)
    {
        auto c = bench.resolves(item, Resolution::amend, "seen");
        c.values = bench.values("address", {{"lines", lines}});
        return bench.save(who, {{c}}).ruling();
    }
    std::string lines() { return bench.value(first.record(), "address", "lines"); }
    Redirect& exception(Redirect::Then then)
    {
        where().redirects.resize(1);
        where().redirects.front().rule = "exception";
        where().redirects.front().then = then;
        return where().redirects.front();
    }
};

TEST_F(Resolutions, ADecisionNamesTheOneThingThatItDecides)
{
    const auto open = suggestion();
    auto c = bench.resolves(open, Resolution::accept, "seen");
    c.targets.clear();
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "already-settled");
    c.targets = {open.version(), open.version()};
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "already-settled");
}

TEST_F(Resolutions, OnlyItsAuthorTakesItBackAndAnybodyComments)
{
    const auto open = suggestion();
    EXPECT_EQ(decide(open, Resolution::withdrawn).rule, "not-resolver");
    EXPECT_EQ(decide(open, Resolution::comment, prison).rule, "commented");
    EXPECT_EQ(part().open.size(), 1u);
    EXPECT_EQ(decide(open, Resolution::withdrawn, police).rule, "withdrawn-by-author");
}

TEST_F(Resolutions, WhatAnAuthorityOfAnotherAgreementDecidesWaitsForIt)
{
    const auto open = suggestion();
    part().open.front().decided_by = "the panel of an agreement to come";
    const auto ruling = decide(open, Resolution::accept);
    EXPECT_EQ(ruling.rule, "not-resolver");
    EXPECT_EQ(ruling.who_can, "It is decided by another.");
    part().open.front().decided_by = "agency:prison";
    EXPECT_EQ(decide(open, Resolution::accept).who_can, "It is decided by Prison.");
}

TEST_F(Resolutions, EachKindOfItemHasItsOwnAnswers)
{
    const auto open = suggestion();
    for (const auto how : {Resolution::choose_a, Resolution::choose_b, Resolution::previous, Resolution::both})
        EXPECT_EQ(decide(open, how).who_can, "A suggestion is accepted, amended or declined.");
    ASSERT_EQ(decide(open, Resolution::decline).rule, "declined");
    const auto two = conflict();
    for (const auto how : {Resolution::accept, Resolution::decline, Resolution::none})
        EXPECT_EQ(decide(two, how).who_can, "Of two versions, choose one, edit, or keep the previous.");
    EXPECT_EQ(decide(two, Resolution::choose_a).rule, "resolved");
    EXPECT_EQ(lines(), "2");
}

TEST_F(Resolutions, TheValueBeforeBothIsKeptOnlyWhereThereWasOne)
{
    const auto two = conflict();
    part().previous = {};
    EXPECT_EQ(decide(two, Resolution::previous).rule, "no-such-step");
    part().previous = {number_id<VersionId>(6, 900), bench.values("address", {{"lines", "0"}}), {}};
    exception(Redirect::Then::refuse);
    EXPECT_EQ(decide(two, Resolution::previous).rule, "exception") << "it too must stand as an edit";
    where().redirects.clear();
    EXPECT_EQ(decide(two, Resolution::previous).rule, "resolved");
    EXPECT_EQ(lines(), "0");
}

TEST_F(Resolutions, ARemovalIsTakenOrLeftAndNotRewritten)
{
    auto c = bench.edits(first.record(), "address", "where", {});
    c.op = Op::withdraw;
    c.reason = "wrong person";
    const auto open = bench.save(police, {{c}});
    ASSERT_EQ(open.ruling().outcome, Outcome::suggested);
    EXPECT_EQ(amend(open, "3").rule, "no-such-step");
    part().open.front().kind = OpenItem::Kind::conflict;
    EXPECT_EQ(decide(open, Resolution::previous).rule, "no-such-step");
    part().open.front().kind = OpenItem::Kind::suggestion;
    EXPECT_EQ(decide(open, Resolution::accept).rule, "accepted");
    EXPECT_FALSE(bench.state().records.at(first.record()).withdrawn.empty());
}

TEST_F(Resolutions, WhoStandsInSettlesButDoesNotRewrite)
{
    const auto open = suggestion();
    EXPECT_EQ(amend(open, "3", coordination).rule, "not-owner");
    exception(Redirect::Then::refuse);
    EXPECT_EQ(amend(open, "3").rule, "exception");
    where().redirects.clear();
    EXPECT_EQ(amend(open, "3").rule, "amended");
    EXPECT_EQ(lines(), "3");
}

// --- who only stands in ----------------------------------------------------------------------------------------------------

TEST_F(Resolutions, WhoOnlyStandsInDoesNotAcceptTheirOwnSuggestion)
{
    const auto open = edit(coordination, "9");
    ASSERT_EQ(open.ruling().outcome, Outcome::suggested);
    const auto ruling = decide(open, Resolution::accept, coordination);
    EXPECT_EQ(ruling.outcome, Outcome::refused);
    EXPECT_EQ(ruling.rule, "own-side");
    EXPECT_EQ(ruling.who_can, "You wrote it yourself, and only stand in for those who decide. It is decided by the lead agency "
                              "(Probation), or by another person who stands in for them.");
    EXPECT_EQ(lines(), "1");
    EXPECT_EQ(part().open.size(), 1u) << "it still waits";
    EXPECT_EQ(decide(open, Resolution::accept, coordination + "/second").rule, "accepted") << "another person in the same place";
    EXPECT_EQ(lines(), "9");
}

TEST_F(Resolutions, WhoOnlyStandsInIsOnePersonOnWhateverDeviceAndUnderWhateverHat)
{
    const auto open = edit(police, "9");
    bench.person(coordination + "/tablet").user = bench.person(police).user;
    EXPECT_EQ(decide(open, Resolution::accept, coordination + "/tablet").rule, "own-side");
    EXPECT_EQ(decide(open, Resolution::accept, coordination).rule, "accepted");
}

TEST_F(Resolutions, WhoOnlyStandsInMayDeclineOrTakeBackTheirOwn)
{
    EXPECT_EQ(decide(edit(coordination, "8"), Resolution::decline, coordination).rule, "declined");
    EXPECT_EQ(decide(edit(coordination, "9"), Resolution::withdrawn, coordination).rule, "withdrawn-by-author");
}

TEST_F(Resolutions, WhoOnlyStandsInDoesNotChooseBetweenTheirOwnVersionAndAnothers)
{
    const auto late = bench.edits(first.record(), "address", "where", {{"lines", "3"}});
    edit(probation, "2");
    bench.person(coordination + "/was there").user = bench.person(probation + "/third").user;
    const auto two = bench.save(probation + "/third", {{late}});
    ASSERT_EQ(two.ruling().outcome, Outcome::conflict);
    for (const auto how : {Resolution::choose_a, Resolution::choose_b, Resolution::previous})
        EXPECT_EQ(decide(two, how, coordination + "/was there").rule, "own-side");
    bench.person(coordination + "/recorded it").user = bench.person(probation).user;
    EXPECT_EQ(decide(two, Resolution::choose_a, coordination + "/recorded it").rule, "own-side") << "the value in the record";
    EXPECT_EQ(decide(two, Resolution::choose_b, coordination).rule, "resolved");
}

TEST_F(Resolutions, WhoDecidesByRightAcceptsWhatTheyWroteUnderAnotherHat)
{
    const auto open = suggestion();
    bench.person(probation + "/both").user = bench.person(police).user;
    EXPECT_EQ(decide(open, Resolution::accept, probation + "/both").rule, "accepted") << "they could have typed it";
}

TEST_F(Resolutions, WhatIsNoLongerValidIsNotAccepted)
{
    const auto open = suggestion();
    for (auto& field : where().fields)
        field.required = true;
    const auto ruling = decide(open, Resolution::accept);
    EXPECT_EQ(ruling.rule, "required");
    EXPECT_EQ(lines(), "1");
}

TEST_F(Resolutions, AnExceptionThatAsksOthersHoldsExceptWhereTheyAreTheOnesWhoAskedForIt)
{
    const auto open = suggestion();
    auto& redirect = exception(Redirect::Then::suggest);
    redirect.to = {Authority::Kind::agency, "prison", {}};
    EXPECT_EQ(decide(open, Resolution::accept).rule, "exception");
    redirect.to = {Authority::Kind::role, "council.housing", {}};
    EXPECT_EQ(decide(open, Resolution::accept).rule, "exception") << "a role that nobody knows asked for nothing";
    redirect.to = {Authority::Kind::agency, "", {}};
    EXPECT_EQ(decide(open, Resolution::accept).rule, "exception") << "nor did one that cannot be read";
    redirect.to = {Authority::Kind::agency, "police", {}};
    EXPECT_EQ(decide(open, Resolution::accept).rule, "accepted");
    EXPECT_EQ(lines(), "9");
}

// It waited for them for ever: the exception that had brought it to them met them too.
TEST_F(Resolutions, WhomAnExceptionAsksMayAcceptWhatItBroughtThem)
{
    auto& redirect = exception(Redirect::Then::suggest);
    redirect.to = {Authority::Kind::agency, "prison", {}};
    const auto open = suggestion();
    ASSERT_EQ(open.ruling().decided_by, "agency:prison");
    EXPECT_EQ(decide(open, Resolution::accept, prison).rule, "accepted");
    EXPECT_EQ(lines(), "9");
}

TEST_F(Resolutions, AStepOfOthersIsNotTakenByAcceptingIt)
{
    const auto open = suggestion();
    where().transition_field = schema::field_id("address", "where", "lines");
    where().transitions = {{"1", "9", {Authority::Kind::agency, "prison", {}}}};
    const auto ruling = decide(open, Resolution::accept);
    EXPECT_EQ(ruling.rule, "not-owner");
    EXPECT_EQ(ruling.who_can, "It is not yours to put into the record as things stand now.");
}

class TwoPeople : public Resolutions {
protected:
    CaseBench::Saved views(const std::string& recorded, const std::string& reported)
    {
        const auto risk = singleton_record_id(bench.state().id, schema::type_id("risk"));
        bench.save(probation, {{bench.creates("risk", "public", {{"level", recorded}})}});
        return bench.save(police, {{bench.edits(risk, "risk", "public", {{"level", reported}})}});
    }
    schema::SafeSide& side() { return *group_in(policy, "risk", "public").safe_side; }
    Ruling amend_level(const CaseBench::Saved& item, const std::string& level, const std::string& who)
    {
        auto c = bench.resolves(item, Resolution::amend, "seen");
        c.values = bench.values("risk", {{"level", level}});
        return bench.save(who, {{c}}).ruling();
    }
};

TEST_F(TwoPeople, OnlyWhereTheAgreementAsksForThem)
{
    const auto open = views("high", "low");
    EXPECT_EQ(decide(open, Resolution::accept).rule, "accepted");
    side().second_person = true;
    const auto again = bench.save(police, {{bench.edits(open.record(), "risk", "public", {{"level", "high"}})}});
    EXPECT_EQ(decide(again, Resolution::accept).rule, "accepted") << "more protection takes one";
    const auto lower = bench.save(police, {{bench.edits(open.record(), "risk", "public", {{"level", "low"}})}});
    EXPECT_EQ(decide(lower, Resolution::accept).rule, "second-person");
    EXPECT_EQ(decide(lower, Resolution::accept, probation + "/second").rule, "accepted");
}

TEST_F(TwoPeople, WhoWritesAnotherValueTookAnotherDecision)
{
    side().second_person = true;
    const auto open = views("very_high", "high");
    EXPECT_EQ(amend_level(open, "medium", probation).rule, "second-person");
    EXPECT_EQ(amend_level(open, "low", probation + "/second").rule, "second-person");
    EXPECT_EQ(amend_level(open, "low", probation).rule, "amended");
}

TEST_F(TwoPeople, TheValueBeforeBothIsHeldAgainstWhatReadersActOn)
{
    side().second_person = true;
    const auto risk = singleton_record_id(bench.state().id, schema::type_id("risk"));
    bench.save(probation, {{bench.creates("risk", "public", {{"level", "low"}})}});
    const auto late = bench.edits(risk, "risk", "public", {{"level", "very_high"}});
    bench.save(probation, {{bench.edits(risk, "risk", "public", {{"level", "high"}})}});
    const auto two = bench.save(probation + "/second", {{late}});
    ASSERT_EQ(two.ruling().outcome, Outcome::conflict);
    EXPECT_EQ(decide(two, Resolution::previous).rule, "second-person");
}

// One person who withdrew the record did what one person may not decide.
TEST_F(TwoPeople, WithdrawingWhatProtectsTakesASecondPersonAsWell)
{
    where().safe_side = schema::SafeSide{schema::SafeSide::Kind::value, schema::field_id("address", "where", "lines"), "1", false, true, {"G-12-21"}};
    const auto withdraw = [&] {
        auto c = bench.edits(first.record(), "address", "where", {});
        c.op = Op::withdraw;
        c.reason = "no longer";
        return bench.save(probation, {{c}});
    };
    const auto open = withdraw();
    EXPECT_EQ(open.ruling().outcome, Outcome::suggested);
    EXPECT_EQ(open.ruling().rule, "second-person");
    EXPECT_EQ(open.ruling().decided_by, "lead_agency");
    EXPECT_TRUE(bench.state().records.at(first.record()).withdrawn.empty()) << "it stands until somebody else agrees";
    bench.person(probation + "/tablet").user = bench.person(probation).user;
    for (const auto& same : {probation, probation + "/tablet"}) {
        const auto ruling = decide(open, Resolution::accept, same);
        EXPECT_EQ(ruling.rule, "own-side");
        EXPECT_EQ(ruling.paragraph, "G-12-21");
    }
    EXPECT_EQ(decide(open, Resolution::accept, probation + "/second").rule, "accepted");
    EXPECT_FALSE(bench.state().records.at(first.record()).withdrawn.empty());
}

TEST_F(TwoPeople, WithdrawingWhatProtectsNobodyTakesOne)
{
    where().safe_side = schema::SafeSide{schema::SafeSide::Kind::value, schema::field_id("address", "where", "lines"), "2", false, true, {}};
    auto c = bench.edits(first.record(), "address", "where", {});
    c.op = Op::withdraw;
    c.reason = "no longer";
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "supplier");
}

TEST_F(TwoPeople, WithdrawingWhatProtectsTakesOneWhereTheAgreementAsksForOne)
{
    where().safe_side = {schema::SafeSide::Kind::value, schema::field_id("address", "where", "lines"), "1", false, false, {}};
    auto c = bench.edits(first.record(), "address", "where", {});
    c.op = Op::withdraw;
    c.reason = "no longer";
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "supplier");
}

// The supplier agreeing to what they asked for under another role decides alone where one person may.
TEST_F(TwoPeople, OnlyTheWithdrawalOfWhatProtectsIsNotForTheOneWhoAskedForIt)
{
    bench.person(probation + "/both").user = bench.person(police).user;
    const auto own = [&] {
        const auto address = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1"}, {"from", "2026-01-01"}})}});
        auto c = bench.edits(address.record(), "address", "where", {});
        c.op = Op::withdraw;
        c.reason = "wrong person";
        const auto open = bench.save(police, {{c}});
        EXPECT_EQ(open.ruling().rule, "not-supplier");
        return decide(open, Resolution::accept, probation + "/both").rule;
    };
    const auto field = schema::field_id("address", "where", "lines");
    const auto safe = [&](const char* value, bool second_person) {
        return schema::SafeSide{schema::SafeSide::Kind::value, field, value, false, second_person, {}};
    };
    EXPECT_EQ(own(), "accepted") << "nothing there protects anybody";
    where().safe_side = safe("1", false);
    EXPECT_EQ(own(), "accepted") << "one person may decide for less protection";
    where().safe_side = safe("2", true);
    EXPECT_EQ(own(), "accepted") << "it is not what protects";
    auto unwritten = where();
    unwritten.id = schema::group_id("address", "unwritten");
    type_in(policy, "address").groups.push_back(unwritten);
    EXPECT_EQ(own(), "accepted") << "a part that was never written";
    where().safe_side = safe("1", true);
    EXPECT_EQ(own(), "own-side");
}

// What was said to have happened is in the record as it was said, also when somebody was asked first.
TEST_F(Resolutions, WhatHappenedIsTakenIntoAListAlthoughItIsIncomplete)
{
    type_in(policy, "diary").kind = schema::RecordType::Kind::event;
    auto& diary = group_in(policy, "diary", "lines");
    diary.redirects.resize(1);
    diary.redirects.front().then = Redirect::Then::suggest;
    diary.redirects.front().to = {Authority::Kind::agency, "prison", {}};
    const auto open = bench.save(police, {{bench.creates("diary", "lines", {})}});
    ASSERT_EQ(open.ruling().outcome, Outcome::suggested);
    diary.fields.front().required = true;
    EXPECT_EQ(decide(open, Resolution::accept, prison).rule, "accepted");
    EXPECT_EQ(bench.state().record(open.record())->groups.front().elements.size(), 1u);
    diary.fields.front().required = false;
    const auto again = bench.save(police, {{bench.creates("diary", "lines", {})}});
    diary.fields.front().required = true;
    type_in(policy, "diary").kind = schema::RecordType::Kind::entity;
    EXPECT_EQ(decide(again, Resolution::accept, prison).rule, "required") << "of anything else it is asked for";
}

// A more protective view that waits is one that readers act on.
TEST_F(TwoPeople, WithdrawingTakesASecondPersonAlsoWhileAMoreProtectiveVersionWaits)
{
    where().safe_side = schema::SafeSide{schema::SafeSide::Kind::value, schema::field_id("address", "where", "lines"), "9", false, true, {}};
    suggestion();
    auto c = bench.edits(first.record(), "address", "where", {});
    c.op = Op::withdraw;
    c.reason = "no longer";
    EXPECT_EQ(bench.save(probation, {{c}}).ruling().rule, "second-person");
}

TEST_F(TwoPeople, AWithdrawalIsNoLevel)
{
    where().safe_side = schema::SafeSide{schema::SafeSide::Kind::value, schema::field_id("address", "where", "lines"), "1", false, true, {}};
    auto c = bench.edits(first.record(), "address", "where", {});
    c.op = Op::withdraw;
    c.reason = "wrong person";
    const auto open = bench.save(police, {{c}});
    EXPECT_EQ(decide(open, Resolution::accept).rule, "accepted");
}

}  // namespace
}  // namespace satchel::test
