// The reports of the real program: what they count, whom they tell, and that nobody is named where nobody may be.
#include <fstream>

#include "tests/unit/figures_bundle.hpp"
#include "tests/unit/tools/hub/hub_program.hpp"

namespace satchel::tools::hub {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

class Reports : public HubProgram {
protected:
    Reports()
    {
        const auto agreement = folder / "agreement";
        std::filesystem::create_directory(agreement);
        bool not_published_yet = false;
        for (auto [name, text] : test::figures_files()) {
            // The programs have the machine's clock: one year's figures must be unpublished whatever it says.
            const std::string day = "2027-10-28T09:30:00+01:00";
            if (const auto at = text.find(day); at != text.npos) {
                text.replace(at, 4, "2190");
                not_published_yet = true;
            }
            std::ofstream(agreement / name) << text;
        }
        EXPECT_TRUE(not_published_yet);
        const auto made = hub({"init", "--area", "Exampleshire", "--kdf", "floor", "--policy", agreement.string()});
        EXPECT_EQ(made.exit, 0) << made.out << made.err;
    }
    std::string record(const std::string& of, const std::string& key, const std::string& type,
                       const Fields& fields) const
    {
        auto line = Json::object({{"v", 1},
                                  {"kind", "record"},
                                  {"case", of},
                                  {"key", of + key},
                                  {"type", type},
                                  {"agency", "coordination"},
                                  {"role", "coordination.coordinator"}});
        for (const auto& [name, value] : fields)
            line["fields"][name] = value;
        return to_text(line) + "\n";
    }
    // A case with a person, an area, a category and a level since 2024.
    std::string lines(const std::string& label, const std::string& area, const std::string& category,
                      const std::string& level) const
    {
        auto out = to_text(Json::object({{"v", 1}, {"kind", "case"}, {"key", label}, {"area", area}})) + "\n";
        out += record(label, "p", "person",
                      {{"family_name", "FICTITIOUS"}, {"given_names", "Zoë"}, {"dob", "1985-05-05"}});
        out += record(label, "a", "area", {{"mappa_area", area}, {"area_since", "2024-01-01"}});
        if (!category.empty())
            out += record(label, "c", "category_decision",
                          {{"category", category}, {"category_decided_on", "2024-01-01"}});
        if (!level.empty())
            out += record(label, "l", "level_decision",
                          {{"level", level}, {"rationale", "Reasons."}, {"decided_on", "2024-01-01"}});
        return out;
    }
    std::string meeting(const std::string& of, const std::string& key, const std::string& level,
                        const std::string& day) const
    {
        return record(of, key, "meeting",
                      {{"meeting_level", level},
                       {"held_on", day},
                       {"meeting_status", "held"},
                       {"planned_for", day},
                       {"meeting_type", "review"}});
    }
    void import(const std::string& text) const
    {
        const auto done = hub({"import", "-"}, text);
        ASSERT_EQ(done.exit, 0) << done.out << done.err;
    }
    Told report(const std::string& which, const std::string& from, const std::string& to,
                const std::vector<std::string>& more = {"--area", "Exampleshire"}) const
    {
        std::vector<std::string> words{"report", which, "--from", from, "--to", to};
        words.insert(words.end(), more.begin(), more.end());
        return hub(words);
    }
    static Json named(const Json& list, const std::string& id)
    {
        for (const auto& one : list.items())
            if (one.at("id").text() == id)
                return one;
        ADD_FAILURE() << "no " << id << " in " << to_text(list);
        return {};
    }
};

TEST_F(Reports, AHubWithoutCasesHasNoSharesAndMissesNoTarget)
{
    const auto told = report("kpi", "2025-04-01", "2025-06-30");
    ASSERT_EQ(told.exit, 0) << told.out << told.err;
    for (const auto& figure : told.json.at("figures").items()) {
        if (figure.find("why"))
            continue;
        EXPECT_EQ(figure.at("counted").integer(), 0) << to_text(figure);
        EXPECT_TRUE(figure.at("per_cent").is_null() && figure.at("reached").is_null()) << to_text(figure);
    }
    EXPECT_EQ(named(told.json.at("figures"), "kpi-1").at("say").text(), "no cases");
}

TEST_F(Reports, WhatCannotBeMeantIsSaidAndCountsNothing)
{
    import(lines("C1", "Exampleshire", "1", "3"));
    EXPECT_EQ(report("kpi", "2025-04-31", "2025-06-30").exit, 2);
    EXPECT_EQ(report("kpi", "2025-07-01", "2025-06-30").exit, 2);
    const auto nowhere = report("kpi", "2025-04-01", "2025-06-30", {"--area", "Exampelshire"});
    EXPECT_EQ(nowhere.exit, 2) << "an area with a slip in it would count nothing";
    EXPECT_NE(nowhere.message().find("did you mean \"Exampleshire\"?"), std::string::npos) << nowhere.message();
    const auto part = report("annual-return", "2024-05-01", "2025-03-31");
    EXPECT_EQ(part.exit, 2);
    EXPECT_NE(part.message().find("begins on 2024-04-01"), std::string::npos) << part.message();
    EXPECT_EQ(report("annual-return", "2017-04-01", "2018-03-31").exit, 2) << "no edition holds for that year";
    EXPECT_EQ(report("kpi", "2025-04-01", "2025-06-30", {"--csv"}).exit, 2) << "with --json";
}

TEST_F(Reports, AReviewInTimeIsCountedForItsAreaAlone)
{
    import(lines("C1", "Exampleshire", "1", "3") + meeting("C1", "m1", "3", "2025-04-01") +
           meeting("C1", "m2", "3", "2025-05-20") + lines("C2", "Exampleshire", "2", "3") +
           meeting("C2", "m1", "3", "2025-04-01") + lines("C3", "Otherland", "2", "3") +
           meeting("C3", "m1", "3", "2025-04-01"));
    const auto told = report("kpi", "2025-04-01", "2025-06-30");
    ASSERT_EQ(told.exit, 0) << told.out << told.err;
    const auto first = named(told.json.at("figures"), "kpi-1");
    EXPECT_EQ(first.at("counted").integer(), 2);
    EXPECT_EQ(first.at("met").integer(), 1);
    EXPECT_EQ(first.at("per_cent").text(), "50.0");
    EXPECT_EQ(first.at("target").integer(), 90);
    EXPECT_FALSE(first.at("reached").is_null());
    EXPECT_FALSE(first.at("reached").boolean());
    EXPECT_EQ(named(told.json.at("figures"), "kpi-3").at("counted").integer(), 3);
    const auto all = report("kpi", "2025-04-01", "2025-06-30", {});
    EXPECT_EQ(named(all.json.at("figures"), "kpi-1").at("counted").integer(), 3);
}

TEST_F(Reports, NobodyIsNamedInIndicatorsAndReturn)
{
    // G-28-10, G-32-3.
    import(lines("LABEL-7", "Exampleshire", "1", "3") + meeting("LABEL-7", "m1", "3", "2025-01-06") +
           record("LABEL-7", "d", "disclosure_event", {{"told_whom", "A school"}, {"disclosed_on", "2025-01-07"}, {
                                                           "disclosed_what",
                                                           "What was told"
                                                       }}));
    const auto cases = hub({"case", "list"});
    const auto id = cases.json.at("cases").items().front().at("case").text();
    const auto kpi = report("kpi", "2025-01-01", "2025-03-31");
    const auto annual = report("annual-return", "2024-04-01", "2025-03-31");
    ASSERT_EQ(kpi.exit + annual.exit, 0) << kpi.out << annual.out;
    EXPECT_EQ(named(annual.json.at("lines"), "ar-15").at("counted").integer(), 1);
    for (const auto* secret : {"LABEL-7", "FICTITIOUS", "Zoë", "1985", "A school", "What was told", id.c_str()}) {
        EXPECT_EQ(kpi.out.find(secret), std::string::npos) << secret;
        EXPECT_EQ(annual.out.find(secret), std::string::npos) << secret;
    }
    const auto caseload = report("caseload", "2025-01-01", "2025-03-31");
    EXPECT_NE(caseload.out.find("LABEL-7"), std::string::npos);
    EXPECT_EQ(caseload.out.find("FICTITIOUS"), std::string::npos) << "a label and an id are enough";
}

TEST_F(Reports, CategoriesAndLevelsComeToTheSameOrItIsSaidWhyNot)
{
    import(lines("C1", "Exampleshire", "1", "1") + lines("C2", "Exampleshire", "2", "2"));
    const auto even = report("annual-return", "2024-04-01", "2025-03-31");
    ASSERT_EQ(even.exit, 0) << even.out << even.err;
    const auto totals = named(even.json.at("lines"), "ar-01").at("totals");
    EXPECT_TRUE(totals.at("equal").boolean());
    EXPECT_EQ(totals.at("fact.category").integer(), 2);
    EXPECT_EQ(totals.at("fact.mappa_level").integer(), 2);
    import(lines("C3", "Exampleshire", "1", ""));
    const auto uneven =
        named(report("annual-return", "2024-04-01", "2025-03-31").json.at("lines"), "ar-01").at("totals");
    EXPECT_FALSE(uneven.at("equal").boolean());
    EXPECT_EQ(uneven.at("why").text(), "1 with Category and without MAPPA level, 0 the other way round");
}

TEST_F(Reports, FiguresOfAYearThatIsNotPublishedAreForThoseWhoMaySeeThem)
{
    // G-32-6, G-32-23.
    import(lines("C1", "Exampleshire", "1", "1"));
    add_user("Chair Example", "strategic_board/board/chair");
    add_user("Officer Example", "police/east/offender_manager");
    const auto before = counts();
    EXPECT_EQ(report("annual-return", "2026-04-01", "2027-03-31").exit, 7);
    EXPECT_EQ(report("annual-return", "2026-04-01", "2027-03-31", {"--as", "Officer Example"}).exit, 7);
    EXPECT_EQ(counts(), before);
    const auto seen = report("annual-return", "2026-04-01", "2027-03-31", {"--as", "Chair Example"});
    EXPECT_EQ(seen.exit, 0) << seen.out << seen.err;
    EXPECT_EQ(seen.json.at("not_to_be_passed_on_before").text(), "2190-10-28T08:30:00.000Z") << "09:30 in London";
    EXPECT_NE(counts(), before) << "the history says who looked";
    EXPECT_EQ(hub({"verify"}).exit, 0);
}

TEST_F(Reports, WhatWasSignedOffStandsAndWhatCameLaterIsShownBesideIt)
{
    // G-32-22, G-31-21.
    import(lines("C1", "Exampleshire", "1", "1"));
    add_user("Chair Example", "strategic_board/board/chair");
    add_user("Coordinator Example", "coordination/unit/coordinator");
    const auto sign = [&](const std::string& who) {
        return report("annual-return", "2024-04-01", "2025-03-31",
                      {"--area", "Exampleshire", "--sign-off", "--as", who, "--reason", "Checked with all suppliers"});
    };
    EXPECT_EQ(sign("Coordinator Example").exit, 7) << "the Chair alone";
    const auto first = sign("Chair Example");
    ASSERT_EQ(first.exit, 0) << first.out << first.err;
    EXPECT_EQ(first.json.at("signed_off").at("name").text(), "Chair Example");
    EXPECT_FALSE(named(first.json.at("lines"), "ar-01").at("differs").boolean());
    import(lines("C2", "Exampleshire", "1", "1"));  // effective in 2024, arrived after
    const auto again = sign("Chair Example");
    EXPECT_NE(again.exit, 0);
    EXPECT_EQ(again.code(), "duplicate");
    const auto line = named(report("annual-return", "2024-04-01", "2025-03-31").json.at("lines"), "ar-01");
    EXPECT_EQ(line.at("counted").integer(), 2);
    EXPECT_EQ(line.at("first_published").integer(), 1);
    EXPECT_TRUE(line.at("differs").boolean());
    EXPECT_TRUE(report("annual-return", "2025-04-01", "2026-03-31").json.at("signed_off").is_null()) << "another year";
    EXPECT_EQ(hub({"verify"}).exit, 0);
}

TEST_F(Reports, ManagersSeeWhatIsNotScreenedAndWhatIsOverdue)
{
    // L1-247.
    import(lines("C1", "Exampleshire", "1", "") + lines("C2", "Exampleshire", "1", "1") +
           lines("C3", "Otherland", "1", ""));
    const auto caseload = report("caseload", "2025-01-01", "2025-03-31");
    ASSERT_EQ(caseload.exit, 0) << caseload.out << caseload.err;
    const auto unset = named(caseload.json.at("lists"), "not-screened").at("cases");
    ASSERT_EQ(unset.items().size(), 1u);
    EXPECT_EQ(unset.items().front().at("label").text(), "C1");
    EXPECT_EQ(unset.items().front().at("facts").at("mappa_level").text(), "not_yet_set");
    EXPECT_EQ(named(caseload.json.at("lists"), "all").at("cases").items().size(), 2u);
    const auto overdue = report("overdue", "2025-01-01", "2025-03-31");
    ASSERT_EQ(overdue.exit, 0) << overdue.out << overdue.err;
    EXPECT_TRUE(overdue.json.at("tasks").is_array());
}

TEST_F(Reports, LinesForASpreadsheetHaveOneFormAndNoFormulas)
{
    import(lines("=1+1", "Exampleshire", "1", "") + lines("a,\"b\"", "Exampleshire", "1", ""));
    auto asked = invocation({"report", "caseload", "--from", "2025-01-01", "--to", "2025-03-31", "--csv"});
    std::erase(asked.arguments, "--json");
    const auto told = demo::run(asked);
    ASSERT_EQ(told.exit_code, 0) << told.out << told.err;
    EXPECT_TRUE(told.out.starts_with("list,case,label,lead_agency,category,mappa_level,custody\n")) << told.out;
    EXPECT_NE(told.out.find(",'=1+1,police,1,not_yet_set,\n"), std::string::npos) << told.out;
    EXPECT_NE(told.out.find(",\"a,\"\"b\"\"\",police,"), std::string::npos) << told.out;
    asked = invocation({"report", "annual-return", "--from", "2024-04-01", "--to", "2025-03-31", "--csv"});
    std::erase(asked.arguments, "--json");
    const auto annual = demo::run(asked);
    ASSERT_EQ(annual.exit_code, 0) << annual.out << annual.err;
    EXPECT_NE(
        annual.out.find("ar-01,\"Eligible offenders by category and MAPPA level, on the last day\",1,not_yet_set,2,"),
        std::string::npos)
        << annual.out;
}

TEST_F(Reports, InWordsEachFigureSaysWhichReadingWasTaken)
{
    import(lines("C1", "Exampleshire", "1", "3") + meeting("C1", "m1", "3", "2025-04-01"));
    auto asked = invocation({"report", "kpi", "--area", "Exampleshire", "--from", "2025-04-01", "--to", "2025-06-30"});
    std::erase(asked.arguments, "--json");
    const auto told = demo::run(asked);
    ASSERT_EQ(told.exit_code, 0) << told.out << told.err;
    EXPECT_NE(told.out.find("Performance indicators, Exampleshire, 2025-04-01 to 2025-06-30"), std::string::npos)
        << told.out;
    EXPECT_NE(told.out.find("no cases"), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("kpi-1: One case is one unit"), std::string::npos) << told.out;
    EXPECT_NE(told.out.find("kpi-5: By seat"), std::string::npos) << told.out;
}

TEST_F(Reports, AnAgreementThatCountsNothingHasNoReports)
{
    dir = folder / "second";
    const auto agreement = folder / "plain";
    std::filesystem::create_directory(agreement);
    for (const auto& [name, text] : test::figures_files())
        if (name != "figures.toml")
            std::ofstream(agreement / name) << text;
    ASSERT_EQ(hub({"init", "--area", "Exampleshire", "--kdf", "floor", "--policy", agreement.string()}).exit, 0);
    EXPECT_EQ(report("kpi", "2025-04-01", "2025-06-30").exit, 7);
}

}  // namespace
}  // namespace satchel::tools::hub
