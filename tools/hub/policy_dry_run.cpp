// What would have become of the last days' work under an agreement that is not in force.
#include <charconv>

#include "sync/core/bundle.hpp"
#include "sync/hub/dry_run.hpp"
#include "tools/hub/commands.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {

using console::Answer;
using console::Json;

namespace {

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

std::string in_words(const Json& ruling)
{
    const auto& paragraph = ruling.at("paragraph").text();
    return ruling.at("outcome").text() + " (" + ruling.at("rule").text() + (paragraph.empty() ? "" : ", " + paragraph) + ")";
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
    SATCHEL_TRY(const auto other, schema::compile_or_fail(sources));
    SATCHEL_TRY(const auto view, desk.store.view());
    SATCHEL_TRY(const auto run, sync::dry_run(*view, desk.keys, other, days, [&](std::uint64_t done, std::uint64_t total) {
                    replies.progress().report("dry-run", done, total);
                }));
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
                                       {"would", to_json(one.would)}}));
    Answer answer;
    answer.body = Json::object({{"version", other.version},
                                {"since", run.since},
                                {"cases", run.cases},
                                {"changes", run.changes},
                                {"differ", run.differ},
                                {"whole_history", run.whole_history},
                                {"counts", std::move(counts)},
                                {"differences", std::move(differences)}});
    return answer;
}

std::string plain_dry_run(const Json& body, const console::Terminal& terminal)
{
    const auto number = [&](const char* key) { return std::to_string(body.at(key).integer()); };
    std::string out = "Since " + body.at("since").text() + ": " + number("changes") + " changes in " + number("cases") +
                      " cases; " + number("differ") + " would be ruled on otherwise.\n";
    if (!body.at("whole_history").boolean())
        out += "Something in this history does not fit together: run verify.\n";
    if (body.at("differ").integer() == 0)
        return out;
    console::Table counts{{"Times", "Now", "Then"}, {}};
    for (const auto& one : body.at("counts").items())
        counts.rows.push_back({std::to_string(one.at("times").integer()),
                               one.at("was").text() + " (" + one.at("was_rule").text() + ")",
                               one.at("would").text() + " (" + one.at("would_rule").text() + ")"});
    console::Table list{{"Case", "Record", "Part", "Role", "Now", "Then"}, {}};
    for (const auto& one : body.at("differences").items())
        list.rows.push_back({one.at("case").text(), one.at("record").text(), one.at("type").text() + "." + one.at("part").text(),
                             one.at("role").text(), in_words(one.at("was")), in_words(one.at("would"))});
    out += "\n" + to_text(counts, terminal) + "\n" + to_text(list, terminal);
    const auto listed = static_cast<std::int64_t>(body.at("differences").items().size());
    return listed < body.at("differ").integer() ? out + "Only the first " + std::to_string(listed) + " are listed.\n" : out;
}

}  // namespace satchel::tools::hub
