#include "sync/hub/keys.hpp"

#include <algorithm>
#include <mutex>

#include "sync/core/messages.hpp"

namespace satchel::sync {
namespace {

constexpr std::uint8_t format = 1;
constexpr std::size_t item_bytes_max = 64 * 1024;

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
Result<std::vector<std::string>> labels_of(const std::vector<std::string>& agencies)
{
    std::vector<std::string> out;
    if (agencies.size() > agencies_max)
        return fail(Errc::too_large, "agencies of an area");
    for (const auto& name : agencies) {
        SATCHEL_TRY(auto label, crypto::label_of(name));
        if (label == "hub")
            return fail(Errc::invalid_argument, "an agency cannot be called \"" + name + "\": certificates name the hub so");
        if (const auto at = std::find(out.begin(), out.end(), label); at != out.end())
            return fail(Errc::invalid_argument, "the agencies \"" + agencies[static_cast<std::size_t>(at - out.begin())] +
                                                    "\" and \"" + name + "\" would both be \"" + label +
                                                    "\" in certificates: rename one");
        out.push_back(std::move(label));
    }
    return out;
}

}  // namespace

const AgencyKeys* AgencyRing::find(std::string_view name) const noexcept
{
    const std::shared_lock lock(inside_->mutex);
    const auto& keys = inside_->keys;
    const auto at = std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return one.agency == name; });
    return at == keys.end() ? nullptr : &*at;
}

std::vector<const AgencyKeys*> AgencyRing::all() const
{
    const std::shared_lock lock(inside_->mutex);
    std::vector<const AgencyKeys*> out;
    for (const auto& one : inside_->keys)
        out.push_back(&one);
    return out;
}

void AgencyRing::add(AgencyKeys keys)
{
    SATCHEL_CHECK(!find(keys.agency));
    const std::lock_guard lock(inside_->mutex);
    inside_->keys.push_back(std::move(keys));
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
    SATCHEL_TRY(const auto labels, labels_of(agencies));
    SATCHEL_TRY(auto root, crypto::RootAuthority::create(area_label, now, random));
    SATCHEL_TRY(auto hub_authority, root.issue_hub_authority(now, random));
    auto server_key = crypto::CertificateKey::generate(random);
    SATCHEL_TRY(auto server_certificate, hub_authority.issue_hub(server_key, now, random));
    AgencyRing keys;
    for (std::size_t i = 0; i < agencies.size(); ++i) {
        SATCHEL_TRY(auto authority, root.issue_agency(labels[i], now, random));
        keys.add({agencies[i], crypto::SigningKey::generate(random), std::move(authority)});
    }
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

Result<std::vector<std::string>> agencies_without_keys(const std::vector<std::string>& agencies, const HubKeys& keys)
{
    std::vector<std::string> all, out;
    for (const auto* one : keys.agencies.all())
        all.push_back(one->agency);
    for (const auto& name : agencies)
        if (!keys.agency(name))
            out.push_back(name);
    all.insert(all.end(), out.begin(), out.end());
    SATCHEL_TRYV(labels_of(all));
    return out;
}

Result<AgencyKeys> make_agency_keys(const std::string& agency, const HubKeys& keys, Instant now, Random& random)
{
    SATCHEL_TRY(const auto label, crypto::label_of(agency));
    auto authority = keys.root.issue_agency(label, now, random);
    if (!authority)
        return fail(authority.error().code, "the area's root cannot sign for the agency \"" + agency + "\": " + authority.error().detail);
    crypto::SecretBytes seed(32);
    crypto::hkdf_sha256(keys.operator_seed.reveal(), view(agency), view("satchel agency registry/1"), seed.writable());
    SATCHEL_TRY(auto registry, crypto::SigningKey::from_seed(seed.reveal()));
    return AgencyKeys{agency, std::move(registry), *std::move(authority)};
}

crypto::SecretBytes encode(const HubKeys& keys, std::span<const AgencyKeys> added)
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
    const auto write = [&](const AgencyKeys& agency) {
        out.str(agency.agency);
        out.secret(agency.registry.seed());
        out.bytes(agency.authority.certificate());
        out.secret(agency.authority.key());
    };
    for (const auto* agency : keys.agencies.all())
        write(*agency);
    std::for_each(added.begin(), added.end(), write);
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
    AgencyRing agencies;
    for (std::size_t n = 0; in.ok() && !in.at_end(); ++n) {
        SATCHEL_TRY(const auto name, read_bytes(in));
        if (n == agencies_max || agencies.find(text(name)))
            return fail(Errc::malformed, "the hub's keys");
        SATCHEL_TRY(auto registry, read_signing_key(in));
        SATCHEL_TRY(auto authority, read_authority(in));
        agencies.add({std::string(text(name)), std::move(registry), std::move(authority)});
    }
    return HubKeys{std::move(receipt),    std::move(operator_seed), std::move(cursor_key),
                   std::move(deposit),    std::move(agencies),      std::move(root),
                   std::move(hub_authority), std::move(server_key), std::move(server_certificate)};
}

}  // namespace satchel::sync
