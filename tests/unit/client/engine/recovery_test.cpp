// Stores that come back from an old copy, and copies of one store in use at once: nothing is lost, nothing is there twice,
// and nothing counts as received centrally before the hub has signed for it.
#include "tests/unit/client/engine/recovery_fixture.hpp"

namespace satchel::client::test {
namespace {

// --- Receipts ------------------------------------------------------------------------------------------------------------

TEST_F(Recovery, WorkOfARestoredStoreIsReceivedWhenTheHubSignsForItAndNotBefore)
{
    for (std::size_t cut = 1; cut < 60; ++cut) {
        RealDevice device(hub, police_user);
        device.sync();
        note(device, "a " + std::to_string(cut));
        note(device, "b " + std::to_string(cut));
        device.keep_a_copy();
        note(device, "c " + std::to_string(cut));
        device.sync();
        const auto there = hub_records();
        device.put_the_copy_back();
        std::size_t receipts = 0, pages = 0;
        const auto report = device.session(cut, [&](Frame& frame, bool to_device) {
            receipts += to_device && is(frame, MessageType::receipt);
            pages += to_device && is(frame, MessageType::page);
            EXPECT_FALSE(!to_device && is(frame, MessageType::push)) << "the hub has it all";
        });
        if (receipts == 0 && pages == 0) {
            EXPECT_EQ(must(device.store().waiting()), 2u) << cut;
        }
        device.reopen();
        device.sync();
        EXPECT_EQ(must(device.store().waiting()), 0u) << cut;
        EXPECT_EQ(hub_records(), there) << cut;
        EXPECT_EQ(device.records(case_id), there) << cut;
        if (report.complete) {
            EXPECT_GT(receipts, 0u);
            return;
        }
    }
    FAIL() << "no session came to its end";
}

TEST_F(Recovery, WhatTheHubSaysItHoldsCountsForNothingUntilItSignsForIt)
{
    RealDevice device(hub, police_user);
    device.sync();
    note(device, "a");
    note(device, "b");
    const auto chain = device.store().chain();
    const auto report = device.session(SIZE_MAX, [&](Frame& frame, bool to_device) {
        if (!to_device || !is(frame, MessageType::hello_ack))
            return;
        auto ack = must(schema::wire::unpack<HelloAck>(frame.payload));
        ack.received_sequence = chain.sequence;
        ack.received_head = chain.head;
        frame.payload = schema::wire::pack(ack);
    });
    EXPECT_TRUE(report.complete) << (report.error ? report.error->detail : "");
    EXPECT_EQ(hub_records(), 2u) << "it was sent all the same";
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

TEST_F(Recovery, AnAlteredAnswerToARecallChangesNothing)
{
    RealDevice device(hub, police_user);
    device.sync();
    note(device, "a");
    device.keep_a_copy();
    note(device, "b");
    device.sync();
    device.put_the_copy_back();
    const auto report = device.session(SIZE_MAX, [](Frame& frame, bool) {
        if (is(frame, MessageType::receipt))
            frame.payload[frame.payload.size() - 70] ^= 1;
    });
    ASSERT_TRUE(report.error);
    EXPECT_EQ(report.error->code, Errc::bad_signature);
    EXPECT_EQ(must(device.store().outbox()).at(0).state, WorkState::saved);
    device.sync();
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

TEST_F(Recovery, AReceiptThatWasLostComesAgainAndTheWorkIsNotSentAgain)
{
    RealDevice device(hub, police_user);
    device.sync();
    note(device, "a");
    note(device, "b");
    bool pushed = false;
    std::size_t frames = 0;
    device.session(SIZE_MAX, [&](Frame& frame, bool to_device) {
        ++frames;
        if (pushed && to_device)
            frame.payload.clear(); // whatever the hub answers never arrives as it was
        pushed = pushed || (!to_device && is(frame, MessageType::push));
    });
    ASSERT_TRUE(pushed);
    EXPECT_EQ(must(device.store().waiting()), 2u);
    ASSERT_EQ(hub_records(), 2u);
    device.reopen();
    std::size_t pushes = 0;
    const auto report = device.session(SIZE_MAX, [&](Frame& frame, bool) { pushes += is(frame, MessageType::push); });
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(pushes, 0u);
    EXPECT_EQ(report.sent, 2u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
    EXPECT_EQ(hub_records(), 2u);
}

TEST_F(Recovery, ARecallThatIsNotOneEndsTheSession)
{
    RealDevice device(hub, police_user);
    device.sync();
    note(device, "a");
    device.keep_a_copy();
    note(device, "b");
    device.sync();
    for (const int how : {0, 1, 2}) {
        device.put_the_copy_back();
        const auto report = device.session(SIZE_MAX, [&](Frame& frame, bool to_device) {
            if (to_device || !is(frame, MessageType::recall))
                return;
            auto recall = must(schema::wire::unpack<Recall>(frame.payload));
            if (how == 0)
                recall.points.clear();
            else if (how == 1)
                recall.points.push_back(recall.points.back());
            else
                recall.points.resize(recall_points_max + 1);
            frame.payload = schema::wire::pack(recall);
        });
        EXPECT_FALSE(report.complete) << how;
        EXPECT_EQ(report.error->code, how == 1 ? Errc::protocol_violation : Errc::too_large);
    }
    device.sync();
    EXPECT_EQ(hub_records(), 2u);
}

TEST_F(Recovery, AChainLongerThanARecallIsAskedAboutInSteps)
{
    RealDevice device(hub, police_user);
    device.sync();
    constexpr std::size_t shared = recall_points_max + 501;
    std::vector<Draft> drafts;
    const auto& policy = device.store().policy();
    const Canvas canvas{policy, *policy.type(std::string_view("note")), case_id, device.store().identity().credential,
                        nullptr, nullptr, {}, {}};
    for (std::size_t i = 0; i < shared; ++i) {
        Draft draft;
        draft.case_id = case_id;
        draft.hat = device.store().identity().hats.front();
        draft.authored_at = Instant{1'779'000'000'000};
        draft.parts = must(compose(canvas, std::vector<Typed>{{How::set, "text", std::to_string(i)}}));
        drafts.push_back(std::move(draft));
    }
    must(device.store().save_all(drafts));
    device.keep_a_copy();
    note(device, "the original's");
    device.sync();
    device.put_the_copy_back();
    for (int i = 0; i < 3; ++i)
        note(device, "the copy's " + std::to_string(i));
    const auto report = device.sync();
    EXPECT_EQ(report.rewritten, 3u) << "and not what both had";
    EXPECT_EQ(hub_records(), shared + 4);
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

// --- Copies of a store ---------------------------------------------------------------------------------------------------

TEST_F(Recovery, ACopyWithAShorterChainThanTheHubsLosesNothing)
{
    RealDevice device(hub, police_user);
    device.sync();
    device.keep_a_copy();
    for (const char* text : {"o1", "o2", "o3"})
        note(device, text);
    device.sync();
    device.put_the_copy_back();
    note(device, "c1"); // the hub holds three of this chain, but not this one
    const auto report = device.sync();
    EXPECT_EQ(report.rewritten, 1u);
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"c1", "o1", "o2", "o3"}));
    EXPECT_EQ(hub_records(), 4u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

TEST_F(Recovery, OfTwoCopiesInUseNeitherLosesAnythingNorRepeatsTheOther)
{
    RealDevice device(hub, police_user);
    device.sync();
    note(device, "both had it unsent");
    device.keep_a_copy();
    note(device, "a1");
    device.sync();
    device.swap_with_the_copy();
    note(device, "b1");
    device.sync();
    device.swap_with_the_copy();
    note(device, "a2");
    device.sync();
    device.swap_with_the_copy();
    note(device, "b2");
    device.sync();
    const std::vector<std::string> everything{"a1", "a2", "b1", "b2", "both had it unsent"};
    EXPECT_EQ(seen_on(device), everything);
    RealDevice other(hub, probation_user);
    other.sync();
    EXPECT_EQ(seen_on(other), everything);
    EXPECT_EQ(hub_records(), 5u);
}

TEST_F(Recovery, WorkThatAnotherCopyWroteAgainIsRecognisedAndWhatWasBuiltOnItFollows)
{
    RealDevice device(hub, police_user);
    device.sync();
    device.keep_a_copy();
    note(device, "pushed before the copy came back");
    device.sync();
    device.put_the_copy_back();
    const auto made = address(device, "1 Elm Row");
    device.keep_a_copy(); // both copies have it unsent, in a chain that the hub will not go on with
    EXPECT_EQ(device.sync().rewritten, 1u);
    device.swap_with_the_copy();
    must(device.edit(case_id, made.record, {{How::set, "lines", "2 Elm Row"}}));
    EXPECT_EQ(device.sync().rewritten, 1u) << "the edit alone";
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"2 Elm Row", "pushed before the copy came back"}));
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(refusals(device), 0u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

// Both look, and find that the other has not written it again yet; the hub gets both.
TEST_F(Recovery, WhatBothCopiesWroteAgainIsThereOnceAndWhatWasBuiltOnItFollows)
{
    RealDevice device(hub, police_user);
    device.sync();
    device.keep_a_copy();
    note(device, "pushed before the copy came back");
    device.sync();
    device.put_the_copy_back();
    const auto made = address(device, "1 Elm Row");
    device.keep_a_copy(); // both copies have it unsent, in a chain that the hub will not go on with
    must(device.edit(case_id, made.record, {{How::set, "lines", "2 Elm Row"}}));
    // This one has written both again, and the line dies before any of it has reached the hub.
    bool written = false;
    for (std::size_t cut = 1; cut < 60 && !written; ++cut) {
        device.session(cut, [&](Frame& frame, bool to_device) {
            if (!to_device && is(frame, MessageType::push)) {
                written = true;
                frame.payload.clear();
            }
        });
        device.reopen();
    }
    ASSERT_TRUE(written);
    device.swap_with_the_copy();
    EXPECT_EQ(device.sync().rewritten, 1u) << "the other copy is first at the hub";
    ASSERT_EQ(hub_records(), 2u);
    device.swap_with_the_copy();
    device.sync();
    EXPECT_EQ(must(device.store().waiting()), 0u) << "counted as received";
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"2 Elm Row", "pushed before the copy came back"}));
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(refusals(device), 0u);
    device.swap_with_the_copy();
    device.sync();
    EXPECT_EQ(seen_on(device), (std::vector<std::string>{"2 Elm Row", "pushed before the copy came back"}));
    RealDevice other(hub, probation_user);
    other.sync();
    EXPECT_EQ(seen_on(other), (std::vector<std::string>{"2 Elm Row", "pushed before the copy came back"}));
}

TEST_F(Recovery, WhatIsSavedWhileANewIncarnationWasCutFollowsWhatItBuildsOn)
{
    for (std::size_t cut = 1; cut < 60; ++cut) {
        RealDevice device(hub, police_user);
        device.sync();
        device.keep_a_copy();
        note(device, "original");
        device.sync();
        const auto there = hub_records();
        device.put_the_copy_back();
        address(device, "1 Elm Row");
        const auto report = device.session(cut);
        device.reopen();
        if (!report.complete)
            must(device.edit(case_id, the_address(device, "1 Elm Row"), {{How::set, "lines", "2 Elm Row"}}));
        device.sync();
        EXPECT_EQ(hub_records(), there + 1) << cut;
        EXPECT_EQ(refusals(device), 0u) << cut;
        EXPECT_EQ(must(device.store().waiting()), 0u) << cut;
        if (report.complete)
            return;
        const auto seen = seen_on(device);
        EXPECT_EQ(std::count(seen.begin(), seen.end(), "1 Elm Row"), 0) << cut;
        ASSERT_GE(std::count(seen.begin(), seen.end(), "2 Elm Row"), 1) << cut;
    }
    FAIL() << "no session came to its end";
}

// A push that is still on its way when the store has moved on is not taken: what it holds comes again under the new chain.
TEST_F(Recovery, ALatePushOfAClosedIncarnationIsNotTaken)
{
    RealDevice device(hub, police_user);
    device.sync();
    device.keep_a_copy();
    note(device, "original");
    device.sync();
    device.put_the_copy_back();
    note(device, "copy");
    device.keep_a_copy();
    device.sync();
    ASSERT_EQ(hub_records(), 2u);
    device.put_the_copy_back(); // still in the first incarnation
    const auto report = device.session();
    EXPECT_TRUE(report.complete) << (report.error ? report.error->detail : "");
    EXPECT_EQ(report.rewritten, 0u);
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
}

// --- Cases that left -------------------------------------------------------------------------------------------------------

TEST_F(Recovery, WorkThatLeftWithItsCaseComesBackWithItInOneSession)
{
    for (std::size_t cut = 1; cut < 60; ++cut) {
        RealDevice device(hub, police_user);
        device.sync();
        note(device, "before the case left " + std::to_string(cut));
        device.sync();
        must(hub.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(police_user)}, Ended::moved));
        device.sync();
        ASSERT_TRUE(must(device.store().cases()).empty());
        must(hub.service().assign(case_id, {AssignmentRow::Subject::user, to_string(police_user)}));
        const auto report = device.session(cut);
        EXPECT_FALSE(report.again) << cut;
        device.reopen();
        device.sync();
        note(device, "after it came back " + std::to_string(cut));
        device.sync();
        EXPECT_EQ(device.store().chain().incarnation_no, 1u) << cut;
        EXPECT_EQ(device.records(case_id), 2 * cut) << cut;
        EXPECT_EQ(hub_records(), 2 * cut) << cut;
        EXPECT_EQ(must(device.store().waiting()), 0u) << cut;
        EXPECT_TRUE(must(device.store().outbox()).empty()) << cut;
        if (report.complete)
            return;
    }
    FAIL() << "no session came to its end";
}

