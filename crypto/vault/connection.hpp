// A connection and its compiled statements: what statement, database and opening share. Inside crypto/vault only; one
// thread at a time, as its Database.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sqlite3.h>  // SQLCipher's, by the include path of satchel_sqlcipher

#include "crypto/vault/database.hpp"

namespace satchel::crypto::vault_detail {

struct Prepared {
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
    bool cached = true;

    Prepared() = default;
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared() { sqlite3_finalize(handle); }
};

struct Connection {
    sqlite3* db = nullptr;
    OpenMode mode = OpenMode::reader;
    bool poisoned = false;
    bool damaged = false;           // poisoned, by content that is not what was written
    bool transaction_open = false;  // a Transaction object lives, whatever SQLite thinks
    int borrowed = 0;               // Statements that live
    std::unordered_map<const char*, std::vector<std::unique_ptr<Prepared>>> cache;
    // Ready beforehand: when memory is short, nothing could be compiled any more, and a transaction that stays open keeps
    // every other writer out.
    Prepared rollback;

    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection()
    {
        SATCHEL_CHECK(borrowed == 0 && !transaction_open);
        cache.clear();
        sqlite3_finalize(std::exchange(rollback.handle, nullptr));
        if (db == nullptr)
            return;
        if (poisoned)  // what the kernel holds of this file is unknown: leave the WAL to the next opener's recovery
            sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        SATCHEL_CHECK(sqlite3_close(db) == SQLITE_OK);
    }
};

// The error for what SQLite answered. An input/output error or damage poisons the connection.
[[nodiscard]] tl::unexpected<Error> failure(Connection& connection, int rc);
[[nodiscard]] tl::unexpected<Error> unusable(const Connection& connection);
// Would a step now run inside the transaction it was written for? SQLite rolls back by itself on some errors, and what
// follows would then commit one by one.
[[nodiscard]] bool usable(const Connection& connection) noexcept;
// `sql` is exactly one statement, or this is a bug.
[[nodiscard]] Result<sqlite3_stmt*> compile(Connection& connection, std::string_view sql, unsigned flags);
[[nodiscard]] Result<void> execute(Connection& connection, std::string_view sql);
// Ends the transaction if SQLite has one; poisons when that fails.
void roll_back(Connection& connection) noexcept;

}  // namespace satchel::crypto::vault_detail
