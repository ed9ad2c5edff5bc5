// Whether a new bundle may follow the one in force: what was written under the old one stays readable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/schema/policy/sample.hpp"

using namespace satchel::schema;
using testing::Contains;
using testing::ElementsAre;

namespace {

const std::string record = "[record.visit]\ntitle = \"Visit\"\nrefs = [\"G-1-1\"]\ncreate = \"case_agencies\"\n"
                           "audience = \"case_agencies\"\n[record.visit.group.visit]\nowner = \"supplier\"\n"
                           "merge = \"manual\"\n";
const std::string fields = "fields = { on = \"date\", mood = [\"calm\", \"tense\"] }\n";

std::string version(const std::string& text, int number)
{
    auto out = text;
    out.replace(out.find("version = 1"), 11, "version = " + std::to_string(number));
    return out;
}

// What is wrong with `head` and `extra`, version 2, after a bundle of sample::head() and `was`, version 1.
std::vector<std::string> problems_after(const std::string& was, const std::string& head, const std::string& extra)
{
    const auto before_text = sample::head() + was;
    const std::vector<SourceFile> before_files{{"a.toml", before_text}};
    const auto before = compile(before_files);
    EXPECT_TRUE(before.policy.has_value());
    const std::vector<SourceFile> files{{"head.toml", head}, {"visit.toml", extra}};
    std::vector<std::string> out;
    for (const auto& problem : compile(files, {}, &*before.policy).problems)
        out.push_back(to_string(problem));
    return out;
}

std::vector<std::string> problems_of(const std::string& extra, int number = 2)
{
    return problems_after(record + fields, version(sample::head(), number), extra);
}

}  // namespace

TEST(PolicyEvolution, AddingAndRetiringAreAllowed)
{
    EXPECT_THAT(problems_of(record + "fields = { on = \"date\", mood = [\"calm\", \"tense\", \"angry\"], why = \"note\" }\n"),
                ElementsAre());
    auto retired = record + fields;
    retired.replace(retired.find("create = \"case_agencies\""), 24, "create = \"nobody\"");
    EXPECT_THAT(problems_of(retired), ElementsAre());
}

TEST(PolicyEvolution, AnOldVersionNumberIsRefused)
{
    EXPECT_THAT(problems_of(record + fields, 1),
                ElementsAre("head.toml:2: the bundle in force has version 1: the new one needs a higher number"));
}

TEST(PolicyEvolution, NothingIsRemovedAndNoNameReusedWithAnotherType)
{
    EXPECT_THAT(problems_of(""),
                ElementsAre("bundle:0: record \"visit\" is gone: retire it with create = \"nobody\""));
    EXPECT_THAT(problems_of(record + "fields = { on = \"text\", mood = [\"calm\", \"tense\"] }\n"),
                ElementsAre("visit.toml:9: field \"on\" is of type text, and of type date in the bundle in force: a name is never reused with another type"));
    EXPECT_THAT(problems_of(record + "fields = { on = \"date\", mood = [\"calm\"] }\n"),
                ElementsAre("visit.toml:9: field \"mood\" can be \"tense\" in the bundle in force: choices are added, never removed"));
    EXPECT_THAT(problems_of(record + "fields = { on = \"date\" }\n"),
                ElementsAre("visit.toml:6: field \"mood\" is gone: leave it and stop using it"));
    auto renamed = record + fields;
    renamed.replace(renamed.find("group.visit"), 11, "group.other");
    EXPECT_THAT(problems_of(renamed), Contains("visit.toml:1: group \"visit\" of \"visit\" is gone"));
}

TEST(PolicyEvolution, NobodyWhoWroteOrReadsIsForgotten)
{
    const std::string fire = "[agency.fire]\ntitle = \"Fire\"\n[agency.fire.role.officer]\ntitle = \"Officer\"\n"
                             "duties = [\"case_manager\"]\ncover = \"hub.coordinator\"\n";
    const auto head = version(sample::head(), 2);
    EXPECT_THAT(problems_after(fire, head, fire), ElementsAre());
    EXPECT_THAT(problems_after(fire, head, ""),
                ElementsAre("bundle:0: agency \"fire\" is gone: people have written for it",
                            "bundle:0: role \"fire.officer\" is gone: people hold it"));
}

