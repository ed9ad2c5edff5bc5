// What the hub says of work beside the work: rulings, effects, states, proofs and author records as a device gets and
// keeps them, and the bodies of the hub's own log.
#include <algorithm>

#include "client/store/identity.hpp"
#include "crypto/audit.hpp"
#include "crypto/registry.hpp"
#include "sync/core/bundle.hpp"
#include "sync/core/ruling.hpp"
#include "sync/hub/body.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {
namespace {

template <class T>
void try_both_ways(const Result<T>& decoded, ByteView input)
{
    if (decoded)
        promise(std::ranges::equal(encode(*decoded), input), "what decodes has one encoding");
}

void try_proof(ByteView input)
{
    Reader in(input);
    const auto proof = crypto::decode_multi_proof(in);
    if (!proof)
        return;
    Bytes again;
    Writer out(again);
    crypto::encode(*proof, out);
    promise(std::ranges::equal(again, input.first(input.size() - in.left())), "a proof has one encoding");
    std::vector<Digest> entries(proof->places.size());
    (void)crypto::root_from_proof(entries, *proof);
}

void try_bundle(ByteView input)
{
    const auto files = sync::unpack_bundle(input);
    if (!files)
        return;
    std::vector<schema::SourceFile> sources;
    for (const auto& file : *files)
        sources.push_back({file.name, file.text});
    promise(std::ranges::equal(sync::pack_bundle(sources), input), "a bundle has one encoding");
}

}  // namespace

void run(ByteView input)
{
    switch (choice(input, 12)) {
    case 0:
        return try_both_ways(sync::decode_rulings(input), input);
    case 1:
        return try_both_ways(sync::decode_effect(input), input);
    case 2:
        return try_both_ways(sync::decode_record_state(input), input);
    case 3:
        return try_both_ways(sync::decode_task(input), input);
    case 4:
        return try_both_ways(crypto::decode_credential_record(input), input);
    case 5:
        return try_both_ways(sync::decode_changeset_body(input), input);
    case 6:
        return try_both_ways(sync::decode_held_body(input), input);
    case 7:
        return try_both_ways(sync::decode_fork_body(input), input);
    case 8:
        return try_both_ways(client::decode_identity(input), input);
    case 9:
        return try_both_ways(client::decode_chain(input), input);
    case 10:
        return try_proof(input);
    default:
        return try_bundle(input);
    }
}

}  // namespace satchel::fuzz
