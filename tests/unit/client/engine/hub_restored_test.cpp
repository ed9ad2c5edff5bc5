// A hub that was put back to an older copy, with a new epoch or without: every device offers again what it lost, all of it
// ends there once, and nothing is shown as received in between that the hub has not signed for.
#include "sync/hub/verify.hpp"
#include "tests/unit/client/engine/recovery_fixture.hpp"

namespace satchel::client::test {
namespace {

class TwoCopies : public Recovery {};
class HubRestored : public Recovery, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(Epoch, HubRestored, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "CountedAnew" : "TheSame"; });

TEST_P(HubRestored, EverythingEndsThereOnceAndNothingIsShownAsReceivedFalsely)
{
    for (std::size_t cut = 1; cut < 80; ++cut) {
        RealDevice device(hub, police_user);
        device.sync();
        const auto there = hub_records();
        const auto made = address(device, "1 Elm Row");
        note(device, "before the backup");
        device.sync();
        keep_a_copy_of_the_hub();
        must(device.edit(case_id, made.record, {{How::set, "lines", "2 Elm Row"}}));
        note(device, "lost by the hub");
        device.sync();
        note(device, "not sent yet");
        put_the_hub_back(GetParam());
        ASSERT_EQ(hub_received(device), 2u);

        std::uint64_t signed_for = 0;
        const auto report = device.session(cut, [&](Frame& frame, bool to_device) {
            if (to_device && is(frame, MessageType::receipt))
                signed_for = must(schema::wire::unpack<Receipt>(frame.payload)).up_to;
        });
        if (report.admitted) {
            EXPECT_EQ(device.store().chain().received, signed_for) << cut;
            EXPECT_EQ(must(device.store().waiting()), 5u - signed_for) << cut;
            EXPECT_LE(signed_for, hub_received(device)) << cut;
        }
        device.reopen();
        device.sync();
        EXPECT_EQ(must(device.store().waiting()), 0u) << cut;
        EXPECT_EQ(hub_received(device), 5u) << "the same chain goes on, " << cut;
        EXPECT_EQ(device.store().chain().incarnation_no, 1u);
        EXPECT_EQ(hub_records(), there + 4) << cut;
        EXPECT_EQ(device.value(case_id, made.record, "lines"), "2 Elm Row");
        EXPECT_EQ(refusals(device), 0u) << cut;
        const auto receipt = *must(device.store().last_receipt());
        EXPECT_EQ(receipt.up_to, 5u);
        EXPECT_TRUE(crypto::verify(device.store().identity().receipt_key, receipt_bytes(receipt), receipt.signature));
        EXPECT_EQ(device.sync().sent, 0u) << "once and for all";
        if (report.complete)
            return;
    }
    FAIL() << "no session came to its end";
}

// The number of an agreement that was lost is given to the next one.
TEST_P(HubRestored, AnotherAgreementOfTheSameNumberIsTakenUp)
{
    const auto publish = [&](const std::string& title) {
        std::string text(satchel::test::small_policy_text);
        text.replace(text.find("version = 7"), 11, "version = 8");
        text.replace(text.find("A small agreement"), 17, title);
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        must(hub.service().publish_policy(bundle));
    };
    RealDevice device(hub, police_user);
    device.sync();
    keep_a_copy_of_the_hub();
    publish("One that was lost");
    device.sync();
    ASSERT_EQ(device.store().policy().title, "One that was lost");
    put_the_hub_back(GetParam());
    publish("The one in force");
    device.sync();
    EXPECT_EQ(device.store().policy().title, "The one in force");
    device.reopen();
    EXPECT_EQ(device.store().policy().title, "The one in force");
}

// Put back with its key file, the hub has lost the agency's keys as well. What devices know of it still holds: they would refuse
// another key for ever.
TEST_P(HubRestored, AnAgencyThatJoinsAgainIsTheOneThatDevicesKnow)
{
    const auto publish = [&](const std::string& title) {
        auto text = satchel::test::small_policy_with_health();
        text.replace(text.find("A small agreement"), 17, title);
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        must(hub.service().publish_policy(bundle));
    };
    RealDevice device(hub, police_user);
    device.sync();
    keep_a_copy_of_the_hub();
    const auto keys = encode(hub.keys);
    publish("One that was lost");
    device.sync();
    ASSERT_EQ(device.store().identity().agency_keys.size(), 5u);
    hub.keys = must(decode_hub_keys(keys));
    put_the_hub_back(GetParam());
    ASSERT_FALSE(hub.keys.agency("health"));
    device.sync();
    publish("The one in force");
    device.sync();
    EXPECT_EQ(device.store().policy().title, "The one in force");
    EXPECT_EQ(device.store().identity().agency_keys.size(), 5u);
}

// Simulation, seed 490: the copy knew of a delivery that never arrived, and the device had another one under its number.
TEST_P(HubRestored, AnEntryThatIsDeliveredAgainIsThereOnce)
{
    RealDevice police(hub, police_user), probation(hub, probation_user);
    police.sync();
    probation.sync();
    note(police, "before the backup");
    police.sync();
    for (std::size_t cut = 1; cut < 12; ++cut) // the hub delivers, and the line dies on the way
        probation.session(cut);
    keep_a_copy_of_the_hub();
    must(police.record_new(case_id, "flag", {{How::add, "why", "shouting heard"}}));
    police.sync();
    probation.sync();
    put_the_hub_back(GetParam());
    probation.sync();
    police.sync();
    probation.sync();
    std::size_t elements = 0;
    for (const auto& [id, record] : must(probation.store().confirmed(case_id)).records)
        for (const auto& group : record.groups)
            elements += group.elements.size();
    EXPECT_EQ(elements, 1u);
    const auto verified = must(verify_history(*must(hub.store().view()), hub.keys));
    EXPECT_TRUE(verified.ok()) << verified.failures.front().table << " " << verified.failures.front().kind;
}

// Found by the model (tests/model): the store's former life had written it again, the hub lost that, and the row stood as
// replaced in the store that is left.
TEST_F(Recovery, WorkThatALostStoreHadWrittenAgainIsOfferedByTheOneThatIsLeft)
{
    RealDevice device(hub, police_user);
    device.sync();
    device.keep_a_copy();
    note(device, "sent by the store that is lost");
    device.sync();
    device.put_the_copy_back();
    note(device, "waits in the copy");
    device.keep_a_copy();
    keep_a_copy_of_the_hub();
    device.sync();  // takes a new incarnation and writes it again
    device.put_the_copy_back();
    device.sync();  // finds it there
    ASSERT_EQ(hub_records(), 2u);
    put_the_hub_back(/*new_epoch=*/true);
    ASSERT_EQ(hub_records(), 1u);
    device.sync();
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
    EXPECT_EQ(device.sync().sent, 0u);
}

// Simulation, seeds 883 and 1028: it counted as received, so it was dropped with the case instead of sealed.
TEST_F(Recovery, WhatARestoredHubLostIsSealedWhenItsAuthorIsBarred)
{
    RealDevice device(hub, police_user);
    device.sync();
    keep_a_copy_of_the_hub();
    note(device, "received, and lost by the hub");
    device.sync();
    put_the_hub_back(/*new_epoch=*/true);
    must(hub.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(police_user)}, Ended::restricted));
    device.session();
    device.session();
    const auto held = must(hub.service().held());
    ASSERT_EQ(held.size(), 1u);
    EXPECT_EQ(held.front().why, "sealed");
    EXPECT_TRUE(must(device.store().cases()).empty());
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

