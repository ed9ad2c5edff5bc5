// Judges whether everybody who sees something under the bundle in force still sees it under the new one.
#include "schema/policy/declaration.hpp"
#include "schema/policy/difference.hpp"

namespace satchel::schema::declaration {
namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string in_words(const schema::Audience& audience)
{
    std::string out;
    for (const auto& clause : audience.clauses) {
        out += (out.empty() ? "" : "; ") + (clause.value.empty() ? "" : clause.value + ": ");
        for (std::size_t i = 0; i < clause.who.size(); ++i)
            out += (i == 0 ? "" : ", ") + to_string(clause.who[i]);
    }
    return quoted(out);
}

}  // namespace

void check_narrowing(const Bundle& bundle, const Policy& policy, const Policy& before, Problems& problems)
{
    for (const auto& type : before.types) {
        const auto* now = policy.type(type.name);
        if (!now)
            continue;
        const auto& record = bundle.records[static_cast<std::size_t>(now - policy.types.data())];
        for (const auto& group : type.groups) {
            const auto* same = now->group(group.name);
            if (!same)
                continue;
            std::string who;
            for (const auto& role : before.roles)
                if (difference::loses_sight(before, policy, type, group, role))
                    who += (who.empty() ? "" : ", ") + quoted(role.name);
            if (who.empty())
                continue;
            const auto& in = record.groups[static_cast<std::size_t>(same - now->groups.data())];
            const auto at = in.audience ? in.audience->at : record.audience ? record.audience->at : in.at;
            problems.add(at, who + " would no longer see " + quoted(type.name + "." + group.name) + " in every case: its audience is " +
                                 in_words(same->audience) + ", and is " + in_words(group.audience) + " in the bundle in force");
        }
    }
}

}  // namespace satchel::schema::declaration
