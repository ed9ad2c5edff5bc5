// Access ends: a case leaves the device, or is shut at once and its unsent work sealed to a handler.
#include "client/store/store_impl.hpp"
#include "crypto/sealed.hpp"
#include "schema/base/mutant.hpp"
#include "sync/core/deposit.hpp"

namespace satchel::client {
namespace {

constexpr auto sealed_state = static_cast<std::int64_t>(WorkState::sealed);

Result<crypto::SealingPublicKey> sealing_key(ByteView bytes)
{
    crypto::SealingPublicKey key;
    if (bytes.size() != key.bytes.size())
        return fail(Errc::protocol_violation, "a handler's key of the wrong length");
    std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
    return key;
}

} // namespace

Result<void> DeviceStore::Impl::drop_log(std::int64_t case_no)
{
    const auto first = row_number(case_no, 0);
    const auto last = row_number(case_no + 1, 0) - 1;
    SATCHEL_TRYV(db.run("DELETE FROM entries WHERE entry_no BETWEEN ? AND ?", first, last));
    SATCHEL_TRYV(db.run("DELETE FROM batches WHERE batch_no BETWEEN ? AND ?", first, last));
    SATCHEL_TRYV(db.run("DELETE FROM records WHERE case_no = ?", case_no));
    SATCHEL_TRYV(db.run("DELETE FROM overlay WHERE case_no = ?", case_no));
    SATCHEL_TRYV(db.run("DELETE FROM tasks WHERE case_no = ?", case_no));
    SATCHEL_TRYV(db.run("DELETE FROM overlay_tasks WHERE case_no = ?", case_no));
    SATCHEL_TRYV(db.run("DELETE FROM search WHERE rowid IN (SELECT doc_no FROM documents WHERE case_no = ?)",
                        case_no));
    SATCHEL_TRYV(db.run("DELETE FROM documents WHERE case_no = ?", case_no));
    SATCHEL_TRYV(
        db.run("DELETE FROM attention WHERE case_no = ? AND kind NOT IN ('view_changed', 'ruling_changed')",
               case_no));
    SATCHEL_TRYV(
        db.run("DELETE FROM meta WHERE name = 'indexed_own'")); // pending records are to be indexed again
    return db.run("UPDATE cases SET indexed_entries = 0 WHERE case_no = ?", case_no);
}

Result<void> DeviceStore::Impl::drop_case_content(std::int64_t case_no)
{
    SATCHEL_TRYV(drop_log(case_no));
    SATCHEL_TRYV(db.run("DELETE FROM attention WHERE case_no = ?", case_no));
    // Of own work only number and digest stay: they hold the chain together and tell nothing. A ruling's
    // words would.
    if (!mutant(Mutant::words_left))
        SATCHEL_TRYV(db.run(
            "UPDATE own SET body = CASE state WHEN 4 THEN body WHEN 5 THEN body ELSE x'' END, outcome = x'', "
            "last_rulings = NULL, saved_at = 0 WHERE case_no = ?",
            case_no));
    digests_of = 0;
    SATCHEL_TRYV(put_meta(unclean, Bytes{1}));
    return db.run("DELETE FROM cases WHERE case_no = ?", case_no);
}

// What is deleted is overwritten, but where rows have moved from one page to another before, what they were can lie in the
// room between rows: only writing every page anew removes that.
Result<bool> DeviceStore::Impl::clean()
{
    SATCHEL_TRY(const auto needed, meta(unclean));
    if (needed) {
        const auto rewritten = db.rewrite_pages();
        if (!rewritten && rewritten.error().code == Errc::disk_full)
            return false;
        SATCHEL_TRYV(rewritten);
        SATCHEL_TRYV(db.checkpoint_truncate());
        SATCHEL_TRYV(db.run("DELETE FROM meta WHERE name = ?", unclean));
    }
    SATCHEL_TRYV(db.checkpoint_truncate());
    return true;
}

Result<void> DeviceStore::tidy()
{
    SATCHEL_TRY(const auto needed, impl_->meta(unclean));
    if (needed)
        SATCHEL_TRYV(impl_->clean());
    return {};
}

Result<bool> DeviceStore::Impl::prove_gone(std::int64_t case_no)
{
    SATCHEL_TRY(const bool cleaned, clean());
    if (!cleaned)
        return false;
    const auto first = row_number(case_no, 0);
    const auto last = row_number(case_no + 1, 0) - 1;
    SATCHEL_TRY(
        const auto left,
        db.lookup_int64("SELECT (SELECT count(*) FROM cases WHERE case_no = ?1)"
                        " + (SELECT count(*) FROM entries WHERE entry_no BETWEEN ?2 AND ?3)"
                        " + (SELECT count(*) FROM batches WHERE batch_no BETWEEN ?2 AND ?3)"
                        " + (SELECT count(*) FROM records WHERE case_no = ?1)"
                        " + (SELECT count(*) FROM overlay WHERE case_no = ?1)"
                        " + (SELECT count(*) FROM tasks WHERE case_no = ?1)"
                        " + (SELECT count(*) FROM overlay_tasks WHERE case_no = ?1)"
                        " + (SELECT count(*) FROM documents WHERE case_no = ?1)"
                        " + (SELECT count(*) FROM attention WHERE case_no = ?1)"
                        " + (SELECT count(*) FROM search WHERE rowid NOT IN (SELECT doc_no FROM documents))",
                        case_no, first, last));
    if (left.value_or(1) != 0)
        return fail(Errc::bug, "a case is not gone after its removal");
    return true;
}

// The hub asks again until it has our word. Sealed work finds its case id here, so a row that is there stays.
Result<void> DeviceStore::Impl::note_removal(std::optional<std::int64_t> case_no, const RemovedCase& removed)
{
    if (!case_no) {
        SATCHEL_TRYV(db.run("UPDATE removed_cases SET nonce = ?, told = 0 WHERE removal_no = "
                            "(SELECT max(removal_no) FROM removed_cases WHERE case_id = ?)",
                            removed.nonce, removed.case_id));
        if (db.changes() > 0)
            return {};
    }
    return db.run(
        "INSERT INTO removed_cases(case_no, case_id, because, handler_role, nonce, at) VALUES(?,?,?,?,?,?)",
        case_no.value_or(0), removed.case_id, removed.because, removed.handler_role, removed.nonce,
        removed.at.ms);
}

Result<bool> DeviceStore::lock_case(const CaseId& case_id)
{
    SATCHEL_TRYV(impl_->db.run("UPDATE cases SET locked = 1 WHERE case_id = ?", case_id));
    return impl_->db.changes() > 0;
}

Result<void> DeviceStore::bar_case(const sync::BarredCase& barred, Instant now, Random& random)
{
    auto& impl = *impl_;
    auto& db = impl.db;
    SATCHEL_TRYV(lock_case(barred.case_id)); // durable before anything else: nobody reads on while we tidy
    SATCHEL_TRY(const auto case_no,
                db.lookup_int64("SELECT case_no FROM cases WHERE case_id = ?", barred.case_id));
    SATCHEL_TRY(auto transaction, crypto::Transaction::begin(db));
    if (case_no) {
        SATCHEL_TRY(const auto key, sealing_key(barred.handler_key));
        SATCHEL_TRY(auto unsent,
                    db.statement("SELECT own_no, digest, body FROM own WHERE case_no = ? AND state = 1"));
        unsent.bind(1, *case_no);
        std::vector<std::pair<std::int64_t, Bytes>> sealed;
        for (;;) {
            SATCHEL_TRY(const bool more, unsent.step());
            if (!more)
                break;
            if (mutant(Mutant::purged_unsent))
                continue;
            SATCHEL_TRY(const auto work, unpack_changeset(unsent.blob(2)));
            SATCHEL_TRY(auto bytes, crypto::seal_to(key, sync::encode_deposit(work),
                                                    sync::deposit_context(unsent.array(1)), random));
            sealed.emplace_back(unsent.int64(0), std::move(bytes));
        }
        for (const auto& [own_no, bytes] : sealed)
            SATCHEL_TRYV(
                db.run("UPDATE own SET state = ?, body = ? WHERE own_no = ?", sealed_state, bytes, own_no));
        SATCHEL_TRYV(impl.drop_case_content(*case_no));
        AttentionItem item;
        item.kind = "access_removed";
        item.what_happened = "Access to a case was removed.";
        if (!sealed.empty())
            item.what_happened +=
                " Work of yours (" + std::to_string(sealed.size()) + ") is held, not in the record.";
        item.what_next = "Ask your line manager if you think this is wrong.";
        item.who_acts = barred.handler_role;
        item.at = now;
        SATCHEL_TRYV(impl.note(0, item));
    }
    RemovedCase removed{barred.case_id, "restricted", barred.handler_role, barred.nonce, false, now};
    SATCHEL_TRYV(impl.note_removal(case_no, removed));
    SATCHEL_TRYV(transaction.commit());
    if (case_no)
        SATCHEL_TRYV(impl.prove_gone(*case_no));
    return {};
}

Result<std::uint64_t> DeviceStore::bar_everything(ByteView deposit_key, Instant now, Random& random)
{
    SATCHEL_TRYV(sealing_key(deposit_key));
    SATCHEL_TRYV(impl_->db.run("UPDATE cases SET locked = 1"));
    std::vector<CaseId> all;
    {
        SATCHEL_TRY(auto query, impl_->db.statement("SELECT case_id FROM cases"));
        for (;;) {
            SATCHEL_TRY(const bool more, query.step());
            if (!more)
                break;
            all.push_back(query.id<CaseId>(0));
        }
    }
    for (const auto& id : all) {
        sync::BarredCase barred;
        barred.case_id = id;
        barred.handler_key = to_bytes(deposit_key);
        SATCHEL_TRYV(bar_case(barred, now, random));
    }
    return all.size();
}

Result<bool> DeviceStore::has_unsent(const CaseId& case_id)
{
    SATCHEL_TRY(const auto found,
                impl_->db.lookup_int64(
                    "SELECT 1 FROM own WHERE case_no = (SELECT case_no FROM cases WHERE case_id = ?) "
                    "AND state = 1 LIMIT 1",
                    case_id));
    return found.has_value();
}

Result<void> DeviceStore::purge_case(const sync::Remove& remove, Instant now)
{
    auto& impl = *impl_;
    SATCHEL_TRY(const bool unsent, has_unsent(remove.case_id));
    if (unsent)
        return fail(Errc::refused, "work on the case has not been received centrally yet");
    SATCHEL_TRY(const auto case_no,
                impl.db.lookup_int64("SELECT case_no FROM cases WHERE case_id = ?", remove.case_id));
    SATCHEL_TRY(auto transaction, crypto::Transaction::begin(impl.db));
    if (case_no)
        SATCHEL_TRYV(impl.drop_case_content(*case_no));
    SATCHEL_TRYV(impl.note_removal(case_no, {remove.case_id, remove.because, {}, remove.nonce, false, now}));
    SATCHEL_TRYV(transaction.commit());
    if (case_no)
        SATCHEL_TRYV(impl.prove_gone(*case_no));
    return {};
}

Result<std::vector<RemovedCase>> DeviceStore::removals_to_tell()
{
    SATCHEL_TRY(auto query,
                impl_->db.statement("SELECT case_id, because, handler_role, nonce, at, case_no FROM removed_cases "
                                    "WHERE told = 0 AND nonce <> zeroblob(16) ORDER BY removal_no"));
    std::vector<RemovedCase> out;
    std::vector<std::int64_t> numbers;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            break;
        RemovedCase removed;
        removed.case_id = query.id<CaseId>(0);
        removed.because = query.text(1);
        removed.handler_role = query.text(2);
        removed.nonce = query.array<16>(3);
        removed.at.ms = query.int64(4);
        out.push_back(std::move(removed));
        if (query.int64(5) != 0)
            numbers.push_back(query.int64(5));
    }
    // The program may have died between the removal and the cleaning of the log: nothing is told that was not looked at.
    for (const auto case_no : numbers) {
        SATCHEL_TRY(const bool gone, impl_->prove_gone(case_no));
        if (!gone)
            return std::vector<RemovedCase>{};
    }
    return out;
}

Result<void> DeviceStore::removal_told(const CaseId& case_id)
{
    return impl_->db.run("UPDATE removed_cases SET told = 1 WHERE case_id = ?", case_id);
}

} // namespace satchel::client
