// What the compiler refuses in names, types, fields and the things that rules compare with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/value/value.hpp"
#include "tests/unit/schema/policy/sample.hpp"

using namespace satchel::schema;
using sample::plain;
using sample::problems;
using sample::visit;
using testing::Contains;
using testing::ElementsAre;

namespace {

// A second group, on lines 10 to 13, with the fields given on the last.
std::string with_fields(const std::string& fields)
{
    return visit(plain + "[record.visit.group.more]\nmerge = \"manual\"\nowner = \"supplier\"\nfields = { " + fields +
                 " }\n");
}

std::string numbered(const std::string& before, std::size_t n, const std::string& after)
{
    std::string out;
    for (std::size_t i = 0; i < n; ++i)
        out += before + std::to_string(i) + after;
    return out;
}

}  // namespace

TEST(PolicyShapes, ANameIsLowerCaseLettersDigitsAndUnderscoresALetterFirst)
{
    const std::string long_name(65, 'a');
    for (const auto& name : {std::string(), std::string("_why"), std::string("1st"), std::string("{why"),
                             std::string("why-not"), std::string("why not"), std::string("wHy"), std::string("why/"),
                             std::string("why:"), std::string("why{"), std::string("why@"), long_name})
        EXPECT_THAT(problems(with_fields("\"" + name + "\" = \"text\"")),
                    ElementsAre("extra.toml:13: \"" + name +
                                "\" is not a name: lower-case letters, digits and _, a letter first"))
            << name;
    for (const auto& name : {std::string("a"), std::string("z_9"), long_name.substr(1)})
        EXPECT_THAT(problems(with_fields("\"" + name + "\" = \"text\"")), ElementsAre()) << name;
}

TEST(PolicyShapes, ARoleAndAFactAreDeclaredOnce)
{
    EXPECT_THAT(problems("[agency.police]\ntitle = \"again\"\n[agency.police.role.manager]\ntitle = \"again\"\n"
                         "duties = [\"case_manager\"]\ncover = \"hub.coordinator\"\n"),
                Contains("extra.toml:3: role \"police.manager\" is declared twice"));
    EXPECT_THAT(
        problems("[fact.lead_agency]\ntitle = \"again\"\nderive = \"period\"\nrecord = \"supervision\"\n"
                 "group = \"period\"\nvalue = \"agency\"\nfrom = \"from\"\nto = \"to\"\notherwise = \"police\"\n"
                 "refs = [\"G-2-1\"]\n"),
        Contains("extra.toml:1: fact \"lead_agency\" is declared twice"));
}

TEST(PolicyShapes, ARecordHasABoundedNumberOfGroupsAndFields)
{
    const auto groups = [](std::size_t n) {
        return visit(plain + numbered("[record.visit.group.more", n, "]\nfields = { a = \"text\" }\n" + plain));
    };
    EXPECT_THAT(problems(groups(policy_groups_max)), Contains("extra.toml:1: a record has at most 32 groups"));
    EXPECT_THAT(problems(groups(policy_groups_max - 1)),
                testing::Not(Contains("extra.toml:1: a record has at most 32 groups")));
    const auto fields = [](std::size_t n) {
        auto list = numbered("f", n, " = \"text\", ");
        list.resize(list.size() - 2);
        return with_fields(list);
    };
    EXPECT_THAT(problems(fields(values_per_change_max + 1)),
                ElementsAre("extra.toml:10: a group has at most 64 fields"));
    EXPECT_THAT(problems(fields(values_per_change_max)), ElementsAre());
}

TEST(PolicyShapes, AChoiceAndOnlyAChoiceListsItsChoicesEachOnce)
{
    const std::string lists = "extra.toml:13: field \"why\": a choice, and only a choice, lists its choices";
    EXPECT_THAT(problems(with_fields("why = \"choice\"")), ElementsAre(lists));
    EXPECT_THAT(problems(with_fields("why = []")), ElementsAre(lists));
    EXPECT_THAT(problems(with_fields("why = { type = \"text\", choices = [\"a\"] }")), ElementsAre(lists));
    EXPECT_THAT(problems(with_fields("why = [\"a\", \"b\", \"a\"]")),
                ElementsAre("extra.toml:13: field \"why\" lists a choice twice"));
    EXPECT_THAT(problems(with_fields("why = { type = \"choice\", choices = [\"a\"] }")), ElementsAre());
}

