// What a certificate request cannot get, what the identity parser does not take, and the life of keys and authorities.
#include "crypto/certificates.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "tests/unit/crypto/pki_fixture.hpp"

namespace satchel::crypto {
namespace {

std::string extension_of(ByteView certificate, int nid)
{
    const auto x = parsed(certificate);
    const int at = X509_get_ext_by_NID(x.get(), nid, -1);
    if (at < 0)
        return "none";
    const ossl::Bio out{BIO_new(BIO_s_mem())};
    X509V3_EXT_print(out.get(), X509_get_ext(x.get(), at), 0, 0);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

using Csr = PkiTest;

TEST_F(Csr, OversizeGarbageAndTrailingBytesAreRefused)
{
    const auto good = make_csr(CertificateKey::generate(random_));
    EXPECT_EQ(outcome(parse_and_verify_csr(Bytes(request_bytes_max + 1))), "too_large");
    EXPECT_EQ(outcome(parse_and_verify_csr({})), "malformed");
    for (std::size_t n = 0; n < good.size(); ++n)
        EXPECT_EQ(outcome(parse_and_verify_csr(ByteView{good}.first(n))), "malformed") << n;
    auto longer = good;
    longer.push_back(0);
    EXPECT_EQ(outcome(parse_and_verify_csr(longer)), "malformed");
    EXPECT_EQ(outcome(parse_and_verify_csr(good)), "ok");
}

TEST_F(Csr, EveryFlippedByteIsRefused)
{
    const auto good = make_csr(CertificateKey::generate(random_));
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto bad = good;
        bad[at] ^= 0x01;
        EXPECT_FALSE(parse_and_verify_csr(bad)) << at;
    }
}

TEST_F(Csr, KeyOfAnotherKindIsRefused)
{
    for (const char* kind : {"RSA", "ED25519", "secp384r1"}) {
        const ossl::Pkey key{
            std::string_view{kind} == "RSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
            : std::string_view{kind} == "ED25519" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                                  : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind)};
        const ossl::Request request{X509_REQ_new()};
        X509_REQ_set_pubkey(request.get(), key.get());
        X509_REQ_sign(request.get(), key.get(), std::string_view{kind} == "ED25519" ? nullptr : EVP_sha256());
        std::uint8_t* data = nullptr;
        const int size = i2d_X509_REQ(request.get(), &data);
        EXPECT_EQ(outcome(parse_and_verify_csr({data, static_cast<std::size_t>(size)})), "refused") << kind;
        OPENSSL_free(data);
    }
}

TEST_F(Csr, WishesForMoreThanADeviceMayHaveAreIgnored)
{
    const auto key = CertificateKey::generate(random_);
    const ossl::Request request{X509_REQ_new()};
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("root of everything"), -1, -1, 0);
    X509_REQ_set_pubkey(request.get(), key.handle());
    auto* wishes = sk_X509_EXTENSION_new_null();
    for (const auto& [nid, value] : std::vector<std::pair<int, const char*>>{
             {NID_basic_constraints, "critical,CA:TRUE"},
             {NID_subject_alt_name, "URI:spiffe://prison.north.satchel.invalid/device/x,DNS:hub"},
             {NID_ext_key_usage, "serverAuth"},
             {NID_key_usage, "keyCertSign"}})
        sk_X509_EXTENSION_push(wishes, X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
    X509_REQ_add_extensions(request.get(), wishes);
    sk_X509_EXTENSION_pop_free(wishes, X509_EXTENSION_free);
    X509_REQ_sign(request.get(), key.handle(), EVP_sha256());
    std::uint8_t* data = nullptr;
    const int size = i2d_X509_REQ(request.get(), &data);
    const Bytes der(data, data + size);
    OPENSSL_free(data);

    const auto verified = parse_and_verify_csr(der);
    ASSERT_EQ(outcome(verified), "ok");
    const auto leaf = *police_.issue_device(*verified, credential_, clock_.now(), random_);
    EXPECT_EQ(extension_of(leaf, NID_basic_constraints), "CA:FALSE");
    EXPECT_EQ(extension_of(leaf, NID_key_usage), "Digital Signature");
    EXPECT_EQ(extension_of(leaf, NID_ext_key_usage), "TLS Web Client Authentication");
    EXPECT_EQ(extension_of(leaf, NID_subject_alt_name), "URI:" + device_uri());
    EXPECT_EQ(text(leaf).find("root of everything"), std::string_view::npos);
    EXPECT_EQ(*public_hash_of(leaf), key.public_hash());
}

using Identity = PkiTest;

TEST_F(Identity, IssuedLeafSaysWhoseItIs)
{
    const auto device = device_of(police_);
    const auto identity = device_identity(device.certificate);
    ASSERT_EQ(outcome(identity), "ok");
    EXPECT_EQ(identity->agency, "police");
    EXPECT_EQ(identity->area, "north");
    EXPECT_EQ(identity->credential, credential_);
    EXPECT_EQ(identity->public_hash, *public_hash_of(device.certificate));
    EXPECT_EQ(outcome(require_hub_identity(parsed(hub_).get(), hub_uri("north"))), "ok");
    EXPECT_EQ(outcome(require_hub_identity(parsed(hub_).get(), hub_uri("south"))), "bad_certificate");
}

TEST_F(Identity, NoOtherNameIsTaken)
{
    const auto key = CertificateKey::generate(random_);
    const auto id = to_string(credential_);
    const auto good = device_uri();
    const auto says = [&](const std::string& names) {
        return outcome(device_identity(forged(device_leaf(names), key, police_)));
    };
    ASSERT_EQ(says("critical,URI:" + good), "ok") << "the forger's tools work";
    const std::string bad[] = {
        "",
        "URI:" + good, // not critical
        "critical,URI:" + good + ",URI:" + good,
        "critical,URI:" + good + ",URI:" + device_uri("prison.north.satchel.invalid"),
        "critical,URI:" + good + ",DNS:hub.north.satchel.invalid",
        "critical,DNS:police.north.satchel.invalid",
        "critical,email:officer@police.north.satchel.invalid",
        "critical,IP:127.0.0.1",
        "critical,URI:SPIFFE://police.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://Police.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://police.north.satchel.invalid/Device/" + id,
        "critical,URI:spiffe://police.north.satchel.invalid/device/" + id + "/",
        "critical,URI:spiffe://police.north.satchel.invalid/device/" + id + "/x",
        "critical,URI:spiffe://police.north.satchel.invalid/device/" + id.substr(1),
        "critical,URI:spiffe://police.north.satchel.invalid/device/" + id + "a",
        "critical,URI:spiffe://police.north.satchel.invalid/device//" + id,
        "critical,URI:spiffe://police.north.satchel.invalid//device/" + id,
        "critical,URI:spiffe://police.north.satchel.invalid/device/../device/" + id,
        "critical,URI:spiffe://police.north.satchel.invalid/%64evice/" + id,
        "critical,URI:spiffe://police.north.satchel.invalid/device/" + id + "?x",
        "critical,URI:spiffe://police.north.satchel.invalid/device/" + id + "#x",
        "critical,URI:spiffe://x@police.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://police.north.satchel.invalid:443/device/" + id,
        "critical,URI:spiffe://police.north.satchel.invalid./device/" + id,
        "critical,URI:spiffe://.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://-police.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://a.police.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://police.north.satchel.invalid.evil.invalid/device/" + id,
        "critical,URI:spiffe://police.north.evil.invalid/device/" + id,
        "critical,URI:spiffe://hub.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://hub.north.satchel.invalid/hub",
        "critical,URI:https://police.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe:/police.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://p\xc3\xb6lice.north.satchel.invalid/device/" + id,
        "critical,URI:spiffe://" + std::string(300, 'a') + "/device/" + id,
    };
    for (const auto& names : bad)
        EXPECT_EQ(says(names), "bad_certificate") << names;
}

TEST_F(Identity, ZeroByteInsideTheNameIsNotTaken)
{
    const auto key = CertificateKey::generate(random_);
    auto der = forged(device_leaf("critical,URI:" + device_uri()), key, police_);
    auto at = std::search(der.begin(), der.end(), std::begin("/device/"), std::end("/device/") - 1);
    ASSERT_NE(at, der.end());
    *at = 0;
    EXPECT_EQ(outcome(device_identity(der)), "bad_certificate");
}

TEST_F(Identity, LeafThatMayDoMoreOrLessIsNotTaken)
{
    const auto key = CertificateKey::generate(random_);
    const auto with = [&](int nid, const std::optional<std::string>& value) {
        auto leaf = device_leaf("critical,URI:" + device_uri());
        replace(leaf, nid, value);
        return outcome(device_identity(forged(leaf, key, police_)));
    };
    ASSERT_EQ(with(NID_ext_key_usage, "clientAuth"), "ok");
    EXPECT_EQ(with(NID_ext_key_usage, "serverAuth"), "bad_certificate");
    EXPECT_EQ(with(NID_ext_key_usage, "clientAuth,serverAuth"), "bad_certificate");
    EXPECT_EQ(with(NID_ext_key_usage, "anyExtendedKeyUsage"), "bad_certificate");
    EXPECT_EQ(with(NID_ext_key_usage, {}), "bad_certificate");
    EXPECT_EQ(with(NID_key_usage, "critical,digitalSignature,keyCertSign"), "bad_certificate");
    EXPECT_EQ(with(NID_key_usage, "critical,keyAgreement"), "bad_certificate");
    EXPECT_EQ(with(NID_key_usage, {}), "bad_certificate");
    EXPECT_EQ(with(NID_basic_constraints, "critical,CA:TRUE"), "bad_certificate");
    EXPECT_EQ(with(NID_basic_constraints, {}), "bad_certificate");
    EXPECT_EQ(outcome(device_identity(police_.certificate())), "bad_certificate");
    EXPECT_EQ(outcome(device_identity(hub_)), "bad_certificate");
    EXPECT_EQ(outcome(device_identity(Bytes{1, 2, 3})), "bad_certificate");
    EXPECT_EQ(outcome(device_identity(Bytes(certificate_bytes_max + 1))), "bad_certificate");
}

TEST_F(Identity, TwoNameExtensionsAreNotTaken)
{
    const auto key = CertificateKey::generate(random_);
    auto leaf = device_leaf("critical,URI:" + device_uri());
    leaf.extensions.emplace_back(NID_subject_alt_name,
                                 "critical,URI:" + device_uri("prison.north.satchel.invalid"));
    EXPECT_EQ(outcome(device_identity(forged(leaf, key, police_))), "bad_certificate");
}

using Authorities = PkiTest;

TEST_F(Authorities, NamesThatAreNoLabelsAreRefused)
{
    for (const char* name : {"", "Police", "po lice", "po.lice", "-police", "police-", "p\xc3\xb6",
                             "police,URI:x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        EXPECT_EQ(outcome(root_.issue_agency(name, clock_.now(), random_)), "invalid_argument") << name;
        EXPECT_EQ(outcome(RootAuthority::create(name, clock_.now(), random_)), "invalid_argument") << name;
    }
    EXPECT_EQ(outcome(root_.issue_agency("hub", clock_.now(), random_)), "invalid_argument");
    EXPECT_EQ(*label_of("North Shire & Dales"), "north-shire-dales");
    EXPECT_EQ(outcome(label_of(" - ")), "invalid_argument");
}

TEST_F(Authorities, EachIssuesItsOwnKindOnly)
{
    const auto request = *parse_and_verify_csr(make_csr(CertificateKey::generate(random_)));
    EXPECT_EQ(outcome(hub_authority_.issue_device(request, credential_, clock_.now(), random_)), "bug");
    EXPECT_EQ(outcome(police_.issue_hub(hub_key_, clock_.now(), random_)), "bug");
}

TEST_F(Authorities, ComeBackFromStorageAndRefuseStrangersKeys)
{
    const auto police = IssuingAuthority::load(police_.certificate(), police_.key());
    ASSERT_EQ(outcome(police), "ok");
    EXPECT_EQ(police->name(), "police");
    EXPECT_EQ(police->area(), "north");
    const auto root = RootAuthority::load(root_.certificate(), root_.key());
    ASSERT_EQ(outcome(root), "ok");
    EXPECT_EQ(root->area(), "north");
    EXPECT_EQ(root->public_hash(), root_.public_hash());
    EXPECT_EQ(outcome(IssuingAuthority::load(police_.certificate(), probation_.key())), "bad_certificate");
    EXPECT_EQ(outcome(IssuingAuthority::load(root_.certificate(), root_.key())), "bad_certificate");
    EXPECT_EQ(outcome(RootAuthority::load(police_.certificate(), police_.key())), "bad_certificate");
    const auto device = device_of(police_);
    EXPECT_EQ(outcome(IssuingAuthority::load(device.certificate, device.key.der())), "bad_certificate");
    EXPECT_EQ(outcome(IssuingAuthority::load(police_.certificate(), SecretBytes{10})), "malformed");
}

TEST_F(Authorities, NoLeafOutlivesItsAuthorityNorIsIssuedAfterIt)
{
    const auto request = *parse_and_verify_csr(make_csr(CertificateKey::generate(random_)));
    const auto late = after(clock_.now(), authority_life - std::chrono::hours(1));
    const auto leaf = parsed(*police_.issue_device(request, credential_, late, random_));
    EXPECT_EQ(ASN1_TIME_compare(X509_get0_notAfter(leaf.get()),
                                X509_get0_notAfter(parsed(police_.certificate()).get())),
              0);
    const auto too_late = after(clock_.now(), authority_life + std::chrono::hours(1));
    EXPECT_EQ(outcome(police_.issue_device(request, credential_, too_late, random_)), "bad_certificate");
    EXPECT_EQ(outcome(police_.issue_device(request, credential_, Instant{-1}, random_)), "invalid_argument");
    EXPECT_EQ(outcome(RootAuthority::create("north", Instant{INT64_MAX / 2}, random_)), "invalid_argument");
}

TEST_F(Authorities, SerialNumbersAreSixteenRandomBytes)
{
    const auto a = parsed(device_of(police_).certificate);
    const auto b = parsed(device_of(police_).certificate);
    EXPECT_EQ(ASN1_STRING_length(X509_get0_serialNumber(a.get())), 16);
    EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(a.get()), X509_get0_serialNumber(b.get())), 0);
}

