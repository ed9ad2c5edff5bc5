// The matrix as a page, as a spreadsheet and as the decision table of one field.
#include "tools/hub/matrix_page.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "schema/policy/embedded.hpp"
#include "sync/console/terminal.hpp"
#include "tests/unit/sync/core/small_policy.hpp"
#include "tests/unit/tools/hub/waiting_items.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {
namespace {

const schema::Policy& embedded()
{
    static const auto policy = *schema::compile(schema::embedded_bundle()).policy;
    return policy;
}

std::size_t count(const std::string& text, std::string_view what)
{
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
        ++n;
    return n;
}

// Every start tag has its end, in order; the few that have none are known.
std::string first_unbalanced(const std::string& html)
{
    static const std::set<std::string> empty{"meta", "br", "!doctype"};
    std::vector<std::string> open;
    for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
        const auto end = html.find_first_of(" >", at);
        auto tag = html.substr(at + 1, end - at - 1);
        if (empty.contains(tag))
            continue;
        if (tag.front() != '/')
            open.push_back(tag);
        else if (open.empty() || "/" + open.back() != tag)
            return tag + " at " + std::to_string(at);
        else
            open.pop_back();
    }
    return open.empty() ? "" : open.back() + " is never closed";
}

TEST(MatrixPage, IsOnePageThatNeedsNothingElse)
{
    const auto page = matrix_html(embedded());
    for (const auto* foreign : {"<script", "http:", "https:", "url(", "@import", "<img", "<iframe", "<link", "onclick"})
        EXPECT_EQ(page.find(foreign), std::string::npos) << foreign;
    EXPECT_TRUE(page.starts_with("<!doctype html>\n<html lang=\"en-GB\">"));
    EXPECT_EQ(first_unbalanced(page), "");
}

TEST(MatrixPage, CanBeReadByEar)
{
    const auto page = matrix_html(embedded());
    std::size_t groups = 0;
    for (const auto& type : embedded().types) {
        groups += type.groups.size();
        EXPECT_EQ(count(page, "<h2 id=\"" + type.name + "\">"), 1u) << type.name;
        EXPECT_EQ(count(page, "href=\"#" + type.name + "\""), 1u) << type.name;
    }
    EXPECT_EQ(count(page, "<h1>"), 1u);
    EXPECT_EQ(count(page, "<h3>"), groups);
    EXPECT_EQ(count(page, "<table><caption>"), 2 * groups) << "every table has its caption";
    EXPECT_EQ(count(page, "<th>") + count(page, "<th "), count(page, "<th scope=")) << "every heading says of what";
}

TEST(MatrixPage, WhatTheAgreementSaysIsTextAndNothingElse)
{
    const auto policy = test::small_policy_with([](schema::Policy& p) {
        p.title = "<script>alert(1)</script>";
        test::type_in(p, "address").title = "A & B's \"address\"";
    });
    const auto page = matrix_html(policy);
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
    EXPECT_NE(page.find("A &amp; B&#39;s &quot;address&quot;"), std::string::npos);
}

TEST(MatrixSheet, HasARowForEveryFieldRoleAndAction)
{
    const auto lines = matrix_csv(embedded());
    EXPECT_TRUE(lines.front().starts_with("\"record\",\"record title\",\"part\",\"field\","));
    const auto holds = [&](const std::string& start, const std::string& role, const std::string& rest) {
        return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.starts_with(start) && line.find("\"" + role + "\"") != std::string::npos &&
                   line.find(rest) != std::string::npos;
        });
    };
    EXPECT_TRUE(holds("\"address\",\"Address\",\"where\",\"postcode\"", "prison.omu",
                      "\"set\",\"always\",\"suggests\",\"lead_agency\""));
    EXPECT_TRUE(holds("\"address\",\"Address\",\"where\",\"postcode\"", "prison.omu",
                      "\"set\",\"when the case's lead agency is Prison\",\"decides\""));
    EXPECT_TRUE(holds("\"victim_identity\",\"Victim identity\",\"identity\",\"victim_name\"", "police.offender_manager",
                      "\"see\",\"always\",\"hidden\""));
    EXPECT_TRUE(holds("\"victim_identity\",\"Victim identity\",\"identity\",\"victim_name\"", "probation.victim_liaison",
                      "\"see\",\"always\",\"sees\""));
}

