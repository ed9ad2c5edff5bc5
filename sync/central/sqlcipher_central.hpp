// The central store embedded: one SQLCipher file, one writer connection, and query-only readers beside it.
#pragma once

#include <chrono>
#include <string>

#include "crypto/secret.hpp"
#include "sync/central/central_store.hpp"

namespace satchel::sync {

struct SqlcipherCentralOptions {
    bool create = false;
    std::string vfs;                             // a registered SQLite VFS; empty: the machine's own
    std::chrono::milliseconds busy_timeout{5000};
    std::size_t writer_cache_bytes = 32u << 20;
    std::size_t reader_cache_bytes = 4u << 20;   // each
    std::size_t idle_readers_max = 4;            // kept open between views; more are opened when needed
};

// `key` is the store key (crypto/keyslots). Errors as crypto::Database::open and crypto::migrate say.
Result<std::unique_ptr<CentralStore>> open_sqlcipher_central(const std::string& path, const crypto::SecretBytes& key,
                                                             const SqlcipherCentralOptions& options = {});

}  // namespace satchel::sync
