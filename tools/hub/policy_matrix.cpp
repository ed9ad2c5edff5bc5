// Who may do what under an agreement: the whole of it, or one field.
#include "tools/hub/matrix_page.hpp"

#include <algorithm>
#include <array>

#include "schema/base/nearest.hpp"
#include "schema/policy/embedded.hpp"
#include "sync/core/bundle.hpp"
#include "sync/console/utf8.hpp"
#include "tools/hub/commands.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;
using schema::matrix::Action;

constexpr std::array actions{Action::create, Action::set, Action::add, Action::remove, Action::withdraw, Action::see};

bool same_words(std::string_view a, std::string_view b)
{
    const auto plain = [](char c) { return c == '_' || c == '-' ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return plain(x) == plain(y); });
}

// By the name in the files, or by the title that people know it by, if only one has it.
template <class Thing>
const Thing* called(const std::vector<const Thing*>& things, std::string_view wanted)
{
    const Thing* out = nullptr;
    for (const auto* one : things) {
        if (one->name == wanted)
            return one;
        if (!same_words(one->title, wanted))
            continue;
        if (out)
            return nullptr;
        out = one;
    }
    return out;
}

// "; did you mean …" for a slip, else those in whose name or title the words stand, else all of a short list.
template <class Thing>
std::string near(const std::vector<const Thing*>& things, const std::string& wanted)
{
    constexpr std::size_t few = 40;
    std::vector<std::string> names, titles, holding, all;
    for (const auto* one : things) {
        const auto both = one->name + " (\"" + one->title + "\")";
        names.push_back(one->name);
        titles.push_back(one->title);
        all.push_back(both);
        const auto holds = [&](std::string_view text) {
            for (std::size_t at = 0; at + wanted.size() <= text.size(); ++at)
                if (same_words(text.substr(at, wanted.size()), wanted))
                    return true;
            return false;
        };
        if (wanted.size() > 2 && (holds(one->name) || holds(one->title)))
            holding.push_back(both);
    }
    if (const auto slip = did_you_mean(wanted, names); !slip.empty())
        return slip;
    if (holding.empty())
        if (const auto slip = nearest(wanted, titles); !slip.empty())
            return "; did you mean " + all[static_cast<std::size_t>(std::find(titles.begin(), titles.end(), slip) - titles.begin())] + "?";
    const auto& told = holding.empty() ? all : holding;
    if (told.size() > few)
        return "; `policy matrix` lists those there are";
    std::string out = "; there ";
    for (std::size_t i = 0; i < told.size(); ++i)
        out += (i == 0 ? told.size() == 1 ? "is " : "are " : ", ") + told[i];
    return out;
}

Result<const schema::RecordType*> record_called(const schema::Policy& policy, const std::string& wanted)
{
    std::vector<const schema::RecordType*> types;
    for (const auto& type : policy.types)
        types.push_back(&type);
    if (const auto* type = called(types, wanted))
        return type;
    return fail(Errc::unknown_name, "record type \"" + wanted + "\"" + near(types, wanted));
}

// A record type as a whole: what it is divided into.
Answer parts_of(const schema::RecordType& type)
{
    auto parts = Json::array();
    for (const auto& group : type.groups) {
        auto fields = Json::array();
        for (const auto& field : group.fields)
            fields.push(Json::object({{"field", field.name}, {"title", field.title}, {"type", std::string(schema::name(field.type))}}));
        parts.push(Json::object({{"part", group.name},
                                 {"title", group.title},
                                 {"refs", Json(group.refs.empty() ? type.refs : group.refs)},
                                 {"fields", std::move(fields)}}));
    }
    Answer answer;
    answer.body = Json::object(
        {{"record", type.name}, {"record_title", type.title}, {"kept", kept(type)}, {"refs", Json(type.refs)},
         {"parts", std::move(parts)}});
    return answer;
}

std::string listed(const Json& list, const std::string& between = ", ")
{
    std::string out;
    for (const auto& one : list.items())
        out += (out.empty() ? "" : between) + one.text();
    return out;
}

