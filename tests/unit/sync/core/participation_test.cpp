// Which agencies take part in a case: always, or by invitation.
#include <gtest/gtest.h>

#include "small_policy.hpp"
#include "sync/core/audience.hpp"
#include "sync/core/authority.hpp"

namespace satchel::test {
namespace {

using namespace satchel::sync;
using schema::Authority;

const Authority case_agencies{Authority::Kind::case_agencies, {}, {}};
const Authority every_agency{Authority::Kind::every_agency, {}, {}};
const Facts police_lead{{"lead_agency", "police"}}, health_leads{{"lead_agency", "health"}};
const schema::Hat police{"police", "east", "police.offender_manager"};
const schema::Hat health{"health", "ward", "health.care_coordinator"};

schema::Policy with_health_by_invitation()
{
    return small_policy_with([](schema::Policy& policy) {
        policy.agencies.push_back({"health", "Health", /*by_invitation=*/true});
        policy.roles.push_back({"health.care_coordinator", "Care co-ordinator", "health", {"case_manager"},
                                "coordination.coordinator"});
    });
}

}  // namespace

TEST(Participation, AnInvitedAgencyIsNotOnTheCaseUnlessItLeads)
{
    const auto policy = with_health_by_invitation();
    const auto on_the_case = [&](const schema::Hat& hat, const Facts& facts) {
        return holds(case_agencies, hat, {}, {policy, facts});
    };
    EXPECT_FALSE(on_the_case(health, police_lead));
    EXPECT_FALSE(on_the_case(health, {})) << "nobody leads yet";
    EXPECT_TRUE(on_the_case(health, health_leads));
    EXPECT_TRUE(on_the_case(police, health_leads)) << "who always takes part does so whoever leads";
    EXPECT_TRUE(on_the_case(police, {}));
}

TEST(Participation, EveryAgencyIsAnyThatTheAgreementDeclares)
{
    const auto policy = with_health_by_invitation();
    EXPECT_TRUE(holds(every_agency, health, {}, {policy, police_lead}));
    EXPECT_TRUE(holds(every_agency, police, {}, {policy, police_lead}));
    EXPECT_FALSE(holds(every_agency, {"council", {}, "council.housing"}, {}, {policy, police_lead}));
    EXPECT_EQ(in_words(every_agency, {policy, police_lead}), "any agency");
    EXPECT_EQ(in_words(case_agencies, {policy, police_lead}), "any agency on the case");
}

// Devices would keep what they should forget if the hub did not look at their view again.
TEST(Participation, WhoSeesTheCaseDependsOnTheLeadOnceAnAgencyTakesPartByInvitation)
{
    const auto only_case_agencies = [](schema::Policy policy) {
        for (auto& type : policy.types)
            for (auto& group : type.groups)
                group.audience = {{}, {{"", {case_agencies}}}};
        return policy;
    };
    EXPECT_FALSE(audience_depends_on_fact(only_case_agencies(small_policy()), "lead_agency"));
    EXPECT_TRUE(audience_depends_on_fact(only_case_agencies(with_health_by_invitation()), "lead_agency"));
    EXPECT_FALSE(audience_depends_on_fact(only_case_agencies(with_health_by_invitation()), "category"));
}

}  // namespace satchel::test
