#include "sync/console/command_line.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

namespace satchel::console {
namespace {

ProgramSpec sample()
{
    ProgramSpec program;
    program.name = "sample";
    program.summary = "A program for tests.";
    program.example = "sample --dir D user add --name N";
    program.common = {{"--dir", "DIR", "the folder", true, false, true}};
    program.commands = {
        {"user add",
         "Adds a user.",
         "sample --dir D user add --name 'A. Sample' --hat a/b/c",
         {{"--name", "N", "the name", true},
          {"--hat", "HAT", "what they write under", false, true},
          {"--because", "WHY", "why", false, false, false, {"moved", "restricted"}},
          {"--dry-run", "", "changes nothing"}}},
        {"user list", "Lists users.", "sample --dir D user list"},
        {"import", "Reads a file.", "sample --dir D import FILE", {{"FILE", "", "the file", true, false, true}}},
        {"status", "Counts.", "sample --dir D status"},
    };
    return program;
}

Invocation parsed(std::vector<std::string> words)
{
    auto out = parse(sample(), words);
    if (const auto* mistake = std::get_if<ErrorWords>(&out))
        ADD_FAILURE() << mistake->message;
    return std::holds_alternative<Invocation>(out) ? std::get<Invocation>(out) : Invocation{};
}

ErrorWords mistaken(std::vector<std::string> words)
{
    auto out = parse(sample(), words);
    EXPECT_TRUE(std::holds_alternative<ErrorWords>(out));
    return std::holds_alternative<ErrorWords>(out) ? std::get<ErrorWords>(out) : ErrorWords{};
}

using Values = std::vector<std::string>;

// The value of an option that nobody has is no command.
TEST(CommandLine, AMistypedOptionBeforeTheCommandIsAnsweredWithTheNearestOption)
{
    EXPECT_EQ(mistaken({"--dri", "d", "status"}).message, "sample has no option --dri; did you mean --dir?");
    EXPECT_EQ(mistaken({"--jsn"}).message, "sample has no option --jsn; did you mean --json?");
    EXPECT_EQ(mistaken({"--dir", "d", "--jsno=x", "stauts"}).message, "sample has no option --jsno; did you mean --json?");
    EXPECT_EQ(mistaken({"--dir=d", "stauts"}).message, "There is no command \"stauts\"; did you mean \"status\"?");
    EXPECT_EQ(parsed({"--dir=d", "status"}).command, "status");
}

TEST(CommandLine, ACommandsMistakeIsExit2WithTheNearestWordAndAnExample)
{
    const auto words = mistaken({"--dir", "d", "user", "addd", "--name", "N"});
    EXPECT_EQ(words.exit, Exit::usage);
    EXPECT_EQ(words.code, "unknown_name");
    EXPECT_EQ(words.message, "There is no command \"user addd\"; did you mean \"user add\"?");
    EXPECT_EQ(words.safe, "Nothing was saved or changed.");
    EXPECT_EQ(words.next, "For example:  sample --dir D user add --name N");
    EXPECT_EQ(mistaken({"--dir", "d", "stauts"}).message, "There is no command \"stauts\"; did you mean \"status\"?");
    EXPECT_EQ(mistaken({"zzz"}).message, "There is no command \"zzz\": there are user, import or status.");
    EXPECT_EQ(mistaken({}).message, "Say what to do: user, import or status.");
    EXPECT_EQ(mistaken({"user"}).message, "\"user\" needs another word: add or list.");
}

TEST(CommandLine, AnUnknownOptionNamesTheNearestOne)
{
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--nmae", "CANARY"}).message,
              "sample user add has no option --nmae; did you mean --name?");
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name", "N", "--hta=CANARY"}).message,
              "sample user add has no option --hta; did you mean --hat?");
    EXPECT_EQ(mistaken({"--dir", "d", "status", "--name", "CANARY"}).message,
              "sample status has no option --name.");
}

