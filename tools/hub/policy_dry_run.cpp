// What would become of an agreement that is not in force: whether it could be, and what the last days would have been under it.
#include <charconv>

#include "sync/core/bundle.hpp"
#include "sync/hub/dry_run.hpp"
#include "tools/hub/commands.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {

using console::Answer;
using console::Json;

namespace {

using Because = sync::ConsequenceBoth::Because;
using What = sync::ConsequenceBoth::What;

Json to_json(const sync::Ruling& ruling)
{
    auto out = Json::object({{"outcome", std::string(name(ruling.outcome))},
                             {"rule", ruling.rule},
                             {"paragraph", ruling.paragraph}});
    if (!ruling.decided_by.empty())
        out["decided_by"] = ruling.decided_by;
    if (!ruling.instead.empty())
        out["kept_as"] = ruling.instead;
    if (ruling.outside_policy)
        out["outside_policy"] = true;
    return out;
}

Json to_json(const std::vector<schema::PolicyProblem>& problems)
{
    auto out = Json::array();
    for (const auto& problem : problems)
        out.push(Json::object({{"file", problem.file}, {"line", problem.line}, {"reason", problem.reason}}));
    return out;
}

std::string reason_of(const sync::ConsequenceBoth& one)
{
    switch (one.because) {
    case Because::new_rule:
        return "the rule is new";
    case Because::no_such_rule:
        return "there is no such rule any more";
    case Because::ruled_otherwise:
        return "the change would be " + std::string(name(one.would)) + " (" + one.would_rule + "); it was " +
               std::string(name(one.was)) + " (" + one.was_rule + ")";
    case Because::rule_changed:
        return "the rule says something else";
    case Because::follows:
        return "what came before it would have been otherwise";
    }
    return {};
}

Json to_json(const sync::ConsequenceBoth& one)
{
    auto out = Json::object({{"what", std::string(name(one.what))},
                             {"arises", one.arises},
                             {"position", raw(one.position)},
                             {"case", one.case_id},
                             {"rule", one.rule},
                             {"paragraph", one.paragraph},
                             {"because", reason_of(one)}});
    if (!one.record.empty()) {
        out["record"] = one.record;
        out["type"] = one.type;
        out["part"] = one.part;
    }
    if (!one.role.empty())
        out["role"] = one.role;
    if (!one.words.empty())
        out["words"] = one.words;
    return out;
}

bool is_task(const Json& one) { return one.at("what").text().starts_with("task"); }

std::string in_words(const Json& ruling)
{
    const auto& paragraph = ruling.at("paragraph").text();
    return ruling.at("outcome").text() + " (" + ruling.at("rule").text() + (paragraph.empty() ? "" : ", " + paragraph) + ")";
}

std::string problems_in_words(const Json& problems)
{
    std::string out;
    for (const auto& problem : problems.items()) {
        const auto line = problem.at("line").integer();
        out += "- " + problem.at("file").text() + (line == 0 ? "" : ":" + std::to_string(line)) + ": " + problem.at("reason").text() + "\n";
    }
    return out;
}

// "would arise", "would not be written": of a kind of consequence.
std::string would_be(const Json& one)
{
    const bool arises = one.at("arises").boolean();
    const auto& what = one.at("what").text();
    return what == "task_due"    ? "would be due on another day"
           : what == "task"      ? arises ? "would arise" : "would not arise"
           : what == "task_over" ? arises ? "would be over" : "would not be over"
           : what == "fact"      ? "would be another"
           : what == "value"     ? arises ? "would be written by the system" : "would not be written by the system"
                                 : (arises ? "would be marked" : "would not be marked");
}

std::string subject(const Json& one)
{
    const auto& what = one.at("what").text();
    const auto part = one.at("type").text() + (one.at("part").text().empty() ? "" : "." + one.at("part").text());
    if (what == "fact")
        return "fact \"" + one.at("words").text() + "\"";
    if (is_task(one))
        return one.at("role").text() + (one.at("words").text().empty() ? "" : ": \"" + one.at("words").text() + "\"") + " about " + part;
    return part;
}

std::string rule_in_words(const Json& one)
{
    const auto& paragraph = one.at("paragraph").text();
    return one.at("rule").text() + (paragraph.empty() ? "" : ", " + paragraph);
}

std::string consequences_in_words(const Json& list, bool tasks, const std::string& heading, const console::Terminal& terminal)
{
    console::Table table{{"Case", "Entry", "What", "Would be", "Rule", "Because"}, {}};
    for (const auto& one : list.items())
        if (is_task(one) == tasks)
            table.rows.push_back({one.at("case").text(), std::to_string(one.at("position").integer()), subject(one), would_be(one),
                                  rule_in_words(one), one.at("because").text()});
    return table.rows.empty() ? "" : "\n" + heading + "\n" + to_text(table, terminal);
}

Json answer_of(const schema::Policy& other, const sync::DryRun& run)
{
    auto counts = Json::array();
    for (const auto& [key, times] : run.counts) {
        const auto& [was, was_rule, would, would_rule] = key;
        counts.push(Json::object({{"was", std::string(name(was))},
                                  {"was_rule", was_rule},
                                  {"would", std::string(name(would))},
                                  {"would_rule", would_rule},
                                  {"times", times}}));
    }
    auto differences = Json::array();
    for (const auto& one : run.differences)
        differences.push(Json::object({{"position", raw(one.position)},
                                       {"case", one.case_id},
                                       {"record", one.record},
                                       {"type", one.type},
                                       {"part", one.part},
                                       {"role", one.role},
                                       {"was", to_json(one.was)},
                                       {"would", to_json(one.would)},
                                       {"follows", one.follows}}));
    auto consequence_counts = Json::array();
    std::uint64_t tasks_arise = 0, tasks_missing = 0, all = 0;
    for (const auto& [key, times] : run.consequence_counts) {
        const auto& [what, rule, arises] = key;
        consequence_counts.push(
            Json::object({{"what", std::string(name(what))}, {"rule", rule}, {"arises", arises}, {"times", times}}));
        all += times;
        tasks_arise += what == What::task && arises ? times : 0;
        tasks_missing += what == What::task && !arises ? times : 0;
    }
    auto consequences = Json::array();
    for (const auto& one : run.consequences)
        consequences.push(to_json(one));
    return Json::object({{"version", other.version},
                         {"since", run.since},
                         {"cases", run.cases},
                         {"changes", run.changes},
                         {"differ", run.differ},
                         {"tasks_arise", tasks_arise},
                         {"tasks_missing", tasks_missing},
                         {"follow", all},
                         {"whole_history", run.whole_history},
                         {"counts", std::move(counts)},
                         {"differences", std::move(differences)},
                         {"consequence_counts", std::move(consequence_counts)},
                         {"consequences", std::move(consequences)}});
}

}  // namespace

