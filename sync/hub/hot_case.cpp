#include "sync/hub/hot_case.hpp"

#include <algorithm>

#include "schema/base/mutant.hpp"

namespace satchel::sync {

HotCase::HotCase(CaseRow stored, bool complete, std::size_t& read) : row_(std::move(stored)), read_(read), complete_(complete)
{
    state_.id = row_.id;
    state_.facts = row_.facts;
    read_ += memory();
    // When its facts last changed is not known yet: not later than its last entry.
    last_fact_ = row_.head;
}

void HotCase::knows_absent(const RecordId& id) { looked_for_.insert(id); }

namespace {

Result<RecordState> decoded(const RecordRow& row)
{
    auto record = decode_record_state(row.state);
    if (!record)
        return fail(Errc::corrupt, "records.state");
    if (mutant(Mutant::conflict_lost_in_crash))
        for (auto& group : record->groups)
            std::erase_if(group.open, [](const OpenItem& item) { return item.kind == OpenItem::Kind::conflict; });
    return record;
}

}  // namespace

Result<void> HotCase::load_types(CentralView& view, const std::set<schema::TypeId>& types)
{
    if (complete_)
        return {};
    for (const auto type : types) {
        if (whole_types_.contains(type))
            continue;
        const Visit<RecordRow> keep = [&](const RecordRow& row) -> Result<bool> {
            if (!looked_for_.insert(row.record).second)
                return true;  // here already, and perhaps changed since it was stored
            SATCHEL_TRY(auto record, decoded(row));
            stored_.insert(row.record);
            read_ += memory_of(record);
            state_.records.emplace(row.record, std::move(record));
            return true;
        };
        SATCHEL_TRYV(view.records(row_.no, type, keep));
        whole_types_.insert(type);
    }
    return {};
}

Result<void> HotCase::load(CentralView& view, const SliceNeeds& needs,
                           const std::vector<std::pair<schema::TypeId, RecordId>>& likely)
{
    if (complete_)
        return {};
    SATCHEL_TRYV(load_types(view, needs.types));
    for (const auto& id : needs.records) {
        if (id.empty() || looked_for_.contains(id))
            continue;
        std::optional<RecordRow> row;
        for (const auto& [type, record] : likely) {
            if (record == id && !row && !whole_types_.contains(type)) {
                SATCHEL_TRY(row, view.record(row_.no, type, id));
            }
        }
        if (!row) {
            SATCHEL_TRY(row, view.find_record(row_.no, id));
        }
        looked_for_.insert(id);
        if (row) {
            SATCHEL_TRY(auto record, decoded(*row));
            stored_.insert(id);
            read_ += memory_of(record);
            state_.records.emplace(id, std::move(record));
        }
    }
    if (needs.tasks && !tasks_loaded_) {
        const Visit<TaskRow> keep = [&](const TaskRow& row) -> Result<bool> {
            auto task = decode_task(row.state);
            if (!task)
                return fail(Errc::corrupt, "tasks.state");
            read_ += memory_of(*task);
            state_.tasks.try_emplace(row.task, *std::move(task));  // one changed since it was stored stays
            return true;
        };
        SATCHEL_TRYV(view.tasks(row_.no, keep));
        tasks_loaded_ = true;
    }
    return {};
}

std::size_t HotCase::memory() const noexcept
{
    constexpr std::size_t node = 64;  // of a tree or a table, with the id in it
    auto out = sizeof *this + node * (state_.records.size() + state_.tasks.size() + looked_for_.size() + stored_.size());
    for (const auto& [id, record] : state_.records)
        out += memory_of(record);
    for (const auto& [id, task] : state_.tasks)
        out += memory_of(task);
    out += memory_of(state_.facts) + memory_of(row_.facts);
    if (facts_before_)
        out += memory_of(facts_before_->second);
    return out;
}

void HotCase::touch_record(const RecordId& id)
{
    touched_records_.try_emplace(id, !stored_.contains(id));
    dirty_ = true;
}

void HotCase::touch_task(const TaskId& id)
{
    touched_tasks_.insert(id);
    dirty_ = true;
}

void HotCase::moved_to(Position head, bool safety, bool visibility_changed)
{
    row_.head = head;
    if (safety)
        row_.last_safety = head;
    if (visibility_changed)
        ++row_.visibility;
    dirty_ = true;
}

Result<const Facts*> HotCase::facts_at(CentralView& view, Position position)
{
    if (position >= last_fact_)
        return &state_.facts;
    if (!facts_before_ || facts_before_->first != position) {
        SATCHEL_TRY(auto facts, view.facts_at(row_.no, position));
        facts_before_.emplace(position, std::move(facts));
    }
    return &facts_before_->second;
}

Result<void> HotCase::flush(CentralTransaction& transaction)
{
    if (!dirty_)
        return {};
    // In the order of the key: neighbours share a page.
    std::vector<const RecordState*> records;
    records.reserve(touched_records_.size());
    for (const auto& [id, fresh] : touched_records_)
        if (const auto at = state_.records.find(id); at != state_.records.end())
            records.push_back(&at->second);
    std::sort(records.begin(), records.end(), [](const auto* a, const auto* b) {
        return std::pair(a->type, a->id) < std::pair(b->type, b->id);
    });
    RecordRow out;
    out.case_no = row_.no;
    for (const auto* record : records) {
        out.type = record->type;
        out.record = record->id;
        out.state = encode(*record);
        SATCHEL_TRYV(transaction.put(out, /*fresh=*/touched_records_.at(record->id)));
        stored_.insert(record->id);
    }
    for (const auto& id : touched_tasks_) {
        const auto at = state_.tasks.find(id);
        if (at != state_.tasks.end())
            SATCHEL_TRYV(transaction.put(TaskRow{row_.no, id, encode(at->second)}));
    }
    row_.facts = state_.facts;
    SATCHEL_TRYV(transaction.put(row_));
    touched_records_.clear();
    touched_tasks_.clear();
    dirty_ = false;
    return {};
}

}  // namespace satchel::sync
