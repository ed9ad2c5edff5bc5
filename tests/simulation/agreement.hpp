// The agreement that simulated people work under, and what it means: written down a second time, as plain tables, by which
// the checks judge what the engine made of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace satchel::simulation {

inline constexpr std::uint32_t first_agreement = 7;
// An agency that every later agreement has.
inline constexpr std::string_view joining_agency = "harbour";

// As its file would be. Each version says something else of addresses and of intelligence than the one before it.
[[nodiscard]] std::string agreement_text(std::uint32_t version);

// Whose word decides: the name of an agency or of a role, "lead", "supplier" or "any".
[[nodiscard]] std::string_view owner_of(std::string_view type, std::string_view group, std::uint32_t version);
// Whether people of this agency may see a group. `sharing`: what an intelligence item says of itself; empty: nothing.
[[nodiscard]] bool sees(std::string_view agency, std::string_view type, std::string_view group,
                        std::string_view sharing, std::uint32_t version);
// Within so many months of a level 1 review the next one is to be held, by whoever leads then.
[[nodiscard]] unsigned review_months(std::uint32_t version);
// Groups that stay with their author's device.
[[nodiscard]] bool stays_with_author(std::string_view type, std::string_view group);

}  // namespace satchel::simulation
