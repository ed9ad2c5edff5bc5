// Cases: the list, and one in full.
#include <algorithm>

#include "client/app/view.hpp"
#include "sync/core/protection.hpp"

namespace satchel::client::app {
namespace {

// The record type whose levels a list of cases shows beside the name.
constexpr std::string_view risk_type = "rosh";

Result<Json> risk_of(const Desk& desk, const CaseId& case_id)
{
    auto out = Json::object();
    const auto* type = desk.policy().type(risk_type);
    if (!type || !type->singleton)
        return out;
    SATCHEL_TRY(const auto record, desk.store.shown_record(case_id, sync::singleton_record_id(case_id, type->id)));
    if (!record)
        return out;
    for (const auto& group : type->groups) {
        const auto* state = record->group(group.id);
        if (!state || !group.safe_side)
            continue;
        const auto* field = group.field(group.safe_side->field);
        const auto* value = schema::find(sync::shown_values(group, *state), field->id);
        if (value && !schema::is_null(*value))
            out[field->name] = schema::to_text(*value);
    }
    return out;
}

Result<Json> next_due(const Desk& desk, const CaseId& case_id)
{
    SATCHEL_TRY(const auto tasks, desk.store.shown_tasks(case_id));
    std::optional<Date> next;
    for (const auto& task : tasks) {
        if (desk.store.identity().acts_for(desk.policy(), {task.role}) && waits(task) && task.due.days != 0 && (!next || task.due < *next))
            next = task.due;
    }
    return Json(next);
}

}  // namespace

Result<Answer> case_list(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto cases, desk.store.cases());
    auto list = Json::array();
    for (const auto& one : cases) {
        auto row = Json::object({{"case", one.case_id}});
        SATCHEL_TRY(const auto person, person_of(desk, one.case_id));
        for (const auto& [key, value] : person.members())
            row[key] = value;
        row["facts"] = to_json(one.facts);
        SATCHEL_TRY(row["rosh"], risk_of(desk, one.case_id));
        SATCHEL_TRY(row["next_due"], next_due(desk, one.case_id));
        if (one.partial)
            row["partial"] = true;  // its first load has not ended
        list.push(std::move(row));
    }
    Answer answer;
    answer.body["cases"] = std::move(list);
    return answer;
}

Result<Answer> case_show(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto case_id, find_case(desk, request.invocation.one("ref").value_or("")));
    SATCHEL_TRY(const auto view, CaseView::of(desk, case_id));
    Answer answer;
    answer.body["case"] = case_id;
    SATCHEL_TRY(const auto person, person_of(desk, case_id));
    for (const auto& [key, value] : person.members())
        answer.body[key] = value;
    answer.body["facts"] = to_json(view.state().facts);
    auto titles = Json::object();
    for (const auto& fact : desk.policy().facts)
        titles[fact.name] = fact.title;
    answer.body["fact_titles"] = std::move(titles);
    answer.body["prompts"] = view.prompts();
    answer.body["prompt_titles"] = view.prompt_titles();
    auto records = Json::array();
    for (const auto* record : view.in_order())
        records.push(view.to_json(*record));
    answer.body["records"] = std::move(records);
    auto tasks = Json::array();
    for (const auto& [id, task] : view.state().tasks)
        if (waits(task))
            tasks.push(view.to_json(task));
    answer.body["tasks"] = std::move(tasks);
    const auto items = [&](sync::OpenItem::Kind kind) {
        auto out = Json::array();
        for (const auto& open : view.open_items(kind))
            out.push(view.to_json(open));
        return out;
    };
    answer.body["suggestions"] = items(sync::OpenItem::Kind::suggestion);
    answer.body["conflicts"] = items(sync::OpenItem::Kind::conflict);
    return answer;
}

}  // namespace satchel::client::app
