// Holds what a program declares of itself against its own parser and against docs/CLI.md.
#pragma once

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "sync/console/command_line.hpp"

namespace satchel::test {

// The words of an example line as a shell would split them: quotation marks, what is piped into it, what it is sent to.
inline std::vector<std::string> shell_words(std::string line)
{
    if (const auto pipe = line.find("| "); pipe != std::string::npos)
        line = line.substr(pipe + 2);
    line = line.substr(0, line.find(" > "));
    std::vector<std::string> out;
    std::string word;
    bool quoted = false, any = false;
    for (const char c : line + " ") {
        if (c == '\'') {
            quoted = !quoted;
            any = true;
        } else if (c == ' ' && !quoted) {
            if (any)
                out.push_back(word);
            word.clear();
            any = false;
        } else {
            word += c;
            any = true;
        }
    }
    return out;
}

// Every example of a command's help can be typed as it stands, and is of that command.
inline void expect_examples_are_right(const console::ProgramSpec& program)
{
    for (const auto& command : program.commands) {
        SCOPED_TRACE(command.name);
        EXPECT_FALSE(command.summary.empty());
        std::istringstream lines(command.example);
        std::string line;
        int count = 0;
        while (std::getline(lines, line)) {
            ++count;
            auto words = shell_words(line);
            ASSERT_FALSE(words.empty());
            EXPECT_EQ(words.front(), program.name);
            words.erase(words.begin());
            const auto parsed = console::parse(program, words);
            if (const auto* mistake = std::get_if<console::ErrorWords>(&parsed))
                ADD_FAILURE() << line << "\n" << mistake->message;
            else
                EXPECT_EQ(std::get<console::Invocation>(parsed).command, command.name) << line;
        }
        EXPECT_GT(count, 0) << "help begins with an example";
        EXPECT_TRUE(console::help_of(program, command).starts_with("Example:\n  " + command.example.substr(0, 10)));
    }
}

// Every command stands in the manual's table of its program, with the options of its own; and the table names no other.
inline void expect_manual_is_complete(const console::ProgramSpec& program, const std::string& manual_path)
{
    std::ifstream file(manual_path);
    const std::string manual((std::istreambuf_iterator<char>(file)), {});
    const auto heading = "\n## " + program.name + "\n";
    const auto from = manual.find(heading);
    ASSERT_NE(from, std::string::npos) << heading;
    const auto section = manual.substr(from, manual.find("\n## ", from + heading.size()) - from);
    for (const auto& command : program.commands) {
        SCOPED_TRACE(command.name);
        // Commands that differ in one word may share a line: `task ack ID`, `suggestion accept\|decline ID`.
        const auto space = command.name.find(' ');
        const auto noun = command.name.substr(0, space);
        const auto verb = space == std::string::npos ? std::string() : command.name.substr(space + 1);
        std::string rows;
        std::istringstream lines(section);
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("|") && line.find("`" + noun) != std::string::npos &&
                line.find(verb) != std::string::npos)
                rows += line + "\n";
        EXPECT_NE(rows, "") << "not in " << manual_path;
        for (const auto& option : command.options) {
            const bool told = rows.find(option.name) != std::string::npos ||
                              section.find("`" + option.name) != std::string::npos;
            EXPECT_TRUE(told || !option.name.starts_with("--")) << option.name;
        }
    }
}

}  // namespace satchel::test
