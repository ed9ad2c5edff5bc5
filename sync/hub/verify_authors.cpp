#include "sync/hub/verify_authors.hpp"

#include "crypto/audit.hpp"
#include "schema/wire/archive.hpp"
#include "sync/hub/body.hpp"

namespace satchel::sync::verifying {
namespace {

constexpr std::size_t batches_kept = 8;
constexpr std::uint64_t gap_filled_max = 1'000'000;  // a forged number must not fill the memory

std::string in_words(BatchNo no) { return std::to_string(raw(no)); }

bool signed_by(const CredentialRow& credential, const AuthorChain& author, std::uint64_t first,
               const std::vector<Digest>& digests, const crypto::Signature& signature)
{
    const crypto::BatchTree tree(batch_secret(author.salt_key, first), digests);
    return crypto::verify(credential.operation_key, batch_bytes(credential.id, tree.root()), signature);
}

}  // namespace

Result<const BatchRow*> AuthorsCheck::batch_for(BatchNo no)
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

void AuthorsCheck::check_batch(const BatchRow& batch)
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

Result<void> AuthorsCheck::take_work(const EntryRow& e)
{
    findings_.count(e.kind == EntryKind::held ? "held" : "changesets");
    const auto row = in_words(e.position);
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
    if (e.sequence > author.digests.size() && e.sequence - author.digests.size() <= gap_filled_max) {
        // What is missing in between is told; going on from here names nothing twice.
        for (auto s = author.digests.size() + 1; s < e.sequence; ++s)
            author.digests.push_back(s >= batch->first_sequence ? batch->digests[s - batch->first_sequence] : Digest{});
        author.digests.push_back(digest);
    }
    return {};
}

// Is the content what the author signed?
void AuthorsCheck::check_content(const EntryRow& e, const AuthorChain& author, const Digest& previous, const Digest& digest)
{
    const auto row = in_words(e.position);
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

void AuthorsCheck::take_fork(const EntryRow& e)
{
    findings_.count("forks");
    const auto row = in_words(e.position);
    const auto body = decode_fork_body(e.body);
    auto push = body ? schema::wire::unpack<Push>(body->push) : Result<Push>(fail(Errc::malformed));
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
    for (auto& item : push->items) {
        if (!put_author_back(item, credential->second.id))
            return findings_.fail("entries", row, "malformed");
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

Result<void> AuthorsCheck::end()
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

}  // namespace satchel::sync::verifying
