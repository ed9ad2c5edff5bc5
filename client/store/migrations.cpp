#include "client/store/migrations.hpp"

#include <array>

namespace satchel::client {
namespace {

// own: this credential's changesets. in_log: the case's entries here hold it; what is saved or received and
// not in the
//   log is pending and shown through the overlay. last_rulings: of a hub that has lost them since. Bodies
//   stay while the case is here, since its log refers to them, and at least 30 days, since a restored hub
//   asks for them again.
// entries: the visible log of a case, verbatim, so that every value can be proved again later.
// records, tasks: the confirmed state, a fold of the entries. overlay, overlay_tasks: what own pending work
// makes of
//   it; a row here stands before the confirmed one.
// documents: which row of the search index belongs to which record.
constexpr std::string_view create_store = R"sql(
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE policies(version INTEGER PRIMARY KEY, bundle BLOB NOT NULL, signature BLOB NOT NULL);

CREATE TABLE cases(
    case_no INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BLOB NOT NULL UNIQUE,
    cursor INTEGER NOT NULL DEFAULT 0,
    entries INTEGER NOT NULL DEFAULT 0,
    facts BLOB NOT NULL DEFAULT x'',
    partial INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    indexed_entries INTEGER NOT NULL DEFAULT 0,
    looked_at INTEGER NOT NULL DEFAULT 0);
CREATE TABLE removed_cases(
    removal_no INTEGER PRIMARY KEY,
    case_no INTEGER NOT NULL,
    case_id BLOB NOT NULL,
    because TEXT NOT NULL,
    handler_role TEXT NOT NULL DEFAULT '',
    nonce BLOB NOT NULL,
    told INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL);

CREATE TABLE own(
    own_no INTEGER PRIMARY KEY,
    case_no INTEGER NOT NULL,
    state INTEGER NOT NULL,
    in_log INTEGER NOT NULL DEFAULT 0,
    seen INTEGER NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL,
    outcome BLOB NOT NULL,
    last_rulings BLOB,
    saved_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL DEFAULT 0);
CREATE INDEX own_outside_log ON own(case_no) WHERE in_log = 0;
CREATE TABLE incarnations(incarnation_no INTEGER PRIMARY KEY, incarnation BLOB NOT NULL);
CREATE TABLE receipts(
    incarnation_no INTEGER NOT NULL,
    up_to INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY(incarnation_no, up_to)) WITHOUT ROWID;

CREATE TABLE authors(
    credential BLOB PRIMARY KEY,
    record BLOB NOT NULL,
    signature BLOB NOT NULL,
    display_name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE batches(
    batch_no INTEGER PRIMARY KEY,
    author BLOB NOT NULL,
    signature BLOB NOT NULL,
    proof BLOB NOT NULL);
CREATE TABLE entries(
    entry_no INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    batch_no INTEGER NOT NULL,
    place INTEGER NOT NULL,
    body BLOB NOT NULL,
    rulings BLOB NOT NULL,
    received_at INTEGER NOT NULL);

CREATE TABLE records(
    case_no INTEGER NOT NULL, record_id BLOB NOT NULL, type INTEGER NOT NULL, state BLOB NOT NULL,
    PRIMARY KEY(case_no, record_id)) WITHOUT ROWID;
CREATE TABLE overlay(
    case_no INTEGER NOT NULL, record_id BLOB NOT NULL, type INTEGER NOT NULL, state BLOB NOT NULL,
    PRIMARY KEY(case_no, record_id)) WITHOUT ROWID;
CREATE TABLE tasks(
    case_no INTEGER NOT NULL, task_id BLOB NOT NULL, state BLOB NOT NULL,
    PRIMARY KEY(case_no, task_id)) WITHOUT ROWID;
CREATE TABLE overlay_tasks(
    case_no INTEGER NOT NULL, task_id BLOB NOT NULL, state BLOB NOT NULL,
    PRIMARY KEY(case_no, task_id)) WITHOUT ROWID;

CREATE TABLE attention(
    item_no INTEGER PRIMARY KEY AUTOINCREMENT,
    case_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    record_id BLOB NOT NULL,
    group_id INTEGER NOT NULL,
    version BLOB NOT NULL,
    what_happened TEXT NOT NULL,
    what_next TEXT NOT NULL,
    who_acts TEXT NOT NULL,
    at INTEGER NOT NULL);
CREATE INDEX attention_by_case ON attention(case_no);

CREATE TABLE documents(
    doc_no INTEGER PRIMARY KEY,
    case_no INTEGER NOT NULL,
    record_id BLOB NOT NULL,
    UNIQUE(case_no, record_id));
CREATE VIRTUAL TABLE search USING fts5(words, tokenize = "unicode61 remove_diacritics 2");
INSERT INTO search(search, rank) VALUES('secure-delete', 1);
)sql";

// replaced_by: the digest under which this work was written again, here or by another copy of this store. What was
// built on it is carried over to that.
constexpr std::string_view name_successors = R"sql(
ALTER TABLE own ADD COLUMN replaced_by BLOB;
)sql";

// anew: the hub is asked for the whole case, whatever has come of it before.
constexpr std::string_view ask_anew = R"sql(
ALTER TABLE cases ADD COLUMN anew INTEGER NOT NULL DEFAULT 0;
)sql";

// looked_entries: so many of the case's entries the user has looked at. looked_at is left for a case that came anew since: which of
// its entries are not new, by the hub's clock, as nothing else tells.
constexpr std::string_view count_looked_at = R"sql(
ALTER TABLE cases ADD COLUMN looked_entries INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr std::array migrations{
    crypto::Migration{1, "create_store", create_store},
    crypto::Migration{2, "name_successors", name_successors},
    crypto::Migration{3, "ask_anew", ask_anew},
    crypto::Migration{4, "count_looked_at", count_looked_at},
};

} // namespace

std::span<const crypto::Migration> device_migrations() noexcept
{
    return migrations;
}

} // namespace satchel::client
