#include "sync/core/reconcile.hpp"

#include <algorithm>
#include <set>

#include "schema/base/mutant.hpp"
#include "schema/policy/rule_names.hpp"
#include "sync/core/audience.hpp"
#include "sync/core/edits.hpp"
#include "sync/core/gates.hpp"
#include "sync/core/protection.hpp"
#include "sync/core/resolutions.hpp"

namespace satchel::sync {
namespace {

using namespace judging;  // NOLINT: its other half
using schema::Authority;
using schema::Change;
using schema::Merge;
using schema::Op;
using schema::RecordType;
using schema::Resolution;

std::optional<Ruling> withdrawn_ruling(const Bench& b)
{
    if (!b.record || b.record->withdrawn.empty() || b.change.op == Op::resolve)
        return {};
    if (b.change.op == Op::withdraw) {
        Ruling r = applied("already-gone", paragraph(b.type.refs));
        r.outcome = Outcome::merged;
        return r;
    }
    if (b.change.op == Op::add && b.group.merge == Merge::add_wins)
        return {};  // protection needs no ownership, and no standing record either
    if (b.change.base == b.record->withdrawn)
        return refused("withdrawn", paragraph(b.type.refs),
                       "The record was withdrawn before this was written. Record it anew if it stands.");
    // It does not ask whether the record stands: who supplied that has no say in what others take out of their own.
    if (b.change.op == Op::remove && each_keeps_its_own(b))
        return {};
    if (!b.event())
        if (auto r = value_refusal(b))
            return r;
    auto r = waiting(Outcome::conflict, std::string(schema::rule_names::edited_while_withdrawn), paragraph(b.type.refs), b.resolver());
    mark_amended(r, amended_item(b));
    return r;
}

// Who decides on it, by what the record holds.
Ruling withdrawal_of(const Bench& b)
{
    const Authority supplier{Authority::Kind::supplier, {}, {}};
    if (!b.author_holds(supplier, b.now()) && !mutant(Mutant::anybody_withdraws))
        return waiting(Outcome::suggested, "not-supplier", paragraph(b.type.refs), supplier);
    // What others decided or added on the record does not go with it: they are asked. The owner of a part that the author
    // may not see is asked whether there is anything in it or not, for the ruling would tell them (I12).
    const Viewer author{b.context.author.credential, b.context.author.hats};
    static const schema::FieldValues untold;
    const auto& agency = b.changeset.header.hat.agency;
    const auto foreign = [&](const Version& v) { return !v.id.empty() && v.source.agency != agency; };
    for (const auto& group : b.type.groups) {
        const bool hidden = !may_see(b.policy(), b.type, group, b.record, b.state.facts, author);
        const auto* state = hidden ? nullptr : b.record->group(group.id);
        const bool raised = state && group.merge == Merge::add_wins && !state->elements.empty();
        const bool others =
            state && (foreign(state->current) || std::any_of(state->elements.begin(), state->elements.end(), foreign));
        if (hidden || raised || others) {
            const auto& owner = owner_of(group, b.state.facts, state ? state->current.values : untold);
            if (!b.author_holds(owner, b.now()) || owner.kind == Authority::Kind::supplier)
                return waiting(Outcome::suggested, "others-work", paragraph(b.type.refs),
                               owner.kind == Authority::Kind::supplier
                                   ? Authority{Authority::Kind::lead_agency, {}, {}}
                                   : owner);
        }
    }
    // It would leave readers with less protection: another person agrees to it. What the author may not see has gone to its
    // owner above, and owners see what is theirs: the compiler holds to it.
    for (const auto& group : b.type.groups) {
        const auto* state = b.record->group(group.id);
        if (state && group.safe_side && group.safe_side->second_person && protects(group, prompting_values(group, *state))) {
            auto r = waiting(Outcome::suggested, "second-person", paragraph(group.safe_side->refs),
                             owner_of(group, b.state.facts, state->current.values));
            r.who_can = "It leaves less protection than there is now, so a second person who may decide it must agree.";
            return r;
        }
    }
    return applied("supplier", paragraph(b.type.refs));
}

Ruling withdraw_ruling(const Bench& b)
{
    if (b.change.reason.empty())
        return refused("needs-reason", paragraph(b.type.refs), "Withdrawing needs a reason.");
    if (!b.record || b.group.id != b.type.groups.front().id)
        return refused("not-found", paragraph(b.type.refs), "There is no such record on the case.");
    if (b.type.singleton)
        return refused("one-per-case", paragraph(b.type.refs), "A case always has this record. Correct it instead.");
    auto r = withdrawal_of(b);
    if (auto shut = gate_refusal(b, /*decides=*/r.outcome == Outcome::applied || r.rule == "second-person"))
        return *std::move(shut);
    return r;
}

Ruling task_ruling(const CaseState& state, const schema::Changeset& changeset, const Change& change,
                   const schema::Policy& policy)
{
    const Task* task = nullptr;
    if (change.targets.size() == 1) {
        const auto at = state.tasks.find(TaskId{change.targets.front().bytes});
        task = at == state.tasks.end() ? nullptr : &at->second;
    }
    // One answer, whether there is none or it is another role's: it may be about what this author may not see (I12).
    const auto& own = changeset.header.hat.role;
    if (!task || (own != task->role && !covers(policy, own, task->role) && !mutant(Mutant::anybody_finishes)))
        return refused("not-found", {}, "There is no such task on the case for the role that it was written under.");
    if (change.resolution != Resolution::acknowledged && change.resolution != Resolution::done)
        return refused("no-such-step", task->paragraph, "A task is acknowledged or done.");
    if (task->state == Task::State::superseded)
        return refused("superseded", task->paragraph, "A later version of what it was about has replaced it.");
    return applied("task");
}

bool sees_any_of(const schema::Policy& policy, const RecordState& record, const Facts& facts, const Viewer& viewer)
{
    const auto* type = policy.type(record.type);
    return type && std::any_of(record.groups.begin(), record.groups.end(), [&](const GroupState& g) {
               const auto* group = type->group(g.id);
               return group && may_see(policy, *type, *group, &record, facts, viewer);
           });
}

constexpr std::ptrdiff_t open_per_author_max = 32;

bool too_many_open(const Bench& b)
{
    if (!b.group_state || b.change.op == Op::resolve || b.event())
        return false;
    return std::count_if(b.group_state->open.begin(), b.group_state->open.end(), [&](const OpenItem& item) {
               return item.side.source.author == b.context.author.credential && item.side.id != b.change.base;
           }) >= open_per_author_max;
}

// A new record is begun by whoever may record it, with whichever part they begin. What happened is anybody's to record.
Ruling created_by_who_may(const Bench& b, Ruling r)
{
    if (b.record || r.outcome == Outcome::refused || !r.instead.empty() || b.author_holds_any(b.type.create, b.now()) ||
        b.author_holds_any(b.type.create, b.seen()))
        return r;
    std::string who;
    for (const auto& a : b.type.create)
        who += (who.empty() ? "" : " or ") + in_words(a, b.now());
    return refused("may-not-create", paragraph(b.type.refs), "It can be recorded by " + who + ".");
}

Ruling judge(const CaseState& state, const schema::Changeset& changeset, const Change& change,
             const Context& context)
{
    const auto& policy = *context.policy;
    if (change.op == Op::task)
        return task_ruling(state, changeset, change, policy);
    const auto* type = policy.type(change.type);
    if (!type)
        return refused("unknown-type", {}, "The agreement in force does not know this kind of record.");
    const auto* group = type->group(change.group);
    if (!group)
        return refused("unknown-group", paragraph(type->refs), "The agreement in force does not know this part.");
    if (change.values.size() > schema::values_stated_max)
        return refused("too-many-values", paragraph(type->refs), "It states more values than a part can hold.");
    if (type->singleton ? change.record != singleton_record_id(state.id, type->id) : is_singleton_id(change.record))
        return refused("wrong-id", paragraph(type->refs), "The record's id is not one that it can have.");
    const auto* record = state.record(change.record);
    const Viewer author{context.author.credential, {changeset.header.hat}};
    if (record && !sees_any_of(policy, *record, state.facts, author))
        record = nullptr;  // to its author there is no such record (I12)
    const auto* group_state = record ? record->group(group->id) : nullptr;
    // Whoever may not see a part is not told by a ruling what it holds (I12).
    if (group_state && !may_see(policy, *type, *group, record, state.facts, author) &&
        !holds(owner_of(*group, state.facts, change.values), changeset.header.hat, context.author.credential,
               {policy, state.facts, record, &change.values}))
        group_state = nullptr;
    const Bench b{state, changeset, context, change, *type, *group, record, group_state};

    const bool made_of_another_kind = std::any_of(changeset.changes.begin(), changeset.changes.end(), [&](const Change& other) {
        return other.creates && other.record == change.record && other.type != change.type;
    });
    if (made_of_another_kind || (record && record->type != change.type))
        return refused("wrong-type", paragraph(type->refs), "The record is of another kind.");
    if (!record && (!change.creates || state.record(change.record)))
        return refused("not-found", paragraph(type->refs), "There is no such record on the case.");
    if (record && change.creates && !type->singleton && record->created.author != context.author.credential)
        return refused("already-there", paragraph(type->refs), "The record is there already. Edit it instead.");
    if (too_many_open(b))
        return refused("too-many-open", paragraph(type->refs),
                       "Many suggestions of yours wait here already. Have some of them settled first.");

    const bool element_op = change.op == Op::add || change.op == Op::remove;
    const bool set_group = group->merge == Merge::append || group->merge == Merge::add_wins;
    if (change.op != Op::withdraw && change.op != Op::resolve && element_op != set_group)
        return refused("wrong-operation", paragraph(group->refs),
                       set_group ? "It is a list: add to it or take from it." : "It is not a list: set it.");
    if (auto r = withdrawn_ruling(b))
        return *std::move(r);
    if (change.op == Op::withdraw)
        return withdraw_ruling(b);
    if (change.op == Op::resolve)
        return resolve_ruling(b);
    if (b.event() && !element_op)
        return event_ruling(b);
    const bool happened = b.event() && change.op == Op::add;
    auto excepted = element_op ? redirected(b) : std::nullopt;
    if (excepted && excepted->outcome == Outcome::refused && !happened)
        return *std::move(excepted);
    if (!b.event()) {
        if (auto r = value_refusal(b))
            return *std::move(r);
        if (auto r = reason_refusal(b))
            return *std::move(r);
    }
    if (element_op) {
        const bool decides = !excepted && (standing(b) == Standing::authorised || b.author_holds_any(type->create, b.now()));
        if (change.op == Op::add)
            if (auto r = gate_refusal(b, decides))  // nobody is asked to decide on what may not stand
                return *std::move(r);
        if (excepted && excepted->outcome != Outcome::refused)
            return b.event() ? *std::move(excepted) : created_by_who_may(b, *std::move(excepted));
        auto r = element_ruling(b);
        if (!b.event())
            return created_by_who_may(b, std::move(r));
        if (change.op == Op::add && value_refusal(b)) {
            r.outside_policy = true;
            r.rule = "incomplete";
        }
        return r;
    }
    return created_by_who_may(b, set_ruling(b));
}

// Team scopes work and never decides: somebody who changed teams since wrote it under the same role.
bool hat_is_theirs(const schema::Changeset& changeset, const Context& context)
{
    const auto& hat = changeset.header.hat;
    const auto* role = context.policy->role(hat.role);
    return role && role->agency == hat.agency &&
           std::any_of(context.author.hats.begin(), context.author.hats.end(),
                       [&](const schema::Hat& own) { return own.agency == hat.agency && own.role == hat.role; });
}

// What happened is kept even when its author has another role by now, as long as it is of the same agency. It is told by a
// change that puts something into the record: whatever takes out, decides or ends a task asks for the role.
bool event_of_own_agency(const schema::Changeset& changeset, const Change& change, const Context& context)
{
    const auto* type = context.policy->type(change.type);
    return type && type->kind == RecordType::Kind::event && change.creates && (change.op == Op::set || change.op == Op::add) &&
           std::any_of(context.author.hats.begin(), context.author.hats.end(), [&](const schema::Hat& own) {
               return own.agency == changeset.header.hat.agency;
           });
}

// A changeset reaches a reader whole or not at all, so its changes must have one audience: the same class and, where that
// depends on the record, the same record.
bool one_audience(const schema::Changeset& changeset, const Context& context)
{
    if (changeset.changes.size() < 2)
        return true;
    std::optional<std::string> common;
    for (const auto& change : changeset.changes) {
        std::string own = "task";
        if (change.op != Op::task) {
            const auto* type = context.policy->type(change.type);
            const auto* group = type ? type->group(change.group) : nullptr;
            if (!group)
                return false;
            own = audience_class(*group) + "|" + std::to_string(static_cast<int>(type->hold));
            if (audience_depends_on_record(*group))
                own += to_string(change.record);
        }
        if (common && *common != own)
            return false;
        common = std::move(own);
    }
    return true;
}

// Does its author decide what others should, standing in for them?
bool in_anothers_place(const CaseState& state, const schema::Changeset& changeset, const Change& change, const schema::Policy& policy,
                       const RecordType& type)
{
    const auto* record = state.record(change.record);
    const auto* item = record && change.targets.size() == 1 ? open_item(record->group(change.group), change.targets.front()) : nullptr;
    return item && only_stands_in(type, *item, changeset, {policy, state.facts, record, &item->side.values});
}

}  // namespace

bool needs_credentials(const CaseState& state, const schema::Changeset& changeset, const schema::Policy& policy)
{
    return std::any_of(changeset.changes.begin(), changeset.changes.end(), [&](const Change& change) {
        const auto* type = change.op == Op::task ? nullptr : policy.type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        if (!group)
            return false;
        // Of a withdrawal that is decided on, any part may be the one that protects.
        const bool two_decide = std::any_of(type->groups.begin(), type->groups.end(), [](const schema::Group& part) {
            return part.safe_side && part.safe_side->second_person;
        });
        if (change.op == Op::resolve && (two_decide || in_anothers_place(state, changeset, change, policy, *type)))
            return true;
        const auto about_people = [](const schema::Gate& gate) { return !gate.different_person_from.empty(); };
        const bool withdraws = change.op == Op::withdraw || change.op == Op::resolve;
        return (change.op != Op::withdraw && std::any_of(group->gates.begin(), group->gates.end(), about_people)) ||
               (withdraws && std::any_of(type->withdrawal.begin(), type->withdrawal.end(), about_people));
    });
}

std::vector<Ruling> reconcile(const CaseState& state, const schema::Changeset& changeset, const Context& context)
{
    SATCHEL_CHECK(context.policy && context.facts_seen);
    std::vector<Ruling> out;
    out.reserve(changeset.changes.size());
    const bool hat_ok = hat_is_theirs(changeset, context);
    const bool whole = one_audience(changeset, context);
    std::set<std::pair<RecordId, schema::GroupId>> touched;
    for (const auto& change : changeset.changes) {
        const bool list_op = change.op == Op::add;
        if (!whole)
            out.push_back(refused("mixed-audience", {}, "Its parts are for different readers. Save them apart."));
        else if (!hat_ok && event_of_own_agency(changeset, change, context)) {
            auto r = judge(state, changeset, change, context);
            if (r.outcome == Outcome::applied) {
                r.outside_policy = true;
                r.rule = "not-your-hat";
            }
            out.push_back(std::move(r));
        } else if (!hat_ok)
            out.push_back(refused("not-your-hat", "IN-74", "It was written under a role that the author does not hold."));
        else if (!list_op && change.op != Op::task && !touched.insert({change.record, change.group}).second)
            out.push_back(refused("twice", {}, "One save changes a part of a record once."));
        else
            out.push_back(judge(state, changeset, change, context));
    }
    return out;
}

}  // namespace satchel::sync
