#include "sync/hub/verify_admin.hpp"

#include "crypto/certificates.hpp"
#include "crypto/registry.hpp"
#include "schema/wire/archive.hpp"
#include "sync/hub/approvals.hpp"
#include "sync/hub/body.hpp"

namespace satchel::sync::verifying {

template <class Row>
std::optional<Row> AdminCheck::unpacked(const EntryRow& e, ByteView bytes)
{
    auto row = schema::wire::unpack<Row>(bytes);
    if (row)
        return *std::move(row);
    findings_.fail("entries", in_words(e.position), "malformed");
    return std::nullopt;
}

void AdminCheck::take(const EntryRow& e)
{
    findings_.count("administrative");
    const auto admin = decode_admin_body(e.body);
    if (!admin)
        return findings_.fail("entries", in_words(e.position), "malformed");
    switch (admin->kind) {
    case AdminKind::hub:
        if (auto row = unpacked<HubRow>(e, admin->row))
            log_.hub = *std::move(row);
        return;
    case AdminKind::case_opened:
        if (auto row = unpacked<CaseOpened>(e, admin->row))
            if (!log_.cases.try_emplace(CaseNo{row->no}, LoggedCase{*row, e.position, 1}).second)
                findings_.fail("entries", in_words(e.position), "opened_twice");
        return;
    case AdminKind::user:
        if (auto row = unpacked<UserRow>(e, admin->row))
            log_.users[row->id][e.position] = *row;
        return;
    case AdminKind::assignment:
        if (auto row = unpacked<AssignmentRow>(e, admin->row))
            log_.assignments[{row->case_no, row->subject, row->name}] = *row;
        return;
    case AdminKind::credential:
        if (auto row = unpacked<CredentialRow>(e, admin->row)) {
            check_credential(*row);
            log_.credentials[row->no] = *row;
        }
        return;
    case AdminKind::incarnation:
        if (auto row = unpacked<IncarnationRow>(e, admin->row))
            take_incarnation(e, *std::move(row));
        return;
    case AdminKind::enrolment:
        if (auto row = unpacked<EnrolmentRow>(e, admin->row))
            log_.enrolments[row->id] = *row;
        return;
    case AdminKind::policy:
        if (auto row = unpacked<PolicyRow>(e, admin->row))
            take_policy(e, *std::move(row));
        return;
    case AdminKind::removal:
        if (auto row = unpacked<RemovalRow>(e, admin->row)) {
            check_removal(*row);
            log_.removals[{row->credential_no, row->case_no}] = *row;
        }
        return;
    case AdminKind::note:
        if (const auto note = unpacked<AdminNote>(e, admin->row))
            take_note(e, *note);
        return;
    }
}

void AdminCheck::take_incarnation(const EntryRow& e, IncarnationRow row)
{
    const auto at = log_.incarnations.find(row.no);
    if (at == log_.incarnations.end()) {
        crypto::HmacKey salt_key(row.salt_key);
        log_.incarnations.emplace(row.no, AuthorChain{std::move(row), std::move(salt_key), {}});
        return;
    }
    auto& known = at->second.row;
    if (known.id != row.id || known.credential_no != row.credential_no || known.salt_key != row.salt_key)
        findings_.fail("entries", in_words(e.position), "author_chain");
    known.forked = row.forked;
}

// The agency's word for who this device is, and the columns that repeat it.
void AdminCheck::check_credential(const CredentialRow& row)
{
    const auto name = std::to_string(row.no);
    const auto* agency = keys_.agency(row.agency);
    const auto label = crypto::label_of(row.agency);
    if (!agency || !label)
        return findings_.fail("credentials", name, "unknown_agency");
    findings_.count("signatures");
    const crypto::Verifier registry(agency->registry.public_key());
    const auto record = crypto::verify_credential({row.record, row.record_signature}, registry, *label);
    if (!record)
        return findings_.fail("credentials", name, "bad_signature");
    if (record->credential != row.id || record->user != row.user || record->signing_key != row.operation_key ||
        record->device_name != row.device_name)
        findings_.fail("credentials", name, "record_differs");
}

// Whoever approved an agreement might do so under the one that was in force then.
void AdminCheck::take_note(const EntryRow& e, const AdminNote& note)
{
    const auto said = approvals::read(note);
    if (!said)
        return;
    approvals_needed_ = true;
    if (!said->approval)
        return;
    findings_.count("approvals");
    const auto* user = log_.user_before(note.user, e.position);
    const auto policy = log_.policy(in_force_);
    if (user && policy && approvals::may_approve(policy->policy, *user))
        approvals_[said->digest].insert(note.user);
    else
        findings_.fail("entries", in_words(e.position), "not_an_approver");
}

// A hub on which agreements are proposed puts none in force that two people have not approved.
void AdminCheck::check_approvals(const PolicyRow& row)
{
    const auto at = approvals_.find(crypto::sha256(row.bundle));
    if (approvals_needed_ && (at == approvals_.end() || at->second.size() < policy_approvals_needed))
        findings_.fail("policies", std::to_string(row.version), "not_approved");
}

void AdminCheck::take_policy(const EntryRow& e, PolicyRow row)
{
    findings_.count("signatures");
    check_approvals(row);
    PolicyMessage message{row.bundle, row.signature};
    auto policy = open_policy(message, receipt_key_);
    HubPolicyPtr compiled;
    if (!policy)
        findings_.fail("policies", std::to_string(row.version),
                       policy.error().code == Errc::bad_signature ? "bad_signature" : "malformed");
    else if (policy->version != row.version || row.version <= in_force_)
        findings_.fail("policies", std::to_string(row.version), "out_of_order");
    else
        compiled = std::make_shared<const HubPolicy>(*std::move(policy), std::move(message));
    in_force_ = row.version;
    const auto version = row.version;
    log_.policies[version] = {std::move(row), e.position, std::move(compiled)};
}

void AdminCheck::check_removal(const RemovalRow& row)
{
    if (!row.done || row.receipt == crypto::Signature{})
        return;
    const auto credential = log_.credentials.find(row.credential_no);
    const auto at = log_.cases.find(CaseNo{row.case_no});
    const auto name = "credential " + std::to_string(row.credential_no) + " case " + std::to_string(row.case_no);
    if (credential == log_.credentials.end() || at == log_.cases.end())
        return findings_.fail("removals", name, "unknown_author");
    findings_.count("signatures");
    const Removed said{at->second.opened.id, row.nonce, row.receipt};
    if (!crypto::verify(credential->second.operation_key, removed_bytes(credential->second.id, said), row.receipt))
        findings_.fail("removals", name, "bad_signature");
}

}  // namespace satchel::sync::verifying
