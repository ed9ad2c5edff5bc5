#include "sync/core/fold.hpp"

#include <algorithm>

#include "schema/base/mutant.hpp"
#include "schema/policy/rule_names.hpp"
#include "sync/core/text3.hpp"

namespace satchel::sync {
namespace {

using schema::Change;
using schema::Op;
using schema::Resolution;
namespace rules = schema::rule_names;

// Older ones are forgotten: whoever built on one of those sees two versions and decides.
constexpr std::size_t agreed_max = 16;

Source source_of(const OpenedChangeset& changeset)
{
    return {changeset.id, changeset.header.author, changeset.header.hat.agency, changeset.header.hat.role};
}

RecordState& record_for(CaseState& state, const RecordId& id, schema::TypeId type)
{
    auto [at, fresh] = state.records.try_emplace(id);
    if (fresh) {
        at->second.id = id;
        at->second.type = type;
    }
    return at->second;
}

// A record may be founded by several changesets of one save, one for each audience: any of them names the supplier. What a
// case always has (a singleton) is nobody's supply.
void found(RecordState& record, GroupState& group, const Source& source)
{
    if (is_singleton_id(record.id))
        return;
    group.founding = true;
    if (record.created == Source{}) {
        record.created = source;
        record.created.changeset = ChangesetId{};
    }
}

void drop_item(GroupState& group, const VersionId& id)
{
    std::erase_if(group.open, [&](const OpenItem& item) { return item.side.id == id; });
}

// What still waits although the record by now says just that has been overtaken: nobody is left to decide anything.
void drop_overtaken(GroupState& group)
{
    std::erase_if(group.open, [&](const OpenItem& item) {
        const bool sets = !item.removes && !item.adds && item.rule != rules::edited_while_withdrawn;
        return sets && std::all_of(item.side.values.begin(), item.side.values.end(), [&](const schema::FieldValue& v) {
                   const auto* now = find(group.current.values, v.field);
                   return now && *now == v.value;
               });
    });
}

void make_current(RecordState& record, GroupState& group, Version version)
{
    group.previous = std::move(group.current);
    group.current = std::move(version);
    group.agreed.clear();
    group.voided = false;
    record.stale.clear();
    drop_overtaken(group);
    for (auto& item : group.open)
        item.proposed = Version{};  // it was a decision about another version
}

// Whoever left out what the record states agreed with the rest, and has not seen it: what they write on top of that is not
// written on the record's value.
void agree(GroupState& group, const VersionId& version, const schema::FieldValues& said)
{
    const bool whole = std::all_of(group.current.values.begin(), group.current.values.end(), [&](const auto& v) {
        return schema::is_null(v.value) || find(said, v.field) != nullptr;
    });
    if (!whole)
        return;
    if (group.agreed.size() == agreed_max)
        group.agreed.erase(group.agreed.begin());
    group.agreed.push_back(version);
}

void remove_elements(GroupState& group, const std::vector<VersionId>& targets)
{
    std::erase_if(group.elements, [&](const Version& element) {
        return mutant(Mutant::list_emptied) || std::find(targets.begin(), targets.end(), element.id) != targets.end();
    });
}

// What was suggested, or the other side of a conflict, becomes the record's.
void take(RecordState& record, GroupState& group, const OpenItem& item, const VersionId& version)
{
    if (item.rule == rules::withdraw) {
        record.withdrawn = version;
        return;
    }
    if (item.removes)
        remove_elements(group, item.targets);
    else if (item.adds)
        group.elements.push_back({version, item.side.values, item.side.source});
    else
        make_current(record, group, {version, mutant(Mutant::wrong_side_kept) ? group.current.values : item.side.values, item.side.source});
}

void resolve(RecordState& record, GroupState& group, const Change& change, const VersionId& version,
             const Source& source)
{
    const auto at = std::find_if(group.open.begin(), group.open.end(), [&](const OpenItem& item) {
        return !change.targets.empty() && item.side.id == change.targets.front();
    });
    const bool settles = (change.resolution != Resolution::comment && change.resolution != Resolution::escalate) ||
                         mutant(Mutant::comment_settles);
    if (at == group.open.end() || !settles)
        return;
    const OpenItem item = *at;
    if (!mutant(Mutant::amended_waits) || change.resolution != Resolution::amend)
        group.open.erase(at);
    switch (change.resolution) {
    case Resolution::accept:
    case Resolution::choose_b:
        take(record, group, item, version);
        break;
    case Resolution::amend:
        make_current(record, group, {version, change.values, source});
        break;
    case Resolution::previous:
        make_current(record, group, {version, group.previous.values, group.previous.source});
        break;
    default:  // declined, withdrawn, choose_a: the current value stands
        break;
    }
}

// A decision that needs a second person stays with what it decides on.
void propose(GroupState& group, const Change& change, const VersionId& version, const Source& source)
{
    for (auto& item : group.open)
        if (!change.targets.empty() && item.side.id == change.targets.front()) {
            item.proposed = {version, change.values, source};
            item.proposed_how = change.resolution;
        }
}

void fold_waiting(GroupState& group, const Change& change, const Ruling& ruling, const VersionId& version,
                  const Source& source)
{
    OpenItem item;
    item.kind = ruling.outcome == Outcome::conflict ? OpenItem::Kind::conflict : OpenItem::Kind::suggestion;
    item.side = {version, change.values, source};
    item.base = change.base;
    item.decided_by = ruling.decided_by;
    item.rule = change.op == Op::withdraw ? std::string(rules::withdraw) : ruling.rule;
    item.removes = change.op == Op::remove || change.op == Op::withdraw;
    item.adds = change.op == Op::add;
    item.targets = change.targets;
    item.around_handover = ruling.around_handover;
    item.protective = ruling.protective;
    item.stands = ruling.stands;
    if (mutant(Mutant::conflict_dropped) && item.kind == OpenItem::Kind::conflict)
        return;
    if (mutant(Mutant::suggestion_dropped) && item.kind == OpenItem::Kind::suggestion)
        return;
    group.open.push_back(std::move(item));
}

void fold_change(CaseState& state, const Change& change, const VersionId& version, const Ruling& ruling,
                 const Source& source)
{
    if (ruling.outcome == Outcome::refused)
        return;
    if (change.op == Op::task) {
        const auto at = change.targets.empty() ? state.tasks.end()
                                               : state.tasks.find(TaskId{change.targets.front().bytes});
        if (at != state.tasks.end() && (at->second.state != Task::State::done || mutant(Mutant::done_undone)))
            at->second.state =
                change.resolution == Resolution::done ? Task::State::done : Task::State::acknowledged;
        return;
    }
    auto& record = record_for(state, change.record, change.type);
    auto& group = record.group_for(change.group);
    if (change.creates)
        found(record, group, source);
    if (ruling.amends)
        drop_item(group, ruling.amended);
    if (change.op == Op::resolve && ruling.outcome == Outcome::suggested) {
        propose(group, change, version, source);
        return;
    }
    if (ruling.outcome == Outcome::suggested || ruling.outcome == Outcome::conflict) {
        fold_waiting(group, change, ruling, version, source);
        return;
    }
    if (ruling.outcome == Outcome::merged && ruling.rule != rules::text_merged) {
        if (ruling.rule == rules::same_value)
            agree(group, version, change.values);
        return;  // the record already says so
    }
    if (ruling.returns)
        record.withdrawn = VersionId{};
    switch (change.op) {
    case Op::set: {
        if (ruling.rule != rules::text_merged) {
            make_current(record, group, {version, change.values, source});
            break;
        }
        auto merged = merge_text_values(group.previous.values, group.current.values, change.values);
        make_current(record, group, {merged_version_id(version), std::move(merged).value_or(change.values), source});
        break;
    }
    case Op::add:
        if (mutant(Mutant::element_lost) && !group.elements.empty())
            group.elements.pop_back();
        group.elements.push_back({version, change.values, source});
        break;
    case Op::remove:
        remove_elements(group, change.targets);
        break;
    case Op::withdraw:
        record.withdrawn = version;
        break;
    case Op::resolve:
        resolve(record, group, change, version, source);
        break;
    case Op::task:
        break;
    }
}

}  // namespace

void fold(CaseState& state, const OpenedChangeset& changeset, std::span<const Ruling> rulings)
{
    SATCHEL_CHECK(rulings.size() == changeset.changes.size());
    const auto source = source_of(changeset);
    for (std::size_t i = 0; i < rulings.size(); ++i)
        fold_change(state, changeset.changes[i], changeset.versions[i], rulings[i], source);
}

void fold(CaseState& state, const Effect& effect)
{
    switch (effect.kind) {
    case Effect::Kind::fact:
        if (effect.text.empty())
            state.facts.erase(effect.name);
        else
            state.facts[effect.name] = effect.text;
        return;
    case Effect::Kind::task_opened:
        state.tasks[effect.task.id] = effect.task;
        return;
    case Effect::Kind::task_closed:
        if (const auto at = state.tasks.find(effect.task.id); at != state.tasks.end())
            at->second.state = Task::State::superseded;
        return;
    case Effect::Kind::set: {
        auto& record = record_for(state, effect.record, effect.type);
        auto& group = record.group_for(effect.group);
        if (effect.creates)
            found(record, group, effect.on_behalf);
        if (effect.element)
            group.elements.push_back({effect.version, effect.values, effect.on_behalf});
        else
            make_current(record, group, {effect.version, effect.values, effect.on_behalf});
        return;
    }
    case Effect::Kind::stale:
        if (const auto at = state.records.find(effect.record); at != state.records.end()) {
            auto& stale = at->second.stale;
            if (std::find(stale.begin(), stale.end(), effect.cause) == stale.end())
                stale.push_back(effect.cause);
        }
        return;
    case Effect::Kind::link: {
        const auto add = [&](const RecordId& from, const RecordId& to) {
            const auto at = state.records.find(from);
            if (at == state.records.end())
                return;
            auto& links = at->second.links;
            const auto old = std::find_if(links.begin(), links.end(), [&](const RecordLink& link) {
                return link.other == to && link.rule == effect.rule;
            });
            if (old != links.end())
                old->discrepancy = effect.flag;
            else
                links.push_back({to, effect.rule, effect.flag});
        };
        add(effect.record, effect.other);
        if (effect.other != effect.record)
            add(effect.other, effect.record);
        return;
    }
    case Effect::Kind::late:
        if (const auto at = state.records.find(effect.record); at != state.records.end())
            at->second.late = true;
        return;
    case Effect::Kind::outside:
        if (const auto at = state.records.find(effect.record); at != state.records.end())
            at->second.outside.push_back(effect.rule);
        return;
    case Effect::Kind::returned:
        if (const auto at = state.records.find(effect.record); at != state.records.end())
            at->second.withdrawn = VersionId{};
        return;
    case Effect::Kind::voided:
        if (const auto at = state.records.find(effect.record); at != state.records.end())
            at->second.group_for(effect.group).voided = true;
        return;
    }
}

}  // namespace satchel::sync
