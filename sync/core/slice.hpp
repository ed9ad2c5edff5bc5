// Which part of a case the rules on a kind of record look at. Inside consequences only.
#pragma once

#include <functional>

#include "sync/core/consequences.hpp"

namespace satchel::sync::reacting {

// `moves`: the clocks that may be moved by what happens to a record of this type.
void need_type(SliceNeeds& needs, const schema::Policy& policy, const schema::RecordType& type,
               const std::function<bool(const schema::Deadline&)>& moves);
// For a change of a changeset, which may make its record.
void need_type(SliceNeeds& needs, const schema::Policy& policy, const schema::RecordType& type, const OpenedChangeset& changeset,
               const RecordId& record);

}  // namespace satchel::sync::reacting
