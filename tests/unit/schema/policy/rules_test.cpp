// What the compiler refuses in citations, states, limits and the rules of who owns and who sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/schema/policy/sample.hpp"

using namespace satchel::schema;
using sample::plain;
using sample::problems;
using sample::visit;
using testing::Contains;
using testing::ElementsAre;

TEST(PolicyRules, AParagraphIsCitedAsTheGuidanceNumbersIt)
{
    const auto citing = [](const std::string& ref) { return problems(visit(plain + "refs = [\"" + ref + "\"]\n")); };
    for (const std::string bad : {"", "g-15-17", "15-17", "{-1", "G1517", "G-", "G-15 17", "G-15_17", "G-15.1",
                                  "G-15:1", "G-15@1", "G-15[1", "G-1{", "G-123456789012345"})
        EXPECT_THAT(citing(bad), ElementsAre("extra.toml:10: \"" + bad + "\" is not a paragraph id such as G-15-17"));
    for (const std::string good : {"G-15-17", "L1-250", "IN-T1", "GX-6-3a", "G-12345678901234"})
        EXPECT_THAT(citing(good), ElementsAre()) << good;
}

TEST(PolicyRules, AFieldOfItsOwnNatureIsNotMergedAsTheGroupSays)
{
    const auto field = [](const std::string& nature) {
        return problems(visit(plain +
                              "[record.visit.group.word]\nmerge = \"text3\"\nowner = \"supplier\"\n"
                              "nature = \"descriptive\"\nfields = { said = { type = \"text\", nature = \"" +
                              nature + "\" } }\n"));
    };
    EXPECT_THAT(field("risk"),
                ElementsAre("extra.toml:14: text3 merges plain descriptive text only: field \"said\" is of "
                            "nature \"risk\""));
    EXPECT_THAT(field("descriptive"), ElementsAre());
}

TEST(PolicyRules, AMoveLeadsFromAStateToAStateAndIsDecidedOnce)
{
    const auto states = [](const std::string& moves, const std::string& field = "mood") {
        return problems(visit(plain + "states = { of = \"" + field + "\", moves = [" + moves + "] }\n"));
    };
    const std::string whole = "\"start -> calm by supplier\", \"calm -> tense by supplier\"";
    EXPECT_THAT(states(whole), ElementsAre());
    EXPECT_THAT(states(whole + ", \"angry -> calm by supplier\""),
                ElementsAre("extra.toml:10: \"angry\" is not a state of \"mood\""));
    EXPECT_THAT(states(whole + ", \"calm -> tense by agency:police\""),
                ElementsAre("extra.toml:10: two rules decide the move \"calm -> tense\""));
    EXPECT_THAT(states(whole, "moods"),
                ElementsAre("extra.toml:10: group \"visit\" has no field \"moods\"; did you mean \"mood\"?"));
    EXPECT_THAT(states("\"start -> calm by supplier\", \"calm -> tense by agency:hub\""), ElementsAre());
}

TEST(PolicyRules, WhoMovesAStateSeesIt)
{
    EXPECT_THAT(problems(visit("owner = \"agency:police\"\nmerge = \"manual\"\naudience = \"agency:police\"\n"
                               "states = { of = \"mood\", moves = [\"start -> calm by agency:police\", "
                               "\"calm -> tense by agency:probation\"] }\n",
                               "")),
                Contains("extra.toml:11: the mover \"agency:probation\" of group \"visit\" is not in its audience"));
}

TEST(PolicyRules, ASetHasNoStatesAndBindsToNothing)
{
    const std::string set = "owner = \"supplier\"\nmerge = \"append\"\n";
    const std::string refused = "extra.toml:9: a set has no safe side, no states and binds to nothing";
    EXPECT_THAT(problems(visit(set + "states = { of = \"mood\", moves = [\"start -> calm by supplier\", "
                                     "\"calm -> tense by supplier\"] }\n")),
                ElementsAre(refused));
    EXPECT_THAT(
        problems(visit(plain + "[record.visit.group.more]\nfields = { seen = { type = \"version\", of = \"visit\" } "
                               "}\nowner = \"supplier\"\nmerge = \"add_wins\"\n"
                               "binds = { field = \"seen\", to = \"visit\" }\n")),
        ElementsAre("extra.toml:13: a set has no safe side, no states and binds to nothing"));
}

