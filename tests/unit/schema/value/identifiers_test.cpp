#include "schema/value/identifiers.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace satchel;
using namespace satchel::schema;

namespace {

struct Spelling {
    FieldType type;
    const char* typed;
    const char* normalised;
};

std::string normalised(FieldType type, std::string_view text)
{
    const auto check = check_identifier(type, text);
    return check.wellformed ? check.normalised : "wrong: " + check.reason;
}

}  // namespace

TEST(Identifiers, AWrongOneIsKeptAsTypedWithAReasonAndNotWithItself)
{
    const std::vector<std::pair<FieldType, const char*>> wrong{
        {FieldType::crn, "Q12345"},          {FieldType::crn, "XX123456"},
        {FieldType::crn, "1234567"},         {FieldType::prison_number, "A123AA"},
        {FieldType::prison_number, "A12345"}, {FieldType::pnc, "20030011985Z"},
        {FieldType::pnc, "2001/0171310S"},   {FieldType::pnc, "1923[1234567A"},
        {FieldType::pnc, "1923/1234567AA"},  {FieldType::pnc, "2001/12345678Z"},
        {FieldType::pnc, "/"},               {FieldType::pnc, "Z"},
        {FieldType::pnc, "20/Z"},            {FieldType::cro, "85227/65G"},
        {FieldType::cro, "SF05/482703K"},    {FieldType::cro, "SF5/482703J"},
        {FieldType::cro, "1234567/91H"},     {FieldType::cro, "/"},
        {FieldType::postcode, "ZZ1"},        {FieldType::postcode, "1ZZ ZZ1"},
        {FieldType::postcode, "AA1 1CC"},    {FieldType::crn, "  "},
    };
    for (const auto& [type, typed] : wrong) {
        const auto check = check_identifier(type, typed);
        EXPECT_FALSE(check.wellformed) << typed;
        EXPECT_FALSE(check.reason.empty()) << typed;
        EXPECT_EQ(check.normalised, std::string_view(typed) == "  " ? "" : typed);
        if (std::string_view(typed).size() > 3) {
            EXPECT_EQ(check.reason.find(typed), std::string::npos) << "shown where the value may not be";
        }
    }
}

TEST(Identifiers, TheCheckLetterThatItShouldBeIsNamed)
{
    EXPECT_EQ(check_identifier(FieldType::pnc, "20030011985Z").reason, "the check letter should be X");
    EXPECT_EQ(check_identifier(FieldType::pnc, "2001/0171310S").reason, "the check letter should be W");
    EXPECT_EQ(check_identifier(FieldType::cro, "85227/65G").reason, "the check letter should be L");
}

TEST(Identifiers, EveryUsualSpellingNormalisesToOne)
{
    const std::vector<Spelling> known{
        {FieldType::pnc, "81/34U", "1981/0000034U"},
        {FieldType::pnc, "02/73319Z", "2002/0073319Z"},
        {FieldType::pnc, "0273319Z", "2002/0073319Z"},
        {FieldType::pnc, "2002/0073319z", "2002/0073319Z"},
        {FieldType::pnc, " 2002 0073319Z ", "2002/0073319Z"},
        {FieldType::pnc, "00/223R", "2000/0000223R"},
        {FieldType::pnc, "79/163001B", "1979/0163001B"},
        {FieldType::pnc, "1979/163001B", "1979/0163001B"},
        {FieldType::pnc, "033Y", "2003/0000003Y"},
        {FieldType::pnc, "67/9893091D", "1967/9893091D"},
        {FieldType::cro, "65656/91H", "065656/91H"},
        {FieldType::cro, "065656/91h", "065656/91H"},
        {FieldType::cro, "SF05/482703J", "SF05/482703J"},
        {FieldType::cro, "sf83/50058z", "SF83/50058Z"},
        {FieldType::crn, "x123456", "X123456"},
        {FieldType::crn, " X 123456", "X123456"},
        {FieldType::prison_number, "a1234bc", "A1234BC"},
        {FieldType::postcode, "zz11zz", "ZZ1 1ZZ"},
        {FieldType::postcode, "ZZ1A-1zz", "ZZ1A 1ZZ"},
        {FieldType::postcode, "Z9 9ZZ", "Z9 9ZZ"},
        {FieldType::identifier, "  VS/0042 ", "VS/0042"},
    };
    for (const auto& [type, typed, expected] : known)
        EXPECT_EQ(normalised(type, typed), expected) << typed;
}

TEST(Identifiers, ASchemeIsCheckedAsItsType)
{
    EXPECT_EQ(check_scheme("pnc", "02/73319Z").normalised, "2002/0073319Z");
    EXPECT_FALSE(check_scheme("crn", "02/73319Z").wellformed);
    EXPECT_EQ(check_scheme("visor", " any thing ").normalised, "any thing");
    EXPECT_TRUE(check_scheme("visor", "any thing").wellformed);
}

// Any year and serial with its own check letter is well formed in both spellings, and with any other letter is not.
RC_GTEST_PROP(Identifiers, ExactlyOneCheckLetterFits, ())
{
    const auto year = *rc::gen::inRange(1950, 2050);
    const auto serial = std::to_string(*rc::gen::inRange(1, 10'000'000));
    const auto padded = std::string(7 - serial.size(), '0') + serial;
    const char right = check_letter(year % 100, padded);
    const auto full = std::to_string(year) + "/" + padded + right;
    RC_ASSERT(normalised(FieldType::pnc, full) == full);
    const auto two = std::to_string(year).substr(2);
    RC_ASSERT(normalised(FieldType::pnc, two + "/" + serial + right) == full);
    RC_ASSERT(normalised(FieldType::pnc, full.substr(0, 4) + padded + right) == full);
    const char other = static_cast<char>(*rc::gen::inRange<int>('A', 'Z' + 1));
    RC_PRE(other != right);
    RC_ASSERT(!check_identifier(FieldType::pnc, full.substr(0, 12) + other).wellformed);
}

// Whatever is typed: no crash, and normalising twice changes nothing.
RC_GTEST_PROP(Identifiers, NormalisingIsStableForAnyText, (const std::string& typed))
{
    for (const auto type : {FieldType::crn, FieldType::prison_number, FieldType::pnc, FieldType::cro,
                            FieldType::postcode, FieldType::identifier}) {
        const auto once = check_identifier(type, typed);
        const auto twice = check_identifier(type, once.normalised);
        RC_ASSERT(once.normalised == twice.normalised);
        RC_ASSERT(once.wellformed == twice.wellformed);
    }
}
