// I9: nothing that people typed lies in clear in any file of the profiles, the hub, /tmp or /var/tmp, while the programs run
// and after them. Nothing is entered through arguments.
#include <fstream>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "scratch.hpp"
#include "tools/demo/story.hpp"

namespace satchel::demo {
namespace {

// Words that nobody would write by chance, one for each way in; of this run alone, so that a copy of this file is no leak.
const std::vector<std::string> canaries = [] {
    std::random_device seed;
    std::string tail;
    for (int i = 0; i < 10; ++i)
        tail += static_cast<char>('a' + seed() % 26);
    std::vector<std::string> words{"Quokka",   "Zanzibar",  "Vermilion", "Ultramarine", "Ochre", "Periwinkle",
                                   "Marigold", "Tangerine", "Saffron",   "Cerulean",    "Cobalt"};
    for (auto& word : words)
        word += tail;
    return words;
}();

std::string hex(const std::string& word)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const unsigned char c : word) {
        out += digits[c >> 4];
        out += digits[c & 15];
    }
    return out;
}

std::string utf16(const std::string& word)
{
    std::string out;
    for (const char c : word) {
        out += c;
        out += '\0';
    }
    return out;
}

// Base64 of a word looks different at each of three offsets in what surrounds it: its inside is searched for.
std::vector<std::string> base64(const std::string& word)
{
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<std::string> out;
    for (std::size_t skip = 0; skip < 3; ++skip) {
        std::string encoded;
        for (std::size_t i = skip; i + 3 <= word.size(); i += 3) {
            const auto b = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(word[i + k])); };
            const unsigned v = b(0) << 16 | b(1) << 8 | b(2);
            for (const unsigned shift : {18u, 12u, 6u, 0u})
                encoded += digits[v >> shift & 63];
        }
        out.push_back(encoded);
    }
    return out;
}

std::vector<std::string> forms()
{
    std::vector<std::string> out;
    for (const auto& word : canaries) {
        out.push_back(word);
        out.push_back(hex(word));
        out.push_back(utf16(word));
        for (auto& b : base64(word))
            out.push_back(std::move(b));
    }
    return out;
}

// Files in which one of the words stands, by name or content; each once, though one place may lie within another.
std::set<std::string> leaks(const std::vector<std::filesystem::path>& places)
{
    const auto wanted = forms();
    std::set<std::string> out;
    std::error_code ec;
    for (const auto& place : places) {
        auto it = std::filesystem::recursive_directory_iterator(
            place, std::filesystem::directory_options::skip_permission_denied, ec);
        for (; it != std::filesystem::recursive_directory_iterator(); it.increment(ec)) {
            for (const auto& word : canaries)
                if (it->path().filename().string().find(word) != std::string::npos)
                    out.insert("name of " + it->path().string());
            if (!it->is_regular_file(ec) || it->file_size(ec) > (64u << 20))
                continue;
            std::ifstream file(it->path(), std::ios::binary);
            const std::string content((std::istreambuf_iterator<char>(file)), {});
            for (const auto& form : wanted)
                if (content.find(form) != std::string::npos) {
                    out.insert(it->path().string());
                    break;
                }
        }
    }
    return out;
}

TEST(Canary, NothingThatPeopleTypeLiesInClearOnDisk)
{
    Scratch scratch;
    World world(SATCHEL_PROGRAMS, scratch.path / "world");
    const std::vector<std::filesystem::path> places{scratch.path, "/tmp", "/var/tmp"};
    ASSERT_TRUE(leaks(places).empty()) << "a leftover of an earlier run: " << *leaks(places).begin();

    Story story;
    story.crn = "X100090";
    story.import = case_lines("canary", story.crn, canaries[0],
                              {record_line("canary", "a", "address", "probation", "probation.practitioner",
                                           R"("lines":")" + canaries[1] + R"( Street","kind":"main","from":"2024-01-01")")});
    story.team = {"practitioner", "police"};
    story.devices = story.team;
    world.create_hub();
    prepare(world, {story});
    const auto saved = world.device("practitioner", {"record", "new", "contact", "--case", story.crn, "--input", "-"},
                                    R"({"set":{"contact_kind":"office","summary":")" + canaries[2] + R"( was mentioned"}})");
    ASSERT_TRUE(saved.ok()) << json::serialize(saved.data) << saved.err;
    EXPECT_TRUE(leaks(places).empty()) << *leaks(places).begin();

    const auto found = world.device("practitioner", {"search", "-"}, canaries[2]);
    EXPECT_NE(json::serialize(found.data).find(canaries[2]), std::string::npos) << "the search works";
    world.device("practitioner", {"search", "-"}, canaries[3]);
    world.device("practitioner", {"record", "new", canaries[4], "--case", story.crn});

    world.serve();
    world.sync("practitioner");
    EXPECT_TRUE(leaks(places).empty()) << "while the hub runs: " << *leaks(places).begin();
    world.sync("police");
    const auto seen = world.device("police", {"case", "show", story.crn});
    EXPECT_NE(json::serialize(seen.data).find(canaries[2]), std::string::npos) << "it arrived";
    EXPECT_TRUE(leaks(places).empty()) << "while the hub runs: " << *leaks(places).begin();
    world.hub({"export", "--case", story.crn});
    world.kill_hub();
    EXPECT_TRUE(leaks(places).empty()) << "after a kill: " << *leaks(places).begin();
    world.serve();
    world.stop();
    EXPECT_TRUE(leaks(places).empty()) << "afterwards: " << *leaks(places).begin();
}

