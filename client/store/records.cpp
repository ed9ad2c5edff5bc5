// Cases and their records, read and written; the overlay stands before the confirmed state.
#include <algorithm>

#include "client/store/store_impl.hpp"

namespace satchel::client {

Result<std::optional<sync::RecordState>> DeviceStore::Impl::record(std::int64_t case_no, const RecordId& id,
                                                                   bool overlay)
{
    const auto read = [&](crypto::Sql sql) -> Result<std::optional<sync::RecordState>> {
        SATCHEL_TRY(auto query, db.statement(sql));
        query.bind_all(case_no, id);
        SATCHEL_TRY(const bool found, query.step());
        if (!found)
            return std::optional<sync::RecordState>{};
        SATCHEL_TRY(auto state, sync::decode_record_state(query.blob(0)));
        return std::optional{std::move(state)};
    };
    if (overlay) {
        SATCHEL_TRY(auto pending, read("SELECT state FROM overlay WHERE case_no = ? AND record_id = ?"));
        if (pending)
            return pending;
    }
    return read("SELECT state FROM records WHERE case_no = ? AND record_id = ?");
}

Result<void> DeviceStore::Impl::put_record(std::int64_t case_no, const sync::RecordState& state, bool overlay)
{
    const auto bytes = sync::encode(state);
    const auto type = static_cast<std::int64_t>(state.type);
    return overlay ? db.run("INSERT OR REPLACE INTO overlay VALUES(?,?,?,?)", case_no, state.id, type, bytes)
                   : db.run("INSERT OR REPLACE INTO records VALUES(?,?,?,?)", case_no, state.id, type, bytes);
}

Result<std::optional<sync::Task>> DeviceStore::Impl::task(std::int64_t case_no, const TaskId& id,
                                                          bool overlay)
{
    const auto read = [&](crypto::Sql sql) -> Result<std::optional<sync::Task>> {
        SATCHEL_TRY(auto query, db.statement(sql));
        query.bind_all(case_no, id);
        SATCHEL_TRY(const bool found, query.step());
        if (!found)
            return std::optional<sync::Task>{};
        SATCHEL_TRY(auto state, sync::decode_task(query.blob(0)));
        return std::optional{std::move(state)};
    };
    if (overlay) {
        SATCHEL_TRY(auto pending, read("SELECT state FROM overlay_tasks WHERE case_no = ? AND task_id = ?"));
        if (pending)
            return pending;
    }
    return read("SELECT state FROM tasks WHERE case_no = ? AND task_id = ?");
}

Result<void> DeviceStore::Impl::put_task(std::int64_t case_no, const sync::Task& state, bool overlay)
{
    const auto bytes = sync::encode(state);
    return overlay ? db.run("INSERT OR REPLACE INTO overlay_tasks VALUES(?,?,?)", case_no, state.id, bytes)
                   : db.run("INSERT OR REPLACE INTO tasks VALUES(?,?,?)", case_no, state.id, bytes);
}

Result<void> DeviceStore::Impl::load_case(const CaseRow& row, bool overlay, sync::CaseState& out)
{
    out.id = row.id;
    out.facts = row.facts;
    const auto records = [&](crypto::Sql sql) -> Result<void> {
        SATCHEL_TRY(auto query, db.statement(sql));
        query.bind(1, row.no);
        for (;;) {
            SATCHEL_TRY(const bool more, query.step());
            if (!more)
                return {};
            SATCHEL_TRY(auto state, sync::decode_record_state(query.blob(0)));
            const auto id = state.id;
            out.records.insert_or_assign(id, std::move(state));
        }
    };
    const auto tasks = [&](crypto::Sql sql) -> Result<void> {
        SATCHEL_TRY(auto query, db.statement(sql));
        query.bind(1, row.no);
        for (;;) {
            SATCHEL_TRY(const bool more, query.step());
            if (!more)
                return {};
            SATCHEL_TRY(auto state, sync::decode_task(query.blob(0)));
            const auto id = state.id;
            out.tasks.insert_or_assign(id, std::move(state));
        }
    };
    SATCHEL_TRYV(records("SELECT state FROM records WHERE case_no = ?"));
    SATCHEL_TRYV(tasks("SELECT state FROM tasks WHERE case_no = ?"));
    if (overlay) {
        SATCHEL_TRYV(records("SELECT state FROM overlay WHERE case_no = ?"));
        SATCHEL_TRYV(tasks("SELECT state FROM overlay_tasks WHERE case_no = ?"));
    }
    return {};
}

Result<std::vector<CaseSummary>> DeviceStore::cases()
{
    SATCHEL_TRY(auto query,
                impl_->db.statement("SELECT case_id, cursor, partial, facts FROM cases WHERE locked = 0 "
                                    "ORDER BY case_no"));
    std::vector<CaseSummary> out;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return out;
        CaseSummary summary;
        summary.case_id = query.id<CaseId>(0);
        summary.cursor = static_cast<std::uint64_t>(query.int64(1));
        summary.partial = query.int64(2) != 0;
        SATCHEL_TRY(summary.facts, decode_facts(query.blob(3)));
        out.push_back(std::move(summary));
    }
}

