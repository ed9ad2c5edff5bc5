#include "schema/policy/toml_text.hpp"

#include <algorithm>

#include "schema/policy/compile.hpp"

namespace satchel::schema::declaration {
namespace {

bool beyond_ascii(char c) noexcept { return static_cast<unsigned char>(c) >= 0x80; }

// Goes through the text as a parser does that stops at the first mistake: what comes after one does not matter.
class Scan {
public:
    explicit Scan(std::string_view text) : text_(text) {}

    std::optional<TextProblem> run()
    {
        std::size_t parts = 1;  // of the dotted key that may be here
        while (at_ < text_.size() && !problem_) {
            const char c = text_[at_];
            if (c == '"' || c == '\'') {
                if (at_ > 0 && std::string_view(" \t\r\n=,.[{").find(text_[at_ - 1]) == std::string_view::npos)
                    report("a quote stands where no text can begin");
                string(c);
            } else if (c == '#')
                at_ = std::min(text_.find('\n', at_), text_.size());
            else {
                if (beyond_ascii(c))
                    report("outside quotes and comments there are letters a-z, digits and signs only");
                if (c == '.' && ++parts > policy_nesting_max)
                    report(nested_too_deep());
                if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos)
                    parts = 1;
                ++at_;
            }
        }
        return problem_;
    }

private:
    void report(std::string reason)
    {
        const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
        problem_ = {static_cast<std::uint32_t>(line), std::move(reason)};
    }

    void string(char quote)
    {
        const std::string three(3, quote);
        const bool lines = text_.substr(at_, 3) == three;
        at_ += lines ? 3 : 1;
        while (at_ < text_.size() && !problem_) {
            if (text_[at_] == '\\' && quote == '"')
                escape();
            else if (lines && text_.substr(at_, 3) == three) {
                for (at_ += 3; at_ < text_.size() && text_[at_] == quote;)  // up to two may belong to the content
                    ++at_;
                return;
            } else if (!lines && (text_[at_] == quote || text_[at_] == '\n')) {
                ++at_;
                return;
            } else
                ++at_;
        }
    }

    // A backslash, what it stands before, and blank space when that is what it takes away.
    void escape()
    {
        ++at_;
        const auto next = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
        if (next < text_.size() && beyond_ascii(text_[next]))
            report("a backslash stands before a letter a-z, a quote or a line that begins with one");
        at_ = next > at_ ? next : at_ + 1;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::optional<TextProblem> problem_;
};

}  // namespace

std::optional<TextProblem> text_problem(std::string_view text) { return Scan(text).run(); }

std::string nested_too_deep() { return "tables are nested more than " + std::to_string(policy_nesting_max) + " deep"; }

}  // namespace satchel::schema::declaration
