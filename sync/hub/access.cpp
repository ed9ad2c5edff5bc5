#include "sync/hub/access.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace satchel::sync {
namespace {

bool vetted(const schema::Policy& policy, const UserRow& user)
{
    const auto& levels = policy.vetting_levels;
    const auto level = [&](std::string_view name) {
        return std::find(levels.begin(), levels.end(), name) - levels.begin();
    };
    if (policy.scope.vetting.empty())
        return true;
    const auto has = level(user.vetting);
    return has < static_cast<std::ptrdiff_t>(levels.size()) && has >= level(policy.scope.vetting);
}

bool restricted(const schema::Policy& policy, const CaseRow& row)
{
    const auto at = row.facts.find(policy.scope.restricted_fact);
    return !policy.scope.restricted_fact.empty() && at != row.facts.end() && at->second == "yes";
}

// Of several assignments the one that stands counts; of those that ended, the gravest reason.
void add(CaseAccess& to, const AssignmentRow& row)
{
    if (row.ended.empty())
        to = {Access::working, {}};
    else if (to.access == Access::none || to.access == Access::moved)
        to = {row.ended == "moved" ? Access::moved : Access::barred, row.ended};
}

CaseAccess judged(CaseAccess from, const schema::Policy& policy, const UserRow& user, const CaseRow& row)
{
    if (from.access == Access::none)
        return from;
    if (user.suspended)
        return {Access::barred, "suspended"};
    if (from.access == Access::working && restricted(policy, row) && !vetted(policy, user))
        return {Access::barred, "restricted"};
    return from;
}

}  // namespace

Result<std::vector<schema::Hat>> hats_of(const UserRow& user)
{
    std::vector<schema::Hat> hats;
    for (const auto& text : user.hats) {
        SATCHEL_TRY(auto hat, schema::parse_hat(text));
        hats.push_back(std::move(hat));
    }
    return hats;
}

Result<std::vector<schema::Hat>> hats_of(const UserRow& user, std::string_view agency)
{
    SATCHEL_TRY(auto hats, hats_of(user));
    std::erase_if(hats, [&](const schema::Hat& hat) { return hat.agency != agency; });
    return hats;
}

Result<CaseAccess> access_to(CentralView& view, const schema::Policy& policy, const UserRow& user, const CaseRow& row)
{
    return access_to([&](const Visit<AssignmentRow>& visit) { return view.assignments(row.no, visit); }, policy, user, row);
}

Result<CaseAccess> access_to(const ListAssignments& assignments, const schema::Policy& policy, const UserRow& user,
                             const CaseRow& row)
{
    SATCHEL_TRY(const auto hats, hats_of(user));
    CaseAccess found;
    const auto own_id = to_string(user.id);
    const Visit<AssignmentRow> judge = [&](const AssignmentRow& assignment) -> Result<bool> {
        bool names_user = false;
        switch (assignment.subject) {
        case AssignmentRow::Subject::user:
            names_user = assignment.name == own_id;
            break;
        case AssignmentRow::Subject::team:
            names_user = std::any_of(hats.begin(), hats.end(), [&](const auto& hat) {
                return assignment.name == hat.team || assignment.name == hat.agency + "/" + hat.team;
            });
            break;
        case AssignmentRow::Subject::role:
            names_user = std::any_of(hats.begin(), hats.end(),
                                     [&](const auto& hat) { return assignment.name == hat.role; });
            break;
        }
        if (names_user && found.access != Access::working)
            add(found, assignment);
        return true;
    };
    SATCHEL_TRYV(assignments(judge));
    return judged(std::move(found), policy, user, row);
}

Result<std::map<CaseNo, CaseAccess>> accesses(CentralView& view, const schema::Policy& policy, const UserRow& user)
{
    std::map<CaseNo, CaseAccess> out;
    const Visit<AssignmentRow> gather = [&](const AssignmentRow& assignment) -> Result<bool> {
        auto& found = out[CaseNo{assignment.case_no}];
        if (found.access != Access::working)
            add(found, assignment);
        return true;
    };
    SATCHEL_TRYV(view.assignments_of(user, gather));
    for (auto& [no, access] : out) {
        SATCHEL_TRY(const auto row, view.case_row(no));
        if (!row)
            return fail(Errc::corrupt, "assignments: no such case");
        access = judged(std::move(access), policy, user, *row);
    }
    return out;
}

std::uint64_t visibility_mark(const CaseRow& row, const UserRow& user, std::uint32_t policy_version)
{
    Bytes bytes;
    Writer out(bytes);
    out.u64(row.visibility);
    out.raw(user.id.view());
    out.u32(user.version);
    out.u32(policy_version);
    const auto digest = crypto::sha256(bytes);
    return Reader(digest).u64() >> 1;  // fits a signed column
}

}  // namespace satchel::sync
