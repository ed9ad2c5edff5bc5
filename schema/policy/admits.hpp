// Whether everybody an authority can stand for is among the readers of an audience: judged on the policy alone, for
// every case that there can be. Internal to the policy compiler.
#pragma once

#include <span>

#include "schema/policy/policy.hpp"

namespace satchel::schema::declaration {

[[nodiscard]] bool admits(const Policy& policy, const RecordType& type, std::span<const Authority> readers,
                          const Authority& who);

}  // namespace satchel::schema::declaration
