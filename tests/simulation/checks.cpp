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
        // What two copies of a barred device sealed nobody can compare before the handler opens it.
        const auto once = world.devices()[promise.device]->had_twin && times.all - times.sealed <= 1;
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

// A case as this check follows it through the log.
struct Followed {
    std::string lead = "police";              // what the agreement says otherwise
    std::map<RecordId, std::string> supplier;
};

void check_authority(World& world, const Log& log)
{
    const auto policy = world.hub().policy();
    std::map<std::int64_t, Followed> cases;
    std::map<VersionId, std::uint32_t> ruled_under;  // of what waits: the agreement that said whose word it waits for
    std::set<VersionId> withdrawals;
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
            ruled_under[entry.work->versions[i]] = entry.row.policy_version;
            if (change.op == schema::Op::withdraw)
                withdrawals.insert(entry.work->versions[i]);
            const bool sets = change.op == schema::Op::set || change.op == schema::Op::remove;
            // To take a suggestion is to say it oneself.
            const bool takes = change.op == schema::Op::resolve && (change.resolution == schema::Resolution::accept ||
                                                                    change.resolution == schema::Resolution::amend);
            if (!(sets || takes) || ruling.outcome != sync::Outcome::applied)
                continue;
            // Whoever supplied the record says whether it goes, whatever it says.
            if (takes && !change.targets.empty() && withdrawals.contains(change.targets.front()))
                continue;
            auto version = entry.row.policy_version;
            if (takes && change.targets.size() == 1)
                if (const auto waited = ruled_under.find(change.targets.front()); waited != ruled_under.end())
                    version = waited->second;
            const auto owner = owner_of(type->name, group->name, version);
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
    check_chain(world, log);
    check_routes(world);
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
