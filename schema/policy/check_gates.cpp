// Judges what stands between a change and the record: the steps of a state, and gates.
#include <algorithm>
#include <set>

#include "schema/policy/admits.hpp"
#include "schema/policy/declaration.hpp"

namespace satchel::schema::declaration {
namespace {

using Kind = Authority::Kind;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

void check_states(const Group& in, const schema::Group& group, Problems& problems)
{
    if (!in.states)
        return;
    const auto* field = group.field(group.transition_field);
    if (!field || field->type != FieldType::choice) {
        problems.add(in.states->field.at, "states are the choices of a field");
        return;
    }
    const auto is_state = [&](const std::string& state) {
        return std::find(field->choices.begin(), field->choices.end(), state) != field->choices.end();
    };
    std::set<std::string> reached;
    std::set<std::pair<std::string, std::string>> moves;
    for (std::size_t i = 0; i < group.transitions.size(); ++i) {
        const auto& move = group.transitions[i];
        const auto at = in.states->moves[i].at;
        if (!move.from.empty() && !is_state(move.from))
            problems.add(at, quoted(move.from) + " is not a state of " + quoted(field->name));
        if (!is_state(move.to))
            problems.add(at, quoted(move.to) + " is not a state of " + quoted(field->name));
        if (move.by.kind == Authority::Kind::nobody)
            problems.add(at, "somebody must be able to make this move");
        if (!moves.insert({move.from, move.to}).second)
            problems.add(at, "two rules decide the move " + quoted((move.from.empty() ? "start" : move.from) + " -> " + move.to));
        if (move.from.empty())
            reached.insert(move.to);
    }
    if (reached.empty()) {
        problems.add(in.states->at, "the states of " + quoted(field->name) + " have no start");
        return;
    }
    for (bool grew = true; grew;) {
        grew = false;
        for (const auto& move : group.transitions)
            if (reached.contains(move.from) && reached.insert(move.to).second)
                grew = true;
    }
    for (const auto& state : field->choices)
        if (!reached.contains(state))
            problems.add(in.states->at, "state " + quoted(state) + " of " + quoted(field->name) +
                                            " cannot be reached from the start");
}

bool is_set(const schema::Group& group)
{
    return group.merge == schema::Merge::append || group.merge == schema::Merge::add_wins;
}

// The sentence goes into the ruling, with the titles of what is missing.
constexpr std::size_t sentence_max = 2048;

// --- who decides sees what a gate looks at; a gate that may not tell them what it found would bar them for ever ----------

// Whom an authority of one record may stand for where another is looked at.
std::vector<Authority> elsewhere(const RecordType& type, const Authority& who)
{
    if (who.kind == Kind::supplier || who.kind == Kind::author) {
        std::vector<Authority> out;
        for (const auto& creator : type.create) {
            const bool settled = creator.kind != Kind::supplier && creator.kind != Kind::author;
            out.push_back(settled ? creator : Authority{Kind::every_agency, {}, {}});
        }
        return out;
    }
    return {who.kind == Kind::field_agency ? Authority{Kind::every_agency, {}, {}} : who};
}

std::vector<Authority> deciders(const schema::Group& group)
{
    std::vector<Authority> out{group.resolver};
    for (const auto& clause : group.owner)
        out.push_back(clause.is);
    for (const auto& move : group.transitions)
        out.push_back(move.by);
    for (const auto& redirect : group.redirects)
        if (redirect.then == schema::Redirect::Then::suggest)
            out.push_back(redirect.to);
    return out;
}

class Judge {
public:
    Judge(const Policy& policy, const RecordType& type, const schema::Group& group, Problems& problems)
        : policy_(policy), type_(type), group_(group), problems_(problems)
    {
    }

    void run(const Gate& in, const schema::Gate& gate)
    {
        if (type_.kind == RecordType::Kind::event)
            problems_.add(in.at, "what happened is never refused: an event has no gate");
        if (group_.merge == schema::Merge::add_wins)
            problems_.add(in.at, "anyone may raise what protects: such a list has no gate");
        if (gate.needs.empty() && gate.different_person_from.empty() && !gate.approved && !gate.exists && !gate.absent)
            problems_.add(in.at, "gate " + quoted(gate.rule) + " asks for nothing");
        if (gate.rank != schema::Redirect::Rank::any)
            ranked(in, gate);
        if (gate.approved && type_.group(gate.approved->group)->binds_to == group_.id)
            problems_.add(in.approved->group.at, "the change would void the approval that it needs: " +
                                                     quoted(type_.group(gate.approved->group)->name) + " binds to " +
                                                     quoted(group_.name) + ". Put the state into a part of its own");
        demands(in, gate);
    }