TEST(MatrixSheet, AGateRefusesBeforeAnybodyDecidesOrIsAsked)
{
    std::vector<std::string> rows;
    for (const auto& line : matrix_csv(embedded()))
        if (line.starts_with("\"representations\"") && line.find("\"sought\"") != std::string::npos &&
            line.find("\"probation.practitioner\"") != std::string::npos && line.find("\"set\"") != std::string::npos)
            rows.push_back(line);
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_NE(rows[0].find("\"when the new value of \"\"Asked\"\" is no and what the rule \"\"reason-for-not-asking\"\" asks for "
                           "is missing\",\"refused\""),
              std::string::npos)
        << rows[0];
    EXPECT_NE(rows[0].find("G-10-6"), std::string::npos) << rows[0];
    EXPECT_NE(rows[1].find("\"decides\""), std::string::npos) << rows[1];
    EXPECT_NE(rows[2].find("\"suggests\""), std::string::npos) << rows[2];
}

TEST(MatrixSheet, NoCellIsTakenForAFormula)
{
    const auto policy = test::small_policy_with([](schema::Policy& p) {
        test::type_in(p, "address").title = "=HYPERLINK(\"x\")";
    });
    const auto lines = matrix_csv(policy);
    const auto hit = std::find_if(lines.begin(), lines.end(), [](const auto& l) { return l.starts_with("\"address\""); });
    ASSERT_NE(hit, lines.end());
    EXPECT_TRUE(hit->starts_with("\"address\",\"'=HYPERLINK(\"\"x\"\")\",")) << *hit;
}

class MatrixCommands : public Decisions {};

TEST_F(MatrixCommands, OneFieldIsExplainedWithoutACase)
{
    const auto told = answered({"policy", "explain", "--record", "address", "--field", "lines"});
    EXPECT_EQ(told.at("title").text(), "Lines");
    bool found = false;
    for (const auto& rule : told.at("rules").items())
        if (rule.at("action").text() == "set")
            for (const auto& line : rule.at("lines").items())
                found = found || line.text().starts_with("when the case's lead agency is the own agency: decides (");
    EXPECT_TRUE(found) << to_text(told);
    EXPECT_EQ(ask({"policy", "explain", "--record", "adress", "--field", "lines"}).error().detail,
              "record type \"adress\"; did you mean \"address\"?");
    EXPECT_EQ(ask({"policy", "explain", "--record", "address", "--field", "linse"}).error().detail,
              "field \"linse\" of address; did you mean \"lines\"?");
}

TEST_F(MatrixCommands, ARecordAndAFieldAreFoundByTheTitlesThatPeopleKnow)
{
    EXPECT_EQ(answered({"policy", "explain", "--record", "trigger PLAN", "--field", "cites"}).at("record").text(), "trigger_plan");
    EXPECT_EQ(answered({"policy", "explain", "--record", "address", "--field", "Lines"}).at("field").text(), "lines");
}

TEST_F(MatrixCommands, WhatIsNotFoundNamesWhatThereIs)
{
    EXPECT_EQ(ask({"policy", "explain", "--record", "plan", "--field", "x"}).error().detail,
              "record type \"plan\"; there is trigger_plan (\"Trigger plan\")");
    EXPECT_EQ(ask({"policy", "explain", "--record", "address", "--field", "phone"}).error().detail,
              "field \"phone\" of address; there are lines (\"Lines\"), from (\"From\"), to (\"To\")");
    EXPECT_EQ(ask({"policy", "matrix", "--record", "adress"}).error().detail, "record type \"adress\"; did you mean \"address\"?");
}

TEST_F(MatrixCommands, ARecordWithoutAFieldIsToldByItsPartsAndWhatTheyRestOn)
{
    const auto told = answered({"policy", "explain", "--record", "level"});
    ASSERT_EQ(told.at("parts").items().size(), 2u);
    EXPECT_EQ(told.at("parts").items().front().at("part").text(), "decision");
    const auto words = plain_explain(told, {});
    EXPECT_TRUE(words.starts_with("MAPPA level (level). Rests on L1-250.\nKept: as long as the case.\n")) << words;
    EXPECT_NE(words.find("\nDecision (L1-250)\n    level: Level, choice\n"), std::string::npos) << words;
}

TEST_F(MatrixCommands, AnAnswerSaysWhoWhenWhyAndTheParagraph)
{
    const auto words = plain_explain(answered({"policy", "explain", "--record", "level", "--field", "level"}), {});
    EXPECT_NE(words.find("\nRests on L1-250.\n"), std::string::npos) << words;
    EXPECT_NE(words.find("  Offender management unit:\n    - refused; it is kept as \"Concern\": The lead agency sets the MAPPA level; your "
                         "concern has been sent to it. (G-15-49)\n"),
              std::string::npos)
        << words;
    EXPECT_NE(words.find("    - when the case's lead agency is the own agency: decides (L1-250)\n    - otherwise: suggests; the lead agency "
                         "decides (L1-250)\n"),
              std::string::npos)
        << words;
}

Json explained(const std::string& record, const std::string& field)
{
    const auto parsed = console::parse(program(), {"policy", "explain", "--record", record, "--field", field});
    return decision_table_of(embedded(), std::get<console::Invocation>(parsed))->body;
}