TEST(PolicyRules, AnApprovalBindsThroughAVersionAndNotToItself)
{
    const auto approval = [](const std::string& field, const std::string& to) {
        return problems(visit(plain +
                              "[record.visit.group.approval]\n"
                              "fields = { seen = { type = \"version\", of = \"visit\" }, word = \"text\" }\n" +
                              plain + "binds = { field = \"" + field + "\", to = \"" + to + "\" }\n"));
    };
    EXPECT_THAT(approval("seen", "visit"), ElementsAre());
    EXPECT_THAT(approval("word", "visit"),
                ElementsAre("extra.toml:14: an approval binds through a field of type version"));
    EXPECT_THAT(approval("seen", "approval"), ElementsAre("extra.toml:14: a group does not bind to itself"));
    EXPECT_THAT(approval("sen", "visit"),
                ElementsAre("extra.toml:14: group \"approval\" has no field \"sen\"; did you mean \"seen\"?"));
}

TEST(PolicyRules, ALimitLiesBetweenTwoDates)
{
    const auto limit = [](const std::string& field, const std::string& from) {
        return problems(visit(plain + "[record.visit.group.next]\nfields = { at = \"instant\", again = \"date\" }\n" +
                              plain + "[[record.visit.group.next.limit]]\nfield = \"" + field + "\"\nfrom = \"" + from +
                              "\"\nwithin = \"6 months\"\nsay = \"Within six months.\"\nrefs = [\"G-1-1\"]\n"));
    };
    EXPECT_THAT(limit("again", "on"), ElementsAre());
    EXPECT_THAT(limit("at", "on"), ElementsAre()) << "an instant is on a day";
    EXPECT_THAT(limit("again", "mood"), ElementsAre("extra.toml:14: a limit lies between two dates"));
    EXPECT_THAT(problems(visit(plain + "[[record.visit.group.visit.limit]]\nfield = \"note\"\nfrom = \"on\"\n"
                                       "within = \"6 months\"\nsay = \"No.\"\nrefs = [\"G-1-1\"]\n")),
                ElementsAre("extra.toml:10: a limit lies between two dates"));
}

TEST(PolicyRules, ALimitForSomeCasesNamesFactsThatThereAre)
{
    const auto limit = [](const std::string& when) {
        return problems(visit(plain + "[record.visit.group.next]\nfields = { again = \"date\" }\n" + plain +
                              "[[record.visit.group.next.limit]]\nfield = \"again\"\nfrom = \"on\"\nwithin = \"6 months\"\n" +
                              when + "say = \"Within six months.\"\nrefs = [\"G-1-1\"]\n"));
    };
    EXPECT_THAT(limit("when = { field.again = [\"2026-01-01\"] }\n"), ElementsAre());
    EXPECT_THAT(limit("when = { fact.nonsense = [\"x\"] }\n"), Contains(testing::HasSubstr("nonsense")));
}

TEST(PolicyRules, OnlyWhatHasAnOrderIsLoweredOrRaised)
{
    const auto lowers = [](const std::string& field) {
        return problems(visit(plain +
                              "[record.visit.group.count]\nfields = { how_many = \"integer\", word = \"text\", day = "
                              "\"date\", size = [\"small\", \"large\"] }\n" +
                              plain +
                              "[[record.visit.group.count.redirect]]\nrule = \"r\"\nthen = \"refuse\"\n"
                              "say = \"No.\"\nrefs = [\"G-1-1\"]\nchange = \"lowers\"\nof = \"" +
                              field + "\"\n"));
    };
    for (const auto* ordered : {"how_many", "day", "size"})
        EXPECT_THAT(lowers(ordered), ElementsAre()) << ordered;
    EXPECT_THAT(lowers("word"),
                ElementsAre("extra.toml:20: only a choice, a date or a number can be lowered or raised"));
}

