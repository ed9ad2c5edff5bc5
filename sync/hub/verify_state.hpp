// What the parts of `verify` share: where findings go, and what the log says.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "crypto/hash.hpp"
#include "sync/hub/policies.hpp"
#include "sync/hub/verify.hpp"

namespace satchel::sync::verifying {

// Where findings go: a bounded list, and counts.
class Findings {
public:
    explicit Findings(VerifyReport& report) noexcept : report_(report) {}
    void fail(std::string_view table, std::string row, std::string_view kind);
    void count(const std::string& what, std::uint64_t n = 1) { report_.checked[what] += n; }

private:
    VerifyReport& report_;
};

// Takes what a listing said. Rows that do not decode are a finding, and the listing counts as cut short: false. Any
// other error is the store's, and is passed on.
Result<bool> listed(Findings& findings, std::string_view table, const std::string& last_row,
                    const Result<void>& outcome);

[[nodiscard]] std::string in_words(Position position);
[[nodiscard]] std::string in_words(Position first, Position last);

// An incarnation as the log tells it.
struct AuthorChain {
    IncarnationRow row;           // as it was last put; what follows from the entries is in `digests`
    crypto::HmacKey salt_key;
    std::vector<Digest> digests;  // of its changesets 1, 2, 3 …

    // Of changeset `sequence`; zero for 0 and for what is missing.
    [[nodiscard]] Digest digest(std::uint64_t sequence) const noexcept;
};

struct LoggedCase {
    CaseOpened opened;
    Position at{};
    std::uint64_t entries = 0;  // that name the case
};

struct LoggedPolicy {
    PolicyRow row;
    Position at{};
    HubPolicyPtr compiled;  // null: it cannot be trusted
};

using AssignmentKey = std::tuple<std::int64_t, AssignmentRow::Subject, std::string>;

// What the log says. Rows are as they were last put.
struct LogState {
    Head head;
    std::uint64_t entries = 0;
    std::optional<HubRow> hub;
    std::map<CaseNo, LoggedCase> cases;
    std::map<UserId, std::map<Position, UserRow>> users;  // every version, under the position that put it
    std::map<AssignmentKey, AssignmentRow> assignments;
    std::map<std::int64_t, CredentialRow> credentials;
    std::map<std::int64_t, AuthorChain> incarnations;
    std::map<std::string, EnrolmentRow> enrolments;
    std::map<std::uint32_t, LoggedPolicy> policies;
    std::map<std::string, AgencyIntroduction> agencies;   // that came after the beginning
    std::map<std::pair<std::int64_t, std::int64_t>, RemovalRow> removals;  // credential, case
    std::map<BatchNo, IncarnationNo> batches;             // that entries name

    // As the writer saw it when it made the entry at `position`.
    [[nodiscard]] const UserRow* user_before(const UserId& id, Position position) const noexcept;
    [[nodiscard]] HubPolicyPtr policy(std::uint32_t version) const noexcept;
    [[nodiscard]] HubPolicyPtr policy_before(std::uint32_t version, Position position) const noexcept;
    [[nodiscard]] AuthorChain* incarnation(const IncarnationId& id) noexcept;
};

// The digest of somebody's work under its number, computed anew from its content.
Digest digest_of(const AuthorChain& author, std::uint64_t sequence, const Digest& previous, std::uint64_t seen,
                 const Bytes& header, const std::vector<Bytes>& changes);

}  // namespace satchel::sync::verifying
