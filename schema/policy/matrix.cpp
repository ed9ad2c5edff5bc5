#include "schema/policy/matrix.hpp"

#include <algorithm>
#include <array>

#include "schema/value/identifiers.hpp"

namespace satchel::schema::matrix {
namespace {

using Kind = Atom::Kind;
using Any = std::vector<Condition>;  // any of them; empty: never

const Any always{{}};

// --- Conditions -------------------------------------------------------------------------------------------------------

bool contains(const std::vector<std::string>& list, std::string_view item)
{
    return std::find(list.begin(), list.end(), item) != list.end();
}

bool same_subject(const Atom& a, const Atom& b)
{
    return a.kind == b.kind && a.name == b.name && a.field == b.field && a.group == b.group;
}

bool has_values(const Atom& a)
{
    return a.kind == Kind::fact || a.kind == Kind::change || a.kind == Kind::recorded || a.kind == Kind::named ||
           a.kind == Kind::referred;
}

// The same condition in the fewest atoms; nothing if it cannot hold.
std::optional<Condition> simplified(const Condition& in)
{
    Condition out;
    for (const auto& atom : in) {
        if (has_values(atom) && !atom.negated) {
            const auto at = std::find_if(out.begin(), out.end(),
                                         [&](const Atom& one) { return !one.negated && same_subject(one, atom); });
            if (at != out.end()) {
                std::erase_if(at->values, [&](const std::string& value) { return !contains(atom.values, value); });
                continue;
            }
        }
        if (std::find(out.begin(), out.end(), atom) == out.end())
            out.push_back(atom);
    }
    for (auto& atom : out) {
        if (atom.negated)
            continue;
        for (const auto& other : out)
            if (other.negated && same_subject(other, atom)) {
                if (!has_values(atom))
                    return std::nullopt;
                std::erase_if(atom.values, [&](const std::string& value) { return contains(other.values, value); });
            }
        if (has_values(atom) && atom.values.empty())
            return std::nullopt;
    }
    const auto told = [&](const Atom& atom) {  // a value that the condition names is not one that it excludes
        return atom.negated && std::any_of(out.begin(), out.end(),
                                           [&](const Atom& one) { return !one.negated && same_subject(one, atom); });
    };
    Condition kept;
    std::copy_if(out.begin(), out.end(), std::back_inserter(kept), [&](const Atom& atom) { return !told(atom); });
    return kept;
}

Any both(const Any& left, const Any& right)
{
    Any out;
    for (const auto& l : left)
        for (const auto& r : right) {
            auto joined = l;
            joined.insert(joined.end(), r.begin(), r.end());
            if (auto one = simplified(joined))
                out.push_back(*std::move(one));
        }
    return out;
}

Any either(Any left, const Any& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

// Without what another of them says already.
Any reduced(const Any& in)
{
    Any out;
    for (const auto& one : in) {
        if (one.empty())
            return always;
        if (std::find(out.begin(), out.end(), one) == out.end())
            out.push_back(one);
    }
    return out;
}

Any opposite(const Any& of)
{
    Any out = always;
    for (const auto& condition : of) {
        Any fails;
        for (auto atom : condition) {
            atom.negated = !atom.negated;
            fails.push_back({atom});
        }
        out = both(out, fails);
    }
    return out;
}

bool implied(const Atom& atom, const Condition& by)
{
    return std::any_of(by.begin(), by.end(), [&](const Atom& one) {
        if (one == atom)
            return true;
        if (!same_subject(one, atom) || !has_values(atom) || one.negated)
            return false;
        return std::all_of(one.values.begin(), one.values.end(),
                           [&](const std::string& value) { return contains(atom.values, value) != atom.negated; });
    });
}

// Lines that an earlier one leaves nothing to are left out.
Lines reachable(const Lines& in)
{
    Lines out;
    for (const auto& line : in) {
        const bool met = std::any_of(out.begin(), out.end(), [&](const Line& earlier) {
            return std::all_of(earlier.when.begin(), earlier.when.end(),
                               [&](const Atom& atom) { return implied(atom, line.when); });
        });
        if (!met)
            out.push_back(line);
    }
    return out;
}

Atom plain(Kind kind, GroupId group = {})
{
    Atom out;
    out.kind = kind;
    out.group = group;
    return out;
}

Atom of_fact(std::string name, std::vector<std::string> values)
{
    Atom out;
    out.name = std::move(name);
    out.values = std::move(values);
    return out;
}

Atom of_field(Kind kind, FieldId field, std::vector<std::string> values, GroupId group = {})
{
    Atom out = plain(kind, group);
    out.field = field;
    out.values = std::move(values);
    return out;
}

Any when(const Match& match, Kind values_of = Kind::change)
{
    Condition out;
    for (const auto& [fact, values] : match.facts)
        out.push_back(of_fact(fact, values));
    for (const auto& [field, values] : match.values)
        out.push_back(of_field(values_of, field, values));
    return {out};
}

// --- One role before one part of a record -----------------------------------------------------------------------------

// Whether it is about a record that is there decides what supplier and author mean.
enum class On : std::uint8_t { new_record, record, sight };

class Desk {
public:
    Desk(const Policy& policy, const RecordType& type, const Role& role) : policy_(policy), type_(type), role_(role) {}

    // When the role holds an authority. An authority that the grammar gains is added here, in in_words() and in
    // parse_authority().
    [[nodiscard]] Any holds(const Authority& who, On on) const
    {
        const auto if_so = [](bool so) { return so ? always : Any{}; };
        const auto& agency = role_.agency;
        switch (who.kind) {
        case Authority::Kind::nobody:
            return {};
        case Authority::Kind::agency:
            return if_so(agency == who.name);
        case Authority::Kind::role:
            return if_so(role_.name == who.name);
        case Authority::Kind::every_agency:
            return if_so(policy_.agency(agency) != nullptr);
        case Authority::Kind::case_agencies: {
            const auto* own = policy_.agency(agency);
            return own && own->by_invitation ? Any{{of_fact("lead_agency", {agency})}} : if_so(own != nullptr);
        }
        case Authority::Kind::supplier:
            return on == On::new_record ? always : Any{{plain(Kind::supplier)}};
        case Authority::Kind::author:
            return on == On::new_record ? always : Any{{plain(Kind::author)}};
        case Authority::Kind::lead_duty:
            if (!contains(role_.duties, who.name))
                return {};
            return {{of_fact("lead_agency", {agency})}};
        case Authority::Kind::lead_agency:
            return {{of_fact("lead_agency", {agency})}};
        case Authority::Kind::fact_agency:
            return {{of_fact(who.name, {agency})}};
        case Authority::Kind::field_agency: {
            const auto kind = on == On::new_record ? Kind::change : on == On::record ? Kind::named : Kind::recorded;
            return {{of_field(kind, who.field, {agency})}};
        }
        }
        return {};
    }
    [[nodiscard]] Any holds_any(const std::vector<Authority>& list, On on) const
    {
        Any out;
        for (const auto& who : list)
            out = either(std::move(out), holds(who, on));
        return out;
    }

    [[nodiscard]] Lines sight(const Group& group) const
    {
        Lines out;
        const auto add = [&](const AudienceClause& clause, const Any& given) {
            Line line;
            line.refs = refs_of(group);
            line.rule = "audience";
            line.answer = Answer::sees;
            put(out, both(given, holds_any(clause.who, On::sight)), line);
            line.answer = Answer::hidden;
            put(out, given, line);
        };
        const auto& clauses = group.audience.clauses;
        if (group.audience.by)
            for (std::size_t i = 1; i < clauses.size(); ++i)
                add(clauses[i], {{of_field(Kind::recorded, *group.audience.by, {clauses[i].value})}});
        if (!clauses.empty())
            add(clauses.front(), always);
        return reachable(out);
    }

    [[nodiscard]] Any is_hidden(const Group& group) const
    {
        const auto seen = sight(group);
        const auto is = [](Answer answer) { return [answer](const Line& line) { return line.answer == answer; }; };
        if (std::none_of(seen.begin(), seen.end(), is(Answer::sees)))
            return always;
        if (std::none_of(seen.begin(), seen.end(), is(Answer::hidden)))
            return {};
        return {{plain(Kind::hidden, group.id)}};
    }
    [[nodiscard]] Any is_unseen() const
    {
        bool all = true;
        for (const auto& group : type_.groups) {
            const auto hidden = is_hidden(group);
            if (hidden.empty())
                return {};
            all = all && hidden == always;
        }
        return all ? always : Any{{plain(Kind::unseen)}};
    }
    [[nodiscard]] Any is_blind(const Group& group) const
    {
        return is_hidden(group).empty() ? Any{} : Any{{plain(Kind::blind, group.id)}};
    }

    [[nodiscard]] Lines written(const Group& group, Action action) const
    {
        const bool set = group.merge == Merge::append || group.merge == Merge::add_wins;
        Lines out;
        if (action != Action::create)
            put(out, is_unseen(), refused("not-found", type_.refs, "There is no such record on the case."));
        if (action == Action::withdraw)
            withdrawing(out);
        else if (set)
            (action == Action::remove ? removing(out, group) : adding(out, group, on(action)));
        else if (type_.kind == RecordType::Kind::event)
            happening(out, group, on(action));
        else if (action == Action::create)
            creating(out, group);
        else
            setting(out, group, On::record);
        return reachable(out);
    }

    [[nodiscard]] Any lines_of_creators() const { return holds_any(type_.create, On::new_record); }

private:
    static On on(Action action) { return action == Action::create ? On::new_record : On::record; }
    [[nodiscard]] const References& refs_of(const Group& group) const { return group.refs.empty() ? type_.refs : group.refs; }

    static void put(Lines& out, const Any& given, Line line)
    {
        for (const auto& condition : given)
            if (auto one = simplified(condition)) {
                line.when = *std::move(one);
                out.push_back(line);
            }
    }
    static Line refused(std::string rule, References refs, std::string say)
    {
        Line out;
        out.answer = Answer::refused;
        out.rule = std::move(rule);
        out.refs = std::move(refs);
        out.say = std::move(say);
        return out;
    }
    static Line decides(std::string rule, References refs)
    {
        Line out;
        out.answer = Answer::decides;
        out.rule = std::move(rule);
        out.refs = std::move(refs);
        return out;
    }
    static Line suggests(std::string rule, References refs, Authority to)
    {
        Line out;
        out.answer = Answer::suggests;
        out.rule = std::move(rule);
        out.refs = std::move(refs);
        out.to = std::move(to);
        return out;
    }
    [[nodiscard]] static const Authority& resolver(const Group& group, const OwnerClause& clause)
    {
        return group.resolver.kind == Authority::Kind::nobody ? clause.is : group.resolver;
    }

    // Exceptions before ownership.
    void redirecting(Lines& out, const Group& group, On on) const
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

    void stepping(Lines& out, const Group& group, On on) const
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

    // The record as the change would leave it: of this part what the change says, of others what the record does.
    [[nodiscard]] static Any after(const Match& match, const Group& group, On on)
    {
        Match own;
        own.facts = match.facts;
        Condition others;
        for (const auto& [field, values] : match.values)
            if (group.field(field))
                own.values.emplace_back(field, values);
            else if (on == On::record)
                others.push_back(of_field(Kind::recorded, field, values));
            else if (!contains(values, ""))
                return {};
        return both(when(own), {others});
    }

    // A record that is only asked about is seen as by those who neither supplied nor recorded it.
    [[nodiscard]] Any sees_elsewhere(const Asked& asked) const
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

    // When the role sees everything that a gate looks at. Its own part is its own to see.
    [[nodiscard]] Any sees_all(const Gate& gate, const Group& group, On on) const
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
            if (part != group.id && on == On::record)
                out = both(out, opposite(is_hidden(*type_.group(part))));
        for (const auto& asked : {gate.exists, gate.absent})
            if (asked)
                out = both(out, sees_elsewhere(*asked));
        return out;
    }

    // What it asks for is one atom: other records, versions and persons are not told apart here.
    void gating(Lines& out, const Group& group, On on) const
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
            const auto sees = sees_all(gate, group, on);
            if (list) {
                // Owners see what a gate looks at: the compiler holds to it (check_gates.cpp). Who contributes may not.
                Match known;
                known.facts = gate.when.facts;
                std::copy_if(gate.when.values.begin(), gate.when.values.end(), std::back_inserter(known.values),
                             [&](const auto& entry) { return group.field(entry.first) != nullptr; });
                put(out, both(both(both(when(known), rank), opposite(sees)), holds_any(type_.create, on)), line);
            }
            Any meets = both(both(after(gate.when, group, on), rank), sees);
            if (!gate.unless.empty())
                meets = both(meets, opposite(after(gate.unless, group, on)));
            Atom missing;
            missing.kind = Kind::gate;
            missing.name = gate.rule;
            missing.negated = true;
            put(out, both(meets, {{missing}}), std::move(line));
        }
    }

