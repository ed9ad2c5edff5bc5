#include "sync/hub/verify_log.hpp"

#include <algorithm>

#include "crypto/audit.hpp"
#include "crypto/certificates.hpp"
#include "crypto/registry.hpp"
#include "schema/wire/archive.hpp"
#include "sync/hub/body.hpp"

namespace satchel::sync::verifying {
namespace {

constexpr std::size_t chunk_entries = 512;
constexpr std::size_t chunk_bytes = 4u << 20;
constexpr std::size_t batches_kept = 8;
constexpr std::size_t skipped_max = 1'000'000;

std::string in_words(BatchNo no) { return std::to_string(raw(no)); }

// The positions that checkpoints with a good signature vouch for.
struct Anchor {
    Position position{};
    std::int64_t no = 0;
    Digest audit{};
};

class LogCheck {
public:
    LogCheck(CentralView& view, const HubKeys& keys, const VerifyOptions& options, Findings& findings)
        : view_(view), keys_(keys), options_(options), findings_(findings),
          receipt_key_(keys.receipt.public_key())
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
        SATCHEL_TRYV(check_batches());
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
            if (row.no != next)
                findings_.fail("checkpoints", verifying::in_words(Position{next}, Position{row.no - 1}), "missing");
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
        const Position expected{raw(log_.head.position) + 1};
        if (e.position != expected)
            missing(expected, Position{raw(e.position) - 1});
        else if (crypto::chain_next(log_.head.audit, entry_digest(e)) != e.audit)
            findings_.fail("entries", verifying::in_words(e.position), "audit_chain");
        log_.head = {e.position, e.audit};
        wanted_.erase(e.audit);
        check_anchor(e);
        check_policy(e);
        if (raw(e.case_no) != 0) {
            if (const auto at = log_.cases.find(e.case_no); at != log_.cases.end())
                ++at->second.entries;
            else if (e.kind != EntryKind::admin)  // the entry that opens a case names it, too
                findings_.fail("entries", verifying::in_words(e.position), "unknown_case");
        }
        switch (e.kind) {
        case EntryKind::changeset:
        case EntryKind::held:
            return take_work(e);
        case EntryKind::fork:
            take_fork(e);
            return {};
        case EntryKind::admin:
            take_admin(e);
            return {};
        case EntryKind::effect:
            findings_.count("effects");
            return {};
        }
        findings_.fail("entries", verifying::in_words(e.position), "malformed");
        return {};
    }

    void missing(Position first, Position last)
    {
        if (first <= last)
            findings_.fail("entries", verifying::in_words(first, last), "missing");
        else
            findings_.fail("entries", verifying::in_words(first), "out_of_order");
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
            findings_.fail("entries", verifying::in_words(Position{raw(vouched_) + 1}, e.position), "rewritten");
        }
        vouched_ = e.position;
        ++next_anchor_;
    }

    void end_of_log()
    {
        if (!anchors_.empty() && anchors_.back().position > log_.head.position)
            missing(Position{raw(log_.head.position) + 1}, anchors_.back().position);
        else if (log_.head.position > vouched_)
            findings_.fail("entries", verifying::in_words(Position{raw(vouched_) + 1}, log_.head.position), "unsigned");
        if (!log_.hub)
            findings_.fail("entries", "the hub's own", "missing");
    }

    // Each entry says under which agreement it was made: the newest one published before it.
    void check_policy(const EntryRow& e)
    {
        if (e.policy_version != in_force_)
            findings_.fail("entries", verifying::in_words(e.position), "policy_differs");
    }

    // --- Authors' work ------------------------------------------------------------------------------------------------

