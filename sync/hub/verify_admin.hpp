// What administrators and enrolments put into the log: rows of the tables, and the signatures that they carry.
#pragma once

#include <set>

#include "sync/hub/body.hpp"
#include "sync/hub/verify_state.hpp"

namespace satchel::sync::verifying {

class AdminCheck {
public:
    AdminCheck(const HubKeys& keys, LogState& log, Findings& findings)
        : keys_(keys), receipt_key_(keys.receipt.public_key()), log_(log), findings_(findings)
    {
    }

    void take(const EntryRow& entry);
    // The agreement that was published last; 0: none yet.
    [[nodiscard]] std::uint32_t in_force() const noexcept { return in_force_; }

private:
    template <class Row>
    std::optional<Row> unpacked(const EntryRow& entry, ByteView bytes);
    void take_incarnation(const EntryRow& entry, IncarnationRow row);
    void take_policy(const EntryRow& entry, PolicyRow row);
    void take_note(const EntryRow& entry, const AdminNote& note);
    void check_approvals(const PolicyRow& row);
    void check_credential(const CredentialRow& row);
    void check_removal(const RemovalRow& row);

    const HubKeys& keys_;
    crypto::PublicKey receipt_key_;
    LogState& log_;
    Findings& findings_;
    std::uint32_t in_force_ = 0;
    std::map<Digest, std::set<UserId>> approvals_;  // of agreements, by those who might give them
    bool approvals_needed_ = false;                 // from the first proposal on
};

}  // namespace satchel::sync::verifying
