#include "tests/simulation/device_reader.hpp"

#include "crypto/vault/database.hpp"
#include "sync/core/proof.hpp"
#include "tests/simulation/log_reader.hpp"
#include "tests/simulation/world.hpp"

namespace satchel::simulation {
namespace {

// A copy of its disk, and the store on it.
class Beside {
public:
    explicit Beside(const DeviceHost& device) : disk_(device.disk.name() + "-beside")
    {
        disk_.put_back(device.disk.copy());
        if (auto opened = crypto::Database::open("/device/device.db", device.key,
                                                 {.mode = crypto::OpenMode::writer_exclusive, .vfs = disk_.name()}))
            database.emplace(*std::move(opened));
    }

private:
    Disk disk_;

public:
    std::optional<crypto::Database> database;
};

}  // namespace

std::map<std::uint64_t, std::string> marks_in_tables(const DeviceHost& device)
{
    std::map<std::uint64_t, std::string> out;
    Beside beside(device);
    auto& database = beside.database;
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


std::set<ChangesetId> own_work_on(const DeviceHost& device)
{
    std::set<ChangesetId> out;
    Beside beside(device);
    if (!beside.database)
        return out;
    std::map<Digest, std::vector<Digest>> former;  // of what was written again: what it replaces
    std::vector<Digest> there;
    auto rows = beside.database->prepare_trusted("SELECT digest, length(body) > 0, replaced_by FROM own");
    while (rows && rows->step().value_or(false)) {
        const Digest digest = rows->array(0);
        if (rows->int64(1) != 0)
            there.push_back(digest);
        if (!rows->is_null(2))
            former[rows->array(2)].push_back(digest);
    }
    while (!there.empty()) {
        const auto digest = there.back();
        there.pop_back();
        if (out.insert(sync::changeset_id(digest)).second)
            there.insert(there.end(), former[digest].begin(), former[digest].end());
    }
    return out;
}

}  // namespace satchel::simulation
