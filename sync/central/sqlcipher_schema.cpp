#include "sync/central/sqlcipher_schema.hpp"

namespace satchel::sync {
namespace {

// Integer keys, fat values in one place, one secondary index on the hot path (entries_by_case, to which SQLite adds the
// position): on an encrypted store every further random key costs more than all the cryptography.
constexpr std::string_view create_history = R"sql(
CREATE TABLE hub(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    area TEXT NOT NULL,
    epoch BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    restores INTEGER NOT NULL
) STRICT;
CREATE TABLE entries(
    position INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    case_no INTEGER NOT NULL,
    credential_no INTEGER NOT NULL,
    batch_no INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    body BLOB NOT NULL,
    rulings BLOB NOT NULL,
    policy_version INTEGER NOT NULL,
    rules_version INTEGER NOT NULL,
    seen_position INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    audit BLOB NOT NULL
) STRICT;
CREATE INDEX entries_by_case ON entries(case_no);
CREATE TABLE batches(
    batch_no INTEGER PRIMARY KEY,
    incarnation_no INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL,
    size INTEGER NOT NULL,
    previous BLOB NOT NULL,
    digests BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;
CREATE INDEX batches_by_incarnation ON batches(incarnation_no, first_sequence);
CREATE TABLE checkpoints(
    checkpoint_no INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    audit BLOB NOT NULL,
    signed_at INTEGER NOT NULL,
    signature BLOB NOT NULL
) STRICT;
CREATE INDEX checkpoints_by_audit ON checkpoints(audit);
)sql";

constexpr std::string_view create_cases = R"sql(
CREATE TABLE cases(
    case_no INTEGER PRIMARY KEY,
    case_id BLOB NOT NULL UNIQUE,
    label TEXT NOT NULL,
    head INTEGER NOT NULL,
    last_safety INTEGER NOT NULL,
    visibility INTEGER NOT NULL,
    facts BLOB NOT NULL
) STRICT;
CREATE TABLE records(
    case_no INTEGER NOT NULL,
    type INTEGER NOT NULL,
    record_id BLOB NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY(case_no, type, record_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE tasks(
    case_no INTEGER NOT NULL,
    task_id BLOB NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY(case_no, task_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE open_items(
    item BLOB NOT NULL PRIMARY KEY,
    case_no INTEGER NOT NULL,
    type INTEGER NOT NULL,
    record_id BLOB NOT NULL,
    field_group INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    opened INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX open_items_by_case ON open_items(case_no);
CREATE TABLE facts(
    case_no INTEGER NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY(case_no, name, position)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::string_view create_people = R"sql(
CREATE TABLE users(
    user_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    vetting TEXT NOT NULL,
    suspended INTEGER NOT NULL,
    hats TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE assignments(
    case_no INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    name TEXT NOT NULL,
    ended TEXT NOT NULL,
    PRIMARY KEY(case_no, subject, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignments_by_name ON assignments(subject, name);
CREATE TABLE credentials(
    credential_no INTEGER PRIMARY KEY,
    credential_id BLOB NOT NULL UNIQUE,
    user_id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    agency TEXT NOT NULL,
    device_name TEXT NOT NULL,
    operation_key BLOB NOT NULL,
    record BLOB NOT NULL,
    record_signature BLOB NOT NULL,
    enrolled_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL
) STRICT;
CREATE TABLE incarnations(
    incarnation_no INTEGER PRIMARY KEY,
    credential_no INTEGER NOT NULL,
    incarnation_id BLOB NOT NULL,
    salt_key BLOB NOT NULL,
    forked INTEGER NOT NULL,
    received INTEGER NOT NULL,
    head BLOB NOT NULL
) STRICT;
CREATE INDEX incarnations_by_credential ON incarnations(credential_no);
CREATE TABLE enrolments(
    enrolment_id TEXT NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    code_key BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    credential_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE policies(
    version INTEGER PRIMARY KEY,
    bundle BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;
)sql";

constexpr std::string_view create_deliveries = R"sql(
CREATE TABLE cursors(
    credential_no INTEGER NOT NULL,
    case_no INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    position INTEGER NOT NULL,
    visible_count INTEGER NOT NULL,
    visible BLOB NOT NULL,
    visibility INTEGER NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY(credential_no, case_no, cursor)
) STRICT, WITHOUT ROWID;
CREATE TABLE removals(
    credential_no INTEGER NOT NULL,
    case_no INTEGER NOT NULL,
    because TEXT NOT NULL,
    nonce BLOB NOT NULL,
    done INTEGER NOT NULL,
    receipt BLOB NOT NULL,
    PRIMARY KEY(credential_no, case_no)
) STRICT, WITHOUT ROWID;
)sql";

// EntryKind::held. Partial: ordinary work does not pay for it.
constexpr std::string_view index_held = R"sql(
CREATE INDEX entries_held ON entries(kind) WHERE kind = 3;
)sql";

// That came with a later agreement. What every device gets at enrolment is not in a table: it is in the hub's key file.
constexpr std::string_view create_agencies = R"sql(
CREATE TABLE agencies(
    name TEXT NOT NULL PRIMARY KEY,
    registry_key BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr crypto::Migration migrations[] = {
    {1, "create_history", create_history},
    {2, "create_cases", create_cases},
    {3, "create_people", create_people},
    {4, "create_deliveries", create_deliveries},
    {5, "index_held", index_held},
    {6, "create_agencies", create_agencies},
};

}  // namespace

std::span<const crypto::Migration> central_migrations() noexcept { return migrations; }

}  // namespace satchel::sync
