#include "sync/hub/operator.hpp"

#include "crypto/audit.hpp"
#include "crypto/registry.hpp"
#include "sync/hub/access.hpp"

namespace satchel::sync {
namespace {

Result<IncarnationRow> only_incarnation(CentralView& view, const CredentialRow& credential)
{
    std::optional<IncarnationRow> found;
    const Visit<IncarnationRow> keep = [&](const IncarnationRow& row) -> Result<bool> {
        found = row;
        return true;
    };
    SATCHEL_TRYV(view.incarnations(CredentialNo{credential.no}, keep));
    if (!found)
        return fail(Errc::corrupt, "credentials: the operator's has no incarnation");
    return *found;
}

}  // namespace

Result<void> sign_into_registry(CredentialRow& credential, const AgencyKeys& agency, const IncarnationId& incarnation,
                                const Digest& tls_public_hash)
{
    crypto::CredentialRecord record;
    record.credential = credential.id;
    record.incarnation = incarnation;
    record.user = credential.user;
    SATCHEL_TRY(record.agency, crypto::label_of(credential.agency));
    record.device_name = credential.device_name;
    record.signing_key = credential.operation_key;
    record.tls_public_hash = tls_public_hash;
    SATCHEL_TRY(auto signed_record, crypto::sign_credential(record, agency.registry));
    credential.record = std::move(signed_record.record);
    credential.record_signature = signed_record.signature;
    return {};
}

Result<CredentialRow> operator_credential(Ledger& ledger, const UserRow& user, std::string_view agency)
{
    std::optional<CredentialRow> found;
    const Visit<CredentialRow> look = [&](const CredentialRow& row) -> Result<bool> {
        if (row.kind == CredentialRow::Kind::hub_operator && row.user == user.id && row.agency == agency)
            found = row;
        return !found;
    };
    SATCHEL_TRYV(ledger.store().credentials(look));
    if (found)
        return *found;
    const auto* keys = ledger.keys().agency(agency);
    if (!keys)
        return fail(Errc::refused, "the hub has no keys for this agency");
    CredentialRow row;
    row.no = raw(ledger.next_credential());
    row.id = random_id<CredentialId>(ledger.random());
    row.user = user.id;
    row.kind = CredentialRow::Kind::hub_operator;
    row.agency = agency;
    row.device_name = "hub operator";
    row.operation_key = ledger.keys().operator_key(row.id).public_key();
    row.enrolled_at = ledger.now();
    IncarnationRow incarnation;
    incarnation.no = raw(ledger.next_incarnation());
    incarnation.credential_no = row.no;
    incarnation.id = random_id<IncarnationId>(ledger.random());
    incarnation.salt_key.resize(sizeof(Digest));
    ledger.random().fill(incarnation.salt_key);
    SATCHEL_TRYV(sign_into_registry(row, *keys, incarnation.id, Digest{}));
    SATCHEL_TRYV(ledger.admin(AdminKind::credential, row, {}, CredentialNo{row.no}));
    SATCHEL_TRYV(ledger.admin(AdminKind::incarnation, incarnation, {}, CredentialNo{row.no}));
    return row;
}

Result<OperatorWork> write_as_operator(Ledger& ledger, HotCase& where, const UserRow& user, const schema::Hat& hat,
                                       std::vector<schema::Change> changes)
{
    SATCHEL_TRY(const auto credential, operator_credential(ledger, user, hat.agency));
    SATCHEL_TRY(auto incarnation, only_incarnation(ledger.store(), credential));
    schema::Changeset changeset;
    changeset.header.case_id = where.row().id;
    changeset.header.author = credential.id;
    changeset.header.hat = hat;
    changeset.header.authored_at = ledger.now();
    changeset.header.policy_version = ledger.policy().policy.version;
    changeset.link = {incarnation.id, incarnation.received + 1, incarnation.head, 0};
    changeset.changes = std::move(changes);
    const crypto::HmacKey salt_key(incarnation.salt_key);
    SATCHEL_TRY(auto sealed, seal(changeset, changeset_secret(salt_key, changeset.link.sequence)));
    SATCHEL_TRY(auto opened, open(sealed));

    BatchRow batch;
    batch.incarnation_no = IncarnationNo{incarnation.no};
    batch.first_sequence = changeset.link.sequence;
    batch.previous = incarnation.head;
    batch.digests = {opened.digest};
    const crypto::BatchTree tree(batch_secret(salt_key, batch.first_sequence), batch.digests);
    batch.signature = ledger.keys().operator_key(credential.id).sign(batch_bytes(credential.id, tree.root()));
    SATCHEL_TRY(const auto batch_no, ledger.append(batch));
    incarnation.received = changeset.link.sequence;
    incarnation.head = opened.digest;
    SATCHEL_TRYV(ledger.store().put(incarnation));

    Author author{user.id, credential.id, {}};
    SATCHEL_TRY(author.hats, hats_of(user, credential.agency));
    const Bytes body = encode(ChangesetBody{0, std::move(sealed.header), std::move(sealed.changes)});
    OperatorWork out;
    out.changeset = opened.id;
    SATCHEL_TRY(out.rulings, ledger.rule(where, opened, body, author,
                                         {CredentialNo{credential.no}, batch_no, changeset.link.sequence,
                                          ledger.head()}));
    return out;
}

}  // namespace satchel::sync