// Simulation, seeds 33 and 288: the copy was older than the delivery, so the hub never asked for the case back.
TEST_F(Recovery, ARestoredHubAsksForCasesThatItForgotItHadDelivered)
{
    for (const bool assigned_before_the_copy : {true, false}) {
        const AssignmentRow::Subject user = AssignmentRow::Subject::user;
        RealDevice device(hub, police_user);
        if (!assigned_before_the_copy)
            must(hub.service().unassign(case_id, {user, to_string(police_user)}, Ended::moved));
        keep_a_copy_of_the_hub();
        if (!assigned_before_the_copy)
            must(hub.service().assign(case_id, {user, to_string(police_user)}));
        device.sync();
        note(device, "not sent yet");
        put_the_hub_back(/*new_epoch=*/true);
        if (assigned_before_the_copy)
            must(hub.service().unassign(case_id, {user, to_string(police_user)}, Ended::moved));
        EXPECT_EQ(device.sync().purged_cases, 1u);
        EXPECT_TRUE(must(device.store().cases()).empty());
        EXPECT_EQ(must(device.store().waiting()), 0u) << "its work was received before it went";
        if (assigned_before_the_copy)
            must(hub.service().assign(case_id, {user, to_string(police_user)}));
    }
}

TEST_P(HubRestored, OthersSeeTheSameCaseAgainAndKeepTheirOwnWork)
{
    RealDevice police(hub, police_user), probation(hub, probation_user);
    police.sync();
    probation.sync();
    note(police, "p1");
    police.sync();
    keep_a_copy_of_the_hub();
    const auto lost = address(police, "1 Elm Row");
    police.sync();
    probation.sync();
    must(probation.edit(case_id, lost.record, {{How::set, "lines", "3 Elm Row"}})); // on what the hub will have lost
    note(probation, "q1");
    put_the_hub_back(GetParam());
    police.sync(); // the author of what the others build on comes first
    probation.sync();
    police.sync();
    EXPECT_EQ(seen_on(police), (std::vector<std::string>{"1 Elm Row", "p1", "q1"}));
    EXPECT_EQ(must(police.store().shown(case_id)).records, must(probation.store().shown(case_id)).records);
    EXPECT_EQ(must(probation.store().waiting()), 0u);
    EXPECT_EQ(refusals(probation), 0u);
    EXPECT_EQ(hub_records(), 3u);
}