TEST_F(Recovery, AnOldCopyOfAStoreGivesUpAgainWhatTheStoreGaveUp)
{
    for (const auto because : {Ended::moved, Ended::restricted}) {
        RealDevice device(hub, police_user);
        device.sync();
        note(device, "delivered");
        device.sync();
        device.keep_a_copy();
        must(hub.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(police_user)}, because));
        device.sync();
        ASSERT_TRUE(must(device.store().cases()).empty());
        device.put_the_copy_back();
        note(device, "typed on the copy");
        const auto report = device.sync();
        EXPECT_TRUE(must(device.store().cases()).empty()) << name(because);
        EXPECT_EQ(report.purged_cases, 1u) << name(because);
        EXPECT_TRUE(must(device.store().removals_to_tell()).empty()) << "the hub has our word again";
        EXPECT_EQ(must(device.store().waiting()), 0u) << "and the work, held";
        must(hub.service().assign(case_id, {AssignmentRow::Subject::user, to_string(police_user)}));
    }
    EXPECT_EQ(must(hub.service().status()).counts.held, 2u);
}

// Simulation, seed 96: the disk failed between locking the case and sealing its work.
TEST_F(Recovery, ACaseThatWasLockedAndIsTheirsAgainOpens)
{
    RealDevice device(hub, police_user);
    device.sync();
    note(device, "received");
    device.sync();
    note(device, "not sent yet");
    must(device.store().lock_case(case_id));
    ASSERT_TRUE(must(device.store().cases()).empty());
    device.sync();
    EXPECT_EQ(must(device.store().cases()).size(), 1u) << "with nothing new to come";
    EXPECT_EQ(device.records(case_id), 2u);
    EXPECT_EQ(must(device.store().waiting()), 0u);
    EXPECT_EQ(hub_records(), 2u);
}

