// Who leads, when somebody is released, and when the next review is due.
#include "tools/demo/stories.hpp"

namespace satchel::demo::telling {

// --- 6. Handover ------------------------------------------------------------------------------------------------------

Story handover(bool wrong_clock)
{
    Story s;
    s.number = 6;
    s.title = wrong_clock ? "Handover, the clock says 2015" : "Handover, with a right clock";
    s.references = "G-2-16, L1-252";
    s.telling = "Supervision ends while the practitioner is offline with contacts and a text for the plan.";
    s.crn = wrong_clock ? "X100006" : "X100019";
    const auto key = wrong_clock ? std::string("s6") : std::string("s19");
    const auto crn = s.crn;
    s.import = case_lines(key, s.crn, wrong_clock ? "Storysix-Testcase" : "Storysix-Sequel",
                          {record_line(key, "plan", "rmp", "probation", "probation.practitioner",
                                       R"("supervision_text":"Weekly reporting")")});
    s.team = {"police", "practitioner", "manager", "prison"};
    s.devices = {"practitioner", "police"};
    s.offline = [crn, wrong_clock](World& w) {
        w.edit("manager", w.find_record("manager", crn, "supervision"), {set("to", "2025-12-31")});
        w.serve();
        w.sync("manager");
        w.stop();
        if (wrong_clock)
            w.set_clock("practitioner", "-11y");
        w.record("practitioner", crn, "contact", {set("contact_kind", "office"), set("summary", "Attended, talked about work")});
        w.record("practitioner", crn, "contact", {set("contact_kind", "phone"), set("summary", "Rang to say he is settled")});
        w.edit("practitioner", w.find_record("practitioner", crn, "rmp"), {set("supervision_text", "Fortnightly reporting")});
    };
    s.outcome = [crn](World& w, Check& c) {
        c.equal(text(show(w, "police", crn), "facts/lead_agency"), "police", "police lead now");
        const auto contacts = w.records("police", crn, "contact");
        c.that(contacts.size() == 2, "both contacts are in the record");
        const auto plan = w.find_record("police", crn, "rmp");
        c.equal(field(w.records("police", crn, "rmp").front(), "supervision_text"), "Weekly reporting", "the plan stands");
        c.equal(ruling_of(w, "police", plan, "supervision_text", "Fortnightly reporting"), "suggested",
                "the plan text is a suggestion to police");
        const auto list = w.device("police", {"suggestion", "list"}).data;
        c.that(mentions(list, "written around handover"), "it says that it was written around the handover");
        for (const auto& task : w.tasks("police"))
            c.that(!mentions(task, "\"due\":\"2015") && !mentions(task, "\"due\":\"2016"), "no deadline runs from 2015");
    };
    return s;
}

// --- 7. Release date --------------------------------------------------------------------------------------------------

Story release_date()
{
    Story s;
    s.number = 7;
    s.title = "Release date";
    s.references = "G-15-50, G-2-19";
    s.telling = "The prison recalculates the release date while probation types another from a stale copy.";
    s.crn = "X100007";
    s.import = case_lines("s7", s.crn, "Storyseven-Testcase",
                          {record_line("s7", "dates", "release_dates", "prison", "prison.omu",
                                       R"("release_date":"2027-09-01","release_type":"conditional")")});
    s.team = case_team;
    s.devices = {"practitioner", "prison", "police"};
    s.before = [](World& w) {
        w.edit("prison", w.find_record("prison", "X100007", "release_dates"),
               {set("release_date", "2027-08-01"), set("change_reason", "Remand time")});
        w.sync("prison");
    };
    s.offline = [](World& w) {
        w.edit("prison", w.find_record("prison", "X100007", "release_dates"),
               {set("release_date", "2027-05-14"), set("change_reason", "Recalculated")});
        w.edit("practitioner", w.find_record("practitioner", "X100007", "release_dates"), {set("release_date", "2027-10-01")});
    };
    s.outcome = [](World& w, Check& c) {
        for (const std::string& who : {std::string("practitioner"), std::string("police"), std::string("prison")})
            c.equal(field(w.records(who, "X100007", "release_dates").front(), "release_date"), "2027-05-14",
                    "the prison's date stands for " + who);
        const auto record = w.find_record("prison", "X100007", "release_dates");
        c.equal(ruling_of(w, "prison", record, "release_date", "2027-10-01"), "suggested", "probation's date is a query to the prison");
        c.that(count_tasks(w, "practitioner", "\"due\":\"2026-11-14\"") == 1, "the deadline moved to six months before the new date");
        c.that(count_tasks(w, "practitioner", "\"due\":\"2027-02-01\"") == 0, "the task of the old date is superseded");
    };
    return s;
}

// --- 14. Reviews and defaults -----------------------------------------------------------------------------------------

Story reviews()
{
    Story s;
    s.number = 14;
    s.title = "Reviews and defaults";
    s.references = "L1-255, L1-271, L1-272";
    s.telling = "Two Level 1 reviews are recorded offline by two people; an imported level has no rationale.";
    s.crn = "X100014";
    s.import = case_lines("s14", s.crn, "Storyfourteen-Testcase",
                          {record_line("s14", "level", "level_decision", "probation", "probation.practitioner", R"("level":"1")")});
    s.team = {"practitioner", "colleague", "police", "prison"};
    s.devices = {"practitioner", "colleague", "police"};
    s.offline = [](World& w) {
        w.record("practitioner", "X100014", "level1_review", {set("held_on", "2026-01-15"), set("outcome", "retain_level_1")});
        w.record("colleague", "X100014", "level1_review", {set("held_on", "2026-02-20"), set("outcome", "retain_level_1")});
        w.record("practitioner", "X100014", "level1_review",
                 {set("held_on", "2026-01-16"), set("outcome", "retain_level_1"), set("next_review", "2026-12-01")});
    };
    s.between = [](World& w) {
        w.edit("colleague", w.find_record("colleague", "X100014", "level_decision"),
               {set("level", "1"), set("rationale", "Considered with the prison"), set("decided_on", "2026-03-08")});
        w.sync("colleague");
    };
    s.before = [](World& w) {
        const auto shown = show(w, "police", "X100014");
        if (text(shown, "facts/mappa_level") != "not_yet_set")
            throw std::runtime_error("an imported level without rationale reads as set: " + text(shown, "facts/mappa_level"));
    };
    s.outcome = [](World& w, Check& c) {
        c.that(w.records("police", "X100014", "level1_review").size() == 2, "two reviews are two records; the one beyond six months is not in the record");
        c.that(mentions(attention(w, "practitioner"), "six months"), "its author is told why");
        c.that(count_tasks(w, "practitioner", "\"due\":\"2026-08-20\"") == 1, "the later review set the clock");
        c.that(count_tasks(w, "practitioner", "\"due\":\"2026-07-15\"") == 0, "the earlier one no longer runs");
        c.equal(text(show(w, "police", "X100014"), "facts/mappa_level"), "1", "a reasoned decision sets the level");
    };
    return s;
}

}  // namespace satchel::demo::telling
