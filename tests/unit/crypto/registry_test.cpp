#include "crypto/registry.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/fixed_random.hpp"

namespace satchel::crypto {
namespace {

class Registry : public testing::Test {
protected:
    CredentialRecord record()
    {
        CredentialRecord out;
        out.credential = random_id<CredentialId>(random_);
        out.incarnation = random_id<IncarnationId>(random_);
        out.user = random_id<UserId>(random_);
        out.agency = "police";
        out.device_name = "laptop of Testina Fictus";
        out.signing_key = SigningKey::generate(random_).public_key();
        random_.fill(out.tls_public_hash);
        return out;
    }
    FakeRandom random_{99};
    SigningKey police_ = SigningKey::generate(random_);
    Verifier police_public_{police_.public_key()};
};

TEST_F(Registry, EveryChangedByteOfARecordIsNoticed)
{
    const auto original = record();
    auto signed_record = *sign_credential(original, police_);
    ASSERT_EQ(*verify_credential(signed_record, police_public_, "police"), original);
    for (auto& byte : signed_record.record) {
        byte ^= 2;
        EXPECT_EQ(verify_credential(signed_record, police_public_, "police").error().code,
                  Errc::bad_signature);
        byte ^= 2;
    }
    signed_record.signature[5] ^= 1;
    EXPECT_EQ(verify_credential(signed_record, police_public_, "police").error().code, Errc::bad_signature);
}

TEST_F(Registry, AgencySpeaksForItselfOnly)
{
    const auto prison = SigningKey::generate(random_);
    const auto signed_record = *sign_credential(record(), prison); // a police record, signed by the prison
    EXPECT_EQ(verify_credential(signed_record, police_public_, "police").error().code, Errc::bad_signature);
    EXPECT_EQ(verify_credential(signed_record, Verifier{prison.public_key()}, "prison").error().code,
              Errc::refused);
}

TEST_F(Registry, SignatureForAnotherPurposeDoesNotCount)
{
    auto bytes = encode(record());
    const SignedCredential bare{bytes, police_.sign(bytes)};
    EXPECT_EQ(verify_credential(bare, police_public_, "police").error().code, Errc::bad_signature);
}

TEST_F(Registry, ARootsWordForAnAgencyHoldsForThatNameAndThatKeyAlone)
{
    const Instant now{1'780'000'000'000};
    const auto root = *RootAuthority::create("north", now, random_);
    const auto other = *RootAuthority::create("north", now, random_);
    const auto key = SigningKey::generate(random_).public_key();
    auto word = introduce_agency(root, "health", key);
    EXPECT_TRUE(introduction_holds(root.certificate(), "health", key, word));
    EXPECT_LE(word.size(), root_signature_bytes_max);
    EXPECT_FALSE(introduction_holds(root.certificate(), "healthy", key, word));
    EXPECT_FALSE(introduction_holds(root.certificate(), "health", police_.public_key(), word));
    EXPECT_FALSE(introduction_holds(other.certificate(), "health", key, word));
    EXPECT_FALSE(introduction_holds({}, "health", key, word));
    EXPECT_FALSE(introduction_holds(root.certificate(), "health", key, {}));
    // Neither an agency's authority nor an agency speaks for another.
    const auto police = *root.issue_agency("police", now, random_);
    EXPECT_FALSE(introduction_holds(police.certificate(), "health", key, word));
    EXPECT_FALSE(introduction_holds(root.certificate(), "health", key, police_.sign(key.view())));
    for (auto& byte : word) {
        byte ^= 4;
        EXPECT_FALSE(introduction_holds(root.certificate(), "health", key, word));
        byte ^= 4;
    }
    word.push_back(0);
    EXPECT_FALSE(introduction_holds(root.certificate(), "health", key, word));
}

TEST_F(Registry, OneRecordHasOneEncoding)
{
    const auto bytes = encode(record());
    EXPECT_LE(bytes.size(), credential_record_bytes_max);
    EXPECT_EQ(encode(*decode_credential_record(bytes)), bytes);
    for (std::size_t n = 0; n < bytes.size(); ++n)
        EXPECT_EQ(decode_credential_record(ByteView{bytes}.first(n)).error().code, Errc::malformed) << n;
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(decode_credential_record(longer));
    auto other_version = bytes;
    other_version[0] = 2;
    EXPECT_FALSE(decode_credential_record(other_version));
}

TEST_F(Registry, UnusableNamesAreNotSigned)
{
    auto bad = record();
    bad.agency = "Police Force";
    EXPECT_EQ(sign_credential(bad, police_).error().code, Errc::invalid_argument);
    bad = record();
    bad.device_name = std::string(101, 'x');
    EXPECT_EQ(sign_credential(bad, police_).error().code, Errc::invalid_argument);
}

TEST_F(Registry, EnrolmentProofHoldsForOneCodeRequestKeyAndConnection)
{
    const auto code = EnrolmentCode::generate(random_);
    const auto verifier = code.verifier();
    const Bytes request{1, 2, 3};
    const auto key = SigningKey::generate(random_).public_key();
    const Digest channel{7};
    const auto proof = enrolment_proof(verifier, request, key, channel);
    EXPECT_TRUE(enrolment_proof_holds(proof, verifier, request, key, channel));
    EXPECT_FALSE(
        enrolment_proof_holds(proof, EnrolmentCode::generate(random_).verifier(), request, key, channel));
    EXPECT_FALSE(enrolment_proof_holds(proof, verifier, Bytes{1, 2, 4}, key, channel));
    EXPECT_FALSE(
        enrolment_proof_holds(proof, verifier, request, SigningKey::generate(random_).public_key(), channel));
    EXPECT_FALSE(enrolment_proof_holds(proof, verifier, request, key, Digest{8}));
}

TEST_F(Registry, EnrolmentCodeSurvivesTypingAndNothingElse)
{
    const auto code = EnrolmentCode::generate(random_);
    const auto printed = code.text();
    const std::string plain{text(printed.reveal())};
    ASSERT_EQ(plain.size(), 26u);
    std::string typed;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (i > 0 && i % 5 == 0)
            typed += i % 2 == 0 ? '-' : ' ';
        typed += static_cast<char>(std::toupper(plain[i]));
    }
    EXPECT_EQ(EnrolmentCode::parse(typed)->lookup_id(), code.lookup_id());
    EXPECT_EQ(text(EnrolmentCode::parse(plain)->verifier().reveal()), text(code.verifier().reveal()));
    EXPECT_NE(text(code.lookup_id()), text(code.verifier().reveal()));
    for (const std::string& bad :
         {std::string{}, plain.substr(1), plain + "a", std::string(26, '1'), std::string(1000, 'a')})
        EXPECT_EQ(EnrolmentCode::parse(bad).error().code, Errc::malformed);
}

} // namespace
} // namespace satchel::crypto
