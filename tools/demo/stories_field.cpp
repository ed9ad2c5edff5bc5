// Addresses, call-outs and visits: what is found out of the office.
#include "tools/demo/stories.hpp"

namespace satchel::demo::telling {

// --- 1. Address -----------------------------------------------------------------------------------------------------

Story address()
{
    Story s;
    s.number = 1;
    s.title = "Address";
    s.references = "IN-T1, IN-96";
    s.telling = "A police trigger plan names an address. Police edit the plan offline; the practitioner, offline too, learns "
                "of a move.";
    s.crn = "X100001";
    s.import = case_lines("s1", s.crn, "Storyone-Testcase",
                          {record_line("s1", "a", "address", "probation", "probation.practitioner",
                                       R"("lines":"1 Invented Row, Exampleton","kind":"main","from":"2024-02-01")"),
                           record_line("s1", "plan", "trigger_plan", "police", "police.offender_manager",
                                       R"("cites":"@a","response":"Attend 1 Invented Row")")});
    s.team = case_team;
    s.devices = {"police", "practitioner", "prison"};
    s.offline = [](World& w) {
        w.edit("police", w.find_record("police", "X100001", "trigger_plan"),
               {set("response", "Attend 1 Invented Row, two officers")});
        w.record("practitioner", "X100001", "address",
                 {set("lines", "22 Madeup Lane, Sampleford"), set("kind", "main"), set("from", "2026-03-01")});
    };
    s.outcome = [](World& w, Check& c) {
        const auto b = record_with(w, "police", "X100001", "address", "lines", "22 Madeup Lane, Sampleford");
        c.that(!b.is_null(), "police see the new address");
        const auto a = record_with(w, "police", "X100001", "address", "lines", "1 Invented Row, Exampleton");
        c.equal(field(a, "to"), "2026-03-01", "the old address ends when the new one starts");
        const auto plan = w.records("police", "X100001", "trigger_plan");
        c.that(plan.size() == 1 && field(plan.front(), "response") == "Attend 1 Invented Row, two officers",
               "the police edit of the plan stands");
        c.that(plan.size() == 1 && text(plan.front(), "stale") == "true", "the plan says that it is stale");
        c.that(has_task(w, "police", "Check plans that depend on this address"), "a task reached the police role");
    };
    return s;
}

Story address_reported_by_police()
{
    auto s = address();
    s.title = "Address, reported by police";
    s.telling = "Police meet the man at another address. They do not own it: probation leads.";
    s.crn = "X100016";
    s.import = case_lines("s16", s.crn, "Storyone-Sequel",
                          {record_line("s16", "a", "address", "probation", "probation.practitioner",
                                       R"("lines":"1 Invented Row, Exampleton","kind":"main","from":"2024-02-01")")});
    s.offline = [](World& w) {
        w.record("police", "X100016", "address",
                 {set("lines", "5 Nowhere Court, Mockbury"), set("kind", "main"), set("from", "2026-03-02")});
    };
    s.outcome = [](World& w, Check& c) {
        const auto suggestions = w.device("practitioner", {"suggestion", "list"}).data;
        c.that(mentions(suggestions, "5 Nowhere Court, Mockbury"), "the lead agency sees a suggestion");
        c.that(has_task(w, "practitioner", "reported by Police, not yet confirmed"),
               "the task fired at once and says that it is not confirmed");
        c.that(has_task(w, "prison", "reported by Police, not yet confirmed"), "the prison was told as well");
        const auto a = record_with(w, "practitioner", "X100016", "address", "lines", "1 Invented Row, Exampleton");
        c.equal(field(a, "to"), "", "the recorded address still stands");
    };
    return s;
}

// --- 2. Call-out ----------------------------------------------------------------------------------------------------

Story call_out()
{
    Story s;
    s.number = 2;
    s.title = "Call-out";
    s.references = "IN-T2, G-27-27";
    s.telling = "A response officer records a restricted incident and raises the domestic-abuse flag. The practitioner, "
                "offline, clears the flag after a calm visit.";
    s.crn = "X100002";
    s.import = case_lines("s2", s.crn, "Storytwo-Testcase",
                          {record_line("s2", "flag", "risk_flag", "probation", "probation.practitioner",
                                       R"("kind":"domestic_abuse")",
                                       R"("raises":[{"what":"Reported by a former partner in 2024"}])")});
    s.team = {"police", "response", "practitioner", "coordinator"};
    s.outsiders = {"liaison"};
    s.devices = {"practitioner", "response", "police"};
    s.offline = [](World& w) {
        w.record("response", "X100002", "police_incident",
                 {set("incident_kind", "call_out"), set("incident_text", "Neighbour heard threats at the flat"),
                  set("sharing", "pointer")});
        w.edit("response", w.find_record("response", "X100002", "risk_flag"), {add("what", "Call-out on 7 March")});
        w.edit("practitioner", w.find_record("practitioner", "X100002", "risk_flag"),
               {"--remove=raises", "--reason=Calm visit, no sign of concern"});
    };
    s.outcome = [](World& w, Check& c) {
        for (const std::string& who : {std::string("practitioner"), std::string("police")}) {
            const auto flags = w.records(who, "X100002", "risk_flag");
            c.that(flags.size() == 1 && mentions(flags.front(), "Call-out on 7 March"), "the flag stands for " + who);
            c.that(flags.size() == 1 && !mentions(at(flags.front(), "fields"), "Reported by a former partner"),
                   "the raise that the practitioner saw is cleared for " + who);
            c.equal(text(show(w, who, "X100002"), "facts/domestic_abuse"), "yes", "the case says so to " + who);
        }
        c.that(mentions(show(w, "police", "X100002"), "Neighbour heard threats"), "the police offender manager sees the incident");
        const auto practitioner = show(w, "practitioner", "X100002");
        c.that(mentions(practitioner, "Speak to the police offender manager"), "the practitioner is told whom to speak to");
        c.that(!mentions(practitioner, "Neighbour heard threats"), "the practitioner does not see the incident");
        const auto outside = w.device("liaison", {"case", "show", "X100002"});
        const auto unknown = w.device("liaison", {"case", "show", "X999999"});
        c.that(outside.exit_code == 1 && json::serialize(outside.data) == json::serialize(unknown.data),
               "for somebody outside, the case and one that does not exist are the same");
    };
    return s;
}

// --- 3. Joint visit ---------------------------------------------------------------------------------------------------

Story planned_visit()
{
    Story s;
    s.number = 3;
    s.title = "Joint visit, planned";
    s.references = "L1-264";
    s.telling = "Police and probation planned a visit together. Offline, each records its own observations on the one record.";
    s.crn = "X100003";
    s.import = case_lines("s3", s.crn, "Storythree-Testcase",
                          {record_line("s3", "a", "address", "probation", "probation.practitioner",
                                       R"("lines":"3 Invented Row, Exampleton","kind":"main","from":"2024-02-01")")});
    s.team = case_team;
    s.devices = {"police", "practitioner"};
    s.before = [](World& w) {
        w.record("practitioner", "X100003", "home_visit",
                 {set("address", w.find_record("practitioner", "X100003", "address")), set("visited_on", "2026-03-10"),
                  set("planned", "yes")});
        w.sync("practitioner");
    };
    s.offline = [](World& w) {
        w.edit("practitioner", w.find_record("practitioner", "X100003", "home_visit"),
               {add("observation", "Calm, kitchen tidy"), add("member_name", "Ms Fictional-Partner")});
        w.edit("police", w.find_record("police", "X100003", "home_visit"),
               {add("observation", "A second phone on the table")});
    };
    s.outcome = [](World& w, Check& c) {
        for (const std::string& who : {std::string("practitioner"), std::string("police")}) {
            const auto visits = w.records(who, "X100003", "home_visit");
            c.that(visits.size() == 1, "there is one visit for " + who);
            c.that(visits.size() == 1 && mentions(visits.front(), "kitchen tidy") &&
                       mentions(visits.front(), "A second phone"),
                   who + " sees both agencies' observations");
        }
    };
    return s;
}

Story unplanned_visit()
{
    auto s = planned_visit();
    s.title = "Joint visit, unplanned";
    s.telling = "Police and probation turn up on the same day, unplanned, and name different people in the household.";
    s.crn = "X100017";
    s.import = case_lines("s17", s.crn, "Storythree-Sequel",
                          {record_line("s17", "a", "address", "probation", "probation.practitioner",
                                       R"("lines":"17 Invented Row, Exampleton","kind":"main","from":"2024-02-01")")});
    s.before = nullptr;
    s.offline = [](World& w) {
        for (const std::string& who : {std::string("practitioner"), std::string("police")})
            w.record(who, "X100017", "home_visit",
                     {set("address", w.find_record(who, "X100017", "address")), set("visited_on", "2026-03-11"),
                      add("member_name", who == "police" ? "Child of about six" : "Ms Fictional-Partner"),
                      add("observation", "Seen by " + who)});
    };
    s.outcome = [](World& w, Check& c) {
        for (const std::string& who : {std::string("practitioner"), std::string("police")}) {
            const auto visits = w.records(who, "X100017", "home_visit");
            c.that(visits.size() == 2, "there are two visits for " + who);
            for (const auto& visit : visits)
                c.that(mentions(at(visit, "links"), "\"discrepancy\":true"), "the visits are linked and differ, for " + who);
        }
        c.that(has_task(w, "practitioner", "different household members"), "the lead agency has a task");
    };
    return s;
}

}  // namespace satchel::demo::telling
