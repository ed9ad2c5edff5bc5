#include "sync/core/state.hpp"

#include <algorithm>

namespace satchel::sync {
namespace {

constexpr std::size_t name_max = 256;
constexpr std::size_t words_max = 4096;
constexpr std::size_t list_max = 1u << 20;

bool get_flag(Reader& in)
{
    const auto flag = in.u8();
    if (flag > 1)
        in.set_failed();
    return flag == 1;
}

void put(Writer& out, const Source& s)
{
    out.raw(s.changeset.view());
    out.raw(s.author.view());
    out.str(s.agency);
    out.str(s.role);
}
Source get_source(Reader& in)
{
    Source s;
    s.changeset = read_id<ChangesetId>(in);
    s.author = read_id<CredentialId>(in);
    s.agency = in.str(name_max);
    s.role = in.str(name_max);
    return s;
}

void put(Writer& out, const Version& v)
{
    out.raw(v.id.view());
    schema::encode(out, v.values);
    put(out, v.source);
}
Version get_version(Reader& in)
{
    Version v;
    v.id = read_id<VersionId>(in);
    v.values = schema::decode_field_values(in);
    v.source = get_source(in);
    return v;
}

// A group without a value is common: one byte says so.
void put_optional(Writer& out, const Version& v)
{
    out.u8(v.id.empty() ? 0 : 1);
    if (!v.id.empty())
        put(out, v);
}
Version get_optional_version(Reader& in)
{
    if (!get_flag(in))
        return {};
    auto version = get_version(in);
    if (version.id.empty())
        in.set_failed();
    return version;
}

void put(Writer& out, const std::vector<VersionId>& ids)
{
    out.var(ids.size());
    for (const auto& id : ids)
        out.raw(id.view());
}
std::vector<VersionId> get_ids(Reader& in)
{
    std::vector<VersionId> ids(in.count(list_max, 16));
    for (auto& id : ids)
        id = read_id<VersionId>(in);
    return ids;
}

void put(Writer& out, const OpenItem& item)
{
    out.u8(static_cast<std::uint8_t>(item.kind));
    put(out, item.side);
    out.raw(item.base.view());
    out.str(item.decided_by);
    out.str(item.rule);
    out.u8(static_cast<std::uint8_t>((item.removes ? 1 : 0) | (item.around_handover ? 2 : 0) |
                                     (item.protective ? 4 : 0) | (item.stands ? 8 : 0) | (item.adds ? 16 : 0)));
    put(out, item.targets);
    put_optional(out, item.proposed);
    out.u8(static_cast<std::uint8_t>(item.proposed_how));
}
OpenItem get_item(Reader& in)
{
    OpenItem item;
    const auto kind = in.u8();
    item.kind = static_cast<OpenItem::Kind>(kind);
    item.side = get_version(in);
    item.base = read_id<VersionId>(in);
    item.decided_by = in.str(name_max);
    item.rule = in.str(name_max);
    const auto flags = in.u8();
    item.removes = flags & 1;
    item.around_handover = flags & 2;
    item.protective = flags & 4;
    item.stands = flags & 8;
    item.adds = flags & 16;
    item.targets = get_ids(in);
    item.proposed = get_optional_version(in);
    const auto how = in.u8();
    item.proposed_how = static_cast<schema::Resolution>(how);
    if (kind < 1 || kind > 2 || flags > 31 || how > static_cast<std::uint8_t>(schema::Resolution::escalate))
        in.set_failed();
    return item;
}

void put(Writer& out, const GroupState& g)
{
    out.u32(static_cast<std::uint32_t>(g.id));
    put_optional(out, g.current);
    put_optional(out, g.previous);
    put(out, g.agreed);
    out.var(g.elements.size());
    for (const auto& e : g.elements)
        put(out, e);
    out.var(g.open.size());
    for (const auto& item : g.open)
        put(out, item);
    out.u8(static_cast<std::uint8_t>((g.voided ? 1 : 0) | (g.founding ? 2 : 0)));
}
GroupState get_group(Reader& in)
{
    GroupState g;
    g.id = schema::GroupId{in.u32()};
    g.current = get_optional_version(in);
    g.previous = get_optional_version(in);
    g.agreed = get_ids(in);
    const auto elements = in.count(list_max, 40);
    for (std::size_t i = 0; i < elements && in.ok(); ++i)
        g.elements.push_back(get_version(in));
    const auto open = in.count(list_max, 40);
    for (std::size_t i = 0; i < open && in.ok(); ++i)
        g.open.push_back(get_item(in));
    const auto flags = in.u8();
    g.voided = flags & 1;
    g.founding = flags & 2;
    if (flags > 3)
        in.set_failed();
    return g;
}

}  // namespace

const GroupState* RecordState::group(schema::GroupId group_id) const noexcept
{
    const auto at = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.id == group_id; });
    return at == groups.end() ? nullptr : &*at;
}