// What is looked at before anybody withdraws the record: the same for every role.
Json asked_first(const schema::Policy& policy, const schema::RecordType& type)
{
    auto out = Json::array();
    for (const auto& gate : type.withdrawal) {
        const auto words = schema::matrix::before_withdrawal(gate, policy, type);
        out.push(Json::object({{"rule", gate.rule},
                               {"when", words.when},
                               {"unless", words.unless},
                               {"asks", Json(words.asks)},
                               {"say", gate.say},
                               {"refs", Json(gate.refs)}}));
    }
    return out;
}

std::string asked_in_words(const Json& gate)
{
    const auto part = [&](const char* before, const std::string& text, const char* after) {
        return text.empty() ? std::string() : before + text + after;
    };
    const auto asks = listed(gate.at("asks"), " and ");
    return part("when ", gate.at("when").text(), gate.at("unless").text().empty() ? ": " : ", ") +
           part("unless ", gate.at("unless").text(), ": ") + (asks.empty() ? "it stays" : "asks for " + asks) + ". " +
           gate.at("say").text() + " (" + listed(gate.at("refs")) + ")";
}

std::string line_in_words(const Json& line)
{
    std::string refs;
    for (const auto& ref : line.at("paragraphs").items())
        refs += (refs.empty() ? " (" : ", ") + ref.text();
    const auto& when = line.at("when").text();
    return line.at("words").text() + (when == "always" ? "" : ", " + when) + (refs.empty() ? "" : refs + ")");
}

}  // namespace

Result<schema::Policy> policy_of(ByteView bundle)
{
    if (bundle.empty())
        return schema::compile_or_fail(schema::embedded_bundle());
    SATCHEL_TRY(const auto files, sync::unpack_bundle(bundle));
    std::vector<schema::SourceFile> sources;
    for (const auto& file : files)
        sources.push_back({file.name, file.text});
    return schema::compile_or_fail(sources);
}

Result<Answer> matrix_of(const schema::Policy& policy, const console::Invocation& in, crypto::FileSystem& files,
                         Replies& replies)
{
    const schema::RecordType* only = nullptr;
    if (const auto record = in.one("record")) {
        SATCHEL_TRY(only, record_called(policy, *record));
    }
    Answer answer;
    if (const auto file = in.one("html")) {
        SATCHEL_TRYV(files.write_durable(*file, view(matrix_html(policy, only))));
        answer.body = Json::object({{"file", *file}, {"version", policy.version}, {"types", only ? std::size_t{1} : policy.types.size()}});
    } else if (in.has("csv")) {
        for (const auto& line : matrix_csv(policy, only))
            replies.line(line);
        answer.body = nullptr;
    } else {
        answer.body = matrix_json(policy, only);
    }
    return answer;
}

Result<Answer> policy_matrix(const Desk& desk, const Request& request, Replies& replies)
{
    return matrix_of(*desk.service().policy(), request.invocation, desk.files, replies);
}

Result<Answer> decision_table_of(const schema::Policy& policy, const console::Invocation& in)
{
    SATCHEL_TRY(const auto* type, record_called(policy, in.one("record").value_or("")));
    if (!in.has("field"))
        return parts_of(*type);
    const auto wanted = in.one("field").value_or("");
    std::vector<const schema::Field*> fields;
    for (const auto& one : type->groups)
        for (const auto& own : one.fields)
            fields.push_back(&own);
    const auto* field = called(fields, wanted);
    if (!field)
        return fail(Errc::unknown_name, "field \"" + wanted + "\" of " + type->name + near(fields, wanted));
    const auto* group = type->group_of_field(field->name);
    auto rules = Json::array();
    const auto of_part = alike(policy, *type, *group);
    // The whole record is withdrawn, whichever of its fields is asked about: the matrix has that with the first part.
    const auto of_record = alike(policy, *type, type->groups.front());
    for (const auto action : actions) {
        std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> told;  // lines, roles
        for (const auto& some : action == Action::withdraw ? of_record : of_part) {
            const auto lines = some.sentences.find(action);
            if (lines == some.sentences.end())
                continue;
            auto same = std::find_if(told.begin(), told.end(), [&](const auto& one) { return one.first == lines->second; });
            if (same == told.end())
                same = told.insert(told.end(), {lines->second, {}});
            for (const auto* role : some.roles)
                same->second.push_back(role->title);
        }
        for (const auto& [lines, roles] : told)
            rules.push(Json::object({{"action", std::string(name(action))}, {"roles", Json(roles)}, {"lines", Json(lines)}}));
    }
    Answer answer;
    answer.body = Json::object({{"record", type->name},
                                {"record_title", type->title},
                                {"part", group->title},
                                {"field", field->name},
                                {"title", field->title},
                                {"type", std::string(schema::name(field->type))},
                                {"required", field->required},
                                {"two_versions", std::string(in_words(group->merge))},
                                {"on_devices", std::string(in_words(type->hold))},
                                {"kept", kept(*type)},
                                {"refs", Json(group->refs.empty() ? type->refs : group->refs)},
                                {"before_withdrawal", asked_first(policy, *type)},
                                {"rules", std::move(rules)}});
    return answer;
}

