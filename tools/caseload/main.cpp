// satchel-caseload: writes a fictitious caseload for `satchel-hub import`.
#include <cstdio>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>

#include "tools/caseload/caseload.hpp"

namespace {

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

}  // namespace

int main(int argc, char** argv)
{
    using namespace satchel;
    tools::caseload::Order order;
    std::string out_name;
    std::string until = "2026-10-31";

    CLI::App app{"Writes a fictitious caseload as NDJSON for `satchel-hub import`: the same bytes for the same "
                 "numbers.\n\nExample: satchel-caseload --cases 200 --seed 7 | satchel-hub --dir HUB import -"};
    app.add_option("--cases", order.cases, "How many cases")
        ->required()
        ->check(CLI::Range(std::uint64_t{1}, tools::caseload::cases_max));
    app.add_option("--seed", order.seed, "Chooses the caseload")->required();
    app.add_option("--until", until, "The day on which the histories end")->capture_default_str();
    app.add_option("--out", out_name, "File to write (default: standard output)");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    const auto today = parse_date(until);
    if (!today) {
        std::cerr << "--until is a day, as in 2026-10-31. Nothing was written.\n";
        return exit_usage;
    }
    order.today = *today;

    if (out_name.empty() || out_name == "-") {
        std::ios::sync_with_stdio(false);
        tools::caseload::JsonLines lines(std::cout);
        generate(order, lines);
        if (!std::cout.flush()) {
            std::cerr << "Standard output could not be written to the end.\n";
            return exit_failure;
        }
        return 0;
    }
    std::ofstream file(out_name, std::ios::binary | std::ios::trunc);
    tools::caseload::JsonLines lines(file);
    if (file)
        generate(order, lines);
    file.close();
    if (!file) {
        std::cerr << out_name << " could not be written. What is in it is not whole.\n";
        return exit_failure;
    }
    return 0;
}
