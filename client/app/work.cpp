// What waits: for a receipt, for somebody's attention, for work to be done; and search.
#include <algorithm>

#include "client/app/view.hpp"
#include "client/store/compose.hpp"

namespace satchel::client::app {
namespace {

std::string state_words(WorkState state)
{
    switch (state) {
    case WorkState::saved:
        return "Saved on this device";
    case WorkState::received:
        return "Received centrally";
    case WorkState::ruled:
        return "Seen and decided centrally";
    case WorkState::sealed:
    case WorkState::deposited:
        return "Held, not in the record";
    case WorkState::replaced:
        return "Written again after a restore";
    }
    return {};
}

Result<Json> changes_of(const Desk& desk, const OwnWork& work)
{
    auto out = Json::array();
    if (!work.body)
        return out;
    SATCHEL_TRY(const auto opened, sync::open(*work.body));
    for (std::size_t i = 0; i < opened.changes.size(); ++i) {
        const auto& change = opened.changes[i];
        const auto* type = desk.policy().type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        auto one = Json::object({{"record", change.record.empty() ? Json() : Json(change.record)},
                                 {"type", type ? Json(type->name) : Json()},
                                 {"title", type_title(desk.policy(), change.type)},
                                 {"group", group ? Json(group->name) : Json()},
                                 {"fields", group ? to_json(*group, change.values) : Json::object()}});
        if (i < work.outcome.size())
            one["forecast"] = to_json(work.outcome[i]);
        out.push(std::move(one));
    }
    return out;
}

std::string field_of(const schema::Group& group, const schema::FieldValues& values)
{
    for (const auto& field : group.fields)
        if (schema::find(values, field.id))
            return field.name;
    return group.name;
}

// What the items are about, as it stands in the log. Of a case with one such record the history of that alone is read.
Result<std::map<VersionId, HistoryLine>> lines_of(const Desk& desk, const std::vector<AttentionItem>& items)
{
    std::map<CaseId, std::set<RecordId>> records;
    std::set<VersionId> wanted;
    for (const auto& item : items)
        if (!item.case_id.empty()) {
            records[item.case_id].insert(item.record);
            wanted.insert(item.version);
        }
    std::map<VersionId, HistoryLine> out;
    for (const auto& [case_id, named] : records) {
        const auto only = named.size() == 1 ? *named.begin() : RecordId{};
        SATCHEL_TRY(auto lines, desk.store.history(case_id, only, /*prove=*/false));
        for (auto& line : lines)
            if (wanted.contains(line.version))
                out.insert_or_assign(line.version, std::move(line));
    }
    return out;
}

const sync::Version* find_version(const sync::RecordState& record, const VersionId& id)
{
    for (const auto& group : record.groups) {
        for (const auto* version : {&group.current, &group.previous})
            if (version->id == id)
                return version;
        for (const auto& element : group.elements)
            if (element.id == id)
                return &element;
        for (const auto& item : group.open)
            if (item.side.id == id)
                return &item.side;
    }
    return nullptr;
}

// Who is behind the tasks of a case. The record says so while it holds the version; else its history is read, once.
class Causes {
public:
    Causes(const Desk& desk, const CaseId& case_id) : desk_(desk), case_id_(case_id) {}

    Result<Cause> of(const sync::Task& task)
    {
        SATCHEL_TRY(const auto record, desk_.store.shown_record(case_id_, task.record));
        const auto* version = record ? find_version(*record, task.cause) : nullptr;
        if (version && !version->source.author.empty()) {
            SATCHEL_TRY(auto name, desk_.store.author_name(version->source.author));
            return Cause{std::move(name), version->source.agency};
        }
        if (!lines_) {
            SATCHEL_TRY(lines_, desk_.store.history(case_id_, RecordId{}, /*prove=*/false));
        }
        const auto line = std::find_if(lines_->begin(), lines_->end(),
                                       [&](const auto& one) { return one.version == task.cause; });
        return line == lines_->end() ? Cause{} : Cause{line->author_name, line->agency};
    }

private:
    const Desk& desk_;
    const CaseId& case_id_;
    std::optional<std::vector<HistoryLine>> lines_;
};

}  // namespace

Result<Answer> outbox_list(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto outbox, desk.store.outbox());
    auto items = Json::array();
    for (const auto& work : outbox) {
        // Of a case that has left this device nobody tells what became of it.
        if (work.state == WorkState::received && work.case_id.empty())
            continue;
        auto one = Json::object({{"sequence", work.sequence},
                                 {"id", sync::changeset_id(work.digest)},
                                 {"case", work.case_id.empty() ? Json() : Json(work.case_id)},
                                 {"state", std::string(client::name(work.state))},
                                 {"words", state_words(work.state)},
                                 {"saved_at", time_or_null(work.saved_at)},
                                 {"received_at", time_or_null(work.received_at)}});
        SATCHEL_TRY(one["changes"], changes_of(desk, work));
        items.push(std::move(one));
    }
    Answer answer;
    answer.body["items"] = std::move(items);
    return answer;
}

