#include "sync/hub/pages.hpp"

#include <algorithm>
#include <bit>

#include "crypto/audit.hpp"
#include "crypto/hash.hpp"
#include "schema/base/mutant.hpp"
#include "sync/hub/entry_reader.hpp"

namespace satchel::sync {
namespace {

constexpr std::size_t chunk_rows = 512;
constexpr std::size_t chunk_bytes_max = 512 * 1024;

// The most that a proof for k leaves of a batch can take.
std::size_t proof_bytes_max(std::size_t k)
{
    const auto levels = static_cast<std::size_t>(std::bit_width(crypto::batch_leaves / std::bit_ceil(k))) - 1;
    return 128 + k * 2 + std::bit_ceil(k) * levels * sizeof(Digest);
}

// Entries of a case, read in chunks so that other reads of the view can stand between them.
class Entries {
public:
    // A chunk is about `chunk_bytes`.
    Entries(CentralView& view, CaseNo case_no, Position after, std::size_t chunk_bytes)
        : view_(view), case_no_(case_no), last_(after), chunk_bytes_(std::min(chunk_bytes, chunk_bytes_max))
    {
    }

    // Null at the end.
    Result<const EntryRow*> next()
    {
        if (at_ == chunk_.size()) {
            if (ended_)
                return nullptr;
            SATCHEL_TRYV(fill());
            if (chunk_.empty())
                return nullptr;
        }
        return &chunk_[at_++];
    }

private:
    Result<void> fill()
    {
        chunk_.clear();
        at_ = 0;
        std::size_t size = 0;
        const Visit<EntryRow> keep = [&](const EntryRow& row) -> Result<bool> {
            size += row.body.size() + row.rulings.size();
            chunk_.push_back(row);
            last_ = row.position;
            return chunk_.size() < chunk_rows && size < chunk_bytes_;
        };
        SATCHEL_TRYV(view_.case_entries(case_no_, last_, keep));
        ended_ = chunk_.size() < chunk_rows && size < chunk_bytes_;
        return {};
    }

    CentralView& view_;
    CaseNo case_no_;
    Position last_;
    std::size_t chunk_bytes_;
    std::vector<EntryRow> chunk_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

void count_visible(CursorRow& cursor, Position position)
{
    std::array<std::uint8_t, 8> number;
    for (std::size_t i = 0; i < 8; ++i)
        number[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(raw(position)) >> (8 * i));
    cursor.visible = crypto::sha256({cursor.visible, number});
    ++cursor.visible_count;
}

// A page in the making.
class PageBuilder {
public:
    PageBuilder(ReferredRows& rows, BatchTrees& trees, std::size_t bytes_max)
        : rows_(rows), trees_(trees), bytes_max_(bytes_max)
    {
    }