TEST(PolicyRules, ASuccessionStartsAndEndsWithDates)
{
    const auto succession = [](const std::string& starts, const std::string& ends) {
        return problems(visit(plain + "[record.visit.succession]\nstarts = \"" + starts + "\"\nends = \"" + ends +
                              "\"\nrefs = [\"G-1-1\"]\n"));
    };
    EXPECT_THAT(succession("on", "on"), ElementsAre());
    EXPECT_THAT(succession("note", "on"),
                ElementsAre("extra.toml:10: a succession starts and ends with dates: \"note\" is none"));
    EXPECT_THAT(succession("on", "mood"),
                ElementsAre("extra.toml:10: a succession starts and ends with dates: \"mood\" is none"));
}

TEST(PolicyRules, TwoRulesMayDifferInWhatTheyLowerOrInWhoWrites)
{
    const auto pair = [](const std::string& first, const std::string& second) {
        const std::string redirect = "[[record.visit.group.visit.redirect]]\nthen = \"refuse\"\nsay = \"No.\"\n"
                                     "refs = [\"G-1-1\"]\n";
        return problems(visit(plain + redirect + "rule = \"one\"\n" + first + redirect + "rule = \"two\"\n" + second));
    };
    const auto decides_twice =
        Contains(testing::EndsWith(": two rules decide: \"one\" meets everything that \"two\" would"));
    const std::string lowers_mood = "change = \"lowers\"\nof = \"mood\"\n";
    EXPECT_THAT(pair(lowers_mood, lowers_mood), decides_twice);
    EXPECT_THAT(pair("", lowers_mood), decides_twice) << "any change is more than lowering";
    EXPECT_THAT(pair(lowers_mood, ""), ElementsAre());
    EXPECT_THAT(pair(lowers_mood, "change = \"raises\"\nof = \"mood\"\n"), ElementsAre());
    EXPECT_THAT(pair(lowers_mood, "change = \"lowers\"\nof = \"on\"\n"), ElementsAre());
    EXPECT_THAT(pair("", "author = [\"agency:police\"]\n"), decides_twice) << "nobody named is everybody";
    EXPECT_THAT(pair("author = [\"agency:police\"]\n", ""), ElementsAre());
    EXPECT_THAT(pair("author = [\"agency:police\"]\n", "author = [\"role:police.manager\"]\n"), decides_twice)
        << "who writes for an agency is of it";
    EXPECT_THAT(pair("when = { fact.lead_agency = \"police\" }\n", "when = { field.mood = \"calm\" }\n"),
                ElementsAre());
    EXPECT_THAT(
        pair("when = { fact.lead_agency = [\"police\", \"hub\"] }\n", "when = { fact.lead_agency = \"hub\" }\n"),
        decides_twice);
}

TEST(PolicyRules, ARuleThatAppliesIsOfThoseWhoSee)
{
    const auto applies = [](const std::string& authors) {
        return problems(visit("owner = \"agency:police\"\nmerge = \"manual\"\naudience = \"agency:police\"\n"
                              "[[record.visit.group.visit.redirect]]\nrule = \"r\"\nthen = \"apply\"\nsay = \"Yes.\"\n"
                              "refs = [\"G-1-1\"]\nauthor = [" +
                              authors + "]\n"));
    };
    EXPECT_THAT(applies("\"agency:police\", \"agency:probation\""),
                Contains("extra.toml:16: the author \"agency:probation\" of group \"visit\" is not in its audience"));
    EXPECT_THAT(applies("\"role:police.manager\""),
                testing::Not(Contains(testing::HasSubstr("the author \"role:police.manager\""))));
}

