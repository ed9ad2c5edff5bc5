// Who is there to hear of what is for a role: the roles that somebody holds, and who covers the others (I10). Of an area,
// not of one case. Reads one view; decides nothing else.
#pragma once

#include <set>

#include "schema/policy/policy.hpp"
#include "sync/central/central_store.hpp"

namespace satchel::sync {

class Staffing {
public:
    // Of everybody who is not suspended. Reads all users.
    static Result<Staffing> read(CentralView& view);

    // Of these roles those that somebody holds; where nobody holds any, their nearest covers that somebody does, or the
    // co-ordination unit. Never empty.
    [[nodiscard]] std::vector<std::string> reached(const schema::Policy& policy, const std::vector<std::string>& roles) const;

    // The roles that nobody holds and whose work falls to one of these hats, in the agreement's order.
    [[nodiscard]] std::vector<std::string> covered_by(const schema::Policy& policy, const std::vector<schema::Hat>& hats) const;

private:
    std::set<std::string, std::less<>> held_;
};

// Whether any work of others can ever fall to one of these hats; if not, nobody needs to be counted.
[[nodiscard]] bool can_cover(const schema::Policy& policy, const std::vector<schema::Hat>& hats);

}  // namespace satchel::sync
