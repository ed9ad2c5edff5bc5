// Suggestions and conflicts: what waits for a decision, and decisions on behalf of users.
#include "tools/hub/commands.hpp"

#include <algorithm>

#include "schema/base/nearest.hpp"
#include "schema/change/names.hpp"
#include "sync/console/answer.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;
using schema::Resolution;

const schema::Group* group_of(const schema::Policy& policy, const sync::OpenItemInfo& item)
{
    const auto* type = policy.type(item.record_type);
    return type ? type->group(item.group) : nullptr;
}

// A value as text where its group has one field, else an object in the order of the agreement.
Json value_of(const schema::Group* group, const sync::SideInfo& side)
{
    if (group && group->fields.size() == 1)
        return side.values.empty() ? Json() : Json(side.values.front().second);
    if (side.values.empty())
        return nullptr;
    auto values = side.values;
    const auto place = [&](const std::string& name) {
        for (std::size_t i = 0; group && i < group->fields.size(); ++i)
            if (group->fields[i].name == name)
                return i;
        return values.size();
    };
    std::stable_sort(values.begin(), values.end(),
                     [&](const auto& a, const auto& b) { return place(a.first) < place(b.first); });
    auto out = Json::object();
    for (const auto& [name, text] : values)
        out[name] = text;
    return out;
}

// What the second side asks for: a value, that elements leave a list, or that the record is withdrawn.
Json asked_for(const schema::Group* group, const sync::OpenItemInfo& item)
{
    if (item.withdraws)
        return Json::object({{"withdraws", true}});
    if (item.removes.empty())
        return value_of(group, item.sides.back());
    auto removes = Json::array();
    for (const auto& element : item.removes)
        removes.push(value_of(group, element));
    return Json::object({{"removes", std::move(removes)}});
}

Json to_json(const schema::Policy& policy, const sync::OpenItemInfo& item)
{
    // The field's own name where its group has only one: what the value is of.
    const auto* group = group_of(policy, item);
    const auto& field = group && group->fields.size() == 1 ? group->fields.front().name : item.group;
    auto sides = Json::array();
    for (const auto& side : item.sides) {
        Json out = Json::object({{"version", side.version.empty() ? Json() : Json(side.version)}});
        if (side.visible)
            out["value"] = &side == &item.sides.back() ? asked_for(group, item) : value_of(group, side);
        out["author"] = side.author;
        out["agency"] = side.agency;
        sides.push(std::move(out));
    }
    return Json::object({{"id", item.id},
                         {"case", item.case_id},
                         {"case_label", item.case_label},
                         {"record", item.record},
                         {"type", item.record_type},
                         {"field", field},
                         {"kind", item.kind == sync::OpenItem::Kind::conflict ? "conflict" : "suggestion"},
                         {"owner_role", item.roles.empty() ? Json(item.decided_by) : Json(item.roles.front())},
                         {"owner_roles", Json(item.roles)},
                         {"decided_by", item.decided_by},
                         {"rule", item.rule},
                         {"around_handover", item.around_handover},
                         {"opened_at", item.opened_at},
                         {"sides", std::move(sides)}});
}

sync::OpenItem::Kind kind_of(const Request& request)
{
    return request.invocation.command.starts_with("conflict") ? sync::OpenItem::Kind::conflict
                                                              : sync::OpenItem::Kind::suggestion;
}

Result<std::optional<UserId>> reader_of(const Desk& desk, const Request& request)
{
    const auto ref = request.invocation.one("as");
    if (!ref)
        return std::optional<UserId>{};
    SATCHEL_TRY(const auto user, desk.service().find_user(*ref));
    return std::optional(user);
}

// The item with the id given, if it is of the kind that the command is about.
Result<sync::OpenItemInfo> item_of(const Desk& desk, const Request& request, const std::optional<UserId>& as)
{
    SATCHEL_TRY(const auto id, parse_id<VersionId>(request.invocation.one("id").value_or("")));
    SATCHEL_TRY(auto item, desk.service().open_item(id, as));
    if (item.kind != kind_of(request))
        return fail(Errc::not_found);
    return item;
}

