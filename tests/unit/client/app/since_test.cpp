// What is different in a case since a day (IN-73): what comes in before the tenth of May, and what after.
#include <gmock/gmock.h>

#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CaseSince : public AppTest {
protected:
    void SetUp() override
    {
        AppTest::SetUp();
        comes_in("2026-05-01T09:00:00Z");
        probation_leads();
    }
    void comes_in(const std::string& when) { hub.received_at = *parse_instant(when); }
    Told since(std::vector<std::string> options = {"--day", "2026-05-10"})
    {
        options.insert(options.begin(), {"case", "since", case_id()});
        return run(std::move(options));
    }
    RecordId address(const std::string& lines)
    {
        const auto made = hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", lines}}));
        pull();
        return made.opened.changes[0].record;
    }
    // "title, what was -> what is" of everything that is told of records.
    static std::vector<std::string> told(const Told& answer)
    {
        std::vector<std::string> out;
        for (const auto& record : answer.at("records").items())
            for (const auto& change : record.at("changed").items())
                out.push_back(record.at("title").text() + ", " + console::to_text(change.at("was")) + " -> " +
                              console::to_text(change.at("is")));
        return out;
    }
    static std::vector<std::string> tasks(const Told& answer, const std::string& kind)
    {
        std::vector<std::string> out;
        for (const auto& task : answer.at("tasks").at(kind).items())
            out.push_back(task.at("task").text());
        return out;
    }
};

TEST_F(CaseSince, IsAskedWithADayOrAField)
{
    const auto nothing = since({});
    EXPECT_EQ(nothing.exit, 2);
    EXPECT_TRUE(nothing.mentions("since when? Give --day YYYY-MM-DD or --last TYPE.FIELD")) << nothing.text();
    EXPECT_EQ(since({"--day", "2026-05-10", "--last", "review.held_on"}).exit, 2);
    EXPECT_EQ(since({"--day", "2026-02-30"}).exit, 2);
    EXPECT_EQ(since({"--last", "review"}).exit, 2);
}

TEST_F(CaseSince, AFieldWithoutADayIsRefusedWithTheNearestThatHasOne)
{
    const auto typo = since({"--last", "review.held_no"});
    EXPECT_EQ(typo.exit, 2);
    EXPECT_TRUE(typo.mentions("did you mean \\\"held_on\\\"?")) << typo.text();
    EXPECT_EQ(since({"--last", "address.lines"}).exit, 2);
    EXPECT_TRUE(since({"--last", "reviw.held_on"}).mentions("did you mean \\\"review\\\"?"));
}

TEST_F(CaseSince, NothingIsDifferentWhereNothingCameIn)
{
    address("1 Invented Row");
    const auto answer = since();
    EXPECT_EQ(answer.exit, 0) << answer.text();
    EXPECT_THAT(told(answer), IsEmpty());
    EXPECT_THAT(answer.at("facts").items(), IsEmpty());
    EXPECT_THAT(tasks(answer, "new"), IsEmpty());
}

TEST_F(CaseSince, AValueIsToldWithWhatItWasAndWhoSaidIt)
{
    const auto id = address("1 Invented Row");
    comes_in("2026-05-12T09:00:00Z");
    hub.write("probation.practitioner", hub.edits(id, "address", "where", {{"lines", "2 Invented Row"}}));
    pull();
    const auto answer = since();
    EXPECT_THAT(told(answer), ElementsAre(R"(Address, {"lines":"1 Invented Row"} -> {"lines":"2 Invented Row"})"));
    const auto& record = answer.at("records").items().at(0);
    EXPECT_FALSE(record.at("new").boolean());
    const auto& change = record.at("changed").items().at(0);
    EXPECT_EQ(change.at("author").text(), "Person of probation.practitioner");
    EXPECT_EQ(change.at("agency").text(), "probation");
    EXPECT_FALSE(change.at("waits").boolean());
}

// An address changed twice is one difference: a page for whoever has no time, not the log.
TEST_F(CaseSince, WhatChangedTwiceIsToldOnceAndWhatChangedBackNotAtAll)
{
    const auto twice = address("1 Invented Row"), back = address("7 Placeholder Close");
    comes_in("2026-05-12T09:00:00Z");
    for (const auto* lines : {"2 Invented Row", "3 Invented Row"})
        hub.write("probation.practitioner", hub.edits(twice, "address", "where", {{"lines", lines}}));
    for (const auto* lines : {"8 Placeholder Close", "7 Placeholder Close"})
        hub.write("probation.practitioner", hub.edits(back, "address", "where", {{"lines", lines}}));
    pull();
    EXPECT_THAT(told(since()), ElementsAre(R"(Address, {"lines":"1 Invented Row"} -> {"lines":"3 Invented Row"})"));
}

