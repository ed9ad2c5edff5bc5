// Work shared out among processes: each is forked with whatever this one has set up, and takes one piece after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace satchel::simulation {

// Does the pieces 0 to n-1 in `processes` processes (1: in this one). `work` says what came of a piece; `done` hears it
// here, in the order in which pieces end. False: a process died, and with it what it worked at.
[[nodiscard]] bool share_out(unsigned processes, std::uint64_t n, const std::function<std::string(std::uint64_t)>& work,
                             const std::function<void(std::uint64_t, const std::string&)>& done);

}  // namespace satchel::simulation
