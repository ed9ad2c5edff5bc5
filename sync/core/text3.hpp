// Three-way merge of plain descriptive text, line by line. Pure.
//
// Allowed only where the policy says text3, which its compiler refuses on risk, plan, minutes, disclosure, victim
// and intelligence text: there a merged sentence that nobody wrote would be dangerous.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/value/value.hpp"

namespace satchel::sync {

// The text with both edits, or nothing when they touch the same or neighbouring lines.
std::optional<std::string> merge_text(std::string_view base, std::string_view ours, std::string_view theirs);

// The same over every field of a group: fields that are not text must have changed on one side only.
std::optional<schema::FieldValues> merge_text_values(const schema::FieldValues& base,
                                                     const schema::FieldValues& ours,
                                                     const schema::FieldValues& theirs);

}  // namespace satchel::sync