// Late intelligence is new to whoever meets, however old it is (IN-T12).
TEST_F(CaseSince, WhatHappenedBeforeAndCameInAfterwardsCounts)
{
    comes_in("2026-05-12T09:00:00Z");
    hub.write("police.offender_manager", hub.creates("note", "what", {{"text", "Seen at the market in March"}}));
    pull();
    const auto answer = since();
    EXPECT_THAT(told(answer), ElementsAre(R"(Contact, null -> "Seen at the market in March")"));
    EXPECT_TRUE(answer.at("records").items().at(0).at("new").boolean());
}

TEST_F(CaseSince, AllOfItsDayInEnglandCounts)
{
    comes_in("2026-05-09T23:00:00Z");  // midnight there, in summer
    hub.write("police.offender_manager", hub.creates("note", "what", {{"text", "On the day"}}));
    pull();
    EXPECT_THAT(told(since()), ElementsAre(R"(Contact, null -> "On the day")"));
    EXPECT_THAT(told(since({"--day", "2026-05-11"})), IsEmpty());
}

TEST_F(CaseSince, OfAListWhatCameAndWhatLeftIsTold)
{
    const auto made = hub.write("probation.practitioner", hub.creates("flag", "raises", {{"why", "A dog in the yard"}}));
    const auto id = made.opened.changes[0].record;
    comes_in("2026-05-12T09:00:00Z");
    hub.write("probation.practitioner", hub.edits(id, "flag", "raises", {{"why", "Two dogs in the yard"}}));
    pull();
    ASSERT_EQ(run({"record", "edit", to_string(id), "--remove=why=A dog in the yard", "--reason", "One of two now"}).exit, 0);
    EXPECT_THAT(told(since()), ElementsAre(R"(Risk flag, ["A dog in the yard"] -> ["Two dogs in the yard"])"));
}

TEST_F(CaseSince, AWithdrawnRecordIsTold)
{
    const auto id = address("1 Invented Row");
    comes_in("2026-05-12T09:00:00Z");
    auto withdrawal = hub.edits(id, "address", "where", {});
    withdrawal.op = schema::Op::withdraw;
    withdrawal.reason = "Another person's";
    hub.write("probation.practitioner", withdrawal);
    pull();
    const auto answer = since();
    ASSERT_EQ(answer.at("records").items().size(), 1u) << answer.text();
    const auto& withdrawn = answer.at("records").items().at(0).at("withdrawn");
    EXPECT_EQ(withdrawn.at("author").text(), "Person of probation.practitioner");
    EXPECT_EQ(withdrawn.at("reason").text(), "Another person's");
}

TEST_F(CaseSince, WhoOnlyTookSomethingOutIsTold)
{
    const auto made = hub.write("probation.practitioner", hub.creates("flag", "raises", {{"why", "A dog in the yard"}}));
    pull();
    comes_in("2026-05-12T09:00:00Z");
    ASSERT_EQ(run({"record", "edit", to_string(made.opened.changes[0].record), "--remove=why=A dog in the yard", "--reason", "It moved"}).exit, 0);
    const auto answer = since();
    EXPECT_THAT(told(answer), ElementsAre(R"(Risk flag, ["A dog in the yard"] -> [])"));
    const auto& change = answer.at("records").items().at(0).at("changed").items().at(0);
    EXPECT_EQ(change.at("author").text(), "Fictus Holder");
    EXPECT_EQ(change.at("reason").text(), "It moved");
    EXPECT_TRUE(change.at("waits").boolean());
}

TEST_F(CaseSince, AFactIsToldWithWhatItWas)
{
    comes_in("2026-05-12T09:00:00Z");
    hub.write("probation.practitioner", hub.creates("supervision", "period", {{"agency", "prison"}, {"from", "2026-05-11"}}));
    pull();
    const auto answer = since();
    ASSERT_EQ(answer.at("facts").items().size(), 1u) << answer.text();
    const auto& lead = answer.at("facts").items().at(0);
    EXPECT_EQ(lead.at("title").text() + ": " + lead.at("was").text() + " -> " + lead.at("is").text(), "Lead agency: probation -> prison");
}

