// Counting over a real history: what stood on a day is found again, also where it was changed several times since.
#include "sync/hub/reports.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

constexpr std::string_view counted_too = R"(
[record.area]
title = "Area"
refs = ["G-32-21"]
create = "case_agencies"
audience = "case_agencies"
one_per_case = true
[record.area.group.area]
fields = { mappa_area = "text", area_since = "date" }
owner = "agency:probation"
merge = "manual"
[fact.mappa_area]
title = "Area"
derive = "latest"
record = "area"
group = "area"
value = "mappa_area"
refs = ["G-32-21"]
[record.decided]
title = "Level"
refs = ["L1-151"]
create = "case_agencies"
audience = "case_agencies"
one_per_case = true
[record.decided.group.decision]
fields = { height = ["1", "2", "3"], decided_on = "date" }
owner = "agency:probation"
merge = "manual"
[fact.height]
title = "Level"
derive = "latest"
record = "decided"
group = "decision"
value = "height"
refs = ["L1-151"]
[figures]
area = "mappa_area"
since = { mappa_area = "area_since", height = "decided_on" }
refs = ["G-32-19"]
[[kpi]]
id = "by-level"
title = "Cases by level"
counts = "cases"
by = ["fact.height"]
refs = ["G-32-15"]
[[kpi]]
id = "high"
title = "High cases"
counts = "cases"
when = { fact.height = ["2", "3"] }
refs = ["G-32-15"]
[[kpi]]
id = "decisions"
title = "Decisions by the level of the day"
counts = "decided"
on = "decided_on"
by = ["fact.height"]
refs = ["G-32-15"]
)";

class CountedHistory : public ::testing::Test {
protected:
    CountedHistory()
    {
        std::string text(small_policy_text);
        text.replace(text.find("version = 7"), 11, "version = 8");
        text += counted_too;
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        must(w.service().publish_policy(bundle));
        case_id = must(w.service().add_case("C1"));
        const auto user = w.user("Invented Practitioner", "probation.practitioner");
        must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
        device.emplace(w.enrol(user, "probation.practitioner"));
        write("area", "area", {{"mappa_area", "Testshire"}, {"area_since", "2020-01-01"}});
    }
    void write(const std::string& type, const std::string& group, const std::map<std::string, std::string>& typed)
    {
        const auto record = singleton_record_id(case_id, schema::type_id(type));
        w.save(*device, case_id,
               {w.record(case_id, record) ? w.edits(case_id, record, type, group, typed)
                                          : w.creates(case_id, type, group, typed)});
        w.sync(*device);
    }
    void decide(const std::string& height, const std::string& on)
    {
        write("decided", "decision", {{"height", height}, {"decided_on", on}});
    }
    // The levels with a case in them on this day.
    std::string on(const std::string& day)
    {
        FiguresOrder order;
        order.area = "Testshire";
        order.days = {must(parse_date("2024-01-01")), must(parse_date(day))};
        std::string out;
        const auto found = must(w.service().count(order));
        for (const auto& [row, cell] : found.counts.front().cells)
            if (cell.counted != 0)
                out += row.front().empty() ? "none" : row.front();
        return out;
    }
    HubWorld w;
    CaseId case_id;
    std::optional<Device> device;
};

TEST_F(CountedHistory, WhatStoodOnADayIsFoundHoweverOftenItChangedSince)
{
    decide("1", "2024-01-01");
    decide("2", "2025-02-01");
    decide("3", "2025-05-01");
    decide("2", "2025-06-01");
    EXPECT_EQ(on("2025-06-01"), "2");
    EXPECT_EQ(on("2025-05-31"), "3");
    EXPECT_EQ(on("2025-03-31"), "2") << "neither of the two that the record keeps";
    EXPECT_EQ(on("2025-01-31"), "1");
}

TEST_F(CountedHistory, TheHistoryOfACaseIsReadOnceHoweverManyFiguresAskAndOnlyIfOneMust)
{
    decide("1", "2024-01-01");
    decide("2", "2025-02-01");
    FiguresOrder order;
    order.days = {must(parse_date("2024-01-01")), must(parse_date("2025-01-31"))};
    EXPECT_EQ(must(w.service().count(order)).histories, 0u) << "the record keeps two";
    decide("3", "2025-05-01");
    EXPECT_EQ(must(w.service().count(order)).histories, 1u) << "three figures ask";
}