TEST(PolicyRules, ARecordSaysWhoCreatesIt)
{
    EXPECT_THAT(problems("[record.visit]\ntitle = \"Visit\"\nrefs = [\"G-1-1\"]\naudience = \"case_agencies\"\n"
                         "[record.visit.group.visit]\nfields = { a = \"text\" }\n" +
                         plain),
                Contains("extra.toml:1: record \"visit\" does not say who creates it"));
}

// Who sees what, where the audience names others than the owner does.
TEST(PolicyRules, WhoIsPartOfAnAudienceWithoutBeingNamedSeesIt)
{
    const auto record = [](const std::string& create, const std::string& owner, const std::string& audience) {
        return problems("[record.visit]\ntitle = \"Visit\"\nrefs = [\"G-1-1\"]\ncreate = [" + create +
                        "]\n"
                        "[record.visit.group.visit]\nfields = { a = \"text\", by = \"agency\" }\nmerge = \"manual\"\n"
                        "owner = \"" +
                        owner + "\"\naudience = [" + audience + "]\n");
    };
    const auto unseen = [](const std::string& who) {
        return Contains("extra.toml:8: the owner \"" + who + "\" of group \"visit\" is not in its audience");
    };
    const std::string everybody = "\"agency:police\", \"agency:probation\", \"agency:hub\"";
    EXPECT_THAT(record("\"case_agencies\"", "lead_agency", everybody), ElementsAre()) << "that is all there are";
    EXPECT_THAT(record("\"role:police.manager\"", "supplier", "\"agency:police\""), ElementsAre())
        << "whoever supplies it is of the police";
    EXPECT_THAT(record("\"agency:police\", \"role:probation.practitioner\"", "supplier", "\"agency:police\""),
                unseen("supplier"));
    EXPECT_THAT(record("\"agency:police\", \"agency:probation\"", "supplier", "\"agency:police\""), unseen("supplier"));
    EXPECT_THAT(record("\"lead_agency\"", "supplier", "\"lead_agency\""), ElementsAre());
    EXPECT_THAT(record("\"agency:police\"", "author", "\"agency:police\""), ElementsAre());
    EXPECT_THAT(record("\"case_agencies\"", "author", "\"supplier\""), ElementsAre());
    EXPECT_THAT(record("\"case_agencies\"", "author", "\"agency:police\""), unseen("author"));
    EXPECT_THAT(record("\"agency:police\"", "field:by", "\"agency:police\""), unseen("field:by"));
    EXPECT_THAT(record("\"agency:police\"", "fact:lead_agency", "\"agency:police\""), unseen("fact:lead_agency"));
    EXPECT_THAT(record("\"agency:police\"", "role:probation.practitioner", "\"agency:police\""),
                unseen("role:probation.practitioner"));
    EXPECT_THAT(record("\"agency:police\"", "nobody", "\"agency:police\""), ElementsAre()) << "nobody is everywhere";
}

const std::string once = "one_per_case = true\n";

TEST(PolicyRules, AFactThatNobodyCanBringAboutIsOrphaned)
{
    const std::string fact = "[fact.mood]\ntitle = \"Mood\"\nderive = \"latest\"\nrecord = \"visit\"\ngroup = \"visit\"\n"
                             "value = \"mood\"\nrefs = [\"G-1-1\"]\n";
    EXPECT_THAT(problems(visit(plain, once) + fact), ElementsAre());
    auto retired = visit(plain, once);
    retired.replace(retired.find("create = \"case_agencies\""), 24, "create = \"nobody\"");
    EXPECT_THAT(problems(retired + fact),
                ElementsAre("extra.toml:11: fact \"mood\" is orphaned: nobody creates \"visit\", from which it is derived"));
    EXPECT_THAT(problems(visit("owner = \"nobody\"\nmerge = \"manual\"\n", once) + fact),
                ElementsAre("extra.toml:11: fact \"mood\" is orphaned: nobody owns \"visit.visit\", from which it is derived"));
}

