// Keeps every process of a test together: whatever it started is gone when it is, however it ends.
#pragma once

#include <functional>

namespace satchel::field {

// Runs `work` as the first process of a PID namespace and returns its exit code; a signal to this process ends all of
// it. Where no namespace can be had (no CAP_SYS_ADMIN) `work` runs here, and a hard end may leave programs behind.
int contained(const std::function<int()>& work);

}  // namespace satchel::field
