#include "crypto/signing.hpp"

#include <algorithm>

#include "crypto/openssl.hpp"

namespace satchel::crypto {

void KeyDeleter::operator()(evp_pkey_st* key) const noexcept
{
    EVP_PKEY_free(key);
}

SigningKey SigningKey::generate(Random& random)
{
    const auto seed = SecretBytes::random(random, 32);
    return *from_seed(seed.reveal());
}

Result<SigningKey> SigningKey::from_seed(ByteView seed)
{
    if (seed.size() != 32)
        return fail(Errc::invalid_argument, "an Ed25519 seed has 32 bytes");
    KeyHandle key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size())};
    SATCHEL_CHECK(key != nullptr);
    PublicKey public_key;
    std::size_t size = public_key.bytes.size();
    SATCHEL_CHECK(EVP_PKEY_get_raw_public_key(key.get(), public_key.bytes.data(), &size) == 1);
    return SigningKey{std::move(key), public_key};
}

Signature SigningKey::sign(ByteView message) const
{
    const ossl::MdContext context{EVP_MD_CTX_new()};
    Signature out;
    std::size_t size = out.size();
    SATCHEL_CHECK(context != nullptr &&
                  EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
                  EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1 &&
                  size == out.size());
    return out;
}

SecretBytes SigningKey::seed() const
{
    SecretBytes out{32};
    std::size_t size = out.size();
    SATCHEL_CHECK(EVP_PKEY_get_raw_private_key(key_.get(), out.writable().data(), &size) == 1);
    return out;
}

Verifier::Verifier(const PublicKey& key)
    : key_(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), key.bytes.size())),
      public_key_(key)
{
}

bool Verifier::verify(ByteView message, const Signature& signature) const
{
    const ossl::MdContext context{EVP_MD_CTX_new()};
    const bool valid = key_ != nullptr && context != nullptr &&
                       EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
                       EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                                        message.size()) == 1;
    if (!valid)
        ERR_clear_error();
    return valid;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature)
{
    return Verifier{key}.verify(message, signature);
}

} // namespace satchel::crypto
