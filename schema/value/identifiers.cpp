#include "schema/value/identifiers.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace satchel::schema {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool digits_only(std::string_view text) noexcept
{
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view trimmed(std::string_view text) noexcept
{
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

// Upper case without the separators that people put into identifiers.
std::string squeezed(std::string_view text, std::string_view separators)
{
    std::string out;
    for (const char c : text) {
        if (separators.find(c) != std::string_view::npos)
            continue;
        out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
    return out;
}

std::string padded(std::string_view digits, std::size_t width)
{
    return digits.size() >= width ? std::string(digits) : std::string(width - digits.size(), '0') + std::string(digits);
}

// '9' a digit, 'A' a letter, anything else itself.
bool fits(std::string_view text, std::string_view pattern) noexcept
{
    if (text.size() != pattern.size())
        return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (!(pattern[i] == '9' ? is_digit(text[i]) : pattern[i] == 'A' ? is_letter(text[i]) : text[i] == pattern[i]))
            return false;
    return true;
}

int number(std::string_view digits) noexcept
{
    int out = 0;
    for (const char c : digits)
        out = out * 10 + (c - '0');
    return out;
}

IdentifierCheck wrong(std::string_view typed, std::string reason)
{
    return {std::string(typed), false, std::move(reason)};
}

IdentifierCheck lettered(std::string normalised, std::string_view typed, char letter, char should_be)
{
    if (letter == should_be)
        return {std::move(normalised), true, {}};
    return wrong(typed, std::string("the check letter should be ") + should_be);
}

IdentifierCheck check_crn(std::string_view typed)
{
    auto text = squeezed(typed, " ");
    if (fits(text, "A999999"))
        return {std::move(text), true, {}};
    return wrong(typed, "a CRN is a letter and six digits, as in X123456");
}

IdentifierCheck check_prison_number(std::string_view typed)
{
    auto text = squeezed(typed, " ");
    if (fits(text, "A9999AA"))
        return {std::move(text), true, {}};
    return wrong(typed, "a prison number is a letter, four digits and two letters, as in A1234BC");
}

// YYYY/NNNNNNNC. With a slash the year is what stands before it; without one, twelve characters are the long form
// and fewer the short one.
IdentifierCheck check_pnc(std::string_view typed)
{
    const auto text = squeezed(typed, " ");
    const auto malformed = [&] {
        return wrong(typed, "a PNC is a year, up to seven digits and a check letter, as in 2002/0073319Z");
    };
    const auto slash = text.find('/');
    std::string_view rest = text;
    std::string_view year;
    if (slash != std::string::npos) {
        year = rest.substr(0, slash);
        rest.remove_prefix(slash + 1);
    } else {
        const std::size_t length = text.size() == 12 ? 4 : 2;
        if (text.size() <= length)
            return malformed();
        year = rest.substr(0, length);
        rest.remove_prefix(length);
    }
    if ((year.size() != 2 && year.size() != 4) || !digits_only(year) || rest.size() < 2 || rest.size() > 8)
        return malformed();
    const char letter = rest.back();
    rest.remove_suffix(1);
    if (!digits_only(rest) || !is_letter(letter))
        return malformed();
    int full = number(year);
    if (year.size() == 2)
        full += full < 50 ? 2000 : 1900;
    const auto serial = padded(rest, 7);
    return lettered(padded(std::to_string(full), 4) + "/" + serial + letter, typed, letter,
                    check_letter(full % 100, serial));
}

// NNNNNN/YYC, or SFYY/N..C for a file, whose serial is never padded.
IdentifierCheck check_cro(std::string_view typed)
{
    const auto text = squeezed(typed, " ");
    const auto malformed = [&] {
        return wrong(typed, "a CRO is up to six digits, a year and a check letter, as in 065656/91H, or SF83/50058Z");
    };
    const auto slash = text.find('/');
    if (slash == std::string::npos || text.size() < slash + 3 || !is_letter(text.back()))
        return malformed();
    const std::string_view before = std::string_view(text).substr(0, slash);
    const std::string_view after = std::string_view(text).substr(slash + 1, text.size() - slash - 2);
    if (!digits_only(after))
        return malformed();
    if (before.starts_with("SF")) {
        if (!fits(before, "SF99") || after.size() > 6)
            return malformed();
        return lettered(text, typed, text.back(), check_letter(number(before.substr(2)), after));
    }
    if (!digits_only(before) || before.size() > 6 || after.size() != 2)
        return malformed();
    const auto serial = padded(before, 6);
    return lettered(serial + "/" + std::string(after) + text.back(), typed, text.back(),
                    check_letter(number(after), serial));
}

IdentifierCheck check_postcode(std::string_view typed)
{
    const auto text = squeezed(typed, " .-_");
    constexpr std::array<std::string_view, 6> outwards{"A9", "A99", "A9A", "AA9", "AA99", "AA9A"};
    if (text.size() >= 5 && text.size() <= 7) {
        const auto outward = text.substr(0, text.size() - 3);
        const auto inward = text.substr(text.size() - 3);
        const bool known = text == "GIR0AA" || std::any_of(outwards.begin(), outwards.end(),
                                                           [&](auto pattern) { return fits(outward, pattern); });
        if (known && fits(inward, "9AA") && inward.find_first_of("CIKMOV", 1) == std::string::npos)
            return {outward + " " + inward, true, {}};
    }
    return wrong(typed, "a postcode looks like ZZ1 1ZZ");
}

}  // namespace

char check_letter(int year, std::string_view serial) noexcept
{
    constexpr std::string_view alphabet = "ZABCDEFGHJKLMNPQRTUVWXY";
    int remainder = year % 23;
    for (const char c : serial)
        remainder = (remainder * 10 + (c - '0')) % 23;
    return alphabet[static_cast<std::size_t>(remainder)];
}

bool is_identifier(FieldType type) noexcept
{
    switch (type) {
    case FieldType::postcode:
    case FieldType::crn:
    case FieldType::prison_number:
    case FieldType::pnc:
    case FieldType::cro:
    case FieldType::identifier:
        return true;
    default:
        return false;
    }
}

IdentifierCheck check_identifier(FieldType type, std::string_view text)
{
    const auto typed = trimmed(text);
    if (typed.empty())
        return wrong(typed, "it is empty");
    if (typed.size() > identifier_bytes_max || !is_clean_text(typed))
        return wrong(typed, "it is too long, or holds control characters");
    switch (type) {
    case FieldType::crn:
        return check_crn(typed);
    case FieldType::prison_number:
        return check_prison_number(typed);
    case FieldType::pnc:
        return check_pnc(typed);
    case FieldType::cro:
        return check_cro(typed);
    case FieldType::postcode:
        return check_postcode(typed);
    default:
        return {std::string(typed), true, {}};
    }
}

IdentifierCheck check_scheme(std::string_view scheme, std::string_view text)
{
    constexpr std::array<std::pair<std::string_view, FieldType>, 5> known{{{"crn", FieldType::crn},
                                                                           {"prison_number", FieldType::prison_number},
                                                                           {"pnc", FieldType::pnc},
                                                                           {"cro", FieldType::cro},
                                                                           {"postcode", FieldType::postcode}}};
    for (const auto& [name, type] : known)
        if (scheme == name)
            return check_identifier(type, text);
    return check_identifier(FieldType::identifier, text);
}

}  // namespace satchel::schema
