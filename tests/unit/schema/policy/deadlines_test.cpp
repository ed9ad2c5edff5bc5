// What the compiler says of clocks and of the calendar that they run by.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/schema/policy/sample.hpp"

namespace satchel::schema {
namespace {

using namespace sample;  // NOLINT: the subject of every test here
using testing::ElementsAre;

// Three more kinds of record: a meeting, minutes of it, and the one level of the case. A deadline follows them.
const std::string records = visit(plain) +
                            "[record.meeting]\n"
                            "title = \"Meeting\"\n"
                            "refs = [\"G-2-21\"]\n"
                            "create = \"case_agencies\"\n"
                            "audience = \"case_agencies\"\n"
                            "[record.meeting.group.held]\n"
                            "fields = { held_on = \"date\", next_on = \"date\", state = [\"planned\", \"held\"] }\n" +
                            plain +
                            "[record.minutes]\n"
                            "title = \"Minutes\"\n"
                            "refs = [\"G-2-21\"]\n"
                            "create = \"case_agencies\"\n"
                            "audience = \"case_agencies\"\n"
                            "[record.minutes.group.text]\n"
                            "fields = { meeting = { type = \"ref\", of = \"meeting\" }, approved_on = \"date\" }\n" +
                            plain +
                            "[record.level]\n"
                            "title = \"Level\"\n"
                            "refs = [\"G-2-21\"]\n"
                            "create = \"case_agencies\"\n"
                            "audience = \"case_agencies\"\n"
                            "one_per_case = true\n"
                            "[record.level.group.level]\n"
                            "fields = { level = [\"1\", \"2\"], set_on = \"date\" }\n" +
                            plain;
const auto first = 1 + std::count(records.begin(), records.end(), '\n');

std::string deadline(const std::string& lines, const std::string& within = "within = \"6 months\"\n")
{
    return records + "[[deadline]]\nid = \"d\"\n" + lines + within + "role = \"police.manager\"\ntask = \"t\"\nrefs = [\"G-1-1\"]\n";
}
std::string at(std::ptrdiff_t line, const std::string& reason) { return "extra.toml:" + std::to_string(first + line) + ": " + reason; }

TEST(PolicyDeadlines, ReadAloud)
{
    for (const char* lines : {
             "starts = \"meeting.held_on\"\n",
             "starts = [\"meeting.held_on\", { field = \"meeting.next_on\", within = \"on the day\" }]\nsooner = true\n"
             "closes = \"meeting\"\n",
             "starts = \"meeting.held_on\"\ncloses = { when = { field.state = [\"held\"] } }\n",
             "starts = \"meeting.held_on\"\ncloses = { on = \"next_on\" }\n",
             "starts = \"meeting.held_on\"\ncloses = { record = \"minutes\", of = \"meeting\", on = \"approved_on\" }\n",
             "starts = \"meeting.held_on\"\ncloses = { record = \"visit\", on = \"on\", when = { field.mood = [\"calm\"] } }\n",
             "starts = \"meeting.held_on\"\ncloses = \"level\"\n",
             "starts = [\"meeting.held_on\", \"visit.on\"]\none_per_case = true\nsay = \"Because.\"\n",
             "starts = { field = \"meeting.held_on\", when = { field.state = [\"held\"] } }\n"
             "applies = { fact.lead_agency = [\"police\"], field.state = [\"held\"] }\n",
         })
        EXPECT_THAT(problems(deadline(lines)), ElementsAre()) << lines;
    EXPECT_THAT(problems(deadline("starts = { field = \"meeting.held_on\", within = \"14 days before\" }\n", "")), ElementsAre())
        << "every start says how long";
}

TEST(PolicyDeadlines, AStartCanOccur)
{
    EXPECT_THAT(problems(deadline("")), ElementsAre(at(0, "deadline needs \"starts\"")));
    EXPECT_THAT(problems(deadline("starts = []\n")), ElementsAre(at(2, "deadline starts from nothing")));
    EXPECT_THAT(problems(deadline("starts = \"meeting\"\n")), ElementsAre(at(2, "a deadline starts from RECORD.FIELD")));
    EXPECT_THAT(problems(deadline("starts = [\"visit.on\", \"meeting.state\"]\n")),
                ElementsAre(at(2, "a deadline starts from a date: \"state\" is none")));
    EXPECT_THAT(problems(deadline("starts = [\"visit.on\", \"visit.on\"]\n")), ElementsAre(at(2, "\"visit.on\" starts it twice")));
    EXPECT_THAT(problems(deadline("starts = { field = \"visit.on\", when = { field.state = [\"held\"] } }\n")),
                ElementsAre(at(2, "record \"visit\" has no field \"state\"")));
    EXPECT_THAT(problems(deadline("starts = [\"visit.on\", \"meeting.held_on\"]\napplies = { field.state = [\"held\"] }\n")),
                ElementsAre(at(3, "record \"visit\" has no field \"state\"")))
        << "what the deadline asks of a field is asked of every start";
    EXPECT_THAT(problems(deadline("starts = { record = \"visit.on\" }\n")),
                testing::Contains(at(2, "deadline, starts needs \"field\"")));
}

TEST(PolicyDeadlines, APeriodIsOne)
{
    EXPECT_THAT(problems(deadline("starts = \"visit.on\"\n", "")), ElementsAre(at(0, "deadline needs \"within\"")));
    EXPECT_THAT(problems(deadline("starts = \"visit.on\"\n", "within = \"3 fortnights\"\n")),
                ElementsAre(at(3, "\"3 fortnights\" is no period: a period is in days, working days, weeks, months or years")));
    EXPECT_THAT(problems(deadline("starts = \"visit.on\"\n", "within = \"1000 years\"\n")),
                ElementsAre(at(3, "\"1000 years\" is no period: it is longer than 120 years")));
    EXPECT_THAT(problems(deadline("starts = { field = \"visit.on\", within = \"soon\" }\n")),
                ElementsAre(at(2, "\"soon\" is no period: write \"6 months\", \"10 working days\" or \"6 months before\"")));
}

TEST(PolicyDeadlines, OfOneStartNoneIsTheSooner)
{
    EXPECT_THAT(problems(deadline("starts = \"visit.on\"\nsooner = true\n")),
                ElementsAre(at(0, "deadline \"d\" has one start: none of them is the sooner")));
}

TEST(PolicyDeadlines, WhereEveryRecordHasItsClockNoneIsTheFirst)
{
    EXPECT_THAT(problems(deadline("starts = \"visit.on\"\nfirst = true\none_per_case = true\n")), ElementsAre());
    EXPECT_THAT(problems(deadline("starts = \"visit.on\"\nfirst = true\n")),
                ElementsAre(at(0, "deadline \"d\" has a clock for every record: say one_per_case = true, or none is the first")));
}

TEST(PolicyDeadlines, WhatStartsAClockDoesNotMeetItAtOnce)
{
    const auto at_once = at(3, "the record that starts the clock meets it at once: say what else it must state");
    EXPECT_THAT(problems(deadline("starts = \"meeting.held_on\"\ncloses = { }\n")), ElementsAre(at_once));
    EXPECT_THAT(problems(deadline("starts = \"meeting.held_on\"\ncloses = { on = \"held_on\" }\n")), ElementsAre(at_once));
    EXPECT_THAT(problems(deadline("starts = { field = \"meeting.held_on\", when = { field.state = [\"held\"] } }\n"
                                  "closes = { when = { field.state = [\"held\", \"planned\"] } }\n")),
                ElementsAre(at_once));
    EXPECT_THAT(problems(deadline("starts = { field = \"meeting.held_on\", when = { field.state = [\"held\", \"planned\"] } }\n"
                                  "closes = { when = { field.state = [\"held\"] } }\n")),
                ElementsAre())
        << "one that is planned starts it and does not meet it";
    EXPECT_THAT(problems(deadline("starts = [\"meeting.held_on\", \"visit.on\"]\ncloses = { on = \"next_on\" }\n")),
                ElementsAre(at(3, "records of several kinds start it: say which record closes it")));
}

TEST(PolicyDeadlines, WhatMeetsAClockIsToldFromWhatDoesNot)
{
    EXPECT_THAT(problems(deadline("starts = \"meeting.held_on\"\ncloses = \"visits\"\n")),
                ElementsAre(at(3, "no record is called \"visits\"; did you mean \"visit\"?")));
    EXPECT_THAT(problems(deadline("starts = \"meeting.held_on\"\ncloses = \"visit\"\n")),
                ElementsAre(at(3, "one \"visit\" would meet it for ever: say which, by a date of it (on = ...) or by what it is "
                                  "about (of = ...)")));
    EXPECT_THAT(problems(deadline("starts = \"level.set_on\"\ncloses = \"level\"\n")),
                ElementsAre(at(3, "a case has only one \"level\": no other can meet what it started")));
    EXPECT_THAT(problems(deadline("starts = \"visit.on\"\ncloses = { record = \"minutes\", of = \"meeting\" }\n")),
                ElementsAre(at(3, "\"meeting\" does not refer to the record that starts the clock")));
    EXPECT_THAT(problems(deadline("starts = \"visit.on\"\ncloses = { of = \"note\" }\n")),
                testing::Contains(at(3, "of which record is \"note\" a field?")));
    EXPECT_THAT(problems(deadline("starts = \"meeting.held_on\"\ncloses = { record = \"visit\", on = \"mood\" }\n")),
                ElementsAre(at(3, "\"mood\" is no date")));
    EXPECT_THAT(problems(deadline("starts = \"meeting.held_on\"\ncloses = { record = \"visit\", on = \"on\", when = "
                                  "{ field.mood = [\"merry\"] } }\n")),
                ElementsAre(at(3, "field \"mood\" cannot be \"merry\"")));
    EXPECT_THAT(problems(deadline("starts = \"meeting.held_on\"\ncloses = { record = \"visit\", after = \"on\" }\n")),
                testing::Contains(at(3, "deadline, closes has no \"after\"")));
}

TEST(PolicyDeadlines, ASetHasNoOneValueToAskFor)
{
    const std::string diary = "[record.diary]\ntitle = \"Diary\"\nrefs = [\"G-2-21\"]\ncreate = \"case_agencies\"\n"
                              "audience = \"case_agencies\"\n[record.diary.group.lines]\nfields = { on = \"date\", kind = [\"a\", \"b\"] }\n"
                              "owner = \"supplier\"\nmerge = \"append\"\n";
    const auto of_diary = [&](const std::string& lines) {
        return problems(diary + visit(plain) + "[[deadline]]\nid = \"d\"\n" + lines +
                        "within = \"3 days\"\nrole = \"police.manager\"\ntask = \"t\"\nrefs = [\"G-1-1\"]\n");
    };
    EXPECT_THAT(of_diary("starts = { field = \"diary.on\", when = { field.kind = [\"a\"] } }\n"), ElementsAre())
        << "each element starts its own";
    EXPECT_THAT(of_diary("starts = \"visit.on\"\ncloses = { record = \"diary\", on = \"on\" }\n"),
                ElementsAre("extra.toml:22: \"on\" is in a set: it has no one value to ask for"));
}

// --- the calendar -----------------------------------------------------------------------------------------------------

std::string calendar(const std::string& holidays, const std::string& until = "2024-12-31")
{
    return "[calendar]\ntitle = \"Holidays\"\nknown_from = \"2024-01-01\"\nknown_until = \"" + until +
           "\"\nrefs = [\"SYN-11\"]\nholidays = [" + holidays + "]\n";
}

TEST(PolicyCalendar, WorkingDaysNeedOne)
{
    const auto days = deadline("starts = \"visit.on\"\n", "within = \"10 working days\"\n");
    EXPECT_THAT(problems(days), ElementsAre(at(3, "working days are counted by a [calendar], and no file has one")));
    EXPECT_THAT(problems(days + calendar("\"2024-12-25\"")), ElementsAre());
    EXPECT_THAT(problems(visit(plain + "[record.visit.group.next]\nfields = { again = \"date\" }\n" + plain +
                               "[[record.visit.group.next.limit]]\nfield = \"again\"\nfrom = \"on\"\nwithin = \"5 working days\"\n"
                               "say = \"Soon.\"\nrefs = [\"G-1-1\"]\n")),
                ElementsAre("extra.toml:17: working days are counted by a [calendar], and no file has one"));
}

TEST(PolicyCalendar, HolidaysAreDaysInOrderThatItKnows)
{
    EXPECT_THAT(problems(calendar("\"2024-12-25\", \"2024-12-26\"")), ElementsAre());
    EXPECT_THAT(problems(calendar("\"Christmas\"")), ElementsAre("extra.toml:6: \"Christmas\": a date is written YYYY-MM-DD"));
    EXPECT_THAT(problems(calendar("\"2024-02-30\"")), ElementsAre("extra.toml:6: \"2024-02-30\": no such day"));
    EXPECT_THAT(problems(calendar("\"2024-12-26\", \"2024-12-25\"")),
                ElementsAre("extra.toml:6: \"2024-12-25\" does not come after the holiday before it"));
    EXPECT_THAT(problems(calendar("\"2024-12-25\", \"2024-12-25\"")),
                ElementsAre("extra.toml:6: \"2024-12-25\" does not come after the holiday before it"));
    EXPECT_THAT(problems(calendar("\"2025-12-25\"")),
                ElementsAre("extra.toml:6: \"2025-12-25\" lies outside the days that the calendar knows"));
    EXPECT_THAT(problems(calendar("\"2024-06-01\"")),
                ElementsAre("extra.toml:6: \"2024-06-01\" is on a weekend: give the day that stands in its place"));
    EXPECT_THAT(problems(calendar("", "2023-12-31")), ElementsAre("extra.toml:4: the calendar ends before it begins"));
    EXPECT_THAT(problems("[calendar]\ntitle = \"Holidays\"\nrefs = [\"SYN-11\"]\n"),
                ElementsAre("extra.toml:1: calendar needs \"known_from\"", "extra.toml:1: calendar needs \"known_until\""));
}

TEST(PolicyCalendar, IsCitedAndIsOne)
{
    EXPECT_THAT(problems("[calendar]\ntitle = \"H\"\nknown_from = \"2024-01-01\"\nknown_until = \"2024-12-31\"\n"),
                ElementsAre("extra.toml:1: the calendar cites no paragraph: give refs"));
    const auto base = head() + calendar("");
    const auto extra = calendar("");
    const std::vector<SourceFile> files{{"base.toml", base}, {"extra.toml", extra}};
    const auto outcome = compile(files);
    ASSERT_EQ(outcome.problems.size(), 1u);
    EXPECT_EQ(to_string(outcome.problems.front()), "extra.toml:1: [calendar] is declared in another file already");
}

}  // namespace
}  // namespace satchel::schema
