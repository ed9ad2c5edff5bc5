// What the system does because of a ruled change: stale marks, successions, links, what is written instead. The stories of the
// domain are in scenarios/; here is each rule alone.
#include <gtest/gtest.h>

#include "reacting.hpp"

namespace satchel::test {
namespace {

using schema::Authority;
using schema::Op;
using schema::Resolution;

class Consequences : public Reacting {
protected:
    static schema::Notify& address_rule(schema::Policy& policy) { return type_in(policy, "address").notify.front(); }
    std::vector<RecordId> made_stale(const std::vector<Effect>& effects)
    {
        std::vector<RecordId> out;
        for (const auto& effect : effects)
            if (effect.kind == Effect::Kind::stale)
                out.push_back(effect.record);
        return out;
    }
    // A plan that cites an address, or a text, or nothing.
    RecordId plan(std::uint32_t n, std::optional<schema::Value> cites)
    {
        auto& record = has(n, "trigger_plan", "plan", "police");
        if (cites)
            assign(record.groups.front().current.values, schema::field_id("trigger_plan", "plan", "cites"), *cites);
        return record.id;
    }
};

TEST_F(Consequences, OnlyWhatCitesTheRecordBecomesStale)
{
    const auto moved = has(1, "address", "where", "probation").id;
    const auto cites = plan(2, schema::Ref{moved});
    plan(3, schema::Ref{number_id<RecordId>(4, 99)});
    plan(4, std::nullopt);
    plan(5, std::string("the house by the river"));
    const auto gone = plan(6, schema::Ref{moved});
    state.records[gone].withdrawn = number_id<VersionId>(6, 60);
    EXPECT_EQ(made_stale(react(edit(1, "address", "where", {{"lines", "2 Invented Row"}}))), std::vector{cites});
    EXPECT_TRUE(made_stale(react(edit(1, "address", "where", {{"lines", "2 Invented Row"}}), Outcome::suggested)).empty());
}

TEST_F(Consequences, ARuleThatNamesATypeMakesEveryRecordOfItStaleButTheOneThatChanged)
{
    address_rule(policy).marks_stale = "address";
    has(1, "address", "where", "probation");
    const auto other = has(2, "address", "where", "probation").id;
    EXPECT_EQ(made_stale(react(edit(1, "address", "where", {{"lines", "2 Invented Row"}}))), std::vector{other});
}

TEST_F(Consequences, ARuleAboutATypeThatIsNotInTheAgreementMakesNothingStale)
{
    has(1, "address", "where", "probation");
    plan(2, schema::Ref{number_id<RecordId>(4, 1)});
    address_rule(policy).marks_stale = "a_type_of_another_agreement.cites";
    EXPECT_TRUE(made_stale(react(edit(1, "address", "where", {{"lines", "2"}}))).empty());
    address_rule(policy).marks_stale = "trigger_plan.a_field_of_another_agreement";
    EXPECT_EQ(made_stale(react(edit(1, "address", "where", {{"lines", "2"}}))).size(), 1u) << "rather each of them than none";
    address_rule(policy).marks_stale = "trigger_plan";
    type_in(policy, "trigger_plan").groups.clear();
    EXPECT_TRUE(made_stale(react(edit(1, "address", "where", {{"lines", "2"}}))).empty());
}

TEST_F(Consequences, ATaskThatNobodyWordedIsNotOpened)
{
    address_rule(policy).task.clear();
    has(1, "address", "where", "probation");
    EXPECT_TRUE(opened(react(edit(1, "address", "where", {{"lines", "2"}}))).empty());
}

TEST_F(Consequences, TheAuthorsOwnAgencyNeedNotBeTold)
{
    auto& rule = address_rule(policy);
    rule.roles = {"police.offender_manager", "probation.practitioner", "role:council.housing"};
    has(1, "address", "where", "probation");
    EXPECT_EQ(opened(react(edit(1, "address", "where", {{"lines", "2"}}))).size(), 2u);
    rule.not_author_agency = true;
    const auto told = opened(react(edit(1, "address", "where", {{"lines", "3"}})));
    ASSERT_EQ(told.size(), 1u) << "nor is a role told that the agreement does not know";
    EXPECT_EQ(told.front().role, "police.offender_manager");
}

TEST_F(Consequences, ARuleForOnePartAndOneMomentKeepsToThem)
{
    auto& rule = address_rule(policy);
    has(1, "address", "where", "probation");
    const auto tasks = [&](Outcome outcome, bool outside = false) {
        auto change = edit(1, "address", "where", {{"lines", "2"}});
        change.reason = std::to_string(++saves);
        return opened(react(change, outcome, "any", outside)).size();
    };
    using When = schema::Notify::When;
    rule.when = When::applied;
    EXPECT_EQ(tasks(Outcome::applied), 1u);
    EXPECT_EQ(tasks(Outcome::suggested), 0u);
    rule.when = When::suggested;
    EXPECT_EQ(tasks(Outcome::applied), 0u);
    EXPECT_EQ(tasks(Outcome::suggested), 1u);
    EXPECT_EQ(tasks(Outcome::conflict), 1u);
    rule.when = When::outside;
    EXPECT_EQ(tasks(Outcome::applied), 0u);
    EXPECT_EQ(tasks(Outcome::applied, true), 1u);
    rule.when = When::received;
    rule.group = schema::GroupId{99};
    EXPECT_EQ(tasks(Outcome::applied), 0u);
    rule.group = schema::group_id("address", "where");
    EXPECT_EQ(tasks(Outcome::refused), 0u) << "nothing follows from what is refused";
    EXPECT_EQ(tasks(Outcome::merged), 0u) << "nor from what the record said already";
}

TEST_F(Consequences, WhatIsMergedAsTextIsNewToOthers)
{
    schema::Notify rule;
    rule.id = "leaflet";
    rule.roles = {"police.offender_manager"};
    rule.task = "Read it again";
    type_in(policy, "leaflet").notify = {rule};
    has(1, "leaflet", "body", "prison");
    EXPECT_EQ(opened(react(edit(1, "leaflet", "body", {{"text", "x"}}), Outcome::merged, "text-merged")).size(), 1u);
    EXPECT_TRUE(react(edit(1, "leaflet", "body", {{"text", "x"}}), Outcome::merged, "same-value").empty());
}

TEST_F(Consequences, WhatFollowsFromAMergedTextFollowsFromWhatItBecame)
{
    const auto text = schema::field_id("leaflet", "body", "text");
    schema::Notify rule;
    rule.id = "leaflet";
    rule.roles = {"police.offender_manager"};
    rule.task = "Read it again";
    rule.match.values = {{text, {"mine and theirs"}}};
    type_in(policy, "leaflet").notify = {rule};
    next_version = number_id<VersionId>(6, 77);
    auto& current = has(1, "leaflet", "body", "prison").groups.front().current;
    assign(current.values, text, std::string("mine and theirs"));
    EXPECT_TRUE(opened(react(edit(1, "leaflet", "body", {{"text", "mine"}}), Outcome::merged, "text-merged")).empty());
    current.id = merged_version_id(next_version);
    EXPECT_EQ(opened(react(edit(1, "leaflet", "body", {{"text", "mine"}}), Outcome::merged, "text-merged")).size(), 1u);
}

// --- successions -------------------------------------------------------------------------------------------------

class Succeeding : public Consequences {
protected:
    RecordId address(std::uint32_t n, const std::string& from, const std::string& to = {}, const std::string& text = "x")
    {
        auto& record = has(n, "address", "where", "probation");
        record.groups.front().current.values = values("address", {{"lines", text}, {"from", from}, {"to", to}});
        return record.id;
    }
    // Whose end was set, and to which day.
    std::map<RecordId, std::string> ended(const std::vector<Effect>& effects)
    {
        std::map<RecordId, std::string> out;
        for (const auto& effect : effects)
            if (effect.kind == Effect::Kind::set)
                out[effect.record] = to_text(*find(effect.values, schema::field_id("address", "where", "to")));
        return out;
    }
    auto saves_address(std::uint32_t n, const std::string& from, const std::string& to = {}, const std::string& text = "x")
    {
        address(n, from, to, text);
        return ended(react(edit(n, "address", "where", {{"lines", text}, {"from", from}, {"to", to}})));
    }
};

TEST_F(Succeeding, AWithdrawnRecordIsNotEnded)
{
    const auto before = address(1, "2026-01-01");
    const auto gone = address(2, "2026-01-10");
    state.records[gone].withdrawn = number_id<VersionId>(6, 60);
    has(3, "address", "where", "probation").groups.clear();
    EXPECT_EQ(saves_address(4, "2026-02-01"), (std::map<RecordId, std::string>{{before, "2026-02-01"}}));
}

TEST_F(Succeeding, OnlyRecordsThatSayTheSameInTheNamedFieldsSucceedEachOther)
{
    const auto lines = schema::field_id("address", "where", "lines");
    type_in(policy, "address").succession->same = {lines};
    const auto alike = address(1, "2026-01-01", {}, "home");
    address(2, "2026-01-01", {}, "work");
    address(3, "2026-01-01");
    std::erase_if(state.records[number_id<RecordId>(4, 3)].groups.front().current.values,
                  [&](const schema::FieldValue& v) { return v.field == lines; });
    EXPECT_EQ(saves_address(4, "2026-02-01", {}, "home"), (std::map<RecordId, std::string>{{alike, "2026-02-01"}}));
    address(5, "2026-03-01", {}, "home");
    EXPECT_TRUE(ended(react(edit(5, "address", "where", {{"from", "2026-03-01"}}))).empty()) << "it does not say which";
}

TEST_F(Succeeding, AnEndThatSomebodyStatedStaysUnlessItWasTheNextOnesBeginning)
{
    const auto first = address(1, "2026-01-01", "2026-02-15");
    EXPECT_TRUE(saves_address(2, "2026-02-01").empty()) << "moved out on the 15th, whoever moved in before";
    address(3, "2026-02-15", "2026-12-31");
    EXPECT_EQ(saves_address(4, "2026-02-10").count(first), 1u) << "it had ended because another began";
}

TEST_F(Succeeding, ALateRecordEndsWhenTheNextBeginsUnlessItSaysWhen)
{
    address(1, "2026-03-01");
    address(5, "2026-04-01");
    const auto late = number_id<RecordId>(4, 2);
    EXPECT_EQ(saves_address(2, "2026-01-01"), (std::map<RecordId, std::string>{{late, "2026-03-01"}}));
    EXPECT_TRUE(saves_address(3, "2026-01-01", "2026-01-20").count(number_id<RecordId>(4, 3)) == 0);
    EXPECT_TRUE(ended(react(edit(1, "address", "where", {{"lines", "x"}}))).empty()) << "no beginning, no succession";
}

TEST_F(Succeeding, WhatIsWrittenToRestOnAnAddressThatHasEndedIsStaleOnArrival)
{
    const auto old = address(1, "2026-01-01", "2026-02-01");
    const auto now = address(2, "2026-02-01");
    const auto stale = [&](schema::Value cited, Outcome outcome = Outcome::applied) {
        plan(3, cited);
        auto change = edit(3, "trigger_plan", "plan", {});
        assign(change.values, schema::field_id("trigger_plan", "plan", "cites"), std::move(cited));
        return made_stale(react(change, outcome)).size();
    };
    EXPECT_EQ(stale(schema::Ref{old}), 1u);
    EXPECT_EQ(stale(schema::Ref{now}), 0u);
    EXPECT_EQ(stale(schema::Ref{old}, Outcome::suggested), 0u);
    EXPECT_EQ(stale(schema::Ref{number_id<RecordId>(4, 99)}), 0u);
    EXPECT_EQ(stale(std::string("the house")), 0u);
    state.records[old].type = schema::TypeId{99};
    EXPECT_EQ(stale(schema::Ref{old}), 0u) << "a type that the agreement does not know";
    state.records[old].type = schema::type_id("address");
    type_in(policy, "address").notify.clear();
    EXPECT_EQ(stale(schema::Ref{old}), 0u);
    type_in(policy, "address").succession.reset();
    EXPECT_EQ(stale(schema::Ref{old}), 0u);
}

// --- approvals, and what is written instead ----------------------------------------------------------------------

TEST_F(Consequences, AnApprovalIsVoidedOnce)
{
    auto& level = has(1, "level", "decision", "probation");
    const auto voided = [&] {
        std::size_t n = 0;
        for (const auto& effect : react(edit(1, "level", "decision", {{"level", "2"}})))
            n += effect.kind == Effect::Kind::voided;
        return n;
    };
    EXPECT_EQ(voided(), 0u) << "nobody approved yet";
    const auto approval = schema::group_id("level", "acknowledged");
    level.group_for(approval);
    EXPECT_EQ(voided(), 0u) << "an approval that only waits";
    level.group_for(approval).current.id = number_id<VersionId>(6, 50);
    EXPECT_EQ(voided(), 1u);
    level.group_for(approval).voided = true;
    EXPECT_EQ(voided(), 0u);
    level.group_for(approval).voided = false;
    state.records.clear();
    EXPECT_EQ(voided(), 0u) << "a record that is not in the slice";
}

class Instead : public Consequences {
protected:
    schema::Redirect& redirect() { return group_in(policy, "level", "decision").redirects.front(); }
    std::vector<Effect> written(std::vector<schema::Change> changes)
    {
        auto effects = react(std::move(changes), Outcome::refused, redirect().rule, false, "concern");
        std::erase_if(effects, [](const Effect& effect) { return effect.kind != Effect::Kind::set; });
        return effects;
    }
    schema::Change concern(const std::string& text) { return edit(1, "level", "decision", {{"level", "2"}, {"rationale", text}}); }
};

TEST_F(Instead, WhatMayNotStandIsWrittenOnceForEachSave)
{
    const auto effects = written({concern("one"), concern("two")});
    ASSERT_EQ(effects.size(), 1u);
    EXPECT_EQ(to_text(effects.front().values.front().value), "one");
    EXPECT_EQ(effects.front().on_behalf.agency, "probation");
}

TEST_F(Instead, AFieldThatTheAuthorLeftOutIsLeftOut)
{
    EXPECT_TRUE(written({edit(1, "level", "decision", {{"level", "2"}})}).empty()) << "nothing at all to write";
    redirect().instead->set.emplace_back(schema::field_id("concern", "body", "text"), "$a_field_of_another_agreement");
    EXPECT_EQ(written({concern("one")}).size(), 1u);
}

TEST_F(Instead, ItMaySayWordsOfItsOwnAndNameTheVersionItStandsFor)
{
    redirect().instead->set = {{schema::field_id("concern", "body", "text"), "From the prison"},
                               {schema::FieldId{99}, "a field of no part"}};
    EXPECT_EQ(to_text(written({concern("one")}).at(0).values.at(0).value), "From the prison");
    redirect().instead->set = {{schema::field_id("concern", "body", "text"), "$version"}};
    const auto effects = written({concern("one")});
    EXPECT_EQ(std::get<schema::VersionRef>(effects.at(0).values.at(0).value).version, last.versions.front());
}

TEST_F(Instead, ARecordThatEveryCaseHasIsWrittenIntoThatOne)
{
    redirect().instead->type = "risk";
    redirect().instead->set = {{schema::field_id("risk", "public", "level"), "high"}};
    EXPECT_EQ(written({concern("one")}).at(0).record, singleton_record_id(state.id, schema::type_id("risk")));
}

TEST_F(Instead, ItIsWrittenAlsoWhereNothingElseFollows)
{
    group_in(policy, "leaflet", "body").redirects = {redirect()};
    group_in(policy, "leaflet", "body").redirects.front().instead->set = {{schema::field_id("concern", "body", "text"), "$text"}};
    const auto effects = react({edit(1, "leaflet", "body", {{"text", "x"}})}, Outcome::refused, redirect().rule, false, "concern");
    ASSERT_EQ(effects.size(), 1u);
    EXPECT_EQ(to_text(effects.front().values.front().value), "x");
}

TEST_F(Instead, ARuleThatTheAgreementNoLongerHasWritesNothing)
{
    auto extra = redirect();
    extra.rule = "another";
    extra.instead.reset();
    auto& redirects = group_in(policy, "level", "decision").redirects;
    redirects.push_back(extra);
    EXPECT_EQ(written({concern("one")}).size(), 1u);
    EXPECT_TRUE(react({concern("one")}, Outcome::refused, "another", false, "concern").empty()) << "it has no record to write";
    EXPECT_TRUE(react({concern("one")}, Outcome::refused, "forgotten", false, "concern").empty());
    redirect().instead->type = "a_type_of_another_agreement";
    EXPECT_TRUE(written({concern("one")}).empty());
}

// --- the common record that nothing reacts to ---------------------------------------------------------------------

TEST_F(Consequences, ATypeOrAPartThatTheAgreementDoesNotKnowHasNoConsequences)
{
    auto unknown_type = edit(1, "concern", "body", {});
    unknown_type.type = schema::TypeId{99};
    auto unknown_part = edit(1, "concern", "body", {});
    unknown_part.group = schema::GroupId{99};
    schema::Change task;
    task.op = Op::task;
    EXPECT_TRUE(react({unknown_type, unknown_part, task}).empty());
    // Beside one that has some.
    has(2, "address", "where", "probation");
    EXPECT_FALSE(react({unknown_type, unknown_part, task, edit(2, "address", "where", {{"lines", "2"}})}).empty());
}

TEST_F(Consequences, WhatHappenedOutsidePolicyIsMarkedEvenOnAQuietRecord)
{
    has(1, "concern", "body", "police");
    EXPECT_TRUE(react(edit(1, "concern", "body", {{"text", "x"}})).empty());
    const auto effects = react(edit(1, "concern", "body", {{"text", "x"}}), Outcome::applied, "late-visit", true);
    ASSERT_EQ(effects.size(), 1u);
    EXPECT_EQ(effects.front().kind, Effect::Kind::outside);
}

TEST_F(Consequences, AnEventIsLateByItsOwnDateAndOnlyWhenItIsNew)
{
    has(1, "note", "what", "police");
    const auto late = [&](bool creates, Instant event_at) {
        auto change = edit(1, "note", "what", {{"text", "call"}});
        change.creates = creates;
        std::size_t n = 0;
        for (const auto& effect : react({change}, Outcome::applied, "it-happened", false, {}, event_at))
            n += effect.kind == Effect::Kind::late;
        return n;
    };
    const Instant long_ago{received.at.ms - std::int64_t{20} * 86'400'000};
    EXPECT_EQ(late(true, long_ago), 1u);
    EXPECT_EQ(late(false, long_ago), 0u) << "a correction";
    EXPECT_EQ(late(true, received.at), 0u);
    EXPECT_EQ(late(true, {}), 0u) << "nobody said when";
    // Contacts are late after 14 days; the hub's day is 28 May 2026, and in England the night belongs to the next day.
    const auto at = [](const char* text) { return parse_instant(text).value(); };
    ASSERT_EQ(to_string(schema::day_in_england(received.at)), "2026-05-28");
    EXPECT_EQ(late(true, at("2026-05-13T22:59:00Z")), 1u);
    EXPECT_EQ(late(true, at("2026-05-13T23:30:00Z")), 0u);
}

// --- links ---------------------------------------------------------------------------------------------------------

class Linking : public Consequences {
protected:
    Linking()
    {
        schema::LinkRule rule;
        rule.id = "same-day";
        rule.same = {from};
        rule.differs = lines;
        rule.task = "Two accounts by {agency} differ";
        rule.roles = {"coordination.coordinator"};
        auto& type = type_in(policy, "address");
        type.links = {rule};
        type.notify.clear();
        type.succession.reset();
    }
    schema::LinkRule& rule() { return type_in(policy, "address").links.front(); }
    RecordState& account(std::uint32_t n, const std::string& agency, const std::string& day, const std::string& said)
    {
        auto& record = has(n, "address", "where", agency);
        record.groups.front().current.values = values("address", {{"lines", said}, {"from", day}});
        return record;
    }
    // Which others it is linked with, and whether they differ.
    std::map<RecordId, bool> links(std::uint32_t n, Outcome outcome = Outcome::applied)
    {
        std::map<RecordId, bool> out;
        last_effects = react(edit(n, "address", "where", {}), outcome);
        for (const auto& effect : last_effects)
            if (effect.kind == Effect::Kind::link)
                out[effect.other] = effect.flag;
        return out;
    }
    const schema::FieldId from = schema::field_id("address", "where", "from");
    const schema::FieldId lines = schema::field_id("address", "where", "lines");
    std::vector<Effect> last_effects;
    using Found = std::map<RecordId, bool>;
};

TEST_F(Linking, TwoAgenciesAccountsOfOneThingAreLinkedAndTheirDifferenceIsToldOnce)
{
    account(1, "police", "2026-01-01", "1 Invented Row");
    const auto same = account(2, "probation", "2026-01-01", "1 Invented Row").id;
    const auto differs = account(3, "prison", "2026-01-01", "2 Invented Row").id;
    EXPECT_EQ(links(1), (Found{{same, false}, {differs, true}}));
    ASSERT_EQ(opened(last_effects).size(), 1u);
    EXPECT_EQ(opened(last_effects).front().words, "Two accounts by Probation differ");
    EXPECT_TRUE(links(1, Outcome::suggested).empty());
}

TEST_F(Linking, WithoutAFieldToDifferInEveryLinkIsToldAndWithoutWordsNone)
{
    rule().differs.reset();
    account(1, "police", "2026-01-01", "1 Invented Row");
    account(2, "probation", "2026-01-01", "2 Invented Row");
    EXPECT_EQ(links(1).size(), 1u);
    EXPECT_EQ(opened(last_effects).size(), 1u);
    rule().task.clear();
    EXPECT_EQ(links(1).size(), 1u);
    EXPECT_TRUE(opened(last_effects).empty());
}

TEST_F(Linking, OtherDaysOtherKindsWithdrawnOnesAndTheSameAgencysAreNotLinked)
{
    account(1, "police", "2026-01-01", "x");
    account(2, "probation", "2026-01-02", "x");
    account(3, "probation", "2026-01-01", "x").withdrawn = number_id<VersionId>(6, 60);
    const auto own = account(4, "police", "2026-01-01", "x").id;
    account(5, "probation", "", "x").groups.front().current.values.clear();
    has(6, "concern", "body", "probation");
    EXPECT_TRUE(links(1).empty());
    rule().across_agencies = false;
    EXPECT_EQ(links(1), (Found{{own, false}}));
    state.records[number_id<RecordId>(4, 1)].groups.front().current.values.clear();
    EXPECT_TRUE(links(1).empty()) << "it says no day itself";
    assign(state.records[number_id<RecordId>(4, 1)].groups.front().current.values, from, schema::Null{});
    assign(state.records[own].groups.front().current.values, from, schema::Null{});
    EXPECT_TRUE(links(1).empty()) << "nor do two that say nothing say the same";
    state.records.erase(number_id<RecordId>(4, 1));
    EXPECT_TRUE(links(1).empty()) << "not in the slice";
}

TEST_F(Linking, ALinkIsMadeAgainOnlyWhenTheDifferenceHasChanged)
{
    auto& own = account(1, "police", "2026-01-01", "x");
    const auto other = account(2, "probation", "2026-01-01", "x").id;
    own.links = {{number_id<RecordId>(4, 9), "same-day", false}, {other, "another-rule", true}, {other, "same-day", false}};
    EXPECT_TRUE(links(1).empty());
    own.groups.front().current.values = values("address", {{"lines", "y"}, {"from", "2026-01-01"}});
    EXPECT_EQ(links(1), (Found{{other, true}}));
}

TEST_F(Linking, ALinkThatIsThereChangesAlsoWhereNoMoreAreMade)
{
    auto& own = account(1, "police", "2026-01-01", "x");
    const auto other = account(2, "probation", "2026-01-01", "y").id;
    account(3, "prison", "2026-01-01", "y");
    own.links = {{other, "same-day", false}};
    for (std::uint32_t n = 20; n < 28; ++n)
        own.links.push_back({number_id<RecordId>(4, n), "same-day", false});
    EXPECT_EQ(links(1), (Found{{other, true}}));
}

TEST_F(Linking, OneRecordOnWhichTwoAgenciesSayOtherThingsDiffersInItself)
{
    const auto line = schema::field_id("diary", "lines", "line");
    schema::LinkRule within;
    within.id = "accounts-differ";
    within.same = {schema::FieldId{99}};
    within.differs = line;
    type_in(policy, "diary").links = {within};
    auto& record = has(1, "diary", "lines", "police");
    const auto says = [&](const std::string& agency, const std::string& what) {
        Version element;
        element.id = number_id<VersionId>(6, 100 + ++saves);
        element.source.agency = agency;
        if (!what.empty())
            assign(element.values, line, what);
        record.groups.front().elements.push_back(element);
    };
    const auto differs = [&] {
        auto change = edit(1, "diary", "lines", {});
        change.op = Op::add;
        for (const auto& effect : react(change))
            if (effect.kind == Effect::Kind::link)
                return effect.other == record.id && effect.flag;
        return false;
    };
    says("police", "calm");
    says("prison", "");
    EXPECT_FALSE(differs()) << "one of them has not said anything";
    says("prison", "calm");
    EXPECT_FALSE(differs());
    says("prison", "threats");
    EXPECT_TRUE(differs());
}

// --- facts ---------------------------------------------------------------------------------------------------------

class DerivedFacts : public Reacting {
protected:
    using Derive = schema::FactRule::Derive;
    DerivedFacts()
    {
        policy.facts.resize(1);
        rule().only = {};
    }
    schema::FactRule& rule() { return policy.facts.front(); }
    void is(Derive derive, const std::string& type, const std::string& group, const std::string& value)
    {
        rule().derive = derive;
        rule().type = type;
        rule().group = group;
        rule().value = schema::field_id(type, group, value);
        rule().otherwise = "nothing";
    }
    std::string derived(const std::set<schema::TypeId>& types = {}, const std::string& today = "2026-06-01")
    {
        const auto effects = derive_facts(state, policy, parse_date(today).value(), types, {});
        return effects.empty() ? "unchanged" : effects.front().text;
    }
    RecordState& period(std::uint32_t n, const std::map<std::string, std::string>& typed)
    {
        auto& record = has(n, "supervision", "period", "probation");
        record.groups.front().current.values = values("supervision", typed);
        return record;
    }
};

TEST_F(DerivedFacts, AVersionWithoutWhatItNeedsDoesNotCount)
{
    is(Derive::latest, "level", "decision", "level");
    rule().needs = {schema::field_id("level", "decision", "rationale")};
    auto& level = has(1, "level", "decision", "probation").groups.front().current;
    for (const auto& typed : {std::map<std::string, std::string>{{"level", "2"}}, {{"level", "2"}, {"rationale", ""}}}) {
        level.values = values("level", typed);
        EXPECT_EQ(derived(), "nothing");
    }
    level.values = values("level", {{"level", "2"}, {"rationale", "threats"}});
    EXPECT_EQ(derived(), "2");
    rule().needs.clear();
    level.values = values("level", {{"rationale", "threats"}});
    EXPECT_EQ(derived(), "nothing");
    assign(level.values, rule().value, schema::Null{});
    EXPECT_EQ(derived(), "nothing");
    level.id = VersionId{};
    level.values = values("level", {{"level", "2"}});
    EXPECT_EQ(derived(), "nothing") << "only suggested";
}

TEST_F(DerivedFacts, OnlyRecordsThatTheRuleNamesCount)
{
    is(Derive::latest, "address", "where", "lines");
    rule().only.values = {{schema::field_id("address", "where", "from"), {"2026-01-01"}}};
    auto& address = has(1, "address", "where", "probation");
    auto& now = address.groups.front().current;
    now.values = values("address", {{"lines", "1"}});
    EXPECT_EQ(derived(), "nothing");
    now.values = values("address", {{"lines", "1"}, {"from", "2026-02-02"}});
    EXPECT_EQ(derived(), "nothing");
    now.values = values("address", {{"lines", "1"}, {"from", "2026-01-01"}});
    EXPECT_EQ(derived(), "1");
    address.withdrawn = number_id<VersionId>(6, 60);
    EXPECT_EQ(derived(), "nothing");
    address.withdrawn = {};
    address.groups.clear();
    EXPECT_EQ(derived(), "nothing");
}

TEST_F(DerivedFacts, ARuleAboutWhatTheAgreementDoesNotHaveSaysWhatItSaysOtherwise)
{
    is(Derive::latest, "address", "where", "lines");
    rule().group = "a_part_of_another_agreement";
    EXPECT_EQ(derived(), "nothing");
    rule().type = "a_type_of_another_agreement";
    EXPECT_EQ(derived(), "nothing");
    EXPECT_EQ(derived({schema::type_id("address")}), "unchanged") << "nor does a change of another type ask it";
    EXPECT_EQ(derived({schema::type_id("level")}), "unchanged");
}

TEST_F(DerivedFacts, AnySaysYesForATrueValueOrAnElement)
{
    is(Derive::any, "withholding", "decision", "withheld");
    auto& withheld = has(1, "withholding", "decision", "police").groups.front();
    EXPECT_EQ(derived(), "nothing");
    withheld.current.values = values("withholding", {{"withheld", "no"}});
    EXPECT_EQ(derived(), "nothing");
    withheld.current.values = values("withholding", {{"withheld", "yes"}});
    EXPECT_EQ(derived(), "yes");
    withheld.current.values.clear();
    withheld.elements.resize(1);
    EXPECT_EQ(derived(), "nothing") << "an element about something else";
    assign(withheld.elements.front().values, rule().value, true);
    EXPECT_EQ(derived(), "yes");
}

TEST_F(DerivedFacts, APeriodHoldsFromItsFirstDayToItsLast)
{
    rule().otherwise = "nothing";
    state.facts.clear();
    period(1, {{"agency", "probation"}});
    EXPECT_EQ(derived(), "nothing") << "no first day";
    period(1, {{"agency", "probation"}, {"from", "2026-06-02"}});
    EXPECT_EQ(derived(), "nothing");
    period(1, {{"agency", "probation"}, {"from", "2026-01-01"}, {"to", "2026-05-31"}});
    EXPECT_EQ(derived(), "nothing");
    period(1, {{"agency", "probation"}, {"from", "2026-06-01"}, {"to", "2026-06-01"}});
    EXPECT_EQ(derived(), "probation");
    period(2, {{"agency", "police"}, {"from", "2026-05-01"}});
    EXPECT_EQ(derived(), "probation") << "the later beginning";
}

// An age: the hub's day decides, whatever a device had worked out (G-23-39).
TEST_F(DerivedFacts, UntilSaysYesBeforeTheBirthdayAndFromTheBirthdayOnWhatItSaysOtherwise)
{
    is(Derive::until, "address", "where", "from");
    rule().years = 18;
    auto& now = has(1, "address", "where", "probation").groups.front().current;
    EXPECT_EQ(derived(), "nothing") << "no date of birth";
    now.values = values("address", {{"from", "2008-06-10"}});
    EXPECT_EQ(derived({}, "2026-06-09"), "yes");
    EXPECT_EQ(derived({}, "2026-06-10"), "nothing");
    now.values = values("address", {{"from", "2008-02-29"}});
    EXPECT_EQ(derived({}, "2026-02-28"), "yes");
    EXPECT_EQ(derived({}, "2026-03-01"), "nothing");
}

// What happened is kept whatever it states, and a newer device's kind of value is kept as it came.
TEST_F(DerivedFacts, NoAgeIsWorkedOutFromWhatIsNoDate)
{
    is(Derive::until, "address", "where", "from");
    rule().years = 18;
    auto& now = has(1, "address", "where", "probation").groups.front().current;
    for (const schema::Value& born : {schema::Value{std::string("in the spring of 2020")}, schema::Value{schema::Opaque{200, {1}}}}) {
        assign(now.values, rule().value, born);
        EXPECT_EQ(derived(), "nothing");
    }
}

TEST_F(DerivedFacts, OneSaveMayChangeSeveral)
{
    auto latest = rule();
    latest.name = "latest_agency";
    latest.derive = Derive::latest;
    policy.facts.push_back(latest);
    state.facts = {{"lead_agency", "prison"}, {"latest_agency", "probation"}};
    const std::map<std::string, std::string> said{{"agency", "police"}, {"from", "2026-01-01"}};
    period(1, said);
    Facts told;
    for (const auto& effect : react(edit(1, "supervision", "period", said)))
        told[effect.name] = effect.text;
    EXPECT_EQ(told, (Facts{{"lead_agency", "police"}, {"latest_agency", "police"}}));
}

TEST_F(DerivedFacts, OfTwoThatBeginOnOneDayTheOneThatStandsStaysAndOtherwiseTheFirstByName)
{
    for (const bool swapped : {false, true}) {
        period(swapped ? 2 : 1, {{"agency", "probation"}, {"from", "2026-01-01"}});
        period(swapped ? 1 : 2, {{"agency", "police"}, {"from", "2026-01-01"}});
        state.facts["lead_agency"] = "prison";
        EXPECT_EQ(derived(), "police");
        state.facts["lead_agency"] = "probation";
        EXPECT_EQ(derived(), "unchanged");
        state.facts["lead_agency"] = "police";
        EXPECT_EQ(derived(), "unchanged");
    }
}

TEST_F(DerivedFacts, ANewCaseSaysWhatEachRuleSaysOtherwiseAndNothingWhereItSaysNothing)
{
    rule().otherwise.clear();
    EXPECT_TRUE(initial_facts(policy).empty());
    rule().otherwise = "police";
    EXPECT_EQ(initial_facts(policy).size(), 1u);
}

}  // namespace
}  // namespace satchel::test
