#include "sync/hub/prepare.hpp"

#include "crypto/audit.hpp"
#include "schema/wire/archive.hpp"

namespace satchel::sync {
namespace {

constexpr std::uint64_t number_max = std::uint64_t{1} << 53;  // of sequences and cursors: far from any overflow
constexpr std::size_t bytes_max = 2 * push_bytes_max;
constexpr std::size_t changes_max = 4096;

Result<void> check_bounds(const Push& push)
{
    if (push.items.empty() || push.items.size() > push_items_max)
        return fail(Errc::too_large, "a push holds 1 to " + std::to_string(push_items_max) + " changesets");
    if (push.first_sequence == 0 || push.first_sequence > number_max)
        return fail(Errc::protocol_violation, "sequence numbers start at 1");
    std::size_t size = 0;
    for (const auto& item : push.items) {
        size += item.header.size() + item.sealed.size();
        for (const auto& change : item.changes)
            size += change.size();
        const bool sealed = item.sealed_digest.has_value();
        if (sealed != item.sealed_case.has_value() || sealed != !item.sealed.empty() ||
            (sealed && (!item.header.empty() || !item.changes.empty())))
            return fail(Errc::protocol_violation, "work comes either in clear or sealed");
        if (item.seen > number_max || item.changes.size() > changes_max)
            return fail(Errc::too_large, "a changeset of the push");
    }
    if (size > bytes_max)
        return fail(Errc::too_large, "push");
    return {};
}

void read_item(PreparedItem& out, PushItem& item, const SealedChangeset& sealed, const Digest& digest)
{
    auto opened = open(sealed);
    ChangesetBody body{item.seen, sealed.header, sealed.changes};
    if (opened) {
        out.readable = true;
        out.opened = *std::move(opened);
        out.body = encode(body);
    } else {
        out.held = {"unreadable", std::move(body), {}, {}};
    }
    out.opened.digest = digest;
}

}  // namespace

Result<PreparedPush> prepare_push(const Admission& admission, Bytes payload,
                                  const std::function<Result<Digest>(std::uint64_t sequence)>& digest_of)
{
    SATCHEL_TRY(auto push, schema::wire::unpack<Push>(payload));
    for (auto& item : push.items)
        SATCHEL_TRYV(put_author_back(item, admission.credential.id));
    SATCHEL_TRYV(check_bounds(push));
    const auto& incarnation = admission.incarnation;
    if (!admission.may_push)
        return fail(Errc::protocol_violation, "this store has to take a new incarnation first");
    if (push.first_sequence > incarnation.received + 1)
        return fail(Errc::protocol_violation, "the push leaves out changesets before it");

    PreparedPush out;
    out.credential_no = admission.credential_no();
    out.credential = admission.credential.id;
    out.incarnation = incarnation.id;
    out.payload = std::move(payload);
    out.batch.incarnation_no = IncarnationNo{incarnation.no};
    out.batch.first_sequence = push.first_sequence;
    out.batch.signature = push.signature;
    if (push.first_sequence == incarnation.received + 1)
        out.batch.previous = incarnation.head;
    else if (push.first_sequence > 1) {
        SATCHEL_TRY(out.batch.previous, digest_of(push.first_sequence - 1));
    }

    const crypto::HmacKey salt_key(incarnation.salt_key);
    schema::Link link;
    link.incarnation = incarnation.id;
    link.previous = out.batch.previous;
    out.items.resize(push.items.size());
    out.batch.digests.reserve(push.items.size());
    SealedChangeset sealed;
    for (std::size_t i = 0; i < push.items.size(); ++i) {
        auto& item = push.items[i];
        auto& prepared = out.items[i];
        link.sequence = prepared.sequence = push.first_sequence + i;
        link.seen = prepared.seen = item.seen;
        Digest digest;
        if (item.sealed_digest) {
            digest = *item.sealed_digest;
            prepared.held = {"sealed", {item.seen, {}, {}}, item.sealed_case, std::move(item.sealed)};
        } else {
            sealed.header = std::move(item.header);
            sealed.changes = std::move(item.changes);
            sealed.secret = changeset_secret(salt_key, link.sequence);
            sealed.blind = link_blind(sealed.secret, link);
            digest = changeset_digest(sealed);
            read_item(prepared, item, sealed, digest);
        }
        out.batch.digests.push_back(digest);
        link.previous = digest;
    }
    const crypto::BatchTree tree(batch_secret(salt_key, push.first_sequence), out.batch.digests);
    if (!crypto::verify(admission.credential.operation_key, batch_bytes(out.credential, tree.root()), push.signature))
        return fail(Errc::bad_signature, "the push is not what its author signed");
    return out;
}

}  // namespace satchel::sync
