// Names of rules that do more than explain a ruling: the state is folded by them. No agreement may call a rule of its own
// by one of these.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace satchel::schema::rule_names {

inline constexpr std::string_view edited_while_withdrawn = "edited-while-withdrawn";
inline constexpr std::string_view protection_counts = "protection-counts-at-once";
inline constexpr std::string_view same_value = "same-value";
inline constexpr std::string_view text_merged = "text-merged";
inline constexpr std::string_view withdraw = "withdraw";

inline constexpr std::array folded_by{edited_while_withdrawn, protection_counts, same_value, text_merged, withdraw};

[[nodiscard]] constexpr bool is_folded_by(std::string_view rule) noexcept
{
    return std::ranges::find(folded_by, rule) != folded_by.end();
}

// In rulings, effects and stored states: a longer one would not decode again.
inline constexpr std::size_t bytes_max = 256;

}  // namespace satchel::schema::rule_names
