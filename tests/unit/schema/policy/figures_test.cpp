// What an agreement may say that is to be counted, and what is wrong with it otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "schema/policy/figures.hpp"
#include "tests/unit/figures_bundle.hpp"
#include "tests/unit/schema/policy/sample.hpp"

using namespace satchel::schema;
using sample::plain;
using sample::problems;
using sample::visit;
using testing::Contains;
using testing::ElementsAre;

namespace {

const std::string general = "[figures]\narea = \"mappa_area\"\nrefs = [\"G-32-21\"]\n";

// The sample with an area, meetings and who came to them; `more` begins on line 1 of extra.toml.
std::vector<std::string> figures(const std::string& more, const std::string& before = general)
{
    const std::string records = R"(
[record.area]
title = "Area"
refs = ["G-32-21"]
create = "case_agencies"
audience = "case_agencies"
one_per_case = true
[record.area.group.area]
fields = { mappa_area = "text", since = "date", sort = ["none", "a", "b"] }
owner = "agency:hub"
merge = "manual"
[fact.mappa_area]
title = "Area"
derive = "latest"
record = "area"
group = "area"
value = "mappa_area"
refs = ["G-32-21"]
[fact.sort]
title = "Sort"
derive = "latest"
record = "area"
group = "area"
value = "sort"
otherwise = "none"
refs = ["G-32-21"]
[record.meeting]
title = "Meeting"
refs = ["G-13a-1"]
create = "case_agencies"
audience = "case_agencies"
[record.meeting.group.meeting]
fields = { level = ["2", "3"], held_on = "date", place = "text" }
owner = "agency:hub"
merge = "manual"
[record.meeting.group.sightings]
fields = { weather = ["dry", "wet"], seen_on = "date" }
owner = "supplier"
merge = "append"
[record.attendance]
title = "Attendance"
kind = "event"
refs = ["G-13a-1"]
create = "case_agencies"
audience = "case_agencies"
[record.attendance.group.attendance]
fields = { of = { type = "ref", of = "meeting" }, to = { type = "ref", of = "area" }, by = "agency", on = "date" }
owner = "agency:hub"
merge = "manual"
)";
    const auto base = sample::head() + records + before;
    const std::vector<SourceFile> files{{"base.toml", base}, {"extra.toml", more}};
    std::vector<std::string> out;
    for (const auto& problem : compile(files).problems)
        out.push_back(to_string(problem));
    return out;
}

const std::string head = "[[kpi]]\nid = \"k\"\ntitle = \"K\"\nrefs = [\"G-31-10\"]\n";  // lines 1 to 4
const std::string meetings = head + "counts = \"meeting\"\non = \"held_on\"\n";         // to 6

}  // namespace

TEST(PolicyFigures, WhoCountsNothingNeedsNothing)
{
    EXPECT_THAT(problems(""), ElementsAre());
    EXPECT_EQ(sample::compile_with("").policy->figures, nullptr);
}

TEST(PolicyFigures, AFigureSaysWhatItCountsWhenAndWhy)
{
    EXPECT_THAT(figures(meetings), ElementsAre());
    EXPECT_THAT(figures("[[kpi]]\nid = \"k\"\ntitle = \"K\"\ncounts = \"cases\"\n"),
                ElementsAre("extra.toml:1: figure \"k\" cites no paragraph: give refs"));
    EXPECT_THAT(figures(head + "counts = \"meetings\"\non = \"held_on\"\n"),
                ElementsAre("extra.toml:5: no record is called \"meetings\"; did you mean \"meeting\"?"));
    EXPECT_THAT(figures(head + "counts = \"meeting\"\n"),
                ElementsAre("extra.toml:1: in which period does a record fall? Say on = \"FIELD\""));
    EXPECT_THAT(figures(head + "counts = \"meeting\"\non = \"place\"\n"),
                ElementsAre("extra.toml:6: field \"place\" is no date"));
    EXPECT_THAT(figures(meetings + "colour = \"red\"\n"), ElementsAre("extra.toml:7: kpi has no \"colour\""));
}

TEST(PolicyFigures, AnAreaIsNeededToCountAnything)
{
    EXPECT_THAT(figures(meetings, ""), ElementsAre("extra.toml:1: figures need [figures], which says what an area is"));
    EXPECT_THAT(figures("", "[figures]\narea = \"mappa_areas\"\nrefs = [\"G-32-21\"]\n"),
                Contains(testing::HasSubstr("no fact is called \"mappa_areas\"; did you mean \"mappa_area\"?")));
}

