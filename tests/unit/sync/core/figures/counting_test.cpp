// What holds of every figure: shares, small counts, entries of a list, the cases that a list names.
#include "tests/unit/sync/core/figures/cases.hpp"

namespace satchel::test {
namespace {

TEST(Figures, WhereNothingWasCountedThereIsNoShareAndNoTargetMissed)
{
    for (const std::string id : {"kpi-1", "kpi-3", "kpi-4", "kpi-6", "kpi-7", "kpi-8", "kpi-9"}) {
        const auto found = count(id, Case());
        EXPECT_EQ(told(found), "0/0") << id;
        EXPECT_FALSE(found.per_mille()) << id;
        EXPECT_FALSE(found.reached()) << id;
    }
    Case one;
    one.meeting("3", "2025-05-01");
    const auto missed = count("kpi-3", one);
    EXPECT_EQ(missed.per_mille(), 0) << "which is not the same";
    EXPECT_EQ(missed.reached(), false);
}

TEST(Figures, AShareIsRoundedDownSoThatNoTargetIsReachedByRounding)
{
    EXPECT_EQ(per_mille(8999, 10000), 899);
    EXPECT_EQ(per_mille(9000, 10000), 900);
    FigureCount of;
    of.figure = &figure("kpi-1");
    of.counted = 10000;
    of.met = 8999;
    EXPECT_EQ(of.reached(), false);
    of.met = 9000;
    EXPECT_EQ(of.reached(), true);
}

TEST(Figures, WhereTheUnitIsNoDayEachEntryCounts)
{
    Case one;
    one.record("licence_condition", {{"condition_text", "Reports on Mondays"}});
    for (int twice = 0; twice < 2; ++twice)
        one.element("licence_condition", "compliance", {{"compliance", "breached"}, {"checked_on", "2025-05-01"}});
    EXPECT_EQ(count("ticks", one).counted, 2u);
}

TEST(Figures, ASmallCountIsWithheldTogetherWithWhatWouldGiveItAway)
{
    std::vector<Case> cases;
    for (int i = 0; i < 20; ++i)
        cases.push_back(eligible(i < 12 ? "1" : i < 18 ? "2" : "3", "2"));
    const auto found = count("small", cases, "2024-04-01", "2025-03-31");
    EXPECT_TRUE(found.cells.at({"3"}).withheld) << "2 of them";
    EXPECT_TRUE(found.cells.at({"2"}).withheld) << "the total less the others would tell";
    EXPECT_FALSE(found.cells.at({"1"}).withheld);
    EXPECT_FALSE(found.cells.at({"4"}).withheld) << "nobody is nobody";
    EXPECT_FALSE(found.withheld);

    const auto few = count("small", {eligible("3", "2"), eligible("3", "3")}, "2024-04-01", "2025-03-31");
    EXPECT_TRUE(few.withheld);
    EXPECT_TRUE(few.cells.at({"3"}).withheld);
}

TEST(Figures, WhatStandsInAListIsCountedEntryByEntry)
{
    Case one;
    const auto condition = one.record("licence_condition", {{"condition_text", "Not to enter the zone"}});
    for (auto& record : one.sheet.records[schema::type_id("licence_condition")]) {
        ASSERT_EQ(record.id, condition);
        auto& ticks = record.group_for(schema::group_id("licence_condition", "compliance"));
        for (const auto& [what, day] : {std::pair{"breached", "2025-05-01"}, std::pair{"complied", "2025-05-08"},
                                        std::pair{"breached", "2025-05-15"}, std::pair{"breached", "2025-07-01"}}) {
            Version tick;
            const auto* group = agreement().type("licence_condition")->group("compliance");
            assign(tick.values, group->field("compliance")->id, schema::Value(std::string(what)));
            assign(tick.values, group->field("checked_on")->id, schema::Value(on(day)));
            ticks.elements.push_back(tick);
        }
    }
    EXPECT_EQ(count("ticks", one).counted, 2u);
}

TEST(Figures, AListNamesItsCasesAndOnlyThose)
{
    Counting counting(agreement(), {&figure("not-screened"), &figure("level-1")}, {on("2025-04-01"), on("2025-04-30")},
                      "");
    counting.name_cases();
    const VersionsOf none = [](schema::TypeId, schema::GroupId) -> Result<std::vector<Version>> {
        return std::vector<Version>{};
    };
    for (const auto& one : {eligible("1", ""), eligible("1", "1"), eligible("1", "2"), eligible("2", "")})
        ASSERT_TRUE(counting.add(one.sheet, none));
    const auto found = counting.done();
    EXPECT_EQ(found[0].listed, (std::vector<std::size_t>{0, 3}));
    EXPECT_EQ(found[1].listed, (std::vector<std::size_t>{1}));
}

TEST(Figures, AListOfRecordsNamesACaseOnceHoweverManyItHas)
{
    // L1-195: what was screened in the month.
    Counting counting(agreement(), {&figure("screened-in-the-period")}, {on("2025-04-01"), on("2025-04-30")}, "");
    counting.name_cases();
    const VersionsOf none = [](schema::TypeId, schema::GroupId) -> Result<std::vector<Version>> {
        return std::vector<Version>{};
    };
    Case before, twice;
    before.record("screening", {{"screened_on", "2025-03-31"}, {"screened_level", "1"}});
    twice.record("screening", {{"screened_on", "2025-04-01"}, {"screened_level", "not_yet_set"}});
    twice.record("screening", {{"screened_on", "2025-04-30"}, {"screened_level", "1"}});
    ASSERT_TRUE(counting.add(before.sheet, none));
    EXPECT_FALSE(counting.names_last());
    ASSERT_TRUE(counting.add(twice.sheet, none));
    EXPECT_TRUE(counting.names_last());
    const auto found = counting.done().front();
    EXPECT_EQ(found.counted, 2u);
    EXPECT_EQ(found.listed, (std::vector<std::size_t>{1}));
}

TEST(Figures, OnlyWhatFiguresNameIsRead)
{
    const Counting counting(agreement(), {&figure("kpi-3")}, {on("2025-04-01"), on("2025-04-30")}, "");
    EXPECT_EQ(counting.types(), (std::set<schema::TypeId>{schema::type_id("meeting"), schema::type_id("minutes"),
                                                          schema::type_id("area")}));
}

TEST(Figures, WorkingDaysAreNeitherWeekendNorFree)
{
    // From a Thursday, over Easter; each with the holidays that the agreement's calendar has.
    const auto approved = [](const std::string& held, const std::string& day) {
        Case one;
        one.minutes(one.meeting("3", held), "approved", "yes", day);
        return told(count("minutes-in-time", {one}, "2025-01-01", "2026-12-31"));
    };
    EXPECT_EQ(approved("2025-04-17", "2025-04-28"), "1/1") << "Good Friday and Easter Monday are none of the five";
    EXPECT_EQ(approved("2025-04-17", "2025-04-29"), "0/1");
    EXPECT_EQ(approved("2025-04-19", "2025-04-28"), "1/1") << "from a Saturday";
    EXPECT_EQ(approved("2026-08-24", "2026-09-01"), "1/1") << "the summer bank holiday";
    EXPECT_EQ(approved("2026-08-24", "2026-09-02"), "0/1");
}

}  // namespace
}  // namespace satchel::test
