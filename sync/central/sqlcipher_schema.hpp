// The tables of the embedded central store, as numbered migrations.
#pragma once

#include <span>

#include "crypto/vault/migrate.hpp"

namespace satchel::sync {

[[nodiscard]] std::span<const crypto::Migration> central_migrations() noexcept;

}  // namespace satchel::sync
