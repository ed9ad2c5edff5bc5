#include "sync/core/edits.hpp"

#include "schema/base/mutant.hpp"
#include "schema/policy/rule_names.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/core/gates.hpp"
#include "sync/core/protection.hpp"
#include "sync/core/text3.hpp"

namespace satchel::sync::judging {

using schema::Authority;
using schema::Group;
using schema::Merge;
using schema::Op;

// --- 1. Admissible? -------------------------------------------------------------------------------------------

std::optional<Ruling> value_refusal(const Bench& b)
{
    // Values of a removal would say who owns what it takes out.
    if (b.change.op == Op::remove && !b.change.values.empty())
        return refused("not-valid", paragraph(b.group.refs), "It takes out, and states values.");
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
        if (!matches(limit.when, b.state.facts, b.change.values))
            continue;
        const auto* v = find(b.change.values, limit.field);
        const auto* from = find(b.change.values, limit.from);
        const auto* date = v ? std::get_if<Date>(&*v) : nullptr;
        const auto* start = from ? std::get_if<Date>(&*from) : nullptr;
        if (!date || !start)
            continue;
        const auto last = counted(*start, limit.within, b.policy().calendar).date;
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

bool rank_holds(const Bench& b, schema::Redirect::Rank rank, schema::FieldId of)
{
    if (rank == schema::Redirect::Rank::any)
        return true;
    const auto* field = b.group.field(of);
    const auto* next = find(b.change.values, of);
    const auto* now = b.group_state ? find(b.group_state->current.values, of) : nullptr;
    if (!field || !next || !now)
        return false;
    const auto place = [&](const schema::Value& v) -> std::int64_t {
        if (const auto* date = std::get_if<Date>(&v))
            return date->days;
        if (const auto* number = std::get_if<std::int64_t>(&v))
            return *number;
        const auto at = std::find(field->choices.begin(), field->choices.end(), to_text(v));
        return at - field->choices.begin();
    };
    return rank == schema::Redirect::Rank::lowers ? place(*next) < place(*now) : place(*next) > place(*now);
}

std::optional<Ruling> redirected(const Bench& b)
{
    for (const auto& redirect : b.group.redirects) {
        if (!redirect.author.empty() && !b.author_holds_any(redirect.author, b.now()))
            continue;
        if (!matches(redirect.when, b.state.facts, b.change.values) || !rank_holds(b, redirect.rank, redirect.rank_field))
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

Standing standing(const Bench& b)
{
    if (mutant(Mutant::authority_skipped))
        return Standing::authorised;
    const auto& owner = owner_of(b.group, b.state.facts, b.change.values);
    if (b.author_holds(owner, b.now()))
        return Standing::authorised;
    const auto& owner_seen = owner_of(b.group, *b.context.facts_seen, b.change.values);
    if (b.author_holds(owner_seen, b.seen()))
        return mutant(Mutant::lead_remembered) ? Standing::authorised : Standing::before_handover;
    // Another agreement hands over as another lead does: theirs to decide under the one that they wrote under.
    const auto* type = b.context.authored ? b.context.authored->type(b.type.id) : nullptr;
    const auto* group = type ? type->group(b.group.id) : nullptr;
    const Scene then{b.context.authored ? *b.context.authored : b.policy(), *b.context.facts_seen, b.record,
                     &b.change.values};
    return group && b.author_holds(owner_of(*group, *b.context.facts_seen, b.change.values), then)
               ? (mutant(Mutant::agreement_remembered) ? Standing::authorised : Standing::before_handover)
               : Standing::none;
}

// A record is stored and judged as one: without an end, whoever may add could make it too heavy for everybody else.
constexpr std::size_t elements_max = 1000;

bool each_keeps_its_own(const Bench& b)
{
    return b.group.merge == Merge::append && owner_of(b.group, b.state.facts, b.change.values).kind == Authority::Kind::supplier;
}

Ruling element_ruling(const Bench& b)
{
    const auto who = standing(b);
    const bool contributor = b.author_holds_any(b.type.create, b.now());
    if (b.change.op == Op::add) {
        if (b.group_state && b.group_state->elements.size() >= elements_max)
            return refused("list-full", paragraph(b.group.refs), "The list is full. Take out what no longer stands, and add it again.");
        if (b.group.merge == Merge::add_wins) {
            auto r = applied(std::string(schema::rule_names::protection_counts), paragraph(b.group.refs));
            r.returns = b.record && !b.record->withdrawn.empty();  // it counts all the same
            return r;
        }
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
    if (!all_own && each_keeps_its_own(b))
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

namespace {

// Two texts that a field holds may make one that it does not: stored, it would not decode again.
bool text_merges(const Bench& b)
{
    if (b.group.merge != Merge::text3 || !b.group_state || b.group_state->previous.id != b.change.base)
        return false;
    const auto merged =
        merge_text_values(b.group_state->previous.values, b.group_state->current.values, b.change.values);
    return merged && std::none_of(merged->begin(), merged->end(), [&](const schema::FieldValue& v) {
               const auto* field = b.group.field(v.field);
               return field && schema::value_problem(*field, v.value);
           });
}

Ruling merged_ruling(const Bench& b)
{
    const bool on_first = !b.change.base.empty() && b.current().empty();
    const bool on_confirmed = b.change.confirmed.empty() ? on_first : b.is_current(b.change.confirmed);
    const bool based_on_current = b.is_current(b.change.base) || on_confirmed;
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
    if (text_merges(b) && (!mutant(Mutant::clock_merges) || b.changeset.header.authored_at.ms % 2 != 0)) {
        Ruling r = applied(std::string(schema::rule_names::text_merged), paragraph(b.group.refs));
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

}  // namespace

Ruling set_ruling(const Bench& b)
{
    const auto* own = amended_item(b);
    // The same value agrees, whoever writes it. An approval is an act, not a value.
    if (!b.group.binds_to && b.group_state && !b.group_state->current.id.empty() &&
        same_values(b.group_state->current.values, b.change.values)) {
        Ruling r = applied(std::string(schema::rule_names::same_value), paragraph(b.group.refs));
        r.outcome = Outcome::merged;
        mark_amended(r, own);
        return r;
    }
    auto excepted = redirected(b);
    if (!excepted)
        excepted = stale_approval(b);
    if (!excepted)
        excepted = transition_ruling(b);
    if (excepted && excepted->outcome == Outcome::refused)
        return *std::move(excepted);
    const auto who = standing(b);
    // Nobody is asked to decide on what may not stand.
    if (auto r = gate_refusal(b, /*decides=*/!excepted && who == Standing::authorised))
        return *std::move(r);
    if (excepted)
        return *std::move(excepted);

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

namespace {

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

}  // namespace

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

}  // namespace satchel::sync::judging
