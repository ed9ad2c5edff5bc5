#include "sync/hub/commit.hpp"

#include "schema/base/mutant.hpp"
#include "sync/hub/written_again.hpp"

#include <algorithm>
#include <set>

namespace satchel::sync {
namespace {

Result<Digest> held_digest(CentralView& view, IncarnationNo incarnation, std::uint64_t sequence)
{
    SATCHEL_TRY(const auto batch, view.batch_of(incarnation, sequence));
    if (!batch)
        return fail(Errc::corrupt, "batches: a sequence is missing");
    return batch->digests[sequence - batch->first_sequence];
}

// One push on its way through the writer.
class PushCommit {
public:
    PushCommit(Ledger& ledger, PreparedPush& push) : ledger_(ledger), push_(push) {}

    Result<PushOutcome> run()
    {
        SATCHEL_TRYV(load());
        const auto first = push_.batch.first_sequence;
        if (incarnation_.forked)
            return fail(Errc::fork, "this store has to take a new incarnation first");
        if (first > incarnation_.received + 1)
            return fail(Errc::protocol_violation, "the push leaves out changesets before it");
        const auto known = std::min<std::uint64_t>(incarnation_.received + 1 - first, push_.items.size());
        SATCHEL_TRY(const auto differs, first_difference(static_cast<std::size_t>(known)));
        if (differs)
            return keep_fork(*differs);
        if (known < push_.items.size()) {
            SATCHEL_TRY(const bool here, look_for_what_was_written_again(static_cast<std::size_t>(known)));
            if (here)
                return close("another copy of this store has written the same again; it is here once");
            SATCHEL_TRYV(take(static_cast<std::size_t>(known)));
        }
        return PushOutcome{incarnation_, ledger_.now(), {}};
    }

private:
    Result<void> load()
    {
        auto& store = ledger_.store();
        SATCHEL_TRY(const auto incarnation, store.incarnation(push_.batch.incarnation_no));
        SATCHEL_TRY(const auto credential, store.credential(push_.credential_no));
        if (!incarnation || !credential)
            return fail(Errc::corrupt, "incarnations: gone during a session");
        SATCHEL_TRY(const auto user, store.user(credential->user));
        if (!user)
            return fail(Errc::corrupt, "credentials: no such user");
        incarnation_ = *incarnation;
        user_ = *user;
        deposit_only_ = user_.suspended || credential->revoked;
        author_.user = user_.id;
        author_.credential = credential->id;
        SATCHEL_TRY(author_.hats, hats_of(user_, credential->agency));
        return {};
    }

    // The first of the `known` leading items whose digest is not the one held under its number.
    Result<std::optional<std::size_t>> first_difference(std::size_t known)
    {
        std::optional<BatchRow> batch;
        for (std::size_t i = 0; i < known; ++i) {
            const auto sequence = push_.items[i].sequence;
            if (!batch || sequence >= batch->first_sequence + batch->digests.size()) {
                SATCHEL_TRY(batch, ledger_.store().batch_of(push_.batch.incarnation_no, sequence));
                if (!batch)
                    return fail(Errc::corrupt, "batches: a sequence is missing");
            }
            if (batch->digests[sequence - batch->first_sequence] != push_.batch.digests[i])
                return i;
        }
        return std::nullopt;
    }

    Result<PushOutcome> keep_fork(std::size_t at)
    {
        const auto sequence = push_.items[at].sequence;
        SATCHEL_TRY(const auto held, held_digest(ledger_.store(), push_.batch.incarnation_no, sequence));
        EntryRow entry;
        entry.kind = EntryKind::fork;
        entry.credential_no = push_.credential_no;
        entry.sequence = sequence;
        entry.body = encode(ForkBody{push_.incarnation, sequence, held, push_.batch.digests[at], push_.payload});
        SATCHEL_TRYV(ledger_.append(std::move(entry)));
        return close("the hub holds other work under these numbers; both are kept");
    }

