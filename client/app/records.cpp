// Records: what kinds there are, which a case has, and one in full.
#include <algorithm>

#include "client/app/view.hpp"

namespace satchel::client::app {
namespace {

Json field_json(const schema::Field& field)
{
    auto out = Json::object({{"name", field.name},
                             {"title", field.title},
                             {"type", std::string(schema::name(field.type))},
                             {"required", field.required}});
    if (!field.choices.empty())
        out["choices"] = Json(field.choices);
    if (!field.target.empty())
        out["of"] = field.target;
    if (!field.initial.empty())
        out["initial"] = field.initial;
    return out;
}

Json type_json(const Desk& desk, const schema::RecordType& type)
{
    const auto& self = desk.store.identity();
    auto create = Json::array();
    for (const auto& who : type.create)
        create.push(schema::to_string(who));
    auto groups = Json::array();
    for (const auto& group : type.groups) {
        auto fields = Json::array();
        for (const auto& field : group.fields)
            fields.push(field_json(field));
        const bool list = is_list(group);
        groups.push(
            Json::object({{"name", group.name},
                          {"title", group.title},
                          {"list", list},
                          {"reason_required", group.reason_required},
                          {"owner", group.owner.empty() ? Json() : Json(schema::to_string(group.owner.back().is))},
                          {"fields", std::move(fields)}}));
    }
    // Whoever may create under some facts may try: the forecast says what would become of it.
    static const sync::Facts none;
    const sync::Scene scene{desk.policy(), none, nullptr, nullptr};
    const bool yours = std::any_of(type.create.begin(), type.create.end(), [&](const auto& who) {
        return std::any_of(self.hats.begin(), self.hats.end(),
                           [&](const auto& hat) { return sync::holds(who, hat, self.credential, scene); });
    });
    return Json::object({{"name", type.name},
                         {"title", type.title},
                         {"kind", type.kind == schema::RecordType::Kind::event ? "event" : "entity"},
                         {"one_per_case", type.singleton},
                         {"create", std::move(create)},
                         {"yours_to_create", yours},
                         {"groups", std::move(groups)}});
}

}  // namespace

Result<Answer> record_types(const Desk& desk, const Request&, Replies&)
{
    const auto& policy = desk.policy();
    auto types = Json::array();
    for (const auto& type : policy.types)
        types.push(type_json(desk, type));
    auto agencies = Json::array();
    for (const auto& agency : policy.agencies)
        agencies.push(Json::object({{"name", agency.name}, {"title", agency.title}}));
    auto roles = Json::array();
    for (const auto& role : policy.roles)
        roles.push(Json::object({{"name", role.name}, {"title", role.title}, {"agency", role.agency}}));
    auto hats = Json::array();
    for (const auto& hat : desk.store.identity().hats)
        hats.push(to_string(hat));
    Answer answer;
    answer.body = Json::object({{"policy_version", policy.version},
                                {"types", std::move(types)},
                                {"agencies", std::move(agencies)},
                                {"roles", std::move(roles)},
                                {"hats", std::move(hats)}});
    return answer;
}

Result<Answer> record_list(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    const schema::RecordType* type = nullptr;
    if (const auto wanted = in.one("type")) {
        SATCHEL_TRY(type, find_type(desk.policy(), *wanted));
    }
    SATCHEL_TRY(const auto case_id, find_case(desk, in.one("case").value_or("")));
    SATCHEL_TRY(const auto view, CaseView::of(desk, case_id));
    auto records = Json::array();
    for (const auto* record : view.in_order())
        if (!type || record->type == type->id)
            records.push(view.to_json(*record));
    Answer answer;
    answer.body = Json::object({{"case", case_id}, {"records", std::move(records)}});
    return answer;
}

Result<Answer> record_show(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto id, typed_id<RecordId>(request));
    SATCHEL_TRY(const auto case_id, desk.store.case_of(id));
    SATCHEL_TRY(auto state, desk.store.shown(case_id));
    SATCHEL_TRY(const auto view, CaseView::of(desk, std::move(state), id));
    const auto* record = view.state().record(id);
    if (!record)
        return fail(Errc::not_found, "no such record on this device");
    Answer answer;
    answer.body = Json::object({{"case", case_id}, {"record", view.to_json(*record)}});
    return answer;
}

}  // namespace satchel::client::app