// What is current must not hide among what is old.
TEST_F(CaseSince, TasksFromBeforeStandApartFromNewOnesAndFromThoseThatEnded)
{
    const auto review = hub.write("probation.practitioner", hub.creates("review", "held", {{"held_on", "2026-01-10"}}));
    comes_in("2026-05-12T09:00:00Z");
    pull();
    ASSERT_THAT(tasks(since(), "before"), ElementsAre(testing::HasSubstr("Level 1 review")));
    EXPECT_THAT(tasks(since(), "settled"), IsEmpty());
    hub.write("probation.practitioner", hub.creates("review", "held", {{"held_on", "2026-05-11"}}));
    pull();
    const auto answer = since();
    EXPECT_THAT(tasks(answer, "before"), IsEmpty());
    EXPECT_THAT(tasks(answer, "new"), ElementsAre(testing::HasSubstr("Level 1 review")));
    EXPECT_THAT(tasks(answer, "settled"), ElementsAre(testing::HasSubstr("Level 1 review")));
}

TEST_F(CaseSince, WhatWaitsForADecisionIsNewOrFromBefore)
{
    const auto first = address("1 Invented Row");
    hub.write("police.offender_manager", hub.edits(first, "address", "where", {{"lines", "5 Invented Row"}}));
    comes_in("2026-05-12T09:00:00Z");
    const auto second = address("9 Placeholder Close");
    hub.write("police.offender_manager", hub.edits(second, "address", "where", {{"lines", "10 Placeholder Close"}}));
    pull();
    const auto answer = since();
    ASSERT_EQ(answer.at("decisions").at("before").items().size(), 1u) << answer.text();
    ASSERT_EQ(answer.at("decisions").at("new").items().size(), 1u) << answer.text();
    EXPECT_EQ(answer.at("decisions").at("before").items().at(0).at("record").text(), to_string(first));
    EXPECT_EQ(answer.at("decisions").at("new").items().at(0).at("record").text(), to_string(second));
}

// No value has changed, and yet somebody decided.
TEST_F(CaseSince, ASuggestionThatWasDeclinedMeanwhileIsTold)
{
    const auto id = address("1 Invented Row");
    const auto asked = hub.write("police.offender_manager", hub.edits(id, "address", "where", {{"lines", "5 Invented Row"}}));
    comes_in("2026-05-12T09:00:00Z");
    hub.write("probation.practitioner", hub.decides(id, asked.opened.versions[0], schema::Resolution::decline));
    pull();
    const auto answer = since();
    EXPECT_THAT(told(answer), IsEmpty());
    const auto& settled = answer.at("decisions").at("settled").items();
    ASSERT_EQ(settled.size(), 1u) << answer.text();
    EXPECT_EQ(settled.at(0).at("title").text() + ", " + settled.at(0).at("disposition").text(), "Address, declined");
}

TEST_F(CaseSince, OnesOwnUnsentWorkCountsAndSaysSo)
{
    const auto id = address("1 Invented Row");
    ASSERT_EQ(run({"record", "edit", to_string(id), "--set", "lines=2 Invented Row"}).exit, 0);
    const auto answer = since();
    EXPECT_THAT(told(answer), ElementsAre(R"(Address, {"lines":"1 Invented Row"} -> {"lines":"2 Invented Row"})"));
    EXPECT_TRUE(answer.at("records").items().at(0).at("changed").items().at(0).at("waits").boolean());
}

TEST_F(CaseSince, TheLastDayOfAFieldIsTheLatestUpToToday)
{
    ASSERT_EQ(to_string(schema::day_in_england(clock.now())), "2026-05-17");
    for (const auto* day : {"2026-03-10", "2026-05-10", "2026-06-10"})
        hub.write("probation.practitioner", hub.creates("review", "held", {{"held_on", day}}));
    comes_in("2026-05-12T09:00:00Z");
    address("1 Invented Row");
    const auto answer = since({"--last", "review.held_on"});
    EXPECT_EQ(answer.at("since").text(), "2026-05-10");
    EXPECT_EQ(answer.at("because").text(), "Level 1 review: Held on");
    EXPECT_THAT(told(answer), ElementsAre(R"(Address, null -> {"lines":"1 Invented Row"})"));
}

TEST_F(CaseSince, WithoutSuchADayItSaysHowToGiveOne)
{
    hub.write("probation.practitioner", hub.creates("review", "held", {{"held_on", "2026-06-10"}}));
    pull();
    const auto answer = since({"--last", "review.held_on"});
    EXPECT_EQ(answer.exit, 2);
    EXPECT_TRUE(answer.mentions("no Level 1 review of this case has a day there up to today; give one with --day")) << answer.text();
}

}  // namespace
}  // namespace satchel::client::app
