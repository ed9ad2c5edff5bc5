// What the rules that react to a ruled change share. Inside consequences only.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "sync/core/consequences.hpp"

namespace satchel::sync::reacting {

[[nodiscard]] std::string paragraph(const schema::References& refs);
[[nodiscard]] bool in_record(const Ruling& r);
[[nodiscard]] const schema::Value* current_value(const RecordState& record, schema::FieldId field);
[[nodiscard]] std::optional<Date> date_of(const schema::Value* v);

// Effects are folded into the state as they arise, so that each sees what those before it did. The state is lent: when the collector
// ends, it is what it was. (A copy of it would make each change of a case of 10,000 records cost as much as all of them.)
class Collector {
public:
    Collector(CaseState& state, const schema::Policy& policy) : state_(state), policy_(policy) {}
    ~Collector();
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    void add(Effect effect);
    [[nodiscard]] const CaseState& state() const noexcept { return state_; }
    [[nodiscard]] const schema::Policy& policy() const noexcept { return policy_; }
    [[nodiscard]] const std::vector<Effect>& so_far() const noexcept { return out_; }
    [[nodiscard]] std::vector<Effect> take() && { return std::move(out_); }

private:
    // What was there before the first effect on it; nothing where nothing was.
    std::map<RecordId, std::optional<RecordState>> records_before_;
    std::map<TaskId, std::optional<Task>> tasks_before_;
    std::optional<Facts> facts_before_;

    CaseState& state_;
    const schema::Policy& policy_;
    std::vector<Effect> out_;
};

// One ruled change, or one value that the system set for someone, seen from the rules that react to it.
struct Event {
    const schema::RecordType& type;
    const schema::Group& group;
    RecordId record;
    VersionId version;
    const schema::FieldValues& values;
    Source source;
    const Ruling& ruling;
    bool created;
};

[[nodiscard]] Effect effect_on(const Event& e, Effect::Kind kind, std::string rule, std::string para);

// On the record as a whole: for readers of the type's first group.
[[nodiscard]] Effect effect_on_record(const Event& e, Effect::Kind kind, std::string rule, std::string para);

}  // namespace satchel::sync::reacting
