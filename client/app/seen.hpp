// --seen: the versions that somebody had before them when they decided what to write. What comes in between looking and
// writing is not what they wrote on.
#pragma once

#include "client/app/look.hpp"
#include "client/store/compose.hpp"

namespace satchel::client::app {

// The ids given, the empty one for "none".
Result<std::vector<VersionId>> seen_versions(const console::Invocation& in);

// What an edit of the record is written on; nothing where the option is not given. invalid_argument: a version that this
// device does not know of the record.
Result<std::optional<Seen>> seen_of(const Desk& desk, const console::Invocation& in, const CaseId& case_id,
                                    const sync::RecordState& shown, const sync::RecordState* confirmed);

}  // namespace satchel::client::app
