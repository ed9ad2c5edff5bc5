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
    // After the last entry: no agency was introduced for nothing.
    void end();
    // The agreement that was published last; 0: none yet.
    [[nodiscard]] std::uint32_t in_force() const noexcept { return in_force_; }

private:
    template <class Row>
    std::optional<Row> unpacked(const EntryRow& entry, ByteView bytes);
    void take_incarnation(const EntryRow& entry, IncarnationRow row);
    void take_policy(const EntryRow& entry, PolicyRow row);
    void take_note(const EntryRow& entry, const AdminNote& note);
    void check_approvals(const PolicyRow& row);
    void take_agency(AgencyIntroduction row);
    void check_agencies(const schema::Policy& policy);
    void check_credential(const CredentialRow& row);
    void check_removal(const RemovalRow& row);

    const HubKeys& keys_;
    crypto::PublicKey receipt_key_;
    LogState& log_;
    Findings& findings_;
    std::uint32_t in_force_ = 0;
    std::set<std::string> first_agencies_;  // of the first agreement: devices got their keys when they were enrolled
    std::set<std::string> announced_;       // introduced, and not in an agreement yet
    std::map<Digest, std::set<UserId>> approvals_;  // of agreements, by those who might give them
    bool approvals_needed_ = false;                 // from the first proposal on
};

}  // namespace satchel::sync::verifying
