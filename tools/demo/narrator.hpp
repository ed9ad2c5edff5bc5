// Tells what happens: the commands as typed, and afterwards what became of every change and why.
#pragma once

#include <string>
#include <vector>

#include "tools/demo/story.hpp"

namespace satchel::demo {

class Narrator {
public:
    explicit Narrator(bool colour) : colour_(colour) {}

    World::Listener listener();
    void quiet(bool on) { quiet_ = on; }
    void heading(const std::string& words);
    void say(const std::string& words);
    void begin(const Story& story);
    // For every change recorded since begin(): its ruling, rule and paragraph, as its author's device now tells them.
    void what_became(World& world);
    void result(const Check& check);
    void what_to_try(const World& world);

private:
    struct Saved {
        std::string who;
        std::string record;
        std::string field;
        std::string forecast;
    };
    void wrapped(const std::string& indent, const std::string& words);

    bool colour_;
    bool quiet_ = false;
    std::vector<std::string> current_;
    std::vector<Saved> saved_;
};

}  // namespace satchel::demo
