// Names and places. Declared in words.hpp.
#include <array>

#include "schema/base/result.hpp"
#include "tools/caseload/figures.hpp"
#include "tools/caseload/words.hpp"

namespace satchel::tools::caseload {
namespace {

constexpr std::array<const char*, 24> given_names{
    "Placeholder", "Specimen", "Notareal",  "Examplia", "Fixture",  "Dummy",    "Samplette", "Mocktavia",
    "Nullard",     "Testina",  "Stubbert",  "Fakename", "Imaginus", "Nobody",   "Synthetia", "Prototype",
    "Anonymous",   "Untrue",   "Inventus",  "Fabrica",  "Pretendra", "Fictitia", "Madeup",   "Example"};

constexpr std::array<const char*, 40> family_things{
    "Marrow",   "Turnip",  "Kettle",   "Teapot",   "Lampshade", "Parsnip",  "Biscuit",  "Doorstop",
    "Rhubarb",  "Cardigan", "Stapler", "Bucket",   "Umbrella",  "Radish",   "Trombone", "Custard",
    "Spanner",  "Cabbage", "Wardrobe", "Thimble",  "Pancake",   "Gherkin",  "Saucepan", "Haddock",
    "Bagpipe",  "Crumpet", "Doormat",  "Flannel",  "Gazebo",    "Hosepipe", "Icebox",   "Jigsaw",
    "Kazoo",    "Ladle",   "Mothball", "Noodle",   "Ottoman",   "Plinth",   "Quiche",   "Rowboat"};

// The same in other scripts, and with letters that come in two spellings: composed and combining.
constexpr std::array<const char*, 12> family_in_unicode{
    "Testcase-Tŷ-Gŵydd",            // Welsh: house of goose
    "Testcase-Żółwiątko",           // Polish: little tortoise
    "Testcase-اختبار",              // Arabic: test
    "Testcase-試験",                // Chinese, Japanese: examination
    "Testcase-Ze\xcc\x81" "bre",    // combining acute
    "Testcase-Crêpe",               // composed
    "Testcase-Kru\xcc\x88" "gerl",  // combining diaeresis
    "Testcase-Łyżeczka",            // Polish: teaspoon
    "Testcase-Δοκιμή",              // Greek: trial
    "Testcase-O’Specimen",          // typographic apostrophe
    "Testcase-Ysgubor",             // Welsh: barn
    "Testcase-मिसाल"};               // Hindi: example

constexpr std::array<const char*, 6> associate_prefixes{"Sample-", "Pretend-", "Mock-", "Dummy-", "Madeup-", "Example-"};
constexpr std::array<const char*, 6> worker_given{"Officer", "Worker", "Colleague", "Stand-in", "Deputy", "Rota"};

// Area 0 is the largest, area 1 the smallest (figures.hpp).
constexpr std::array<const char*, figures::areas> area_names{
    "Great Mockham",      "Fellfixture",      "Greater Testchester", "Dummon and Stubwall", "West Specimenshire",
    "North Prawfland",    "Testshire",        "Mockfordshire",       "Samplesex",           "Nullhampton",
    "Placeholdshire",     "Fixtureshire",     "Inventshire",         "Pretendia",           "Exampleshire",
    "Fauxfolk",           "Northfaux",        "Southfaux",           "Stubbshire",          "Draftshire",
    "Blankshire",         "Dummysex",         "Testmoreland",        "Nowhereshire",        "Unrealshire",
    "Fictonshire",        "Mirageshire",      "Shamshire",           "Trialshire",          "Proofshire",
    "Demoshire",          "Seedshire",        "Tokenshire",          "Patternshire",        "Mouldshire",
    "Templateshire",      "Rehearsalshire",   "Practiceshire",       "De Prawfland",        "Gwneudshire",
    "Sandboxshire",       "Assertshire"};

constexpr std::array<const char*, 14> town_stems{"Fixture", "Mock",  "Null",  "Stub",   "Sample", "Assert",  "Dummy",
                                                 "Token",   "Draft", "Proof", "Bogus",  "Trial",  "Pretend", "Blank"};
constexpr std::array<const char*, 10> town_ends{"ham", "ton", "bury", "wick", "minster", "by", "combe", "stead",
                                                "-under-Test", "-next-the-Void"};
constexpr std::array<const char*, 8> town_in_unicode{"Llanbrawf-y-Tŷ",      "Rhyd-y-Gwall",  "Próbkowo Wielkie",
                                                     "Pen-y-Ffug",          "Ystrad Dychmygol", "Wymyślin Górny",
                                                     "Caer Ffugliw",        "Tŷ’n-y-Prawf"};
constexpr std::array<const char*, 16> streets{
    "Semicolon Row",   "Null Terrace",  "Fixture Lane",   "Regression Road", "Assertion Avenue", "Placeholder Place",
    "Mock Crescent",   "Backslash Way", "Stub Street",    "Lorem Close",     "Ipsum Gardens",    "Sample Square",
    "Timeout Terrace", "Heap Hill",     "Overflow Yard",  "Checksum Court"};
constexpr std::array<const char*, 8> prisons{"HMP Fixture Green", "HMP Testmoor",   "HMP Mockley Hill", "HMP Nullgate",
                                             "HMP & YOI Stubbing", "HMP Samplewood", "HMP Placeholm",   "HMP Draftfield"};

std::string digits(Dice& dice, int count)
{
    std::string out;
    for (int i = 0; i < count; ++i)
        out.push_back(static_cast<char>('0' + dice.below(10)));
    return out;
}

}  // namespace

PersonName nominal_name(Dice& dice)
{
    std::string given = dice.pick(given_names);
    if (dice.chance(figures::unicode_name))
        return {std::move(given), dice.pick(family_in_unicode)};
    return {std::move(given), std::string("Testcase-") + dice.pick(family_things)};
}

PersonName associate_name(Dice& dice)
{
    std::string given = dice.pick(given_names);
    std::string family = dice.pick(associate_prefixes);
    family += dice.pick(family_things);
    return {std::move(given), std::move(family)};
}

std::string worker_name(Dice& dice)
{
    std::string name = dice.pick(worker_given);
    name += " Specimen-";
    name += dice.pick(family_things);
    return name + " " + digits(dice, 4);
}

std::string area_name(std::size_t area)
{
    SATCHEL_CHECK(area < area_names.size());
    return area_names[area];
}

std::string town_name(std::size_t area, Dice& dice)
{
    if (area % 7 == 5 || dice.chance(40))
        return dice.pick(town_in_unicode);
    std::string stem = dice.pick(town_stems);
    return stem + dice.pick(town_ends);
}

std::string prison_name(Dice& dice) { return dice.pick(prisons); }

Place place(std::size_t area, Dice& dice)
{
    Place out;
    if (dice.chance(150))
        out.lines = "Flat " + std::to_string(dice.between(1, 60)) + "\n";
    out.lines += std::to_string(dice.between(1, 240)) + " ";
    out.lines += dice.pick(streets);
    out.lines += "\n" + town_name(area, dice);
    // No post goes to area ZZ.
    constexpr std::string_view inward_letters = "ABDEFGHJLNPQRSTUWXYZ";
    const auto letter = [&] { return inward_letters[dice.below(static_cast<std::uint32_t>(inward_letters.size()))]; };
    out.postcode = "ZZ" + std::to_string(1 + area % 98) + " " + digits(dice, 1);
    out.postcode.push_back(letter());
    out.postcode.push_back(letter());
    return out;
}

std::string telephone(Dice& dice) { return "07700 900" + digits(dice, 3); }

}  // namespace satchel::tools::caseload