std::string plain_explain(const Json& body, const console::Terminal& terminal)
{
    const auto& parts = body.at("parts");
    if (parts.is_array()) {
        std::string out = body.at("record_title").text() + " (" + body.at("record").text() + "). Rests on " + listed(body.at("refs")) +
                          ".\nKept: " + body.at("kept").text() + ".\nEach part is decided and seen as one; --field NAME says by whom, when and why.\n";
        for (const auto& part : parts.items()) {
            out += "\n" + part.at("title").text() + " (" + listed(part.at("refs")) + ")\n";
            for (const auto& field : part.at("fields").items())
                out += "    " + field.at("field").text() + ": " + field.at("title").text() + ", " + field.at("type").text() + "\n";
        }
        return out;
    }
    const auto& rules = body.at("rules");
    if (!rules.is_array())
        return console::describe(body, terminal);
    std::string out = body.at("record_title").text() + ": " + body.at("title").text() + " (" + body.at("type").text() +
                      (body.at("required").boolean() ? ", must be given" : "") + ")\nDecided as one with the rest of \"" +
                      body.at("part").text() + "\".\nTwo versions at once: " + body.at("two_versions").text() +
                      ".\nOn devices: " + body.at("on_devices").text() + ".\nKept: " + body.at("kept").text() + ".\nRests on " + listed(body.at("refs")) +
                      ".\nIn each list the first line that fits counts. \"The own agency\" is that of the role.\n";
    for (const auto action : actions) {
        bool headed = false;
        for (const auto& rule : rules.items()) {
            if (rule.at("action").text() != name(action))
                continue;
            if (!headed) {
                out += "\n" + std::string(heading(action)) + "\n";
                const auto& gates = body.at("before_withdrawal").items();
                if (action == Action::withdraw && !gates.empty()) {
                    out += "  Looked at first, whoever it is:\n";
                    for (const auto& gate : gates)
                        out += "    - " + asked_in_words(gate) + "\n";
                }
            }
            headed = true;
            std::string roles;
            for (const auto& role : rule.at("roles").items())
                roles += (roles.empty() ? "  " : ", ") + role.text();
            out += roles + ":\n";
            for (const auto& line : rule.at("lines").items())
                out += "    - " + line.text() + "\n";
        }
    }
    return out;
}

std::string plain_matrix(const Json& body, const console::Terminal& terminal)
{
    if (!body.at("types").is_array())
        return console::describe(body, terminal);
    std::string out = body.at("title").text() + ", version " + std::to_string(body.at("version").integer()) + "\n";
    for (const auto& type : body.at("types").items()) {
        out += "\n" + type.at("title").text() + ". Kept: " + type.at("retention").text() + ".\n";
        for (const auto& group : type.at("groups").items()) {
            std::string fields;
            for (const auto& field : group.at("fields").items())
                fields += (fields.empty() ? "" : ", ") + field.at("title").text();
            out += "\n" + type.at("title").text() + ": " + group.at("title").text() + " (" + fields + ")\n";
            std::vector<std::pair<std::string, std::string>> told;  // what roles may do, and those who may do the same
            for (const auto& role : group.at("roles").items()) {
                std::string words;
                for (const auto& [action, lines] : role.members())
                    for (const auto& line : lines.items())
                        words += "    " + action + ": " + line_in_words(line) + "\n";
                const auto same = std::find_if(told.begin(), told.end(), [&](const auto& one) { return one.first == words; });
                if (same == told.end())
                    told.emplace_back(words, role.at("role").text());
                else
                    same->second += ", " + role.at("role").text();
            }
            for (const auto& [words, roles] : told)
                out += "  " + roles + "\n" + words;
        }
    }
    return out;
}

}  // namespace satchel::tools::hub
