// The encrypted store: one connection to a SQLCipher file, opened so that nothing case-related reaches the disk in
// clear, no acknowledged commit is lost in a power cut, and no statement runs that is not a constant of the program.
// This file and its .cpp are the only ones that know SQLite; everything above works with the three classes here.
//
// A Database, its Statements and its Transaction belong to one thread at a time.
//
// Errors of every call that runs a statement:
//   busy            another connection holds the lock longer than busy_timeout; retry
//   disk_full       the change was not made; the handle stays usable after roll-back
//   io_error        reading or syncing failed. The handle is poisoned: it answers `closed` from then on, since after a
//   corrupt         failed sync the kernel may have dropped the pages. Close, reopen, verify; then retry.
//   duplicate       a unique key exists already; the detail names table and columns, never values
//   refused         any other constraint or trigger forbids it
//   too_large       longer than SQLite takes (1 GB)
//   invalid_argument  at run time: a full-text query that does not parse
//   bug             wrong SQL, wrong number of arguments
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "crypto/secret.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/result.hpp"

struct sqlite3_stmt;

namespace satchel::crypto {

enum class OpenMode : std::uint8_t {
    writer_exclusive, // a device: the one connection there is; a second opener gets busy
    writer_shared,    // the hub's single writer beside its readers: nobody else may write or checkpoint
    reader,           // query-only, sees committed states; never checkpoints
};

struct OpenOptions {
    OpenMode mode = OpenMode::writer_exclusive;
    bool create = false; // else a missing store is not_found
    std::chrono::milliseconds busy_timeout{5000};
    std::size_t cache_bytes = 8u << 20; // the hub's writer takes 32 MiB
    int checkpoint_pages = 4000;        // WAL pages after which a commit moves them to the main file
    std::string vfs;                    // a registered SQLite VFS; empty: the machine's own
};

inline constexpr std::size_t store_key_bytes = 32 + 16; // data key ‖ salt of the file's first 16 bytes

// SQL that was written in the source: constructible from a string literal only, so that no value can ever become part
// of a statement. The literal's address is also the key of the statement cache.
class Sql {
public:
    template <std::size_t n>
    consteval Sql(const char (&literal)[n]) : text_(literal, n - 1)
    {
    }
    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

private:
    std::string_view text_;
};

enum class ColumnType : std::uint8_t { integer, real, text, blob, null };

namespace vault_detail {
struct Connection;
struct Prepared;
} // namespace vault_detail

// A prepared statement, borrowed from the connection's cache and given back, reset and unbound, at the end of its life.
//
// bind(): numbers from 1. Text and blobs are NOT copied: they must live until run() returns, or until the statement is
// reset or destroyed; temporaries do not compile. A failed bind is reported by the next step() or run().
// Column getters: from 0, valid after step() gave true, views until the next step(), reset() or end.
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    Statement& bind(int index, std::int64_t value) noexcept;
    Statement& bind(int index, std::string_view value) noexcept;
    Statement& bind(int index, ByteView value) noexcept;
    Statement& bind(int index, std::nullptr_t) noexcept;
    template <std::integral T>
    Statement& bind(int index, T value) noexcept
    {
        if constexpr (sizeof(T) == 8 && std::is_unsigned_v<T>)
            SATCHEL_CHECK(value <= static_cast<T>(INT64_MAX));
        return bind(index, static_cast<std::int64_t>(value));
    }
    Statement& bind(int index, const char* value) noexcept { return bind(index, std::string_view{value}); }
    Statement& bind(int index, const std::string& value) noexcept
    {
        return bind(index, std::string_view{value});
    }
    Statement& bind(int index, const Bytes& value) noexcept { return bind(index, ByteView{value}); }
    template <std::size_t n>
    Statement& bind(int index, const std::array<std::uint8_t, n>& value) noexcept
    {
        return bind(index, ByteView{value});
    }
    template <class Tag>
    Statement& bind(int index, const TypedId<Tag>& value) noexcept
    {
        return bind(index, ByteView{value.bytes});
    }
    template <class T>
    Statement& bind(int index, const std::optional<T>& value) noexcept
    {
        return value ? bind(index, *value) : bind(index, nullptr);
    }
    void bind(int index, double) = delete; // no floats in stored data: they do not compare or hash reliably
    void bind(int index, std::string&&) = delete;
    void bind(int index, Bytes&&) = delete;
    template <std::size_t n>
    void bind(int index, std::array<std::uint8_t, n>&&) = delete;
    template <class Tag>
    void bind(int index, TypedId<Tag>&&) = delete;
    template <class T>
    void bind(int index, std::optional<T>&&) = delete;

    // Binds 1, 2, 3 … in order; the same rule of lifetime.
    template <class... Args>
    Statement& bind_all(const Args&... args) noexcept
    {
        int index = 0;
        (bind(++index, args), ...);
        return *this;
    }

    // True: a row is there. False: done; the statement is reset and keeps its bindings.
    Result<bool> step();
    // Binds the arguments (temporaries are fine here), runs to the end, resets. For statements that give no rows.
    template <class... Args>
    Result<void> run(const Args&... args)
    {
        bind_all(args...);
        return run_bound();
    }
    void reset() noexcept; // ready to run again, bindings gone

