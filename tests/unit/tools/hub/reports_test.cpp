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

TEST_F(Reports, ACorrectionKeepsWhatWasPublishedFirstAndIsTheChairsOfTheBoardAlone)
{
    // G-32-22: nobody else reopens a signed-off figure. G-31-21: the first published value stays, with every correction.
    import(lines("C1", "Exampleshire", "1", "1"));
    add_user("Chair Example", "strategic_board/board/chair");
    add_user("Meeting Example", "coordination/unit/chair");
    const auto say = [&](const std::string& what, const std::string& who) {
        return report("annual-return", "2024-04-01", "2025-03-31",
                      {"--area", "Exampleshire", what, "--as", who, "--reason", "A late record"});
    };
    EXPECT_EQ(say("--correct", "Chair Example").code(), "not_found") << "nothing to correct yet";
    EXPECT_EQ(say("--sign-off", "Meeting Example").exit, 7) << "the Chair of a meeting is not the Chair of the board";
    ASSERT_EQ(say("--sign-off", "Chair Example").exit, 0);
    import(lines("C2", "Exampleshire", "1", "1"));
    EXPECT_EQ(say("--correct", "Meeting Example").exit, 7);
    EXPECT_TRUE(
        named(report("annual-return", "2024-04-01", "2025-03-31").json.at("lines"), "ar-01").at("differs").boolean());
    const auto corrected = say("--correct", "Chair Example");
    ASSERT_EQ(corrected.exit, 0) << corrected.out << corrected.err;
    import(lines("C3", "Exampleshire", "1", "1"));
    ASSERT_EQ(say("--correct", "Chair Example").exit, 0);
    const auto now = report("annual-return", "2024-04-01", "2025-03-31");
    EXPECT_EQ(now.json.at("signed_off").at("corrections").items().size(), 2u);
    const auto line = named(now.json.at("lines"), "ar-01");
    EXPECT_EQ(line.at("first_published").integer(), 1);
    EXPECT_EQ(line.at("published").integer(), 3);
    EXPECT_EQ(line.at("counted").integer(), 3);
    EXPECT_FALSE(line.at("differs").boolean()) << "against what is published by now";
    EXPECT_EQ(hub({"verify"}).exit, 0);
}

TEST_F(Reports, TheTargetOfEachAgencyIsToldForEachAgency)
{
    // 31.21, 5 to 7: a target that all reach together is not the target of each.
    auto text = lines("C1", "Exampleshire", "1", "3") + meeting("C1", "m", "3", "2025-05-01");
    for (const auto* agency : {"housing", "yot"})
        text += record("C1", std::string("i") + agency, "invitation",
                       {{"to_meeting", "@C1m"}, {"invited_agency", agency}, {"invited", "yes"}, {"sent_on", "2025-04-10"}});
    text += record("C1", "came", "attendance",
                   {{"of_meeting", "@C1m"}, {"attendee_agency", "housing"}, {"attended", "attended"}});
    import(text);
    const auto sixth = named(report("kpi", "2025-04-01", "2025-06-30").json.at("figures"), "kpi-6");
    EXPECT_EQ(sixth.at("per_cent").text(), "50.0");
    std::map<std::string, std::string> rows;
    for (const auto& row : sixth.at("rows").items())
        if (row.at("counted").integer() != 0)
            rows[row.at("values").at("invited_agency").text()] = row.at("reached").boolean() ? "reached" : "not";
        else
            EXPECT_TRUE(row.at("reached").is_null());
    EXPECT_EQ(rows, (std::map<std::string, std::string>{{"housing", "reached"}, {"yot", "not"}}));
}

TEST_F(Reports, AnExportBeforePublicationIsStoppedForWhoeverIsNotOnTheList)
{
    // G-32-23: lines for a spreadsheet are no way round it.
    import(lines("C1", "Exampleshire", "1", "1"));
    add_user("Manager Example", "probation/west/head_of_pdu");
    auto asked = invocation({"report", "annual-return", "--area", "Exampleshire", "--from", "2026-04-01", "--to",
                             "2027-03-31", "--as", "Manager Example", "--csv"});
    std::erase(asked.arguments, "--json");
    const auto told = demo::run(asked);
    EXPECT_EQ(told.exit_code, 7);
    EXPECT_EQ(told.out.find("ar-01"), std::string::npos) << told.out;
}

