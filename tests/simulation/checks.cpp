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

}  // namespace

void check(World& world, const Log& log, const std::optional<Log>& before)
{
    check_promises(world, log);
    check_rulings(world, log, before);
    check_authority(world, log);
    check_overrides(world, log);
    check_task_log(world, log);
    check_barred(world, log);
    check_author_chains(world, log);
    check_chain(world, log);
    check_proofs(world, log);
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
