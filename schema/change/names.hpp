// The words by which histories print what was done and how it is known. They are for people and scripts: never read back.
#pragma once

#include "schema/change/change.hpp"

namespace satchel::schema {

[[nodiscard]] std::string_view name(Op op) noexcept;
[[nodiscard]] std::string_view name(Resolution how) noexcept;  // "" where nothing was decided between versions
[[nodiscard]] std::string name(Basis basis, const std::string& source);  // "verified:SOURCE"; "" when nobody said

}  // namespace satchel::schema
