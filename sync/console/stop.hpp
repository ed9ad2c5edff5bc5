// SIGTERM and SIGINT as a request to finish in order, met where the program chooses.
#pragma once

#include <chrono>

namespace satchel::console {

// Made first in main(), before any thread: from then on the two signals are blocked in every thread and wait here.
// SIGPIPE is ignored: a reader that went away is an error value of the write. One per process.
class StopSignal {
public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    // Readable once a signal has come, for poll() and event loops; do not read from it.
    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] bool requested() const noexcept;
    void wait() const noexcept;
    // False when the time has passed first.
    bool wait_for(std::chrono::milliseconds limit) const noexcept;

private:
    int fd_;
};

}  // namespace satchel::console
