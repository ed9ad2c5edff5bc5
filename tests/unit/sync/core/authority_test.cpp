// Who may decide, and what people are told about it.
#include <gtest/gtest.h>

#include "small_policy.hpp"
#include "sync/core/authority.hpp"

namespace satchel::test {
namespace {

using namespace satchel::sync;
using schema::Authority;

const schema::Hat police{"police", "east", "police.offender_manager"};
const schema::Hat probation{"probation", "north", "probation.practitioner"};

class Authorities : public testing::Test {
protected:
    [[nodiscard]] Scene scene() const { return {policy, facts, record_there ? &record : nullptr, values_there ? &values : nullptr}; }
    [[nodiscard]] bool held(const Authority& authority, const schema::Hat& hat) const
    {
        return holds(authority, hat, own, scene());
    }
    [[nodiscard]] std::string words(const Authority& authority) const { return in_words(authority, scene()); }

    schema::Policy policy = small_policy();
    Facts facts{{"lead_agency", "police"}};
    RecordState record;
    schema::FieldValues values;
    bool record_there = true, values_there = false;
    CredentialId own{{1}}, other{{2}};
};

TEST_F(Authorities, NobodyHoldsWhatNobodyOwns)
{
    EXPECT_FALSE(held({}, police));
    EXPECT_EQ(words({}), "nobody: the system keeps it");
}

TEST_F(Authorities, WhoRecordedItIsOnePersonAndWhoSuppliedItAnAgency)
{
    record.created = {{}, other, "police", "police.offender_manager"};
    const Authority author{Authority::Kind::author, {}, {}}, supplier{Authority::Kind::supplier, {}, {}};
    EXPECT_FALSE(held(author, police)) << "a colleague's";
    EXPECT_TRUE(held(supplier, police));
    EXPECT_FALSE(held(supplier, probation));
    record.created.author = own;
    EXPECT_TRUE(held(author, police));
    EXPECT_EQ(words(author), "the person who recorded it");
    EXPECT_EQ(words(supplier), "the agency that supplied it (Police)");
}

TEST_F(Authorities, WhatIsBeingRecordedBelongsToWhoeverRecordsIt)
{
    record_there = false;
    EXPECT_TRUE(held({Authority::Kind::author, {}, {}}, police));
    EXPECT_TRUE(held({Authority::Kind::supplier, {}, {}}, police));
    EXPECT_EQ(words({Authority::Kind::supplier, {}, {}}), "the agency that supplied it");
}

TEST_F(Authorities, ADutyOfTheLeadTakesTheRoleTheAgencyAndTheDuty)
{
    const Authority managers{Authority::Kind::lead_duty, "case_manager", {}};
    EXPECT_TRUE(held(managers, police));
    EXPECT_FALSE(held(managers, probation)) << "does not lead";
    EXPECT_FALSE(held({Authority::Kind::lead_duty, "chair", {}}, police)) << "another duty";
    EXPECT_FALSE(held(managers, {"police", "east", "police.unknown"})) << "a role that the agreement does not know";
    EXPECT_EQ(words(managers), "the lead agency's Police offender manager");
    EXPECT_EQ(words({Authority::Kind::lead_duty, "chair", {}}), "the lead agency (Police)");
    EXPECT_EQ(roles_of(managers, scene()), std::vector<std::string>{"police.offender_manager"});
    EXPECT_TRUE(roles_of(Authority{Authority::Kind::lead_duty, "chair", {}}, scene()).empty());
}

TEST_F(Authorities, AHatWithoutAnAgencyIsNotTheAgencyThatNothingNames)
{
    const Authority lead{Authority::Kind::lead_agency, {}, {}};
    EXPECT_TRUE(held(lead, police));
    facts.clear();
    EXPECT_FALSE(held(lead, {}));
    EXPECT_FALSE(held(lead, police));
    EXPECT_EQ(words(lead), "the lead agency");
}

TEST_F(Authorities, AFactNamesAnAgency)
{
    facts["holding_agency"] = "prison";
    const Authority holding{Authority::Kind::fact_agency, "holding_agency", {}};
    EXPECT_TRUE(held(holding, {"prison", {}, "prison.omu"}));
    EXPECT_FALSE(held(holding, police));
    EXPECT_EQ(words(holding), "Prison");
    facts["holding_agency"] = "a_service_of_another_agreement";
    EXPECT_EQ(words(holding), "a_service_of_another_agreement") << "its name, where the agreement has no title";
}

TEST_F(Authorities, AFieldNamesAnAgencyInTheRecordAndOtherwiseInTheChange)
{
    const auto field = schema::FieldId{77};
    const Authority named{Authority::Kind::field_agency, "accepting_agency", field};
    EXPECT_FALSE(held(named, police)) << "neither names one";
    EXPECT_EQ(words(named), "the agency named in the record");
    values_there = true;
    EXPECT_FALSE(held(named, police)) << "the change states something else";
    assign(values, field, std::string("police"));
    EXPECT_TRUE(held(named, police));
    record.group_for(schema::GroupId{1});
    assign(record.group_for(schema::GroupId{2}).current.values, field, std::string("probation"));
    EXPECT_FALSE(held(named, police)) << "nobody makes it theirs by the edit itself";
    EXPECT_TRUE(held(named, probation));
    record_there = false;
    EXPECT_TRUE(held(named, police));
}

TEST_F(Authorities, AFieldMayNameARoleAndThenMeansNobodyElseOfItsAgency)
{
    const auto field = schema::FieldId{77};
    const Authority named{Authority::Kind::field_agency, "for_role", field};
    assign(record.group_for(schema::GroupId{2}).current.values, field, std::string("police.offender_manager"));
    EXPECT_TRUE(held(named, police));
    EXPECT_FALSE(held(named, {"police", {}, "police.clerk"}));
    EXPECT_FALSE(held(named, probation));
    EXPECT_EQ(roles_of(named, scene()), std::vector<std::string>{"police.offender_manager"});
    EXPECT_EQ(words(named), "the Police offender manager");
}

TEST_F(Authorities, AnAgencyAndTheAgenciesOnTheCase)
{
    const Authority any{Authority::Kind::case_agencies, {}, {}}, one{Authority::Kind::agency, "police", {}};
    EXPECT_TRUE(held(any, probation));
    EXPECT_FALSE(held(any, {"council", {}, "council.housing"}));
    EXPECT_EQ(words(any), "any agency on the case");
    EXPECT_TRUE(held(one, police));
    EXPECT_FALSE(held(one, probation));
    EXPECT_EQ(words(one), "Police");
    EXPECT_EQ(roles_of(one, scene()), std::vector<std::string>{"police.offender_manager"});
    const Authority role{Authority::Kind::role, "probation.practitioner", {}};
    EXPECT_TRUE(held(role, probation));
    EXPECT_FALSE(held(role, police));
    EXPECT_EQ(words(role), "the Probation practitioner");
    EXPECT_EQ(words({Authority::Kind::role, "council.housing", {}}), "council.housing");
}

TEST_F(Authorities, AConditionHoldsWhenEachPartOfItDoesAndUnsetCountsAsNothing)
{
    const auto field = schema::FieldId{7};
    schema::Match match;
    match.facts["custody"] = {"yes"};
    match.values = {{field, {"high", ""}}};
    EXPECT_FALSE(matches(match, {}, {}));
    EXPECT_FALSE(matches(match, {{"custody", "no"}}, {}));
    EXPECT_TRUE(matches(match, {{"custody", "yes"}}, {})) << "no value is a value that the list names";
    EXPECT_TRUE(matches(match, {{"custody", "yes"}}, {{field, std::string("high")}}));
    EXPECT_FALSE(matches(match, {{"custody", "yes"}}, {{field, std::string("low")}}));
}

TEST_F(Authorities, TheFirstOwnerThatHoldsDecidesAndAGroupWithoutOneIsNobodys)
{
    schema::Group group;
    schema::Match in_custody;
    in_custody.facts["custody"] = {"yes"};
    group.owner = {{in_custody, {Authority::Kind::agency, "prison", {}}}, {{}, {Authority::Kind::agency, "police", {}}}};
    EXPECT_EQ(owner_of(group, {{"custody", "yes"}}, {}).name, "prison");
    EXPECT_EQ(owner_of(group, {}, {}).name, "police");
    group.owner.pop_back();
    EXPECT_EQ(owner_of(group, {}, {}).kind, Authority::Kind::nobody);
}

TEST_F(Authorities, CoversOfCoversStandInAndACircleOfThemEnds)
{
    EXPECT_TRUE(covers(policy, "coordination.coordinator", "police.offender_manager"));
    EXPECT_FALSE(covers(policy, "prison.omu", "police.offender_manager"));
    EXPECT_FALSE(covers(policy, "coordination.coordinator", "council.housing")) << "a role that nobody knows has no cover";
    for (auto& role : policy.roles)
        role.cover = role.agency == "police" ? "probation.practitioner" : "police.offender_manager";
    EXPECT_TRUE(covers(policy, "probation.practitioner", "police.offender_manager"));
    EXPECT_FALSE(covers(policy, "coordination.coordinator", "police.offender_manager"));
    EXPECT_TRUE(covers({Authority::Kind::agency, "police", {}}, "probation.practitioner", scene()));
}

// I10: what is for a role reaches somebody.
class Reach : public Authorities {
protected:
    using Roles = std::vector<std::string>;
    [[nodiscard]] Roles heard_by(const Roles& roles, const Vacant& vacant) const { return reached(policy, roles, vacant); }
    void covered(std::string_view name, std::string_view by)
    {
        for (auto& role : policy.roles)
            if (role.name == name)
                role.cover = by;
    }
};

TEST_F(Reach, ARoleThatSomebodyHoldsHearsItselfAndOnce)
{
    EXPECT_EQ(heard_by({"prison.omu"}, {}), (Roles{"prison.omu"}));
    EXPECT_EQ(heard_by({"prison.omu", "police.offender_manager", "prison.omu"}, {"probation.practitioner"}),
              (Roles{"prison.omu", "police.offender_manager"}));
}

TEST_F(Reach, WhereOneOfSeveralIsThereNoCoverIsAskedForTheOthers)
{
    EXPECT_EQ(heard_by({"prison.omu", "police.offender_manager"}, {"prison.omu"}), (Roles{"police.offender_manager"}));
}

TEST_F(Reach, TheNearestCoverThatIsHeldHearsForEach)
{
    covered("prison.omu", "probation.practitioner");
    EXPECT_EQ(heard_by({"prison.omu"}, {"prison.omu"}), (Roles{"probation.practitioner"}));
    EXPECT_EQ(heard_by({"prison.omu"}, {"prison.omu", "probation.practitioner"}), (Roles{"coordination.coordinator"}));
    EXPECT_EQ(heard_by({"prison.omu", "police.offender_manager"}, {"prison.omu", "police.offender_manager"}),
              (Roles{"probation.practitioner", "coordination.coordinator"}));
    EXPECT_EQ(heard_by({"prison.omu", "probation.practitioner"}, {"prison.omu", "probation.practitioner"}),
              (Roles{"coordination.coordinator"})) << "once";
}

TEST_F(Reach, WithoutAnybodyAndForARoleThatIsNoneTheUnitHears)
{
    EXPECT_EQ(heard_by({"prison.omu"}, {"prison.omu", "coordination.coordinator"}), (Roles{"coordination.coordinator"}));
    EXPECT_EQ(heard_by({"council.housing"}, {}), (Roles{"coordination.coordinator"}));
    EXPECT_EQ(heard_by({}, {}), (Roles{"coordination.coordinator"}));
}

// An agreement with such a ring does not compile; a program that is asked all the same ends.
TEST_F(Reach, RolesThatCoverEachOtherReachTheUnit)
{
    covered("prison.omu", "probation.practitioner");
    covered("probation.practitioner", "prison.omu");
    EXPECT_EQ(heard_by({"prison.omu"}, {"prison.omu", "probation.practitioner"}), (Roles{"coordination.coordinator"}));
}

}  // namespace
}  // namespace satchel::test
