// satchel-bench: how fast, how small, beside what the parts alone can do on the same bytes.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "tests/bench/figures.hpp"

namespace {

using namespace satchel;
namespace fs = std::filesystem;

// Figures of the pure parts, measured by pure_bench: name in its output, words, unit.
struct Pure {
    const char* name;
    const char* words;
    const char* unit;
};
constexpr Pure pure_figures[]{
    {"reconcile_new_record", "reconcile alone: a new record", "/s"},
    {"reconcile_edit", "reconcile alone: an edit on its base", "/s"},
    {"reconcile_conflict", "reconcile alone: an edit on another's", "/s"},
    {"fold_and_consequences", "rule, fold and consequences", "/s"},
    {"consequences_of_a_move/10", "consequences of a move among 10 addresses", "/s"},
    {"consequences_of_a_move/1000", "consequences of a move among 1,000 addresses", "/s"},
    {"consequences_of_a_move/10000", "consequences of a move among 10,000 addresses", "/s"},
    {"seal_changeset", "seal", "/s"},
    {"open_changeset", "open: decode and digest", "/s"},
    {"batch_tree", "batch tree of 1,000", "/s"},
    {"batch_sign", "sign a batch", "/s"},
    {"batch_verify", "verify a batch's signature", "/s"},
    {"frame_push", "frame a push of 1,000: pack, compress", "/s"},
    {"unframe_push", "unframe it: inflate, unpack", "/s"},
    {"policy_compile", "compile the agreement", "ms"},
    {"policy_compile_first", "  the first agreement", "ms"},
};

// What is measured under the first agreement as well, whose name ends in _first: of that speed the whole agreement must keep so much.
constexpr std::string_view under_both[]{"reconcile_new_record", "reconcile_edit", "reconcile_conflict", "fold_and_consequences"};
constexpr double speed_kept = 60;  // %

void add_pure(bench::Table& table, const fs::path& file)
{
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto all = boost::json::parse(text).at("benchmarks").as_array();
    const auto median_of = [&](std::string_view name, const char* what) {
        for (const auto& one : all) {
            const auto& line = one.as_object();
            if (std::string_view(line.at("run_name").as_string()) == name && line.contains("aggregate_name") &&
                line.at("aggregate_name").as_string() == "median")
                return line.at(what).to_number<double>();
        }
        bench::die("pure_bench has no figure " + std::string(name));
    };
    for (const auto& wanted : pure_figures) {
        const bool rate = std::string_view(wanted.unit) == "/s";
        const auto value = rate ? median_of(wanted.name, "items_per_second") : median_of(wanted.name, "cpu_time") / 1e6;
        table.add({wanted.words, wanted.unit, value, {}, {}, {}, rate ? bench::Better::higher : bench::Better::lower,
                   "of processor time, one core"});
        if (std::find(std::begin(under_both), std::end(under_both), wanted.name) == std::end(under_both))
            continue;
        const auto first = median_of(std::string(wanted.name) + "_first", "items_per_second");
        table.add({"  under the first agreement", "/s", first, {}, {}, {}, bench::Better::higher});
        table.add({"  of the speed under the first agreement", "%", 100 * value / first, {}, speed_kept, {}, bench::Better::higher});
    }
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Measures save, sync, search, memory and growth beside the raw limits of store and TLS.\n\n"
                 "Example: satchel-bench --programs build/test/bin --folder /var/tmp --only moments,moving"};
    fs::path programs, folder = fs::temp_directory_path(), pure, json;
    bool full = false;
    std::vector<std::string> only;
    app.add_option("--programs", programs, "Where satchel, satchel-hub and satchel-caseload are")->required();
    app.add_option("--folder", folder, "A folder on the disk to be measured")->capture_default_str();
    app.add_option("--pure", pure, "JSON of pure_bench, to stand in the same table");
    app.add_option("--json", json, "Where to write the figures");
    app.add_option("--only", only, "Some of moments,moving,caseload,connections,growth,reports")->delimiter(',');
    app.add_flag("--full", full, "The large sizes: 100,000 changesets, 100,000 cases");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    bench::Scale scale;
    if (full) {
        scale.changesets.push_back(100'000);
        scale.rounds = 5;
        scale.cases = {1000, 10'000, 100'000};
        scale.counted = 90'000;
    }
    auto made = (folder / "satchel-bench-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr) {
        std::perror(made.c_str());
        return 2;
    }
    const struct Gone {
        fs::path at;
        ~Gone() { fs::remove_all(at); }
    } gone{made};

    bench::Table table;
    std::printf("load %.2f before, %u processors, %s\n\n", bench::load(), std::thread::hardware_concurrency(), made.c_str());
    table.head();
    const struct {
        const char* name;
        void (*measure)(const bench::Bench&);
    } parts[]{{"moments", bench::measure_moments},
              {"moving", bench::measure_moving},
              {"caseload", bench::measure_caseload},
              {"connections", bench::measure_connections},
              {"growth", bench::measure_growth},
              {"reports", bench::measure_reports}};
    try {
        if (!pure.empty())
            add_pure(table, pure);
        for (const auto& part : parts) {
            if (!only.empty() && std::find(only.begin(), only.end(), part.name) == only.end())
                continue;
            const auto where = fs::path(made) / part.name;
            bench::Area area(programs, where);  // each with a hub of its own: no part is measured in what another left
            area.start_hub();
            part.measure({area, table, scale, programs});
            area.stop_hub();
            fs::remove_all(where);
        }
    } catch (const std::exception& why) {
        std::fprintf(stderr, "not measured: %s\n", why.what());
        return 2;
    }
    table.summary();
    if (!json.empty()) {
        std::ofstream out(json);
        out << table.json(full ? "full" : "small");
        if (!out.flush()) {
            std::perror(json.c_str());
            return 2;
        }
    }
    return table.missed() == 0 ? 0 : 1;
}
