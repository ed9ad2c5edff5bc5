#include "schema/policy/compile.hpp"

#include "schema/policy/declaration.hpp"

namespace satchel::schema {

namespace declaration {

void Problems::add(Place at, std::string reason)
{
    auto file = at.file < files_.size() ? std::string(files_[at.file].name) : std::string("bundle");
    found_.insert({std::move(file), at.line, std::move(reason)});
}

std::vector<PolicyProblem> Problems::take()
{
    std::vector<PolicyProblem> out;
    for (auto at = found_.begin(); at != found_.end() && out.size() < policy_problems_max; ++at)
        out.push_back(*at);
    if (found_.size() > out.size())
        out.push_back({"bundle", 0, "and " + std::to_string(found_.size() - out.size()) + " more problems"});
    found_.clear();
    return out;
}

}  // namespace declaration

std::string to_string(const PolicyProblem& problem)
{
    return problem.file + ":" + std::to_string(problem.line) + ": " + problem.reason;
}

CompileOutcome compile(std::span<const SourceFile> files, const Digest& digest, const Policy* replaces,
                       Narrowing narrowing)
{
    declaration::Problems problems(files);
    const auto bundle = declaration::read(files, problems);
    if (!problems.none())
        return {std::nullopt, problems.take()};
    auto policy = declaration::build(bundle, problems);
    if (!problems.none())
        return {std::nullopt, problems.take()};
    declaration::check(bundle, policy, problems);
    declaration::build_figures(bundle, policy, problems);
    if (replaces)
        declaration::check_evolution(bundle, policy, *replaces, problems);
    if (replaces && narrowing == Narrowing::refused)
        declaration::check_narrowing(bundle, policy, *replaces, problems);
    if (!problems.none())
        return {std::nullopt, problems.take()};
    policy.digest = digest;
    return {std::move(policy), {}};
}

Result<Policy> compile_or_fail(std::span<const SourceFile> files, const Digest& digest)
{
    auto outcome = compile(files, digest);
    if (outcome.policy)
        return *std::move(outcome.policy);
    std::string detail;
    for (std::size_t i = 0; i < outcome.problems.size() && i < 3; ++i)
        detail += (i ? "; " : "") + to_string(outcome.problems[i]);
    if (outcome.problems.size() > 3)
        detail += "; and " + std::to_string(outcome.problems.size() - 3) + " more";
    return fail(Errc::policy_invalid, std::move(detail));
}

}  // namespace satchel::schema