    // What refuses comes first, then gates, then what asks somebody: nobody is asked to decide on what may not stand.
    void barring(Lines& out, const Group& group, On on) const
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

    void owning(Lines& out, const Group& group, On on) const
    {
        for (const auto& clause : group.owner) {
            put(out, both(when(clause.when), holds(clause.is, on)), decides("owner", refs_of(group)));
            put(out, when(clause.when), suggests("not-owner", refs_of(group), resolver(group, clause)));
        }
    }

    void setting(Lines& out, const Group& group, On on) const
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

    void creating(Lines& out, const Group& group) const
    {
        Lines as_set;
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

    void adding(Lines& out, const Group& group, On on) const
    {
        redirecting(out, group, on);
        if (group.merge == Merge::add_wins)
            return put(out, always, decides("protection-counts-at-once", refs_of(group)));
        gating(out, group, on);
        for (const auto& clause : group.owner) {
            const auto given = when(clause.when);
            put(out, both(given, holds(clause.is, on)), decides("owner", refs_of(group)));
            const auto contributes = type_.kind == RecordType::Kind::event ? always : holds_any(type_.create, on);
            put(out, both(given, contributes), decides("own-contribution", refs_of(group)));
            put(out, given, suggests("not-owner", refs_of(group), resolver(group, clause)));
        }
    }

    void removing(Lines& out, const Group& group) const
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

    // What happened is never refused.
    void happening(Lines& out, const Group& group, On on) const
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

    // What others gave or added does not go with the record: who decides it is asked, and is asked as well where the
    // role cannot see whether there is anything.
    void withdrawing(Lines& out) const
    {
        if (type_.singleton)
            return put(out, always, refused("one-per-case", type_.refs, "A case always has this record. Correct it instead."));
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
        put(out, always, decides("supplier", type_.refs));
    }

    const Policy& policy_;
    const RecordType& type_;
    const Role& role_;
};

// --- Does it hold? ----------------------------------------------------------------------------------------------------

std::string_view value_of(const std::map<FieldId, std::string>& values, FieldId field)
{
    const auto at = values.find(field);
    return at == values.end() ? std::string_view() : std::string_view(at->second);
}

class Judge {
public:
    Judge(const Policy& policy, const RecordType& type, const Role& role, const Situation& situation)
        : policy_(policy), type_(type), role_(role), in_(situation)
    {
    }

