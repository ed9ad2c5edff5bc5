#include "tests/bench/documents.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace satchel::bench {
namespace {

constexpr std::array<std::string_view, 3> agencies{"police", "probation", "prison"};
constexpr std::array<std::string_view, 4> states{"open", "review", "closed", "escalated"};
constexpr std::array<std::string_view, 24> words{"called",  "visited", "spoke",   "reported", "plan",   "meeting",
                                                 "agreed",  "address", "calm",    "late",     "on",     "time",
                                                 "officer", "court",   "hearing", "shift",    "family", "work",
                                                 "letter",  "phone",   "asked",   "again",    "about",  "curfew"};

// SplitMix64.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next()
    {
        auto z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
    std::string hex(std::size_t digits)
    {
        std::string out;
        while (out.size() < digits)
            out += "0123456789abcdef"[below(16)];
        return out;
    }

private:
    std::uint64_t state_;
};

std::string degrees(std::int64_t whole, std::size_t millionths)
{
    char text[32];
    std::snprintf(text, sizeof text, "%lld.%06zu", static_cast<long long>(whole), millionths);
    return text;
}

// 2024-01-01 and so many seconds.
std::string time_of(std::size_t seconds)
{
    char text[80];
    std::snprintf(text, sizeof text, "2024-01-%02zuT%02zu:%02zu:%02zuZ", 1 + seconds / 86400 % 28, seconds / 3600 % 24,
                  seconds / 60 % 60, seconds % 60);
    return text;
}

}  // namespace

std::vector<Document> documents(std::size_t count, std::uint64_t seed)
{
    Dice dice(seed);
    std::vector<Document> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::string note;
        while (note.size() < 170)
            note += (note.empty() ? "" : " ") + std::string(words[dice.below(words.size())]);
        char number[32];
        std::snprintf(number, sizeof number, "%07zu", i);
        out.push_back({{"id", "case:" + std::string(number) + ":" + dice.hex(8)},
                       {"type", "case_update"},
                       {"agency", std::string(agencies[i % agencies.size()])},
                       {"subject", "S" + dice.hex(12)},
                       {"officer", "O" + dice.hex(6)},
                       {"status", std::string(states[dice.below(states.size())])},
                       {"risk", std::to_string(dice.below(100))},
                       {"updated_at", time_of(i)},
                       {"lat", degrees(51, dice.below(1'000'000))},
                       {"lon", "-" + degrees(0, dice.below(1'000'000))},
                       {"note", std::move(note)}});
    }
    return out;
}

}  // namespace satchel::bench
