// The command line of a program, declared as data: commands, options, examples. What is declared here is parsed, shown
// by --help and suggested after a typing mistake. The library that splits the words stays in command_line.cpp. Pure but
// for the current folder, against which paths are made absolute.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sync/console/answer.hpp"
#include "sync/console/terminal.hpp"

namespace satchel::console {

struct OptionSpec {
    std::string name;   // "--case", or "FILE" for a word without dashes; such words are taken in the order declared
    std::string value;  // what to write after it, "REF"; empty: nothing follows
    std::string help;
    bool required = false;
    bool repeats = false;
    bool path = false;  // made absolute, so that a server in another folder means the same; "-" is not
    std::vector<std::string> choices = {};  // empty: anything
};

struct CommandSpec {
    std::string name;  // "user add"; empty: the only command of its program
    std::string summary;
    std::string example;  // whole lines, as typed
    std::vector<OptionSpec> options = {};
    std::string more = {};  // further paragraphs of --help
    PlainText plain = describe;
    bool hidden = false;
    bool standalone = false;  // common options that are needed are not needed by this one
};

struct ProgramSpec {
    std::string name;
    std::string summary;
    std::string example;
    std::vector<OptionSpec> common;  // may stand before or after the command; --json and --help are always there
    std::vector<CommandSpec> commands;

    [[nodiscard]] const CommandSpec* command(std::string_view command_name) const noexcept;
};

// What somebody asked for. Keys of `values` are option names without dashes; a flag has an entry without values.
struct Invocation {
    std::string command;
    std::map<std::string, std::vector<std::string>, std::less<>> values;

    [[nodiscard]] bool has(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::string> one(std::string_view name) const;  // the last, when it repeats
    [[nodiscard]] const std::vector<std::string>& all(std::string_view name) const noexcept;
};
Json to_json(const Invocation& invocation);
Result<Invocation> invocation_from(const Json& json);  // malformed

struct Help {
    std::string text;
};
using Parsed = std::variant<Invocation, Help, ErrorWords>;

// Mistakes are exit 2 with what is wrong, the nearest known word and an example. Values are never repeated in a message:
// they may be somebody's data.
Parsed parse(const ProgramSpec& program, const std::vector<std::string>& words);

// The help of the program, or of one command: an example first.
std::string help_of(const ProgramSpec& program);
std::string help_of(const ProgramSpec& program, const CommandSpec& command);

// A usage mistake that a command finds itself ("--from lies after --to"), in the same form.
ErrorWords usage(const ProgramSpec& program, std::string_view command, std::string message);

}  // namespace satchel::console
