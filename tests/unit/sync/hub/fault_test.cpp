// A hub on a disk that fails: no receipt without durability, and work as before when the fault has ended.
#include <gmock/gmock.h>

#include "sync/hub/verify.hpp"
#include "tests/unit/crypto/vault/fault_vfs.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

using crypto::FaultVfs;

TEST(HubOnAFailingDisk, GivesAReceiptForWhatIsDurableAloneAndGoesOnWhenTheFaultEnds)
{
    FaultVfs vfs;
    HubWorld w(11, vfs.name());
    const auto case_id = must(w.service().add_case("C1"));
    const auto user = w.user("Invented Police", "police.offender_manager");
    must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    auto device = w.enrol(user, "police.offender_manager");
    const std::pair<FaultVfs::Kind, int> faults[] = {{FaultVfs::Kind::write, SQLITE_IOERR_WRITE},
                                                     {FaultVfs::Kind::write, SQLITE_FULL},
                                                     {FaultVfs::Kind::sync, SQLITE_IOERR_FSYNC}};
    std::uint64_t saved = 0;
    int failed = 0;
    for (const auto& [kind, code] : faults)
        for (long n = 1; n < 12; ++n) {
            SCOPED_TRACE(testing::Message() << code << " at " << n);
            w.save(device, case_id, {w.creates(case_id, "note", "what", {{"text", "one of many"}})});
            ++saved;
            vfs.fail_at(kind, n, code, /*for_good=*/true);
            const auto receipt = w.try_push(device);
            const auto changesets = [&] { return must(w.service().status()).counts.changesets; };
            vfs.heal();
            if (receipt) {
                EXPECT_EQ(receipt->up_to, saved);
                continue;
            }
            ++failed;
            EXPECT_EQ(changesets(), saved - 1);
            const auto again = w.try_push(device);
            ASSERT_TRUE(again) << name(again.error().code) << ": " << again.error().detail;
            EXPECT_EQ(again->up_to, saved);
            EXPECT_EQ(changesets(), saved);
        }
    EXPECT_GT(failed, 5);
    EXPECT_TRUE(must(verify_history(*must(w.store().view()), w.keys)).ok());
    w.reopen();
    EXPECT_EQ(must(w.service().status()).counts.changesets, saved);
    EXPECT_TRUE(must(verify_history(*must(w.store().view()), w.keys)).ok());
}

}  // namespace
}  // namespace satchel::test
