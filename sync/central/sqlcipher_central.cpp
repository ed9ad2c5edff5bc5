#include "sync/central/sqlcipher_central.hpp"

#include <mutex>

#include "sync/central/sqlcipher_columns.hpp"
#include "sync/central/sqlcipher_schema.hpp"
#include "sync/central/sqlcipher_view.hpp"

namespace satchel::sync {
namespace {

using crypto::Database;
using crypto::Transaction;
using sqlcipher::SqlView;

// Connections for views, given back when a view ends: opening one costs milliseconds.
class Readers {
public:
    Readers(std::string path, const crypto::SecretBytes& key, const SqlcipherCentralOptions& options)
        : path_(std::move(path)), key_(key.clone()), idle_max_(options.idle_readers_max)
    {
        open_.mode = crypto::OpenMode::reader;
        open_.busy_timeout = options.busy_timeout;
        open_.cache_bytes = options.reader_cache_bytes;
        open_.vfs = options.vfs;
    }

    Result<std::unique_ptr<Database>> take()
    {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto db = std::move(idle_.back());
                idle_.pop_back();
                return db;
            }
        }
        SATCHEL_TRY(auto db, Database::open(path_, key_, open_));
        return std::make_unique<Database>(std::move(db));
    }

    void give_back(std::unique_ptr<Database> db)
    {
        if (db->poisoned())
            return;
        const std::lock_guard lock(mutex_);
        if (idle_.size() < idle_max_)
            idle_.push_back(std::move(db));
    }

private:
    std::string path_;
    crypto::SecretBytes key_;
    std::size_t idle_max_;
    crypto::OpenOptions open_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Database>> idle_;
};

// Holds the connection before the view that works on it, and ends the transaction before it gives the connection back.
struct Pinned {
    Readers& readers;
    std::unique_ptr<Database> db;
    std::optional<Transaction> transaction;

    ~Pinned()
    {
        transaction.reset();
        readers.give_back(std::move(db));
    }
};

class ReaderView final : private Pinned, public SqlView {
public:
    ReaderView(Readers& from, std::unique_ptr<Database> connection, Transaction pinned)
        : Pinned{from, std::move(connection), std::move(pinned)}, SqlView(*Pinned::db)
    {
    }
};

class Writing final : public SqlView, public CentralTransaction {
public:
    Writing(Database& db, std::unique_lock<std::timed_mutex> lock, Transaction transaction)
        : SqlView(db), lock_(std::move(lock)), transaction_(std::move(transaction))
    {
    }

