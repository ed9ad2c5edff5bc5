#include "sync/core/consequences.hpp"

#include <algorithm>

#include "sync/core/audience.hpp"
#include "sync/core/authority.hpp"

namespace satchel::sync {
namespace {

using schema::Change;
using schema::Deadline;
using schema::FactRule;
using schema::FieldId;
using schema::FieldValues;
using schema::Group;
using schema::Notify;
using schema::Op;
using schema::Policy;
using schema::RecordType;

std::string paragraph(const schema::References& refs) { return refs.empty() ? std::string() : refs.front(); }

bool in_record(const Ruling& r) { return r.outcome == Outcome::applied || r.outcome == Outcome::merged; }

const schema::Value* current_value(const RecordState& record, FieldId field)
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

// Effects are folded into a working copy as they arise, so that each sees what those before it did.
class Collector {
public:
    Collector(CaseState state, const Policy& policy) : state_(std::move(state)), policy_(policy) {}

    void add(Effect effect)
    {
        fold(state_, effect);
        out_.push_back(std::move(effect));
    }
    [[nodiscard]] const CaseState& state() const noexcept { return state_; }
    [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
    [[nodiscard]] std::vector<Effect> take() && { return std::move(out_); }

private:
    CaseState state_;
    const Policy& policy_;
    std::vector<Effect> out_;
};

// One ruled change, or one value that the system set for someone, seen from the rules that react to it.
struct Event {
    const RecordType& type;
    const Group& group;
    RecordId record;
    VersionId version;
    const FieldValues& values;
    Source source;
    const Ruling& ruling;
    bool created;
};

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

// On the record as a whole: for readers of the type's first group.
Effect effect_on_record(const Event& e, Effect::Kind kind, std::string rule, std::string para)
{
    auto out = effect_on(e, kind, std::move(rule), std::move(para));
    out.group = e.type.groups.front().id;
    return out;
}

// --- tasks ------------------------------------------------------------------------------------------------------

std::vector<std::string> expand_role(const std::string& role, const Event& e, const CaseState& state,
                                     const Policy& policy)
{
    if (policy.role(role))
        return {role};
    const Scene scene{policy, state.facts, state.record(e.record), &e.values};
    const auto text = role == "resolver" ? e.ruling.decided_by : role;
    const auto authority = schema::parse_authority(text, &e.type);
    return authority ? roles_of(*authority, scene) : std::vector<std::string>{};
}

std::string filled_in(std::string words, const Event& e, const Policy& policy)
{
    const auto* agency = policy.agency(e.source.agency);
    const std::string_view mark = "{agency}";
    for (auto at = words.find(mark); at != std::string::npos; at = words.find(mark))
        words.replace(at, mark.size(), agency ? agency->title : e.source.agency);
    return words;
}

struct TaskWords {
    std::string rule;
    std::string text;
    std::string para;
    bool safety = false;
    bool coalesce = false;
    Date due;
};

// A task's audience is never wider than its trigger's: no task for a role that may not see what it is about.
bool role_sees(const Collector& out, const Event& e, const std::string& name)
{
    const auto* role = out.policy().role(name);
    const Viewer viewer{CredentialId{}, {{role ? role->agency : std::string(), {}, name}}};
    return may_see(out.policy(), e.type, e.group, out.state().record(e.record), out.state().facts, viewer);
}

void open_tasks(Collector& out, const Event& e, const std::vector<std::string>& roles, const TaskWords& words)
{
    for (const auto& wanted : roles) {
        for (const auto& role : expand_role(wanted, e, out.state(), out.policy())) {
            const auto id = task_id(e.version, words.rule, role);
            if (out.state().tasks.contains(id) || !role_sees(out, e, role))
                continue;
            if (words.coalesce) {
                const bool open = std::any_of(out.state().tasks.begin(), out.state().tasks.end(), [&](const auto& t) {
                    return t.second.rule == words.rule && t.second.role == role &&
                           t.second.type == e.type.id && t.second.group == e.group.id &&
                           (!audience_depends_on_record(e.group) || t.second.record == e.record) &&
                           t.second.state == Task::State::open;
                });
                if (open)
                    continue;
            }
            auto effect = effect_on(e, Effect::Kind::task_opened, words.rule, words.para);
            effect.task = {id,      words.rule, role,         words.text,   e.record, e.type.id, e.group.id,
                           e.version, words.para, words.safety, words.due, Task::State::open};
            out.add(std::move(effect));
        }
    }
}

void close_tasks(Collector& out, const Event& e, const std::string& rule, bool whole_case)
{
    std::vector<Task> closing;
    for (const auto& [id, task] : out.state().tasks)
        if (task.rule == rule && task.cause != e.version && (whole_case || task.record == e.record) &&
            (task.state == Task::State::open || task.state == Task::State::acknowledged))
            closing.push_back(task);
    for (auto& task : closing) {
        auto effect = effect_on(e, Effect::Kind::task_closed, rule, task.paragraph);
        task.state = Task::State::superseded;
        effect.task = std::move(task);
        out.add(std::move(effect));
    }
}

// --- stale: what rests on something that changed ------------------------------------------------------------------

void mark_stale(Collector& out, const Event& e, const Notify& rule, const std::set<RecordId>& changed)
{
    const auto dot = rule.marks_stale.find('.');
    const auto* type = out.policy().type(rule.marks_stale.substr(0, dot));
    if (!type || type->groups.empty())
        return;
    const auto field_name = dot == std::string::npos ? std::string() : rule.marks_stale.substr(dot + 1);
    const auto* group = field_name.empty() ? &type->groups.front() : type->group_of_field(field_name);
    const auto* field = group && !field_name.empty() ? group->field(field_name) : nullptr;
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
        auto text = rule.task;
        if (!in_record(e.ruling) && !rule.unconfirmed.empty())
            text += " (" + rule.unconfirmed + ")";
        if (!rule.task.empty())
            open_tasks(out, e, roles,
                       {rule.id, filled_in(text, e, out.policy()), paragraph(rule.refs), rule.safety, rule.coalesce,
                        Date{}});
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
    const auto starts_one = [&](const std::optional<Date>& day) {
        return day && std::any_of(others.begin(), others.end(), [&](const Other& o) { return o.starts == day; });
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
        if (!other.ends || (*starts < *other.ends && starts_one(other.ends)))
            end(other.id, other.version->values, other.version->source, *starts);
    }
    if (next && !date_of(find(e.values, rule.ends)))
        end(e.record, e.values, e.source, *next);
    for (auto& effect : ends)
        out.add(std::move(effect));
    return changed;
}

// --- links: two accounts of one thing -----------------------------------------------------------------------------

// What a record says of a field, over its value or its elements; for one agency only when `agency` is given.
std::set<std::string> said(const RecordState& record, FieldId field, std::string_view agency)
{
    std::set<std::string> out;
    for (const auto& group : record.groups) {
        if (agency.empty())
            if (const auto* v = find(group.current.values, field))
                out.insert(to_text(*v));
        for (const auto& element : group.elements)
            if (agency.empty() || element.source.agency == agency)
                if (const auto* v = find(element.values, field))
                    out.insert(to_text(*v));
    }
    return out;
}

// One record on which two agencies each own what they observed: do their accounts differ?
bool differs_within(const RecordState& record, FieldId field)
{
    std::set<std::string> agencies;
    for (const auto& group : record.groups)
        for (const auto& element : group.elements)
            if (find(element.values, field))
                agencies.insert(element.source.agency);
    std::set<std::string> first;
    bool have_first = false;
    for (const auto& agency : agencies) {
        auto now = said(record, field, agency);
        if (have_first && now != first)
            return true;
        first = std::move(now);
        have_first = true;
    }
    return false;
}

const RecordLink* link_between(const RecordState& a, const RecordId& b, std::string_view rule)
{
    for (const auto& link : a.links)
        if (link.other == b && link.rule == rule)
            return &link;
    return nullptr;
}

// So many say what there is to say; without a bound, n accounts of one thing would make n * n links.
constexpr std::ptrdiff_t links_per_rule_max = 8;

std::ptrdiff_t links_by(const RecordState& record, std::string_view rule)
{
    return std::count_if(record.links.begin(), record.links.end(),
                         [&](const RecordLink& link) { return link.rule == rule; });
}

void link_records(Collector& out, const Event& e)
{
    const auto* self = out.state().record(e.record);
    if (!in_record(e.ruling) || !self || e.type.links.empty())
        return;
    for (const auto& rule : e.type.links) {
        std::vector<std::pair<RecordId, bool>> found;
        if (rule.differs && differs_within(*self, *rule.differs))
            found.emplace_back(e.record, true);
        for (const auto& [id, other] : out.state().records) {
            if (other.type != e.type.id || id == e.record || !other.withdrawn.empty())
                continue;
            if (rule.across_agencies && other.created.agency == self->created.agency)
                continue;
            const bool same = std::all_of(rule.same.begin(), rule.same.end(), [&](FieldId field) {
                const auto* a = current_value(*self, field);
                const auto* b = current_value(other, field);
                return a && b && !is_null(*a) && *a == *b;
            });
            if (same)
                found.emplace_back(id, rule.differs && said(*self, *rule.differs, {}) != said(other, *rule.differs, {}));
        }
        for (const auto& [other, differs] : found) {
            const auto* link = link_between(*out.state().record(e.record), other, rule.id);
            if (link && link->discrepancy == differs)
                continue;
            if (!link && links_by(*out.state().record(e.record), rule.id) >= links_per_rule_max)
                break;
            auto effect = effect_on_record(e, Effect::Kind::link, rule.id, paragraph(rule.refs));
            effect.other = other;
            effect.flag = differs;
            out.add(std::move(effect));
            if (!rule.task.empty() && (differs || !rule.differs))
                open_tasks(out, e, rule.roles,
                           {rule.id, filled_in(rule.task, e, out.policy()), paragraph(rule.refs), false, true, Date{}});
        }
    }
}

// --- deadlines ----------------------------------------------------------------------------------------------------

bool later_clock_runs(const CaseState& state, const Event& e, const std::string& rule, Date due)
{
    return std::any_of(state.tasks.begin(), state.tasks.end(), [&](const auto& t) {
        return t.second.rule == rule && t.second.record != e.record && due < t.second.due &&
               (t.second.state == Task::State::open || t.second.state == Task::State::acknowledged);
    });
}

void run_deadlines(Collector& out, const Event& e)
{
    if (!in_record(e.ruling))
        return;
    for (const auto& rule : out.policy().deadlines) {
        const bool starts = rule.type == e.type.name && rule.group == e.group.name;
        const bool closes = !rule.closes_type.empty() && rule.closes_type == e.type.name;
        if (!starts && !closes)
            continue;
        const auto from = starts ? date_of(find(e.values, rule.field)) : std::nullopt;
        auto due = from ? add_months(*from, rule.months) : Date{};
        due.days += rule.days;
        // What counts is when it happened: one that arrives late does not restart the clock of a later one (L1-255).
        if (closes && from && later_clock_runs(out.state(), e, rule.id, due))
            continue;
        // A moved source date, or the next record of the kind, replaces the task of the one before.
        close_tasks(out, e, rule.id, closes && from.has_value());
        if (!from || !matches(rule.applies, out.state().facts, e.values))
            continue;
        open_tasks(out, e, {rule.role}, {rule.id, rule.task, paragraph(rule.refs), false, false, due});
    }
}

// Does a record of the type stand that could have met the deadline?
bool met_by_another(const CaseState& state, const Policy& policy, const Deadline& rule)
{
    const auto* type = policy.type(rule.closes_type);
    return type && rule.closes_type != rule.type &&
           std::any_of(state.records.begin(), state.records.end(), [&](const auto& r) {
               return r.second.type == type->id && r.second.withdrawn.empty();
           });
}

// A record that is withdrawn neither starts a clock nor meets a deadline any longer: the clock that it had replaced runs
// again, or a review would be missed because of one that never was (L1-255).
void restart_clocks(Collector& out, const Event& e)
{
    for (const auto& rule : out.policy().deadlines) {
        if (rule.type != e.type.name && rule.closes_type != e.type.name)
            continue;
        close_tasks(out, e, rule.id, false);
        if (rule.closes_type.empty() || met_by_another(out.state(), out.policy(), rule))
            continue;
        std::optional<Task> last;
        bool runs = false;
        for (const auto& [id, task] : out.state().tasks) {
            if (task.rule != rule.id)
                continue;
            runs = runs || task.state == Task::State::open || task.state == Task::State::acknowledged;
            const auto* record = out.state().record(task.record);
            const auto* group = record && record->withdrawn.empty() ? record->group(task.group) : nullptr;
            if (task.state == Task::State::superseded && group && group->current.id == task.cause &&
                (!last || last->due < task.due))
                last = task;
        }
        if (runs || !last)
            continue;
        // For those whose task it is now: the lead may have changed since.
        for (const auto& role : expand_role(rule.role, e, out.state(), out.policy())) {
            auto effect = effect_on(e, Effect::Kind::task_opened, rule.id, last->paragraph);
            effect.task = *last;
            effect.task.id = task_id(last->cause, rule.id, role);
            effect.task.role = role;
            effect.task.state = Task::State::open;
            out.add(std::move(effect));
        }
    }
}

// --- passed up: those who have a disagreement do not settle it ------------------------------------------------------

constexpr std::string_view escalated = "escalated";
constexpr std::string_view line_manager = "line_manager";  // the duty of those to whom agencies pass things up

// To the one role that the agreement names to decide it (a Chair, a Governor); else to the line managers of every agency
// with a side in it, and to the co-ordination unit where a side is missing or there is no line manager.
std::vector<std::string> those_above(const Collector& out, const Event& e, const OpenItem& item)
{
    const auto authority = schema::parse_authority(item.decided_by, &e.type);
    if (authority && authority->kind == schema::Authority::Kind::role)
        return {authority->name};
    const auto* record = out.state().record(e.record);
    const auto* group = record ? record->group(e.group.id) : nullptr;
    const auto standing = group ? group->current.source.agency : std::string();
    std::vector<std::string> roles;
    for (const auto& role : out.policy().roles)
        if ((role.agency == standing || role.agency == item.side.source.agency) &&
            std::find(role.duties.begin(), role.duties.end(), line_manager) != role.duties.end())
            roles.push_back(role.name);
    const auto& unit = out.policy().scope.coordination_role;
    if ((roles.empty() || standing.empty()) && std::find(roles.begin(), roles.end(), unit) == roles.end())
        roles.push_back(unit);
    return roles;
}

void pass_up(Collector& out, const Event& e, const Change& change)
{
    const auto* record = out.state().record(e.record);
    const auto* group = record ? record->group(e.group.id) : nullptr;
    if (!group || change.targets.empty())
        return;
    const auto item = std::find_if(group->open.begin(), group->open.end(),
                                   [&](const OpenItem& open) { return open.side.id == change.targets.front(); });
    if (item == group->open.end())
        return;
    const bool conflict = item->kind == OpenItem::Kind::conflict;
    open_tasks(out, e, those_above(out, e, *item),
               {std::string(escalated),
                filled_in(conflict ? "Passed up by {agency}: two versions wait for a decision"
                                   : "Passed up by {agency}: a suggestion waits for a decision",
                          e, out.policy()),
                paragraph(e.group.refs), false, false, Date{}});
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
        run_deadlines(out, written_event);
    }
}

void react(Collector& out, const Event& e, const Received& received, Instant event_at, std::set<std::string>& written)
{
    write_instead(out, e, written);
    const bool nothing_new = e.ruling.outcome == Outcome::merged && e.ruling.rule != "text-merged";
    if (e.ruling.outcome == Outcome::refused || nothing_new)
        return;
    if (e.ruling.outside_policy)
        out.add(effect_on_record(e, Effect::Kind::outside, e.ruling.rule, e.ruling.paragraph));
    if (e.created && e.type.late_after_days > 0 && event_at.ms != 0 &&
        day_of(event_at).days + e.type.late_after_days < day_of(received.at).days)
        out.add(effect_on_record(e, Effect::Kind::late, "late", paragraph(e.type.refs)));
    const auto changed = end_predecessors(out, e);
    void_approvals(out, e);
    link_records(out, e);
    run_deadlines(out, e);
    stale_on_arrival(out, e);
    notify(out, e, changed);
}

// --- facts --------------------------------------------------------------------------------------------------------

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

Facts initial_facts(const Policy& policy)
{
    Facts out;
    for (const auto& rule : policy.facts)
        if (!rule.otherwise.empty())
            out[rule.name] = rule.otherwise;
    return out;
}

std::vector<Effect> derive_facts(const CaseState& state, const Policy& policy, Date today,
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

namespace {

void need_type(SliceNeeds& needs, const Policy& policy, const RecordType& type)
{
    if (type.succession || !type.links.empty())
        needs.types.insert(type.id);
    for (const auto& rule : type.notify) {
        if (!rule.marks_stale.empty())
            if (const auto* stale = policy.type(rule.marks_stale.substr(0, rule.marks_stale.find('.'))))
                needs.types.insert(stale->id);
        needs.tasks = needs.tasks || rule.coalesce;
    }
    for (const auto& rule : policy.facts)
        if (rule.type == type.name)
            needs.types.insert(type.id);
    for (const auto& rule : policy.deadlines)
        needs.tasks = needs.tasks || rule.type == type.name || rule.closes_type == type.name;
    needs.tasks = needs.tasks || !type.links.empty();
}

// What restart_clocks looks at.
void need_clocks(SliceNeeds& needs, const Policy& policy, const RecordType& type)
{
    for (const auto& rule : policy.deadlines)
        if (rule.type == type.name || rule.closes_type == type.name)
            for (const auto& name : {rule.type, rule.closes_type})
                if (const auto* needed = policy.type(name))
                    needs.types.insert(needed->id);
}

void need_values(SliceNeeds& needs, const FieldValues& values)
{
    for (const auto& v : values)
        if (const auto* ref = std::get_if<schema::Ref>(&v.value))
            needs.records.insert(ref->record);
}

}  // namespace

SliceNeeds slice_needs(const Policy& policy, const OpenedChangeset& changeset)
{
    SliceNeeds needs;
    for (const auto& change : changeset.changes) {
        if (change.op == Op::task) {
            needs.tasks = true;
            continue;
        }
        needs.records.insert(change.record);
        need_values(needs, change.values);
        if (const auto* type = policy.type(change.type)) {
            need_type(needs, policy, *type);
            if (change.op == Op::withdraw || change.op == Op::resolve)
                need_clocks(needs, policy, *type);
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

std::vector<Effect> consequences(const CaseState& state, const OpenedChangeset& changeset,
                                 std::span<const Ruling> rulings, const Policy& policy, const Received& received)
{
    const Source source{changeset.id, changeset.header.author, changeset.header.hat.agency,
                        changeset.header.hat.role};
    // The common record reacts to nothing: no copy of the state is made for it.
    bool quiet = true;
    for (std::size_t i = 0; i < rulings.size() && quiet; ++i) {
        const auto& change = changeset.changes[i];
        const auto* type = change.op == Op::task ? nullptr : policy.type(change.type);
        if (!type)
            continue;
        SliceNeeds needs;
        need_type(needs, policy, *type);
        const auto* group = type->group(change.group);
        const bool bound = std::any_of(type->groups.begin(), type->groups.end(),
                                       [&](const Group& g) { return g.binds_to == change.group; });
        const bool cites = std::any_of(change.values.begin(), change.values.end(), [](const schema::FieldValue& v) {
            return std::holds_alternative<schema::Ref>(v.value);
        });
        quiet = needs.types.empty() && !needs.tasks && type->notify.empty() && type->late_after_days == 0 && !bound &&
                !cites && !rulings[i].outside_policy && rulings[i].instead.empty() && group && change.op != Op::resolve;
    }
    if (quiet)
        return {};

    Collector out(state, policy);
    std::set<schema::TypeId> types;
    std::set<std::string> written;
    for (std::size_t i = 0; i < rulings.size(); ++i) {
        const auto& change = changeset.changes[i];
        if (change.op == Op::task)
            continue;
        const auto* type = policy.type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        if (!group)
            continue;
        types.insert(type->id);
        // What a resolution put into the record counts as that value from its resolver.
        const auto* record = state.record(change.record);
        const auto* group_state = record ? record->group(change.group) : nullptr;
        const bool now_current = group_state && group_state->current.id == changeset.versions[i];
        const bool now_withdrawn = record && record->withdrawn == changeset.versions[i];
        const auto& values = now_current ? group_state->current.values : change.values;
        const Event event{*type, *group, change.record, changeset.versions[i], values, source, rulings[i],
                          change.creates};
        if (now_withdrawn)
            restart_clocks(out, event);
        if (change.op == Op::resolve && rulings[i].outcome == Outcome::applied) {
            if (change.resolution == schema::Resolution::escalate)
                pass_up(out, event, change);
            else if (change.resolution != schema::Resolution::comment)
                close_tasks(out, event, std::string(escalated), false);
        }
        if (change.op == Op::resolve && !now_current)
            continue;
        react(out, event, received, changeset.header.event_at, written);
        for (const auto& redirect : group->redirects)
            if (const auto* instead = redirect.instead ? policy.type(redirect.instead->type) : nullptr)
                types.insert(instead->id);
    }
    // An empty set would mean every fact, and the slice holds the records of the touched types only.
    if (!types.empty())
        for (auto& effect : derive_facts(out.state(), policy, received.today, types, changeset.versions.front()))
            out.add(std::move(effect));
    return std::move(out).take();
}

}  // namespace satchel::sync
