// The folder of a hub and what is read for it: lost files, other systems' line ends, values typed into standard input.
#include "tests/unit/tools/hub/hub_program.hpp"

namespace satchel::tools::hub {
namespace {

TEST_F(HubProgram, AFolderThatCannotBeMadeIsNamedWithTheReason)
{
    dir = folder / "none" / "hub";
    const auto said = hub({"init", "--area", "Exampleshire", "--kdf", "floor"});
    EXPECT_EQ(said.exit, 1) << said.out << said.err;
    EXPECT_EQ(said.code(), "io_error");
    EXPECT_NE(said.message().find(dir.string() + ": No such file or directory"), std::string::npos) << said.message();
    EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

TEST_F(HubProgram, OneCopyOfTheKeysIsEnoughAndWithoutBothThereIsNoHub)
{
    init();
    std::filesystem::remove(dir / "keys.a");
    EXPECT_EQ(hub({"status"}).exit, 0);
    std::filesystem::remove(dir / "keys.a");  // it may have been written again
    std::filesystem::remove(dir / "keys.b");
    const auto lost = hub({"status"});
    EXPECT_EQ(lost.exit, 1);
    EXPECT_NE(lost.message().find("there is no hub in " + dir.string()), std::string::npos) << lost.message();
}

TEST_F(HubProgram, AnImportWithLineEndsOfAnotherSystemIsTheSameImport)
{
    init();
    std::string lines;
    for (const char c : case_lines())
        lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const auto bad = hub({"import", "-"}, lines + "nonsense\r\n");
    EXPECT_EQ(bad.exit, 2) << bad.out;
    EXPECT_NE(bad.message().find("line 5: "), std::string::npos) << bad.message();
    lines.resize(lines.size() - 2);  // the last line has no end
    const auto imported = hub({"import", "-"}, lines);
    EXPECT_EQ(imported.exit, 0) << imported.out << imported.err;
    EXPECT_EQ(imported.json.at("cases").integer(), 1);
    EXPECT_EQ(imported.json.at("records").integer(), 3);
    EXPECT_EQ(hub({"export"}).out.find("\\r"), std::string::npos);
}

TEST_F(HubProgram, AValueFromStandardInputIsBoundedAndReadOnce)
{
    init();
    const std::vector<std::string> amend{"suggestion", "amend", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "--as", "A. Sample"};
    auto one = amend;
    one.insert(one.end(), {"--reason", "R", "--value", "lines=@-"});
    EXPECT_EQ(hub(one, std::string(1u << 20, 'x')).code(), "too_large");
    auto two = amend;
    two.insert(two.end(), {"--reason", "@-", "--value", "lines=@-"});
    const auto twice = hub(two, "Seen there\n");
    EXPECT_EQ(twice.exit, 2) << twice.out;
    EXPECT_EQ(twice.code(), "invalid_argument");
}

}  // namespace
}  // namespace satchel::tools::hub
