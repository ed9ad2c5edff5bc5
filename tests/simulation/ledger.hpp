// What people were told was saved: the promise that everything else is held against. It knows nothing of how the engine
// keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "schema/base/id.hpp"
#include "schema/base/time.hpp"

namespace satchel::simulation {

struct Promise {
    enum class Said : std::uint8_t {
        saved,    // "Saved on this device"
        failed,   // an error: it may be there or not
    };
    unsigned device = 0;
    unsigned side = 0;             // of two copies of its store that are in use
    CaseId case_id;
    ChangesetId id;
    std::uint64_t digit = 0;       // its own mark in the words that were typed
    std::string words;             // what was typed; empty: a choice from a list
    std::string type, group;
    Said said = Said::saved;
    bool device_lost_it = false;   // the device's store was put back, or gave its case up
    bool hub_had_it = false;       // as of when the device, or the hub, lost it
    bool excused = false;          // nobody has it any more, and nobody could have
};

class Ledger {
public:
    std::vector<Promise>& promises() { return promises_; }
    [[nodiscard]] const std::vector<Promise>& promises() const { return promises_; }
    [[nodiscard]] std::uint64_t next_mark() { return ++marks_; }
    // The order in which records and versions came to be, which no clock has a part in, as it has in their ids. What was written
    // again by a copy, or made by the engine, is not known here.
    void made(const RecordId& record) { records_.emplace(record, records_.size()); }
    void made(const VersionId& version) { versions_.emplace(version, versions_.size()); }
    [[nodiscard]] std::size_t order_of(const RecordId& record) const { return order_in(records_, record); }
    [[nodiscard]] std::size_t order_of(const VersionId& version) const { return order_in(versions_, version); }

private:
    template <class Id>
    static std::size_t order_in(const std::map<Id, std::size_t>& order, const Id& id)
    {
        const auto at = order.find(id);
        return at == order.end() ? SIZE_MAX : at->second;
    }

    std::vector<Promise> promises_;
    std::uint64_t marks_ = 0;
    std::map<RecordId, std::size_t> records_;
    std::map<VersionId, std::size_t> versions_;
};

}  // namespace satchel::simulation
