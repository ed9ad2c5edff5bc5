// Judges whether a new bundle can follow the one in force: records written under the old one must stay readable.
#include <algorithm>

#include "schema/policy/declaration.hpp"

namespace satchel::schema::declaration {
namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

void check_field(const Field& in, const schema::Field& now, const schema::Field& was, Problems& problems)
{
    if (now.type != was.type) {
        problems.add(in.name.at, "field " + quoted(now.name) + " is of type " + std::string(name(now.type)) + ", and of type " +
                                     std::string(name(was.type)) + " in the bundle in force: a name is never reused with another type");
        return;
    }
    if (now.target != was.target)
        problems.add(in.name.at, "field " + quoted(now.name) + " refers to " + quoted(now.target) + ", and to " + quoted(was.target) +
                                     " in the bundle in force");
    if (was.type == FieldType::choice)
        for (const auto& choice : was.choices)
            if (std::find(now.choices.begin(), now.choices.end(), choice) == now.choices.end())
                problems.add(in.name.at, "field " + quoted(now.name) + " can be " + quoted(choice) +
                                             " in the bundle in force: choices are added, never removed");
}

std::string kind(const RecordType& type)
{
    return std::string(type.kind == RecordType::Kind::event ? "an event" : "an entity") + (type.singleton ? " of which a case has one" : "");
}

}  // namespace

void check_evolution(const Bundle& bundle, const Policy& policy, const Policy& before, Problems& problems)
{
    if (policy.version <= before.version)
        problems.add(bundle.version.at, "the bundle in force has version " + std::to_string(before.version) +
                                            ": the new one needs a higher number");
    for (const auto& agency : before.agencies) {
        const auto* now = policy.agency(agency.name);
        if (!now)
            problems.add(whole_bundle, "agency " + quoted(agency.name) + " is gone: people have written for it");
        else if (now->by_invitation && !agency.by_invitation)
            problems.add(bundle.agencies[static_cast<std::size_t>(now - policy.agencies.data())].takes_part.at,
                         "agency " + quoted(agency.name) + " takes part by invitation, and always in the bundle in force: it would lose what it holds");
    }
    for (const auto& role : before.roles)
        if (!policy.role(role.name))
            problems.add(whole_bundle, "role " + quoted(role.name) + " is gone: people hold it");
    for (const auto& was : before.types) {
        const auto* now = policy.type(was.name);
        if (!now) {
            problems.add(whole_bundle, "record " + quoted(was.name) + " is gone: retire it with create = \"nobody\"");
            continue;
        }
        const auto& record = bundle.records[static_cast<std::size_t>(now - policy.types.data())];
        if (now->kind != was.kind || now->singleton != was.singleton)
            problems.add(record.at, "record " + quoted(was.name) + " is " + kind(*now) + ", and " + kind(was) + " in the bundle in force");
        for (const auto& group : was.groups) {
            const auto* same = now->group(group.name);
            if (!same) {
                problems.add(record.at, "group " + quoted(group.name) + " of " + quoted(was.name) + " is gone");
                continue;
            }
            const auto& in = record.groups[static_cast<std::size_t>(same - now->groups.data())];
            for (const auto& field : group.fields) {
                const auto* there = same->field(field.name);
                if (there)
                    check_field(in.fields[static_cast<std::size_t>(there - same->fields.data())], *there, field,
                                problems);
                else
                    problems.add(in.at, "field " + quoted(field.name) + " is gone: leave it and stop using it");
            }
        }
    }
}

}  // namespace satchel::schema::declaration
