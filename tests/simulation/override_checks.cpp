// Promise 1: nothing is silently overridden, and nothing that waits ends by itself. What the log says is told from its rows
// alone, and the hub's state has to be that: the engine's fold is on trial here, which hub and devices share.
#include <algorithm>
#include <map>
#include <set>

#include "tests/simulation/checks.hpp"

namespace satchel::simulation {
namespace {

// A value, or an element of a list.
struct Said {
    VersionId version;
    schema::FieldValues values = {};
    CredentialId author = {};
};

// Of each group of each record: which version stands, and what it says, told from the log alone.
struct Standing {
    Said now;
    std::set<VersionId> same = {};  // said the same: whoever saw one of them saw what stands
    Said before = {};               // what it replaced
    std::vector<Said> elements = {};
};

bool says_all(const schema::FieldValues& change, const schema::FieldValues& standing)
{
    return std::all_of(standing.begin(), standing.end(), [&](const schema::FieldValue& v) {
        return schema::is_null(v.value) || schema::find(change, v.field) != nullptr;
    });
}

bool same(const sync::Version& held, const Said& said)
{
    return held.id == said.version && held.values == said.values && held.source.author == said.author;
}

// --- Texts that were merged --------------------------------------------------------------------------------------------

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text)
{
    Lines out{""};
    for (const char c : text)
        c == '\n' ? (void)out.emplace_back() : out.back().push_back(c);
    return out;
}

// What the second of two authors did to the text that both began with, done to what the first made of it. It is found from the
// front where the first left that alone, otherwise from the end.
std::string done_again(const std::string& begun_with, const std::string& first, const std::string& second)
{
    const auto old = lines_of(begun_with), here = lines_of(first), edited = lines_of(second);
    const auto shorter = std::min(old.size(), edited.size());
    std::size_t front = 0, back = 0;
    while (front < shorter && old[front] == edited[front])
        ++front;
    while (back < shorter - front && old[old.size() - 1 - back] == edited[edited.size() - 1 - back])
        ++back;
    const auto taken_out = old.size() - front - back;
    const bool front_is_there =
        here.size() >= front && std::equal(here.begin(), here.begin() + static_cast<std::ptrdiff_t>(front), old.begin());
    const auto at = front_is_there ? front : here.size() - std::min(here.size(), back + taken_out);
    Lines all(here.begin(), here.begin() + static_cast<std::ptrdiff_t>(at));
    all.insert(all.end(), edited.begin() + static_cast<std::ptrdiff_t>(front), edited.end() - static_cast<std::ptrdiff_t>(back));
    all.insert(all.end(), here.begin() + static_cast<std::ptrdiff_t>(std::min(here.size(), at + taken_out)), here.end());
    std::string out;
    for (std::size_t i = 0; i < all.size(); ++i)
        out += (i == 0 ? "" : "\n") + all[i];
    return out;
}

// Field by field: what only one of them changed is theirs; of what both did, both stands.
schema::FieldValues both(const schema::FieldValues& begun_with, const schema::FieldValues& first, const schema::FieldValues& second)
{
    const auto of = [](const schema::FieldValues& values, schema::FieldId field) {
        const auto* value = schema::find(values, field);
        return value ? *value : schema::Value{};
    };
    auto out = first;
    for (const auto& [field, value] : second) {
        const auto old = of(begun_with, field), here = of(first, field);
        if (value == old || value == here)
            continue;
        const auto text = done_again(schema::to_text(old), schema::to_text(here), schema::to_text(value));
        schema::assign(out, field, here == old ? value : schema::Value{text});
    }
    return out;
}

// --- Followed through the log -------------------------------------------------------------------------------------------

// A suggestion or a conflict that somebody is still to settle.
struct Waiting {
    RecordId record;
    schema::GroupId group{};
    std::string what;
    schema::Op op{};
    bool asks_back = false;  // the record was withdrawn: whether it stands again is asked too, whatever it says
    Said side = {};
    std::vector<VersionId> targets = {};  // of a removal
};

// What stands and what waits, followed through the log.
class Overrides {
public:
    explicit Overrides(World& world) : world_(world), policy_(world.hub().policy()) {}