    Result<const BatchRow*> batch_for(BatchNo no)
    {
        for (const auto& batch : recent_)
            if (batch.no == no)
                return &batch;
        auto row = view_.batch(no);
        if (!row && row.error().code != Errc::corrupt)
            return tl::unexpected(std::move(row).error());
        if (!row || !*row)
            return nullptr;
        if (recent_.size() == batches_kept)
            recent_.erase(recent_.begin());
        recent_.push_back(**std::move(row));
        const auto& batch = recent_.back();
        if (log_.batches.try_emplace(no, batch.incarnation_no).second)
            check_batch(batch);
        return &batch;
    }

    void check_batch(const BatchRow& batch)
    {
        findings_.count("batches");
        const auto row = in_words(batch.no);
        const auto at = log_.incarnations.find(raw(batch.incarnation_no));
        const auto credential = at == log_.incarnations.end() ? log_.credentials.end()
                                                              : log_.credentials.find(at->second.row.credential_no);
        if (credential == log_.credentials.end())
            return findings_.fail("batches", row, "unknown_author");
        const auto& author = at->second;
        const auto n = batch.digests.size();
        if (n == 0 || n > crypto::batch_leaves || batch.first_sequence == 0)
            return findings_.fail("batches", row, "malformed");
        bool follows = batch.first_sequence <= author.digests.size() + 1 &&
                       batch.previous == author.digest(batch.first_sequence - 1);
        for (std::size_t i = 0; i < n && follows && batch.first_sequence + i <= author.digests.size(); ++i)
            follows = author.digest(batch.first_sequence + i) == batch.digests[i];
        if (!follows)
            findings_.fail("batches", row, "author_chain");
        findings_.count("signatures");
        if (!signed_by(credential->second, author, batch.first_sequence, batch.digests, batch.signature))
            findings_.fail("batches", row, "bad_signature");
    }

    static bool signed_by(const CredentialRow& credential, const AuthorChain& author, std::uint64_t first,
                          const std::vector<Digest>& digests, const crypto::Signature& signature)
    {
        const crypto::BatchTree tree(batch_secret(author.salt_key, first), digests);
        return crypto::verify(credential.operation_key, batch_bytes(credential.id, tree.root()), signature);
    }

    Result<void> take_work(const EntryRow& e)
    {
        findings_.count(e.kind == EntryKind::held ? "held" : "changesets");
        const auto row = verifying::in_words(e.position);
        SATCHEL_TRY(const auto* batch, batch_for(e.batch_no));
        if (!batch) {
            if (gone_.insert(e.batch_no).second)
                findings_.fail("batches", in_words(e.batch_no), "missing");
            return {};
        }
        const auto at = log_.incarnations.find(raw(batch->incarnation_no));
        if (at == log_.incarnations.end())
            return {};  // told with the batch
        auto& author = at->second;
        if (author.row.credential_no != raw(e.credential_no))
            findings_.fail("entries", row, "wrong_author");
        if (e.sequence < batch->first_sequence || e.sequence - batch->first_sequence >= batch->digests.size()) {
            findings_.fail("entries", row, "not_in_batch");
            return {};
        }
        const auto index = static_cast<std::size_t>(e.sequence - batch->first_sequence);
        const auto& digest = batch->digests[index];
        const auto previous = index == 0 ? batch->previous : batch->digests[index - 1];
        check_content(e, author, previous, digest);
        if (e.sequence != author.digests.size() + 1)
            findings_.fail("entries", row, e.sequence <= author.digests.size() ? "sequence_repeated" : "sequence_gap");
        if (e.sequence > author.digests.size()) {
            // What is missing in between is told; going on from here names nothing twice.
            for (auto s = author.digests.size() + 1; s < e.sequence; ++s)
                author.digests.push_back(s >= batch->first_sequence ? batch->digests[s - batch->first_sequence]
                                                                    : Digest{});
            author.digests.push_back(digest);
        }
        return {};
    }