TEST(PolicyShapes, AFieldThatRefersSaysToWhatAndThatExists)
{
    const std::string says = "extra.toml:13: field \"why\": a ref says of which record type, a version of which group, "
                             "others of nothing";
    EXPECT_THAT(problems(with_fields("why = \"ref\"")), Contains(says));
    EXPECT_THAT(problems(with_fields("why = \"version\"")), Contains(says));
    EXPECT_THAT(problems(with_fields("why = { type = \"text\", of = \"visit\" }")), ElementsAre(says));
    EXPECT_THAT(problems(with_fields("why = { type = \"ref\", of = \"visits\" }")),
                ElementsAre("extra.toml:13: no record is called \"visits\"; did you mean \"visit\"?"));
    EXPECT_THAT(problems(with_fields("why = { type = \"version\", of = \"visits\" }")),
                ElementsAre("extra.toml:13: record \"visit\" has no group \"visits\"; did you mean \"visit\"?"));
    EXPECT_THAT(problems(with_fields("why = { type = \"version\", of = \"visits.visit\" }")),
                ElementsAre("extra.toml:13: no record is called \"visits\"; did you mean \"visit\"?"));
    EXPECT_THAT(
        problems(with_fields("why = { type = \"version\", of = \"supervision.periods\" }")),
        ElementsAre("extra.toml:13: record \"supervision\" has no group \"periods\"; did you mean \"period\"?"));
    EXPECT_THAT(problems(with_fields("why = { type = \"version\", of = \"supervision.period\" }")), ElementsAre());
    EXPECT_THAT(problems(with_fields("why = { type = \"version\", of = \"visit\" }")), ElementsAre());
}

TEST(PolicyShapes, AConditionComparesWithSomething)
{
    EXPECT_THAT(problems(visit("owner = [{ when = { field.mood = [] }, is = \"agency:police\" }, \"supplier\"]\n"
                               "merge = \"manual\"\n")),
                Contains("extra.toml:8: \"mood\" is compared with nothing"));
    EXPECT_THAT(problems(visit("owner = [{ when = { field.moods = \"calm\" }, is = \"agency:police\" }, \"supplier\"]\n"
                               "merge = \"manual\"\n")),
                Contains("extra.toml:8: record \"visit\" has no field \"moods\"; did you mean \"mood\"?"));
    EXPECT_THAT(problems(visit(plain + "[[record.visit.group.visit.redirect]]\nrule = \"r\"\nthen = \"refuse\"\n"
                                       "say = \"No.\"\nrefs = [\"G-1-1\"]\nwhen = { fact.lead = [\"police\"] }\n")),
                ElementsAre("extra.toml:15: no fact is called \"lead\""));
}

TEST(PolicyShapes, AnAudienceIsChosenByAChoiceAndNamesSomebody)
{
    EXPECT_THAT(problems(visit(plain + "audience = { by = \"note\", calm = \"supplier\" }\n")),
                Contains("extra.toml:10: an audience is chosen by a field with choices"));
    EXPECT_THAT(problems(visit(plain + "audience = { by = \"moods\", calm = \"supplier\" }\n")),
                Contains("extra.toml:10: record \"visit\" has no field \"moods\"; did you mean \"mood\"?"));
    const std::string nobody = "extra.toml:10: an audience without anybody: name nobody";
    EXPECT_THAT(problems(visit(plain + "audience = []\n")), Contains(nobody));
    EXPECT_THAT(problems(visit(plain + "audience = { by = \"mood\", calm = [], tense = \"case_agencies\" }\n")),
                Contains(nobody));
}

TEST(PolicyShapes, ARecordIsAnEntityWhetherItSaysSoOrNot)
{
    const auto kind_of = [](const std::string& line) {
        const auto compiled = sample::compile_with(visit(plain, line));
        return compiled.policy ? compiled.policy->type("visit")->kind : RecordType::Kind::event;
    };
    EXPECT_EQ(kind_of(""), RecordType::Kind::entity);
    EXPECT_EQ(kind_of("kind = \"entity\"\n"), RecordType::Kind::entity);
    EXPECT_EQ(sample::compile_with(visit(plain, "kind = \"event\"\n")).policy->type("visit")->kind,
              RecordType::Kind::event);
}

TEST(PolicyShapes, WhatAGroupNamesOfItsOwnExists)
{
    EXPECT_THAT(problems(visit(plain + "reasoned_by = \"notes\"\n")),
                ElementsAre("extra.toml:10: group \"visit\" has no field \"notes\"; did you mean \"note\"?"));
    EXPECT_THAT(
        problems(visit(plain + "safe_side = { field = \"moods\", is = \"later_choice\", refs = [\"G-1-1\"] }\n")),
        ElementsAre("extra.toml:10: group \"visit\" has no field \"moods\"; did you mean \"mood\"?"));
    EXPECT_THAT(problems(visit(plain + "safe_side = { field = \"one\", is = \"earlier\", refs = [\"G-1-1\"] }\n")),
                ElementsAre("extra.toml:10: group \"visit\" has no field \"one\"; did you mean \"on\"?"));
    EXPECT_THAT(problems(visit(plain + "binds = { field = \"note\", to = \"visits\" }\n")),
                ElementsAre("extra.toml:10: record \"visit\" has no group \"visits\"; did you mean \"visit\"?"));
}