// --- The link dies ---------------------------------------------------------------------------------------------------------

// At every message, with what is on its way lost in both directions, in one, or in the other; in a session that has
// everything in it: a store that came back, receipts to ask for, work to write again, a case to give up.
TEST_F(Recovery, WhereverTheLinkDiesNothingIsLostOrThereTwice)
{
    const auto other = must(hub.service().add_case("other"));
    std::size_t delivered = 0; // of the case that is given up
    for (const auto last : {Wire::Last::nothing, Wire::Last::to_device, Wire::Last::to_hub}) {
        bool whole = false;
        for (std::size_t cut = 1; cut < 60 && !whole; ++cut) {
            must(hub.service().assign(other, {AssignmentRow::Subject::user, to_string(police_user)}));
            RealDevice device(hub, police_user);
            device.sync();
            const auto there = hub_records();
            note(device, "shared");
            device.keep_a_copy();
            note(device, "original");
            device.sync();
            device.put_the_copy_back();
            const auto made = address(device, "1 Elm Row");
            must(device.edit(case_id, made.record, {{How::set, "lines", "2 Elm Row"}}));
            must(device.record_new(other, "note", {{How::set, "text", "before it moves"}}));
            must(hub.service().unassign(other, {AssignmentRow::Subject::user, to_string(police_user)}, Ended::moved));
            whole = device.session(cut, {}, last).complete;
            device.reopen();
            EXPECT_TRUE(must(device.store().health()).chain_sound) << cut;
            device.sync();
            EXPECT_EQ(must(device.store().waiting()), 0u) << cut;
            EXPECT_EQ(hub_records(), there + 3) << cut;
            EXPECT_EQ(device.records(case_id), there + 3) << cut;
            EXPECT_EQ(must(device.store().cases()).size(), 1u) << cut;
            EXPECT_EQ(refusals(device), 0u) << cut;
            for (const auto& one : must(hub.service().cases()))
                if (one.id == other) {
                    EXPECT_EQ(one.records, ++delivered) << cut;
                }
        }
        EXPECT_TRUE(whole);
    }
}

}  // namespace
}  // namespace satchel::client::test
