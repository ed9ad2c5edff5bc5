// Cases under the agreement that the programs bring along: whom they are about, at what risk, and what is due next.
#include "tests/unit/client/app/agreement_fixture.hpp"

namespace satchel::client::app {
namespace {

class Cases : public AgreementTest {
protected:
    explicit Cases(const std::string& role = "probation.practitioner") : AgreementTest(role) {}
    Json row(const std::string& of)
    {
        const auto listed = run({"case", "list"});
        for (const auto& one : listed.at("cases").items())
            if (one.at("case").text() == of)
                return one;
        return {};
    }
};

// Persons are records like any other: an agreement may let a case have several.
schema::Policy several_persons()
{
    auto policy = embedded_agreement();
    for (auto& type : policy.types)
        if (type.name == "person")
            type.singleton = false;
    return policy;
}
class SeveralPersons : public AgreementTest {
protected:
    SeveralPersons() : AgreementTest("probation.practitioner", several_persons()) {}
};

class ForTheChair : public AgreementTest {
protected:
    explicit ForTheChair(schema::Policy policy = embedded_agreement())
        : AgreementTest("coordination.chair", std::move(policy))
    {
    }
    void action(const std::string& text, const std::string& status)
    {
        auto& who = "police.offender_manager";
        const auto made =
            hub.write(who, hub.creates("action", "task",
                                       {{"action_text", text}, {"accepting_agency", "police"}, {"due", "2026-09-01"}}));
        const auto id = made.opened.changes[0].record;
        if (status == "withdrawn") {
            auto withdrawal = hub.edits(id, "action", "task", {});
            withdrawal.op = schema::Op::withdraw;
            withdrawal.reason = "Said twice";
            EXPECT_EQ(hub.write(who, withdrawal).rulings.at(0).outcome, sync::Outcome::applied);
        } else if (!status.empty()) {
            EXPECT_EQ(
                hub.write(who, hub.edits(id, "action", "progress", {{"action_status", status}})).rulings.at(0).outcome,
                sync::Outcome::applied);
        }
    }
    // The case is managed at Level 2, and police would have it at Level 1.
    std::string a_lowering_is_suggested()
    {
        const auto wanted =
            hub.write("police.offender_manager",
                      hub.creates("level_decision", "decision", {{"level", "2"}, {"rationale", "Rising risk"}}));
        const auto id = wanted.opened.changes[0].record;
        hub.write("coordination.coordinator", hub.decides(id, wanted.opened.versions[0], schema::Resolution::accept));
        EXPECT_EQ(hub.state.fact("mappa_level"), "2");
        hub.write("police.offender_manager", hub.creates("rmp", "standing", {{"plan_status", "in_place"}}));
        const auto lower = hub.write("police.offender_manager",
                                     hub.edits(id, "level_decision", "decision",
                                               {{"level", "1"}, {"rationale", "Settled"}, {"key_partners", "there_or_reported"}}));
        EXPECT_EQ(lower.rulings.at(0).rule, "meeting-lowers-the-level");
        return to_string(lower.opened.versions[0]);
    }
    std::vector<std::string> open_actions(const std::string& item)
    {
        std::vector<std::string> out;
        const auto shown = run({"suggestion", "show", item});
        EXPECT_EQ(shown.at("open_type").text(), "action");
        for (const auto& one : shown.at("open_actions").items())
            out.push_back(one.at("fields").at("action_text").text());
        std::sort(out.begin(), out.end());
        return out;
    }
    using Texts = std::vector<std::string>;
};
// An action that is declined stays so.
schema::Policy declined_for_good()
{
    auto policy = embedded_agreement();
    for (auto& type : policy.types)
        for (auto& group : type.groups)
            if (type.name == "action")
                std::erase_if(group.transitions, [](const auto& step) { return step.from == "declined"; });
    return policy;
}
class ForTheChairWithEnds : public ForTheChair {
protected:
    ForTheChairWithEnds() : ForTheChair(declined_for_good()) {}
};

// --- Whom a case is about -----------------------------------------------------------------------------------------

TEST_F(Cases, ACaseIsFoundByItsIdentifiersHoweverTheyAreSpelt)
{
    names(hub, "Madeup", "Fictus", {{"crn", "X000001"}, {"pnc", "2002/73319Z"}, {"other", "Box 7"}});
    pull();
    for (const char* ref : {"X000001", "x 000001", "2002/0073319Z", "02/73319z", "Box 7"})
        EXPECT_EQ(run({"case", "show", ref}).at("case").text(), case_id()) << ref;
    EXPECT_EQ(run({"case", "show", "box 7"}).exit, 1) << "of another scheme nothing is known but the text";
    EXPECT_EQ(run({"case", "show", "X000002"}).exit, 1);
    const auto shown = row(case_id());
    EXPECT_EQ(shown.at("name").text(), "Madeup, Fictus");
    EXPECT_EQ(shown.at("identifiers").items().size(), 3u);
    EXPECT_EQ(run({"case", "show", case_id()}).at("name").text(), "Madeup, Fictus");
}

TEST_F(Cases, AnIdentifierOfTwoCasesNamesNeither)
{
    names(hub, "Madeup", "Fictus", {{"crn", "X000001"}});
    pull();
    auto other = another_case();
    names(other, "Invented", "Ficta", {{"crn", "X000001"}});
    load(other);
    const auto told = run({"case", "show", "X000001"});
    EXPECT_EQ(told.exit, 2);
    EXPECT_TRUE(told.mentions("two cases on this device carry that identifier; use the id of the case")) << told.text();
    EXPECT_EQ(run({"case", "show", to_string(other.state.id)}).at("name").text(), "Invented, Ficta");
    const auto found = run({"search", "X000001"});
    EXPECT_EQ(found.at("hits").items().size(), 2u);
}

TEST_F(Cases, ACaseOfNobodyYetHasNoName)
{
    pull();
    const auto shown = row(case_id());
    EXPECT_EQ(shown.at("name").text(), "");
    EXPECT_TRUE(shown.at("identifiers").items().empty());
    EXPECT_TRUE(shown.at("rosh").members().empty());
    EXPECT_TRUE(shown.at("next_due").is_null());
    // Somebody may give a number before anybody knows a name.
    hub.write("police.offender_manager",
              hub.creates("person", "identifiers", {{"scheme", "crn"}, {"identifier", "X000009"}}));
    pull();
    EXPECT_EQ(row(case_id()).at("name").text(), "");
    EXPECT_EQ(run({"case", "show", "X000009"}).at("case").text(), case_id());
}

TEST_F(Cases, WithoutAGivenNameTheFamilyNameStandsAlone)
{
    hub.write("police.offender_manager", hub.creates("person", "names", {{"family_name", "Madeup"}}));
    pull();
    EXPECT_EQ(row(case_id()).at("name").text(), "Madeup");
    EXPECT_TRUE(row(case_id()).at("identifiers").items().empty());
}

TEST_F(SeveralPersons, ACaseIsFoundByTheIdentifiersOfEach)
{
    pull();
    EXPECT_EQ(run({"case", "list"}).at("cases").items().at(0).at("name").text(), "");
    for (const char* crn : {"X000001", "X000002"}) {
        const auto made = hub.write("police.offender_manager",
                                    hub.creates("person", "identifiers", {{"scheme", "crn"}, {"identifier", crn}}));
        ASSERT_EQ(made.rulings.at(0).outcome, sync::Outcome::applied);
    }
    pull();
    for (const char* crn : {"X000001", "X000002"})
        EXPECT_EQ(run({"case", "show", crn}).at("case").text(), case_id()) << crn;
}

TEST_F(Cases, ADoubtfulIdentifierIsKeptAndFlagged)
{
    names(hub, "Madeup", "Fictus", {{"crn", "X000001"}, {"pnc", "2002/0073319A"}});
    pull();
    const auto person = records("person").at(0);
    ASSERT_EQ(person.at("warnings").items().size(), 1u);
    EXPECT_EQ(console::to_text(person.at("warnings").items()[0]),
              R"({"field":"identifier","reason":"the check letter should be Z"})");
    EXPECT_EQ(run({"case", "show", "2002/0073319A"}).at("case").text(), case_id()) << "the paper may say so";
}

TEST_F(Cases, ADoubtfulPostcodeIsFlaggedUntilItIsCleared)
{
    hub.write("probation.practitioner",
              hub.creates("supervision", "period", {{"agency", "probation"}, {"from", "2024-01-02"}}));
    pull();
    const auto id =
        run(new_record("address", {"--set", "lines=1 Invented Row", "--set", "postcode=NOWHERE"})).at("record").text();
    const auto doubtful = record(id);
    EXPECT_EQ(doubtful.at("fields").at("postcode").text(), "NOWHERE");
    EXPECT_EQ(console::to_text(doubtful.at("warnings")),
              R"([{"field":"postcode","reason":"a postcode looks like ZZ1 1ZZ"}])");
    EXPECT_EQ(doubtful.at("fields").at("kind").text(), "main") << "the initial value";
    run({"record", "edit", id, "--set", "postcode="});
    const auto cleared = record(id);
    EXPECT_EQ(cleared.at("fields").find("postcode"), nullptr);
    EXPECT_EQ(cleared.find("warnings"), nullptr);
    run({"record", "edit", id, "--set", "postcode=zz11zz"});
    EXPECT_EQ(record(id).find("warnings"), nullptr);
}

TEST_F(Cases, InitialValuesAreListedWithTheTypes)
{
    const auto types = run({"record", "types"});
    for (const auto& type : types.at("types").items())
        if (type.at("name").text() == "address")
            for (const auto& field : type.at("groups").items().at(0).at("fields").items()) {
                if (field.at("name").text() == "kind")
                    EXPECT_EQ(field.at("initial").text(), "main");
                else
                    EXPECT_EQ(field.find("initial"), nullptr) << field.at("name").text();
            }
}

TEST_F(Cases, ADecimalIsShownAsShortAsItIs)
{
    pull();
    for (const auto& [typed, shown] :
         std::map<std::string, std::string>{{"0.5", "0.5"}, {"2", "2"}, {"10.250", "10.25"}}) {
        const auto id =
            run(new_record("requested_condition", {"--set", "request_kind=exclusion_zone", "--set",
                                                   "request_text=The market", "--set", "radius_km=" + typed}))
                .at("record")
                .text();
        EXPECT_EQ(record(id).at("fields").at("radius_km").text(), shown);
    }
}

// --- At what risk, and what is due --------------------------------------------------------------------------------

TEST_F(Cases, TheListTellsTheRisksThatAreRecorded)
{
    hub.write("police.offender_manager", hub.creates("rosh", "public", {{"public_level", "high"}}));
    pull();
    EXPECT_EQ(console::to_text(row(case_id()).at("rosh")), R"({"public_level":"high"})");
    hub.write("police.offender_manager", hub.creates("rosh", "children", {{"children_level", "low"}}));
    pull();
    EXPECT_EQ(row(case_id()).at("rosh").at("children_level").text(), "low");
    EXPECT_EQ(row(case_id()).at("rosh").members().size(), 2u);
    const auto shown = run({"case", "show", case_id()});
    EXPECT_EQ(shown.at("prompts").at("public_level").text(), "high");
    EXPECT_EQ(shown.at("prompt_titles").at("public_level").text(), "Risk to the public");
}

TEST_F(Cases, TheNextTaskOfTheUsersRolesIsTold)
{
    hub.write("probation.practitioner",
              hub.creates("supervision", "period", {{"agency", "probation"}, {"from", "2024-01-02"}}));
    hub.write("probation.practitioner",
              hub.creates("level1_review", "review", {{"held_on", "2026-01-15"}, {"outcome", "retain_level_1"}}));
    pull();
    EXPECT_EQ(row(case_id()).at("next_due").text(), "2026-07-15");
    hub.write("prison.omu", hub.creates("release_dates", "dates", {{"release_date", "2026-12-01"}}));
    pull();
    EXPECT_EQ(row(case_id()).at("next_due").text(), "2026-06-01") << "the earlier one";
    const auto tasks = run({"task", "list"});
    std::string earlier;
    for (const auto& task : tasks.at("tasks").items())
        if (!task.at("due").is_null() && task.at("due").text() == "2026-06-01")
            earlier = task.at("id").text();
    run({"task", "ack", earlier});
    EXPECT_EQ(row(case_id()).at("next_due").text(), "2026-06-01") << "seen is not done";
    run({"task", "done", earlier});
    EXPECT_EQ(row(case_id()).at("next_due").text(), "2026-07-15");
}

// --- What is listed with a decision -------------------------------------------------------------------------------

TEST_F(ForTheChair, WhoLowersTheLevelSeesTheActionsThatAreStillOpen)
{
    action("Move the panel date", "");
    action("Fit the alarm", "accepted");
    action("Visit the hostel", "declined");
    action("Warn the school", "done");
    action("Warn the nursery", "withdrawn");
    const auto item = a_lowering_is_suggested();
    pull();
    EXPECT_EQ(open_actions(item), (Texts{"Fit the alarm", "Move the panel date", "Visit the hostel"}));
    EXPECT_TRUE(run({"suggestion", "show", item}).at("item").at("yours_to_decide").boolean());
}

TEST_F(ForTheChairWithEnds, AnActionThatNoStepLeadsOutOfIsNotOpen)
{
    action("Move the panel date", "");
    action("Visit the hostel", "declined");
    const auto item = a_lowering_is_suggested();
    pull();
    EXPECT_EQ(open_actions(item), (Texts{"Move the panel date"}));
}

TEST_F(Cases, WithAnotherReferralNothingIsListed)
{
    const auto wanted =
        hub.write("police.offender_manager",
                  hub.creates("level_decision", "decision", {{"level", "2"}, {"rationale", "Rising risk"}}));
    ASSERT_EQ(wanted.rulings.at(0).rule, "level-needs-acceptance");
    pull();
    const auto shown = run({"suggestion", "show", to_string(wanted.opened.versions[0])});
    EXPECT_EQ(shown.at("item").at("rule").text(), "level-needs-acceptance");
    EXPECT_EQ(shown.json.find("open_actions"), nullptr);
    EXPECT_FALSE(shown.at("item").at("yours_to_decide").boolean());
    // What was written instead of it is its author's.
    EXPECT_EQ(records("referral").at(0).at("created_by").at("author").text(), "Person of police.offender_manager");
    EXPECT_EQ(records("referral").at(0).at("groups").members().size(), 1u);
}

}  // namespace
}  // namespace satchel::client::app
