#include "sync/core/consequences.hpp"

#include <algorithm>

#include "schema/policy/rule_names.hpp"
#include "sync/core/authority.hpp"
#include "sync/core/clocks.hpp"
#include "sync/core/links.hpp"
#include "sync/core/slice.hpp"
#include "sync/core/tasks.hpp"

namespace satchel::sync {
namespace {

using namespace reacting;  // NOLINT: its other half
using schema::Change;
using schema::FieldId;
using schema::FieldValues;
using schema::Group;
using schema::Notify;
using schema::Op;
using schema::Policy;
using schema::RecordType;

// --- stale: what rests on something that changed ------------------------------------------------------------------

void mark_stale(Collector& out, const Event& e, const Notify& rule, const std::set<RecordId>& changed)
{
    const auto dot = rule.marks_stale.find('.');
    const auto* type = out.policy().type(rule.marks_stale.substr(0, dot));
    if (!type || type->groups.empty())
        return;
    const auto field_name = dot == std::string::npos ? std::string() : rule.marks_stale.substr(dot + 1);
    const auto* group = type->group_of_field(field_name);
    const auto* field = group ? group->field(field_name) : nullptr;
    std::vector<RecordId> hit;
    for (const auto& [id, record] : out.state().records) {
        if (record.type != type->id || !record.withdrawn.empty() || id == e.record)
            continue;
        const auto* cited = field ? current_value(record, field->id) : nullptr;
        const auto* ref = cited ? std::get_if<schema::Ref>(cited) : nullptr;
        if (!field || (ref && changed.contains(ref->record)))
            hit.push_back(id);
    }
    for (const auto& id : hit) {
        auto effect = effect_on(e, Effect::Kind::stale, rule.id, paragraph(rule.refs));
        effect.record = id;
        effect.type = type->id;
        effect.group = type->groups.front().id;
        out.add(std::move(effect));
    }
}

// The rule by which a change of a record of type `cited` makes records of `type` stale that cite it in `field`.
const Notify* stale_rule(const RecordType& cited, const RecordType& type, const schema::Field& field)
{
    const auto name = type.name + "." + field.name;
    const auto at = std::find_if(cited.notify.begin(), cited.notify.end(),
                                 [&](const Notify& rule) { return rule.marks_stale == name; });
    return at == cited.notify.end() ? nullptr : &*at;
}

// The other order of the same two saves: what is written, offline, to rest on something that has since ended is as
// stale as if it had arrived before the end (IN-96).
void stale_on_arrival(Collector& out, const Event& e)
{
    if (!in_record(e.ruling))
        return;
    for (const auto& field : e.group.fields) {
        const auto* v = find(e.values, field.id);
        const auto* ref = v ? std::get_if<schema::Ref>(v) : nullptr;
        const auto* cited = ref ? out.state().record(ref->record) : nullptr;
        const auto* type = cited ? out.policy().type(cited->type) : nullptr;
        const auto* rule = type && type->succession ? stale_rule(*type, e.type, field) : nullptr;
        if (!rule || !date_of(current_value(*cited, type->succession->ends)))
            continue;
        out.add(effect_on_record(e, Effect::Kind::stale, rule->id, paragraph(rule->refs)));
    }
}

bool notify_applies(const Notify& rule, const Event& e, const CaseState& state)
{
    if (rule.group && *rule.group != e.group.id)
        return false;
    switch (rule.when) {
    case Notify::When::received:
        break;
    case Notify::When::applied:
        if (!in_record(e.ruling))
            return false;
        break;
    case Notify::When::outside:
        if (!e.ruling.outside_policy)
            return false;
        break;
    case Notify::When::suggested:
        if (e.ruling.outcome != Outcome::suggested && e.ruling.outcome != Outcome::conflict)
            return false;
        break;
    }
    return matches(rule.match, state.facts, e.values);
}

void notify(Collector& out, const Event& e, const std::set<RecordId>& changed)
{
    for (const auto& rule : e.type.notify) {
        if (!notify_applies(rule, e, out.state()))
            continue;
        // Expanded first: "lead_agency/case_manager" may be the author's own agency, too.
        std::vector<std::string> roles;
        for (const auto& wanted : rule.roles)
            for (auto& name : expand_role(wanted, e, out.state(), out.policy())) {
                const auto* role = out.policy().role(name);
                if (!rule.not_author_agency || !role || role->agency != e.source.agency)
                    roles.push_back(std::move(name));
            }
        // Whom the record named before is not who has to act now.
        if (in_record(e.ruling) && std::any_of(rule.roles.begin(), rule.roles.end(), schema::names_receiver))
            close_tasks(out, e, rule.id, roles);
        auto text = rule.task;
        if (!in_record(e.ruling) && !rule.unconfirmed.empty())
            text += " (" + rule.unconfirmed + ")";
        if (!rule.task.empty())
            open_tasks(out, e, roles,
                       {rule.id, filled_in(text, e, out.policy()), paragraph(rule.refs), rule.safety, rule.coalesce});
        if (!rule.marks_stale.empty() && in_record(e.ruling))
            mark_stale(out, e, rule, changed);
    }
}

// --- successions: a new address ends the one before it ------------------------------------------------------------

std::set<RecordId> end_predecessors(Collector& out, const Event& e)
{
    std::set<RecordId> changed{e.record};
    if (!e.type.succession || !in_record(e.ruling))
        return changed;
    const auto& rule = *e.type.succession;
    const auto starts = date_of(find(e.values, rule.starts));
    if (!starts)
        return changed;
    struct Other {
        RecordId id;
        const Version* version;
        std::optional<Date> starts, ends;
    };
    std::vector<Other> others;
    for (const auto& [id, record] : out.state().records) {
        const auto* group = record.type == e.type.id && record.withdrawn.empty() ? record.group(e.group.id) : nullptr;
        if (!group || id == e.record || group->current.id.empty())
            continue;
        const auto& values = group->current.values;
        const bool same = std::all_of(rule.same.begin(), rule.same.end(), [&](FieldId field) {
            const auto* a = find(values, field);
            const auto* b = find(e.values, field);
            return a && b && *a == *b;
        });
        if (same)
            others.push_back({id, &group->current, date_of(find(values, rule.starts)), date_of(find(values, rule.ends))});
    }
    const auto starts_one = [&](Date day) {
        return std::any_of(others.begin(), others.end(), [&](const Other& o) { return o.starts == day; });
    };
    std::vector<Effect> ends;
    const auto end = [&](const RecordId& id, const FieldValues& values, const Source& source, Date day) {
        auto effect = effect_on(e, Effect::Kind::set, "succession", paragraph(rule.refs));
        effect.record = id;
        effect.values = values;
        assign(effect.values, rule.ends, day);
        effect.version = effect_version_id(e.version, "succession", ends.size());
        effect.on_behalf = source;
        ends.push_back(std::move(effect));
        changed.insert(id);
    };
    // Whatever the order of arrival: each ends when the next begins. Two that begin on one day stand side by side.
    std::optional<Date> next;
    for (const auto& other : others) {
        if (other.starts && *starts < *other.starts && (!next || *other.starts < *next))
            next = other.starts;
        if (other.starts && !(*other.starts < *starts))
            continue;
        if (!other.ends || (*starts < *other.ends && starts_one(*other.ends)))
            end(other.id, other.version->values, other.version->source, *starts);
    }
    if (next && !date_of(find(e.values, rule.ends)))
        end(e.record, e.values, e.source, *next);
    for (auto& effect : ends)
        out.add(std::move(effect));
    return changed;
}

// --- approvals that a change voids --------------------------------------------------------------------------------

void void_approvals(Collector& out, const Event& e)
{
    if (!in_record(e.ruling))
        return;
    for (const auto& group : e.type.groups) {
        if (!group.binds_to || *group.binds_to != e.group.id)
            continue;
        const auto* record = out.state().record(e.record);
        const auto* state = record ? record->group(group.id) : nullptr;
        if (!state || state->current.id.empty() || state->voided)
            continue;
        auto effect = effect_on(e, Effect::Kind::voided, "approval-voided", paragraph(group.refs));
        effect.group = group.id;
        out.add(std::move(effect));
    }
}

// --- instead: nothing typed is lost -------------------------------------------------------------------------------

void write_instead(Collector& out, const Event& e, std::set<std::string>& written)
{
    if (e.ruling.instead.empty() || !written.insert(e.ruling.instead).second)
        return;
    const schema::Redirect* redirect = nullptr;
    for (const auto& r : e.group.redirects)
        if (r.rule == e.ruling.rule && r.instead)
            redirect = &r;
    const auto* type = redirect ? out.policy().type(redirect->instead->type) : nullptr;
    if (!type)
        return;
    const auto record = type->singleton ? singleton_record_id(out.state().id, type->id)
                                        : effect_record_id(e.version, redirect->rule);
    std::map<schema::GroupId, FieldValues> values;
    for (const auto& [target, source] : redirect->instead->set) {
        const Group* group = nullptr;
        for (const auto& g : type->groups)
            if (g.field(target))
                group = &g;
        if (!group)
            continue;
        schema::Value value = source;
        if (source == "$version") {
            value = schema::VersionRef{e.version};
        } else if (source.starts_with('$')) {
            const auto* field = e.group.field(std::string_view(source).substr(1));
            const auto* given = field ? find(e.values, field->id) : nullptr;
            if (!given)
                continue;
            value = *given;
        }
        assign(values[group->id], target, std::move(value));
    }
    std::size_t index = 0;
    for (auto& [group_id, group_values] : values) {
        auto effect = effect_on(e, Effect::Kind::set, redirect->rule, paragraph(redirect->refs));
        effect.record = record;
        effect.type = type->id;
        effect.group = group_id;
        effect.creates = true;
        effect.values = group_values;
        effect.version = effect_version_id(e.version, redirect->rule, index++);
        effect.on_behalf = e.source;
        const auto* group = type->group(group_id);
        const auto version = effect.version;
        out.add(effect);
        const Ruling written_ruling{Outcome::applied, redirect->rule, {}, {}, {}, false, false, false, false, false, {}, {}};
        const Event written_event{*type, *group, record, version, group_values, e.source, written_ruling, true};
        notify(out, written_event, {record});
    }
}

void react(Collector& out, const Event& e, const Received& received, Instant event_at, std::set<std::string>& written)
{
    write_instead(out, e, written);
    const bool nothing_new = e.ruling.outcome == Outcome::merged && e.ruling.rule != schema::rule_names::text_merged;
    if (e.ruling.outcome == Outcome::refused || nothing_new)
        return;
    if (e.ruling.outside_policy)
        out.add(effect_on_record(e, Effect::Kind::outside, e.ruling.rule, e.ruling.paragraph));
    if (e.created && e.type.late_after_days > 0 && event_at.ms != 0 &&
        schema::day_in_england(event_at).days + e.type.late_after_days < schema::day_in_england(received.at).days)
        out.add(effect_on_record(e, Effect::Kind::late, "late", paragraph(e.type.refs)));
    const auto changed = end_predecessors(out, e);
    void_approvals(out, e);
    link_records(out, e);
    stale_on_arrival(out, e);
    notify(out, e, changed);
}

}  // namespace

std::vector<Effect> consequences(CaseState& state, const OpenedChangeset& changeset,
                                 std::span<const Ruling> rulings, const Policy& policy, const Received& received)
{
    const Source source{changeset.id, changeset.header.author, changeset.header.hat.agency,
                        changeset.header.hat.role};
    // The common record reacts to nothing.
    bool quiet = true;
    for (std::size_t i = 0; i < rulings.size() && quiet; ++i) {
        const auto& change = changeset.changes[i];
        const auto* type = change.op == Op::task ? nullptr : policy.type(change.type);
        quiet = !(change.op == Op::task && change.resolution == schema::Resolution::done);
        if (!type)
            continue;
        SliceNeeds needs;
        need_type(needs, policy, *type, changeset, change.record);
        const auto* group = type->group(change.group);
        const bool bound = std::any_of(type->groups.begin(), type->groups.end(),
                                       [&](const Group& g) { return g.binds_to == change.group; });
        const bool cites = std::any_of(change.values.begin(), change.values.end(), [](const schema::FieldValue& v) {
            return std::holds_alternative<schema::Ref>(v.value);
        });
        quiet = needs.types.empty() && !needs.tasks && type->notify.empty() && type->late_after_days == 0 && !bound &&
                !cites && !rulings[i].outside_policy && !rulings[i].returns && rulings[i].instead.empty() && group && change.op != Op::resolve;
    }
    if (quiet)
        return {};

    // What a resolution put into the record counts as that value from its resolver; as the fold left it, before any effect.
    std::vector<std::optional<FieldValues>> standing(rulings.size());
    for (std::size_t i = 0; i < rulings.size(); ++i) {
        const auto& change = changeset.changes[i];
        const auto* record = change.op == Op::task ? nullptr : state.record(change.record);
        const auto* group = record ? record->group(change.group) : nullptr;
        if (group && (group->current.id == changeset.versions[i] || group->current.id == merged_version_id(changeset.versions[i])))
            standing[i] = group->current.values;
    }

    Collector out(state, policy);
    std::set<schema::TypeId> types;
    Touched touched;
    std::set<std::string> written;
    for (std::size_t i = 0; i < rulings.size(); ++i) {
        const auto& change = changeset.changes[i];
        if (change.op == Op::task) {
            if (rulings[i].outcome == Outcome::applied && change.resolution == schema::Resolution::done && !change.targets.empty())
                touched.done.insert(TaskId{change.targets.front().bytes});
            continue;
        }
        const auto* type = policy.type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        if (!group)
            continue;
        types.insert(type->id);
        if (rulings[i].outcome != Outcome::refused)
            touched.records.insert(change.record);
        const auto& values = standing[i] ? *standing[i] : change.values;
        const Event event{*type, *group, change.record, changeset.versions[i], values, source, rulings[i],
                          change.creates};
        // Who reads the record may see less than what brought it back.
        if (rulings[i].returns && group->id != type->groups.front().id)
            out.add(effect_on_record(event, Effect::Kind::returned, rulings[i].rule, rulings[i].paragraph));
        if (change.op == Op::resolve && rulings[i].outcome == Outcome::applied) {
            if (change.resolution == schema::Resolution::escalate)
                pass_up(out, event, change);
            else if (change.resolution != schema::Resolution::comment)
                close_tasks(out, event, std::string(escalated));
        }
        if (change.op == Op::resolve && !standing[i])
            continue;
        react(out, event, received, changeset.header.event_at, written);
        for (const auto& redirect : group->redirects)
            if (const auto* instead = redirect.instead ? policy.type(redirect.instead->type) : nullptr)
                types.insert(instead->id);
    }
    // An empty set would mean every fact, and the slice holds the records of the touched types only.
    const auto& cause = changeset.versions.front();
    if (!types.empty())
        for (auto& effect : derive_facts(out.state(), policy, received.today, types, cause))
            out.add(std::move(effect));
    run_clocks(out, changeset, touched, received.today, cause);
    return std::move(out).take();
}

}  // namespace satchel::sync
