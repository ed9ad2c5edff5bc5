#include "sync/hub/keys.hpp"

#include <algorithm>

namespace satchel::sync {
namespace {

constexpr std::uint8_t format = 1;
constexpr std::size_t item_bytes_max = 64 * 1024;
constexpr std::size_t agencies_max = 256;

// Gathers secrets without leaving copies behind.
class SecretWriter {
public:
    ~SecretWriter() { crypto::cleanse(bytes_); }
    void bytes(ByteView v)
    {
        Bytes grown;
        grown.reserve(bytes_.size() + v.size() + 10);
        grown = bytes_;
        Writer out(grown);
        out.bytes(v);
        crypto::cleanse(bytes_);
        bytes_ = std::move(grown);
    }
    void secret(const crypto::SecretBytes& v) { bytes(v.reveal()); }
    void str(std::string_view v) { bytes(view(v)); }
    [[nodiscard]] crypto::SecretBytes take() const { return crypto::SecretBytes::copy_of(bytes_); }

private:
    Bytes bytes_;
};

Result<crypto::SecretBytes> read_secret(Reader& in)
{
    const auto bytes = in.bytes(item_bytes_max);
    if (!in.ok())
        return fail(Errc::malformed, "the hub's keys");
    return crypto::SecretBytes::copy_of(bytes);
}

Result<Bytes> read_bytes(Reader& in)
{
    const auto bytes = in.bytes(item_bytes_max);
    if (!in.ok())
        return fail(Errc::malformed, "the hub's keys");
    return Bytes(bytes.begin(), bytes.end());
}

Result<crypto::SigningKey> read_signing_key(Reader& in)
{
    SATCHEL_TRY(const auto seed, read_secret(in));
    return crypto::SigningKey::from_seed(seed.reveal());
}

Result<crypto::IssuingAuthority> read_authority(Reader& in)
{
    SATCHEL_TRY(const auto certificate, read_bytes(in));
    SATCHEL_TRY(const auto key, read_secret(in));
    return crypto::IssuingAuthority::load(certificate, key);
}

// Two with one label would stand for each other: certificates name an agency by it alone.
Result<std::vector<std::string>> agency_labels(const std::vector<std::string>& agencies)
{
    std::vector<std::string> out;
    for (const auto& name : agencies) {
        SATCHEL_TRY(auto label, crypto::label_of(name));
        if (const auto at = std::find(out.begin(), out.end(), label); at != out.end())
            return fail(Errc::invalid_argument, "the agencies \"" + agencies[static_cast<std::size_t>(at - out.begin())] +
                                                    "\" and \"" + name + "\" would both be \"" + label +
                                                    "\" in certificates: rename one");
        out.push_back(std::move(label));
    }
    return out;
}

}  // namespace

const AgencyKeys* HubKeys::agency(std::string_view name) const noexcept
{
    const auto at = std::find_if(agencies.begin(), agencies.end(), [&](const auto& a) { return a.agency == name; });
    return at == agencies.end() ? nullptr : &*at;
}

crypto::SigningKey HubKeys::operator_key(const CredentialId& credential) const
{
    crypto::SecretBytes seed(32);
    crypto::hkdf_sha256(operator_seed.reveal(), credential.view(), view("satchel hub operator/1"), seed.writable());
    auto key = crypto::SigningKey::from_seed(seed.reveal());
    SATCHEL_CHECK(key.has_value());
    return *std::move(key);
}

crypto::TlsIdentity HubKeys::tls_identity() const
{
    return {{server_certificate, hub_authority.certificate(), root.certificate()}, server_key};
}

Result<HubKeys> make_hub_keys(const std::vector<std::string>& agencies, std::string_view area, Instant now,
                              Random& random)
{
    SATCHEL_TRY(const auto area_label, crypto::label_of(area));
    SATCHEL_TRY(const auto labels, agency_labels(agencies));
    SATCHEL_TRY(auto root, crypto::RootAuthority::create(area_label, now, random));
    SATCHEL_TRY(auto hub_authority, root.issue_hub_authority(now, random));
    auto server_key = crypto::CertificateKey::generate(random);
    SATCHEL_TRY(auto server_certificate, hub_authority.issue_hub(server_key, now, random));
    std::vector<AgencyKeys> keys;
    for (std::size_t i = 0; i < agencies.size(); ++i) {
        SATCHEL_TRY(auto authority, root.issue_agency(labels[i], now, random));
        keys.push_back({agencies[i], crypto::SigningKey::generate(random), std::move(authority)});
    }
    std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.agency < b.agency; });
    return HubKeys{crypto::SigningKey::generate(random),
                   crypto::SecretBytes::random(random, 32),
                   crypto::SecretBytes::random(random, 32),
                   crypto::SealingKey::generate(random),
                   std::move(keys),
                   std::move(root),
                   std::move(hub_authority),
                   std::move(server_key),
                   std::move(server_certificate)};
}

