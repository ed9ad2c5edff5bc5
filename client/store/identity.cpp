#include "client/store/identity.hpp"

#include <algorithm>
#include <cstring>

namespace satchel::client {
namespace {

constexpr std::uint8_t identity_format = 1;
constexpr std::uint8_t identity_with_vacant = 2; // and the roles that nobody holds, where there are any
constexpr std::uint8_t chain_format = 1;
constexpr std::size_t text_max = 4096;
constexpr std::size_t pem_max = 64 * 1024;
constexpr std::size_t list_max = 256;

template <std::size_t n> void read_into(Reader& in, std::array<std::uint8_t, n>& out)
{
    const auto raw = in.raw(n);
    if (raw.size() == n)
        std::memcpy(out.data(), raw.data(), n);
}

crypto::SecretBytes read_secret_bytes(Reader& in)
{
    return crypto::SecretBytes::copy_of(in.bytes(pem_max));
}

} // namespace

bool Identity::acts_for(const schema::Policy& policy, const std::vector<std::string>& roles) const
{
    const auto heard_by = sync::reached(policy, roles, vacant);
    const auto among = [](const std::vector<std::string>& all, const std::string& role) {
        return std::find(all.begin(), all.end(), role) != all.end();
    };
    return std::any_of(hats.begin(), hats.end(),
                       [&](const schema::Hat& hat) { return among(roles, hat.role) || among(heard_by, hat.role); });
}

bool Identity::stands_in_for(const schema::Policy& policy, const std::vector<std::string>& roles) const
{
    const bool somebody_is_there =
        std::any_of(roles.begin(), roles.end(), [&](const std::string& role) { return !vacant.contains(role); });
    return !roles.empty() && !somebody_is_there && acts_for(policy, roles);
}

Bytes encode(const Identity& identity)
{
    Bytes bytes;
    std::size_t size = 8192; // grown in one piece, so that no copy with keys in it is left behind
    for (const auto& key : identity.agency_keys)
        size += key.agency.size() + 64;
    for (const auto& role : identity.vacant)
        size += role.size() + 8;
    bytes.reserve(size);
    Writer out(bytes);
    out.u8(identity.vacant.empty() ? identity_format : identity_with_vacant);
    out.raw(identity.credential.view());
    out.raw(identity.user.view());
    out.str(identity.user_name);
    out.str(identity.device_name);
    out.str(identity.area);
    out.var(identity.hats.size());
    for (const auto& hat : identity.hats) {
        out.str(hat.agency);
        out.str(hat.team);
        out.str(hat.role);
    }
    out.bytes(identity.operation_seed.reveal());
    out.bytes(identity.tls_key.reveal());
    out.str(identity.certificate_chain);
    out.raw(identity.hub_root_hash);
    out.str(identity.hub_uri);
    out.str(identity.hub_address);
    out.raw(identity.receipt_key.view());
    out.var(identity.agency_keys.size());
    for (const auto& key : identity.agency_keys) {
        out.str(key.agency);
        out.raw(key.key.view());
    }
    out.bytes(identity.self.record);
    out.raw(identity.self.signature);
    out.str(identity.self.display_name);
    if (identity.vacant.empty())
        return bytes;
    out.var(identity.vacant.size());
    for (const auto& role : identity.vacant)
        out.str(role);
    return bytes;
}

Result<Identity> decode_identity(ByteView bytes)
{
    Reader in(bytes);
    const auto format = in.u8();
    if (format != identity_format && format != identity_with_vacant)
        return fail(Errc::version_mismatch, "identity");
    Identity out;
    out.credential = read_id<CredentialId>(in);
    out.user = read_id<UserId>(in);
    out.user_name = in.str(text_max);
    out.device_name = in.str(text_max);
    out.area = in.str(text_max);
    const auto hats = in.count(list_max, 3);
    for (std::size_t i = 0; i < hats; ++i) {
        schema::Hat hat;
        hat.agency = in.str(text_max);
        hat.team = in.str(text_max);
        hat.role = in.str(text_max);
        out.hats.push_back(std::move(hat));
    }
    out.operation_seed = read_secret_bytes(in);
    out.tls_key = read_secret_bytes(in);
    out.certificate_chain = in.str(pem_max);
    read_into(in, out.hub_root_hash);
    out.hub_uri = in.str(text_max);
    out.hub_address = in.str(text_max);
    read_into(in, out.receipt_key.bytes);
    const auto keys = in.count(sync::agencies_max, 33);
    for (std::size_t i = 0; i < keys; ++i) {
        AgencyKey key;
        key.agency = in.str(text_max);
        read_into(in, key.key.bytes);
        out.agency_keys.push_back(std::move(key));
    }
    const auto record = in.bytes(pem_max);
    out.self.record.assign(record.begin(), record.end());
    read_into(in, out.self.signature);
    out.self.display_name = in.str(text_max);
    if (format == identity_with_vacant) {
        const auto vacant = in.count(sync::vacant_max, 1);
        for (std::size_t i = 0; i < vacant; ++i) {
            const std::string role(in.str(text_max));
            if (!out.vacant.empty() && role <= *out.vacant.rbegin())
                return fail(Errc::corrupt, "identity");
            out.vacant.insert(role);
        }
        if (vacant == 0)
            return fail(Errc::corrupt, "identity");
    }
    if (!in.at_end())
        return fail(Errc::corrupt, "identity");
    return out;
}

Bytes encode(const Chain& chain)
{
    Bytes bytes;
    Writer out(bytes);
    out.u8(chain_format);
    out.u32(chain.incarnation_no);
    out.raw(chain.incarnation.view());
    out.bytes(chain.salt_key);
    out.var(chain.sequence);
    out.raw(chain.head);
    out.var(chain.received);
    out.raw(chain.audit_head);
    out.raw(chain.epoch);
    out.i64(chain.received_at.ms);
    out.i64(chain.hub_time.ms);
    return bytes;
}

Result<Chain> decode_chain(ByteView bytes)
{
    Reader in(bytes);
    if (in.u8() != chain_format)
        return fail(Errc::version_mismatch, "chain");
    Chain out;
    out.incarnation_no = in.u32();
    out.incarnation = read_id<IncarnationId>(in);
    const auto salt = in.bytes(64);
    out.salt_key.assign(salt.begin(), salt.end());
    out.sequence = in.var();
    read_into(in, out.head);
    out.received = in.var();
    read_into(in, out.audit_head);
    read_into(in, out.epoch);
    out.received_at.ms = in.i64();
    out.hub_time.ms = in.i64();
    if (!in.at_end() || out.received > out.sequence)
        return fail(Errc::corrupt, "chain");
    return out;
}

} // namespace satchel::client
