// satchel-inspect on a store of its own making.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "crypto/keyslots.hpp"
#include "crypto/random.hpp"
#include "crypto/vault/database.hpp"
#include "sync/console/json.hpp"
#include "sync/console/turn.hpp"
#include "tools/demo/process.hpp"

namespace satchel::tools::inspector {
namespace {

using console::Json;

class Inspect : public ::testing::Test {
protected:
    Inspect()
    {
        std::string name = (std::filesystem::temp_directory_path() / "inspect-XXXXXX").string();
        folder = mkdtemp(name.data());
        crypto::PosixFiles files;
        crypto::SystemRandom random;
        crypto::FileDeviceSecret device(files, folder + "/device.secret");
        crypto::KeySlots slots(files, device, folder);
        const auto key = slots.create(random_id<crypto::StoreId>(random), crypto::SecretBytes::copy_of(view(passphrase)),
                                      crypto::KdfParams::floor(), {}, random);
        EXPECT_TRUE(key);
        crypto::OpenOptions options;
        options.create = true;
        auto database = crypto::Database::open(folder + "/hub.db", *key, options);
        EXPECT_TRUE(database);
        EXPECT_TRUE(database->exec_script("CREATE TABLE things(id INTEGER PRIMARY KEY, name TEXT, body BLOB);"
                                          "INSERT INTO things VALUES (1, 'Zoë', x'00ff'), (2, NULL, NULL);"));
    }
    ~Inspect() override { std::filesystem::remove_all(folder); }

    std::pair<int, Json> inspect(std::vector<std::string> words, const std::string& input = {})
    {
        words.insert(words.begin(), folder);
        words.insert(words.end(), {"--json", "--passphrase-fd", "3"});
        const auto finished =
            demo::run({SATCHEL_INSPECT_PROGRAM, words, input, passphrase, std::chrono::seconds(60)});
        auto json = console::parse_json(finished.out);
        EXPECT_TRUE(json) << finished.out << finished.err;
        return {finished.exit_code, json ? *json : Json()};
    }

    std::string folder;
    std::string passphrase = "a passphrase of the tests";
};

TEST_F(Inspect, ChangesNothingUnlessToldTo)
{
    const auto [exit, said] = inspect({"--sql", "DELETE FROM things"});
    EXPECT_NE(exit, 0) << to_text(said);
    EXPECT_FALSE(said.at("ok").boolean());
    EXPECT_EQ(inspect({"--sql", "SELECT count(*) AS n FROM things"}).second.at("rows").items()[0].at("n").integer(), 2);
}

TEST_F(Inspect, AWrongStatementIsTheUsersMistake)
{
    for (const auto* sql : {"SELEC 1", "SELECT 1; SELECT 2", "", "SELECT nothing FROM things"}) {
        const auto [exit, said] = inspect({"--sql", sql});
        EXPECT_EQ(exit, 2) << sql << to_text(said);
    }
}

TEST_F(Inspect, AWrongPassphraseOrFolderOpensNothing)
{
    passphrase = "another";
    EXPECT_EQ(inspect({"--sql", "SELECT 1"}).first, 3);
    folder += "/none";
    EXPECT_EQ(inspect({"--sql", "SELECT 1"}).first, 1);
}

TEST_F(Inspect, WaitsForWhoeverHoldsTheFolder)
{
    const auto lock = console::FolderLock::take(folder);
    ASSERT_TRUE(lock);
    const auto [exit, said] = inspect({"--sql", "SELECT 1"});
    EXPECT_EQ(exit, 1);
    EXPECT_EQ(said.at("error").at("code").text(), "busy");
}

TEST_F(Inspect, PrintsRowsWithBlobsInHexadecimal)
{
    const auto [exit, said] = inspect({"--sql", "-"}, "SELECT id, name, body FROM things ORDER BY id\n");
    EXPECT_EQ(exit, 0);
    EXPECT_EQ(to_text(said.at("rows")),
              R"([{"id":1,"name":"Zoë","body":"00ff"},{"id":2,"name":null,"body":null}])");
}

TEST_F(Inspect, WritesWithTheWordForIt)
{
    const auto [exit, said] = inspect({"--write", "--sql", "UPDATE things SET body = x'01' WHERE id = 2"});
    EXPECT_EQ(exit, 0) << to_text(said);
    EXPECT_EQ(said.at("changed").integer(), 1);
    EXPECT_EQ(inspect({"--sql", "SELECT body FROM things WHERE id = 2"}).second.at("rows").items()[0].at("body").text(), "01");
}

// The command that documents name stands in the tree, and finds what was built.
TEST_F(Inspect, TheCommandInTheTreeRunsTheProgram)
{
    const auto built = std::filesystem::path(SATCHEL_INSPECT_PROGRAM).parent_path();
    const auto ask = [&](const std::filesystem::path& programs) {
        ::setenv("SATCHEL_PROGRAMS", programs.c_str(), /*overwrite=*/1);
        auto finished = demo::run({std::string(SATCHEL_SOURCE_TREE) + "/tools/inspect",
                                   {folder, "--json", "--passphrase-fd", "3", "--sql", "-"},
                                   "SELECT name FROM things WHERE id = 1",
                                   passphrase,
                                   std::chrono::seconds(60)});
        ::unsetenv("SATCHEL_PROGRAMS");
        return finished;
    };
    const auto found = ask(built);
    EXPECT_EQ(found.exit_code, 0) << found.err;
    EXPECT_NE(found.out.find("Zoë"), std::string::npos) << found.out;
    const auto unbuilt = ask(folder);
    EXPECT_EQ(unbuilt.exit_code, 1);
    EXPECT_NE(unbuilt.err.find("has not been built"), std::string::npos) << unbuilt.err;
}

}  // namespace
}  // namespace satchel::tools::inspector
