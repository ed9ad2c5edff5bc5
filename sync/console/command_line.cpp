#include "sync/console/command_line.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "schema/base/nearest.hpp"
#include "sync/console/utf8.hpp"

namespace satchel::console {
namespace {

constexpr std::size_t word_bytes_max = 128u << 10;  // more than any field takes

const std::vector<std::string> none;

bool is_option(const OptionSpec& spec)
{
    return spec.name.starts_with("-");
}

std::string key_of(const OptionSpec& spec)
{
    std::string key = spec.name.substr(std::min(spec.name.find_first_not_of('-'), spec.name.size()));
    if (!is_option(spec))
        std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
        });
    return key;
}

std::vector<OptionSpec> with_standard(const ProgramSpec& program)
{
    auto all = program.common;
    all.push_back({"--json", "", "answer with one JSON object a line, errors too"});
    all.push_back({"--help", "", "this text"});
    return all;
}

std::vector<std::string> split(std::string_view text)
{
    std::istringstream in{std::string(text)};
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

// The words that may follow `prefix` in the names of commands.
std::vector<std::string> next_words(const ProgramSpec& program, const std::string& prefix)
{
    std::vector<std::string> out;
    for (const auto& command : program.commands) {
        if (command.hidden || !command.name.starts_with(prefix))
            continue;
        const auto word = command.name.substr(prefix.size(), command.name.find(' ', prefix.size()) - prefix.size());
        if (std::find(out.begin(), out.end(), word) == out.end())
            out.push_back(word);
    }
    return out;
}

std::string listed(const std::vector<std::string>& words)
{
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return out;
}

std::string shown(const OptionSpec& spec)
{
    auto text = is_option(spec) && !spec.value.empty() ? spec.name + " " + spec.value : spec.name;
    if (spec.repeats)
        text += " …";
    return spec.required ? text : "[" + text + "]";
}

std::string option_lines(const std::vector<OptionSpec>& options)
{
    std::size_t widest = 0;
    const auto left = [](const OptionSpec& o) {
        return is_option(o) && !o.value.empty() ? o.name + " " + o.value : o.name;
    };
    for (const auto& option : options)
        widest = std::max(widest, columns(left(option)));
    std::string out;
    for (const auto& option : options) {
        const auto name = left(option);
        out += "  " + name + std::string(widest - columns(name) + 2, ' ') + option.help;
        if (!option.choices.empty())
            out += " (" + listed(option.choices) + ")";
        if (option.required)
            out += " (needed)";
        if (option.repeats)
            out += " (may be given several times)";
        out += "\n";
    }
    return out;
}

std::string indented(std::string_view lines)
{
    std::string out = "  ";
    for (const char c : lines) {
        out += c;
        if (c == '\n')
            out += "  ";
    }
    return out;
}

// The name of the command that the words begin with, as far as they are words of commands.
struct Found {
    const CommandSpec* command = nullptr;
    std::string prefix;   // "user " when only the first word was known
    std::string unknown;  // the word after it that is none
    std::string strange;  // an option before it that no command has there; what follows may be its value
};

Found find_command(const ProgramSpec& program, const std::vector<std::string>& words,
                   const std::vector<OptionSpec>& common)
{
    Found found;
    found.command = program.command("");
    for (std::size_t i = 0; i < words.size() && !found.command; ++i) {
        const auto& word = words[i];
        if (word.starts_with("-") && word != "-") {
            const auto name = word.substr(0, word.find('='));
            const auto spec = std::find_if(common.begin(), common.end(), [&](const auto& o) { return o.name == name; });
            if (spec == common.end() && found.strange.empty())
                found.strange = name;
            else if (spec != common.end() && !spec->value.empty() && name == word)
                ++i;  // its value
            continue;
        }
        const auto next = next_words(program, found.prefix);
        if (std::find(next.begin(), next.end(), word) == next.end()) {
            found.unknown = word;
            return found;
        }
        const auto name = found.prefix + word;
        if (const auto* command = program.command(name)) {
            found.command = command;
            return found;
        }
        found.prefix = name + " ";
    }
    return found;
}

ErrorWords mistake(Errc code, std::string message, std::string example)
{
    auto words = words_for(Error{code, {}, {}}, Side::tool);
    words.message = std::move(message);
    words.safe = "Nothing was saved or changed.";
    words.next = "For example:  " + std::move(example);
    return words;
}

ErrorWords no_such_option(const std::string& of, const std::string& name, const std::vector<std::string>& known,
                          const std::string& example)
{
    const auto near = nearest(name, known);
    return mistake(Errc::unknown_name,
                   of + " has no option " + printable(name) + (near.empty() ? "." : "; did you mean " + near + "?"),
                   example);
}

// CLI11 splits the words; everything a person reads is decided here.
struct Splitter {
    CLI::App app;
    std::vector<std::pair<const OptionSpec*, CLI::Option*>> options;

    void add(CLI::App& to, const std::vector<OptionSpec>& specs)
    {
        for (const auto& spec : specs) {
            CLI::Option* option = nullptr;
            if (is_option(spec) && spec.value.empty()) {
                option = to.add_flag(spec.name);
            } else {
                option = to.add_option(spec.name, CLI::callback_t([](const CLI::results_t&) { return true; }));
                option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
                option->allow_extra_args(false);
                if (!is_option(spec) && spec.repeats)
                    option->expected(0, CLI::detail::expected_max_vector_size);
            }
            options.emplace_back(&spec, option);
        }
    }
};

std::string full_name(const ProgramSpec& program, const CommandSpec& command)
{
    return command.name.empty() ? program.name : program.name + " " + command.name;
}

std::string example_of(const ProgramSpec& program, const CommandSpec* command)
{
    const auto& text = command && !command->example.empty() ? command->example : program.example;
    return text.substr(0, text.find('\n'));
}

std::optional<ErrorWords> check_values(const OptionSpec& spec, std::vector<std::string>& values,
                                       const std::string& example)
{
    if (values.size() > 1 && !spec.repeats)
        return mistake(Errc::invalid_argument, spec.name + " may be given only once.", example);
    for (auto& value : values) {
        if (value.size() > word_bytes_max)
            return mistake(Errc::too_large, "The value of " + spec.name + " is too long.", example);
        if (!is_valid_utf8(value))
            return mistake(Errc::malformed, "The value of " + spec.name + " is not UTF-8 text.", example);
        if (!spec.choices.empty() && std::find(spec.choices.begin(), spec.choices.end(), value) == spec.choices.end()) {
            const auto near = nearest(value, spec.choices);
            return mistake(Errc::invalid_argument,
                           spec.name + " is one of " + listed(spec.choices) +
                               (near.empty() ? "." : "; did you mean \"" + near + "\"?"),
                           example);
        }
        if (spec.path && value != "-") {
            std::error_code failed;
            const auto whole = std::filesystem::absolute(value, failed);
            if (value.empty() || failed)
                return mistake(Errc::invalid_argument, spec.name + " is no path.", example);
            value = whole.lexically_normal().string();
        }
    }
    return std::nullopt;
}

}  // namespace

