// Work that is sent once, access that ends, and what goes first.
#include "tools/demo/relay.hpp"
#include "tools/demo/stories.hpp"

namespace satchel::demo::telling {

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

}  // namespace satchel::demo::telling
