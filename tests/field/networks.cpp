// satchel-networks: the real programs over bad networks, and whether everything arrives, once, and is told truthfully.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <thread>

#include <CLI/CLI.hpp>

#include "tests/field/containment.hpp"
#include "tests/field/fleet.hpp"
#include "tests/field/line.hpp"
#include "tests/integration/scratch.hpp"

namespace {

using namespace satchel::field;
using Steady = std::chrono::steady_clock;
using satchel::demo::text;

struct Options {
    std::vector<std::string> names;
    unsigned seconds = 45, devices = 5, backlog = 3000;
    std::uint64_t seed = 1;
};

// A session that nothing comes through ends after a minute of silence; then there is the next one, and a new connection.
constexpr std::chrono::seconds drain_max{120};
// Beyond that, for each change of a backlog: everybody receives what everybody else had saved.
constexpr std::chrono::milliseconds drain_each{5};

// What a device may say of a run that failed, by what its line does (sync/console/answer.cpp).
constexpr const char* silent = "The other side did not answer in time. Check the connection, then try again.";
constexpr const char* cut = "The connection was cut. Check the connection, then try again: nothing is sent twice.";
constexpr const char* unreachable = "The hub could not be reached. Check the network and the address, then try again.";

std::vector<std::string> reasons_to_fail(const Profile& profile)
{
    if (profile.reset_after > 0)
        return {cut};
    if (profile.one_way)
        return {unreachable};
    if (profile.lost > 0 || profile.down.count() > 0 || profile.bits_per_second > 0)
        return {unreachable, silent, cut};
    return {};  // a line that only takes its time fails nobody
}

// What one device did under one profile. `under`: received while the line was bad.
struct Told {
    std::uint64_t runs = 0, broken = 0, sent = 0, under = 0, pushed = 0, resent_at_once_max = 0;
    std::map<std::string, std::uint64_t> reasons;  // that the status gave for runs that failed
    Violations violations;
};

// How much may go again after a session: four pushes may be on their way, each of at most so many bytes as the line is known to
// bear. Stated here once more, not taken from the program, so that it cannot change without being noticed.
class Window {
public:
    // In changesets. A session that something came through has tried more since, and how much is not told.
    [[nodiscard]] std::uint64_t at_most(bool came_through) const
    {
        return pushes * std::max<std::uint64_t>((came_through ? portion_max : portion_) / bytes_of_a_save, 1);
    }
    void broke(bool came_through)
    {
        if (!came_through)
            portion_ = std::max(portion_ / 4, portion_min);
    }
    void was_whole() { portion_ = portion_max; }  // it may have come to that

private:
    static constexpr std::uint64_t pushes = 4, portion_max = 512 * 1024, portion_min = 4 * 1024;
    static constexpr std::uint64_t bytes_of_a_save = note_bytes + 64;  // at least
    std::uint64_t portion_ = portion_max;
};

std::uint64_t number(const Answer& answer, const char* path)
{
    const auto words = answer.text(path);
    return words.empty() ? 0 : std::stoull(words);
}

// Exit 5 may also be that of a run that brought something for its user before it broke.
bool went_well(const Answer& ran) { return ran.text("ok") == "true"; }

class Trial {
public:
    Trial(Fleet& fleet, Line& line, const Profile& profile, const Options& options)
        : fleet_(fleet), line_(line), profile_(profile), options_(options), told_(2 * fleet.devices.size())
    {
    }

    bool run()
    {
        std::printf("%-16s", profile_.name.c_str());
        std::fflush(stdout);
        const auto saved_before = fleet_.acknowledged();
        if (profile_.reset_after > 0) {  // else nobody ever has as much on its way as may be
            save_backlogs();
            backlog_ = fleet_.acknowledged() - saved_before;
        }
        line_.use(profile_);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < fleet_.devices.size(); ++i) {
            threads.emplace_back([this, i] { save(i); });
            threads.emplace_back([this, i] { synchronise(i); });
        }
        std::this_thread::sleep_for(std::chrono::seconds(options_.seconds));
        saving_ = false;
        const auto counts = line_.counts();
        healed_ = true;  // before it is: what comes through counts as under the fault only when it surely was
        line_.heal();
        const auto start = Steady::now();
        for (auto& thread : threads)
            thread.join();  // each ends when its queue is empty, or says that it did not
        const auto drained = std::chrono::duration<double>(Steady::now() - start).count();
        Told all;
        for (auto& one : told_) {
            all.runs += one.runs, all.broken += one.broken;
            all.sent += one.sent, all.under += one.under, all.pushed += one.pushed;
            all.resent_at_once_max = std::max(all.resent_at_once_max, one.resent_at_once_max);
            for (const auto& [why, times] : one.reasons)
                all.reasons[why] += times;
            all.violations.insert(all.violations.end(), one.violations.begin(), one.violations.end());
        }
        saves = fleet_.acknowledged() - saved_before;
        if (all.sent != saves)  // each save is one changeset
            all.violations.push_back("saved " + std::to_string(saves) + ", received " + std::to_string(all.sent));
        if (profile_.reset_after > 0 && all.resent_at_once_max == 0)
            all.violations.push_back("no session broke while work was on its way");
        if ((profile_.lost > 0 || profile_.down.count() > 0 || profile_.one_way) && counts.lost == 0)
            all.violations.push_back("the line was to lose packets, and lost none");
        if (profile_.reset_after > 0 && counts.resets == 0)
            all.violations.push_back("the line was to reset connections, and reset none");
        // A session over a line that loses a fifth in each direction takes ten seconds and more.
        if (!profile_.one_way && options_.seconds >= 40 && all.under == 0)
            all.violations.push_back("nothing came through while the line was bad");
        if (!fleet_.settle())
            all.violations.push_back("synchronising does not come to an end");
        const auto found = fleet_.check();
        all.violations.insert(all.violations.end(), found.begin(), found.end());
        std::printf("%7llu %7llu %7llu %7llu %8.1f %10llu %7llu %7llu %8llu %8llu  %s\n", ull(saves), ull(all.under), ull(all.runs), ull(all.broken),
                    drained, ull(counts.bytes), ull(counts.lost), ull(counts.resets), ull(all.pushed - all.sent),
                    ull(all.resent_at_once_max), all.violations.empty() ? "ok" : "FAILED");
        for (const auto& [why, times] : all.reasons)
            std::printf("    %llu times: %s\n", ull(times), why.c_str());
        for (std::size_t i = 0; i < all.violations.size() && i < 20; ++i)
            std::printf("    %s\n", all.violations[i].c_str());
        std::fflush(stdout);
        return all.violations.empty();
    }
    std::uint64_t saves = 0;

private:
    static unsigned long long ull(std::uint64_t n) { return n; }

