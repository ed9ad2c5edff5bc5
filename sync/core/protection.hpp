// Which of two values protects more, as a group's safe side declares it. Pure.
#pragma once

#include "schema/policy/policy.hpp"
#include "sync/core/state.hpp"

namespace satchel::sync {

enum class Protects : std::uint8_t { less, same, more };

// How `value` compares with `other` on the group's safe side; `same` when the group declares none or either value is
// missing its field. A value against nothing is `more`.
[[nodiscard]] Protects more_protective(const schema::Group& group, const schema::FieldValues& value,
                                       const schema::FieldValues& other);

// Do these values protect at all: more than the weakest choice, or than another value than the safe one?
[[nodiscard]] bool protects(const schema::Group& group, const schema::FieldValues& values);

// The values that readers act on: the safest of the confirmed value and the sides that stand in open conflicts.
[[nodiscard]] const schema::FieldValues& shown_values(const schema::Group& group, const GroupState& state);

// The most protective value anybody holds of the group: confirmed, suggested or in conflict. Safety prompts follow
// it (G-11-12); it never becomes the recorded value or a statistic.
[[nodiscard]] const schema::FieldValues& prompting_values(const schema::Group& group, const GroupState& state);

// Do both say the same? What one leaves out, the other must not say either: a change states its whole part.
[[nodiscard]] bool same_values(const schema::FieldValues& a, const schema::FieldValues& b);

}  // namespace satchel::sync
