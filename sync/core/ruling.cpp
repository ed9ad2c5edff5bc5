#include "sync/core/ruling.hpp"

namespace satchel::sync {
namespace {

bool is_about_task(Effect::Kind kind) noexcept
{
    return kind == Effect::Kind::task_opened || kind == Effect::Kind::task_closed;
}

constexpr std::size_t name_max = 256;
constexpr std::size_t words_max = 4096;

// One bit per part that is there, so that the ruling nearly every change gets costs two bytes and its rule.
constexpr std::uint64_t part_paragraph = 1 << 0;
constexpr std::uint64_t part_decided_by = 1 << 1;
constexpr std::uint64_t part_who_can = 1 << 2;
constexpr std::uint64_t part_around_handover = 1 << 3;
constexpr std::uint64_t part_protective = 1 << 4;
constexpr std::uint64_t part_stands = 1 << 5;
constexpr std::uint64_t part_outside = 1 << 6;
constexpr std::uint64_t part_amends = 1 << 7;
constexpr std::uint64_t part_instead = 1 << 8;
constexpr std::uint64_t part_returns = 1 << 9;
constexpr std::uint64_t parts_known = (1 << 10) - 1;

}  // namespace

std::string_view name(Outcome outcome) noexcept
{
    switch (outcome) {
    case Outcome::applied:
        return "applied";
    case Outcome::merged:
        return "merged";
    case Outcome::suggested:
        return "suggested";
    case Outcome::conflict:
        return "conflict";
    case Outcome::refused:
        return "refused";
    }
    return "unknown";
}

void encode(Writer& out, const Ruling& r)
{
    out.u8(static_cast<std::uint8_t>(r.outcome));
    std::uint64_t parts = 0;
    parts |= !r.paragraph.empty() ? part_paragraph : 0;
    parts |= !r.decided_by.empty() ? part_decided_by : 0;
    parts |= !r.who_can.empty() ? part_who_can : 0;
    parts |= r.around_handover ? part_around_handover : 0;
    parts |= r.protective ? part_protective : 0;
    parts |= r.stands ? part_stands : 0;
    parts |= r.outside_policy ? part_outside : 0;
    parts |= r.amends ? part_amends : 0;
    parts |= !r.instead.empty() ? part_instead : 0;
    parts |= r.returns ? part_returns : 0;
    out.var(parts);
    out.str(r.rule);
    if (parts & part_paragraph)
        out.str(r.paragraph);
    if (parts & part_decided_by)
        out.str(r.decided_by);
    if (parts & part_who_can)
        out.str(r.who_can);
    if (parts & part_amends)
        out.raw(r.amended.view());
    if (parts & part_instead)
        out.str(r.instead);
}

Ruling decode_ruling(Reader& in)
{
    Ruling r;
    const auto outcome = in.u8();
    r.outcome = static_cast<Outcome>(outcome);
    const auto parts = in.var();
    if (outcome < 1 || outcome > 5 || parts > parts_known)
        in.set_failed();
    // A part that is there says something: one ruling, one encoding.
    const auto said = [&](std::size_t max) {
        const auto words = in.str(max);
        if (words.empty())
            in.set_failed();
        return std::string(words);
    };
    r.rule = in.str(name_max);
    if (parts & part_paragraph)
        r.paragraph = said(name_max);
    if (parts & part_decided_by)
        r.decided_by = said(name_max);
    if (parts & part_who_can)
        r.who_can = said(words_max);
    r.around_handover = parts & part_around_handover;
    r.protective = parts & part_protective;
    r.stands = parts & part_stands;
    r.outside_policy = parts & part_outside;
    r.amends = parts & part_amends;
    if (r.amends)
        r.amended = read_id<VersionId>(in);
    if (parts & part_instead)
        r.instead = said(name_max);
    r.returns = parts & part_returns;
    return r;
}

Bytes encode(const std::vector<Ruling>& rulings)
{
    Bytes bytes;
    Writer out(bytes);
    out.var(rulings.size());
    for (const auto& r : rulings)
        encode(out, r);
    return bytes;
}

Result<std::vector<Ruling>> decode_rulings(ByteView bytes)
{
    Reader in(bytes);
    std::vector<Ruling> out;
    const auto n = in.count(schema::changes_per_changeset_max, 3);
    for (std::size_t i = 0; i < n && in.ok(); ++i)
        out.push_back(decode_ruling(in));
    if (!in.at_end())
        return fail(Errc::malformed, "rulings");
    return out;
}

Bytes encode(const Effect& e)
{
    Bytes bytes;
    Writer out(bytes);
    out.u8(static_cast<std::uint8_t>(e.kind));
    out.str(e.rule);
    out.str(e.paragraph);
    out.raw(e.cause.view());
    out.raw(e.record.view());
    out.raw(e.other.view());
    out.u32(static_cast<std::uint32_t>(e.type));
    out.u32(static_cast<std::uint32_t>(e.group));
    out.str(e.name);
    out.str(e.text);
    out.u8(static_cast<std::uint8_t>((e.flag ? 1 : 0) | (e.creates ? 2 : 0) | (e.element ? 4 : 0)));
    schema::encode(out, e.values);
    out.raw(e.version.view());
    out.raw(e.on_behalf.changeset.view());
    out.raw(e.on_behalf.author.view());
    out.str(e.on_behalf.agency);
    out.str(e.on_behalf.role);
    out.bytes(is_about_task(e.kind) ? encode(e.task) : Bytes{});
    return bytes;
}

Result<Effect> decode_effect(ByteView bytes)
{
    Reader in(bytes);
    Effect e;
    const auto kind = in.u8();
    e.kind = static_cast<Effect::Kind>(kind);
    e.rule = in.str(name_max);
    e.paragraph = in.str(name_max);
    e.cause = read_id<VersionId>(in);
    e.record = read_id<RecordId>(in);
    e.other = read_id<RecordId>(in);
    e.type = schema::TypeId{in.u32()};
    e.group = schema::GroupId{in.u32()};
    e.name = in.str(name_max);
    e.text = in.str(schema::text_bytes_max);  // of a fact: any value that a field holds
    const auto flags = in.u8();
    e.flag = flags & 1;
    e.creates = flags & 2;
    e.element = flags & 4;
    e.values = schema::decode_field_values(in);
    e.version = read_id<VersionId>(in);
    e.on_behalf.changeset = read_id<ChangesetId>(in);
    e.on_behalf.author = read_id<CredentialId>(in);
    e.on_behalf.agency = in.str(name_max);
    e.on_behalf.role = in.str(name_max);
    const auto task = in.bytes(2 * words_max);
    if (!in.at_end() || kind < 1 || kind > 10 || flags > 7 || task.empty() == is_about_task(e.kind))
        return fail(Errc::malformed, "effect");
    if (!task.empty()) {
        SATCHEL_TRY(e.task, decode_task(task));
    }
    return e;
}

}  // namespace satchel::sync
