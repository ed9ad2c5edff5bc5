// satchel-hostile: hostile bytes against a live hub, while honest devices go on with their work.
#include <algorithm>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>

#include "tests/hostile/attack_device.hpp"

namespace {

using namespace satchel::hostile;

struct Sizes {
    std::uint64_t seed = 1, frames = 10'000, first = 0;
    unsigned jobs = 2;
    std::size_t step = 1, dawdlers = 150, deceits = 500;
};

// By the end of the run: the honest work of all of it, thousands of changesets, is in the hub's memory too.
constexpr std::size_t growth_kib_max = 32 * 1024;
// For a moment, and given back: less than one of the larger bombs takes when it goes off (16 MiB), more than frames of the right
// size do (1 MiB on the wire and as much again inflated, for each of the few attackers at once).
constexpr std::size_t moment_kib_max = 12 * 1024;
// AddressSanitizer keeps freed memory for a while: how much the hub takes is then told, and not judged.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool judges_memory = false;
#else
constexpr bool judges_memory = true;
#endif
// The worst of a hundred saves beside the attackers: for whoever waits this is slow, and no more.
constexpr double slow_ms_max = 2000;

// Holds the hub's peak during a part of the run to what was there before it, or is afterwards.
class Memory {
public:
    Memory(const Stage& stage, const char* part) : stage_(stage), part_(part), before_(stage.resident_kib())
    {
        stage_.forget_peak();
    }
    void judge(Failures& failures) const
    {
        const auto peak = stage_.peak_kib(), after = stage_.resident_kib(), stays = std::max(before_, after);
        std::printf("  the hub's memory, %s: %zu KiB before, %zu at most, %zu after\n", part_, before_, peak, after);
        if (judges_memory && peak > stays + moment_kib_max)
            failures.add("the hub took " + std::to_string(peak - stays) + " KiB for a moment: " + part_);
    }

private:
    const Stage& stage_;
    const char* part_;
    std::size_t before_;
};

double at(std::vector<double> sorted, double part)
{
    if (sorted.empty())
        return 0;
    std::sort(sorted.begin(), sorted.end());
    return 1000 *
           sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

void tell_latency(const char* when, const std::vector<double>& all)
{
    std::printf("  save to received, %s: median %.1f ms, 99 of 100 within %.1f ms, of %zu\n", when, at(all, 0.5),
                at(all, 0.99), all.size());
}

FrameCounts bad_frames(const Stage& stage, const Sizes& sizes, Failures& failures)
{
    std::vector<FrameCounts> parts(sizes.jobs);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < sizes.jobs; ++i)
        threads.emplace_back([&, i] {
            const auto from = sizes.frames * i / sizes.jobs, to = sizes.frames * (i + 1) / sizes.jobs;
            try {
                parts[i] = send_bad_frames(stage, sizes.seed, sizes.first + from, to - from, failures);
            } catch (const std::exception& error) {
                failures.add(error.what());
            }
        });
    FrameCounts out;
    for (unsigned i = 0; i < sizes.jobs; ++i) {
        threads[i].join();
        out += parts[i];
    }
    return out;
}

// What the peers were told against what the hub's log says of the same sessions.
void compare_with_log(const FrameCounts& counts, const LogCounts& log, Failures& failures)
{
    std::size_t refused = 0, for_a_reason = 0;
    for (const auto& [reason, n] : log.refused) {
        refused += n;
        const auto told = counts.reasons.contains(reason) ? counts.reasons.at(reason) : 0;
        if (told != n)
            failures.add("the log has " + std::to_string(n) + " refusals for " + reason + ", and peers were told of " +
                         std::to_string(told));
    }
    for (const auto& [reason, n] : log.closed)
        for_a_reason += reason == "timed_out" ? 0 : n;  // those who dawdle
    std::size_t handshakes = 0;
    for (const auto& [words, n] : log.handshakes)
        handshakes += n;
    std::printf("  %zu refused in so many words:", refused);
    for (const auto& [reason, n] : log.refused)
        std::printf(" %s %zu", reason.c_str(), n);
    std::printf("\n  %zu closed for a reason in the log:", for_a_reason);
    for (const auto& [reason, n] : log.closed)
        std::printf(" %s %zu", reason.c_str(), n);
    const auto all = counts.all();
    const auto silent = all.closed + all.answered + all.unread;
    std::printf("\n  %zu failed handshakes, %zu kinds of words for them\n  %zu neither refused nor closed for a reason\n",
                handshakes, log.handshakes.size(), silent - std::min(silent, for_a_reason));
    if (for_a_reason > silent)
        failures.add("more sessions were closed for a reason than there were");
    if (counts.unspoken > for_a_reason)
        failures.add("sessions were closed at frames that are none, and not for a reason");
    if (4 * (refused + for_a_reason + all.unread) < 3 * counts.sent)
        failures.add("most of the bad frames were not bad: what is being tried here?");
}

void against_the_hub(Stage& stage, const Sizes& sizes, Failures& failures)
{
    stage.serve();
    try_the_probe(stage, failures);
    std::atomic<bool> stop = false;
    const auto alone = work_honestly(*stage.writer, stage.address(), 100, stop, failures);
    Sizes warm = sizes;
    warm.frames = 300, warm.first = std::uint64_t{1} << 40;
    auto counts = bad_frames(stage, warm, failures);
    const auto before = stage.resident_kib();

    const Memory of_frames(stage, "bad frames");
    std::vector<double> under_attack;
    double dawdled = 0;
    std::thread honest([&] { under_attack = work_honestly(*stage.writer, stage.address(), SIZE_MAX, stop, failures); });
    std::thread slow([&] { dawdled = dawdle(stage, sizes.dawdlers, failures); });
    const auto begin = std::chrono::steady_clock::now();
    counts += bad_frames(stage, sizes, failures);
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto log = stage.log();
    of_frames.judge(failures);
    stop = true;
    honest.join();
    std::printf("%zu bad frames in %.1f s\n  %-14s %8s %8s %8s %8s %12s\n", counts.sent, took, "kind", "refused", "closed",
                "answered", "unread", "never valid");
    for (const auto& [kind, n] : counts.kinds)
        std::printf("  %-14s %8zu %8zu %8zu %8zu %12zu\n", kind.c_str(), n.refused, n.closed, n.answered, n.unread, n.never);
    compare_with_log(counts, log, failures);
    tell_latency("alone", alone);
    tell_latency("under attack", under_attack);
    if (const auto slow_ms = at(under_attack, 0.99); under_attack.size() >= 100 && slow_ms > slow_ms_max)
        failures.add("one in a hundred honest saves beside the attackers took longer than " + std::to_string(slow_ms) + " ms");

    const Memory of_cuts(stage, "cuts");

    std::size_t line = 0;
    std::thread upwards(
        [&] { line = cut_on_the_line(*stage.traveller, stage.address(), /*to_hub=*/true, sizes.step, failures); });
    const auto downwards = cut_on_the_line(*stage.commuter, stage.address(), /*to_hub=*/false, sizes.step, failures);
    upwards.join();
    line += downwards;
    const auto inside = cut_inside_frames(stage, sizes.step, failures);
    slow.join();
    std::printf("  %zu cuts on the line, %zu inside frames; %zu dawdlers, the last gone after %.0f s\n", line, inside,
                sizes.dawdlers, dawdled);
    of_cuts.judge(failures);
    const auto revoked = revoke_in_session(stage, failures);
    std::printf("  a revoked device's session ended %.2f s after the command\n", revoked);

    const auto after = stage.resident_kib();
    std::printf("  the hub's memory: %zu KiB, then %zu KiB\n", before, after);
    if (judges_memory && after > before + growth_kib_max)
        failures.add("the hub has grown by more than 32 MiB");
    stage.reader->sync(stage.address());
    if (const auto health = must(stage.reader->store().health()); health.records != stage.writer->saved().size())
        failures.add("a reader has " + std::to_string(health.records) + " records of " +
                     std::to_string(stage.writer->saved().size()));
    if (!stage.alive() || stage.stop() != 0)
        failures.add("the hub did not end in order");
    if (const auto verified = stage.command({"verify"}); verified.exit_code != 0)
        failures.add("verify: " + verified.out + verified.err);
    stage.open_home();
    for (const auto& difference : stage.log_differs_from(
             {stage.writer.get(), stage.reader.get(), stage.traveller.get(), stage.commuter.get()}, /*commands=*/1))
        failures.add("the hub's log: " + difference);

    const auto deceived = deceive_a_device(stage, sizes.seed, sizes.deceits, failures);
    std::printf("%zu deceits of a device: %zu refused, and nothing kept of them;", deceived.sessions, deceived.refused);
    for (const auto& [reason, n] : deceived.reasons)
        std::printf(" %s %zu", reason.c_str(), n);
    std::printf("\n  %zu were believed, as what a hub may say\n", deceived.believed);
    const auto words = cut_the_hubs_words(stage, 7 * sizes.step, failures);
    std::printf("%zu bad frames, %zu offsets, %zu deceits: %zu failures\n", counts.sent, line + inside + words,
                deceived.sessions, failures.count());
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Hostile bytes against the real satchel-hub, while honest devices go on with their work.\n"
                 "Example:  satchel-hostile --seed 1 --frames 10000 --programs build/test/bin\n"
                 "          satchel-hostile --seed 1 --first 4711 --frames 1      one frame again"};
    Sizes sizes;
    std::string programs = SATCHEL_PROGRAMS;
    app.add_option("--seed", sizes.seed, "what every frame is drawn from")->capture_default_str();
    app.add_option("--frames", sizes.frames, "bad frames, each in a connection of its own")->capture_default_str();
    app.add_option("--first", sizes.first, "the number of the first of them")->capture_default_str();
    app.add_option("--jobs", sizes.jobs, "attackers at once")->check(CLI::Range(1, 64))->capture_default_str();
    app.add_option("--step", sizes.step,
                   "sessions are cut at every n-th byte; the frames of a turned hub at every 7n-th")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    app.add_option("--dawdlers", sizes.dawdlers, "connections that say next to nothing")->capture_default_str();
    app.add_option("--deceits", sizes.deceits, "frames of a hub that has turned")->capture_default_str();
    app.add_option("--programs", programs, "where satchel-hub is")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each part is told when it is over
    auto folder = (fs::temp_directory_path() / "satchel-hostile-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        std::perror("mkdtemp");
        return 2;
    }
    Failures failures;
    try {
        Stage stage(folder, programs);
        against_the_hub(stage, sizes, failures);
    } catch (const std::exception& error) {
        failures.add(error.what());
    }
    if (failures.count() > 0) {
        std::printf("seed %llu; the hub and its log are kept in %s\n", static_cast<unsigned long long>(sizes.seed),
                    folder.c_str());
        return 1;
    }
    fs::remove_all(folder);
    return 0;
}