TEST(PolicyFigures, AValueThatAFieldCannotHaveIsFoundWhereItStands)
{
    EXPECT_THAT(figures(meetings + "when = { field.level = [\"4\"] }\n"),
                ElementsAre("extra.toml:7: field \"level\" cannot be \"4\""));
    EXPECT_THAT(figures(meetings + "when = { field.levels = [\"3\"] }\n"),
                ElementsAre("extra.toml:7: record \"meeting\" has no field \"levels\"; did you mean \"level\"?"));
    EXPECT_THAT(figures(meetings + "when = { fact.sort = [\"c\"] }\n"),
                ElementsAre("extra.toml:7: fact \"sort\" cannot be \"c\""));
    EXPECT_THAT(figures(meetings + "when = { fact.sort = [\"none\"] }\n"), ElementsAre());
    EXPECT_THAT(figures(meetings + "when = { fact.sorts = [\"a\"] }\n"),
                ElementsAre("extra.toml:7: no fact is called \"sorts\"; did you mean \"sort\"?"));
    EXPECT_THAT(figures(meetings + "unless = [{ fact.sort = [] }]\n"),
                ElementsAre("extra.toml:7: \"sort\" is compared with nothing"));
}

TEST(PolicyFigures, ATargetNeedsSomethingToBeMet)
{
    EXPECT_THAT(figures(meetings + "target = 90\n"),
                ElementsAre("extra.toml:7: a target of what? Nothing says when one of the counted is met"));
    EXPECT_THAT(figures(meetings + "target = 101\nevery = \"8 weeks\"\n"),
                ElementsAre("extra.toml:7: a target is in per cent: 1 to 100"));
    EXPECT_THAT(figures(meetings + "target = 90\nevery = \"8 weeks\"\n"), ElementsAre());
    EXPECT_THAT(figures(meetings + "every = \"8 weeks\"\nunit = \"person\"\n"),
                ElementsAre("extra.toml:8: the unit is a case or an interval"));
    EXPECT_THAT(figures(meetings + "unit = \"case\"\n"), ElementsAre("extra.toml:1: still and unit belong to every"));
    EXPECT_THAT(figures(meetings + "every = \"8 fortnights\"\n"),
                ElementsAre("extra.toml:7: \"8 fortnights\" is no period: days, working days, weeks or months"));
}

TEST(PolicyFigures, ADayIsTheUnitOfEntriesOfAListThatNothingTellsApart)
{
    const std::string sightings = head + "counts = \"meeting\"\non = \"seen_on\"\nunit = \"day\"\n";
    EXPECT_THAT(figures(sightings + "by = [\"level\"]\nwhen = { field.weather = [\"wet\"] }\n"), ElementsAre());
    EXPECT_THAT(figures(meetings + "unit = \"day\"\n"), ElementsAre("extra.toml:7: a day is the unit of entries of a list, and these are none"));
    EXPECT_THAT(figures(head + "counts = \"cases\"\nunit = \"day\"\n"),
                ElementsAre("extra.toml:6: a day is the unit of entries of a list, and these are none"));
    const auto* several = "extra.toml:7: the entries of a day are one: which of them would be met, or say the row?";
    EXPECT_THAT(figures(sightings + "by = [\"weather\"]\n"), ElementsAre(several));
    EXPECT_THAT(figures(sightings + "[[kpi.met]]\nwhen = { field.weather = [\"dry\"] }\n"), ElementsAre(several));
    EXPECT_THAT(figures(meetings + "every = \"8 weeks\"\nunit = \"day\"\n"), ElementsAre("extra.toml:8: the unit is a case or an interval"));
}