TEST_P(HubRestored, AnIncarnationItNeverHeardOfIsWrittenAgainOnce)
{
    RealDevice device(hub, police_user);
    device.sync();
    device.keep_a_copy();
    note(device, "o1");
    device.sync();
    keep_a_copy_of_the_hub();
    device.put_the_copy_back();
    address(device, "1 Elm Row");
    device.sync(); // under the second incarnation
    ASSERT_EQ(device.store().chain().incarnation_no, 2u);
    must(device.edit(case_id, the_address(device, "1 Elm Row"), {{How::set, "lines", "2 Elm Row"}}));
    put_the_hub_back(GetParam());
    device.sync();
    device.sync();
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"2 Elm Row", "o1"}));
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
    EXPECT_EQ(refusals(device), 0u);
}

// The number of a delivery of lost history was given again to the other copy, and the first took its word that it had it.
TEST_F(TwoCopies, OfWhichOneHoldsADeliveryThatTheHubHasLostBothSeeTheWholeCase)
{
    RealDevice device(hub, police_user), other(hub, probation_user);
    other.sync();
    device.keep_a_copy();
    keep_a_copy_of_the_hub();
    note(other, "lost by the hub");
    other.sync();
    device.sync();
    put_the_hub_back(true);
    note(other, "written since");
    other.sync();
    device.swap_with_the_copy();
    device.sync();
    device.swap_with_the_copy();
    device.sync();
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"lost by the hub", "written since"}));
}

