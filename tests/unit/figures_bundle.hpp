// The agreement built in, and what a test adds to it.
#pragma once

#include "schema/policy/compile.hpp"
#include "schema/policy/embedded.hpp"
#include "schema/policy/figures.hpp"

namespace satchel::test {

// The files of an agreement as text, so that a test may add to them or write them into a folder.
inline std::vector<std::pair<std::string, std::string>> figures_files()
{
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& file : schema::embedded_bundle())
        out.emplace_back(file.name, file.text);
    return out;
}

inline schema::CompileOutcome compile_figures(const std::string& more = {})
{
    auto files = figures_files();
    if (!more.empty())
        files.emplace_back("more.toml", more);
    std::vector<schema::SourceFile> sources;
    for (const auto& [name, text] : files)
        sources.push_back({name, text});
    return schema::compile(sources);
}

}  // namespace satchel::test
