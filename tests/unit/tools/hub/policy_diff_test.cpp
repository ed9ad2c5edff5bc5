// Two agreements side by side, by command.
#include <fstream>

#include "sync/console/terminal.hpp"
#include "tests/unit/tools/hub/waiting_items.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {
namespace {

class Diff : public Decisions {
protected:
    // The small agreement, version 8, with one thing said otherwise.
    std::string other(const std::string& was, const std::string& is)
    {
        std::string text(test::small_policy_text);
        text.replace(text.find("version = 7"), 11, "version = 8");
        text.replace(text.find(was), was.size(), is);
        std::ofstream(folder.file("small.toml")) << text;
        return folder.file("");
    }
    Json told(const std::string& from, const std::string& to)
    {
        console::Invocation in;
        in.command = "policy diff";
        in.values = {{"old", {from}}, {"new", {to}}};
        const Desk desk{&world.service(), world.store(), world.keys, files, cut};
        const auto answer = policy_diff(desk, {in, test::must(read_sides(in))}, replies);
        EXPECT_TRUE(answer) << answer.error().detail;
        return answer ? answer->body : Json();
    }
    test::TempFolder folder;
};

TEST_F(Diff, OfAVersionOfTheHubAndAFolder)
{
    const auto body = told("7", other("owner = \"lead_agency\"", "owner = \"agency:police\""));
    EXPECT_EQ(body.at("from").at("version").integer(), 7);
    EXPECT_EQ(body.at("to").at("version").integer(), 8);
    EXPECT_EQ(body.at("narrowing").integer(), 0);
    ASSERT_FALSE(body.at("changes").items().empty());
    EXPECT_EQ(body.at("changes").items().front().at("words").text(), "is decided by Police; it was the lead agency");
    EXPECT_EQ(body.at("changes").items().back().at("kind").text(), "say");
}

TEST_F(Diff, WarnsOfWhoLosesSight)
{
    const auto body = told("7", other("pointer = \"case_agencies\"", "pointer = \"agency:police\""));
    EXPECT_GT(body.at("narrowing").integer(), 0) << to_text(body);
    const auto words = plain_diff(body, {});
    EXPECT_NE(words.find("- WARNING, narrows: sight intel.notice: "), std::string::npos) << words;
    EXPECT_NE(words.find("of them narrow: somebody no longer sees"), std::string::npos) << words;
}

TEST_F(Diff, SaysThatNothingChanges)
{
    EXPECT_EQ(plain_diff(told("7", "7"), {}).substr(0, 6), "From \"");
    EXPECT_TRUE(told("embedded", "embedded").at("changes").items().empty());
    EXPECT_NE(plain_diff(told("7", "7"), {}).find("Nothing changes for anybody."), std::string::npos);
}

TEST_F(Diff, AVersionThatTheHubNeverHadIsNamed)
{
    console::Invocation in;
    in.values = {{"old", {"3"}}, {"new", {"7"}}};
    const Desk desk{&world.service(), world.store(), world.keys, files, cut};
    const auto answer = policy_diff(desk, {in, test::must(read_sides(in))}, replies);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unknown_name);
    EXPECT_EQ(answer.error().detail, "3: the hub had no agreement of that version");
}

}  // namespace
}  // namespace satchel::tools::hub
