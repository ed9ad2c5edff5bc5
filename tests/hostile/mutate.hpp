// Frames as a device really sent them, and what a hostile peer makes of them. The same seed gives the same bytes.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/wire/frame.hpp"

namespace satchel::hostile {

using Dice = std::mt19937_64;

inline std::size_t below(Dice& dice, std::size_t n)
{
    return static_cast<std::size_t>(dice() % n);
}

// Every frame that real sessions sent one way, by type.
class Corpus {
public:
    void add(const schema::wire::Frame& frame);
    [[nodiscard]] const schema::wire::Frame& any(Dice& dice) const;  // each type as often as any other
    [[nodiscard]] const schema::wire::Frame& last(std::uint8_t type) const { return frames_.at(type).back(); }
    [[nodiscard]] bool has(std::uint8_t type) const { return frames_.contains(type); }
    [[nodiscard]] std::size_t types() const noexcept { return frames_.size(); }

private:
    std::map<std::uint8_t, std::vector<schema::wire::Frame>> frames_;
};

Bytes on_the_wire(const schema::wire::Frame& frame);  // uncompressed, whatever its size

struct Mutation {
    std::string kind;  // "bits", "length", "bomb" …
    Bytes bytes;
};
// `base` is what would have been right to send here.
Mutation mutate(const schema::wire::Frame& base, const Corpus& corpus, Dice& dice);

}  // namespace satchel::hostile
