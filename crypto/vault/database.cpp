#include "crypto/vault/database.hpp"

#include "schema/base/mutant.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h> // SQLCipher's, by the include path of satchel_sqlcipher

namespace satchel::crypto {
namespace vault_detail {

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
    bool damaged = false; // poisoned, by content that is not what was written
    bool transaction_open = false; // a Transaction object lives, whatever SQLite thinks
    int borrowed = 0;              // Statements that live
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
        if (poisoned) // what the kernel holds of this file is unknown: leave the WAL to the next opener's recovery
            sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        SATCHEL_CHECK(sqlite3_close(db) == SQLITE_OK);
    }
};

} // namespace vault_detail

namespace {

using vault_detail::Connection;
using vault_detail::Prepared;

constexpr int value_bytes_max = 256 << 20;

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
        if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
            code == SQLITE_CONSTRAINT_ROWID)
            return fail(Errc::duplicate, std::move(detail));
        return fail(Errc::refused, std::move(detail));
    case SQLITE_TOOBIG:
        return fail(Errc::too_large, std::move(detail));
    case SQLITE_READONLY:
        return fail(Errc::refused, std::move(detail));
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
    return connection.poisoned
               ? fail(Errc::closed, "the store met an input/output error and must be reopened")
               : fail(Errc::closed, "the transaction has been rolled back");
}

// True when a step now would run outside the transaction it was written for: SQLite rolls back by itself on some errors,
// and what follows would then commit one by one.
bool usable(const Connection& connection) noexcept
{
    return !connection.poisoned &&
           !(connection.transaction_open && sqlite3_get_autocommit(connection.db) != 0);
}

Result<sqlite3_stmt*> compile(Connection& connection, std::string_view sql, unsigned flags)
{
    if (connection.poisoned)
        return unusable(connection);
    sqlite3_stmt* handle = nullptr;
    const char* tail = nullptr;
    const int rc =
        sqlite3_prepare_v3(connection.db, sql.data(), static_cast<int>(sql.size()), flags, &handle, &tail);
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

// ---- opening ----

// The first value a pragma answers, as text; empty when it answers nothing.
Result<std::string> answer(Connection& connection, const std::string& pragma)
{
    std::string out;
    const auto keep_first = [](void* into, int columns, char** values, char**) {
        auto& kept = *static_cast<std::string*>(into);
        if (kept.empty() && columns > 0 && values[0] != nullptr)
            kept = values[0];
        return 0;
    };
    const int rc = sqlite3_exec(connection.db, pragma.c_str(), keep_first, &out, nullptr);
    if (rc == SQLITE_OK)
        return out;
    auto error = failure(connection, rc);
    if ((rc & 0xff) == SQLITE_NOTADB) // the first page's MAC does not fit the key
        return fail(Errc::wrong_key, "the key does not open this store");
    return error;
}

Result<void> expect(Connection& connection, const std::string& pragma, std::string_view wanted)
{
    SATCHEL_TRY(const auto found, answer(connection, pragma));
    if (found != wanted)
        return fail(Errc::version_mismatch, pragma + " answers " + (found.empty() ? "nothing" : found) +
                                                ", not " + std::string{wanted});
    return {};
}

Result<void> set(Connection& connection, const std::string& name, const std::string& value,
                 std::string_view wanted)
{
    SATCHEL_TRY(const auto ignored, answer(connection, "PRAGMA " + name + " = " + value));
    (void)ignored;
    return expect(connection, "PRAGMA " + name, wanted);
}

Result<void> give_key(Connection& connection, const SecretBytes& key)
{
    static constexpr char digits[] = "0123456789abcdef";
    SecretBytes literal{2 + 2 * store_key_bytes +
                        1}; // x'…': SQLCipher takes any other length for a passphrase
    auto out = literal.writable();
    out[0] = 'x';
    out[1] = '\'';
    std::size_t at = 2;
    for (const auto b : key.reveal()) {
        out[at++] = static_cast<std::uint8_t>(digits[b >> 4]);
        out[at++] = static_cast<std::uint8_t>(digits[b & 15]);
    }
    out[at] = '\'';
    if (sqlite3_key_v2(connection.db, "main", literal.reveal().data(), static_cast<int>(literal.size())) !=
        SQLITE_OK)
        return fail(Errc::wrong_key, "the store takes no key");
    return {};
}

Result<void> require_sqlcipher(Connection& connection)
{
    SATCHEL_TRY(const auto version, answer(connection, "PRAGMA cipher_version"));
    int major = 0, minor = 0;
    if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2 || major < 4 || (major == 4 && minor < 6))
        return fail(Errc::version_mismatch, "needs SQLCipher 4.6 or later, found " +
                                                (version.empty() ? std::string{"plain SQLite"} : version));
    return expect(connection, "PRAGMA cipher_provider", "openssl");
}

