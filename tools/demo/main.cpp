// The guided demonstration: the stories, told and played through the two programs on this machine.
#include <csignal>
#include <cstdio>
#include <iostream>
#include <set>

#include <unistd.h>

#include "tools/demo/narrator.hpp"
#include "tools/demo/story.hpp"

namespace {

using namespace satchel::demo;

struct Options {
    std::filesystem::path programs;
    std::filesystem::path dir;
    std::filesystem::path caseload;  // NDJSON; may be empty
    bool keep = false;
};

int usage()
{
    std::cerr << "Example: satchel-demo --programs build/release/bin --dir /tmp/demo --caseload cases.ndjson\n"
                 "tools/quickstart calls this; see tools/quickstart --help.\n";
    return 2;
}

bool parse(int argc, char** argv, Options& out)
{
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--keep") {
            out.keep = true;
        } else if (i + 1 < argc && word == "--programs") {
            out.programs = argv[++i];
        } else if (i + 1 < argc && word == "--dir") {
            out.dir = argv[++i];
        } else if (i + 1 < argc && word == "--caseload") {
            out.caseload = argv[++i];
        } else {
            return false;
        }
    }
    return !out.programs.empty() && !out.dir.empty();
}

std::string slurp(const std::filesystem::path& path)
{
    std::string out;
    if (std::FILE* f = std::fopen(path.c_str(), "rb")) {
        char buffer[65536];
        while (const auto n = std::fread(buffer, 1, sizeof buffer, f))
            out.append(buffer, n);
        std::fclose(f);
    }
    return out;
}

int demonstrate(const Options& options)
{
    Narrator narrator(::isatty(STDOUT_FILENO) != 0);
    World world(options.programs, options.dir);
    world.listen(narrator.listener());

    narrator.heading("A hub, its people and their cases");
    narrator.say("The hub keeps an encrypted central store and its own certificate authorities. Everything below goes through "
                 "the programs satchel-hub and satchel, as a person would use them.");
    world.create_hub();
    if (!options.caseload.empty()) {
        const auto imported = world.import(slurp(options.caseload));
        narrator.say("A generated caseload of fictitious people was imported.");
        if (!imported.ok())
            throw std::runtime_error("the caseload was not imported: " + json::serialize(imported.data));
    }
    narrator.say("Ten people get devices: police, probation, prison, co-ordination. Each enrols with a single-use code and "
                 "loads its cases.");
    narrator.quiet(true);
    prepare(world, stories());
    narrator.quiet(false);

    int failures = 0;
    int checks = 0;
    for (const auto& story : stories()) {
        narrator.begin(story);
        record_offline(world, story);
        auto order = story.devices;
        std::reverse(order.begin(), order.end());
        narrator.say("They come back in an awkward order.");
        narrator.quiet(true);
        come_back(world, story, order);
        narrator.quiet(false);
        narrator.what_became(world);
        Check check;
        narrator.quiet(true);
        story.outcome(world, check);
        narrator.quiet(false);
        narrator.result(check);
        checks += check.checked();
        failures += static_cast<int>(check.failures().size());
        world.stop();
        for (const auto& who : cast())
            world.set_clock(who.name, "0y");
    }

    narrator.heading("The whole history, verified");
    const auto verified = world.hub({"verify"});
    narrator.say(verified.exit_code == 0 ? "Every signature, chain, ruling and stored state was recomputed and agrees."
                                         : "verify found something wrong: " + json::serialize(verified.data));
    narrator.heading("Done");
    std::cout << checks << " things checked, " << failures << " did not hold.\n";
    if (options.keep)
        narrator.what_to_try(world);
    return failures == 0 && verified.exit_code == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
{
    std::signal(SIGPIPE, SIG_IGN);
    Options options;
    if (!parse(argc, argv, options))
        return usage();
    try {
        return demonstrate(options);
    } catch (const std::exception& e) {
        std::cerr << "\nThe demonstration stopped: " << e.what()
                  << "\nNothing outside its own directory was touched, and nothing is left running.\n";
        return 1;
    }
}
