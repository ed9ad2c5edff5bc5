// Agencies that take part in every case, and those that do by invitation: what the compiler makes of who sees what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/policy/admits.hpp"
#include "tests/unit/schema/policy/sample.hpp"

using namespace satchel::schema;
using sample::problems;
using testing::Contains;
using testing::ElementsAre;

namespace {

std::string health(const std::string& part)
{
    return "[agency.health]\ntitle = \"Health\"\ntakes_part = \"" + part +          // line 3
           "\"\n[agency.health.role.nurse]\ntitle = \"Nurse\"\nduties = [\"case_manager\"]\n"
           "cover = \"hub.coordinator\"\n";                                         // 7
}

// A record created and read as said, whose one group has this owner.
std::vector<std::string> owned(const std::string& owner, const std::string& audience, const std::string& create = "case_agencies",
                               const std::string& part = "by_invitation")
{
    return problems(health(part) +
                    "[record.visit]\ntitle = \"Visit\"\nrefs = [\"G-1-1\"]\ncreate = \"" + create +  // 11
                    "\"\naudience = [" + audience +                                                    // 12
                    "]\n[record.visit.group.visit]\nfields = { on = \"date\", by = \"agency\" }\n"
                    "merge = \"manual\"\nowner = \"" + owner + "\"\n");                              // 16
}

auto unseen(const std::string& owner)
{
    return Contains("extra.toml:16: the owner \"" + owner + "\" of group \"visit\" is not in its audience");
}

}  // namespace

TEST(PolicyParticipation, AnAgencyTakesPartAlwaysOrByInvitation)
{
    EXPECT_THAT(problems(health("sometimes")),
                ElementsAre("extra.toml:3: an agency takes part \"always\" or \"by_invitation\""));
    EXPECT_TRUE(sample::compile_with(health("by_invitation")).policy->agency("health")->by_invitation);
    EXPECT_FALSE(sample::compile_with(health("always")).policy->agency("health")->by_invitation);
    EXPECT_FALSE(sample::compile_with("").policy->agency("police")->by_invitation);
}

TEST(PolicyParticipation, AnInvitedAgencyIsNotAmongTheAgenciesOfTheCase)
{
    for (const std::string owner : {"agency:health", "role:health.nurse"}) {
        EXPECT_THAT(owned(owner, "\"case_agencies\""), unseen(owner));
        EXPECT_THAT(owned(owner, "\"case_agencies\"", "case_agencies", "always"), ElementsAre());
        EXPECT_THAT(owned(owner, "\"case_agencies\", \"agency:health\""), ElementsAre());
        EXPECT_THAT(owned(owner, "\"every_agency\""), ElementsAre());
    }
}

TEST(PolicyParticipation, WhoeverLeadsIsOnTheCase)
{
    for (const std::string owner : {"lead_agency", "lead_agency/case_manager", "fact:lead_agency", "agency:police", "case_agencies"})
        EXPECT_THAT(owned(owner, "\"case_agencies\""), ElementsAre()) << owner;
}

// A field may name an agency that nobody invited.
TEST(PolicyParticipation, AnAgencyThatAFieldNamesMayBeAny)
{
    EXPECT_THAT(owned("field:by", "\"case_agencies\""), unseen("field:by"));
    EXPECT_THAT(owned("field:by", "\"case_agencies\"", "case_agencies", "always"), ElementsAre());
    EXPECT_THAT(owned("field:by", "\"case_agencies\", \"field:by\""), ElementsAre());
    EXPECT_THAT(owned("every_agency", "\"case_agencies\""), unseen("every_agency"));
}

TEST(PolicyParticipation, TheAgenciesOfTheCaseAreReadersWhereEachOfThemIsAndTheLead)
{
    const std::string each = "\"agency:police\", \"agency:probation\", \"agency:hub\"";
    EXPECT_THAT(owned("case_agencies", each, "agency:police"), unseen("case_agencies"));
    EXPECT_THAT(owned("case_agencies", each + ", \"lead_agency\"", "agency:police"), ElementsAre());
    EXPECT_THAT(owned("every_agency", each + ", \"lead_agency\"", "agency:police"), unseen("every_agency"));
    EXPECT_THAT(owned("every_agency", each + ", \"agency:health\"", "agency:police"), ElementsAre());
}

TEST(PolicyParticipation, WhoSuppliesIsWhoMayCreate)
{
    EXPECT_THAT(owned("supplier", "\"case_agencies\"", "every_agency"), unseen("supplier"));
    EXPECT_THAT(owned("author", "\"case_agencies\"", "role:health.nurse"), unseen("author"));
    EXPECT_THAT(owned("supplier", "\"case_agencies\", \"supplier\"", "every_agency"), ElementsAre());
    EXPECT_THAT(owned("supplier", "\"case_agencies\"", "case_agencies"), ElementsAre());
}

TEST(PolicyParticipation, AnInvitedAgencyIsNotToldOfWhatItDoesNotSee)
{
    const auto telling = [](const std::string& audience) {
        return problems(health("by_invitation") + "[record.visit]\ntitle = \"Visit\"\nrefs = [\"G-1-1\"]\n"
                        "create = \"case_agencies\"\naudience = " + audience +
                        "\n[record.visit.group.visit]\nfields = { on = \"date\" }\nmerge = \"manual\"\nowner = \"supplier\"\n"
                        "[[record.visit.notify]]\nid = \"n\"\nwhen = \"received\"\nroles = [\"health.nurse\"]\ntask = \"t\"\n"
                        "refs = [\"G-1-1\"]\n");
    };
    EXPECT_THAT(telling("\"case_agencies\""),
                ElementsAre("extra.toml:20: \"health.nurse\" is told of something outside its audience"));
    EXPECT_THAT(telling("[\"case_agencies\", \"role:health.nurse\"]"), ElementsAre());
}

// An agency that leads would own the record that says that it leads.
TEST(PolicyParticipation, WhoLeadsIsNotOwnedByTheAgenciesOfTheCase)
{
    auto text = sample::head();
    const std::string owner = "owner = \"agency:probation\"";
    text.replace(text.find(owner), owner.size(), "owner = \"case_agencies\"");
    const auto problems_with = [&](const std::string& part) {
        const auto more = health(part);
        const std::vector<SourceFile> files{{"base.toml", text}, {"extra.toml", more}};
        std::vector<std::string> out;
        for (const auto& problem : compile(files).problems)
            out.push_back(to_string(problem));
        return out;
    };
    EXPECT_THAT(problems_with("always"), ElementsAre());
    EXPECT_THAT(problems_with("by_invitation"),
                ElementsAre("base.toml:34: fact \"lead_agency\" decides who owns the record it is derived from: it owns itself"));
}
