// The fast store, for many schedules: the same code on the same SQLCipher library, but its stores are given no key, so
// that nothing is enciphered, and OpenSSL is not asked again about a key, a certificate or a signature that it made or found
// good in this process.
//
// It is a seam of the linker (--wrap) in the test programs alone: the engine has no option, call or build that leads here.
#pragma once

namespace satchel::simulation {

enum class StoreKind : unsigned char { sqlcipher, fast };

// Of the whole process, for whatever is opened from now on. A store of one kind cannot be opened as the other.
void use_store(StoreKind kind) noexcept;
[[nodiscard]] StoreKind store_in_use() noexcept;

}  // namespace satchel::simulation
