// The agreements a hub has had, compiled, and what its hot paths ask of them again and again, worked out once.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>

#include "schema/policy/policy.hpp"
#include "sync/central/central_store.hpp"
#include "sync/core/bundle.hpp"
#include "sync/core/ruling.hpp"

namespace satchel::sync {

// What follows from a policy for deliveries and commits.
class PolicyFacts {
public:
    explicit PolicyFacts(const schema::Policy& policy);

    // Does who may see this group depend on the record's own state (supplier, author, a field)?
    [[nodiscard]] bool audience_needs_record(schema::TypeId type) const { return needs_record_.contains(type); }
    // May a change of this group change who may see something?
    [[nodiscard]] bool shapes_audience(schema::GroupId group) const { return shaping_groups_.contains(group); }
    [[nodiscard]] bool shapes_audience(std::string_view fact) const { return shaping_facts_.contains(fact); }
    [[nodiscard]] bool safety(schema::GroupId group) const { return safety_groups_.contains(group); }

private:
    std::set<schema::TypeId> needs_record_;
    std::set<schema::GroupId> shaping_groups_, safety_groups_;
    std::set<std::string, std::less<>> shaping_facts_;
};

struct HubPolicy {
    schema::Policy policy;
    PolicyFacts facts;
    PolicyAndAgencies message;  // as devices get it; the agencies only of the one in force

    explicit HubPolicy(schema::Policy compiled, PolicyMessage signed_bundle, std::vector<AgencyIntroduction> introduced = {})
        : policy(std::move(compiled)), facts(policy), message{std::move(signed_bundle), std::move(introduced)}
    {
    }
};
using HubPolicyPtr = std::shared_ptr<const HubPolicy>;

// Whether an entry concerns somebody's safety: it is sent before everything else (G-12-21).
[[nodiscard]] bool concerns_safety(const PolicyFacts& facts, const OpenedChangeset& changeset);
[[nodiscard]] bool concerns_safety(const PolicyFacts& facts, const Effect& effect);

// The agencies that came with an agreement that is or was in force.
Result<std::vector<AgencyIntroduction>> introduced_agencies(CentralView& view);

// Safe from any thread. Versions, once compiled, stay.
class PolicyShelf {
public:
    explicit PolicyShelf(const crypto::PublicKey& hub) : hub_(hub) {}

    // The newest one of the store is in force.
    Result<void> load_newest(CentralView& view);
    [[nodiscard]] HubPolicyPtr in_force() const;
    // One that was in force once; the one in force when the store has no such version (a device that is ahead of a
    // restored hub).
    Result<HubPolicyPtr> version(CentralView& view, std::uint32_t version);
    void put_in_force(HubPolicyPtr policy);

private:
    Result<HubPolicyPtr> compile(const PolicyRow& row, std::vector<AgencyIntroduction> introduced) const;
    crypto::PublicKey hub_;
    mutable std::mutex mutex_;
    HubPolicyPtr in_force_;
    std::map<std::uint32_t, HubPolicyPtr> known_;
};

}  // namespace satchel::sync
