// Clocks: what starts, replaces, meets and ends them, whatever the order in which it arrives.
#include <gtest/gtest.h>

#include <algorithm>

#include "case_under.hpp"
#include "sync/core/clocks.hpp"
#include "tests/unit/sync/core/small_policy_text.hpp"

namespace satchel::test {
namespace {

using schema::Op;
using State = Task::State;

// Beside the small agreement: meetings that are held and cancelled, minutes of them, the level and whether anybody
// supervises as facts, and clocks of every shape.
constexpr std::string_view clocks_text = R"(
[calendar]
title = "Holidays"
known_from = "2026-01-01"
known_until = "2026-12-31"
refs = ["SYN-11"]
holidays = ["2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28"]

[record.meeting]
title = "Meeting"
refs = ["G-13a-1"]
create = "case_agencies"
audience = "case_agencies"
[record.meeting.group.held]
fields = { met_on = "date", planned_at = "instant", state = ["planned", "held", "cancelled"] }
owner = "case_agencies"
merge = "manual"
[record.meeting.group.list]
fields = { listed_on = "date" }
owner = "case_agencies"
merge = "manual"

[record.minutes]
title = "Minutes"
refs = ["G-13b-1"]
create = "case_agencies"
audience = "case_agencies"
[record.minutes.group.text]
fields = { of = { type = "ref", of = "meeting" }, state = ["draft", "approved"] }
owner = "case_agencies"
merge = "manual"

[record.manage]
title = "MAPPA level"
refs = ["L1-250"]
create = "case_agencies"
audience = "case_agencies"
one_per_case = true
[record.manage.group.level]
fields = { managed_at = ["1", "2", "3"], managed_since = "date" }
owner = "case_agencies"
merge = "manual"
[fact.managed]
title = "MAPPA level"
derive = "latest"
record = "manage"
group = "level"
value = "managed_at"
otherwise = "1"
refs = ["L1-250"]

[record.pause]
title = "Supervision suspended"
refs = ["L1-199"]
create = "case_agencies"
audience = "case_agencies"
[record.pause.group.pause]
fields = { paused = ["yes", "no"], pause_from = "date", pause_to = "date" }
owner = "case_agencies"
merge = "manual"
[fact.paused]
title = "Supervision suspended"
derive = "period"
record = "pause"
group = "pause"
value = "paused"
from = "pause_from"
to = "pause_to"
otherwise = "no"
refs = ["L1-199"]

[record.arrival]
title = "Appointment"
refs = ["L1-177"]
create = "case_agencies"
audience = "case_agencies"
[record.arrival.group.came]
fields = { came_on = "date", came = ["yes", "no"] }
owner = "case_agencies"
merge = "manual"

[record.charges]
title = "Charges"
refs = ["G-20-21"]
create = "case_agencies"
audience = "case_agencies"
[record.charges.group.list]
fields = { charged_on = "date", charge = ["grave", "other"] }
owner = "case_agencies"
merge = "append"

[record.tactics]
title = "Tactics"
refs = ["IN-T2"]
create = "agency:police"
audience = "agency:police"
[record.tactics.group.plan]
fields = { reviewed_on = "date" }
owner = "agency:police"
merge = "manual"

# L1-185, L1-255, L1-263
[[deadline]]
id = "level1-clock"
starts = ["review.held_on", { field = "review.next", within = "on the day" }]
within = "6 months"
sooner = true
applies = { fact.managed = ["1"], fact.paused = ["no"] }
closes = "review"
role = "lead_agency/case_manager"
task = "Review"
say = "At Level 1 the case is looked at every six months"
refs = ["L1-185", "L1-255"]

[[deadline]]
id = "sixteen-weeks"
starts = { field = "meeting.met_on", when = { field.state = ["held"] } }
within = "16 weeks"
applies = { fact.managed = ["2"] }
closes = { record = "meeting", when = { field.state = ["held"] } }
role = "coordination.coordinator"
task = "Meeting at Level 2"
refs = ["G-31-7"]
[[deadline]]
id = "eight-weeks"
starts = { field = "meeting.met_on", when = { field.state = ["held"] } }
within = "8 weeks"
applies = { fact.managed = ["3"] }
closes = { record = "meeting", when = { field.state = ["held"] } }
role = "coordination.coordinator"
task = "Meeting at Level 3"
refs = ["G-31-7"]

[[deadline]]
id = "invite"
starts = "meeting.planned_at"
within = "14 days before"
closes = { on = "listed_on" }
role = "coordination.coordinator"
task = "Invite"
refs = ["G-14-12"]

[[deadline]]
id = "approve"
starts = { field = "meeting.met_on", when = { field.state = ["held"] } }
within = "10 working days"
closes = { record = "minutes", of = "of", when = { field.state = ["approved"] } }
role = "police.offender_manager"
task = "Approve the minutes"
refs = ["G-13b-26"]

[[deadline]]
id = "set-level"
starts = { field = "arrival.came_on", when = { field.came = ["yes"] } }
within = "15 working days"
first = true
closes = "manage"
role = "probation.practitioner"
task = "Set the level"
refs = ["L1-177"]

[[deadline]]
id = "notify"
starts = { field = "charges.charged_on", when = { field.charge = ["grave"] } }
within = "5 days"
role = "police.offender_manager"
task = "Notify"
refs = ["G-20-21"]

[[deadline]]
id = "look-again"
starts = "tactics.reviewed_on"
within = "1 month"
role = "lead_agency/case_manager"
task = "Look again"
refs = ["IN-T2"]
)";

const schema::Policy& clock_policy()
{
    // Without the clock of the small agreement, which has another reading of the same reviews.
    static const std::string small(small_policy_text.substr(0, small_policy_text.find("[[deadline]]")));
    static const auto policy = compiled({{"small.toml", small}, {"clocks.toml", clocks_text}});
    return policy;
}

class Deadlines : public CaseUnder {
protected:
    const std::string probation = "probation.practitioner", police = "police.offender_manager", unit = "coordination.coordinator";

