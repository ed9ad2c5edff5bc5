// Users, cases and devices by command: who is given what, and whose connections end.
#include <algorithm>

#include "tests/unit/tools/hub/waiting_items.hpp"

namespace satchel::tools::hub {
namespace {

class People : public Decisions {
protected:
    People()
    {
        cut = [this](const CredentialId& credential) { cut_off.push_back(to_string(credential)); };
    }
    std::vector<std::string> devices_of(const std::string& person)
    {
        std::vector<std::string> out;
        const auto list = answered({"device", "list"});
        for (const auto& device : list.at("devices").items())
            if (person.empty() || device.at("name").text() == person)
                out.push_back(device.at("device").text());
        return out;
    }
    std::string outcome(const std::vector<std::string>& words, Bytes input = {})
    {
        const auto answer = ask(words, std::move(input));
        return answer ? to_text(answer->body) : std::string(name(answer.error().code)) + ": " + answer.error().detail;
    }
    Json person(const std::string& wanted)
    {
        const auto list = answered({"user", "list"});
        for (const auto& user : list.at("users").items())
            if (user.at("name").text() == wanted)
                return user;
        return {};
    }
    std::string assigned() { return to_text(answered({"case", "list"}).at("cases").items().front().at("assigned")); }

    std::vector<std::string> cut_off;
};

TEST_F(People, WhoIsSuspendedLosesTheConnectionsOfTheirOwnDevices)
{
    const auto devices = devices_of("Officer Example");
    ASSERT_EQ(devices.size(), 1u);
    answered({"user", "suspend", "Officer Example"});
    EXPECT_EQ(cut_off, devices) << "and nobody else's";
    EXPECT_TRUE(person("Officer Example").at("suspended").boolean());
    EXPECT_EQ(outcome({"user", "suspend", "Officer Example"}), "duplicate: the user is suspended already");
    EXPECT_EQ(cut_off, devices);
}

TEST_F(People, OfAnUnknownPersonOrDeviceNothingIsCut)
{
    EXPECT_EQ(outcome({"user", "suspend", "Nobody Example"}), "not_found: no such user");
    EXPECT_EQ(outcome({"device", "revoke", std::string(26, 'a')}), "not_found: ");
    EXPECT_EQ(outcome({"device", "show", std::string(26, 'a')}), "not_found: ");
    EXPECT_EQ(outcome({"device", "revoke", "tablet"}), "malformed: an id has 26 characters");
    EXPECT_TRUE(cut_off.empty());
}

// A hub put back from a copy: whoever was let in under the old epoch has to knock again.
TEST_F(People, ARestoredHubCutsEveryConnection)
{
    answered({"restored"});
    auto all = devices_of("");
    std::sort(all.begin(), all.end());
    std::sort(cut_off.begin(), cut_off.end());
    EXPECT_EQ(all.size(), 3u);
    EXPECT_EQ(cut_off, all);
}

TEST_F(People, HatsAreReplacedByThoseGivenOrNotAtAll)
{
    const auto before = to_text(person("Officer Example"));
    EXPECT_EQ(outcome({"user", "hats", "Nobody Example", "--hat", "police/east/police.offender_manager"}),
              "not_found: no such user");
    EXPECT_FALSE(ask({"user", "hats", "Officer Example", "--hat", "police/east/offender_manger"}));
    EXPECT_FALSE(ask({"user", "hats", "Officer Example", "--hat", "police"}));
    EXPECT_FALSE(ask({"user", "hats", "Officer Example"}));
    EXPECT_EQ(to_text(person("Officer Example")), before);
    answered({"user", "hats", "Officer Example", "--hat", "prison/west/omu", "--hat", "police/west/offender_manager"});
    EXPECT_EQ(to_text(person("Officer Example").at("hats")), R"(["police/west/offender_manager","prison/west/omu"])");
}

TEST_F(People, AnUnknownVettingLevelNamesTheNearestAndAddsNobody)
{
    EXPECT_EQ(outcome({"user", "add", "--name", "New Example", "--hat", "prison/west/omu", "--vetting", "enhanved"}),
              "unknown_name: vetting level \"enhanved\"; did you mean \"enhanced\"?");
    EXPECT_TRUE(person("New Example").is_null());
    answered({"user", "add", "--name", "New Example", "--hat", "prison/west/omu", "--vetting", "enhanced"});
    EXPECT_EQ(person("New Example").at("vetting").text(), "enhanced");
}

TEST_F(People, ATeamIsGivenACaseAndLosesIt)
{
    const auto before = assigned();
    EXPECT_EQ(outcome({"unassign", "--case", "C1", "--team", "west", "--because", "moved"}),
              "not_found: no such assignment stands");
    const auto given = answered({"assign", "--case", "C1", "--team", "west"});
    EXPECT_EQ(given.at("team").text(), "west");
    EXPECT_EQ(given.find("user"), nullptr);
    EXPECT_NE(assigned().find("\"team west\""), std::string::npos) << assigned();
    EXPECT_EQ(outcome({"assign", "--case", "C1", "--team", "west"}), "duplicate: assigned already");
    const auto taken = answered({"unassign", "--case", "C1", "--team", "west", "--because", "restricted"});
    EXPECT_EQ(taken.at("team").text(), "west");
    EXPECT_EQ(taken.at("because").text(), "restricted");
    EXPECT_EQ(assigned(), before);
}

TEST_F(People, ARoleIsGivenACaseByItsName)
{
    const auto unknown = ask({"assign", "--case", "C1", "--role", "prison.ommu"});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().detail, "no role \"prison.ommu\"; did you mean \"prison.omu\"?");
    EXPECT_EQ(answered({"assign", "--case", "C1", "--role", "prison.omu"}).at("role").text(), "prison.omu");
    EXPECT_NE(assigned().find("\"role prison.omu\""), std::string::npos) << assigned();
}

TEST_F(People, ATaskWithADayShowsItAndOneWithoutShowsNone)
{
    auto device = world.enrol(owner, "probation.practitioner", "Second");
    world.pull(device);
    world.save(device, case_id, {world.creates(case_id, "review", "held", {{"held_on", "2026-05-01"}})});
    world.push(device);
    answered(
        {"conflict", "route", only_item("conflict").at("id").text(), "--as", "Owner Example", "--reason", "Stuck"});
    std::map<std::string, Json> due;
    const auto list = answered({"task", "list", "--role", "probation.practitioner"});
    for (const auto& task : list.at("tasks").items())
        due[task.at("words").text()] = task.at("due");
    EXPECT_EQ(due["Level 1 review"].text(), "2026-11-01");
    ASSERT_TRUE(due.contains("Decide between two versions"));
    EXPECT_TRUE(due["Decide between two versions"].is_null());
}

class Slips : public People {
protected:
    Slips() { slip = temp.file("officer.enrolment"); }
    std::string create(const std::string& ttl)
    {
        return outcome({"enrolment", "create", "--user", "Officer Example", "--out", slip, "--ttl", ttl});
    }
    test::TempFolder temp;
    std::string slip;
};

TEST_F(Slips, ATimeThatIsNoneMakesNoSlip)
{
    for (const auto* bad : {"29s", "0h", "x", "h", "1.5h", "15 m", "-1d", "169h", "8d", "604801s"}) {
        EXPECT_EQ(create(bad), "invalid_argument: --ttl is a number with s, m, h or d, from 30s to 7d") << bad;
        EXPECT_FALSE(std::filesystem::exists(slip)) << bad;
    }
}

TEST_F(Slips, ATimeInHoursIsCountedInHours)
{
    const auto now = world.clock.now();
    const auto made = answered({"enrolment", "create", "--user", "Officer Example", "--out", slip, "--ttl", "8h"});
    EXPECT_EQ(made.at("expires_at").text(), to_string(Instant{now.ms + 8 * 3'600'000}));
    EXPECT_EQ(made.at("agency").text(), "police");
}

TEST_F(Slips, AFileThatIsThereIsLeftAlone)
{
    ASSERT_TRUE(files.write_durable(slip, view("something else")));
    EXPECT_EQ(create("15m"), "duplicate: the file of --out; a slip is never written over another file");
    EXPECT_EQ(text(test::must(console::read_whole(slip, 100))), "something else");
}

}  // namespace
}  // namespace satchel::tools::hub
