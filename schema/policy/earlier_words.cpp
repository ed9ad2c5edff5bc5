#include "schema/policy/earlier_words.hpp"

#include <algorithm>
#include <array>

namespace satchel::schema {
namespace {

// How many bytes of what parts words stand at the beginning: blanks, underscores, and what typists and word processors write as a dash.
std::size_t parting(std::string_view text)
{
    constexpr std::array<std::string_view, 10> all{" ",      "_",      "-",      "\u00a0", "\u2010",
                                                   "\u2011", "\u2012", "\u2013", "\u2014", "\u2212"};
    const auto at = std::find_if(all.begin(), all.end(), [&](std::string_view one) { return text.starts_with(one); });
    return at == all.end() ? 0 : at->size();
}

}  // namespace

std::string same_word(std::string_view text)
{
    std::string out;
    bool parted = false;
    while (!text.empty()) {
        if (const auto bytes = parting(text)) {
            parted = true;
            text.remove_prefix(bytes);
            continue;
        }
        if (parted && !out.empty())
            out += ' ';
        parted = false;
        const char c = text.front();
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        text.remove_prefix(1);
    }
    return out;
}

bool is_role_of(std::string_view role, std::string_view agency) noexcept
{
    return role.size() > agency.size() && role.starts_with(agency) && role[agency.size()] == '.';
}

const EarlierWord* EarlierWords::find(std::string_view in, std::string_view written_word, std::string_view agency) const
{
    if (written_word.size() > earlier_word_bytes_max)
        return nullptr;
    const auto spelled = same_word(written_word);
    const EarlierWord* found = nullptr;
    for (const auto& one : words) {
        if (one.in != in || same_word(one.word) != spelled || (!agency.empty() && !is_role_of(one.means, agency)))
            continue;
        if (found)
            return nullptr;
        found = &one;
    }
    return found;
}

}  // namespace satchel::schema
