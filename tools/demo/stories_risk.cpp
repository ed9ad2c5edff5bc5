// The MAPPA level, RoSH, and intelligence that comes late.
#include "tools/demo/stories.hpp"

namespace satchel::demo::telling {

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
         record_line("s18", "plan", "rmp", "probation", "probation.practitioner", R"("plan_status":"in_place")"),
         record_line("s18", "action", "action", "coordination", "coordination.chair",
                     R"("action_text":"Check the second phone","accepting_agency":"police","due":"2026-04-01")"),
         record_line("s18", "open", "action", "coordination", "coordination.chair",
                     R"("action_text":"Find move-on accommodation","accepting_agency":"probation","due":"2026-05-01")")});
    s.team = case_team;
    s.devices = {"practitioner", "police", "chair"};
    s.offline = [](World& w) {
        w.edit("practitioner", w.find_record("practitioner", "X100018", "level_decision"),
               {set("level", "1"), set("rationale", "Settled"), set("decided_on", "2026-03-03"), set("key_partners", "there_or_reported")});
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

}  // namespace satchel::demo::telling
