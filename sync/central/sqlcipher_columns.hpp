// From the columns of a statement to a row, in the order in which sqlcipher_view.cpp selects them. Internal to
// sync/central. A row is reused from step to step: every field is set.
#pragma once

#include "crypto/vault/database.hpp"
#include "sync/central/rows.hpp"

namespace satchel::sync::sqlcipher {

Result<void> read(crypto::Statement& at, HubRow& row);
Result<void> read(crypto::Statement& at, EntryRow& row);
Result<void> read(crypto::Statement& at, BatchRow& row);
Result<void> read(crypto::Statement& at, CaseRow& row);
Result<void> read(crypto::Statement& at, RecordRow& row);
Result<void> read(crypto::Statement& at, TaskRow& row);
Result<void> read(crypto::Statement& at, OpenItemRow& row);
Result<void> read(crypto::Statement& at, FactRow& row);
Result<void> read(crypto::Statement& at, UserRow& row);
Result<void> read(crypto::Statement& at, AssignmentRow& row);
Result<void> read(crypto::Statement& at, CredentialRow& row);
Result<void> read(crypto::Statement& at, IncarnationRow& row);
Result<void> read(crypto::Statement& at, EnrolmentRow& row);
Result<void> read(crypto::Statement& at, PolicyRow& row);
Result<void> read(crypto::Statement& at, AgencyIntroduction& row);
Result<void> read(crypto::Statement& at, CursorRow& row);
Result<void> read(crypto::Statement& at, RemovalRow& row);
Result<void> read(crypto::Statement& at, CheckpointRow& row);

// Columns that hold more than one value.
Bytes pack_facts(const Facts& facts);
Bytes pack_digests(const std::vector<Digest>& digests);
std::string pack_hats(const std::vector<std::string>& hats);

}  // namespace satchel::sync::sqlcipher
