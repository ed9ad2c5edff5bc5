// satchel-kills: kill -9 of the real programs at random moments and at their system calls, and errors of the disk. What
// was acknowledged is there afterwards, once; what was not is there at most once; every store opens.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>

#include "tests/field/containment.hpp"
#include "tests/field/fleet.hpp"
#include "tests/field/tracer.hpp"
#include "tests/integration/scratch.hpp"

namespace {

using namespace satchel::field;

struct Options {
    unsigned device_kills = 40, hub_kills = 40, injections = 60;
    std::uint64_t seed = 1;
    bool tell = false;
};

class Trial {
public:
    Trial(Fleet& fleet, std::filesystem::path dir, const Options& options)
        : fleet_(fleet), dir_(std::move(dir)), options_(options), random_(options.seed)
    {
    }

    // The process that holds a device unlocked is killed while it saves, or synchronises, or both.
    void kill_devices()
    {
        unsigned saves = 0, syncs = 0, in_session = 0;
        for (unsigned i = 0; i < options_.device_kills; ++i) {
            auto& device = *fleet_.devices[i % fleet_.devices.size()];
            fleet_.save(device, random_);  // it is unlocked now
            const bool with_sync = i % 2 == 1;
            if (with_sync)
                fleet_.save(device, random_, 30);
            const auto unsure = device.unsure.load();
            std::mt19937_64 typing_random(random_());
            std::atomic<bool> gone{false};
            std::thread typing([&] {
                while (!gone && fleet_.save(device, typing_random) == 0) {
                }
            });
            Answer synced;
            std::thread syncing([&] {
                if (with_sync)
                    synced = fleet_.sync(device);
            });
            if (i % 4 == 3)  // on a busy machine most are not let in within 30 ms
                for (unsigned asked = 0; asked < 20 && fleet_.ask(device, {"sync", "status"}).text("running") != "true"; ++asked) {
                }
            moment();
            fleet_.kill(device);
            gone = true;
            typing.join();
            syncing.join();
            saves += device.unsure > unsure;
            // Taken by the process that was killed, and not answered.
            syncs += synced.text("error/code") == "closed";
            in_session += synced.text("error/code") == "closed" && synced.err.find("\"progress\"") != std::string::npos;
            look_at(device, "killed, " + std::to_string(i));
        }
        std::printf("device killed: %u; in a save %u, in one of %u syncs %u, %u of them when the hub had let it in\n",
                    options_.device_kills, saves, options_.device_kills / 2, syncs, in_session);
        must_hit("kills of a device cut a save", saves, options_.device_kills, 10);
        must_hit("kills of a device cut a sync", syncs, options_.device_kills / 2, 3);
        must_hit("kills of a device cut a session", in_session, options_.device_kills / 2, 15);
    }

    void kill_hub()
    {
        unsigned cut = 0, sessions = 0;
        for (unsigned i = 0; i < options_.hub_kills; ++i) {
            std::vector<std::thread> syncing;
            std::atomic<unsigned> broken{0};
            for (auto& device : fleet_.devices) {
                fleet_.save(*device, random_, 30);
                syncing.emplace_back([this, &broken, &one = *device] {
                    const auto ran = fleet_.sync(one);
                    broken += !ran.ok() && !ran.text("pushed").empty();  // let in, and not to its end
                });
            }
            moment();
            fleet_.kill_hub();
            for (auto& thread : syncing)
                thread.join();
            cut += broken > 0;
            sessions += broken;
        }
        std::printf("hub killed: %u, and %u of them cut %u sessions\n", options_.hub_kills, cut, sessions);
        must_hit("kills of the hub cut a session", cut, options_.hub_kills, 2);
    }

