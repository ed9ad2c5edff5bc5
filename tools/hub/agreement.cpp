// The data-sharing agreement: checked, shown, explained, put in force.
#include "tools/hub/commands.hpp"

#include <algorithm>
#include <filesystem>

#include "schema/base/nearest.hpp"
#include "schema/policy/embedded.hpp"
#include "sync/core/bundle.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;

std::vector<schema::SourceFile> as_sources(const std::vector<sync::BundleFile>& files)
{
    std::vector<schema::SourceFile> out;
    for (const auto& file : files)
        out.push_back({file.name, file.text});
    return out;
}

Answer lint_files(std::span<const schema::SourceFile> files)
{
    const auto outcome = schema::compile(files);
    Answer answer;
    answer.body["files"] = files.size();
    if (outcome.policy) {
        answer.body["version"] = outcome.policy->version;
        answer.body["types"] = outcome.policy->types.size();
    }
    auto problems = Json::array();
    for (const auto& problem : outcome.problems)
        problems.push(Json::object({{"file", problem.file}, {"line", problem.line}, {"reason", problem.reason}}));
    answer.body["problems"] = std::move(problems);
    if (!outcome.problems.empty()) {
        answer.ok = false;
        answer.exit = console::exit_of(Errc::policy_invalid);
        const auto words = console::words_for(
            {Errc::policy_invalid, std::to_string(outcome.problems.size()) + " problems", {}}, console::Side::tool);
        answer.body["error"] = console::to_json(words).at("error");
    }
    return answer;
}

Json names(const std::vector<schema::Authority>& who)
{
    auto out = Json::array();
    for (const auto& one : who)
        out.push(schema::to_string(one));
    return out;
}

Json to_json(const schema::Field& field)
{
    auto out = Json::object({{"name", field.name},
                             {"title", field.title},
                             {"type", std::string(schema::name(field.type))},
                             {"required", field.required}});
    if (!field.choices.empty())
        out["choices"] = Json(field.choices);
    if (!field.target.empty())
        out["target"] = field.target;
    return out;
}

Json match_in_words(const schema::RecordType& type, const schema::Match& match)
{
    auto out = Json::object();
    for (const auto& [fact, values] : match.facts)
        out["fact " + fact] = Json(values);
    for (const auto& [field, values] : match.values)
        for (const auto& group : type.groups)
            if (const auto* found = group.field(field))
                out["field " + found->name] = Json(values);
    return out;
}

Json to_json(const schema::RecordType& type, const schema::Group& group)
{
    auto owner = Json::array();
    for (const auto& clause : group.owner) {
        auto one = Json::object({{"is", schema::to_string(clause.is)}});
        if (!clause.when.empty())
            one["when"] = match_in_words(type, clause.when);
        owner.push(std::move(one));
    }
    auto audience = Json::array();
    for (const auto& clause : group.audience.clauses) {
        auto one = Json::object({{"who", names(clause.who)}});
        if (!clause.value.empty())
            one["value"] = clause.value;
        audience.push(std::move(one));
    }
    auto fields = Json::array();
    for (const auto& field : group.fields)
        fields.push(to_json(field));
    auto gates = Json::array();
    for (const auto& gate : group.gates)
        gates.push(Json::object({{"rule", gate.rule}, {"say", gate.say}, {"refs", Json(gate.refs)}}));
    return Json::object({{"name", group.name},
                         {"title", group.title},
                         {"owner", std::move(owner)},
                         {"audience", std::move(audience)},
                         {"merge", std::string(schema::name(group.merge))},
                         {"safety", group.safety},
                         {"reason_required", group.reason_required},
                         {"gates", std::move(gates)},
                         {"refs", Json(group.refs)},
                         {"fields", std::move(fields)}});
}

Json to_json(const schema::RecordType& type, bool in_full)
{
    auto out = Json::object({{"type", type.name},
                             {"title", type.title},
                             {"create", names(type.create)},
                             {"hold", std::string(schema::name(type.hold))},
                             {"refs", Json(type.refs)}});
    auto groups = Json::array();
    for (const auto& group : type.groups) {
        if (in_full)
            groups.push(to_json(type, group));
        else
            groups.push(group.name);
    }
    out["groups"] = std::move(groups);
    return out;
}

}  // namespace

Result<Bytes> read_bundle(const std::string& folder)
{
    std::vector<std::pair<std::string, std::string>> files;
    std::error_code failed;
    for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
        if (at->path().extension() != ".toml")
            continue;
        if (files.size() == schema::policy_files_max)
            return fail(Errc::too_large,
                        folder + " holds more than " + std::to_string(schema::policy_files_max) + " files");
        SATCHEL_TRY(const auto bytes, console::read_whole(at->path().string(), schema::policy_file_bytes_max));
        files.emplace_back(at->path().filename().string(), std::string(text(bytes)));
    }
    if (failed)
        return fail(Errc::io_error, folder + ": " + failed.message());
    if (files.empty())
        return fail(Errc::invalid_argument, folder + " holds no .toml file");
    std::sort(files.begin(), files.end());
    std::vector<schema::SourceFile> sources;
    for (const auto& [name, text] : files)
        sources.push_back({name, text});
    return sync::pack_bundle(sources);
}

