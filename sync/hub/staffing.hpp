// Which roles somebody holds: of an area, not of one case. Reads one view; decides nothing.
#pragma once

#include "sync/central/central_store.hpp"
#include "sync/core/authority.hpp"

namespace satchel::sync {

// Of everybody who is not suspended. Reads all users; one whose hats do not decode holds none.
Result<Vacant> vacant_roles(CentralView& view, const schema::Policy& policy);

// Whether anything of others can ever fall to one of these hats.
[[nodiscard]] bool can_cover(const schema::Policy& policy, const std::vector<schema::Hat>& hats);

}  // namespace satchel::sync
