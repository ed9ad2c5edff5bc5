#include "sync/hub/verify_again.hpp"

#include "sync/hub/body.hpp"
#include "sync/hub/written_again.hpp"

namespace satchel::sync::verifying {

Result<void> AgainCheck::take(const EntryRow& entry)
{
    std::string why;
    ChangesetBody body;
    if (entry.kind == EntryKind::held) {
        auto held = decode_held_body(entry.body);
        if (!held || held->sealed_case || held->why == "not-yours" || held->why == "unreadable")
            return {};  // told by those who look at its content, or never compared
        why = held->why;
        body = std::move(held->work);
    } else {
        auto work = decode_changeset_body(entry.body);
        if (!work)
            return {};
        body = *std::move(work);
    }
    const auto header = schema::decode_header(body.header);
    if (!header || (!header->was && why != held_written_again))
        return {};
    findings_.count("written_again");
    SATCHEL_TRY(const auto batch, view_.batch(entry.batch_no));
    if (!batch || entry.sequence < batch->first_sequence ||
        entry.sequence - batch->first_sequence >= batch->digests.size())
        return {};  // told with the batch
    const auto work = open(body.header, body.changes, batch->digests[entry.sequence - batch->first_sequence]);
    if (!work)
        return {};
    const auto earlier = EarlierWork::read(view_, entry.credential_no, header->case_id, entry.case_no, entry.position);
    if (!earlier && earlier.error().code != Errc::corrupt)
        return tl::unexpected(earlier.error());
    if (!earlier)
        return {};
    const bool here = earlier->same_as(*work) != nullptr;
    if (here && why != held_written_again)
        findings_.fail("entries", in_words(entry.position), "kept_twice");
    if (!here && why == held_written_again)
        findings_.fail("entries", in_words(entry.position), "scope_differs");
    return {};
}

}  // namespace satchel::sync::verifying
