// A small MAPPA area for stories: one hub, its people, their devices. Everything goes through the two programs.
//
// A world lives in one directory, so that a copy of the directory is a copy of the world: a story records its offline work
// once and is then played in every order of syncing, each on a fresh copy.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "tools/demo/process.hpp"

namespace satchel::demo {

namespace json = boost::json;

// What a program answered. `data` is null when it printed no JSON.
struct Answer {
    int exit_code = -1;
    json::value data;
    std::string err;
    std::chrono::milliseconds took{};

    [[nodiscard]] bool ok() const;
    // A value by path, "forecast/0/outcome"; null where there is none.
    [[nodiscard]] json::value at(std::string_view path) const;
    [[nodiscard]] std::string text(std::string_view path) const;  // "" where there is none; numbers and bools as JSON
};
json::value at(const json::value& value, std::string_view path);
std::string text(const json::value& value, std::string_view path);

struct Who {
    std::string name;   // of the device's directory and in the narration: "practitioner"
    std::string person; // display name, plainly fictitious
    std::string hat;    // AGENCY/TEAM/ROLE
    std::string vetting = "baseline";
};
const std::vector<Who>& cast();

class World {
public:
    // Called for every command before it runs and after, so that a demonstration can narrate.
    struct Listener {
        std::function<void(const std::string& who, const std::vector<std::string>& arguments)> command;
        std::function<void(const std::string& who, const Answer& answer)> answered;
    };

    World(std::filesystem::path programs, std::filesystem::path dir);

    void listen(Listener listener) { listener_ = std::move(listener); }

    // --- building -------------------------------------------------------------------------------------------------
    void create_hub();
    void create_people(const std::vector<std::string>& names);  // of cast()
    Answer import(const std::string& ndjson);
    void assign(const std::string& ref, const std::vector<std::string>& names);
    void enrol(const std::vector<std::string>& names);  // needs the hub to serve

    // A copy of this world as it lies on disk, in another directory. Locks every device first; the hub may not be serving.
    [[nodiscard]] World copy(const std::filesystem::path& dir);

    // --- running --------------------------------------------------------------------------------------------------
    // `under`: a program and its words that run the hub, such as a tracer.
    void serve(const std::string& listen = "127.0.0.1:0", const std::vector<std::string>& under = {});
    int stop();
    void kill_hub() { hub_.kill(); }
    // A command unlocks its device where that has not been done: not two of one device at a time.
    void unlock(const std::string& name);
    void kill_device(const std::string& name) { unlocked_[name].kill(); }
    [[nodiscard]] pid_t hub_process() const { return hub_.pid(); }
    Answer hub(std::vector<std::string> arguments, const std::string& input = {});
    Answer device(const std::string& name, std::vector<std::string> arguments, const std::string& input = {});
    // The same of a device that somebody has unlocked: safe from any thread.
    Answer ask(const std::string& name, const std::vector<std::string>& arguments, const std::string& input = {});
    Answer sync(const std::string& name);
    Answer sync_through(const std::string& name, const std::string& address);  // over a relay
    // Devices whose clocks are wrong: every command of theirs is told so.
    void set_clock(const std::string& name, const std::string& offset);
    // A device is unlocked by its first command and stays so, as in the hand of a user, until this.
    void lock_devices() { unlocked_.clear(); }

    // Records something and returns the record's id; throws when the program did not save it.
    std::string record(const std::string& name, const std::string& ref, const std::string& type,
                       const std::vector<std::string>& options);
    Answer edit(const std::string& name, const std::string& record, const std::vector<std::string>& options);
    // The one record of a type on a case as a device shows it; "" when there is none.
    std::string find_record(const std::string& name, const std::string& ref, const std::string& type);
    std::vector<json::value> records(const std::string& name, const std::string& ref, const std::string& type);
    std::vector<json::value> tasks(const std::string& name);

    // The program and words of a command on a device, to be run by whoever wants to.
    [[nodiscard]] Invocation on_device(const std::string& name, const std::vector<std::string>& arguments) const;

    [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }
    [[nodiscard]] std::filesystem::path hub_dir() const { return dir_ / "hub"; }
    [[nodiscard]] std::filesystem::path profile(const std::string& name) const { return dir_ / "devices" / name; }
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] std::string user_of(const std::string& name) const;
    // The command that a person would type to do the same.
    [[nodiscard]] static std::string typed(const std::string& who, const std::vector<std::string>& arguments);

private:
    Answer answer(const std::string& who, Invocation invocation, const std::vector<std::string>& shown);

    std::filesystem::path programs_;
    std::filesystem::path dir_;
    Background hub_;
    std::string address_;
    std::map<std::string, std::string> clocks_;
    std::map<std::string, Background> unlocked_;
    Listener listener_;
};

// Passphrases of the demonstration: known to everybody, so used nowhere else.
std::string passphrase_of(const std::string& name);

}  // namespace satchel::demo
