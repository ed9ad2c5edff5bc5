// Ed25519: who wrote a batch, who issued a receipt, who registered a device. About 23,000 signatures and
// 9,000 verifications a second on one core, so signatures go on batches and not on single changes. The caller
// puts a purpose in front of what is signed ("satchel receipt/1" …): a signature given for one purpose must
// never be valid for another.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>

#include "crypto/secret.hpp"
#include "schema/base/bytes.hpp"

struct evp_pkey_st; // OpenSSL's EVP_PKEY

namespace satchel::crypto {

struct PublicKey {
    std::array<std::uint8_t, 32> bytes{};
    [[nodiscard]] ByteView view() const noexcept { return bytes; }
    auto operator<=>(const PublicKey&) const noexcept = default;
};
using Signature = std::array<std::uint8_t, 64>;

struct KeyDeleter {
    void operator()(evp_pkey_st* key) const noexcept;
};
using KeyHandle = std::unique_ptr<evp_pkey_st, KeyDeleter>;

// Move-only. Const members may be called from any number of threads.
class SigningKey {
public:
    static SigningKey generate(Random& random);
    static Result<SigningKey> from_seed(ByteView seed); // 32 bytes, else invalid_argument

    [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
    [[nodiscard]] Signature sign(ByteView message) const;
    [[nodiscard]] SecretBytes seed() const; // to be stored in the encrypted store, nowhere else

private:
    SigningKey(KeyHandle key, const PublicKey& public_key) : key_(std::move(key)), public_key_(public_key) {}
    KeyHandle key_;
    PublicKey public_key_;
};

// A public key made ready once for many verifications. Safe from any number of threads.
class Verifier {
public:
    explicit Verifier(const PublicKey& key);

    [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
    // False for any defect, of the key too: 32 bytes that are no point on the curve verify nothing.
    [[nodiscard]] bool verify(ByteView message, const Signature& signature) const;

private:
    KeyHandle key_;
    PublicKey public_key_;
};

[[nodiscard]] bool verify(const PublicKey& key, ByteView message, const Signature& signature);

} // namespace satchel::crypto