TEST_F(CountedHistory, WhoWroteInThePeriodIsCountedForTheirAgency)
{
    const auto today = schema::day_in_england(w.clock.now());
    FiguresOrder order;
    order.days = {today, today};
    const auto told = [&] {
        for (const auto& one : must(w.service().use(order)))
            if (one.agency == "probation")
                return one;
        return AgencyUse{};
    };
    const auto before = told();
    EXPECT_EQ(before.users, 1u);
    EXPECT_EQ(before.with_device, 1u);
    EXPECT_EQ(before.wrote, 1u) << "the area";
    decide("1", "2024-01-01");
    EXPECT_EQ(told().changes, before.changes + 1);
    EXPECT_EQ(told().cases, 1u);
    order.area = "Testshire";
    EXPECT_EQ(told().changes, before.changes + 1);
    order.area.clear();
    order.days = {Date{today.days + 1}, Date{today.days + 1}};
    EXPECT_EQ(told().changes, 0u) << "nothing yet of tomorrow";
    order.days = {Date{today.days - 1}, Date{today.days - 1}};
    EXPECT_EQ(told().wrote, 0u);
}

TEST_F(CountedHistory, WhatIsReceivedInTheLastHourOfADayInUtcIsOfTheNextDayInEnglandInSummer)
{
    const auto changes = [&](const char* from, const char* to) {
        FiguresOrder order;
        order.days = {must(parse_date(from)), must(parse_date(to))};
        for (const auto& one : must(w.service().use(order)))
            if (one.agency == "probation")
                return one.changes;
        return std::uint64_t{0};
    };
    const auto at = [&](const char* utc) { w.clock.ms = must(parse_instant(utc)).ms; };
    at("2026-07-31T22:59:00Z");
    decide("1", "2026-07-01");
    EXPECT_EQ(changes("2026-07-31", "2026-07-31"), 1u);
    at("2026-07-31T23:30:00Z");
    decide("2", "2026-07-02");
    EXPECT_EQ(changes("2026-07-31", "2026-07-31"), 1u);
    EXPECT_EQ(changes("2026-08-01", "2026-08-31"), 1u);
    at("2026-10-31T23:30:00Z");
    decide("3", "2026-07-03");
    EXPECT_EQ(changes("2026-10-31", "2026-10-31"), 1u) << "in winter the days are the same";
    EXPECT_EQ(changes("2026-11-01", "2026-11-30"), 0u);
}

TEST_F(CountedHistory, BeforeAnythingWasDecidedNothingWas)
{
    decide("1", "2024-06-01");
    decide("2", "2025-02-01");
    decide("3", "2025-05-01");
    EXPECT_EQ(on("2024-03-31"), "none");
}

TEST_F(CountedHistory, ADecisionThatArrivesLateCountsFromItsDay)
{
    // G-32-19.
    decide("3", "2024-06-01");
    EXPECT_EQ(on("2025-03-31"), "3");
    decide("2", "2025-03-30");
    EXPECT_EQ(on("2025-03-31"), "2");
    EXPECT_EQ(on("2025-03-29"), "3");
}

TEST_F(CountedHistory, ManyCasesAreReadPieceByPieceAndEachOnce)
{
    for (int i = 0; i < 600; ++i)
        must(w.service().add_case("more " + std::to_string(i)));
    FiguresOrder order;
    order.days = {must(parse_date("2024-01-01")), must(parse_date("2025-03-31"))};
    std::uint64_t last = 0;
    const auto found = must(w.service().count(order, [&](std::uint64_t done, std::uint64_t total) {
        EXPECT_GT(done, last);
        EXPECT_EQ(total, 601u);
        last = done;
    }));
    EXPECT_EQ(last, 601u);
    EXPECT_EQ(found.cases, 601u);
    EXPECT_EQ(found.counts.front().counted, 1u);
    EXPECT_EQ(found.counts.front().no_area, 600u);
}

}  // namespace
}  // namespace satchel::test
