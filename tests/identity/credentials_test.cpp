// Every bad credential, against a real listener: refused, for its own reason, and nothing at the hub changes.
#include <cstdio>

#include "tests/identity/credentials.hpp"

namespace satchel::test {
namespace {

TEST(IdentityMatrix, EachBadCredentialIsRefusedForItsOwnReasonAndNothingChanges)
{
    Door door;
    ASSERT_EQ(door.try_with(door.as(door.good)), "in") << "whoever is enrolled gets in";
    std::vector<Row> rows;
    for (auto part : {forged_leaves, forged_chains, false_sessions})
        std::ranges::move(part(), std::back_inserter(rows));
    std::map<std::string, std::set<std::string>> kin;
    std::size_t let_in = 0;
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        const auto said = row.attempt(door);
        EXPECT_EQ(said, row.reason);
        let_in += said == "in" ? 1 : 0;
        EXPECT_FALSE(kin[said].contains("")) << "this reason was another row's own: " << said;
        kin[said].insert(row.kin);
    }
    for (const auto& [reason, names] : kin)
        EXPECT_EQ(names.size(), 1u) << "one reason for two things: " << reason;
    EXPECT_EQ(door.try_with(door.as(door.good)), "in") << "and still does";
    std::printf("%zu credentials, %zu reasons: %zu let in\n", rows.size(), kin.size(), let_in);
}

}  // namespace
}  // namespace satchel::test
