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
    case AdminKind::agency:
        if (auto row = unpacked<AgencyIntroduction>(e, admin->row))
            take_agency(*std::move(row));
        return;
    }
}

void AdminCheck::end()
{
    for (const auto& name : announced_)
        findings_.fail("agencies", name, "not_in_agreement");
}

// Who a new agency's people are rests on this: the root's word, given once, for the key that the hub signs with.
void AdminCheck::take_agency(AgencyIntroduction row)
{
    findings_.count("signatures");
    const auto name = row.agency;
    if (first_agencies_.contains(name) || log_.agencies.contains(name))
        return findings_.fail("agencies", name, "introduced_twice");
    if (!crypto::introduction_holds(keys_.root.certificate(), name, row.registry_key, row.signature))
        findings_.fail("agencies", name, "bad_signature");
    const auto* keys = keys_.agency(name);
    if (keys && keys->registry.public_key() != row.registry_key)
        findings_.fail("agencies", name, "key_differs");
    announced_.insert(name);
    log_.agencies.emplace(name, std::move(row));
}

// An agreement brings the agencies that were introduced for it, and no others.
void AdminCheck::check_agencies(const schema::Policy& policy)
{
    const bool first = first_agencies_.empty();
    for (const auto& agency : policy.agencies) {
        announced_.erase(agency.name);
        if (first)
            first_agencies_.insert(agency.name);
        else if (!first_agencies_.contains(agency.name) && !log_.agencies.contains(agency.name))
            findings_.fail("agencies", agency.name, "not_introduced");
    }
    end();
    announced_.clear();
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
    const auto introduced = log_.agencies.find(row.agency);
    const bool known = introduced != log_.agencies.end() || first_agencies_.contains(row.agency);
    const auto* agency = keys_.agency(row.agency);
    const auto label = crypto::label_of(row.agency);
    if (!known || !agency || !label)
        return findings_.fail("credentials", name, "unknown_agency");
    findings_.count("signatures");
    const crypto::Verifier registry(introduced != log_.agencies.end() ? introduced->second.registry_key
                                                                      : agency->registry.public_key());
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
    if (compiled)
        check_agencies(compiled->policy);
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
