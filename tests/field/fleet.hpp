// A hub and many devices of three agencies and the co-ordination unit, run as the real programs, with a ledger of what
// people were told was saved; and the check that all of it is where it should be.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tools/demo/world.hpp"

namespace satchel::field {

namespace json = boost::json;
using demo::Answer;

// Of the text of each save: as long as people write.
inline constexpr std::size_t note_bytes = 1000;

// What did not hold, in words; nothing: all did.
using Violations = std::vector<std::string>;

struct Device {
    std::string name, hat;
    std::mutex busy;  // over the unlocking process of this device: one command starts it
    std::atomic<std::uint64_t> saved{0}, unsure{0};  // acknowledged; ended otherwise: kept or not
};

class Fleet {
public:
    struct Plan {
        std::filesystem::path programs, dir;
        unsigned devices = 3, cases = 3;
        std::string listen = "127.0.0.1:0";
        // Starts the hub where it belongs, as in another network namespace.
        std::function<void(const std::function<void()>&)> at_hub = [](const std::function<void()>& work) { work(); };
    };
    // Makes the hub, people, cases and devices, and lets every device load. Throws when that does not work.
    explicit Fleet(Plan plan);

    std::vector<std::unique_ptr<Device>> devices;

    // --- Work. Safe from any thread ------------------------------------------------------------------------------
    // Saves one or more things of a random kind; `bulk` as lines of one input. Exit code of the program.
    int save(Device& device, std::mt19937_64& random, unsigned bulk = 1);
    Answer ask(Device& device, const std::vector<std::string>& arguments, const std::string& input = {});
    // In a process of its own, run by another program; the profile is locked before.
    int save_alone(Device& device, std::mt19937_64& random, const std::vector<std::string>& under);
    demo::Finished alone(Device& device, const std::vector<std::string>& arguments, const std::vector<std::string>& under);
    Answer sync(Device& device) { return ask(device, {"sync", "run", "--hub", address()}); }
    void kill(Device& device);
    void kill_hub(const std::vector<std::string>& under = {});  // serves again afterwards
    int stop_hub(const std::vector<std::string>& under = {});   // the same in order; the exit code of the one that ended
    [[nodiscard]] std::string address();
    [[nodiscard]] pid_t hub_process() { return world_.hub_process(); }

    [[nodiscard]] std::uint64_t acknowledged() const;

    // --- The end -------------------------------------------------------------------------------------------------
    // Everybody syncs in turn until nobody has anything to send or to hear. False: not within so many rounds.
    bool settle(unsigned rounds_max = 12);
    // Every acknowledged save is at the hub once, no other more than once; devices agree; the hub's own verify.
    Violations check();

private:
    struct Kept {
        bool acknowledged = false;
        std::string record;  // of an edited field: where to look for it
    };
    void start_hub(const std::vector<std::string>& under = {});
    int save(Device& device, std::mt19937_64& random, unsigned bulk, const std::vector<std::string>* under);
    void look_at_hub(Violations& out);
    void look_at_edits(Violations& out);
    void compare_devices(Violations& out);

    Plan plan_;
    demo::World world_;
    std::vector<std::string> cases_;
    std::vector<std::string> visits_;  // a shared record of each case
    mutable std::mutex mutex_;         // over the next three
    std::map<std::string, Kept> ledger_;
    std::uint64_t number_ = 0;
    std::string address_;
    std::mutex hub_;  // it is being started again
};

}  // namespace satchel::field
