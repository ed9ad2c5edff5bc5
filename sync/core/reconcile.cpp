#include "sync/core/reconcile.hpp"

#include <algorithm>
#include <set>

#include "schema/base/mutant.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/core/audience.hpp"
#include "sync/core/authority.hpp"
#include "sync/core/protection.hpp"
#include "sync/core/text3.hpp"

namespace satchel::sync {
namespace {

using schema::Authority;
using schema::Change;
using schema::Group;
using schema::Merge;
using schema::Op;
using schema::RecordType;
using schema::Resolution;

std::string paragraph(const schema::References& refs)
{
    return refs.empty() ? std::string() : refs.front();
}

// Everything one change is judged against.
struct Bench {
    const CaseState& state;
    const schema::Changeset& changeset;
    const Context& context;
    const Change& change;
    const RecordType& type;
    const Group& group;
    const RecordState* record;      // null while it is being created
    const GroupState* group_state;  // null while it has no value

    [[nodiscard]] const schema::Policy& policy() const { return *context.policy; }
    [[nodiscard]] Scene now() const { return {policy(), state.facts, record, &change.values}; }
    [[nodiscard]] Scene seen() const { return {policy(), *context.facts_seen, record, &change.values}; }
    [[nodiscard]] bool author_holds(const Authority& a, const Scene& scene) const
    {
        return holds(a, changeset.header.hat, context.author.credential, scene);
    }
    [[nodiscard]] bool author_holds_any(const std::vector<Authority>& list, const Scene& scene) const
    {
        return std::any_of(list.begin(), list.end(), [&](const auto& a) { return author_holds(a, scene); });
    }
    [[nodiscard]] bool event() const { return type.kind == RecordType::Kind::event; }
    [[nodiscard]] VersionId current() const { return group_state ? group_state->current.id : VersionId{}; }
    // Is that the version in the record, or one that said the same?
    [[nodiscard]] bool is_current(const VersionId& id) const
    {
        return id == current() || (group_state && std::find(group_state->agreed.begin(), group_state->agreed.end(),
                                                            id) != group_state->agreed.end());
    }