    void take(const sync::Effect& effect)
    {
        if (effect.kind == sync::Effect::Kind::returned)
            withdrawn_.erase(effect.record);
        if (effect.kind != sync::Effect::Kind::set)
            return;
        Said said{effect.version, effect.values, effect.on_behalf.author};
        if (effect.element)
            groups_[{effect.record, effect.group}].elements.push_back(std::move(said));
        else
            stand(effect.record, effect.group, std::move(said));
    }

    void take(const LogEntry& entry, std::size_t i)
    {
        const auto& change = entry.work->changes[i];
        const auto& ruling = entry.rulings[i];
        if (change.op == schema::Op::task || ruling.outcome == sync::Outcome::refused)
            return;
        const Said said{entry.work->versions[i], change.values, entry.work->header.author};
        const auto where = "entry " + std::to_string(sync::raw(entry.row.position));
        if (ruling.amends)
            waiting_.erase(ruling.amended);
        if (ruling.returns)
            withdrawn_.erase(change.record);
        if (change.op == schema::Op::resolve) {
            // The first of two people who have to agree settles nothing; nor does who comments or passes it up.
            if (ruling.outcome == sync::Outcome::applied && change.resolution != schema::Resolution::comment &&
                change.resolution != schema::Resolution::escalate)
                settle(change, said);
            return;
        }
        const bool conflict = ruling.outcome == sync::Outcome::conflict;
        if (conflict || ruling.outcome == sync::Outcome::suggested) {
            waiting_[said.version] = {change.record, change.group, where + " is a " + (conflict ? "conflict" : "suggestion"),
                                      change.op,     ruling.rule == "edited-while-withdrawn", said, change.targets};
            return;
        }
        if (change.op == schema::Op::set)
            set(change, ruling, said, where);
        else if (ruling.outcome == sync::Outcome::applied)
            put(change.op, change.record, change.group, said, change.targets);
    }

    // The hub's state is what the log gives: what stands, what it replaced, what is in lists, what waits, and what is gone.
    void end()
    {
        auto view = world_.store().view();
        if (!view)
            return;
        std::map<VersionId, Said> open;
        (void)(*view)->all_records([&](const sync::RecordRow& row) -> Result<bool> {
            const auto record = sync::decode_record_state(row.state);
            if (!record)
                return true;
            for (const auto& group : record->groups) {
                for (const auto& item : group.open)
                    open[item.side.id] = {item.side.id, item.side.values, item.side.source.author};
                compare(*record, group);
                groups_.erase({record->id, group.id});
            }
            const auto gone = withdrawn_.find(record->id);
            if (record->withdrawn != (gone == withdrawn_.end() ? VersionId{} : gone->second))
                world_.violated("override", "a " + name_of(record->type) + " is withdrawn, or is not, other than the log says");
            return true;
        });
        for (const auto& [id, one] : waiting_) {
            const auto at = open.find(id);
            if (at == open.end())
                world_.violated("override", one.what + " that nobody settled, and it does not wait any more");
            else if (at->second.values != one.side.values || at->second.author != one.side.author)
                world_.violated("override", one.what + " and does not wait as it was written");
        }
        for (const auto& [id, one] : open)
            if (!waiting_.contains(id))
                world_.violated("override", "something waits that was settled, or never said");
        for (const auto& [where, group] : groups_)
            if (group.now.version != VersionId{} || !group.elements.empty())
                world_.violated("override", "the hub has nothing of a value that the log gives");
    }

private:
    [[nodiscard]] std::string name_of(schema::TypeId id) const
    {
        const auto* type = policy_->type(id);
        return type ? std::string(type->name) : "record";
    }

    void compare(const sync::RecordState& record, const sync::GroupState& group)
    {
        const auto& here = groups_[{record.id, group.id}];
        const auto blame = [&](const std::string& what) {
            world_.violated("override", what + " a " + name_of(record.type) + " is not what the log gives");
        };
        if (!same(group.current, here.now))
            blame(group.current.id == here.now.version ? "what is said in" : "the version that stands of");
        if (!same(group.previous, here.before))
            blame("what was replaced in");
        if (!std::equal(group.elements.begin(), group.elements.end(), here.elements.begin(), here.elements.end(), same))
            blame("the list in");
    }

