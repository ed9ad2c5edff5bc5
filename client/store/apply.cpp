// Applying a page: entries, confirmed state, cursor, own rulings and the overlay in one transaction.
#include <algorithm>
#include <set>

#include "client/store/store_impl.hpp"

namespace satchel::client {
namespace {

using EntryKind = sync::Entry::Kind;

// The part of a case that one page touches: read at first touch, written once at the end.
struct Working {
    DeviceStore::Impl& impl;
    CaseRow& row;
    sync::CaseState state;
    std::set<TaskId> tasks_read;
    std::set<RecordId> looked_for;
    bool fresh = false; // nothing of the case is stored yet: every look-up would be in vain

    Result<void> want(const RecordId& id)
    {
        if (id.empty() || fresh || !looked_for.insert(id).second)
            return {};
        SATCHEL_TRY(auto found, impl.record(row.no, id, /*overlay=*/false));
        if (found)
            state.records.emplace(id, *std::move(found));
        return {};
    }
    Result<void> want(const TaskId& id)
    {
        if (id.empty() || fresh || !tasks_read.insert(id).second)
            return {};
        SATCHEL_TRY(auto found, impl.task(row.no, id, /*overlay=*/false));
        if (found)
            state.tasks.emplace(id, *std::move(found));
        return {};
    }
    Result<void> want(const sync::OpenedChangeset& opened)
    {
        const auto made = sync::created_record_id(opened.digest, opened.header.authored_at);
        for (const auto& change : opened.changes) {
            if (change.record != made) // its own record cannot be there before it
                SATCHEL_TRYV(want(change.record));
            if (change.op == schema::Op::task && !change.targets.empty())
                SATCHEL_TRYV(want(TaskId{change.targets.front().bytes}));
        }
        return {};
    }
    Result<void> want(const sync::Effect& effect)
    {
        SATCHEL_TRYV(want(effect.record));
        SATCHEL_TRYV(want(effect.other));
        return want(effect.task.id);
    }
};

// Something that the user may have to look at, if it is still open when the page has been taken in.
struct Candidate {
    sync::OpenedChangeset opened;
    std::size_t index = 0;
    sync::Ruling ruling;
    Instant at;
    bool news = true; // not ruled before
};

bool still_open(const sync::CaseState& state, const schema::Change& change, const VersionId& version)
{
    const auto* record = state.record(change.record);
    const auto* group = record ? record->group(change.group) : nullptr;
    return group && std::any_of(group->open.begin(), group->open.end(),
                                [&](const sync::OpenItem& item) { return item.side.id == version; });
}

bool differ(const std::vector<sync::Ruling>& a, const std::vector<sync::Ruling>& b)
{
    return !std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.outcome == y.outcome && x.rule == y.rule;
    });
}

} // namespace

