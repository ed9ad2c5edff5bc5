#include "tests/simulation/checks.hpp"

#include <algorithm>
#include <set>

#include "schema/wire/archive.hpp"
#include "sync/hub/body.hpp"
#include "sync/hub/verify.hpp"
#include "tests/simulation/agreement.hpp"

namespace satchel::simulation {
namespace {

// --- I1 ----------------------------------------------------------------------------------------------------------------

void check_promises(World& world, const Log& log)
{
    for (const auto& promise : world.ledger().promises()) {
        const auto times = log.times(promise);
        const auto what = "a " + promise.type + " of device " + std::to_string(promise.device) +
                          (promise.digit ? ", mark " + std::to_string(promise.digit) : "");
        // What two copies of a barred device sealed, used in turn or one after the other, nobody can compare before the handler opens it.
        const auto once = world.devices()[promise.device]->was_copied && times.all - times.sealed <= 1;
        if (times.all > 1 && !once)
            world.violated("I1", what + " is in the log " + std::to_string(times.all) + " times");
        if (times.all == 0 && promise.said == Promise::Said::saved && !promise.excused)
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

// A case as these checks follow it through the log.
struct Followed {
    std::string lead = "police";              // what the agreement says otherwise
    std::map<RecordId, std::string> supplier;
};

// A suggestion or a conflict, as it was when it began to wait.
struct Asked {
    std::int64_t case_no = 0;
    RecordId record;
    std::string type, group;
    std::uint32_t agreement = 0;  // that said whose word it waits for
    CredentialId author;
    std::string agency;  // the author's
    bool withdraws = false;
    std::string rule;
};

// Whose word decides, told from the log and the table of the agreement.
class Deciders {
public:
    explicit Deciders(World& world) : world_(world), policy_(world.hub().policy()) {}

    void take(const LogEntry& entry)
    {
        auto& here = cases_[sync::raw(entry.row.case_no)];
        if (entry.row.kind == sync::EntryKind::effect) {
            if (entry.effect.kind == sync::Effect::Kind::fact && entry.effect.name == "lead_agency")
                here.lead = entry.effect.text;
            if (entry.effect.kind == sync::Effect::Kind::set && entry.effect.creates)
                here.supplier.try_emplace(entry.effect.record, entry.effect.on_behalf.agency);
            return;
        }
        if (entry.row.kind != sync::EntryKind::changeset || !entry.work)
            return;
        for (std::size_t i = 0; i < entry.work->changes.size() && i < entry.rulings.size(); ++i)
            if (entry.rulings[i].outcome != sync::Outcome::refused)
                take(entry, i);
    }

    [[nodiscard]] const Asked* asked(const VersionId& id) const
    {
        const auto at = asked_.find(id);
        return at == asked_.end() ? nullptr : &at->second;
    }

    // The agencies that may settle it as things stand; empty: each.
    [[nodiscard]] std::set<std::string> settlers(const Asked& one) const
    {
        const auto& here = cases_.at(one.case_no);
        std::set<std::string> out;
        if (one.withdraws && one.rule == "not-supplier")
            return {supplier_of(here, one.record, one.agency)};
        if (one.withdraws) {  // owners of what others put into it; where that is the supplier, who leads
            for (const auto& group : policy_->type(std::string_view(one.type))->groups) {
                const auto owner = owner_of(one.type, group.name, one.agreement);
                out.insert(owner == "lead" || owner == "supplier" ? here.lead : std::string(owner));
            }
            return out;
        }
        if (one.type == "request")  // the supplier's own words: none takes the place of another
            return {std::string(coordination)};
        return agencies(here, owner_of(one.type, one.group, one.agreement), one.record, one.agency);
    }

    static constexpr std::string_view coordination = "coordination";

private:
    static std::string supplier_of(const Followed& here, const RecordId& record, const std::string& otherwise)
    {
        const auto at = here.supplier.find(record);
        return at == here.supplier.end() ? otherwise : at->second;
    }

    static std::set<std::string> agencies(const Followed& here, std::string_view owner, const RecordId& record,
                                          const std::string& author)
    {
        if (owner == "any")
            return {};
        return {owner == "lead"       ? here.lead
                : owner == "supplier" ? supplier_of(here, record, author)
                                      : std::string(owner)};
    }

    void take(const LogEntry& entry, std::size_t i)
    {
        const auto& change = entry.work->changes[i];
        const auto& ruling = entry.rulings[i];
        const auto& agency = entry.work->header.hat.agency;
        auto& here = cases_[sync::raw(entry.row.case_no)];
        if (change.creates)
            here.supplier.try_emplace(change.record, agency);
        const auto* type = policy_->type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        if (!type || !group)
            return;
        const auto name = std::string(type->name) + "." + std::string(group->name);
        const auto blame = [&](const std::string& did, const std::set<std::string>& whose) {
            world_.violated("I3", "entry " + std::to_string(sync::raw(entry.row.position)) + ": " + agency + " " + did + " " +
                                      name + ", which is for " + (whose.empty() ? "others" : *whose.begin()) +
                                      " to say (rule " + ruling.rule + ")");
        };
        const bool applied = ruling.outcome == sync::Outcome::applied;
        const auto may = [&](const std::set<std::string>& whose) { return whose.empty() || whose.contains(agency); };
        if (change.op == schema::Op::resolve) {
            if (applied && !change.targets.empty())
                judge(entry, change, agencies(here, owner_of(type->name, group->name, entry.row.policy_version), change.record, agency),
                      blame);
            return;
        }
        if (!applied && ruling.outcome != sync::Outcome::merged)
            asked_[entry.work->versions[i]] = {sync::raw(entry.row.case_no),
                                               change.record,
                                               std::string(type->name),
                                               std::string(group->name),
                                               entry.row.policy_version,
                                               entry.work->header.author,
                                               agency,
                                               change.op == schema::Op::withdraw,
                                               ruling.rule};
        if (!applied)
            return;
        if (change.op == schema::Op::set || change.op == schema::Op::remove)
            if (const auto whose = agencies(here, owner_of(type->name, group->name, entry.row.policy_version), change.record, agency);
                !may(whose))
                blame("set", whose);
        // Whoever supplied the record says whether it goes, whatever it says.
        if (change.op == schema::Op::withdraw)
            if (const std::set<std::string> whose{supplier_of(here, change.record, agency)}; !may(whose))
                blame("withdrew", whose);
    }

    // Whose word it waited for, or the co-ordination unit in their stead, but not about its own words. To put in words of
    // one's own is to say them as any edit.
    template <class Blame>
    void judge(const LogEntry& entry, const schema::Change& change, const std::set<std::string>& owners, const Blame& blame)
    {
        using schema::Resolution;
        const auto how = change.resolution;
        const auto* one = asked(change.targets.front());
        if (!one || how == Resolution::comment || how == Resolution::escalate)
            return;
        const auto& agency = entry.work->header.hat.agency;
        const bool own = entry.work->header.author == one->author;
        const auto whose = settlers(*one);
        if (how == Resolution::withdrawn) {
            if (!own)
                blame("took back what another wrote of", {});
            return;
        }
        if (how == Resolution::amend && !owners.empty() && !owners.contains(agency))
            return blame("amended", owners);
        const bool stands_in = agency == coordination && !(own && how != Resolution::decline);
        if (!whose.empty() && !whose.contains(agency) && !stands_in)
            blame("settled", whose);
    }

    World& world_;
    std::shared_ptr<const schema::Policy> policy_;
    std::map<std::int64_t, Followed> cases_;
    std::map<VersionId, Asked> asked_;
};

// --- Promise 1: nothing is silently overridden ---------------------------------------------------------------------------

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

// --- I7 ----------------------------------------------------------------------------------------------------------------

// What each store signed, in one chain without a gap, each batch on the end of the one before; and each place of it once in
// the log, in order.
void check_author_chains(World& world, const Log& log)
{
    auto view = world.store().view();
    if (!view)
        return;
    std::map<sync::BatchNo, sync::BatchRow> batches;
    (void)(*view)->all_batches([&](const sync::BatchRow& row) -> Result<bool> {
        batches[row.no] = row;
        return true;
    });
    struct Chain {
        std::vector<Digest> digests;
        std::uint64_t in_log = 0;
    };
    std::map<std::int64_t, Chain> chains;  // of each incarnation
    for (const auto& [no, batch] : batches) {
        auto& chain = chains[sync::raw(batch.incarnation_no)].digests;
        const auto before = batch.first_sequence - 1;
        bool follows = batch.first_sequence > 0 && before <= chain.size() &&
                       batch.previous == (before == 0 ? Digest{} : chain[before - 1]);
        for (std::size_t i = 0; follows && i < batch.digests.size(); ++i) {  // it may begin with what is there already
            if (before + i == chain.size())
                chain.push_back(batch.digests[i]);
            follows = chain[before + i] == batch.digests[i];
        }
        if (!follows)
            world.violated("I7", "batch " + std::to_string(sync::raw(no)) + " does not follow on the one before it");
    }
    for (const auto& entry : log.entries) {
        if (entry.row.kind != sync::EntryKind::changeset && entry.row.kind != sync::EntryKind::held)
            continue;
        const auto batch = batches.find(entry.row.batch_no);
        if (batch == batches.end())
            continue;  // told already
        auto& chain = chains[sync::raw(batch->second.incarnation_no)];
        if (entry.row.sequence != ++chain.in_log)
            world.violated("I7", "entry " + std::to_string(sync::raw(entry.row.position)) + " is not the next of its author");
    }
    (void)(*view)->all_incarnations([&](const sync::IncarnationRow& row) -> Result<bool> {
        const auto& chain = chains[row.no];
        const auto n = chain.digests.size();
        if (row.received != n || chain.in_log != n || row.head != (n == 0 ? Digest{} : chain.digests.back()))
            world.violated("I7", "of incarnation " + std::to_string(row.no) + " the hub counts " + std::to_string(row.received) +
                                     ", was sent " + std::to_string(n) + ", and the log has " + std::to_string(chain.in_log));
        return true;
    });
}

// --- I8 ----------------------------------------------------------------------------------------------------------------

// What a device was given a receipt for stands in the log: nothing was cut off behind it. Heads that devices hold.
std::vector<Digest> heads_held(World& world, sync::CentralView& view)
{
    std::vector<Digest> out;
    const auto hub = view.hub();
    for (const auto& device : world.devices())
        if (device->store && hub && *hub && device->store->chain().epoch == (*hub)->epoch &&
            device->store->chain().audit_head != Digest{})
            out.push_back(device->store->chain().audit_head);
    return out;
}

void check_chain(World& world, const Log& log)
{
    auto view = world.store().view();
    if (!view)
        return;
    std::set<Digest> signed_heads;
    (void)(*view)->all_checkpoints([&](const sync::CheckpointRow& row) -> Result<bool> {
        const auto at = static_cast<std::size_t>(sync::raw(row.position));
        if (at > log.entries.size() || (at > 0 && log.entries[at - 1].row.audit != row.audit))
            world.violated("I8", "checkpoint " + std::to_string(row.no) + " is of no entry of the log");
        signed_heads.insert(row.audit);
        return true;
    });
    if (!log.entries.empty() && !signed_heads.contains(log.entries.back().row.audit))
        world.violated("I8", "the end of the log is not signed");
    for (const auto& head : heads_held(world, **view))
        if (!signed_heads.contains(head))
            world.violated("I8", "a device holds a receipt for what the log does not have");
}

// --- I10 ---------------------------------------------------------------------------------------------------------------

// Who has a role, as the administrators said it.
struct Staff {
    std::set<std::string> roles, agencies;
};

std::optional<Staff> read_staff(World& world)
{
    const auto users = world.hub().users();
    if (!users)
        return std::nullopt;
    Staff out;
    for (const auto& user : *users)
        for (const auto& hat : user.hats) {  // "agency/team/role"
            const auto agency = hat.substr(0, hat.find('/'));
            if (user.suspended)
                continue;
            out.agencies.insert(agency);
            out.roles.insert(agency + "." + hat.substr(hat.rfind('/') + 1));
        }
    return out;
}

constexpr std::string_view coordinator = "coordination.coordinator";

// Somebody of those who decide is asked, and nobody else while one of them is there. The co-ordination unit answers where
// nobody is, and for what is everybody's, also where no device of its own takes part.
bool reaches(const std::vector<std::string>& roles, const std::set<std::string>& whose, const Staff& staff)
{
    std::set<std::string> there;
    for (const auto& agency : whose)
        if (staff.agencies.contains(agency))
            there.insert(agency);
    if (there.empty())
        return std::find(roles.begin(), roles.end(), coordinator) != roles.end();
    return !roles.empty() && std::all_of(roles.begin(), roles.end(), [&](const std::string& role) {
        return staff.roles.contains(role) && there.contains(role.substr(0, role.find('.')));
    });
}

void check_open_items(World& world, const Deciders& deciders, const Staff& staff)
{
    const auto listed = world.hub().open_items(std::nullopt, std::nullopt);
    auto view = world.store().view();
    if (!listed || !view)
        return world.violated("open", "open items cannot be listed");
    std::map<VersionId, std::vector<std::string>> routes;
    for (const auto& item : *listed)
        routes[item.id] = item.roles;
    (void)(*view)->all_records([&](const sync::RecordRow& row) -> Result<bool> {
        const auto record = sync::decode_record_state(row.state);
        if (!record)
            return true;
        for (const auto& group : record->groups)
            for (const auto& item : group.open) {
                const auto* asked = deciders.asked(item.side.id);
                const auto route = routes.find(item.side.id);
                if (!asked || route == routes.end())
                    world.violated("I10", "an open item is in no list, or nobody's");
                else if (!reaches(route->second, deciders.settlers(*asked), staff))
                    world.violated("I10", "an open " + asked->type + " of entry rule " + asked->rule + " goes to " +
                                              (route->second.empty() ? "nobody" : route->second.front()));
            }
        return true;
    });
}

void check_tasks(World& world, const Staff& staff)
{
    const auto listed = world.hub().tasks(std::nullopt);
    auto view = world.store().view();
    if (!listed || !view)
        return world.violated("open", "tasks cannot be listed");
    std::set<TaskId> ids;
    for (const auto& task : *listed)
        ids.insert(task.id);
    (void)(*view)->all_tasks([&](const sync::TaskRow& row) -> Result<bool> {
        const auto task = sync::decode_task(row.state);
        if (!task || task->state == sync::Task::State::done || task->state == sync::Task::State::superseded)
            return true;
        if (!ids.contains(task->id))
            world.violated("I10", "the task \"" + task->words + "\" is in no list");
        // What is passed up goes to the unit, whether somebody is there or not: nobody stands above it.
        if (task->rule == "escalated" ? task->role != coordinator : !staff.roles.contains(task->role))
            world.violated("I10", "the task \"" + task->words + "\" is for \"" + task->role + "\", where nobody is");
        return true;
    });
}

void check_routes(World& world, const Deciders& deciders)
{
    const auto staff = read_staff(world);
    if (!staff)
        return world.violated("open", "users cannot be listed");
    check_open_items(world, deciders, *staff);
    check_tasks(world, *staff);
}

}  // namespace

void check(World& world, const Log& log, const std::optional<Log>& before)
{
    check_promises(world, log);
    check_rulings(world, log, before);
    Deciders deciders(world);
    for (const auto& entry : log.entries)
        deciders.take(entry);
    check_overrides(world, log);
    check_barred(world, log);
    check_author_chains(world, log);
    check_chain(world, log);
    check_routes(world, deciders);
    check_plaintext(world);
    check_devices(world, log);
}

void check_history(World& world)
{
    auto view = world.store().view();
    if (!view)
        return world.violated("open", "the hub's store cannot be read");
    sync::VerifyOptions options;
    options.audit_heads = heads_held(world, **view);
    const auto report = sync::verify_history(**view, world.keys(), options);
    if (!report)
        return world.violated("verify", report.error().detail);
    for (const auto& failure : report->failures)
        world.violated("verify", failure.table + " " + failure.row + ": " + failure.kind);
}

}  // namespace satchel::simulation
