// Held work: received, in no record, and opened by nobody but the handler whom the agreement names (G-13a-24).
#include <algorithm>

#include "crypto/sealed.hpp"
#include "schema/wire/archive.hpp"
#include "sync/core/deposit.hpp"
#include "sync/hub/service.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

constexpr std::string_view opened_note = "held-opened";

// A note names what it is about by a version's id; a changeset has one of the same form.
VersionId as_item(const ChangesetId& id) { return VersionId{id.bytes}; }

Result<Digest> digest_of(const BatchRow& batch, std::uint64_t sequence)
{
    if (sequence < batch.first_sequence || sequence - batch.first_sequence >= batch.digests.size())
        return fail(Errc::corrupt, "batches: held work is not in its batch");
    return batch.digests[sequence - batch.first_sequence];
}

Result<BatchRow> batch_of(CentralView& view, const EntryRow& entry)
{
    SATCHEL_TRY(auto batch, view.batch(entry.batch_no));
    if (!batch)
        return fail(Errc::corrupt, "batches: one is missing");
    return *std::move(batch);
}

Result<UserRow> author_of(CentralView& view, const CredentialRow& credential)
{
    SATCHEL_TRY(auto user, view.user(credential.user));
    if (!user)
        return fail(Errc::corrupt, "credentials: no such user");
    return *std::move(user);
}

// The openings that the log tells of, by what was opened.
using Openings = std::multimap<VersionId, HeldOpening>;
Result<Openings> openings(CentralView& view, CaseNo case_no)
{
    Openings out;
    const Visit<EntryRow> gather = [&](const EntryRow& entry) -> Result<bool> {
        if (entry.kind != EntryKind::admin)
            return true;
        SATCHEL_TRY(const auto admin, decode_admin_body(entry.body));
        if (admin.kind != AdminKind::note)
            return true;
        SATCHEL_TRY(auto note, schema::wire::unpack<AdminNote>(admin.row));
        if (note.what == opened_note)
            out.emplace(note.item, HeldOpening{note.user, {}, std::move(note.text), entry.received_at});
        return true;
    };
    SATCHEL_TRYV(view.case_entries(case_no, Position{}, gather));
    for (auto& [item, opening] : out) {
        SATCHEL_TRY(const auto user, view.user(opening.by));
        opening.name = user ? user->name : std::string();
    }
    return out;
}

Result<HeldInfo> info_of(CentralView& view, const EntryRow& entry, const HeldBody& body)
{
    SATCHEL_TRY(const auto batch, batch_of(view, entry));
    SATCHEL_TRY(const auto digest, digest_of(batch, entry.sequence));
    SATCHEL_TRY(const auto credential, view.credential(entry.credential_no));
    if (!credential)
        return fail(Errc::corrupt, "entries: held work without an author");
    SATCHEL_TRY(const auto user, author_of(view, *credential));
    HeldInfo out;
    out.id = changeset_id(digest);
    out.why = body.why;
    out.author = user.id;
    out.author_name = user.name;
    out.agency = credential->agency;
    out.device_name = credential->device_name;
    out.received_at = entry.received_at;
    if (raw(entry.case_no) != 0) {
        SATCHEL_TRY(const auto row, view.case_row(entry.case_no));
        if (!row)
            return fail(Errc::corrupt, "entries: no such case");
        out.case_id = row->id;
        out.case_label = row->label;
    }
    return out;
}

// Held entries of ordinary work are few; each is small enough to keep for a moment.
Result<std::vector<EntryRow>> held_rows(CentralView& view)
{
    std::vector<EntryRow> rows;
    const Visit<EntryRow> keep = [&](const EntryRow& row) -> Result<bool> {
        rows.push_back(row);
        return true;
    };
    SATCHEL_TRYV(view.held_entries(keep));
    return rows;
}

// Before anything is looked up, so that nobody else learns which ids there are.
Result<UserRow> require_handler(Ledger& ledger, const UserId& as)
{
    const auto& handler = ledger.policy().policy.scope.handler;
    SATCHEL_TRY(auto user, require_user(ledger.store(), as));
    SATCHEL_TRY(const auto hats, hats_of(user));
    const bool is_handler = std::any_of(hats.begin(), hats.end(), [&](const auto& hat) { return hat.role == handler; });
    if (handler.empty())
        return fail(Errc::refused, "the agreement in force names no handler of held work");
    if (user.suspended || !is_handler)
        return fail(Errc::refused, "held work is opened by the role " + handler + " alone");
    return user;
}

struct Found {
    EntryRow entry;
    HeldBody body;
    Digest digest{};
    BatchRow batch;
};

Result<Found> find_held(CentralView& view, const ChangesetId& id)
{
    SATCHEL_TRY(auto rows, held_rows(view));
    for (auto& row : rows) {
        SATCHEL_TRY(auto batch, batch_of(view, row));
        SATCHEL_TRY(const auto digest, digest_of(batch, row.sequence));
        if (changeset_id(digest) != id)
            continue;
        SATCHEL_TRY(auto body, decode_held_body(row.body));
        return Found{std::move(row), std::move(body), digest, std::move(batch)};
    }
    return fail(Errc::not_found, "no such work is held");
}

