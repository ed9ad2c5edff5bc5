// Dependencies point only downwards. The first test reads the tree itself; the others prove that it can fail.
#include "tests/unit/layering.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace satchel::layering {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path)
{
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::string all(const std::vector<std::string>& lines)
{
    std::string out;
    for (const auto& line : lines)
        out += line + "\n";
    return out;
}

const fs::path source_tree = SATCHEL_SOURCE_TREE;

Layers declared() { return parse_layers(content_of(source_tree / "cmake/layers.txt")); }

// A tree of one test, removed at its end.
class Tree : public ::testing::Test {
protected:
    Tree()
    {
        std::string name = (fs::temp_directory_path() / "layering-XXXXXX").string();
        root_ = mkdtemp(name.data());
    }
    ~Tree() override { fs::remove_all(root_); }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    void write(const std::string& path, const std::string& text)
    {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text;
    }
    // The faults of one file with one include, held against the layers declared for the real tree.
    std::string faults(const std::string& path, const std::string& include)
    {
        write(path, "// A file.\n#include " + include + "\n");
        const auto found = all(violations(root_, declared()));
        fs::remove(root_ / path);
        return found;
    }
    bool allowed(const std::string& path, const std::string& include) { return faults(path, include).empty(); }

    fs::path root_;
};

TEST(Layering, HoldsInThisTree)
{
    const auto layers = declared();
    EXPECT_EQ(all(layers.errors), "");
    ASSERT_FALSE(layers.of_folder.empty());
    EXPECT_EQ(all(violations(source_tree, layers)), "");
}

TEST_F(Tree, AnIncludeThatPointsUpwardsIsNamedWithItsFileAndLine)
{
    EXPECT_EQ(faults("schema/change/x.cpp", "\"crypto/hash.hpp\""),
              "schema/change/x.cpp:2: schema may not include \"crypto/hash.hpp\"\n");
    EXPECT_FALSE(allowed("schema/base/x.hpp", "\"schema/value/value.hpp\""));
    EXPECT_FALSE(allowed("crypto/x.hpp", "\"sync/core/x.hpp\""));
    EXPECT_FALSE(allowed("crypto/vault/x.hpp", "\"client/store/x.hpp\""));
    EXPECT_FALSE(allowed("sync/net/x.cpp", "\"client/engine/x.hpp\""));
    EXPECT_FALSE(allowed("client/app/x.cpp", "\"tools/x.hpp\""));
    EXPECT_FALSE(allowed("tools/x.cpp", "\"tests/unit/layering.hpp\""));
}

TEST_F(Tree, ClientAndHubNeverIncludeEachOther)
{
    EXPECT_FALSE(allowed("client/engine/x.cpp", "\"sync/hub/service.hpp\""));
    EXPECT_FALSE(allowed("client/engine/x.cpp", "\"sync/central/store.hpp\""));
    EXPECT_FALSE(allowed("sync/hub/x.cpp", "\"client/store/store.hpp\""));
}

TEST_F(Tree, ThePureCoreIncludesNeitherSocketsNorStores)
{
    EXPECT_TRUE(allowed("sync/core/x.cpp", "\"sync/core/y.hpp\""));
    EXPECT_TRUE(allowed("sync/core/x.cpp", "\"crypto/hash.hpp\""));
    EXPECT_FALSE(allowed("sync/core/x.cpp", "\"sync/net/y.hpp\""));
    EXPECT_FALSE(allowed("sync/core/deep/x.cpp", "\"sync/central/y.hpp\""));
}

TEST_F(Tree, DownwardsAndSidewaysAreAllowed)
{
    EXPECT_TRUE(allowed("schema/policy/x.cpp", "\"schema/base/bytes.hpp\""));
    EXPECT_TRUE(allowed("crypto/x.cpp", "\"schema/wire/frame.hpp\""));
    EXPECT_TRUE(allowed("sync/hub/x.cpp", "\"sync/central/store.hpp\""));
    EXPECT_TRUE(allowed("client/engine/x.cpp", "\"sync/core/session.hpp\""));
    EXPECT_TRUE(allowed("client/engine/x.cpp", "<vector>"));
    EXPECT_TRUE(allowed("client/engine/x.cpp", "<openssl/crypto.h>"));
    EXPECT_TRUE(allowed("tools/x.cpp", "\"sync/hub/service.hpp\""));
}

TEST_F(Tree, OursIsWrittenInQuotesFromTheTopOfTheTree)
{
    EXPECT_FALSE(allowed("schema/base/x.cpp", "\"bytes.hpp\""));
    EXPECT_FALSE(allowed("schema/base/x.cpp", "\"../base/bytes.hpp\""));
    EXPECT_FALSE(allowed("schema/base/x.cpp", "\"schema/../crypto/hash.hpp\""));
    EXPECT_FALSE(allowed("schema/base/x.cpp", "<schema/base/bytes.hpp>"));
    EXPECT_FALSE(allowed("schema/base/x.cpp", "<crypto/hash.hpp>"));
    EXPECT_FALSE(allowed("schema/base/x.cpp", "\"openssl/sha.h\""));
}

TEST_F(Tree, EverySpellingOfAnIncludeIsSeen)
{
    for (const auto* line : {"#include \"crypto/hash.hpp\"", "#include\"crypto/hash.hpp\"", "  #  include\t\"crypto/hash.hpp\" // why",
                             "# include \"crypto/hash.hpp\"\r"}) {
        write("schema/base/x.cpp", std::string(line) + "\n");
        EXPECT_EQ(violations(root_, declared()).size(), 1u) << line;
    }
    write("schema/base/x.cpp", "// #include \"crypto/hash.hpp\"\n#included \"crypto/hash.hpp\"\n#define include\n#include\n#include \"\n");
    EXPECT_EQ(all(violations(root_, declared())), "");
}

TEST_F(Tree, AFolderOfCodeWithoutALineIsAnErrorAndHiddenOrBuiltOnesAreNotRead)
{
    write("plugins/x.cpp", "");
    write("build/x.cpp", "#include \"nonsense.hpp\"\n");
    write(".git/x.cpp", "#include \"nonsense.hpp\"\n");
    write("tests/unit/x.cpp", "#include \"client/x.hpp\"\n");
    write("schema/policy/x.toml", "#include \"nonsense.hpp\"\n");
    EXPECT_EQ(all(violations(root_, declared())), "plugins/x.cpp:1: its folder has no line in cmake/layers.txt\n");
}

TEST_F(Tree, TheNearestEntryDecidesAndNamesAreWholeFolders)
{
    const auto layers = parse_layers("a: a b !b/secret b/secret/open\na/strict: a/strict\nb: b\n");
    EXPECT_EQ(all(layers.errors), "");
    write("a/x.cpp", "#include \"b/secret/open/y.hpp\"\n#include \"b/secretive/y.hpp\"\n#include \"b/y.hpp\"\n");
    write("a/stricter/x.cpp", "#include \"a/x.hpp\"\n");
    EXPECT_EQ(all(violations(root_, layers)), "");
    write("a/y.cpp", "#include \"b/secret/y.hpp\"\n");
    write("a/strict/x.cpp", "#include \"a/x.hpp\"\n");
    EXPECT_EQ(all(violations(root_, layers)), "a/strict/x.cpp:1: a/strict may not include \"a/x.hpp\"\n"
                                              "a/y.cpp:1: a may not include \"b/secret/y.hpp\"\n");
}

TEST(Layers, ABrokenLineIsNamed)
{
    EXPECT_EQ(all(parse_layers("schema schema\n").errors), "line 1: expected FOLDER: ALLOWED...\n");
    EXPECT_EQ(all(parse_layers("# c\n\n: schema\n").errors), "line 3: expected FOLDER: ALLOWED...\n");
    EXPECT_EQ(all(parse_layers("a: a\na: b\n").errors), "line 2: second line for a\n");
    EXPECT_EQ(all(parse_layers("a:\n").errors), "line 1: a may include nothing, not even its own\n");
}

}  // namespace
}  // namespace satchel::layering