const CommandSpec* ProgramSpec::command(std::string_view command_name) const noexcept
{
    for (const auto& spec : commands)
        if (spec.name == command_name)
            return &spec;
    return nullptr;
}

bool Invocation::has(std::string_view name) const noexcept
{
    return values.find(name) != values.end();
}

std::optional<std::string> Invocation::one(std::string_view name) const
{
    const auto found = values.find(name);
    if (found == values.end() || found->second.empty())
        return std::nullopt;
    return found->second.back();
}

const std::vector<std::string>& Invocation::all(std::string_view name) const noexcept
{
    const auto found = values.find(name);
    return found == values.end() ? none : found->second;
}

Json to_json(const Invocation& invocation)
{
    auto values = Json::object();
    for (const auto& [name, list] : invocation.values)
        values[name] = Json(list);
    return Json::object({{"command", invocation.command}, {"values", std::move(values)}});
}

Result<Invocation> invocation_from(const Json& json)
{
    Invocation out;
    if (!json.at("command").is_text() || !json.at("values").is_object())
        return fail(Errc::malformed, "a request has a command and values");
    out.command = json.at("command").text();
    for (const auto& [name, list] : json.at("values").members()) {
        if (!list.is_array())
            return fail(Errc::malformed, "the values of an option are a list");
        auto& values = out.values[name];
        for (const auto& item : list.items()) {
            if (!item.is_text())
                return fail(Errc::malformed, "the value of an option is text");
            values.push_back(item.text());
        }
    }
    return out;
}