GroupState& RecordState::group_for(schema::GroupId group_id)
{
    // Kept in id order, so that the order in which groups were first written leaves no trace in the bytes.
    const auto at = std::lower_bound(groups.begin(), groups.end(), group_id,
                                     [](const GroupState& g, schema::GroupId wanted) { return g.id < wanted; });
    if (at != groups.end() && at->id == group_id)
        return *at;
    GroupState fresh;
    fresh.id = group_id;
    return *groups.insert(at, std::move(fresh));
}

const RecordState* CaseState::record(RecordId record_id) const noexcept
{
    const auto at = records.find(record_id);
    return at == records.end() ? nullptr : &at->second;
}

std::string_view CaseState::fact(std::string_view name) const noexcept
{
    const auto at = facts.find(name);
    return at == facts.end() ? std::string_view() : std::string_view(at->second);
}

Bytes encode(const RecordState& r)
{
    Bytes bytes;
    bytes.reserve(512);
    Writer out(bytes);
    out.u8(1);
    out.raw(r.id.view());
    out.u32(static_cast<std::uint32_t>(r.type));
    put(out, r.created);
    out.raw(r.withdrawn.view());
    put(out, r.stale);
    out.var(r.outside.size());
    for (const auto& rule : r.outside)
        out.str(rule);
    out.u8(r.late ? 1 : 0);
    out.var(r.links.size());
    for (const auto& link : r.links) {
        out.raw(link.other.view());
        out.str(link.rule);
        out.u8(link.discrepancy ? 1 : 0);
    }
    out.var(r.groups.size());
    for (const auto& g : r.groups)
        put(out, g);
    return bytes;
}

Result<RecordState> decode_record_state(ByteView bytes)
{
    Reader in(bytes);
    RecordState r;
    if (in.u8() != 1)
        return fail(Errc::corrupt, "record state format");
    r.id = read_id<RecordId>(in);
    r.type = schema::TypeId{in.u32()};
    r.created = get_source(in);
    r.withdrawn = read_id<VersionId>(in);
    r.stale = get_ids(in);
    const auto outside = in.count(list_max);
    for (std::size_t i = 0; i < outside && in.ok(); ++i)
        r.outside.emplace_back(in.str(name_max));
    r.late = get_flag(in);
    const auto links = in.count(list_max, 18);
    for (std::size_t i = 0; i < links && in.ok(); ++i) {
        RecordLink link;
        link.other = read_id<RecordId>(in);
        link.rule = in.str(name_max);
        link.discrepancy = get_flag(in);
        r.links.push_back(std::move(link));
    }
    const auto groups = in.count(list_max, 9);
    for (std::size_t i = 0; i < groups && in.ok(); ++i) {
        auto group = get_group(in);
        if (!r.groups.empty() && !(r.groups.back().id < group.id))
            in.set_failed();
        r.groups.push_back(std::move(group));
    }
    if (!in.at_end())
        return fail(Errc::corrupt, "record state");
    return r;
}

