// What changes for whom from one agreement to the next, told to those who sign it.
#include "schema/policy/difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/policy/embedded.hpp"
#include "schema/policy/matrix.hpp"
#include "tests/data/first_bundle.hpp"
#include "tests/unit/schema/policy/sample.hpp"

using namespace satchel::schema;
using difference::Change;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

const std::string record = "[record.visit]\ntitle = \"Visit\"\nrefs = [\"G-1-1\"]\ncreate = \"case_agencies\"\n"
                           "audience = \"case_agencies\"\n[record.visit.group.visit]\nowner = \"supplier\"\n"
                           "merge = \"manual\"\nfields = { on = \"date\", mood = [\"calm\", \"tense\"] }\n";
const std::string notify = "[[record.visit.notify]]\nid = \"visited\"\nwhen = \"applied\"\nroles = [\"police.manager\"]\n"
                           "task = \"Read it\"\nrefs = [\"G-1-1\"]\n";
const std::string deadline = "[[deadline]]\nid = \"next\"\nstarts = \"visit.on\"\nwithin = \"10 days\"\nrole = "
                             "\"police.manager\"\ntask = \"Visit\"\nrefs = [\"G-1-1\"]\n";
const std::string redirect = "[[record.visit.group.visit.redirect]]\nrule = \"hub-says-nothing\"\nauthor = [\"agency:hub\"]\n"
                             "then = \"refuse\"\nsay = \"Ask the police.\"\nrefs = [\"G-1-1\"]\n";

Policy policy(const std::string& extra)
{
    auto outcome = sample::compile_with(extra);
    for (const auto& problem : outcome.problems)
        ADD_FAILURE() << to_string(problem);
    return outcome.policy.value_or(Policy{});
}

std::string replaced(std::string text, const std::string& was, const std::string& is)
{
    return text.replace(text.find(was), was.size(), is);
}

std::vector<std::string> told(const std::string& was, const std::string& is)
{
    std::vector<std::string> out;
    for (const auto& change : difference::between(policy(was), policy(is))) {
        std::string who;
        for (const auto& one : change.who)
            who += (who.empty() ? " [" : ", ") + one;
        out.push_back(change.kind + " " + change.where + ": " + change.words + who + (who.empty() ? "" : "]") +
                      (change.narrows ? " NARROWS" : ""));
    }
    return out;
}

TEST(Difference, OfAnAgreementWithItselfIsNone)
{
    EXPECT_THAT(told(record + notify + deadline + redirect, record + notify + deadline + redirect), IsEmpty());
}

TEST(Difference, TellsOfNewRecordsPartsAndFieldsAndOfRetiredOnes)
{
    EXPECT_THAT(told("", record), ElementsAre("record visit: a new record type: \"Visit\", recorded by any agency on the case"));
    EXPECT_THAT(told(record, replaced(record, "mood =", "why = \"note\", mood =")),
                ElementsAre("field visit.visit.why: a new field: \"Why\", note"));
    EXPECT_THAT(told(record, replaced(record, "\"tense\"", "\"tense\", \"angry\"")),
                ElementsAre("field visit.visit.mood: its choices are calm, tense, angry; it was calm, tense"));
    EXPECT_THAT(told(record, record + "[record.visit.group.more]\nowner = \"supplier\"\nmerge = \"manual\"\nfields = { x = \"text\" }\n"),
                ElementsAre("part visit.more: a new part: \"More\""));
    const auto retired = told(record, replaced(record, "create = \"case_agencies\"", "create = \"nobody\""));
    ASSERT_FALSE(retired.empty());
    EXPECT_EQ(retired.front(), "record visit: is retired: nobody records it any more");
}

TEST(Difference, TellsWhoGainsAndWhoLosesTheSay)
{
    EXPECT_THAT(told(record, replaced(record, "owner = \"supplier\"", "owner = \"agency:hub\"")),
                ElementsAre("part visit.visit: is decided by Hub; it was the agency that supplied it",
                            "say visit.visit: create: suggests; Hub decides; it was: decides [Offender manager, Practitioner]",
                            "say visit.visit: set: suggests; Hub decides; it was: when the own agency supplied the record: decides; "
                            "otherwise: suggests; the agency that supplied it decides [Offender manager, Practitioner]",
                            "say visit.visit: set: decides; it was: when the own agency supplied the record: decides; "
                            "otherwise: suggests; the agency that supplied it decides [Co-ordinator]"));
}

