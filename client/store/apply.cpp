// Applying a page: entries, confirmed state, cursor, own rulings and the overlay in one transaction.
#include <algorithm>
#include <set>

#include "client/store/store_impl.hpp"

#include "schema/base/mutant.hpp"

namespace satchel::client {
namespace {

using EntryKind = sync::Entry::Kind;

constexpr std::uint64_t cursor_max = std::uint64_t{1} << 53;

// The part of a case that one page touches: read at first touch, written once at the end.
struct Working {
    DeviceStore::Impl& impl;
    CaseRow& row;
    sync::CaseState state;
    std::set<TaskId> tasks_read;
    std::set<RecordId> looked_for;
    bool fresh = false;  // nothing of the case is stored yet: every look-up would be in vain

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
            if (change.record != made)  // its own record cannot be there before it
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
    bool news = true;  // not ruled before
};

bool still_open(const sync::CaseState& state, const schema::Change& change, const VersionId& version)
{
    const auto* record = state.record(change.record);
    const auto* group = record ? record->group(change.group) : nullptr;
    return group && std::any_of(group->open.begin(), group->open.end(),
                                [&](const sync::OpenItem& item) {
                                    return item.side.id == version || item.proposed.id == version;
                                });
}

bool waits(const sync::Ruling& ruling) noexcept
{
    return ruling.outcome == sync::Outcome::suggested || ruling.outcome == sync::Outcome::conflict;
}

bool differ(const std::vector<sync::Ruling>& a, const std::vector<sync::Ruling>& b)
{
    return !std::equal(a.begin(), a.end(), b.begin(), b.end(),
                       [](const auto& x, const auto& y) { return x.outcome == y.outcome && x.rule == y.rule; });
}

// One page on its way into the store. Everything happens inside the transaction of whoever calls run().
class PageApplication {
public:
    PageApplication(DeviceStore::Impl& impl, const CheckedPage& page) : impl_(impl), db_(impl.db), page_(page) {}

    Result<Tally> run()
    {
        SATCHEL_TRYV(find_case());
        if (page_.reset && !mutant(Mutant::reset_ignored))
            SATCHEL_TRYV(start_anew());
        SATCHEL_TRYV(know_own_digests());
        first_batch_ = row_.entries + 1;  // every batch has an entry here, so numbers of theirs never collide
        SATCHEL_TRYV(keep_proofs());
        work_.emplace(Working{impl_, row_, {}, {}, {}, row_.entries == 0});
        work_->state.id = row_.id;
        work_->state.facts = std::move(row_.facts);
        for (const auto& entry : page_.entries) {
            ++row_.entries;
            ++tally_.entries;
            SATCHEL_TRYV(take(entry));
        }
        SATCHEL_TRYV(write_back());
        SATCHEL_TRYV(say_what_needs_attention());
        return tally_;
    }

private:
    Result<void> find_case()
    {
        auto known = impl_.case_row(page_.case_id);
        if (!known && known.error().code != Errc::not_found)
            return tl::unexpected(known.error());
        if (!known && page_.reset) {
            // Barred once, which was not carried out to its end, and let in again since: the hub sends it whole.
            SATCHEL_TRYV(db_.run("UPDATE cases SET locked = 0 WHERE case_id = ? AND locked = 1", page_.case_id));
            if (db_.changes() > 0)
                known = impl_.case_row(page_.case_id);
        }
        const bool here = known.has_value();
        if (!here) {
            SATCHEL_TRY(const auto locked, db_.lookup_int64("SELECT 1 FROM cases WHERE case_id = ?", page_.case_id));
            if (locked)
                return fail(Errc::access_removed, "a page of a case that is locked");
            known = impl_.add_case(page_.case_id);
            if (!known)
                return tl::unexpected(known.error());
        }
        row_ = *std::move(known);
        if (page_.cursor > cursor_max)
            return fail(Errc::protocol_violation, "a cursor that no hub counts to");
        if (!page_.reset && page_.cursor <= row_.cursor && !page_.entries.empty() && !mutant(Mutant::cursor_first))
            return fail(Errc::protocol_violation, "a page that was applied before");
        if (!page_.reset && page_.follows != row_.cursor && !mutant(Mutant::cursor_first))
            return fail(Errc::protocol_violation, "a page before this one did not come");
        view_changed_ = here && page_.reset && row_.entries > 0;
        return {};
    }

