// satchel-soak: many devices save and synchronise for minutes while programs are killed and connections reset. At the end
// everything is everywhere it should be, once, and the hub's memory has stayed within its bounds.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include <CLI/CLI.hpp>

#include "tests/field/containment.hpp"
#include "tests/field/fleet.hpp"
#include "tests/field/line.hpp"
#include "tests/integration/scratch.hpp"

namespace {

using namespace satchel::field;
using Steady = std::chrono::steady_clock;

struct Options {
    double minutes = 10;
    unsigned devices = 16;
    unsigned kill_every_ms = 2500;
    bool spare_hub = false;
    std::uint64_t seed = 1;
};

// A hub in a life of any length (the hub's must).
constexpr double hub_mebibytes_max = 200;
// Until then caches fill, up to their bounds. What grows after that grows for ever: 8 MiB a minute before cases were forgotten.
constexpr double filling_minutes = 5;
constexpr double growth_max = 4;  // MiB a minute, where it was watched for as long again

// A straight line through points, by least squares.
class Trend {
public:
    void add(double x, double y) { ++n_, x_ += x, y_ += y, xx_ += x * x, xy_ += x * y; }
    [[nodiscard]] double slope() const
    {
        const auto across = n_ * xx_ - x_ * x_;
        return n_ < 3 || across <= 0 ? 0 : (n_ * xy_ - x_ * y_) / across;
    }

private:
    double n_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0;
};

// Resident memory of the hub.
class Memory {
public:
    // At any time, in any life of it.
    void note(double mebibytes) { most_ = std::max(most_, mebibytes); }
    // Over the one life that is watched, since its beginning.
    void watch(double minutes, double mebibytes)
    {
        note(mebibytes);
        if (minutes > filling_minutes)
            filled_.add(minutes, mebibytes);
        minutes_ = minutes;
    }
    [[nodiscard]] std::string words() const
    {
        std::array<char, 120> out{};
        if (growth_shows())
            std::snprintf(out.data(), out.size(), "hub at most %.0f MiB, %+.2f MiB a minute after %.0f minutes", most_, filled_.slope(),
                          filling_minutes);
        else
            std::snprintf(out.data(), out.size(), "hub at most %.0f MiB, its growth watched for too short a time", most_);
        return out.data();
    }
    [[nodiscard]] Violations too_much() const
    {
        Violations out;
        if (most_ == 0)
            out.push_back("nobody could see what the hub took");
        if (most_ > hub_mebibytes_max)
            out.push_back("the hub took " + std::to_string(most_) + " MiB");
        if (growth_shows() && filled_.slope() > growth_max)
            out.push_back("the hub's memory grew by " + std::to_string(filled_.slope()) + " MiB a minute when its caches were full");
        return out;
    }

private:
    [[nodiscard]] bool growth_shows() const { return minutes_ > 2 * filling_minutes; }

    Trend filled_;
    double most_ = 0, minutes_ = 0;
};

class Soak {
public:
    Soak(Fleet& fleet, Line& line, const Options& options) : fleet_(fleet), line_(line), options_(options) {}

