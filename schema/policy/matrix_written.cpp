// What becomes of what a role writes: exceptions, gates, steps, ownership.
#include <algorithm>

#include "schema/policy/matrix_desk.hpp"

namespace satchel::schema::matrix {
namespace {

using Kind = Atom::Kind;

}  // namespace

Lines Desk::written(const Group& group, Action action) const
{
    const bool set = group.merge == Merge::append || group.merge == Merge::add_wins;
    Lines out;
    if (action != Action::create)
        put(out, is_unseen(), refused("not-found", type_.refs, "There is no such record on the case."));
    if (action == Action::withdraw)
        withdrawing(out);
    else if (action == Action::create && type_.kind != RecordType::Kind::event)
        creating(out, group, set);
    else if (set)
        (action == Action::remove ? removing(out, group) : adding(out, group, on(action)));
    else if (type_.kind == RecordType::Kind::event)
        happening(out, group, on(action));
    else
        setting(out, group, On::record);
    return reachable(out);
}

void Desk::put(Lines& out, const Any& given, Line line)
{
    for (const auto& condition : given)
        if (auto one = simplified(condition)) {
            line.when = *std::move(one);
            out.push_back(line);
        }
}

Line Desk::refused(std::string rule, References refs, std::string say)
{
    Line out;
    out.answer = Answer::refused;
    out.rule = std::move(rule);
    out.refs = std::move(refs);
    out.say = std::move(say);
    return out;
}

Line Desk::decides(std::string rule, References refs)
{
    Line out;
    out.answer = Answer::decides;
    out.rule = std::move(rule);
    out.refs = std::move(refs);
    return out;
}

Line Desk::suggests(std::string rule, References refs, Authority to)
{
    Line out;
    out.answer = Answer::suggests;
    out.rule = std::move(rule);
    out.refs = std::move(refs);
    out.to = std::move(to);
    return out;
}

const Authority& Desk::resolver(const Group& group, const OwnerClause& clause)
{
    return group.resolver.kind == Authority::Kind::nobody ? clause.is : group.resolver;
}

void Desk::redirecting(Lines& out, const Group& group, On on) const
{
    Any open = always;  // what no exception has let through
    for (const auto& redirect : group.redirects) {
        Any meets = redirect.author.empty() ? always : holds_any(redirect.author, on);
        meets = both(meets, when(redirect.when));
        if (redirect.rank != Redirect::Rank::any) {
            const auto kind = redirect.rank == Redirect::Rank::lowers ? Kind::lowers : Kind::raises;
            meets = on == On::new_record
                        ? Any{}
                        : both(meets, {{of_field(kind, redirect.rank_field, {}, group.id)}});
        }
        if (redirect.then == Redirect::Then::apply) {
            open = both(open, opposite(meets));
            continue;
        }
        auto line = redirect.then == Redirect::Then::refuse
                        ? refused(redirect.rule, redirect.refs, redirect.say)
                        : suggests(redirect.rule, redirect.refs, redirect.to);
        line.say = redirect.say;
        if (redirect.instead)
            line.instead = redirect.instead->type;
        put(out, both(open, meets), std::move(line));
    }
}

void Desk::stepping(Lines& out, const Group& group, On on) const
{
    if (group.transitions.empty())
        return;
    for (const auto& step : group.transitions) {
        if (on == On::new_record && !step.from.empty())
            continue;
        Any given{{of_field(Kind::change, group.transition_field, {step.to})}};
        if (on == On::record)
            given = both({{of_field(Kind::recorded, group.transition_field, {step.from}, group.id)}}, given);
        put(out, both(given, opposite(holds(step.by, on))), suggests("not-owner", refs_of(group), step.by));
    }
    put(out, {{of_field(Kind::no_step, group.transition_field, {}, group.id)}},
        refused("no-such-step", refs_of(group), "The agreement has no such step."));
}

Any Desk::after(const Match& match, const Group* rewritten, On on)
{
    Match own;
    own.facts = match.facts;
    Condition others;
    for (const auto& [field, values] : match.values)
        if (rewritten && rewritten->field(field))
            own.values.emplace_back(field, values);
        else if (on == On::record)
            others.push_back(of_field(Kind::recorded, field, values));
        else if (!contains(values, ""))
            return {};
    return both(when(own), {others});
}

Any Desk::sees_elsewhere(const Asked& asked) const
{
    const auto* type = policy_.type(asked.type);
    Any out = always;
    for (const auto& group : type->groups) {
        const auto says = [&](const auto& entry) { return group.field(entry.first) != nullptr; };
        if (&group != &type->groups.front() && !(asked.refers_here && group.field(*asked.refers_here)) &&
            std::none_of(asked.when.values.begin(), asked.when.values.end(), says))
            continue;
        Any sees;
        for (const auto& who : group.audience.clauses.front().who)
            if (who.kind != Authority::Kind::supplier && who.kind != Authority::Kind::author &&
                who.kind != Authority::Kind::field_agency)
                sees = either(std::move(sees), holds(who, On::sight));
        out = both(out, reduced(sees));
    }
    return out;
}

Any Desk::sees_all(const Gate& gate, const Group* own, On on) const
{
    std::set<GroupId> parts(gate.different_person_from.begin(), gate.different_person_from.end());
    const auto part_of = [&](FieldId field) {
        for (const auto& one : type_.groups)
            if (one.field(field))
                parts.insert(one.id);
    };
    for (const auto* match : {&gate.when, &gate.unless})
        for (const auto& [field, values] : match->values)
            part_of(field);
    std::for_each(gate.needs.begin(), gate.needs.end(), part_of);
    if (gate.approved) {
        parts.insert(gate.approved->group);
        if (const auto bound = type_.group(gate.approved->group)->binds_to)
            parts.insert(*bound);
    }
    Any out = always;
    for (const auto part : parts)
        if ((!own || part != own->id) && on == On::record)
            out = both(out, opposite(is_hidden(*type_.group(part))));
    for (const auto& asked : {gate.exists, gate.absent})
        if (asked)
            out = both(out, sees_elsewhere(*asked));
    return out;
}

void Desk::gating(Lines& out, const Group& group, On on) const
{
    const bool list = group.merge == Merge::append || group.merge == Merge::add_wins;
    for (const auto& gate : group.gates) {
        Any rank = always;
        if (gate.rank != Redirect::Rank::any)
            rank = list || on == On::new_record
                       ? Any{}
                       : Any{{of_field(gate.rank == Redirect::Rank::lowers ? Kind::lowers : Kind::raises,
                                       gate.rank_field, {}, group.id)}};
        auto line = refused(gate.rule, gate.refs, gate.say);
        const auto sees = sees_all(gate, &group, on);
        if (list) {
            // Owners see what a gate looks at: the compiler holds to it (check_gates.cpp). Who contributes may not.
            Match known;
            known.facts = gate.when.facts;
            std::copy_if(gate.when.values.begin(), gate.when.values.end(), std::back_inserter(known.values),
                         [&](const auto& entry) { return group.field(entry.first) != nullptr; });
            put(out, both(both(both(when(known), rank), opposite(sees)), holds_any(type_.create, on)), line);
        }
        Any meets = both(both(after(gate.when, &group, on), rank), sees);
        if (!gate.unless.empty())
            meets = both(meets, opposite(after(gate.unless, &group, on)));
        put(out, both(meets, missing(gate)), std::move(line));
    }
}

Any Desk::missing(const Gate& gate)
{
    Atom out;
    out.kind = Kind::gate;
    out.name = gate.rule;
    out.negated = true;
    return {{out}};
}

void Desk::barring(Lines& out, const Group& group, On on) const
{
    Lines excepted, asks;
    redirecting(excepted, group, on);
    Any open = always;  // what no exception has passed on to somebody
    const auto sort = [&](const Lines& lines, bool exclusive) {
        for (const auto& line : lines) {
            if (line.answer == Answer::refused || group.gates.empty()) {
                put(out, both(open, {line.when}), line);
                continue;
            }
            asks.push_back(line);
            if (exclusive)
                open = both(open, opposite({line.when}));
        }
    };
    sort(excepted, true);
    Lines steps;
    if (group.binds_to)
        put(steps, on == On::new_record ? always : Any{{plain(Kind::empty, *group.binds_to)}},
            refused("stale-approval", refs_of(group), "It names the version that is in the record, and there is none."));
    stepping(steps, group, on);
    sort(steps, false);  // a step that there is and one that there is not exclude each other
    gating(out, group, on);
    out.insert(out.end(), asks.begin(), asks.end());
}

void Desk::owning(Lines& out, const Group& group, On on) const
{
    for (const auto& clause : group.owner) {
        put(out, both(when(clause.when), holds(clause.is, on)), decides("owner", refs_of(group)));
        put(out, when(clause.when), suggests("not-owner", refs_of(group), resolver(group, clause)));
    }
}

void Desk::setting(Lines& out, const Group& group, On on) const
{
    barring(out, group, on);
    if (group.merge == Merge::alternatives && on == On::record) {
        Condition stands;
        for (const auto kind : {Kind::empty, Kind::blind, Kind::own_request}) {
            auto atom = plain(kind, kind == Kind::own_request ? GroupId{} : group.id);
            atom.negated = true;
            if (kind != Kind::blind || !is_blind(group).empty())
                stands.push_back(atom);
        }
        for (const auto& clause : group.owner)
            put(out, both({stands}, when(clause.when)),
                suggests("requests-stand-side-by-side", refs_of(group), resolver(group, clause)));
    }
    owning(out, group, on);
}

void Desk::creating(Lines& out, const Group& group, bool list) const
{
    Lines as_set;
    if (list)
        adding(as_set, group, On::new_record);
    else
        setting(as_set, group, On::new_record);
    std::string who;
    for (const auto& one : type_.create)
        who += (who.empty() ? "" : " or ") + in_words(one, policy_, &type_);
    const auto others = opposite(lines_of_creators());
    for (const auto& line : reachable(as_set)) {
        if (line.answer != Answer::refused && line.instead.empty())
            put(out, both({line.when}, others),
                refused("may-not-create", type_.refs, "It can be recorded by " + who + "."));
        out.push_back(line);
    }
}

void Desk::adding(Lines& out, const Group& group, On on) const
{
    if (group.merge == Merge::add_wins) {
        redirecting(out, group, on);
        return put(out, always, decides("protection-counts-at-once", refs_of(group)));
    }
    barring(out, group, on);
    for (const auto& clause : group.owner) {
        const auto given = when(clause.when);
        put(out, both(given, holds(clause.is, on)), decides("owner", refs_of(group)));
        const auto contributes = type_.kind == RecordType::Kind::event ? always : holds_any(type_.create, on);
        put(out, both(given, contributes), decides("own-contribution", refs_of(group)));
        put(out, given, suggests("not-owner", refs_of(group), resolver(group, clause)));
    }
}

void Desk::removing(Lines& out, const Group& group) const
{
    redirecting(out, group, On::record);
    auto gone = decides("already-gone", refs_of(group));
    gone.answer = Answer::nothing;
    put(out, is_blind(group), std::move(gone));
    auto own = plain(Kind::own_element);
    auto foreign = own;
    foreign.negated = true;
    for (const auto& clause : group.owner) {
        const auto given = when(clause.when);
        if (group.merge == Merge::append && clause.is.kind == Authority::Kind::supplier)
            put(out, both(given, {{foreign}}), suggests("not-supplier", refs_of(group), clause.is));
        put(out, both(given, holds(clause.is, On::record)), decides("owner", refs_of(group)));
        if (group.merge == Merge::append)
            put(out, both(given, {{own}}), decides("own-contribution", refs_of(group)));
        put(out, given, suggests("not-owner", refs_of(group), resolver(group, clause)));
    }
}

void Desk::happening(Lines& out, const Group& group, On on) const
{
    const auto kept = decides("it-happened", type_.refs);
    if (on == On::new_record)
        return put(out, always, kept);
    auto another = plain(Kind::supplier);
    another.negated = true;
    for (const auto& clause : group.owner)
        put(out, both({{another}}, when(clause.when)), suggests("not-supplier", type_.refs, resolver(group, clause)));
    put(out, is_blind(group), kept);
    put(out, {{plain(Kind::empty, group.id)}}, kept);
    Lines as_set;
    setting(as_set, group, on);
    for (auto& line : as_set) {
        if (line.answer == Answer::refused) {
            line.answer = Answer::decides;
            line.rule = "it-happened";
            line.say.clear();
            line.instead.clear();
        }
        out.push_back(std::move(line));
    }
}

void Desk::withdrawing(Lines& out) const
{
    if (type_.singleton)
        return put(out, always, refused("one-per-case", type_.refs, "A case always has this record. Correct it instead."));
    for (const auto& gate : type_.withdrawal) {
        Any meets = both(after(gate.when, nullptr, On::record), sees_all(gate, nullptr, On::record));
        if (!gate.unless.empty())
            meets = both(meets, opposite(after(gate.unless, nullptr, On::record)));
        put(out, both(meets, missing(gate)), refused(gate.rule, gate.refs, gate.say));
    }
    const Authority supplier{Authority::Kind::supplier, {}, {}};
    auto another = plain(Kind::supplier);
    another.negated = true;
    put(out, {{another}}, suggests("not-supplier", type_.refs, supplier));
    for (const auto& group : type_.groups) {
        const auto hidden = is_hidden(group);
        const Any others = both(opposite(hidden), {{plain(Kind::others_work, group.id)}});
        Any hidden_open = hidden;
        Any others_open = others;
        for (const auto& clause : group.owner) {
            const bool takes_none = std::all_of(clause.when.values.begin(), clause.when.values.end(),
                                                [](const auto& entry) { return contains(entry.second, ""); });
            Match of_facts;
            of_facts.facts = clause.when.facts;
            const auto blind = takes_none ? when(of_facts) : Any{};
            const auto known = when(clause.when, Kind::recorded);
            const bool to_lead = clause.is.kind == Authority::Kind::supplier;
            const Authority lead{Authority::Kind::lead_agency, {}, {}};
            const auto not_own = to_lead ? always : opposite(holds(clause.is, On::record));
            const auto asked = suggests("others-work", type_.refs, to_lead ? lead : clause.is);
            put(out, both(both(hidden_open, blind), not_own), asked);
            put(out, both(both(others_open, known), not_own), asked);
            hidden_open = both(hidden_open, opposite(blind));
            others_open = both(others_open, opposite(known));
        }
    }
    // Who decides and does not see what a gate looks at is not told what it found.
    for (const auto& gate : type_.withdrawal) {
        Match known;
        known.facts = gate.when.facts;
        put(out, both(when(known), opposite(sees_all(gate, nullptr, On::record))), refused(gate.rule, gate.refs, gate.say));
    }
    for (const auto& group : type_.groups)
        if (group.safe_side && group.safe_side->second_person)
            for (const auto& clause : group.owner)
                put(out, both(both(opposite(is_hidden(group)), when(clause.when, Kind::recorded)), {{protecting(group)}}),
                    suggests("second-person", group.safe_side->refs, clause.is));
    put(out, always, decides("supplier", type_.refs));
}

Atom Desk::protecting(const Group& group)
{
    const auto& side = *group.safe_side;
    const auto* field = group.field(side.field);
    auto out = of_field(Kind::recorded, side.field, {""});
    out.negated = true;  // a date of any day
    if (side.kind == SafeSide::Kind::later_choice)
        out.values.push_back(field->choices.front());
    if (side.kind == SafeSide::Kind::value) {
        out.values = {side.value};
        out.negated = false;
    }
    return out;
}

}  // namespace satchel::schema::matrix
