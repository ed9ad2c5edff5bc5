// An agreement that a test is about something else with: it compiles, or the test says why not and ends.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "schema/policy/compile.hpp"

namespace satchel::test {

inline schema::Policy compiled(const std::vector<schema::SourceFile>& files)
{
    auto outcome = schema::compile(files);
    for (const auto& problem : outcome.problems)
        ADD_FAILURE() << to_string(problem);
    if (!outcome.policy)
        std::abort();
    return *std::move(outcome.policy);
}

}  // namespace satchel::test
