#include "tools/hub/matrix_page.hpp"

#include <algorithm>
#include <array>

namespace satchel::tools::hub {
namespace {

using console::Json;
using schema::Field;
using schema::Group;
using schema::Policy;
using schema::RecordType;
using schema::Role;
using schema::matrix::Action;
using schema::matrix::Answer;
using schema::matrix::Line;
using schema::matrix::Lines;

constexpr std::array actions{Action::create, Action::set, Action::add, Action::remove, Action::withdraw, Action::see};

std::string joined(const std::vector<std::string>& words, std::string_view between = ", ")
{
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : std::string(between)) + word;
    return out;
}

const schema::References& refs_of(const RecordType& type, const Group& group)
{
    return group.refs.empty() ? type.refs : group.refs;
}

std::string raised_words(const schema::matrix::Raised& raised)
{
    return "kept and raised" + (raised.say.empty() ? "" : ": " + raised.say);
}

// "otherwise" is what nothing above it has met.
std::string sentence(const Policy& policy, const RecordType& type, const Role& role, const std::string& what,
                     const schema::matrix::Condition& when, const schema::References& refs, bool first)
{
    const auto given = !when.empty() ? in_words(when, policy, type, &role) + ": " : first ? "" : "otherwise: ";
    return given + what + (refs.empty() ? "" : " (" + joined(refs) + ")");
}

// A condition of which nothing depends says nothing: whoever it does not meet meets the same in the next line.
Lines without_idle_conditions(const Lines& in)
{
    Lines out;
    for (const auto& line : in) {
        const auto same = [&](const Line& before) {
            return line.when.empty() && before.answer == line.answer && before.to == line.to && before.say == line.say &&
                   before.instead == line.instead && before.refs == line.refs && before.rule == line.rule;
        };
        while (!out.empty() && same(out.back()))
            out.pop_back();
        out.push_back(line);
    }
    return out;
}

std::vector<std::string> sentences(const Policy& policy, const RecordType& type, const Group& group, const Role& role,
                                   Action action)
{
    std::vector<std::string> out;
    for (const auto& line : without_idle_conditions(lines(policy, type, group, role, action))) {
        // "What happened is kept": the marks that the record gets say when it should not have.
        auto what = in_words(line, policy, type);
        if (action == Action::see && line.answer == Answer::sees && type.hold == schema::Hold::online)
            what += " while connected";
        out.push_back(sentence(policy, type, role, what, line.when, line.refs, out.empty()));
    }
    for (const auto& raised : raised(policy, type, group, role, action))
        out.push_back(sentence(policy, type, role, raised_words(raised), raised.when, raised.refs, out.empty()));
    return out;
}

// --- CSV --------------------------------------------------------------------------------------------------------------

std::string cell(std::string text)
{
    if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
        text.insert(0, 1, '\'');
    std::string out = "\"";
    for (const char c : text)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

std::string row(const std::vector<std::string>& cells)
{
    std::string out;
    for (const auto& text : cells)
        out += (out.empty() ? "" : ",") + cell(text);
    return out;
}

// --- HTML -------------------------------------------------------------------------------------------------------------

std::string html(std::string_view text)
{
    std::string out;
    for (const char c : text)
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    return out;
}

constexpr std::string_view style =
    "body{font:16px/1.5 sans-serif;color:#111;background:#fff;margin:0 auto;padding:1rem;max-width:90rem}"
    "table{border-collapse:collapse;width:100%;margin:0 0 1.5rem}"
    "caption{text-align:left;font-weight:bold;padding:.5rem 0}"
    "th,td{border:1px solid #666;padding:.4rem;text-align:left;vertical-align:top}"
    "thead th{background:#e6e6e6}ol{margin:0;padding-left:1.3rem}dt{font-weight:bold;float:left;margin-right:.5rem}dd{margin:0 0 0 10rem}"
    "a{color:#003a8c}@media print{h2{break-before:page}nav{display:none}}";

std::string fields_table(const Group& group)
{
    std::string out = "<table><caption>Fields of " + html(group.title) +
                      "</caption><thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Name in the files</th><th "
                      "scope=\"col\">Type</th><th scope=\"col\">Must be given</th><th scope=\"col\">Choices or "
                      "target</th></tr></thead><tbody>";
    for (const auto& field : group.fields)
        out += "<tr><th scope=\"row\">" + html(field.title) + "</th><td>" + html(field.name) + "</td><td>" +
               html(schema::name(field.type)) + "</td><td>" + (field.required ? "yes" : "no") + "</td><td>" +
               html(field.target.empty() ? joined(field.choices) : field.target) + "</td></tr>";
    return out + "</tbody></table>\n";
}

std::string roles_table(const Policy& policy, const RecordType& type, const Group& group)
{
    std::vector<Action> asked;
    for (const auto action : actions)
        if (applies(type, group, action))
            asked.push_back(action);
    std::string out = "<table><caption>Who may do what with " + html(group.title) + " of " + html(type.title) +
                      "</caption><thead><tr><th scope=\"col\">Role</th>";
    for (const auto action : asked)
        out += "<th scope=\"col\">" + html(heading(action)) + "</th>";
    out += "</tr></thead><tbody>";
    for (const auto& some : alike(policy, type, group)) {
        std::vector<std::string> titles;
        for (const auto* role : some.roles)
            titles.push_back(html(role->title));
        out += "<tr><th scope=\"row\">" + joined(titles, "<br>") + "</th>";
        for (const auto action : asked) {
            out += "<td><ol>";
            for (const auto& one : some.sentences.at(action))
                out += "<li>" + html(one) + "</li>";
            out += "</ol></td>";
        }
        out += "</tr>";
    }
    return out + "</tbody></table>\n";
}

std::string type_section(const Policy& policy, const RecordType& type)
{
    const bool event = type.kind == RecordType::Kind::event;
    std::string out = "<section><h2 id=\"" + html(type.name) + "\">" + html(type.title) + "</h2>\n<dl><dt>Name in the files</dt><dd>" +
                      html(type.name) + "</dd><dt>Kind</dt><dd>" +
                      (event ? "something that happened: kept whoever recorded it" :
                       type.singleton ? "one for each case" : "any number for each case") +
                      "</dd><dt>On devices</dt><dd>" + html(in_words(type.hold)) + "</dd><dt>Kept</dt><dd>" +
                      html(kept(type)) + "</dd><dt>Paragraphs</dt><dd>" +
                      html(joined(type.refs)) + "</dd></dl>\n";
    for (const auto& group : type.groups)
        out += "<h3>" + html(type.title) + ": " + html(group.title) + "</h3>\n<p>Two versions at once: " +
               html(in_words(group.merge)) + ". Paragraphs: " + html(joined(refs_of(type, group))) + ".</p>\n" +
               fields_table(group) + roles_table(policy, type, group);
    return out + "</section>\n";
}

Json line_json(const Policy& policy, const RecordType& type, const Line& line)
{
    auto out = Json::object({{"answer", std::string(name(line.answer))},
                             {"when", in_words(line.when, policy, type)},
                             {"rule", line.rule},
                             {"paragraphs", Json(line.refs)},
                             {"words", in_words(line, policy, type)}});
    if (line.answer == Answer::suggests)
        out["decided_by"] = to_string(line.to);
    if (!line.instead.empty())
        out["kept_as"] = line.instead;
    return out;
}

}  // namespace

std::string_view heading(Action action) noexcept
{
    switch (action) {
    case Action::create:
        return "Record it anew";
    case Action::set:
        return "Change it";
    case Action::add:
        return "Add to it";
    case Action::remove:
        return "Take out of it";
    case Action::withdraw:
        return "Withdraw the record";
    case Action::see:
        return "See it";
    }
    return {};
}

std::string_view in_words(schema::Hold hold) noexcept
{
    switch (hold) {
    case schema::Hold::full:
        return "in full";
    case schema::Hold::reference:
        return "only what points to it: parts with a note are shown while connected";
    case schema::Hold::online:
        return "nothing: shown while connected";
    }
    return {};
}

std::string_view in_words(schema::Merge merge) noexcept
{
    switch (merge) {
    case schema::Merge::manual:
        return "a person decides between them";
    case schema::Merge::text3:
        return "merged where they differ in different places, else a person decides";
    case schema::Merge::append:
        return "a list: everything that is added stays, each by its supplier";
    case schema::Merge::add_wins:
        return "a list that anybody may add to: what was added counts until exactly that is taken out";
    case schema::Merge::alternatives:
        return "requests stand side by side until they are decided";
    }
    return {};
}

std::string kept(const schema::RecordType& type)
{
    return type.retention == "case" ? "as long as the case" : type.retention;  // of an agreement that declares no retention
}

std::vector<Alike> alike(const Policy& policy, const RecordType& type, const Group& group)
{
    std::vector<Alike> out;
    for (const auto& role : policy.roles) {
        Alike one;
        for (const auto action : actions)
            if (applies(type, group, action))
                one.sentences[action] = sentences(policy, type, group, role, action);
        const auto same = std::find_if(out.begin(), out.end(),
                                       [&](const Alike& other) { return other.sentences == one.sentences; });
        if (same != out.end()) {
            same->roles.push_back(&role);
            continue;
        }
        one.roles = {&role};
        out.push_back(std::move(one));
    }
    return out;
}

Json matrix_json(const Policy& policy, const RecordType* only)
{
    auto types = Json::array();
    for (const auto& type : policy.types) {
        if (only && &type != only)
            continue;
        auto groups = Json::array();
        for (const auto& group : type.groups) {
            auto fields = Json::array();
            for (const auto& field : group.fields)
                fields.push(Json::object({{"name", field.name},
                                          {"title", field.title},
                                          {"type", std::string(schema::name(field.type))},
                                          {"required", field.required}}));
            auto roles = Json::array();
            for (const auto& role : policy.roles) {
                auto one = Json::object({{"role", role.name}});
                for (const auto action : actions) {
                    if (!applies(type, group, action))
                        continue;
                    auto told = Json::array();
                    for (const auto& line : lines(policy, type, group, role, action))
                        told.push(line_json(policy, type, line));
                    for (const auto& raised : raised(policy, type, group, role, action))
                        told.push(Json::object({{"answer", "raised"},
                                                {"when", in_words(raised.when, policy, type)},
                                                {"rule", raised.rule},
                                                {"paragraphs", Json(raised.refs)},
                                                {"words", raised_words(raised)}}));
                    one[name(action)] = std::move(told);
                }
                roles.push(std::move(one));
            }
            groups.push(Json::object({{"name", group.name},
                                      {"title", group.title},
                                      {"merge", std::string(schema::name(group.merge))},
                                      {"refs", Json(refs_of(type, group))},
                                      {"fields", std::move(fields)},
                                      {"roles", std::move(roles)}}));
        }
        types.push(Json::object({{"type", type.name},
                                 {"title", type.title},
                                 {"hold", std::string(schema::name(type.hold))},
                                 {"retention", type.retention},
                                 {"refs", Json(type.refs)},
                                 {"groups", std::move(groups)}}));
    }
    return Json::object({{"version", policy.version}, {"title", policy.title}, {"types", std::move(types)}});
}

std::vector<std::string> matrix_csv(const Policy& policy, const RecordType* only)
{
    std::vector<std::string> out{row({"record", "record title", "part", "field", "field title", "type", "required", "merge", "hold",
                                      "retention", "role", "role title", "action", "condition", "answer", "decided by",
                                      "kept as", "rule", "paragraphs"})};
    for (const auto& type : policy.types)
        for (const auto& group : only && &type != only ? std::vector<Group>{} : type.groups)
            for (const auto& role : policy.roles)
                for (const auto action : actions) {
                    if (!applies(type, group, action))
                        continue;
                    const auto put = [&](const schema::matrix::Condition& when, const std::string& answer,
                                         const std::string& decided_by, const std::string& kept_as,
                                         const std::string& rule, const schema::References& refs) {
                        for (const auto& field : group.fields)
                            out.push_back(row({type.name, type.title, group.name, field.name, field.title,
                                               std::string(schema::name(field.type)), field.required ? "yes" : "no",
                                               std::string(schema::name(group.merge)),
                                               std::string(schema::name(type.hold)), type.retention, role.name,
                                               role.title, std::string(name(action)), in_words(when, policy, type),
                                               answer, decided_by, kept_as, rule, joined(refs, " ")}));
                    };
                    for (const auto& line : lines(policy, type, group, role, action))
                        put(line.when, std::string(name(line.answer)),
                            line.answer == Answer::suggests ? to_string(line.to) : "", line.instead, line.rule, line.refs);
                    for (const auto& raised : raised(policy, type, group, role, action))
                        put(raised.when, "raised", "", "", raised.rule, raised.refs);
                }
    return out;
}

std::string matrix_html(const Policy& policy, const RecordType* only)
{
    const auto title = policy.title + ", version " + std::to_string(policy.version);
    std::string out = "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\"><title>" +
                      html(title) + "</title><style>" + std::string(style) + "</style></head>\n<body><header><h1>" + html(title) +
                      "</h1>\n<p>Who may do what with which part of a record, and who sees it. In each list the first line "
                      "that fits counts. It is about one change, made with a reason and on what is in the record: two "
                      "people's versions of one part wait for a person to decide, and the same value agrees, whoever wrote "
                      "it. “The own agency” is that of the role.</p></header>\n<nav aria-label=\"Record types\"><ul>";
    for (const auto& type : policy.types)
        if (!only || &type == only)
            out += "<li><a href=\"#" + html(type.name) + "\">" + html(type.title) + "</a></li>";
    out += "</ul></nav>\n<main>\n";
    for (const auto& type : policy.types)
        if (!only || &type == only)
            out += type_section(policy, type);
    return out + "</main></body></html>\n";
}

}  // namespace satchel::tools::hub
