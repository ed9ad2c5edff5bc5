#include "tests/simulation/checks.hpp"

#include <algorithm>
#include <set>

#include "crypto/vault/database.hpp"
#include "schema/wire/archive.hpp"
#include "sync/hub/body.hpp"
#include "sync/hub/verify.hpp"
#include "tests/simulation/agreement.hpp"

namespace satchel::simulation {
namespace {

std::string device_name(const DeviceHost& device)
{
    return "device " + std::to_string(device.index) + " (" + device.agency + ")";
}

// --- I1 ----------------------------------------------------------------------------------------------------------------

void check_promises(World& world, const Log& log)
{
    for (const auto& promise : world.ledger().promises()) {
        const auto times = log.times(promise);
        const auto what = "a " + promise.type + " of device " + std::to_string(promise.device) +
                          (promise.digit ? ", mark " + std::to_string(promise.digit) : "");
        if (times > 1)
            world.violated("I1", what + " is in the log " + std::to_string(times) + " times");
        if (times == 0 && promise.said == Promise::Said::saved && !promise.excused)
            world.violated("I1", what + " was saved and is not in the log");
    }
}

// --- I2 ----------------------------------------------------------------------------------------------------------------

void check_rulings(World& world, const Log& log, const std::optional<Log>& before)
{
    for (const auto& fault : log.faults)
        world.violated("log", fault);
    for (std::size_t i = 0; i < log.entries.size(); ++i) {
        const auto& entry = log.entries[i];
        const auto where = "entry " + std::to_string(sync::raw(entry.row.position));
        if (sync::raw(entry.row.position) != static_cast<std::int64_t>(i) + 1)
            world.violated("I2", where + " is not at its place");
        if (entry.row.kind == sync::EntryKind::changeset && entry.work &&
            entry.rulings.size() != entry.work->changes.size())
            world.violated("I2", where + " has " + std::to_string(entry.rulings.size()) + " rulings for " +
                                     std::to_string(entry.work->changes.size()) + " changes");
    }
    if (!before)
        return;
    if (before->entries.size() > log.entries.size())
        return world.violated("I2", "the log has grown shorter");
    for (std::size_t i = 0; i < before->entries.size(); ++i)
        if (!(before->entries[i].row == log.entries[i].row))
            world.violated("I2", "entry " + std::to_string(i + 1) + " has changed");
}

// --- I3 ----------------------------------------------------------------------------------------------------------------

// A case as this check follows it through the log.
struct Followed {
    std::string lead = "police";              // what the agreement says otherwise
    std::map<RecordId, std::string> supplier;
};

void check_authority(World& world, const Log& log)
{
    const auto policy = world.hub().policy();
    std::map<std::int64_t, Followed> cases;
    std::map<VersionId, std::string> asked;  // of a suggestion or side of a conflict: its author's agency
    for (const auto& entry : log.entries) {
        auto& here = cases[sync::raw(entry.row.case_no)];
        if (entry.row.kind == sync::EntryKind::effect) {
            if (entry.effect.kind == sync::Effect::Kind::fact && entry.effect.name == "lead_agency")
                here.lead = entry.effect.text;
            if (entry.effect.kind == sync::Effect::Kind::set && entry.effect.creates)
                here.supplier.try_emplace(entry.effect.record, entry.effect.on_behalf.agency);
            continue;
        }
        if (entry.row.kind != sync::EntryKind::changeset || !entry.work)
            continue;
        const auto& agency = entry.work->header.hat.agency;
        for (std::size_t i = 0; i < entry.work->changes.size() && i < entry.rulings.size(); ++i) {
            const auto& change = entry.work->changes[i];
            const auto& ruling = entry.rulings[i];
            if (ruling.outcome == sync::Outcome::refused)
                continue;
            if (change.creates)
                here.supplier.try_emplace(change.record, agency);
            const auto* type = policy->type(change.type);
            const auto* group = type ? type->group(change.group) : nullptr;
            if (!type || !group)
                continue;
            asked[entry.work->versions[i]] = agency;
            const bool sets = change.op == schema::Op::set || change.op == schema::Op::remove;
            // To take a suggestion is to say it oneself.
            const bool takes = change.op == schema::Op::resolve && (change.resolution == schema::Resolution::accept ||
                                                                    change.resolution == schema::Resolution::amend);
            if (!(sets || takes) || ruling.outcome != sync::Outcome::applied)
                continue;
            const auto owner = owner_of(type->name, group->name);
            const auto supplier = here.supplier.find(change.record);
            const std::string who = owner == "lead"       ? here.lead
                                    : owner == "supplier" ? (supplier == here.supplier.end() ? agency : supplier->second)
                                    : owner == "any"      ? agency
                                                          : std::string(owner);
            const bool resolver = type->name == "request" && agency == "coordination";
            // A request is the supplier's own words; what stands in for an owner nobody of whom is there is the
            // co-ordination unit, for settling only (I10).
            if (agency != who && !resolver && !(takes && agency == "coordination"))
                world.violated("I3", "entry " + std::to_string(sync::raw(entry.row.position)) + ": " + agency + " set " +
                                         std::string(type->name) + "." + std::string(group->name) + ", which is for " + who +
                                         " to say (rule " + ruling.rule + ")");
        }
    }
}

// --- Promise 1: nothing is silently overridden ---------------------------------------------------------------------------

// Of each group of each record: which version stands, as far as it can be told without the engine's rules.
struct Standing {
    VersionId version;
    std::set<VersionId> same;  // said the same, or led to it: whoever saw one of them saw what stands
    bool known = true;         // a resolution may leave one of several values
};

void check_overrides(World& world, const Log& log)
{
    std::map<std::pair<RecordId, schema::GroupId>, Standing> groups;
    struct Waiting {
        RecordId record;
        schema::GroupId group{};
        std::int64_t position = 0;
        std::string what;
    };
    std::map<VersionId, Waiting> conflicts;
    const auto policy = world.hub().policy();
    for (const auto& entry : log.entries) {
        if (entry.row.kind == sync::EntryKind::effect && entry.effect.kind == sync::Effect::Kind::set && !entry.effect.element)
            groups[{entry.effect.record, entry.effect.group}] = {entry.effect.version, {}, true};
        if (entry.row.kind != sync::EntryKind::changeset || !entry.work)
            continue;
        for (std::size_t i = 0; i < entry.work->changes.size() && i < entry.rulings.size(); ++i) {
            const auto& change = entry.work->changes[i];
            const auto& ruling = entry.rulings[i];
            const auto& version = entry.work->versions[i];
            auto& here = groups[{change.record, change.group}];
            const auto where = "entry " + std::to_string(sync::raw(entry.row.position));
            if (ruling.amends)
                conflicts.erase(ruling.amended);
            for (const auto& target : change.targets)
                if (change.op == schema::Op::resolve && ruling.outcome != sync::Outcome::refused)
                    conflicts.erase(target);
            if (ruling.outcome == sync::Outcome::conflict)
                conflicts[version] = {change.record, change.group, sync::raw(entry.row.position), where};
            if (ruling.outcome == sync::Outcome::refused || ruling.outcome == sync::Outcome::suggested)
                continue;
            // What comes to stand settles what waited beside it (overtaken), and a withdrawn record has nothing to settle.
            if (ruling.outcome == sync::Outcome::applied || ruling.outcome == sync::Outcome::merged)
                std::erase_if(conflicts, [&](const auto& one) {
                    return one.second.record == change.record &&
                           (change.op == schema::Op::withdraw || one.second.group == change.group);
                });
            if (change.op == schema::Op::resolve || change.op == schema::Op::withdraw) {
                here.known = false;
                continue;
            }
            if (change.op != schema::Op::set)
                continue;
            const bool saw = here.version == VersionId{} || change.base == here.version || change.confirmed == here.version ||
                             here.same.contains(change.base) || here.same.contains(change.confirmed);
            if (ruling.outcome == sync::Outcome::merged) {
                here.same.insert(version);
                if (ruling.rule == "text-merged")
                    here.same.insert(here.version), here.version = version;
                continue;
            }
            if (ruling.outcome != sync::Outcome::applied)
                continue;
            // A reasoned decision outranks one without a reason (L1-272).
            if (here.known && !saw && !ruling.amends && ruling.rule != "reasoned-outranks")
                world.violated("override", where + " (" + std::string(policy->type(change.type)->name) +
                                               ") was applied over a value that its author had not seen, by rule " + ruling.rule);
            here = {version, {}, true};
        }
    }
    std::set<VersionId> open;
    auto view = world.store().view();
    if (!view)
        return;
    (void)(*view)->all_records([&](const sync::RecordRow& row) -> Result<bool> {
        if (const auto record = sync::decode_record_state(row.state))
            for (const auto& group : record->groups)
                for (const auto& item : group.open)
                    open.insert(item.side.id);
        return true;
    });
    for (const auto& [id, one] : conflicts)
        if (!open.contains(id))
            world.violated("override", one.what + " is a conflict that nobody settled, and it does not wait any more");
}

// --- Who may write, as administrators said it in the log -----------------------------------------------------------------

void check_barred(World& world, const Log& log)
{
    auto view = world.store().view();
    if (!view)
        return;
    std::map<std::int64_t, std::string> user_of;  // by number of the credential
    (void)(*view)->credentials([&](const sync::CredentialRow& row) -> Result<bool> {
        if (row.kind == sync::CredentialRow::Kind::device)
            user_of[row.no] = to_string(row.user);
        return true;
    });
    std::map<std::pair<std::int64_t, std::string>, std::string> ended;
    for (const auto& entry : log.entries) {
        if (entry.row.kind == sync::EntryKind::admin) {
            const auto body = sync::decode_admin_body(entry.row.body);
            if (!body || body->kind != sync::AdminKind::assignment)
                continue;
            if (const auto row = schema::wire::unpack<sync::AssignmentRow>(body->row))
                ended[{row->case_no, row->name}] = row->ended;
            continue;
        }
        const auto user = user_of.find(sync::raw(entry.row.credential_no));
        if (entry.row.kind != sync::EntryKind::changeset || user == user_of.end())
            continue;
        const auto at = ended.find({sync::raw(entry.row.case_no), user->second});
        if (at == ended.end() || (!at->second.empty() && at->second != "moved"))
            world.violated("scope", "entry " + std::to_string(sync::raw(entry.row.position)) +
                                        " was ruled on though its author was barred from the case");
    }
}

// --- I4 and I5 ---------------------------------------------------------------------------------------------------------

struct HubCase {
    std::map<RecordId, sync::RecordState> records;
    std::map<TaskId, sync::Task> tasks;
    std::set<std::string> assigned;  // user ids
};

HubCase read_case(sync::CentralView& view, const CaseId& id)
{
    HubCase out;
    const auto row = view.case_row(id);
    if (!row || !*row)
        return out;
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
    return out + (group.voided ? ", voided" : "");
}

// People see what they themselves have suggested, wherever it was.
bool own_words_only(const sync::GroupState& group, const CredentialId& self)
{
    return group.current.id == VersionId{} && group.elements.empty() &&
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

void compare(World& world, const DeviceHost& device, const std::string& label, const HubCase& hub,
             const sync::CaseState& held, const schema::Policy& policy)
{
    const auto who = device_name(device) + ", " + label;
    for (const auto& [id, record] : hub.records) {
        const auto* type = policy.type(record.type);
        if (!type)
            continue;
        const auto sharing = sharing_of(policy, record);
        const auto found = held.records.find(id);
        for (const auto& state : record.groups) {
            const auto* group = type->group(state.id);
            if (!group || stays_with_author(type->name, group->name))
                continue;
            const auto name = std::string(type->name) + "." + std::string(group->name);
            const auto* theirs = found == held.records.end() ? nullptr : found->second.group(state.id);
            const bool empty = state.current.id == VersionId{} && state.elements.empty() && state.open.empty();
            if (!sees(device.agency, type->name, group->name, sharing)) {
                if (theirs && !own_words_only(*theirs, device.credential))
                    world.violated("I5", who + " holds a " + name + " that it may not see");
            } else if (!empty && !theirs) {
                world.violated("I4", who + " lacks a " + name);
            } else if (theirs && !(theirs->current == state.current && theirs->elements == state.elements &&
                                   theirs->open == state.open && theirs->voided == state.voided)) {
                world.violated("I4", who + " has another " + name + " than the hub: " + describe(*theirs) + " instead of " +
                                         describe(state));
            }
        }
        if (found != held.records.end() && sees(device.agency, type->name, type->groups.front().name, sharing) &&
            (found->second.withdrawn != record.withdrawn || found->second.late != record.late ||
             found->second.outside != record.outside))
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
        const bool visible = sees(device.agency, type->name, group->name, sharing);
        if (visible && (found == held.tasks.end() || !(found->second == task)))
            world.violated("I4", who + " has not the task \"" + task.words + "\" as the hub has it");
        if (!visible && found != held.tasks.end())
            world.violated("I5", who + " holds a task that it may not see");
    }
}

// Every value of every table of a device's store, looked through for marks.
std::map<std::uint64_t, std::string> marks_on(const DeviceHost& device)
{
    std::map<std::uint64_t, std::string> out;  // with the table
    auto database = crypto::Database::open("/device/device.db", device.key,
                                           {.mode = crypto::OpenMode::writer_exclusive, .vfs = device.disk.name()});
    if (!database)
        return out;
    std::vector<std::string> tables;
    {
        auto list = database->prepare_trusted("SELECT name FROM sqlite_schema WHERE type = 'table'");
        while (list && *list->step())
            tables.emplace_back(list->text(0));
    }
    for (const auto& table : tables) {
        auto rows = database->prepare_trusted("SELECT * FROM \"" + table + "\"");
        while (rows && rows->step().value_or(false))
            for (int column = 0; column < rows->column_count(); ++column) {
                const auto bytes = rows->blob(column);
                for (const auto mark : marks_in({reinterpret_cast<const char*>(bytes.data()), bytes.size()}))
                    out.emplace(mark, table);
            }
    }
    return out;
}

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
    std::map<std::uint64_t, CredentialId> refused;  // marks in work that was refused whole, and whose they are
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
                        refused.emplace(mark, entry.work->header.author);
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
        // What the tables themselves hold: the device's own programs are not asked.
        device->store.reset();
        const auto marks = marks_on(*device);
        for (const auto& promise : world.ledger().promises()) {
            if (!promise.digit || !marks.contains(promise.digit))
                continue;
            if (gone.contains(promise.case_id))
                world.violated("I5", device_name(*device) + ": words of a case that left it are in its tables (mark " +
                                         std::to_string(promise.digit) + ")");
            else if (const auto only = refused.find(promise.digit); only != refused.end() && only->second != device->credential)
                world.violated("I5", device_name(*device) + ": words that were refused are in its table " +
                                         marks.at(promise.digit) + " (mark " + std::to_string(promise.digit) + ")");
            else if (device->agency != "police" && promise.device != device->index && secret.contains(promise.digit))
                world.violated("I5", device_name(*device) + ": intelligence is in its table " + marks.at(promise.digit) +
                                         " (mark " + std::to_string(promise.digit) + ")");
        }
    }
}

// --- I10 ---------------------------------------------------------------------------------------------------------------

void check_routes(World& world)
{
    std::set<std::string> manned;
    const auto users = world.hub().users();
    if (!users)
        return;
    for (const auto& user : *users)
        if (!user.suspended)
            for (const auto& hat : user.hats)
                manned.insert(hat.substr(0, hat.find('/')) + "." + hat.substr(hat.rfind('/') + 1));  // "agency/team/role"
    const auto items = world.hub().open_items(std::nullopt, std::nullopt);
    if (!items)
        return world.violated("open", "open items cannot be listed");
    for (const auto& item : *items)
        // The co-ordination unit answers where nobody else is there, also where no device of its own takes part.
        if (std::none_of(item.roles.begin(), item.roles.end(), [&](const std::string& role) {
                return manned.contains(role) || role == "coordination.coordinator";
            }))
            world.violated("I10", "an open " + item.record_type + " is nobody's to settle");
}

}  // namespace

void check(World& world, const Log& log, const std::optional<Log>& before)
{
    check_promises(world, log);
    check_rulings(world, log, before);
    check_authority(world, log);
    check_overrides(world, log);
    check_barred(world, log);
    check_routes(world);
    check_devices(world, log);
}

void check_history(World& world)
{
    auto view = world.store().view();
    if (!view)
        return world.violated("open", "the hub's store cannot be read");
    const auto report = sync::verify_history(**view, world.keys());
    if (!report)
        return world.violated("verify", report.error().detail);
    for (const auto& failure : report->failures)
        world.violated("verify", failure.table + " " + failure.row + ": " + failure.kind);
}

}  // namespace satchel::simulation
