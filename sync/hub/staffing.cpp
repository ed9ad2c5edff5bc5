#include "sync/hub/staffing.hpp"

#include <algorithm>

#include "sync/hub/access.hpp"

namespace satchel::sync {

Result<Vacant> vacant_roles(CentralView& view, const schema::Policy& policy)
{
    Vacant out;
    for (const auto& role : policy.roles)
        out.insert(role.name);
    const Visit<UserRow> count = [&](const UserRow& user) -> Result<bool> {
        const auto hats = hats_of(user);
        if (!user.suspended && hats)
            for (const auto& hat : *hats)
                out.erase(hat.role);
        return true;
    };
    SATCHEL_TRYV(view.users(count));
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
