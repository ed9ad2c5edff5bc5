#include "schema/change/change.hpp"

#include <algorithm>

namespace satchel::schema {
namespace {

// One bit per optional part, so that a plain `set` costs a few bytes. Bits not listed are refused; what a newer schema
// adds is kept in the part `unknown`.
constexpr std::uint64_t part_creates = 1 << 0;
constexpr std::uint64_t part_base = 1 << 1;
constexpr std::uint64_t part_values = 1 << 2;
constexpr std::uint64_t part_targets = 1 << 3;
constexpr std::uint64_t part_resolution = 1 << 4;
constexpr std::uint64_t part_reason = 1 << 5;
constexpr std::uint64_t part_record = 1 << 6;  // absent where the record id is derived from the changeset
constexpr std::uint64_t part_unknown = 1 << 7;
constexpr std::uint64_t part_confirmed = 1 << 8;
constexpr std::uint64_t parts_known = (1 << 9) - 1;

constexpr std::uint64_t header_event = 1 << 0;
constexpr std::uint64_t header_basis = 1 << 1;
constexpr std::uint64_t header_was = 1 << 2;

constexpr std::size_t name_bytes_max = 128;

}  // namespace

void encode(Writer& out, const Header& h)
{
    out.u8(h.format);
    out.raw(h.case_id.view());
    out.raw(h.author.view());
    out.str(h.hat.agency);
    out.str(h.hat.team);
    out.str(h.hat.role);
    out.i64(h.authored_at.ms);
    out.var(h.policy_version);
    std::uint64_t parts = 0;
    parts |= h.event_at.ms != 0 ? header_event : 0;
    parts |= h.basis != Basis::none || !h.basis_source.empty() ? header_basis : 0;
    parts |= h.was ? header_was : 0;
    out.var(parts);
    if (parts & header_event)
        out.i64(h.event_at.ms);
    if (parts & header_basis) {
        out.u8(static_cast<std::uint8_t>(h.basis));
        out.str(h.basis_source);
    }
    if (h.was)
        out.raw(h.was->view());
}

Result<Header> decode_header(ByteView bytes)
{
    Reader in(bytes);
    Header h;
    h.format = in.u8();
    if (in.ok() && h.format != 1)
        return fail(Errc::version_mismatch, "changeset format");
    h.case_id = read_id<CaseId>(in);
    h.author = read_id<CredentialId>(in);
    h.hat.agency = in.str(name_bytes_max);
    h.hat.team = in.str(name_bytes_max);
    h.hat.role = in.str(name_bytes_max);
    h.authored_at.ms = in.i64();
    const auto version = in.var();
    if (version > UINT32_MAX)
        in.set_failed();
    h.policy_version = static_cast<std::uint32_t>(version);
    const auto parts = in.var();
    if (parts > (header_event | header_basis | header_was))
        in.set_failed();
    if (parts & header_event) {
        h.event_at.ms = in.i64();
        if (h.event_at.ms == 0)
            in.set_failed();
    }
    if (parts & header_basis) {
        const auto basis = in.u8();
        h.basis = static_cast<Basis>(basis);
        h.basis_source = in.str(text_bytes_max);
        if (basis > static_cast<std::uint8_t>(Basis::verified) || (basis == 0 && h.basis_source.empty()))
            in.set_failed();
    }
    if (parts & header_was)
        h.was = read_id<ChangesetId>(in);
    if (!in.at_end() || !is_clean_text(h.hat.agency) || !is_clean_text(h.hat.team) ||
        !is_clean_text(h.hat.role) || !is_clean_text(h.basis_source))
        return fail(Errc::malformed, "changeset header");
    return h;
}

Bytes encode(const Change& c)
{
    Bytes bytes;
    bytes.reserve(64 + c.values.size() * 24);
    Writer out(bytes);
    out.u8(static_cast<std::uint8_t>(c.op));
    std::uint64_t parts = 0;
    parts |= c.creates ? part_creates : 0;
    parts |= !c.base.empty() ? part_base : 0;
    parts |= !c.values.empty() ? part_values : 0;
    parts |= !c.targets.empty() ? part_targets : 0;
    parts |= c.resolution != Resolution::none ? part_resolution : 0;
    parts |= !c.reason.empty() ? part_reason : 0;
    parts |= !c.record.empty() ? part_record : 0;
    parts |= !c.unknown.empty() ? part_unknown : 0;
    parts |= !c.confirmed.empty() ? part_confirmed : 0;
    out.var(parts);
    out.u32(static_cast<std::uint32_t>(c.type));
    out.u32(static_cast<std::uint32_t>(c.group));
    if (parts & part_record)
        out.raw(c.record.view());
    if (parts & part_base)
        out.raw(c.base.view());
    if (parts & part_confirmed)
        out.raw(c.confirmed.view());
    if (parts & part_values)
        encode(out, c.values);
    if (parts & part_targets) {
        out.var(c.targets.size());
        for (const auto& target : c.targets)
            out.raw(target.view());
    }
    if (parts & part_resolution)
        out.u8(static_cast<std::uint8_t>(c.resolution));
    if (parts & part_reason)
        out.str(c.reason);
    if (parts & part_unknown)
        out.bytes(c.unknown);
    return bytes;
}

Result<Change> decode_change(ByteView bytes)
{
    Reader in(bytes);
    Change c;
    const auto op = in.u8();
    if (op < 1 || op > static_cast<std::uint8_t>(Op::task))
        return fail(Errc::malformed, "unknown operation");
    c.op = static_cast<Op>(op);
    const auto parts = in.var();
    if (parts & ~parts_known)
        return fail(Errc::malformed, "unknown part of a change");
    c.creates = (parts & part_creates) != 0;
    c.type = TypeId{in.u32()};
    c.group = GroupId{in.u32()};
    if (parts & part_record)
        c.record = read_id<RecordId>(in);
    if (parts & part_base)
        c.base = read_id<VersionId>(in);
    if (parts & part_confirmed)
        c.confirmed = read_id<VersionId>(in);
    if (parts & part_values)
        c.values = decode_field_values(in);
    if (parts & part_targets) {
        const auto n = in.count(targets_per_change_max, 16);
        c.targets.reserve(n);
        for (std::size_t i = 0; i < n; ++i)
            c.targets.push_back(read_id<VersionId>(in));
    }
    if (parts & part_resolution) {
        const auto r = in.u8();
        if (r < 1 || r > static_cast<std::uint8_t>(Resolution::done))
            in.set_failed();
        c.resolution = static_cast<Resolution>(r);
    }
    if (parts & part_reason)
        c.reason = in.str(reason_bytes_max);
    if (parts & part_unknown) {
        const auto unknown = in.bytes(text_bytes_max);
        c.unknown.assign(unknown.begin(), unknown.end());
    }
    const bool empty_part = ((parts & part_base) && c.base.empty()) ||
                            ((parts & part_confirmed) && c.confirmed.empty()) ||
                            ((parts & part_record) && c.record.empty()) ||
                            ((parts & part_values) && c.values.empty()) ||
                            ((parts & part_targets) && c.targets.empty()) ||
                            ((parts & part_reason) && c.reason.empty()) ||
                            ((parts & part_unknown) && c.unknown.empty());
    if (!in.at_end() || empty_part || !is_clean_text(c.reason))
        return fail(Errc::malformed, "change");
    return c;
}

}  // namespace satchel::schema
