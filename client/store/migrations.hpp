// The device store's schema, as numbered migrations.
#pragma once

#include <span>

#include "crypto/vault/migrate.hpp"

namespace satchel::client {

[[nodiscard]] std::span<const crypto::Migration> device_migrations() noexcept;

// Rows of one case, or of one incarnation, follow each other: the number of the owner in the upper bits, a
// running number in the lower. A range of keys is then a case, without an index that would cost a second
// write per row.
inline constexpr int row_bits = 40;
[[nodiscard]] constexpr std::int64_t row_number(std::int64_t owner, std::int64_t n) noexcept
{
    return (owner << row_bits) | n;
}

} // namespace satchel::client
