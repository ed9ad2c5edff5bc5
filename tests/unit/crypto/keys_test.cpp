// Secrets, randomness, signatures and seals.
#include <array>
#include <ostream>
#include <type_traits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/random.hpp"
#include "crypto/sealed.hpp"
#include "crypto/secret.hpp"
#include "crypto/signing.hpp"
#include "tests/unit/crypto/fixed_random.hpp"

namespace satchel::crypto {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value)
{
    out << value;
};

static_assert(!Streamable<SecretBytes>);
static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
static_assert(!std::is_convertible_v<SecretBytes, ByteView>);
static_assert(!std::is_constructible_v<ByteView, SecretBytes&>);

TEST(SecretBytes, MovesLeaveNothingBehind)
{
    auto first = SecretBytes::copy_of(view("correct horse"));
    auto second = std::move(first);
    EXPECT_TRUE(first.empty()); // NOLINT(bugprone-use-after-move): the promise under test
    EXPECT_EQ(text(second.reveal()), "correct horse");
    first = second.clone();
    second.wipe();
    EXPECT_TRUE(second.empty());
    EXPECT_EQ(text(first.reveal()), "correct horse");
}

TEST(SecretBytes, OutgrowTheLockedHeapWithoutFailing)
{
    std::vector<SecretBytes> many;
    for (int i = 0; i < 100; ++i)
        many.emplace_back(std::size_t{32} << 10);
    for (auto& secret : many)
        EXPECT_EQ(secret.reveal().back(), 0);
}

TEST(SystemRandom, NeverRepeats)
{
    SystemRandom random;
    std::array<std::uint8_t, 32> a{}, b{};
    random.fill(a);
    random.fill(b);
    EXPECT_NE(a, b);
}

TEST(SigningKey, MatchesRfc8032)
{
    const auto key =
        *SigningKey::from_seed(*from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    EXPECT_EQ(to_hex(key.public_key().view()),
              "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const Bytes message{0x72};
    EXPECT_EQ(to_hex(key.sign(message)), "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    EXPECT_EQ(SigningKey::from_seed(key.seed().reveal())->public_key(), key.public_key());
}

TEST(SigningKey, SeedOfAnotherLengthIsRefused)
{
    for (const std::size_t n : {0, 16, 31, 33, 64})
        EXPECT_EQ(SigningKey::from_seed(Bytes(n)).error().code, Errc::invalid_argument);
}

TEST(Verifier, EveryFlippedBitOfMessageOrSignatureIsNoticed)
{
    FakeRandom random{1};
    const auto key = SigningKey::generate(random);
    const Verifier verifier{key.public_key()};
    Bytes message(20, 7);
    auto signature = key.sign(message);
    ASSERT_TRUE(verifier.verify(message, signature));
    for (auto& byte : message) {
        byte ^= 1;
        EXPECT_FALSE(verifier.verify(message, signature));
        byte ^= 1;
    }
    for (auto& byte : signature) {
        byte ^= 0x10;
        EXPECT_FALSE(verifier.verify(message, signature));
        byte ^= 0x10;
    }
    EXPECT_FALSE(verify(SigningKey::generate(random).public_key(), message, signature));
    EXPECT_TRUE(verify(key.public_key(), message, signature));
}

TEST(Verifier, BytesThatAreNoKeyVerifyNothing)
{
    FakeRandom random{2};
    const auto signature = SigningKey::generate(random).sign({});
    PublicKey none;
    none.bytes.fill(0xff);
    EXPECT_FALSE(verify(none, {}, signature));
    EXPECT_FALSE(verify(PublicKey{}, {}, Signature{}));
}

RC_GTEST_PROP(Seal, OpensToWhatWasSealed,
              (const Bytes& plaintext, const Bytes& associated, std::uint64_t seed))
{
    FakeRandom random{seed};
    const auto key = SecretBytes::random(random, 32);
    const auto sealed = seal(key, plaintext, associated, random);
    RC_ASSERT(sealed->size() == plaintext.size() + seal_overhead);
    const auto opened = open(key, *sealed, associated);
    RC_ASSERT(Bytes(opened->reveal().begin(), opened->reveal().end()) == plaintext);

    const auto recipient = SealingKey::generate(random);
    const auto letter = seal_to(recipient.public_key(), plaintext, associated, random);
    RC_ASSERT(letter->size() == plaintext.size() + seal_to_overhead);
    const auto read = recipient.open(*letter, associated);
    RC_ASSERT(Bytes(read->reveal().begin(), read->reveal().end()) == plaintext);
}

TEST(Seal, AnyOtherKeyPlaceOrByteDoesNotOpen)
{
    FakeRandom random{3};
    const auto key = SecretBytes::random(random, 32);
    auto sealed = *seal(key, view("home visit"), view("case 1"), random);
    EXPECT_EQ(open(SecretBytes::random(random, 32), sealed, view("case 1")).error().code, Errc::wrong_key);
    EXPECT_EQ(open(key, sealed, view("case 2")).error().code, Errc::wrong_key);
    for (auto& byte : sealed) {
        byte ^= 0x80;
        EXPECT_EQ(open(key, sealed, view("case 1")).error().code, Errc::wrong_key);
        byte ^= 0x80;
    }
    for (std::size_t n = 0; n < sealed.size(); ++n)
        EXPECT_FALSE(open(key, ByteView{sealed}.first(n), view("case 1"))) << n;
    EXPECT_EQ(seal(SecretBytes{16}, {}, {}, random).error().code, Errc::invalid_argument);
    EXPECT_EQ(open(SecretBytes{16}, sealed, {}).error().code, Errc::invalid_argument);
}

TEST(SealTo, AnyOtherRecipientPlaceOrByteDoesNotOpen)
{
    FakeRandom random{4};
    const auto handler = SealingKey::generate(random);
    const auto other = SealingKey::generate(random);
    auto sealed = *seal_to(handler.public_key(), view("unsent work"), view("deposit"), random);
    EXPECT_EQ(other.open(sealed, view("deposit")).error().code, Errc::wrong_key);
    EXPECT_EQ(handler.open(sealed, view("elsewhere")).error().code, Errc::wrong_key);
    for (auto& byte : sealed) {
        byte ^= 0x01;
        EXPECT_FALSE(handler.open(sealed, view("deposit")));
        byte ^= 0x01;
    }
    for (std::size_t n = 0; n < sealed.size(); ++n)
        EXPECT_FALSE(handler.open(ByteView{sealed}.first(n), view("deposit"))) << n;
    EXPECT_EQ(text(handler.open(sealed, view("deposit"))->reveal()), "unsent work");
    EXPECT_EQ(text(SealingKey::from_seed(handler.seed().reveal())->open(sealed, view("deposit"))->reveal()),
              "unsent work");
}

TEST(SealTo, PointOfSmallOrderIsRefused)
{
    FakeRandom random{5};
    EXPECT_EQ(seal_to(SealingPublicKey{}, view("x"), {}, random).error().code, Errc::invalid_argument);
}

TEST(SealTo, TwoSealsOfOneThingShareNoBytes)
{
    FakeRandom random{6};
    const auto handler = SealingKey::generate(random);
    const auto a = *seal_to(handler.public_key(), Bytes(64), {}, random);
    const auto b = *seal_to(handler.public_key(), Bytes(64), {}, random);
    EXPECT_NE(Bytes(a.begin() + 1, a.begin() + 33), Bytes(b.begin() + 1, b.begin() + 33));
    EXPECT_NE(Bytes(a.begin() + 33, a.end()), Bytes(b.begin() + 33, b.end()));
}

} // namespace
} // namespace satchel::crypto
