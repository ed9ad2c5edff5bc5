// The first agreement: what follows it must be able to follow it. Needs SATCHEL_SOURCE_TREE.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "schema/policy/compile.hpp"

namespace satchel::test {

inline const std::vector<schema::SourceFile>& first_bundle_files()
{
    static const auto texts = [] {
        std::vector<std::pair<std::string, std::string>> out;
        for (const auto& entry : std::filesystem::directory_iterator(SATCHEL_SOURCE_TREE "/tests/data/first_bundle")) {
            std::ifstream file(entry.path());
            if (entry.path().extension() == ".toml")
                out.emplace_back(entry.path().filename().string(), std::string(std::istreambuf_iterator<char>(file), {}));
        }
        std::sort(out.begin(), out.end());
        return out;
    }();
    static const std::vector<schema::SourceFile> files = [] {
        std::vector<schema::SourceFile> out;
        for (const auto& [name, text] : texts)
            out.push_back({name, text});
        return out;
    }();
    return files;
}

// Compiled.
inline const schema::Policy& first_bundle()
{
    static const schema::Policy policy = [] {
        auto compiled = schema::compile_or_fail(first_bundle_files());
        if (!compiled) {
            std::fprintf(stderr, "the first agreement: %s\n", compiled.error().detail.c_str());
            std::abort();
        }
        return *std::move(compiled);
    }();
    return policy;
}

}  // namespace satchel::test
