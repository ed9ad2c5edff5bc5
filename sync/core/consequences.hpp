// What the system does because of a ruled change: tasks, facts, deadlines, links, stale marks, successions. Pure.
//
// Nothing here rules on anybody's change; each consequence becomes an entry of the system author that names its rule.
#pragma once

#include <set>
#include <span>

#include "schema/policy/policy.hpp"
#include "sync/core/fold.hpp"

namespace satchel::sync {

// The part of a case that ruling on a changeset and deriving its consequences needs: the records named and referred
// to, every record of these types, and the tasks when asked. Cheap kinds of record need only themselves (slice.cpp).
struct SliceNeeds {
    std::set<RecordId> records;
    std::set<schema::TypeId> types;
    bool tasks = false;
};
[[nodiscard]] SliceNeeds slice_needs(const schema::Policy& policy, const OpenedChangeset& changeset);
[[nodiscard]] SliceNeeds slice_needs(const schema::Policy& policy, const Effect& effect);
// The types of which reconcile itself looks at every record: gates ask for them.
[[nodiscard]] std::set<schema::TypeId> types_asked_for(const schema::Policy& policy, const OpenedChangeset& changeset);

struct Received {
    Instant at;  // the hub's clock: marks lateness and starts no statutory clock
    Date today;
};

// `state` is the case after the changeset was folded in, or any part of it with what slice_needs() names. It is lent: when this returns
// or throws it is as it was. The effects are in the order in which they are to be folded.
[[nodiscard]] std::vector<Effect> consequences(CaseState& state, const OpenedChangeset& changeset,
                                               std::span<const Ruling> rulings, const schema::Policy& policy,
                                               const Received& received);

// The facts of the case that `today` and the records now yield and that `state.facts` does not say yet. `types`
// limits the work to facts derived from those types; empty means all (facts.cpp). Called after imports, effects and at midnight.
[[nodiscard]] std::vector<Effect> derive_facts(const CaseState& state, const schema::Policy& policy, Date today,
                                               const std::set<schema::TypeId>& types, const VersionId& cause);

// The clocks of an agreement that somebody looks at: all of them after an import, those that rest on a fact when it changed.
using Clocks = std::vector<const schema::Deadline*>;
[[nodiscard]] Clocks all_clocks(const schema::Policy& policy);
[[nodiscard]] Clocks clocks_resting_on(const schema::Policy& policy, std::span<const Effect> facts);
[[nodiscard]] SliceNeeds clock_needs(const Clocks& clocks);
// Tasks that run and should not, and tasks that should run and do not, by the records and facts of the case (clocks.cpp).
[[nodiscard]] std::vector<Effect> derive_clocks(const CaseState& state, const schema::Policy& policy, const Clocks& clocks,
                                                Date today, const VersionId& cause);

// The first value of every fact of a new case.
[[nodiscard]] Facts initial_facts(const schema::Policy& policy);

}  // namespace satchel::sync