    Deadlines() : CaseUnder(clock_policy())
    {
        today("2026-01-15");
        leads("probation", "2020-01-01");
    }
    void today(const std::string& day) { bench.received_at = start_of(parse_date(day).value()); }
    // The day goes by, as at the hub's midnight.
    void midnight(const std::string& day)
    {
        today(day);
        const auto facts = derive_facts(bench.state(), clock_policy(), parse_date(day).value(), {}, {});
        for (const auto& effect : facts)
            fold(bench.state(), effect);
        const auto clocks = clocks_resting_on(clock_policy(), facts);
        for (const auto& effect : derive_clocks(bench.state(), clock_policy(), clocks, parse_date(day).value(), {}))
            fold(bench.state(), effect);
    }
    CaseBench::Saved make(const std::string& type, const std::string& group, const Typed& typed, const std::string& by)
    {
        auto change = bench.creates(type, group, typed);
        if (clock_policy().type(type)->group(group)->merge == schema::Merge::append)
            change.op = Op::add;
        auto saved = save(by, std::move(change));
        EXPECT_EQ(saved.ruling().outcome, Outcome::applied) << saved.ruling().rule;
        return saved;
    }
    CaseBench::Saved edit(RecordId record, const std::string& type, const std::string& group, const Typed& typed,
                          const std::string& by)
    {
        auto saved = edits(by, record, type, group, typed);
        EXPECT_EQ(saved.ruling().outcome, Outcome::applied) << saved.ruling().rule;
        return saved;
    }
    void withdraw(RecordId record, const std::string& type, const std::string& group, const std::string& by)
    {
        EXPECT_EQ(withdraws(by, record, type, group).ruling().outcome, Outcome::applied);
    }
    RecordId leads(const std::string& agency, const std::string& from)
    {
        return make("supervision", "period", {{"agency", agency}, {"from", from}}, probation).record();
    }
    RecordId reviewed(const std::string& on, const std::string& next = {})
    {
        return make("review", "held", next.empty() ? Typed{{"held_on", on}} : Typed{{"held_on", on}, {"next", next}}, probation).record();
    }
    RecordId met(const std::string& on, const std::string& state = "held")
    {
        return make("meeting", "held", {{"met_on", on}, {"state", state}}, police).record();
    }
    void level(const std::string& level)
    {
        const auto one = singleton_record_id(bench.state().id, schema::type_id("manage"));
        if (bench.state().record(one))
            edit(one, "manage", "level", {{"managed_at", level}}, probation);
        else
            make("manage", "level", {{"managed_at", level}}, probation);
    }

