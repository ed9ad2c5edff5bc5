#include "sync/hub/staffing.hpp"

#include <algorithm>

#include "schema/base/mutant.hpp"
#include "sync/core/messages.hpp"
#include "sync/hub/access.hpp"

namespace satchel::sync {

Result<Staffing> Staffing::read(CentralView& view)
{
    Staffing out;
    const Visit<UserRow> count = [&](const UserRow& user) -> Result<bool> {
        if (user.suspended)
            return true;
        SATCHEL_TRY(const auto hats, hats_of(user));
        for (const auto& hat : hats)
            out.held_.insert(hat.role);
        return true;
    };
    SATCHEL_TRYV(view.users(count));
    return out;
}

std::vector<std::string> Staffing::reached(const schema::Policy& policy, const std::vector<std::string>& roles) const
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
        if (held_.contains(name))
            add(name);
    if (!out.empty())
        return out;
    for (const auto& name : roles) {
        const auto* role = policy.role(name);
        for (auto steps = policy.roles.size(); role && !held_.contains(role->name) && steps > 0; --steps)
            role = role->cover.empty() ? nullptr : policy.role(role->cover);
        add(role && held_.contains(role->name) ? role->name : policy.scope.coordination_role);
    }
    if (out.empty())
        add(policy.scope.coordination_role);
    return out;
}

std::vector<std::string> Staffing::covered_by(const schema::Policy& policy, const std::vector<schema::Hat>& hats) const
{
    std::vector<std::string> out;
    if (mutant(Mutant::cover_not_told))
        return out;
    for (const auto& role : policy.roles) {
        if (out.size() == covering_max)
            break;
        if (held_.contains(role.name))
            continue;
        const auto reaches = reached(policy, {role.name});
        if (std::any_of(hats.begin(), hats.end(), [&](const schema::Hat& hat) {
                return std::find(reaches.begin(), reaches.end(), hat.role) != reaches.end();
            }))
            out.push_back(role.name);
    }
    return out;
}

bool can_cover(const schema::Policy& policy, const std::vector<schema::Hat>& hats)
{
    return std::any_of(hats.begin(), hats.end(), [&](const schema::Hat& hat) {
        return hat.role == policy.scope.coordination_role ||
               std::any_of(policy.roles.begin(), policy.roles.end(), [&](const schema::Role& role) { return role.cover == hat.role; });
    });
}

}  // namespace satchel::sync
