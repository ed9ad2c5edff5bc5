// Two accounts of one thing. Inside consequences only.
#pragma once

#include "sync/core/effects.hpp"

namespace satchel::sync::reacting {

void link_records(Collector& out, const Event& e);

}  // namespace satchel::sync::reacting