// What no pragma governs: defences against SQL that is not ours, and bounds.
void harden(Connection& connection)
{
    const auto config = [&](int option, int on) {
        SATCHEL_CHECK(sqlite3_db_config(connection.db, option, on, nullptr) == SQLITE_OK);
    };
    config(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
    config(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    config(SQLITE_DBCONFIG_DEFENSIVE, 1);
    config(SQLITE_DBCONFIG_DQS_DDL, 0);
    config(SQLITE_DBCONFIG_DQS_DML, 0);
    if (connection.mode == OpenMode::reader)
        config(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
    sqlite3_limit(connection.db, SQLITE_LIMIT_LENGTH, value_bytes_max);
    sqlite3_limit(connection.db, SQLITE_LIMIT_ATTACHED, 0); // ATTACH could write a copy in clear
    sqlite3_limit(connection.db, SQLITE_LIMIT_WORKER_THREADS, 0);
}

// Everything after the key, in an order that matters: lock mode before the first read, so that the WAL needs no shared
// memory file; EXTRA before the switch to WAL, or the journal of that switch could come back after a power cut.
Result<void> settle(Connection& connection, const OpenOptions& options)
{
    const bool reader = options.mode == OpenMode::reader;
    SATCHEL_TRYV(require_sqlcipher(connection));
    SATCHEL_TRY(const auto formats, answer(connection, "PRAGMA cipher_compatibility = 4"));
    SATCHEL_TRY(const auto silence, answer(connection, "PRAGMA cipher_log_level = NONE"));
    (void)formats, (void)silence;
    // On, it locks and wipes every allocation of the engine: 2 to 8 times slower. Keys stay in locked memory of ours.
    SATCHEL_TRYV(set(connection, "cipher_memory_security", "OFF", "0"));
    SATCHEL_TRYV(set(connection, "temp_store", "MEMORY", "2")); // sorts would spill to disk in clear
    SATCHEL_TRY(const auto unmapped, answer(connection, "PRAGMA mmap_size = 0"));
    (void)unmapped;
    SATCHEL_TRYV(set(connection, "trusted_schema", "OFF", "0"));
    SATCHEL_TRYV(set(connection, "cell_size_check", "ON", "1"));
    SATCHEL_TRYV(set(connection, "foreign_keys", "ON", "1"));
    SATCHEL_TRYV(set(connection, "recursive_triggers", "ON", "1"));
    SATCHEL_TRYV(set(connection, "secure_delete", "ON", "1"));
    const std::string locking = options.mode == OpenMode::writer_exclusive ? "exclusive" : "normal";
    SATCHEL_TRYV(set(connection, "locking_mode", locking, locking));

    SATCHEL_TRY(const auto tables, answer(connection, "SELECT count(*) FROM sqlite_schema")); // the key check
    (void)tables;
    if (!options.create) {
        SATCHEL_TRY(const auto pages, answer(connection, "PRAGMA page_count"));
        if (pages == "0") // no key fits or misfits it: somebody emptied it, or its creation was cut short
            return fail(Errc::corrupt, "the store's file is empty");
    }
    SATCHEL_TRYV(expect(connection, "PRAGMA cipher_page_size", "4096"));
    SATCHEL_TRYV(expect(connection, "PRAGMA cipher_use_hmac", "1"));
    SATCHEL_TRYV(expect(connection, "PRAGMA cipher_hmac_algorithm", "HMAC_SHA512"));
    SATCHEL_TRYV(expect(connection, "PRAGMA cipher_plaintext_header_size", "0"));
    SATCHEL_TRYV(set(connection, "synchronous", "EXTRA", "3"));
    if (reader) {
        SATCHEL_TRYV(expect(connection, "PRAGMA journal_mode", "wal"));
        SATCHEL_TRYV(set(connection, "wal_autocheckpoint", "0", "0"));
        SATCHEL_TRYV(set(connection, "query_only", "ON", "1"));
    } else {
        SATCHEL_TRY(const auto whole, answer(connection, "PRAGMA auto_vacuum = NONE"));
        (void)whole;
        SATCHEL_TRYV(expect(connection, "PRAGMA journal_mode = WAL", "wal"));
        SATCHEL_TRYV(expect(connection, "PRAGMA synchronous", "3"));
        const auto pages = std::to_string(std::max(1, options.checkpoint_pages));
        SATCHEL_TRYV(set(connection, "wal_autocheckpoint", pages, pages));
    }
    if (mutant(Mutant::commit_not_synced))
        SATCHEL_TRYV(set(connection, "synchronous", "OFF", "0"));
    const auto cache_kib = "-" + std::to_string(std::max<std::size_t>(options.cache_bytes, 1u << 20) / 1024);
    return set(connection, "cache_size", cache_kib, cache_kib);
}

// SQLite would create the file readable by everybody whom the umask lets.
Result<void> create_private(const std::string& path)
{
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0) {
        ::close(file); // new, so no other connection's lock can be lost by this close
        return {};
    }
    if (errno == EEXIST) {
        struct stat found {};
        if (::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode))
            return {};
        return fail(Errc::io_error, "the store's path is taken by something that is no file");
    }
    return fail(errno == ENOSPC ? Errc::disk_full : Errc::io_error,
                std::string{"cannot create the store: "} + std::strerror(errno));
}

Result<Prepared*> cached(Connection& connection, Sql sql)
{
    auto& same = connection.cache[sql.text().data()];
    for (auto& prepared : same)
        if (!prepared->in_use)
            return prepared.get();
    auto prepared = std::make_unique<Prepared>();
    SATCHEL_TRY(prepared->handle, compile(connection, sql.text(), SQLITE_PREPARE_PERSISTENT));
    same.push_back(std::move(prepared));
    return same.back().get();
}

} // namespace