Result<Resolution> resolution_of(const console::Invocation& in)
{
    const auto verb = in.command.substr(in.command.find(' ') + 1);
    if (verb == "accept")
        return Resolution::accept;
    if (verb == "amend")
        return Resolution::amend;
    if (verb == "decline")
        return Resolution::decline;
    if (verb == "comment")
        return Resolution::comment;
    if (verb == "escalate")
        return Resolution::escalate;
    if (in.has("value") == in.has("choose"))
        return fail(Errc::invalid_argument, "it takes either --choose or --value");
    if (in.has("value"))
        return Resolution::amend;
    const auto side = in.one("choose").value_or("");
    return side == "A" ? Resolution::choose_a : side == "B" ? Resolution::choose_b : Resolution::previous;
}

// --value V or --value FIELD=V, against the fields of the group.
Result<std::vector<std::pair<std::string, std::string>>>
values_of(const schema::Policy& policy, const sync::OpenItemInfo& item, const std::vector<std::string>& texts)
{
    std::vector<std::pair<std::string, std::string>> out;
    if (texts.empty())
        return out;
    const auto* type = policy.type(item.record_type);
    const auto* group = type ? type->group(item.group) : nullptr;
    if (!group)
        return fail(Errc::unknown_name, "the agreement in force does not know what this is about");
    std::vector<std::string> names;
    for (const auto& field : group->fields)
        names.push_back(field.name);
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        const auto name = text.substr(0, equals);
        const bool named = equals != std::string::npos && std::find(names.begin(), names.end(), name) != names.end();
        if (!named && names.size() == 1 && texts.size() == 1) {
            out.emplace_back(names.front(), text);
            continue;
        }
        if (!named) {
            std::string all;
            for (const auto& one : names)
                all += (all.empty() ? "" : ", ") + one;
            const auto near = equals == std::string::npos ? std::string() : nearest(name, names);
            return fail(Errc::unknown_name, "--value is FIELD=VALUE here, and FIELD is one of " + all +
                                                (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
        }
        for (const auto& [earlier, value] : out)
            if (earlier == name)
                return fail(Errc::invalid_argument, "--value gives " + name + " twice");
        out.emplace_back(name, text.substr(equals + 1));
    }
    return out;
}

}  // namespace

Result<Answer> item_list(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto as, reader_of(desk, request));
    SATCHEL_TRY(const auto items, desk.service().open_items(kind_of(request), as));
    const auto policy = desk.service().policy();
    auto list = Json::array();
    for (const auto& item : items)
        list.push(to_json(*policy, item));
    Answer answer;
    answer.body["items"] = std::move(list);
    return answer;
}

Result<Answer> item_show(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto as, reader_of(desk, request));
    SATCHEL_TRY(const auto item, item_of(desk, request, as));
    Answer answer;
    answer.body["item"] = to_json(*desk.service().policy(), item);
    return answer;
}

Result<Answer> item_decide(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    sync::Decision decision;
    SATCHEL_TRY(decision.resolution, resolution_of(in));
    SATCHEL_TRY(decision.as, desk.service().find_user(in.one("as").value_or("")));
    SATCHEL_TRY(const auto item, item_of(desk, request, decision.as));
    decision.item = item.id;
    decision.reason = in.one("reason").value_or("");
    SATCHEL_TRY(decision.values, values_of(*desk.service().policy(), item, in.all("value")));
    SATCHEL_TRY(const auto decided, desk.service().decide(decision));

    const auto& ruling = decided.ruling;
    Answer answer;
    answer.body = Json::object({{"item", item.id},
                                {"changeset", decided.changeset},
                                {"resolution", std::string(schema::name(decision.resolution))},
                                {"outcome", std::string(sync::name(ruling.outcome))},
                                {"rule", ruling.rule},
                                {"paragraph", ruling.paragraph},
                                {"decided_by", ruling.decided_by},
                                {"who_can", ruling.who_can}});
    return answer;
}

Result<Answer> item_route(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto as, desk.service().find_user(in.one("as").value_or("")));
    SATCHEL_TRY(const auto item, item_of(desk, request, as));
    std::vector<std::string> roles;
    if (const auto role = in.one("role")) {
        roles = {*role};
    } else {  // to whom the agreement says: `roles` are those that somebody has, or their cover
        roles = {item.roles.front()};
    }
    for (const auto& role : roles)
        SATCHEL_TRYV(desk.service().route(item.id, role, as, in.one("reason").value_or("")));
    Answer answer;
    answer.body = Json::object({{"item", item.id}, {"role", roles.front()}, {"roles", Json(roles)}});
    return answer;
}

}  // namespace satchel::tools::hub
