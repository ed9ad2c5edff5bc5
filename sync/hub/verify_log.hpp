// The first half of `verify`: the log in its order, as one chain, and what it says of everything but the cases' contents.
#pragma once

#include "sync/hub/verify_state.hpp"

namespace satchel::sync::verifying {

// Every entry in order: no gap, the audit chain, checkpoints, authors' chains and signatures, administrators' rows.
// `total` is for the progress.
Result<LogState> check_log(CentralView& view, const HubKeys& keys, const VerifyOptions& options, Findings& findings,
                           const ProgressFn& progress, std::uint64_t total);

// Runs `handle` for the entries that `read` lists after a position, a few at a time, so that `handle` may use the view.
// Entries that do not decode are left out: the gap tells.
using ReadEntries = std::function<Result<void>(Position after, const Visit<EntryRow>& visit)>;
Result<void> each_entry(const ReadEntries& read, const std::function<Result<void>(const EntryRow&)>& handle);

}  // namespace satchel::sync::verifying
