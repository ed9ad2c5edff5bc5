// Where sessions bring what has to be written.
#pragma once

#include "sync/hub/commit.hpp"

namespace satchel::sync {

// Safe from any thread. A session that waits for its jobs holds its peer back (Reading::pause), so that no peer can queue
// more than a few (sync/hub/session.cpp).
class Committer {
public:
    virtual ~Committer() = default;
    // Queues the job for the next group commit. Its done() comes exactly once, on the writer's thread, and should do no
    // more than post to its session's Mailbox. Once the writer has stopped: at once, with Errc::closed.
    virtual void submit(CommitJob job) = 0;
};

}  // namespace satchel::sync
