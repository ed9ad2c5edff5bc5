// Suggestions and conflicts as the operator of a hub meets them: real work of devices, decided by commands.
#include "tests/unit/tools/hub/waiting_items.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {
namespace {

TEST_F(Decisions, WithoutAReaderAnItemIsAnEnvelope)
{
    const auto item = only_item("suggestion");
    EXPECT_EQ(item.at("kind").text(), "suggestion");
    EXPECT_EQ(item.at("case").text(), to_string(case_id));
    EXPECT_EQ(item.at("record").text(), to_string(address));
    EXPECT_EQ(item.at("type").text(), "address");
    EXPECT_EQ(item.at("field").text(), "where") << "a group of several fields goes by its own name";
    EXPECT_EQ(item.at("owner_role").text(), "probation.practitioner");
    EXPECT_EQ(to_text(item).find("Invented"), std::string::npos) << to_text(item);
}

TEST_F(Decisions, AReaderInsideTheAudienceSeesTheValues)
{
    const auto item = only_item("suggestion", {"--as", "Owner Example"});
    ASSERT_EQ(item.at("sides").items().size(), 2u) << to_text(item);
    EXPECT_EQ(item.at("sides").items()[0].at("value").at("lines").text(), "1 Invented Row");
    EXPECT_EQ(item.at("sides").items()[1].at("value").at("lines").text(), "2 Invented Row");
    EXPECT_EQ(item.at("sides").items()[1].at("agency").text(), "police");
    const auto conflict = only_item("conflict", {"--as", "Owner Example"});
    EXPECT_EQ(conflict.at("field").text(), "level") << "the only field of its group";
    std::set<std::string> sides;
    for (const auto& side : conflict.at("sides").items())
        sides.insert(side.at("value").text());
    EXPECT_EQ(sides, (std::set<std::string>{"low", "high"})) << to_text(conflict);
}

TEST_F(Decisions, AnItemIsFoundUnderItsOwnKindOnly)
{
    const auto suggestion = only_item("suggestion").at("id").text();
    EXPECT_EQ(answered({"suggestion", "show", suggestion}).at("item").at("id").text(), suggestion);
    EXPECT_EQ(ask({"conflict", "show", suggestion}).error().code, Errc::not_found);
    EXPECT_EQ(ask({"conflict", "resolve", suggestion, "--choose", "A", "--as", "Owner Example", "--reason", "R"}).error().code,
              Errc::not_found);
    EXPECT_EQ(ask({"suggestion", "accept", suggestion, "--as", "Nobody", "--reason", "R"}).error().code, Errc::not_found);
}

TEST_F(Decisions, AnAcceptedSuggestionBecomesTheValue)
{
    const auto id = only_item("suggestion").at("id").text();
    const auto decision = answered({"suggestion", "accept", id, "--as", "Owner Example", "--reason", "Seen there"});
    EXPECT_EQ(decision.at("outcome").text(), "applied") << to_text(decision);
    EXPECT_EQ(lines_now(), "2 Invented Row");
    EXPECT_TRUE(answered({"suggestion", "list"}).at("items").items().empty());
    EXPECT_EQ(ask({"suggestion", "accept", id, "--as", "Owner Example", "--reason", "Again"}).error().code, Errc::not_found);
}

TEST_F(Decisions, AnAmendedSuggestionNeedsFieldsThatItsGroupHas)
{
    const auto id = only_item("suggestion").at("id").text();
    const auto amend = [&](const std::vector<std::string>& values) {
        std::vector<std::string> words{"suggestion", "amend", id, "--as", "Owner Example", "--reason", "R"};
        for (const auto& value : values)
            words.push_back("--value=" + value);
        return ask(words);
    };
    EXPECT_EQ(amend({}).error().code, Errc::invalid_argument);
    EXPECT_EQ(amend({"3 Invented Row"}).error().detail, "--value is FIELD=VALUE here, and FIELD is one of lines, from, to");
    EXPECT_EQ(amend({"linse=3 Invented Row"}).error().detail,
              "--value is FIELD=VALUE here, and FIELD is one of lines, from, to; did you mean \"lines\"?");
    EXPECT_EQ(amend({"lines=a", "lines=b"}).error().detail, "--value gives lines twice");
    EXPECT_EQ(amend({"from=yesterday"}).error().code, Errc::invalid_argument);
    EXPECT_EQ(lines_now(), "1 Invented Row");
    const auto amended = amend({"lines=3 Invented Row = the corner", "from=2026-05-02"});
    ASSERT_TRUE(amended) << amended.error().detail;
    EXPECT_EQ(lines_now(), "3 Invented Row = the corner");
}

TEST_F(Decisions, ADecisionOfSomeoneWithoutTheRightIsExit7AndChangesNothing)
{
    const auto id = only_item("suggestion").at("id").text();
    const auto refused = ask({"suggestion", "accept", id, "--as", "Prison Example", "--reason", "R"});
    if (refused) {
        EXPECT_EQ(refused->exit, console::Exit::refused) << to_text(refused->body);
        EXPECT_FALSE(refused->ok);
        EXPECT_EQ(refused->body.at("error").at("code").text(), "refused");
        EXPECT_FALSE(plain_decision(refused->body, {}).empty());
    } else {
        EXPECT_EQ(console::exit_of(refused.error().code), console::Exit::refused) << refused.error().detail;
    }
    EXPECT_EQ(lines_now(), "1 Invented Row");
    EXPECT_EQ(only_item("suggestion").at("id").text(), id) << "it waits on";
}

TEST_F(Decisions, AConflictIsResolvedBySideOrByValueAndByNoMixture)
{
    const auto id = only_item("conflict").at("id").text();
    const auto resolve = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"conflict", "resolve", id, "--as", "Owner Example", "--reason", "R"};
        words.insert(words.end(), more.begin(), more.end());
        return ask(words);
    };
    EXPECT_EQ(resolve({}).error().detail, "it takes either --choose or --value");
    EXPECT_EQ(resolve({"--choose", "A", "--value", "low"}).error().detail, "it takes either --choose or --value");
    EXPECT_FALSE(resolve({"--choose", "C"}));
    EXPECT_FALSE(resolve({"--value", "enormous"}));
    EXPECT_EQ(answered({"conflict", "comment", id, "--as", "Owner Example", "--reason", "Look at this"}).at("item").text(), id);
    EXPECT_EQ(only_item("conflict").at("id").text(), id) << "a comment settles nothing";
    const auto settled = resolve({"--value", "very_high"});
    ASSERT_TRUE(settled) << settled.error().detail;
    EXPECT_EQ(risk_now(), "very_high");
    EXPECT_TRUE(answered({"conflict", "list"}).at("items").items().empty());
}

