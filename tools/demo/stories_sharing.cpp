// Exclusion zones and disclosure.
#include "tools/demo/stories.hpp"

namespace satchel::demo::telling {

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

}  // namespace satchel::demo::telling
