// Gates: what the compiler makes of them, and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/policy/matrix.hpp"
#include "tests/unit/schema/policy/sample.hpp"

using namespace satchel::schema;
using sample::compile_with;
using sample::plain;
using sample::problems;
using sample::visit;
using testing::Contains;
using testing::ElementsAre;

namespace {

// A gate of the one group of a visit; it stands in line 10.
std::string gate(const std::string& lines)
{
    return plain + "[[record.visit.group.visit.gate]]\nrule = \"g\"\nsay = \"s\"\nrefs = [\"G-1-1\"]\n" + lines;  // 14 …
}

std::vector<std::string> gated(const std::string& lines, const std::string& more = "", const std::string& record = "")
{
    return problems(visit(gate(lines) + more, record));
}

// An approval of the visit, a state that waits for it, and who sees the approval.
std::string approved(const std::string& asks, const std::string& audience = "case_agencies")
{
    return visit(plain +
                 "[record.visit.group.approval]\nfields = { seen = { type = \"version\", of = \"visit\" }, agrees = \"yes_no\" }\n"  // 10
                 "owner = \"agency:police\"\nmerge = \"manual\"\nbinds = { field = \"seen\", to = \"visit\" }\n"                     // 12
                 "audience = [\"agency:police\", \"" + audience + "\"]\n"                                                            // 15
                 "[record.visit.group.progress]\nfields = { state = [\"open\", \"closed\"] }\nowner = \"agency:police\"\n"             // 16
                 "merge = \"manual\"\nresolver = \"role:hub.coordinator\"\n"                                                           // 19
                 "[[record.visit.group.progress.gate]]\nrule = \"g\"\nsay = \"s\"\nrefs = [\"G-1-1\"]\n" + asks);                     // 21
}

}  // namespace

TEST(PolicyGates, AGateIsUnderstoodAsItIsWritten)
{
    const auto outcome = compile_with(visit(
        gate("when = { field.mood = [\"tense\", \"\"], fact.lead_agency = \"police\" }\nchange = \"raises\"\nof = \"mood\"\n"
             "unless = { field.by = \"hub\" }\nneeds = [\"note\", \"on\"]\ndifferent_person_from = \"visit\"\n"
             "exists = { record = \"supervision\", when = { field.agency = [\"police\"] } }\nabsent = { record = \"visit\" }\n")));
    ASSERT_TRUE(outcome.policy) << to_string(outcome.problems.front());
    const auto& group = *outcome.policy->type("visit")->group("visit");
    ASSERT_EQ(group.gates.size(), 1u);
    const auto& gate = group.gates.front();
    EXPECT_EQ(gate.rule, "g");
    EXPECT_EQ(gate.say, "s");
    EXPECT_EQ(gate.refs, References{"G-1-1"});
    EXPECT_EQ(gate.when.values.front().second, (std::vector<std::string>{"tense", ""}));
    EXPECT_EQ(gate.when.facts.at("lead_agency"), std::vector<std::string>{"police"});
    EXPECT_EQ(gate.rank, Redirect::Rank::raises);
    EXPECT_EQ(gate.rank_field, group.field("mood")->id);
    EXPECT_EQ(gate.unless.values.front().first, group.field("by")->id);
    EXPECT_EQ(gate.needs, (std::vector<FieldId>{group.field("note")->id, group.field("on")->id}));
    EXPECT_EQ(gate.different_person_from, std::vector<GroupId>{group.id});
    EXPECT_EQ(gate.exists->type, "supervision");
    EXPECT_EQ(gate.exists->when.values.size(), 1u);
    EXPECT_EQ(gate.absent->type, "visit");
    EXPECT_FALSE(gate.approved);
}

TEST(PolicyGates, AnApprovalIsNamedAloneOrWithWhatItSays)
{
    const auto alone = compile_with(approved("approved = \"approval\"\n"));
    ASSERT_TRUE(alone.policy) << to_string(alone.problems.front());
    const auto& type = *alone.policy->type("visit");
    EXPECT_EQ(type.group("progress")->gates.front().approved->group, type.group("approval")->id);
    EXPECT_TRUE(type.group("progress")->gates.front().approved->when.empty());
    const auto saying = compile_with(approved("approved = { group = \"approval\", when = { field.agrees = [\"yes\"] } }\n"));
    ASSERT_TRUE(saying.policy) << to_string(saying.problems.front());
    EXPECT_EQ(saying.policy->type("visit")->group("progress")->gates.front().approved->when.values.size(), 1u);
}