TEST_F(Reports, AReturnSaysHowFarItIs)
{
    // G-32-10.
    import(lines("C1", "Exampleshire", "1", "1"));
    add_user("Chair Example", "strategic_board/board/chair");
    const auto early = [&](const std::vector<std::string>& more) {
        std::vector<std::string> all{"--area", "Exampleshire", "--as", "Chair Example"};
        all.insert(all.end(), more.begin(), more.end());
        return report("annual-return", "2026-04-01", "2027-03-31", all).json.at("state").text();
    };
    EXPECT_EQ(early({}), "collecting");
    EXPECT_EQ(early({"--sign-off", "--reason", "Checked with all suppliers"}), "signed_off");
    EXPECT_EQ(report("annual-return", "2023-04-01", "2024-03-31").exit, 2) << "no letter of that year";
    EXPECT_EQ(report("annual-return", "2024-04-01", "2025-03-31").json.at("state").text(), "published");
}

TEST_F(Reports, BesideAFigureStandsWhatItWasInAsManyDaysBefore)
{
    // G-31-8: a sharp fall or rise is a question.
    import(lines("C1", "Exampleshire", "1", "3") + meeting("C1", "m1", "3", "2025-03-31") +
           meeting("C1", "m2", "3", "2025-04-01") + meeting("C1", "m3", "3", "2025-06-30"));
    const auto told = report("kpi", "2025-04-01", "2025-06-30", {"--area", "Exampleshire", "--before"});
    ASSERT_EQ(told.exit, 0) << told.out << told.err;
    const auto third = named(told.json.at("figures"), "kpi-3");
    EXPECT_EQ(third.at("counted").integer(), 2);
    EXPECT_EQ(third.at("before").at("from").text(), "2024-12-31") << "91 days";
    EXPECT_EQ(third.at("before").at("to").text(), "2025-03-31");
    EXPECT_EQ(third.at("before").at("counted").integer(), 1);
    EXPECT_FALSE(named(report("kpi", "2025-04-01", "2025-06-30").json.at("figures"), "kpi-3").find("before"));
    EXPECT_EQ(told.json.at("portal").text(), "Probation Performance Hub") << "G-A-12: a name in the agreement";
}

TEST_F(Reports, ASampleIsDrawnAgainBySeedAndNeverHoldsACaseTwice)
{
    // IN-F24.
    std::string cases;
    for (int i = 0; i < 40; ++i)
        cases += lines("C" + std::to_string(100 + i), "Exampleshire", "1", i % 4 == 0 ? "2" : "1");
    import(cases);
    const auto sample = [&](const std::string& size, const std::vector<std::string>& more = {}) {
        std::vector<std::string> all{"--area", "Exampleshire", "--list", "level-1", "--size", size};
        all.insert(all.end(), more.begin(), more.end());
        return report("sample", "2025-01-01", "2025-03-31", all);
    };
    const auto first = sample("5");
    ASSERT_EQ(first.exit, 0) << first.out << first.err;
    EXPECT_EQ(first.json.at("of").integer(), 30);
    const auto seed = first.json.at("seed").text();
    EXPECT_EQ(sample("5", {"--seed", seed}).json.at("cases"), first.json.at("cases"));
    EXPECT_NE(sample("5", {"--seed", seed + "x"}).json.at("cases"), first.json.at("cases"));
    EXPECT_NE(sample("5").json.at("seed").text(), seed) << "a new one each time";
    const auto all = sample("100").json.at("cases");
    ASSERT_EQ(all.items().size(), 30u) << "the whole list, and no more";
    std::set<std::string> labels;
    for (const auto& one : all.items()) {
        EXPECT_EQ(one.at("facts").at("mappa_level").text(), "1");
        labels.insert(one.at("label").text());
    }
    EXPECT_EQ(labels.size(), 30u);
    EXPECT_EQ(sample("0").exit, 2);
    EXPECT_EQ(report("sample", "2025-01-01", "2025-03-31", {"--list", "levl-1", "--size", "5"}).exit, 2);
}