    Result<void> put(const HubRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO hub(id, area, epoch, created_at, restores) VALUES(1, ?1, ?2, ?3, ?4)",
                       row.area, row.epoch, row.created_at.ms, row.restores);
    }
    Result<void> append(const EntryRow& row) override
    {
        return db_.run("INSERT INTO entries(position, kind, case_no, credential_no, batch_no, sequence, body, rulings,"
                       " policy_version, rules_version, seen_position, received_at, audit)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                       raw(row.position), raw(row.kind), raw(row.case_no), raw(row.credential_no), raw(row.batch_no),
                       row.sequence, row.body, row.rulings, row.policy_version, row.rules_version,
                       raw(row.seen_position), row.received_at.ms, row.audit);
    }
    Result<void> append(const BatchRow& row) override
    {
        return db_.run("INSERT INTO batches(batch_no, incarnation_no, first_sequence, size, previous, digests,"
                       " signature) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       raw(row.no), raw(row.incarnation_no), row.first_sequence, row.digests.size(), row.previous,
                       sqlcipher::pack_digests(row.digests), row.signature);
    }
    Result<void> put(const CaseRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO cases(case_no, case_id, label, head, last_safety, visibility, facts)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       raw(row.no), row.id, row.label, raw(row.head), raw(row.last_safety), row.visibility,
                       sqlcipher::pack_facts(row.facts));
    }
    Result<void> put(const RecordRow& row, bool fresh) override
    {
        if (fresh)
            return db_.run("INSERT INTO records(case_no, type, record_id, state) VALUES(?1, ?2, ?3, ?4)",
                           raw(row.case_no), raw(row.type), row.record, row.state);
        return db_.run("INSERT OR REPLACE INTO records(case_no, type, record_id, state) VALUES(?1, ?2, ?3, ?4)",
                       raw(row.case_no), raw(row.type), row.record, row.state);
    }
    Result<void> put(const TaskRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO tasks(case_no, task_id, state) VALUES(?1, ?2, ?3)", raw(row.case_no),
                       row.task, row.state);
    }
    Result<void> put(const OpenItemRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO open_items(item, case_no, type, record_id, field_group, kind, opened)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       row.item, raw(row.case_no), raw(row.type), row.record, raw(row.group), raw(row.kind),
                       raw(row.opened));
    }
    Result<void> erase_open_item(const VersionId& item) override
    {
        return db_.run("DELETE FROM open_items WHERE item = ?1", item);
    }
    Result<void> put(const FactRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO facts(case_no, name, position, value) VALUES(?1, ?2, ?3, ?4)",
                       raw(row.case_no), row.name, raw(row.position), row.value);
    }
    Result<void> put(const UserRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO users(user_id, name, vetting, suspended, hats, version)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                       row.id, row.name, row.vetting, row.suspended ? 1 : 0, sqlcipher::pack_hats(row.hats),
                       row.version);
    }
    Result<void> put(const AssignmentRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO assignments(case_no, subject, name, ended) VALUES(?1, ?2, ?3, ?4)",
                       row.case_no, raw(row.subject), row.name, row.ended);
    }
    Result<void> put(const CredentialRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO credentials(credential_no, credential_id, user_id, kind, agency,"
                       " device_name, operation_key, record, record_signature, enrolled_at, revoked)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                       row.no, row.id, row.user, raw(row.kind), row.agency, row.device_name, row.operation_key.bytes,
                       row.record, row.record_signature, row.enrolled_at.ms, row.revoked ? 1 : 0);
    }
    Result<void> put(const IncarnationRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO incarnations(incarnation_no, credential_no, incarnation_id, salt_key,"
                       " forked, received, head) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       row.no, row.credential_no, row.id, row.salt_key, row.forked ? 1 : 0, row.received, row.head);
    }
    Result<void> put(const EnrolmentRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO enrolments(enrolment_id, user_id, code_key, expires_at, used_at,"
                       " credential_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                       row.id, row.user, row.code_key, row.expires_at.ms, row.used_at.ms, row.credential);
    }
    Result<void> append(const PolicyRow& row) override
    {
        return db_.run("INSERT INTO policies(version, bundle, signature) VALUES(?1, ?2, ?3)", row.version, row.bundle,
                       row.signature);
    }
    Result<void> append(const AgencyIntroduction& row) override
    {
        return db_.run("INSERT INTO agencies(name, registry_key, signature) VALUES(?1, ?2, ?3)", row.agency,
                       row.registry_key.bytes, row.signature);
    }
    Result<void> put(const CursorRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO cursors(credential_no, case_no, cursor, position, visible_count,"
                       " visible, visibility, seal) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                       raw(row.credential_no), raw(row.case_no), row.cursor, raw(row.position), row.visible_count,
                       row.visible, row.visibility, row.seal);
    }
    Result<void> prune_cursors(CredentialNo credential_no, CaseNo case_no, std::uint64_t keep_from) override
    {
        return db_.run("DELETE FROM cursors WHERE credential_no = ?1 AND case_no = ?2 AND cursor < ?3"
                       " AND cursor < (SELECT max(cursor) FROM cursors WHERE credential_no = ?1 AND case_no = ?2)",
                       raw(credential_no), raw(case_no), keep_from);
    }
    Result<void> erase_cursors(CredentialNo credential_no, CaseNo case_no) override
    {
        return db_.run("DELETE FROM cursors WHERE credential_no = ?1 AND case_no = ?2", raw(credential_no),
                       raw(case_no));
    }
    Result<void> put(const RemovalRow& row) override
    {
        return db_.run("INSERT OR REPLACE INTO removals(credential_no, case_no, because, nonce, done, receipt)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                       row.credential_no, row.case_no, row.because, row.nonce, row.done ? 1 : 0, row.receipt);
    }
    Result<void> append(const CheckpointRow& row) override
    {
        return db_.run("INSERT INTO checkpoints(checkpoint_no, position, audit, signed_at, signature)"
                       " VALUES(?1, ?2, ?3, ?4, ?5)",
                       row.no, raw(row.position), row.audit, row.signed_at.ms, row.signature);
    }
    Result<void> commit() override
    {
        auto outcome = transaction_->commit();
        transaction_.reset();
        lock_.unlock();
        return outcome;
    }

private:
    // Declared in this order: the transaction ends before the next writer may begin.
    std::unique_lock<std::timed_mutex> lock_;
    std::optional<Transaction> transaction_;
};

class SqlcipherCentral final : public CentralStore {
public:
    SqlcipherCentral(Database writer, const std::string& path, const crypto::SecretBytes& key,
                     const SqlcipherCentralOptions& options)
        : busy_timeout_(options.busy_timeout), path_(path), key_(key.clone()), options_(writing_options(options)),
          writer_(std::move(writer)), readers_(path, key, options)
    {
    }

    static crypto::OpenOptions writing_options(const SqlcipherCentralOptions& options)
    {
        crypto::OpenOptions out;
        out.mode = crypto::OpenMode::writer_shared;
        out.busy_timeout = options.busy_timeout;
        out.cache_bytes = options.writer_cache_bytes;
        out.vfs = options.vfs;
        return out;
    }

    Result<std::unique_ptr<CentralView>> view() override
    {
        SATCHEL_TRY(auto db, readers_.take());
        auto pinned = Transaction::begin(*db);
        if (!pinned) {
            readers_.give_back(std::move(db));
            return tl::unexpected(std::move(pinned).error());
        }
        return std::make_unique<ReaderView>(readers_, std::move(db), *std::move(pinned));
    }

    Result<std::unique_ptr<CentralTransaction>> begin() override
    {
        std::unique_lock lock(writing_, busy_timeout_);
        if (!lock.owns_lock())
            return fail(Errc::busy, "another transaction is under way");
        if (writer_.poisoned())
            SATCHEL_TRYV(recover());
        SATCHEL_TRY(auto transaction, Transaction::begin(writer_));
        return std::make_unique<Writing>(writer_, std::move(lock), std::move(transaction));
    }

private:
    // After a failed write or sync nobody knows which pages of the log are on the disk, although they can all be read:
    // what is committed behind them would be lost with them. So a new writer first moves the whole log into the main file,
    // durably, and begins an empty one. It is opened while the old one is still there: the log is then read as far as was
    // told to be committed, and what failed is not in it.
    Result<void> recover()
    {
        if (writer_.damaged())
            return fail(Errc::corrupt, "the store is damaged: stop the hub, run verify, and restore a copy");
        SATCHEL_TRY(auto fresh, Database::open(path_, key_, options_));
        SATCHEL_TRYV(fresh.checkpoint_truncate());
        writer_ = std::move(fresh);
        return {};
    }

    std::chrono::milliseconds busy_timeout_;
    std::string path_;
    crypto::SecretBytes key_;
    crypto::OpenOptions options_;
    std::timed_mutex writing_;
    Database writer_;
    Readers readers_;
};

}  // namespace

Result<std::unique_ptr<CentralStore>> open_sqlcipher_central(const std::string& path, const crypto::SecretBytes& key,
                                                             const SqlcipherCentralOptions& options)
{
    auto open = SqlcipherCentral::writing_options(options);
    open.create = options.create;
    SATCHEL_TRY(auto writer, Database::open(path, key, open));
    SATCHEL_TRYV(writer.checkpoint_truncate());  // whoever had it before may have ended after a failed sync: see recover()
    SATCHEL_TRYV(crypto::migrate(writer, central_migrations()));
    return std::make_unique<SqlcipherCentral>(std::move(writer), path, key, options);
}

}  // namespace satchel::sync
