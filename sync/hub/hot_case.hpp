// A case in the writer's memory: as much of its state as rulings have needed so far, and what of it is not stored yet.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "sync/central/central_store.hpp"
#include "sync/core/consequences.hpp"

namespace satchel::sync {

class HotCase {
public:
    // `complete`: nothing of the case is in the store that is not here (it is new). `read`: here it counts the bytes of memory
    // that come from the store, about; outlives the case.
    HotCase(CaseRow stored, bool complete, std::size_t& read);

    [[nodiscard]] const CaseRow& row() const noexcept { return row_; }
    [[nodiscard]] CaseNo no() const noexcept { return row_.no; }
    // Facts, and the records and tasks that were loaded. Change it only through the functions here.
    [[nodiscard]] CaseState& state() noexcept { return state_; }

    // Makes sure that everything needed is here. `likely`: the types under which records of `needs` may be found
    // without a search.
    Result<void> load(CentralView& view, const SliceNeeds& needs,
                      const std::vector<std::pair<schema::TypeId, RecordId>>& likely);
    Result<void> load_types(CentralView& view, const std::set<schema::TypeId>& types);
    // The id was derived from a new changeset: nobody can have used it before.
    void knows_absent(const RecordId& id);

    // Before a record or task is changed in state(): it will be stored with the next flush.
    void touch_record(const RecordId& id);
    void touch_task(const TaskId& id);
    void moved_to(Position head, bool safety, bool visibility_changed);
    void fact_changed(Position at) noexcept { last_fact_ = std::max(last_fact_, at); }
    // The facts as of a position; asks the store only when they have changed since.
    Result<const Facts*> facts_at(CentralView& view, Position position);

    Result<void> flush(CentralTransaction& transaction);
    [[nodiscard]] bool dirty() const noexcept { return dirty_; }
    // About how many bytes of memory it takes. Looks at everything in it.
    [[nodiscard]] std::size_t memory() const noexcept;

    std::uint64_t last_used = 0;  // by the ledger, to forget the least recently used

private:
    CaseRow row_;  // its facts are those of state_, copied back by flush()
    CaseState state_;
    std::size_t& read_;
    bool complete_ = false;
    bool tasks_loaded_ = false;
    std::set<schema::TypeId> whole_types_;
    std::unordered_set<RecordId, IdHash> looked_for_;  // here, or known to be absent
    std::unordered_map<RecordId, bool, IdHash> touched_records_;  // fresh: not in the store yet
    std::unordered_set<RecordId, IdHash> stored_;                 // known to be in the store
    std::unordered_set<TaskId, IdHash> touched_tasks_;
    bool dirty_ = false;
    Position last_fact_{};
    std::optional<std::pair<Position, Facts>> facts_before_;  // the last answer of facts_at()
};

}  // namespace satchel::sync
