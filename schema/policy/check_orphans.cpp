// Judges that what rules rest on can come about: facts that somebody can bring about, and values that they can have.
#include <algorithm>
#include <map>
#include <set>

#include "schema/policy/declaration.hpp"

namespace satchel::schema::declaration {
namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

bool is_nobody(const Authority& who) { return who.kind == Authority::Kind::nobody; }

// A record that the hub writes where another change may not stand needs nobody who creates it.
bool is_written_instead(const Policy& policy, const std::string& type)
{
    return std::any_of(policy.types.begin(), policy.types.end(), [&](const RecordType& other) {
        return std::any_of(other.groups.begin(), other.groups.end(), [&](const schema::Group& group) {
            return std::any_of(group.redirects.begin(), group.redirects.end(), [&](const schema::Redirect& redirect) {
                return redirect.instead && redirect.instead->type == type;
            });
        });
    });
}

// A fact whose record is retired, or whose part nobody owns, keeps for ever the value that it has.
void check_sources(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    for (std::size_t f = 0; f < policy.facts.size(); ++f) {
        const auto& fact = policy.facts[f];
        const auto* type = policy.type(fact.type);
        const auto* group = type ? type->group(fact.group) : nullptr;
        if (!group || is_written_instead(policy, fact.type))
            continue;
        const bool created = !std::all_of(type->create.begin(), type->create.end(), is_nobody);
        const bool owned = !std::all_of(group->owner.begin(), group->owner.end(),
                                        [](const OwnerClause& clause) { return is_nobody(clause.is); });
        if (!created || !owned)
            problems.add(bundle.facts[f].at, "fact " + quoted(fact.name) + " is orphaned: nobody " +
                                                 (created ? "owns " : "creates ") + quoted(fact.type + (created ? "." + fact.group : "")) +
                                                 ", from which it is derived");
    }
}

// The values that a fact can have, where the field it is derived from has choices.
std::map<std::string, std::set<std::string>> values_of_facts(const Policy& policy)
{
    std::map<std::string, std::set<std::string>> out;
    for (const auto& fact : policy.facts) {
        const auto* type = policy.type(fact.type);
        const auto* group = type ? type->group(fact.group) : nullptr;
        const auto* field = group ? group->field(fact.value) : nullptr;
        std::set<std::string> can{"", fact.otherwise};
        if (fact.derive == FactRule::Derive::any)
            can.insert("yes");
        else if (field && field->type == FieldType::boolean)
            can.insert({"yes", "no"});
        else if (field && !field->choices.empty())
            can.insert(field->choices.begin(), field->choices.end());
        else
            continue;
        out[fact.name] = std::move(can);
    }
    return out;
}

// A rule for a value that its fact never has is a rule for nobody: most often a misspelt one.
void check_values(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    const auto can = values_of_facts(policy);
    const auto check = [&](const Match& match) {
        for (const auto& entry : match.entries) {
            const auto at = entry.fact ? can.find(entry.name.text) : can.end();
            if (at == can.end())
                continue;
            for (const auto& value : entry.values)
                if (!at->second.contains(value.text))
                    problems.add(value.at, "fact " + quoted(entry.name.text) + " is never " + quoted(value.text));
        }
    };
    for (const auto& record : bundle.records) {
        for (const auto& group : record.groups) {
            for (const auto& owner : group.owner)
                check(owner.when);
            for (const auto& redirect : group.redirects)
                check(redirect.when);
        }
        for (const auto& notify : record.notify)
            check(notify.match);
        for (const auto& outside : record.outside)
            check(outside.when);
    }
    for (const auto& deadline : bundle.deadlines)
        check(deadline.applies);
}

}  // namespace

void check_orphans(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    check_sources(bundle, policy, problems);
    check_values(bundle, policy, problems);
}

}  // namespace satchel::schema::declaration
