// The policy bundle built into the programs: schema/policy/bundle/*.toml as it was when they were built. A hub starts
// with it; after that its own signed bundle counts.
#pragma once

#include <span>

#include "schema/policy/compile.hpp"

namespace satchel::schema {

// Sorted by name. The digest of a bundle is SHA-256 over the texts in this order.
[[nodiscard]] std::span<const SourceFile> embedded_bundle() noexcept;

}  // namespace satchel::schema
