#include "sync/hub/verify_log.hpp"

#include <limits>

#include "crypto/audit.hpp"
#include "sync/hub/body.hpp"
#include "sync/hub/verify_admin.hpp"
#include "sync/hub/verify_again.hpp"
#include "sync/hub/verify_authors.hpp"
#include "sync/hub/verify_scope.hpp"

namespace satchel::sync::verifying {
namespace {

constexpr std::size_t chunk_entries = 512;
constexpr std::size_t chunk_bytes = 4u << 20;
constexpr std::size_t skipped_max = 1'000'000;

// The positions that checkpoints with a good signature vouch for.
struct Anchor {
    Position position{};
    std::int64_t no = 0;
    Digest audit{};
};

class LogCheck {
public:
    LogCheck(CentralView& view, const HubKeys& keys, const VerifyOptions& options, Findings& findings)
        : view_(view), options_(options), findings_(findings), receipt_key_(keys.receipt.public_key()),
          authors_(view, log_, findings), again_(view, findings), admin_(keys, log_, findings), scope_(log_, findings)
    {
        for (const auto& receipt : options.receipts)
            wanted_.insert(receipt.audit_head);
        wanted_.insert(options.audit_heads.begin(), options.audit_heads.end());
    }

    Result<LogState> run(const ProgressFn& progress, std::uint64_t total)
    {
        SATCHEL_TRYV(read_checkpoints());
        std::uint64_t done = 0;
        const auto handle = [&](const EntryRow& entry) -> Result<void> {
            if (progress && ++done % 4096 == 0)
                progress(done, total);
            return take(entry);
        };
        SATCHEL_TRYV(each_entry([&](Position after, const auto& visit) { return view_.entries(after, visit); }, handle));
        end_of_log();
        SATCHEL_TRYV(authors_.end());
        admin_.end();
        check_receipts();
        return std::move(log_);
    }

private:
    // --- The chain of all entries -------------------------------------------------------------------------------------

    Result<void> read_checkpoints()
    {
        std::int64_t next = 1;
        std::string last = "the first";
        const Visit<CheckpointRow> check = [&](const CheckpointRow& row) -> Result<bool> {
            last = std::to_string(row.no);
            findings_.count("checkpoints");
            findings_.count("signatures");
            if (row.no > next)
                findings_.fail("checkpoints", in_words(Position{next}, Position{row.no - 1}), "missing");
            else if (row.no < next)
                findings_.fail("checkpoints", last, "out_of_order");
            if (row.no > 0 && row.no < std::numeric_limits<std::int64_t>::max())
                next = row.no + 1;
            if (!receipt_key_.verify(checkpoint_bytes(row), row.signature))
                findings_.fail("checkpoints", last, "bad_signature");
            else if (!anchors_.empty() && row.position <= anchors_.back().position)
                findings_.fail("checkpoints", last, "out_of_order");
            else
                anchors_.push_back({row.position, row.no, row.audit});
            return true;
        };
        const auto outcome = view_.all_checkpoints(check);
        SATCHEL_TRYV(listed(findings_, "checkpoints", last, outcome));
        return {};
    }

    Result<void> take(const EntryRow& e)
    {
        findings_.count("entries");
        ++log_.entries;
        const Position expected{raw(log_.head.position) + 1};
        if (e.position != expected)
            missing(expected, Position{raw(e.position) - 1});
        else if (crypto::chain_next(log_.head.audit, entry_digest(e)) != e.audit)
            findings_.fail("entries", in_words(e.position), "audit_chain");
        log_.head = {e.position, e.audit};
        wanted_.erase(e.audit);
        check_anchor(e);
        check_policy(e);
        scope_.take(e);
        if (raw(e.case_no) != 0) {
            if (const auto at = log_.cases.find(e.case_no); at != log_.cases.end())
                ++at->second.entries;
            else if (e.kind != EntryKind::admin)  // the entry that opens a case names it, too
                findings_.fail("entries", in_words(e.position), "unknown_case");
        }
        switch (e.kind) {
        case EntryKind::changeset:
        case EntryKind::held:
            SATCHEL_TRYV(authors_.take_work(e));
            return again_.take(e);
        case EntryKind::fork:
            authors_.take_fork(e);
            return {};
        case EntryKind::admin:
            admin_.take(e);
            return {};
        case EntryKind::effect:
            findings_.count("effects");
            return {};
        }
        findings_.fail("entries", in_words(e.position), "malformed");
        return {};
    }

    void missing(Position first, Position last)
    {
        if (first <= last)
            findings_.fail("entries", in_words(first, last), "missing");
        else
            findings_.fail("entries", in_words(first), "out_of_order");
    }

