// The hub's operator: writes down what a person decided, under a credential of its own that stands for that person in
// one agency, so that everybody who reads it sees whose decision it was and who typed it.
#pragma once

#include "sync/hub/ledger.hpp"

namespace satchel::sync {

// Fills record and record_signature. The hub operator's credentials have no TLS key: `tls_public_hash` is zero.
Result<void> sign_into_registry(CredentialRow& credential, const AgencyKeys& agency, const IncarnationId& incarnation,
                                const Digest& tls_public_hash);

// The operator's credential for a user in an agency, made at its first use.
Result<CredentialRow> operator_credential(Ledger& ledger, const UserRow& user, std::string_view agency);

struct OperatorWork {
    ChangesetId changeset;
    std::vector<Ruling> rulings;
};
// Seals, signs and rules on a changeset of the operator's on behalf of `user` under `hat`.
Result<OperatorWork> write_as_operator(Ledger& ledger, HotCase& where, const UserRow& user, const schema::Hat& hat,
                                       std::vector<schema::Change> changes);

}  // namespace satchel::sync