void initialize_engine()
{
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); // without effect, and harmless, when SQLite already runs
        SATCHEL_CHECK(sqlite3_initialize() == SQLITE_OK);
    });
}

// ---- Statement ----

Statement::Statement(Connection* connection, Prepared* prepared) noexcept
    : connection_(connection), prepared_(prepared), handle_(prepared->handle)
{
    prepared_->in_use = true;
    ++connection_->borrowed;
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), prepared_(std::exchange(other.prepared_, nullptr)),
      handle_(other.handle_), failed_(other.failed_)
{
}

Statement& Statement::operator=(Statement&& other) noexcept
{
    if (this != &other) {
        give_back();
        connection_ = other.connection_;
        prepared_ = std::exchange(other.prepared_, nullptr);
        handle_ = other.handle_;
        failed_ = other.failed_;
    }
    return *this;
}

Statement::~Statement()
{
    give_back();
}

void Statement::give_back() noexcept
{
    if (prepared_ == nullptr)
        return;
    --connection_->borrowed;
    if (prepared_->cached) {
        sqlite3_reset(handle_);
        sqlite3_clear_bindings(handle_);
        prepared_->in_use = false;
    } else {
        delete prepared_;
    }
    prepared_ = nullptr;
}

void Statement::bound(int rc) noexcept
{
    if (rc != SQLITE_OK && failed_ == SQLITE_OK) [[unlikely]]
        failed_ = rc;
}

Statement& Statement::bind(int index, std::int64_t value) noexcept
{
    bound(sqlite3_bind_int64(handle_, index, value));
    return *this;
}

