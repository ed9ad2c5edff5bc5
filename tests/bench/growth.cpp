// What a change costs the hub while it fills with cases.
#include <fstream>

#include "tests/bench/figures.hpp"

namespace satchel::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t cases_written_on = 100;
constexpr std::size_t changes_each_round = 4000;
constexpr std::size_t rounds = 3;
constexpr double flat = 1.25;  // times the cost at the smallest size

// Cases of the generator, as many to a file.
std::vector<std::string> fill(const Bench& bench, std::size_t from, std::size_t to, std::uint64_t seed)
{
    const auto file = bench.area.folder() / ("growth" + std::to_string(to) + ".ndjson");
    demo::Invocation what;
    what.program = bench.programs / "satchel-caseload";
    what.arguments = {"--cases", std::to_string(to - from), "--seed", std::to_string(seed), "--out", file.string()};
    what.limit = std::chrono::minutes(30);
    if (demo::run(what).exit_code != 0)
        die("no caseload");
    bench.area.import(file);
    fs::remove(file);
    return {};
}

}  // namespace

void measure_growth(const Bench& bench)
{
    auto& area = bench.area;
    std::optional<double> first;
    std::size_t there = 0;
    std::uint64_t seed = 100;
    for (const auto size : bench.scale.cases) {
        while (there < size) {  // in pieces: an import is one transaction
            const auto piece = std::min<std::size_t>(size - there, 5000);
            fill(bench, there, there + piece, seed++);
            there += piece;
        }
        const auto label = "grown" + std::to_string(size) + "-";
        area.add_cases(label, cases_written_on);
        const auto user = area.add_user("Growth Placeholder " + std::to_string(size));
        area.assign(label, cases_written_on, user);
        auto device = area.enrol(user, label);
        area.synchronise(device);
        area.save(device, documents(1000), 500);
        area.synchronise(device);  // the first pages of each case are in no cache yet: not what is asked
        std::vector<double> cost, pace;
        for (std::size_t i = 0; i < rounds; ++i) {
            area.save(device, documents(changes_each_round), 500);
            Phases phases;
            const auto before = cpu_seconds(area.hub_pid());
            area.synchronise(device, &phases);
            cost.push_back((cpu_seconds(area.hub_pid()) - before) * 1e6 / changes_each_round);
            pace.push_back(changes_each_round / (phases.end("sending").wall - phases.begin("sending").wall));
        }
        const auto now = median(cost);
        char text[80];
        std::snprintf(text, sizeof text, "median of %zu; pushed at %.0f /s", rounds, median(pace));
        bench.table.add({"hub's processor for a change among " + std::to_string(size) + " cases", "us", now, first,
                         first ? std::optional(flat) : std::nullopt, {}, Better::lower,
                         first ? std::string("raw: with the fewest cases; ") + text : std::string(text), first.has_value()});
        if (!first)
            first = now;
    }
    bench.table.add({"size of the hub's store with them", "MB",
                     static_cast<double>(fs::file_size(area.folder() / "hub" / "hub.db")) / 1e6});
    bench.table.add({"memory of the hub after all this", "MB", static_cast<double>(peak_kib(area.hub_pid())) / 1024});
}

}  // namespace satchel::bench
