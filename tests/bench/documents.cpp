#include "tests/bench/documents.hpp"

#include <array>
#include <cstdio>
#include <string_view>

#include "schema/base/time.hpp"

namespace satchel::bench {
namespace {

constexpr std::array<std::string_view, 3> agencies{"police", "probation", "prison"};
constexpr std::array<std::string_view, 4> states{"open", "review", "closed", "escalated"};
constexpr std::array<std::string_view, 31> words{
    "visit",   "address",     "check",  "curfew", "tag",      "court",   "report",    "officer",     "notes",  "risk",   "assessed",
    "medium",  "high",        "low",    "contact", "made",    "family",  "employer",  "housing",     "appointment",
    "missed",  "attended",    "breach", "warning", "order",   "supervision", "licence", "recall",    "transfer", "cell",
    "review"};
constexpr std::size_t note_bytes = 170;
constexpr std::int64_t first_update_ms = 1'700'000'000'000;

// xorshift32.
class Dice {
public:
    explicit Dice(std::uint32_t seed) : state_(seed) {}
    double next()
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        state_ ^= state_ << 5;
        return state_ / 4294967296.0;
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() * static_cast<double>(n)); }
    std::string hex(std::size_t digits)
    {
        std::string out;
        while (out.size() < digits)
            out += "0123456789abcdef"[below(16)];
        return out;
    }

private:
    std::uint32_t state_;
};

// Six decimals at most, none that says nothing.
std::string degrees(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6f", value);
    std::string out = text.data();
    out.resize(out.find_last_not_of('0') + 1);
    if (out.ends_with('.'))
        out.pop_back();
    return out;
}

bool is_number(std::string_view field)
{
    return field == "risk" || field == "lat" || field == "lon";
}

}  // namespace

std::vector<Document> documents(std::size_t count, std::uint32_t seed)
{
    Dice dice(seed);
    std::vector<Document> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        // In this order: each draw moves the dice on.
        std::string note;
        while (note.size() < note_bytes)
            note += std::string(words[dice.below(words.size())]) + ' ';
        note.pop_back();
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), "%07zu", i);
        auto id = "case:" + std::string(number.data()) + ':' + dice.hex(8);
        auto subject = 'S' + dice.hex(12);
        auto officer = 'O' + dice.hex(6);
        std::string status(states[dice.below(states.size())]);
        auto risk = std::to_string(dice.below(100));
        auto lat = degrees(51 + dice.next());
        auto lon = degrees(-1 + dice.next());
        out.push_back({{"id", std::move(id)},
                       {"type", "case_update"},
                       {"agency", std::string(agencies[i % agencies.size()])},
                       {"subject", std::move(subject)},
                       {"officer", std::move(officer)},
                       {"status", std::move(status)},
                       {"risk", std::move(risk)},
                       {"updated_at", to_string(Instant{first_update_ms + static_cast<std::int64_t>(i) * 1000})},
                       {"lat", std::move(lat)},
                       {"lon", std::move(lon)},
                       {"note", std::move(note)}});
    }
    return out;
}

std::string to_json(const Document& document)
{
    std::string out;
    for (const auto& [field, value] : document) {
        out += out.empty() ? "{\"" : ",\"";
        out += field + "\":";
        if (field == "updated_at")
            out += std::to_string(parse_instant(value).value().ms);
        else
            out += is_number(field) ? value : '"' + value + '"';
    }
    return out + '}';
}

}  // namespace satchel::bench