    [[nodiscard]] bool all(const Condition& condition) const
    {
        return std::all_of(condition.begin(), condition.end(),
                           [&](const Atom& atom) { return so(atom) != atom.negated; });
    }

private:
    [[nodiscard]] bool so(const Atom& atom) const
    {
        switch (atom.kind) {
        case Kind::fact: {
            const auto at = in_.facts.find(atom.name);
            return contains(atom.values, at == in_.facts.end() ? std::string_view() : std::string_view(at->second));
        }
        case Kind::change:
            return contains(atom.values, value_of(in_.change, atom.field));
        case Kind::recorded:
            return contains(atom.values, recorded(atom));
        case Kind::named:
            return contains(atom.values, in_.recorded.contains(atom.field) ? value_of(in_.recorded, atom.field)
                                                                           : value_of(in_.change, atom.field));
        case Kind::lowers:
        case Kind::raises: {
            const auto now = recorded(atom);
            const auto next = value_of(in_.change, atom.field);
            if (now.empty() || next.empty())
                return false;
            const auto steps = place(atom, next) - place(atom, now);
            return atom.kind == Kind::lowers ? steps < 0 : steps > 0;
        }
        case Kind::no_step:
            return no_step(atom);
        case Kind::supplier:
            return in_.supplier;
        case Kind::author:
            return in_.author;
        case Kind::own_request:
            return in_.own_request;
        case Kind::own_element:
            return in_.own_element;
        case Kind::empty:
            return !in_.filled.contains(atom.group);
        case Kind::others_work:
            return in_.others_work.contains(atom.group);
        case Kind::referred: {
            return contains(atom.values, value_of(in_.referred, atom.field));
        }
        case Kind::hidden:
            return hidden(*type_.group(atom.group));
        case Kind::unseen:
            return std::all_of(type_.groups.begin(), type_.groups.end(), [&](const Group& g) { return hidden(g); });
        case Kind::blind:
            return blind(*type_.group(atom.group));
        case Kind::gate:
            return in_.met.contains(atom.name);
        }
        return false;
    }

