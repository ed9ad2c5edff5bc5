// Who meets the criteria of a MAPPA category, under the embedded agreement: the rules that no conflict of the table tells.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "schema/policy/embedded.hpp"

namespace satchel::test {
namespace {

const schema::Policy& agreement()
{
    static const auto outcome = schema::compile(schema::embedded_bundle());
    SATCHEL_CHECK(outcome.policy.has_value());
    return *outcome.policy;
}

class Eligibility : public ::testing::Test {
protected:
    CaseBench bench{agreement()};

    void SetUp() override
    {
        bench.save("probation.practitioner",
                   {{bench.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
    }
    Ruling checks(const std::string& role, std::map<std::string, std::string> finding)
    {
        finding.try_emplace("meets", "yes");
        return bench.save(role, {{bench.creates("category_check", "finding", finding)}}).ruling();
    }
    Ruling practitioner(const std::map<std::string, std::string>& finding)
    {
        return checks("probation.practitioner", finding);
    }
};

TEST_F(Eligibility, TwelveMonthsInOneSentenceMakeCategory2)
{
    EXPECT_EQ(practitioner({{"checked_category", "2"},
                            {"check_ground", "qualifying_sentence"},
                            {"length_relied_on", "12_months_or_more"},
                            {"length_of", "one_sentence"}})
                  .outcome,
              Outcome::applied);
}

TEST_F(Eligibility, FiftyTwoWeeksAreNotTwelveMonths)
{
    const auto ruling = practitioner(
        {{"checked_category", "2"}, {"check_ground", "qualifying_sentence"}, {"length_relied_on", "52_weeks"}});
    EXPECT_EQ(ruling.outcome, Outcome::refused);
    EXPECT_EQ(ruling.rule, "fifty-two-weeks-are-not-twelve-months");
    EXPECT_EQ(ruling.paragraph, "GX-6-1");
}

TEST_F(Eligibility, ThatFiftyTwoWeeksDoNotMeetTheCriteriaMayBeRecorded)
{
    EXPECT_EQ(practitioner({{"checked_category", "2"},
                            {"check_ground", "qualifying_sentence"},
                            {"length_relied_on", "52_weeks"},
                            {"meets", "no"}})
                  .outcome,
              Outcome::applied);
}

TEST_F(Eligibility, SentencesThatFollowOneAnotherAreNotAdded)
{
    EXPECT_EQ(practitioner({{"checked_category", "2"},
                            {"check_ground", "qualifying_sentence"},
                            {"length_relied_on", "12_months_or_more"},
                            {"length_of", "sentences_added"}})
                  .rule,
              "sentences-are-not-added");
}

TEST_F(Eligibility, AShorterSentenceMakesNoCategory2)
{
    EXPECT_EQ(practitioner({{"checked_category", "2"},
                            {"check_ground", "qualifying_sentence"},
                            {"length_relied_on", "under_12_months"}})
                  .rule,
              "category-2-needs-twelve-months");
}

TEST_F(Eligibility, Category3IsNeverManagedAtLevel1)
{
    EXPECT_EQ(practitioner({{"checked_category", "3"}, {"check_ground", "other_dangerous"}, {"level_intended", "1"}}).rule,
              "category-3-is-never-level-1");
}

TEST_F(Eligibility, TheCoordinationUnitDecidesOnCategory3)
{
    const std::map<std::string, std::string> at_level_2{
        {"checked_category", "3"}, {"check_ground", "other_dangerous"}, {"level_intended", "2"}};
    const auto asked = practitioner(at_level_2);
    EXPECT_EQ(asked.outcome, Outcome::suggested);
    EXPECT_EQ(asked.decided_by, "role:coordination.coordinator");
    EXPECT_EQ(checks("coordination.coordinator", at_level_2).outcome, Outcome::applied);
}

TEST_F(Eligibility, CounterTerrorismPoliceIdentifyDiscretionaryCategory4)
{
    const std::map<std::string, std::string> risk{
        {"checked_category", "4"}, {"check_ground", "discretionary"}, {"level_intended", "3"}};
    EXPECT_EQ(checks("police.offender_manager", risk).decided_by, "role:police.counter_terrorism");
    EXPECT_EQ(checks("police.counter_terrorism", risk).outcome, Outcome::applied);
}

}  // namespace
}  // namespace satchel::test
