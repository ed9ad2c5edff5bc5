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

template <class List>
std::vector<std::string> names_of(const List& list)
{
    std::vector<std::string> out;
    for (const auto& one : list)
        out.push_back(one.name);
    return out;
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
    Answer answer;
    if (const auto file = in.one("html")) {
        SATCHEL_TRYV(files.write_durable(*file, view(matrix_html(policy))));
        answer.body = Json::object({{"file", *file}, {"version", policy.version}, {"types", policy.types.size()}});
    } else if (in.has("csv")) {
        for (const auto& line : matrix_csv(policy))
            replies.line(line);
        answer.body = nullptr;
    } else {
        answer.body = matrix_json(policy);
    }
    return answer;
}

Result<Answer> policy_matrix(const Desk& desk, const Request& request, Replies& replies)
{
    return matrix_of(*desk.service().policy(), request.invocation, desk.files, replies);
}

Result<Answer> decision_table_of(const schema::Policy& policy, const console::Invocation& in)
{
    const auto record = in.one("record").value_or("");
    const auto wanted = in.one("field").value_or("");
    const auto* type = policy.type(record);
    if (!type)
        return fail(Errc::unknown_name, "record type \"" + record + "\"" + did_you_mean(record, names_of(policy.types)));
    const auto* group = type->group_of_field(wanted);
    if (!group) {
        std::vector<std::string> known;
        for (const auto& one : type->groups)
            for (const auto& field : one.fields)
                known.push_back(field.name);
        return fail(Errc::unknown_name, "field \"" + wanted + "\" of " + type->name + did_you_mean(wanted, known));
    }
    const auto& field = *group->field(wanted);
    auto rules = Json::array();
    for (const auto action : actions) {
        std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> told;  // lines, roles
        for (const auto& some : alike(policy, *type, *group)) {
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
                                {"field", field.name},
                                {"title", field.title},
                                {"type", std::string(schema::name(field.type))},
                                {"required", field.required},
                                {"two_versions", std::string(in_words(group->merge))},
                                {"on_devices", std::string(in_words(type->hold))},
                                {"refs", Json(group->refs.empty() ? type->refs : group->refs)},
                                {"rules", std::move(rules)}});
    return answer;
}

std::string plain_explain(const Json& body, const console::Terminal& terminal)
{
    const auto& rules = body.at("rules");
    if (!rules.is_array())
        return console::describe(body, terminal);
    std::string out = body.at("record_title").text() + ": " + body.at("title").text() + " (" + body.at("type").text() +
                      (body.at("required").boolean() ? ", must be given" : "") + ")\nDecided as one with the rest of \"" +
                      body.at("part").text() + "\".\nTwo versions at once: " + body.at("two_versions").text() +
                      ".\nOn devices: " + body.at("on_devices").text() +
                      ".\nIn each list the first line that fits counts. \"The own agency\" is that of the role.\n";
    for (const auto action : actions) {
        bool headed = false;
        for (const auto& rule : rules.items()) {
            if (rule.at("action").text() != name(action))
                continue;
            out += headed ? "" : "\n" + std::string(heading(action)) + "\n";
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
    for (const auto& type : body.at("types").items())
        for (const auto& group : type.at("groups").items()) {
            std::string fields;
            for (const auto& field : group.at("fields").items())
                fields += (fields.empty() ? "" : ", ") + field.at("title").text();
            out += "\n" + type.at("title").text() + ": " + group.at("title").text() + " (" + fields + ")\n";
            for (const auto& role : group.at("roles").items()) {
                out += "  " + role.at("role").text() + "\n";
                for (const auto& [action, lines] : role.members())
                    for (const auto& line : lines.items())
                        out += "    " + action + ": " + line_in_words(line) + "\n";
            }
        }
    return out;
}

}  // namespace satchel::tools::hub
