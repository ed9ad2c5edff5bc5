#include "sync/hub/verify_scope.hpp"

#include "sync/hub/body.hpp"
#include "sync/hub/written_again.hpp"

namespace satchel::sync::verifying {

void ScopeCheck::take(const EntryRow& entry)
{
    if (raw(entry.case_no) != 0)
        if (const auto at = log_.cases.find(entry.case_no); at != log_.cases.end())
            numbers_.try_emplace(at->second.opened.id, entry.case_no);
    if (entry.kind == EntryKind::effect) {
        const auto effect = decode_effect(entry.body);
        if (effect && effect->kind == Effect::Kind::fact)
            facts_[entry.case_no][effect->name] = effect->text;
        return;
    }
    if (entry.kind != EntryKind::changeset && entry.kind != EntryKind::held)
        return;
    const auto policy = log_.policy(entry.policy_version);
    if (policy && entry.rules_version == rules_version)
        take_work(entry, *policy);
}

void ScopeCheck::take_work(const EntryRow& entry, const HubPolicy& policy)
{
    SealedChangeset work;
    std::string why;
    if (entry.kind == EntryKind::held) {
        auto held = decode_held_body(entry.body);
        if (!held || held->sealed_case)
            return;  // told by those who look at its content; what came sealed may always be held
        why = held->why;
        if (why == held_written_again)
            return;  // judged by AgainCheck
        work.header = std::move(held->work.header);
        work.changes = std::move(held->work.changes);
    } else {
        auto body = decode_changeset_body(entry.body);
        if (!body)
            return;
        work.header = std::move(body->header);
        work.changes = std::move(body->changes);
    }
    findings_.count("scope_decisions");
    const auto decision = decide(entry, work, policy);
    const bool fits = decision.open ? why.empty() || why == "out-of-scope" : why == decision.why;
    if (!fits)
        findings_.fail("entries", in_words(entry.position), "scope_differs");
}

// In the order in which the writer asks (sync/hub/commit.cpp).
ScopeCheck::Decision ScopeCheck::decide(const EntryRow& entry, const SealedChangeset& work, const HubPolicy& policy)
{
    const auto credential = log_.credentials.find(raw(entry.credential_no));
    const auto* user = credential == log_.credentials.end() ? nullptr
                                                            : log_.user_before(credential->second.user, entry.position);
    if (!user)
        return {"unknown", false};
    // What was ruled on is opened by whoever folds the case; its header is enough here.
    if (entry.kind == EntryKind::held && !open(work))
        return {"unreadable", false};
    const auto header = schema::decode_header(work.header);
    if (!header)
        return {"unreadable", false};
    if (header->author != credential->second.id)
        return {"not-yours", false};
    if (user->suspended || credential->second.revoked)
        return {"barred", false};
    const auto number = numbers_.find(header->case_id);
    if (number == numbers_.end())
        return {"out-of-scope", false};
    switch (access(entry, *user, number->second, policy).access) {
    case Access::none:
        return {"out-of-scope", false};
    case Access::barred:
        return {"barred", false};
    case Access::moved:  // the operator types in for those who work on a case only
        if (credential->second.kind == CredentialRow::Kind::hub_operator)
            return {"out-of-scope", false};
        return {{}, true};
    case Access::working:
        break;
    }
    return {};
}

CaseAccess ScopeCheck::access(const EntryRow& entry, const UserRow& user, CaseNo case_no, const HubPolicy& policy)
{
    if (entry.batch_no != batch_)
        judged_.clear();
    batch_ = entry.batch_no;
    if (const auto at = judged_.find(case_no); at != judged_.end())
        return at->second;
    CaseRow row;
    row.no = case_no;
    row.facts = facts_[case_no];
    const ListAssignments list = [&](const Visit<AssignmentRow>& visit) -> Result<void> {
        const AssignmentKey first{raw(case_no), AssignmentRow::Subject{}, {}};
        for (auto at = log_.assignments.lower_bound(first);
             at != log_.assignments.end() && std::get<0>(at->first) == raw(case_no); ++at)
            SATCHEL_TRYV(visit(at->second));
        return {};
    };
    const auto found = access_to(list, policy.policy, user, row);
    return judged_[case_no] = found ? *found : CaseAccess{};  // hats that do not parse hold nothing
}

}  // namespace satchel::sync::verifying
