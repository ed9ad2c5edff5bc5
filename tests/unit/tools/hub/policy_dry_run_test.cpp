// The last days under an agreement that is not in force, by command.
#include "sync/console/terminal.hpp"
#include "tests/unit/tools/hub/waiting_items.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {
namespace {

class DryRunCommand : public Decisions {
protected:
    Result<Answer> run(const std::string& days, const std::string& was = "version = 7", const std::string& is = "version = 8")
    {
        std::string text(test::small_policy_text);
        if (was.find("version") == std::string::npos)
            text.replace(text.find("version = 7"), 11, "version = 8");
        text.replace(text.find(was), was.size(), is);
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        return ask({"policy", "dry-run", "agreement", "--days", days}, sync::pack_bundle(bundle));
    }
};

TEST_F(DryRunCommand, TellsBothRulingsAndNoWordOfTheCase)
{
    const auto answer = test::must(run("30", "owner = \"lead_agency\"", "owner = \"agency:police\""));
    EXPECT_EQ(answer.body.at("differ").integer(), 2) << to_text(answer.body);
    EXPECT_TRUE(answer.body.at("whole_history").boolean());
    const auto words = plain_dry_run(answer.body, {});
    EXPECT_NE(words.find("suggested (not-owner)"), std::string::npos) << words;
    EXPECT_NE(words.find(to_string(case_id)), std::string::npos) << words;
    for (const auto* content : {"Invented Row", "C1", "Owner Example"}) {
        EXPECT_EQ(words.find(content), std::string::npos) << content;
        EXPECT_EQ(to_text(answer.body).find(content), std::string::npos) << content;
    }
}

TEST_F(DryRunCommand, SaysThatNothingWouldDiffer)
{
    const auto answer = test::must(run("30"));
    EXPECT_EQ(answer.body.at("differ").integer(), 0);
    EXPECT_NE(plain_dry_run(answer.body, {}).find("; 0 would be ruled on otherwise.\n"), std::string::npos);
}

// First why it could not be published at all, then rulings, then tasks.
TEST_F(DryRunCommand, TellsFirstWhyItCouldNotFollowTheAgreementInForce)
{
    const auto same = test::must(run("30", "version = 7", "version = 7"));
    EXPECT_FALSE(same.body.at("publishable").boolean());
    const auto& problems = same.body.at("problems").items();
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems.front().at("file").text(), "small.toml");
    EXPECT_EQ(problems.front().at("line").integer(), 3);
    EXPECT_TRUE(plain_dry_run(same.body, {}).starts_with(
        "It could not be published:\n- small.toml:3: the bundle in force has version 7: the new one needs a higher number\n"));

    const auto retyped = test::must(run("30", "cites = { type = \"ref\", of = \"address\" }, text = { type = \"note\"",
                                        "cites = { type = \"ref\", of = \"address\" }, text = { type = \"text\""));
    const auto words = plain_dry_run(retyped.body, {});
    EXPECT_NE(words.find("field \"text\" is of type text, and of type note in the bundle in force"), std::string::npos) << words;
    EXPECT_LT(words.find("It could not be published"), words.find("changes in")) << words;

    EXPECT_TRUE(test::must(run("30", "version = 7", "version = 8")).body.at("publishable").boolean());
}

TEST_F(DryRunCommand, SaysWhenItIsRefusedUnlessNarrowingIsUnderstood)
{
    std::string text(test::small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    const std::string was = "pointer = \"case_agencies\"";
    text.replace(text.find(was), was.size(), "pointer = \"agency:police\"");
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    const auto answer = test::must(ask({"policy", "dry-run", "agreement", "--days", "30"}, sync::pack_bundle(bundle)));
    EXPECT_TRUE(answer.body.at("publishable").boolean());
    EXPECT_FALSE(answer.body.at("narrowing").items().empty());
    EXPECT_EQ(plain_dry_run(answer.body, {}).find("It would be refused unless it is proposed with --narrowing-understood:\n- small.toml:"), 0u);
}

TEST_F(DryRunCommand, TellsOfTasksByCaseEntryRuleAndReasonAndNothingOfTheCase)
{
    const auto answer = test::must(run("30", "id = \"address-tasks\"", "id = \"address-work\""));
    EXPECT_EQ(answer.body.at("tasks_arise").integer(), 2);
    EXPECT_EQ(answer.body.at("tasks_missing").integer(), 2);
    const auto words = plain_dry_run(answer.body, {});
    for (const auto* told : {"2 tasks would arise, and 2 would not.", "police.offender_manager: \"Check plans that depend on this address\" about address.where",
                             "address-work, IN-T1", "would not arise", "the rule is new", "there is no such rule any more"})
        EXPECT_NE(words.find(told), std::string::npos) << told << "\n" << words;
    EXPECT_EQ(words.find("Invented Row"), std::string::npos) << words;
    EXPECT_LT(words.find("changes in"), words.find("\nTasks\n")) << words;
}

TEST_F(DryRunCommand, TellsOfTasksThatANewDeadlineOpensForWhatIsThere)
{
    const auto answer = test::must(run("1", "[[deadline]]\n", "[[deadline]]\nid = \"visit\"\nstarts = \"supervision.from\"\nwithin = \"2 days\"\n"
                                                              "role = \"police.offender_manager\"\ntask = \"Visit\"\nrefs = [\"G-2-4\"]\n"
                                                              "[[deadline]]\n"));
    EXPECT_EQ(answer.body.at("tasks_arise").integer(), 1);
    const auto words = plain_dry_run(answer.body, {});
    for (const auto* told : {"police.offender_manager: \"Visit\" about supervision.period", "visit, G-2-4", "the rule is new"})
        EXPECT_NE(words.find(told), std::string::npos) << told << "\n" << words;
}

TEST_F(DryRunCommand, ANumberOfDaysIsNeededAndAnAgreementThatIsOne)
{
    for (const auto* days : {"", "0", "-1", "3.5", "soon", "99999999999"})
        EXPECT_EQ(run(days).error().code, Errc::invalid_argument) << days;
    const auto none = test::must(run("30", "title = \"Address\"", "titel = \"Address\""));
    EXPECT_FALSE(none.ok);
    EXPECT_EQ(none.exit, console::exit_of(Errc::policy_invalid));
    const auto words = plain_dry_run(none.body, {});
    EXPECT_NE(words.find("record \"address\" needs \"title\""), std::string::npos) << words;
    EXPECT_NE(words.find("record \"address\" has no \"titel\"; did you mean \"title\"?"), std::string::npos) << words;
}

}  // namespace
}  // namespace satchel::tools::hub