// It would lose what its people hold; the other way round everybody has agreed to one more reader.
TEST(PolicyEvolution, AnAgencyThatAlwaysTookPartIsNotMadeToWaitForAnInvitation)
{
    const auto fire = [](const std::string& part) {
        return "[agency.fire]\ntitle = \"Fire\"\ntakes_part = \"" + part + "\"\n[agency.fire.role.officer]\n"
               "title = \"Officer\"\nduties = [\"case_manager\"]\ncover = \"hub.coordinator\"\n";
    };
    const auto head = version(sample::head(), 2);
    EXPECT_THAT(problems_after(fire("always"), head, fire("by_invitation")),
                ElementsAre("visit.toml:3: agency \"fire\" takes part by invitation, and always in the bundle in force: it would lose what it holds"));
    EXPECT_THAT(problems_after(fire("by_invitation"), head, fire("always")), ElementsAre());
}

TEST(PolicyEvolution, ARecordStaysOfItsKindAndAReferenceOfItsTarget)
{
    EXPECT_THAT(problems_of("[record.visit]\nkind = \"event\"\n" + record.substr(record.find("title")) + fields),
                Contains("visit.toml:1: record \"visit\" is an event, and an entity in the bundle in force"));
    EXPECT_THAT(problems_of("[record.visit]\none_per_case = true\n" + record.substr(record.find("title")) + fields),
                Contains("visit.toml:1: record \"visit\" is an entity of which a case has one, and an entity in the bundle in force"));
    const auto to = [](const std::string& target) {
        return record + "fields = { at = { type = \"ref\", of = \"" + target + "\" } }\n";
    };
    EXPECT_THAT(problems_after(to("visit"), version(sample::head(), 2), to("visit")), ElementsAre());
    EXPECT_THAT(problems_after(to("visit"), version(sample::head(), 2), to("supervision")),
                ElementsAre("visit.toml:9: field \"at\" refers to \"supervision\", and to \"visit\" in the bundle in force"));
}

// An audience that lost readers is named with the one it had; whoever means it says so.
TEST(PolicyEvolution, ANarrowerAudienceIsRefusedUnlessItIsUnderstood)
{
    const auto narrow = [&](Narrowing narrowing, const std::string& audience) {
        const auto before_text = sample::head() + record + fields;
        const std::vector<SourceFile> before_files{{"a.toml", before_text}};
        const auto before = compile(before_files);
        EXPECT_TRUE(before.policy.has_value());
        auto text = record + fields;
        text.replace(text.find("audience = \"case_agencies\""), 26, "audience = " + audience);
        const auto head = version(sample::head(), 2);
        const std::vector<SourceFile> files{{"head.toml", head}, {"visit.toml", text}};
        std::vector<std::string> out;
        for (const auto& problem : compile(files, {}, &*before.policy, narrowing).problems)
            out.push_back(to_string(problem));
        return out;
    };
    const std::string fewer = "[\"supplier\", \"agency:police\", \"agency:hub\"]";
    EXPECT_THAT(narrow(Narrowing::refused, fewer),
                ElementsAre("visit.toml:5: \"probation.practitioner\" would no longer see \"visit.visit\" in every case: its "
                            "audience is \"supplier, agency:police, agency:hub\", and is \"case_agencies\" in the bundle in force"));
    EXPECT_THAT(narrow(Narrowing::understood, fewer), ElementsAre());
    EXPECT_THAT(narrow(Narrowing::refused, "[\"agency:probation\", \"agency:police\", \"agency:hub\"]"), ElementsAre())
        << "the same audience in other words";
}
