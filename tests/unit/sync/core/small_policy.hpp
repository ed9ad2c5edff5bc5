// The small agreement, compiled.
#pragma once

#include "tests/unit/schema/policy/compiled.hpp"
#include "tests/unit/sync/core/small_policy_text.hpp"

namespace satchel::test {

inline const schema::Policy& small_policy()
{
    static const auto policy = compiled({{"small.toml", small_policy_text}});
    return policy;
}

// A copy in which a part says something else.
template <class Change>
schema::Policy small_policy_with(Change change)
{
    auto policy = small_policy();
    change(policy);
    return policy;
}

inline schema::RecordType& type_in(schema::Policy& policy, std::string_view name)
{
    for (auto& type : policy.types)
        if (type.name == name)
            return type;
    std::abort();
}

inline schema::Group& group_in(schema::Policy& policy, std::string_view type, std::string_view name)
{
    for (auto& group : type_in(policy, type).groups)
        if (group.name == name)
            return group;
    std::abort();
}

}  // namespace satchel::test
