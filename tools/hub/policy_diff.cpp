// What changes for whom from one agreement to another.
#include <charconv>

#include "schema/base/bytes.hpp"
#include "schema/policy/difference.hpp"
#include "sync/core/bundle.hpp"
#include "tools/hub/commands.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;

std::optional<std::uint32_t> version_in(const std::string& text)
{
    std::uint32_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

Json header(const schema::Policy& policy) { return Json::object({{"version", policy.version}, {"title", policy.title}}); }

Answer told(const schema::Policy& was, const schema::Policy& is)
{
    auto changes = Json::array();
    std::int64_t warnings = 0;
    for (const auto& change : schema::difference::between(was, is)) {
        auto one = Json::object({{"kind", change.kind}, {"where", change.where}, {"words", change.words}});
        if (!change.who.empty())
            one["who"] = Json(change.who);
        one["narrows"] = change.narrows;
        warnings += change.narrows;
        changes.push(std::move(one));
    }
    Answer answer;
    answer.body = Json::object({{"from", header(was)}, {"to", header(is)}, {"narrowing", warnings}, {"changes", std::move(changes)}});
    return answer;
}

}  // namespace

bool names_version(const std::string& side) { return version_in(side).has_value(); }

Result<Bytes> read_sides(const console::Invocation& in)
{
    Bytes out;
    Writer writer(out);
    for (const auto* side : {"old", "new"}) {
        const auto named = in.one(side).value_or("");
        Bytes bundle;
        if (named != "embedded" && !names_version(named)) {
            SATCHEL_TRY(bundle, read_bundle(named));
        }
        writer.str(text(bundle));
    }
    return out;
}

Result<Answer> diff_of(const console::Invocation& in, ByteView sides, const VersionOf& version_of)
{
    Reader reader(sides);
    std::vector<schema::Policy> both;
    for (const auto* side : {"old", "new"}) {
        const auto named = in.one(side).value_or("");
        const auto bundle = reader.str(sync::bundle_bytes_max);
        auto policy = bundle.empty() && version_in(named) ? version_of(*version_in(named)) : policy_of(view(bundle));
        if (!policy)
            return fail(policy.error().code, named + ": " + policy.error().detail);
        both.push_back(*std::move(policy));
    }
    if (!reader.at_end())
        return fail(Errc::malformed, "two agreements");
    return told(both.front(), both.back());
}

Result<Answer> policy_diff(const Desk& desk, const console::Request& request, console::Replies&)
{
    return diff_of(request.invocation, request.input, [&](std::uint32_t version) -> Result<schema::Policy> {
        SATCHEL_TRY(const auto view, desk.store.view());
        SATCHEL_TRY(const auto row, view->policy(version));
        if (!row)
            return fail(Errc::unknown_name, "the hub had no agreement of that version");
        return sync::open_policy({row->bundle, row->signature}, desk.keys.receipt.public_key());
    });
}

std::string plain_diff(const Json& body, const console::Terminal&)
{
    const auto named = [](const Json& side) {
        return "\"" + side.at("title").text() + "\", version " + std::to_string(side.at("version").integer());
    };
    std::string out = "From " + named(body.at("from")) + ",\nto " + named(body.at("to")) + ":\n";
    const auto& changes = body.at("changes").items();
    if (changes.empty())
        return out + "Nothing changes for anybody.\n";
    std::string kind;
    for (const auto& change : changes) {
        std::string who;
        for (const auto& one : change.at("who").items())
            who += (who.empty() ? "\n    for " : ", ") + one.text();
        out += "- " + std::string(change.at("narrows").boolean() ? "WARNING, narrows: " : "") + change.at("kind").text() + " " +
               change.at("where").text() + ": " + change.at("words").text() + who + "\n";
    }
    const auto narrowing = body.at("narrowing").integer();
    return narrowing == 0 ? out
                          : out + "\n" + std::to_string(narrowing) +
                                " of them narrow: somebody no longer sees what they see now. Look at each before you go on.\n";
}

}  // namespace satchel::tools::hub