    // What may be seen has changed: the case comes again from its start. Own pending work stays.
    Result<void> start_anew()
    {
        SATCHEL_TRYV(db_.run("UPDATE cases SET looked_at = coalesce((SELECT max(received_at) FROM entries WHERE entry_no "
                             "BETWEEN ? AND ? + looked_entries), looked_at), looked_entries = 0 WHERE case_no = ?",
                             row_number(row_.no, 1), row_number(row_.no, 0), row_.no));
        SATCHEL_TRYV(impl_.drop_log(row_.no));
        if (row_.entries > 0)
            SATCHEL_TRYV(impl_.put_meta(unclean, Bytes{1}));
        SATCHEL_TRYV(db_.run("UPDATE own SET in_log = 0 WHERE case_no = ?", row_.no));
        SATCHEL_TRYV(db_.run("UPDATE cases SET anew = 0 WHERE case_no = ?", row_.no));
        row_.entries = 0;
        row_.facts.clear();
        impl_.digests_of = 0;
        return {};
    }

    Result<void> know_own_digests()
    {
        if (impl_.digests_of == row_.no)
            return {};
        impl_.digests.clear();
        // Also what left with a case: when that comes back, so does its content.
        SATCHEL_TRY(auto own, db_.statement("SELECT own_no, digest FROM own WHERE (case_no = ? AND in_log = 0) OR length(body) = 0"));
        own.bind(1, row_.no);
        for (;;) {
            SATCHEL_TRY(const bool more, own.step());
            if (!more)
                break;
            impl_.digests.emplace(own.array(1), own.int64(0));
        }
        impl_.digests_of = row_.no;
        return {};
    }

    // Authors and batches: what every entry can be proved by again.
    Result<void> keep_proofs()
    {
        for (const auto& [credential, author] : page_.authors)
            SATCHEL_TRYV(db_.run("INSERT OR REPLACE INTO authors VALUES(?,?,?,?)", credential, not_null(author.record),
                                 author.signature, author.display_name));
        for (std::size_t i = 0; i < page_.batches.size(); ++i) {
            const auto& batch = page_.batches[i];
            SATCHEL_TRYV(db_.run("INSERT INTO batches VALUES(?,?,?,?)", batch_no(i), batch.author, batch.signature,
                                 not_null(batch.proof)));
        }
        return {};
    }
    [[nodiscard]] std::int64_t batch_no(std::size_t index) const noexcept
    {
        return row_number(row_.no, first_batch_ + static_cast<std::int64_t>(index));
    }

    Result<void> take(const CheckedEntry& entry)
    {
        switch (entry.kind) {
        case EntryKind::changeset:
            return take_changeset(entry);
        case EntryKind::own:
            return take_own(entry);
        case EntryKind::effect:
            SATCHEL_TRYV(work_->want(entry.effect));
            sync::fold(work_->state, entry.effect);
            return log(entry, 0, entry.effect_bytes);
        }
        return {};
    }

    Result<void> take_changeset(const CheckedEntry& entry)
    {
        SATCHEL_TRYV(work_->want(entry.opened));
        sync::fold(work_->state, entry.opened, entry.rulings);
        SATCHEL_TRYV(log(entry, batch_no(entry.batch), pack(entry.sealed)));
        if (entry.opened.header.author == impl_.identity.credential) {  // of a former incarnation, or fetched back
            const auto own = impl_.digests.find(entry.opened.digest);
            if (own == impl_.digests.end())
                return recognise(entry.opened);
            SATCHEL_TRYV(have_again(own->second, entry));
            return rule_own(own->second, entry, entry.opened);
        }
        for (std::size_t i = 0; i < entry.rulings.size(); ++i)
            if (waits(entry.rulings[i]))
                candidates_.push_back({entry.opened, i, entry.rulings[i], entry.received_at});
        return {};
    }

