#include "tools/hub/routing.hpp"

#include <algorithm>

namespace satchel::tools::hub {
namespace {

// The agreement's word for those to whom a disagreement is passed up.
constexpr std::string_view line_manager = "line_manager";

bool holds(const sync::UserInfo& user, const std::string& role)
{
    return !user.suspended && std::any_of(user.hats.begin(), user.hats.end(), [&](const std::string& text) {
        const auto hat = schema::parse_hat(text);
        return hat && hat->role == role;
    });
}

}  // namespace

std::vector<std::string> upwards(const schema::Policy& policy, const sync::OpenItemInfo& item)
{
    const auto authority = schema::parse_authority(item.decided_by, policy.type(item.record_type));
    if (authority && authority->kind == schema::Authority::Kind::role)
        return {authority->name};
    std::vector<std::string> out;
    for (const auto& role : policy.roles) {
        const bool concerned = std::any_of(item.sides.begin(), item.sides.end(),
                                           [&](const auto& side) { return side.agency == role.agency; });
        if (concerned && std::find(role.duties.begin(), role.duties.end(), line_manager) != role.duties.end())
            out.push_back(role.name);
    }
    const bool missing = std::any_of(item.sides.begin(), item.sides.end(),
                                     [](const auto& side) { return side.version.empty() || side.agency.empty(); });
    if (out.empty() || missing)
        out.push_back(policy.scope.coordination_role);
    return out;
}

std::vector<std::string> staffed(const schema::Policy& policy, const std::vector<sync::UserInfo>& users,
                                 const std::vector<std::string>& roles)
{
    const auto is_staffed = [&](const std::string& role) {
        return std::any_of(users.begin(), users.end(), [&](const auto& user) { return holds(user, role); });
    };
    std::vector<std::string> out;
    for (const auto& wanted : roles) {
        const auto* role = policy.role(wanted);
        for (auto steps = policy.roles.size(); role && !is_staffed(role->name) && steps > 0; --steps)
            role = role->cover.empty() ? nullptr : policy.role(role->cover);
        const auto& reached = role && is_staffed(role->name) ? role->name : policy.scope.coordination_role;
        if (std::find(out.begin(), out.end(), reached) == out.end())
            out.push_back(reached);
    }
    return out;
}

}  // namespace satchel::tools::hub
