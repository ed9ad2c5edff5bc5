#include "tools/hub/plain.hpp"

#include "sync/console/utf8.hpp"

namespace satchel::tools::hub {
namespace {

using console::Json;
using console::Terminal;

std::string word(const Json& body, std::string_view key)
{
    const auto& value = body.at(key);
    return value.is_integer() ? std::to_string(value.integer()) : console::printable(value.text());
}

std::string value_in_words(const Json& value)
{
    if (value.is_null())
        return "(not shown)";
    if (value.is_text())
        return console::printable(value.text(), /*lines=*/true);
    if (value.at("withdraws").boolean())
        return "the whole record is withdrawn";
    std::string out;
    if (const auto& removed = value.at("removes"); removed.is_array()) {
        for (const auto& element : removed.items())
            out += (out.empty() ? "removed: " : " | ") + value_in_words(element);
        return out;
    }
    for (const auto& [name, text] : value.members())
        out += (out.empty() ? "" : "; ") + name + ": " + console::printable(text.text(), true);
    return out;
}

std::string roles_in_words(const Json& item)
{
    std::string out;
    for (const auto& role : item.at("owner_roles").items())
        out += (out.empty() ? "" : " or ") + console::printable(role.text());
    return out.empty() ? word(item, "decided_by") : out;
}

}  // namespace

std::string plain_init(const Json& body, const Terminal&)
{
    return "A new hub for " + word(body, "area") + " is in " + word(body, "dir") +
           ".\nKeep a copy of this folder and of the passphrase: without them nobody can open the hub.\n";
}

std::string plain_import(const Json& body, const Terminal&)
{
    const auto what =
        word(body, "cases") + " cases, " + word(body, "records") + " records and " + word(body, "values") + " values";
    const auto earlier = body.at("earlier_words").integer();
    const auto mapped = earlier == 0 ? std::string()
                                     : " Words of earlier editions read as the present ones: " + word(body, "earlier_words") + ".";
    return body.at("dry_run").boolean() ? "The input is right: " + what + "." + mapped + " Nothing was kept.\n"
                                        : "Imported: " + what + "." + mapped + "\n";
}

std::string plain_user(const Json& body, const Terminal&)
{
    return "User " + word(body, "user") + (body.at("suspended").boolean() ? " is suspended.\n" : " is recorded.\n");
}

std::string plain_enrolment(const Json& body, const Terminal&)
{
    return "The slip is in " + word(body, "file") + ", good for one device of " + word(body, "name") + " until " +
           word(body, "expires_at") + ".\nHand it over by a safe way: whoever holds it can enrol.\n";
}

std::string plain_serve(const Json& body, const Terminal&)
{
    return body.at("event").text() == "listening" ? "Listening on " + word(body, "address") + "\n" : "Stopped.\n";
}

std::string plain_items(const Json& body, const Terminal& terminal)
{
    if (body.at("items").items().empty())
        return "Nothing waits for a decision.\n";
    console::Table table{{"Id", "Case", "What", "Field", "Decided by", "Since"}, {}};
    for (const auto& item : body.at("items").items())
        table.rows.push_back({word(item, "id"), word(item, "case_label"), word(item, "type"), word(item, "field"),
                              word(item, "owner_role"), word(item, "opened_at")});
    return console::to_text(table, terminal);
}

std::string plain_item(const Json& body, const Terminal& terminal)
{
    const auto& item = body.at("item");
    const bool conflict = item.at("kind").text() == "conflict";
    std::string out = (conflict ? "Two versions " : "Suggestion ") + word(item, "id") + "\n";
    out += "Case " + word(item, "case_label") + ", " + word(item, "type") + ", " + word(item, "field") + ", since " +
           word(item, "opened_at") + "\nDecided by: " + roles_in_words(item) + "\n";
    console::Table table{{"Side", "Value", "Author", "Agency", "Version"}, {}};
    std::size_t n = 0;
    for (const auto& side : item.at("sides").items()) {
        const auto name = conflict ? std::string(1, static_cast<char>('A' + n)) : n == 0 ? "recorded" : "suggested";
        table.rows.push_back({name, value_in_words(side.at("value")), word(side, "author"), word(side, "agency"),
                              word(side, "version")});
        ++n;
    }
    return out + console::to_text(table, terminal);
}

std::string plain_decision(const Json& body, const Terminal&)
{
    const auto outcome = body.at("outcome").text();
    if (outcome == "suggested")
        return "Kept as a suggestion. " + word(body, "who_can") + "\n";
    if (outcome != "applied" && outcome != "merged")
        return "Kept, and nothing is decided. " + word(body, "who_can") + "\n";
    const auto& how = body.at("resolution").text();
    if (how == "comment")
        return "The comment is kept. Nothing is decided yet.\n";
    if (how == "escalate")
        return "It has been passed upwards. Nothing is decided yet.\n";
    if (how == "decline")
        return "Declined: what was recorded stands.\n";
    return "It is in the record.\n";
}

std::string plain_routed(const Json& body, const Terminal&)
{
    std::string roles;
    for (const auto& role : body.at("roles").items())
        roles += (roles.empty() ? "" : " and ") + console::printable(role.text());
    return "There is a task for " + roles + ". Nothing is decided yet.\n";
}

std::string plain_lint(const Json& body, const Terminal&)
{
    std::string out;
    for (const auto& problem : body.at("problems").items()) {
        out += word(problem, "file");
        if (problem.at("line").integer() != 0)
            out += ":" + word(problem, "line");
        out += ": " + word(problem, "reason") + "\n";
    }
    return out.empty() ? "The agreement has no problems: version " + word(body, "version") + ", " +
                             word(body, "types") + " record types.\n"
                       : out;
}

std::string plain_verify(const Json& body, const Terminal& terminal)
{
    std::string out;
    for (const auto& [what, count] : body.at("checked").members())
        out += (out.empty() ? "Checked: " : ", ") + std::to_string(count.integer()) + " " +
               console::in_words(what).replace(0, 1, what.substr(0, 1));
    out += ".\n";
    const auto& failures = body.at("failures").items();
    if (failures.empty())
        return out + "Everything fits together.\n";
    console::Table table{{"Table", "Row", "What is wrong"}, {}};
    for (const auto& failure : failures)
        table.rows.push_back({word(failure, "table"), word(failure, "row"), word(failure, "kind")});
    return out + "Something was changed or lost:\n" + console::to_text(table, terminal);
}

}  // namespace satchel::tools::hub
