// Judges that everything that can wait for somebody reaches somebody: roles and their covers, tasks, and the facts on
// which authority rests.
#include <algorithm>
#include <map>
#include <set>

#include "schema/policy/admits.hpp"
#include "schema/policy/declaration.hpp"

namespace satchel::schema::declaration {
namespace {

using Kind = Authority::Kind;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

// The duties that rules rely on, with a place that says so. Whichever agency leads must have a role with each.
std::map<std::string, Place> duties_needed(const Bundle& bundle, const Policy& policy)
{
    std::map<std::string, Place> out;
    const auto need = [&](const Authority& who, Place at) {
        if (who.kind == Kind::lead_duty)
            out.emplace(who.name, at);
    };
    const auto tasks = [&](const Words& roles) {
        for (const auto& role : roles)
            if (const auto receiver = parse_receiver(role.text)) {
                need(receiver->who, role.at);
                if (!receiver->duty.empty())
                    out.emplace(receiver->duty, role.at);
            }
    };
    for (std::size_t t = 0; t < policy.types.size(); ++t) {
        const auto& record = bundle.records[t];
        for (std::size_t g = 0; g < record.groups.size(); ++g) {
            const auto& group = policy.types[t].groups[g];
            const auto& in = record.groups[g];
            for (std::size_t i = 0; i < group.owner.size(); ++i)
                need(group.owner[i].is, in.owner[i].at);
            need(group.resolver, in.resolver.at);
            for (std::size_t i = 0; i < group.redirects.size(); ++i)
                need(group.redirects[i].to, in.redirects[i].to.at);
            for (std::size_t i = 0; i < group.transitions.size(); ++i)
                need(group.transitions[i].by, in.states->moves[i].at);
        }
        for (const auto& notify : record.notify)
            tasks(notify.roles);
        for (const auto& link : record.links)
            tasks(link.roles);
    }
    for (const auto& deadline : bundle.deadlines)
        tasks({deadline.role});
    if (!policy.scope.owner_duty.empty())
        out.emplace(policy.scope.owner_duty, bundle.owner_duty.at);
    return out;
}

// A suggestion to an agency is a suggestion to every role in it: any role can receive work, so each has a cover, and
// the covers end at the co-ordination role (I10).
void check_covers(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    for (std::size_t r = 0; r < policy.roles.size(); ++r) {
        const auto& role = policy.roles[r];
        const auto place = bundle.roles[r].name.at;
        if (role.cover.empty() && role.name != policy.scope.coordination_role)
            problems.add(place, "role " + quoted(role.name) +
                                    " can receive work and has no cover: only the co-ordination role has none");
        std::set<std::string> seen{role.name};
        for (const auto* at = &role; at && !at->cover.empty(); at = policy.role(at->cover))
            if (!seen.insert(at->cover).second) {
                problems.add(place, "the covers of role " + quoted(role.name) + " go round in a circle");
                break;
            }
    }
    for (const auto& [duty, at] : duties_needed(bundle, policy))
        for (const auto& agency : policy.agencies)
            if (std::none_of(policy.roles.begin(), policy.roles.end(), [&, d = duty](const auto& role) {
                    return role.agency == agency.name &&
                           std::find(role.duties.begin(), role.duties.end(), d) != role.duties.end();
                }))
                problems.add(at, "agency " + quoted(agency.name) + " has no role with the duty " + quoted(duty));
}

// A task never tells anybody of something that they may not see.
void check_tasks(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    for (std::size_t t = 0; t < policy.types.size(); ++t) {
        const auto& type = policy.types[t];
        const auto sees = [&](const Authority& who, const std::optional<GroupId>& only) {
            for (const auto& group : type.groups)
                if (!only || group.id == *only)
                    for (const auto& clause : group.audience.clauses)
                        if (admits(policy, type, clause.who, who))
                            return true;
            return false;
        };
        const auto check = [&](const Words& roles, const std::optional<GroupId>& group) {
            for (const auto& role : roles) {
                const auto receiver = parse_receiver(role.text, &type);
                if (role.text == "resolver" || !receiver)
                    continue;
                if (!sees(receiver->who, group))
                    problems.add(role.at, quoted(role.text) + " is told of something outside its audience");
                const auto* naming = type.group_of_field(receiver->who.name);
                if (receiver->who.kind == Kind::field_agency && naming && !sees(receiver->who, naming->id))
                    problems.add(role.at, quoted(role.text) + " is told, and does not see " + quoted(naming->name) + ", which names it");
            }
        };
        for (std::size_t n = 0; n < type.notify.size(); ++n) {
            const auto& in = bundle.records[t].notify[n];
            if (in.roles.empty() && in.marks_stale.empty())
                problems.add(in.at, "notification " + quoted(in.id.text) + " tells nobody");
            check(in.roles, type.notify[n].group);
        }
        for (const auto& link : bundle.records[t].links)
            check(link.roles, std::nullopt);
        for (std::size_t d = 0; d < policy.deadlines.size(); ++d)
            for (const auto& start : policy.deadlines[d].starts)
                if (start.type == type.id && names_receiver(policy.deadlines[d].role))
                    check({bundle.deadlines[d].role}, start.group);
    }
}

// What is said of a record as a whole, that it was withdrawn or has gone stale, has the audience of the first part: whoever
// reads another part must be told.
void check_first_parts(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    for (std::size_t t = 0; t < policy.types.size(); ++t) {
        const auto& type = policy.types[t];
        if (type.groups.empty() || type.groups.front().audience.clauses.empty())
            continue;
        const auto& first = type.groups.front().audience;
        for (std::size_t g = 1; g < type.groups.size(); ++g) {
            const auto& other = type.groups[g].audience;
            const bool told = std::all_of(other.clauses.begin(), other.clauses.end(), [&](const AudienceClause& clause) {
                // Where both turn on one field, its value chooses in both; else the narrowest must do.
                auto same = first.clauses.begin();
                if (first.by && first.by == other.by)
                    same = std::find_if(first.clauses.begin(), first.clauses.end(),
                                        [&](const AudienceClause& c) { return c.value == clause.value; });
                return same != first.clauses.end() &&
                       std::all_of(clause.who.begin(), clause.who.end(),
                                   [&](const Authority& who) { return admits(policy, type, same->who, who); });
            });
            if (!told)
                problems.add(bundle.records[t].groups[g].at,
                             quoted(type.groups[g].name) + " has readers whom " + quoted(type.groups.front().name) +
                                 ", the first part, has not: they would not be told if the record were withdrawn");
        }
    }
}

// --- facts: authority that rests on itself could be seized by whoever writes first ---------------------------------

std::vector<std::string> facts_behind(const Policy& policy, const Authority& who)
{
    const bool invited = who.kind == Kind::case_agencies &&
                         std::any_of(policy.agencies.begin(), policy.agencies.end(),
                                     [](const schema::Agency& agency) { return agency.by_invitation; });
    if (who.kind == Kind::lead_agency || who.kind == Kind::lead_duty || invited)
        return {"lead_agency"};
    if (who.kind == Kind::fact_agency)
        return {who.name};
    return {};
}

void check_facts(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    std::map<std::string, std::set<std::string>> rests_on;
    for (const auto& fact : policy.facts) {
        const auto* type = policy.type(fact.type);
        const auto* group = type ? type->group(fact.group) : nullptr;
        if (!group)
            continue;
        auto& behind = rests_on[fact.name];
        const auto add = [&](const Authority& who) {
            const auto names = facts_behind(policy, who);
            behind.insert(names.begin(), names.end());
        };
        for (const auto& clause : group->owner) {
            add(clause.is);
            for (const auto& [name, values] : clause.when.facts)
                behind.insert(name);
        }
        for (const auto& move : group->transitions)
            add(move.by);
    }
    for (std::size_t f = 0; f < policy.facts.size(); ++f) {
        const auto& start = policy.facts[f].name;
        std::set<std::string> seen;
        std::vector<std::string> open(rests_on[start].begin(), rests_on[start].end());
        while (!open.empty()) {
            const auto name = open.back();
            open.pop_back();
            if (!seen.insert(name).second)
                continue;
            open.insert(open.end(), rests_on[name].begin(), rests_on[name].end());
        }
        if (seen.contains(start))
            problems.add(bundle.facts[f].at, "fact " + quoted(start) +
                                                 " decides who owns the record it is derived from: it owns itself");
    }
}

// A fact that names an agency with authority is always one: no day without a lead.
void check_agency_facts(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    std::set<std::string> used;
    const auto use = [&](const Authority& who) {
        const auto names = facts_behind(policy, who);
        used.insert(names.begin(), names.end());
    };
    for (const auto& type : policy.types) {
        for (const auto& who : type.create)
            use(who);
        for (const auto& group : type.groups) {
            use(group.resolver);
            for (const auto& clause : group.owner)
                use(clause.is);
            for (const auto& move : group.transitions)
                use(move.by);
            for (const auto& clause : group.audience.clauses)
                for (const auto& who : clause.who)
                    use(who);
        }
    }
    for (std::size_t f = 0; f < policy.facts.size(); ++f) {
        const auto& fact = policy.facts[f];
        const auto* type = policy.type(fact.type);
        const auto* group = type ? type->group(fact.group) : nullptr;
        const auto* field = group ? group->field(fact.value) : nullptr;
        if (used.contains(fact.name)) {
            if (!field || field->type != FieldType::agency)
                problems.add(bundle.facts[f].value.at,
                             "fact " + quoted(fact.name) + " stands for an agency: its value is a field of type agency");
            if (!policy.agency(fact.otherwise))
                problems.add(bundle.facts[f].otherwise.at,
                             "fact " + quoted(fact.name) + " stands for an agency: \"otherwise\" names one, so that no "
                                                           "day is without");
        } else if (field && !fact.otherwise.empty() && field->type == FieldType::choice &&
                   std::find(field->choices.begin(), field->choices.end(), fact.otherwise) == field->choices.end()) {
            problems.add(bundle.facts[f].otherwise.at,
                         quoted(fact.otherwise) + " is not a choice of " + quoted(field->name));
        }
    }
}

}  // namespace

void check_routes(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    check_covers(bundle, policy, problems);
    check_tasks(bundle, policy, problems);
    check_first_parts(bundle, policy, problems);
    check_facts(bundle, policy, problems);
    check_agency_facts(bundle, policy, problems);
}

}  // namespace satchel::schema::declaration
