// Who may decide: authorities of the policy, evaluated on the facts of a case. Pure.
#pragma once

#include <set>

#include "schema/policy/policy.hpp"
#include "sync/core/state.hpp"

namespace satchel::sync {

// What an authority is evaluated against. `record` is null while it is being created by `writer`; `values` are
// those of the change, consulted where the record has none yet.
struct Scene {
    const schema::Policy& policy;
    const Facts& facts;
    const RecordState* record = nullptr;
    const schema::FieldValues* values = nullptr;
};

// Does a person under this hat hold the authority? `credential` matters to Authority::Kind::author alone.
[[nodiscard]] bool holds(const schema::Authority& authority, const schema::Hat& hat,
                         const CredentialId& credential, const Scene& scene);

[[nodiscard]] bool matches(const schema::Match& match, const Facts& facts, const schema::FieldValues& values);

// The owner clause in force: the first that matches. A group without one belongs to nobody.
[[nodiscard]] const schema::Authority& owner_of(const schema::Group& group, const Facts& facts,
                                                const schema::FieldValues& values);

// The role names that an authority means now, for tasks and routing: "lead_agency/case_manager" under lead police
// is {"police.offender_manager"}; an agency means all its roles.
[[nodiscard]] std::vector<std::string> roles_of(const schema::Authority& authority, const Scene& scene);

[[nodiscard]] std::vector<std::string> roles_of(const schema::Receiver& receiver, const Scene& scene);

// Roles of the agreement that nobody in the area holds.
using Vacant = std::set<std::string, std::less<>>;
// Who hears of what is for these roles: those of them that somebody holds; where nobody holds any, the nearest cover of each
// that is held, or the co-ordination unit. Never empty (I10).
[[nodiscard]] std::vector<std::string> reached(const schema::Policy& policy, const std::vector<std::string>& roles,
                                               const Vacant& vacant);

// Does `covering` stand in for `role`? Covers have covers, up to the co-ordination unit: whatever waits for a role that nobody
// holds can still be settled (I10).
[[nodiscard]] bool covers(const schema::Policy& policy, std::string_view covering, std::string_view role);
// For a role that the authority means.
[[nodiscard]] bool covers(const schema::Authority& authority, std::string_view covering, const Scene& scene);

// "the lead agency (probation)", for people.
[[nodiscard]] std::string in_words(const schema::Authority& authority, const Scene& scene);

}  // namespace satchel::sync
