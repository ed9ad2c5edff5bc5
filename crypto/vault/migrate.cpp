#include "crypto/vault/migrate.hpp"

#include <string>

namespace satchel::crypto {

Result<int> schema_version(Database& database)
{
    SATCHEL_TRY(const auto version, database.lookup_int64("PRAGMA user_version"));
    return static_cast<int>(version.value_or(0));
}

Result<void> migrate(Database& database, std::span<const Migration> migrations)
{
    for (std::size_t i = 0; i < migrations.size(); ++i)
        SATCHEL_CHECK(migrations[i].number == static_cast<int>(i) + 1);
    const int newest = static_cast<int>(migrations.size());
    for (;;) {
        // Asked inside the transaction: two processes may open a new store at the same moment.
        SATCHEL_TRY(auto transaction, Transaction::begin(database));
        SATCHEL_TRY(const int version, schema_version(database));
        if (version > newest)
            return fail(Errc::version_mismatch, "the store has schema " + std::to_string(version) +
                                                    ", this program knows " + std::to_string(newest));
        if (version == newest)
            return {};
        const auto& next = migrations[static_cast<std::size_t>(version)];
        if (auto applied = database.exec_script(next.sql); !applied) {
            auto error = std::move(applied).error();
            error.detail = "migration " + std::to_string(next.number) + " " + std::string{next.name} + ": " +
                           error.detail;
            return tl::unexpected(std::move(error));
        }
        SATCHEL_TRYV(database.exec_script("PRAGMA user_version = " + std::to_string(next.number)));
        SATCHEL_TRYV(transaction.commit());
    }
}

} // namespace satchel::crypto
