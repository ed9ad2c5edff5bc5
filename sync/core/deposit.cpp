#include "sync/core/deposit.hpp"

#include <algorithm>

namespace satchel::sync {
namespace {

constexpr std::uint8_t format = 1;

}  // namespace

Bytes encode_deposit(const SealedChangeset& work)
{
    Bytes bytes;
    std::size_t size = work.header.size() + 64;
    for (const auto& change : work.changes)
        size += change.size() + 4;
    bytes.reserve(size);
    Writer out(bytes);
    out.u8(format);
    out.bytes(work.header);
    out.var(work.changes.size());
    for (const auto& change : work.changes)
        out.bytes(change);
    out.raw(work.secret);
    out.raw(work.blind);
    return bytes;
}

Result<SealedChangeset> decode_deposit(ByteView bytes)
{
    const auto copied = [](ByteView view) { return Bytes(view.begin(), view.end()); };
    Reader in(bytes);
    SealedChangeset out;
    if (in.u8() != format)
        return fail(Errc::malformed, "deposited work");
    out.header = copied(in.bytes(schema::changeset_bytes_max));
    out.changes.resize(in.count(schema::changes_per_changeset_max));
    for (auto& change : out.changes)
        change = copied(in.bytes(schema::changeset_bytes_max));
    const auto secret = in.raw(out.secret.size());
    const auto blind = in.raw(out.blind.size());
    if (!in.at_end())
        return fail(Errc::malformed, "deposited work");
    std::copy(secret.begin(), secret.end(), out.secret.begin());
    std::copy(blind.begin(), blind.end(), out.blind.begin());
    return out;
}

Bytes deposit_context(const Digest& digest)
{
    Bytes bytes;
    Writer out(bytes);
    out.str("satchel deposit/1");
    out.raw(digest);
    return bytes;
}

}  // namespace satchel::sync
