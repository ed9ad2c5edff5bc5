// The blinded batch tree: what a reader can verify, what it can not learn, and that no altered proof passes.
#include "crypto/audit.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/hash.hpp"
#include "tests/unit/crypto/fixed_random.hpp"

namespace satchel::crypto {
namespace {

Digest secret_of(std::uint64_t seed)
{
    FakeRandom random{seed};
    Digest out;
    random.fill(out);
    return out;
}

std::vector<Digest> digests(std::size_t n, std::uint64_t seed)
{
    FakeRandom random{seed ^ 0xd1ce57};
    std::vector<Digest> out(n);
    for (auto& digest : out)
        random.fill(digest);
    return out;
}

std::vector<Digest> chosen(const std::vector<Digest>& entries, const std::vector<std::size_t>& order)
{
    std::vector<Digest> out;
    for (const auto i : order)
        out.push_back(entries[i]);
    return out;
}

// The definition, straight from the text of the header: no code shared with the tree under test.
Digest plain_root(std::vector<Digest> level)
{
    while (level.size() > 1) {
        std::vector<Digest> up;
        for (std::size_t i = 0; i < level.size(); i += 2) {
            Bytes in{0x01};
            in.insert(in.end(), level[i].begin(), level[i].end());
            in.insert(in.end(), level[i + 1].begin(), level[i + 1].end());
            up.push_back(sha256(in));
        }
        level = up;
    }
    return level.front();
}

TEST(HashChain, BindsEveryEntryAndTheirOrder)
{
    const auto entries = digests(3, 1);
    Digest head{};
    for (const auto& entry : entries)
        head = chain_next(head, entry);
    Digest other = chain_next(chain_next(chain_next({}, entries[1]), entries[0]), entries[2]);
    EXPECT_NE(head, other);
    Bytes in(33);
    in[0] = 1;
    std::copy(entries[0].begin(), entries[0].end(), std::back_inserter(in));
    EXPECT_EQ(chain_next({}, entries[0]), sha256(in));
}

TEST(BatchTree, LeafIsNeverANode)
{
    const auto d = digests(2, 2);
    EXPECT_NE(merkle_leaf(d[0]), sha256(d[0]));
    EXPECT_NE(merkle_node(d[0], d[1]), merkle_node(d[1], d[0]));
}

TEST(BatchTree, RootIsThatOfAPlainTreeOver1024LeavesAtThePlaces)
{
    const auto entries = digests(batch_leaves, 3); // full: no blinding leaf to recompute
    const BatchTree tree{secret_of(3), entries};
    std::vector<Digest> leaves(batch_leaves);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        Bytes in{0x00};
        in.insert(in.end(), entries[i].begin(), entries[i].end());
        leaves[tree.place(i)] = sha256(in);
    }
    EXPECT_EQ(tree.root(), plain_root(leaves));
}

TEST(BatchTree, PlacesAreAPermutationThatOnlyTheSecretDecides)
{
    std::set<std::uint16_t> seen;
    const BatchTree a{secret_of(4), digests(batch_leaves, 1)};
    const BatchTree b{secret_of(4), digests(17, 2)};
    const BatchTree c{secret_of(5), digests(17, 2)};
    bool differs = false;
    for (std::size_t i = 0; i < batch_leaves; ++i)
        seen.insert(a.place(i));
    for (std::size_t i = 0; i < 17; ++i) {
        EXPECT_EQ(a.place(i), b.place(i));
        differs |= b.place(i) != c.place(i);
    }
    EXPECT_EQ(seen.size(), batch_leaves);
    EXPECT_TRUE(differs);
}

TEST(BatchTree, PlacesDoNotFavourAnyPartOfTheTree)
{
    std::array<int, 8> hits{};
    for (std::uint64_t seed = 0; seed < 1600; ++seed)
        ++hits[BatchTree{secret_of(seed), digests(1, seed)}.place(0) / 128];
    for (const int n : hits)
        EXPECT_NEAR(n, 200, 70); // five standard deviations
}

// Computed by an independent program. Frozen: trees of signed batches are rebuilt for as long as the history lives.
TEST(BatchTree, RootNeverChangesBetweenVersions)
{
    Digest secret;
    std::iota(secret.begin(), secret.end(), std::uint8_t{0});
    std::vector<Digest> entries{sha256(view("one")), sha256(view("two")), sha256(view("three"))};
    const BatchTree tree{secret, entries};
    EXPECT_EQ(to_hex(tree.root()), "2d66a005a318c8dec6d460c82dbdd17bb3fe4a7ed4145857c7c0c89dae3c0bc0");
}

RC_GTEST_PROP(BatchTree, AnySubsetLeadsToTheRoot, (std::uint64_t seed))
{
    const auto n = *rc::gen::inRange<std::size_t>(1, batch_leaves + 1);
    const auto entries = digests(n, seed);
    const BatchTree tree{secret_of(seed), entries};
    std::vector<std::size_t> indices;
    const auto one_in = *rc::gen::inRange(1, 40);
    FakeRandom random{seed};
    for (std::size_t i = 0; i < n; ++i) {
        std::array<std::uint8_t, 1> dice;
        random.fill(dice);
        if (dice[0] % one_in == 0)
            indices.push_back(n - 1 - i);
    }
    if (indices.empty())
        indices.push_back(n / 2);
    const auto proof = tree.proof(indices);
    RC_ASSERT(std::is_sorted(proof.places.begin(), proof.places.end()));
    const auto root = root_from_proof(chosen(entries, tree.in_place_order(indices)), proof);
    RC_ASSERT(root.has_value());
    RC_ASSERT(*root == tree.root());

    Bytes wire;
    Writer writer{wire};
    encode(proof, writer);
    Reader reader{wire};
    RC_ASSERT(*decode_multi_proof(reader) == proof);
    RC_ASSERT(reader.at_end());
}

// The observer's view: same secret, same visible entries; once alone in the batch, once among hidden ones. Places and
// the number of nodes are equal, and no node of one is recognisable in the other where hidden leaves stand.
TEST(BatchTree, ProofHasTheSameShapeWhateverIsHidden)
{
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        for (const std::size_t visible : {1u, 2u, 7u, 40u}) {
            const auto alone = digests(visible, seed);
            std::vector<std::size_t> indices(visible);
            std::iota(indices.begin(), indices.end(), std::size_t{0});
            const auto lone = BatchTree{secret_of(seed), alone}.proof(indices);
            for (const std::size_t hidden : {1u, 100u, 900u}) {
                auto among = alone;
                const auto others = digests(hidden, seed + 1000);
                among.insert(among.end(), others.begin(), others.end());
                const BatchTree tree{secret_of(seed), among};
                const auto proof = tree.proof(indices);
                EXPECT_EQ(proof.places, lone.places);
                EXPECT_EQ(proof.nodes.size(), lone.nodes.size());
                EXPECT_EQ(root_from_proof(chosen(among, tree.in_place_order(indices)), proof), tree.root());
            }
        }
    }
}