TEST(CertificateKey, ComesFromTheGivenRandomnessAndSurvivesStorage)
{
    FakeRandom once{5};
    FakeRandom again{5};
    const auto key = CertificateKey::generate(once);
    EXPECT_EQ(key.public_hash(), CertificateKey::generate(again).public_hash());
    EXPECT_NE(key.public_hash(), CertificateKey::generate(once).public_hash());
    EXPECT_EQ(CertificateKey::from_der(key.der())->public_hash(), key.public_hash());
    auto bent = key.der();
    for (std::size_t n = 0; n < bent.size(); ++n)
        EXPECT_FALSE(CertificateKey::from_der(SecretBytes::copy_of(bent.reveal().first(n)))) << n;
}

TEST_F(PkiTest, PemGoesOutAndIn)
{
    const auto pem = certificate_to_pem(police_.certificate()) + certificate_to_pem(root_.certificate());
    const auto back = certificates_from_pem(pem);
    ASSERT_EQ(outcome(back), "ok");
    EXPECT_EQ(*back, (std::vector<Bytes>{police_.certificate(), root_.certificate()}));
    EXPECT_EQ(outcome(certificates_from_pem(pem, 1)), "too_large");
    EXPECT_EQ(outcome(certificates_from_pem("")), "malformed");
    EXPECT_EQ(
        outcome(certificates_from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
        "malformed");
    EXPECT_EQ(outcome(certificates_from_pem(pem.substr(0, pem.size() / 4))), "malformed");
    EXPECT_EQ(outcome(certificates_from_pem(std::string(1 << 20, 'x'))), "too_large");
}

} // namespace
} // namespace satchel::crypto
