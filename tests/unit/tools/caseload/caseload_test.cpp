// The same caseload from the same numbers, and a caseload like the published ones.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "crypto/hash.hpp"
#include "schema/value/identifiers.hpp"
#include "tests/unit/tools/caseload/collected.hpp"
#include "tools/caseload/figures.hpp"

namespace satchel::tools::caseload {
namespace {

std::string bytes(std::uint64_t cases, std::uint64_t seed, Date day = test_day)
{
    std::ostringstream out;
    JsonLines lines(out);
    generate({cases, seed, day}, lines);
    return out.str();
}

TEST(Caseload, TheSameNumbersGiveTheSameBytes) { EXPECT_EQ(bytes(40, 11), bytes(40, 11)); }

TEST(Caseload, AnotherSeedOrDayGivesAnotherCaseload)
{
    EXPECT_NE(bytes(5, 11), bytes(5, 12));
    EXPECT_NE(bytes(5, 11), bytes(5, 11, Date{test_day.days + 1}));
}

TEST(Caseload, FewerCasesAreTheBeginningOfMore)
{
    const auto few = bytes(10, 9);
    EXPECT_EQ(bytes(60, 9).substr(0, few.size()), few);
}

// No machine, compiler or library changes a byte. Whoever changes the generator on purpose writes the new digest here.
TEST(Caseload, TheBytesAreThoseOfEveryOtherMachine)
{
    const auto text = bytes(25, 1);
    EXPECT_EQ(to_hex(crypto::sha256(view(text))), "0902fa53347a5fdf0209c828a6d0f38ace079c8a8d983468d78adaccacfbabca");
}

class CaseloadLives : public ::testing::Test {
protected:
    static constexpr std::uint64_t count = 40'000;
    static const std::vector<Life>& lives()
    {
        static const auto made = [] {
            Caseloads caseloads(17);
            std::vector<Life> out;
            for (std::uint64_t i = 0; i < count; ++i)
                out.push_back(make_life(17, i, test_day, caseloads));
            return out;
        }();
        return made;
    }
    // Five standard deviations of a share in so many throws.
    static double tolerance(double share) { return 5 * std::sqrt(share * (1 - share) / double(count)); }
    template <class Is>
    static void expect_share(double expected, Is is, const char* what)
    {
        std::size_t n = 0;
        for (const auto& life : lives())
            n += is(life) ? 1 : 0;
        EXPECT_NEAR(double(n) / double(count), expected, tolerance(expected) + expected * 0.03) << what;
    }
};

TEST_F(CaseloadLives, LevelsFollowTheNationalSnapshot)
{
    using namespace figures;
    for (int level = 1; level <= 3; ++level)
        expect_share(double(by_level[static_cast<std::size_t>(level - 1)]) / all_cases,
                     [&](const Life& life) { return life.level == level; }, "level");
}

TEST_F(CaseloadLives, CategoriesFollowTheNationalSnapshot)
{
    using namespace figures;
    for (int category = 1; category <= 3; ++category)
        expect_share(double(by_category[static_cast<std::size_t>(category - 1)]) / all_cases,
                     [&](const Life& life) { return life.category == category; }, "category");
}

TEST_F(CaseloadLives, Category3IsManagedByMeetings)
{
    for (const auto& life : lives())
        if (life.category == 3) {
            ASSERT_GE(life.level, 2);
        }
}

TEST_F(CaseloadLives, TheLargestAndTheSmallestAreaHaveTheirPublishedShares)
{
    using namespace figures;
    expect_share(double(largest_area) / all_cases, [](const Life& life) { return life.area == 0; }, "largest");
    expect_share(double(smallest_area) / all_cases, [](const Life& life) { return life.area == 1; }, "smallest");
    std::set<std::size_t> used;
    for (const auto& life : lives())
        used.insert(life.area);
    EXPECT_EQ(used.size(), areas);
}

TEST_F(CaseloadLives, PractitionersCarryCaseloadsOfThePublishedSize)
{
    std::map<std::string, int> police, probation;
    for (const auto& life : lives()) {
        ++police[life.team.police_manager];
        ++probation[life.team.practitioner];
    }
    // The last worker of each area has not filled up; names may, rarely, meet in two areas.
    std::size_t full = 0;
    for (const auto& [name, cases] : police) {
        EXPECT_LE(cases, 2 * figures::police_caseload_most) << name;
        full += cases >= figures::police_caseload_least ? 1 : 0;
    }
    EXPECT_GE(full + figures::areas, police.size());
    full = 0;
    for (const auto& [name, cases] : probation) {
        EXPECT_LE(cases, 2 * figures::probation_caseload_most) << name;
        full += cases >= figures::probation_caseload_least ? 1 : 0;
    }
    EXPECT_GE(full + figures::areas, probation.size());
    EXPECT_NEAR(double(count) / double(police.size()), 70, 12);
}

TEST_F(CaseloadLives, PrisonersWithoutALevelAreAsManyAsInspected)
{
    std::size_t prisoners = 0, unset = 0;
    for (const auto& life : lives()) {
        if (!life.in_prison() || life.level != 1)
            continue;
        ++prisoners;
        unset += life.level_source != LevelSource::decided ? 1 : 0;
    }
    ASSERT_GT(prisoners, 1000u);
    EXPECT_NEAR(double(unset) / double(prisoners), 14.0 / 48, 0.03);  // IN-29
}

TEST_F(CaseloadLives, TheDatesOfALifeAreInOrder)
{
    for (const auto& life : lives()) {
        ASSERT_LT(add_months(life.person.born, 12 * 18), life.sentenced_on);
        ASSERT_LT(life.offence_on, life.sentenced_on);
        ASSERT_LT(life.sentenced_on, life.supervision_until);
        ASSERT_LT(life.sentenced_on, test_day);
        if (life.custody) {
            ASSERT_LE(life.custody->from, life.release_on);
            ASSERT_LT(life.release_on, life.supervision_until);
            ASSERT_EQ(life.in_prison(), test_day < life.release_on);
        }
        if (life.category != 1) {
            ASSERT_LE(test_day, life.supervision_until);
        }  // they leave MAPPA with their supervision
        else {
            ASSERT_LT(test_day, *life.notification_until);
        }
    }
}

TEST_F(CaseloadLives, IdentifiersHaveTheRightCheckLettersButForThoseThatAreWrongOnPurpose)
{
    using schema::FieldType;
    std::size_t all = 0, wrong = 0;
    const auto check = [&](FieldType type, const Identifier& identifier) {
        if (identifier.text.empty())
            return;
        ++all;
        wrong += identifier.wrong ? 1 : 0;
        const auto result = schema::check_identifier(type, identifier.text);
        ASSERT_EQ(result.wellformed, !identifier.wrong) << identifier.text << ": " << result.reason;
    };
    for (const auto& life : lives()) {
        check(FieldType::crn, life.person.crn);
        check(FieldType::prison_number, life.person.prison_number);
        check(FieldType::pnc, life.person.pnc);
        check(FieldType::cro, life.person.cro);
    }
    EXPECT_NEAR(double(wrong) / double(all), figures::wrong_identifier / 1000.0, 0.002);
}

TEST_F(CaseloadLives, NoTwoPeopleShareANumber)
{
    std::set<std::string> seen;
    for (const auto& life : lives()) {
        if (!life.person.crn.wrong) {
            ASSERT_TRUE(seen.insert(life.person.crn.text).second);
        }
        if (!life.person.prison_number.wrong && !life.person.prison_number.text.empty()) {
            ASSERT_TRUE(seen.insert(life.person.prison_number.text).second);
        }
    }
}

TEST_F(CaseloadLives, NobodyCanTakeTheNamesForRealPeoples)
{
    for (const auto& life : lives())
        ASSERT_TRUE(life.person.name.family.starts_with("Testcase-"));
    for (const auto& life : lives())
        ASSERT_NE(life.team.practitioner.find("Specimen-"), std::string::npos);
}

TEST(CaseloadText, ItHoldsOtherScriptsCombiningMarksEmojiAndLongNotes)
{
    std::string all;
    std::size_t longest = 0;
    const auto collected = collect(400, 2);
    for (const auto& [key, line] : collected.records)
        for (const auto& [name, text] : line.fields) {
            all += text + "\n";
            longest = std::max(longest, text.size());
        }
    // Welsh, Polish, Arabic, Chinese, Hindi; e-acute in one character and in two; an emoji with a skin tone.
    for (const auto* needle : {"ŷ", "Ź", "ł", "اختبار", "说", "ने", "é", "e\xcc\x81", "👍🏽", "🐢"})
        EXPECT_NE(all.find(needle), std::string::npos) << needle;
    EXPECT_GT(longest, 6u * 1024);
    EXPECT_LE(longest, 8u * 1024 + 256);
    EXPECT_TRUE(schema::is_clean_text(all));
}

TEST(CaseloadHistory, AddressesFollowOneAnotherAndVisitsNameTheOneLivedAt)
{
    std::map<std::string, std::pair<std::string, std::string>> homes;  // reference: from, to
    std::string key, last_end;
    std::size_t visits = 0, moves = 0;
    const auto get = [](const RecordLine& line, const char* name) {
        for (const auto& [field, text] : line.fields)
            if (field == name)
                return text;
        return std::string();
    };
    for (const auto& [of, line] : collect(400, 13).records) {
        if (of != key) {
            key = of;
            homes.clear();
            last_end.clear();
        }
        if (line.type == "address") {
            const auto from = get(line, "from");
            const auto to = get(line, "to");
            if (!homes.empty()) {
                ASSERT_LT(last_end, from) << key;
            }
            moves += homes.empty() ? 0 : 1;
            homes["@" + line.key] = {from, to.empty() ? "9999" : to};
            last_end = to;
        }
        if (line.type == "home_visit") {
            const auto on = get(line, "visited_on");
            const auto home = homes.at(get(line, "address"));
            ASSERT_LE(home.first, on);
            ASSERT_LE(on, home.second);
            ++visits;
        }
    }
    EXPECT_GT(visits, 500u);
    EXPECT_GT(moves, 200u);
}

TEST(CaseloadHistory, ItSpansYears)
{
    Date first = test_day;
    for (const auto& [key, line] : collect(100, 21).records)
        first = std::min(first, day_of(line.event_at));
    EXPECT_LT(first.days, test_day.days - 5 * 365);
}

TEST(CaseloadLines, TextIsQuotedAsJsonAsksFor)
{
    std::ostringstream out;
    JsonLines lines(out);
    lines.add(CaseLine{"C1", "a\"b\\c\nd\te\x01"});
    EXPECT_EQ(out.str(), "{\"v\":1,\"kind\":\"case\",\"key\":\"C1\",\"area\":\"a\\\"b\\\\c\\nd\\te\\u0001\"}\n");
    out.str("");
    RecordLine line{"r1", "person", "police", "police.supervisor", "A B", Instant{0}, {{"family_name", "Tŷ"}},
                    {{"aliases", {{{"alias", "x"}}, {{"alias", "y"}}}}}};
    lines.add(CaseLine{"C1", "area"}, line);
    EXPECT_EQ(out.str(), "{\"v\":1,\"kind\":\"record\",\"case\":\"C1\",\"key\":\"r1\",\"type\":\"person\","
                         "\"agency\":\"police\",\"role\":\"police.supervisor\",\"author\":\"A B\","
                         "\"event_at\":\"1970-01-01T00:00:00.000Z\",\"fields\":{\"family_name\":\"Tŷ\"},"
                         "\"elements\":{\"aliases\":[{\"alias\":\"x\"},{\"alias\":\"y\"}]}}\n");
}

}  // namespace
}  // namespace satchel::tools::caseload
