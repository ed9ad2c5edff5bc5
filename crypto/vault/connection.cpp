#include "crypto/vault/connection.hpp"

#include <string>

namespace satchel::crypto::vault_detail {

// The message is SQLite's fixed text for the code: its own messages may quote a search term. Those about constraints
// name tables and columns only.
tl::unexpected<Error> failure(Connection& connection, int rc)
{
    const int extended = sqlite3_extended_errcode(connection.db);
    const int code = (extended & 0xff) == (rc & 0xff) ? extended : rc;
    std::string detail = std::string{sqlite3_errstr(code)} + " (" + std::to_string(code) + ")";
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(Errc::busy, std::move(detail));
    case SQLITE_FULL:
        return fail(Errc::disk_full, std::move(detail));
    case SQLITE_READONLY:
        if (connection.mode == OpenMode::reader)
            return fail(Errc::refused, std::move(detail));
        [[fallthrough]]; // the log could not be opened for writing
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
        connection.poisoned = true;
        return fail(Errc::io_error, std::move(detail));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        connection.poisoned = connection.damaged = true;
        return fail(Errc::corrupt, std::move(detail));
    case SQLITE_CONSTRAINT:
        detail = sqlite3_errmsg(connection.db);
        if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID)
            return fail(Errc::duplicate, std::move(detail));
        return fail(Errc::refused, std::move(detail));
    case SQLITE_TOOBIG:
        return fail(Errc::too_large, std::move(detail));
    case SQLITE_NOMEM:
        return fail(Errc::io_error, std::move(detail));
    case SQLITE_ERROR:
        return fail(Errc::invalid_argument, std::move(detail));
    default:
        return fail(Errc::bug, std::move(detail));
    }
}

tl::unexpected<Error> unusable(const Connection& connection)
{
    return connection.poisoned ? fail(Errc::closed, "the store met an input/output error and must be reopened")
                               : fail(Errc::closed, "the transaction has been rolled back");
}

bool usable(const Connection& connection) noexcept
{
    return !connection.poisoned && !(connection.transaction_open && sqlite3_get_autocommit(connection.db) != 0);
}

Result<sqlite3_stmt*> compile(Connection& connection, std::string_view sql, unsigned flags)
{
    if (connection.poisoned)
        return unusable(connection);
    sqlite3_stmt* handle = nullptr;
    const char* tail = nullptr;
    const int rc = sqlite3_prepare_v3(connection.db, sql.data(), static_cast<int>(sql.size()), flags, &handle, &tail);
    if (rc == SQLITE_ERROR)
        return fail(Errc::bug, sqlite3_errmsg(connection.db));
    if (rc != SQLITE_OK)
        return failure(connection, rc);
    const auto rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
    if (handle == nullptr || rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
        sqlite3_finalize(handle);
        return fail(Errc::bug, "not exactly one statement");
    }
    return handle;
}

void roll_back(Connection& connection) noexcept
{
    if (sqlite3_get_autocommit(connection.db) != 0)
        return;
    const int rc = sqlite3_step(connection.rollback.handle);
    sqlite3_reset(connection.rollback.handle);
    if (rc != SQLITE_DONE)
        connection.poisoned = true;
}

Result<void> execute(Connection& connection, std::string_view sql)
{
    if (connection.poisoned)
        return unusable(connection);
    const std::string terminated{sql};
    const int rc = sqlite3_exec(connection.db, terminated.c_str(), nullptr, nullptr, nullptr);
    if (rc == SQLITE_ERROR)
        return fail(Errc::bug, sqlite3_errmsg(connection.db));
    if (rc != SQLITE_OK)
        return failure(connection, rc);
    return {};
}

}  // namespace satchel::crypto::vault_detail