TEST(PolicyGates, AGateSaysWhatItIsCalledWhatItTellsAndWhereItIsWritten)
{
    EXPECT_THAT(problems(visit(plain + "[[record.visit.group.visit.gate]]\nneeds = \"note\"\nrefs = [\"G-1-1\"]\n")),
                ElementsAre("extra.toml:10: group \"visit\", gate needs \"rule\"", "extra.toml:10: group \"visit\", gate needs \"say\""));
    EXPECT_THAT(problems(visit(plain + "[[record.visit.group.visit.gate]]\nrule = \"g\"\nsay = \"s\"\nneeds = \"note\"\n")),
                ElementsAre("extra.toml:10: gate \"g\" cites no paragraph: give refs"));
    EXPECT_THAT(gated("needs = \"note\"\n", "[[record.visit.group.visit.gate]]\nrule = \"g\"\nsay = \"s\"\nrefs = [\"G-1-1\"]\nneeds = \"on\"\n"),
                ElementsAre("extra.toml:16: another rule is called \"g\""));
}

TEST(PolicyGates, EveryNameInAGateExists)
{
    for (const auto& [lines, problem] : std::vector<std::pair<std::string, std::string>>{
             {"needs = \"nott\"\n", "extra.toml:14: record \"visit\" has no field \"nott\"; did you mean \"note\"?"},
             {"needs = \"note\"\nneds = \"on\"\n", "extra.toml:15: group \"visit\", gate has no \"neds\"; did you mean \"needs\"?"},
             {"needs = \"note\"\nwhen = { field.mood = [\"tens\"] }\n",
              "extra.toml:15: field \"mood\" cannot be \"tens\"; did you mean \"tense\"?"},
             {"needs = \"note\"\nunless = { fact.lead = [\"tens\"] }\n", "extra.toml:15: no fact is called \"lead\""},
             {"different_person_from = \"visits\"\n",
              "extra.toml:14: record \"visit\" has no group \"visits\"; did you mean \"visit\"?"},
             {"approved = \"visits\"\n", "extra.toml:14: record \"visit\" has no group \"visits\"; did you mean \"visit\"?"},
             {"exists = { record = \"visits\" }\n", "extra.toml:14: no record is called \"visits\"; did you mean \"visit\"?"},
             {"absent = { record = \"supervision\", when = { field.on = [\"x\"] } }\n",
              "extra.toml:14: record \"supervision\" has no field \"on\""},
             {"exists = { record = \"supervision\", refers_here = \"agency\" }\n",
              "extra.toml:14: field \"agency\" does not refer to a record \"visit\""},
             {"exists = { record = \"supervision\", referred_in = \"note\" }\n",
              "extra.toml:14: field \"note\" does not refer to a record \"supervision\""},
             {"needs = \"note\"\nchange = \"sinks\"\n", "extra.toml:15: change is any, lowers or raises"},
             {"needs = \"note\"\nchange = \"lowers\"\n", "extra.toml:15: lowers or raises of which field? Say of = \"FIELD\""},
             {"needs = \"note\"\nchange = \"lowers\"\nof = \"note\"\n",
              "extra.toml:16: only a choice, a date or a number can be lowered or raised"}})
        EXPECT_THAT(gated(lines), ElementsAre(problem)) << lines;
}

TEST(PolicyGates, AGateAsksForSomething)
{
    EXPECT_THAT(gated("when = { field.mood = [\"tense\"] }\n"), ElementsAre("extra.toml:10: gate \"g\" asks for nothing"));
}

// Promise 6.
TEST(PolicyGates, AnEventHasNoGate)
{
    EXPECT_THAT(gated("needs = \"note\"\n", "", "kind = \"event\"\n"),
                ElementsAre("extra.toml:11: what happened is never refused: an event has no gate"));
}