Result<Answer> attention_list(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto items, desk.store.attention());
    SATCHEL_TRY(const auto lines, lines_of(desk, items));
    auto list = Json::array();
    for (const auto& item : items) {
        const auto at = lines.find(item.version);
        const auto* line = at == lines.end() ? nullptr : &at->second;
        const auto* type = line ? desk.policy().type(line->type) : nullptr;
        const auto* group = type ? type->group(item.group) : nullptr;
        auto one = Json::object({{"id", item.version.empty() ? Json() : Json(item.version)},
                                 {"kind", item.kind},
                                 {"case", item.case_id.empty() ? Json() : Json(item.case_id)},
                                 {"record", item.record.empty() ? Json() : Json(item.record)},
                                 {"type", type ? Json(type->name) : Json()},
                                 {"field", group && line ? Json(field_of(*group, line->values)) : Json()},
                                 {"what_happened", item.what_happened},
                                 {"what_next", item.what_next},
                                 {"who_acts", item.who_acts},
                                 {"at", time_or_null(item.at)}});
        if (line && line->ruling) {
            one["rule"] = line->ruling->rule;
            one["paragraph"] = line->ruling->paragraph;
        }
        if (group && line)  // what the author typed is not lost, whatever became of it
            one["fields"] = to_json(*group, line->values);
        list.push(std::move(one));
    }
    Answer answer;
    answer.body["items"] = std::move(list);
    return answer;
}

Result<Answer> task_list(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    const bool all = in.has("all");
    const auto role = in.one("role");
    if (role)
        SATCHEL_TRYV(require_role(desk.policy(), *role));
    const auto& self = desk.store.identity();
    // Also what falls to it, as far as this device is told who is there.
    const auto is_for = [&](const std::string& wanted, const sync::Task& task) {
        const auto reached = sync::reached(desk.policy(), {task.role}, self.vacant);
        return task.role == wanted || std::find(reached.begin(), reached.end(), wanted) != reached.end();
    };
    SATCHEL_TRY(const auto cases, desk.store.cases());
    auto list = Json::array();
    for (const auto& one : cases) {
        SATCHEL_TRY(auto tasks, desk.store.shown_tasks(one.case_id));
        std::erase_if(tasks, [&](const sync::Task& task) {
            const bool ours = role ? is_for(*role, task) : all || self.acts_for(desk.policy(), {task.role});
            return !ours || (!all && !waits(task));
        });
        if (tasks.empty())
            continue;
        Causes causes(desk, one.case_id);
        for (const auto& task : tasks) {
            SATCHEL_TRY(const auto cause, causes.of(task));
            list.push(to_json(desk, one.case_id, task, cause));
        }
    }
    Answer answer;
    answer.body["tasks"] = std::move(list);
    return answer;
}

Result<Answer> task_settle(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto id, typed_id<TaskId>(request));
    SATCHEL_TRY(const auto case_id, desk.store.case_of_task(id));
    SATCHEL_TRY(const auto tasks, desk.store.shown_tasks(case_id));
    const auto task = std::find_if(tasks.begin(), tasks.end(), [&](const auto& one) { return one.id == id; });
    if (task == tasks.end())
        return fail(Errc::not_found, "no such task on this device");
    const bool done = in.command == "task done";
    Draft draft;
    draft.case_id = case_id;
    const auto has = [&](const schema::Hat& hat) { return hat.role == task->role; };
    const auto stands_in = [&](const schema::Hat& hat) { return sync::covers(desk.policy(), hat.role, task->role); };
    SATCHEL_TRY(draft.hat, find_hat(desk, in.one("acting-as"), {has, stands_in}));
    draft.authored_at = desk.clock.now();
    draft.parts = compose_task(*task, done ? schema::Resolution::done : schema::Resolution::acknowledged,
                               in.one("reason").value_or(""));
    SATCHEL_TRY(const auto saved, desk.store.save(draft));
    Answer answer;
    answer.body = Json::object({{"task", id},
                                {"case", case_id},
                                {"state", "saved"},
                                {"becomes", done ? "done" : "acknowledged"},
                                {"forecast", to_json(saved.changesets.front().forecast.front())}});
    return answer;
}

Result<Answer> search(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto hits, desk.store.search(request.invocation.one("text").value_or("")));
    std::map<CaseId, Json> people;
    auto list = Json::array();
    for (const auto& hit : hits) {
        auto at = people.find(hit.case_id);
        if (at == people.end()) {
            SATCHEL_TRY(auto person, person_of(desk, hit.case_id));
            at = people.emplace(hit.case_id, std::move(person)).first;
        }
        const auto* type = desk.policy().type(hit.type);
        list.push(Json::object({{"case", hit.case_id},
                                {"name", at->second.at("name")},
                                {"identifiers", at->second.at("identifiers")},
                                {"record", hit.record},
                                {"type", type ? Json(type->name) : Json()},
                                {"excerpt", hit.excerpt}}));
    }
    Answer answer;
    answer.body["hits"] = std::move(list);
    return answer;
}

}  // namespace satchel::client::app
