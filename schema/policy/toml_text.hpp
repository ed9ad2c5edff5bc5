// What is asked of the text of a policy file before toml++ 3.3 sees it, which does not bear everything. Internal to the
// policy compiler.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace satchel::schema::declaration {

struct TextProblem {
    std::uint32_t line = 0;
    std::string reason;
};

// - A dotted key may have any number of parts there, and a file within its bounds can be one key whose tables are too deep
//   to be released again: it overran the stack.
// - A character beyond ASCII where blank space may stand leads to code that it promises the compiler never to reach. TOML
//   has no such character outside strings and comments, but for one after a backslash at the end of a line. What it takes
//   for the rest of a number must therefore not look like a string here.
std::optional<TextProblem> text_problem(std::string_view text);

[[nodiscard]] std::string nested_too_deep();

}  // namespace satchel::schema::declaration