TEST(PolicyGates, WhatProtectsIsNeverHeldUpByAGate)
{
    const auto list = [](const std::string& merge) {
        return problems(visit("owner = \"supplier\"\nmerge = \"" + merge +
                              "\"\n[[record.visit.group.visit.gate]]\nrule = \"g\"\nsay = \"s\"\nrefs = [\"G-1-1\"]\nneeds = \"note\"\n"));
    };
    EXPECT_THAT(list("append"), ElementsAre());
    EXPECT_THAT(list("add_wins"), ElementsAre("extra.toml:10: anyone may raise what protects: such a list has no gate"));
}

TEST(PolicyGates, AListHasNoOneAuthor)
{
    EXPECT_THAT(gated("different_person_from = \"more\"\n",
                      "[record.visit.group.more]\nfields = { word = \"text\" }\nowner = \"supplier\"\nmerge = \"append\"\n"),
                ElementsAre("extra.toml:14: a list has many authors: name a part that has one"));
}

TEST(PolicyGates, AnApprovalThatTheStepWouldVoidCannotBeAskedFor)
{
    EXPECT_THAT(problems(visit(gate("approved = \"approval\"\n") +
                               "[record.visit.group.approval]\nfields = { seen = { type = \"version\", of = \"visit\" } }\n" + plain +
                               "binds = { field = \"seen\", to = \"visit\" }\n")),
                ElementsAre("extra.toml:14: the change would void the approval that it needs: \"approval\" binds to \"visit\". "
                            "Put the state into a part of its own"));
    EXPECT_THAT(problems(approved("approved = \"visit\"\n")),
                ElementsAre("extra.toml:25: \"visit\" approves nothing: it binds to no part of the record"));
    EXPECT_THAT(problems(approved("approved = { group = \"approval\", when = { field.mood = [\"calm\"] } }\n")),
                ElementsAre("extra.toml:25: an approval is asked about what it says itself"));
}

// Whoever decides would be refused for ever, because they may not be told what is missing.
TEST(PolicyGates, WhoDecidesSeesWhatAGateLooksAt)
{
    EXPECT_THAT(problems(approved("approved = \"approval\"\n")), ElementsAre());
    EXPECT_THAT(problems(approved("approved = \"approval\"\n", "agency:probation")),
                ElementsAre("extra.toml:21: \"role:hub.coordinator\" decides here and does not see \"visit.approval\", at which "
                            "gate \"g\" looks"));
    const std::string intel = "[record.intel]\ntitle = \"Intelligence\"\nrefs = [\"G-1-1\"]\ncreate = \"agency:police\"\n"
                              "audience = \"agency:police\"\n[record.intel.group.item]\nfields = { said = \"text\" }\n"
                              "owner = \"agency:police\"\nmerge = \"manual\"\n";
    EXPECT_THAT(gated("absent = { record = \"intel\" }\n", intel),
                ElementsAre("extra.toml:10: \"supplier\" decides here and does not see \"intel.item\", at which gate \"g\" looks"));
    EXPECT_THAT(problems(visit("owner = \"agency:police\"\nmerge = \"manual\"\n[[record.visit.group.visit.gate]]\nrule = \"g\"\n"
                               "say = \"s\"\nrefs = [\"G-1-1\"]\nabsent = { record = \"intel\" }\n" + intel)),
                ElementsAre());
}

TEST(PolicyGates, WhatTheAuthorIsToldFitsIntoARuling)
{
    std::string fields, names;
    for (int i = 0; i < 3; ++i) {
        fields += "f" + std::to_string(i) + " = { type = \"text\", title = \"" + std::string(900, 'x') + "\" }\n";
        names += (i ? ", \"f" : "\"f") + std::to_string(i) + "\"";
    }
    const auto more = "[record.visit.group.more]\nowner = \"supplier\"\nmerge = \"manual\"\n[record.visit.group.more.fields]\n" + fields;
    EXPECT_THAT(gated("needs = [" + names + "]\n", more),
                ElementsAre("extra.toml:12: what the author is told is too long: it names all that may be missing"));
    EXPECT_THAT(gated("needs = [\"f0\", \"f1\"]\n", more), ElementsAre());
}

// --- before a withdrawal -------------------------------------------------------------------------------------------------