    int run()
    {
        const auto start = Steady::now();
        end_ = start + std::chrono::milliseconds(static_cast<std::int64_t>(options_.minutes * 60'000));
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < fleet_.devices.size(); ++i) {
            threads.emplace_back([this, i] { save(i); });
            threads.emplace_back([this, i] { synchronise(i); });
        }
        // In the first half the hub is killed with the others, unless it is to be spared; what lives from then on is watched.
        spared_from_ = options_.spare_hub ? start : start + (end_ - start) / 2;
        threads.emplace_back([this] { harm(); });
        auto told = start;
        while (Steady::now() < end_) {
            std::this_thread::sleep_for(std::chrono::seconds(1));
            const auto now = Steady::now();
            const auto mebibytes = hub_mebibytes();
            if (now > spared_from_)
                memory_.watch(std::chrono::duration<double>(now - spared_from_).count() / 60, mebibytes);
            else
                memory_.note(mebibytes);
            if (now - told < std::chrono::seconds(30))
                continue;
            told = now;
            std::printf("%4.0f s: %llu saves, %llu sessions, %u + %u killed, %u times reset, hub %.0f MiB\n",
                        std::chrono::duration<double>(told - start).count(), ull(fleet_.acknowledged()), ull(sessions_),
                        devices_killed_.load(), hubs_killed_.load(), resets_.load(), mebibytes);
        }
        for (auto& thread : threads)
            thread.join();
        rest(start);

        std::printf("%llu saves acknowledged (%llu not), %llu sessions (%llu broken), %u devices and %u hubs killed, "
                    "%u times every connection reset; %s; %zu violations (seed %llu)\n",
                    ull(fleet_.acknowledged()), ull(unsure()), ull(sessions_), ull(broken_), devices_killed_.load(),
                    hubs_killed_.load(), resets_.load(), memory_.words().c_str(), violations_.size(), ull(options_.seed));
        return violations_.empty() ? 0 : 1;
    }

private:
    static unsigned long long ull(std::uint64_t n) { return n; }
    [[nodiscard]] bool going() const { return Steady::now() < end_; }
    [[nodiscard]] std::uint64_t unsure() const
    {
        std::uint64_t out = 0;
        for (const auto& device : fleet_.devices)
            out += device->unsure;
        return out;
    }

    // Everything comes to rest, and is looked at.
    void rest(Steady::time_point start)
    {
        std::printf("%4.0f s: nothing is harmed any more\n", std::chrono::duration<double>(Steady::now() - start).count());
        if (!fleet_.settle())
            violations_.push_back("synchronising does not come to an end");
        const auto found = fleet_.check();
        violations_.insert(violations_.end(), found.begin(), found.end());
        memory_.note(hub_mebibytes("VmHWM:"));
        const auto grown = memory_.too_much();
        violations_.insert(violations_.end(), grown.begin(), grown.end());
        for (std::size_t i = 0; i < violations_.size() && i < 40; ++i)
            std::printf("  %s\n", violations_[i].c_str());
    }

    void save(std::size_t i)
    {
        std::mt19937_64 random(options_.seed * 1000 + i);
        while (going()) {
            (void)fleet_.save(*fleet_.devices[i], random, random() % 8 == 0 ? static_cast<unsigned>(2 + random() % 20) : 1);
            pause(random, 50, 600);
        }
    }

    void synchronise(std::size_t i)
    {
        std::mt19937_64 random(options_.seed * 2000 + i);
        while (going()) {
            const auto ran = fleet_.sync(*fleet_.devices[i]);
            ++sessions_;
            broken_ += ran.text("ok") != "true";
            if (ran.exit_code == 7 || ran.exit_code == 8) {
                const std::lock_guard lock(mutex_);
                violations_.push_back(fleet_.devices[i]->name + ": sync run: " + json::serialize(ran.data));
            }
            pause(random, 100, 3000);
        }
    }

    void harm()
    {
        std::mt19937_64 random(options_.seed * 3000);
        while (going()) {
            pause(random, options_.kill_every_ms / 2, options_.kill_every_ms * 3 / 2);
            const auto what = random() % 10;
            if (what == 0 && Steady::now() < spared_from_) {
                fleet_.kill_hub();
                ++hubs_killed_;
            } else if (what < 4) {
                line_.reset_all();
                ++resets_;
            } else {
                fleet_.kill(*fleet_.devices[random() % fleet_.devices.size()]);
                ++devices_killed_;
            }
        }
    }

    // VmRSS: now; VmHWM: the most that this life of it has taken, also between two looks.
    [[nodiscard]] double hub_mebibytes(std::string_view which = "VmRSS:")
    {
        std::ifstream in("/proc/" + std::to_string(fleet_.hub_process()) + "/status");
        for (std::string word; in >> word;)
            if (word == which) {
                double kibibytes = 0;
                in >> kibibytes;
                return kibibytes / 1024;
            }
        return 0;
    }

    void pause(std::mt19937_64& random, unsigned least_ms, unsigned most_ms) const
    {
        std::this_thread::sleep_for(std::min<Steady::duration>(std::chrono::milliseconds(least_ms + random() % (most_ms - least_ms)),
                                                               std::max(end_ - Steady::now(), Steady::duration::zero())));
    }

    Fleet& fleet_;
    Line& line_;
    const Options& options_;
    Steady::time_point end_, spared_from_;
    std::atomic<std::uint64_t> sessions_{0}, broken_{0};
    std::atomic<unsigned> devices_killed_{0}, hubs_killed_{0}, resets_{0};
    Memory memory_;
    std::mutex mutex_;  // over violations_
    Violations violations_;
};

int soak(const Options& options)
{
    const satchel::demo::Scratch scratch;
    std::unique_ptr<Line> line;
    try {
        line = std::make_unique<Line>(options.seed);
    } catch (const Line::NotPossible& no) {
        std::printf("not run: %s\n", no.why.c_str());
        return 77;
    }
    Fleet::Plan plan;
    plan.programs = SATCHEL_PROGRAMS;
    plan.dir = scratch.path / "world";
    plan.devices = options.devices;
    plan.cases = 2 * options.devices;
    plan.listen = hub_address;
    plan.at_hub = [&](const std::function<void()>& work) { line->at_hub(work); };
    Fleet fleet(plan);
    std::printf("%u devices have enrolled and loaded\n", options.devices);
    return Soak(fleet, *line, options).run();
}

}  // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app{"Lets many devices work for minutes while programs are killed and connections reset (as root, with /dev/net/tun).\n"
                 "The hub may take 200 MiB at any time; where one life of it is watched for more than ten minutes, it may grow by\n"
                 "4 MiB a minute after the first five.\n"
                 "Example:  satchel-soak --minutes 10 --devices 16\n"
                 "          satchel-soak --minutes 30 --spare-hub      one hub all the time"};
    app.add_option("--minutes", options.minutes, "how long")->capture_default_str()->check(CLI::Range(0.1, 1440.0));
    app.add_option("--devices", options.devices, "how many")->capture_default_str()->check(CLI::Range(2, 40));
    app.add_option("--kill-every", options.kill_every_ms, "milliseconds between two harms, about")->capture_default_str()->check(CLI::Range(100, 60000));
    app.add_flag("--spare-hub", options.spare_hub,
                 "the hub is not killed: what its memory comes to over one long life (otherwise: over the second half)");
    app.add_option("--seed", options.seed, "of what is saved, killed and reset")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    return contained([&] {
        try {
            return soak(options);
        } catch (const std::exception& e) {
            std::fprintf(stderr, "satchel-soak: %s\n", e.what());
            return 1;
        }
    });
}
