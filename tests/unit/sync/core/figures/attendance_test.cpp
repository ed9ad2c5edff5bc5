// Who was invited and who came, to meetings and to the board: kpi-4 and kpi-6 to kpi-9.
#include "tests/unit/sync/core/figures/cases.hpp"

namespace satchel::test {
namespace {

TEST(Figures, AboutSomebodyUnder18BothServicesComeThemselves)
{
    Case one;
    one.person("2007-05-02");
    const auto meeting = one.meeting("2", "2025-05-01");  // the day before the 18th birthday
    one.came(meeting, "yot");
    EXPECT_EQ(told(count("kpi-4", one)), "0/1");
    EXPECT_EQ(told(count("kpi-4-yot", one)), "1/1");
    auto report = one;
    report.came(meeting, "children_services", "report_only");
    EXPECT_EQ(told(count("kpi-4", report)), "0/1") << "no exception is stated";
    one.came(meeting, "children_services");
    EXPECT_EQ(told(count("kpi-4", one)), "1/1");
}

TEST(Figures, TheAgeIsThatOnTheDayOfTheMeeting)
{
    Case of_age;
    of_age.person("2007-05-01");
    of_age.meeting("2", "2025-05-01");
    EXPECT_EQ(told(count("kpi-4", of_age)), "0/0");
    Case leap;
    leap.person("2008-02-29");
    leap.meeting("2", "2026-02-27");
    EXPECT_EQ(told(count("kpi-4", {leap}, "2026-01-01", "2026-03-31")), "0/1");
    Case unknown;
    unknown.meeting("2", "2025-05-01");
    EXPECT_EQ(told(count("kpi-4", unknown)), "0/0");
    EXPECT_EQ(count("kpi-4", unknown).no_birth, 1u);
}

TEST(Figures, OnlyWhoWasInvitedIsCountedAndAReportIsNoAttendance)
{
    Case one;
    const auto meeting = one.meeting("2", "2025-05-01");
    EXPECT_EQ(told(count("kpi-6", one)), "0/0") << "nobody was invited (G-31-20)";
    one.invited(meeting, "yot");
    one.invited(meeting, "children_services");
    one.invited(meeting, "police");
    one.came(meeting, "yot");
    one.came(meeting, "children_services", "report_only");
    const auto found = count("kpi-6", one);
    EXPECT_EQ(told(found), "1/2") << "police are no agency with a duty to co-operate";
    EXPECT_EQ(found.cells.at({"yot", "2"}).met, 1u);
    EXPECT_EQ(found.cells.at({"children_services", "2"}).met, 0u);
    EXPECT_EQ(found.cells.at({"children_services", "3"}).counted, 0u);
    EXPECT_FALSE(found.cells.contains({"police", "2"})) << "no row for what is not counted";
    EXPECT_FALSE(found.cells.contains({"yot", "1"}));
}

TEST(Figures, AnInvitationToAMeetingThatWasNotHeldIsNotCounted)
{
    Case one;
    one.invited(one.meeting("2", "2025-05-01", "cancelled"), "yot");
    EXPECT_EQ(told(count("kpi-6", one)), "0/0");
    const auto gone = one.meeting("2", "2025-05-02");
    one.invited(gone, "yot");
    EXPECT_EQ(told(count("kpi-6", one)), "0/1");
    one.withdraw(gone);
    EXPECT_EQ(told(count("kpi-6", one)), "0/0");
}

TEST(Figures, ForAPrisonTheReportCounts)
{
    Case one;
    const auto meeting = one.meeting("3", "2025-05-01");
    one.invited(meeting, "prison");
    one.came(meeting, "prison", "report_only");
    EXPECT_EQ(told(count("kpi-7", one)), "1/1");
    EXPECT_EQ(told(count("kpi-6", one)), "0/0");
}

TEST(Figures, AReportThatReachedTheCentreCountsForAPrisonAlsoWhereTheMinutesHaveItAbsent)
{
    // G-31-17.
    Case one;
    const auto meeting = one.meeting("3", "2025-05-01");
    one.invited(meeting, "prison");
    const auto came = [&](const std::string& report) {
        auto out = one;
        out.record("attendance", {{"of_meeting", to_string(meeting)},
                                  {"attendee_agency", "prison"},
                                  {"attended", "absent"},
                                  {"report_at_centre", report}});
        return told(count("kpi-7", out));
    };
    EXPECT_EQ(came(""), "0/1");
    EXPECT_EQ(came("not_received"), "0/1");
    EXPECT_EQ(came("received"), "1/1");
}

TEST(Figures, AnInvitationThatNobodySentIsNone)
{
    // G-31-20: only the day in the log of invitations.
    Case one;
    const auto meeting = one.meeting("2", "2025-05-01");
    one.invited(meeting, "housing", "yes", "");
    one.invited(meeting, "prison", "yes", "");
    EXPECT_EQ(told(count("kpi-6", one)), "0/0");
    EXPECT_EQ(told(count("kpi-7", one)), "0/0");
    one.invited(meeting, "housing");
    EXPECT_EQ(told(count("kpi-6", one)), "0/1");
}

TEST(Figures, OnlyWhoIsBoundToCooperateIsCountedAmongThem)
{
    // G-3-2, G-1-11: neither specialist police, nor who comes as an associate or to observe.
    const auto counted = [](const std::string& agency, const std::string& capacity) {
        Case one;
        one.invited(one.meeting("2", "2025-05-01"), agency, "yes", "2025-04-01", capacity);
        return count("kpi-6", one).counted;
    };
    EXPECT_EQ(counted("housing", "duty_to_cooperate"), 1u);
    EXPECT_EQ(counted("health", "standing_member"), 1u);
    EXPECT_EQ(counted("nhs", ""), 1u) << "nobody said in what capacity";
    for (const auto* capacity : {"associate", "prevent", "lay_adviser", "observer"})
        EXPECT_EQ(counted("housing", capacity), 0u) << capacity;
    for (const auto* agency : {"transport_police", "service_police", "military", "mhcs", "victim_service", "strategic_board", "national_team"})
        EXPECT_EQ(counted(agency, ""), 0u) << agency;
}

TEST(Figures, TheGradeIsThatOfTheLevelOrComesWithAuthority)
{
    const auto with = [](const std::string& level, const std::string& grade, const std::string& authority) {
        Case one;
        one.came(one.meeting(level, "2025-05-01"), "police", "attended", grade, authority);
        return told(count("kpi-8", one));
    };
    EXPECT_EQ(with("2", "Inspector", ""), "1/1");
    EXPECT_EQ(with("2", "Sergeant", ""), "0/1");
    EXPECT_EQ(with("3", "Superintendent", ""), "1/1");
    EXPECT_EQ(with("3", "Inspector", ""), "0/1");
    EXPECT_EQ(with("3", "Inspector", "no"), "0/1");
    EXPECT_EQ(with("3", "Inspector", "yes"), "1/1") << "acting for a Superintendent (G-31-18)";
    Case nobody;
    nobody.came(nobody.meeting("3", "2025-05-01"), "probation", "attended", "Assistant Chief Officer");
    EXPECT_EQ(told(count("kpi-8", nobody)), "0/1") << "no invitation is asked for";
    EXPECT_EQ(told(count("kpi-9", nobody)), "1/1");
}

TEST(Figures, MinutesAreInTimeByWorkingDays)
{
    // Level 3, Thursday before Easter 2025: 22, 23, 24, 25 and 28 April.
    const auto approved = [](const std::string& level, const std::string& day) {
        Case one;
        one.minutes(one.meeting(level, "2025-04-17"), "approved", "yes", day);
        return told(count("minutes-in-time", one));
    };
    EXPECT_EQ(approved("3", "2025-04-28"), "1/1");
    EXPECT_EQ(approved("3", "2025-04-29"), "0/1");
    EXPECT_EQ(approved("2", "2025-05-06"), "1/1") << "10 days, with the bank holiday of May";
    EXPECT_EQ(approved("2", "2025-05-07"), "0/1");
    EXPECT_EQ(approved("2", ""), "0/1") << "nobody said when";
}

TEST(Figures, ForTheBoardEachSeatIsCountedAtItsMeetingsAndADeputyIsNotTheMember)
{
    Case board;
    const auto meeting = [&](const std::string& day, const std::string& status) {
        return board.record("board_meeting", {{"board_meets_on", day}, {"board_meeting_status", status}});
    };
    const auto seat = [&](const RecordId& at, const std::string& of, const std::string& who) {
        board.record("board_attendance", {{"at_board_meeting", to_string(at)}, {"seat_of", of}, {"seat_taken", who}});
    };
    const auto first = meeting("2025-04-10", "held"), second = meeting("2025-06-12", "held");
    const auto cancelled = meeting("2025-05-08", "cancelled");
    seat(first, "police", "member");
    seat(second, "police", "member");
    seat(first, "probation", "member");
    seat(second, "probation", "deputy");
    seat(cancelled, "probation", "absent");
    seat(second, "housing", "absent");  // no seat yet in April
    const auto found = count("kpi-5", board);
    EXPECT_EQ(told(found), "3/5");
    EXPECT_EQ(found.cells.at({"police"}).met, 2u);
    EXPECT_EQ(found.cells.at({"probation"}).counted, 2u);
    EXPECT_EQ(found.cells.at({"probation"}).met, 1u);
    EXPECT_EQ(found.cells.at({"housing"}).counted, 1u);
    EXPECT_EQ(found.figure->target, 75);
}

TEST(Figures, TheFileOfTheBoardIsNoCase)
{
    Case board;
    board.decide("board_file", {{"board_file", "yes"}, {"board_file_since", "2025-01-01"}});
    EXPECT_EQ(count("not-screened", {board}, "2025-04-01", "2025-06-30").counted, 0u);
    EXPECT_EQ(count("ar-01", {board}, "2024-04-01", "2025-03-31").counted, 0u);
    board.decide("board_file", {{"board_file", "no"}, {"board_file_since", "2025-05-01"}});
    EXPECT_EQ(count("not-screened", {board}, "2025-04-01", "2025-06-30").counted, 1u);
}

TEST(Figures, AnInvitationThatWasTakenOutAgainIsNone)
{
    Case one;
    const auto meeting = one.meeting("2", "2025-05-01");
    one.invited(meeting, "yot", "taken_out");
    one.invited(meeting, "prison", "taken_out");
    EXPECT_EQ(told(count("kpi-6", one)), "0/0");
    EXPECT_EQ(told(count("kpi-7", one)), "0/0");
    one.invited(meeting, "yot");
    EXPECT_EQ(told(count("kpi-6", one)), "0/1");
}

TEST(Figures, WhatTheUnitFoundOfAGradeStandsBeforeItsWords)
{
    // The board's own agreement decides which grade is enough; the unit holds it against that (G-13a-4, G-31-22).
    const auto with = [](const std::string& figure, const std::string& agency, const std::string& grade,
                         const std::string& finding) {
        Case one;
        const auto meeting = one.meeting("3", "2025-05-01");
        one.invited(meeting, agency);
        one.record("attendance", {{"of_meeting", to_string(meeting)},
                                  {"attendee_agency", agency},
                                  {"attended", "attended"},
                                  {"attendee_grade", grade},
                                  {"grade_finding", finding}});
        return told(count(figure, one));
    };
    EXPECT_EQ(with("kpi-8", "police", "Temporary Superintendent", ""), "0/1") << "words that are in no list";
    EXPECT_EQ(with("kpi-8", "police", "Temporary Superintendent", "as_agreed"), "1/1");
    EXPECT_EQ(with("kpi-8", "police", "Inspector", "below_with_authority"), "1/1");
    EXPECT_EQ(with("kpi-8", "police", "Superintendent", "below"), "0/1");
    EXPECT_EQ(with("kpi-9", "probation", "Assistant Chief Officer", "below"), "0/1");
    EXPECT_EQ(with("kpi-6", "housing", "Clerk", "below"), "0/1") << "invited agencies come at the agreed grade as well";
    EXPECT_EQ(with("kpi-6", "housing", "Clerk", ""), "1/1") << "nobody said that it was too low";
    EXPECT_EQ(with("kpi-7", "prison", "Governor", "below"), "0/1");
}

TEST(Figures, AnInvitationIsSentFourteenDaysBeforeTheDayThatWasPlanned)
{
    const auto sent = [](const std::string& day, const std::string& type = "review") {
        Case one;
        const auto meeting = one.record("meeting", {{"meeting_level", "2"},
                                                    {"meeting_type", type},
                                                    {"planned_for", "2025-05-15"},
                                                    {"meeting_status", "held"},
                                                    {"held_on", "2025-06-20"}});
        one.invited(meeting, "housing", "yes", day);
        return told(count("invitations-in-time", one));
    };
    EXPECT_EQ(sent("2025-05-01"), "1/1");
    EXPECT_EQ(sent("2025-05-02"), "0/1");
    EXPECT_EQ(sent(""), "0/1") << "nobody sent it";
    EXPECT_EQ(sent("2025-05-14", "emergency"), "0/0");
}

TEST(Figures, ThePrisonsReportIsThereTwoWorkingDaysBefore)
{
    const auto returned = [](const std::string& day) {
        Case one;
        const auto meeting = one.record("meeting", {{"meeting_level", "3"}, {"planned_for", "2025-04-22"}});
        one.record("prison_report", {{"report_for", to_string(meeting)}, {"returned_on", day}});
        return told(count("prison-reports-in-time", one));
    };
    EXPECT_EQ(returned("2025-04-16"), "1/1") << "over Easter";
    EXPECT_EQ(returned("2025-04-17"), "0/1");
}

TEST(Figures, AReportInsteadOfComingIsCountedApart)
{
    Case one;
    const auto meeting = one.meeting("2", "2025-05-01");
    one.invited(meeting, "immigration");
    one.came(meeting, "immigration", "report_only");
    EXPECT_EQ(count("kpi-6", one).cells.at({"immigration", "2"}).met, 0u);
    EXPECT_EQ(count("reports-instead", one).cells.at({"immigration", "2"}).counted, 1u);
}

}  // namespace
}  // namespace satchel::test
