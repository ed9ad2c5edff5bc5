// Runs a target on files, without libFuzzer: the corpus as a test in every build, a single find in a debugger, and a
// fixed number of mutated inputs for whoever has no clang.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "tests/fuzz/fuzz.hpp"

namespace {

using satchel::Bytes;

#if defined(__SANITIZE_ADDRESS__)
constexpr long memory_factor = 8;  // shadow, red zones, and 256 MB of what was freed, kept to catch its use
#else
constexpr long memory_factor = 1;
#endif

std::vector<std::filesystem::path> files_in(const std::vector<std::string>& given)
{
    std::vector<std::filesystem::path> out;
    for (const auto& path : given) {
        if (!std::filesystem::is_directory(path)) {
            out.emplace_back(path);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(path))
            if (entry.is_regular_file())
                out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

Bytes content_of(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        std::cerr << path.string() << " cannot be read\n";
        std::exit(1);
    }
    return Bytes(std::istreambuf_iterator<char>(in), {});
}

// xorshift64*: the same numbers on every machine.
class Numbers {
public:
    explicit Numbers(std::uint64_t seed) noexcept : state_(seed * 2 + 1) {}
    std::size_t below(std::size_t bound) noexcept
    {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return static_cast<std::size_t>((state_ * 0x2545f4914f6cdd1dULL) >> 33) % bound;
    }

private:
    std::uint64_t state_;
};

// One to four small wounds: a bit, a byte, a piece taken out, doubled, or put in from another input.
Bytes wounded(Bytes input, const std::vector<Bytes>& all, Numbers& numbers)
{
    for (auto wounds = 1 + numbers.below(4); wounds > 0; --wounds) {
        if (input.empty())
            input.push_back(0);
        const auto at = numbers.below(input.size());
        const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
        const auto length = 1 + numbers.below(std::min<std::size_t>(input.size() - at, 64));
        const auto there = here + static_cast<std::ptrdiff_t>(length);
        switch (numbers.below(5)) {
        case 0:
            *here ^= static_cast<std::uint8_t>(1u << numbers.below(8));
            break;
        case 1:
            *here = static_cast<std::uint8_t>(numbers.below(256));
            break;
        case 2:
            input.erase(here, there);
            break;
        case 3: {
            const Bytes piece(here, there);
            input.insert(there, piece.begin(), piece.end());
            break;
        }
        default: {
            const auto& other = all[numbers.below(all.size())];
            const auto piece = std::min<std::size_t>(other.size(), length);
            input.insert(here, other.begin(), other.begin() + static_cast<std::ptrdiff_t>(piece));
        }
        }
    }
    return input;
}

long peak_mb()
{
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss / 1024;
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app("Example:  policy_fuzz tests/fuzz/corpus/policy --mutated 10000\n\n"
                 "Runs one fuzz target on files, or on every file of folders. The same files, number and seed give the same\n"
                 "mutated inputs: --keep writes down each before it runs, so that one that crashes can be looked at.");
    std::vector<std::string> given;
    std::uint64_t mutated = 0, seed = 1;
    long memory_mb = 64;
    std::string keep;
    app.add_option("FILE", given, "inputs, or folders of inputs")->required();
    app.add_option("--mutated", mutated, "then so many inputs more, wounded ones of the given");
    app.add_option("--seed", seed, "of the wounds");
    app.add_option("--memory-mb", memory_mb, "what all of them together may have taken at most");
    app.add_option("--keep", keep, "the file in which the mutated input that runs is found after a crash");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    std::vector<Bytes> inputs;
    for (const auto& file : files_in(given)) {
        inputs.push_back(content_of(file));
        std::cerr << file.filename().string() << std::endl;  // the one that fails stands last
        satchel::fuzz::run(inputs.back());
    }
    if (inputs.empty()) {
        std::cerr << "no input there\n";
        return 1;
    }
    Numbers numbers(seed);
    for (std::uint64_t n = 0; n < mutated; ++n) {
        const auto input = wounded(inputs[numbers.below(inputs.size())], inputs, numbers);
        if (!keep.empty())
            std::ofstream(keep, std::ios::binary).write(reinterpret_cast<const char*>(input.data()),
                                                        static_cast<std::streamsize>(input.size()));
        satchel::fuzz::run(input);
    }
    const auto peak = peak_mb();
    std::cout << inputs.size() << " inputs, " << mutated << " mutated, peak " << peak << " MB\n";
    if (peak > memory_mb * memory_factor) {
        std::cerr << "more than " << memory_mb * memory_factor << " MB\n";
        return 1;
    }
    return 0;
}
