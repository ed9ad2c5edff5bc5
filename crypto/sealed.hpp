// Sealed bytes: AES-256-GCM under a shared key, and sealing to a public key (X25519, HKDF-SHA256,
// AES-256-GCM), as used for work of a barred user and for bodies kept against a restore. The associated data
// is bound, not stored: opening with any other fails, so a sealed thing cannot be moved to another place.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/secret.hpp"
#include "crypto/signing.hpp"
#include "schema/base/bytes.hpp"

namespace satchel::crypto {

inline constexpr std::size_t seal_overhead = 12 + 16;        // nonce, tag
inline constexpr std::size_t seal_to_overhead = 1 + 32 + 16; // version, ephemeral key, tag
inline constexpr std::size_t sealed_bytes_max = 64u << 20;

// nonce(12) ‖ ciphertext ‖ tag(16). The key has 32 bytes and seals at most 2^32 things: the nonce is random.
// invalid_argument for another key size, too_large above sealed_bytes_max.
Result<Bytes> seal(const SecretBytes& key, ByteView plaintext, ByteView associated, Random& random);
// malformed when too short to be sealed; wrong_key when key, associated data or any byte differs.
Result<SecretBytes> open(const SecretBytes& key, ByteView sealed, ByteView associated);

struct SealingPublicKey {
    std::array<std::uint8_t, 32> bytes{}; // X25519
    [[nodiscard]] ByteView view() const noexcept { return bytes; }
    auto operator<=>(const SealingPublicKey&) const noexcept = default;
};

// The private half, which opens. Move-only; const members from any number of threads.
class SealingKey {
public:
    static SealingKey generate(Random& random);
    static Result<SealingKey> from_seed(ByteView seed); // 32 bytes, else invalid_argument

    [[nodiscard]] const SealingPublicKey& public_key() const noexcept { return public_key_; }
    [[nodiscard]] SecretBytes seed() const;
    // malformed, wrong_key or version_mismatch (a later format); never says more.
    Result<SecretBytes> open(ByteView sealed, ByteView associated) const;

private:
    SealingKey(KeyHandle key, const SealingPublicKey& public_key)
        : key_(std::move(key)), public_key_(public_key)
    {
    }
    KeyHandle key_;
    SealingPublicKey public_key_;
};

// version(1) ‖ ephemeral public key(32) ‖ ciphertext ‖ tag(16). Anybody can seal: it says nothing about the
// sender. invalid_argument when the key is a point of small order, too_large above sealed_bytes_max.
Result<Bytes> seal_to(const SealingPublicKey& recipient, ByteView plaintext, ByteView associated,
                      Random& random);

} // namespace satchel::crypto
