// The small agreement, compiled.
#pragma once

#include <gtest/gtest.h>

#include "schema/policy/compile.hpp"
#include "tests/unit/sync/core/small_policy_text.hpp"

namespace satchel::test {

inline const schema::Policy& small_policy()
{
    static const schema::Policy policy = [] {
        const std::vector<schema::SourceFile> files{{"small.toml", small_policy_text}};
        auto outcome = schema::compile(files);
        for (const auto& problem : outcome.problems)
            ADD_FAILURE() << to_string(problem);
        if (!outcome.policy)
            std::abort();
        return *std::move(outcome.policy);
    }();
    return policy;
}

}  // namespace satchel::test
