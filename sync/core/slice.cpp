#include "sync/core/slice.hpp"

#include <algorithm>

#include "sync/core/clocks.hpp"

namespace satchel::sync {

using schema::FieldValues;
using schema::Op;
using schema::Policy;
using schema::RecordType;

namespace reacting {

void need_type(SliceNeeds& needs, const Policy& policy, const RecordType& type,
               const std::function<bool(const schema::Deadline&)>& moves)
{
    if (type.succession || !type.links.empty())
        needs.types.insert(type.id);
    for (const auto& rule : type.notify) {
        if (!rule.marks_stale.empty())
            if (const auto* stale = policy.type(rule.marks_stale.substr(0, rule.marks_stale.find('.'))))
                needs.types.insert(stale->id);
        needs.tasks = needs.tasks || rule.coalesce || std::any_of(rule.roles.begin(), rule.roles.end(), schema::names_receiver);
    }
    needs.tasks = needs.tasks || !type.links.empty();
    std::vector<const schema::FactRule*> facts;
    for (const auto& rule : policy.facts)
        if (rule.type == type.name)
            facts.push_back(&rule);
    if (!facts.empty())
        needs.types.insert(type.id);
    for (const auto& rule : policy.deadlines) {
        const bool moved = moves(rule);
        const bool rests = std::any_of(facts.begin(), facts.end(), [&](const auto* fact) { return rule.rests_on(fact->name); });
        needs.tasks = needs.tasks || moved || rests;
        if (rests || (moved && looks_at_all(rule)))
            needs.types.merge(clock_needs({&rule}).types);
    }
}

void need_type(SliceNeeds& needs, const Policy& policy, const RecordType& type, const OpenedChangeset& changeset,
               const RecordId& record)
{
    need_type(needs, policy, type,
              [&](const schema::Deadline& rule) { return may_move(rule, changeset, record, type); });
}

}  // namespace reacting

namespace {

using reacting::need_type;

// What the system writes may be anything.
void need_type(SliceNeeds& needs, const Policy& policy, const RecordType& type)
{
    need_type(needs, policy, type, [&](const schema::Deadline& rule) { return rule.mentions(type.id); });
}

void need_values(SliceNeeds& needs, const FieldValues& values)
{
    for (const auto& v : values)
        if (const auto* ref = std::get_if<schema::Ref>(&v.value))
            needs.records.insert(ref->record);
}

}  // namespace

std::set<schema::TypeId> types_asked_for(const Policy& policy, const OpenedChangeset& changeset)
{
    std::set<schema::TypeId> out;
    for (const auto& change : changeset.changes) {
        const auto* type = change.op == Op::task ? nullptr : policy.type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        if (!group)
            continue;
        const auto ask = [&](const std::vector<schema::Gate>& gates) {
            for (const auto& gate : gates)
                for (const auto* asked : {&gate.exists, &gate.absent})
                    if (const auto* other = *asked ? policy.type((*asked)->type) : nullptr)
                        out.insert(other->id);
        };
        if (change.op != Op::withdraw)
            ask(group->gates);
        if (change.op == Op::withdraw || change.op == Op::resolve)
            ask(type->withdrawal);
    }
    return out;
}

SliceNeeds slice_needs(const Policy& policy, const OpenedChangeset& changeset)
{
    SliceNeeds needs;
    needs.types = types_asked_for(policy, changeset);
    for (const auto& change : changeset.changes) {
        if (change.op == Op::task) {
            needs.tasks = true;
            for (const auto& rule : policy.deadlines)
                if (rule.sooner && change.resolution == schema::Resolution::done)
                    needs.types.merge(clock_needs({&rule}).types);
            continue;
        }
        needs.records.insert(change.record);
        need_values(needs, change.values);
        if (const auto* type = policy.type(change.type)) {
            need_type(needs, policy, *type, changeset, change.record);
            needs.tasks = needs.tasks || change.op == Op::resolve;
            const auto* group = type->group(change.group);
            for (const auto& redirect : group ? group->redirects : std::vector<schema::Redirect>{})
                if (const auto* instead = redirect.instead ? policy.type(redirect.instead->type) : nullptr)
                    need_type(needs, policy, *instead);
        }
    }
    return needs;
}

SliceNeeds slice_needs(const Policy& policy, const Effect& effect)
{
    SliceNeeds needs;
    if (!effect.record.empty())
        needs.records.insert(effect.record);
    if (!effect.other.empty())
        needs.records.insert(effect.other);
    need_values(needs, effect.values);
    if (const auto* type = policy.type(effect.type); type && effect.kind == Effect::Kind::set)
        need_type(needs, policy, *type);
    needs.tasks = needs.tasks || effect.kind == Effect::Kind::task_opened || effect.kind == Effect::Kind::task_closed;
    return needs;
}

}  // namespace satchel::sync
