#include "sync/core/authority.hpp"

#include <algorithm>

#include "schema/base/mutant.hpp"

namespace satchel::sync {
namespace {

using schema::Authority;

bool contains(const std::vector<std::string>& list, std::string_view item)
{
    return std::find(list.begin(), list.end(), item) != list.end();
}

// The agency, or the role, that an authority names through a fact or a field; "" when nothing does. No name is of both kinds.
std::string agency_named(const Authority& authority, const Scene& scene)
{
    const auto fact = [&](std::string_view name) -> std::string {
        const auto at = scene.facts.find(name);
        return at == scene.facts.end() ? std::string() : at->second;
    };
    switch (authority.kind) {
    case Authority::Kind::lead_agency:
    case Authority::Kind::lead_duty:
        return fact("lead_agency");
    case Authority::Kind::fact_agency:
        return fact(authority.name);
    case Authority::Kind::supplier:
        return scene.record ? scene.record->created.agency : std::string();
    case Authority::Kind::field_agency: {
        if (scene.record) {
            for (const auto& group : scene.record->groups)
                if (const auto* v = find(group.current.values, authority.field))
                    return to_text(*v);
        }
        if (scene.values)
            if (const auto* v = find(*scene.values, authority.field))
                return to_text(*v);
        return {};
    }
    default:
        return {};
    }
}

std::string title_of_agency(const schema::Policy& policy, std::string_view name)
{
    const auto* agency = policy.agency(name);
    return agency ? agency->title : std::string(name);
}

}  // namespace

bool holds(const Authority& authority, const schema::Hat& hat, const CredentialId& credential, const Scene& scene)
{
    switch (authority.kind) {
    case Authority::Kind::nobody:
        return false;
    case Authority::Kind::agency:
        return hat.agency == authority.name;
    case Authority::Kind::role:
        return hat.role == authority.name;
    case Authority::Kind::case_agencies: {
        const auto* agency = scene.policy.agency(hat.agency);
        const Authority lead{Authority::Kind::lead_agency, {}, {}};
        return agency && (!agency->by_invitation || holds(lead, hat, credential, scene));
    }
    case Authority::Kind::every_agency:
        return scene.policy.agency(hat.agency) != nullptr;
    case Authority::Kind::author:
        return scene.record == nullptr || scene.record->created.author == credential;
    case Authority::Kind::supplier:
        return scene.record == nullptr || scene.record->created.agency == hat.agency;
    case Authority::Kind::lead_duty: {
        const auto* role = scene.policy.role(hat.role);
        return role && hat.agency == agency_named(authority, scene) && contains(role->duties, authority.name);
    }
    case Authority::Kind::lead_agency:
    case Authority::Kind::fact_agency:
        return !hat.agency.empty() && hat.agency == agency_named(authority, scene);
    case Authority::Kind::field_agency: {
        const auto named = agency_named(authority, scene);
        return !named.empty() && (hat.agency == named || hat.role == named);
    }
    }
    return false;
}

bool matches(const schema::Match& match, const Facts& facts, const schema::FieldValues& values)
{
    for (const auto& [name, allowed] : match.facts) {
        const auto at = facts.find(name);
        if (!contains(allowed, at == facts.end() ? std::string_view() : std::string_view(at->second)))
            return false;
    }
    for (const auto& [field, allowed] : match.values) {
        const auto* v = find(values, field);
        if (!contains(allowed, v ? to_text(*v) : std::string()))
            return false;
    }
    return true;
}

const Authority& owner_of(const schema::Group& group, const Facts& facts, const schema::FieldValues& values)
{
    static const Authority nobody{};
    for (const auto& clause : group.owner)
        if (matches(clause.when, facts, values))
            return clause.is;
    return nobody;
}

std::vector<std::string> roles_of(const Authority& authority, const Scene& scene)
{
    std::vector<std::string> out;
    if (authority.kind == Authority::Kind::role)
        return {authority.name};
    const auto agency =
        authority.kind == Authority::Kind::agency ? authority.name : agency_named(authority, scene);
    for (const auto& role : scene.policy.roles) {
        if (role.agency != agency && role.name != agency)
            continue;
        if (authority.kind == Authority::Kind::lead_duty && !contains(role.duties, authority.name))
            continue;
        out.push_back(role.name);
    }
    return out;
}

std::vector<std::string> roles_of(const schema::Receiver& receiver, const Scene& scene)
{
    auto out = roles_of(receiver.who, scene);
    const auto& duty = receiver.duty.empty() ? scene.policy.scope.owner_duty : receiver.duty;
    const bool an_agency = receiver.who.kind == Authority::Kind::supplier || receiver.who.kind == Authority::Kind::field_agency;
    if (an_agency && !duty.empty() && scene.policy.agency(agency_named(receiver.who, scene)))
        std::erase_if(out, [&](const std::string& name) { return !contains(scene.policy.role(name)->duties, duty); });
    return out;
}

namespace {

// Of a role and its covers; null where nobody holds any. A circle of covers does not compile, and would end here.
const schema::Role* nearest_held(const schema::Policy& policy, std::string_view name, const Vacant& vacant)
{
    const auto* role = policy.role(name);
    for (auto steps = policy.roles.size(); role && steps > 0; --steps) {
        if (!vacant.contains(role->name))
            return role;
        role = policy.role(role->cover);
    }
    return nullptr;
}

}  // namespace

std::vector<std::string> reached(const schema::Policy& policy, const std::vector<std::string>& roles, const Vacant& vacant)
{
    if (mutant(Mutant::routed_to_nobody))
        return {};
    if (mutant(Mutant::routed_past_owner))
        return {policy.scope.coordination_role};
    std::vector<std::string> out;
    const auto add = [&](const std::string& role) {
        if (std::find(out.begin(), out.end(), role) == out.end())
            out.push_back(role);
    };
    for (const auto& name : roles)
        if (policy.role(name) && !vacant.contains(name))
            add(name);
    if (!out.empty())
        return out;
    for (const auto& name : roles) {
        const auto* held = nearest_held(policy, name, vacant);
        add(held ? held->name : policy.scope.coordination_role);
    }
    if (out.empty())
        add(policy.scope.coordination_role);
    return out;
}

bool covers(const schema::Policy& policy, std::string_view covering, std::string_view role)
{
    auto steps = policy.roles.size();
    for (const auto* at = policy.role(role); at && !at->cover.empty() && steps > 0; --steps) {
        if (at->cover == covering)
            return true;
        at = policy.role(at->cover);
    }
    return false;
}

bool covers(const Authority& authority, std::string_view covering, const Scene& scene)
{
    const auto roles = roles_of(authority, scene);
    return std::any_of(roles.begin(), roles.end(),
                       [&](const std::string& role) { return covers(scene.policy, covering, role); });
}

std::string in_words(const Authority& authority, const Scene& scene)
{
    const auto agency = agency_named(authority, scene);
    const auto named = [&](std::string words) {
        return agency.empty() ? words : words + " (" + title_of_agency(scene.policy, agency) + ")";
    };
    switch (authority.kind) {
    case Authority::Kind::nobody:
        return "nobody: the system keeps it";
    case Authority::Kind::agency:
        return title_of_agency(scene.policy, authority.name);
    case Authority::Kind::role: {
        const auto* role = scene.policy.role(authority.name);
        return role ? "the " + role->title : authority.name;
    }
    case Authority::Kind::lead_agency:
        return named("the lead agency");
    case Authority::Kind::lead_duty: {
        const auto roles = roles_of(authority, scene);
        const auto* role = roles.empty() ? nullptr : scene.policy.role(roles.front());
        return role ? "the lead agency's " + role->title : named("the lead agency");
    }
    case Authority::Kind::supplier:
        return named("the agency that supplied it");
    case Authority::Kind::author:
        return "the person who recorded it";
    case Authority::Kind::field_agency:
    case Authority::Kind::fact_agency:
        if (const auto* role = scene.policy.role(agency))
            return "the " + role->title;
        return agency.empty() ? "the agency named in the record" : title_of_agency(scene.policy, agency);
    case Authority::Kind::case_agencies:
        return "any agency on the case";
    case Authority::Kind::every_agency:
        return "any agency";
    }
    return {};
}

}  // namespace satchel::sync
