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

// Of each group of each record: which version stands, as far as it can be told without the engine's rules.
struct Standing {
    VersionId version;
    std::set<VersionId> same;  // said the same: whoever saw one of them saw what stands
    bool known = true;         // a resolution may leave one of several values
    schema::FieldValues values = {};  // of a change that was applied: whoever left one out said less than what stands
};

bool says_all(const schema::FieldValues& change, const schema::FieldValues& standing)
{
    return std::all_of(standing.begin(), standing.end(), [&](const schema::FieldValue& v) {
        return schema::is_null(v.value) || schema::find(change, v.field) != nullptr;
    });
}

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
                // The author of a merged text has not seen it: it is nobody's version, and only its own name names it.
                if (ruling.rule == "text-merged")
                    here = {sync::merged_version_id(version), {}, here.known};
                else if (says_all(change.values, here.values))
                    here.same.insert(version);
                continue;
            }
            if (ruling.outcome != sync::Outcome::applied)
                continue;
            // A reasoned decision outranks one without a reason (L1-272).
            if (here.known && !saw && !ruling.amends && ruling.rule != "reasoned-outranks")
                world.violated("override", where + " (" + std::string(policy->type(change.type)->name) +
                                               ") was applied over a value that its author had not seen, by rule " + ruling.rule);
            here = {version, {}, true, change.values};
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