TEST_F(Reports, TheMonthlyListHasWhatWasScreenedAndReviewedInTheMonth)
{
    // L1-195.
    import(lines("C1", "Exampleshire", "1", "1") +
           record("C1", "s", "screening",
                  {{"screened_on", "2025-03-31"},
                   {"screened_level", "1"},
                   { "screening_rationale",
                     "Reasons." }}) +
           lines("C2", "Exampleshire", "1", "1") +
           record("C2", "r", "level1_review",
                  {{"held_on", "2025-04-01"},
                   { "outcome",
                     "retain_level_1" }}));
    const auto told = report("caseload", "2025-03-01", "2025-03-31");
    ASSERT_EQ(told.exit, 0) << told.out << told.err;
    const auto screened = named(told.json.at("lists"), "screened-in-the-period").at("cases");
    ASSERT_EQ(screened.items().size(), 1u);
    EXPECT_EQ(screened.items().front().at("label").text(), "C1");
    EXPECT_EQ(named(told.json.at("lists"), "reviewed-at-level-1").at("cases").items().size(), 0u) << "a day too late";
    const auto one =
        report("caseload", "2025-03-01", "2025-04-30", {"--area", "Exampleshire", "--list", "reviewed-at-level-1"});
    ASSERT_EQ(one.json.at("lists").items().size(), 1u) << one.out << one.err;
    EXPECT_EQ(one.json.at("lists").items().front().at("cases").items().size(), 1u);
}

TEST_F(Reports, UseIsCountedByAgencyAndNamesNobody)
{
    // IN-13.
    import(lines("C1", "Exampleshire", "1", "1"));
    add_user("Officer Example", "police/east/offender_manager");
    add_user("Second Example", "police/east/offender_manager");
    const auto told = report("use", "2025-01-01", "2025-03-31");
    ASSERT_EQ(told.exit, 0) << told.out << told.err;
    const auto& agencies = told.json.at("agencies").items();
    ASSERT_EQ(agencies.size(), 1u);
    EXPECT_EQ(agencies.front().at("agency").text(), "police");
    EXPECT_EQ(agencies.front().at("users").integer(), 2);
    EXPECT_EQ(agencies.front().at("with_device").integer(), 0) << "and so nobody wrote";
    EXPECT_EQ(agencies.front().at("changes").integer(), 0);
    EXPECT_EQ(told.out.find("Officer"), std::string::npos);
    EXPECT_EQ(report("use", "2025-01-01", "2025-03-31", {"--area", "Nowhereshire"}).exit, 2);
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

TEST_F(Reports, WhatIsOverdueIsListedForItsAreaWithTheDaysThatItIsLate)
{
    const auto action = [&](const std::string& of, const std::string& due) {
        return record(of, "act" + due, "action",
                      {{"action_text", "Invented"}, {"accepting_agency", "police"}, {"due", due}});
    };
    import(lines("C1", "Exampleshire", "1", "2") + action("C1", "2025-02-10") + action("C1", "2025-04-01") +
           lines("C2", "Otherland", "1", "2") + action("C2", "2025-02-11"));
    const auto late = [&](const std::vector<std::string>& more) {
        std::map<std::string, std::int64_t> out;
        const auto told = report("overdue", "2025-01-01", "2025-03-31", more);
        for (const auto& task : told.json.at("tasks").items())
            if (task.at("rule").text() == "action-due") {
                EXPECT_EQ(task.at("reaches").items().size(), 1u) << told.out;
                EXPECT_NE(task.at("reaches").items().front().text(), task.at("role").text()) << "nobody is there";
            }
        for (const auto& task : told.json.at("tasks").items())
            if (task.at("rule").text() == "action-due")
                out[task.at("label").text() + " " + task.at("area").text()] = task.at("days_late").integer();
        return out;
    };
    EXPECT_EQ(late({"--area", "Exampleshire"}), (std::map<std::string, std::int64_t>{{"C1 Exampleshire", 49}}));
    EXPECT_EQ(late({}).size(), 2u) << "all areas";
    auto asked = invocation({"report", "overdue", "--from", "2025-01-01", "--to", "2025-03-31", "--csv"});
    std::erase(asked.arguments, "--json");
    const auto told = demo::run(asked);
    EXPECT_TRUE(told.out.starts_with("case,label,area,rule,task,role,due,days_late,state,paragraph,reaches\n")) << told.out;
    EXPECT_NE(told.out.find(",coordination.coordinator\n"), std::string::npos) << told.out;
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