Result<Tally> DeviceStore::apply(const CheckedPage& page)
{
    auto& impl = *impl_;
    auto& db = impl.db;
    SATCHEL_CHECK(impl.policy);

    const auto in_one_transaction = [&]() -> Result<Tally> {
        SATCHEL_TRY(auto transaction, crypto::Transaction::begin(db));
        Tally tally;
        auto known = impl.case_row(page.case_id);
        if (!known && known.error().code != Errc::not_found)
            return tl::unexpected(known.error());
        const bool here = known.has_value();
        if (!here) {
            SATCHEL_TRY(const auto locked,
                        db.lookup_int64("SELECT 1 FROM cases WHERE case_id = ?", page.case_id));
            if (locked)
                return fail(Errc::access_removed, "a page of a case that is locked");
            known = impl.add_case(page.case_id);
            if (!known)
                return tl::unexpected(known.error());
        }
        CaseRow& row = *known;
        const bool reset = page.reset;
        if (!reset && page.cursor <= row.cursor && !page.entries.empty())
            return fail(Errc::protocol_violation, "a page that was applied before");
        const bool view_changed = here && reset && row.entries > 0;
        if (reset) {
            SATCHEL_TRYV(impl.drop_log(row.no));
            SATCHEL_TRYV(db.run("UPDATE own SET in_log = 0 WHERE case_no = ?", row.no));
            row.entries = 0;
            row.facts.clear();
            impl.digests_of = 0;
        }
        if (impl.digests_of != row.no) {
            impl.digests.clear();
            SATCHEL_TRY(auto own,
                        db.statement("SELECT own_no, digest FROM own WHERE case_no = ? AND in_log = 0"));
            own.bind(1, row.no);
            for (;;) {
                SATCHEL_TRY(const bool more, own.step());
                if (!more)
                    break;
                impl.digests.emplace(own.array(1), own.int64(0));
            }
            impl.digests_of = row.no;
        }

        Working work{impl, row, {}, {}, {}, row.entries == 0};
        work.state.id = row.id;
        work.state.facts = std::move(row.facts);
        std::vector<Candidate> candidates;

        for (const auto& [credential, author] : page.authors)
            SATCHEL_TRYV(db.run("INSERT OR REPLACE INTO authors VALUES(?,?,?,?)", credential,
                                not_null(author.record), author.signature, author.display_name));
        const auto first_batch =
            row.entries + 1; // a batch has an entry here: numbers of theirs never collide
        for (std::size_t i = 0; i < page.batches.size(); ++i) {
            const auto& batch = page.batches[i];
            SATCHEL_TRYV(db.run("INSERT INTO batches VALUES(?,?,?,?)",
                                row_number(row.no, first_batch + static_cast<std::int64_t>(i)), batch.author,
                                batch.signature, not_null(batch.proof)));
        }

        // A ruling on own work: to its row, to the tally, and to what the user should look at.
        const auto ruled = [&](std::int64_t own_no, const CheckedEntry& entry,
                               const sync::OpenedChangeset& opened) -> Result<void> {
            SATCHEL_TRY(auto before, db.statement("SELECT last_rulings, state FROM own WHERE own_no = ?"));
            before.bind(1, own_no);
            SATCHEL_TRY(const bool found, before.step());
            const bool news = !found || before.int64(1) != static_cast<std::int64_t>(WorkState::ruled);
            if (found && !before.is_null(0)) {
                SATCHEL_TRY(const auto rulings, sync::decode_rulings(before.blob(0)));
                if (differ(rulings, entry.rulings)) {
                    AttentionItem item;
                    item.kind = "ruling_changed";
                    item.record = opened.changes.front().record;
                    item.group = opened.changes.front().group;
                    item.version = opened.versions.front();
                    item.what_happened =
                        "The central service was restored, and what became of this is not what it was.";
                    item.what_next = "Look at it again.";
                    item.who_acts = "you";
                    item.at = entry.received_at;
                    SATCHEL_TRYV(impl.note(row.no, item));
                    ++tally.attention;
                }
            }
            before.reset();
            SATCHEL_TRYV(db.run(
                "UPDATE own SET state = ?, in_log = 1, outcome = ?, received_at = ?, last_rulings = NULL "
                "WHERE own_no = ?",
                static_cast<std::int64_t>(WorkState::ruled), entry.rulings_bytes, entry.received_at.ms,
                own_no));
            for (std::size_t i = 0; i < entry.rulings.size(); ++i) {
                const auto& ruling = entry.rulings[i];
                if (news)
                    tally.count(ruling.outcome);
                if (ruling.outcome >= sync::Outcome::suggested || ruling.outside_policy)
                    candidates.push_back({opened, i, ruling, entry.received_at, news});
            }
            return {};
        };

        for (const auto& entry : page.entries) {
            const auto entry_no = row_number(row.no, ++row.entries);
            ++tally.entries;
            switch (entry.kind) {
            case EntryKind::changeset: {
                SATCHEL_TRYV(work.want(entry.opened));
                sync::fold(work.state, entry.opened, entry.rulings);
                const auto batch_no =
                    row_number(row.no, first_batch + static_cast<std::int64_t>(entry.batch));
                SATCHEL_TRYV(db.run("INSERT INTO entries VALUES(?,?,?,?,?,?,?)", entry_no,
                                    static_cast<std::int64_t>(entry.kind), batch_no, entry.place,
                                    pack(entry.sealed), entry.rulings_bytes, entry.received_at.ms));
                if (entry.opened.header.author == impl.identity.credential) {
                    if (const auto own = impl.digests.find(entry.opened.digest); own != impl.digests.end())
                        SATCHEL_TRYV(ruled(own->second, entry, entry.opened));
                    break;
                }
                for (std::size_t i = 0; i < entry.rulings.size(); ++i)
                    if (entry.rulings[i].outcome == sync::Outcome::suggested ||
                        entry.rulings[i].outcome == sync::Outcome::conflict)
                        candidates.push_back({entry.opened, i, entry.rulings[i], entry.received_at});
                break;
            }
            case EntryKind::own: {
                const auto own = impl.digests.find(entry.digest);
                if (own == impl.digests.end())
                    return fail(Errc::not_found, "the hub names work of this device that is not here");
                SATCHEL_TRY(auto body, db.statement("SELECT body FROM own WHERE own_no = ?"));
                body.bind(1, own->second);
                SATCHEL_TRY(const bool found, body.step());
                SATCHEL_CHECK(found);
                SATCHEL_TRY(const auto sealed, unpack_changeset(body.blob(0)));
                SATCHEL_TRY(const auto opened, sync::open(sealed));
                body.reset();
                if (opened.changes.size() != entry.rulings.size())
                    return fail(Errc::protocol_violation, "not one ruling for each change");
                SATCHEL_TRYV(work.want(opened));
                sync::fold(work.state, opened, entry.rulings);
                SATCHEL_TRYV(db.run("INSERT INTO entries VALUES(?,?,?,?,?,?,?)", entry_no,
                                    static_cast<std::int64_t>(entry.kind), own->second, 0, entry.digest,
                                    entry.rulings_bytes, entry.received_at.ms));
                SATCHEL_TRYV(ruled(own->second, entry, opened));
                break;
            }
            case EntryKind::effect:
                SATCHEL_TRYV(work.want(entry.effect));
                sync::fold(work.state, entry.effect);
                SATCHEL_TRYV(db.run("INSERT INTO entries VALUES(?,?,?,?,?,?,?)", entry_no,
                                    static_cast<std::int64_t>(entry.kind), 0, 0, entry.effect_bytes,
                                    not_null(entry.rulings_bytes), entry.received_at.ms));
                break;
            }
        }

        row.facts = work.state.facts;
        row.cursor = page.cursor;
        row.partial = page.more;
        for (const auto& [id, record] : work.state.records)
            SATCHEL_TRYV(impl.put_record(row.no, record, /*overlay=*/false));
        for (const auto& [id, task] : work.state.tasks)
            SATCHEL_TRYV(impl.put_task(row.no, task, /*overlay=*/false));
        SATCHEL_TRYV(impl.put_case(row));
        SATCHEL_TRYV(impl.refold_pending(row));

        if (view_changed) {
            AttentionItem item;
            item.kind = "view_changed";
            item.what_happened = "What you may see of this case has changed.";
            item.what_next = "Look at the case again.";
            item.who_acts = "you";
            SATCHEL_TRYV(impl.note(row.no, item));
            ++tally.attention;
        }
        for (const auto& candidate : candidates) {
            const auto& change = candidate.opened.changes[candidate.index];
            const auto waits = candidate.ruling.outcome == sync::Outcome::suggested ||
                               candidate.ruling.outcome == sync::Outcome::conflict;
            if (waits && !still_open(work.state, change, candidate.opened.versions[candidate.index]))
                continue;
            const auto attention_before = tally.attention;
            SATCHEL_TRYV(impl.note_ruling(row, candidate.opened, candidate.index, candidate.ruling,
                                          work.state.record(change.record), candidate.at, tally));
            if (!candidate.news)
                tally.attention = attention_before;
        }
        SATCHEL_TRYV(transaction.commit());
        return tally;
    };
    auto outcome = in_one_transaction();
    if (!outcome)
        impl.digests_of = 0; // may name rows that were rolled back
    else
        for (const auto& entry : page.entries)
            if (entry.kind == EntryKind::own)
                impl.digests.erase(entry.digest);
    return outcome;
}

} // namespace satchel::client
