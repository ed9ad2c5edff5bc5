#include "tests/simulation/state_digest.hpp"

#include "crypto/hash.hpp"
#include "sync/hub/body.hpp"

namespace satchel::simulation {
namespace {

void add(crypto::Sha256& hash, const std::string& text) { hash.update(view(text)).update(0); }

void add(crypto::Sha256& hash, const sync::Facts& facts)
{
    for (const auto& [name, value] : facts)
        add(hash, name), add(hash, value);
}

// OpenSSL draws the key of what is sealed for a handler, and the signature of the certificate of an agency that joins, anew each
// time, whatever the seed is. They are left out, and with them the audit head, in which they are.
bool drawn_by_library(const sync::EntryRow& row)
{
    if (row.kind == sync::EntryKind::held) {
        const auto body = sync::decode_held_body(row.body);
        return body && body->sealed_case;
    }
    if (row.kind != sync::EntryKind::admin)
        return false;
    const auto body = sync::decode_admin_body(row.body);
    return body && body->kind == sync::AdminKind::agency;
}

std::string of_log(const Log& log)
{
    crypto::Sha256 hash;
    for (const auto& entry : log.entries) {
        auto row = entry.row;
        if (drawn_by_library(row))
            row.body.clear();
        hash.update(sync::entry_digest(row));
    }
    return to_hex(hash.finish());
}

std::string of_hub(sync::CentralView& view, const std::vector<CaseId>& cases)
{
    crypto::Sha256 hash;
    for (const auto& id : cases)
        if (const auto row = view.case_row(id); row && *row)
            add(hash, (*row)->facts);
    (void)view.all_records([&](const sync::RecordRow& row) -> Result<bool> {
        hash.update(row.record.view()).update(row.state);
        return true;
    });
    (void)view.all_tasks([&](const sync::TaskRow& row) -> Result<bool> {
        hash.update(row.task.view()).update(row.state);
        return true;
    });
    return to_hex(hash.finish());
}

std::string of_device(client::DeviceStore& store, const std::vector<CaseId>& cases)
{
    crypto::Sha256 hash;
    hash.update(store.chain().head);
    add(hash, std::to_string(store.chain().received));
    for (const auto& id : cases) {
        const auto shown = store.shown(id);
        if (!shown)
            continue;
        add(hash, shown->facts);
        for (const auto& [record, state] : shown->records)
            hash.update(encode(state));
        for (const auto& [task, state] : shown->tasks)
            hash.update(encode(state));
    }
    return to_hex(hash.finish());
}

}  // namespace

std::string state_digest(World& world, const Log& log)
{
    auto out = of_log(log);
    if (auto view = world.store().view())
        out += " " + of_hub(**view, world.cases());
    for (const auto& device : world.devices())
        out += device->store ? " " + of_device(*device->store, world.cases()) : " off";
    return out;
}

}  // namespace satchel::simulation
