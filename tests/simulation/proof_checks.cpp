// The hashes and signatures of I7 and I8, made a second time from the store's raw rows. SHA-256, HMAC and Ed25519 are the library's;
// what goes into them, and in which order, is written down here as docs and headers give it, not taken from the engine.
#include <array>
#include <map>
#include <numeric>
#include <vector>

#include "crypto/hash.hpp"
#include "crypto/signing.hpp"
#include "sync/hub/body.hpp"
#include "tests/simulation/checks.hpp"

namespace satchel::simulation {
namespace {

using crypto::sha256;

std::array<std::uint8_t, 8> eight(std::uint64_t n)
{
    std::array<std::uint8_t, 8> out{};
    for (auto& byte : out)
        byte = static_cast<std::uint8_t>(n), n >>= 8;
    return out;
}

Bytes joined(std::initializer_list<ByteView> parts)
{
    Bytes out;
    for (const auto part : parts)
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

// A word for what is signed, with its length, so that no signature is good for something else.
Bytes titled(std::string_view title, std::initializer_list<ByteView> parts)
{
    const std::array<std::uint8_t, 1> length{static_cast<std::uint8_t>(title.size())};
    auto out = joined({length, view(title)});
    for (const auto part : parts)
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

// --- I8: the chain of all entries -----------------------------------------------------------------------------------------

Digest next_of_chain(const Digest& before, const sync::EntryRow& row)
{
    const std::array<std::uint64_t, 12> columns{static_cast<std::uint64_t>(sync::raw(row.position)),
                                                static_cast<std::uint64_t>(row.kind),
                                                static_cast<std::uint64_t>(sync::raw(row.case_no)),
                                                static_cast<std::uint64_t>(sync::raw(row.credential_no)),
                                                static_cast<std::uint64_t>(sync::raw(row.batch_no)),
                                                row.sequence,
                                                row.policy_version,
                                                row.rules_version,
                                                static_cast<std::uint64_t>(sync::raw(row.seen_position)),
                                                static_cast<std::uint64_t>(row.received_at.ms),
                                                row.body.size(),
                                                row.rulings.size()};
    Bytes all(view("satchel entry/1").begin(), view("satchel entry/1").end());
    for (const auto column : columns) {
        const auto bytes = eight(column);
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    all.insert(all.end(), row.body.begin(), row.body.end());
    all.insert(all.end(), row.rulings.begin(), row.rulings.end());
    constexpr std::array<std::uint8_t, 1> node{1};
    const auto entry = sha256(all);
    return sha256({node, before, entry});
}

void check_entries(World& world, const Log& log, sync::CentralView& hub)
{
    Digest head{};
    for (const auto& entry : log.entries) {
        head = next_of_chain(head, entry.row);
        if (head != entry.row.audit)
            return world.violated("I8", "entry " + std::to_string(sync::raw(entry.row.position)) + " does not chain to the one before it");
    }
    const auto& key = world.keys().receipt.public_key();
    (void)hub.all_checkpoints([&](const sync::CheckpointRow& row) -> Result<bool> {
        const auto no = eight(static_cast<std::uint64_t>(row.no));
        const auto position = eight(static_cast<std::uint64_t>(sync::raw(row.position)));
        const auto at = eight(static_cast<std::uint64_t>(row.signed_at.ms));
        if (!crypto::verify(key, titled("satchel checkpoint/1", {no, position, row.audit, at}), row.signature))
            world.violated("I8", "checkpoint " + std::to_string(row.no) + " is not signed by the hub");
        return true;
    });
}

// --- I7: what each author signed --------------------------------------------------------------------------------------------

// The root over 1024 places: those of a batch lie where its secret shuffles them, and the others are filled from it.
Digest root_of(const Digest& secret, const std::vector<Digest>& digests)
{
    constexpr std::size_t places = 1024;
    std::vector<std::uint16_t> order(places);
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    std::vector<std::uint8_t> drawn;
    std::size_t used = 0;
    std::uint8_t blocks = 0;
    for (std::size_t i = places; i > 1;) {
        if (used == drawn.size()) {
            const std::array<std::uint8_t, 2> counter{blocks++, 0};
            const auto block = sha256({secret, view("satchel batch order/1"), counter});
            drawn.insert(drawn.end(), block.begin(), block.end());
        }
        const auto number = static_cast<std::size_t>(drawn[used]) + 256u * drawn[used + 1];
        used += 2;
        if (number >= 65536 / i * i)  // or some places would be likelier than others
            continue;
        std::swap(order[i - 1], order[number % i]);
        --i;
    }
    constexpr std::array<std::uint8_t, 1> leaf{0}, node{1};
    std::vector<Digest> level(places);
    for (std::size_t i = 0; i < places; ++i) {
        const std::array<std::uint8_t, 2> place{static_cast<std::uint8_t>(order[i]), static_cast<std::uint8_t>(order[i] >> 8)};
        level[order[i]] = i < digests.size() ? sha256({leaf, digests[i]}) : sha256({secret, view("satchel batch empty/1"), place});
    }
    for (; level.size() > 1; level.resize(level.size() / 2))
        for (std::size_t i = 0; i < level.size() / 2; ++i)
            level[i] = sha256({node, level[2 * i], level[2 * i + 1]});
    return level.front();
}

struct Author {
    CredentialId credential;
    crypto::PublicKey key;
    IncarnationId incarnation;
    Bytes salt_key;
};

Digest digest_of(const Author& author, std::uint64_t sequence, const Digest& previous, const sync::ChangesetBody& work)
{
    const auto mac = crypto::hmac_sha256(author.salt_key, eight(sequence));
    const auto secret = ByteView(mac).first(16);
    const auto blind = sha256({view("satchel/link/1"), secret, author.incarnation.view(), eight(sequence), previous, eight(work.seen)});
    auto content = joined({view("satchel/content/1"), eight(work.header.size()), work.header});
    constexpr std::array<std::uint8_t, 1> of_salts{'s'};
    for (std::size_t i = 0; i < work.changes.size(); ++i) {
        const auto salt = sha256({secret, of_salts, eight(i)});
        const auto leaf = sha256({ByteView(salt).first(16), work.changes[i]});
        content.insert(content.end(), leaf.begin(), leaf.end());
    }
    return sha256({view("satchel/changeset/1"), sha256(content), blind});
}

std::map<std::int64_t, Author> authors_of(sync::CentralView& hub)  // by number of the incarnation
{
    std::map<std::int64_t, sync::CredentialRow> credentials;
    (void)hub.credentials([&](const sync::CredentialRow& row) -> Result<bool> {
        credentials[row.no] = row;
        return true;
    });
    std::map<std::int64_t, Author> out;
    (void)hub.all_incarnations([&](const sync::IncarnationRow& row) -> Result<bool> {
        const auto& of = credentials[row.credential_no];
        out[row.no] = {of.id, of.operation_key, row.id, row.salt_key};
        return true;
    });
    return out;
}

void check_work(World& world, const Log& log, sync::CentralView& hub)
{
    auto authors = authors_of(hub);
    std::map<sync::BatchNo, sync::BatchRow> batches;
    (void)hub.all_batches([&](const sync::BatchRow& row) -> Result<bool> {
        const auto& author = authors[sync::raw(row.incarnation_no)];
        const auto secret = crypto::hmac_sha256(author.salt_key, titled("batch", {eight(row.first_sequence)}));
        constexpr std::array<std::uint8_t, 1> of_id{sizeof(CredentialId)}, of_root{sizeof(Digest)};
        const auto root = root_of(secret, row.digests);
        if (!crypto::verify(author.key, titled("satchel batch/1", {of_id, author.credential.view(), of_root, root}), row.signature))
            world.violated("I7", "batch " + std::to_string(sync::raw(row.no)) + " is not what its author signed");
        batches[row.no] = row;
        return true;
    });
    for (const auto& entry : log.entries) {
        const bool held = entry.row.kind == sync::EntryKind::held;
        const auto at = batches.find(entry.row.batch_no);
        if ((entry.row.kind != sync::EntryKind::changeset && !held) || at == batches.end())
            continue;
        const auto& batch = at->second;
        const auto place = entry.row.sequence - batch.first_sequence;
        sync::ChangesetBody work;
        if (held) {
            const auto body = sync::decode_held_body(entry.row.body);
            if (!body || body->sealed_case)  // what is sealed only its handler can open
                continue;
            work = body->work;
        } else if (const auto body = sync::decode_changeset_body(entry.row.body)) {
            work = *body;
        }
        if (place >= batch.digests.size())
            continue;  // told already
        const auto& previous = place == 0 ? batch.previous : batch.digests[place - 1];
        if (digest_of(authors[sync::raw(batch.incarnation_no)], entry.row.sequence, previous, work) != batch.digests[place])
            world.violated("I7", "entry " + std::to_string(sync::raw(entry.row.position)) + " is not what its author signed");
    }
}

}  // namespace

void check_proofs(World& world, const Log& log)
{
    auto view = world.store().view();
    if (!view)
        return;
    check_entries(world, log, **view);
    check_work(world, log, **view);
}

}  // namespace satchel::simulation
