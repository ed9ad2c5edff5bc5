// The fifteen stories, in the numbering of docs/TESTING.md. What each must come to is written from the requirement ids it
// names, not from what the programs happen to answer.
#include <algorithm>

#include "tools/demo/relay.hpp"
#include "tools/demo/story.hpp"

namespace satchel::demo {
namespace {

std::string set(const std::string& field, const std::string& value) { return "--set=" + field + "=" + value; }
std::string add(const std::string& field, const std::string& value) { return "--add=" + field + "=" + value; }

// A field of a record as `case show` prints it.
std::string field(const json::value& record, const std::string& name) { return text(record, "fields/" + name); }

bool mentions(const json::value& value, const std::string& words)
{
    return json::serialize(value).find(words) != std::string::npos;
}

json::value show(World& w, const std::string& who, const std::string& ref)
{
    return w.device(who, {"case", "show", ref}).data;
}

json::value attention(World& w, const std::string& who) { return w.device(who, {"attention", "list"}).data; }

json::value why(World& w, const std::string& who, const std::string& record, const std::string& name)
{
    return w.device(who, {"why", record, name}).data;
}

// The ruling of the version of a field that holds this value; "" when there is none.
std::string ruling_of(World& w, const std::string& who, const std::string& record, const std::string& name,
                      const std::string& value)
{
    const auto versions = at(why(w, who, record, name), "versions");
    if (versions.is_array())
        for (const auto& version : versions.as_array())
            if (text(version, "value") == value)
                return text(version, "ruling");
    return {};
}

bool has_task(World& w, const std::string& who, const std::string& words)
{
    const auto tasks = w.tasks(who);
    return std::any_of(tasks.begin(), tasks.end(), [&](const json::value& t) { return mentions(t, words); });
}

std::size_t count_tasks(World& w, const std::string& who, const std::string& words)
{
    const auto tasks = w.tasks(who);
    return static_cast<std::size_t>(
        std::count_if(tasks.begin(), tasks.end(), [&](const json::value& t) { return mentions(t, words); }));
}

json::value record_with(World& w, const std::string& who, const std::string& ref, const std::string& type,
                        const std::string& name, const std::string& value)
{
    for (const auto& record : w.records(who, ref, type))
        if (field(record, name) == value)
            return record;
    return nullptr;
}

const std::vector<std::string> case_team{"police", "practitioner", "prison", "coordinator", "chair"};

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

// --- 4. Level ---------------------------------------------------------------------------------------------------------

Story level()
{
    Story s;
    s.number = 4;
    s.title = "Level";
    s.references = "G-15-49, L1-250";
    s.telling = "A prison user edits the MAPPA level. The prison acknowledges version 1 while the practitioner, offline, asks for "
                "Level 2.";
    s.crn = "X100004";
    s.import = case_lines("s4", s.crn, "Storyfour-Testcase",
                          {record_line("s4", "level", "level_decision", "probation", "probation.practitioner",
                                       R"("level":"1","rationale":"Managed by the lead agency","decided_on":"2025-11-01")")});
    s.team = case_team;
    s.devices = {"practitioner", "prison", "coordinator"};
    s.offline = [](World& w) {
        const auto prison_level = w.find_record("prison", "X100004", "level_decision");
        const auto version = text(why(w, "prison", prison_level, "level"), "versions/0/version");
        w.edit("prison", prison_level, {set("acknowledged_version", version), set("agrees", "yes")});
        w.edit("prison", prison_level, {set("level", "3"), set("rationale", "Threats heard on the wing")});
        w.edit("practitioner", w.find_record("practitioner", "X100004", "level_decision"),
               {set("level", "2"), set("rationale", "Pattern of threats"), set("decided_on", "2026-03-01")});
    };
    s.between = [](World& w) {
        w.sync("coordinator");
        const auto list = w.device("coordinator", {"suggestion", "list"}).at("items");
        for (const auto& item : list.is_array() ? list.as_array() : json::array{})
            if (mentions(item, "\"2\"") || mentions(item, "level_decision"))
                w.device("coordinator", {"suggestion", "accept", text(item, "id"), "--reason", "Criteria are met"});
        w.sync("coordinator");
    };
    s.outcome = [](World& w, Check& c) {
        const auto prison_attention = attention(w, "prison");
        c.that(mentions(prison_attention, "G-15-19") || mentions(prison_attention, "does not set the MAPPA level"),
               "the prison user is told why, with the paragraph");
        c.that(!record_with(w, "practitioner", "X100004", "agency_concern", "concern_text", "Threats heard on the wing").is_null(),
               "what the prison wrote is kept as a concern that the lead sees");
        c.that(!record_with(w, "coordinator", "X100004", "referral", "level_sought", "2").is_null(), "the referral is in the record");
        for (const std::string& who : {std::string("practitioner"), std::string("prison"), std::string("coordinator")}) {
            c.equal(text(show(w, who, "X100004"), "facts/mappa_level"), "2", "the level after acceptance, for " + who);
            const auto levels = w.records(who, "X100004", "level_decision");
            c.that(levels.size() == 1 && mentions(levels.front(), "\"voided\":true"),
                   "the acknowledgement of version 1 does not cover version 2, for " + who);
        }
        c.that(has_task(w, "prison", "acknowledge it"), "the prison is asked to acknowledge the new version");
    };
    return s;
}

Story lowering()
{
    Story s;
    s.number = 4;
    s.title = "Level, lowered";
    s.references = "IN-102";
    s.telling = "The practitioner lowers a Level 2 case offline while police complete their own action offline.";
    s.crn = "X100018";
    s.import = case_lines(
        "s18", s.crn, "Storyfour-Sequel",
        {record_line("s18", "level", "level_decision", "coordination", "coordination.coordinator",
                     R"("level":"2","rationale":"Meeting of May","decided_on":"2025-05-01")"),
         record_line("s18", "action", "action", "coordination", "coordination.chair",
                     R"("action_text":"Check the second phone","accepting_agency":"police","due":"2026-04-01")"),
         record_line("s18", "open", "action", "coordination", "coordination.chair",
                     R"("action_text":"Find move-on accommodation","accepting_agency":"probation","due":"2026-05-01")")});
    s.team = case_team;
    s.devices = {"practitioner", "police", "chair"};
    s.offline = [](World& w) {
        w.edit("practitioner", w.find_record("practitioner", "X100018", "level_decision"),
               {set("level", "1"), set("rationale", "Settled"), set("decided_on", "2026-03-03")});
        const auto action = record_with(w, "police", "X100018", "action", "action_text", "Check the second phone");
        w.edit("police", text(action, "id"), {set("action_status", "done"), set("done_on", "2026-03-02")});
    };
    s.outcome = [](World& w, Check& c) {
        c.equal(text(show(w, "practitioner", "X100018"), "facts/mappa_level"), "2", "the level stands");
        const auto items = w.device("chair", {"suggestion", "list"}).at("items");
        json::value lowering;
        const auto level = w.find_record("chair", "X100018", "level_decision");  // others wait in other stories' cases
        for (const auto& item : items.is_array() ? items.as_array() : json::array{})
            if (text(item, "record") == level)
                lowering = w.device("chair", {"suggestion", "show", text(item, "id")}).data;
        c.that(!lowering.is_null(), "the lowering waits for the meeting");
        c.that(mentions(lowering, "Find move-on accommodation"), "it lists the action that is still open");
        c.that(!mentions(lowering, "Check the second phone"), "and not the one that is done");
        const auto action = record_with(w, "practitioner", "X100018", "action", "action_text", "Check the second phone");
        c.equal(field(action, "action_status"), "done", "the police completed their own action");
    };
    return s;
}

// --- 5. RoSH ----------------------------------------------------------------------------------------------------------

Story rosh()
{
    Story s;
    s.number = 5;
    s.title = "Risk of serious harm";
    s.references = "G-11-12, L1-254";
    s.telling = "Police hold a higher view of the risk than the lead agency recorded; and two practitioners change it at the "
                "same time. Less protection takes two of them.";
    s.crn = "X100005";
    s.import = case_lines("s5", s.crn, "Storyfive-Testcase",
                          {record_line("s5", "rosh", "rosh", "probation", "probation.practitioner",
                                       R"("public_level":"medium","public_evidence":"As assessed in 2025","known_adult_level":"high","known_adult_evidence":"x")")});
    s.team = {"police", "practitioner", "colleague", "prison"};
    s.devices = {"police", "practitioner", "colleague"};
    s.offline = [](World& w) {
        w.edit("police", w.find_record("police", "X100005", "rosh"),
               {set("known_adult_level", "very_high"), set("known_adult_evidence", "Threat to a named person")});
        w.edit("practitioner", w.find_record("practitioner", "X100005", "rosh"),
               {set("public_level", "low"), set("public_evidence", "Steady for a year")});
        w.edit("colleague", w.find_record("colleague", "X100005", "rosh"),
               {set("public_level", "high"), set("public_evidence", "Seen near the school")});
    };
    s.outcome = [](World& w, Check& c) {
        for (const std::string& who : {std::string("police"), std::string("practitioner")}) {
            const auto found = w.records(who, "X100005", "rosh");
            c.that(found.size() == 1, "there is one assessment");
            if (found.size() != 1)
                return;
            const auto& record = found.front();
            c.equal(field(record, "known_adult_level"), "high", "the recorded value stays the lead's, for " + who);
            c.that(mentions(record, "very_high") && mentions(record, "Police"), "the police view stands beside it with its name, for " + who);
            const auto conflicts = w.device(who, {"conflict", "list"}).data;
            c.that(mentions(conflicts, "\"low\"") && mentions(conflicts, "\"high\""), "both versions wait for a decision, for " + who);
            c.that(mentions(record, "\"stands\":\"high\"") || field(record, "public_level") == "high",
                   "the more protective one is shown until then, for " + who);
        }
        const auto shown = show(w, "practitioner", "X100005");
        c.equal(text(shown, "prompts/known_adult_level"), "very_high", "safety prompts follow the higher view");
        const auto record = w.find_record("practitioner", "X100005", "rosh");
        const auto versions = why(w, "practitioner", record, "public_level");
        c.that(mentions(versions, "\"low\"") && mentions(versions, "\"high\""), "the loser stays in why");

        // For the lower level it takes two of the lead agency, each of whom decides the same.
        const auto decide_low = [&](const std::string& who) {
            const auto conflicts = at(w.device(who, {"conflict", "list"}).data, "items");
            for (const auto& item : conflicts.is_array() ? conflicts.as_array() : json::array{}) {
                const std::string side = mentions(at(item, "sides/0"), "\"low\"") ? "A" : "B";
                w.device(who, {"conflict", "resolve", text(item, "id"), "--choose", side, "--reason", "Steady for a year"});
            }
            w.sync(who);
        };
        decide_low("practitioner");
        c.that(mentions(w.device("practitioner", {"conflict", "list"}).data, "\"low\""), "one alone does not decide for less protection");
        c.that(mentions(attention(w, "practitioner"), "waits for a second person"), "the first of two is told so");
        w.sync("colleague");
        c.that(mentions(attention(w, "colleague"), "when a second person decides the same"), "the colleague is asked");
        c.that(mentions(w.device("colleague", {"conflict", "list"}).data, "\"first_decision\":{"), "and sees what the first decided");
        decide_low("colleague");
        const auto settled = w.records("colleague", "X100005", "rosh");
        c.that(settled.size() == 1 && field(settled.front(), "public_level") == "low", "two decide for less protection");
        c.that(!mentions(w.device("colleague", {"conflict", "list"}).data, "\"low\""), "and nothing waits any longer");
    };
    return s;
}

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

// --- 8. Exactly once --------------------------------------------------------------------------------------------------

Story exactly_once()
{
    Story s;
    s.number = 8;
    s.title = "Exactly once";
    s.references = "SYN-4, IN-64";
    s.telling = "Two devices tick conditions and record contacts while the hub is killed under them, again and again.";
    s.crn = "X100008";
    s.import = case_lines("s8", s.crn, "Storyeight-Testcase",
                          {record_line("s8", "condition", "licence_condition", "prison", "prison.omu",
                                       R"("condition_text":"Reside as approved","condition_number":"4")")});
    s.team = {"practitioner", "police", "prison"};
    s.devices = {"practitioner", "police"};
    s.offline = [](World& w) {
        for (const std::string& who : {std::string("practitioner"), std::string("police")}) {
            const auto condition = w.find_record(who, "X100008", "licence_condition");
            for (int i = 0; i < 3; ++i) {
                w.edit(who, condition, {add("compliance", "complied"), add("checked_on", "2026-03-0" + std::to_string(i + 1))});
                w.record(who, "X100008", "contact", {set("contact_kind", "phone"), set("summary", who + " " + std::to_string(i))});
            }
        }
    };
    s.connect = [](World& w, const std::vector<std::string>& order) {
        // The line dies after so many bytes towards the hub or back: in the handshake, the greeting, a push, before the
        // receipt, within a page. Whatever was sent is sent again next time.
        for (const std::uint64_t bytes : {1'500ULL, 2'600ULL, 3'200ULL, 4'000ULL, 5'200ULL})
            for (const auto& name : order) {
                {
                    Relay to_device(w.address(), bytes, UINT64_MAX);
                    w.sync_through(name, to_device.address());
                }
                Relay to_hub(w.address(), UINT64_MAX, bytes);
                w.sync_through(name, to_hub.address());
            }
        w.kill_hub();
        for (const auto& name : order)
            w.sync(name);  // not reached: the work is saved
        w.serve();
    };
    s.outcome = [](World& w, Check& c) {
        for (const std::string& who : {std::string("practitioner"), std::string("police")}) {
            c.that(w.records(who, "X100008", "contact").size() == 6, "six contacts, each once, for " + who);
            const auto condition = w.records(who, "X100008", "licence_condition");
            const auto ticks = condition.size() == 1 ? at(condition.front(), "fields/compliance") : json::value();
            c.that(ticks.is_array() && ticks.as_array().size() == 6, "six ticks, each once, for " + who);
            c.equal(w.device(who, {"sync", "status"}).text("outbox"), "0", "nothing waits on the device of " + who);
        }
    };
    return s;
}

// --- 9. Access ends ---------------------------------------------------------------------------------------------------

Story moved()
{
    Story s;
    s.number = 9;
    s.title = "Access ends: moved";
    s.references = "IN-25, G-13a-24";
    s.telling = "The case is reallocated while the practitioner holds unsent work on it.";
    s.crn = "X100009";
    s.import = case_lines("s9", s.crn, "Storynine-Testcase");
    s.team = {"practitioner", "colleague", "police"};
    s.devices = {"practitioner", "police"};
    s.offline = [](World& w) {
        w.record("practitioner", "X100009", "contact", {set("contact_kind", "office"), set("summary", "Last contact before the move")});
        w.hub({"unassign", "--case", "X100009", "--user", w.user_of("practitioner"), "--because", "moved"});
    };
    s.outcome = [](World& w, Check& c) {
        c.that(mentions(show(w, "police", "X100009"), "Last contact before the move"), "the unsent work was delivered and judged");
        c.that(w.device("practitioner", {"case", "show", "X100009"}).exit_code == 1, "the case is gone from the device");
        c.that(!mentions(w.device("practitioner", {"search", "-"}, "Storynine").data, "X100009"), "and from its search");
        c.that(mentions(w.hub({"device", "list"}).data, "device") &&
                   mentions(w.hub({"device", "show", text(w.device("practitioner", {"device", "doctor"}).data, "device")}).data, "purge"),
               "the hub holds the purge receipt");
    };
    return s;
}

Story barred()
{
    Story s;
    s.number = 9;
    s.title = "Access ends: barred";
    s.references = "G-13a-24";
    s.telling = "The Chair restricts the case while the practitioner, not vetted for it, holds unsent work.";
    s.crn = "X100020";
    s.import = case_lines("s20", s.crn, "Storynine-Sequel");
    s.team = {"practitioner", "chair", "coordinator"};
    s.devices = {"practitioner", "chair"};
    s.offline = [](World& w) {
        w.record("chair", "X100020", "restriction", {set("restricted", "yes"), set("vetting_needed", "enhanced")});
        w.serve();
        w.sync("chair");
        w.stop();
        w.record("practitioner", "X100020", "contact", {set("contact_kind", "office"), set("summary", "Barred canary Xylograph")});
    };
    s.outcome = [](World& w, Check& c) {
        c.that(w.device("practitioner", {"case", "show", "X100020"}).exit_code == 1, "the case is locked away from the author");
        c.that(!mentions(w.device("practitioner", {"attention", "list"}).data, "Xylograph"), "nothing of it returns to the author");
        c.equal(w.device("practitioner", {"sync", "status"}).text("outbox"), "0", "the author has a receipt");
        c.that(!mentions(show(w, "chair", "X100020"), "Xylograph"), "sealed work is never applied by itself");

        const auto list = w.hub({"held", "list"});
        const auto held = list.at("held");
        c.that(held.is_array() && held.as_array().size() == 1 && !mentions(list.data, "Xylograph"),
               "the hub holds it, and its list does not say what it says");
        const auto open_as = [&](const std::string& who) {
            return w.hub({"held", "open", list.text("held/0/id"), "--as", w.user_of(who), "--reason", "Nobody else saw him that day"});
        };
        for (const std::string& who : {std::string("practitioner"), std::string("coordinator")})
            c.that(open_as(who).exit_code == 7, who + " may not open it");
        const auto opened = open_as("chair");
        c.that(opened.exit_code == 0 && mentions(opened.data, "Barred canary Xylograph"), "the Chair, its handler, reads the words");
        c.equal(opened.text("held/signature"), "valid", "and knows that the author wrote them");
        c.that(mentions(w.hub({"held", "list"}).data, "Nobody else saw him"), "the history says who opened it and why");
        w.sync("practitioner");
        c.that(!mentions(w.device("practitioner", {"attention", "list"}).data, "Xylograph") &&
                   w.device("practitioner", {"case", "show", "X100020"}).exit_code == 1,
               "after that, too, nothing returns to the author");
    };
    return s;
}

// --- 10. Safety first -------------------------------------------------------------------------------------------------

Story safety_first()
{
    Story s;
    s.number = 10;
    s.title = "Safety first";
    s.references = "G-12-21";
    s.telling = "A meeting withholds Level 2 from the person. The practitioner, offline, has told him.";
    s.crn = "X100010";
    s.import = case_lines("s10", s.crn, "Storyten-Testcase");
    s.team = case_team;
    s.devices = {"practitioner", "chair"};
    s.offline = [](World& w) {
        w.record("chair", "X100010", "withholding",
                 {set("withheld", "yes"), set("withheld_level", "2"), set("withheld_reason", "Knowing would raise the risk to a witness")});
        w.serve();
        w.sync("chair");
        w.stop();
        w.record("practitioner", "X100010", "told_of_mappa",
                 {set("told_on", "2026-03-05"), set("told_what", "level"), set("told_note", "Told him of Level 2 in the office")});
    };
    s.connect = [](World& w, const std::vector<std::string>& order) {
        // The line carries a little more each time it is tried, by less than the receipt for the telling is long. As soon as
        // anything of the case came through, the withhold flag did; the telling may still be on the device.
        bool flag_came_first = false;
        for (std::uint64_t bytes = 2'000; bytes < 12'000 && !flag_came_first; bytes += 60) {
            Relay relay(w.address(), bytes, UINT64_MAX);
            w.sync_through("practitioner", relay.address());
            const bool flag = text(show(w, "practitioner", "X100010"), "facts/withheld") == "yes";
            const bool unsent = w.device("practitioner", {"sync", "status"}).text("outbox") != "0";
            if (!flag && !unsent)
                throw std::runtime_error("the telling was received before the withhold flag was on the device");
            flag_came_first = flag && unsent;
            if (flag)
                break;
        }
        if (!flag_came_first)
            throw std::runtime_error("the withhold flag did not come before the rest");
        for (const auto& name : order)
            w.sync(name);
    };
    s.outcome = [](World& w, Check& c) {
        c.equal(text(show(w, "practitioner", "X100010"), "facts/withheld"), "yes", "the practitioner's device says that it is withheld");
        const auto told = w.records("chair", "X100010", "told_of_mappa");
        c.that(told.size() == 1 && mentions(told.front(), "Told him of Level 2"), "the telling is kept");
        c.that(told.size() == 1 && mentions(told.front(), "outside"), "it is marked as outside policy");
        c.that(has_task(w, "chair", "told although it was withheld"), "it is raised to the Chair");
    };
    return s;
}

// --- 11. Zone ---------------------------------------------------------------------------------------------------------

Story zone()
{
    Story s;
    s.number = 11;
    s.title = "Zone";
    s.references = "G-22-29";
    s.telling = "A victim liaison officer requested a zone of 5 km. The practitioner, offline, writes 1 km over it.";
    s.crn = "X100011";
    s.import = case_lines("s11", s.crn, "Storyeleven-Testcase");
    s.team = {"practitioner", "liaison", "governor", "police"};
    s.devices = {"practitioner", "liaison", "governor"};
    s.before = [](World& w) {
        w.record("liaison", "X100011", "requested_condition",
                 {set("request_kind", "exclusion_zone"), set("request_text", "Not within 5 km of the town"), set("radius_km", "5")});
        w.sync("liaison");
    };
    s.offline = [](World& w) {
        w.edit("practitioner", w.find_record("practitioner", "X100011", "requested_condition"),
               {set("request_text", "Not within 1 km of the town"), set("radius_km", "1")});
    };
    s.outcome = [](World& w, Check& c) {
        for (const std::string& who : {std::string("liaison"), std::string("governor"), std::string("practitioner")}) {
            const auto shown = show(w, who, "X100011");
            c.that(mentions(shown, "Not within 5 km") && mentions(shown, "Not within 1 km"), "both requests stand, unaltered, for " + who);
            for (const auto& request : w.records(who, "X100011", "requested_condition"))
                c.that(field(request, "in_force") != "yes", "neither is in force, for " + who);
        }
        c.that(mentions(w.device("governor", {"suggestion", "list"}).data, "1 km") &&
                   has_task(w, "governor", "Decide on a requested condition"),
               "the decision maker has both");
    };
    return s;
}

// --- 12. Disclosure ---------------------------------------------------------------------------------------------------

Story disclosure()
{
    Story s;
    s.number = 12;
    s.title = "Disclosure";
    s.references = "L1-258, G-10-22";
    s.telling = "A disclosure is rejected online while the practitioner's device records it as made. Police, too, tell the same "
                "partner.";
    s.crn = "X100012";
    s.import = case_lines("s12", s.crn, "Storytwelve-Testcase",
                          {record_line("s12", "decision", "disclosure", "probation", "probation.practitioner",
                                       R"("disclosure_outcome":"proposed","recipient":"New partner","purpose":"Safety")")});
    s.team = {"practitioner", "manager", "police", "coordinator"};
    s.devices = {"practitioner", "police", "manager"};
    s.offline = [](World& w) {
        w.edit("manager", w.find_record("manager", "X100012", "disclosure"), {set("disclosure_outcome", "rejected")});
        w.serve();
        w.sync("manager");
        w.stop();
        const auto decision = w.find_record("practitioner", "X100012", "disclosure");
        w.edit("practitioner", decision, {set("disclosure_outcome", "made")});
        w.record("practitioner", "X100012", "disclosure_event",
                 {set("decision", decision), set("told_whom", "New partner"), set("disclosed_on", "2026-03-06"),
                  set("disclosed_what", "The conviction")});
        w.record("police", "X100012", "disclosure_event",
                 {set("told_whom", "New partner"), set("disclosed_on", "2026-03-07"), set("disclosed_what", "The conviction, by police")});
    };
    s.outcome = [](World& w, Check& c) {
        for (const std::string& who : {std::string("practitioner"), std::string("manager")}) {
            c.equal(field(w.records(who, "X100012", "disclosure").front(), "disclosure_outcome"), "rejected", "the decision stays rejected for " + who);
            const auto events = w.records(who, "X100012", "disclosure_event");
            c.that(events.size() == 2, "both events are kept for " + who);
            for (const auto& event : events)
                c.that(mentions(at(event, "links"), "same-recipient"), "the two events are linked for " + who);
            c.that(std::any_of(events.begin(), events.end(), [](const json::value& e) { return mentions(e, "disclosed-against-the-decision"); }),
                   "the breach is marked for " + who);
        }
        c.that(has_task(w, "manager", "made against the decision"), "the breach is raised with the line manager");
    };
    return s;
}

// --- 13. Late intelligence --------------------------------------------------------------------------------------------

Story late_intelligence()
{
    Story s;
    s.number = 13;
    s.title = "Late intelligence";
    s.references = "IN-T12";
    s.telling = "475 call notes arrive a month late from a prison's device.";
    s.crn = "X100013";
    s.import = case_lines("s13", s.crn, "Storythirteen-Testcase");
    s.team = {"practitioner", "prison", "police"};
    s.devices = {"prison", "practitioner"};
    s.offline = [](World& w) {
        w.record("practitioner", "X100013", "contact", {set("contact_kind", "office"), set("summary", "A later entry")});
        std::string lines;
        for (int i = 0; i < 475; ++i) {
            char when[32];
            std::snprintf(when, sizeof when, "2026-01-%02dT%02d:%02d:00Z", 1 + i / 17, 8 + i % 12, (i * 7) % 60);
            lines += R"({"type":"call_note","event_at":")" + std::string(when) + R"(","set":{"called_on":")" +
                     std::string(when).substr(0, 10) + R"(","number_called":"01632 96)" + std::to_string(1000 + i) +
                     R"(","concern":"medium","call_summary":"Call number )" + std::to_string(i) + R"("}})" + "\n";
        }
        w.device("prison", {"record", "new", "call_note", "--case", "X100013", "--input", "-"}, lines);
    };
    s.outcome = [](World& w, Check& c) {
        const auto calls = w.records("practitioner", "X100013", "call_note");
        c.that(calls.size() == 475, "every note is there: " + std::to_string(calls.size()));
        bool ordered = true, late = true;
        for (std::size_t i = 0; i < calls.size(); ++i) {
            late = late && text(calls[i], "late") == "true";
            ordered = ordered && (i == 0 || text(calls[i - 1], "event_at") <= text(calls[i], "event_at"));
        }
        c.that(ordered, "they are ordered by when the call was");
        c.that(late, "each is marked late");
        c.that(count_tasks(w, "practitioner", "Call monitoring notes came in") == 1, "there is one review task");
        const auto later = w.records("practitioner", "X100013", "contact");
        c.that(later.size() == 1 && field(later.front(), "summary") == "A later entry", "the later entry is untouched");
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

std::vector<Story> written()
{
    return {address(),    address_reported_by_police(), call_out(),      planned_visit(),   unplanned_visit(),
            level(),      lowering(),                   rosh(),          handover(true),    handover(false),
            release_date(), exactly_once(),             moved(),         barred(),          safety_first(),
            zone(),       disclosure(),                 late_intelligence(), reviews()};
}

}  // namespace

const std::vector<Story>& stories()
{
    static const std::vector<Story> all = written();
    return all;
}

}  // namespace satchel::demo
