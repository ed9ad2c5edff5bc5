// Writes what is in force now in the form that import reads. History, suggestions and tasks stay behind.
#include <algorithm>

#include <boost/json.hpp>

#include "sync/hub/body.hpp"
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

// Who first recorded something, and when that happened, as they said. The state of a record does not hold it: it stands
// in the entry that made the record.
struct Origin {
    std::string author;
    Instant event_at;  // zero: nobody said
};
using Origins = std::map<RecordId, Origin>;

// Names of those who write, by the number of their credential.
Result<std::map<CredentialNo, std::string>> author_names(CentralView& view)
{
    std::map<UserId, std::string> users;
    const Visit<UserRow> keep_user = [&](const UserRow& row) -> Result<bool> {
        users.emplace(row.id, row.name);
        return true;
    };
    SATCHEL_TRYV(view.users(keep_user));
    std::map<CredentialNo, std::string> out;
    const Visit<CredentialRow> keep = [&](const CredentialRow& row) -> Result<bool> {
        out.emplace(CredentialNo{row.no}, users[row.user]);
        return true;
    };
    SATCHEL_TRYV(view.credentials(keep));
    return out;
}

Result<void> note_changeset(CentralView& view, const EntryRow& row, const std::string& author, Origins& out)
{
    SATCHEL_TRY(const auto body, decode_changeset_body(row.body));
    SATCHEL_TRY(const auto header, schema::decode_header(body.header));
    SATCHEL_TRY(const auto rulings, decode_rulings(row.rulings));
    for (std::size_t i = 0; i < body.changes.size() && i < rulings.size(); ++i) {
        SATCHEL_TRY(const auto change, schema::decode_change(body.changes[i]));
        const bool stands = rulings[i].outcome == Outcome::applied || rulings[i].outcome == Outcome::merged;
        auto record = change.record;
        if (change.creates && record.empty()) {  // such an id follows from the digest, which stands with the batch
            SATCHEL_TRY(const auto batch, view.batch(row.batch_no));
            if (!batch || row.sequence - batch->first_sequence >= batch->digests.size())
                return fail(Errc::corrupt, "entries: outside its batch");
            record = created_record_id(batch->digests[row.sequence - batch->first_sequence], header.authored_at);
        }
        if (stands && !record.empty())
            out.emplace(record, Origin{author, header.event_at});
    }
    return {};
}

Result<Origins> origins_of(CentralView& view, CaseNo no, const std::map<CredentialNo, std::string>& names)
{
    std::vector<EntryRow> rows;
    const Visit<EntryRow> keep = [&](const EntryRow& row) -> Result<bool> {
        if (row.kind == EntryKind::changeset || row.kind == EntryKind::effect)
            rows.push_back(row);
        return true;
    };
    SATCHEL_TRYV(view.case_entries(no, Position{}, keep));
    Origins out;
    for (const auto& row : rows) {
        if (row.kind == EntryKind::changeset) {
            const auto name = names.find(row.credential_no);
            SATCHEL_TRYV(note_changeset(view, row, name == names.end() ? std::string() : name->second, out));
            continue;
        }
        SATCHEL_TRY(const auto effect, decode_effect(row.body));
        if (effect.kind != Effect::Kind::set || effect.record.empty())
            continue;
        const auto happened = parse_instant(effect.name);  // of an import: as its source gave it
        out.emplace(effect.record, Origin{effect.text, happened ? *happened : Instant{}});
    }
    return out;
}

std::optional<json::object> record_line(const schema::Policy& policy, const std::string& case_key,
                                        const RecordState& record, const Origin& origin)
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
    if (!origin.author.empty())
        out["author"] = origin.author;
    if (origin.event_at.ms != 0)
        out["event_at"] = to_string(origin.event_at);
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
    SATCHEL_TRY(const auto names, author_names(*view));
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
        SATCHEL_TRY(const auto origins, origins_of(*view, row.no, names));
        static const Origin unknown;
        const InOrder ordered(records);
        for (const auto* record : ordered.order) {
            const auto origin = origins.find(record->id);
            const auto object = record_line(in_force->policy, row.label, *record,
                                            origin == origins.end() ? unknown : origin->second);
            if (object)
                SATCHEL_TRYV(sink(json::serialize(*object)));
        }
    }
    return {};
}

}  // namespace satchel::sync
