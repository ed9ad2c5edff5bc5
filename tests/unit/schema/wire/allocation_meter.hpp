// Counts what the test program allocates: a bound on memory is tested by measuring memory.
#pragma once

#include <cstddef>

namespace satchel::test {

// Bytes in use now, the most in use since reset_peak(), and all that were ever asked for. Through operator new only: what zstd keeps
// is not in it.
std::size_t allocated_now() noexcept;
std::size_t allocated_peak() noexcept;
std::size_t allocated_ever() noexcept;
void reset_peak() noexcept;

}  // namespace satchel::test
