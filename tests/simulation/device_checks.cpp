// What devices hold, against the hub's state and against what they may hold.
#include <algorithm>
#include <set>

#include "crypto/vault/database.hpp"
#include "tests/simulation/agreement.hpp"
#include "tests/simulation/device_reader.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/fast_store.hpp"

namespace satchel::simulation {
namespace {

std::string device_name(const DeviceHost& device)
{
    return "device " + std::to_string(device.index) + " (" + device.agency + ")";
}

// --- I4 and I5 ---------------------------------------------------------------------------------------------------------

struct HubCase {
    std::map<RecordId, sync::RecordState> records;
    std::map<TaskId, sync::Task> tasks;
    sync::Facts facts;
    std::set<std::string> assigned;  // user ids
};

HubCase read_case(sync::CentralView& view, const CaseId& id)
{
    HubCase out;
    const auto row = view.case_row(id);
    if (!row || !*row)
        return out;
    out.facts = (*row)->facts;
    (void)view.records((*row)->no, [&](const sync::RecordRow& one) -> Result<bool> {
        if (auto state = sync::decode_record_state(one.state))
            out.records[one.record] = *std::move(state);
        return true;
    });
    (void)view.tasks((*row)->no, [&](const sync::TaskRow& one) -> Result<bool> {
        if (auto task = sync::decode_task(one.state))
            out.tasks[one.task] = *std::move(task);
        return true;
    });
    (void)view.assignments((*row)->no, [&](const sync::AssignmentRow& one) -> Result<bool> {
        if (one.ended.empty())
            out.assigned.insert(one.name);
        return true;
    });
    return out;
}

std::string sharing_of(const schema::Policy& policy, const sync::RecordState& record)
{
    const auto* type = policy.type(record.type);
    const auto* group = type ? type->group("handling") : nullptr;
    const auto* state = group ? record.group(group->id) : nullptr;
    const auto* field = group ? group->field("sharing") : nullptr;
    const auto* value = state && field ? schema::find(state->current.values, field->id) : nullptr;
    return value ? schema::to_text(*value) : "nothing";
}

std::string describe(const sync::GroupState& group)
{
    std::string out = "value " + to_string(group.current.id).substr(0, 6) + ", elements";
    for (const auto& element : group.elements)
        out += " " + to_string(element.id).substr(0, 6);
    out += ", open";
    for (const auto& item : group.open)
        out += " " + to_string(item.side.id).substr(0, 6) + (item.removes ? "-" : "") + (item.adds ? "+" : "") + " by " +
               item.decided_by + " for " + item.rule;
    out += ", before " + to_string(group.previous.id).substr(0, 6) + ", agreed";
    for (const auto& id : group.agreed)
        out += " " + to_string(id).substr(0, 6);
    return out + (group.voided ? ", voided" : "") + (group.founding ? ", founding" : "");
}

// People see what they themselves have suggested and decided, wherever it was. Words of others that a decision let in are
// looked for by their marks.
bool own_words_only(const sync::GroupState& group, const CredentialId& self)
{
    return (group.current.id == VersionId{} || group.current.source.author == self) && group.elements.empty() &&
           std::all_of(group.open.begin(), group.open.end(),
                       [&](const sync::OpenItem& item) { return item.side.source.author == self; });
}

// Every record but intelligence, of which two people of one agency may see more or less.
bool same_for_all(const schema::Policy& policy, const sync::CaseState& a, const sync::CaseState& b)
{
    const auto* intel = policy.type("intel");
    const auto open_to_all = [&](const sync::CaseState& one) {
        std::vector<sync::RecordState> out;
        for (const auto& [id, record] : one.records)
            if (!intel || record.type != intel->id)
                out.push_back(record);
        return out;
    };
    return open_to_all(a) == open_to_all(b) && a.facts == b.facts;
}

// What the hub says of a record as a whole, as those see it who see the first group of its type. Links to what they do not
// see are not told.
sync::RecordState as_seen(const DeviceHost& device, const HubCase& hub, const sync::RecordState& record,
                          const schema::Policy& policy)
{
    auto out = record;
    std::erase_if(out.links, [&](const sync::RecordLink& link) {
        const auto other = hub.records.find(link.other);
        const auto* type = other == hub.records.end() ? nullptr : policy.type(other->second.type);
        return type && !sees(device.agency, type->name, type->groups.front().name, sharing_of(policy, other->second), policy.version);
    });
    return out;
}

void compare(World& world, const DeviceHost& device, const std::string& label, const HubCase& hub,
             const sync::CaseState& held, const schema::Policy& policy)
{
    const auto who = device_name(device) + ", " + label;
    if (held.facts != hub.facts)
        world.violated("I4", who + " knows other facts of the case than the hub");
    for (const auto& [id, record] : hub.records) {
        const auto* type = policy.type(record.type);
        if (!type)
            continue;
        const auto sharing = sharing_of(policy, record);
        const auto found = held.records.find(id);
        bool founder = false;  // does this device hold a group that the record began with?
        for (const auto& state : record.groups) {
            const auto* group = type->group(state.id);
            if (!group || stays_with_author(type->name, group->name))
                continue;
            const auto name = std::string(type->name) + "." + std::string(group->name);
            const auto* theirs = found == held.records.end() ? nullptr : found->second.group(state.id);
            const bool empty = state.current.id == VersionId{} && state.elements.empty() && state.open.empty();
            founder = founder || (theirs && theirs->founding);
            if (!sees(device.agency, type->name, group->name, sharing, policy.version)) {
                if (theirs && !own_words_only(*theirs, device.credential))
                    world.violated("I5", who + " holds a " + name + " that it may not see: " + describe(*theirs));
            } else if (!empty && !theirs) {
                world.violated("I4", who + " lacks a " + name);
            } else if (theirs && !(*theirs == state)) {
                world.violated("I4", who + " has another " + name + " than the hub: " + describe(*theirs) + " instead of " +
                                         describe(state));
            }
        }
        if (found == held.records.end())
            continue;
        const auto& theirs = found->second;
        if (theirs.created != (founder ? record.created : sync::Source{}))
            world.violated("I4", who + " has another supplier of a " + std::string(type->name) + " than the hub");
        if (!sees(device.agency, type->name, type->groups.front().name, sharing, policy.version))
            continue;
        const auto ours = as_seen(device, hub, record, policy);
        if (theirs.withdrawn != ours.withdrawn || theirs.late != ours.late || theirs.outside != ours.outside ||
            theirs.stale != ours.stale || theirs.links != ours.links)
            world.violated("I4", who + " knows something else of a " + std::string(type->name) + " than the hub");
    }
    for (const auto& [id, record] : held.records)
        if (!hub.records.contains(id))
            world.violated("I4", who + " has a record that the hub has not");
    for (const auto& [id, task] : hub.tasks) {
        const auto* type = policy.type(task.type);
        const auto* group = type ? type->group(task.group) : nullptr;
        if (!group)
            continue;
        const auto of = hub.records.find(task.record);
        const auto sharing = of == hub.records.end() ? std::string() : sharing_of(policy, of->second);
        const auto found = held.tasks.find(id);
        const bool visible = sees(device.agency, type->name, group->name, sharing, policy.version);
        if (visible && (found == held.tasks.end() || !(found->second == task)))
            world.violated("I4", who + " has not the task \"" + task.words + "\" as the hub has it");
        if (!visible && found != held.tasks.end())
            world.violated("I5", who + " holds a task that it may not see");
    }
    for (const auto& [id, task] : held.tasks)
        if (!hub.tasks.contains(id))
            world.violated("I4", who + " has the task \"" + task.words + "\", which the hub has not");
}

// Marks in clear in the bytes of a disk.
std::set<std::uint64_t> marks_on(const Disk& disk)
{
    std::set<std::uint64_t> out;
    disk.each_file([&](const std::string&, const Bytes& content) {
        for (const auto mark : marks_in({reinterpret_cast<const char*>(content.data()), content.size()}))
            out.insert(mark);
    });
    return out;
}

}  // namespace

void check_devices(World& world, const Log& log)
{
    const auto policy = world.hub().policy();
    auto view = world.store().view();
    if (!view)
        return world.violated("open", "the hub's store cannot be read");
    std::vector<HubCase> cases;
    for (const auto& id : world.cases())
        cases.push_back(read_case(**view, id));
    std::set<std::uint64_t> secret;  // marks of intelligence that, as things stand, only the police may read
    for (const auto& entry : log.entries) {
        if (!entry.work)
            continue;
        for (const auto& change : entry.work->changes) {
            const auto* type = policy->type(change.type);
            const auto* group = type ? type->group(change.group) : nullptr;
            if (!group || type->name != "intel" || group->name != "content")
                continue;
            bool shared = false;
            for (const auto& one : cases)
                if (const auto of = one.records.find(change.record); of != one.records.end())
                    shared = sharing_of(*policy, of->second) == "full";
            for (const auto& [field, value] : change.values)
                for (const auto mark : marks_in(schema::to_text(value)))
                    if (!shared)
                        secret.insert(mark);
        }
    }
    // Marks in work that was refused whole, and whose it is: several people's, where they edited what a lost history held.
    std::map<std::uint64_t, std::set<CredentialId>> refused;
    std::set<std::uint64_t> taken;
    for (const auto& entry : log.entries) {
        if (!entry.work || entry.row.kind != sync::EntryKind::changeset)
            continue;
        const bool whole = std::all_of(entry.rulings.begin(), entry.rulings.end(),
                                       [](const auto& ruling) { return ruling.outcome == sync::Outcome::refused; });
        const bool instead = std::any_of(entry.rulings.begin(), entry.rulings.end(),
                                         [](const auto& ruling) { return !ruling.instead.empty(); });
        for (const auto& change : entry.work->changes)
            for (const auto& [field, value] : change.values)
                for (const auto mark : marks_in(schema::to_text(value))) {
                    if (whole && !instead)  // a concern, say, carries the words on
                        refused[mark].insert(entry.work->header.author);
                    else
                        taken.insert(mark);
                }
    }
    for (const auto mark : taken)
        refused.erase(mark);
    std::map<std::pair<std::string, std::size_t>, std::pair<unsigned, sync::CaseState>> first;  // of each agency and case
    for (auto& device : world.devices()) {
        // What administrators were told does not count here: a power cut may have come between the deed and the word.
        const auto credential = (*view)->credential(device->credential);
        if (!device->store || !credential || !*credential)
            continue;
        if ((*credential)->revoked) {
            for (const auto& id : world.cases())
                if (device->store->confirmed(id))
                    world.violated("I5", device_name(*device) + " is revoked and still has a case");
            continue;
        }
        std::set<CaseId> gone;
        for (std::size_t i = 0; i < cases.size(); ++i) {
            const bool theirs = cases[i].assigned.contains(to_string(device->user));
            auto held = device->store->confirmed(world.cases()[i]);
            const auto label = "case " + std::to_string(i + 1);
            if (!theirs) {
                gone.insert(world.cases()[i]);
                if (held)
                    world.violated("I5", device_name(*device) + " still has " + label);
                continue;
            }
            if (!held) {
                world.violated("I4", device_name(*device) + " has not " + label);
                continue;
            }
            compare(world, *device, label, cases[i], *held, *policy);
            const auto key = std::pair{device->agency, i};
            if (const auto other = first.find(key); other == first.end())
                first.emplace(key, std::pair{device->index, *std::move(held)});
            else if (!same_for_all(*policy, other->second.second, *held))
                world.violated("I4", device_name(*device) + " and device " + std::to_string(other->second.first) +
                                         " differ in " + label);
        }
        const auto must_not_hold = [&](const Promise& promise) -> std::string {
            if (!promise.digit)
                return {};
            if (gone.contains(promise.case_id))
                return "words of a case that left it";
            if (const auto only = refused.find(promise.digit); only != refused.end() && !only->second.contains(device->credential))
                return "words that were refused";
            if (device->agency != "police" && promise.device != device->index && secret.contains(promise.digit))
                return "intelligence";
            return {};
        };
        const auto& promises = world.ledger().promises();
        if (store_in_use() == StoreKind::fast) {
            // Its bytes are in clear: only where they have what they should not are its tables looked through.
            const auto marks = marks_on(device->disk);
            for (const auto& promise : promises)
                if (const auto what = must_not_hold(promise); !what.empty() && marks.contains(promise.digit))
                    world.violated("I5", device_name(*device) + ": " + what + " lie in its files (mark " +
                                             std::to_string(promise.digit) + ")");
            if (std::none_of(promises.begin(), promises.end(), [&](const Promise& promise) {
                    return marks.contains(promise.digit) && !must_not_hold(promise).empty();
                }))
                continue;
        }
        const auto tables = marks_in_tables(*device);
        for (const auto& promise : promises)
            if (const auto at = tables.find(promise.digit); at != tables.end())
                if (const auto what = must_not_hold(promise); !what.empty())
                    world.violated("I5", device_name(*device) + ": " + what + " are in its table " + at->second + " (mark " +
                                             std::to_string(promise.digit) + ")");
    }
}

void check_plaintext(World& world)
{
    if (store_in_use() == StoreKind::fast)
        return;
    const auto of = [&](const Disk& disk, const std::string& whose) {
        if (const auto marks = marks_on(disk); !marks.empty())
            world.violated("I9", "words lie in clear on the disk of " + whose + " (mark " + std::to_string(*marks.begin()) + ")");
    };
    of(world.hub_disk(), "the hub");
    for (const auto& device : world.devices())
        of(device->disk, device_name(*device));
}

}  // namespace satchel::simulation
