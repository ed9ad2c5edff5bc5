// Why a value is what it is, what happened to a record, and what is new.
#include <algorithm>

#include "client/app/view.hpp"
#include "schema/base/nearest.hpp"
#include "schema/change/names.hpp"

namespace satchel::client::app {
namespace {

Json ids(const std::vector<VersionId>& versions)
{
    auto out = Json::array();
    for (const auto& id : versions)
        out.push(id);
    return out;
}

// What every line says of itself; the value comes before it.
void tell(const HistoryLine& line, Json& out)
{
    const auto& ruling = line.ruling;
    out["author"] = line.author_name;
    out["agency"] = line.agency;
    out["role"] = line.role;
    out["device"] = line.device;
    out["basis"] = schema::name(line.basis, line.basis_source);
    out["event_at"] = time_or_null(line.event_at);
    out["authored_at"] = time_or_null(line.authored_at);
    out["received_at"] = time_or_null(line.received_at);
    out["ruling"] = ruling ? Json(std::string(sync::name(ruling->outcome))) : Json();
    out["forecast"] = line.pending;
    out["disposition"] = line.disposition;
    out["rule"] = ruling ? ruling->rule : std::string();
    out["paragraph"] = ruling ? ruling->paragraph : std::string();
    out["base"] = line.base.empty() ? Json() : Json(line.base);
    out["signature"] = std::string(client::name(line.proof));
    out["operation"] = std::string(schema::name(line.op));
    if (line.resolution != schema::Resolution::none)
        out["resolution"] = std::string(schema::name(line.resolution));
    if (!line.targets.empty())
        out["targets"] = ids(line.targets);
    if (!line.reason.empty())
        out["reason"] = line.reason;
}

struct RecordHistory {
    CaseId case_id;
    std::vector<HistoryLine> lines;
};

// Every line of a record, each signature checked again. A record that was refused when it was made is in nobody's
// state, but in its author's history.
Result<RecordHistory> history_of(const Desk& desk, const RecordId& record)
{
    if (const auto case_id = desk.store.case_of(record)) {
        SATCHEL_TRY(auto lines, desk.store.history(*case_id, record, /*prove=*/true));
        return RecordHistory{*case_id, std::move(lines)};
    }
    SATCHEL_TRY(const auto cases, desk.store.cases());
    for (const auto& one : cases) {
        SATCHEL_TRY(auto lines, desk.store.history(one.case_id, record, /*prove=*/true));
        if (!lines.empty())
            return RecordHistory{one.case_id, std::move(lines)};
    }
    return fail(Errc::not_found, "no such record on this device");
}

struct FieldOfGroup {
    const schema::Group& group;
    const schema::Field* field;  // null: the whole group was asked for
};

Result<FieldOfGroup> find_field(const schema::RecordType& type, const std::string& name)
{
    if (const auto* group = type.group_of_field(name))
        return FieldOfGroup{*group, group->field(std::string_view(name))};
    if (const auto* group = type.group(std::string_view(name)))
        return FieldOfGroup{*group, nullptr};
    std::vector<std::string> known;
    for (const auto& group : type.groups) {
        known.push_back(group.name);
        for (const auto& field : group.fields)
            known.push_back(field.name);
    }
    return fail(Errc::unknown_name, type.name + " has no such field" + did_you_mean(name, known));
}

Json value_in(const FieldOfGroup& where, const schema::FieldValues& values)
{
    if (!where.field)
        return value_of(where.group, values);
    const auto* value = schema::find(values, where.field->id);
    return value && !schema::is_null(*value) ? Json(text_of(*value)) : Json();
}

Json current_in(const FieldOfGroup& where, const sync::RecordState& record)
{
    const auto* state = record.group(where.group.id);
    if (!state)
        return nullptr;
    if (!is_list(where.group))
        return value_in(where, state->current.values);
    auto out = Json::array();
    for (const auto& element : state->elements)
        out.push(value_in(where, element.values));
    return out;
}

}  // namespace

Result<Answer> why(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto id, typed_id<RecordId>(request));
    SATCHEL_TRY(const auto found, history_of(desk, id));
    const auto& [case_id, lines] = found;
    const auto* type = lines.empty() ? nullptr : desk.policy().type(lines.front().type);
    if (!type)
        return fail(Errc::not_found, "no such record on this device");
    SATCHEL_TRY(const auto where, find_field(*type, in.one("field").value_or("")));
    SATCHEL_TRY(const auto record, desk.store.shown_record(case_id, id));

    auto versions = Json::array();
    for (const auto& line : lines) {
        const bool whole_record = line.op == schema::Op::withdraw;
        if (line.group != where.group.id && !whole_record)
            continue;
        auto one = Json::object(
            {{"version", line.version}, {"value", line.values.empty() ? Json() : value_in(where, line.values)}});
        tell(line, one);
        versions.push(std::move(one));
    }
    Answer answer;
    answer.body = Json::object({{"record", id},
                                {"case", case_id},
                                {"type", type->name},
                                {"field", where.field ? where.field->name : where.group.name},
                                {"current", record ? current_in(where, *record) : Json()},
                                {"versions", std::move(versions)}});
    return answer;
}

Result<Answer> record_history(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto id, typed_id<RecordId>(request));
    SATCHEL_TRY(const auto found, history_of(desk, id));
    const auto& [case_id, lines] = found;
    const auto* type = lines.empty() ? nullptr : desk.policy().type(lines.front().type);
    auto versions = Json::array();
    for (const auto& line : lines) {
        const auto* group = type ? type->group(line.group) : nullptr;
        auto one = Json::object({{"version", line.version},
                                 {"group", group ? Json(group->name) : Json()},
                                 {"fields", group ? to_json(*group, line.values) : Json::object()}});
        tell(line, one);
        versions.push(std::move(one));
    }
    Answer answer;
    answer.body = Json::object({{"record", id},
                                {"case", case_id},
                                {"type", type ? Json(type->name) : Json()},
                                {"versions", std::move(versions)}});
    return answer;
}

Result<Answer> changes(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto lines, desk.store.changes_since_last_look(/*mark=*/!request.invocation.has("keep")));
    auto list = Json::array();
    for (const auto& [case_id, line] : lines) {
        const auto* type = desk.policy().type(line.type);
        const auto* group = type ? type->group(line.group) : nullptr;
        auto one = Json::object({{"version", line.version},
                                 {"case", case_id},
                                 {"record", line.record},
                                 {"type", type ? Json(type->name) : Json()},
                                 {"title", type_title(desk.policy(), line.type)},
                                 {"group", group ? Json(group->name) : Json()},
                                 {"fields", group ? to_json(*group, line.values) : Json::object()}});
        tell(line, one);
        list.push(std::move(one));
    }
    Answer answer;
    answer.body["changes"] = std::move(list);
    return answer;
}

}  // namespace satchel::client::app
