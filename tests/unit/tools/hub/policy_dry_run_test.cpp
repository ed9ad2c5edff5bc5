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

TEST_F(DryRunCommand, ANumberOfDaysIsNeededAndAnAgreementThatIsOne)
{
    for (const auto* days : {"", "0", "-1", "3.5", "soon", "99999999999"})
        EXPECT_EQ(run(days).error().code, Errc::invalid_argument) << days;
    EXPECT_EQ(run("30", "title = \"Address\"", "titel = \"Address\"").error().code, Errc::policy_invalid);
}

}  // namespace
}  // namespace satchel::tools::hub
