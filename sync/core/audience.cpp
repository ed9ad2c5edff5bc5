#include "sync/core/audience.hpp"

#include <algorithm>

#include "schema/base/mutant.hpp"
#include "sync/core/authority.hpp"

namespace satchel::sync {
namespace {

using schema::Authority;

const schema::AudienceClause* clause_in_force(const schema::Audience& audience, const RecordState* record)
{
    if (audience.clauses.empty())
        return nullptr;
    if (!audience.by)
        return &audience.clauses.front();
    std::string chosen;
    if (record) {
        for (const auto& group : record->groups)
            if (const auto* v = find(group.current.values, *audience.by))
                chosen = to_text(*v);
    }
    const auto at = std::find_if(audience.clauses.begin(), audience.clauses.end(),
                                 [&](const auto& clause) { return clause.value == chosen; });
    return at == audience.clauses.end() ? &audience.clauses.front() : &*at;
}

bool names_fact(const schema::Policy& policy, const Authority& a, std::string_view fact)
{
    switch (a.kind) {
    case Authority::Kind::case_agencies:
        return fact == "lead_agency" && std::any_of(policy.agencies.begin(), policy.agencies.end(),
                                                    [](const schema::Agency& agency) { return agency.by_invitation; });
    case Authority::Kind::lead_agency:
    case Authority::Kind::lead_duty:
        return fact == "lead_agency";
    case Authority::Kind::fact_agency:
        return fact == a.name;
    default:
        return false;
    }
}

}  // namespace

bool may_see(const schema::Policy& policy, const schema::RecordType&, const schema::Group& group,
             const RecordState* record, const Facts& facts, const Viewer& viewer)
{
    const auto* clause = clause_in_force(group.audience, record);
    if (!clause)
        return false;
    const Scene scene{policy, facts, record, nullptr};
    for (const auto& hat : viewer.hats)
        for (const auto& who : clause->who) {
            // What nobody has created yet has no supplier: only its author sees it, by the rule above.
            if (!record && (who.kind == Authority::Kind::supplier || who.kind == Authority::Kind::author))
                continue;
            if (holds(who, hat, viewer.credential, scene))
                return true;
        }
    return false;
}

bool may_see(const schema::Policy& policy, const OpenedChangeset& changeset, std::span<const Ruling> rulings,
             const CaseState& state, const Viewer& viewer)
{
    if (changeset.header.author == viewer.credential)
        return true;
    if (std::all_of(rulings.begin(), rulings.end(), [](const Ruling& r) { return r.outcome == Outcome::refused; }) &&
        !mutant(Mutant::refused_delivered))
        return false;
    for (const auto& change : changeset.changes) {
        if (change.op == schema::Op::task) {
            const auto at = change.targets.empty() ? state.tasks.end()
                                                   : state.tasks.find(TaskId{change.targets.front().bytes});
            if (at == state.tasks.end())
                return false;
            const auto* type = policy.type(at->second.type);
            const auto* group = type ? type->group(at->second.group) : nullptr;
            if (!group || !may_see(policy, *type, *group, state.record(at->second.record), state.facts, viewer))
                return false;
            continue;
        }
        const auto* type = policy.type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        if (!group || !held_on_devices(*type, *group) ||
            !may_see(policy, *type, *group, state.record(change.record), state.facts, viewer))
            return false;
    }
    return true;
}

bool may_see(const schema::Policy& policy, const Effect& effect, const CaseState& state, const Viewer& viewer)
{
    if (effect.kind == Effect::Kind::fact)
        return true;  // facts of a case are known to all who work on it
    const bool task = effect.kind == Effect::Kind::task_opened || effect.kind == Effect::Kind::task_closed;
    const auto* type = policy.type(task ? effect.task.type : effect.type);
    const auto* group = type ? type->group(task ? effect.task.group : effect.group) : nullptr;
    const auto& record_id = task ? effect.task.record : effect.record;
    if (!group || !held_on_devices(*type, *group))
        return false;
    if (!may_see(policy, *type, *group, state.record(record_id), state.facts, viewer))
        return false;
    if (effect.kind == Effect::Kind::link && effect.other != effect.record)
        return may_see(policy, *type, *group, state.record(effect.other), state.facts, viewer);
    return true;
}

std::string audience_class(const schema::Group& group)
{
    std::string out = group.audience.by ? "by:" + std::to_string(static_cast<std::uint32_t>(*group.audience.by))
                                        : std::string("all");
    for (const auto& clause : group.audience.clauses) {
        out += "|" + clause.value + "=";
        for (const auto& who : clause.who)
            out += to_string(who) + ",";
    }
    return out;
}

bool audience_depends_on_record(const schema::Group& group) noexcept
{
    if (group.audience.by)
        return true;
    for (const auto& clause : group.audience.clauses)
        for (const auto& who : clause.who)
            if (who.kind == Authority::Kind::supplier || who.kind == Authority::Kind::author ||
                who.kind == Authority::Kind::field_agency)
                return true;
    return false;
}

bool held_on_devices(const schema::RecordType& type, const schema::Group& group) noexcept
{
    switch (type.hold) {
    case schema::Hold::full:
        return true;
    case schema::Hold::online:
        return false;
    case schema::Hold::reference:
        return std::none_of(group.fields.begin(), group.fields.end(),
                            [](const schema::Field& f) { return f.type == schema::FieldType::note; });
    }
    return false;
}

bool audience_depends_on_fact(const schema::Policy& policy, std::string_view fact)
{
    for (const auto& type : policy.types)
        for (const auto& group : type.groups)
            for (const auto& clause : group.audience.clauses)
                for (const auto& who : clause.who)
                    if (names_fact(policy, who, fact))
                        return true;
    return false;
}

bool audience_depends_on_group(const schema::RecordType& type, const schema::Group& group)
{
    for (const auto& other : type.groups) {
        if (other.audience.by && group.field(*other.audience.by))
            return true;
        for (const auto& clause : other.audience.clauses)
            for (const auto& who : clause.who)
                if (who.kind == Authority::Kind::field_agency && group.field(who.field))
                    return true;
    }
    return false;
}

CaseState visible_part(const CaseState& state, const schema::Policy& policy, const Viewer& viewer)
{
    CaseState out;
    out.id = state.id;
    out.facts = state.facts;
    for (const auto& [id, record] : state.records) {
        const auto* type = policy.type(record.type);
        if (!type)
            continue;
        RecordState seen = record;
        std::erase_if(seen.groups, [&](const GroupState& g) {
            const auto* group = type->group(g.id);
            return !group || !held_on_devices(*type, *group) || !may_see(policy, *type, *group, &record, state.facts, viewer);
        });
        if (seen.groups.empty())
            continue;
        if (std::none_of(seen.groups.begin(), seen.groups.end(), [](const GroupState& g) { return g.founding; }))
            seen.created = Source{};
        if (!may_see(policy, *type, type->groups.front(), &record, state.facts, viewer)) {
            seen.withdrawn = VersionId{};
            seen.stale.clear();
            seen.outside.clear();
            seen.late = false;
            seen.links.clear();
        }
        std::erase_if(seen.links, [&](const RecordLink& link) {
            return !may_see(policy, *type, type->groups.front(), state.record(link.other), state.facts, viewer);
        });
        out.records.emplace(id, std::move(seen));
    }
    for (const auto& [id, task] : state.tasks) {
        const auto* type = policy.type(task.type);
        const auto* group = type ? type->group(task.group) : nullptr;
        if (group && held_on_devices(*type, *group) &&
            may_see(policy, *type, *group, state.record(task.record), state.facts, viewer))
            out.tasks.emplace(id, task);
    }
    return out;
}

}  // namespace satchel::sync
