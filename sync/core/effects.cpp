#include "sync/core/effects.hpp"

namespace satchel::sync::reacting {

std::string paragraph(const schema::References& refs) { return refs.empty() ? std::string() : refs.front(); }

bool in_record(const Ruling& r) { return r.outcome == Outcome::applied || r.outcome == Outcome::merged; }

const schema::Value* current_value(const RecordState& record, schema::FieldId field)
{
    for (const auto& group : record.groups)
        if (const auto* v = find(group.current.values, field))
            return v;
    return nullptr;
}

std::optional<Date> date_of(const schema::Value* v)
{
    const auto* d = v ? std::get_if<Date>(v) : nullptr;
    return d ? std::optional(*d) : std::nullopt;
}

void Collector::add(Effect effect)
{
    const auto keep = [](auto& before, const auto& now, const auto& id) {
        if (id.empty() || before.contains(id))
            return;
        const auto at = now.find(id);
        before.emplace(id, at == now.end() ? std::nullopt : std::optional(at->second));
    };
    keep(records_before_, state_.records, effect.record);
    keep(records_before_, state_.records, effect.other);
    keep(tasks_before_, state_.tasks, effect.task.id);
    if (effect.kind == Effect::Kind::fact && !facts_before_)
        facts_before_ = state_.facts;
    out_.push_back(std::move(effect));
    fold(state_, out_.back());
}

// Nothing here can fail: no record or task was taken away, so that everything that was there has its place.
Collector::~Collector()
{
    const auto put_back = [](auto& now, auto& before) {
        for (auto& [id, was] : before) {
            if (was)
                now.find(id)->second = std::move(*was);
            else
                now.erase(id);
        }
    };
    put_back(state_.records, records_before_);
    put_back(state_.tasks, tasks_before_);
    if (facts_before_)
        state_.facts.swap(*facts_before_);
}

Effect effect_on(const Event& e, Effect::Kind kind, std::string rule, std::string para)
{
    Effect out;
    out.kind = kind;
    out.rule = std::move(rule);
    out.paragraph = std::move(para);
    out.cause = e.version;
    out.record = e.record;
    out.type = e.type.id;
    out.group = e.group.id;
    return out;
}

Effect effect_on_record(const Event& e, Effect::Kind kind, std::string rule, std::string para)
{
    auto out = effect_on(e, kind, std::move(rule), std::move(para));
    out.group = e.type.groups.front().id;
    return out;
}

}  // namespace satchel::sync::reacting