    // Is the content what the author signed?
    void check_content(const EntryRow& e, const AuthorChain& author, const Digest& previous, const Digest& digest)
    {
        const auto row = verifying::in_words(e.position);
        ChangesetBody work;
        if (e.kind == EntryKind::held) {
            auto held = decode_held_body(e.body);
            if (!held)
                return findings_.fail("entries", row, "malformed");
            if (held->sealed_case)
                return findings_.count("sealed");  // only its handler can open it; the audit chain holds its bytes
            work = std::move(held->work);
        } else {
            auto body = decode_changeset_body(e.body);
            if (!body)
                return findings_.fail("entries", row, "malformed");
            work = *std::move(body);
        }
        if (digest_of(author, e.sequence, previous, work.seen, work.header, work.changes) != digest)
            findings_.fail("entries", row, "content_differs");
    }

    void take_fork(const EntryRow& e)
    {
        findings_.count("forks");
        const auto row = verifying::in_words(e.position);
        const auto body = decode_fork_body(e.body);
        const auto push = body ? schema::wire::unpack<Push>(body->push) : Result<Push>(fail(Errc::malformed));
        if (!push)
            return findings_.fail("entries", row, "malformed");
        const auto* author = log_.incarnation(body->incarnation);
        const auto credential = author ? log_.credentials.find(author->row.credential_no) : log_.credentials.end();
        if (credential == log_.credentials.end() || author->row.credential_no != raw(e.credential_no))
            return findings_.fail("entries", row, "unknown_author");
        const auto n = push->items.size();
        if (n == 0 || n > crypto::batch_leaves || push->first_sequence == 0 || body->sequence < push->first_sequence ||
            body->sequence - push->first_sequence >= n || body->sequence != e.sequence)
            return findings_.fail("entries", row, "malformed");
        std::vector<Digest> digests;
        auto previous = author->digest(push->first_sequence - 1);
        for (const auto& item : push->items) {
            digests.push_back(item.sealed_digest ? *item.sealed_digest
                                                 : digest_of(*author, push->first_sequence + digests.size(), previous,
                                                             item.seen, item.header, item.changes));
            previous = digests.back();
        }
        findings_.count("signatures");
        if (body->held != author->digest(body->sequence) || body->held == body->offered ||
            body->offered != digests[body->sequence - push->first_sequence] ||
            !signed_by(credential->second, *author, push->first_sequence, digests, push->signature))
            findings_.fail("entries", row, "no_fork");
    }

    // --- What administrators and enrolments put there -----------------------------------------------------------------

    template <class Row>
    std::optional<Row> unpacked(const EntryRow& e, ByteView bytes)
    {
        auto row = schema::wire::unpack<Row>(bytes);
        if (row)
            return *std::move(row);
        findings_.fail("entries", verifying::in_words(e.position), "malformed");
        return std::nullopt;
    }

    void take_admin(const EntryRow& e)
    {
        findings_.count("administrative");
        const auto admin = decode_admin_body(e.body);
        if (!admin)
            return findings_.fail("entries", verifying::in_words(e.position), "malformed");
        switch (admin->kind) {
        case AdminKind::hub:
            if (auto row = unpacked<HubRow>(e, admin->row))
                log_.hub = *std::move(row);
            return;
        case AdminKind::case_opened:
            if (auto row = unpacked<CaseOpened>(e, admin->row))
                if (!log_.cases.try_emplace(CaseNo{row->no}, LoggedCase{*row, e.position, 1}).second)
                    findings_.fail("entries", verifying::in_words(e.position), "opened_twice");
            return;
        case AdminKind::user:
            if (auto row = unpacked<UserRow>(e, admin->row))
                log_.users[row->id][e.position] = *row;
            return;
        case AdminKind::assignment:
            if (auto row = unpacked<AssignmentRow>(e, admin->row))
                log_.assignments[{row->case_no, row->subject, row->name}] = *row;
            return;
        case AdminKind::credential:
            if (auto row = unpacked<CredentialRow>(e, admin->row)) {
                check_credential(*row);
                log_.credentials[row->no] = *row;
            }
            return;
        case AdminKind::incarnation:
            if (auto row = unpacked<IncarnationRow>(e, admin->row))
                take_incarnation(e, *std::move(row));
            return;
        case AdminKind::enrolment:
            if (auto row = unpacked<EnrolmentRow>(e, admin->row))
                log_.enrolments[row->id] = *row;
            return;
        case AdminKind::policy:
            if (auto row = unpacked<PolicyRow>(e, admin->row))
                take_policy(e, *std::move(row));
            return;
        case AdminKind::removal:
            if (auto row = unpacked<RemovalRow>(e, admin->row)) {
                check_removal(*row);
                log_.removals[{row->credential_no, row->case_no}] = *row;
            }
            return;
        case AdminKind::note:
            unpacked<AdminNote>(e, admin->row);
            return;
        }
    }