// A guess at a hidden entry cannot be confirmed against a blinding leaf, nor an empty place be recognised.
TEST(BatchTree, EmptyPlaceIsNotComputableWithoutTheSecret)
{
    const auto entries = digests(2, 9);
    const BatchTree tree{secret_of(9), entries};
    const std::size_t first = 0;
    const auto proof = tree.proof({&first, 1});
    std::set<Digest> nodes{proof.nodes.begin(), proof.nodes.end()};
    EXPECT_EQ(nodes.size(), proof.nodes.size());
    EXPECT_FALSE(nodes.contains(merkle_leaf(Digest{})));
    EXPECT_FALSE(nodes.contains(merkle_node(merkle_leaf(Digest{}), merkle_leaf(Digest{}))));
    const auto again = BatchTree{secret_of(10), entries}.proof({&first, 1});
    for (const auto& node : again.nodes)
        EXPECT_FALSE(nodes.contains(node));
}

TEST(BatchTree, NoAlteredProofLeadsToTheRoot)
{
    const auto entries = digests(60, 11);
    const BatchTree tree{secret_of(11), entries};
    const std::vector<std::size_t> indices{3, 59, 20, 21, 40};
    const auto visible = chosen(entries, tree.in_place_order(indices));
    const auto proof = tree.proof(indices);
    const auto passes = [&](const std::vector<Digest>& leaves, const MultiProof& altered) {
        const auto root = root_from_proof(leaves, altered);
        return root && *root == tree.root();
    };
    ASSERT_TRUE(passes(visible, proof));
    for (std::size_t i = 0; i < proof.nodes.size(); ++i) {
        for (std::size_t byte = 0; byte < 32; ++byte) {
            auto altered = proof;
            altered.nodes[i][byte] ^= 0x40;
            EXPECT_FALSE(passes(visible, altered));
        }
        auto without = proof;
        without.nodes.erase(without.nodes.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(passes(visible, without));
        auto doubled = proof;
        doubled.nodes.insert(doubled.nodes.begin() + static_cast<std::ptrdiff_t>(i), proof.nodes[i]);
        EXPECT_FALSE(passes(visible, doubled));
        if (i > 0) {
            auto swapped = proof;
            std::swap(swapped.nodes[i], swapped.nodes[i - 1]);
            EXPECT_FALSE(passes(visible, swapped));
        }
    }
    for (std::size_t i = 0; i < visible.size(); ++i) {
        auto altered = visible;
        altered[i][0] ^= 1;
        EXPECT_FALSE(passes(altered, proof));
        for (std::uint16_t place = 0; place < 2 * batch_leaves; ++place) {
            auto moved = proof;
            moved.places[i] = place;
            EXPECT_EQ(passes(visible, moved), place == proof.places[i]);
        }
    }
}

TEST(BatchTree, BadStructureIsMalformed)
{
    const auto entries = digests(4, 12);
    const BatchTree tree{secret_of(12), entries};
    const std::vector<std::size_t> indices{0, 1, 2, 3};
    const auto visible = chosen(entries, tree.in_place_order(indices));
    const auto proof = tree.proof(indices);
    const auto code = [&](std::span<const Digest> leaves, const MultiProof& p) {
        const auto root = root_from_proof(leaves, p);
        return root ? Errc::bug : root.error().code;
    };
    EXPECT_EQ(code({}, {}), Errc::malformed);
    EXPECT_EQ(code({}, proof), Errc::malformed);
    EXPECT_EQ(code(std::span{visible}.first(3), proof), Errc::malformed);
    auto repeated = proof;
    repeated.places[1] = repeated.places[0];
    EXPECT_EQ(code(visible, repeated), Errc::malformed);
    auto descending = proof;
    std::swap(descending.places[0], descending.places[1]);
    EXPECT_EQ(code(visible, descending), Errc::malformed);
    auto outside = proof;
    outside.places.back() = batch_leaves;
    EXPECT_EQ(code(visible, outside), Errc::malformed);
    auto fewer = proof;
    fewer.nodes.pop_back();
    EXPECT_EQ(code(visible, fewer), Errc::malformed);
    auto more = proof;
    more.nodes.push_back({});
    EXPECT_EQ(code(visible, more), Errc::malformed);
}

TEST(BatchTree, ProofCutAnywhereDoesNotParse)
{
    const auto entries = digests(4, 13);
    const std::vector<std::size_t> indices{1, 2};
    Bytes wire;
    Writer writer{wire};
    encode(BatchTree{secret_of(13), entries}.proof(indices), writer);
    for (std::size_t n = 0; n < wire.size(); ++n) {
        Reader reader{ByteView{wire}.first(n)};
        EXPECT_FALSE(decode_multi_proof(reader)) << n;
    }
}

TEST(BatchTree, TakesWellUnderAMillisecond)
{
    const auto entries = digests(1000, 14);
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < 50; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const BatchTree tree{secret_of(14), entries};
        best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
    }
    RecordProperty("best_ns", static_cast<int>(best.count()));
    std::printf("batch tree: %.3f ms\n", static_cast<double>(best.count()) / 1e6);
#ifndef __SANITIZE_ADDRESS__
    EXPECT_LT(best, std::chrono::milliseconds(2)); // 0.25 ms with SHA instructions, 1 ms without
#endif
}

} // namespace
} // namespace satchel::crypto
