#include "test_pki.hpp"

#include <openssl/ssl.h>

#include "crypto/random.hpp"

namespace satchel::test {

namespace {

struct WallClock final : Clock {
    [[nodiscard]] Instant now() const override
    {
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
    }
};
const WallClock wall_clock;

struct Leaf {
    crypto::CertificateKey key;
    std::vector<Bytes> chain;
};

struct Area {
    explicit Area(std::string_view label)
        : root(*crypto::RootAuthority::create(label, wall_clock.now(), random)),
          agency(*root.issue_agency("police", wall_clock.now(), random)),
          hub_authority(*root.issue_hub_authority(wall_clock.now(), random)),
          pin{root.public_hash(), crypto::hub_uri(label)}
    {
    }
    Leaf device(const CredentialId& credential, Instant issued)
    {
        Leaf leaf{crypto::CertificateKey::generate(random), {}};
        const auto request = *crypto::VerifiedRequest::parse(crypto::make_csr(leaf.key));
        leaf.chain = {*agency.issue_device(request, credential, issued, random), agency.certificate()};
        return leaf;
    }
    Leaf hub()
    {
        Leaf leaf{crypto::CertificateKey::generate(random), {}};
        leaf.chain = {*hub_authority.issue_hub(leaf.key, wall_clock.now(), random), hub_authority.certificate(),
                      root.certificate()};
        return leaf;
    }
    crypto::SystemRandom random;
    crypto::RootAuthority root;
    crypto::IssuingAuthority agency;
    crypto::IssuingAuthority hub_authority;
    crypto::HubPin pin;
};

sync::SharedTls shared(Result<crypto::TlsContext> made)
{
    SATCHEL_CHECK(made.has_value());
    return std::make_shared<const crypto::TlsContext>(std::move(*made));
}

}  // namespace

struct TestPki::Parts {
    Area area{"north"};
    Area other{"south"};
    CredentialId credential = random_id<CredentialId>(area.random);
    Leaf hub = area.hub();
    Leaf device = area.device(credential, wall_clock.now());
    // Its ordinary life ended a week ago; its authority was not there yet when it began.
    Leaf expired = area.device(credential, {wall_clock.now().ms - 14 * 24 * 3'600'000LL});
    Leaf stranger = other.device(credential, wall_clock.now());
};

TestPki::TestPki() : parts_(std::make_unique<Parts>()) {}
TestPki::~TestPki() = default;

sync::SharedTls TestPki::hub() const
{
    return shared(crypto::hub_tls_context({parts_->hub.chain, parts_->hub.key}, parts_->area.root.certificate(),
                                          wall_clock));
}
sync::SharedTls TestPki::device() const
{
    return shared(crypto::device_tls_context({parts_->device.chain, parts_->device.key}, parts_->area.pin));
}
sync::SharedTls TestPki::enrolling_device() const
{
    return shared(crypto::enrolment_tls_context(parts_->area.pin));
}
sync::SharedTls TestPki::expired_device() const
{
    return shared(crypto::device_tls_context({parts_->expired.chain, parts_->expired.key}, parts_->area.pin));
}
sync::SharedTls TestPki::device_of_another_area() const
{
    return shared(crypto::device_tls_context({parts_->stranger.chain, parts_->stranger.key}, parts_->area.pin));
}
sync::SharedTls TestPki::device_without_certificate() const
{
    // Not one of ours: no context of ours would try.
    auto* const context = SSL_CTX_new(TLS_client_method());
    Bytes offer{static_cast<std::uint8_t>(crypto::alpn_sync.size())};
    offer.insert(offer.end(), crypto::alpn_sync.begin(), crypto::alpn_sync.end());
    SSL_CTX_set_alpn_protos(context, offer.data(), static_cast<unsigned>(offer.size()));
    return std::make_shared<const crypto::TlsContext>(context);
}
sync::SharedTls TestPki::device_that_trusts_another_hub() const
{
    return shared(crypto::device_tls_context({parts_->device.chain, parts_->device.key}, parts_->other.pin));
}
const Bytes& TestPki::device_der() const
{
    return parts_->device.chain.front();
}
const Bytes& TestPki::hub_der() const
{
    return parts_->hub.chain.front();
}
const CredentialId& TestPki::credential() const
{
    return parts_->credential;
}

}  // namespace satchel::test
