// What a change costs the hub while it fills with cases.
#include <fstream>

#include "tests/bench/figures.hpp"

namespace satchel::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t cases_written_on = 100;
constexpr std::size_t changes_each_round = 4000;
constexpr std::size_t rounds = 3;
constexpr std::size_t imported_at_once = 5000;
constexpr double flat = 1.25;  // times the cost at the smallest size

// The cases of one caseload, taken in piece by piece: an import is one transaction.
class Caseload {
public:
    Caseload(const Bench& bench, std::size_t cases) : bench_(bench), made_(bench.area.folder() / "growth.ndjson")
    {
        bench.area.make_caseload(made_, cases, 100);
        in_.open(made_);
        std::getline(in_, line_);
    }

    void import(std::size_t cases)
    {
        const auto piece = bench_.area.folder() / "piece.ndjson";
        {
            std::ofstream out(piece);
            for (std::size_t begun = 0; in_; std::getline(in_, line_)) {
                if (line_.find(R"("kind":"case")") != std::string::npos && ++begun > cases)
                    break;
                out << line_ << '\n';
            }
        }
        bench_.area.import(piece);
        fs::remove(piece);
    }

private:
    const Bench& bench_;
    const fs::path made_;
    std::ifstream in_;
    std::string line_;
};

}  // namespace

void measure_growth(const Bench& bench)
{
    auto& area = bench.area;
    std::optional<double> first;
    std::size_t there = 0;
    Caseload caseload(bench, bench.scale.cases.back());
    for (const auto size : bench.scale.cases) {
        while (there < size) {
            const auto piece = std::min(size - there, imported_at_once);
            caseload.import(piece);
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
    bench.table.add({"memory of the hub at most", "MB", static_cast<double>(peak_kib(area.hub_pid())) / 1024, {}, {}, {}, Better::lower,
                     "an import holds its file whole: " + std::to_string(imported_at_once) + " cases at a time"});
}

}  // namespace satchel::bench
