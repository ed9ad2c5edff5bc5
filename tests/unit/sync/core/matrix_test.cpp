// The matrix that owners of the agreement read, against the rules that rule: every role, part, action and case state.
//
// The states are made here from the declarations, not from the matrix: every value that a rule names for a fact or a
// field, one that none names, and none at all; the role's own agency, another and every one that a rule names as the one
// that leads, holds or is named; the record as the own agency's and as another's, by the author and by somebody else;
// parts filled and empty. Of what gates ask for: each needed field left out, the approval of this version given or not,
// the other records there or not. Where their product is larger than `states_max`, every pair of such choices is met
// instead, the others as they are by default and, for each gate, as they are where it asks.
//
// Roles of one agency that the declarations of a part do not tell apart are alike to it: one of them is taken.
// Not covered: several records that one gate asks for and of which some are there, several elements of a list in another part.
#include <gtest/gtest.h>

#include "schema/policy/embedded.hpp"
#include "tests/unit/schema/policy/compiled.hpp"
#include "tests/unit/sync/core/every_form.hpp"
#include "tests/unit/sync/core/matrix_grid.hpp"
#include "tests/unit/sync/core/small_policy_text.hpp"

namespace satchel::test {
namespace {

Policy embedded()
{
    const auto files = schema::embedded_bundle();
    return compiled({files.begin(), files.end()});
}

Policy small(const std::string& was = {}, const std::string& is = {})
{
    std::string text(small_policy_text);
    if (!was.empty())
        text.replace(text.find(was), was.size(), is);
    return compiled({{"small.toml", text}});
}

TEST(Matrix, WhatOwnersReadIsWhatIsRuledForEveryRolePartActionAndState)
{
    const auto policy = embedded();
    const auto whole = grid(policy, policy);
    EXPECT_TRUE(whole.differences.empty()) << in_lines(whole);
    expect_each_gate_met_both_ways(policy, whole);
    EXPECT_GT(whole.states, 50'000u) << "too few states to say so";
    RecordProperty("states", static_cast<int>(whole.states));
}

TEST(Matrix, TheSameHoldsOfAnotherAgreement)
{
    const auto policy = small();
    const auto whole = grid(policy, policy);
    EXPECT_TRUE(whole.differences.empty()) << in_lines(whole);
}

TEST(Matrix, TheSameHoldsOfEveryFormThatTheGrammarHas)
{
    const auto policy = compiled({{"forms.toml", every_form_text}});
    const auto whole = grid(policy, policy);
    EXPECT_TRUE(whole.differences.empty()) << in_lines(whole);
    expect_each_gate_met_both_ways(policy, whole);
    RecordProperty("states", static_cast<int>(whole.states));
}

// The account of an event, for an agency that joins a case by invitation and does not see it.
TEST(Matrix, WhatARoleDoesNotFindIsNotRaisedEither)
{
    const auto policy = embedded();
    const auto& type = *policy.type("disclosure_event");
    const auto& group = *type.group("event");
    const auto& role = *policy.role("yot.worker");
    matrix::Situation situation;
    situation.supplier = true;
    situation.facts["lead_agency"] = "probation";
    situation.filled.insert(group.id);
    for (const auto& rule : type.outside)
        if (rule.ref)
            situation.referred[*rule.ref] = rule.ref_values.front();
    const auto lines = matrix::lines(policy, type, group, role, Action::set);
    EXPECT_EQ(matrix::first(lines, policy, type, role, situation)->rule, "not-found");
    const auto raised = matrix::raised(policy, type, group, role, Action::set);
    EXPECT_EQ(matrix::first(raised, policy, type, role, situation), nullptr);
    situation.facts["lead_agency"] = "yot";
    EXPECT_NE(matrix::first(raised, policy, type, role, situation), nullptr);
}

TEST(Matrix, ADifferenceNamesRoleFieldAndState)
{
    const auto read = small();
    const auto judged = small("owner = \"lead_agency\"", "owner = \"agency:police\"");
    const auto whole = grid(read, judged);
    ASSERT_FALSE(whole.differences.empty());
    EXPECT_NE(whole.differences.front().find("; lead_agency(0)="), std::string::npos) << whole.differences.front();
}

}  // namespace
}  // namespace satchel::test