Result<Answer> policy_dry_run(const Desk& desk, const console::Request& request, console::Replies& replies)
{
    const auto typed = request.invocation.one("days").value_or("");
    std::uint32_t days = 0;
    const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), days);
    if (error != std::errc() || end != typed.data() + typed.size())
        return fail(Errc::invalid_argument, "days: a number from 1 to " + std::to_string(sync::dry_run_days_max));
    SATCHEL_TRY(const auto files, sync::unpack_bundle(request.input));
    std::vector<schema::SourceFile> sources;
    for (const auto& file : files)
        sources.push_back({file.name, file.text});
    const auto compiled = schema::compile(sources);
    if (!compiled.policy)
        return lint(request.input);
    const auto& other = *compiled.policy;
    const auto in_force = desk.service().policy();
    const auto obstacles = desk.service().obstacles(sources);
    SATCHEL_TRY(const auto view, desk.store.view());
    SATCHEL_TRY(const auto run, sync::dry_run(*view, desk.keys, *in_force, other, days, [&](std::uint64_t done, std::uint64_t total) {
                    replies.progress().report("dry-run", done, total);
                }));
    Answer answer;
    answer.body = answer_of(other, run);
    answer.body["publishable"] = obstacles.cannot_follow.empty();
    answer.body["problems"] = to_json(obstacles.cannot_follow);
    answer.body["narrowing"] = to_json(obstacles.narrows);
    return answer;
}

std::string plain_dry_run(const Json& body, const console::Terminal& terminal)
{
    if (!body.find("publishable"))
        return plain_lint(body, terminal);
    const auto number = [&](const char* key) { return std::to_string(body.at(key).integer()); };
    std::string out;
    if (!body.at("publishable").boolean())
        out += "It could not be published:\n" + problems_in_words(body.at("problems")) + "\n";
    if (!body.at("narrowing").items().empty())
        out += "It would be refused unless it is proposed with --narrowing-understood:\n" + problems_in_words(body.at("narrowing")) + "\n";
    out += "Since " + body.at("since").text() + ": " + number("changes") + " changes in " + number("cases") + " cases; " +
           number("differ") + " would be ruled on otherwise.\n" + number("tasks_arise") + " tasks would arise, and " +
           number("tasks_missing") + " would not.\n";
    if (!body.at("whole_history").boolean())
        out += "Something in this history does not fit together: run verify.\n";
    if (body.at("differ").integer() != 0) {
        console::Table counts{{"Times", "Was", "Would be"}, {}};
        for (const auto& one : body.at("counts").items())
            counts.rows.push_back({std::to_string(one.at("times").integer()),
                                   one.at("was").text() + " (" + one.at("was_rule").text() + ")",
                                   one.at("would").text() + " (" + one.at("would_rule").text() + ")"});
        console::Table list{{"Case", "Entry", "Record", "Part", "Role", "Was", "Would be", "Because"}, {}};
        for (const auto& one : body.at("differences").items())
            list.rows.push_back({one.at("case").text(), std::to_string(one.at("position").integer()), one.at("record").text(),
                                 one.at("type").text() + "." + one.at("part").text(), one.at("role").text(), in_words(one.at("was")),
                                 in_words(one.at("would")),
                                 one.at("follows").boolean() ? "what came before it" : "its own rules"});
        out += "\nRulings that would differ\n" + to_text(counts, terminal) + "\n" + to_text(list, terminal);
    }
    const auto& consequences = body.at("consequences");
    out += consequences_in_words(consequences, /*tasks=*/true, "Tasks", terminal);
    out += consequences_in_words(consequences, /*tasks=*/false, "What else the system would have done otherwise", terminal);
    const auto cut = [&](const char* list, const char* count, const char* what) {
        const auto listed = static_cast<std::int64_t>(body.at(list).items().size());
        return listed < body.at(count).integer() ? "Only the first " + std::to_string(listed) + " " + what + " are listed.\n" : std::string();
    };
    return out + cut("differences", "differ", "rulings") + cut("consequences", "follow", "of what follows");
}

}  // namespace satchel::tools::hub
