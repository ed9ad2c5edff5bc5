#include "sync/hub/policies.hpp"

#include <algorithm>

#include "sync/core/audience.hpp"

namespace satchel::sync {
namespace {

using schema::Authority;

bool needs_record(const schema::Group& group)
{
    if (group.audience.by)
        return true;
    for (const auto& clause : group.audience.clauses)
        for (const auto& who : clause.who)
            if (who.kind == Authority::Kind::supplier || who.kind == Authority::Kind::author ||
                who.kind == Authority::Kind::field_agency)
                return true;
    return false;
}

}  // namespace

PolicyFacts::PolicyFacts(const schema::Policy& policy)
{
    for (const auto& type : policy.types) {
        for (const auto& group : type.groups) {
            if (needs_record(group))
                needs_record_.insert(type.id);
            if (audience_depends_on_group(type, group))
                shaping_groups_.insert(group.id);
            if (group.safety)
                safety_groups_.insert(group.id);
        }
    }
    for (const auto& fact : policy.facts)
        if (audience_depends_on_fact(policy, fact.name))
            shaping_facts_.insert(fact.name);
}

bool concerns_safety(const PolicyFacts& facts, const OpenedChangeset& changeset)
{
    return std::any_of(changeset.changes.begin(), changeset.changes.end(),
                       [&](const auto& change) { return facts.safety(change.group); });
}

bool concerns_safety(const PolicyFacts& facts, const Effect& effect)
{
    return (effect.kind == Effect::Kind::set && facts.safety(effect.group)) ||
           (effect.kind == Effect::Kind::task_opened && effect.task.safety);
}

Result<std::vector<AgencyIntroduction>> introduced_agencies(CentralView& view)
{
    std::vector<AgencyIntroduction> out;
    const Visit<AgencyIntroduction> keep = [&](const AgencyIntroduction& row) -> Result<bool> {
        out.push_back(row);
        return true;
    };
    SATCHEL_TRYV(view.agencies(keep));
    return out;
}

Result<HubPolicyPtr> PolicyShelf::compile(const PolicyRow& row, std::vector<AgencyIntroduction> introduced) const
{
    PolicyMessage message{row.bundle, row.signature};
    SATCHEL_TRY(auto policy, open_policy(message, hub_));
    return std::make_shared<const HubPolicy>(std::move(policy), std::move(message), std::move(introduced));
}

Result<void> PolicyShelf::load_newest(CentralView& view)
{
    SATCHEL_TRY(const auto row, view.newest_policy());
    if (!row)
        return fail(Errc::corrupt, "policies: the hub has none");
    SATCHEL_TRY(auto introduced, introduced_agencies(view));
    SATCHEL_TRY(auto policy, compile(*row, std::move(introduced)));
    put_in_force(std::move(policy));
    return {};
}

HubPolicyPtr PolicyShelf::in_force() const
{
    const std::lock_guard lock(mutex_);
    return in_force_;
}

Result<HubPolicyPtr> PolicyShelf::version(CentralView& view, std::uint32_t version)
{
    {
        const std::lock_guard lock(mutex_);
        if (const auto at = known_.find(version); at != known_.end())
            return at->second;
    }
    SATCHEL_TRY(const auto row, view.policy(version));
    if (!row)
        return in_force();
    SATCHEL_TRY(auto policy, compile(*row, {}));
    const std::lock_guard lock(mutex_);
    return known_.try_emplace(version, std::move(policy)).first->second;
}

void PolicyShelf::put_in_force(HubPolicyPtr policy)
{
    const std::lock_guard lock(mutex_);
    known_[policy->policy.version] = policy;
    in_force_ = std::move(policy);
}

}  // namespace satchel::sync