    [[nodiscard]] std::int64_t int64(int column) const noexcept;
    [[nodiscard]] std::string_view text(int column) const noexcept;
    [[nodiscard]] ByteView blob(int column) const noexcept;
    [[nodiscard]] bool is_null(int column) const noexcept;
    // An id or digest of a column. A blob of another length gives zeros and makes the next step() say corrupt.
    template <class Id>
    [[nodiscard]] Id id(int column) noexcept
    {
        Id out;
        copy_exactly(column, out.bytes);
        return out;
    }
    template <std::size_t n = 32>
    [[nodiscard]] std::array<std::uint8_t, n> array(int column) noexcept
    {
        std::array<std::uint8_t, n> out{};
        copy_exactly(column, out);
        return out;
    }

    // For tools that run statements they did not write.
    [[nodiscard]] int column_count() const noexcept;
    [[nodiscard]] std::string column_name(int column) const;
    [[nodiscard]] ColumnType column_type(int column) const noexcept;

private:
    friend class Database;
    Statement(vault_detail::Connection* connection, vault_detail::Prepared* prepared) noexcept;
    Result<void> run_bound();
    void copy_exactly(int column, std::span<std::uint8_t> out) noexcept;
    void bound(int rc) noexcept;
    void give_back() noexcept;

    vault_detail::Connection* connection_;
    vault_detail::Prepared* prepared_;
    sqlite3_stmt* handle_;
    int failed_ = 0; // the first SQLite code of a failed bind or getter
};

class Database {
public:
    // `key` is store_key_bytes long and goes to SQLCipher as a raw key: no passphrase is derived here. Creates the file
    // with mode 0600. not_found: no such store; wrong_key: the key does not open it, or it is no store; busy: another
    // process has it; version_mismatch: this machine's SQLCipher is older than 4.6 or does not do what it is told.
    static Result<Database> open(const std::string& path, const SecretBytes& key,
                                 const OpenOptions& options = {});

    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database(); // every Statement and Transaction has ended before

    // A statement from the cache; prepared at its first use. The handle given out twice at the same time is two.
    Result<Statement> statement(Sql sql);
    template <class... Args>
    Result<void> run(Sql sql, const Args&... args)
    {
        SATCHEL_TRY(auto prepared, statement(sql));
        return prepared.run(args...);
    }
    // The first column of the first row, or nothing when there is no row or it is null.
    template <class... Args>
    Result<std::optional<std::int64_t>> lookup_int64(Sql sql, const Args&... args)
    {
        SATCHEL_TRY(auto query, statement(sql));
        query.bind_all(args...);
        SATCHEL_TRY(const bool row, query.step());
        if (!row || query.is_null(0))
            return std::optional<std::int64_t>{};
        return std::optional{query.int64(0)};
    }

    // Several statements at once, for schemas. The text is trusted: a constant of the program, or an operator's own.
    Result<void> exec_script(std::string_view trusted_sql);
    // One statement that is not in the source, for an operator's tool. Not cached.
    Result<Statement> prepare_trusted(std::string_view trusted_sql);

    [[nodiscard]] std::int64_t changes() const noexcept; // rows of the last insert, update or delete
    [[nodiscard]] std::int64_t last_insert_rowid() const noexcept;
    [[nodiscard]] bool poisoned() const noexcept;
    // Poisoned by content that is not what was written: opening it again mends nothing.
    [[nodiscard]] bool damaged() const noexcept;
    [[nodiscard]] bool in_transaction() const noexcept;
    [[nodiscard]] OpenMode mode() const noexcept;

    // Moves the WAL into the main file and cuts it to nothing. After it, rows deleted before are in neither: free pages are
    // overwritten by secure_delete. Between the rows of a page may yet lie what was there before rows moved to other pages:
    // see rewrite_pages(). busy while a reader holds an older state.
    Result<void> checkpoint_truncate();
    // Writes every page anew, with rows and nothing else, by way of memory (as much as the store is large) and the WAL; to be
    // followed by checkpoint_truncate(). disk_full leaves all as it was. Outside any transaction.
    Result<void> rewrite_pages();

    // Recomputes every page's MAC and checks the structure; slow (about 5 s per GB). Reads the main file, so it
    // empties the WAL first. Wants the store to itself, and its own connection: one bad page poisons it.
    static Result<void> check_integrity(const std::string& path, const SecretBytes& key,
                                        const OpenOptions& options = {});

private:
    friend class Transaction;
    explicit Database(std::unique_ptr<vault_detail::Connection> connection) noexcept;
    std::unique_ptr<vault_detail::Connection> connection_;
};

// All or nothing, durable when commit() says so. On a writer it takes the write lock at once (BEGIN IMMEDIATE), so that
// busy is met here and not in the middle; on a reader it pins one committed state. Ends in roll-back unless committed.
class Transaction {
public:
    static Result<Transaction> begin(Database& database);

    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    // After any error everything is rolled back.
    Result<void> commit();

private:
    explicit Transaction(vault_detail::Connection* connection) noexcept : connection_(connection) {}
    vault_detail::Connection* connection_;
};

// SQLite's process-wide settings (no memory statistics: they take a lock per allocation). open() does it; a program that
// registers a VFS of its own calls it before. Any number of times, from any thread.
void initialize_engine();

} // namespace satchel::crypto
