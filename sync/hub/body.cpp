#include "sync/hub/body.hpp"

#include <cstring>

#include "crypto/hash.hpp"
#include "schema/base/mutant.hpp"
#include "schema/wire/archive_impl.hpp"

SATCHEL_WIRE_MESSAGE(satchel::sync::HubRow);
SATCHEL_WIRE_MESSAGE(satchel::sync::CaseOpened);
SATCHEL_WIRE_MESSAGE(satchel::sync::UserRow);
SATCHEL_WIRE_MESSAGE(satchel::sync::AssignmentRow);
SATCHEL_WIRE_MESSAGE(satchel::sync::CredentialRow);
SATCHEL_WIRE_MESSAGE(satchel::sync::IncarnationRow);
SATCHEL_WIRE_MESSAGE(satchel::sync::EnrolmentRow);
SATCHEL_WIRE_MESSAGE(satchel::sync::PolicyRow);
SATCHEL_WIRE_MESSAGE(satchel::sync::RemovalRow);
SATCHEL_WIRE_MESSAGE(satchel::sync::AdminNote);

namespace satchel::sync {
namespace {

constexpr std::size_t body_bytes_max = 16 * 1024 * 1024;
constexpr std::size_t changes_max = 4096;  // of unreadable work, which breaks the bound of a changeset

void write(Writer& out, const ChangesetBody& body)
{
    out.var(body.seen);
    out.bytes(body.header);
    out.var(body.changes.size());
    for (const auto& change : body.changes)
        out.bytes(change);
}

Bytes read_bytes(Reader& in)
{
    const auto bytes = in.bytes(body_bytes_max);
    return {bytes.begin(), bytes.end()};
}

ChangesetBody read_changeset(Reader& in)
{
    ChangesetBody body;
    body.seen = in.var();
    body.header = read_bytes(in);
    body.changes.resize(in.count(changes_max));
    for (auto& change : body.changes)
        change = read_bytes(in);
    return body;
}

template <class Array>
void read_array(Reader& in, Array& to)
{
    const auto raw_bytes = in.raw(to.size());
    if (raw_bytes.size() == to.size())
        std::memcpy(to.data(), raw_bytes.data(), to.size());
}

// Fixed-width integers, gathered before they are hashed: a call per column costs more than the hash.
class Columns {
public:
    void number(std::uint64_t v) noexcept
    {
        for (std::size_t i = 0; i < 8; ++i)
            bytes_[size_++] = static_cast<std::uint8_t>(v >> (8 * i));
    }
    void number(std::int64_t v) noexcept { number(static_cast<std::uint64_t>(v)); }
    [[nodiscard]] ByteView view() const noexcept { return ByteView(bytes_).first(size_); }

private:
    std::array<std::uint8_t, 128> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace

Bytes encode(const ChangesetBody& body)
{
    Bytes bytes;
    std::size_t size = body.header.size() + 32;
    for (const auto& change : body.changes)
        size += change.size() + 4;
    bytes.reserve(size);
    Writer out(bytes);
    write(out, body);
    return bytes;
}

Result<ChangesetBody> decode_changeset_body(ByteView bytes)
{
    Reader in(bytes);
    auto body = read_changeset(in);
    if (!in.at_end())
        return fail(Errc::corrupt, "an entry's changeset");
    return body;
}

Bytes encode(const HeldBody& body)
{
    Bytes bytes;
    bytes.reserve(128 + body.sealed.size());
    Writer out(bytes);
    out.str(body.why);
    write(out, body.work);
    out.u8(body.sealed_case ? 1 : 0);
    if (body.sealed_case)
        out.raw(body.sealed_case->view());
    out.bytes(body.sealed);
    return bytes;
}

Result<HeldBody> decode_held_body(ByteView bytes)
{
    Reader in(bytes);
    HeldBody body;
    body.why = in.str(64);
    body.work = read_changeset(in);
    const auto sealed = in.u8();
    if (sealed > 1)
        in.set_failed();
    if (sealed == 1)
        body.sealed_case = read_id<CaseId>(in);
    body.sealed = read_bytes(in);
    if (!in.at_end())
        return fail(Errc::corrupt, "an entry's held work");
    return body;
}

Bytes encode(const ForkBody& body)
{
    Bytes bytes;
    bytes.reserve(128 + body.push.size());
    Writer out(bytes);
    out.raw(body.incarnation.view());
    out.u64(body.sequence);
    out.raw(body.held);
    out.raw(body.offered);
    out.bytes(body.push);
    return bytes;
}

Result<ForkBody> decode_fork_body(ByteView bytes)
{
    Reader in(bytes);
    ForkBody body;
    body.incarnation = read_id<IncarnationId>(in);
    body.sequence = in.u64();
    read_array(in, body.held);
    read_array(in, body.offered);
    body.push = read_bytes(in);
    if (!in.at_end())
        return fail(Errc::corrupt, "an entry's fork");
    return body;
}

Bytes admin_body(AdminKind kind, ByteView row)
{
    Bytes bytes;
    bytes.reserve(1 + row.size());
    Writer out(bytes);
    out.u8(static_cast<std::uint8_t>(kind));
    out.raw(row);
    return bytes;
}

Result<AdminBody> decode_admin_body(ByteView bytes)
{
    if (bytes.empty() || bytes[0] < 1 || bytes[0] > static_cast<std::uint8_t>(AdminKind::agency))
        return fail(Errc::corrupt, "an administrator's entry");
    return AdminBody{static_cast<AdminKind>(bytes[0]), bytes.subspan(1)};
}

Digest entry_digest(const EntryRow& e) noexcept
{
    Columns columns;
    columns.number(raw(e.position));
    columns.number(raw(e.kind));
    columns.number(raw(e.case_no));
    columns.number(raw(e.credential_no));
    columns.number(raw(e.batch_no));
    columns.number(e.sequence);
    columns.number(std::uint64_t{e.policy_version});
    columns.number(std::uint64_t{e.rules_version});
    columns.number(raw(e.seen_position));
    columns.number(e.received_at.ms);
    columns.number(std::uint64_t{e.body.size()});
    columns.number(std::uint64_t{e.rulings.size()});
    const ByteView rulings = mutant(Mutant::rulings_unchained) ? ByteView{} : ByteView(e.rulings);
    return crypto::sha256({view("satchel entry/1"), columns.view(), e.body, rulings});
}

Bytes checkpoint_bytes(const CheckpointRow& row)
{
    Bytes bytes;
    bytes.reserve(96);
    Writer out(bytes);
    out.str("satchel checkpoint/1");
    out.i64(row.no);
    out.i64(raw(row.position));
    out.raw(row.audit);
    out.i64(row.signed_at.ms);
    return bytes;
}

Digest cursor_seal(const crypto::HmacKey& key, const CursorRow& row)
{
    Columns columns;
    columns.number(raw(row.credential_no));
    columns.number(raw(row.case_no));
    columns.number(row.cursor);
    columns.number(raw(row.position));
    columns.number(row.visible_count);
    columns.number(row.visibility);
    return key.mac({view("satchel cursor/1"), columns.view(), row.visible});
}

}  // namespace satchel::sync
