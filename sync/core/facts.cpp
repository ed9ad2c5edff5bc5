#include <algorithm>

#include "sync/core/effects.hpp"

namespace satchel::sync {
namespace {

using schema::FactRule;
using schema::FieldId;
using schema::FieldValues;
using schema::Policy;
using namespace reacting;  // NOLINT: its other half

bool counts(const FactRule& rule, const FieldValues& values)
{
    return std::all_of(rule.needs.begin(), rule.needs.end(), [&](FieldId field) {
        const auto* v = find(values, field);
        return v && !to_text(*v).empty();
    });
}

// Whichever group of the record states the fields that the rule looks at.
bool only_holds(const FactRule& rule, const RecordState& record)
{
    return std::all_of(rule.only.values.begin(), rule.only.values.end(), [&](const auto& wanted) {
        const auto* v = current_value(record, wanted.first);
        return v && std::find(wanted.second.begin(), wanted.second.end(), to_text(*v)) != wanted.second.end();
    });
}

// Who was born on 29 February comes of age on 1 March where there is none: a child for the day in doubt.
Date birthday(Date born, int years)
{
    const auto day = add_months(born, 12 * years);
    return add_months(day, -12 * years) == born ? day : Date{day.days + 1};
}

std::string derive(const FactRule& rule, const CaseState& state, const Policy& policy, Date today)
{
    const auto* type = policy.type(rule.type);
    const auto* group = type ? type->group(rule.group) : nullptr;
    if (!group)
        return rule.otherwise;
    std::string out = rule.otherwise;
    std::optional<Date> best;
    // Records of one case come in the order of their ids, which a device's clock shapes; no clock may choose between two
    // that count alike. The value that stands stays; without one, the first by name.
    const auto prefer = [&](const std::string& candidate, bool tie) {
        if (!tie || candidate == state.fact(rule.name) || (out != state.fact(rule.name) && candidate < out))
            out = candidate;
    };
    for (const auto& [id, record] : state.records) {
        if (record.type != type->id || !record.withdrawn.empty())
            continue;
        const auto* g = record.group(group->id);
        if (!g || !only_holds(rule, record))
            continue;
        if (rule.derive == FactRule::Derive::any) {
            const auto* v = find(g->current.values, rule.value);
            const bool element = std::any_of(g->elements.begin(), g->elements.end(), [&](const Version& el) {
                return find(el.values, rule.value) != nullptr;
            });
            if (element || (v && to_text(*v) == "yes"))
                return "yes";
            continue;
        }
        if (g->current.id.empty() || !counts(rule, g->current.values))
            continue;
        const auto* v = find(g->current.values, rule.value);
        if (!v || is_null(*v))
            continue;
        if (rule.derive == FactRule::Derive::until) {
            const auto since = date_of(v);
            if (since && today < birthday(*since, rule.years))
                return "yes";
            continue;
        }
        if (rule.derive == FactRule::Derive::latest) {
            prefer(to_text(*v), best.has_value());
            best = Date{};
            continue;
        }
        const auto from = date_of(find(g->current.values, rule.from));
        const auto to = date_of(find(g->current.values, rule.to));
        if (!from || today < *from || (to && *to < today))
            continue;
        if (!best || *best <= *from) {
            prefer(to_text(*v), best == from);
            best = from;
        }
    }
    return out;
}

}  // namespace

Facts initial_facts(const schema::Policy& policy)
{
    Facts out;
    for (const auto& rule : policy.facts)
        if (!rule.otherwise.empty())
            out[rule.name] = rule.otherwise;
    return out;
}

std::vector<Effect> derive_facts(const CaseState& state, const schema::Policy& policy, Date today,
                                 const std::set<schema::TypeId>& types, const VersionId& cause)
{
    std::vector<Effect> out;
    for (const auto& rule : policy.facts) {
        const auto* type = policy.type(rule.type);
        if (!types.empty() && (!type || !types.contains(type->id)))
            continue;
        const auto value = derive(rule, state, policy, today);
        if (value == state.fact(rule.name))
            continue;
        Effect effect;
        effect.kind = Effect::Kind::fact;
        effect.rule = "fact:" + rule.name;
        effect.paragraph = paragraph(rule.refs);
        effect.cause = cause;
        effect.name = rule.name;
        effect.text = value;
        out.push_back(std::move(effect));
    }
    return out;
}

}  // namespace satchel::sync