TEST(PolicyFigures, AWitnessRefersToWhatIsCounted)
{
    const auto met = [](const std::string& more) { return figures(meetings + "[[kpi.met]]\n" + more); };
    EXPECT_THAT(met("record = \"attendance\"\nof = \"of\"\nwhen = { field.by = [\"police\"] }\n"), ElementsAre());
    EXPECT_THAT(met("record = \"attendance\"\n"), ElementsAre()) << "any of the case";
    EXPECT_THAT(met("of = \"of\"\n"),
                ElementsAre("extra.toml:8: a reference of which record? Say record = \"RECORD\""));
    EXPECT_THAT(met("record = \"attendance\"\nof = \"to\"\n"),
                ElementsAre("extra.toml:9: field \"to\" does not refer to what is counted"));
    EXPECT_THAT(met("record = \"attendance\"\nof = \"of\"\ndate = \"on\"\n"),
                ElementsAre("extra.toml:7: a date has to lie within a period, or in the time since one: say both"));
    EXPECT_THAT(met("record = \"attendance\"\nof = \"of\"\ndate = \"by\"\nwithin = \"10 working days\"\n"),
                ElementsAre("extra.toml:10: field \"by\" is no date"));
    EXPECT_THAT(met("record = \"attendance\"\nof = \"of\"\nif = { field.level = [\"1\"] }\n"),
                ElementsAre("extra.toml:10: field \"level\" cannot be \"1\""));
    EXPECT_THAT(met("record = \"attendance\"\nof = \"of\"\nsame = { by = \"level\", on = \"when\" }\n"),
                ElementsAre("extra.toml:10: record \"meeting\" has no field \"when\""));
}

TEST(PolicyFigures, ACaseIsMetByARecordThatItHasAndByOneThatIsFresh)
{
    const std::string cases = head + "counts = \"cases\"\n[[kpi.met]]\n";  // to 6
    EXPECT_THAT(figures(cases + "record = \"attendance\"\nwhen = { field.by = [\"police\"] }\n"), ElementsAre());
    EXPECT_THAT(figures(cases + "record = \"attendance\"\ndate = \"on\"\nsince = \"6 months\"\n"), ElementsAre());
    EXPECT_THAT(figures(cases + "when = { field.by = [\"police\"] }\n"),
                ElementsAre("extra.toml:6: a case is met by a record: record = \"RECORD\""));
    EXPECT_THAT(
        figures(cases + "record = \"attendance\"\ndate = \"on\"\nwithin = \"6 months\"\n"),
        ElementsAre("extra.toml:9: of what lies within a time after the day nothing is asked since; of a case, since "
                    "is asked"));
    EXPECT_THAT(figures(cases + "record = \"attendance\"\ndate = \"on\"\nsince = \"6 months before\"\n"),
                ElementsAre("extra.toml:9: \"6 months before\": a time that passes after a day is asked for"));
}

TEST(PolicyFigures, BandsAreDeclaredOnceAndAscend)
{
    const auto with = [](const std::string& bands, const std::string& by) {
        return figures(head + "counts = \"cases\"\nby = [\"" + by + "\"]\n", general + bands);
    };
    const std::string since = "since = { sort = \"since\" }\n";
    EXPECT_THAT(with(since + "held_bands = [6, 12]\n", "held.sort"), ElementsAre());
    EXPECT_THAT(with("held_bands = [6, 12]\n", "held.sort"),
                ElementsAre("extra.toml:6: nothing says since when fact \"sort\" holds"));
    EXPECT_THAT(with(since, "held.sort"),
                ElementsAre("extra.toml:6: [figures] does not say which bands of months there are"));
    EXPECT_THAT(
        with("age_bands = [18]\n", "age"),
        ElementsAre("extra.toml:6: [figures] does not say when somebody was born, or which bands of age there are"));
    EXPECT_EQ(with(since + "held_bands = [12, 6]\n", "held.sort").size(), 1u);
    EXPECT_EQ(with(since + "held_bands = [0, 6]\n", "held.sort").size(), 1u);
    EXPECT_EQ(all_bands({6, 12}), (std::vector<std::string>{"0 to 5", "6 to 11", "12 and over"}));
    EXPECT_EQ(band({6, 12}, 5), "0 to 5");
    EXPECT_EQ(band({6, 12}, 6), "6 to 11");
    EXPECT_EQ(band({6, 12}, 600), "12 and over");
}

TEST(PolicyFigures, AListForManagersNamesCasesOrThoseThatHaveARecord)
{
    const std::string list = "[[caseload_list]]\nid = \"l\"\ntitle = \"L\"\nrefs = [\"L1-195\"]\n";  // lines 1 to 4
    EXPECT_THAT(figures(list + "counts = \"cases\"\n"), ElementsAre());
    EXPECT_THAT(figures(list + "counts = \"meeting\"\non = \"held_on\"\n"), ElementsAre());
    EXPECT_THAT(
        figures(list + "counts = \"meeting\"\non = \"held_on\"\nby = [\"level\"]\n"),
        ElementsAre("extra.toml:5: a caseload list names cases: counts = \"cases\" or a record, nothing beside it"));
}