    void take_incarnation(const EntryRow& e, IncarnationRow row)
    {
        const auto at = log_.incarnations.find(row.no);
        if (at == log_.incarnations.end()) {
            crypto::HmacKey salt_key(row.salt_key);
            log_.incarnations.emplace(row.no, AuthorChain{std::move(row), std::move(salt_key), {}});
            return;
        }
        auto& known = at->second.row;
        if (known.id != row.id || known.credential_no != row.credential_no || known.salt_key != row.salt_key)
            findings_.fail("entries", verifying::in_words(e.position), "author_chain");
        known.forked = row.forked;
    }

    // The agency's word for who this device is, and the columns that repeat it.
    void check_credential(const CredentialRow& row)
    {
        const auto name = std::to_string(row.no);
        const auto* agency = keys_.agency(row.agency);
        const auto label = crypto::label_of(row.agency);
        if (!agency || !label)
            return findings_.fail("credentials", name, "unknown_agency");
        findings_.count("signatures");
        const crypto::Verifier registry(agency->registry.public_key());
        const auto record = crypto::verify_credential({row.record, row.record_signature}, registry, *label);
        if (!record)
            return findings_.fail("credentials", name, "bad_signature");
        if (record->credential != row.id || record->user != row.user || record->signing_key != row.operation_key ||
            record->device_name != row.device_name)
            findings_.fail("credentials", name, "record_differs");
    }

    void take_policy(const EntryRow& e, PolicyRow row)
    {
        findings_.count("signatures");
        PolicyMessage message{row.bundle, row.signature};
        auto policy = open_policy(message, receipt_key_.public_key());
        HubPolicyPtr compiled;
        if (!policy)
            findings_.fail("policies", std::to_string(row.version),
                           policy.error().code == Errc::bad_signature ? "bad_signature" : "malformed");
        else if (policy->version != row.version || row.version <= in_force_)
            findings_.fail("policies", std::to_string(row.version), "out_of_order");
        else
            compiled = std::make_shared<const HubPolicy>(*std::move(policy), std::move(message));
        in_force_ = row.version;
        const auto version = row.version;
        log_.policies[version] = {std::move(row), e.position, std::move(compiled)};
    }

    void check_removal(const RemovalRow& row)
    {
        if (!row.done || row.receipt == crypto::Signature{})
            return;
        const auto credential = log_.credentials.find(row.credential_no);
        const auto at = log_.cases.find(CaseNo{row.case_no});
        const auto name = "credential " + std::to_string(row.credential_no) + " case " + std::to_string(row.case_no);
        if (credential == log_.credentials.end() || at == log_.cases.end())
            return findings_.fail("removals", name, "unknown_author");
        findings_.count("signatures");
        const Removed said{at->second.opened.id, row.nonce, row.receipt};
        if (!crypto::verify(credential->second.operation_key, removed_bytes(credential->second.id, said), row.receipt))
            findings_.fail("removals", name, "bad_signature");
    }

    // --- After the last entry -----------------------------------------------------------------------------------------

