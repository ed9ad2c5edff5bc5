// Receipts that are asked for again: what the hub holds of a chain, signed once more.
#include <algorithm>

#include "sync/hub/admission.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

Result<void> check(const Recall& recall)
{
    if (recall.points.empty() || recall.points.size() > recall_points_max)
        return fail(Errc::too_large, "a recall names 1 to " + std::to_string(recall_points_max) + " points");
    for (std::size_t i = 0; i < recall.points.size(); ++i)
        if (recall.points[i].sequence <= (i == 0 ? 0 : recall.points[i - 1].sequence))
            return fail(Errc::protocol_violation, "the points of a recall ascend");
    return {};
}

Result<bool> holds(CentralView& view, const IncarnationRow& incarnation, const ChainPoint& point)
{
    if (point.sequence > incarnation.received)
        return false;
    SATCHEL_TRY(const auto batch, view.batch_of(IncarnationNo{incarnation.no}, point.sequence));
    if (!batch || point.sequence - batch->first_sequence >= batch->digests.size())
        return fail(Errc::corrupt, "batches: a sequence is missing");
    return batch->digests[point.sequence - batch->first_sequence] == point.digest;
}

// How many of the points the hub holds: digests are chained, so it is all up to one of them.
Result<std::size_t> held_points(CentralView& view, const IncarnationRow& incarnation,
                                const std::vector<ChainPoint>& points)
{
    std::size_t held = 0, open = points.size();
    while (held < open) {
        const auto middle = held + (open - held) / 2;
        SATCHEL_TRY(const bool there, holds(view, incarnation, points[middle]));
        if (there)
            held = middle + 1;
        else
            open = middle;
    }
    return held;
}

}  // namespace

Result<Receipt> HubService::recall(const Admission& admission, const Recall& recall) const
{
    SATCHEL_TRYV(check(recall));
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    std::optional<IncarnationRow> incarnation;
    const Visit<IncarnationRow> look = [&](const IncarnationRow& row) -> Result<bool> {
        if (row.id == recall.incarnation)
            incarnation = row;
        return !incarnation;
    };
    SATCHEL_TRYV(view->incarnations(admission.credential_no(), look));

    Receipt receipt;
    receipt.epoch = state_->epoch;
    receipt.credential = admission.credential.id;
    receipt.incarnation = recall.incarnation;
    if (incarnation) {
        SATCHEL_TRY(const auto held, held_points(*view, *incarnation, recall.points));
        if (held > 0) {
            receipt.up_to = recall.points[held - 1].sequence;
            receipt.chain_head = recall.points[held - 1].digest;
        }
    }
    SATCHEL_TRY(const auto head, view->head());
    receipt.audit_head = head.audit;
    receipt.received_at = state_->parts.clock.now();
    receipt.signature = state_->parts.keys.receipt.sign(receipt_bytes(receipt));
    return receipt;
}

}  // namespace satchel::sync
