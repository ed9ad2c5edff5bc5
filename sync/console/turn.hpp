// Whose turn it is in a program's folder: one process at a time opens the store; the others go through its socket if it
// serves, or wait.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "sync/console/private_socket.hpp"

namespace satchel::console {

inline constexpr std::string_view socket_name = "control.sock";
inline constexpr std::string_view lock_name = "lock";

// Held from construction to destruction, or to the end of the process, however it comes. Move-only.
class FolderLock {
public:
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&& other) noexcept;
    ~FolderLock();

    // Without waiting. busy: another process has it; not_found: no such folder; io_error.
    static Result<FolderLock> take(const std::string& folder);

private:
    explicit FolderLock(int fd) noexcept : fd_(fd) {}
    int fd_;
};

// Runs a command: by way of the process that serves in the folder, or by `here` with the lock held, whichever is
// possible first. busy when neither is within `wait`. The errors of both come as they are.
Result<Answer> run_in_turn(const std::string& folder, const Request& request, Output& output,
                           const std::function<Result<Answer>()>& here, std::chrono::milliseconds wait = busy_after);

// For `serve` itself: the lock, waited for as above. busy also when another process serves here already.
Result<FolderLock> take_turn(const std::string& folder, std::chrono::milliseconds wait = busy_after);

}  // namespace satchel::console