    // To those who neither see nor decide a part, there is nothing in it.
    [[nodiscard]] std::string_view recorded(const Atom& atom) const
    {
        const auto* group = type_.group(atom.group);
        return group && blind(*group) ? std::string_view() : value_of(in_.recorded, atom.field);
    }
    [[nodiscard]] bool hidden(const Group& group) const
    {
        const auto seen = Desk(policy_, type_, role_).sight(group);
        const auto* line = matrix::first(seen, policy_, type_, role_, in_);
        return !line || line->answer == Answer::hidden;
    }
    [[nodiscard]] bool blind(const Group& group) const
    {
        if (!hidden(group))
            return false;
        const Desk desk(policy_, type_, role_);
        for (const auto& clause : group.owner)
            if (any(when(clause.when)))
                return !any(desk.holds(clause.is, On::record));
        return true;
    }
    [[nodiscard]] bool any(const Any& conditions) const
    {
        return std::any_of(conditions.begin(), conditions.end(), [&](const Condition& one) { return all(one); });
    }
    [[nodiscard]] std::ptrdiff_t place(const Atom& atom, std::string_view value) const
    {
        const auto* field = type_.group(atom.group)->field(atom.field);
        if (field->type == FieldType::date || field->type == FieldType::integer)
            if (const auto parsed = parse_field_value(*field, value)) {
                const auto* date = std::get_if<Date>(&*parsed);
                return static_cast<std::ptrdiff_t>(date ? date->days : std::get<std::int64_t>(*parsed));
            }
        return std::find(field->choices.begin(), field->choices.end(), value) - field->choices.begin();
    }
    [[nodiscard]] bool no_step(const Atom& atom) const
    {
        const auto& steps = type_.group(atom.group)->transitions;
        const auto to = in_.change.find(atom.field);
        if (to == in_.change.end())
            return false;
        const auto from = recorded(atom);
        return from != to->second && std::none_of(steps.begin(), steps.end(), [&](const Transition& step) {
                   return step.from == from && step.to == to->second;
               });
    }