TEST(PolicyRules, ARuleForAValueThatAFactNeverHasIsRefused)
{
    const std::string fact = "[fact.mood]\ntitle = \"Mood\"\nderive = \"latest\"\nrecord = \"visit\"\ngroup = \"visit\"\n"
                             "value = \"mood\"\nrefs = [\"G-1-1\"]\n";
    const auto owner = [&](const std::string& when) {
        return visit("owner = \"supplier\"\nmerge = \"manual\"\n[record.visit.group.later]\nfields = { x = \"text\" }\nmerge = "
                     "\"manual\"\nowner = [{ when = { " + when + " }, is = \"agency:police\" }, \"supplier\"]\n", once) + fact;
    };
    EXPECT_THAT(problems(owner("fact.mood = [\"calm\", \"\"]")), ElementsAre());
    EXPECT_THAT(problems(owner("fact.mood = [\"clam\"]")), ElementsAre("extra.toml:14: fact \"mood\" is never \"clam\""));
    EXPECT_THAT(problems(owner("fact.lead_agency = [\"polcie\"]")),
                ElementsAre("extra.toml:14: fact \"lead_agency\" is never \"polcie\""));
}

TEST(PolicyRules, WhoApprovesTheNextAgreementIsNamedOrTheCoordinationUnit)
{
    const auto with = [](const std::string& line) {
        auto text = sample::head();
        text.insert(text.find("owner_duty"), line);
        const std::vector<SourceFile> files{{"a.toml", text}};
        return compile(files);
    };
    EXPECT_THAT(approvers(*with("").policy), ElementsAre("hub.coordinator"));
    EXPECT_THAT(approvers(*with("approvers = [\"police.manager\", \"hub.coordinator\"]\n").policy),
                ElementsAre("police.manager", "hub.coordinator"));
    const auto unknown = with("approvers = [\"police.manger\"]\n");
    ASSERT_EQ(unknown.problems.size(), 1u);
    EXPECT_THAT(to_string(unknown.problems.front()), testing::HasSubstr("police.manger"));
}

TEST(PolicyRules, WhatIsAddedToAListOfAnEventMeetsNoExceptionThatRefusesIt)
{
    const auto list = [](const std::string& then, const std::string& kind, const std::string& merge = "append") {
        return problems(visit("owner = \"supplier\"\nmerge = \"" + merge + "\"\n[[record.visit.group.visit.redirect]]\n" +
                                  "rule = \"not-here\"\nauthor = \"agency:police\"\n" + then +
                                  "say = \"Somebody else adds it.\"\nrefs = [\"G-2-21\"]\n",
                              kind));
    };
    const std::string refuse = "then = \"refuse\"\n", event = "kind = \"event\"\n";
    EXPECT_THAT(list(refuse, event),
                ElementsAre("extra.toml:11: two rules decide: \"not-here\" refuses what is added to \"visit\", and \"it-happened\" "
                            "keeps it, for \"visit\" is an event: what happened is never refused"));
    EXPECT_THAT(list("then = \"suggest\"\nto = \"agency:hub\"\n", event), ElementsAre());
    EXPECT_THAT(list(refuse, ""), ElementsAre());
    EXPECT_THAT(list(refuse, event, "manual"), ElementsAre()) << "of a part that is no list a correction is kept all the same";
}

// Else nobody would ever have got the task, and nothing would have said so.
TEST(PolicyRules, WhoIsToldIsSpelledAsTheEngineReadsIt)
{
    const std::string duty = "[agency.prison]\ntitle = \"Prison\"\n[agency.prison.role.omu]\ntitle = \"OMU\"\n"
                             "duties = [\"case_manager\", \"Duty Governor\"]\ncover = \"hub.coordinator\"\n";
    const std::string notify = "[[record.visit.notify]]\nid = \"n\"\nwhen = \"received\"\nroles = [\"lead_agency/Duty Governor\"]\n"
                               "task = \"t\"\nrefs = [\"G-1-1\"]\n";
    const std::string deadline = "[[deadline]]\nid = \"d\"\nstarts = \"visit.on\"\nwithin = \"2 days\"\n"
                                 "role = \"lead_agency/Duty Governor\"\ntask = \"t\"\nrefs = [\"G-1-1\"]\n";
    const std::string how = "\"lead_agency/Duty Governor\": who is told is AGENCY.ROLE, lead_agency/DUTY, field:NAME or supplier";
    EXPECT_THAT(problems(visit(plain) + notify + duty), ElementsAre("extra.toml:13: " + how));
    EXPECT_THAT(problems(visit(plain) + deadline + duty), ElementsAre("extra.toml:14: " + how));
}

