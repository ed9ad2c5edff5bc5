// Ends or hurts a program at one of its system calls, by strace.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace satchel::field {

// What writes, and what makes durable.
inline const std::vector<std::string> traced_calls{"pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink", "write"};

struct Injection {
    std::string call;
    unsigned at = 0;     // the how-manieth
    std::string what;    // "KILL", "EIO", "ENOSPC"
    bool lasting = false;  // and each one after it

    [[nodiscard]] std::string name() const { return call + " " + std::to_string(at) + (lasting ? "+ " : " ") + what; }
    [[nodiscard]] std::vector<std::string> under() const;  // the words that run a program under it
};

[[nodiscard]] bool can_trace();
// The words that run a program and write its traced calls to a file, and how many of each there were.
[[nodiscard]] std::vector<std::string> under_counting(const std::string& file);
[[nodiscard]] std::map<std::string, unsigned> counted(const std::string& file);
// Everything that can be injected where so many calls are made, evenly thinned out to `most`.
[[nodiscard]] std::vector<Injection> injections(const std::map<std::string, unsigned>& calls, std::size_t most);

}  // namespace satchel::field
