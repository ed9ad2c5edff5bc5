// Promise 1: nothing is silently overridden, and nothing that waits ends by itself.
#include <algorithm>
#include <map>
#include <set>

#include "tests/simulation/checks.hpp"

namespace satchel::simulation {
namespace {

// Of each group of each record: which version stands, and what it says, told from the log alone.
struct Standing {
    VersionId version;
    std::set<VersionId> same = {};  // said the same: whoever saw one of them saw what stands
    schema::FieldValues values = {};  // of a merged text none: only the engine has it
    schema::FieldValues before = {};  // what it replaced
};

bool says_all(const schema::FieldValues& change, const schema::FieldValues& standing)
{
    return std::all_of(standing.begin(), standing.end(), [&](const schema::FieldValue& v) {
        return schema::is_null(v.value) || schema::find(change, v.field) != nullptr;
    });
}

// A suggestion or a conflict that somebody is still to settle.
struct Waiting {
    RecordId record;
    schema::GroupId group{};
    std::string what;
    // To become the group's value; and if the record was withdrawn, whether it stands again is asked too, whatever it says.
    bool a_value = false, asks_back = false;
    schema::FieldValues values = {};
};

// What stands and what waits, followed through the log.
class Overrides {
public:
    explicit Overrides(World& world) : world_(world), policy_(world.hub().policy()) {}

    void take(const sync::Effect& effect)
    {
        if (effect.kind == sync::Effect::Kind::set && !effect.element)
            stand(effect.record, effect.group, effect.version, effect.values);
    }

    void take(const LogEntry& entry, std::size_t i)
    {
        const auto& change = entry.work->changes[i];
        const auto& ruling = entry.rulings[i];
        const auto& version = entry.work->versions[i];
        if (change.op == schema::Op::task || ruling.outcome == sync::Outcome::refused)
            return;
        const auto where = "entry " + std::to_string(sync::raw(entry.row.position));
        if (ruling.amends)
            waiting_.erase(ruling.amended);
        if (change.op == schema::Op::resolve) {
            // The first of two people who have to agree settles nothing; nor does who comments or passes it up.
            if (ruling.outcome == sync::Outcome::applied && change.resolution != schema::Resolution::comment &&
                change.resolution != schema::Resolution::escalate)
                settle(change, version);
            return;
        }
        const bool conflict = ruling.outcome == sync::Outcome::conflict;
        if (conflict || ruling.outcome == sync::Outcome::suggested) {
            waiting_[version] = {change.record, change.group, where + " is a " + (conflict ? "conflict" : "suggestion"),
                                 change.op == schema::Op::set, ruling.rule == "edited-while-withdrawn", change.values};
            return;
        }
        if (change.op == schema::Op::set)
            set(change, ruling, version, where);
    }

    void end()
    {
        std::set<VersionId> open;
        auto view = world_.store().view();
        if (!view)
            return;
        (void)(*view)->all_records([&](const sync::RecordRow& row) -> Result<bool> {
            if (const auto record = sync::decode_record_state(row.state))
                for (const auto& group : record->groups)
                    for (const auto& item : group.open)
                        open.insert(item.side.id);
            return true;
        });
        for (const auto& [id, one] : waiting_)
            if (!open.contains(id))
                world_.violated("override", one.what + " that nobody settled, and it does not wait any more");
    }

private:
    void set(const schema::Change& change, const sync::Ruling& ruling, const VersionId& version, const std::string& where)
    {
        auto& here = groups_[{change.record, change.group}];
        if (ruling.outcome == sync::Outcome::merged && ruling.rule != "text-merged") {
            if (says_all(change.values, here.values))
                here.same.insert(version);
            return;
        }
        // The author of a merged text has not seen it: it is nobody's version, and only its own name names it.
        if (ruling.outcome == sync::Outcome::merged)
            return stand(change.record, change.group, sync::merged_version_id(version), {});
        const bool saw = here.version == VersionId{} || change.base == here.version || change.confirmed == here.version ||
                         here.same.contains(change.base) || here.same.contains(change.confirmed);
        // A reasoned decision outranks one without a reason (L1-272).
        if (!saw && !ruling.amends && ruling.rule != "reasoned-outranks")
            world_.violated("override", where + " (" + std::string(policy_->type(change.type)->name) +
                                            ") was applied over a value that its author had not seen, by rule " + ruling.rule);
        stand(change.record, change.group, version, change.values);
    }

    void settle(const schema::Change& change, const VersionId& version)
    {
        const auto at = change.targets.empty() ? waiting_.end() : waiting_.find(change.targets.front());
        if (at == waiting_.end())
            return;
        const auto item = std::move(at->second);
        waiting_.erase(at);
        switch (change.resolution) {
        case schema::Resolution::accept:
        case schema::Resolution::choose_b:
            if (item.a_value)
                stand(item.record, item.group, version, item.values);
            return;
        case schema::Resolution::amend:
            return stand(item.record, item.group, version, change.values);
        case schema::Resolution::previous: {
            auto values = groups_[{item.record, item.group}].before;
            return stand(item.record, item.group, version, std::move(values));
        }
        default:  // what stands goes on standing
            return;
        }
    }

    // What waited and says just that has been overtaken: nothing is left of it to settle.
    void stand(const RecordId& record, schema::GroupId group, const VersionId& version, schema::FieldValues values)
    {
        auto& here = groups_[{record, group}];
        here = {version, {}, std::move(values), std::move(here.values)};
        std::erase_if(waiting_, [&](const auto& one) {
            const auto& item = one.second;
            return item.a_value && !item.asks_back && item.record == record && item.group == group &&
                   std::all_of(item.values.begin(), item.values.end(), [&](const schema::FieldValue& v) {
                       const auto* now = schema::find(here.values, v.field);
                       return now && *now == v.value;
                   });
        });
    }

    World& world_;
    std::shared_ptr<const schema::Policy> policy_;
    std::map<std::pair<RecordId, schema::GroupId>, Standing> groups_;
    std::map<VersionId, Waiting> waiting_;
};

}  // namespace

void check_overrides(World& world, const Log& log)
{
    Overrides overrides(world);
    for (const auto& entry : log.entries) {
        if (entry.row.kind == sync::EntryKind::effect)
            overrides.take(entry.effect);
        if (entry.row.kind == sync::EntryKind::changeset && entry.work)
            for (std::size_t i = 0; i < entry.work->changes.size() && i < entry.rulings.size(); ++i)
                overrides.take(entry, i);
    }
    overrides.end();
}

}  // namespace satchel::simulation