    // Own work whose content had left with its case: it can be offered again to a hub that is put back, and leaves with the
    // case again.
    Result<void> have_again(std::int64_t own_no, const CheckedEntry& entry)
    {
        return db_.run("UPDATE own SET body = ?, case_no = ?, saved_at = ? WHERE own_no = ? AND length(body) = 0",
                       pack(entry.sealed), row_.no, entry.opened.header.authored_at.ms, own_no);
    }

    // Another copy of this store may have written work again that waits here, too: it is there once.
    Result<void> recognise(const sync::OpenedChangeset& opened)
    {
        return opened.header.was ? impl_.recognise(row_.no, opened) : Result<void>{};
    }

    Result<void> take_own(const CheckedEntry& entry)
    {
        const auto own = impl_.digests.find(entry.digest);
        if (own == impl_.digests.end())
            return fail(Errc::not_found, "the hub names work of this device that is not here");
        SATCHEL_TRY(const auto opened, own_work(own->second));
        if (opened.changes.size() != entry.rulings.size())
            return fail(Errc::protocol_violation, "not one ruling for each change");
        SATCHEL_TRYV(work_->want(opened));
        sync::fold(work_->state, opened, entry.rulings);
        SATCHEL_TRYV(log(entry, own->second, Bytes(entry.digest.begin(), entry.digest.end())));
        return rule_own(own->second, entry, opened);
    }

    Result<sync::OpenedChangeset> own_work(std::int64_t own_no)
    {
        SATCHEL_TRY(auto body, db_.statement("SELECT body FROM own WHERE own_no = ?"));
        body.bind(1, own_no);
        SATCHEL_TRY(const bool found, body.step());
        SATCHEL_CHECK(found);
        if (body.blob(0).empty())
            return fail(Errc::not_found, "the hub names work of this device that is not here");
        SATCHEL_TRY(const auto sealed, unpack_changeset(body.blob(0)));
        return sync::open(sealed);
    }

    // `source`: the batch of somebody's work, the row of our own.
    Result<void> log(const CheckedEntry& entry, std::int64_t source, const Bytes& body)
    {
        return db_.run("INSERT INTO entries VALUES(?,?,?,?,?,?,?)", row_number(row_.no, row_.entries),
                       static_cast<std::int64_t>(entry.kind), source, entry.place, body, not_null(entry.rulings_bytes),
                       entry.received_at.ms);
    }

    // A ruling on own work: to its row, to the tally, and to what the user should look at.
    Result<void> rule_own(std::int64_t own_no, const CheckedEntry& entry, const sync::OpenedChangeset& opened)
    {
        SATCHEL_TRY(const bool news, is_news(own_no, entry, opened));
        SATCHEL_TRY(const auto replaced, db_.lookup_int64("SELECT 1 FROM own WHERE own_no = ? AND state = ?", own_no,
                                                          static_cast<std::int64_t>(WorkState::replaced)));
        // A page is not a receipt: what nobody has signed for yet stays so until somebody does.
        SATCHEL_TRYV(db_.run("UPDATE own SET state = CASE WHEN state IN (?1, ?2) THEN ?1 ELSE ?3 END, replaced_by = NULL, "
                             "in_log = 1, outcome = ?4, received_at = ?5, last_rulings = NULL WHERE own_no = ?6",
                             static_cast<std::int64_t>(WorkState::saved), static_cast<std::int64_t>(WorkState::replaced),
                             static_cast<std::int64_t>(WorkState::ruled), entry.rulings_bytes, entry.received_at.ms, own_no));
        if (replaced)  // it was at the hub after all, and what was to replace it is not wanted
            SATCHEL_TRYV(impl_.recognise(row_.no, opened));
        for (std::size_t i = 0; i < entry.rulings.size(); ++i) {
            const auto& ruling = entry.rulings[i];
            if (news)
                tally_.count(ruling.outcome);
            if (ruling.outcome >= sync::Outcome::suggested || ruling.outside_policy)
                candidates_.push_back({opened, i, ruling, entry.received_at, news});
        }
        return {};
    }

