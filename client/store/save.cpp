// Saving what a user did: changeset, outbox row, overlay and chain in one durable transaction.
#include <string>

#include "client/store/store_impl.hpp"

#include "schema/base/mutant.hpp"

namespace satchel::client {
namespace {

// Of a failed save nothing is there; the words say so, whatever the reason.
Error not_saved(Error error)
{
    switch (error.code) {
    case Errc::disk_full:
        error.detail = "not saved: the disk is full; what you typed is still in the form";
        break;
    case Errc::io_error:
    case Errc::corrupt:
    case Errc::closed:
        error.detail = "not saved: " + error.detail + "; what you typed is still in the form";
        break;
    default:
        break;
    }
    return error;
}

// Later parts of an action go on with the record that its first part made.
void name_record(std::vector<schema::Change>& changes, const RecordId& made)
{
    for (auto& change : changes)
        if (change.creates && change.record.empty())
            change.record = made;
}

// A chain on its way: what it would be once the transaction commits.
struct Growing {
    Chain chain;
    std::vector<std::pair<std::int64_t, std::pair<Digest, std::int64_t>>> fresh; // case, digest, own row
};

Result<Saved> append(DeviceStore::Impl& impl, const Draft& draft, Growing& growing)
{
    if (draft.parts.empty())
        return fail(Errc::invalid_argument, "there is nothing to save");
    auto& next = growing.chain;
    SATCHEL_TRY(const auto row, impl.case_row(draft.case_id));
    Saved saved;
    for (const auto& part : draft.parts) {
        schema::Changeset changeset;
        auto& header = changeset.header;
        header.case_id = draft.case_id;
        header.author = impl.identity.credential;
        header.hat = draft.hat;
        header.authored_at = draft.authored_at;
        header.event_at = draft.event_at;
        header.basis = draft.basis;
        header.basis_source = draft.basis_source;
        header.policy_version = impl.policy->version;
        changeset.link = {next.incarnation, next.sequence + 1, next.head, row.cursor};
        changeset.changes = part;
        if (!saved.record.empty())
            name_record(changeset.changes, saved.record);

        const auto secret = sync::changeset_secret(*impl.salt, changeset.link.sequence);
        SATCHEL_TRY(const auto sealed, sync::seal(changeset, secret));
        SATCHEL_TRY(auto opened, sync::open(sealed));
        SATCHEL_TRY(auto state, impl.slice(row, opened));
        auto forecast = impl.judge(state, opened);
        sync::fold(state, opened, forecast);
        SATCHEL_TRYV(impl.put_touched(row, state, opened));

        next.sequence = changeset.link.sequence;
        next.head = opened.digest;
        const auto own_no = row_number(next.incarnation_no, static_cast<std::int64_t>(next.sequence));
        SATCHEL_TRYV(
            impl.db.run("INSERT INTO own(own_no, case_no, state, seen, digest, body, outcome, saved_at) "
                        "VALUES(?,?,?,?,?,?,?,?)",
                        own_no, row.no, static_cast<std::int64_t>(WorkState::saved), row.cursor, opened.digest,
                        pack(sealed), sync::encode(forecast), draft.authored_at.ms));
        growing.fresh.push_back({row.no, {opened.digest, own_no}});
        if (saved.record.empty())
            saved.record = opened.changes.front().record;
        saved.changesets.push_back({next.sequence, std::move(opened), std::move(forecast)});
    }
    return saved;
}

} // namespace

Result<std::vector<Saved>> DeviceStore::save_all(std::span<const Draft> drafts)
{
    auto& impl = *impl_;
    SATCHEL_CHECK(impl.policy);
    Growing growing{impl.chain, {}};
    const auto in_one_transaction = [&]() -> Result<std::vector<Saved>> {
        SATCHEL_TRY(auto transaction, crypto::Transaction::begin(impl.db));
        std::vector<Saved> out;
        for (const auto& draft : drafts) {
            SATCHEL_TRY(auto saved, append(impl, draft, growing));
            out.push_back(std::move(saved));
        }
        SATCHEL_TRYV(impl.put_chain(growing.chain));
        if (auto committed = transaction.commit(); !committed && !mutant(Mutant::saved_too_soon))
            return tl::unexpected(std::move(committed).error());
        return out;
    };
    auto outcome = in_one_transaction();
    if (!outcome)
        return tl::unexpected(not_saved(std::move(outcome).error()));
    impl.chain_is(std::move(growing.chain));
    for (const auto& [case_no, row] : growing.fresh)
        if (impl.digests_of == case_no)
            impl.digests.insert(row);
    return outcome;
}

Result<Saved> DeviceStore::save(const Draft& draft)
{
    SATCHEL_TRY(auto saved, save_all({&draft, 1}));
    return std::move(saved.front());
}

Result<std::vector<Saved>> DeviceStore::forecast(std::span<const Draft> drafts)
{
    auto& impl = *impl_;
    SATCHEL_CHECK(impl.policy);
    Growing growing{impl.chain, {}};
    SATCHEL_TRY(const auto rolled_back, crypto::Transaction::begin(impl.db));
    std::vector<Saved> out;
    for (const auto& draft : drafts) {
        SATCHEL_TRY(auto saved, append(impl, draft, growing));
        out.push_back(std::move(saved));
    }
    return out;
}

} // namespace satchel::client
