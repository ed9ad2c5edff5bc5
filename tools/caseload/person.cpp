// The nominal: name, birth and identifiers. Declared in life.hpp.
#include <algorithm>
#include <array>

#include "schema/value/identifiers.hpp"
#include "tools/caseload/life.hpp"

namespace satchel::tools::caseload {
namespace {

// Spreads the indexes below `range` over it, each number once: multiplication by something without a common factor.
std::uint64_t spread(std::uint64_t index, std::uint64_t seed, std::uint64_t range, std::uint64_t factor)
{
    return (index % range * factor + seed % range) % range;
}

std::string padded(std::uint64_t n, std::size_t width)
{
    auto text = std::to_string(n);
    return text.size() >= width ? text : std::string(width - text.size(), '0') + text;
}

// Another letter than the right one.
char wrong_letter(char right) { return right == 'K' ? 'L' : 'K'; }

char letter(std::uint64_t n)
{
    return static_cast<char>('A' + n % 26);
}

int year_of(Date date) { return std::stoi(to_string(date).substr(0, 4)); }

Identifier crn(std::uint64_t seed, std::uint64_t index, Dice& dice)
{
    Identifier out{"Z" + padded(spread(index, seed, 1'000'000, 611'953), 6), dice.chance(figures::wrong_identifier)};
    if (out.wrong)
        out.text.back() = 'O';  // the letter for the digit: the commonest slip
    return out;
}

Identifier prison_number(std::uint64_t seed, std::uint64_t index, Dice& dice)
{
    const auto n = spread(index, seed, 10'000 * 26 * 26, 3'456'789);
    Identifier out{"A" + padded(n / 676, 4) + letter(n / 26) + letter(n), dice.chance(figures::wrong_identifier)};
    if (out.wrong)
        out.text[4] = 'O';
    return out;
}

Identifier pnc(std::uint64_t seed, std::uint64_t index, int year, Dice& dice)
{
    const auto serial = padded(spread(index, seed, 10'000'000, 7'654'321), 7);
    const char right = schema::check_letter(year % 100, serial);
    const bool is_wrong = dice.chance(figures::wrong_identifier);
    const auto full_year = std::to_string(year);
    const char last = is_wrong ? wrong_letter(right) : right;
    // Some write two digits of year, some lower case: all the same number.
    if (dice.chance(100))
        return {full_year.substr(2) + "/" + serial + static_cast<char>(last - 'A' + 'a'), is_wrong};
    return {full_year + "/" + serial + last, is_wrong};
}

Identifier cro(std::uint64_t seed, std::uint64_t index, int year, Dice& dice)
{
    const auto serial = padded(spread(index, seed, 1'000'000, 424'243), 6);
    const char right = schema::check_letter(year % 100, serial);
    const bool is_wrong = dice.chance(figures::wrong_identifier);
    return {serial + "/" + padded(static_cast<std::uint64_t>(year % 100), 2) + (is_wrong ? wrong_letter(right) : right),
            is_wrong};
}

}  // namespace

Person make_person(std::uint64_t seed, std::uint64_t index, Date today, bool was_in_prison, Date offence)
{
    Dice dice(seed, index, "person");
    Person out;
    out.name = nominal_name(dice);
    for (int n = static_cast<int>(dice.weighted(std::array<std::uint32_t, 3>{70, 24, 6})); n > 0; --n)
        out.aliases.push_back(associate_name(dice).full());
    out.woman = dice.weighted(figures::men_or_women) == 1;
    out.born = add_months(offence, -12 * dice.between(18, 68));
    out.born.days -= dice.between(0, 364);
    const int known_since = std::min(year_of(today), year_of(offence));
    out.crn = crn(seed, index, dice);
    if (was_in_prison)
        out.prison_number = prison_number(seed, index, dice);
    out.pnc = pnc(seed, index, std::max(1995, known_since - dice.between(0, 12)), dice);
    if (dice.chance(800))
        out.cro = cro(seed, index, std::max(1995, known_since - dice.between(0, 12)), dice);
    return out;
}

}  // namespace satchel::tools::caseload
