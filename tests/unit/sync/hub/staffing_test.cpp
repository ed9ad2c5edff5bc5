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
    Staffing staffing() { return must(Staffing::read(*must(w.store().view()))); }
    [[nodiscard]] const schema::Policy& policy() { return *(policy_ = w.service().policy()); }
    static std::vector<schema::Hat> hat(const std::string& role) { return {{role.substr(0, role.find('.')), "east", role}}; }

    HubWorld w;
    std::shared_ptr<const schema::Policy> policy_;
};

TEST_F(StaffingTest, ARoleThatSomebodyHoldsIsReachedItself)
{
    w.user("Ada Invented", "police.offender_manager");
    EXPECT_THAT(staffing().reached(policy(), {"police.offender_manager"}), ElementsAre("police.offender_manager"));
}

TEST_F(StaffingTest, WhereNobodyIsTheCoverIsReached)
{
    w.user("Cora Unit", "coordination.coordinator");
    EXPECT_THAT(staffing().reached(policy(), {"prison.omu"}), ElementsAre("coordination.coordinator"));
}

TEST_F(StaffingTest, WhereOneOfSeveralIsThereNoCoverIsAskedForTheOthers)
{
    w.user("Ada Invented", "police.offender_manager");
    w.user("Cora Unit", "coordination.coordinator");
    EXPECT_THAT(staffing().reached(policy(), {"prison.omu", "police.offender_manager"}), ElementsAre("police.offender_manager"));
}

TEST_F(StaffingTest, WhoIsSuspendedIsNotThere)
{
    const auto ada = w.user("Ada Invented", "police.offender_manager");
    must(w.service().suspend(ada));
    EXPECT_THAT(staffing().reached(policy(), {"police.offender_manager"}), ElementsAre("coordination.coordinator"));
}

TEST_F(StaffingTest, WithoutAnybodyAndForARoleThatIsNoneTheUnitIsReached)
{
    EXPECT_THAT(staffing().reached(policy(), {"prison.omu"}), ElementsAre("coordination.coordinator"));
    EXPECT_THAT(staffing().reached(policy(), {"nobody.at_all"}), ElementsAre("coordination.coordinator"));
    EXPECT_THAT(staffing().reached(policy(), {}), ElementsAre("coordination.coordinator"));
}

TEST_F(StaffingTest, ACoverOfACoverIsReachedWhereNeitherIsThere)
{
    auto changed = policy();
    for (auto& role : changed.roles)
        if (role.name == "prison.omu")
            role.cover = "probation.practitioner";
    w.user("Pat Invented", "probation.practitioner");
    EXPECT_THAT(staffing().reached(changed, {"prison.omu"}), ElementsAre("probation.practitioner"));
    EXPECT_THAT(staffing().covered_by(changed, hat("probation.practitioner")), ElementsAre("prison.omu"));
    must(w.service().suspend(must(w.service().find_user("Pat Invented"))));
    EXPECT_THAT(staffing().reached(changed, {"prison.omu"}), ElementsAre("coordination.coordinator"));
}

// An agreement with such a ring does not compile; a program that is asked all the same ends.
TEST_F(StaffingTest, RolesThatCoverEachOtherReachTheUnit)
{
    auto changed = policy();
    for (auto& role : changed.roles) {
        if (role.name == "prison.omu")
            role.cover = "probation.practitioner";
        if (role.name == "probation.practitioner")
            role.cover = "prison.omu";
    }
    EXPECT_THAT(staffing().reached(changed, {"prison.omu"}), ElementsAre("coordination.coordinator"));
}

TEST_F(StaffingTest, OnlyWhoCoversARoleIsToldThatNobodyHoldsIt)
{
    w.user("Ada Invented", "police.offender_manager");
    w.user("Cora Unit", "coordination.coordinator");
    EXPECT_THAT(staffing().covered_by(policy(), hat("coordination.coordinator")), ElementsAre("probation.practitioner", "prison.omu"));
    EXPECT_THAT(staffing().covered_by(policy(), hat("police.offender_manager")), IsEmpty());
    EXPECT_TRUE(can_cover(policy(), hat("coordination.coordinator")));
    EXPECT_FALSE(can_cover(policy(), hat("police.offender_manager")));
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