Statement& Statement::bind(int index, std::string_view value) noexcept
{
    // A null pointer would bind NULL in place of an empty text.
    bound(sqlite3_bind_text64(handle_, index, value.data() == nullptr ? "" : value.data(), value.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int index, ByteView value) noexcept
{
    if (value.empty())
        bound(sqlite3_bind_zeroblob(handle_, index, 0));
    else
        bound(sqlite3_bind_blob64(handle_, index, value.data(), value.size(), SQLITE_STATIC));
    return *this;
}

Statement& Statement::bind(int index, std::nullptr_t) noexcept
{
    bound(sqlite3_bind_null(handle_, index));
    return *this;
}

Result<bool> Statement::step()
{
    if (!usable(*connection_)) [[unlikely]]
        return unusable(*connection_);
    if (failed_ != SQLITE_OK) [[unlikely]] {
        const int rc = std::exchange(failed_, SQLITE_OK);
        sqlite3_reset(handle_);
        if (rc == SQLITE_TOOBIG)
            return fail(Errc::too_large, "a value is too long for the store");
        if (rc == SQLITE_CORRUPT)
            return fail(Errc::corrupt, "a stored value has an unexpected length");
        return fail(Errc::bug, "wrong argument of a statement (" + std::to_string(rc) + ")");
    }
    const int rc = sqlite3_step(handle_);
    if (rc == SQLITE_ROW)
        return true;
    if (rc == SQLITE_DONE) [[likely]] {
        sqlite3_reset(handle_);
        return false;
    }
    auto error = failure(*connection_, rc);
    sqlite3_reset(handle_);
    return error;
}

Result<void> Statement::run_bound()
{
    SATCHEL_TRY(const bool row, step());
    if (row) [[unlikely]] {
        sqlite3_reset(handle_);
        return fail(Errc::bug, "run() of a statement that gives rows");
    }
    return {};
}

void Statement::reset() noexcept
{
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
    failed_ = SQLITE_OK;
}

std::int64_t Statement::int64(int column) const noexcept
{
    return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::text(int column) const noexcept
{
    const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return data == nullptr
               ? std::string_view{}
               : std::string_view{data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

ByteView Statement::blob(int column) const noexcept
{
    const auto* const data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
    return data == nullptr ? ByteView{}
                           : ByteView{data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::is_null(int column) const noexcept
{
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

void Statement::copy_exactly(int column, std::span<std::uint8_t> out) noexcept
{
    const auto found = blob(column);
    if (found.size() == out.size())
        std::memcpy(out.data(), found.data(), out.size());
    else
        failed_ = SQLITE_CORRUPT;
}

int Statement::column_count() const noexcept
{
    return sqlite3_column_count(handle_);
}

std::string Statement::column_name(int column) const
{
    const char* const name = sqlite3_column_name(handle_, column);
    return name == nullptr ? std::string{} : std::string{name};
}

ColumnType Statement::column_type(int column) const noexcept
{
    switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_INTEGER:
        return ColumnType::integer;
    case SQLITE_FLOAT:
        return ColumnType::real;
    case SQLITE_TEXT:
        return ColumnType::text;
    case SQLITE_BLOB:
        return ColumnType::blob;
    default:
        return ColumnType::null;
    }
}

// ---- Database ----

Database::Database(std::unique_ptr<Connection> connection) noexcept : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path, const SecretBytes& key, const OpenOptions& options)
{
    if (key.size() != store_key_bytes)
        return fail(Errc::invalid_argument, "a store key has 48 bytes");
    if (path.empty() || path.find('\0') != std::string::npos)
        return fail(Errc::invalid_argument, "not a path of a store");
    initialize_engine();
    const bool create = options.create && options.mode != OpenMode::reader;
    if (create && options.vfs.empty())
        SATCHEL_TRYV(create_private(path));

    auto connection = std::make_unique<Connection>();
    connection->mode = options.mode;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (create ? SQLITE_OPEN_CREATE : 0);
    const int rc = sqlite3_open_v2(path.c_str(), &connection->db, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
    if (rc != SQLITE_OK) {
        if ((rc & 0xff) == SQLITE_CANTOPEN && sqlite3_system_errno(connection->db) == ENOENT)
            return fail(Errc::not_found, "no store there");
        return failure(*connection, rc);
    }
    if (sqlite3_db_readonly(connection->db, "main") != 0)
        return fail(Errc::io_error, "the store's file may not be written");
    harden(*connection);
    sqlite3_busy_timeout(connection->db, static_cast<int>(options.busy_timeout.count()));
    SATCHEL_TRYV(give_key(*connection, key));
    SATCHEL_TRYV(settle(*connection, options));
    SATCHEL_TRY(connection->rollback.handle, compile(*connection, "ROLLBACK", SQLITE_PREPARE_PERSISTENT));
    return Database{std::move(connection)};
}

Result<Statement> Database::statement(Sql sql)
{
    SATCHEL_TRY(auto* const prepared, cached(*connection_, sql));
    return Statement{connection_.get(), prepared};
}

Result<Statement> Database::prepare_trusted(std::string_view trusted_sql)
{
    auto prepared = std::make_unique<Prepared>();
    SATCHEL_TRY(prepared->handle, compile(*connection_, trusted_sql, 0));
    prepared->cached = false;
    return Statement{connection_.get(), prepared.release()};
}

Result<void> Database::exec_script(std::string_view trusted_sql)
{
    if (!usable(*connection_))
        return unusable(*connection_);
    return execute(*connection_, trusted_sql);
}

std::int64_t Database::changes() const noexcept
{
    return sqlite3_changes64(connection_->db);
}
std::int64_t Database::last_insert_rowid() const noexcept
{
    return sqlite3_last_insert_rowid(connection_->db);
}
bool Database::poisoned() const noexcept
{
    return connection_->poisoned;
}
bool Database::damaged() const noexcept
{
    return connection_->damaged;
}
bool Database::in_transaction() const noexcept
{
    return connection_->transaction_open;
}
OpenMode Database::mode() const noexcept
{
    return connection_->mode;
}

Result<void> Database::checkpoint_truncate()
{
    if (connection_->mode == OpenMode::reader)
        return fail(Errc::bug, "a reader never checkpoints");
    if (!usable(*connection_))
        return unusable(*connection_);
    const int rc =
        sqlite3_wal_checkpoint_v2(connection_->db, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (rc != SQLITE_OK)
        return failure(*connection_, rc);
    return {};
}

Result<void> Database::rewrite_pages()
{
    if (!usable(*connection_))
        return unusable(*connection_);
    // SQLite attaches a database of its own for it, in memory (temp_store). Nobody else's SQL runs in between.
    sqlite3_limit(connection_->db, SQLITE_LIMIT_ATTACHED, 1);
    auto done = execute(*connection_, "VACUUM");
    sqlite3_limit(connection_->db, SQLITE_LIMIT_ATTACHED, 0);
    return done;
}

Result<void> Database::check_integrity(const std::string& path, const SecretBytes& key,
                                       const OpenOptions& options)
{
    auto existing = options;
    existing.create = false;
    existing.mode = OpenMode::writer_exclusive;
    {
        SATCHEL_TRY(auto writer, open(path, key, existing));
        SATCHEL_TRYV(writer.checkpoint_truncate());
    }
    SATCHEL_TRY(auto fresh, open(path, key, existing));
    SATCHEL_TRY(auto macs, fresh.statement("PRAGMA cipher_integrity_check"));
    SATCHEL_TRY(const bool damaged, macs.step());
    if (damaged)
        return fail(Errc::corrupt, std::string{macs.text(0)}); // names a page
    SATCHEL_TRY(auto structure, fresh.statement("PRAGMA integrity_check(1)"));
    SATCHEL_TRY(const bool answered, structure.step());
    if (!answered || structure.text(0) != "ok")
        return fail(Errc::corrupt, "the store's structure is damaged");
    return {};
}

// ---- Transaction ----

Result<Transaction> Transaction::begin(Database& database)
{
    auto& connection = *database.connection_;
    if (connection.poisoned)
        return unusable(connection);
    if (connection.transaction_open)
        return fail(Errc::bug, "a transaction is open already");
    const bool reader = connection.mode == OpenMode::reader;
    SATCHEL_TRY(auto begin, database.statement(reader ? Sql{"BEGIN"} : Sql{"BEGIN IMMEDIATE"}));
    SATCHEL_TRYV(begin.run());
    if (reader) { // BEGIN alone pins nothing
        SATCHEL_TRY(auto look, database.statement("SELECT 1 FROM sqlite_schema LIMIT 1"));
        if (auto row = look.step(); !row) {
            roll_back(connection);
            return tl::unexpected(std::move(row).error());
        }
    }
    connection.transaction_open = true;
    return Transaction{&connection};
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr))
{
}

Transaction::~Transaction()
{
    if (connection_ == nullptr)
        return;
    connection_->transaction_open = false;
    roll_back(*connection_);
}

Result<void> Transaction::commit()
{
    if (connection_ == nullptr)
        return fail(Errc::bug, "committed already");
    if (!usable(*connection_))
        return unusable(*connection_);
    const int rc = sqlite3_exec(connection_->db, "COMMIT", nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) {
        auto error = failure(*connection_, rc);
        Transaction rolled_back{std::exchange(connection_, nullptr)};
        return error;
    }
    connection_->transaction_open = false;
    connection_ = nullptr;
    return {};
}

} // namespace satchel::crypto
