// Whom a disagreement is passed to when those who have it do not settle it. Pure.
#pragma once

#include "sync/hub/service.hpp"

namespace satchel::tools::hub {

// Up: the one role that the agreement names to decide it (a Chair, a Governor); else the line managers of every agency with
// a side in it; and the co-ordination unit where a side is missing or nobody is named.
std::vector<std::string> upwards(const schema::Policy& policy, const sync::OpenItemInfo& item);

// Each role while somebody has it, else whoever stands in for it, in the end the co-ordination unit: nothing is passed to
// nobody.
std::vector<std::string> staffed(const schema::Policy& policy, const std::vector<sync::UserInfo>& users,
                                 const std::vector<std::string>& roles);

}  // namespace satchel::tools::hub
