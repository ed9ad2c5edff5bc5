#include "sync/hub/admission.hpp"

#include <set>

#include "crypto/certificates.hpp"
#include "crypto/registry.hpp"
#include "schema/base/mutant.hpp"
#include "sync/hub/policies.hpp"

namespace satchel::sync {
namespace {

constexpr std::uint64_t cursor_max = std::uint64_t{1} << 53;

// The certificate, the registry and the hello must speak of one device.
Result<void> same_device(const CredentialRow& credential, const Hello& hello, ByteView channel_binding,
                         ByteView certificate_der)
{
    SATCHEL_TRY(const auto identity, crypto::device_identity(certificate_der));
    SATCHEL_TRY(const auto label, crypto::label_of(credential.agency));
    const auto record = crypto::decode_credential_record(credential.record);
    if (!record)
        return fail(Errc::corrupt, "credentials.record");
    if (identity.credential != hello.credential || identity.agency != label ||
        identity.public_hash != record->tls_public_hash)
        return fail(Errc::bad_certificate, "the certificate is another device's");
    if (!crypto::verify(credential.operation_key,
                        channel_proof_bytes(channel_binding, hello.credential, hello.incarnation), hello.proof))
        return fail(Errc::bad_signature, "the proof of the operation key does not hold for this connection");
    return {};
}

Result<std::optional<IncarnationRow>> find_incarnation(CentralView& view, CredentialNo credential_no,
                                                       const IncarnationId& id)
{
    std::optional<IncarnationRow> found;
    const Visit<IncarnationRow> look = [&](const IncarnationRow& row) -> Result<bool> {
        if (row.id == id)
            found = row;
        return !found;
    };
    SATCHEL_TRYV(view.incarnations(credential_no, look));
    return found;
}

// Is what the hub holds of the incarnation a beginning of the device's chain, as far as the hello tells?
bool goes_on_from(const IncarnationRow& incarnation, const Hello& hello) noexcept
{
    return hello.chain_sequence > incarnation.received ||
           (hello.chain_sequence == incarnation.received && hello.chain_head == incarnation.head);
}

Result<HelloAck::Standing> standing_of(CentralView& view, const Hello& hello, const HubRow& hub,
                                       const std::optional<IncarnationRow>& incarnation)
{
    using Standing = HelloAck::Standing;
    if (hello.epoch != Epoch{} && hello.epoch != hub.epoch)
        return Standing::hub_restored;
    if (hello.receipt_audit_head != Digest{}) {
        SATCHEL_TRY(const auto checkpoint, view.checkpoint_with(hello.receipt_audit_head));
        if (!checkpoint)
            return Standing::hub_restored;  // we gave a receipt for history that we do not have
    }
    if (!incarnation || incarnation->forked)
        return Standing::forked;
    if (hello.received > incarnation->received)
        return Standing::hub_restored;
    if (hello.chain_sequence < incarnation->received)
        return Standing::store_restored;
    return goes_on_from(*incarnation, hello) ? Standing::welcome : Standing::forked;
}

}  // namespace

Result<std::vector<CaseNo>> cases_on_device(CentralView& view, CredentialNo credential_no,
                                            const std::map<CaseId, std::uint64_t>& stated)
{
    SATCHEL_TRY(auto out, view.delivered_cases(credential_no));
    const std::set<CaseNo> delivered(out.begin(), out.end());
    SATCHEL_TRY(const auto hub, view.hub());
    const bool forgetful = hub && hub->restores > 0;
    for (const auto& [id, cursor] : stated) {
        SATCHEL_TRY(const auto row, view.case_row(id));
        if (!row || delivered.contains(row->no))
            continue;
        SATCHEL_TRY(const auto removal, view.removal(credential_no, row->no));
        if (removal || (forgetful && !mutant(Mutant::copy_believed)))
            out.push_back(row->no);
    }
    return out;
}

Result<Admission> admit(CentralView& view, const HubKeys& keys, const HubPolicy& policy, const Hello& hello,
                        ByteView channel_binding, ByteView certificate_der, Instant now)
{
    if (hello.protocol != protocol_version)
        return fail(Errc::version_mismatch, "protocol");
    if (hello.cursors.size() > case_cursors_max)
        return fail(Errc::too_large, "cursors");
    SATCHEL_TRY(auto credential, view.credential(hello.credential));
    if (credential && mutant(Mutant::revoked_served))
        credential->revoked = false;
    // A credential that was never enrolled and one that is no device's are the same to a stranger.
    if (!credential || credential->kind != CredentialRow::Kind::device)
        return fail(Errc::access_removed, "this device is not enrolled here");
    SATCHEL_TRYV(same_device(*credential, hello, channel_binding, certificate_der));

    Admission out;
    out.credential = *credential;
    SATCHEL_TRY(const auto user, view.user(credential->user));
    SATCHEL_TRY(const auto hub, view.hub());
    if (!user || !hub)
        return fail(Errc::corrupt, "credentials: no such user");
    out.user = *user;
    SATCHEL_TRY(out.hats, hats_of(*user, credential->agency));
    SATCHEL_TRY(const auto incarnation, find_incarnation(view, out.credential_no(), hello.incarnation));
    if (incarnation)
        out.incarnation = *incarnation;
    for (const auto& cursor : hello.cursors) {
        if (cursor.cursor > cursor_max)
            return fail(Errc::protocol_violation, "a cursor that was never given");
        out.cursors[cursor.case_id] = cursor.cursor;
    }

    auto& ack = out.ack;
    SATCHEL_TRY(ack.standing, standing_of(view, hello, *hub, incarnation));
    ack.epoch = hub->epoch;
    ack.hub_time = now;
    ack.received_sequence = out.incarnation.received;
    ack.received_head = out.incarnation.head;
    ack.policy_version = policy.policy.version;
    for (const auto& hat : out.hats)
        ack.hats.push_back(to_string(hat));
    ack.chain_open = out.may_push = incarnation && !incarnation->forked && goes_on_from(*incarnation, hello);
    out.deposit_only = user->suspended || credential->revoked;
    const auto& deposit_key = keys.deposit.public_key();
    if (out.deposit_only) {
        if (ack.standing == HelloAck::Standing::welcome)
            ack.standing = HelloAck::Standing::barred;
        ack.deposit_key.assign(deposit_key.bytes.begin(), deposit_key.bytes.end());
    }
    // Only cases that the device holds: of others a barred user learns nothing.
    SATCHEL_TRY(const auto held, cases_on_device(view, out.credential_no(), out.cursors));
    for (const auto no : held) {
        SATCHEL_TRY(const auto row, view.case_row(no));
        if (!row)
            return fail(Errc::corrupt, "cursors: no such case");
        SATCHEL_TRY(const auto access, access_to(view, policy.policy, out.user, *row));
        if (access.access != Access::barred && !credential->revoked)
            continue;
        BarredCase barred;
        barred.case_id = row->id;
        barred.handler_role = policy.policy.scope.handler;
        barred.handler_key.assign(deposit_key.bytes.begin(), deposit_key.bytes.end());
        SATCHEL_TRY(const auto removal, view.removal(out.credential_no(), no));
        if (removal && !removal->done)
            barred.nonce = removal->nonce;
        ack.barred.push_back(std::move(barred));
    }
    out.pull_credit = hello.pull_credit;
    out.all_is_here = hello.chain_sequence == ack.received_sequence;
    ack.pulling = hello.pull_credit > 0 && ack.standing == HelloAck::Standing::welcome && ack.chain_open &&
                  ack.barred.empty() && hello.received == ack.received_sequence;
    if (hello.policy_version != policy.policy.version || hello.policy_digest != policy.policy.digest)
        out.newer_policy = policy.message;
    return out;
}

}  // namespace satchel::sync
