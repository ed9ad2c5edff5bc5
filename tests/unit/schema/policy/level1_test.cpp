// What the agreement says of Level 1, of visits, arrests and victims: whose each part is, who reads it, which clocks run.
// The rows are those of the Level 1 framework.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "schema/policy/embedded.hpp"

using namespace satchel::schema;

namespace {

const Policy& agreement()
{
    static const Policy policy = [] {
        auto outcome = compile(embedded_bundle());
        return outcome.policy ? *std::move(outcome.policy) : Policy{};
    }();
    return policy;
}

const Group& group_of(std::string_view type, std::string_view group)
{
    static const Group none{};
    const auto* t = agreement().type(type);
    const auto* g = t ? t->group(group) : nullptr;
    if (!g)
        ADD_FAILURE() << "no group " << type << "." << group;
    return g ? *g : none;
}

std::string readers(const Group& group, std::string_view when)
{
    std::string out;
    for (const auto& clause : group.audience.clauses)
        if (clause.value == when)
            for (const auto& who : clause.who)
                out += (out.empty() ? "" : ", ") + to_string(who);
    return out;
}

}  // namespace

TEST(Level1Agreement, EachPartBelongsToItsOwner)
{
    struct Row {
        const char* type;
        const char* group;
        const char* owner;
    };
    for (const auto& row : std::vector<Row>{
             {"screening", "screening", "lead_agency"},                           // L1-160
             {"screening", "endorsement", "lead_agency/line_manager"},            // L1-14
             {"level1_review", "review", "lead_agency"},                          // L1-163
             {"level1_review", "endorsement", "lead_agency/line_manager"},        // L1-155
             {"review_sheet", "plan", "lead_agency"},                             // L1-163
             {"information_request", "request", "supplier"},                      // L1-54
             {"information_request", "answer", "field:asked_agency"},             // L1-164
             {"registration", "register", "lead_agency"},                         // L1-241
             {"registration", "shared_copy", "role:coordination.administrator"},  // L1-17
             {"system_copy", "copy", "role:coordination.administrator"},          // L1-17
             {"custody_plan", "plan", "fact:custody_responsible"},                // L1-153
             {"unit_transfer", "acceptance", "role:probation.spo"},               // L1-189
             {"source_alert", "mapping", "role:coordination.coordinator"},        // IN-103
             {"match_candidate", "decision", "role:coordination.coordinator"},    // L1-269
             {"child_contact", "observed", "supplier"},                           // L1-264
             {"child_contact", "position", "lead_agency"},                        // L1-162
             {"arrest", "circumstances", "supplier"},                             // L1-168
             {"victim_safety_item", "item", "supplier"},                          // SYN-9
             {"victim_request", "request", "role:probation.victim_liaison"}}) {   // L1-166
        const auto& group = group_of(row.type, row.group);
        ASSERT_FALSE(group.owner.empty()) << row.type << "." << row.group;
        EXPECT_EQ(to_string(group.owner.back().is), row.owner) << row.type << "." << row.group;
    }
}

TEST(Level1Agreement, EveryItemOfThePromptSheetHasItsPlace)
{
    std::set<std::string> cited;
    for (const auto* type : {"level1_review", "review_sheet"})
        for (const auto& group : agreement().type(type)->groups)
            cited.insert(group.refs.begin(), group.refs.end());
    for (int item = 57; item <= 84; ++item)
        EXPECT_TRUE(cited.contains("L1-" + std::to_string(item))) << item;
}

TEST(Level1Agreement, AReviewNamesOneOfTheElevenTriggersOrAnother)
{
    const auto* trigger = group_of("level1_review", "review").field("review_trigger");
    ASSERT_NE(trigger, nullptr);
    EXPECT_EQ(trigger->choices.size(), 12u);
    EXPECT_EQ(trigger->choices.front(), "six_months");
    EXPECT_EQ(trigger->choices.back(), "other");
}

TEST(Level1Agreement, AScreeningMaySayThatTheLevelIsNotYetSet)
{
    const auto& screening = group_of("screening", "screening");
    ASSERT_NE(screening.field("screened_level"), nullptr);
    EXPECT_EQ(screening.field("screened_level")->choices, (std::vector<std::string>{"not_yet_set", "1", "2", "3"}));
    EXPECT_EQ(screening.reasoned_by, field_id("screening", "screening", "screening_rationale"));
}

TEST(Level1Agreement, ACopyIsVoidWhenItsSourceChanges)
{
    EXPECT_EQ(group_of("registration", "shared_copy").binds_to, group_id("registration", "register"));
    EXPECT_EQ(group_of("system_copy", "copy").binds_to, group_id("system_copy", "source"));
    EXPECT_EQ(group_of("level1_review", "endorsement").binds_to, group_id("level1_review", "review"));
}

TEST(Level1Agreement, EachClockOfTheFrameworkIsSomebodys)
{
    std::map<std::string, std::string> roles;
    for (const auto& deadline : agreement().deadlines)
        roles[deadline.id] = deadline.role;
    EXPECT_EQ(roles["register-nominal"], "probation.court_officer");                 // L1-175
    EXPECT_EQ(roles["level-before-release"], "lead_agency/case_manager");            // L1-178
    EXPECT_EQ(roles["level-missing-at-six-months"], "prison.omu");                   // L1-180
    EXPECT_EQ(roles["prison-answers-level"], "prison.omu");                          // L1-182
    EXPECT_EQ(roles["level-before-hearing"], "lead_agency/case_manager");            // L1-183
    EXPECT_EQ(roles["progression-panel"], "lead_agency/case_manager");               // L1-184
    EXPECT_EQ(roles["level1-review"], "lead_agency/case_manager");                   // L1-185
    EXPECT_EQ(roles["handover-before-parole"], "prison.omu");                        // L1-186
    EXPECT_EQ(roles["community-manager-before-release"], "probation.spo");           // L1-187
    EXPECT_EQ(roles["oversight-discussion"], "lead_agency/line_manager");            // L1-198
}

// SYN-9: what keeps a victim safe is read by nobody unless its supplier shares it.
TEST(Level1Agreement, AVictimsSafetyIsItsSuppliersAloneUnlessShared)
{
    const auto& item = group_of("victim_safety_item", "item");
    EXPECT_EQ(group_of("victim_safety_item", "sharing").field("item_sharing")->initial, "supplier_only");
    EXPECT_EQ(item.audience.clauses.front().value, "supplier_only");
    EXPECT_EQ(readers(item, "supplier_only"), "supplier");
    EXPECT_EQ(readers(item, "safety_planners").find("prison"), std::string::npos);
    EXPECT_EQ(group_of("victim_request", "sharing").field("request_sharing")->initial, "supplier_only");
    EXPECT_EQ(readers(group_of("victim_request", "request"), "supplier_only"), "role:probation.victim_liaison");
}

// Merging is for descriptions: of all that is said here on risk, plans and victims nothing is merged as text.
TEST(Level1Agreement, NothingOnRiskIsMergedAsText)
{
    for (const auto* type : {"screening", "level1_review", "review_sheet", "risk_factor", "child_contact", "custody_plan",
                             "victim_safety_item", "victim_request", "device_check", "safety_note"})
        for (const auto& group : agreement().type(type)->groups)
            EXPECT_NE(group.merge, Merge::text3) << type << "." << group.name;
}