// A person's name in the name of a file or a folder is case data as well. While the file is there its name is; nothing else
// may repeat it, and once it is gone, or has another name, nothing is left.
TEST(Canary, NamesOfFilesAndFoldersAreWrittenNowhere)
{
    Scratch scratch;
    World world(SATCHEL_PROGRAMS, scratch.path / "world");
    Story story;
    story.crn = "X100090";
    story.import = case_lines("canary", story.crn, "Canary-Testcase");
    story.team = {"practitioner"};
    world.create_hub();
    prepare(world, {story});
    const std::vector<std::filesystem::path> places{scratch.path, "/tmp", "/var/tmp"};
    ASSERT_TRUE(leaks(places).empty()) << *leaks(places).begin();

    const auto import = scratch.path / (canaries[6] + ".ndjson");
    const auto profile = scratch.path / canaries[7];
    const auto slip = scratch.path / (canaries[8] + ".enrolment");
    const auto input = scratch.path / (canaries[9] + ".json");
    const auto missing = scratch.path / (canaries[10] + ".ndjson");
    std::ofstream(import) << case_lines("canary2", "X100080", "Canary-Second");
    std::ofstream(input) << R"({"set":{"contact_kind":"office","summary":"Attended"}})";
    const auto device = [&](std::vector<std::string> arguments) {
        Invocation what;
        what.program = std::filesystem::path(SATCHEL_PROGRAMS) / "satchel";
        what.arguments = {"--profile", profile.string(), "--json", "--passphrase-fd", "3"};
        what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
        what.passphrase = "words of the named";
        return what;
    };

    EXPECT_TRUE(world.hub({"import", import.string()}).ok());
    EXPECT_FALSE(world.hub({"import", missing.string()}).ok()) << "a mistake is not written down either";
    world.serve();
    EXPECT_TRUE(world.hub({"enrolment", "create", "--user", world.user_of("practitioner"), "--out", slip.string(), "--address",
                           world.address()}).ok());
    EXPECT_EQ(run(device({"enrol", "--enrolment", slip.string(), "--kdf", "floor"})).exit_code, 0);
    EXPECT_EQ(run(device({"sync", "run"})).exit_code, 0);
    {
        Background serving(device({"serve"}));
        EXPECT_EQ(run(device({"record", "new", "contact", "--case", story.crn, "--input", input.string()})).exit_code, 0);
        EXPECT_EQ(run(device({"sync", "run"})).exit_code, 0);
        EXPECT_EQ(run(device({"record", "new", "contact", "--case", story.crn, "--input", missing.string()})).exit_code, 1);
        // The four names stand where they were given, and nowhere else.
        EXPECT_EQ(leaks(places).size(), 4u);
        EXPECT_EQ(serving.stop(), 0);
    }
    for (const auto& file : {import, slip, input})
        std::filesystem::remove(file);
    std::filesystem::rename(profile, scratch.path / "renamed");
    EXPECT_TRUE(leaks(places).empty()) << "while the hub runs: " << *leaks(places).begin();
    world.stop();
    EXPECT_TRUE(leaks(places).empty()) << "afterwards: " << *leaks(places).begin();
    auto there = device({"search", "-"});
    there.arguments[1] = (scratch.path / "renamed").string();
    there.input = "Attended";
    EXPECT_NE(run(there).out.find("Attended"), std::string::npos) << "and everything is still there";
}

// The search for leaks can find one.
TEST(Canary, ALeakWouldBeFoundInEveryForm)
{
    for (const auto& form : forms()) {
        Scratch scratch;
        std::ofstream(scratch.path / "file") << "some bytes " << form << " more bytes";
        EXPECT_EQ(leaks({scratch.path}).size(), 1u);
    }
}

}  // namespace
}  // namespace satchel::demo
