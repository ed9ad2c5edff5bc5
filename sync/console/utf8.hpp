// Text as a terminal shows it: valid, free of control characters, with a width. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace satchel::console {

// The text with every byte that is not part of a well-formed character replaced by U+FFFD.
std::string valid_utf8(std::string_view text);
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

// The same, and control characters (newline and tab kept, if `lines`) and marks that turn the reading direction become
// U+FFFD: what somebody typed into a record can neither move the cursor nor pass for another text.
std::string printable(std::string_view text, bool lines = false);

// Columns that valid text takes up on a terminal: 0 for combining marks, 2 for wide characters.
[[nodiscard]] std::size_t columns(std::string_view text) noexcept;

// Breaks text at spaces, and inside words that are longer than `width`. At least one line; `width` at least 1.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace satchel::console