    // Of an event too: it is not what happened that is refused. What asks for nothing is always shut.
    void before_withdrawal(const Gate& in, const schema::Gate& gate)
    {
        if (type_.singleton)
            problems_.add(in.at, "a case always has this record: it is never withdrawn");
        withdrawal_ = true;
        demands(in, gate);
    }

private:
    void demands(const Gate& in, const schema::Gate& gate)
    {
        auto length = gate.say.size();
        for (const auto need : gate.needs)
            if (const auto* part = part_of(need))
                length += part->field(need)->title.size() + 2;
        if (length > sentence_max)
            problems_.add(in.say.at, "what the author is told is too long: it names all that may be missing");
        for (std::size_t i = 0; i < gate.different_person_from.size(); ++i)
            if (is_set(*type_.group(gate.different_person_from[i])))
                problems_.add(in.different_person_from[i].at, "a list has many authors: name a part that has one");
        if (gate.approved)
            approval(in, gate);
        visibility(in, gate);
    }

    const schema::Group* part_of(FieldId field) const
    {
        const auto at = std::find_if(type_.groups.begin(), type_.groups.end(),
                                     [&](const schema::Group& group) { return group.field(field) != nullptr; });
        return at == type_.groups.end() ? nullptr : &*at;
    }

    void ranked(const Gate& in, const schema::Gate& gate)
    {
        const auto* field = group_.field(gate.rank_field);
        if (field && field->type != FieldType::choice && field->type != FieldType::date && field->type != FieldType::integer)
            problems_.add(in.rank_field.at, "only a choice, a date or a number can be lowered or raised");
    }

    void approval(const Gate& in, const schema::Gate& gate)
    {
        const auto& group = *type_.group(gate.approved->group);
        const auto& at = in.approved->group.at;
        if (!group.binds_to)
            problems_.add(at, quoted(group.name) + " approves nothing: it binds to no part of the record");
        for (const auto& [field, values] : gate.approved->when.values)
            if (!group.field(field))
                problems_.add(at, "an approval is asked about what it says itself");
    }

    void visibility(const Gate& in, const schema::Gate& gate)
    {
        std::set<const schema::Group*> here;
        const auto look = [&](FieldId field) { here.insert(part_of(field)); };
        for (const auto* match : {&gate.when, &gate.unless})
            for (const auto& [field, values] : match->values)
                look(field);
        for (const auto need : gate.needs)
            look(need);
        for (const auto other : gate.different_person_from)
            here.insert(type_.group(other));
        if (gate.approved) {
            const auto* approval = type_.group(gate.approved->group);
            here.insert(approval);
            if (approval->binds_to)
                here.insert(type_.group(*approval->binds_to));
        }
        for (const auto* group : here)
            if (group && !withdrawal_ && group != &group_)
                for (const auto& who : deciders(group_))
                    seen(in, type_, *group, {who}, who);
        for (const auto& asked : {gate.exists, gate.absent})
            if (asked)
                record(in, *asked);
    }

    void record(const Gate& in, const schema::Asked& asked)
    {
        const auto& type = *policy_.type(asked.type);
        for (const auto& group : type.groups) {
            const bool looked_at =
                &group == &type.groups.front() || (asked.refers_here && group.field(*asked.refers_here)) ||
                std::any_of(asked.when.values.begin(), asked.when.values.end(),
                            [&](const auto& entry) { return group.field(entry.first) != nullptr; });
            if (looked_at)
                for (const auto& who : withdrawal_ ? std::vector{Authority{Kind::supplier, {}, {}}} : deciders(group_))
                    seen(in, type, group, elsewhere(type_, who), who);
        }
    }

    void seen(const Gate& in, const RecordType& type, const schema::Group& group, const std::vector<Authority>& readers,
              const Authority& who)
    {
        for (const auto& clause : group.audience.clauses)
            for (const auto& reader : readers)
                if (!admits(policy_, type, clause.who, reader)) {
                    problems_.add(in.at, quoted(to_string(who)) + " decides here and does not see " +
                                             quoted(type.name + "." + group.name) + ", at which gate " +
                                             quoted(in.rule.text) + " looks");
                    return;
                }
    }

    const Policy& policy_;
    const RecordType& type_;
    const schema::Group& group_;
    Problems& problems_;
    bool withdrawal_ = false;  // whoever withdraws a record sees all of it, or asks somebody else
};

}  // namespace

void check_gates(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    for (std::size_t t = 0; t < policy.types.size(); ++t) {
        for (std::size_t i = 0; i < policy.types[t].withdrawal.size(); ++i)
            Judge(policy, policy.types[t], policy.types[t].groups.front(), problems)
                .before_withdrawal(bundle.records[t].withdrawal[i], policy.types[t].withdrawal[i]);
        for (std::size_t g = 0; g < policy.types[t].groups.size(); ++g) {
            const auto& in = bundle.records[t].groups[g];
            const auto& group = policy.types[t].groups[g];
            check_states(in, group, problems);
            for (std::size_t i = 0; i < group.gates.size(); ++i)
                Judge(policy, policy.types[t], group, problems).run(in.gates[i], group.gates[i]);
        }
    }
}

}  // namespace satchel::schema::declaration