crypto::SecretBytes encode(const HubKeys& keys)
{
    SecretWriter out;
    out.bytes(ByteView{&format, 1});
    out.secret(keys.receipt.seed());
    out.secret(keys.operator_seed);
    out.secret(keys.cursor_key);
    out.secret(keys.deposit.seed());
    out.bytes(keys.root.certificate());
    out.secret(keys.root.key());
    out.bytes(keys.hub_authority.certificate());
    out.secret(keys.hub_authority.key());
    out.secret(keys.server_key.der());
    out.bytes(keys.server_certificate);
    for (const auto& agency : keys.agencies) {
        out.str(agency.agency);
        out.secret(agency.registry.seed());
        out.bytes(agency.authority.certificate());
        out.secret(agency.authority.key());
    }
    return out.take();
}

Result<HubKeys> decode_hub_keys(const crypto::SecretBytes& bytes)
{
    Reader in(bytes.reveal());
    const auto version = in.bytes(1);
    if (version.size() != 1)
        return fail(Errc::malformed, "the hub's keys");
    if (version[0] != format)
        return fail(Errc::version_mismatch, "the hub's keys were written by another version of the program");
    SATCHEL_TRY(auto receipt, read_signing_key(in));
    SATCHEL_TRY(auto operator_seed, read_secret(in));
    SATCHEL_TRY(auto cursor_key, read_secret(in));
    SATCHEL_TRY(const auto deposit_seed, read_secret(in));
    SATCHEL_TRY(auto deposit, crypto::SealingKey::from_seed(deposit_seed.reveal()));
    SATCHEL_TRY(const auto root_certificate, read_bytes(in));
    SATCHEL_TRY(const auto root_key, read_secret(in));
    SATCHEL_TRY(auto root, crypto::RootAuthority::load(root_certificate, root_key));
    SATCHEL_TRY(auto hub_authority, read_authority(in));
    SATCHEL_TRY(const auto server_key_der, read_secret(in));
    SATCHEL_TRY(auto server_key, crypto::CertificateKey::from_der(server_key_der));
    SATCHEL_TRY(auto server_certificate, read_bytes(in));
    std::vector<AgencyKeys> agencies;
    while (in.ok() && !in.at_end()) {
        if (agencies.size() == agencies_max)
            return fail(Errc::malformed, "the hub's keys");
        SATCHEL_TRY(const auto name, read_bytes(in));
        SATCHEL_TRY(auto registry, read_signing_key(in));
        SATCHEL_TRY(auto authority, read_authority(in));
        agencies.push_back({std::string(text(name)), std::move(registry), std::move(authority)});
    }
    return HubKeys{std::move(receipt),    std::move(operator_seed), std::move(cursor_key),
                   std::move(deposit),    std::move(agencies),      std::move(root),
                   std::move(hub_authority), std::move(server_key), std::move(server_certificate)};
}

}  // namespace satchel::sync
