#include "sync/core/proof.hpp"

#include "schema/base/mutant.hpp"
#include "schema/policy/rule_names.hpp"

#include <algorithm>
#include <cstring>

namespace satchel::sync {
namespace {

constexpr std::ptrdiff_t singleton_mark = 6;  // where the ids of other records have their time

Digest derive(ByteView from, char purpose, std::uint64_t index) noexcept
{
    std::array<std::uint8_t, 41> in;
    SATCHEL_CHECK(from.size() <= 32);
    std::memcpy(in.data(), from.data(), from.size());
    const auto n = from.size();
    in[n] = static_cast<std::uint8_t>(purpose);
    for (std::size_t i = 0; i < 8; ++i)
        in[n + 1 + i] = static_cast<std::uint8_t>(index >> (8 * i));
    return crypto::sha256(ByteView(in).first(n + 9));
}

void update_u64(crypto::Sha256& hash, std::uint64_t v) noexcept
{
    std::array<std::uint8_t, 8> b;
    for (auto& byte : b) {
        byte = static_cast<std::uint8_t>(v);
        v >>= 8;
    }
    hash.update(ByteView(b));
}

Digest tagged(std::string_view tag, ByteView a, std::string_view b, std::string_view c, std::uint64_t n) noexcept
{
    crypto::Sha256 hash;
    hash.update(view(tag)).update(a);
    for (const auto part : {b, c}) {
        update_u64(hash, part.size());
        hash.update(view(part));
    }
    update_u64(hash, n);
    return hash.finish();
}

}  // namespace

ChangesetSecret changeset_secret(const crypto::HmacKey& salt_key, std::uint64_t sequence) noexcept
{
    std::array<std::uint8_t, 8> in;
    for (std::size_t i = 0; i < 8; ++i)
        in[i] = static_cast<std::uint8_t>(sequence >> (8 * i));
    const auto mac = salt_key.mac(ByteView(in));
    ChangesetSecret out;
    std::memcpy(out.data(), mac.data(), out.size());
    return out;
}

ChangesetId changeset_id(const Digest& digest) noexcept { return id_from<ChangesetId>(derive(digest, 'c', 0)); }

VersionId version_id(const Digest& digest, std::size_t change_index) noexcept
{
    return id_from<VersionId>(derive(digest, 'v', change_index));
}

RecordId created_record_id(const Digest& digest, Instant authored_at) noexcept
{
    RecordId id = id_from<RecordId>(derive(digest, 'r', 0));
    const auto ms = static_cast<std::uint64_t>(authored_at.ms);
    for (std::size_t i = 0; i < 6; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
    return id;
}

RecordId singleton_record_id(const CaseId& case_id, schema::TypeId type) noexcept
{
    auto id = id_from<RecordId>(
        tagged("satchel/singleton/1", case_id.view(), {}, {}, static_cast<std::uint64_t>(type)));
    std::fill_n(id.bytes.begin(), singleton_mark, std::uint8_t{0xff});
    return id;
}

bool is_singleton_id(const RecordId& record) noexcept
{
    return std::all_of(record.bytes.begin(), record.bytes.begin() + singleton_mark,
                       [](std::uint8_t b) { return b == 0xff; });
}

VersionId effect_version_id(const VersionId& cause, std::string_view rule, std::size_t index) noexcept
{
    return id_from<VersionId>(tagged("satchel/effect-version/1", cause.view(), rule, {}, index));
}

VersionId merged_version_id(const VersionId& change) noexcept
{
    return effect_version_id(change, schema::rule_names::text_merged, 0);
}

RecordId effect_record_id(const VersionId& cause, std::string_view rule) noexcept
{
    return id_from<RecordId>(tagged("satchel/effect-record/1", cause.view(), rule, {}, 0));
}

TaskId task_id(const VersionId& cause, std::string_view rule, std::string_view role) noexcept
{
    return id_from<TaskId>(tagged("satchel/task/1", cause.view(), rule, role, 0));
}

Digest link_blind(const ChangesetSecret& secret, const schema::Link& link) noexcept
{
    crypto::Sha256 hash;
    hash.update(view("satchel/link/1")).update(ByteView(secret)).update(link.incarnation.view());
    update_u64(hash, link.sequence);
    if (!mutant(Mutant::previous_unsigned))
        hash.update(ByteView(link.previous));
    update_u64(hash, link.seen);
    return hash.finish();
}

Digest changeset_digest(const SealedChangeset& sealed) noexcept
{
    crypto::Sha256 content;
    content.update(view("satchel/content/1"));
    update_u64(content, sealed.header.size());
    content.update(ByteView(sealed.header));
    for (std::size_t i = 0; i < sealed.changes.size(); ++i) {
        const auto salt = derive(sealed.secret, 's', i);
        const auto leaf = crypto::sha256({ByteView(salt).first(16), ByteView(sealed.changes[i])});
        content.update(ByteView(leaf));
    }
    const auto content_digest = content.finish();
    return crypto::sha256({view("satchel/changeset/1"), ByteView(content_digest), ByteView(sealed.blind)});
}

Result<SealedChangeset> seal(const schema::Changeset& changeset, const ChangesetSecret& secret)
{
    if (changeset.changes.empty() || changeset.changes.size() > schema::changes_per_changeset_max)
        return fail(Errc::too_large, "a changeset holds 1 to 32 changes");
    SealedChangeset out;
    Writer header(out.header);
    schema::encode(header, changeset.header);
    // With room for `was`: what was saved must fit when it is written again, or all that comes after it waits for ever.
    std::size_t size = out.header.size() + (changeset.header.was ? 0 : sizeof(ChangesetId));
    for (const auto& change : changeset.changes) {
        if (change.values.size() > schema::values_stated_max)
            return fail(Errc::too_large, "a change states at most 31 values");
        out.changes.push_back(schema::encode(change));
        size += out.changes.back().size();
        // What is signed must decode again: a bound broken here would strand the change at the hub's door.
        SATCHEL_TRYV(schema::decode_change(out.changes.back()));
    }
    if (size > schema::changeset_bytes_max)
        return fail(Errc::too_large, "a changeset holds at most 256 KiB");
    SATCHEL_TRYV(schema::decode_header(out.header));
    out.secret = secret;
    out.blind = link_blind(secret, changeset.link);
    return out;
}

Result<OpenedChangeset> open(const SealedChangeset& sealed)
{
    return open(sealed.header, sealed.changes, changeset_digest(sealed));
}

Result<OpenedChangeset> open(ByteView header, std::span<const Bytes> changes, const Digest& digest)
{
    OpenedChangeset out;
    SATCHEL_TRY(out.header, schema::decode_header(header));
    if (changes.empty() || changes.size() > schema::changes_per_changeset_max)
        return fail(Errc::malformed, "a changeset holds 1 to 32 changes");
    out.digest = digest;
    out.id = changeset_id(out.digest);
    out.changes.reserve(changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
        SATCHEL_TRY(auto change, schema::decode_change(changes[i]));
        if (change.creates && change.record.empty())
            change.record = created_record_id(out.digest, out.header.authored_at);
        out.changes.push_back(std::move(change));
        out.versions.push_back(version_id(out.digest, i));
    }
    return out;
}

}  // namespace satchel::sync