TEST(DecisionTable, WhatIsAskedBeforeAWithdrawalStandsOverWhoMayWithdraw)
{
    const auto withheld = plain_explain(explained("withheld_item", "withheld_what"), {});
    EXPECT_NE(withheld.find("\nWithdraw the record\n  Looked at first, whoever it is:\n    - asks for another person than the one who wrote "
                            "\"Notice\". What is withheld protects somebody. Another person than the one who withheld it withdraws it. "
                            "(G-12-8)\n"),
              std::string::npos)
        << withheld;
}

// What was raised is a list beside the flag itself, and is where the gate looks.
TEST(DecisionTable, WhoMayWithdrawTheRecordIsToldWhicheverOfItsFieldsIsAskedAbout)
{
    for (const char* field : {"kind", "what"}) {
        const auto words = plain_explain(explained("risk_flag", field), {});
        const auto at = words.find("\nWithdraw the record\n");
        ASSERT_NE(at, std::string::npos) << words;
        EXPECT_NE(words.find("    - unless \"What\" in the record is not set: it stays. Something raised", at), std::string::npos) << words;
        EXPECT_NE(words.find("    - when another agency supplied the record: suggests; the agency that put it there decides", at),
                  std::string::npos)
            << words;
    }
}

TEST(DecisionTable, AGateThatAsksForNothingSaysThatTheRecordStays)
{
    const auto told = explained("minutes", "minutes_status");
    ASSERT_EQ(told.at("before_withdrawal").items().size(), 1u);
    const auto& gate = told.at("before_withdrawal").items().front();
    EXPECT_EQ(gate.at("rule").text(), "approved-minutes-stay");
    EXPECT_TRUE(gate.at("asks").items().empty());
    EXPECT_TRUE(gate.at("when").text().ends_with("in the record is approved or distributed")) << gate.at("when").text();
    EXPECT_EQ(to_text(gate.at("refs")), R"(["G-13b-31","G-13bx-12"])");
}

TEST(DecisionTable, WhereNothingIsAskedBeforeAWithdrawalNothingIsSaidOfIt)
{
    const auto told = explained("address", "lines");
    EXPECT_TRUE(told.at("before_withdrawal").items().empty());
    EXPECT_EQ(plain_explain(told, {}).find("Looked at first"), std::string::npos);
}

// An invited agency sees what names it, whether it leads or not: that it leads decides nothing.
TEST(MatrixPage, AConditionOnWhichNothingDependsIsNotTold)
{
    const auto policy = embedded();
    for (const auto& type : policy.types)
        for (const auto& group : type.groups)
            for (const auto& some : alike(policy, type, group)) {
                const auto& sees = some.sentences.at(schema::matrix::Action::see);
                const auto shows = [&](std::size_t back) { return sees[sees.size() - back].find("sees it") != std::string::npos; };
                EXPECT_FALSE(sees.size() > 1 && sees.back().starts_with("otherwise") && shows(1) && shows(2))
                    << type.name << "." << group.name << ": " << sees.back();
            }
}

TEST_F(MatrixCommands, OneRecordTypeIsShownAlone)
{
    const auto told = answered({"policy", "matrix", "--record", "Address"});
    ASSERT_EQ(told.at("types").items().size(), 1u);
    EXPECT_EQ(told.at("types").items().front().at("type").text(), "address");
    // Roles that are treated alike stand together.
    const auto words = plain_matrix(told, {});
    EXPECT_NE(words.find("\n  prison.omu\n"), std::string::npos) << words;
    EXPECT_TRUE(answered({"policy", "matrix", "--csv", "--record", "address"}).is_null());
    EXPECT_EQ(replies.lines.find("\"risk\""), std::string::npos);
}

TEST(MatrixPage, AGateSaysWhatIsMissing)
{
    const auto page = matrix_html(embedded());
    EXPECT_NE(page.find("asks for is missing: refused: Say why the person was not asked."), std::string::npos);
}

TEST_F(MatrixCommands, TheWholeIsThatOfTheAgreementInForce)
{
    EXPECT_EQ(answered({"policy", "matrix"}).at("version").integer(), 7);
    test::TempFolder folder;
    const auto file = folder.file("matrix.html");
    EXPECT_EQ(answered({"policy", "matrix", "--html", file}).at("file").text(), file);
    std::ifstream in(file);
    const std::string page((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(page, matrix_html(*world.service().policy()));
    EXPECT_TRUE(answered({"policy", "matrix", "--csv"}).is_null());
    EXPECT_EQ(replies.lines.substr(0, replies.lines.find('\n')), matrix_csv(*world.service().policy()).front());
}

}  // namespace
}  // namespace satchel::tools::hub
