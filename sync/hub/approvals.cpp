#include "sync/hub/approvals.hpp"

#include <algorithm>

#include "schema/wire/archive.hpp"
#include "sync/hub/access.hpp"

namespace satchel::sync::approvals {
namespace {

constexpr std::string_view proposed_note = "policy-proposed";
constexpr std::string_view approved_note = "policy-approved";
constexpr std::string_view narrows_word = "narrows";

AdminNote note(std::string_view what, const Digest& digest, const UserId& by, std::string_view rest)
{
    return {std::string(what), by, id_from<VersionId>(digest), to_hex(digest) + " " + std::string(rest)};
}

}  // namespace

AdminNote proposed(const Digest& digest, const UserId& by, bool narrows)
{
    return note(proposed_note, digest, by, narrows ? narrows_word : "");
}

AdminNote approved(const Digest& digest, const UserId& by, std::string_view reason)
{
    return note(approved_note, digest, by, reason);
}

std::optional<Said> read(const AdminNote& note)
{
    if (note.what != proposed_note && note.what != approved_note)
        return std::nullopt;
    const auto space = note.text.find(' ');
    const auto bytes = from_hex(std::string_view(note.text).substr(0, space));
    Said out;
    if (space == std::string::npos || !bytes || bytes->size() != out.digest.size())
        return std::nullopt;
    std::copy(bytes->begin(), bytes->end(), out.digest.begin());
    auto rest = note.text.substr(space + 1);
    out.approval = note.what == approved_note;
    out.narrows = !out.approval && rest == narrows_word;
    if (out.approval)
        out.reason = std::move(rest);
    return out;
}

bool may_approve(const schema::Policy& policy, const UserRow& user)
{
    const auto roles = schema::approvers(policy);
    const auto hats = hats_of(user);
    return !user.suspended && hats && std::any_of(hats->begin(), hats->end(), [&](const schema::Hat& hat) {
               return std::find(roles.begin(), roles.end(), hat.role) != roles.end();
           });
}

std::string who_can(const schema::Policy& policy)
{
    std::string out;
    for (const auto& name : schema::approvers(policy)) {
        const auto* role = policy.role(name);
        out += (out.empty() ? "two people approve it who are " : " or ") + (role ? role->title : name);
    }
    return out;
}

Result<PolicyProposal> find(CentralView& view, const schema::Policy& policy, const Digest& digest)
{
    PolicyProposal out;
    out.digest = digest;
    bool known = false;
    const Visit<EntryRow> gather = [&](const EntryRow& entry) -> Result<bool> {
        if (entry.kind != EntryKind::admin)
            return true;
        SATCHEL_TRY(const auto admin, decode_admin_body(entry.body));
        if (admin.kind != AdminKind::note)
            return true;
        SATCHEL_TRY(const auto note, schema::wire::unpack<AdminNote>(admin.row));
        const auto said = read(note);
        if (!said || said->digest != digest)
            return true;
        known = true;
        out.narrows = out.narrows || said->narrows;
        if (said->approval)
            out.approvals.push_back({note.user, {}, said->reason, entry.received_at});
        return true;
    };
    SATCHEL_TRYV(view.entries(Position{}, gather));
    if (!known)
        return fail(Errc::not_found, "nobody proposed an agreement of this digest");
    std::vector<PolicyProposal::Approval> count;
    for (auto& approval : out.approvals) {
        SATCHEL_TRY(const auto user, view.user(approval.by));
        if (!user || !may_approve(policy, *user))
            continue;
        approval.name = user->name;
        count.push_back(std::move(approval));
    }
    out.approvals = std::move(count);
    return out;
}

}  // namespace satchel::sync::approvals
