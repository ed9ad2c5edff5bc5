// Which cases a user may work on now, and how access to the others ended. Reads one view; decides nothing else.
#pragma once

#include <map>

#include "sync/central/central_store.hpp"
#include "sync/core/audience.hpp"

namespace satchel::sync {

enum class Access : std::uint8_t {
    none,     // never assigned, as far as anybody may know
    working,  // in scope
    moved,    // ended; unsent work is still delivered and judged
    barred,   // ended or restricted; unsent work comes sealed
};

struct CaseAccess {
    Access access = Access::none;
    std::string because;  // moved, barred: "moved", "restricted", "suspended"
};

// Of one case. Vetting counts: a restricted case bars whoever is below the level, assigned or not.
Result<CaseAccess> access_to(CentralView& view, const schema::Policy& policy, const UserRow& user, const CaseRow& row);
// The same, from the case's assignments as somebody else lists them; of `row`, number and facts count.
using ListAssignments = std::function<Result<void>(const Visit<AssignmentRow>& visit)>;
Result<CaseAccess> access_to(const ListAssignments& assignments, const schema::Policy& policy, const UserRow& user,
                             const CaseRow& row);
// Of every case that the user is or was assigned to.
Result<std::map<CaseNo, CaseAccess>> accesses(CentralView& view, const schema::Policy& policy, const UserRow& user);

// A credential stands for its user in one agency: only those hats count.
Result<std::vector<schema::Hat>> hats_of(const UserRow& user, std::string_view agency);
Result<std::vector<schema::Hat>> hats_of(const UserRow& user);

// Changes with everything but the case's own entries that decides what a reader may see: a cursor with another mark is
// looked at anew.
std::uint64_t visibility_mark(const CaseRow& row, const UserRow& user, std::uint32_t policy_version);

}  // namespace satchel::sync
