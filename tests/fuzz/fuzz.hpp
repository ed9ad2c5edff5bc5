// What every fuzz target shares. A target is one file with one function, which is given bytes as somebody hostile may
// send them: it must end, without a crash, a leak or more memory than a small multiple of its input, and what it
// accepts must keep the promises that the target states.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "schema/base/bytes.hpp"

namespace satchel::fuzz {

// The target. Nothing of one call may be left for the next, or a find could not be repeated alone.
void run(ByteView input);

// A promise of the engine that the input has broken: ends the process, so that whoever drives the target keeps the input.
inline void promise(bool holds, const char* what)
{
    if (holds) [[likely]]
        return;
    std::fprintf(stderr, "PROMISE BROKEN: %s\n", what);
    std::abort();
}

// The first byte, to choose with; zero when there is none. What follows it stays.
inline unsigned choice(ByteView& input, unsigned choices)
{
    if (input.empty())
        return 0;
    const auto first = input.front();
    input = input.subspan(1);
    return first % choices;
}

}  // namespace satchel::fuzz
