// Tasks for roles, and the clocks of those that have a last day. Inside consequences only.
#pragma once

#include "sync/core/effects.hpp"

namespace satchel::sync::reacting {

[[nodiscard]] std::vector<std::string> expand_role(const std::string& role, const Event& e, const CaseState& state,
                                                   const schema::Policy& policy);
[[nodiscard]] std::string filled_in(std::string words, const Event& e, const schema::Policy& policy);

struct TaskWords {
    std::string rule;
    std::string text;
    std::string para;
    bool safety = false;
    bool coalesce = false;
    Date due;
};

void open_tasks(Collector& out, const Event& e, const std::vector<std::string>& roles, const TaskWords& words);
void close_tasks(Collector& out, const Event& e, const std::string& rule, bool whole_case);

void run_deadlines(Collector& out, const Event& e);

// A record that is withdrawn neither starts a clock nor meets a deadline any longer: the clock that it had replaced runs
// again, or a review would be missed because of one that never was (L1-255).
void restart_clocks(Collector& out, const Event& e);

// Those who have a disagreement do not settle it.
inline constexpr std::string_view escalated = "escalated";
void pass_up(Collector& out, const Event& e, const schema::Change& change);

}  // namespace satchel::sync::reacting
