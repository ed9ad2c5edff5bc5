// "Did you mean": the known name nearest to one that somebody mistyped.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace satchel {

// The candidate with the fewest single-letter slips (insert, delete, replace, swap), if they are few enough to be a
// slip: at most one in three letters. Empty when nothing is near. Inputs longer than 64 bytes have no near name.
std::string nearest(std::string_view typed, std::span<const std::string> known);

// "; did you mean \"level\"?" or nothing: to be put behind an error message.
std::string did_you_mean(std::string_view typed, std::span<const std::string> known);

}  // namespace satchel
