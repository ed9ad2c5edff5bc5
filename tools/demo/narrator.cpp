#include "tools/demo/narrator.hpp"

#include <algorithm>
#include <iostream>
#include <sstream>

namespace satchel::demo {
namespace {

constexpr std::size_t width = 96;

const Who* person(const std::string& name)
{
    for (const auto& who : cast())
        if (who.name == name)
            return &who;
    return nullptr;
}

}  // namespace

void Narrator::wrapped(const std::string& indent, const std::string& words)
{
    std::istringstream in(words);
    std::string word, line = indent;
    while (in >> word) {
        if (line.size() + word.size() + 1 > width && line != indent) {
            std::cout << line << "\n";
            line = indent;
        }
        line += (line == indent ? "" : " ") + word;
    }
    std::cout << line << "\n";
}

World::Listener Narrator::listener()
{
    return {[this](const std::string& who, const std::vector<std::string>& arguments) {
                current_ = arguments;
                if (quiet_)
                    return;
                const bool saves = arguments.size() > 1 && arguments[0] == "record";
                if (saves || who == "hub" || arguments.front() == "sync")
                    std::cout << "  " << who << " $ " << World::typed(who, arguments) << "\n";
            },
            [this](const std::string& who, const Answer& answer) {
                if (quiet_ || current_.size() < 2 || current_[0] != "record" ||
                    (current_[1] != "new" && current_[1] != "edit"))
                    return;
                const auto forecast = answer.at("forecast");
                if (!forecast.is_array())
                    return;
                for (const auto& f : forecast.as_array())
                    saved_.push_back({who, answer.text("record"), text(f, "field"), text(f, "outcome")});
            }};
}

void Narrator::heading(const std::string& words)
{
    std::cout << "\n" << (colour_ ? "\033[1m" : "") << words << (colour_ ? "\033[0m" : "") << "\n"
              << std::string(std::min(words.size(), width), '-') << "\n"
              << std::flush;
}

void Narrator::say(const std::string& words)
{
    wrapped("", words);
    std::cout << std::flush;
}

void Narrator::begin(const Story& story)
{
    saved_.clear();
    heading("Story " + std::to_string(story.number) + ". " + story.title + " (" + story.references + ")");
    say(story.telling);
}

void Narrator::what_became(World& world)
{
    quiet_ = true;
    for (const auto& saved : saved_) {
        if (saved.field.empty())
            continue;
        const auto* who = person(saved.who);
        const auto explained = world.device(saved.who, {"why", saved.record, saved.field}).data;
        const auto versions = at(explained, "versions");
        json::value mine;
        if (versions.is_array())
            for (const auto& version : versions.as_array())
                if (text(version, "author") == (who ? who->person : saved.who))
                    mine = version;
        if (mine.is_null())
            continue;
        auto words = saved.who + "'s " + saved.field + ": " + text(mine, "ruling");
        if (!text(mine, "disposition").empty())
            words += ", then " + text(mine, "disposition");
        words += " by rule " + text(mine, "rule");
        if (!text(mine, "paragraph").empty())
            words += " (" + text(mine, "paragraph") + ")";
        wrapped("    ", words);
    }
    quiet_ = false;
}

void Narrator::result(const Check& check)
{
    if (check.failures().empty()) {
        std::cout << "  As it should be: " << check.checked() << " things checked.\n" << std::flush;
        return;
    }
    for (const auto& failure : check.failures())
        wrapped("  NOT as it should be: ", failure);
    std::cout << std::flush;
}

void Narrator::what_to_try(const World& world)
{
    heading("Left for you to explore");
    std::cout << "The hub is in " << world.hub_dir().string() << ", the devices are in " << (world.dir() / "devices").string()
              << ".\nEach passphrase is \"rehearsal only: NAME\", for example:\n\n"
              << "  satchel --profile " << world.profile("practitioner").string() << " case list\n"
              << "  satchel --profile " << world.profile("practitioner").string() << " attention list\n"
              << "  satchel --profile " << world.profile("police").string() << " task list\n"
              << "  satchel-hub --dir " << world.hub_dir().string() << " suggestion list\n"
              << "  satchel-hub --dir " << world.hub_dir().string() << " verify\n";
}

}  // namespace satchel::demo
