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
