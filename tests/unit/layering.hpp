// Reads the layers file and every #include of a tree, and names each include that points the wrong way.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace satchel::layering {

struct Layer {
    std::vector<std::string> allowed;    // folders
    std::vector<std::string> forbidden;  // folders within them
};

struct Layers {
    std::map<std::string, Layer, std::less<>> of_folder;
    std::vector<std::string> errors;  // "line N: reason"
};

Layers parse_layers(std::string_view text);

// "path:line: reason" for every violation in the tree, sorted. Hidden folders, build, docs and tests are not read.
std::vector<std::string> violations(const std::filesystem::path& tree, const Layers& layers);

}  // namespace satchel::layering
