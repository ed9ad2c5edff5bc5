#include "sync/core/gates.hpp"

#include "sync/core/audience.hpp"
#include "sync/core/edits.hpp"

namespace satchel::sync::judging {
namespace {

using schema::FieldId;
using schema::FieldValues;
using schema::Gate;
using schema::Match;
using schema::Value;

bool contains(const std::vector<std::string>& list, std::string_view item)
{
    return std::find(list.begin(), list.end(), item) != list.end();
}

// Does `holds` hold for any value that a record states for the field? A list states what its elements do.
template <class F>
bool any_value(const RecordState& record, FieldId field, F&& holds)
{
    const auto states = [&](const FieldValues& values) {
        const auto* v = find(values, field);
        return v && holds(*v);
    };
    return std::any_of(record.groups.begin(), record.groups.end(), [&](const GroupState& group) {
        return states(group.current.values) || std::any_of(group.elements.begin(), group.elements.end(),
                                                           [&](const Version& element) { return states(element.values); });
    });
}

// A withdrawal changes no value: it is judged on the record as it stands.
bool rewrites(const Bench& b, FieldId field) { return b.change.op != schema::Op::withdraw && b.group.field(field); }

// The same, of the record as the change would leave it.
template <class F>
bool any_value_after(const Bench& b, FieldId field, F&& holds)
{
    if (!rewrites(b, field))
        return b.record && any_value(*b.record, field, holds);
    const auto* v = find(b.change.values, field);
    return v && holds(*v);
}

// `any(field, holds)` asks what is stated. "" in a list stands for nothing.
template <class Any>
bool values_match(const Match& match, Any&& any)
{
    return std::all_of(match.values.begin(), match.values.end(), [&](const auto& entry) {
        bool said = false;
        const bool allowed = any(entry.first, [&](const Value& v) {
            const auto text = to_text(v);
            said = said || !text.empty();
            return !text.empty() && contains(entry.second, text);
        });
        return allowed || (!said && contains(entry.second, ""));
    });
}

bool facts_match(const Bench& b, const Match& match)
{
    return std::all_of(match.facts.begin(), match.facts.end(),
                       [&](const auto& entry) { return contains(entry.second, b.state.fact(entry.first)); });
}

bool holds_after(const Bench& b, const Match& match)
{
    return facts_match(b, match) && values_match(match, [&](FieldId field, auto&& holds) {
               return any_value_after(b, field, holds);
           });
}

// What can be said without looking at anything but the change and what its author knows of the case.
bool may_meet(const Bench& b, const Gate& gate)
{
    if (!facts_match(b, gate.when) || !rank_holds(b, gate.rank, gate.rank_field))
        return false;
    Match own;
    std::copy_if(gate.when.values.begin(), gate.when.values.end(), std::back_inserter(own.values),
                 [&](const auto& entry) { return rewrites(b, entry.first); });
    return holds_after(b, own);
}

// --- may its author know what it finds? --------------------------------------------------------------------------------
// The compiler holds to it that whatever a gate names is in the agreement, and that an approval binds to a part.

bool sees_part(const Bench& b, const Viewer& author, const schema::Group& group)
{
    const bool own = b.change.op != schema::Op::withdraw && group.id == b.group.id;
    return !b.record || own || may_see(b.policy(), b.type, group, b.record, b.state.facts, author);
}

bool sees_asked(const Bench& b, const Viewer& author, const schema::Asked& asked)
{
    const auto& type = *b.policy().type(asked.type);
    return std::all_of(type.groups.begin(), type.groups.end(), [&](const schema::Group& group) {
        const bool looked_at = &group == &type.groups.front() || (asked.refers_here && group.field(*asked.refers_here)) ||
                               std::any_of(asked.when.values.begin(), asked.when.values.end(),
                                           [&](const auto& entry) { return group.field(entry.first) != nullptr; });
        return !looked_at || may_see(b.policy(), type, group, nullptr, b.state.facts, author);
    });
}

bool sees_all(const Bench& b, const Gate& gate)
{
    const Viewer author{b.context.author.credential, {b.changeset.header.hat}};
    const auto part = [&](const schema::Group& group) { return sees_part(b, author, group); };
    const auto field = [&](FieldId id) {
        return std::all_of(b.type.groups.begin(), b.type.groups.end(),
                           [&](const schema::Group& group) { return !group.field(id) || part(group); });
    };
    const auto fields = [&](const Match& match) {
        return std::all_of(match.values.begin(), match.values.end(), [&](const auto& entry) { return field(entry.first); });
    };
    const auto by_id = [&](schema::GroupId id) { return part(*b.type.group(id)); };
    const auto approval = [&](schema::GroupId id) { return by_id(id) && by_id(*b.type.group(id)->binds_to); };
    return fields(gate.when) && fields(gate.unless) && std::all_of(gate.needs.begin(), gate.needs.end(), field) &&
           std::all_of(gate.different_person_from.begin(), gate.different_person_from.end(), by_id) &&
           (!gate.approved || approval(gate.approved->group)) &&
           (!gate.exists || sees_asked(b, author, *gate.exists)) && (!gate.absent || sees_asked(b, author, *gate.absent));
}

// --- what it asks for --------------------------------------------------------------------------------------------------

std::string missing(const Bench& b, const Gate& gate)
{
    std::string out;
    for (const auto need : gate.needs) {
        if (any_value_after(b, need, [](const Value& v) { return !to_text(v).empty(); }))
            continue;
        for (const auto& group : b.type.groups)
            if (const auto* field = group.field(need))
                out += (out.empty() ? "" : ", ") + field->title;
    }
    return out;
}

bool by_a_different_person(const Bench& b, const Gate& gate)
{
    return std::all_of(gate.different_person_from.begin(), gate.different_person_from.end(), [&](schema::GroupId id) {
        const auto* group = b.record ? b.record->group(id) : nullptr;
        return !group || by_another_person(b, group->current.source);
    });
}

bool is_approved(const Bench& b, const schema::Approved& asked)
{
    if (!b.record)
        return false;
    const auto& approval = *b.type.group(asked.group);
    const auto* given = b.record->group(asked.group);
    const auto* bound = b.record->group(*approval.binds_to);
    if (!given || !bound || given->voided)
        return false;
    const auto* named = find(given->current.values, approval.binds_field);
    return named && *named == Value{schema::VersionRef{bound->current.id}} && matches(asked.when, b.state.facts, given->current.values);
}

bool states_something(const RecordState& record)
{
    return std::any_of(record.groups.begin(), record.groups.end(),
                       [](const GroupState& group) { return !group.current.id.empty() || !group.elements.empty(); });
}

bool stands(const Bench& b, const schema::Asked& asked)
{
    const auto type = b.policy().type(asked.type)->id;
    const auto refers_to = [](const RecordId& id) {
        return [&id](const Value& v) {
            const auto* ref = std::get_if<schema::Ref>(&v);
            return ref && ref->record == id;
        };
    };
    return std::any_of(b.state.records.begin(), b.state.records.end(), [&](const auto& entry) {
               const auto& [id, record] = entry;
               return record.type == type && id != b.change.record && record.withdrawn.empty() &&
                      states_something(record) && facts_match(b, asked.when) &&
                      (!asked.refers_here || any_value(record, *asked.refers_here, refers_to(b.change.record))) &&
                      (!asked.referred_in || any_value_after(b, *asked.referred_in, refers_to(id))) &&
                      values_match(asked.when, [&](FieldId field, auto&& holds) { return any_value(record, field, holds); });
           });
}

}  // namespace

std::optional<Ruling> gate_refusal(const Bench& b, bool decides)
{
    for (const auto& gate : b.change.op == schema::Op::withdraw ? b.type.withdrawal : b.group.gates) {
        if (!may_meet(b, gate))
            continue;
        if (!sees_all(b, gate)) {
            if (decides)
                return refused(gate.rule, paragraph(gate.refs), gate.say);
            continue;
        }
        if (!holds_after(b, gate.when) || (!gate.unless.empty() && holds_after(b, gate.unless)))
            continue;
        const bool shut = gate.needs.empty() && gate.different_person_from.empty() && !gate.approved && !gate.exists && !gate.absent;
        const auto left_out = missing(b, gate);
        if (!shut && left_out.empty() && by_a_different_person(b, gate) && (!gate.approved || is_approved(b, *gate.approved)) &&
            (!gate.exists || stands(b, *gate.exists)) && (!gate.absent || !stands(b, *gate.absent)))
            continue;
        return refused(gate.rule, paragraph(gate.refs),
                       left_out.empty() ? gate.say : gate.say + " Missing: " + left_out + ".");
    }
    return {};
}

}  // namespace satchel::sync::judging
