// That `policy diff` keeps nothing back: in every_key.toml every key that policy files may have is given another value in turn,
// and each has to be told. A key that the reader of policy files gains has to be put there, and told.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "schema/policy/compile.hpp"
#include "schema/policy/difference.hpp"

using namespace satchel::schema;

namespace {

const std::filesystem::path tree = SATCHEL_SOURCE_TREE;

std::string content(const std::filesystem::path& path)
{
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

struct Line {
    std::string says;
    std::vector<std::string> otherwise;  // what it could say instead
    bool checked_only = false;
};

std::vector<Line> lines()
{
    std::vector<Line> out;
    std::istringstream in(content(tree / "tests/unit/schema/policy/every_key.toml"));
    for (std::string text; std::getline(in, text);) {
        Line line;
        const auto mark = text.find("  # ");
        line.says = text.substr(0, mark);
        if (mark != std::string::npos) {
            line.checked_only = text.substr(mark) == "  # checked only" || text.substr(mark) == "  # told elsewhere";
            const std::string arrow = "# -> ";
            for (auto at = text.find(arrow, mark); at != std::string::npos;) {
                const auto next = text.find(" " + arrow, at + 1);
                auto other = text.substr(at + arrow.size(), next == std::string::npos ? next : next - at - arrow.size());
                for (auto n = other.find("\\n"); n != std::string::npos; n = other.find("\\n"))
                    other.replace(n, 2, "\n");
                line.otherwise.push_back(std::move(other));
                at = next == std::string::npos ? next : next + 1;
            }
        }
        out.push_back(std::move(line));
    }
    return out;
}

std::optional<Policy> agreement(const std::vector<Line>& lines, std::size_t changed = std::string::npos, const std::string& to = {})
{
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i)
        text += (i == changed ? to : lines[i].says) + "\n";
    auto outcome = compile(std::vector<SourceFile>{{"every_key.toml", text}});
    for (const auto& problem : outcome.problems)
        ADD_FAILURE() << (to.empty() ? "" : to + ": ") << to_string(problem);
    return std::move(outcome.policy);
}

// What the first key of this name is given in a line; nothing where it has none.
std::optional<std::string> given(const std::string& line, const std::string& key)
{
    std::smatch found;
    if (!std::regex_search(line, found, std::regex("(^|[{,] *)" + key + " = ")))
        return std::nullopt;
    const auto from = static_cast<std::size_t>(found.position() + found.length());
    int depth = 0;
    std::size_t to = from;
    for (; to < line.size() && !(depth == 0 && (line[to] == ',' || line[to] == '}')); ++to)
        depth += line[to] == '{' || line[to] == '[' ? 1 : line[to] == '}' || line[to] == ']' ? -1 : 0;
    return line.substr(from, to - from);
}

// What the reader of policy files asks tables for.
std::set<std::string> known_keys()
{
    std::set<std::string> out;
    for (const auto& file : std::filesystem::directory_iterator(tree / "schema/policy")) {
        if (!file.path().filename().string().starts_with("read"))
            continue;
        const auto text = content(file.path());
        const std::regex asks(R"re(\b(?:word|needed|words|flag|number|node|read_match|read_matches|read_pairs|read_asked)\((?:\w+, )?"(\w+)")re");
        for (std::sregex_iterator at(text.begin(), text.end(), asks), end; at != end; ++at)
            out.insert((*at)[1]);
    }
    return out;
}

TEST(Difference, TellsOfEveryKeyThatSaysSomethingElse)
{
    const auto all = lines();
    const auto was = agreement(all);
    ASSERT_TRUE(was);
    EXPECT_TRUE(difference::between(*was, *was).empty());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& line = all[i];
        const bool declares = !line.says.empty() && line.says.front() != '#' && line.says.front() != '[';
        EXPECT_EQ(declares, line.checked_only || !line.otherwise.empty()) << line.says;
        for (const auto& other : line.otherwise)
            if (const auto is = agreement(all, i, other); is && difference::between(*was, *is).empty())
                ADD_FAILURE() << "nothing is told where\n" << line.says << "\nbecomes\n" << other;
    }
}

TEST(Difference, NoKeyOfThePolicyFilesIsLeftOut)
{
    const std::set<std::string> checked_only{"version", "nature", "coordination_role"};
    const auto keys = known_keys();
    EXPECT_GT(keys.size(), 80u);
    const auto all = lines();
    for (const auto& key : keys) {
        const bool changed = std::any_of(all.begin(), all.end(), [&](const Line& line) {
            const auto was = given(line.says, key);
            return was && std::any_of(line.otherwise.begin(), line.otherwise.end(),
                                      [&](const std::string& other) { return given(other, key) != was; });
        });
        EXPECT_NE(changed, checked_only.contains(key)) << key << ": give it another value in every_key.toml, and have `policy diff` tell of it";
    }
}

}  // namespace
