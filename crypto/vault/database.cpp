#include "crypto/vault/connection.hpp"

namespace satchel::crypto {

using namespace vault_detail;

namespace {

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

}  // namespace

Database::Database(std::unique_ptr<Connection> connection) noexcept : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

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
    const int rc = sqlite3_wal_checkpoint_v2(connection_->db, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
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

Result<void> Database::check_integrity(const std::string& path, const SecretBytes& key, const OpenOptions& options)
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
        return fail(Errc::corrupt, std::string{macs.text(0)});  // names a page
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
    if (reader) {  // BEGIN alone pins nothing
        SATCHEL_TRY(auto look, database.statement("SELECT 1 FROM sqlite_schema LIMIT 1"));
        if (auto row = look.step(); !row) {
            roll_back(connection);
            return tl::unexpected(std::move(row).error());
        }
    }
    connection.transaction_open = true;
    return Transaction{&connection};
}

Transaction::Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}

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

}  // namespace satchel::crypto