Bytes encode(const Task& t)
{
    Bytes bytes;
    Writer out(bytes);
    out.u8(1);
    out.raw(t.id.view());
    out.str(t.rule);
    out.str(t.role);
    out.str(t.words);
    out.raw(t.record.view());
    out.u32(static_cast<std::uint32_t>(t.type));
    out.u32(static_cast<std::uint32_t>(t.group));
    out.raw(t.cause.view());
    out.str(t.paragraph);
    out.u8(t.safety ? 1 : 0);
    out.u32(static_cast<std::uint32_t>(t.due.days));
    out.u8(static_cast<std::uint8_t>(t.state));
    return bytes;
}

Result<Task> decode_task(ByteView bytes)
{
    Reader in(bytes);
    Task t;
    if (in.u8() != 1)
        return fail(Errc::corrupt, "task format");
    t.id = read_id<TaskId>(in);
    t.rule = in.str(name_max);
    t.role = in.str(name_max);
    t.words = in.str(words_max);
    t.record = read_id<RecordId>(in);
    t.type = schema::TypeId{in.u32()};
    t.group = schema::GroupId{in.u32()};
    t.cause = read_id<VersionId>(in);
    t.paragraph = in.str(name_max);
    t.safety = get_flag(in);
    t.due.days = static_cast<std::int32_t>(in.u32());
    const auto state = in.u8();
    t.state = static_cast<Task::State>(state);
    if (!in.at_end() || state < 1 || state > 4)
        return fail(Errc::corrupt, "task");
    return t;
}

namespace {

// What an allocation takes beside its bytes.
constexpr std::size_t each_allocation = 16;

std::size_t held_by(const std::string& text) noexcept
{
    constexpr std::size_t inside = 15;  // as many fit into the string itself
    return text.capacity() > inside ? text.capacity() + each_allocation : 0;
}

std::size_t held_by(const schema::FieldValues& values) noexcept
{
    std::size_t out = values.empty() ? 0 : values.capacity() * sizeof(schema::FieldValue) + each_allocation;
    for (const auto& one : values) {
        if (const auto* text = std::get_if<std::string>(&one.value))
            out += held_by(*text);
        else if (const auto* opaque = std::get_if<schema::Opaque>(&one.value))
            out += opaque->bytes.capacity();
    }
    return out;
}

std::size_t held_by(const Version& version) noexcept
{
    return held_by(version.values) + held_by(version.source.agency) + held_by(version.source.role);
}

template <class Thing>
std::size_t room_of(const std::vector<Thing>& things) noexcept
{
    return things.capacity() == 0 ? 0 : things.capacity() * sizeof(Thing) + each_allocation;
}

}  // namespace

std::size_t memory_of(const RecordState& record) noexcept
{
    auto out = sizeof record + held_by(record.created.agency) + held_by(record.created.role) + room_of(record.groups) +
               room_of(record.stale) + room_of(record.outside) + room_of(record.links);
    for (const auto& group : record.groups) {
        out += held_by(group.current) + held_by(group.previous) + room_of(group.agreed) + room_of(group.elements) + room_of(group.open);
        for (const auto& element : group.elements)
            out += held_by(element);
        for (const auto& item : group.open)
            out += held_by(item.side) + held_by(item.proposed) + held_by(item.decided_by) + held_by(item.rule) + room_of(item.targets);
    }
    return out;
}

std::size_t memory_of(const Task& task) noexcept
{
    return sizeof task + held_by(task.rule) + held_by(task.role) + held_by(task.words) + held_by(task.paragraph);
}

std::size_t memory_of(const Facts& facts) noexcept
{
    constexpr std::size_t links = 32;  // of a node of a tree
    std::size_t out = sizeof facts;
    for (const auto& fact : facts)
        out += links + sizeof fact + held_by(fact.first) + held_by(fact.second);
    return out;
}

}  // namespace satchel::sync
