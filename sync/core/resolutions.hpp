// How a decision on what waits is judged: who may take it, on what they saw, and whether it takes two people. Inside
// reconcile only.
#pragma once

#include "sync/core/judging.hpp"

namespace satchel::sync::judging {

[[nodiscard]] Ruling resolve_ruling(const Bench& b);

// Does the author decide as a cover of those who should, and not as one of them?
[[nodiscard]] bool only_stands_in(const schema::RecordType& type, const OpenItem& item, const schema::Changeset& changeset,
                                  const Scene& scene);

}  // namespace satchel::sync::judging
