// How a decision on what waits is judged: who may take it, on what they saw, and whether it takes two people. Inside
// reconcile only.
#pragma once

#include "sync/core/judging.hpp"

namespace satchel::sync::judging {

[[nodiscard]] Ruling resolve_ruling(const Bench& b);

}  // namespace satchel::sync::judging
