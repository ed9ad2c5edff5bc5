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

// In a group commit a failure has each job run again, with all that it was given.
TEST(HubOnAFailingDisk, RulesOnWholeWorkWhoseAuthorCouldNotBeReadTheFirstTime)
{
    FaultVfs vfs;
    HubWorld w(11, vfs.name());
    const auto case_id = must(w.service().add_case("C1"));
    const auto user = w.user("Invented Police", "police.offender_manager");
    must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    std::vector<Device> devices;
    for (int i = 0; i < 24; ++i)  // more than are read with the author's own
        devices.push_back(w.enrol(user, "police.offender_manager"));
    auto& device = devices.front();
    const auto record = singleton_record_id(case_id, schema::type_id("withholding"));
    w.save(device, case_id, {w.creates(case_id, "withholding", "decision", {{"withheld", "no"}})});
    const auto conflict =
        w.save(devices.back(), case_id, {w.edits(case_id, record, "withholding", "decision", {{"withheld", "yes"}})});
    w.push(device);
    w.push(devices.back());

    int struck = 0;
    for (long n = 1; n < 50; ++n) {
        SCOPED_TRACE(n);
        w.reopen();  // nothing is kept in memory
        w.save(device, case_id, {w.resolves(conflict, schema::Resolution::comment)});
        auto prepared = must(w.service().prepare(must(w.admit(device)), schema::wire::pack(w.packed(device))));
        Result<Receipt> answer = fail(Errc::bug, "no answer");
        std::vector<CommitJob> jobs;
        jobs.push_back(
            w.service().push_job(std::move(prepared), [&](const Result<Receipt>& receipt) { answer = receipt; }));
        jobs.push_back({[](Ledger&) { return Result<void>{}; }, [](const Result<Head>&) {}});
        vfs.fail_at(FaultVfs::Kind::read, n, SQLITE_IOERR_READ, /*for_good=*/false);
        w.service().commit(std::move(jobs));
        vfs.heal();
        struck += vfs.struck() ? 1 : 0;
        w.keep(device, must(answer));
    }
    EXPECT_GT(struck, 5);
    EXPECT_TRUE(must(verify_history(*must(w.store().view()), w.keys)).ok());
}

// An agreement is in force with its entry; its last cases may be reached only after the hub has been started again.
TEST(HubOnAFailingDisk, TheClocksOfAnAgreementThatIsInForceAreMovedInTheEnd)
{
    FaultVfs vfs;
    HubWorld w(11, vfs.name());
    must(publish_calendar(w.service(), 8, ""));
    import_an_address(w.service());
    std::uint32_t version = 8;
    int left_behind = 0;
    for (long n = 1; n < 40; ++n) {
        SCOPED_TRACE(n);
        const bool monday_is_free = version % 2 == 0;
        vfs.fail_at(FaultVfs::Kind::write, n, SQLITE_IOERR_WRITE, /*for_good=*/true);
        (void)publish_calendar(w.service(), version + 1, monday_is_free ? "\"2026-06-15\"" : "");
        vfs.heal();
        w.reopen();
        version = w.service().policy()->version;
        const std::vector<std::string> wanted{version % 2 == 1 ? "2026-06-17" : "2026-06-16"};
        left_behind += visits_due(w.service()) != wanted;
        must(w.service().tick(day_of(w.clock.now())));
        EXPECT_EQ(visits_due(w.service()), wanted);
    }
    EXPECT_GT(left_behind, 0) << "some agreement outran its clocks";
    EXPECT_TRUE(must(verify_history(*must(w.store().view()), w.keys)).ok());
}

}  // namespace
}  // namespace satchel::test