TEST_F(Decisions, ChoosingASideTakesThatSide)
{
    const auto item = only_item("conflict", {"--as", "Owner Example"});
    const auto wanted = item.at("sides").items()[1].at("value").text();
    answered({"conflict", "resolve", item.at("id").text(), "--choose", "B", "--as", "Owner Example", "--reason", "R"});
    EXPECT_EQ(risk_now(), wanted);
}

TEST_F(Decisions, RoutingGivesTheRoleATask)
{
    const auto id = only_item("conflict").at("id").text();
    EXPECT_FALSE(ask({"conflict", "route", id, "--role", "coordination.cordinator", "--as", "Owner Example", "--reason", "R"}));
    const auto routed =
        answered({"conflict", "route", id, "--role", "coordination.coordinator", "--as", "Owner Example", "--reason", "R"});
    EXPECT_EQ(routed.at("role").text(), "coordination.coordinator");
    const auto tasks = answered({"task", "list", "--role", "coordination.coordinator"}).at("tasks");
    EXPECT_EQ(tasks.items().size(), 1u) << to_text(tasks);
    EXPECT_EQ(only_item("conflict").at("id").text(), id) << "it decides nothing";
}

// Whom to route to is the agreement's to say: the operator names nobody.
TEST_F(Decisions, WithoutARoleTheAgreementSaysToWhom)
{
    const auto item = only_item("conflict");
    const auto id = item.at("id").text();
    const auto routed = answered({"conflict", "route", id, "--as", "Owner Example", "--reason", "Nobody has looked"});
    EXPECT_EQ(routed.at("role").text(), item.at("owner_role").text());
    EXPECT_EQ(answered({"task", "list", "--role", item.at("owner_role").text()}).at("tasks").items().size(), 1u);
    EXPECT_FALSE(ask({"conflict", "reassign", id, "--as", "Owner Example", "--reason", "R"})) << "to whom?";
    EXPECT_EQ(only_item("conflict").at("id").text(), id) << "it decides nothing";
}

