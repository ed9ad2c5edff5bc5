// What stands in the hub's log, read row by row with the store's own formats and no rule of the engine.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "sync/central/central_store.hpp"
#include "sync/core/proof.hpp"
#include "sync/core/ruling.hpp"
#include "sync/hub/keys.hpp"
#include "tests/simulation/ledger.hpp"

namespace satchel::simulation {

struct LogEntry {
    sync::EntryRow row;
    ChangesetId id;                 // kinds changeset and held
    std::optional<ChangesetId> was;
    std::optional<sync::OpenedChangeset> work;  // where it can be read
    std::vector<sync::Ruling> rulings;
    sync::Effect effect;            // kind effect
};

struct Log {
    std::vector<LogEntry> entries;
    std::vector<std::string> faults;  // what could not be read
    // How often what was promised is there, as itself or written again under another id; of these, how often sealed.
    struct Times {
        unsigned all = 0, sealed = 0;
    };
    [[nodiscard]] Times times(const Promise& promise) const;

    std::map<ChangesetId, Times> ids;                    // how often each stands there
    std::map<ChangesetId, std::vector<ChangesetId>> rewritten;  // of an id: what names it as what it was
    std::map<std::uint64_t, std::vector<ChangesetId>> marks;    // of a mark: who typed it
};

[[nodiscard]] Log read_log(sync::CentralStore& store, const sync::HubKeys& keys);

// The mark in words that were typed: "mark 17: …"; several, where texts were merged.
[[nodiscard]] std::string marked(std::uint64_t mark, std::string_view words);
[[nodiscard]] std::vector<std::uint64_t> marks_in(std::string_view text);

}  // namespace satchel::simulation