Result<sync::CaseState> DeviceStore::shown(const CaseId& case_id)
{
    SATCHEL_TRY(const auto row, impl_->case_row(case_id));
    sync::CaseState out;
    SATCHEL_TRYV(impl_->load_case(row, /*overlay=*/true, out));
    return out;
}

Result<sync::CaseState> DeviceStore::confirmed(const CaseId& case_id)
{
    SATCHEL_TRY(const auto row, impl_->case_row(case_id));
    sync::CaseState out;
    SATCHEL_TRYV(impl_->load_case(row, /*overlay=*/false, out));
    return out;
}

Result<RecordMap> DeviceStore::Impl::records_of(std::int64_t case_no, schema::TypeId type, bool overlay)
{
    RecordMap found;
    const auto read = [&](crypto::Sql sql) -> Result<void> {
        SATCHEL_TRY(auto query, db.statement(sql));
        query.bind_all(case_no, static_cast<std::int64_t>(type));
        for (;;) {
            SATCHEL_TRY(const bool more, query.step());
            if (!more)
                return {};
            SATCHEL_TRY(auto state, sync::decode_record_state(query.blob(0)));
            const auto id = state.id;
            found.insert_or_assign(id, std::move(state));
        }
    };
    SATCHEL_TRYV(read("SELECT state FROM records WHERE case_no = ? AND type = ?"));
    if (overlay)
        SATCHEL_TRYV(read("SELECT state FROM overlay WHERE case_no = ? AND type = ?"));
    return found;
}

Result<std::vector<sync::RecordState>> DeviceStore::shown_of_type(const CaseId& case_id, schema::TypeId type)
{
    SATCHEL_TRY(const auto row, impl_->case_row(case_id));
    SATCHEL_TRY(auto found, impl_->records_of(row.no, type, /*overlay=*/true));
    std::vector<sync::RecordState> out;
    out.reserve(found.size());
    for (auto& [id, state] : found)
        out.push_back(std::move(state));
    return out;
}

Result<std::vector<sync::Task>> DeviceStore::shown_tasks(const CaseId& case_id)
{
    SATCHEL_TRY(const auto row, impl_->case_row(case_id));
    std::map<TaskId, sync::Task> found;
    const auto read = [&](crypto::Sql sql) -> Result<void> {
        SATCHEL_TRY(auto query, impl_->db.statement(sql));
        query.bind(1, row.no);
        for (;;) {
            SATCHEL_TRY(const bool more, query.step());
            if (!more)
                return {};
            SATCHEL_TRY(auto task, sync::decode_task(query.blob(0)));
            const auto id = task.id;
            found.insert_or_assign(id, std::move(task));
        }
    };
    SATCHEL_TRYV(read("SELECT state FROM tasks WHERE case_no = ?"));
    SATCHEL_TRYV(read("SELECT state FROM overlay_tasks WHERE case_no = ?"));
    std::vector<sync::Task> out;
    out.reserve(found.size());
    for (auto& [id, task] : found)
        out.push_back(std::move(task));
    return out;
}

Result<CaseId> DeviceStore::case_of(const RecordId& record)
{
    SATCHEL_TRY(auto query,
                impl_->db.statement(
                    "SELECT c.case_id FROM cases c WHERE c.locked = 0 AND ("
                    "EXISTS(SELECT 1 FROM records r WHERE r.case_no = c.case_no AND r.record_id = ?1) OR "
                    "EXISTS(SELECT 1 FROM overlay o WHERE o.case_no = c.case_no AND o.record_id = ?1))"));
    query.bind(1, record);
    SATCHEL_TRY(const bool found, query.step());
    if (!found)
        return fail(Errc::not_found, "no such record on this device");
    return query.id<CaseId>(0);
}

Result<CaseId> DeviceStore::case_of_task(const TaskId& task)
{
    SATCHEL_TRY(
        auto query,
        impl_->db.statement("SELECT c.case_id FROM cases c WHERE c.locked = 0 AND "
                            "EXISTS(SELECT 1 FROM tasks t WHERE t.case_no = c.case_no AND t.task_id = ?1)"));
    query.bind(1, task);
    SATCHEL_TRY(const bool found, query.step());
    if (!found)
        return fail(Errc::not_found, "no such task on this device");
    return query.id<CaseId>(0);
}

Result<std::optional<sync::RecordState>> DeviceStore::confirmed_record(const CaseId& case_id,
                                                                       const RecordId& record)
{
    SATCHEL_TRY(const auto row, impl_->case_row(case_id));
    return impl_->record(row.no, record, /*overlay=*/false);
}

Result<std::optional<sync::RecordState>> DeviceStore::shown_record(const CaseId& case_id,
                                                                   const RecordId& record)
{
    SATCHEL_TRY(const auto row, impl_->case_row(case_id));
    return impl_->record(row.no, record, /*overlay=*/true);
}

} // namespace satchel::client
