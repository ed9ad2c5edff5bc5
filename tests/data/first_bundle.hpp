// The first agreement, compiled: what follows it must be able to follow it. Needs SATCHEL_SOURCE_TREE.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "schema/policy/compile.hpp"

namespace satchel::test {

inline const schema::Policy& first_bundle()
{
    static const schema::Policy policy = [] {
        std::vector<std::pair<std::string, std::string>> texts;
        for (const auto& entry : std::filesystem::directory_iterator(SATCHEL_SOURCE_TREE "/tests/data/first_bundle")) {
            std::ifstream file(entry.path());
            if (entry.path().extension() == ".toml")
                texts.emplace_back(entry.path().filename().string(), std::string(std::istreambuf_iterator<char>(file), {}));
        }
        std::sort(texts.begin(), texts.end());
        std::vector<schema::SourceFile> files;
        for (const auto& [name, text] : texts)
            files.push_back({name, text});
        auto outcome = schema::compile(files);
        for (const auto& problem : outcome.problems)
            ADD_FAILURE() << to_string(problem);
        if (!outcome.policy)
            std::abort();
        return *std::move(outcome.policy);
    }();
    return policy;
}

}  // namespace satchel::test