TEST(Difference, TellsWhoGainsSight)
{
    const auto narrow = replaced(record, "audience = \"case_agencies\"", "audience = [\"supplier\", \"agency:police\", \"agency:hub\"]");
    const auto changes = told(narrow, record);
    EXPECT_THAT(changes, testing::Contains("sight visit.visit: gains sight of it: sees it [Practitioner]"));
    for (const auto& change : changes)
        EXPECT_EQ(change.find("NARROWS"), std::string::npos) << change;
}

TEST(Difference, NamesANarrowerAudienceAsSuch)
{
    const auto narrow = replaced(record, "audience = \"case_agencies\"", "audience = [\"supplier\", \"agency:police\", \"agency:hub\"]");
    EXPECT_THAT(told(record, narrow),
                testing::Contains("sight visit.visit: loses sight of it: when the own agency supplied the record: sees it; "
                                  "otherwise: does not see it [Practitioner] NARROWS"));
}

TEST(Difference, AnAudienceSaidInOtherWordsIsTheSameAudience)
{
    const auto in_full = replaced(record, "audience = \"case_agencies\"", "audience = [\"agency:police\", \"agency:probation\", \"agency:hub\"]");
    EXPECT_THAT(told(record, in_full), IsEmpty());
}

TEST(Difference, TellsOfRulesByTheirNames)
{
    EXPECT_THAT(told(record, record + notify), ElementsAre("notification visit: visited: new: police.manager get \"Read it\" when Visit is in the record"));
    EXPECT_THAT(told(record + notify, record + replaced(notify, "\"applied\"", "\"received\"")),
                ElementsAre("notification visit: visited: now: police.manager get \"Read it\" when Visit is received; it was "
                            "police.manager get \"Read it\" when Visit is in the record"));
    EXPECT_THAT(told(record + deadline, record + replaced(deadline, "10 days", "2 months")),
                ElementsAre("deadline next: now: police.manager gets \"Visit\", due 2 months from visit.on; it was "
                            "police.manager gets \"Visit\", due 10 days from visit.on"));
    EXPECT_THAT(told(record + deadline, record),
                ElementsAre("deadline next: gone: police.manager gets \"Visit\", due 10 days from visit.on"));
    EXPECT_THAT(told(record, record + redirect),
                ElementsAre("exception visit.visit: hub-says-nothing: new: what Hub writes is refused; said: Ask the police.",
                            "say visit.visit: create: refused: Ask the police.; it was: decides [Co-ordinator]",
                            "say visit.visit: set: refused: Ask the police.; it was: when the own agency supplied the "
                            "record: decides; otherwise: suggests; the agency that supplied it decides [Co-ordinator]"));
}

// Changing it alone would leave a role without a cover, so that every_key.toml cannot try it.
TEST(Difference, TellsToWhomWorkGoesThatNobodyElseCanTake)
{
    const auto was = policy(record);
    auto is = was;
    is.scope.coordination_role = "police.manager";
    const auto changes = difference::between(was, is);
    EXPECT_TRUE(std::any_of(changes.begin(), changes.end(), [](const Change& change) {
        return change.words == "what nobody else can take goes to police.manager; it was hub.coordinator";
    }));
}

TEST(Difference, TellsOfMergeHoldAndRetention)
{
    EXPECT_THAT(told(record, replaced(record, "refs =", "hold = \"online\"\nretention = \"6 years\"\nrefs =")),
                ElementsAre("record visit: on devices: online; it was full", "record visit: is kept: 6 years; it was case"));
}

// Everything that devices in the field hold is there still, and nobody loses sight of it unless it is told.
TEST(Difference, FromTheFirstAgreementToTheOneBuiltInNothingIsGone)
{
    const auto& first = satchel::test::first_bundle();
    const auto built_in = compile(embedded_bundle());
    ASSERT_TRUE(built_in.policy);
    const auto changes = difference::between(first, *built_in.policy);
    for (const auto& change : changes) {
        const bool gone = change.words.find("is gone") != std::string::npos &&
                          (change.kind == "record" || change.kind == "part" || change.kind == "field");
        EXPECT_FALSE(gone) << change.where << ": " << change.words;
    }
    for (const auto& type : first.types)
        for (const auto& group : type.groups)
            for (const auto& role : first.roles) {
                if (!difference::loses_sight(first, *built_in.policy, type, group, role))
                    continue;
                EXPECT_TRUE(std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
                    return change.narrows && change.where == type.name + "." + group.name;
                })) << type.name << "." << group.name << " " << role.name;
            }
}

}  // namespace
