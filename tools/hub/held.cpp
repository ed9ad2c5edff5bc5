// Held work: what was received and is in no record, and its opening by the agreement's handler.
#include "tools/hub/commands.hpp"

#include "schema/change/names.hpp"
#include "sync/console/utf8.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;

Json to_json(const sync::HeldInfo& held, const std::string& handler)
{
    auto opened = Json::array();
    for (const auto& one : held.opened)
        opened.push(Json::object({{"by", one.by}, {"name", one.name}, {"reason", one.reason}, {"at", one.at}}));
    return Json::object({{"id", held.id},
                         {"case", held.case_id.empty() ? Json() : Json(held.case_id)},
                         {"case_label", held.case_label},
                         {"why", held.why},
                         {"user", held.author},
                         {"author", held.author_name},
                         {"agency", held.agency},
                         {"device_name", held.device_name},
                         {"received_at", held.received_at},
                         {"handler_role", handler},
                         {"opened", std::move(opened)}});
}

Json to_json(const sync::HeldChange& change)
{
    auto fields = Json::object();
    for (const auto& [name, value] : change.values)
        fields[name] = value;
    return Json::object({{"operation", std::string(schema::name(change.op))},
                         {"record", change.record.empty() ? Json() : Json(change.record)},
                         {"type", change.record_type},
                         {"group", change.group},
                         {"fields", std::move(fields)},
                         {"reason", change.reason}});
}

std::string text_at(const Json& body, std::string_view key)
{
    return console::printable(body.at(key).text());
}

}  // namespace

Result<Answer> held_list(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto held, desk.service().held());
    const auto handler = desk.service().policy()->scope.handler;
    auto list = Json::array();
    for (const auto& one : held)
        list.push(to_json(one, handler));
    Answer answer;
    answer.body["held"] = std::move(list);
    return answer;
}

Result<Answer> held_open(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto as, desk.service().find_user(in.one("as").value_or("")));
    SATCHEL_TRY(const auto id, parse_id<ChangesetId>(in.one("id").value_or("")));
    SATCHEL_TRY(const auto work, desk.service().open_held(id, as, in.one("reason").value_or("")));
    auto held = to_json(work.info, desk.service().policy()->scope.handler);
    held["signature"] = work.proven ? "valid" : "invalid";
    held["acting_as"] = to_string(work.header.hat);
    held["authored_at"] = work.header.authored_at;
    held["event_at"] = work.header.event_at == Instant{} ? Json() : Json(work.header.event_at);
    held["basis"] = schema::name(work.header.basis, work.header.basis_source);
    auto changes = Json::array();
    for (const auto& change : work.changes)
        changes.push(to_json(change));
    held["changes"] = std::move(changes);
    Answer answer;
    answer.body["held"] = std::move(held);
    return answer;
}

std::string plain_held_list(const Json& body, const console::Terminal& terminal)
{
    if (body.at("held").items().empty())
        return "No work is held.\n";
    console::Table table{{"Id", "Case", "Why", "Author", "Received", "Opened"}, {}};
    for (const auto& one : body.at("held").items())
        table.rows.push_back({text_at(one, "id"), text_at(one, "case_label"), text_at(one, "why"),
                              text_at(one, "author"), text_at(one, "received_at"),
                              std::to_string(one.at("opened").items().size())});
    return console::to_text(table, terminal);
}

std::string plain_held(const Json& body, const console::Terminal&)
{
    const auto& held = body.at("held");
    std::string out = "Written by " + text_at(held, "author") + " as " + text_at(held, "acting_as") + ", " +
                      text_at(held, "authored_at") + " by their device's clock; case " + text_at(held, "case_label") +
                      ". Held (" + text_at(held, "why") + "), not in the record.\n";
    if (held.at("signature").text() != "valid")
        out += "It is NOT what the device signed.\n";
    for (const auto& change : held.at("changes").items()) {
        out += "\n" + text_at(change, "operation") + " " + text_at(change, "type") + " / " + text_at(change, "group") +
               "\n";
        for (const auto& [name, value] : change.at("fields").members())
            out += "  " + name + ": " + console::printable(value.text(), /*lines=*/true) + "\n";
        if (!change.at("reason").text().empty())
            out += "  reason: " + console::printable(change.at("reason").text(), /*lines=*/true) + "\n";
    }
    return out + "\nThat this was opened, by whom and why is in the history.\n";
}

}  // namespace satchel::tools::hub