    Result<void> check_batches()
    {
        std::string last = "the first";
        const Visit<BatchRow> check = [&](const BatchRow& row) -> Result<bool> {
            last = in_words(row.no);
            const auto at = log_.batches.find(row.no);
            if (at == log_.batches.end()) {
                findings_.fail("batches", last, "unexpected");
                return true;
            }
            const auto author = log_.incarnations.find(raw(at->second));
            const auto end = row.first_sequence + row.digests.size();
            if (author != log_.incarnations.end() && end > author->second.digests.size() + 1)
                findings_.fail("entries",
                               "of batch " + last + " from sequence " +
                                   std::to_string(author->second.digests.size() + 1),
                               "missing");
            return true;
        };
        const auto outcome = view_.all_batches(check);
        SATCHEL_TRYV(listed(findings_, "batches", last, outcome));
        return {};
    }

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
    const HubKeys& keys_;
    const VerifyOptions& options_;
    Findings& findings_;
    crypto::Verifier receipt_key_;
    LogState log_;
    std::vector<Anchor> anchors_;
    std::size_t next_anchor_ = 0;
    Position vouched_{};  // up to here a checkpoint vouches for the chain
    bool rewritten_ = false;
    std::set<Digest> wanted_;  // audit heads of receipts that have not been met
    std::uint32_t in_force_ = 0;
    std::vector<BatchRow> recent_;
    std::set<BatchNo> gone_;
};

}  // namespace

void Findings::fail(std::string_view table, std::string row, std::string_view kind)
{
    if (report_.failures.size() < verify_failures_max)
        report_.failures.push_back({std::string(table), std::move(row), std::string(kind)});
    else
        count("failures_not_listed");
}

Result<bool> listed(Findings& findings, std::string_view table, const std::string& last_row,
                    const Result<void>& outcome)
{
    if (outcome)
        return true;
    if (outcome.error().code != Errc::corrupt)
        return tl::unexpected(outcome.error());
    findings.fail(table, "at or after " + last_row, "unreadable");
    return false;
}

std::string in_words(Position position) { return std::to_string(raw(position)); }

std::string in_words(Position first, Position last)
{
    return first == last ? in_words(first) : in_words(first) + " to " + in_words(last);
}

Digest AuthorChain::digest(std::uint64_t sequence) const noexcept
{
    return sequence == 0 || sequence > digests.size() ? Digest{} : digests[sequence - 1];
}

const UserRow* LogState::user_before(const UserId& id, Position position) const noexcept
{
    const auto at = users.find(id);
    if (at == users.end())
        return nullptr;
    const auto later = at->second.lower_bound(position);
    return later == at->second.begin() ? nullptr : &std::prev(later)->second;
}

HubPolicyPtr LogState::policy(std::uint32_t version) const noexcept
{
    const auto at = policies.find(version);
    return at == policies.end() ? nullptr : at->second.compiled;
}

HubPolicyPtr LogState::policy_before(std::uint32_t version, Position position) const noexcept
{
    const auto at = policies.find(version);
    return at == policies.end() || at->second.at > position ? nullptr : at->second.compiled;
}

AuthorChain* LogState::incarnation(const IncarnationId& id) noexcept
{
    const auto at = std::find_if(incarnations.begin(), incarnations.end(),
                                 [&](const auto& entry) { return entry.second.row.id == id; });
    return at == incarnations.end() ? nullptr : &at->second;
}

Digest digest_of(const AuthorChain& author, std::uint64_t sequence, const Digest& previous, std::uint64_t seen,
                 const Bytes& header, const std::vector<Bytes>& changes)
{
    schema::Link link;
    link.incarnation = author.row.id;
    link.sequence = sequence;
    link.previous = previous;
    link.seen = seen;
    SealedChangeset sealed;
    sealed.header = header;
    sealed.changes = changes;
    sealed.secret = changeset_secret(author.salt_key, sequence);
    sealed.blind = link_blind(sealed.secret, link);
    return changeset_digest(sealed);
}

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
