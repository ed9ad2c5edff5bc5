// Work for the one writer, and what a push becomes there.
#pragma once

#include "sync/hub/ledger.hpp"
#include "sync/hub/prepare.hpp"

namespace satchel::sync {

struct CommitJob {
    // May be run again after a failure of others in its group: it keeps what it was given.
    std::function<Result<void>(Ledger&)> work;
    // Once, after the commit or its failure, on the writer's thread.
    std::function<void(const Result<Head>&)> done;
};

// What of a push is durable now.
struct PushOutcome {
    IncarnationRow incarnation;
    Instant received_at;
    // Not empty: nothing of it was taken, and the incarnation was closed, because it says other than what the hub holds
    // under its numbers (kept as evidence), or has written again what is here.
    std::string closed;
};

// Rules on what is new of the push; what the hub has already is skipped.
Result<PushOutcome> commit_push(Ledger& ledger, PreparedPush& push);

}  // namespace satchel::sync
