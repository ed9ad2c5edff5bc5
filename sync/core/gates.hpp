// What the agreement asks for before a change may stand: what it must say, who may not have written what, an approval,
// another record. Inside reconcile only.
#pragma once

#include "sync/core/judging.hpp"

namespace satchel::sync::judging {

// Of a withdrawal: the gates before that. Whoever decides, what a gate does not let through does not stand. An author who may
// not see what a gate looks at is not told what it found: the change of one who `decides` is refused, any other goes on to
// somebody who does.
[[nodiscard]] std::optional<Ruling> gate_refusal(const Bench& b, bool decides);

}  // namespace satchel::sync::judging
