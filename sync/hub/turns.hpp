// Whose turn it is to write: first come, first served. Work that goes through every case writes in portions so that others get
// in between; a std::mutex would give it the lock again and again while they wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace satchel::sync {

// Lockable, so that std::lock_guard takes it. Safe from any thread; not recursive.
class Turns {
public:
    void lock()
    {
        std::unique_lock guard(mutex_);
        const auto mine = next_++;
        called_.wait(guard, [&] { return called_up_ == mine; });
    }
    void unlock()
    {
        {
            const std::lock_guard guard(mutex_);
            ++called_up_;
        }
        called_.notify_all();
    }
    // Those who hold it or wait for it.
    [[nodiscard]] std::uint64_t here() const
    {
        const std::lock_guard guard(mutex_);
        return next_ - called_up_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable called_;
    std::uint64_t next_ = 0, called_up_ = 0;
};

}  // namespace satchel::sync