    [[nodiscard]] bool takes(const EntryRow& row, const OpenEntry& open) const
    {
        return page_.entries.empty() || bytes_with(row, open) <= bytes_max_;
    }
    void add(const EntryRow& row, OpenEntry open)
    {
        bytes_ = bytes_with(row, open);
        if (open.entry.kind == Entry::Kind::changeset) {
            const auto [at, fresh] = batch_index_.try_emplace(row.batch_no, batches_.size());
            if (fresh)
                batches_.push_back({row.batch_no, row.credential_no, {}});
            open.entry.batch = static_cast<std::uint32_t>(at->second);
            batches_[at->second].members.emplace_back(page_.entries.size(), open.index_in_batch);
        }
        page_.entries.push_back(std::move(open.entry));
    }
    [[nodiscard]] bool empty() const { return page_.entries.empty(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    // Proofs and authors. To be called once, last.
    Result<Page> finish()
    {
        std::vector<CredentialNo> authors;
        for (const auto& batch : batches_) {
            SATCHEL_TRYV(prove(batch));
            if (std::find(authors.begin(), authors.end(), batch.author) == authors.end())
                authors.push_back(batch.author);
        }
        for (const auto no : authors) {
            SATCHEL_TRY(const auto* author, rows_.author(no));
            page_.authors.push_back(*author);
        }
        return std::move(page_);
    }

private:
    struct PageBatch {
        BatchNo no{};
        CredentialNo author{};
        std::vector<std::pair<std::size_t, std::size_t>> members;  // entry of the page, index in the batch
    };

    [[nodiscard]] std::size_t bytes_with(const EntryRow& row, const OpenEntry& open) const
    {
        std::size_t bytes = bytes_ + open.bytes;
        if (open.entry.kind != Entry::Kind::changeset)
            return bytes;
        const auto at = batch_index_.find(row.batch_no);
        const auto members = at == batch_index_.end() ? 0 : batches_[at->second].members.size();
        return bytes + proof_bytes_max(members + 1) - (members == 0 ? 0 : proof_bytes_max(members));
    }

    Result<void> prove(const PageBatch& batch)
    {
        SATCHEL_TRY(const auto* row, rows_.batch(batch.no));
        SATCHEL_TRY(const auto* incarnation, rows_.incarnation(row->incarnation_no));
        const auto tree = trees_.of(batch.no, batch_secret(incarnation->salt_key, row->first_sequence), row->digests);
        std::vector<std::size_t> indices;
        indices.reserve(batch.members.size());
        for (const auto& [entry, index] : batch.members) {
            indices.push_back(index);
            page_.entries[entry].place = tree->place(index);
        }
        BatchProof proof;
        proof.author = incarnation->author;
        proof.signature = row->signature;
        Writer out(proof.proof);
        crypto::encode(tree->proof(indices), out);
        page_.batches.push_back(std::move(proof));
        return {};
    }

    ReferredRows& rows_;
    BatchTrees& trees_;
    std::size_t bytes_max_;
    Page page_;
    std::vector<PageBatch> batches_;
    std::map<BatchNo, std::size_t> batch_index_;
    std::size_t bytes_ = 64;
};

class CasePages final : public PageSource {
public:
    CasePages(CentralStore& store, const HubKeys& keys, HubPolicyPtr policy, const Admission& admission,
              bool safety_only, BatchTrees& trees)
        : store_(store), seal_key_(keys.cursor_seal()), policy_(std::move(policy)), admission_(admission),
          viewer_(admission.viewer()), safety_only_(safety_only), trees_(trees)
    {
    }

    Result<void> start()
    {
        SATCHEL_TRY(const auto view, store_.view());
        SATCHEL_TRYV(look_again(*view));
        if (admission_.deposit_only)
            return {};
        SATCHEL_TRY(const auto hub, view->hub());
        if (!hub)
            return fail(Errc::corrupt, "hub: gone");
        restores_ = hub->restores;
        SATCHEL_TRY(const auto accessible, accesses(*view, policy_->policy, admission_.user));
        for (const auto& [no, access] : accessible) {
            if (access.access != Access::working)
                continue;
            SATCHEL_TRY(const auto row, view->case_row(no));
            cases_.push_back({no, row->id, {}, false, false});
        }
        // By id, which tells nothing: not by number, which would tell how many others were opened between.
        std::sort(cases_.begin(), cases_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        for (auto& one : cases_) {
            scope_.push_back(one.id);
            SATCHEL_TRYV(find_start(*view, one));
        }
        return {};
    }

    void aim_at(std::size_t page_bytes) override { page_bytes_ = std::clamp(page_bytes, page_bytes_min, page_bytes_max); }
    [[nodiscard]] const std::vector<CaseId>& scope() const override { return scope_; }

    Result<std::vector<Delivery>> next(std::size_t budget) override
    {
        std::vector<Delivery> out;
        std::size_t gathered = 0;
        if (at_ == cases_.size())
            return out;
        SATCHEL_TRY(const auto view, store_.view());
        SATCHEL_TRYV(look_again(*view));
        if (admission_.deposit_only) {
            at_ = cases_.size();
            return out;
        }
        // For this call alone: readers wait on their lines for most of a session, and there may be a thousand of them.
        ReferredRows rows(*view);
        EntryReader reader(*view, *policy_, viewer_, admission_, rows);
        const Sight sight{*view, rows, reader};
        while (at_ < cases_.size() && gathered < budget && out.size() < deliveries_max) {
            SATCHEL_TRY(auto delivery, deliver(sight, cases_[at_]));
            const bool more = delivery && delivery->page && delivery->page->more;
            if (delivery) {
                gathered += delivery->bytes;
                cases_[at_].from = delivery->cursor;
                out.push_back(*std::move(delivery));
            }
            if (!more)
                ++at_;
        }
        return out;
    }

private:
    static constexpr std::size_t deliveries_max = 256;

    struct OneCase {
        CaseNo no{};
        CaseId id;
        CursorRow from;       // what the device has
        bool reset = false;   // the next page starts the case anew
        std::uint64_t given = 0;  // the highest cursor that this device was ever given, and how far to stay away from it
        bool chosen = false;  // safety_only: something to be seen here concerns safety
    };

    // One state of the log, and what was read of it.
    struct Sight {
        CentralView& view;
        ReferredRows& rows;
        EntryReader& reader;
    };

    // Who reads, as of now: a session may stay open for long, and a pull stand still for as long as its reader grants nothing.
    Result<void> look_again(CentralView& view)
    {
        SATCHEL_TRY(const auto credential, view.credential(admission_.credential_no()));
        SATCHEL_TRY(const auto user, view.user(admission_.user.id));
        if (!credential || !user)
            return fail(Errc::corrupt, "credentials: gone during a session");
        admission_.user = *user;
        admission_.deposit_only = user->suspended || (credential->revoked && !mutant(Mutant::revoked_served));
        SATCHEL_TRY(viewer_.hats, hats_of(*user, credential->agency));
        return {};
    }

    Result<void> find_start(CentralView& view, OneCase& one)
    {
        one.from.credential_no = admission_.credential_no();
        one.from.case_no = one.no;
        SATCHEL_TRY(const auto newest, view.newest_cursor(admission_.credential_no(), one.no));
        one.given = std::max(newest ? newest->cursor : 0, before_first_of_epoch(one.no));
        const auto stated = admission_.cursors.find(one.id);
        if (stated == admission_.cursors.end() || stated->second == 0) {
            // Cursors went with the case when it left the device, and an old copy of its store may still hold one.
            SATCHEL_TRY(const auto removal, view.removal(admission_.credential_no(), one.no));
            if (removal && !newest)
                one.given += distance(one.no, 0, removal->nonce);
            return {};
        }
        SATCHEL_TRY(const auto known, view.cursor(admission_.credential_no(), one.no, stated->second));
        // One of an earlier epoch may stand for something else in the copy that was put back: whether a commit that failed is
        // in a copy nobody knows.
        if (known && stated->second > before_first_of_epoch(one.no) && known->seal == cursor_seal(seal_key_, *known)) {
            one.from = *known;
        } else {
            one.from.cursor = stated->second;
            one.given = std::max(one.given, stated->second) + distance(one.no, stated->second, admission_.ack.epoch);
            one.reset = true;
        }
        return {};
    }

    // A cursor names one delivery for ever, and two copies of a device's store may state each its own. A hub that was put back
    // has given numbers that it knows nothing of: each epoch counts from a place that no other history of this hub shares.
    [[nodiscard]] std::uint64_t before_first_of_epoch(CaseNo no) const
    {
        constexpr unsigned epoch_bits = 32;  // more than one epoch ever counts, distances and all
        return restores_ == 0 || mutant(Mutant::cursors_of_epochs_meet)
                   ? 0
                   : (std::uint64_t{restores_} << epoch_bits) + distance(no, 0, admission_.ack.epoch);
    }

    // After a number that it does not know it counts on far away, for the same reason.
    [[nodiscard]] std::uint64_t distance(CaseNo no, std::uint64_t stated, ByteView history) const
    {
        Bytes what;
        Writer out(what);
        out.i64(raw(admission_.credential_no()));
        out.i64(raw(no));
        out.u64(stated);
        out.bytes(history);
        const auto far = seal_key_.mac({view("satchel cursor distance/1"), what});
        return (std::uint64_t{far[0]} << 22 | std::uint64_t{far[1]} << 14 | std::uint64_t{far[2]} << 6 | far[3] >> 2) + 1;
    }

    // Is what was delivered still exactly what may be seen of those entries?
    static Result<bool> prefix_unchanged(const Sight& sight, const CursorRow& from)
    {
        if (mutant(Mutant::audience_kept))
            return true;
        CursorRow now;
        Entries entries(sight.view, from.case_no, Position{}, chunk_bytes_max);
        for (;;) {
            SATCHEL_TRY(const auto* row, entries.next());
            if (!row || row->position > from.position)
                break;
            SATCHEL_TRY(const auto open, sight.reader.open(*row, /*content=*/false));
            if (open.visible)
                count_visible(now, row->position);
        }
        return now.visible == from.visible && now.visible_count == from.visible_count;
    }

    static Result<bool> safety_to_be_seen(const Sight& sight, const CursorRow& from)
    {
        Entries entries(sight.view, from.case_no, from.position, chunk_bytes_max);
        for (;;) {
            SATCHEL_TRY(const auto* row, entries.next());
            if (!row)
                return false;
            SATCHEL_TRY(const auto open, sight.reader.open(*row, /*content=*/false));
            if (open.visible && open.safety)
                return true;
        }
    }

    Result<std::optional<Delivery>> deliver(const Sight& sight, OneCase& one)
    {
        SATCHEL_TRY(const auto row, sight.view.case_row(one.no));
        if (!row)
            return fail(Errc::corrupt, "cases: one is gone");
        const auto mark = visibility_mark(*row, admission_.user, policy_->policy.version);
        auto& from = one.from;
        const bool delivered_before = from.position != Position{};
        if (delivered_before && from.visibility == mark && from.position >= row->head)
            return std::optional<Delivery>{};
        sight.reader.begin(*row);
        if (delivered_before && from.visibility != mark) {
            SATCHEL_TRY(const bool unchanged, prefix_unchanged(sight, from));
            if (!unchanged) {
                const auto cursor = from.cursor;
                from = {};
                from.credential_no = admission_.credential_no();
                from.case_no = one.no;
                from.cursor = cursor;
                one.reset = true;
            }
        }
        if (safety_only_ && !one.chosen) {
            if (row->last_safety <= from.position)
                return std::optional<Delivery>{};
            SATCHEL_TRY(one.chosen, safety_to_be_seen(sight, from));
            if (!one.chosen)
                return std::optional<Delivery>{};
        }
        SATCHEL_TRY(const auto access, access_to(sight.view, policy_->policy, admission_.user, *row));
        if (access.access != Access::working)
            return std::optional<Delivery>{};  // no longer: it is asked back with the next pull
        return build(sight, one, *row, mark);
    }

    Result<std::optional<Delivery>> build(const Sight& sight, OneCase& one, const CaseRow& row, std::uint64_t mark)
    {
        Delivery out;
        out.cursor = one.from;
        PageBuilder page(sight.rows, trees_, page_bytes_);
        Entries entries(sight.view, one.no, one.from.position, 2 * page_bytes_);  // of small pages most would be read again
        bool more = false;
        Position scanned = one.from.position;
        for (;;) {
            SATCHEL_TRY(const auto* entry, entries.next());
            if (!entry)
                break;
            SATCHEL_TRY(auto open, sight.reader.open(*entry, /*content=*/true));
            if (open.visible) {
                if (!page.takes(*entry, open)) {
                    more = true;
                    break;
                }
                count_visible(out.cursor, entry->position);
                page.add(*entry, std::move(open));
            } else if (mutant(Mutant::hidden_counted)) {
                ++one.given;
            }
            scanned = entry->position;
        }
        out.cursor.position = more ? scanned : std::max(scanned, row.head);
        out.cursor.visibility = mark;
        if (!page.empty() || one.reset) {
            out.bytes = page.bytes();
            SATCHEL_TRY(out.page, page.finish());
            out.page->case_id = one.id;
            out.page->reset = one.reset;
            out.page->follows = one.from.cursor;
            out.page->more = more;
            one.given = mutant(Mutant::cursor_reused) ? out.cursor.cursor : std::max(one.given, out.cursor.cursor);
            out.page->cursor = out.cursor.cursor = ++one.given;
            one.reset = false;
        } else if (one.from.cursor == 0)
            return std::optional<Delivery>{};  // nothing delivered yet, nothing to move on from
        out.cursor.seal = cursor_seal(seal_key_, out.cursor);
        return std::optional(std::move(out));
    }

    CentralStore& store_;
    crypto::HmacKey seal_key_;
    HubPolicyPtr policy_;
    Admission admission_;
    Viewer viewer_;
    bool safety_only_;
    std::uint64_t restores_ = 0;
    BatchTrees& trees_;
    std::size_t page_bytes_ = page_bytes_max;
    std::vector<OneCase> cases_;
    std::vector<CaseId> scope_;
    std::size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<PageSource>> make_page_source(CentralStore& store, const HubKeys& keys, HubPolicyPtr policy,
                                                     const Admission& admission, bool safety_only, BatchTrees& trees)
{
    auto pages = std::make_unique<CasePages>(store, keys, std::move(policy), admission, safety_only, trees);
    SATCHEL_TRYV(pages->start());
    return pages;
}

}  // namespace satchel::sync