    // Who settles what is not the author's to decide.
    [[nodiscard]] Authority resolver() const
    {
        return group.resolver.kind == Authority::Kind::nobody ? owner_of(group, state.facts, change.values)
                                                              : group.resolver;
    }
};

Ruling applied(std::string rule, std::string para = {})
{
    Ruling r;
    r.outcome = Outcome::applied;
    r.rule = std::move(rule);
    r.paragraph = std::move(para);
    return r;
}

Ruling refused(std::string rule, std::string para, std::string who_can)
{
    Ruling r;
    r.outcome = Outcome::refused;
    r.rule = std::move(rule);
    r.paragraph = std::move(para);
    r.who_can = std::move(who_can);
    return r;
}

Ruling waiting(Outcome outcome, std::string rule, std::string para, const Authority& decided_by)
{
    Ruling r;
    r.outcome = outcome;
    r.rule = std::move(rule);
    r.paragraph = std::move(para);
    r.decided_by = to_string(decided_by);
    return r;
}

const OpenItem* open_item(const GroupState* group, const VersionId& id)
{
    if (!group)
        return nullptr;
    const auto at = std::find_if(group->open.begin(), group->open.end(),
                                 [&](const OpenItem& item) { return item.side.id == id; });
    return at == group->open.end() ? nullptr : &*at;
}

// The author's own earlier change that still waits: a further edit of it amends it, so that three offline edits
// make one suggestion.
const OpenItem* amended_item(const Bench& b)
{
    const auto* item = b.change.base.empty() ? nullptr : open_item(b.group_state, b.change.base);
    return item && item->side.source.author == b.context.author.credential ? item : nullptr;
}

void mark_amended(Ruling& ruling, const OpenItem* item)
{
    if (!item)
        return;
    ruling.amends = true;
    ruling.amended = item->side.id;
}

// --- 1. Admissible? -------------------------------------------------------------------------------------------

std::optional<Ruling> value_refusal(const Bench& b)
{
    for (const auto& v : b.change.values) {
        const auto* field = b.group.field(v.field);
        if (!field) {
            // A field of another group decides there who owns or sees the record; it may not come in by this door. One
            // that the agreement does not know is a newer device's: kept.
            const bool elsewhere = std::any_of(b.type.groups.begin(), b.type.groups.end(),
                                               [&](const Group& g) { return g.field(v.field) != nullptr; });
            if (elsewhere)
                return refused("not-valid", paragraph(b.group.refs), "It states a field of another part of the record.");
            continue;
        }
        if (const auto problem = schema::value_problem(*field, v.value))
            return refused("not-valid", paragraph(b.group.refs), field->title + ": " + *problem);
    }
    for (const auto& field : b.group.fields) {
        if (!field.required || b.change.op == Op::remove)
            continue;
        const auto* v = find(b.change.values, field.id);
        if (!v || is_null(*v) || to_text(*v).empty())
            return refused("required", paragraph(b.group.refs),
                           "It needs " + field.title + ". Save it again with that.");
    }
    for (const auto& limit : b.group.limits) {
        const auto* v = find(b.change.values, limit.field);
        const auto* from = find(b.change.values, limit.from);
        const auto* date = v ? std::get_if<Date>(&*v) : nullptr;
        const auto* start = from ? std::get_if<Date>(&*from) : nullptr;
        if (!date || !start)
            continue;
        auto last = add_months(*start, limit.months);
        last.days += limit.days;
        if (last < *date)
            return refused("too-late-a-date", paragraph(limit.refs),
                           limit.say.empty() ? "The latest date allowed is " + to_string(last) + "." : limit.say);
    }
    return {};
}

std::optional<Ruling> reason_refusal(const Bench& b)
{
    const bool needs = b.group.reason_required || (b.change.op == Op::remove && b.group.merge == Merge::add_wins);
    const bool by_addition = b.change.op == Op::add && b.group.merge == Merge::add_wins;
    if (!needs || by_addition || !b.change.reason.empty())
        return {};
    return refused("needs-reason", paragraph(b.group.refs), "It needs a reason. Save it again with one.");
}

// An approval names the version it approves; any later change voids it (G-X-3, L1-250).
std::optional<Ruling> stale_approval(const Bench& b)
{
    if (!b.group.binds_to)
        return {};
    const auto* bound = b.record ? b.record->group(*b.group.binds_to) : nullptr;
    const auto* v = find(b.change.values, b.group.binds_field);
    const auto* named = v ? std::get_if<schema::VersionRef>(&*v) : nullptr;
    if (named && bound && !bound->current.id.empty() && bound->current.id == named->version)
        return {};
    return refused("stale-approval", paragraph(b.group.refs),
                   "It names a version that is no longer the one in the record. Read the version that is, and "
                   "record it again.");
}

std::optional<Ruling> transition_ruling(const Bench& b)
{
    if (b.group.transitions.empty())
        return {};
    const auto* to_value = find(b.change.values, b.group.transition_field);
    if (!to_value)
        return {};
    const auto to = to_text(*to_value);
    const auto* from_value =
        b.group_state ? find(b.group_state->current.values, b.group.transition_field) : nullptr;
    const auto from = from_value ? to_text(*from_value) : std::string();
    if (from == to)
        return {};
    const Authority* by = nullptr;
    bool held_then = false;
    for (const auto& t : b.group.transitions) {
        if (t.from != from || t.to != to)
            continue;
        if (b.author_holds(t.by, b.now()))
            return {};
        held_then = held_then || b.author_holds(t.by, b.seen());
        if (!by)
            by = &t.by;
    }
    if (by) {
        auto r = waiting(Outcome::suggested, held_then ? "around-handover" : "not-owner", paragraph(b.group.refs), *by);
        r.around_handover = held_then;
        mark_amended(r, amended_item(b));
        return r;
    }
    return refused("no-such-step", paragraph(b.group.refs),
                   "It cannot go from \"" + (from.empty() ? "not set" : from) + "\" to \"" + to + "\".");
}

// --- Exceptions to plain ownership, as the policy declares them ------------------------------------------------

bool rank_holds(const Bench& b, const schema::Redirect& redirect)
{
    if (redirect.rank == schema::Redirect::Rank::any)
        return true;
    const auto* field = b.group.field(redirect.rank_field);
    const auto* next = find(b.change.values, redirect.rank_field);
    const auto* now = b.group_state ? find(b.group_state->current.values, redirect.rank_field) : nullptr;
    if (!field || !next || !now)
        return false;
    const auto place = [&](const schema::Value& v) {
        const auto at = std::find(field->choices.begin(), field->choices.end(), to_text(v));
        return at - field->choices.begin();
    };
    return redirect.rank == schema::Redirect::Rank::lowers ? place(*next) < place(*now)
                                                           : place(*next) > place(*now);
}

std::optional<Ruling> redirected(const Bench& b)
{
    for (const auto& redirect : b.group.redirects) {
        if (!redirect.author.empty() && !b.author_holds_any(redirect.author, b.now()))
            continue;
        if (!matches(redirect.when, b.state.facts, b.change.values) || !rank_holds(b, redirect))
            continue;
        Ruling r;
        switch (redirect.then) {
        case schema::Redirect::Then::apply:
            return {};
        case schema::Redirect::Then::refuse:
            r = refused(redirect.rule, paragraph(redirect.refs), redirect.say);
            break;
        case schema::Redirect::Then::suggest:
            r = waiting(Outcome::suggested, redirect.rule, paragraph(redirect.refs), redirect.to);
            r.who_can = redirect.say;
            mark_amended(r, amended_item(b));
            break;
        }
        if (redirect.instead)
            r.instead = redirect.instead->type;
        return r;
    }
    return {};
}

// --- 2. Authority ---------------------------------------------------------------------------------------------

enum class Standing : std::uint8_t { authorised, before_handover, none };

Standing standing(const Bench& b)
{
    if (mutant(Mutant::authority_skipped))
        return Standing::authorised;
    const auto& owner = owner_of(b.group, b.state.facts, b.change.values);
    if (b.author_holds(owner, b.now()))
        return Standing::authorised;
    const auto& owner_seen = owner_of(b.group, *b.context.facts_seen, b.change.values);
    if (b.author_holds(owner_seen, b.seen()))
        return Standing::before_handover;
    // Another agreement hands over as another lead does: theirs to decide under the one that they wrote under.
    const auto* type = b.context.authored ? b.context.authored->type(b.type.id) : nullptr;
    const auto* group = type ? type->group(b.group.id) : nullptr;
    const Scene then{b.context.authored ? *b.context.authored : b.policy(), *b.context.facts_seen, b.record,
                     &b.change.values};
    return group && b.author_holds(owner_of(*group, *b.context.facts_seen, b.change.values), then)
               ? Standing::before_handover
               : Standing::none;
}

// Sets: anyone who may contribute adds their own elements; only supplier or owner takes one out.
Ruling element_ruling(const Bench& b)
{
    const auto who = standing(b);
    const bool contributor = b.author_holds_any(b.type.create, b.now());
    if (b.change.op == Op::add) {
        if (b.group.merge == Merge::add_wins)
            return applied("protection-counts-at-once", paragraph(b.group.refs));
        if (who == Standing::authorised || contributor || b.event())
            return applied(who == Standing::authorised ? "owner" : "own-contribution", paragraph(b.group.refs));
        return waiting(Outcome::suggested, "not-owner", paragraph(b.group.refs), b.resolver());
    }
    bool all_own = true;
    bool any_left = false;
    Authority another;  // agency that put in something to be taken out
    for (const auto& target : b.change.targets) {
        if (!b.group_state)
            break;
        for (const auto& element : b.group_state->elements) {
            if (element.id != target)
                continue;
            any_left = true;
            if (element.source.agency == b.changeset.header.hat.agency)
                continue;
            if (!all_own && another.name != element.source.agency)
                return refused("one-agency-at-a-time", paragraph(b.group.refs),
                               "It takes out what several agencies put in. Ask each about its own.");
            all_own = false;
            another = {Authority::Kind::agency, element.source.agency, {}};
        }
    }
    if (!any_left)
        return b.change.targets.empty() ? refused("names-nothing", paragraph(b.group.refs),
                                                  "It names nothing to take out.")
                                        : Ruling{Outcome::merged, "already-gone", paragraph(b.group.refs), {},
                                                 {}, false, false, false, false, false, {}, {}};
    // Where each keeps its own, the record's supplier is not the supplier of what others added to it (L1-264).
    const bool each_its_own = b.group.merge == Merge::append &&
                              owner_of(b.group, b.state.facts, b.change.values).kind == Authority::Kind::supplier;
    if (each_its_own && !all_own)
        return waiting(Outcome::suggested, "not-supplier", paragraph(b.group.refs), another);
    if (who == Standing::authorised)
        return applied("owner", paragraph(b.group.refs));
    if (b.group.merge == Merge::append && all_own)
        return applied("own-contribution", paragraph(b.group.refs));
    auto r = waiting(Outcome::suggested, who == Standing::before_handover ? "around-handover" : "not-owner",
                     paragraph(b.group.refs), b.resolver());
    r.around_handover = who == Standing::before_handover;
    return r;
}

// --- 5. Merge: the author has authority -------------------------------------------------------------------------

Ruling merged_ruling(const Bench& b)
{
    const auto current = b.current();
    const bool based_on_current =
        b.is_current(b.change.base) || (!b.change.confirmed.empty() && b.is_current(b.change.confirmed)) ||
        (b.change.confirmed.empty() && !b.change.base.empty() && current.empty());
    const auto* own = amended_item(b);
    if (based_on_current || (own && b.is_current(own->base)) || mutant(Mutant::last_writer_wins) ||
        (mutant(Mutant::clock_decides) && b.changeset.header.authored_at.ms % 2 == 0)) {
        auto r = applied("owner", paragraph(b.group.refs));
        mark_amended(r, own);
        return r;
    }
    if (b.group.reasoned_by && b.group_state) {
        const auto* reason_now = find(b.group_state->current.values, *b.group.reasoned_by);
        const auto* reason_new = find(b.change.values, *b.group.reasoned_by);
        const bool reasoned_now = reason_now && !to_text(*reason_now).empty();
        const bool reasoned_new = reason_new && !to_text(*reason_new).empty();
        if (reasoned_now != reasoned_new) {
            auto r = reasoned_new ? applied("reasoned-outranks", "L1-272")
                                  : waiting(Outcome::suggested, "reasoned-outranks", "L1-272", b.resolver());
            mark_amended(r, own);
            return r;
        }
    }
    if (b.group.merge == Merge::text3 && b.group_state && b.group_state->previous.id == b.change.base &&
        merge_text_values(b.group_state->previous.values, b.group_state->current.values, b.change.values)) {
        Ruling r = applied("text-merged", paragraph(b.group.refs));
        r.outcome = Outcome::merged;
        mark_amended(r, own);
        return r;
    }
    auto r = waiting(Outcome::conflict, "concurrent", paragraph(b.group.refs), b.resolver());
    if (b.group.safe_side && b.group_state &&
        more_protective(b.group, b.change.values, shown_values(b.group, *b.group_state)) == Protects::more) {
        r.stands = true;
        r.paragraph = paragraph(b.group.safe_side->refs);
    }
    mark_amended(r, own);
    return r;
}

Ruling set_ruling(const Bench& b)
{
    const auto* own = amended_item(b);
    // The same value agrees, whoever writes it. An approval is an act, not a value.
    if (!b.group.binds_to && b.group_state && !b.group_state->current.id.empty() &&
        same_values(b.group, b.group_state->current.values, b.change.values)) {
        Ruling r = applied("same-value", paragraph(b.group.refs));
        r.outcome = Outcome::merged;
        mark_amended(r, own);
        return r;
    }
    if (auto r = redirected(b))
        return *std::move(r);
    if (auto r = stale_approval(b))
        return *std::move(r);
    if (auto r = transition_ruling(b))
        return *std::move(r);

    const auto who = standing(b);
    if (b.group.merge == Merge::alternatives && b.group_state && !b.group_state->current.id.empty() &&
        b.record->created.agency + b.record->created.role != b.changeset.header.hat.agency + b.changeset.header.hat.role) {
        auto r = waiting(Outcome::suggested, "requests-stand-side-by-side", paragraph(b.group.refs), b.resolver());
        mark_amended(r, own);
        return r;
    }
    if (who == Standing::authorised)
        return merged_ruling(b);

    auto r = waiting(Outcome::suggested, who == Standing::before_handover ? "around-handover" : "not-owner",
                     paragraph(b.group.refs), b.resolver());
    if (who == Standing::before_handover) {
        r.around_handover = true;
        r.paragraph = "L1-252";
    }
    if (b.group.safe_side && b.group.safe_side->show_to_all && b.group_state &&
        more_protective(b.group, b.change.values, b.group_state->current.values) == Protects::more) {
        r.protective = true;
        r.paragraph = paragraph(b.group.safe_side->refs);
    }
    mark_amended(r, own);
    return r;
}

// --- Events: what happened is never refused (promise 6) ---------------------------------------------------------

bool outside_holds(const Bench& b, const schema::OutsideRule& rule)
{
    if (!rule.when.empty() && !matches(rule.when, b.state.facts, b.change.values))
        return false;
    if (!rule.ref)
        return !rule.when.empty();
    const auto* v = find(b.change.values, *rule.ref);
    const auto* ref = v ? std::get_if<schema::Ref>(&*v) : nullptr;
    const auto* other = ref ? b.state.record(ref->record) : nullptr;
    if (!other)
        return false;
    for (const auto& group : other->groups)
        if (const auto* value = find(group.current.values, rule.ref_field))
            return std::find(rule.ref_values.begin(), rule.ref_values.end(), to_text(*value)) !=
                   rule.ref_values.end();
    return false;
}

Ruling event_ruling(const Bench& b)
{
    Ruling r;
    if (b.record && b.record->created.agency != b.changeset.header.hat.agency) {
        // Another agency's account of an event is its own: a correction is offered, never made.
        auto suggestion = waiting(Outcome::suggested, "not-supplier", paragraph(b.type.refs), b.resolver());
        mark_amended(suggestion, amended_item(b));
        return suggestion;
    }
    if (b.record && b.group_state && !b.group_state->current.id.empty())
        r = set_ruling(b);
    else
        r = applied("it-happened", paragraph(b.type.refs));
    if (r.outcome == Outcome::refused)
        r = applied("it-happened", r.paragraph);
    for (const auto& rule : b.type.outside) {
        if (!outside_holds(b, rule))
            continue;
        r.outside_policy = true;
        r.rule = rule.id;
        r.paragraph = paragraph(rule.refs);
        r.who_can = rule.say;
        break;
    }
    if (!r.outside_policy && !b.record && !b.author_holds_any(b.type.create, b.now())) {
        r.outside_policy = true;
        r.rule = "recorded-by-another";
    }
    if (!r.outside_policy && value_refusal(b)) {
        r.outside_policy = true;
        r.rule = "incomplete";
    }
    return r;
}

// --- Withdrawn records ------------------------------------------------------------------------------------------

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
    return waiting(Outcome::conflict, "edited-while-withdrawn", paragraph(b.type.refs), b.resolver());
}

Ruling withdraw_ruling(const Bench& b)
{
    if (b.change.reason.empty())
        return refused("needs-reason", paragraph(b.type.refs), "Withdrawing needs a reason.");
    if (!b.record || b.group.id != b.type.groups.front().id)
        return refused("not-found", paragraph(b.type.refs), "There is no such record on the case.");
    if (b.type.singleton)
        return refused("one-per-case", paragraph(b.type.refs), "A case always has this record. Correct it instead.");
    const Authority supplier{Authority::Kind::supplier, {}, {}};
    if (!b.author_holds(supplier, b.now()))
        return waiting(Outcome::suggested, "not-supplier", paragraph(b.type.refs), supplier);
    // What others decided or added on the record does not go with it: they are asked.
    const auto& agency = b.changeset.header.hat.agency;
    const auto foreign = [&](const Version& v) { return !v.id.empty() && v.source.agency != agency; };
    for (const auto& group : b.type.groups) {
        const auto* state = b.record->group(group.id);
        if (!state)
            continue;
        const bool raised = group.merge == Merge::add_wins && !state->elements.empty();
        if (raised || foreign(state->current) ||
            std::any_of(state->elements.begin(), state->elements.end(), foreign)) {
            const auto& owner = owner_of(group, b.state.facts, state->current.values);
            if (!b.author_holds(owner, b.now()) || owner.kind == Authority::Kind::supplier)
                return waiting(Outcome::suggested, "others-work", paragraph(b.type.refs),
                               owner.kind == Authority::Kind::supplier
                                   ? Authority{Authority::Kind::lead_agency, {}, {}}
                                   : owner);
        }
    }
    return applied("supplier", paragraph(b.type.refs));
}

// --- 7. Resolve -------------------------------------------------------------------------------------------------

// A decision can do only what its maker could do by ordinary edit: the value it would put into the record meets the same
// exceptions, steps and approvals as if they had typed it.
std::optional<Ruling> ordinary_refusal(const Bench& b, const OpenItem& item, const schema::FieldValues& values)
{
    if (b.group.merge == Merge::alternatives)
        return refused("requests-stand-side-by-side", paragraph(b.group.refs),
                       "No request replaces another. Record what is decided as the decision.");
    Change as_typed = b.change;
    as_typed.op = Op::set;
    as_typed.values = values;
    const Bench typed{b.state, b.changeset, b.context, as_typed, b.type, b.group, b.record, b.group_state};
    auto r = value_refusal(typed);
    if (!r)
        r = redirected(typed);
    // Whom the exception would ask may be the one whose suggestion it is.
    if (r && !r->decided_by.empty()) {
        const auto asked = schema::parse_authority(r->decided_by, &b.type);
        const auto roles = asked ? roles_of(*asked, b.now()) : std::vector<std::string>{};
        if (std::any_of(roles.begin(), roles.end(), [&](const std::string& name) {
                const auto* role = b.policy().role(name);
                return role && role->agency == item.side.source.agency;
            }))
            r = std::nullopt;
    }
    if (!r)
        r = stale_approval(typed);
    if (!r)
        r = transition_ruling(typed);
    if (!r)
        return {};
    return refused(r->rule, r->paragraph,
                   r->who_can.empty() ? "It is not yours to put into the record as things stand now." : r->who_can);
}

// The value that a resolution of a suggested or conflicting value would leave in the record.
const schema::FieldValues& decided_values(const Bench& b, const OpenItem& item)
{
    switch (b.change.resolution) {
    case Resolution::accept:
    case Resolution::choose_b:
        return item.side.values;
    case Resolution::amend:
        return b.change.values;
    case Resolution::previous:
        return b.group_state->previous.values;
    default:
        return b.group_state->current.values;
    }
}

// Would readers be left with less protection than they act on now?
bool leaves_less_protection(const Bench& b, const OpenItem& item)
{
    auto after = *b.group_state;
    std::erase_if(after.open, [&](const OpenItem& open) { return open.side.id == item.side.id; });
    after.current.values = decided_values(b, item);
    return more_protective(b.group, prompting_values(b.group, *b.group_state), prompting_values(b.group, after)) ==
           Protects::more;
}

bool by_another_person(const Bench& b, const Source& source)
{
    const auto& own = b.context.author.credentials;
    return source.author != b.context.author.credential && std::find(own.begin(), own.end(), source.author) == own.end();
}

// A decision that leaves less protection takes two people, where the agreement asks for it: the first decision waits with
// what it is about until another person who may decide takes the same one.
Ruling second_person(const Bench& b, const OpenItem& item, std::string rule)
{
    const bool sets_value = !item.removes && !item.adds;
    if (!b.group.safe_side || !b.group.safe_side->second_person || !sets_value || !leaves_less_protection(b, item))
        return applied(std::move(rule), paragraph(b.group.refs));
    const bool same_decision = !item.proposed.id.empty() && item.proposed_how == b.change.resolution &&
                               item.proposed.values == b.change.values;
    if (same_decision && by_another_person(b, item.proposed.source))
        return applied(std::move(rule), paragraph(b.group.safe_side->refs));
    Ruling r;
    r.outcome = Outcome::suggested;
    r.rule = "second-person";
    r.paragraph = paragraph(b.group.safe_side->refs);
    r.decided_by = item.decided_by;
    r.who_can = "It leaves less protection than there is now, so a second person who may decide it must decide the same.";
    return r;
}

Ruling resolve_ruling(const Bench& b)
{
    const auto* item =
        b.change.targets.size() == 1 ? open_item(b.group_state, b.change.targets.front()) : nullptr;
    if (!item)
        return refused("already-settled", paragraph(b.group.refs), "It has been settled, or was never open.");
    const bool own = item->side.source.author == b.context.author.credential;
    if (b.change.resolution == Resolution::withdrawn)
        return own ? applied("withdrawn-by-author", paragraph(b.group.refs))
                   : refused("not-resolver", paragraph(b.group.refs), "Only its author can take it back.");
    if (b.change.resolution == Resolution::comment || b.change.resolution == Resolution::escalate)
        return applied("commented", paragraph(b.group.refs));
    if (b.change.reason.empty())
        return refused("needs-reason", paragraph(b.group.refs), "A decision needs a reason.");
    const auto authority = schema::parse_authority(item->decided_by, &b.type);
    if (!authority || !(b.author_holds(*authority, b.now()) ||
                        covers(*authority, b.changeset.header.hat.role, b.now())))
        return refused("not-resolver", paragraph(b.group.refs),
                       "It is decided by " +
                           (authority ? in_words(*authority, b.now()) : std::string("another")) + ".");
    // A decision is taken on what its maker saw: if the record moved on, they look again.
    if (!b.is_current(b.change.base))
        return refused("stale-decision", paragraph(b.group.refs),
                       "The record has changed since you looked. Look at it again and decide on what is there.");
    const bool suggestion = item->kind == OpenItem::Kind::suggestion;
    const bool sets_value = !item->removes && !item->adds;
    switch (b.change.resolution) {
    case Resolution::accept:
    case Resolution::choose_b:
        if (suggestion != (b.change.resolution == Resolution::accept))
            break;
        if (sets_value)
            if (auto refusal = ordinary_refusal(b, *item, item->side.values))
                return *std::move(refusal);
        return second_person(b, *item, suggestion ? "accepted" : "resolved");
    case Resolution::decline:
        if (!suggestion)
            break;
        return second_person(b, *item, "declined");
    case Resolution::amend:
        if (!sets_value)
            break;
        if (standing(b) != Standing::authorised)
            return refused("not-owner", paragraph(b.group.refs), "Only the owner can amend it. Accept or decline it.");
        if (auto refusal = ordinary_refusal(b, *item, b.change.values))
            return *std::move(refusal);
        return second_person(b, *item, "amended");
    case Resolution::choose_a:
        if (suggestion)
            break;
        return second_person(b, *item, "resolved");
    case Resolution::previous:
        if (suggestion || !sets_value || b.group_state->previous.id.empty())
            break;
        if (auto refusal = ordinary_refusal(b, *item, b.group_state->previous.values))
            return *std::move(refusal);
        return second_person(b, *item, "resolved");
    default:
        break;
    }
    return refused("no-such-step", paragraph(b.group.refs),
                   suggestion ? "A suggestion is accepted, amended or declined."
                              : "Of two versions, choose one, edit, or keep the previous.");
}

Ruling task_ruling(const CaseState& state, const schema::Changeset& changeset, const Change& change,
                   const schema::Policy& policy)
{
    const Task* task = nullptr;
    if (change.targets.size() == 1) {
        const auto at = state.tasks.find(TaskId{change.targets.front().bytes});
        task = at == state.tasks.end() ? nullptr : &at->second;
    }
    if (!task)
        return refused("not-found", {}, "There is no such task on the case.");
    const auto* role = policy.role(task->role);
    if (changeset.header.hat.role != task->role && !covers(policy, changeset.header.hat.role, task->role))
        return refused("not-your-task", task->paragraph,
                       "It is for " + (role ? "the " + role->title : task->role) + ".");
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
    if (is_singleton_id(change.record) != type->singleton ||
        (type->singleton && change.record != singleton_record_id(state.id, type->id)))
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

    if (record && record->type != change.type)
        return refused("wrong-type", paragraph(type->refs), "The record is of another kind.");
    if (!record && (!change.creates || state.record(change.record)))
        return refused("not-found", paragraph(type->refs), "There is no such record on the case.");
    if (record && change.creates && !type->singleton && record->created.author != context.author.credential)
        return refused("already-there", paragraph(type->refs), "The record is there already. Edit it instead.");
    if (too_many_open(b))
        return refused("too-many-open", paragraph(type->refs),
                       "Many suggestions of yours wait here already. Have some of them settled first.");

    if (auto r = withdrawn_ruling(b))
        return *std::move(r);
    if (change.op == Op::withdraw)
        return withdraw_ruling(b);
    if (change.op == Op::resolve)
        return resolve_ruling(b);
    const bool element_op = change.op == Op::add || change.op == Op::remove;
    const bool set_group = group->merge == Merge::append || group->merge == Merge::add_wins;
    if (element_op != set_group)
        return refused("wrong-operation", paragraph(group->refs),
                       set_group ? "It is a list: add to it or take from it." : "It is not a list: set it.");
    if (b.event() && !element_op)
        return event_ruling(b);
    if (auto r = redirected(b); r && element_op)
        return *std::move(r);
    if (!b.event()) {
        if (auto r = value_refusal(b))
            return *std::move(r);
        if (auto r = reason_refusal(b))
            return *std::move(r);
    }
    if (element_op) {
        auto r = element_ruling(b);
        if (b.event() && change.op == Op::add && value_refusal(b)) {
            r.outside_policy = true;
            r.rule = "incomplete";
        }
        return r;
    }
    auto r = set_ruling(b);
    if (!record && r.outcome != Outcome::refused && r.instead.empty() &&
        !b.author_holds_any(type->create, b.now()) && !b.author_holds_any(type->create, b.seen())) {
        std::string who;
        for (const auto& a : type->create)
            who += (who.empty() ? "" : " or ") + in_words(a, b.now());
        return refused("may-not-create", paragraph(type->refs), "It can be recorded by " + who + ".");
    }
    return r;
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

// What happened is kept even when its author has another role by now, as long as it is of the same agency.
bool event_of_own_agency(const schema::Changeset& changeset, const Change& change, const Context& context)
{
    const auto* type = context.policy->type(change.type);
    return type && type->kind == RecordType::Kind::event && change.creates && change.op != Op::resolve &&
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

}  // namespace

bool needs_credentials(const schema::Policy& policy, const schema::Changeset& changeset)
{
    return std::any_of(changeset.changes.begin(), changeset.changes.end(), [&](const Change& change) {
        const auto* type = change.op == Op::resolve ? policy.type(change.type) : nullptr;
        const auto* group = type ? type->group(change.group) : nullptr;
        return group && group->safe_side && group->safe_side->second_person;
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