    // "2026-07-10" of every task of the rule that is open.
    [[nodiscard]] std::vector<std::string> due(const std::string& rule) const
    {
        std::vector<std::string> out;
        for (const auto& [id, task] : bench.state().tasks)
            if (task.rule == rule && (task.state == State::open || task.state == State::acknowledged))
                out.push_back(to_string(task.due));
        std::sort(out.begin(), out.end());
        return out;
    }
    [[nodiscard]] const Task* task(const std::string& rule, State state = State::open) const
    {
        for (const auto& [id, t] : bench.state().tasks)
            if (t.rule == rule && t.state == state)
                return &t;
        return nullptr;
    }
    void done(const std::string& rule, const std::string& by)
    {
        schema::Change change;
        change.op = Op::task;
        change.targets = {VersionId{task(rule)->id.bytes}};
        change.resolution = schema::Resolution::done;
        EXPECT_EQ(save(by, change).ruling().outcome, Outcome::applied);
    }
    using Due = std::vector<std::string>;
};

// --- what does not start one -------------------------------------------------------------------------------------------

TEST_F(Deadlines, WithoutADateNothingStarts)
{
    make("meeting", "held", {{"state", "held"}}, police);
    make("arrival", "came", {{"came", "yes"}}, probation);
    make("charges", "list", {{"charge", "grave"}}, police);
    for (const char* rule : {"approve", "set-level", "notify"})
        EXPECT_EQ(due(rule), Due{}) << rule;
}

TEST_F(Deadlines, ARecordThatIsNotWhatStartsAClockStartsNone)
{
    met("2026-01-05", "planned");
    make("arrival", "came", {{"came_on", "2026-01-05"}, {"came", "no"}}, probation);
    make("charges", "list", {{"charged_on", "2026-01-05"}, {"charge", "other"}}, police);
    for (const char* rule : {"approve", "set-level", "notify"})
        EXPECT_EQ(due(rule), Due{}) << rule;
}

TEST_F(Deadlines, ARoleThatMayNotSeeWhatItIsAboutGetsNoTask)
{
    make("tactics", "plan", {{"reviewed_on", "2026-01-10"}}, police);
    EXPECT_EQ(due("look-again"), Due{}) << "probation leads, and tactics are the police's";
    leads("police", "2026-01-12");
    EXPECT_EQ(due("look-again"), Due{"2026-02-10"}) << "now the police lead";
}

TEST_F(Deadlines, ASuggestionStartsNoClockUntilItIsTaken)
{
    const auto saved = save(police, bench.creates("review", "held", {{"held_on", "2026-01-10"}}));
    EXPECT_NE(saved.ruling().outcome, Outcome::applied);
    EXPECT_EQ(due("level1-clock"), Due{});
}

// --- starts and periods ------------------------------------------------------------------------------------------------

TEST_F(Deadlines, EveryElementOfASetHasItsOwnClock)
{
    const auto first = make("charges", "list", {{"charged_on", "2026-01-12"}, {"charge", "grave"}}, police);
    auto second = bench.edits(first.record(), "charges", "list", {{"charged_on", "2026-01-14"}, {"charge", "grave"}});
    second.op = Op::add;
    save(police, second);
    EXPECT_EQ(due("notify"), (Due{"2026-01-17", "2026-01-19"}));
    auto take = bench.edits(first.record(), "charges", "list", {});
    take.op = Op::remove;
    take.targets = {first.version()};
    take.reason = "another person";
    save(police, take);
    EXPECT_EQ(due("notify"), Due{"2026-01-19"});
}

TEST_F(Deadlines, WorkingDaysAreCountedByTheCalendarOfTheAgreement)
{
    met("2026-03-30");
    EXPECT_EQ(due("approve"), Due{"2026-04-15"}) << "over Good Friday and Easter Monday";
}

TEST_F(Deadlines, BeyondTheKnownCalendarTheTaskSaysSo)
{
    today("2026-12-20");
    met("2026-12-18");
    EXPECT_EQ(due("approve"), Due{"2027-01-05"}) << "1 January 2027 is counted, for it is not known";
    EXPECT_NE(task("approve")->words.find("Bank holidays are not known for all of these days"), std::string::npos);
    met("2026-03-30");
    EXPECT_EQ(due("approve"), (Due{"2026-04-15", "2027-01-05"}));
}

TEST_F(Deadlines, AnInstantStartsTheClockOfItsDay)
{
    make("meeting", "held", {{"planned_at", "2026-03-20T09:30:00Z"}, {"state", "planned"}}, police);
    EXPECT_EQ(due("invite"), Due{"2026-03-06"});
}

// Counted by its day in UTC, half an hour after midnight in summer belonged to the day before.
TEST_F(Deadlines, AnInstantCountsForTheDayThatItIsInEngland)
{
    const auto invite_by = [&](const char* planned_at) {
        CaseBench one(clock_policy());
        one.save(police, {{one.creates("meeting", "held", {{"planned_at", planned_at}, {"state", "planned"}})}});
        for (const auto& task : one.open_tasks())
            if (task.rule == "invite")
                return to_string(task.due);
        return std::string("none");
    };
    EXPECT_EQ(invite_by("2026-07-10T22:30:00Z"), "2026-06-26");
    EXPECT_EQ(invite_by("2026-07-10T23:30:00Z"), "2026-06-27") << "a Saturday in England";
    EXPECT_EQ(invite_by("2026-11-13T23:30:00Z"), "2026-10-30");
}

TEST_F(Deadlines, TheTaskGivesTheReasonInWordsAndTheParagraph)
{
    reviewed("2026-01-10");
    ASSERT_TRUE(task("level1-clock"));
    EXPECT_EQ(task("level1-clock")->words, "Review. At Level 1 the case is looked at every six months");
    EXPECT_EQ(task("level1-clock")->paragraph, "L1-185");
    EXPECT_EQ(task("level1-clock")->role, probation);
}

// --- late --------------------------------------------------------------------------------------------------------------

TEST_F(Deadlines, WhatComesLateIsDueInThePastAndSaysSo)
{
    today("2026-06-01");
    make("charges", "list", {{"charged_on", "2026-01-12"}, {"charge", "grave"}}, police);
    EXPECT_EQ(due("notify"), Due{"2026-01-17"}) << "never moved to a day that is still to come";
    EXPECT_EQ(task("notify")->words, "Notify. It was due on 2026-01-17, and has been known here only since 2026-06-01.");
}

TEST_F(Deadlines, WhatIsDueTodayIsNotLate)
{
    today("2026-01-17");
    make("charges", "list", {{"charged_on", "2026-01-12"}, {"charge", "grave"}}, police);
    EXPECT_EQ(task("notify")->words, "Notify");
}

TEST_F(Deadlines, NoDevicesClockDecidesWhatIsLate)
{
    for (const std::int64_t authored : {0LL, 4'000'000'000'000LL}) {
        CaseBench other{clock_policy()};
        other.received_at = start_of(parse_date("2026-01-15").value());
        auto change = other.creates("charges", "list", {{"charged_on", "2026-01-12"}, {"charge", "grave"}});
        change.op = Op::add;
        other.save(police, {{change}, Instant{authored}, Instant{authored}});
        ASSERT_EQ(other.state().tasks.size(), 1u);
        EXPECT_EQ(other.state().tasks.begin()->second.words, "Notify");
    }
}

// --- a later start replaces the one before -----------------------------------------------------------------------------

TEST_F(Deadlines, AMovedDateMovesTheClock)
{
    const auto meeting = met("2026-01-12");
    EXPECT_EQ(due("approve"), Due{"2026-01-26"});
    edit(meeting, "meeting", "held", {{"met_on", "2026-01-13"}, {"state", "held"}}, police);
    EXPECT_EQ(due("approve"), Due{"2026-01-27"});
}

TEST_F(Deadlines, AnEditThatLeavesTheDateAloneLeavesTheTaskAsItIsAlsoWhenDone)
{
    const auto first = make("arrival", "came", {{"came_on", "2026-01-12"}, {"came", "yes"}}, probation);
    const auto before = task("set-level")->id;
    auto again = bench.edits(first.record(), "arrival", "came", {{"came_on", "2026-01-12"}, {"came", "yes"}});
    const auto meeting = met("2026-01-12");
    done("approve", police);
    edit(meeting, "meeting", "held", {{"met_on", "2026-01-12"}, {"state", "held"}, {"planned_at", "2026-01-12T10:00:00Z"}}, police);
    EXPECT_EQ(due("approve"), Due{}) << "it was done";
    save(probation, again);
    EXPECT_EQ(task("set-level")->id, before);
}

TEST_F(Deadlines, ADateThatMovesAfterItWasDoneIsToBeDoneAnew)
{
    const auto meeting = met("2026-01-12");
    done("approve", police);
    edit(meeting, "meeting", "held", {{"met_on", "2026-01-14"}, {"state", "held"}}, police);
    EXPECT_EQ(due("approve"), Due{"2026-01-28"});
}

TEST_F(Deadlines, WhatIsNoLongerAStartEndsTheClock)
{
    const auto meeting = met("2026-01-12");
    edit(meeting, "meeting", "held", {{"met_on", "2026-01-12"}, {"state", "cancelled"}}, police);
    EXPECT_EQ(due("approve"), Due{});
}

TEST_F(Deadlines, AWithdrawnStartEndsTheClockAndItsReturnStartsItAgain)
{
    const auto meeting = met("2026-01-12");
    withdraw(meeting, "meeting", "held", police);
    EXPECT_EQ(due("approve"), Due{});
    const auto again =
        save(police, bench.edits(meeting, "meeting", "held", {{"met_on", "2026-01-12"}, {"state", "held"}}));
    EXPECT_EQ(due("approve"), Due{}) << "it waits for a decision";
    EXPECT_TRUE(save(police, bench.resolves(again, schema::Resolution::choose_b, "it was held")).ruling().returns);
    EXPECT_EQ(due("approve"), Due{"2026-01-26"});
}

TEST_F(Deadlines, TheLatestMeetingHoldsInBothOrdersOfArrival)
{
    for (const bool later_first : {false, true}) {
        begin_again();
        today("2026-01-15");
        level("2");
        met(later_first ? "2026-01-14" : "2025-11-05");
        met(later_first ? "2025-11-05" : "2026-01-14");
        EXPECT_EQ(due("sixteen-weeks"), Due{"2026-05-06"});
    }
}

// L1-255
TEST_F(Deadlines, AReviewThatSetsNoNextDateLeavesTheSoonerOfTheRecordedDates)
{
    for (const bool later_first : {false, true}) {
        begin_again();
        today("2026-01-15");
        leads("probation", "2020-01-01");
        if (later_first)
            reviewed("2026-01-12");
        reviewed("2025-12-01", "2026-05-01");
        if (!later_first)
            reviewed("2026-01-12");
        EXPECT_EQ(due("level1-clock"), Due{"2026-05-01"}) << "not 2026-07-12";
    }
}

TEST_F(Deadlines, TheSoonerHoldsWhicheverFieldTheAgreementNamesFirst)
{
    auto swapped = clock_policy();
    for (auto& rule : swapped.deadlines)
        if (rule.id == "level1-clock")
            std::swap(rule.starts.front(), rule.starts.back());
    for (const auto* policy : {&clock_policy(), &std::as_const(swapped)}) {
        CaseBench one(*policy);
        one.save(probation, {{one.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
        one.save(probation, {{one.creates("review", "held", {{"held_on", "2025-12-01"}, {"next", "2026-05-01"}})}});
        one.save(probation, {{one.creates("review", "held", {{"held_on", "2026-01-12"}})}});
        ASSERT_EQ(one.open_tasks().size(), 1u);
        EXPECT_EQ(to_string(one.open_tasks().front().due), "2026-05-01") << "not 2026-07-12";
    }
}

TEST_F(Deadlines, TheNextDateOfALaterReviewReplacesThatOfAnEarlier)
{
    for (const bool later_first : {false, true}) {
        begin_again();
        today("2026-01-15");
        leads("probation", "2020-01-01");
        if (later_first)
            reviewed("2026-01-12", "2026-06-20");
        reviewed("2025-12-01", "2026-05-01");
        if (!later_first)
            reviewed("2026-01-12", "2026-06-20");
        EXPECT_EQ(due("level1-clock"), Due{"2026-06-20"}) << "later than the earlier review said: it knew more";
    }
}

TEST_F(Deadlines, AReviewHeldOnTheRecordedDateMeetsIt)
{
    reviewed("2025-12-01", "2026-01-10");
    EXPECT_EQ(due("level1-clock"), Due{"2026-01-10"});
    reviewed("2026-01-12");
    EXPECT_EQ(due("level1-clock"), Due{"2026-07-12"});
}

TEST_F(Deadlines, ADateThatAReplacedReviewSetDoesNotComeBack)
{
    reviewed("2025-11-01", "2026-04-01");
    reviewed("2025-12-01", "2026-01-10");
    reviewed("2026-01-12");
    EXPECT_EQ(due("level1-clock"), Due{"2026-07-12"});
}

TEST_F(Deadlines, AWithdrawnReviewGivesTheOneBeforeItsClockBack)
{
    reviewed("2025-12-01", "2026-05-01");
    const auto mistaken = reviewed("2026-01-12", "2026-06-20");
    withdraw(mistaken, "review", "held", probation);
    EXPECT_EQ(due("level1-clock"), Due{"2026-05-01"});
}

TEST_F(Deadlines, WhenTheSoonerIsDoneTheNextOfThemRuns)
{
    reviewed("2025-12-01", "2026-05-01");
    reviewed("2026-01-12");
    done("level1-clock", probation);
    EXPECT_EQ(due("level1-clock"), Due{"2026-07-12"}) << "no day without a review to come";
}

// L1-177
TEST_F(Deadlines, OfAppointmentsTheFirstThatWasKeptStartsTheClockWhateverArrivesFirst)
{
    for (const bool later_first : {false, true}) {
        begin_again();
        today("2026-01-15");
        if (later_first)
            make("arrival", "came", {{"came_on", "2026-01-13"}, {"came", "yes"}}, probation);
        make("arrival", "came", {{"came_on", "2026-01-05"}, {"came", "no"}}, probation);
        make("arrival", "came", {{"came_on", "2026-01-09"}, {"came", "yes"}}, probation);
        if (!later_first)
            make("arrival", "came", {{"came_on", "2026-01-13"}, {"came", "yes"}}, probation);
        EXPECT_EQ(due("set-level"), Due{"2026-01-30"});
        level("1");
        EXPECT_EQ(due("set-level"), Due{});
    }
}

// --- what meets one ----------------------------------------------------------------------------------------------------

TEST_F(Deadlines, MinutesOfAnotherMeetingMeetNothing)
{
    const auto meeting = met("2026-01-12");
    const auto other = met("2026-01-13");
    make("minutes", "text", {{"of", to_string(other)}, {"state", "approved"}}, police);
    EXPECT_EQ(due("approve"), Due{"2026-01-26"});
    make("minutes", "text", {{"of", to_string(meeting)}, {"state", "approved"}}, police);
    EXPECT_EQ(due("approve"), Due{});
}

TEST_F(Deadlines, MinutesThatDoNotSayOfWhichMeetingMeetNothing)
{
    const auto meeting = met("2026-01-12");
    make("minutes", "text", {{"state", "approved"}}, police);
    const auto minutes = make("minutes", "text", {{"of", ""}, {"state", "approved"}}, police).record();
    EXPECT_EQ(due("approve"), Due{"2026-01-26"});
    edit(minutes, "minutes", "text", {{"of", to_string(meeting)}, {"state", "approved"}}, police);
    EXPECT_EQ(due("approve"), Due{});
}

TEST_F(Deadlines, ARecordMeetsItOnceItReachesTheValueAndNoLongerWhenItLeavesIt)
{
    const auto meeting = met("2026-01-12");
    const auto minutes = make("minutes", "text", {{"of", to_string(meeting)}, {"state", "draft"}}, police).record();
    EXPECT_EQ(due("approve"), Due{"2026-01-26"});
    edit(minutes, "minutes", "text", {{"of", to_string(meeting)}, {"state", "approved"}}, police);
    EXPECT_EQ(due("approve"), Due{});
    edit(minutes, "minutes", "text", {{"of", to_string(meeting)}, {"state", "draft"}}, police);
    EXPECT_EQ(due("approve"), Due{"2026-01-26"});
    edit(minutes, "minutes", "text", {{"of", to_string(meeting)}, {"state", "approved"}}, police);
    withdraw(minutes, "minutes", "text", police);
    EXPECT_EQ(due("approve"), Due{"2026-01-26"});
}

TEST_F(Deadlines, WhatMeetsItMayArriveBeforeWhatStartsIt)
{
    level("1");
    make("arrival", "came", {{"came_on", "2026-01-12"}, {"came", "yes"}}, probation);
    EXPECT_EQ(due("set-level"), Due{}) << "the level stands already";

    const auto meeting = met("2026-01-12", "planned");
    make("minutes", "text", {{"of", to_string(meeting)}, {"state", "approved"}}, police);
    edit(meeting, "meeting", "held", {{"met_on", "2026-01-12"}, {"state", "held"}}, police);
    EXPECT_EQ(due("approve"), Due{});
}

TEST_F(Deadlines, TheRecordThatStartedItMeetsItOnceItSaysMore)
{
    const auto meeting = make("meeting", "held", {{"planned_at", "2026-03-20T09:30:00Z"}, {"state", "planned"}}, police).record();
    make("meeting", "list", {{"listed_on", "2026-02-01"}}, police);
    EXPECT_EQ(due("invite"), Due{"2026-03-06"}) << "the list of another meeting";
    edit(meeting, "meeting", "list", {{"listed_on", "2026-02-01"}}, police);
    EXPECT_EQ(due("invite"), Due{});
}

TEST_F(Deadlines, ACancelledMeetingDoesNotMeetTheClockOfTheNext)
{
    level("2");
    met("2025-11-05");
    met("2026-01-14", "cancelled");
    EXPECT_EQ(due("sixteen-weeks"), Due{"2026-02-25"});
}

// G-28-20: two say what became of it, and nobody has decided yet.
TEST_F(Deadlines, TwoVersionsOfWhatMeetsAClockMeetItOnceOneIsChosen)
{
    const auto meeting = met("2026-01-12");
    const auto minutes = make("minutes", "text", {{"of", to_string(meeting)}, {"state", "draft"}}, police).record();
    const auto base = bench.edits(minutes, "minutes", "text", {}).base;
    edit(minutes, "minutes", "text", {{"of", to_string(meeting)}, {"state", "approved"}}, police);
    EXPECT_EQ(due("approve"), Due{});
    auto offline = bench.edits(minutes, "minutes", "text", {{"of", to_string(meeting)}, {"state", "draft"}});
    offline.base = base;
    offline.values = bench.values("minutes", {{"of", to_string(met("2026-01-13"))}, {"state", "approved"}});
    const auto other = save(unit, offline);
    ASSERT_EQ(other.ruling().outcome, Outcome::conflict);
    EXPECT_EQ(due("approve"), (Due{"2026-01-26", "2026-01-27"}));
    save(police, bench.resolves(other, schema::Resolution::choose_a, "of the first meeting"));
    EXPECT_EQ(due("approve"), Due{"2026-01-27"});
}

// --- another agreement -------------------------------------------------------------------------------------------------

TEST_F(Deadlines, AnotherPeriodMovesTheTaskThatRunsToItsDay)
{
    level("2");
    met("2026-01-12");
    ASSERT_EQ(due("sixteen-weeks"), Due{"2026-05-04"});
    auto next = clock_policy();
    for (auto& rule : next.deadlines)
        if (rule.id == "sixteen-weeks")
            rule.starts.front().within = schema::parse_period("12 weeks").value();
    for (const auto& effect : derive_clocks(bench.state(), next, all_clocks(next), parse_date("2026-01-15").value(), {}))
        fold(bench.state(), effect);
    EXPECT_EQ(due("sixteen-weeks"), Due{"2026-04-06"});
}

// --- facts -------------------------------------------------------------------------------------------------------------

TEST_F(Deadlines, AnotherLevelIsAnotherClockFromTheSameMeeting)
{
    level("2");
    met("2026-01-12");
    EXPECT_EQ(due("sixteen-weeks"), Due{"2026-05-04"});
    EXPECT_EQ(due("eight-weeks"), Due{});
    level("3");
    EXPECT_EQ(due("sixteen-weeks"), Due{});
    EXPECT_EQ(due("eight-weeks"), Due{"2026-03-09"});
    level("2");
    EXPECT_EQ(due("sixteen-weeks"), Due{"2026-05-04"});
    EXPECT_EQ(due("eight-weeks"), Due{});
}

TEST_F(Deadlines, TheLevelAndTheMeetingMayArriveInEitherOrder)
{
    met("2026-01-12");
    EXPECT_EQ(due("eight-weeks"), Due{});
    level("3");
    EXPECT_EQ(due("eight-weeks"), Due{"2026-03-09"});
}

TEST_F(Deadlines, WhatTheNewLevelAsksForMayBeOverdueAlreadyAndSaysSo)
{
    level("2");
    met("2025-10-15");
    level("3");
    EXPECT_EQ(due("eight-weeks"), Due{"2025-12-10"});
    EXPECT_NE(task("eight-weeks")->words.find("It was due on 2025-12-10"), std::string::npos);
}

// L1-263
TEST_F(Deadlines, SuspendedSupervisionClearsAnOverdueReviewFromThatDayAndResumptionBringsItBack)
{
    today("2026-07-20");
    reviewed("2026-01-10");
    EXPECT_EQ(due("level1-clock"), Due{"2026-07-10"});
    make("pause", "pause", {{"paused", "yes"}, {"pause_from", "2026-08-01"}, {"pause_to", "2026-09-01"}}, probation);
    EXPECT_EQ(due("level1-clock"), Due{"2026-07-10"}) << "not before the day";
    midnight("2026-08-01");
    EXPECT_EQ(due("level1-clock"), Due{});
    midnight("2026-09-02");
    EXPECT_EQ(due("level1-clock"), Due{"2026-07-10"}) << "one is due on resumption (L1-199)";
}

TEST_F(Deadlines, ASuspensionThatIsRecordedLateClearsIt)
{
    today("2026-07-20");
    reviewed("2026-01-10");
    make("pause", "pause", {{"paused", "yes"}, {"pause_from", "2026-07-01"}}, probation);
    EXPECT_EQ(due("level1-clock"), Due{});
}

TEST_F(Deadlines, TheTaskGoesWithTheLead)
{
    reviewed("2026-01-10");
    leads("police", "2026-01-12");
    ASSERT_EQ(due("level1-clock"), Due{"2026-07-10"});
    EXPECT_EQ(task("level1-clock")->role, police);
}

TEST_F(Deadlines, WhatTheFormerLeadHasDoneIsNotToBeDoneAgain)
{
    reviewed("2026-01-10");
    done("level1-clock", probation);
    leads("police", "2026-01-12");
    EXPECT_EQ(due("level1-clock"), Due{});
}

// --- what a consequence reads is in the slice that it is worked out on -----------------------------------------------------

// The hub works on slices: whatever follows from a change must follow from its slice as well.
TEST_F(Deadlines, ASliceYieldsWhatTheWholeCaseYields)
{
    level("2");
    const auto meeting = met("2025-11-05");
    const auto later = met("2026-01-12");
    const auto minutes = make("minutes", "text", {{"of", to_string(later)}, {"state", "draft"}}, police).record();
    edit(minutes, "minutes", "text", {{"of", to_string(later)}, {"state", "approved"}}, police);
    reviewed("2025-12-01", "2026-05-01");
    const auto mistaken = reviewed("2026-01-12");
    level("3");
    level("1");
    done("level1-clock", probation);
    withdraw(mistaken, "review", "held", probation);
    withdraw(later, "meeting", "held", police);
    level("3");
    edit(meeting, "meeting", "held", {{"met_on", "2025-11-06"}, {"state", "held"}}, police);
    leads("police", "2026-01-12");
    EXPECT_EQ(due("eight-weeks"), Due{"2026-01-01"});
}

// --- what a new record says, and what can move a clock -----------------------------------------------------------------------

class NewRecords : public Deadlines {
protected:
    // What is looked at for one change that makes a record.
    [[nodiscard]] SliceNeeds needs_of(const std::string& by, const schema::Change& change)
    {
        return slice_needs(clock_policy(), bench.sealed(by, {{change}}));
    }
    [[nodiscard]] SliceNeeds needs_of_new(const std::string& type, const std::string& group, const Typed& typed)
    {
        return needs_of(police, bench.creates(type, group, typed));
    }
    [[nodiscard]] static bool types_among(const SliceNeeds& needs, const std::set<std::string>& names)
    {
        std::set<schema::TypeId> out;
        for (const auto& name : names)
            out.insert(schema::type_id(name));
        return needs.types == out;
    }
};

TEST_F(NewRecords, OneThatCanStartAClockNeedsAllThatStartAndMeetIt)
{
    const auto needs = needs_of_new("arrival", "came", {{"came_on", "2026-01-05"}, {"came", "yes"}});
    EXPECT_TRUE(types_among(needs, {"arrival", "manage"}));
    EXPECT_TRUE(needs.tasks);
}

TEST_F(NewRecords, OneWithoutTheDateOrWithAnotherValueNeedsNothing)
{
    for (const Typed& typed : {Typed{{"came", "yes"}}, Typed{{"came_on", "2026-01-05"}, {"came", "no"}}, Typed{{"came_on", "2026-01-05"}}}) {
        const auto needs = needs_of_new("arrival", "came", typed);
        EXPECT_TRUE(needs.types.empty());
        EXPECT_FALSE(needs.tasks);
    }
}

TEST_F(NewRecords, OneThatCanMeetAClockNeedsAllThatStartIt)
{
    const auto meeting = met("2026-01-05");
    const Typed of{{"of", to_string(meeting)}, {"state", "approved"}};
    EXPECT_TRUE(types_among(needs_of_new("minutes", "text", of), {"meeting", "minutes"}));
    EXPECT_TRUE(needs_of_new("minutes", "text", {{"of", to_string(meeting)}, {"state", "draft"}}).types.empty());
    EXPECT_EQ(due("approve"), Due{"2026-01-19"});
    make("minutes", "text", of, police);
    EXPECT_EQ(due("approve"), Due{});
}

// "invite" is met by the meeting that it is about, once that says when it was listed.
TEST_F(NewRecords, OneThatDoesNotSayWhatMeetsAClockMeetsNone)
{
    EXPECT_FALSE(needs_of_new("meeting", "held", {{"state", "cancelled"}}).tasks);
    EXPECT_TRUE(needs_of_new("meeting", "list", {{"listed_on", "2026-01-05"}}).tasks);
}

// A rule that asks for no value is met by a record that says none.
TEST_F(NewRecords, WhereARuleAcceptsThatNothingIsSaidItMayStart)
{
    auto rule = *std::find_if(clock_policy().deadlines.begin(), clock_policy().deadlines.end(),
                              [](const auto& d) { return d.id == "set-level"; });
    const auto& type = *clock_policy().type("arrival");
    const auto opened = bench.sealed(probation, {{bench.creates("arrival", "came", {{"came_on", "2026-01-05"}})}});
    const auto record = opened.changes.front().record;
    EXPECT_FALSE(reacting::may_move(rule, opened, record, type));
    rule.starts.front().when.values.begin()->second.push_back("");
    EXPECT_TRUE(reacting::may_move(rule, opened, record, type));
}

TEST_F(NewRecords, OneThatASuccessionWritesIntoCountsAsOneThatWasThere)
{
    auto rule = *std::find_if(clock_policy().deadlines.begin(), clock_policy().deadlines.end(),
                              [](const auto& d) { return d.id == "set-level"; });
    auto type = *clock_policy().type("arrival");
    const auto opened = bench.sealed(probation, {{bench.creates("arrival", "came", {{"came", "no"}})}});
    const auto record = opened.changes.front().record;
    ASSERT_FALSE(reacting::may_move(rule, opened, record, type));
    type.succession = clock_policy().type("address")->succession;
    ASSERT_TRUE(type.succession);
    EXPECT_TRUE(reacting::may_move(rule, opened, record, type));
    rule.starts.clear();
    rule.closes.reset();
    EXPECT_FALSE(reacting::may_move(rule, opened, record, type)) << "no business of it";
}

// What it said before may have started it.
TEST_F(NewRecords, OneThatWasThereNeedsWhatItsKindMayMove)
{
    const auto arrival = make("arrival", "came", {{"came_on", "2026-01-05"}, {"came", "yes"}}, probation).record();
    EXPECT_EQ(due("set-level"), Due{"2026-01-26"});
    const auto change = bench.edits(arrival, "arrival", "came", {{"came_on", "2026-01-05"}, {"came", "no"}});
    EXPECT_TRUE(types_among(needs_of(probation, change), {"arrival", "manage"}));
    edit(arrival, "arrival", "came", {{"came_on", "2026-01-05"}, {"came", "no"}}, probation);
    EXPECT_EQ(due("set-level"), Due{});
}

// Another record of the same changeset says nothing about this one.
TEST_F(NewRecords, OnlyWhatIsSaidOfItCounts)
{
    const auto there = make("arrival", "came", {{"came", "no"}}, probation).record();
    auto opened = bench.sealed(probation, {{bench.creates("arrival", "came", {{"came", "no"}}),
                                            bench.edits(there, "arrival", "came", {{"came_on", "2026-01-05"}, {"came", "yes"}})}});
    const auto& rule = *std::find_if(clock_policy().deadlines.begin(), clock_policy().deadlines.end(),
                                     [](const auto& d) { return d.id == "set-level"; });
    EXPECT_FALSE(reacting::may_move(rule, opened, opened.changes.front().record, *clock_policy().type("arrival")));
    EXPECT_TRUE(reacting::may_move(rule, opened, there, *clock_policy().type("arrival")));
}

// The common record stays cheap: it neither starts nor ends anything, and nothing is looked at for it.
TEST_F(Deadlines, WhatIsNoBusinessOfAnyClockNeedsNoneOfThem)
{
    OpenedChangeset changeset;
    changeset.changes = {bench.creates("note", "what", {{"text", "x"}})};
    EXPECT_FALSE(slice_needs(clock_policy(), changeset).tasks);
    EXPECT_TRUE(slice_needs(clock_policy(), changeset).types.empty());
}

}  // namespace
}  // namespace satchel::test
