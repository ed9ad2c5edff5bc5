#include "crypto/sealed.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "crypto/openssl.hpp"

namespace satchel::crypto {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::uint8_t seal_to_version = 1;

const EVP_CIPHER* aes_256_gcm()
{
    static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    SATCHEL_CHECK(cipher != nullptr);
    return cipher;
}

// Writes ciphertext ‖ tag to `out`, which has plaintext.size() + tag_bytes.
void encrypt(ByteView key, ByteView nonce, ByteView plaintext, ByteView associated, std::uint8_t* out)
{
    const ossl::CipherContext context{EVP_CIPHER_CTX_new()};
    int n = 0;
    SATCHEL_CHECK(
        context != nullptr &&
        EVP_EncryptInit_ex2(context.get(), aes_256_gcm(), key.data(), nonce.data(), nullptr) == 1 &&
        EVP_EncryptUpdate(context.get(), nullptr, &n, associated.data(),
                          static_cast<int>(associated.size())) == 1 &&
        EVP_EncryptUpdate(context.get(), out, &n, plaintext.data(), static_cast<int>(plaintext.size())) ==
            1 &&
        EVP_EncryptFinal_ex(context.get(), out + plaintext.size(), &n) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, out + plaintext.size()) == 1);
}

Result<SecretBytes> decrypt(ByteView key, ByteView nonce, ByteView sealed, ByteView associated)
{
    const auto ciphertext = sealed.first(sealed.size() - tag_bytes);
    std::array<std::uint8_t, tag_bytes> tag;
    std::copy_n(sealed.end() - tag_bytes, tag_bytes, tag.begin());
    const ossl::CipherContext context{EVP_CIPHER_CTX_new()};
    SecretBytes out{ciphertext.size()};
    std::array<std::uint8_t, 16> none; // where an empty plaintext goes
    auto* const into = out.empty() ? none.data() : out.writable().data();
    int n = 0;
    const bool opened =
        context != nullptr &&
        EVP_DecryptInit_ex2(context.get(), aes_256_gcm(), key.data(), nonce.data(), nullptr) == 1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &n, associated.data(),
                          static_cast<int>(associated.size())) == 1 &&
        EVP_DecryptUpdate(context.get(), into, &n, ciphertext.data(), static_cast<int>(ciphertext.size())) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(context.get(), none.data(), &n) == 1;
    if (!opened) {
        ERR_clear_error();
        return fail(Errc::wrong_key, "sealed bytes do not open with this key");
    }
    return out;
}

SecretBytes agree(EVP_PKEY* mine, EVP_PKEY* theirs)
{
    const ossl::PkeyContext context{EVP_PKEY_CTX_new_from_pkey(nullptr, mine, nullptr)};
    SecretBytes shared{32};
    std::size_t size = shared.size();
    // OpenSSL refuses an all-zero result, that is a peer's point of small order.
    if (context == nullptr || theirs == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
        EVP_PKEY_derive_set_peer(context.get(), theirs) != 1 ||
        EVP_PKEY_derive(context.get(), shared.writable().data(), &size) != 1) {
        ERR_clear_error();
        return {};
    }
    return shared;
}

KeyHandle public_handle(ByteView bytes)
{
    return KeyHandle{EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes.data(), bytes.size())};
}

// Key and nonce of one sealed message. Both public keys are bound: the message opens for this recipient only.
// The ephemeral key is new each time, so that the nonce may be derived.
SecretBytes message_key(const SecretBytes& shared, ByteView ephemeral, ByteView recipient)
{
    std::array<std::uint8_t, 64> salt;
    std::copy_n(recipient.begin(), 32, std::copy_n(ephemeral.begin(), 32, salt.begin()));
    SecretBytes out{key_bytes + nonce_bytes};
    hkdf_sha256(shared.reveal(), salt, view("satchel seal-to/1"), out.writable());
    return out;
}

Bytes versioned(ByteView associated)
{
    Bytes out(1 + associated.size());
    out[0] = seal_to_version;
    std::copy(associated.begin(), associated.end(), out.begin() + 1);
    return out;
}

} // namespace

