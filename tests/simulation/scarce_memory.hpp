// Memory that runs out: an allocation of the program, or of SQLite, fails once. Allocations within a call of SQLite are the
// store's own, also where they are those of the disk under it: an exception must not pass through C.
#pragma once

#include <cstdint>

namespace satchel::simulation::scarce_memory {

enum class Whose : std::uint8_t { program, store };

// Before anything is opened.
void begin();
// The n-th from now, from 1.
void fail_after(Whose whose, std::uint64_t n) noexcept;
[[nodiscard]] std::uint64_t calls(Whose whose) noexcept;
[[nodiscard]] bool struck() noexcept;
void enough() noexcept;

}  // namespace satchel::simulation::scarce_memory