TEST(CommandLine, WhatIsNeededAndMissingIsNamed)
{
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add"}).message, "It needs --name N.");
    EXPECT_EQ(mistaken({"status"}).message, "It needs --dir DIR.");
    EXPECT_EQ(mistaken({"--dir", "d", "import"}).message, "It needs FILE.");
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name"}).message, "--name needs N after it.");
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name"}).next,
              "For example:  sample --dir D user add --name 'A. Sample' --hat a/b/c");
}

TEST(CommandLine, ValuesOutsideTheChoicesAreAnErrorWithoutTheValue)
{
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name", "N", "--because", "movde"}).message,
              "--because is one of moved or restricted; did you mean \"moved\"?");
    const auto words = mistaken({"--dir", "d", "user", "add", "--name", "N", "--because", "CANARYCANARY"});
    EXPECT_EQ(words.message.find("CANARY"), std::string::npos);
}

TEST(CommandLine, AWordTooManyOrAnOptionGivenTwiceIsAnError)
{
    EXPECT_EQ(mistaken({"--dir", "d", "status", "CANARY"}).message,
              "There is a word too many; text with spaces goes in quotation marks.");
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name", "A", "--name", "B"}).message,
              "--name may be given only once.");
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name", "A", "B"}).exit, Exit::usage);
}

TEST(CommandLine, BytesThatAreNoTextAndEndlessOnesAreErrors)
{
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name", "\xff"}).code, "malformed");
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name", std::string(200'000, 'x')}).code, "too_large");
}

TEST(CommandLine, CommonOptionsStandBeforeOrAfterTheCommand)
{
    for (const auto& words : {Values{"--dir", "/d", "--json", "user", "add", "--name", "N"},
                              Values{"user", "add", "--name", "N", "--json", "--dir=/d"}}) {
        const auto in = parsed(words);
        EXPECT_EQ(in.command, "user add");
        EXPECT_EQ(in.one("dir"), "/d");
        EXPECT_EQ(in.one("name"), "N");
        EXPECT_TRUE(in.has("json"));
        EXPECT_FALSE(in.has("dry-run"));
        EXPECT_TRUE(in.all("json").empty());
    }
}

TEST(CommandLine, ValuesAreTakenAsTheyAre)
{
    for (const auto* value : {"", " ", "-", "--", "-x", "@-", "{}", "%%", "[a,b]", "a,b", "user", "add", "x=y", "x=", "=", "'q'",
                              "\"q\"", "Zoë\nline two", "[]", "{", "--name"}) {
        // After a space a word that looks like an option would be ambiguous to a reader: such values go behind "=".
        const auto in = parsed({"--dir", "/d", "user", "add", std::string("--name=") + value});
        EXPECT_EQ(in.one("name"), value) << "value: " << value;
    }
    for (const auto* value : {"", " ", "-", "@-", "{}", "[a,b]", "a,b", "user", "add", "x=y", "-x"})
        EXPECT_EQ(parsed({"--dir", "/d", "user", "add", "--name", value}).one("name"), value) << "value: " << value;
}

TEST(CommandLine, RepeatedOptionsKeepTheirOrderAndTakeOneValueEach)
{
    const auto in = parsed({"--dir", "/d", "user", "add", "--hat", "one", "--name", "N", "--hat", "two", "--hat=one"});
    EXPECT_EQ(in.all("hat"), (Values{"one", "two", "one"}));
    EXPECT_EQ(mistaken({"--dir", "d", "user", "add", "--name", "N", "--hat", "one", "two"}).exit, Exit::usage);
}

TEST(CommandLine, PathsAreMadeAbsoluteExceptTheDash)
{
    EXPECT_EQ(parsed({"--dir", "d", "import", "x/../y.json"}).one("file"),
              (std::filesystem::current_path() / "y.json").string());
    EXPECT_EQ(parsed({"--dir", "d", "import", "-"}).one("file"), "-");
    EXPECT_EQ(parsed({"--dir", "d", "import", "import"}).one("file"),
              (std::filesystem::current_path() / "import").string());
    EXPECT_EQ(mistaken({"--dir", "", "status"}).message, "--dir is no path.");
}

