// SHA-256, HMAC-SHA256 and HKDF-SHA256, made for many small inputs (about 10 million 64-byte hashes a
// second). Nothing here fails, allocates or locks. Values may be used by one thread at a time, const ones by
// any number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"

namespace satchel::crypto {

// The running state of one hash. Copying it forks the hash: a common prefix is hashed once.
class Sha256 {
public:
    Sha256() noexcept;

    Sha256& update(ByteView bytes) noexcept;
    Sha256& update(std::uint8_t byte) noexcept { return update(ByteView{&byte, 1}); }
    // The digest of everything so far; the object then starts again from nothing.
    Digest finish() noexcept;

private:
    friend class HmacKey;
    struct alignas(8) State {
        std::array<std::byte, 112> bytes;
    } state_;
};

[[nodiscard]] Digest sha256(ByteView bytes) noexcept;
// Of the parts one after the other. It does not mark where one ends: parts of variable length need a length
// in front.
[[nodiscard]] Digest sha256(std::initializer_list<ByteView> parts) noexcept;

// A MAC key with its two padded blocks hashed beforehand: two compressions less per message. Wiped at the
// end.
class HmacKey {
public:
    explicit HmacKey(ByteView key) noexcept;
    HmacKey(const HmacKey&) = default;
    HmacKey& operator=(const HmacKey&) = default;
    ~HmacKey();

    [[nodiscard]] Digest mac(ByteView message) const noexcept;
    [[nodiscard]] Digest mac(std::initializer_list<ByteView> parts) const noexcept;

private:
    Sha256 inner_;
    Sha256 outer_;
};

[[nodiscard]] Digest hmac_sha256(ByteView key, ByteView message) noexcept;

// RFC 5869, extract and expand. Fills `out`, at most 8160 bytes. Different `info`, independent keys.
void hkdf_sha256(ByteView secret, ByteView salt, ByteView info, std::span<std::uint8_t> out) noexcept;

// Same length and same bytes, in a time that depends on the lengths only.
[[nodiscard]] bool constant_time_equal(ByteView a, ByteView b) noexcept;

} // namespace satchel::crypto
