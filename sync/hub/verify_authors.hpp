// Authors' chains: batches, their signatures, and whether what stands in the log is what was signed.
#pragma once

#include "sync/hub/verify_state.hpp"

namespace satchel::sync::verifying {

class AuthorsCheck {
public:
    AuthorsCheck(CentralView& view, LogState& log, Findings& findings) : view_(view), log_(log), findings_(findings) {}

    // An entry of somebody's work, ruled or held.
    Result<void> take_work(const EntryRow& entry);
    void take_fork(const EntryRow& entry);
    // After the last entry: no batch is left over, none is cut short.
    Result<void> end();

private:
    Result<const BatchRow*> batch_for(BatchNo no);
    void check_batch(const BatchRow& batch);
    void check_content(const EntryRow& entry, const AuthorChain& author, const Digest& previous, const Digest& digest);

    CentralView& view_;
    LogState& log_;
    Findings& findings_;
    std::vector<BatchRow> recent_;
    std::set<BatchNo> gone_;
};

}  // namespace satchel::sync::verifying
