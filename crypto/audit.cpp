#include "crypto/audit.hpp"

#include <algorithm>
#include <numeric>

#include "crypto/hash.hpp"

namespace satchel::crypto {
namespace {

constexpr std::uint8_t leaf_tag = 0x00;
constexpr std::uint8_t node_tag = 0x01;
constexpr unsigned tree_height = 10;
static_assert(1u << tree_height == batch_leaves);

// A stream of numbers below a bound, drawn from H(secret ‖ "order" ‖ counter): the same on every machine and for ever.
class Draw {
public:
    explicit Draw(const Digest& secret) noexcept
    {
        prefix_.update(secret).update(view("satchel batch order/1"));
    }

    // Without bias: values of the last, incomplete range are thrown away.
    std::uint32_t below(std::uint32_t bound) noexcept
    {
        const std::uint32_t limit = 0x10000u - 0x10000u % bound;
        for (;;) {
            const auto v = next();
            if (v < limit)
                return v % bound;
        }
    }

private:
    std::uint32_t next() noexcept
    {
        if (at_ == block_.size()) {
            const std::array<std::uint8_t, 2> counter{static_cast<std::uint8_t>(counter_ & 0xff),
                                                      static_cast<std::uint8_t>(counter_ >> 8)};
            ++counter_;
            auto hash = prefix_;
            block_ = hash.update(counter).finish();
            at_ = 0;
        }
        const auto v = static_cast<std::uint32_t>(block_[at_] | block_[at_ + 1] << 8);
        at_ += 2;
        return v;
    }

    Sha256 prefix_;
    Digest block_{};
    std::size_t at_ = sizeof(Digest);
    std::uint32_t counter_ = 0;
};

} // namespace

Digest chain_next(const Digest& previous, const Digest& entry) noexcept
{
    return merkle_node(previous, entry);
}

Digest merkle_leaf(const Digest& entry) noexcept
{
    std::array<std::uint8_t, 33> in;
    in[0] = leaf_tag;
    std::copy(entry.begin(), entry.end(), in.begin() + 1);
    return sha256(in);
}

Digest merkle_node(const Digest& left, const Digest& right) noexcept
{
    std::array<std::uint8_t, 65> in;
    in[0] = node_tag;
    std::copy(left.begin(), left.end(), in.begin() + 1);
    std::copy(right.begin(), right.end(), in.begin() + 33);
    return sha256(in);
}

BatchTree::BatchTree(const Digest& secret, std::span<const Digest> entries)
    : count_(entries.size()), nodes_(2 * batch_leaves)
{
    SATCHEL_CHECK(!entries.empty() && entries.size() <= batch_leaves);
    std::iota(places_.begin(), places_.end(), std::uint16_t{0});
    Draw draw{secret};
    for (std::uint32_t i = batch_leaves; i > 1; --i)
        std::swap(places_[i - 1], places_[draw.below(i)]);

    Sha256 padding;
    padding.update(secret).update(view("satchel batch empty/1"));
    for (std::size_t i = 0; i < batch_leaves; ++i) {
        const std::uint16_t at = places_[i];
        if (i < entries.size()) {
            nodes_[batch_leaves + at] = merkle_leaf(entries[i]);
        } else {
            const std::array<std::uint8_t, 2> place_bytes{static_cast<std::uint8_t>(at & 0xff),
                                                          static_cast<std::uint8_t>(at >> 8)};
            auto hash = padding;
            nodes_[batch_leaves + at] = hash.update(place_bytes).finish();
        }
    }
    for (std::size_t n = batch_leaves - 1; n >= 1; --n)
        nodes_[n] = merkle_node(nodes_[2 * n], nodes_[2 * n + 1]);
}

std::vector<std::size_t> BatchTree::in_place_order(std::span<const std::size_t> indices) const
{
    std::vector<std::size_t> out{indices.begin(), indices.end()};
    std::sort(out.begin(), out.end(),
              [this](std::size_t a, std::size_t b) { return places_[a] < places_[b]; });
    return out;
}

MultiProof BatchTree::proof(std::span<const std::size_t> indices) const
{
    SATCHEL_CHECK(!indices.empty());
    MultiProof out;
    out.places.reserve(indices.size());
    for (const auto index : in_place_order(indices)) {
        SATCHEL_CHECK(index < count_);
        out.places.push_back(places_[index]);
    }
    SATCHEL_CHECK(std::adjacent_find(out.places.begin(), out.places.end()) == out.places.end());

    std::vector<std::size_t> level; // positions in the heap that the reader can compute
    level.reserve(out.places.size());
    for (const auto place : out.places)
        level.push_back(batch_leaves + place);
    while (level.front() != 1) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < level.size(); ++i) {
            const auto sibling = level[i] ^ 1;
            const auto parent = level[i] / 2;
            if (i + 1 < level.size() && level[i + 1] == sibling)
                ++i;
            else
                out.nodes.push_back(nodes_[sibling]);
            level[kept++] = parent;
        }
        level.resize(kept);
    }
    return out;
}

Result<Digest> root_from_proof(std::span<const Digest> entries, const MultiProof& proof)
{
    if (entries.empty() || entries.size() > batch_leaves || entries.size() != proof.places.size())
        return fail(Errc::malformed, "a batch proof has one place for each entry");
    struct Known {
        std::size_t at;
        Digest digest;
    };
    std::vector<Known> level;
    level.reserve(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (proof.places[i] >= batch_leaves || (i > 0 && proof.places[i] <= proof.places[i - 1]))
            return fail(Errc::malformed, "the places of a batch proof ascend below 1024");
        level.push_back({batch_leaves + proof.places[i], merkle_leaf(entries[i])});
    }
    std::size_t used = 0;
    while (level.front().at != 1) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < level.size(); ++i) {
            const auto at = level[i].at;
            const Digest own = level[i].digest;
            const Digest* other;
            if (i + 1 < level.size() && level[i + 1].at == (at ^ 1)) {
                other = &level[++i].digest;
            } else {
                if (used == proof.nodes.size())
                    return fail(Errc::malformed, "a batch proof lacks nodes");
                other = &proof.nodes[used++];
            }
            const Digest parent = at % 2 == 0 ? merkle_node(own, *other) : merkle_node(*other, own);
            level[kept++] = {at / 2, parent};
        }
        level.resize(kept);
    }
    if (used != proof.nodes.size())
        return fail(Errc::malformed, "a batch proof has nodes to spare");
    return level.front().digest;
}

void encode(const MultiProof& proof, Writer& out)
{
    out.var(proof.places.size());
    for (const auto place : proof.places) {
        out.u8(static_cast<std::uint8_t>(place & 0xff));
        out.u8(static_cast<std::uint8_t>(place >> 8));
    }
    out.var(proof.nodes.size());
    for (const auto& node : proof.nodes)
        out.raw(node);
}

Result<MultiProof> decode_multi_proof(Reader& in)
{
    MultiProof out;
    out.places.resize(in.count(batch_leaves, 2));
    for (auto& place : out.places) {
        const unsigned low = in.u8();
        place = static_cast<std::uint16_t>(low | static_cast<unsigned>(in.u8()) << 8);
    }
    out.nodes.resize(in.count(batch_leaves, sizeof(Digest)));
    for (auto& node : out.nodes) {
        const auto raw = in.raw(node.size());
        if (raw.size() == node.size())
            std::copy(raw.begin(), raw.end(), node.begin());
    }
    if (!in.ok())
        return fail(Errc::malformed, "a batch proof does not parse");
    return out;
}

} // namespace satchel::crypto
