// Which agencies take part in a case: always, or by invitation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "schema/policy/embedded.hpp"
#include "bench.hpp"
#include "small_policy.hpp"
#include "sync/core/audience.hpp"
#include "sync/core/authority.hpp"
#include "tests/data/first_bundle.hpp"

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

const schema::Policy& embedded()
{
    static const auto policy = [] {
        auto outcome = schema::compile(schema::embedded_bundle());
        SATCHEL_CHECK(outcome.policy.has_value());
        return *std::move(outcome.policy);
    }();
    return policy;
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

// Nobody reads more of a case by accident because the agreement declares more agencies.
TEST(Participation, OfWhatTheFirstBundleHeldAnInvitedAgencySeesOnlyWhatItIsNamedForUnlessItLeads)
{
    // What the agreement gives on purpose to agencies that do not lead: the part, and to whom.
    const std::map<std::string, std::string> on_purpose{
        // Who leads, for those who supervised, look after or decide beside the lead (2.3, 23.15, 25.8, 26.24).
        {"supervision.period", "children_services, health, immigration, mhcs, yot"},
        // What a former lead wrote late waits for the new one, instead of being of no record (23.30, 26.71).
        {"category_decision.category", "health, yot"},
        {"level_decision.decision", "health, yot"},
        {"area.area", "health, yot"},
        // A clinician whose patient is on licence contributes to probation's plan (26.17).
        {"rmp.supervision", "health"},
        {"rmp.monitoring", "health"},
        {"rmp.interventions", "health"},
        {"rmp.contingency", "health"}};

    const auto& policy = embedded();
    std::map<std::string, std::string> widened;
    std::size_t looked_at = 0;
    for (const auto& type : first_bundle().types)
        for (const auto& group : type.groups) {
            const auto& now = *policy.type(type.name)->group(group.name);
            std::set<std::string> reading;
            std::size_t invited = 0;
            for (const auto& agency : policy.agencies) {
                if (!agency.by_invitation)
                    continue;
                ++invited;
                for (const auto& role : policy.roles) {
                    if (role.agency != agency.name)
                        continue;
                    const Viewer viewer{{}, {{role.agency, "team", role.name}}};
                    for (const auto& clause : now.audience.clauses) {  // as each value of the field that chooses it would have it
                        RecordState record;
                        record.type = type.id;
                        record.created = {{}, {}, "police", "police.offender_manager"};
                        if (now.audience.by)
                            assign(record.group_for(group.id).current.values, *now.audience.by, clause.value);
                        const auto sees = [&](const Facts& facts) {
                            return may_see(policy, *policy.type(type.name), now, &record, facts, viewer);
                        };
                        ++looked_at;
                        if (sees(police_lead) || sees({}))
                            reading.insert(agency.name);
                        const bool lead_reads = std::any_of(clause.who.begin(), clause.who.end(), [](const Authority& who) {
                            return who == case_agencies || who == Authority{Authority::Kind::lead_agency, {}, {}};
                        });
                        EXPECT_TRUE(!lead_reads || sees({{"lead_agency", agency.name}}))
                            << role.name << " " << type.name << "." << group.name;
                    }
                }
            }
            std::string names = reading.size() == invited ? "every agency" : "";
            if (names.empty())
                for (const auto& name : reading)
                    names += (names.empty() ? "" : ", ") + name;
            if (!names.empty())
                widened[type.name + "." + group.name] = names;
        }
    EXPECT_THAT(widened, testing::ContainerEq(on_purpose));
    EXPECT_GT(looked_at, 1000u);
}

// Whoever took part in every case under the first bundle does so under the one in force.
TEST(Participation, WhoeverTookPartInEveryCaseStillDoes)
{
    for (const auto& agency : first_bundle().agencies)
        EXPECT_FALSE(embedded().agency(agency.name)->by_invitation) << agency.name;
}

TEST(Participation, AnActionIsSeenByTheAgencyThatIsAskedForIt)
{
    const auto& policy = embedded();
    const auto& type = *policy.type("action");
    const auto* task = type.group("task");
    const auto* accepting = task->field("accepting_agency");
    RecordState record;
    record.type = type.id;
    record.created = {{}, {}, "probation", "probation.practitioner"};
    assign(record.group_for(task->id).current.values, accepting->id, std::string("housing"));
    const auto sees = [&](const std::string& agency, const std::string& role) {
        return may_see(policy, type, *type.group("progress"), &record, police_lead, Viewer{{}, {{agency, "team", role}}});
    };
    EXPECT_TRUE(sees("housing", "housing.officer"));
    EXPECT_FALSE(sees("jobcentre", "jobcentre.officer"));
    EXPECT_TRUE(sees("prison", "prison.omu"));
}

// Roles are on the case, not people (IN-25): a task is for the role that it names, and is due for nobody else.
TEST(Participation, ATaskIsForTheRoleThatItNamesAlsoOfAnInvitedAgency)
{
    CaseBench bench(embedded());
    const auto task = bench.save("probation.practitioner", {{bench.creates("case_task", "task",
        {{"task_text", "Ring the landlord"}, {"for_role", "housing.officer"}, {"task_due", "2026-08-03"}})}});
    ASSERT_EQ(task.ruling().outcome, Outcome::applied);
    const auto open = bench.open_tasks("housing.officer");
    ASSERT_EQ(open.size(), 2u) << "that it is theirs, and when it is due";
    EXPECT_EQ(std::max(open[0].due, open[1].due), parse_date("2026-08-03").value());
    EXPECT_EQ(bench.open_tasks().size(), 2u) << "nobody else has one";
    EXPECT_TRUE(visible_part(bench.state(), embedded(), {{}, {{"housing", "", "housing.officer"}}}).tasks.size() == 2);
    EXPECT_TRUE(visible_part(bench.state(), embedded(), {{}, {{"jobcentre", "", "jobcentre.officer"}}}).tasks.empty());
    bench.save("probation.practitioner", {{bench.edits(task.record(), "case_task", "task",
        {{"task_text", "Ring the landlord"}, {"for_role", "jobcentre.officer"}, {"task_due", "2026-08-03"}})}});
    EXPECT_TRUE(bench.open_tasks("housing.officer").empty());
    EXPECT_EQ(bench.open_tasks("jobcentre.officer").size(), 2u);
}

}  // namespace satchel::test