// Passed up means that somebody above has something to do. This agreement knows no line managers.
TEST_F(Decisions, EscalatingGivesSomebodyAboveATask)
{
    const auto id = only_item("conflict").at("id").text();
    answered({"conflict", "escalate", id, "--as", "Owner Example", "--reason", "They do not agree"});
    EXPECT_EQ(answered({"task", "list", "--role", "coordination.coordinator"}).at("tasks").items().size(), 1u);
    EXPECT_EQ(only_item("conflict").at("id").text(), id) << "it decides nothing";
}

TEST_F(Decisions, ExplainSaysWhoMayChangeAField)
{
    const auto told = answered({"policy", "explain", "--case", "C1", "--record", to_string(address), "--field", "lines",
                                "--as", "Officer Example"});
    EXPECT_EQ(told.at("owner").text(), "lead_agency");
    EXPECT_NE(to_text(told.at("outcomes")).find("suggestion"), std::string::npos) << to_text(told);
    EXPECT_EQ(ask({"policy", "explain", "--case", "C1", "--record", to_string(address), "--field", "linse", "--as",
                   "Officer Example"})
                  .error()
                  .code,
              Errc::unknown_name);
}

TEST_F(Decisions, DevicesAreShownAndRevoked)
{
    const auto devices = answered({"device", "list"}).at("devices");
    ASSERT_EQ(devices.items().size(), 3u);
    const auto id = devices.items().front().at("device").text();
    EXPECT_EQ(answered({"device", "show", id}).at("received").integer(), 4);
    EXPECT_TRUE(answered({"device", "show", id}).at("purges").items().empty());
    std::vector<CredentialId> ended;
    cut = [&](const CredentialId& credential) { ended.push_back(credential); };
    answered({"device", "revoke", id});
    EXPECT_EQ(ended, std::vector{*parse_id<CredentialId>(id)}) << "its connections end at once";
    EXPECT_TRUE(answered({"device", "show", id}).at("revoked").boolean());
}

TEST_F(Decisions, ACaseTakenAwayIsShownWithTheDeviceUntilItIsGone)
{
    const auto device = answered({"device", "list"}).at("devices").items().front().at("device").text();
    answered({"unassign", "--case", "C1", "--user", "Owner Example", "--because", "moved"});
    EXPECT_TRUE(answered({"device", "show", device}).at("purges").is_array());
}

TEST_F(Decisions, InPlainEnglishAnItemNamesItsSides)
{
    const auto id = only_item("conflict").at("id").text();
    const auto shown = plain_item(answered({"conflict", "show", id, "--as", "Owner Example"}), {});
    EXPECT_NE(shown.find("\nA "), std::string::npos) << shown;
    EXPECT_NE(shown.find("\nB "), std::string::npos) << shown;
    EXPECT_NE(shown.find("high"), std::string::npos) << shown;
    const auto hidden = plain_item(answered({"conflict", "show", id}), {});
    EXPECT_NE(hidden.find("(not shown)"), std::string::npos) << hidden;
    EXPECT_NE(plain_items(answered({"conflict", "list"}), {}).find(id), std::string::npos);
    EXPECT_EQ(plain_items(Json::object({{"items", Json::array()}}), {}), "Nothing waits for a decision.\n");
}

}  // namespace
}  // namespace satchel::tools::hub
