#include "sync/hub/verify_state.hpp"

#include <algorithm>

namespace satchel::sync::verifying {

void Findings::fail(std::string_view table, std::string row, std::string_view kind)
{
    if (report_.failures.size() < verify_failures_max)
        report_.failures.push_back({std::string(table), std::move(row), std::string(kind)});
    else
        count("failures_not_listed");
}

Result<bool> listed(Findings& findings, std::string_view table, const std::string& last_row,
                    const Result<void>& outcome)
{
    if (outcome)
        return true;
    if (outcome.error().code != Errc::corrupt)
        return tl::unexpected(outcome.error());
    findings.fail(table, "at or after " + last_row, "unreadable");
    return false;
}

std::string in_words(Position position) { return std::to_string(raw(position)); }

std::string in_words(Position first, Position last)
{
    return first == last ? in_words(first) : in_words(first) + " to " + in_words(last);
}

Digest AuthorChain::digest(std::uint64_t sequence) const noexcept
{
    return sequence == 0 || sequence > digests.size() ? Digest{} : digests[sequence - 1];
}

const UserRow* LogState::user_before(const UserId& id, Position position) const noexcept
{
    const auto at = users.find(id);
    if (at == users.end())
        return nullptr;
    const auto later = at->second.lower_bound(position);
    return later == at->second.begin() ? nullptr : &std::prev(later)->second;
}

HubPolicyPtr LogState::policy(std::uint32_t version) const noexcept
{
    const auto at = policies.find(version);
    return at == policies.end() ? nullptr : at->second.compiled;
}

HubPolicyPtr LogState::policy_before(std::uint32_t version, Position position) const noexcept
{
    const auto at = policies.find(version);
    return at == policies.end() || at->second.at > position ? nullptr : at->second.compiled;
}

AuthorChain* LogState::incarnation(const IncarnationId& id) noexcept
{
    const auto at = std::find_if(incarnations.begin(), incarnations.end(),
                                 [&](const auto& entry) { return entry.second.row.id == id; });
    return at == incarnations.end() ? nullptr : &at->second;
}

Digest digest_of(const AuthorChain& author, std::uint64_t sequence, const Digest& previous, std::uint64_t seen,
                 const Bytes& header, const std::vector<Bytes>& changes)
{
    schema::Link link;
    link.incarnation = author.row.id;
    link.sequence = sequence;
    link.previous = previous;
    link.seen = seen;
    SealedChangeset sealed;
    sealed.header = header;
    sealed.changes = changes;
    sealed.secret = changeset_secret(author.salt_key, sequence);
    sealed.blind = link_blind(sealed.secret, link);
    return changeset_digest(sealed);
}

}  // namespace satchel::sync::verifying