    // Each system call of one save, one sync, and the hub in one sync.
    void inject()
    {
        // What the kills have left unsent would make the first sync one of a thousand calls, and the others nothing like it.
        if (!fleet_.settle())
            violations_.push_back("synchronising does not come to an end after the kills");
        auto& device = *fleet_.devices[0];
        const auto trace = (dir_ / "trace").string();
        const auto count = [&](const std::function<void(const std::vector<std::string>&)>& run) {
            run({});  // what is put right once after the kills before is no part of what is done each time
            run(under_counting(trace));
            std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the tracer writes its last lines
            return counted(trace, dir_.string());
        };
        const auto third = options_.injections / 3;
        unsigned killed = 0, refused = 0, unharmed = 0;
        const auto tell = [&](const char* of, const Injection& one, int code) {
            ++(code >= 128 ? killed : code != 0 && code != 5 ? refused : unharmed);
            if (options_.tell)
                std::printf("%s, %s: %d\n", of, one.name().c_str(), code);
        };

        const auto save = [&](const std::vector<std::string>& under) { return fleet_.save_alone(device, random_, under); };
        for (const auto& one : injections(count(save), third)) {
            tell("save", one, save(one.under()));
            look_at(device, "save, " + one.name());
        }
        const auto sync = [&](const std::vector<std::string>& under) {
            for (auto& other : fleet_.devices)
                fleet_.save(*other, random_);
            (void)fleet_.sync(*fleet_.devices[1]);
            fleet_.kill(device);
            return fleet_.alone(device, {"sync", "run", "--hub", fleet_.address()}, under).exit_code;
        };
        for (const auto& one : injections(count(sync), third)) {
            tell("sync", one, sync(one.under()));
            look_at(device, "sync, " + one.name());
        }
        const auto hub = [&](const std::vector<std::string>& under) {
            fleet_.save(device, random_);
            try {
                (void)fleet_.stop_hub(under);
            } catch (const std::exception&) {  // it did not come so far as to listen
                fleet_.kill_hub();
                return 137;
            }
            const bool served = fleet_.sync(device).ok() && fleet_.sync(*fleet_.devices[1]).ok();
            const int code = fleet_.stop_hub();
            return code == 0 && !served ? 1 : code;
        };
        for (const auto& one : injections(count(hub), options_.injections - 2 * third)) {
            tell("hub", one, hub(one.under()));
            look_at(device, "hub, " + one.name());
        }
        std::printf("injected: %u killed, %u ended with an error, %u unharmed\n", killed, refused, unharmed);
        injected_ = killed + refused + unharmed;
        // What only tidies up after the work may fail: a checkpoint, and the removal of a log that was written back.
        must_hit("injections did harm", killed + refused, injected_, 2);
    }

    int end()
    {
        if (!fleet_.settle())
            violations_.push_back("synchronising does not come to an end");
        const auto found = fleet_.check();
        violations_.insert(violations_.end(), found.begin(), found.end());
        for (std::size_t i = 0; i < violations_.size() && i < 40; ++i)
            std::printf("  %s\n", violations_[i].c_str());
        std::printf("%u device kills, %u hub kills, %u injections, %llu saves acknowledged, %zu violations (seed %llu)\n",
                    options_.device_kills, options_.hub_kills, injected_, static_cast<unsigned long long>(fleet_.acknowledged()),
                    violations_.size(), static_cast<unsigned long long>(options_.seed));
        return violations_.empty() ? 0 : 1;
    }

private:
    // What misses shows nothing. Of few all may miss, by chance; each share is at most half of what is usual.
    void must_hit(const char* what, unsigned hits, unsigned of, unsigned at_least_one_in)
    {
        if (of >= 3 * at_least_one_in && hits * at_least_one_in < of)
            violations_.push_back("only " + std::to_string(hits) + " of " + std::to_string(of) + " " + what);
    }

    void moment() { std::this_thread::sleep_for(std::chrono::microseconds(3000 + random_() % 27000)); }

    // It opens, its chain is whole, and it holds what its user was told, and no more than they tried.
    void look_at(Device& device, const std::string& when)
    {
        const auto sound = fleet_.ask(device, {"device", "doctor"});
        const auto words = sound.text("counts/own");
        const auto own = words.empty() ? 0 : std::stoull(words);
        if (sound.exit_code != 0 || own < device.saved || own > device.saved + device.unsure)
            violations_.push_back(device.name + " (" + when + "): " + std::to_string(device.saved) + " acknowledged, " +
                                  std::to_string(device.unsure) + " not, doctor exit " + std::to_string(sound.exit_code) + ": " +
                                  json::serialize(sound.data));
    }

    Fleet& fleet_;
    std::filesystem::path dir_;
    const Options& options_;
    std::mt19937_64 random_;
    unsigned injected_ = 0;
    Violations violations_;
};

int kill_all(const Options& options)
{
    if (options.injections > 0 && !can_trace()) {
        std::puts("not run: strace is not installed, or may not trace here");
        return 77;
    }
    const satchel::demo::Scratch scratch;
    Fleet::Plan plan;
    plan.programs = SATCHEL_PROGRAMS;
    plan.dir = scratch.path / "world";
    Fleet fleet(plan);
    Trial trial(fleet, scratch.path, options);
    trial.kill_devices();
    trial.kill_hub();
    if (options.injections > 0)
        trial.inject();
    return trial.end();
}

}  // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app{"Kills the real programs in the middle of their work, and lets their disk fail.\n"
                 "Example:  satchel-kills --device-kills 40 --hub-kills 40 --injections 60"};
    app.add_option("--device-kills", options.device_kills, "at random moments of saving and synchronising")->capture_default_str();
    app.add_option("--hub-kills", options.hub_kills, "at random moments while devices synchronise")->capture_default_str();
    app.add_option("--injections", options.injections, "kills, EIO and ENOSPC at system calls, by strace")->capture_default_str();
    app.add_option("--seed", options.seed, "of what is saved and when")->capture_default_str();
    app.add_flag("--tell", options.tell, "what became of each injection: the exit code, 137 when killed");
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    return contained([&] {
        try {
            return kill_all(options);
        } catch (const std::exception& e) {
            std::fprintf(stderr, "satchel-kills: %s\n", e.what());
            return 1;
        }
    });
}
