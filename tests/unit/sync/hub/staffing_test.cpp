// I10: what is for a role reaches somebody.
#include <gmock/gmock.h>

#include "sync/hub/staffing.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StaffingTest : public ::testing::Test {
protected:
    [[nodiscard]] const schema::Policy& policy() { return *(policy_ = w.service().policy()); }
    Vacant vacant() { return must(vacant_roles(*must(w.store().view()), policy())); }
    std::vector<std::string> told(const Device& device) { return must(w.admit(device)).ack.vacant; }
    std::vector<std::string> heard_by(const std::vector<std::string>& roles) { return reached(policy(), roles, vacant()); }

    HubWorld w;
    std::shared_ptr<const schema::Policy> policy_;
};

TEST_F(StaffingTest, ARoleThatSomebodyHoldsIsReachedItself)
{
    w.user("Ada Invented", "police.offender_manager");
    EXPECT_THAT(heard_by({"police.offender_manager"}), ElementsAre("police.offender_manager"));
}

TEST_F(StaffingTest, WhereNobodyIsTheCoverIsReached)
{
    w.user("Cora Unit", "coordination.coordinator");
    EXPECT_THAT(heard_by({"prison.omu"}), ElementsAre("coordination.coordinator"));
}

TEST_F(StaffingTest, WhoIsSuspendedIsNotThere)
{
    const auto ada = w.user("Ada Invented", "police.offender_manager");
    must(w.service().suspend(ada));
    EXPECT_THAT(heard_by({"police.offender_manager"}), ElementsAre("coordination.coordinator"));
}

TEST_F(StaffingTest, OnlyWhoMayHaveToStandInIsToldWhichRolesNobodyHolds)
{
    const auto police = w.enrol(w.user("Ada Invented", "police.offender_manager"), "police.offender_manager");
    const auto unit = w.enrol(w.user("Cora Unit", "coordination.coordinator"), "coordination.coordinator");
    EXPECT_THAT(told(unit), ElementsAre("prison.omu", "probation.practitioner"));
    EXPECT_THAT(told(police), IsEmpty());
}

TEST_F(StaffingTest, ADeviceIsToldInTheNextSessionThatSomebodyHasCome)
{
    const auto unit = w.enrol(w.user("Cora Unit", "coordination.coordinator"), "coordination.coordinator");
    EXPECT_THAT(told(unit), testing::Contains("prison.omu"));
    const auto penny = w.user("Penny Invented", "prison.omu");
    EXPECT_THAT(told(unit), testing::Not(testing::Contains("prison.omu")));
    must(w.service().set_hats(penny, {{"probation", "east", "probation.practitioner"}}));
    EXPECT_THAT(told(unit), testing::Contains("prison.omu"));
    EXPECT_THAT(told(unit), testing::Not(testing::Contains("probation.practitioner")));
    must(w.service().suspend(penny));
    EXPECT_THAT(told(unit), testing::Contains("probation.practitioner"));
}

TEST_F(StaffingTest, WhoIsBarredIsToldNothing)
{
    const auto cora = w.user("Cora Unit", "coordination.coordinator");
    const auto unit = w.enrol(cora, "coordination.coordinator");
    must(w.service().suspend(cora));
    EXPECT_THAT(told(unit), IsEmpty());
}

TEST_F(StaffingTest, ATaskOfARoleThatNobodyHoldsIsListedForItsCover)
{
    const auto case_id = must(w.service().add_case("C1"));
    const auto prison_user = w.user("Peter Invented", "prison.omu");
    must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(prison_user)}));
    auto prison = w.enrol(prison_user, "prison.omu");
    w.save(prison, case_id, {w.creates(case_id, "address", "where", {{"lines", "1 Invented Row"}})});
    w.push(prison);
    const auto of = [&](const char* role) { return must(w.service().tasks(role)); };
    ASSERT_EQ(of("coordination.coordinator").size(), 1u);
    EXPECT_EQ(of("coordination.coordinator")[0].role, "police.offender_manager");
    EXPECT_THAT(of("coordination.coordinator")[0].reaches, ElementsAre("coordination.coordinator"));
    EXPECT_EQ(of("police.offender_manager").size(), 1u) << "it stays theirs";
    w.user("Ada Invented", "police.offender_manager");
    EXPECT_THAT(of("coordination.coordinator"), IsEmpty());
    EXPECT_THAT(of("police.offender_manager")[0].reaches, ElementsAre("police.offender_manager"));
}

}  // namespace
}  // namespace satchel::test
