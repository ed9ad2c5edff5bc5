// What people say, as what the store knows: cases by their identifiers, hats by any of their names; and back, as
// titles for people.
#pragma once

#include <functional>

#include "client/app/commands.hpp"
#include "sync/core/authority.hpp"

namespace satchel::client::app {

// The id that was typed as `name`. malformed: it is none. not_found: the id of nothing, which in the store stands for
// "any" and must not be asked for.
template <class Id>
Result<Id> typed_id(const Request& request, std::string_view name = "id")
{
    const auto id = parse_id<Id>(request.invocation.one(name).value_or(""));
    if (!id)
        return fail(Errc::malformed, "an id is 26 characters, a to z and 2 to 7, as the lists print it");
    if (id->empty())
        return fail(Errc::not_found);
    return *id;
}

// Case id, CRN, prison number or PNC in any usual spelling. not_found, without more words, when there is none here;
// invalid_argument when two cases carry the identifier.
Result<CaseId> find_case(const Desk& desk, std::string_view ref);

// {"name", "identifiers":[{"scheme","identifier"}]} of the person a case is about, as far as this device knows.
Result<Json> person_of(const Desk& desk, const CaseId& case_id);

// unknown_name with the nearest one.
Result<const schema::RecordType*> find_type(const schema::Policy& policy, std::string_view name);

std::string agency_title(const schema::Policy& policy, std::string_view agency);
std::string role_title(const schema::Policy& policy, std::string_view role);
std::string type_title(const schema::Policy& policy, schema::TypeId type);

// The authority in words and the roles that it means on this case; "" and none when the text names nobody.
struct Who {
    std::string words;
    std::vector<std::string> roles;
};
Who who_is(std::string_view authority, const schema::RecordType& type, const sync::Scene& scene);

// The hat to write under: the one asked for ("AGENCY/TEAM/ROLE", its role or its agency), else the first that
// fits (the best fit first), else the only one. invalid_argument names the user's hats when it has to be said which.
using Fits = std::function<bool(const schema::Hat&)>;
Result<schema::Hat> find_hat(const Desk& desk, const std::optional<std::string>& asked,
                             const std::vector<Fits>& best_first = {});

// unknown_name with the nearest one.
Result<void> require_role(const schema::Policy& policy, std::string_view name);

}  // namespace satchel::client::app