    // The first checkpoint that does not fit tells between which positions history was written anew.
    void check_anchor(const EntryRow& e)
    {
        while (next_anchor_ < anchors_.size() && anchors_[next_anchor_].position < e.position) {
            if (anchors_[next_anchor_].position > vouched_)  // else its entry is missing, which has been told
                vouched_ = anchors_[next_anchor_].position;
            ++next_anchor_;
        }
        if (next_anchor_ == anchors_.size() || anchors_[next_anchor_].position != e.position)
            return;
        if (!rewritten_ && anchors_[next_anchor_].audit != e.audit) {
            rewritten_ = true;
            findings_.fail("entries", in_words(Position{raw(vouched_) + 1}, e.position), "rewritten");
        }
        vouched_ = e.position;
        ++next_anchor_;
    }

    void end_of_log()
    {
        if (!anchors_.empty() && anchors_.back().position > log_.head.position)
            missing(Position{raw(log_.head.position) + 1}, anchors_.back().position);
        else if (log_.head.position > vouched_)
            findings_.fail("entries", in_words(Position{raw(vouched_) + 1}, log_.head.position), "unsigned");
        if (!log_.hub)
            findings_.fail("entries", "the hub's own", "missing");
    }

    // Each entry says under which agreement it was made: the newest one published before it.
    void check_policy(const EntryRow& e)
    {
        if (e.policy_version != admin_.in_force())
            findings_.fail("entries", in_words(e.position), "policy_differs");
    }

    // --- After the last entry -----------------------------------------------------------------------------------------

    void check_receipts()
    {
        for (const auto& receipt : options_.receipts) {
            findings_.count("receipts");
            const auto row = "receipt of " + to_string(receipt.credential) + " up to " + std::to_string(receipt.up_to);
            if (!receipt_key_.verify(receipt_bytes(receipt), receipt.signature)) {
                findings_.count("receipts_of_others");  // not our word: it proves nothing about us
                continue;
            }
            findings_.count("signatures");
            if (log_.hub && receipt.epoch != log_.hub->epoch) {
                findings_.count("receipts_of_older_epochs");  // from before this hub was restored
                continue;
            }
            if (wanted_.contains(receipt.audit_head))
                findings_.fail("entries", row, "truncated");
            const auto* author = log_.incarnation(receipt.incarnation);
            if (!author || receipt.up_to > author->digests.size())
                findings_.fail("entries", row, "missing");
            else if (author->digest(receipt.up_to) != receipt.chain_head)
                findings_.fail("entries", row, "content_differs");
        }
        for (const auto& head : options_.audit_heads) {
            findings_.count("receipts");
            if (wanted_.contains(head))
                findings_.fail("entries", "audit head " + to_hex(head), "truncated");
        }
    }

    CentralView& view_;
    const VerifyOptions& options_;
    Findings& findings_;
    crypto::Verifier receipt_key_;
    LogState log_;
    AuthorsCheck authors_;
    AgainCheck again_;
    AdminCheck admin_;
    ScopeCheck scope_;
    std::vector<Anchor> anchors_;
    std::size_t next_anchor_ = 0;
    Position vouched_{};  // up to here a checkpoint vouches for the chain
    bool rewritten_ = false;
    std::set<Digest> wanted_;  // audit heads of receipts that have not been met
};

}  // namespace

Result<LogState> check_log(CentralView& view, const HubKeys& keys, const VerifyOptions& options, Findings& findings,
                           const ProgressFn& progress, std::uint64_t total)
{
    return LogCheck(view, keys, options, findings).run(progress, total);
}

Result<void> each_entry(const ReadEntries& read, const std::function<Result<void>(const EntryRow&)>& handle)
{
    Position after{};
    std::size_t skipped = 0;
    std::vector<EntryRow> chunk;
    for (;;) {
        chunk.clear();
        std::size_t bytes = 0;
        const Visit<EntryRow> gather = [&](const EntryRow& row) -> Result<bool> {
            chunk.push_back(row);
            bytes += row.body.size() + row.rulings.size();
            return chunk.size() < chunk_entries && bytes < chunk_bytes;
        };
        const auto outcome = read(after, gather);
        for (const auto& row : chunk) {
            after = row.position;
            skipped = 0;
            SATCHEL_TRYV(handle(row));
        }
        if (outcome) {
            if (chunk.size() < chunk_entries && bytes < chunk_bytes)
                return {};
        } else if (outcome.error().code != Errc::corrupt || ++skipped > skipped_max) {
            return outcome;
        } else if (chunk.empty()) {
            after = Position{raw(after) + 1};
        }
    }
}

}  // namespace satchel::sync::verifying