Result<Bytes> seal(const SecretBytes& key, ByteView plaintext, ByteView associated, Random& random)
{
    if (key.size() != key_bytes)
        return fail(Errc::invalid_argument, "a sealing key has 32 bytes");
    if (plaintext.size() > sealed_bytes_max || associated.size() > sealed_bytes_max)
        return fail(Errc::too_large, "too much to seal at once");
    Bytes out(plaintext.size() + seal_overhead);
    random.fill(std::span{out}.first(nonce_bytes));
    encrypt(key.reveal(), ByteView{out}.first(nonce_bytes), plaintext, associated, out.data() + nonce_bytes);
    return out;
}

Result<SecretBytes> open(const SecretBytes& key, ByteView sealed, ByteView associated)
{
    if (key.size() != key_bytes)
        return fail(Errc::invalid_argument, "a sealing key has 32 bytes");
    if (sealed.size() < seal_overhead)
        return fail(Errc::malformed, "too short to be sealed");
    if (sealed.size() > sealed_bytes_max + seal_overhead || associated.size() > sealed_bytes_max)
        return fail(Errc::too_large, "too much to open at once");
    return decrypt(key.reveal(), sealed.first(nonce_bytes), sealed.subspan(nonce_bytes), associated);
}

SealingKey SealingKey::generate(Random& random)
{
    const auto seed = SecretBytes::random(random, 32);
    return *from_seed(seed.reveal());
}

Result<SealingKey> SealingKey::from_seed(ByteView seed)
{
    if (seed.size() != 32)
        return fail(Errc::invalid_argument, "an X25519 seed has 32 bytes");
    KeyHandle key{EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, seed.data(), seed.size())};
    SATCHEL_CHECK(key != nullptr);
    SealingPublicKey public_key;
    std::size_t size = public_key.bytes.size();
    SATCHEL_CHECK(EVP_PKEY_get_raw_public_key(key.get(), public_key.bytes.data(), &size) == 1);
    return SealingKey{std::move(key), public_key};
}

SecretBytes SealingKey::seed() const
{
    SecretBytes out{32};
    std::size_t size = out.size();
    SATCHEL_CHECK(EVP_PKEY_get_raw_private_key(key_.get(), out.writable().data(), &size) == 1);
    return out;
}

Result<SecretBytes> SealingKey::open(ByteView sealed, ByteView associated) const
{
    if (sealed.size() < seal_to_overhead)
        return fail(Errc::malformed, "too short to be sealed");
    if (sealed.size() > sealed_bytes_max + seal_to_overhead || associated.size() > sealed_bytes_max)
        return fail(Errc::too_large, "too much to open at once");
    if (sealed[0] != seal_to_version)
        return fail(Errc::version_mismatch, "sealed in a format this program does not know");
    const auto ephemeral = sealed.subspan(1, 32);
    const auto shared = agree(key_.get(), public_handle(ephemeral).get());
    if (shared.empty())
        return fail(Errc::wrong_key, "sealed bytes do not open with this key");
    const auto key = message_key(shared, ephemeral, public_key_.bytes);
    return decrypt(key.reveal().first(key_bytes), key.reveal().subspan(key_bytes), sealed.subspan(33),
                   versioned(associated));
}

Result<Bytes> seal_to(const SealingPublicKey& recipient, ByteView plaintext, ByteView associated,
                      Random& random)
{
    if (plaintext.size() > sealed_bytes_max || associated.size() > sealed_bytes_max)
        return fail(Errc::too_large, "too much to seal at once");
    const auto ephemeral_seed = SecretBytes::random(random, 32);
    const KeyHandle ephemeral{EVP_PKEY_new_raw_private_key(
        EVP_PKEY_X25519, nullptr, ephemeral_seed.reveal().data(), ephemeral_seed.size())};
    SATCHEL_CHECK(ephemeral != nullptr);
    const auto shared = agree(ephemeral.get(), public_handle(recipient.bytes).get());
    if (shared.empty())
        return fail(Errc::invalid_argument, "not a usable X25519 public key");
    Bytes out(plaintext.size() + seal_to_overhead);
    out[0] = seal_to_version;
    std::size_t size = 32;
    SATCHEL_CHECK(EVP_PKEY_get_raw_public_key(ephemeral.get(), out.data() + 1, &size) == 1);
    const auto key = message_key(shared, ByteView{out}.subspan(1, 32), recipient.bytes);
    encrypt(key.reveal().first(key_bytes), key.reveal().subspan(key_bytes), plaintext, versioned(associated),
            out.data() + 33);
    return out;
}

} // namespace satchel::crypto
