// Exit codes of the programs, as docs/CLI.md promises them to scripts. Pure.
#pragma once

#include "schema/base/result.hpp"

namespace satchel::console {

// Promised to scripts: never renumber.
enum class Exit : int {
    ok = 0,
    failure = 1,      // not found, busy, input and output
    usage = 2,        // wrong words on the command line or wrong input: nothing was saved
    locked = 3,       // needs unlock, or the passphrase was wrong
    unreachable = 4,  // hub not reached; work is saved
    attention = 5,    // this run added something that needs attention
    refused = 7,      // a rule of the policy forbids it
    integrity = 8,    // stored or received bytes contradict their proof
};

// Of two that both hold, the one to exit with: 8, then 7, then 5, then the higher number.
[[nodiscard]] Exit graver(Exit a, Exit b) noexcept;

[[nodiscard]] Exit exit_of(Errc code) noexcept;

}  // namespace satchel::console