    void set(const schema::Change& change, const sync::Ruling& ruling, const Said& said, const std::string& where)
    {
        auto& here = groups_[{change.record, change.group}];
        if (ruling.outcome == sync::Outcome::merged && ruling.rule != "text-merged") {
            if (says_all(change.values, here.now.values))
                here.same.insert(said.version);
            return;
        }
        // The author of a merged text has not seen it: it is nobody's version, and only its own name names it.
        if (ruling.outcome == sync::Outcome::merged) {
            if (change.base != here.before.version)
                world_.violated("override", where + " was merged with a text that was not written on what its author had seen");
            auto merged = both(here.before.values, here.now.values, change.values);
            return stand(change.record, change.group, {sync::merged_version_id(said.version), std::move(merged), said.author});
        }
        const auto& now = here.now.version;
        const bool saw = now == VersionId{} || change.base == now || change.confirmed == now || here.same.contains(change.base) ||
                         here.same.contains(change.confirmed);
        // A reasoned decision outranks one without a reason (L1-272).
        if (!saw && !ruling.amends && ruling.rule != "reasoned-outranks")
            world_.violated("override", where + " (" + name_of(change.type) +
                                            ") was applied over a value that its author had not seen, by rule " + ruling.rule);
        stand(change.record, change.group, said);
    }

    // Done to the record, at once or when it was settled.
    void put(schema::Op op, const RecordId& record, schema::GroupId group, Said said, const std::vector<VersionId>& targets)
    {
        auto& elements = groups_[{record, group}].elements;
        switch (op) {
        case schema::Op::set:
            return stand(record, group, std::move(said));
        case schema::Op::add:
            return elements.push_back(std::move(said));
        case schema::Op::remove:
            std::erase_if(elements, [&](const Said& one) {
                return std::find(targets.begin(), targets.end(), one.version) != targets.end();
            });
            return;
        case schema::Op::withdraw:
            withdrawn_[record] = said.version;
            return;
        default:
            return;
        }
    }

    void settle(const schema::Change& change, const Said& decision)
    {
        const auto at = change.targets.empty() ? waiting_.end() : waiting_.find(change.targets.front());
        if (at == waiting_.end())
            return;
        auto item = std::move(at->second);
        waiting_.erase(at);
        switch (change.resolution) {
        case schema::Resolution::accept:
        case schema::Resolution::choose_b:
            item.side.version = decision.version;
            return put(item.op, item.record, item.group, std::move(item.side), item.targets);
        case schema::Resolution::amend:
            return stand(item.record, item.group, decision);
        case schema::Resolution::previous: {
            auto before = groups_[{item.record, item.group}].before;
            before.version = decision.version;
            return stand(item.record, item.group, std::move(before));
        }
        default:  // what stands goes on standing
            return;
        }
    }

    // What waited and says just that has been overtaken: nothing is left of it to settle.
    void stand(const RecordId& record, schema::GroupId group, Said said)
    {
        auto& here = groups_[{record, group}];
        here.before = std::move(here.now);
        here.now = std::move(said);
        here.same.clear();
        std::erase_if(waiting_, [&](const auto& one) {
            const auto& item = one.second;
            return item.op == schema::Op::set && !item.asks_back && item.record == record && item.group == group &&
                   std::all_of(item.side.values.begin(), item.side.values.end(), [&](const schema::FieldValue& v) {
                       const auto* now = schema::find(here.now.values, v.field);
                       return now && *now == v.value;
                   });
        });
    }

    World& world_;
    std::shared_ptr<const schema::Policy> policy_;
    std::map<std::pair<RecordId, schema::GroupId>, Standing> groups_;
    std::map<VersionId, Waiting> waiting_;
    std::map<RecordId, VersionId> withdrawn_;
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
