// Ends or hurts a program at one of its system calls, by strace.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace satchel::field {

// What opens, what writes, and what makes durable.
inline const std::vector<std::string> traced_calls{"openat", "pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink", "write"};

struct Injection {
    std::string call;
    unsigned at = 0;     // the how-manieth of a thread: strace counts each by itself
    std::string what;    // "KILL", "EIO", "ENOSPC"
    bool lasting = false;  // and each one after it

    [[nodiscard]] std::string name() const { return call + " " + std::to_string(at) + (lasting ? "+ " : " ") + what; }
    [[nodiscard]] std::vector<std::string> under() const;  // the words that run a program under it
};

[[nodiscard]] bool can_trace();
// The words that run a program and write its traced calls to a file, and which of each there were: the how-manieth of any
// thread. Of what it opened only what lies in `dir`, by its first thread: without its libraries no program begins, and what
// is the first of another thread is a library of this one.
using Calls = std::map<std::string, std::set<unsigned>>;
[[nodiscard]] std::vector<std::string> under_counting(const std::string& file);
[[nodiscard]] Calls counted(const std::string& file, const std::string& dir);
// What can be injected where these calls are made, thinned out to `most`: of each call as many, evenly, or all that there are.
[[nodiscard]] std::vector<Injection> injections(const Calls& calls, std::size_t most);

}  // namespace satchel::field
