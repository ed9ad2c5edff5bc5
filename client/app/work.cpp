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

bool waits(const sync::Task& task) noexcept
{
    return task.state == sync::Task::State::open || task.state == sync::Task::State::acknowledged;
}

// Whoever covers a role does its tasks when nobody holds it.
bool may_settle(const schema::Policy& policy, const sync::Task& task, const schema::Hat& hat)
{
    const auto* role = policy.role(task.role);
    return hat.role == task.role || (role && role->cover == hat.role);
}

std::string field_of(const schema::Group& group, const schema::FieldValues& values)
{
    for (const auto& field : group.fields)
        if (schema::find(values, field.id))
            return field.name;
    return group.name;
}

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
    std::map<CaseId, CaseView> views;
    auto list = Json::array();
    for (const auto& item : items) {
        const HistoryLine* line = nullptr;
        if (!item.case_id.empty()) {
            auto at = views.find(item.case_id);
            if (at == views.end()) {
                SATCHEL_TRY(auto view, CaseView::of(desk, item.case_id));
                at = views.emplace(item.case_id, std::move(view)).first;
            }
            line = at->second.line(item.version);
        }
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
    if (role && !desk.policy().role(*role))
        return fail(Errc::unknown_name, "the agreement has no such role; `record types --json` lists them");
    const auto& hats = desk.store.identity().hats;
    SATCHEL_TRY(const auto cases, desk.store.cases());
    auto list = Json::array();
    for (const auto& one : cases) {
        SATCHEL_TRY(auto tasks, desk.store.shown_tasks(one.case_id));
        std::erase_if(tasks, [&](const sync::Task& task) {
            const bool ours = role ? task.role == *role
                                   : all || std::any_of(hats.begin(), hats.end(),
                                                        [&](const auto& hat) { return hat.role == task.role; });
            return !ours || (!all && !waits(task));
        });
        if (tasks.empty())
            continue;
        SATCHEL_TRY(const auto view, CaseView::of(desk, one.case_id));
        for (const auto& task : tasks)
            list.push(view.to_json(task));
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
    SATCHEL_TRY(draft.hat, find_hat(desk, in.one("acting-as"),
                                    [&](const schema::Hat& hat) { return may_settle(desk.policy(), *task, hat); }));
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