Result<Answer> lint(ByteView bundle)
{
    SATCHEL_TRY(const auto files, sync::unpack_bundle(bundle));
    return lint_files(as_sources(files));
}

Result<Answer> lint_embedded()
{
    return lint_files(schema::embedded_bundle());
}

Result<Answer> policy_show(const Desk& desk, const Request& request, Replies&)
{
    const auto policy = desk.service().policy();
    Answer answer;
    if (const auto wanted = request.invocation.one("type")) {
        const auto* type = policy->type(*wanted);
        if (!type) {
            std::vector<std::string> known;
            for (const auto& one : policy->types)
                known.push_back(one.name);
            return fail(Errc::unknown_name, "record type \"" + *wanted + "\"" + did_you_mean(*wanted, known));
        }
        answer.body = to_json(*type, /*in_full=*/true);
        return answer;
    }
    auto agencies = Json::array();
    for (const auto& agency : policy->agencies)
        agencies.push(Json::object({{"name", agency.name},
                                    {"title", agency.title},
                                    {"takes_part", agency.by_invitation ? "by_invitation" : "always"}}));
    auto roles = Json::array();
    for (const auto& role : policy->roles)
        roles.push(Json::object(
            {{"name", role.name}, {"title", role.title}, {"duties", Json(role.duties)}, {"cover", role.cover}}));
    auto types = Json::array();
    for (const auto& type : policy->types)
        types.push(to_json(type, /*in_full=*/false));
    answer.body = Json::object({{"version", policy->version},
                                {"title", policy->title},
                                {"digest", to_hex(policy->digest)},
                                {"vetting_levels", Json(policy->vetting_levels)},
                                {"agencies", std::move(agencies)},
                                {"roles", std::move(roles)},
                                {"types", std::move(types)}});
    return answer;
}

Result<Answer> policy_explain(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    if (!in.has("case") && !in.has("as")) {
        if (request.input.empty())
            return decision_table_of(*desk.service().policy(), in);
        SATCHEL_TRY(const auto policy, policy_of(request.input));
        return decision_table_of(policy, in);
    }
    SATCHEL_TRY(const auto user, desk.service().find_user(in.one("as").value_or("")));
    SATCHEL_TRY(const auto case_id, desk.service().find_case(in.one("case").value_or("")));
    SATCHEL_TRY(const auto record, parse_id<RecordId>(in.one("record").value_or("")));
    SATCHEL_TRY(const auto told, desk.service().explain(case_id, record, in.one("field").value_or(""), user));
    Answer answer;
    answer.body = Json::object({{"case", case_id},
                                {"record", record},
                                {"field", told.field},
                                {"owner", told.owner},
                                {"owner_words", told.owner_words},
                                {"refs", Json(told.references)},
                                {"merge", told.merge},
                                {"visible", told.visible},
                                {"outcomes", Json(told.outcome_per_hat)}});
    return answer;
}

Result<Answer> policy_publish(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto files, sync::unpack_bundle(request.input));
    const auto before = desk.service().policy();
    SATCHEL_TRY(const auto version, desk.service().publish_approved_policy(as_sources(files)));
    const auto now = desk.service().policy();
    auto joined = Json::array();
    for (const auto& agency : now->agencies)
        if (!before->agency(agency.name))
            joined.push(agency.name);
    Answer answer;
    answer.body = Json::object({{"version", version}, {"agencies_joined", std::move(joined)}});
    return answer;
}

namespace {

Answer told(const sync::PolicyProposal& proposal)
{
    auto approvals = Json::array();
    for (const auto& one : proposal.approvals)
        approvals.push(Json::object({{"user", one.by}, {"name", one.name}, {"reason", one.reason}, {"at", one.at}}));
    Answer answer;
    answer.body = Json::object({{"digest", to_hex(proposal.digest)},
                                {"narrows", proposal.narrows},
                                {"approvals", std::move(approvals)},
                                {"needed", sync::policy_approvals_needed}});
    return answer;
}

}  // namespace

Result<Answer> policy_propose(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto user, desk.service().find_user(in.one("as").value_or("")));
    SATCHEL_TRY(const auto files, sync::unpack_bundle(request.input));
    const auto narrowing = in.has("narrowing-understood") ? schema::Narrowing::understood : schema::Narrowing::refused;
    SATCHEL_TRY(const auto proposal, desk.service().propose_policy(as_sources(files), user, narrowing));
    return told(proposal);
}

Result<Answer> policy_approve(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto user, desk.service().find_user(in.one("as").value_or("")));
    Digest digest{};
    const auto bytes = from_hex(in.one("digest").value_or(""));
    if (!bytes || bytes->size() != digest.size())
        return fail(Errc::invalid_argument, "a digest has 64 hexadecimal digits, as `policy propose` prints it");
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    SATCHEL_TRY(const auto proposal, desk.service().approve_policy(digest, user, in.one("reason").value_or("")));
    return told(proposal);
}

}  // namespace satchel::tools::hub