namespace {

std::string withdrawal(const std::string& lines, const std::string& record = "")
{
    return visit(plain + "[[record.visit.withdrawal]]\nrule = \"g\"\nsay = \"s\"\nrefs = [\"G-1-1\"]\n" + lines, record);  // 10, lines 14
}

}  // namespace

TEST(PolicyGates, AWithdrawalMeetsAGateOfItsOwnAlsoOneThatIsAlwaysShut)
{
    const auto outcome = compile_with(withdrawal("when = { field.mood = [\"tense\"] }\n", "kind = \"event\"\n"));
    ASSERT_TRUE(outcome.policy) << to_string(outcome.problems.front());
    const auto& type = *outcome.policy->type("visit");
    ASSERT_EQ(type.withdrawal.size(), 1u);
    EXPECT_EQ(type.withdrawal.front().rule, "g");
    EXPECT_EQ(type.withdrawal.front().when.values.front().second, std::vector<std::string>{"tense"});
    EXPECT_TRUE(type.groups.front().gates.empty());
}

TEST(PolicyGates, AWithdrawalIsNeitherMoreNorLessAndSomeRecordsHaveNone)
{
    EXPECT_THAT(problems(withdrawal("change = \"lowers\"\nof = \"mood\"\n")),
                ElementsAre("extra.toml:14: a withdrawal neither lowers nor raises"));
    EXPECT_THAT(problems(withdrawal("", "one_per_case = true\n")),
                ElementsAre("extra.toml:11: a case always has this record: it is never withdrawn"));
    EXPECT_THAT(problems(withdrawal("when = { field.moood = [\"tense\"] }\n")),
                ElementsAre("extra.toml:14: record \"visit\" has no field \"moood\"; did you mean \"mood\"?"));
}

TEST(PolicyGates, WhoMayWithdrawARecordSeesTheOthersAtWhichTheGateLooks)
{
    const std::string secret = "[record.secret]\ntitle = \"Secret\"\nrefs = [\"G-1-1\"]\ncreate = \"agency:police\"\n"
                               "audience = \"agency:police\"\n[record.secret.group.secret]\nfields = { known = \"yes_no\" }\n"
                               "owner = \"agency:police\"\nmerge = \"manual\"\n";
    EXPECT_THAT(problems(withdrawal("absent = { record = \"secret\" }\n" + secret)),
                ElementsAre("extra.toml:10: \"supplier\" decides here and does not see \"secret.secret\", at which gate \"g\" looks"));
    EXPECT_THAT(problems(withdrawal("absent = { record = \"supervision\" }\n")), ElementsAre());
}

TEST(PolicyGates, WhatTheGateOfAWithdrawalAsksForIsToldByTheTitlesThatPeopleKnow)
{
    const auto told = [](const std::string& lines) {
        const auto outcome = compile_with(withdrawal(lines));
        const auto& policy = *outcome.policy;
        const auto& type = *policy.type("visit");
        return matrix::before_withdrawal(type.withdrawal.front(), policy, type);
    };
    const auto one = told("needs = [\"note\"]\ndifferent_person_from = [\"visit\"]\nunless = { field.mood = [\"calm\"] }\n");
    EXPECT_EQ(one.when, "");
    EXPECT_EQ(one.unless, "\"Mood\" in the record is calm");
    EXPECT_THAT(one.asks, ElementsAre("something in \"Note\"", "another person than the one who wrote \"Visit\""));
    EXPECT_THAT(told("exists = { record = \"supervision\", when = { field.agency = [\"police\"] } }\n").asks,
                ElementsAre("a record \"Supervision\", where \"Agency\" in the record is Police"));
    EXPECT_THAT(told("absent = { record = \"supervision\" }\n").asks, ElementsAre("no record \"Supervision\""));
}

TEST(PolicyGates, AGateBeforeAWithdrawalHasANameOfItsOwnAndAParagraph)
{
    EXPECT_THAT(problems(withdrawal("[[record.visit.withdrawal]]\nrule = \"g\"\nsay = \"s\"\n")),
                ElementsAre("extra.toml:14: gate \"g\" cites no paragraph: give refs", "extra.toml:15: another rule is called \"g\""));
}