TEST(PolicyFigures, AFileAboutNobodyIsToldByFacts)
{
    EXPECT_THAT(figures(meetings, general + "no_case = { fact.sort = [\"a\"] }\n"), ElementsAre());
    EXPECT_EQ(figures(meetings, general + "no_case = { fact.sort = [\"c\"] }\n").size(), 1u);
    EXPECT_EQ(figures(meetings, general + "no_case = { field.level = [\"2\"] }\n").size(), 1u);
}

TEST(PolicyFigures, ANewCategoryHasItsRowsInEveryReportThatTellsCategories)
{
    // G-24-28: no report lists categories of its own.
    const auto outcome = satchel::test::compile_figures();
    ASSERT_TRUE(outcome.policy);
    const auto& choices = outcome.policy->type("category_decision")->group("category")->field("category")->choices;
    ASSERT_EQ(choices.size(), 4u);
    std::size_t told = 0;
    const auto& all = *outcome.policy->figures;
    for (const auto* list : {&all.kpis, &all.returns.front().lines})
        for (const auto& figure : *list)
            for (const auto& by : figure.by)
                if (by.fact == "category" && by.of == Breakdown::Of::fact) {
                    EXPECT_EQ(by.values, choices) << figure.id;
                    ++told;
                }
    EXPECT_GE(told, 3u);
}

TEST(PolicyFigures, WhatIsCountedThroughAReferenceKnowsBoth)
{
    const std::string invited = head + "counts = \"attendance\"\nabout = \"of\"\non = \"held_on\"\n";
    EXPECT_THAT(
        figures(invited + "when = { field.level = [\"3\"], field.by = [\"police\"] }\nby = [\"by\", \"level\"]\n"),
        ElementsAre());
    EXPECT_THAT(figures(invited + "when = { field.mood = [\"3\"] }\n"),
                ElementsAre("extra.toml:8: record \"attendance\" or \"meeting\" has no field \"mood\""));
    EXPECT_THAT(figures(head + "counts = \"attendance\"\nabout = \"by\"\non = \"on\"\n"),
                ElementsAre("extra.toml:6: field \"by\" does not refer to a record"));
}

TEST(PolicyFigures, RowsAreOfFixedValuesSoThatNobodyStandsInThem)
{
    EXPECT_THAT(figures(meetings + "by = [\"place\"]\n"),
                ElementsAre("extra.toml:7: field \"place\" has no fixed values: it could tell who is counted"));
    EXPECT_THAT(figures(meetings + "by = [\"level\", \"fact.sort\", \"area.sort\"]\n"),
                ElementsAre("extra.toml:7: a figure is told by two things at most"));
    EXPECT_THAT(figures(head + "counts = \"cases\"\nby = [\"meeting.level\"]\n"),
                ElementsAre("extra.toml:6: a case may have several records \"meeting\": which one counts?"));
    EXPECT_THAT(figures(head + "counts = \"cases\"\nby = [\"area.sort\"]\n"), ElementsAre());
}

TEST(PolicyFigures, WhatNoCaseHoldsSaysWhereItIs)
{
    EXPECT_THAT(figures(head + "counts = \"elsewhere\"\n"),
                ElementsAre("extra.toml:1: a figure that is counted elsewhere, and only such a one, says why"));
    EXPECT_THAT(figures(head + "counts = \"elsewhere\"\nwhy = \"The board counts its own.\"\n"), ElementsAre());
    EXPECT_THAT(figures(meetings + "why = \"Because.\"\n"),
                ElementsAre("extra.toml:1: a figure that is counted elsewhere, and only such a one, says why"));
}

TEST(PolicyFigures, NoTwoFiguresShareAName)
{
    EXPECT_THAT(figures(meetings + meetings), ElementsAre("extra.toml:8: another figure is called \"k\""));
}

std::string edition(const std::string& id, const std::string& years)
{
    return "[[annual_return]]\nid = \"" + id + "\"\ntitle = \"R\"\nsigned_off_by = \"hub.coordinator\"\nyears = [" + years +
           "]\nrefs = [\"G-32-2\"]\n[[annual_return.line]]\nid = \"l\"\ntitle = \"L\"\ncounts = \"cases\"\n" +
           "refs = [\"G-32-15\"]\n";
}

