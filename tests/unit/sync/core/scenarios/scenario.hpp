// One conflict of the domain, written as people tell it: what was on record, who saved what without knowing of whom, and
// what must have become of each. FORMAT.md tells how to write one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/base/result.hpp"

namespace satchel::test::scenarios {

using Typed = std::vector<std::pair<std::string, std::string>>;  // field and value, as a user types it

// On record from the start, whoever may have put it there.
struct Start {
    std::string record;  // its name in this scenario
    std::string type;
    std::string by;      // role
    Typed fields;
    std::vector<std::pair<std::string, Typed>> elements;  // of a set: group and fields
};

// What a ruling must say. What is not stated is not compared, but for the marks: they must be as stated.
struct Expected {
    std::string outcome;
    std::optional<std::string> rule, paragraph, decided_by, instead, says;
    bool around_handover = false, protective = false, stands = false, outside = false, amends = false;
};

struct Save {
    std::string label;
    std::string by;               // role; "role#2" is another person of that role
    std::vector<std::string> hats;  // what the author may act as; empty: `by`
    bool unknown_hat = false;     // the role is none that the agreement knows
    std::string knew;             // "start" (offline since then), "now" (has just synchronised), "": where they were
    std::string record;
    std::string type;             // given: the record is new
    Typed set;
    std::vector<std::pair<std::string, Typed>> add;
    std::vector<std::string> take;  // labels of elements
    bool withdraw = false;
    std::string resolve, how;     // the label of an open item; accept, decline, choose_a …
    std::string reason;
    std::string event_at, authored_at;
    std::string midnight;         // instead of a save: the hub's day changes, and facts with it
    Expected expected;
};

struct Seen {
    std::string role;
    std::vector<std::string> records;
};

struct TaskSeen {
    std::string role, about, words, rule, due;
    bool safety = false;
    std::string state;  // "open" unless stated
};

struct Written {
    std::string type;
    Typed fields;
    std::string agency;  // on whose behalf
};

// How the case must stand in the end.
struct Then {
    std::vector<std::pair<std::string, Typed>> record;   // confirmed values
    std::vector<std::pair<std::string, Typed>> shown;    // with the side that stands while a conflict is open
    std::vector<std::pair<std::string, Typed>> prompts;  // the most protective value anybody holds
    std::optional<std::vector<std::string>> waiting;     // labels of every open suggestion and conflict
    std::vector<std::string> elements;                   // labels that must be in their sets
    std::vector<std::string> gone;                       // labels that must not
    Typed facts;
    std::vector<TaskSeen> tasks;
    std::vector<TaskSeen> no_tasks;
    std::vector<std::string> stale, fresh, late, voided, valid;
    std::vector<std::pair<std::string, std::string>> outside;  // record and rule
    std::vector<std::pair<std::string, std::string>> linked, unlinked;
    std::vector<std::pair<std::string, std::string>> differing;  // linked with a discrepancy
    std::vector<Written> written;
    std::vector<Seen> sees, blind;
};

struct Scenario {
    std::string id;
    std::string variant;  // "other_order": the same conflict told otherwise
    std::string title;
    std::string file;
    std::uint32_t line = 0;
    std::string today = "2026-06-01";
    std::vector<Start> start;
    std::vector<Save> saves;
    Then then;
};

// Reads every *.toml of a folder. A key that is not known, or twice the same id and variant, is an error: a misspelt expectation
// must not pass for a met one.
Result<std::vector<Scenario>> read_scenarios(const std::string& folder);

}  // namespace satchel::test::scenarios
