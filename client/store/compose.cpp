#include "client/store/compose.hpp"

#include <algorithm>

#include "schema/base/nearest.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/core/audience.hpp"
#include "sync/core/proof.hpp"

namespace satchel::client {
namespace {

using schema::Change;
using schema::Op;

bool is_list(const schema::Group& group) noexcept
{
    return group.merge == schema::Merge::append || group.merge == schema::Merge::add_wins;
}

// What the user typed about one group.
struct GroupEdit {
    schema::FieldValues set;
    std::vector<schema::FieldValues> add;
    std::vector<VersionId> remove;
};

Result<std::pair<const schema::Group*, const schema::Field*>> find_field(const schema::RecordType& type,
                                                                         std::string_view name)
{
    if (const auto* group = type.group_of_field(name))
        return std::pair{group, group->field(name)};
    std::vector<std::string> known;
    for (const auto& group : type.groups)
        for (const auto& field : group.fields)
            known.push_back(field.name);
    return fail(Errc::unknown_name, type.name + " has no such field" + did_you_mean(name, known));
}

Result<schema::Value> value_of(const Canvas& canvas, const schema::Field& field, std::string_view text)
{
    if (field.type != schema::FieldType::version || text != "current")
        return schema::parse_field_value(field, text);
    const auto version = canvas.version_of ? canvas.version_of(field.target) : VersionId{};
    if (version.empty())
        return fail(Errc::invalid_argument, field.name + ": there is no version yet that it could name");
    return schema::Value{schema::VersionRef{version}};
}

const sync::GroupState* group_state(const sync::RecordState* record, schema::GroupId id)
{
    return record ? record->group(id) : nullptr;
}

// The elements that the user sees with this value in this field.
std::vector<VersionId> elements_with(const sync::GroupState* group, const schema::Field& field,
                                     const schema::Value& value)
{
    std::vector<VersionId> out;
    if (!group)
        return out;
    for (const auto& element : group->elements)
        if (const auto* v = schema::find(element.values, field.id); v && *v == value)
            out.push_back(element.id);
    return out;
}

Result<void> take(const Canvas& canvas, const Typed& typed, std::map<schema::GroupId, GroupEdit>& edits)
{
    if (typed.how == Typed::How::remove && typed.field.empty()) {
        SATCHEL_TRY(const auto id, parse_id<VersionId>(typed.value));
        for (const auto& group : canvas.type.groups) {
            const auto* state = group_state(canvas.shown, group.id);
            if (!state)
                continue;
            for (const auto& element : state->elements)
                if (element.id == id) {
                    edits[group.id].remove.push_back(id);
                    return {};
                }
        }
        return fail(Errc::not_found, "there is no such element in the record");
    }
    SATCHEL_TRY(const auto found, find_field(canvas.type, typed.field));
    const auto& [group, field] = found;
    SATCHEL_TRY(auto value, value_of(canvas, *field, typed.value));
    auto& edit = edits[group->id];
    switch (typed.how) {
    case Typed::How::set:
        if (is_list(*group))
            return fail(Errc::invalid_argument, field->name + " is a list: use --add or --remove");
        if (schema::find(edit.set, field->id))
            return fail(Errc::invalid_argument, field->name + " is set twice");
        schema::assign(edit.set, field->id, std::move(value));
        return {};
    case Typed::How::add:
        if (!is_list(*group))
            return fail(Errc::invalid_argument, field->name + " is not a list: use --set");
        // A field that the element has already begins the next one.
        if (edit.add.empty() || typed.begins || schema::find(edit.add.back(), field->id))
            edit.add.emplace_back();
        schema::assign(edit.add.back(), field->id, std::move(value));
        return {};
    case Typed::How::remove: {
        const auto targets = elements_with(group_state(canvas.shown, group->id), *field, value);
        if (targets.empty())
            return fail(Errc::invalid_argument, field->name + ": the list has no such element");
        edit.remove.insert(edit.remove.end(), targets.begin(), targets.end());
        return {};
    }
    }
    return {};
}

// A field may have an initial value that a new record takes when its author says nothing.
Result<void> take_initial_values(const Canvas& canvas, std::map<schema::GroupId, GroupEdit>& edits)
{
    for (const auto& group : canvas.type.groups)
        for (const auto& field : group.fields) {
            if (field.initial.empty() || is_list(group) || schema::find(edits[group.id].set, field.id))
                continue;
            SATCHEL_TRY(auto value, value_of(canvas, field, field.initial));
            schema::assign(edits[group.id].set, field.id, std::move(value));
        }
    return {};
}

Change blank(const Canvas& canvas, const schema::Group& group, Op op)
{
    Change change;
    change.op = op;
    change.type = canvas.type.id;
    change.group = group.id;
    change.reason = canvas.reason;
    change.creates = canvas.shown == nullptr;
    if (canvas.shown)
        change.record = canvas.shown->id;
    else if (canvas.type.singleton)
        change.record = sync::singleton_record_id(canvas.case_id, canvas.type.id);
    return change;
}

Result<Basis> basis_for(const Canvas& canvas, const schema::Group& group)
{
    const auto* shown = group_state(canvas.shown, group.id);
    const bool something = shown && !shown->current.id.empty();
    if (!canvas.seen || !something)
        return basis_of(shown, group_state(canvas.confirmed, group.id), canvas.self);
    if (const auto at = canvas.seen->groups.find(group.id); at != canvas.seen->groups.end())
        return at->second;
    if (canvas.seen->nothing)
        return Basis{};
    return fail(Errc::invalid_argument, "--seen names no version of " + group.name +
                                            ": give the one that `record show` printed for it too, or none");
}

Result<void> add_changes(const Canvas& canvas, const schema::Group& group, const GroupEdit& edit,
                         std::vector<Change>& out)
{
    if (!edit.set.empty()) {
        auto change = blank(canvas, group, Op::set);
        SATCHEL_TRY(auto basis, basis_for(canvas, group));
        change.base = basis.base;
        change.confirmed = basis.confirmed;
        // Whoever writes after a withdrawal that they saw writes on it.
        if (canvas.shown && !canvas.shown->withdrawn.empty() && (!canvas.seen || canvas.seen->withdrawal))
            change.base = canvas.shown->withdrawn;
        change.values = std::move(basis.values);
        for (const auto& v : edit.set)
            schema::assign(change.values, v.field, v.value);
        out.push_back(std::move(change));
    }
    for (const auto& element : edit.add) {
        auto change = blank(canvas, group, Op::add);
        change.values = element;
        out.push_back(std::move(change));
    }
    if (!edit.remove.empty()) {
        auto change = blank(canvas, group, Op::remove);
        change.targets = edit.remove;
        out.push_back(std::move(change));
    }
    return {};
}

std::size_t size_of(const Change& change)
{
    return schema::encode(change).size();
}

} // namespace

Basis basis_of(const sync::GroupState* shown, const sync::GroupState* confirmed, const CredentialId& self)
{
    Basis out;
    if (!shown)
        return out;
    out.base = shown->current.id;
    out.values = shown->current.values;
    for (const auto& item : shown->open)
        if (item.side.source.author == self && !item.removes) {
            out.base = item.side.id;
            out.values = item.side.values;
        }
    // Named only where the base is not in the record yet: the hub then knows what lay under it.
    const auto under = confirmed ? confirmed->current.id : VersionId{};
    if (out.base != under)
        out.confirmed = under;
    return out;
}

Result<Parts> compose(const Canvas& canvas, std::span<const Typed> typed)
{
    std::map<schema::GroupId, GroupEdit> edits;
    for (const auto& one : typed)
        SATCHEL_TRYV(take(canvas, one, edits));
    if (edits.empty())
        return fail(Errc::invalid_argument, "there is nothing to save: use --set, --add or --remove");
    if (!canvas.shown)
        SATCHEL_TRYV(take_initial_values(canvas, edits));

    std::vector<std::pair<std::string, std::vector<Change>>> by_audience;
    // What decides who sees the rest goes first: when the hub rules on the rest, its readers are known.
    std::vector<const schema::Group*> groups;
    for (const auto& group : canvas.type.groups)
        groups.push_back(&group);
    std::stable_partition(groups.begin(), groups.end(), [&](const schema::Group* group) {
        return sync::audience_depends_on_group(canvas.type, *group);
    });
    for (const auto* one_group : groups) {
        const auto& group = *one_group;
        const auto edit = edits.find(group.id);
        if (edit == edits.end())
            continue;
        const auto audience = sync::audience_class(group);
        auto at = std::find_if(by_audience.begin(), by_audience.end(),
                               [&](const auto& one) { return one.first == audience; });
        if (at == by_audience.end())
            at = by_audience.insert(by_audience.end(), {audience, {}});
        SATCHEL_TRYV(add_changes(canvas, group, edit->second, at->second));
    }

    Parts parts;
    for (auto& [audience, changes] : by_audience) {
        std::size_t size = 0;
        bool fresh = true;
        for (auto& change : changes) {
            const auto bytes = size_of(change);
            if (fresh || parts.back().size() == schema::changes_per_changeset_max ||
                size + bytes > schema::changeset_bytes_max - 4096) { // room for the header
                parts.emplace_back();
                size = 0;
                fresh = false;
            }
            size += bytes;
            parts.back().push_back(std::move(change));
        }
    }
    return parts;
}

Parts compose_withdrawal(const Canvas& canvas, bool wrong_person)
{
    SATCHEL_CHECK(canvas.shown && !canvas.type.groups.empty());
    auto change = blank(canvas, canvas.type.groups.front(), Op::withdraw);
    if (wrong_person)
        change.reason = "recorded on the wrong person: " + change.reason;
    return {{std::move(change)}};
}

Result<Parts> compose_resolution(const Canvas& canvas, const schema::Group& group, const sync::OpenItem& item,
                                 schema::Resolution how, std::span<const Typed> typed)
{
    SATCHEL_CHECK(canvas.shown);
    auto change = blank(canvas, group, Op::resolve);
    change.targets = {item.side.id};
    change.resolution = how;
    if (const auto* state = group_state(canvas.shown, group.id))
        change.base = state->current.id;
    if (how == schema::Resolution::amend) {
        change.values = item.side.values;
        for (const auto& one : typed) {
            const auto* field = group.field(std::string_view(one.field));
            if (!field)
                return fail(Errc::unknown_name, "the part that is decided on has no such field");
            SATCHEL_TRY(auto value, value_of(canvas, *field, one.value));
            schema::assign(change.values, field->id, std::move(value));
        }
    }
    return Parts{{std::move(change)}};
}

Parts compose_task(const sync::Task& task, schema::Resolution how, const std::string& reason)
{
    Change change;
    change.op = Op::task;
    change.type = task.type;
    change.group = task.group;
    change.targets = {VersionId{task.id.bytes}};
    change.resolution = how;
    change.reason = reason;
    return {{std::move(change)}};
}

} // namespace satchel::client
