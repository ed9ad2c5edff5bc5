// Opening a store: its file, its key, every setting that its safety rests on, and the proof that SQLCipher took them.
#include "crypto/vault/connection.hpp"

#include "schema/base/mutant.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace satchel::crypto {
namespace {

using namespace vault_detail;

constexpr int value_bytes_max = 256 << 20;

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
    if ((rc & 0xff) == SQLITE_NOTADB)  // the first page's MAC does not fit the key
        return fail(Errc::wrong_key, "the key does not open this store");
    return error;
}

Result<void> expect(Connection& connection, const std::string& pragma, std::string_view wanted)
{
    SATCHEL_TRY(const auto found, answer(connection, pragma));
    if (found != wanted && !mutant(Mutant::key_not_given))
        return fail(Errc::version_mismatch,
                    pragma + " answers " + (found.empty() ? "nothing" : found) + ", not " + std::string{wanted});
    return {};
}

Result<void> set(Connection& connection, const std::string& name, const std::string& value, std::string_view wanted)
{
    SATCHEL_TRY(const auto ignored, answer(connection, "PRAGMA " + name + " = " + value));
    (void)ignored;
    return expect(connection, "PRAGMA " + name, wanted);
}

Result<void> give_key(Connection& connection, const SecretBytes& key)
{
    if (mutant(Mutant::key_not_given))
        return {};
    static constexpr char digits[] = "0123456789abcdef";
    SecretBytes literal{2 + 2 * store_key_bytes + 1};  // x'…': SQLCipher takes any other length for a passphrase
    auto out = literal.writable();
    out[0] = 'x';
    out[1] = '\'';
    std::size_t at = 2;
    for (const auto b : key.reveal()) {
        out[at++] = static_cast<std::uint8_t>(digits[b >> 4]);
        out[at++] = static_cast<std::uint8_t>(digits[b & 15]);
    }
    out[at] = '\'';
    if (sqlite3_key_v2(connection.db, "main", literal.reveal().data(), static_cast<int>(literal.size())) != SQLITE_OK)
        return fail(Errc::wrong_key, "the store takes no key");
    return {};
}

Result<void> require_sqlcipher(Connection& connection)
{
    SATCHEL_TRY(const auto version, answer(connection, "PRAGMA cipher_version"));
    int major = 0, minor = 0;
    if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2 || major < 4 || (major == 4 && minor < 6))
        return fail(Errc::version_mismatch,
                    "needs SQLCipher 4.6 or later, found " + (version.empty() ? std::string{"plain SQLite"} : version));
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
    sqlite3_limit(connection.db, SQLITE_LIMIT_ATTACHED, 0);  // ATTACH could write a copy in clear
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
    SATCHEL_TRYV(set(connection, "temp_store", "MEMORY", "2"));  // sorts would spill to disk in clear
    SATCHEL_TRY(const auto unmapped, answer(connection, "PRAGMA mmap_size = 0"));
    (void)unmapped;
    SATCHEL_TRYV(set(connection, "trusted_schema", "OFF", "0"));
    SATCHEL_TRYV(set(connection, "cell_size_check", "ON", "1"));
    SATCHEL_TRYV(set(connection, "foreign_keys", "ON", "1"));
    SATCHEL_TRYV(set(connection, "recursive_triggers", "ON", "1"));
    SATCHEL_TRYV(set(connection, "secure_delete", "ON", "1"));
    const std::string locking = options.mode == OpenMode::writer_exclusive ? "exclusive" : "normal";
    SATCHEL_TRYV(set(connection, "locking_mode", locking, locking));

    SATCHEL_TRY(const auto tables, answer(connection, "SELECT count(*) FROM sqlite_schema"));  // the key check
    (void)tables;
    if (!options.create) {
        SATCHEL_TRY(const auto pages, answer(connection, "PRAGMA page_count"));
        if (pages == "0")  // no key fits or misfits it: somebody emptied it, or its creation was cut short
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
        ::close(file);  // new, so no other connection's lock can be lost by this close
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

}  // namespace

void initialize_engine()
{
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // without effect, and harmless, when SQLite already runs
        SATCHEL_CHECK(sqlite3_initialize() == SQLITE_OK);
    });
}

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
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (create ? SQLITE_OPEN_CREATE : 0);
    const int rc =
        sqlite3_open_v2(path.c_str(), &connection->db, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
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

}  // namespace satchel::crypto