Parsed parse(const ProgramSpec& program, const std::vector<std::string>& words)
{
    const auto common = with_standard(program);
    const auto found = find_command(program, words, common);

    for (const auto& word : words) {
        if (word == "--")
            break;
        if (word == "--help" || word == "-h")
            return Help{found.command ? help_of(program, *found.command) : help_of(program)};
    }
    const auto example = example_of(program, found.command);
    if (!found.command) {
        if (!found.strange.empty()) {
            std::vector<std::string> known;
            for (const auto& option : common)
                known.push_back(option.name);
            return no_such_option(program.name, found.strange, known, example);
        }
        const auto known = next_words(program, found.prefix);
        const auto next = listed(known);
        if (found.unknown.empty())
            return mistake(Errc::invalid_argument,
                           found.prefix.empty() ? "Say what to do: " + next + "."
                                                : "\"" + found.prefix.substr(0, found.prefix.size() - 1) +
                                                      "\" needs another word: " + next + ".",
                           example);
        auto near = nearest(found.unknown, known);
        return mistake(
            Errc::unknown_name,
            "There is no command \"" + found.prefix + printable(found.unknown) + "\"" +
                (near.empty() ? ": there are " + next + "." : "; did you mean \"" + found.prefix + near + "\"?"),
            example);
    }

    Splitter splitter;
    splitter.app.set_help_flag();
    splitter.app.allow_extras();
    splitter.add(splitter.app, common);
    auto* level = &splitter.app;
    for (const auto& word : split(found.command->name)) {
        level = level->add_subcommand(word);
        level->set_help_flag();
        level->allow_extras();
        level->fallthrough();
    }
    splitter.add(*level, found.command->options);

    std::vector<std::string> reversed;  // as CLI11 wants them
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
        if (word->starts_with("--") && word->size() > 3 && word->find('=') == word->size() - 1) {
            reversed.emplace_back();  // CLI11 takes "--name=" for a name without a value, not for an empty one
            reversed.push_back(word->substr(0, word->size() - 1));
        } else {
            reversed.push_back(*word);
        }
    }
    try {
        splitter.app.parse(reversed);
    } catch (const CLI::ArgumentMismatch&) {
        for (const auto& [spec, option] : splitter.options)
            if (is_option(*spec) && !spec->value.empty() && !words.empty() && words.back() == spec->name)
                return mistake(Errc::invalid_argument, spec->name + " needs " + spec->value + " after it.", example);
        return mistake(Errc::invalid_argument, "An option lacks its value, or has one too many.", example);
    } catch (const CLI::ParseError&) {
        return mistake(Errc::invalid_argument, "The words of this command cannot be read.", example);
    }

    if (const auto extra = splitter.app.remaining(/*recurse=*/true); !extra.empty()) {
        const auto& word = extra.front();
        if (word.starts_with("-") && word.size() > 1) {
            std::vector<std::string> known;
            for (const auto& [spec, option] : splitter.options)
                if (is_option(*spec))
                    known.push_back(spec->name);
            return no_such_option(full_name(program, *found.command), word.substr(0, word.find('=')), known, example);
        }
        return mistake(Errc::invalid_argument, "There is a word too many; text with spaces goes in quotation marks.",
                       example);
    }

    Invocation out;
    out.command = found.command->name;
    for (const auto& [spec, option] : splitter.options) {
        if (option->count() == 0) {
            const bool of_all = std::any_of(common.begin(), common.end(), [&](const auto& o) { return &o == spec; });
            if (spec->required && !(of_all && found.command->standalone))
                return mistake(Errc::invalid_argument, "It needs " + shown(*spec) + ".", example);
            continue;
        }
        const bool flag = is_option(*spec) && spec->value.empty();
        auto values = flag ? std::vector<std::string>{} : option->results();
        if (auto wrong = check_values(*spec, values, example))
            return *std::move(wrong);
        out.values[key_of(*spec)] = std::move(values);
    }
    return out;
}

std::string help_of(const ProgramSpec& program)
{
    std::string out = "Example:\n" + indented(program.example) + "\n\n" + program.summary + "\n\nCommands:\n";
    std::size_t widest = 0;
    for (const auto& command : program.commands)
        if (!command.hidden)
            widest = std::max(widest, command.name.size());
    for (const auto& command : program.commands)
        if (!command.hidden)
            out += "  " + command.name + std::string(widest - command.name.size() + 2, ' ') + command.summary + "\n";
    return out + "\nOptions of every command:\n" + option_lines(with_standard(program)) + "\n" + program.name +
           " COMMAND --help tells more; " + program.name + " --version says which this is.\n";
}

std::string help_of(const ProgramSpec& program, const CommandSpec& command)
{
    std::string out =
        "Example:\n" + indented(command.example) + "\n\n" + command.summary + "\n\nUse: " + full_name(program, command);
    for (const auto& option : program.common)
        if (option.required && !command.standalone)
            out += " " + shown(option);
    for (const auto& option : command.options)
        out += " " + shown(option);
    out += "\n\n";
    if (!command.options.empty())
        out += option_lines(command.options) + "\n";
    if (!command.more.empty())
        out += command.more + "\n\n";
    auto of_every = with_standard(program);
    for (auto& option : of_every)
        option.required = option.required && !command.standalone;
    return out + "Options of every command:\n" + option_lines(of_every);
}

ErrorWords usage(const ProgramSpec& program, std::string_view command, std::string message)
{
    return mistake(Errc::invalid_argument, std::move(message), example_of(program, program.command(command)));
}

}  // namespace satchel::console
