// Writes what is in force now in the form that import reads. History, suggestions and tasks stay behind.
#include <algorithm>

#include <boost/json.hpp>

#include "sync/hub/service.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

namespace json = boost::json;

json::object in_fields(const schema::Group& group, const schema::FieldValues& values)
{
    json::object out;
    for (const auto& value : values) {
        const auto* field = group.field(value.field);
        if (!field || is_null(value.value) || field->type == schema::FieldType::version)
            continue;
        if (const auto* truth = std::get_if<bool>(&value.value))
            out[field->name] = *truth;
        else if (const auto* ref = std::get_if<schema::Ref>(&value.value))
            out[field->name] = "@" + to_string(ref->record);
        else
            out[field->name] = to_text(value.value);
    }
    return out;
}

std::vector<RecordId> refers_to(const RecordState& record)
{
    std::vector<RecordId> out;
    const auto gather = [&](const schema::FieldValues& values) {
        for (const auto& value : values)
            if (const auto* ref = std::get_if<schema::Ref>(&value.value))
                out.push_back(ref->record);
    };
    for (const auto& group : record.groups) {
        gather(group.current.values);
        for (const auto& element : group.elements)
            gather(element.values);
    }
    return out;
}

// Records after those that they refer to; of a circle, which nothing forbids, any first.
class InOrder {
public:
    explicit InOrder(const std::map<RecordId, RecordState>& records) : records_(records)
    {
        for (const auto& [id, record] : records_)
            visit(id, 0);
    }
    std::vector<const RecordState*> order;

private:
    void visit(const RecordId& id, int depth)
    {
        const auto at = records_.find(id);
        if (at == records_.end() || depth > 64 || !seen_.insert(id).second)
            return;
        for (const auto& other : refers_to(at->second))
            visit(other, depth + 1);
        order.push_back(&at->second);
    }
    const std::map<RecordId, RecordState>& records_;
    std::set<RecordId> seen_;
};

std::optional<json::object> record_line(const schema::Policy& policy, const std::string& case_key,
                                        const RecordState& record)
{
    const auto* type = policy.type(record.type);
    if (!type || !record.withdrawn.empty())
        return {};
    json::object fields;
    json::object elements;
    const auto* source = &record.created;
    for (const auto& state : record.groups) {
        const auto* group = type->group(state.id);
        if (!group)
            continue;
        // A record of which a case has one is created by nobody: whoever stands behind its first value does.
        if (source->agency.empty())
            source = !state.current.id.empty() ? &state.current.source
                     : !state.elements.empty() ? &state.elements.front().source
                                               : source;
        for (auto& [name, value] : in_fields(*group, state.current.values))
            fields[name] = std::move(value);
        json::array list;
        for (const auto& element : state.elements)
            list.push_back(in_fields(*group, element.values));
        if (!list.empty())
            elements[group->name] = std::move(list);
    }
    json::object out{{"v", 1},
                     {"kind", "record"},
                     {"case", case_key},
                     {"key", to_string(record.id)},
                     {"type", type->name},
                     {"agency", source->agency},
                     {"role", source->role}};
    if (!fields.empty())
        out["fields"] = std::move(fields);
    if (!elements.empty())
        out["elements"] = std::move(elements);
    return out;
}

}  // namespace

Result<void> HubService::export_cases(const std::optional<CaseId>& only, const LineSink& sink) const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    const auto in_force = state_->policies.in_force();
    std::vector<CaseRow> rows;
    const Visit<CaseRow> keep = [&](const CaseRow& row) -> Result<bool> {
        if (!only || row.id == *only)
            rows.push_back(row);
        return true;
    };
    SATCHEL_TRYV(view->cases(keep));
    if (only && rows.empty())
        return fail(Errc::not_found, "no such case");
    SATCHEL_TRY(const auto hub, view->hub());
    for (const auto& row : rows) {
        json::object line{{"v", 1}, {"kind", "case"}, {"key", row.label}, {"area", hub ? hub->area : std::string()}};
        SATCHEL_TRYV(sink(json::serialize(line)));
        std::map<RecordId, RecordState> records;
        const Visit<RecordRow> gather = [&](const RecordRow& stored) -> Result<bool> {
            SATCHEL_TRY(auto record, decode_record_state(stored.state));
            records.emplace(stored.record, std::move(record));
            return true;
        };
        SATCHEL_TRYV(view->records(row.no, gather));
        const InOrder ordered(records);
        for (const auto* record : ordered.order)
            if (const auto object = record_line(in_force->policy, row.label, *record))
                SATCHEL_TRYV(sink(json::serialize(*object)));
    }
    return {};
}

}  // namespace satchel::sync
