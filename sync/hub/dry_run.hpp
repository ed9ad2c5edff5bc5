// What would have become of the last days' work under another agreement. Reads the log and writes nothing.
//
// Every change is ruled on again in the state in which it was ruled on. From the first of those days on, each case is also
// followed under the other agreement: its rulings are folded, its facts derived, its tasks opened. People are taken to have
// written what they wrote, and no case's contents are told.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "sync/hub/verify.hpp"

namespace satchel::sync {

struct RulingBoth {
    Position position{};
    CaseId case_id;
    RecordId record;
    std::string type, part, role;  // role: under which it was written
    Ruling was, would;
    bool follows = false;  // by itself it would be ruled on alike: what came before it would have been otherwise
};

// What the system did of itself, or would have done, in one of the two histories alone.
struct ConsequenceBoth {
    enum class What : std::uint8_t {
        task,
        task_due,   // one that there is in both is due on another day
        task_over,  // one that there is in both ends
        value,      // written, or ended by a later record
        mark,       // a record is late, stale, outside the agreement, linked; an approval is void
        fact,       // takes another value
    };
    enum class Because : std::uint8_t {
        new_rule,         // the agreement in force has no rule of this name
        no_such_rule,     // the other has none
        ruled_otherwise,  // the change that causes it
        rule_changed,     // of the same name, says something else
        follows,          // what came before would have been otherwise
    };
    What what = What::task;
    bool arises = false;  // under the other agreement; false: only as it was
    Position position{};  // of the change that it follows from; of the next one of the case where a day brought it
    CaseId case_id;
    RecordId record;  // none: of a fact
    std::string type, part;
    std::string rule, paragraph;
    std::string role;   // of a task
    std::string words;  // of the agreement, not filled in
    Because because = Because::follows;
    std::string was_rule, would_rule;  // of the change, where it is ruled on otherwise
    Outcome was{}, would{};
};
[[nodiscard]] std::string_view name(ConsequenceBoth::What what) noexcept;

struct DryRun {
    Instant since;
    std::uint64_t cases = 0;    // in which somebody wrote since
    std::uint64_t changes = 0;  // ruled on since
    std::uint64_t differ = 0;
    bool whole_history = true;  // false: `verify` has something to say about this log
    // How often, by outcome and rule then and under the other agreement.
    std::map<std::tuple<Outcome, std::string, Outcome, std::string>, std::uint64_t> counts;
    std::vector<RulingBoth> differences;  // the first dry_run_listed_max
    // How often, by what it is, its rule, and whether it arises.
    std::map<std::tuple<ConsequenceBoth::What, std::string, bool>, std::uint64_t> consequence_counts;
    std::vector<ConsequenceBoth> consequences;  // the first dry_run_listed_max
};
inline constexpr std::size_t dry_run_listed_max = 1000;
inline constexpr std::uint32_t dry_run_days_max = 36'600;

// The days are counted back from the newest entry of the log. invalid_argument for none or more than dry_run_days_max;
// fails otherwise only when the store cannot be read.
Result<DryRun> dry_run(CentralView& view, const HubKeys& keys, const schema::Policy& in_force, const schema::Policy& other,
                       std::uint32_t days, const ProgressFn& progress = {});

}  // namespace satchel::sync
