// What copies of one store wrote again: each changeset was received once, and what is held as a repetition is one.
#pragma once

#include "sync/hub/verify_state.hpp"

namespace satchel::sync::verifying {

class AgainCheck {
public:
    AgainCheck(CentralView& view, Findings& findings) : view_(view), findings_(findings) {}

    // Every entry of somebody's work, in order.
    Result<void> take(const EntryRow& entry);

private:
    CentralView& view_;
    Findings& findings_;
};

}  // namespace satchel::sync::verifying
