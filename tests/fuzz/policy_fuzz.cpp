// The files of a Data-Sharing Agreement, from TOML to the compiled policy. The first byte says with what they stand: alone,
// beside the agreement that is built in, or as a new version of the small one that the tests use. A byte 0x1e begins
// another file.
#include <algorithm>
#include <string>

#include "schema/policy/embedded.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/sync/core/small_policy_text.hpp"

namespace satchel::fuzz {
namespace {

const schema::Policy& small()
{
    static const auto policy = schema::compile_or_fail(std::vector<schema::SourceFile>{{"small.toml", test::small_policy_text}});
    promise(policy.has_value(), "the small agreement compiles");
    return *policy;
}

std::vector<schema::SourceFile> files_of(std::string_view rest)
{
    static const std::vector<std::string> names{"a.toml", "b.toml", "c.toml", "d.toml"};
    std::vector<schema::SourceFile> out;
    while (out.size() + 1 < names.size()) {
        const auto end = rest.find('\x1e');
        out.push_back({names[out.size()], rest.substr(0, end)});
        if (end == std::string_view::npos)
            return out;
        rest.remove_prefix(end + 1);
    }
    out.push_back({names[out.size()], rest});
    return out;
}

}  // namespace

void run(ByteView input)
{
    const auto with = choice(input, 3);
    auto files = files_of(text(input));
    if (with == 1)
        files.insert(files.end(), schema::embedded_bundle().begin(), schema::embedded_bundle().end());
    const auto outcome = schema::compile(files, {}, with == 2 ? &small() : nullptr);
    promise(outcome.policy.has_value() == outcome.problems.empty(), "a bundle gives a policy, or problems");
    promise(outcome.problems.size() <= schema::policy_problems_max + 1, "problems are bounded");
    promise(std::is_sorted(outcome.problems.begin(), outcome.problems.end() - (outcome.problems.empty() ? 0 : 1)),
            "problems are sorted");
    for (const auto& problem : outcome.problems)
        promise(schema::is_clean_text(schema::to_string(problem)), "a problem can be printed");
    if (!outcome.policy)
        return;
    const auto again = schema::compile(files);
    promise(again.policy && again.policy->types.size() == outcome.policy->types.size(), "it compiles again");
}

}  // namespace satchel::fuzz
