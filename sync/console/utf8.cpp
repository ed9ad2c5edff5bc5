#include "sync/console/utf8.hpp"

#include <cstdint>

namespace satchel::console {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

struct Letter {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

// The character at the front of text, which is not empty. An invalid one takes one byte.
Letter front(std::string_view text) noexcept
{
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto lead = at(0);
    if (lead < 0x80)
        return {lead, 1, true};
    const std::size_t length = lead >= 0xf0 && lead <= 0xf4   ? 4
                               : lead >= 0xe0 && lead <= 0xef ? 3
                               : lead >= 0xc2 && lead <= 0xdf ? 2
                                                              : 0;
    if (length == 0 || text.size() < length)
        return {};
    std::uint32_t code = lead & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xc0) != 0x80)
            return {};
        code = code << 6 | (at(i) & 0x3fu);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return {};
    return {code, length, true};
}

struct Range {
    std::uint32_t first, last;
};
constexpr Range zero_width[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},   {0x900, 0x902},
    {0x93c, 0x93c},   {0x941, 0x948},   {0xe31, 0xe31},   {0xe34, 0xe3a},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};
constexpr Range two_wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},  {0xac00, 0xd7a3},
                              {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6},
                              {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
// Marks that turn the reading direction: text could be made to read as another.
constexpr Range turning[] = {{0x202a, 0x202e}, {0x2066, 0x2069}, {0x200e, 0x200f}, {0x61c, 0x61c}};

template <std::size_t n>
bool within(const Range (&ranges)[n], std::uint32_t code) noexcept
{
    for (const auto& range : ranges)
        if (code >= range.first && code <= range.last)
            return true;
    return false;
}

std::size_t width_of(std::uint32_t code) noexcept
{
    if (code < 0x300)
        return 1;
    return within(zero_width, code) ? 0 : within(two_wide, code) ? 2 : 1;
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept
{
    while (!text.empty()) {
        const auto letter = front(text);
        if (!letter.valid)
            return false;
        text.remove_prefix(letter.bytes);
    }
    return true;
}

std::string valid_utf8(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto letter = front(text);
        out += letter.valid ? text.substr(0, letter.bytes) : replacement;
        text.remove_prefix(letter.bytes);
    }
    return out;
}

std::string printable(std::string_view text, bool lines)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto letter = front(text);
        const bool control = letter.code < 0x20 || (letter.code >= 0x7f && letter.code < 0xa0);
        const bool kept = letter.valid && !within(turning, letter.code) &&
                          (!control || (lines && (letter.code == '\n' || letter.code == '\t')));
        out += kept ? text.substr(0, letter.bytes) : replacement;
        text.remove_prefix(letter.bytes);
    }
    return out;
}

std::size_t columns(std::string_view text) noexcept
{
    std::size_t total = 0;
    while (!text.empty()) {
        const auto letter = front(text);
        total += width_of(letter.code);
        text.remove_prefix(letter.bytes);
    }
    return total;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width)
{
    std::vector<std::string> lines{""};
    std::size_t used = 0;
    const auto put = [&](std::string_view word) {
        auto room = columns(word);
        if (used != 0 && used + 1 + room <= width) {
            lines.back() += ' ';
            lines.back() += word;
            used += 1 + room;
            return;
        }
        if (used != 0) {
            lines.emplace_back();
            used = 0;
        }
        while (!word.empty()) {  // letter by letter: a long word is broken where the line is full
            const auto letter = front(word);
            if (used != 0 && used + width_of(letter.code) > width) {
                lines.emplace_back();
                used = 0;
            }
            lines.back() += word.substr(0, letter.bytes);
            used += width_of(letter.code);
            word.remove_prefix(letter.bytes);
        }
    };
    while (!text.empty()) {
        const auto end = text.find_first_of(" \n");
        const auto word = text.substr(0, end);
        if (!word.empty())
            put(word);
        if (end == std::string_view::npos)
            break;
        if (text[end] == '\n') {
            lines.emplace_back();
            used = 0;
        }
        text.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace satchel::console
