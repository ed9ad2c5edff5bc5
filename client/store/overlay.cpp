// The overlay: what own pending work makes of the confirmed state, judged as the hub would judge it as things
// stand.
#include "client/store/store_impl.hpp"
#include "sync/core/consequences.hpp"

namespace satchel::client {
namespace {

// Every record that judging a changeset reads: those it names and those that its values refer to.
std::vector<RecordId> records_read(const sync::OpenedChangeset& opened)
{
    std::vector<RecordId> out;
    for (const auto& change : opened.changes) {
        if (!change.record.empty())
            out.push_back(change.record);
        for (const auto& v : change.values)
            if (const auto* ref = std::get_if<schema::Ref>(&v.value))
                out.push_back(ref->record);
    }
    return out;
}

std::vector<TaskId> tasks_read(const sync::OpenedChangeset& opened)
{
    std::vector<TaskId> out;
    for (const auto& change : opened.changes)
        if (change.op == schema::Op::task && !change.targets.empty())
            out.push_back(TaskId{change.targets.front().bytes});
    return out;
}

} // namespace

Result<sync::CaseState> DeviceStore::Impl::slice(const CaseRow& row, const sync::OpenedChangeset& opened)
{
    sync::CaseState state;
    state.id = row.id;
    state.facts = row.facts;
    for (const auto& id : records_read(opened)) {
        if (state.records.contains(id))
            continue;
        SATCHEL_TRY(auto found, record(row.no, id, /*overlay=*/true));
        if (found)
            state.records.emplace(id, *std::move(found));
    }
    for (const auto& id : tasks_read(opened)) {
        SATCHEL_TRY(auto found, task(row.no, id, /*overlay=*/true));
        if (found)
            state.tasks.emplace(id, *std::move(found));
    }
    for (const auto type : sync::types_asked_for(*policy, opened)) {
        SATCHEL_TRY(auto found, records_of(row.no, type, /*overlay=*/true));
        state.records.merge(found);
    }
    return state;
}

std::vector<sync::Ruling> DeviceStore::Impl::judge(const sync::CaseState& state,
                                                   const sync::OpenedChangeset& opened) const
{
    SATCHEL_CHECK(policy);
    sync::Context context;
    context.policy = policy.get();
    context.authored = policy.get();
    context.facts_seen = &state.facts;
    context.author = {identity.user, identity.credential, identity.hats, {identity.credential}};
    return sync::reconcile(state, schema::Changeset{opened.header, {}, opened.changes}, context);
}

Result<void> DeviceStore::Impl::put_touched(const CaseRow& row, const sync::CaseState& state,
                                            const sync::OpenedChangeset& opened)
{
    for (const auto& change : opened.changes)
        if (const auto* touched = state.record(change.record))
            SATCHEL_TRYV(put_record(row.no, *touched, /*overlay=*/true));
    for (const auto& id : tasks_read(opened))
        if (const auto at = state.tasks.find(id); at != state.tasks.end())
            SATCHEL_TRYV(put_task(row.no, at->second, /*overlay=*/true));
    return {};
}

Result<void> DeviceStore::Impl::refold_pending(const CaseRow& row)
{
    SATCHEL_TRYV(db.run("DELETE FROM overlay WHERE case_no = ?", row.no));
    SATCHEL_TRYV(db.run("DELETE FROM overlay_tasks WHERE case_no = ?", row.no));
    SATCHEL_TRY(auto pending, db.statement("SELECT own_no, body, outcome FROM own "
                                           "WHERE case_no = ? AND in_log = 0 AND state < 3 ORDER BY own_no"));
    pending.bind(1, row.no);
    sync::CaseState state; // of everything the pending work touches, folded on as we go
    state.id = row.id;
    state.facts = row.facts;
    for (;;) {
        SATCHEL_TRY(const bool more, pending.step());
        if (!more)
            break;
        SATCHEL_TRY(const auto sealed, unpack_changeset(pending.blob(1)));
        SATCHEL_TRY(const auto opened, sync::open(sealed));
        for (const auto& id : records_read(opened)) {
            if (state.records.contains(id))
                continue;
            SATCHEL_TRY(auto found, record(row.no, id, /*overlay=*/false));
            if (found)
                state.records.emplace(id, *std::move(found));
        }
        for (const auto& id : tasks_read(opened)) {
            if (state.tasks.contains(id))
                continue;
            SATCHEL_TRY(auto found, task(row.no, id, /*overlay=*/false));
            if (found)
                state.tasks.emplace(id, *std::move(found));
        }
        for (const auto type : sync::types_asked_for(*policy, opened)) {
            SATCHEL_TRY(auto found, records_of(row.no, type, /*overlay=*/false));
            state.records.merge(found); // what is there already has pending work in it
        }
        const auto forecast = judge(state, opened);
        sync::fold(state, opened, forecast);
        const auto bytes = sync::encode(forecast);
        const auto before = pending.blob(2);
        if (!std::equal(bytes.begin(), bytes.end(), before.begin(), before.end()))
            SATCHEL_TRYV(db.run("UPDATE own SET outcome = ? WHERE own_no = ?", bytes, pending.int64(0)));
        // Written at once: a record is rewritten when a later changeset touches it again.
        SATCHEL_TRYV(put_touched(row, state, opened));
    }
    return {};
}

} // namespace satchel::client