    // Its store takes a new incarnation, and looks at what is here before it writes anything again.
    Result<PushOutcome> close(std::string why)
    {
        incarnation_.forked = true;
        SATCHEL_TRYV(ledger_.admin(AdminKind::incarnation, incarnation_, {}, push_.credential_no));
        return PushOutcome{incarnation_, ledger_.now(), std::move(why)};
    }

    // Two copies of a store may each have found that the other had not written something again. True: what came second is
    // ruled on already, where its store can see it: that carries over what it has built on it (docs/PROTOCOL.md). What it
    // cannot see is only marked, for take().
    Result<bool> look_for_what_was_written_again(std::size_t from)
    {
        for (auto i = from; i < push_.items.size(); ++i) {
            auto& item = push_.items[i];
            const auto& header = item.opened.header;
            if (!item.readable || !header.was || header.author != author_.credential || mutant(Mutant::was_ignored))
                continue;
            SATCHEL_TRY(auto* where, ledger_.find_case(header.case_id));
            auto at = earlier_.find(header.case_id);
            if (at == earlier_.end()) {
                const Position end{raw(ledger_.head()) + 1};
                SATCHEL_TRY(auto work, EarlierWork::read(ledger_.store(), push_.credential_no, header.case_id,
                                                         where ? where->no() : CaseNo{}, end));
                at = earlier_.emplace(header.case_id, std::move(work)).first;
            }
            const auto* same = at->second.same_as(item.opened);
            bool ruled = !deposit_only_ && where;
            if (ruled) {
                SATCHEL_TRY(const auto why_not, reason_to_hold(*where));
                ruled = why_not.empty();
            }
            if (same && same->kind == EntryKind::changeset && same->incarnation_no != push_.batch.incarnation_no &&
                ruled && working_.contains(where->no()))
                return true;
            item.written_again = same != nullptr;
            at->second.add({ruled && !same ? EntryKind::changeset : EntryKind::held, push_.batch.incarnation_no},
                           item.opened);
        }
        return false;
    }

    Result<void> take(std::size_t from)
    {
        SATCHEL_TRY(batch_no_, ledger_.append(push_.batch));
        for (std::size_t i = from; i < push_.items.size(); ++i) {
            auto& item = push_.items[i];
            const bool left_out = mutant(Mutant::receipt_too_far) && i > from && i + 1 == push_.items.size();
            auto taken = left_out        ? Result<void>{}
                         : item.readable ? take_readable(item)
                                         : hold(item, item.held, CaseNo{});
            if (!taken)
                return taken;
            incarnation_.received = item.sequence;
            incarnation_.head = push_.batch.digests[i];
            SATCHEL_TRYV(ledger_.forget_some_in_between());
        }
        // What was delivered before is never named again: `seen` does not go back along a chain.
        for (const auto& [no, seen] : last_seen_)
            SATCHEL_TRYV(ledger_.store().prune_cursors(push_.credential_no, no, seen));
        return ledger_.store().put(incarnation_);
    }

    Result<void> take_readable(PreparedItem& item)
    {
        const auto& header = item.opened.header;
        if (header.author != author_.credential)
            return hold(item, "not-yours", CaseNo{});
        SATCHEL_TRY(auto* where, ledger_.find_case(header.case_id));
        if (item.written_again)
            return hold(item, held_written_again, where ? where->no() : CaseNo{});
        if (deposit_only_)
            return hold(item, "barred", where ? where->no() : CaseNo{});
        // A case that does not exist and one that is none of theirs: no difference anywhere.
        if (!where)
            return hold(item, "out-of-scope", CaseNo{});
        SATCHEL_TRY(const auto why_not, reason_to_hold(*where));
        if (!why_not.empty())
            return hold(item, why_not, where->no());
        SATCHEL_TRY(const auto seen_position, position_of(*where, item.seen));
        last_seen_[where->no()] = item.seen;
        SATCHEL_TRYV(ledger_.rule(*where, item.opened, item.body, author_,
                                  {push_.credential_no, batch_no_, item.sequence, seen_position}));
        return {};
    }