// Found by simulation (two copies in use, seed 521): the other's push came through late, between this one's hello and its own.
TEST_F(TwoCopies, AReceiptThatCoversTheOthersWorkEndsInAChainOfOnesOwn)
{
    RealDevice device(hub, police_user);
    device.sync();
    note(device, "on both");
    device.keep_a_copy();
    note(device, "on one");
    const auto there = device.store().chain();
    device.swap_with_the_copy();
    const auto report = device.session(SIZE_MAX, [&](Frame& frame, bool to_device) {
        if (!to_device || !is(frame, MessageType::receipt))
            return;
        auto receipt = must(schema::wire::unpack<Receipt>(frame.payload));
        receipt.up_to = there.sequence;
        receipt.chain_head = there.head;
        receipt.signature = hub.keys.receipt.sign(receipt_bytes(receipt));
        frame.payload = schema::wire::pack(receipt);
    });
    EXPECT_EQ(report.error->code, Errc::fork);
    EXPECT_TRUE(report.again);
    EXPECT_EQ(must(device.store().waiting()), 1u) << "nothing is shown as received that is not";
    device.swap_with_the_copy();
    device.sync();
    device.swap_with_the_copy();
    device.sync();
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"on both", "on one"}));
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

// Found by simulation (seed 9705): a commit that failed was in the copy nevertheless, and with it another delivery under the
// number of one that the device had. What it had came again on top.
TEST_F(TwoCopies, ANumberThatStandsForSomethingElseInTheHubsCopyIsNotBelieved)
{
    RealDevice device(hub, police_user), other(hub, probation_user);
    device.sync();
    other.sync();
    keep_a_copy_of_the_hub();
    note(other, "first");
    other.sync();
    device.session(SIZE_MAX, [](Frame& frame, bool to_device) {
        if (to_device && is(frame, MessageType::page))
            frame.payload.resize(1);  // committed at the hub, and never there
    });
    const auto phantom = hub.path() + ".phantom";
    hub.close();
    std::filesystem::copy_file(hub.path(), phantom);
    hub.reopen();
    put_the_hub_back(/*new_epoch=*/false);
    other.sync();
    note(other, "second");
    other.sync();
    device.sync();
    ASSERT_EQ(seen_on(device), (std::vector<std::string>{"first", "second"}));
    const auto entries = device.store().health()->entries;
    std::filesystem::rename(phantom, hub.path() + ".copy");
    put_the_hub_back(/*new_epoch=*/true);
    other.sync();
    device.sync();
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"first", "second"}));
    EXPECT_EQ(device.store().health()->entries, entries);
}

// Found by simulation (two copies in use, seed 1980): a mark filled its place in the chain, the hub signed for it, and the copy
// that still had the words took them for received.
TEST_F(TwoCopies, WhatLeftTheOneWithItsCaseTheOtherStillOffersToAHubThatLostIt)
{
    RealDevice device(hub, probation_user);
    device.sync();
    note(device, "first");
    note(device, "second");
    device.keep_a_copy();
    keep_a_copy_of_the_hub();
    device.sync();
    must(hub.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(probation_user)}, Ended::restricted));
    device.sync();
    ASSERT_FALSE(device.store().shown(case_id));
    put_the_hub_back(true);
    device.sync();
    EXPECT_EQ(hub_records(), 0u) << "nobody has offered it yet";
    device.swap_with_the_copy();
    device.sync();
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"first", "second"}));
    EXPECT_EQ(must(device.store().waiting()), 0u);
    EXPECT_EQ(hub_records(), 2u);
    device.swap_with_the_copy();
    device.sync();
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"first", "second"}));
}

TEST_P(HubRestored, AStoreAndAHubFromOldCopiesLoseOnlyWhatNeitherHas)
{
    RealDevice device(hub, police_user);
    device.sync();
    note(device, "in all copies");
    device.keep_a_copy();
    note(device, "in the hub's copy");
    device.sync();
    keep_a_copy_of_the_hub();
    note(device, "in neither");
    device.sync();
    put_the_hub_back(GetParam());
    device.put_the_copy_back();
    note(device, "typed since");
    device.sync();
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"in all copies", "in the hub's copy", "typed since"}));
    EXPECT_EQ(hub_records(), 3u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

}  // namespace
}  // namespace satchel::client::test
