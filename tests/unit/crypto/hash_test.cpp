// Published vectors (FIPS 180-4 examples, RFC 4231, RFC 5869) and the equivalences the other code relies on.
#include "crypto/hash.hpp"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace satchel::crypto {
namespace {

Bytes hex(std::string_view text)
{
    return *from_hex(text);
}

TEST(Sha256, MatchesPublishedVectors)
{
    EXPECT_EQ(to_hex(sha256(ByteView{})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(view("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256(view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

RC_GTEST_PROP(Sha256, AnySplitHashesLikeTheWhole, (const Bytes& bytes, std::size_t cut))
{
    cut = bytes.empty() ? 0 : cut % bytes.size();
    const auto whole = sha256(bytes);
    const auto front = ByteView{bytes}.first(cut);
    const auto back = ByteView{bytes}.subspan(cut);
    RC_ASSERT(sha256({front, back}) == whole);
    Sha256 running;
    running.update(front);
    Sha256 fork = running;
    RC_ASSERT(running.update(back).finish() == whole);
    RC_ASSERT(fork.update(back).finish() == whole);
    RC_ASSERT(running.finish() == sha256(ByteView{}));
}

TEST(HmacKey, MatchesRfc4231)
{
    EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, 0x0b), view("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256(view("Jefe"), view("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(
        to_hex(hmac_sha256(Bytes(131, 0xaa), view("Test Using Larger Than Block-Size Key - Hash Key First"))),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacKey, OneKeyServesManyMessages)
{
    const HmacKey key{view("Jefe")};
    const auto first = key.mac(view("one"));
    EXPECT_NE(key.mac(view("two")), first);
    EXPECT_EQ(key.mac({view("o"), view("ne")}), first);
}

TEST(Hkdf, MatchesRfc5869)
{
    Bytes out(42);
    hkdf_sha256(Bytes(22, 0x0b), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), out);
    EXPECT_EQ(to_hex(out),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    hkdf_sha256(Bytes(22, 0x0b), {}, {}, out);
    EXPECT_EQ(to_hex(out),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(ConstantTimeEqual, TellsLengthAndContentApart)
{
    EXPECT_TRUE(constant_time_equal({}, {}));
    EXPECT_TRUE(constant_time_equal(view("same"), view("same")));
    EXPECT_FALSE(constant_time_equal(view("same"), view("sane")));
    EXPECT_FALSE(constant_time_equal(view("same"), view("sam")));
}

} // namespace
} // namespace satchel::crypto
