#include "tests/unit/layering.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>

namespace satchel::layering {
namespace fs = std::filesystem;
namespace {

constexpr std::array code_suffixes = {".hpp", ".cpp", ".h", ".c", ".ipp", ".inc", ".cc", ".hh"};
constexpr std::array unread_folders = {"build", "docs", "tests", "node_modules"};

// Whether path is folder itself or something in it: "sync/hub" contains "sync/hub/x.hpp" but not "sync/hubris.hpp".
bool contains(std::string_view folder, std::string_view path)
{
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::size_t nearest(const std::vector<std::string>& folders, std::string_view path)
{
    std::size_t length = 0;
    for (const auto& folder : folders) {
        if (contains(folder, path))
            length = std::max(length, folder.size());
    }
    return length;
}

const std::pair<const std::string, Layer>* layer_of(const Layers& layers, std::string_view path)
{
    const std::pair<const std::string, Layer>* best = nullptr;
    for (const auto& layer : layers.of_folder) {
        if (contains(layer.first, path) && (best == nullptr || layer.first.size() > best->first.size()))
            best = &layer;
    }
    return best;
}

struct Include {
    std::string path;
    bool quoted;
};

std::optional<Include> include_in(std::string_view line)
{
    const auto skip_blanks = [&line] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
    skip_blanks();
    if (!line.starts_with('#'))
        return {};
    line.remove_prefix(1);
    skip_blanks();
    if (!line.starts_with("include"))
        return {};
    line.remove_prefix(7);
    skip_blanks();
    if (line.empty() || (line[0] != '"' && line[0] != '<'))
        return {};
    const auto end = line.find(line[0] == '"' ? '"' : '>', 1);
    if (end == std::string_view::npos)
        return {};
    return Include{std::string(line.substr(1, end - 1)), line[0] == '"'};
}

std::string top_of(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }

// Why the include is wrong; empty when it is right.
std::string fault(const Layers& layers, std::string_view file, const Include& include)
{
    const bool ours = include.path.find('/') != std::string::npos &&
                      (layers.of_folder.contains(top_of(include.path)) || top_of(include.path) == "tests");
    if (!include.quoted)
        return ours ? "our own <" + include.path + "> is written in quotes" : "";
    if (!ours || include.path.find("..") != std::string::npos)
        return "\"" + include.path + "\" is not written from the top of the tree";
    const auto* layer = layer_of(layers, file);
    if (layer == nullptr)
        return "its folder has no line in cmake/layers.txt";
    const auto allowed = nearest(layer->second.allowed, include.path);
    if (allowed == 0 || nearest(layer->second.forbidden, include.path) > allowed)
        return layer->first + " may not include \"" + include.path + "\"";
    return {};
}

}  // namespace

Layers parse_layers(std::string_view text)
{
    Layers layers;
    std::istringstream lines{std::string(text)};
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        const auto complain = [&](const std::string& reason) {
            layers.errors.push_back("line " + std::to_string(number) + ": " + reason);
        };
        if (line.empty() || line[0] == '#')
            continue;
        const auto colon = line.find(':');
        if (colon == std::string::npos || colon == 0) {
            complain("expected FOLDER: ALLOWED...");
            continue;
        }
        const auto folder = line.substr(0, colon);
        const auto [at, fresh] = layers.of_folder.try_emplace(folder);
        if (!fresh)
            complain("second line for " + folder);
        std::istringstream words{line.substr(colon + 1)};
        for (std::string word; words >> word;) {
            if (word[0] == '!')
                at->second.forbidden.push_back(word.substr(1));
            else
                at->second.allowed.push_back(word);
        }
        if (at->second.allowed.empty())
            complain(folder + " may include nothing, not even its own");
    }
    return layers;
}

std::vector<std::string> violations(const fs::path& tree, const Layers& layers)
{
    std::vector<std::string> found;
    for (fs::recursive_directory_iterator it(tree), end; it != end; ++it) {
        const auto name = it->path().filename().string();
        if (it->is_directory()) {
            const bool unread = std::ranges::find(unread_folders, name) != unread_folders.end();
            if (name.starts_with('.') || (it.depth() == 0 && unread))
                it.disable_recursion_pending();
            continue;
        }
        const auto suffix = it->path().extension().string();
        if (std::ranges::find(code_suffixes, suffix) == code_suffixes.end())
            continue;
        const auto file = it->path().lexically_relative(tree).generic_string();
        if (layer_of(layers, file) == nullptr)
            found.push_back(file + ":1: its folder has no line in cmake/layers.txt");
        std::ifstream in(it->path());
        std::string line;
        for (int number = 1; std::getline(in, line); ++number) {
            const auto include = include_in(line);
            if (!include)
                continue;
            if (const auto reason = fault(layers, file, *include); !reason.empty())
                found.push_back(file + ":" + std::to_string(number) + ": " + reason);
        }
    }
    std::ranges::sort(found);
    return found;
}

}  // namespace satchel::layering
