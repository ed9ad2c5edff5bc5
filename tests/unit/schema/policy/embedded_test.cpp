#include "schema/policy/embedded.hpp"

#include <gtest/gtest.h>

using namespace satchel::schema;

TEST(EmbeddedBundle, CompilesWithoutAProblem)
{
    const auto outcome = compile(embedded_bundle());
    for (const auto& problem : outcome.problems)
        ADD_FAILURE() << to_string(problem);
    ASSERT_TRUE(outcome.policy.has_value());
    EXPECT_GE(outcome.policy->version, 1u);
}