TEST(PolicyRules, WhomARecordNamesIsAnAgencyOrARoleThatSeesIt)
{
    // Line 10 on; the field `by` names an agency, `who` a role.
    const auto told = [](const std::string& role, const std::string& readers = "\"case_agencies\"", const std::string& rule = "") {
        const auto audience = "audience = [" + readers + "]\n";
        return problems(visit(plain + audience + "[record.visit.group.called]\nfields = { who = \"role\" }\n" + plain + audience +
                              "[[record.visit.notify]]\nid = \"n\"\nwhen = \"received\"\nroles = [\"" + role +
                              "\"]\ntask = \"t\"\nrefs = [\"G-1-1\"]\n" + rule +
                              "[agency.shelter]\ntitle = \"Shelter\"\ntakes_part = \"by_invitation\"\n[agency.shelter.role.warden]\n"
                              "title = \"Warden\"\nduties = [\"case_manager\"]\ncover = \"hub.coordinator\"\n"));
    };
    EXPECT_THAT(told("field:buy"), ElementsAre("extra.toml:19: record \"visit\" has no field \"buy\"; did you mean \"by\"?"));
    EXPECT_THAT(told("field:note"),
                ElementsAre("extra.toml:19: field \"note\" names nobody: its type is neither agency nor role"));
    EXPECT_THAT(told("field:by/case_manger"),
                ElementsAre("extra.toml:19: no duty of a role is called \"case_manger\"; did you mean \"case_manager\"?"));
    EXPECT_THAT(told("field:who/case_manager"),
                ElementsAre("extra.toml:19: field \"who\" names a role already: no duty is asked for"));
    EXPECT_THAT(told("field:by/"), ElementsAre("extra.toml:19: \"field:by/\": who is told is written field:NAME, "
                                              "field:NAME/DUTY, supplier or supplier/DUTY"));
    EXPECT_THAT(told("agency:police"), Contains(testing::HasSubstr("no role is called \"agency:police\"")));
    for (const std::string good : {"supplier", "supplier/case_manager"})
        EXPECT_THAT(told(good), ElementsAre()) << good;
    EXPECT_THAT(told("field:by"), ElementsAre("extra.toml:19: \"field:by\" is told of something outside its audience",
                                              "extra.toml:19: \"field:by\" is told, and does not see \"visit\", which names it"));
    EXPECT_THAT(told("field:who"), ElementsAre("extra.toml:19: \"field:who\" is told of something outside its audience",
                                               "extra.toml:19: \"field:who\" is told, and does not see \"called\", which names it"));
    const std::string named = "\"case_agencies\", \"field:by\", \"field:who\"";
    for (const std::string good : {"field:by", "field:by/case_manager", "field:who"})
        EXPECT_THAT(told(good, named), ElementsAre()) << good;
    // A clock as well.
    const auto clock = [&](const std::string& role, const std::string& readers) {
        return told("supplier", readers, "[[deadline]]\nid = \"d\"\nstarts = \"visit.on\"\nwithin = \"2 days\"\nrole = \"" + role +
                                             "\"\ntask = \"t\"\nrefs = [\"G-1-1\"]\n");
    };
    EXPECT_THAT(clock("field:note", named),
                ElementsAre("extra.toml:26: field \"note\" names nobody: its type is neither agency nor role"));
    EXPECT_THAT(clock("field:by", "\"case_agencies\""),
                Contains("extra.toml:26: \"field:by\" is told of something outside its audience"));
    EXPECT_THAT(clock("field:by", named), ElementsAre());
}