    void save_backlogs()
    {
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < fleet_.devices.size(); ++i)
            threads.emplace_back([this, i] {
                auto& device = *fleet_.devices[i];
                std::mt19937_64 random(options_.seed * 2000 + i);
                constexpr unsigned at_once = 500;
                for (unsigned saved = 0; saved < options_.backlog; saved += at_once)
                    if (const int code = fleet_.save(device, random, std::max(2u, std::min(at_once, options_.backlog - saved))); code != 0)
                        told_[i].violations.push_back(device.name + ": saving its backlog ended with " + std::to_string(code));
            });
        for (auto& thread : threads)
            thread.join();
    }

    void save(std::size_t i)
    {
        auto& told = told_[fleet_.devices.size() + i];
        auto& device = *fleet_.devices[i];
        std::mt19937_64 random(options_.seed * 1000 + i);
        while (saving_) {
            const int code = fleet_.save(device, random, random() % 10 == 0 ? static_cast<unsigned>(1 + random() % 120) : 1);
            if (code != 0)
                told.violations.push_back(device.name + ": a save ended with " + std::to_string(code));
            if (random() % 8 == 0) {  // whatever a run waits for, the device says where it stands
                const auto status = fleet_.ask(device, {"sync", "status"});
                if (!status.ok() || (number(status, "outbox") > 0 && status.text("state") == "up_to_date"))
                    told.violations.push_back(device.name + ": while a run may be under way: " + json::serialize(status.data));
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 400));
        }
    }

    // Runs again and again, as a person or a timer would, until the fault is over and nothing is left.
    void synchronise(std::size_t i)
    {
        auto& told = told_[i];
        auto& device = *fleet_.devices[i];
        auto late = Steady::time_point::max();
        Window window;
        for (;;) {
            const bool healed = healed_;
            const auto began = Steady::now();
            if (healed && late == Steady::time_point::max())
                late = Steady::now() + drain_max + drain_each * backlog_;
            const auto ran = fleet_.sync(device);
            ++told.runs;
            if (!healed_)
                judge_line(told, device, ran, Steady::now() - began);
            const auto sent = number(ran, "sent"), pushed = number(ran, "pushed");
            told.sent += sent, told.pushed += pushed;
            told.under += healed_ ? 0 : sent;
            const auto again = pushed - std::min(pushed, sent);
            told.resent_at_once_max = std::max(told.resent_at_once_max, again);
            // A run is one session here: only a store or a hub that was restored makes it more.
            const bool came_through = sent > 0 || number(ran, "received") > 0;
            const bool let_in = !ran.text("pushed").empty();
            if (const auto most = went_well(ran) ? 0 : window.at_most(came_through); again > most)
                told.violations.push_back(device.name + ": a session leaves " + std::to_string(again) + " to be sent again, and " +
                                          std::to_string(most) + " may be: " + json::serialize(ran.data));
            if (went_well(ran))
                window.was_whole();
            else if (let_in)
                window.broke(came_through);
            if (!went_well(ran)) {
                ++told.broken;
                if (ran.exit_code != 4 && ran.exit_code != 5)
                    told.violations.push_back(device.name + ": sync run: exit " + std::to_string(ran.exit_code) + " " +
                                              json::serialize(ran.data));
            }
            const auto status = fleet_.ask(device, {"sync", "status"});
            judge(told, device, ran, status);
            const bool quiet = went_well(ran) && ran.text("complete") == "true" && status.text("outbox") == "0";
            if (healed && quiet) {
                if (const auto state = status.text("state"); state != "up_to_date" && state != "received")
                    told.violations.push_back(device.name + ": nothing is left, and the status says " + json::serialize(status.data));
                return;
            }
            if (Steady::now() > late) {
                told.violations.push_back(device.name + ": the queue does not drain: " + json::serialize(status.data) + " after " +
                                          json::serialize(ran.data));
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
        }
    }

    // Is the line as bad as its profile says? Of a run that began and ended under the fault.
    void judge_line(Told& told, const Device& device, const Answer& ran, Steady::duration took) const
    {
        const auto wrong = [&](const char* why) {
            told.violations.push_back(device.name + ": " + why + ": " + json::serialize(ran.data));
        };
        if (profile_.one_way && (went_well(ran) || !ran.text("sent").empty()))
            wrong("nothing comes back from the hub, and yet it let somebody in");
        // TCP, TLS and the greeting ask and wait for an answer each; one packet in a hundred comes early.
        if (went_well(ran) && took < 2 * profile_.round_trip)
            wrong("a session was shorter than the line is");
    }

    // Does the status tell what the run before it met?
    void judge(Told& told, const Device& device, const Answer& ran, const Answer& status) const
    {
        const bool well = went_well(ran);
        const auto state = status.text("state");
        const auto outbox = number(status, "outbox");
        const auto wrong = [&](const char* why) {
            told.violations.push_back(device.name + ": " + why + ": " + json::serialize(status.data) + " after " +
                                      json::serialize(ran.data));
        };
        if (!status.ok())
            return wrong("no status");
        if (!well && state != "offline" && state != "cannot_send")
            return wrong("the run failed, and the status does not say so");
        const auto why = status.text("why");
        if (!well)
            ++told.reasons[why];
        if (const auto may = reasons_to_fail(profile_); !well && std::find(may.begin(), may.end(), why) == may.end())
            return wrong("the run failed, and not for what the status says");
        if (status.text("since").empty())
            return wrong("the status does not say since when");
        if (well && outbox > 0 && (state != "waiting" || why != "work on this device goes with the next `sync run`"))
            return wrong("work waits, and the status does not say so");
        if (state == "received" && why != "what became of your work comes with the next `sync run`")
            return wrong("a ruling is to come, and the status does not say so");
        if (state == "up_to_date" && !why.empty())
            return wrong("nothing is to come, and the status says what is");
        if (well && outbox == 0 && (state == "waiting" || state == "offline" || state == "cannot_send"))
            return wrong("nothing waits, and the status says otherwise");
        if (!status.at("next_attempt").is_null())
            return wrong("nobody runs it by itself, and the status promises an attempt");
    }

    Fleet& fleet_;
    Line& line_;
    const Profile& profile_;
    const Options& options_;
    std::uint64_t backlog_ = 0;
    std::vector<Told> told_;  // by those who synchronise, then by those who save
    std::atomic<bool> saving_{true}, healed_{false};
};

