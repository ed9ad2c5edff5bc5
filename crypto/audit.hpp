// Proofs over many digests: the hash chain, and the blinded batch tree under which a push batch is signed.
//
// Why a blinded tree. A push batch of n changesets carries one signature, over the root of a Merkle tree. A reader who
// may see only k of them must be able to verify who wrote those k, and must not learn that others exist. In a plain tree
// the leaf count, a leaf's index and the neighbours in its path tell how many changesets the author saved, where the
// visible ones stand among them, and let a guess at a hidden one be confirmed. Here the tree always has 1024 leaves; the
// real ones sit at places drawn from a batch secret, and every other leaf is a pseudo-random digest made from the same
// secret. Whoever lacks the secret cannot tell a hidden changeset from an empty place: the proof has the same shape
// and the same distribution whether none or a thousand others were in the batch.
//
// The batch secret is shared by the author, the hub and the auditor, who rebuild any proof; it never goes to a reader.
// Pure and without allocation surprises; values are safe to read from any number of threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/result.hpp"

namespace satchel::crypto {

// One step of a hash chain: H(0x01 ‖ previous ‖ entry). The chain before its first entry is all zeros.
[[nodiscard]] Digest chain_next(const Digest& previous, const Digest& entry) noexcept;

// Domain separation as in RFC 6962: a leaf can never be passed off as an inner node.
[[nodiscard]] Digest merkle_leaf(const Digest& entry) noexcept;                     // H(0x00 ‖ entry)
[[nodiscard]] Digest merkle_node(const Digest& left, const Digest& right) noexcept; // H(0x01 ‖ left ‖ right)

inline constexpr std::size_t batch_leaves = 1024;

// What a reader needs beside the entries it sees: where they sit, and the digests of the subtrees that hold none of
// them, level by level from the leaves upwards, left to right. Places ascend; entry i of the reader belongs to places[i].
// Tells k and k random places, nothing else.
struct MultiProof {
    std::vector<std::uint16_t> places;
    std::vector<Digest> nodes;

    bool operator==(const MultiProof&) const = default;
};

class BatchTree {
public:
    // 1 to batch_leaves entries (a bug otherwise). The secret is 32 random bytes, new for every batch: two batches under
    // one secret would show which places are empty. About 2050 hashes, 0.25 ms.
    BatchTree(const Digest& secret, std::span<const Digest> entries);

    [[nodiscard]] const Digest& root() const noexcept { return nodes_[1]; }
    [[nodiscard]] std::uint16_t place(std::size_t index) const noexcept { return places_[index]; }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }

    // For the entries with these indices, each once and in any order, at least one. The reader's entries are then taken
    // in the order of their places: in_place_order() gives it.
    [[nodiscard]] MultiProof proof(std::span<const std::size_t> indices) const;
    // The same indices, sorted by place: the order in which the entries belong to the proof. It must be the order of
    // delivery as well, or the author's order would show.
    [[nodiscard]] std::vector<std::size_t> in_place_order(std::span<const std::size_t> indices) const;

private:
    std::size_t count_;
    std::array<std::uint16_t, batch_leaves> places_;
    std::vector<Digest> nodes_; // a heap: root at 1, leaf p at batch_leaves + p
};

// The root that the entries (in the order of the proof's places) and the proof lead to; the caller compares it with the
// signed one. malformed when places repeat, do not ascend or are out of range, when there are not as many as entries, or
// when there is one node too many or too few: one statement, one proof.
Result<Digest> root_from_proof(std::span<const Digest> entries, const MultiProof& proof);

// Wire form: count(var), places (u16 each), node count(var), nodes. At most about 33 KiB.
void encode(const MultiProof& proof, Writer& out);
Result<MultiProof> decode_multi_proof(Reader& in);

} // namespace satchel::crypto
