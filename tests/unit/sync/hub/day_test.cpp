// What a day brings to every case, in portions between which others write.
#include "sync/hub/day.hpp"

#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "sync/hub/turns.hpp"
#include "sync/hub/verify.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;

TEST(TurnsTest, WhoWaitsGoesBeforeWhoComesBack)
{
    Turns turns;
    std::vector<std::string> went;
    turns.lock();
    std::thread other([&] {
        const std::lock_guard turn(turns);
        went.emplace_back("who waited");
    });
    while (turns.here() < 2)
        std::this_thread::yield();
    turns.unlock();
    turns.lock();
    went.emplace_back("who came back");
    turns.unlock();
    other.join();
    EXPECT_THAT(went, ElementsAre("who waited", "who came back"));
}

// Three cases that are all led by probation from tomorrow on.
class DayTest : public testing::Test {
protected:
    DayTest()
    {
        std::size_t at = 0;
        std::vector<std::string> lines;
        for (const std::string label : {"C1", "C2", "C3"}) {
            lines.push_back(R"({"v":1,"kind":"case","key":")" + label + "\"}");
            lines.push_back(R"({"v":1,"kind":"record","case":")" + label + R"(","key":"s","type":"supervision","agency":"probation",)" +
                            R"("role":"probation.practitioner","fields":{"agency":"probation","from":")" + to_string(tomorrow) + "\"}}");
        }
        must(hub.import([&]() -> Result<std::optional<std::string>> { return at < lines.size() ? std::optional(lines[at++]) : std::nullopt; },
                        false));
    }
    std::vector<std::string> leads()
    {
        std::map<std::string, std::string> out;
        for (const auto& one : must(hub.cases()))
            out[one.label] = one.facts.at("lead_agency");
        std::vector<std::string> said;
        for (const auto& [label, lead] : out)
            said.push_back(lead);
        return said;
    }
    bool verifies() { return must(verify_history(*must(w.store().view()), w.keys)).ok(); }

    HubWorld w;
    HubService& hub = w.service();
    const Date tomorrow{day_of(w.clock.now()).days + 1};
};

TEST_F(DayTest, GoesOnInPortionsAndOthersWriteInBetween)
{
    w.clock.ms += 24LL * 3600 * 1000;
    auto tick = must(hub.begin_tick(tomorrow));
    must(hub.go_on(tick, 1));
    EXPECT_THAT(leads(), ElementsAre("probation", "police", "police"));
    EXPECT_FALSE(tick.done());
    const auto later = must(hub.add_case("C4"));
    must(hub.go_on(tick, 1));
    must(hub.go_on(tick, 1));
    EXPECT_TRUE(tick.done());
    EXPECT_EQ(tick.made, 3u);
    EXPECT_THAT(leads(), ElementsAre("probation", "probation", "probation", "police"));
    EXPECT_EQ(must(must(w.store().view())->case_row(later))->label, "C4");
    EXPECT_TRUE(verifies());
}

TEST_F(DayTest, LeftUnfinishedItIsDoneAgainAndNothingOfItTwice)
{
    {
        auto tick = must(hub.begin_tick(tomorrow));
        must(hub.go_on(tick, 2));
    }
    EXPECT_EQ(must(hub.tick(tomorrow)), 1u);
    EXPECT_THAT(leads(), ElementsAre("probation", "probation", "probation"));
}

TEST_F(DayTest, AnotherAgreementThatComesIntoForceBeginsItAnew)
{
    auto tick = must(hub.begin_tick(day_of(w.clock.now())));
    must(hub.go_on(tick, 2));
    ASSERT_THAT(leads(), ElementsAre("police", "police", "police"));

    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    const std::string otherwise = "otherwise = \"police\"";
    text.replace(text.find(otherwise), otherwise.size(), "otherwise = \"prison\"");
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    must(hub.publish_policy(bundle));

    while (!tick.done())
        must(hub.go_on(tick, 2));
    EXPECT_THAT(leads(), ElementsAre("prison", "prison", "prison")) << "also those that were done before it came";
}

TEST_F(DayTest, GoesOnWithoutACaseThatCannotBeReadAndNamesIt)
{
    const auto cases = must(hub.cases());
    const auto second = std::find_if(cases.begin(), cases.end(), [](const CaseInfo& one) { return one.label == "C2"; });
    const auto no = must(must(w.store().view())->case_row(second->id))->no;
    const auto type = schema::type_id("supervision");
    std::vector<RecordRow> damaged;
    const Visit<RecordRow> keep = [&](const RecordRow& row) -> Result<bool> {
        damaged.push_back(row);
        damaged.back().state.resize(row.state.size() / 2);
        return true;
    };
    must(must(w.store().view())->records(no, type, keep));
    ASSERT_EQ(damaged.size(), 1u);
    auto writing = must(w.store().begin());
    must(writing->put(damaged.front(), /*fresh=*/false));
    must(writing->commit());
    writing.reset();
    w.reopen();

    auto tick = must(w.service().begin_tick(tomorrow));
    while (!tick.done())
        must(w.service().go_on(tick, 2));
    std::map<std::string, std::string> led;
    for (const auto& one : must(w.service().cases()))
        led[one.label] = one.facts.at("lead_agency");
    EXPECT_THAT(led, ElementsAre(testing::Pair("C1", "probation"), testing::Pair("C2", "police"), testing::Pair("C3", "probation")));
    ASSERT_EQ(tick.skipped.size(), 1u);
    EXPECT_NE(tick.skipped.front().detail.find(to_string(second->id)), std::string::npos) << tick.skipped.front().detail;
    EXPECT_EQ(tick.made, 2u);
}

// A hub that starts shortly before midnight: who leads since midnight is not made to lead no longer.
TEST_F(DayTest, PastMidnightTheRestIsDoneForTheDayThatHasCome)
{
    auto tick = must(hub.begin_tick(day_of(w.clock.now())));
    must(hub.go_on(tick, 1));
    w.clock.ms += 24LL * 3600 * 1000;
    while (!tick.done())
        must(hub.go_on(tick, 1));
    EXPECT_THAT(leads(), ElementsAre("police", "probation", "probation"));
    EXPECT_EQ(must(hub.tick(tomorrow)), 1u);
    EXPECT_TRUE(verifies());
}

TEST_F(DayTest, OfAHubWithoutCasesIsOverAtOnce)
{
    HubWorld empty;
    auto tick = must(empty.service().begin_tick(tomorrow));
    must(empty.service().go_on(tick));
    EXPECT_TRUE(tick.done());
}

}  // namespace
}  // namespace satchel::test
