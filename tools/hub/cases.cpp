// Cases: what comes in, what goes out, and who works on them.
#include "tools/hub/commands.hpp"

#include <algorithm>

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;

constexpr std::size_t import_line_bytes_max = 1u << 20;

// The one of --user, --team and --role that was given.
Result<sync::Assignee> assignee_of(const Desk& desk, const console::Invocation& in)
{
    using Subject = sync::AssignmentRow::Subject;
    const auto user = in.one("user");
    const auto team = in.one("team");
    const auto role = in.one("role");
    if (int(user.has_value()) + int(team.has_value()) + int(role.has_value()) != 1)
        return fail(Errc::invalid_argument, "it takes exactly one of --user, --team and --role");
    if (team)
        return sync::Assignee{Subject::team, *team};
    if (role)
        return sync::Assignee{Subject::role, *role};
    SATCHEL_TRY(const auto id, desk.service().find_user(*user));
    return sync::Assignee{Subject::user, to_string(id)};
}

std::string_view word(sync::AssignmentRow::Subject subject)
{
    using Subject = sync::AssignmentRow::Subject;
    return subject == Subject::user ? "user" : subject == Subject::team ? "team" : "role";
}

std::string_view word(sync::Task::State state)
{
    using State = sync::Task::State;
    switch (state) {
    case State::open:
        return "open";
    case State::acknowledged:
        return "acknowledged";
    case State::done:
        return "done";
    case State::superseded:
        return "superseded";
    }
    return "unknown";
}

Json facts_of(const sync::Facts& facts)
{
    auto out = Json::object();
    for (const auto& [name, value] : facts)
        out[name] = value;
    return out;
}

}  // namespace

Result<Answer> case_list(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto cases, desk.service().cases());
    auto list = Json::array();
    for (const auto& one : cases)
        list.push(Json::object({{"case", one.id},
                                {"label", one.label},
                                {"facts", facts_of(one.facts)},
                                {"records", one.records},
                                {"open_items", one.open_items},
                                {"assigned", Json(one.assigned)}}));
    Answer answer;
    answer.body["cases"] = std::move(list);
    return answer;
}

Result<Answer> assign(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto to, assignee_of(desk, in));
    SATCHEL_TRY(const auto case_id, desk.service().find_case(in.one("case").value_or("")));
    SATCHEL_TRYV(desk.service().assign(case_id, to));
    Answer answer;
    answer.body = Json::object({{"case", case_id}, {std::string(word(to.subject)), to.name}});
    return answer;
}

Result<Answer> unassign(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto from, assignee_of(desk, in));
    SATCHEL_TRY(const auto because, sync::parse_ended(in.one("because").value_or("")));
    SATCHEL_TRY(const auto case_id, desk.service().find_case(in.one("case").value_or("")));
    SATCHEL_TRYV(desk.service().unassign(case_id, from, because));
    Answer answer;
    answer.body = Json::object({{"case", case_id},
                                {std::string(word(from.subject)), from.name},
                                {"because", std::string(sync::name(because))}});
    return answer;
}

Result<Answer> import_lines(const Desk& desk, const Request& request, Replies& replies)
{
    auto rest = text(request.input);
    std::size_t number = 0;
    const sync::LineSource next = [&rest, &number]() -> Result<std::optional<std::string>> {
        if (rest.empty())
            return std::optional<std::string>{};
        const auto end = rest.find('\n');
        auto line = std::string(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.ends_with('\r'))
            line.pop_back();
        ++number;
        // Here, because it finds what others pass over: a key given twice, of which one would be lost.
        if (const auto json = console::parse_json(line, {import_line_bytes_max, 8}); !json)
            return fail(json.error().code, "line " + std::to_string(number) + ": " + json.error().detail);
        return std::optional(std::move(line));
    };
    const auto total = static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n')) +
                       (!rest.empty() && !rest.ends_with('\n') ? 1 : 0);
    const bool dry_run = request.invocation.has("dry-run");
    const auto imported = desk.service().import(next, dry_run, [&](std::uint64_t done, std::uint64_t) {
        replies.progress().report("import", done, total);
    });
    if (!imported)  // what a line refers to and is not there is a mistake of the line, and its number must be told
        return fail(imported.error().code == Errc::not_found ? Errc::invalid_argument : imported.error().code,
                    imported.error().detail);
    const auto& counts = *imported;
    Answer answer;
    answer.body = Json::object(
        {{"cases", counts.cases}, {"records", counts.records}, {"values", counts.values}, {"earlier_words", counts.earlier_words},
         {"dry_run", dry_run}});
    return answer;
}

Result<Answer> export_lines(const Desk& desk, const Request& request, Replies& replies)
{
    std::optional<CaseId> only;
    if (const auto ref = request.invocation.one("case")) {
        SATCHEL_TRY(only, desk.service().find_case(*ref));
    }
    std::uint64_t lines = 0;
    SATCHEL_TRYV(desk.service().export_cases(only, [&](std::string_view line) -> Result<void> {
        replies.line(line);
        replies.progress().report("export", ++lines, 0);
        return {};
    }));
    Answer answer;
    answer.body = nullptr;  // the lines are the answer: what follows them would spoil the form
    return answer;
}

Result<Answer> task_list(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto tasks, desk.service().tasks(request.invocation.one("role")));
    auto list = Json::array();
    for (const auto& task : tasks)
        list.push(Json::object({{"id", task.id},
                                {"case", task.case_id},
                                {"case_label", task.case_label},
                                {"role", task.role},
                                {"reaches", Json(task.reaches)},
                                {"words", task.words},
                                {"paragraph", task.paragraph},
                                {"due", task.due.days != 0 ? Json(task.due) : Json()},
                                {"safety", task.safety},
                                {"state", word(task.state)}}));
    Answer answer;
    answer.body["tasks"] = std::move(list);
    return answer;
}

}  // namespace satchel::tools::hub
