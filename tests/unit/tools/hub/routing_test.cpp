// Whom the agreement of the product passes a disagreement to.
#include "tools/hub/routing.hpp"

#include <gtest/gtest.h>

#include "schema/policy/embedded.hpp"

namespace satchel::tools::hub {
namespace {

using Names = std::vector<std::string>;

const schema::Policy& agreement()
{
    static const auto compiled = schema::compile_or_fail(schema::embedded_bundle());
    return *compiled;
}

sync::SideInfo side_of(const std::string& agency)
{
    sync::SideInfo side;
    side.version.bytes.fill(1);
    side.agency = agency;
    return side;
}

sync::OpenItemInfo between(const std::string& a, const std::string& b, const std::string& decided_by)
{
    sync::OpenItemInfo item;
    item.record_type = "mappa_level";
    item.decided_by = decided_by;
    item.sides = {side_of(a), side_of(b)};
    return item;
}

sync::UserInfo somebody(const std::string& hat)
{
    sync::UserInfo user;
    user.hats = {hat};
    return user;
}

TEST(Routing, ADisagreementOfTwoAgenciesGoesToBothLineManagements)
{
    EXPECT_EQ(upwards(agreement(), between("police", "probation", "lead_agency")),
              (Names{"police.supervisor", "probation.spo"}));
    EXPECT_EQ(upwards(agreement(), between("probation", "probation", "lead_agency")), Names{"probation.spo"});
}

TEST(Routing, WhereASideIsMissingTheCoordinationUnitIsTold)
{
    auto item = between("probation", "probation", "lead_agency");
    item.sides.front() = {};
    EXPECT_EQ(upwards(agreement(), item), (Names{"probation.spo", "coordination.coordinator"}));
    item.sides.clear();
    EXPECT_EQ(upwards(agreement(), item), Names{"coordination.coordinator"});
}

TEST(Routing, ANamedDecisionMakerIsAsked)
{
    EXPECT_EQ(upwards(agreement(), between("police", "probation", "role:prison.governor")), Names{"prison.governor"});
}

TEST(Routing, NothingIsPassedToNobody)
{
    const Names wanted{"police.supervisor", "probation.spo"};
    EXPECT_EQ(staffed(agreement(), {}, wanted), Names{"coordination.coordinator"});
    EXPECT_EQ(staffed(agreement(), {somebody("probation/east/spo")}, wanted),
              (Names{"coordination.coordinator", "probation.spo"}));
    auto gone = somebody("probation/east/spo");
    gone.suspended = true;
    EXPECT_EQ(staffed(agreement(), {gone}, Names{"probation.practitioner"}), Names{"coordination.coordinator"});
    EXPECT_EQ(staffed(agreement(), {somebody("probation/east/spo")}, Names{"probation.practitioner"}),
              Names{"probation.spo"})
        << "whoever stands in";
}

}  // namespace
}  // namespace satchel::tools::hub
