// Who is told of what is for a role that nobody holds (I10), and what a device believes about which roles these are.
#include "tests/unit/client/engine/session_fixture.hpp"

namespace satchel::client::test {
namespace {

class StandingIn : public Session {};

// A task for an agency that nobody of has joined waits in nobody's list, unless whoever covers it is told.
TEST_F(StandingIn, WhatIsForARoleThatNobodyHoldsFallsToWhoCoversIt)
{
    const auto unit_user = hub.user("Una Unit", "coordination.coordinator");
    assign(unit_user);
    RealDevice unit(hub, unit_user);
    unit.sync();
    const auto acts_for = [&](RealDevice& device, const char* role) {
        return device.store().identity().acts_for(*hub.service().policy(), {role});
    };
    EXPECT_TRUE(acts_for(unit, "prison.omu")) << "nobody is there";
    EXPECT_FALSE(acts_for(unit, "probation.practitioner"));
    EXPECT_TRUE(acts_for(unit, "coordination.coordinator"));
    EXPECT_FALSE(unit.store().identity().stands_in_for(*hub.service().policy(), {"coordination.coordinator"}));
    EXPECT_FALSE(unit.store().identity().stands_in_for(*hub.service().policy(), {"prison.omu", "police.offender_manager"}))
        << "one of them is there";
    police->sync();
    EXPECT_FALSE(acts_for(*police, "prison.omu")) << "they do not cover it";

    must(hub.service().suspend(probation_user));
    unit.sync();
    unit.reopen();
    EXPECT_TRUE(acts_for(unit, "probation.practitioner")) << "who is suspended is not there";
    hub.user("Penny Prison", "prison.omu");
    unit.sync();
    unit.reopen();
    EXPECT_FALSE(acts_for(unit, "prison.omu"));
}

TEST_F(StandingIn, ARoleThatNoAgreementCanNameEndsTheSessionAndIsNotKept)
{
    police->sync();
    const auto roles_said = [&](std::vector<std::string> roles) {
        const auto report = police->session(SIZE_MAX, [&](Frame& frame, bool to_device) {
            if (!to_device || frame.type != static_cast<std::uint8_t>(MessageType::hello_ack))
                return;
            auto ack = must(schema::wire::unpack<HelloAck>(frame.payload));
            ack.vacant = roles;
            frame.payload = schema::wire::pack(ack);
        });
        police->reopen();
        return report.error ? report.error->code : Errc{};
    };
    EXPECT_EQ(roles_said({std::string(5000, 'a') + ".b"}), Errc::invalid_argument);
    EXPECT_EQ(roles_said({"police"}), Errc::invalid_argument);
    EXPECT_EQ(roles_said(std::vector<std::string>(vacant_max + 1, "a.b")), Errc::invalid_argument);
    EXPECT_TRUE(police->store().identity().vacant.empty());
    EXPECT_EQ(roles_said({"prison.omu", "prison.omu", "a.b"}), Errc{});
    EXPECT_EQ(police->store().identity().vacant.size(), 2u) << "kept over the end of the program";
}

TEST_F(StandingIn, ADecisionThatIsForNobodyIsForWhoCoversThem)
{
    const auto unit_user = hub.user("Una Unit", "coordination.coordinator");
    assign(unit_user);
    RealDevice unit(hub, unit_user);
    unit.sync();
    police->sync();
    probation->sync();
    const auto made = must(police->record_new(case_id, "address", {{How::set, "lines", "1 Elm Row"}}));
    police->sync();
    probation->sync();
    must(probation->edit(case_id, made.record, {{How::set, "lines", "2 Elm Row"}}));
    probation->sync();
    EXPECT_EQ(unit.sync().tally.attention, 0u) << "it is for the police, who are there";
    must(hub.service().suspend(police_user));
    unit.sync();
    must(probation->edit(case_id, made.record, {{How::set, "lines", "3 Elm Row"}}));
    probation->sync();
    EXPECT_EQ(unit.sync().tally.attention, 1u);
    const auto told = must(unit.store().attention());
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].who_acts, "you");
    EXPECT_EQ(told[0].what_next, "Nobody who decides it is there: accept or decline it in their stead.");
}

// Whoever stands in may settle what others suggest in place of their own value, and chooses between no two versions of which
// one is theirs.
TEST_F(StandingIn, WhoStandsInIsToldOfWhatOthersSuggestForTheirOwnValueAndOfNoConflictOfTheirs)
{
    const auto unit_user = hub.user("Una Unit", "coordination.coordinator");
    assign(unit_user);
    RealDevice unit(hub, unit_user);
    const auto led_by = [&](const char* agency, const char* from) {
        must(probation->record_new(case_id, "supervision", {{How::set, "agency", agency}, {How::set, "from", from}}));
        probation->sync();
    };
    probation->sync();
    led_by("coordination", "2026-01-01");
    unit.sync();
    const auto made = must(unit.record_new(case_id, "address", {{How::set, "lines", "1 Elm Row"}}));
    unit.sync();
    police->sync();
    probation->sync();
    must(unit.edit(case_id, made.record, {{How::set, "lines", "2 Elm Row"}}));
    unit.sync();
    led_by("police", "2026-02-01");
    must(police->edit(case_id, made.record, {{How::set, "lines", "3 Elm Row"}}));
    EXPECT_EQ(police->sync().tally.conflict, 1u);
    must(hub.service().suspend(police_user));
    EXPECT_EQ(unit.sync().tally.attention, 0u) << "one of the two versions is theirs";
    must(probation->edit(case_id, made.record, {{How::set, "lines", "4 Elm Row"}}));
    probation->sync();
    EXPECT_EQ(unit.sync().tally.attention, 1u) << "what is suggested for it is not";
}

}  // namespace
}  // namespace satchel::client::test