    const Policy& policy_;
    const RecordType& type_;
    const Role& role_;
    const Situation& in_;
};

template <class Line>
const Line* first_of(const std::vector<Line>& lines, const Judge& judge)
{
    const auto at = std::find_if(lines.begin(), lines.end(), [&](const Line& line) { return judge.all(line.when); });
    return at == lines.end() ? nullptr : &*at;
}

constexpr std::array<std::string_view, 6> actions{"create", "set", "add", "remove", "withdraw", "see"};
constexpr std::array<std::string_view, 6> answers{"decides", "suggests", "refused", "nothing", "sees", "hidden"};

}  // namespace

std::string_view name(Action action) noexcept { return actions[static_cast<std::size_t>(action)]; }
std::string_view name(Answer answer) noexcept { return answers[static_cast<std::size_t>(answer)]; }

bool applies(const RecordType& type, const Group& group, Action action) noexcept
{
    const bool set = group.merge == Merge::append || group.merge == Merge::add_wins;
    switch (action) {
    case Action::set:
        return !set;
    case Action::add:
    case Action::remove:
        return set;
    case Action::withdraw:
        return group.id == type.groups.front().id;
    case Action::create:
    case Action::see:
        return true;
    }
    return false;
}

Lines lines(const Policy& policy, const RecordType& type, const Group& group, const Role& role, Action action)
{
    const Desk desk(policy, type, role);
    return action == Action::see ? desk.sight(group) : desk.written(group, action);
}

std::vector<Raised> raised(const Policy& policy, const RecordType& type, const Group& group, const Role& role,
                           Action action)
{
    std::vector<Raised> out;
    const bool first_or_set = action == Action::create || action == Action::set;
    if (type.kind != RecordType::Kind::event || !first_or_set || !applies(type, group, Action::set))
        return out;
    const Desk desk(policy, type, role);
    Any open = always;
    if (action == Action::set)  // what the role does not see is not found; another agency's account is not corrected
        open = both(opposite(desk.is_unseen()), {{plain(Kind::supplier)}});
    for (const auto& rule : type.outside) {
        auto given = when(rule.when);
        if (rule.ref)
            given = both(given, {{of_field(Kind::referred, *rule.ref, rule.ref_values)}});
        if (rule.ref || !rule.when.empty())
            for (auto& condition : both(given, open))
                out.push_back({std::move(condition), rule.id, rule.refs, rule.say});
    }
    if (action == Action::create)
        for (const auto& condition : opposite(desk.lines_of_creators()))
            out.push_back({condition, "recorded-by-another", type.refs, {}});
    return out;
}

const Line* first(const Lines& lines, const Policy& policy, const RecordType& type, const Role& role,
                  const Situation& situation)
{
    return first_of(lines, Judge(policy, type, role, situation));
}

const Raised* first(const std::vector<Raised>& raised, const Policy& policy, const RecordType& type, const Role& role,
                    const Situation& situation)
{
    return first_of(raised, Judge(policy, type, role, situation));
}

}  // namespace satchel::schema::matrix
