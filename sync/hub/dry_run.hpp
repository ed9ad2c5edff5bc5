// What would have become of the last days' work under another agreement. Reads the log and writes nothing.
//
// Every change is ruled on again in the state in which it was ruled on: what would have followed from another ruling is not
// followed any further, and facts stay as the agreement of the day derived them.
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
};

struct DryRun {
    Instant since;
    std::uint64_t cases = 0;    // in which somebody wrote since
    std::uint64_t changes = 0;  // ruled on since
    std::uint64_t differ = 0;
    bool whole_history = true;  // false: `verify` has something to say about this log
    // How often, by outcome and rule then and under the other agreement.
    std::map<std::tuple<Outcome, std::string, Outcome, std::string>, std::uint64_t> counts;
    std::vector<RulingBoth> differences;  // the first dry_run_listed_max
};
inline constexpr std::size_t dry_run_listed_max = 1000;
inline constexpr std::uint32_t dry_run_days_max = 36'600;

// The days are counted back from the newest entry of the log. invalid_argument for none or more than dry_run_days_max;
// fails otherwise only when the store cannot be read.
Result<DryRun> dry_run(CentralView& view, const HubKeys& keys, const schema::Policy& other, std::uint32_t days,
                       const ProgressFn& progress = {});

}  // namespace satchel::sync