    // False where it was ruled before. A restored hub may rule otherwise than the one before it: then its author is told.
    Result<bool> is_news(std::int64_t own_no, const CheckedEntry& entry, const sync::OpenedChangeset& opened)
    {
        SATCHEL_TRY(auto before, db_.statement("SELECT last_rulings, state FROM own WHERE own_no = ?"));
        before.bind(1, own_no);
        SATCHEL_TRY(const bool found, before.step());
        SATCHEL_CHECK(found);
        const bool news = before.int64(1) != static_cast<std::int64_t>(WorkState::ruled);
        if (before.is_null(0) || before.blob(0).empty())  // unknown, or gone with its case
            return news;
        SATCHEL_TRY(const auto rulings, sync::decode_rulings(before.blob(0)));
        if (!differ(rulings, entry.rulings))
            return news;
        AttentionItem item;
        item.kind = "ruling_changed";
        item.record = opened.changes.front().record;
        item.group = opened.changes.front().group;
        item.version = opened.versions.front();
        item.what_happened = "The central service was restored, and what became of this is not what it was.";
        item.what_next = "Look at it again.";
        item.who_acts = "you";
        item.at = entry.received_at;
        SATCHEL_TRYV(impl_.note(row_.no, item));
        ++tally_.attention;
        return news;
    }

    Result<void> write_back()
    {
        row_.facts = work_->state.facts;
        row_.cursor = page_.cursor;
        row_.partial = page_.more;
        for (const auto& [id, record] : work_->state.records)
            SATCHEL_TRYV(impl_.put_record(row_.no, record, /*overlay=*/false));
        for (const auto& [id, task] : work_->state.tasks)
            SATCHEL_TRYV(impl_.put_task(row_.no, task, /*overlay=*/false));
        SATCHEL_TRYV(impl_.put_case(row_));
        return impl_.refold_pending(row_);
    }

    Result<void> say_what_needs_attention()
    {
        if (view_changed_) {
            AttentionItem item;
            item.kind = "view_changed";
            item.what_happened = "What you may see of this case has changed.";
            item.what_next = "Look at the case again.";
            item.who_acts = "you";
            SATCHEL_TRYV(impl_.note(row_.no, item));
            ++tally_.attention;
        }
        for (const auto& candidate : candidates_) {
            const auto& change = candidate.opened.changes[candidate.index];
            if (waits(candidate.ruling) &&
                !still_open(work_->state, change, candidate.opened.versions[candidate.index]))
                continue;
            const auto before = tally_.attention;
            SATCHEL_TRYV(impl_.note_ruling(row_, candidate.opened, candidate.index, candidate.ruling,
                                           work_->state.record(change.record), candidate.at, tally_));
            if (!candidate.news)
                tally_.attention = before;
        }
        return {};
    }

    DeviceStore::Impl& impl_;
    crypto::Database& db_;
    const CheckedPage& page_;
    CaseRow row_;
    std::int64_t first_batch_ = 0;
    bool view_changed_ = false;
    std::optional<Working> work_;
    std::vector<Candidate> candidates_;
    Tally tally_;
};

}  // namespace

Result<Tally> DeviceStore::apply(const CheckedPage& page)
{
    auto& impl = *impl_;
    SATCHEL_CHECK(impl.policy);
    if (mutant(Mutant::cursor_first))
        SATCHEL_TRYV(impl.db.run("UPDATE cases SET cursor = ? WHERE case_id = ?", page.cursor, page.case_id));
    const auto in_one_transaction = [&]() -> Result<Tally> {
        SATCHEL_TRY(auto transaction, crypto::Transaction::begin(impl.db));
        SATCHEL_TRY(const auto tally, PageApplication(impl, page).run());
        SATCHEL_TRYV(transaction.commit());
        return tally;
    };
    auto outcome = in_one_transaction();
    if (!outcome)
        impl.digests_of = 0;  // may name rows that were rolled back
    else
        for (const auto& entry : page.entries)
            if (entry.kind == EntryKind::own)
                impl.digests.erase(entry.digest);
    return outcome;
}

}  // namespace satchel::client
