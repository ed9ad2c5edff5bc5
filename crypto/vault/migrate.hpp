// Numbered changes of a store's schema, applied once each and in order.
#pragma once

#include <span>
#include <string_view>

#include "crypto/vault/database.hpp"
#include "schema/base/result.hpp"

namespace satchel::crypto {

struct Migration {
    int number;            // 1, 2, 3 … without gaps
    std::string_view name; // verb_noun, as in the file name
    std::string_view sql;  // a constant of the program; several statements
};

// Brings the store up to the last migration; each runs in a transaction together with the store's new version number, so
// that an interrupted upgrade is taken up where it stopped. version_mismatch when the store is newer than this program:
// nothing is changed then.
// A full-text table's migration also needs INSERT INTO t(t, rank) VALUES('secure-delete', 1): secure_delete alone
// leaves deleted terms in FTS5's index.
Result<void> migrate(Database& database, std::span<const Migration> migrations);

// The number of the last migration applied; 0 for a new store.
Result<int> schema_version(Database& database);

} // namespace satchel::crypto
