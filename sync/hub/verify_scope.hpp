// Whose work was ruled on and whose was held, judged anew: by the rules, assignments, suspensions and restrictions that
// stood when it was received.
#pragma once

#include "sync/hub/access.hpp"
#include "sync/hub/verify_state.hpp"

namespace satchel::sync::verifying {

class ScopeCheck {
public:
    // `log` is as far as the entries before the one that is taken.
    ScopeCheck(const LogState& log, Findings& findings) : log_(log), findings_(findings) {}

    // Every entry in order.
    void take(const EntryRow& entry);

private:
    struct Decision {
        std::string why;    // empty: it is ruled on; else why it is held
        bool open = false;  // ruled on or out of scope: it turns on a delivery, of which the log does not tell
    };
    void take_work(const EntryRow& entry, const HubPolicy& policy);
    [[nodiscard]] Decision decide(const EntryRow& entry, const SealedChangeset& work, const HubPolicy& policy);
    [[nodiscard]] CaseAccess access(const EntryRow& entry, const UserRow& user, CaseNo case_no, const HubPolicy& policy);

    const LogState& log_;
    Findings& findings_;
    std::map<CaseId, CaseNo> numbers_;
    std::map<CaseNo, Facts> facts_;
    // The writer judges a case once in a batch: what the batch itself changes counts from the next one on.
    BatchNo batch_{};
    std::map<CaseNo, CaseAccess> judged_;
};

}  // namespace satchel::sync::verifying
