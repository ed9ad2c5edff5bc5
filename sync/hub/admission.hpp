// Who is at the other end of a session, and where both chains stand. What admit() found out; it stays with the session.
#pragma once

#include "sync/core/audience.hpp"
#include "sync/hub/access.hpp"
#include "sync/hub/service.hpp"

namespace satchel::sync {

struct Admission {
    HelloAck ack;
    CredentialRow credential;
    UserRow user;
    std::vector<schema::Hat> hats;       // of the user, in the credential's agency
    IncarnationRow incarnation;          // received and head move on with each receipt
    bool may_push = false;               // not before a forked or restored store has taken a new incarnation
    bool deposit_only = false;
    std::uint64_t session = 0;           // the newest of a credential counts: an older one may deliver nothing more
    std::map<CaseId, std::uint64_t> cursors;  // as the device stated them
    std::optional<PolicyAndAgencies> newer_policy;
    std::uint64_t pull_credit = 0;  // of the hello; counts where ack.pulling
    bool all_is_here = false;       // the device has written nothing else: where ack.pulling, everything follows

    [[nodiscard]] Viewer viewer() const { return {credential.id, hats}; }
    [[nodiscard]] CredentialNo credential_no() const { return CredentialNo{credential.no}; }
};

// The parts of admit(), apart for tests. `certificate` may be empty only in them.
Result<Admission> admit(CentralView& view, const HubKeys& keys, const HubPolicy& policy, const Hello& hello,
                        ByteView channel_binding, ByteView certificate_der, Instant now);

// The cases that a device has something of: what was delivered to it, and what it says it holds although it gave it up
// once: an old copy of its store came back. What it states beyond that counts for nothing, or the answer would tell which
// cases there are; unless this hub was put back from a copy, as it may have forgotten what it delivered.
Result<std::vector<CaseNo>> cases_on_device(CentralView& view, CredentialNo credential_no,
                                            const std::map<CaseId, std::uint64_t>& stated);

}  // namespace satchel::sync