    // Empty: it may be ruled on.
    Result<std::string> reason_to_hold(HotCase& where)
    {
        if (const auto at = hold_reasons_.find(where.no()); at != hold_reasons_.end())
            return at->second;
        CaseRow now = where.row();
        now.facts = where.state().facts;
        SATCHEL_TRY(const auto access, access_to(ledger_.store(), ledger_.policy().policy, user_, now));
        if (access.access == Access::working)
            working_.insert(where.no());
        std::string reason;
        if (mutant(Mutant::barred_work_ruled))
            return reason;
        if (access.access == Access::none)
            reason = "out-of-scope";
        else if (access.access == Access::barred)
            reason = "barred";
        else if (access.access == Access::moved) {
            // Until the device has confirmed that the case is gone, its unsent work is delivered and judged.
            SATCHEL_TRY(const auto delivered, ledger_.store().newest_cursor(push_.credential_no, where.no()));
            if (!delivered)
                reason = "out-of-scope";
        }
        hold_reasons_[where.no()] = reason;
        return reason;
    }

    // Where the case stood when its author had received delivery `seen`.
    Result<Position> position_of(HotCase& where, std::uint64_t seen)
    {
        if (seen == 0)
            return Position{};
        if (where.no() == seen_case_ && seen == seen_cursor_)
            return seen_position_;
        auto& store = ledger_.store();
        SATCHEL_TRY(auto cursor, store.cursor(push_.credential_no, where.no(), seen));
        if (!cursor) {
            SATCHEL_TRY(cursor, store.newest_cursor(push_.credential_no, where.no()));
            if (cursor && cursor->cursor > seen)
                cursor.reset();  // nothing is known of it: as if nothing had been seen
        }
        seen_case_ = where.no();
        seen_cursor_ = seen;
        seen_position_ = cursor && cursor->seal == cursor_seal(seal_, *cursor) ? cursor->position : Position{};
        return seen_position_;
    }

    Result<void> hold(PreparedItem& item, std::string_view why, CaseNo case_no)
    {
        SATCHEL_TRY(auto work, decode_changeset_body(item.body));
        return hold(item, HeldBody{std::string(why), std::move(work), {}, {}}, case_no);
    }

    Result<void> hold(const PreparedItem& item, const HeldBody& body, CaseNo case_no)
    {
        if (body.sealed_case) {
            SATCHEL_TRY(const auto* where, ledger_.find_case(*body.sealed_case));
            if (where)
                case_no = where->no();
        }
        EntryRow entry;
        entry.kind = EntryKind::held;
        entry.case_no = case_no;
        entry.credential_no = push_.credential_no;
        entry.batch_no = batch_no_;
        entry.sequence = item.sequence;
        entry.body = encode(body);
        SATCHEL_TRYV(ledger_.append(std::move(entry)));
        return {};
    }

    Ledger& ledger_;
    PreparedPush& push_;
    IncarnationRow incarnation_;
    UserRow user_;
    Author author_;
    bool deposit_only_ = false;
    BatchNo batch_no_{};
    crypto::HmacKey seal_ = ledger_.keys().cursor_seal();
    std::map<CaseNo, std::string> hold_reasons_;
    std::set<CaseNo> working_;  // of those that have been asked about: cases whose pages its author gets
    std::map<CaseId, EarlierWork> earlier_;
    std::map<CaseNo, std::uint64_t> last_seen_;
    CaseNo seen_case_{};
    std::uint64_t seen_cursor_ = 0;
    Position seen_position_{};
};

}  // namespace

Result<PushOutcome> commit_push(Ledger& ledger, PreparedPush& push) { return PushCommit(ledger, push).run(); }

}  // namespace satchel::sync
