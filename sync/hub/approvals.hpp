// Who proposed and who approved an agreement, as the log tells it.
#pragma once

#include "sync/hub/body.hpp"
#include "sync/hub/service.hpp"

namespace satchel::sync::approvals {

[[nodiscard]] AdminNote proposed(const Digest& digest, const UserId& by, bool narrows);
[[nodiscard]] AdminNote approved(const Digest& digest, const UserId& by, std::string_view reason);

struct Said {
    bool approval = false;  // otherwise a proposal
    Digest digest{};
    bool narrows = false;   // of a proposal
    std::string reason;     // of an approval
};
// Nothing for notes about something else.
[[nodiscard]] std::optional<Said> read(const AdminNote& note);

// Not suspended, and under a role that the agreement has for it.
[[nodiscard]] bool may_approve(const schema::Policy& policy, const UserRow& user);
// "two people approve it who are MAPPA Co-ordinator or Chair of the MAPPA meeting".
[[nodiscard]] std::string who_can(const schema::Policy& policy);

// not_found when nobody proposed it. Approvals that count under `policy`.
[[nodiscard]] Result<PolicyProposal> find(CentralView& view, const schema::Policy& policy, const Digest& digest);

}  // namespace satchel::sync::approvals
