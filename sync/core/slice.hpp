// Which part of a case the rules on a kind of record look at. Inside consequences only.
#pragma once

#include "sync/core/consequences.hpp"

namespace satchel::sync::reacting {

void need_type(SliceNeeds& needs, const schema::Policy& policy, const schema::RecordType& type);

}  // namespace satchel::sync::reacting
