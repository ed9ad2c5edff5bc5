// Tasks for roles. Inside consequences only.
#pragma once

#include "sync/core/effects.hpp"

namespace satchel::sync::reacting {

[[nodiscard]] std::vector<std::string> expand_role(const std::string& role, const Event& e, const CaseState& state,
                                                   const schema::Policy& policy);
// A task's audience is never wider than its trigger's: no task for a role that may not see what it is about.
[[nodiscard]] bool role_sees(const schema::Policy& policy, const schema::RecordType& type, const schema::Group& group,
                             const RecordState* record, const Facts& facts, const std::string& role);
[[nodiscard]] std::string filled_in(std::string words, const Event& e, const schema::Policy& policy);

struct TaskWords {
    std::string rule;
    std::string text;
    std::string para;
    bool safety = false;
    bool coalesce = false;
};

void open_tasks(Collector& out, const Event& e, const std::vector<std::string>& roles, const TaskWords& words);
// Those about the record, but for those of these roles.
void close_tasks(Collector& out, const Event& e, const std::string& rule, const std::vector<std::string>& but_for = {});

// Those who have a disagreement do not settle it.
inline constexpr std::string_view escalated = "escalated";
void pass_up(Collector& out, const Event& e, const schema::Change& change);

}  // namespace satchel::sync::reacting