int try_networks(const Options& options)
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
    plan.listen = hub_address;
    plan.at_hub = [&](const std::function<void()>& work) { line->at_hub(work); };
    Fleet fleet(plan);
    std::printf("%-16s%7s %7s %7s %7s %8s %10s %7s %7s %8s %8s  %s\n", "profile", "saves", "under", "runs", "broken", "drain s", "bytes",
                "lost", "resets", "resent", "at once", "result");
    unsigned failed = 0;
    std::uint64_t saves = 0;
    for (const auto& name : options.names) {
        Trial trial(fleet, *line, *profile_named(name), options);
        failed += !trial.run();
        saves += trial.saves;
    }
    std::printf("%zu profiles of %u seconds, %u devices, %llu saves, %u failed (seed %llu)\n", options.names.size(),
                options.seconds, options.devices, static_cast<unsigned long long>(saves), failed,
                static_cast<unsigned long long>(options.seed));
    return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app{"Runs hub and devices over bad networks in network namespaces of its own (as root, with /dev/net/tun).\n"
                 "Example:  satchel-networks --profile prison-basement --profile reset --seconds 20\n"
                 "          satchel-networks --profile all --seconds 45"};
    std::vector<std::string> known{"all"};
    for (const auto& profile : profiles())
        known.push_back(profile.name);
    app.add_option("--profile", options.names, "which, several times")->required()->check(CLI::IsMember(known));
    app.add_option("--seconds", options.seconds, "how long each is suffered")->capture_default_str()->check(CLI::Range(1, 3600));
    app.add_option("--devices", options.devices, "how many")->capture_default_str()->check(CLI::Range(2, 40));
    app.add_option("--backlog", options.backlog, "what each has saved before its connections are reset")->capture_default_str();
    app.add_option("--seed", options.seed, "of what the line does")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    if (std::find(options.names.begin(), options.names.end(), "all") != options.names.end())
        options.names.assign(known.begin() + 1, known.end());
    std::signal(SIGPIPE, SIG_IGN);
    return contained([&] {
        try {
            return try_networks(options);
        } catch (const std::exception& e) {
            std::fprintf(stderr, "satchel-networks: %s\n", e.what());
            return 1;
        }
    });
}