Result<SealedChangeset> unsealed(const Found& found, const HubKeys& keys)
{
    // The chain of its author goes on without what had left the device before it could be sealed.
    if (found.body.sealed.size() <= crypto::seal_to_overhead)
        return fail(Errc::refused, "there is nothing to open: its content had left the device before");
    const auto opened = keys.deposit.open(found.body.sealed, deposit_context(found.digest));
    if (!opened)
        return fail(Errc::refused, "it cannot be opened: it was not sealed to this hub's handler, or not as this work");
    auto work = decode_deposit(opened->reveal());
    if (!work)
        return fail(Errc::refused, "it was opened, and what was sealed does not decode");
    return work;
}

// Held in clear: secret and blind follow from its place in the author's chain.
Result<SealedChangeset> in_clear(CentralView& view, const Found& found)
{
    SATCHEL_TRY(const auto incarnation, view.incarnation(found.batch.incarnation_no));
    if (!incarnation)
        return fail(Errc::corrupt, "batches: no such incarnation");
    const auto index = static_cast<std::size_t>(found.entry.sequence - found.batch.first_sequence);
    schema::Link link;
    link.incarnation = incarnation->id;
    link.sequence = found.entry.sequence;
    link.previous = index == 0 ? found.batch.previous : found.batch.digests[index - 1];
    link.seen = found.body.work.seen;
    SealedChangeset work;
    work.header = found.body.work.header;
    work.changes = found.body.work.changes;
    work.secret = changeset_secret(crypto::HmacKey(incarnation->salt_key), link.sequence);
    work.blind = link_blind(work.secret, link);
    return work;
}

HeldChange in_words(const schema::Policy& policy, const schema::Change& change)
{
    HeldChange out;
    out.op = change.op;
    out.record = change.record;
    out.reason = change.reason;
    const auto* type = policy.type(change.type);
    const auto* group = type ? type->group(change.group) : nullptr;
    out.record_type = type ? type->name : std::string();
    out.group = group ? group->name : std::string();
    for (const auto& value : change.values) {
        const auto* field = group ? group->field(value.field) : nullptr;
        out.values.emplace_back(field ? field->name : "?", to_text(value.value));
    }
    return out;
}

}  // namespace

Result<std::vector<HeldInfo>> HubService::held() const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    SATCHEL_TRY(const auto rows, held_rows(*view));
    std::map<CaseNo, Openings> opened;
    std::vector<HeldInfo> out;
    for (const auto& row : rows) {
        SATCHEL_TRY(const auto body, decode_held_body(row.body));
        SATCHEL_TRY(auto info, info_of(*view, row, body));
        if (raw(row.case_no) != 0 && !opened.contains(row.case_no)) {
            SATCHEL_TRY(opened[row.case_no], openings(*view, row.case_no));
        }
        const auto [first, last] = opened[row.case_no].equal_range(as_item(info.id));
        for (auto at = first; at != last; ++at)
            info.opened.push_back(at->second);
        out.push_back(std::move(info));
    }
    return out;
}

Result<HeldWork> HubService::open_held(const ChangesetId& id, const UserId& as, std::string_view reason)
{
    HeldWork out;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        auto& store = ledger.store();
        SATCHEL_TRYV(require_text("a reason", reason, schema::reason_bytes_max));
        SATCHEL_TRY(const auto user, require_handler(ledger, as));
        SATCHEL_TRY(const auto found, find_held(store, id));
        SATCHEL_TRY(const auto where, store.case_row(found.entry.case_no));
        const auto none = fail(Errc::not_found, "no such work is held");
        if (!where)
            return none;
        SATCHEL_TRY(const auto access, access_to(store, ledger.policy().policy, user, *where));
        if (access.access != Access::working)
            return none;
        SATCHEL_TRY(out.info, info_of(store, found.entry, found.body));
        SATCHEL_TRY(const auto work, found.body.sealed_case ? unsealed(found, ledger.keys()) : in_clear(store, found));
        const auto opened = sync::open(work);
        if (!opened)
            return fail(Errc::refused, "what was written does not decode: it can be kept, but not read");
        if (opened->header.case_id != where->id)
            return fail(Errc::refused, "what was written is about another case than the one it was sent for");
        out.proven = changeset_digest(work) == found.digest;
        out.header = opened->header;
        for (const auto& change : opened->changes)
            out.changes.push_back(in_words(ledger.policy().policy, change));
        SATCHEL_TRYV(ledger.admin(AdminKind::note,
                                  AdminNote{std::string(opened_note), user.id, as_item(id), std::string(reason)},
                                  found.entry.case_no));
        SATCHEL_TRY(const auto before, openings(store, found.entry.case_no));
        const auto [first, last] = before.equal_range(as_item(id));
        for (auto at = first; at != last; ++at)
            out.info.opened.push_back(at->second);
        return {};
    }));
    return out;
}

}  // namespace satchel::sync