TEST(CommandLine, HelpShowsAnExampleFirst)
{
    for (const auto& words : {Values{"--help"}, Values{"-h"}, Values{"user", "add", "--help"}, Values{"nonsense", "--help"}}) {
        const auto out = parse(sample(), words);
        ASSERT_TRUE(std::holds_alternative<Help>(out));
        EXPECT_TRUE(std::get<Help>(out).text.starts_with("Example:\n  sample --dir D user add --name"));
    }
    const auto help = std::get<Help>(parse(sample(), {"user", "add", "--help"})).text;
    EXPECT_NE(help.find("Use: sample user add --dir DIR --name N [--hat HAT …] [--because WHY] [--dry-run]"),
              std::string::npos)
        << help;
}

TEST(CommandLine, AProgramWithOneCommandNeedsNoWordForIt)
{
    ProgramSpec program;
    program.name = "look";
    program.commands = {{"", "Looks.", "look DIR --deep", {{"DIR", "", "where", true}, {"--deep", "", "further down"}}}};
    const auto in = parse(program, {"here", "--deep", "--json"});
    ASSERT_TRUE(std::holds_alternative<Invocation>(in));
    EXPECT_EQ(std::get<Invocation>(in).one("dir"), "here");
    EXPECT_TRUE(std::get<Invocation>(in).has("deep"));
    EXPECT_EQ(std::get<ErrorWords>(parse(program, {})).message, "It needs DIR.");
    EXPECT_EQ(std::get<ErrorWords>(parse(program, {"here", "--depe"})).message,
              "look has no option --depe; did you mean --deep?");
    EXPECT_TRUE(std::get<Help>(parse(program, {"--help"})).text.starts_with("Example:\n  look DIR --deep"));
}

TEST(CommandLine, AStandaloneCommandNeedsNoCommonOption)
{
    auto program = sample();
    program.commands.back().standalone = true;
    EXPECT_TRUE(std::holds_alternative<Invocation>(parse(program, {"status"})));
    EXPECT_TRUE(std::holds_alternative<ErrorWords>(parse(program, {"user", "list"})));
}

TEST(Invocation, TravelsAsJson)
{
    const auto in = parsed({"--dir", "/d", "user", "add", "--name", "Zoë", "--hat", "a", "--hat", "b", "--dry-run"});
    const auto back = invocation_from(to_json(in));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->command, in.command);
    EXPECT_EQ(back->values, in.values);
    for (const auto* bad : {"{}", "[]", R"({"command":1,"values":{}})", R"({"command":"x","values":[]})",
                            R"({"command":"x","values":{"a":"b"}})", R"({"command":"x","values":{"a":[1]}})"})
        EXPECT_EQ(invocation_from(*parse_json(bad)).error().code, Errc::malformed) << bad;
}

// Whatever is typed, the answer is a command, help or a mistake with an exit code; nothing throws.
RC_GTEST_PROP(CommandLine, AnyWordsAreAnswered, ())
{
    const auto word = rc::gen::oneOf(
        rc::gen::element<std::string>("user", "add", "list", "import", "--dir", "--name", "--hat", "--json", "--", "-", "-h",
                                      "--dry-run", "--dry-run=x", "--name=", "{}", "--because", "moved", "=", "--=", "-j"),
        rc::gen::arbitrary<std::string>());
    const auto words = *rc::gen::container<std::vector<std::string>>(word);
    const auto out = parse(sample(), words);
    if (const auto* mistake = std::get_if<ErrorWords>(&out)) {
        RC_ASSERT(mistake->exit == Exit::usage);
        RC_ASSERT(!mistake->message.empty());
    }
}

}  // namespace
}  // namespace satchel::console
