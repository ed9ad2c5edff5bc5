// Runs a scenario through the real seal, open, reconcile, fold and consequences, as the hub does.
#pragma once

#include <string>
#include <vector>

#include "schema/policy/policy.hpp"
#include "tests/unit/sync/core/scenarios/scenario.hpp"

namespace satchel::test::scenarios {

// What was not as written, a sentence each; empty when all was. A scenario that the agreement cannot express (a type,
// field or role it does not have) is a sentence, too.
std::vector<std::string> run(const Scenario& scenario, const schema::Policy& policy);

}  // namespace satchel::test::scenarios