TEST(PolicyFigures, AReturnSaysForWhichYearsItHoldsAndNoYearHasTwo)
{
    const std::string year = R"({ ends = "2025-03-31", published = "2025-10-30T09:30:00Z" })";
    const std::string next = R"({ ends = "2026-03-31", published = "2026-10-29T09:30:00Z" })";
    EXPECT_THAT(figures(edition("a", year) + edition("b", next)), ElementsAre()) << "lines of two years share a name";
    EXPECT_THAT(figures(edition("a", year) + edition("b", year)),
                ElementsAre("extra.toml:16: another annual return holds for this year"));
    EXPECT_THAT(
        figures(edition("a", "")),
        ElementsAre(
            "extra.toml:1: an annual return says for which years it holds: years = [{ ends = …, published = … }]"));
    EXPECT_THAT(figures(edition("a", R"({ ends = "2025-03-32", published = "soon" })")),
                ElementsAre("extra.toml:5: \"2025-03-32\" is no day: write 2026-03-31",
                            "extra.toml:5: \"soon\" is no time: write 2026-10-29T09:30:00Z"));
    EXPECT_THAT(figures(edition("a", R"({ ends = "2025-03-31", published = "2025-03-31T09:30:00Z" })")),
                ElementsAre("extra.toml:5: a year is not published before it ends"));
}

TEST(PolicyFigures, AYearEndsAtMidnightInEngland)
{
    const auto published = [](const std::string& at) {
        return figures(edition("a", R"({ ends = "2025-03-31", published = ")" + at + R"(" })"));
    };
    EXPECT_THAT(published("2025-03-31T22:59:59Z"), ElementsAre("extra.toml:5: a year is not published before it ends"));
    EXPECT_THAT(published("2025-03-31T23:00:00Z"), ElementsAre()) << "summer time began the day before";
}

TEST(PolicyFigures, SinceWhenAFactHoldsIsSaidByADateOfItsGroup)
{
    const auto since = [](const std::string& pair) {
        return figures("", "[figures]\narea = \"mappa_area\"\nrefs = [\"G-32-21\"]\nsince = { " + pair + " }\n");
    };
    EXPECT_THAT(since("mappa_area = \"since\""), ElementsAre());
    EXPECT_THAT(since("mappa_area = \"sort\""), ElementsAre(testing::EndsWith("field \"sort\" is no date")));
    EXPECT_THAT(since("mappa_area = \"until\""),
                ElementsAre(testing::EndsWith("group \"area\" has no field \"until\"")));
    EXPECT_THAT(since("lead_agency = \"from\""), ElementsAre(testing::EndsWith("no field says since when it holds")));
}

// --- The figures themselves -------------------------------------------------------------------------------------------

TEST(PolicyFigures, TheNineIndicatorsStandWithTheirTargets)
{
    const auto outcome = satchel::test::compile_figures();
    ASSERT_TRUE(outcome.policy) << to_string(outcome.problems.front());
    std::map<std::string, int> targets;
    for (const auto& kpi : outcome.policy->figures->kpis)
        targets[kpi.id] = kpi.target;
    // 31.21.
    EXPECT_EQ(targets["kpi-1"], 90);
    EXPECT_EQ(targets["kpi-2"], 90);
    EXPECT_EQ(targets["kpi-3"], 100);
    EXPECT_EQ(targets["kpi-4"], 100);
    EXPECT_TRUE(targets.contains("kpi-5"));
    for (const auto* id : {"kpi-6", "kpi-7", "kpi-8", "kpi-9"})
        EXPECT_EQ(targets[id], 90) << id;
}

TEST(PolicyFigures, EveryFigureCitesARequirementThatExists)
{
    std::set<std::string> known;
    std::ifstream in(SATCHEL_SOURCE_TREE "/tests/golden/requirements.tsv");
    for (std::string line; std::getline(in, line);)
        known.insert(line.substr(0, line.find('\t')));
    const auto outcome = satchel::test::compile_figures();
    ASSERT_TRUE(outcome.policy);
    const auto cited = [&](const std::string& id, const References& refs) {
        for (const auto& ref : refs)
            EXPECT_TRUE(known.contains(ref)) << id << " cites " << ref;
    };
    for (const auto* list : {&outcome.policy->figures->kpis, &outcome.policy->figures->lists})
        for (const auto& figure : *list)
            cited(figure.id, figure.refs);
    for (const auto& edition : outcome.policy->figures->returns) {
        cited(edition.id, edition.refs);
        for (const auto& line : edition.lines)
            cited(line.id, line.refs);
    }
}
