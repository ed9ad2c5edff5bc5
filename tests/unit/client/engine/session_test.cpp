// Sessions of the real device with the real hub: cut anywhere, restored, moved, barred; nothing lost, nothing twice.
#include "tests/unit/client/engine/session_fixture.hpp"

namespace satchel::client::test {
namespace {

TEST_F(Session, WorkRecordedOfflineReachesTheOtherDeviceWithItsRulings)
{
    police->sync();
    probation->sync();
    const auto made = must(police->record_new(case_id, "address", {{How::set, "lines", "1 Elm Row"}}));
    const auto sent = police->sync();
    EXPECT_EQ(sent.sent, 1u);
    EXPECT_EQ(sent.tally.applied, 1u);
    probation->sync();
    EXPECT_EQ(probation->value(case_id, made.record, "lines"), "1 Elm Row");
    must(probation->edit(case_id, made.record, {{How::set, "lines", "2 Elm Row"}}));
    const auto suggested = probation->sync();
    EXPECT_EQ(suggested.tally.suggested, 1u);
    EXPECT_EQ(suggested.tally.attention, 1u);
    const auto brought = police->sync();
    EXPECT_EQ(brought.tally.attention, 1u) << "it is theirs to decide";
    EXPECT_EQ(must(police->store().shown(case_id)).records, must(probation->store().shown(case_id)).records)
        << "everyone who may see a case sees the same case";
    EXPECT_EQ(must(police->store().waiting()), 0u);
    const auto why = must(probation->store().history(case_id, made.record, /*prove=*/true));
    ASSERT_EQ(why.size(), 2u);
    EXPECT_EQ(why[0].proof, Proof::valid);
    EXPECT_EQ(why[0].author_name, "Pia Policia");
}

// On a line of 600 ms each further round trip is felt.
TEST_F(Session, WithNothingToDoItTakesOneRoundTrip)
{
    police->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "Seen at home"}}));
    police->sync();
    const auto frames_of = [&](RealDevice& device) {
        std::string out;
        const auto report = device.session(SIZE_MAX, [&](const Frame&, bool to_device) { out += to_device ? '<' : '>'; });
        EXPECT_TRUE(report.complete);
        return out;
    };
    EXPECT_EQ(frames_of(*police), "><<<>") << "hello; hello-ack and two ends; bye";
    EXPECT_EQ(frames_of(*probation), "><<<<>") << "and a page";
}

TEST_F(Session, ASaveHasItsReceiptAfterTwoRoundTrips)
{
    police->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "Seen at home"}}));
    std::vector<MessageType> sent, came;
    const auto report = police->session(SIZE_MAX, [&](const Frame& frame, bool to_device) {
        (to_device ? came : sent).push_back(static_cast<MessageType>(frame.type));
    });
    EXPECT_TRUE(report.complete);
    ASSERT_GE(sent.size(), 2u);
    EXPECT_EQ(sent[0], MessageType::hello);
    EXPECT_EQ(sent[1], MessageType::push);
    ASSERT_GE(came.size(), 3u);
    EXPECT_EQ(came[1], MessageType::pulled) << "what concerns safety comes first all the same";
    EXPECT_EQ(came[2], MessageType::receipt);
}

TEST_F(Session, WhenItWasLetInIsKnownAfterASessionThatDidNotComeToItsEndToo)
{
    police->sync();
    hub.clock.ms += 30 * 3'600'000;
    must(police->record_new(case_id, "note", {{How::set, "text", "Seen at home"}}));
    EXPECT_FALSE(police->session(3).complete);
    police->reopen();
    EXPECT_EQ(police->store().chain().hub_time, hub.clock.now());

    hub.clock.ms += 3'600'000;
    const auto given_up = police->session(SIZE_MAX, [](Frame& frame, bool to_device) {
        if (to_device && frame.type == static_cast<std::uint8_t>(MessageType::receipt))
            frame.payload.back() ^= 1;
    });
    ASSERT_TRUE(given_up.error);
    police->reopen();
    EXPECT_EQ(police->store().chain().hub_time, hub.clock.now()) << "one that the device gave up, too";
}

TEST_F(Session, CutAfterAnyFrameEverythingIsThereOnceAfterTheNext)
{
    police->sync();
    must(probation->store().cases());
    std::size_t total = 0;
    // How many frames a whole session takes, then one cut after each of them.
    for (std::size_t cut = 1;; ++cut) {
        must(police->record_new(case_id, "note", {{How::set, "text", "note " + std::to_string(cut)}}));
        must(police->record_new(case_id, "address", {{How::set, "lines", std::to_string(cut) + " Elm Row"}}));
        total += 2;
        const auto report = police->session(cut);
        if (report.complete)
            break;
        ASSERT_LT(cut, 200u);
        EXPECT_TRUE(report.admitted || must(police->store().waiting()) == 2u) << cut;
        police->reopen();
        police->sync();
        EXPECT_EQ(must(police->store().waiting()), 0u) << cut;
        EXPECT_EQ(hub_records(), total) << cut;
        EXPECT_EQ(police->records(case_id), total) << cut;
        EXPECT_TRUE(must(police->store().health()).chain_sound);
    }
    EXPECT_GE(total, 16u);
    probation->sync();
    EXPECT_EQ(must(police->store().shown(case_id)).records, must(probation->store().shown(case_id)).records);
}

TEST_F(Session, FirstLoadCutAfterAnyFrameGoesOnWhereItStopped)
{
    police->sync();
    for (int i = 0; i < 30; ++i)
        must(police->record_new(case_id, "note", {{How::set, "text", std::string(20'000, 'a') + std::to_string(i)}}));
    police->sync();
    for (std::size_t cut = 1; cut < 100; ++cut) {
        RealDevice fresh(hub, probation_user);
        const auto first = fresh.session(cut);
        fresh.reopen();
        fresh.sync();
        EXPECT_EQ(must(fresh.store().shown(case_id)).records, must(police->store().shown(case_id)).records) << cut;
        if (first.complete)
            break;
    }
}

// G-12-21: with a link that dies early, what concerns somebody's safety is on the device before the rest.
TEST_F(Session, WhatConcernsSafetyComesFirst)
{
    auto heavy = must(hub.service().add_case("heavy"));
    for (const auto& user : {police_user, probation_user})
        must(hub.service().assign(heavy, {AssignmentRow::Subject::user, to_string(user)}));
    if (case_id < heavy)
        std::swap(case_id, heavy); // so that by id the heavy one would come first
    police->sync();
    probation->sync();
    for (int i = 0; i < 40; ++i)
        must(police->record_new(heavy, "note", {{How::set, "text", std::string(30'000, 'h') + std::to_string(i)}}));
    const auto flag = must(police->record_new(case_id, "address", {{How::set, "lines", "Safe House"}}));
    must(probation->record_new(heavy, "note", {{How::set, "text", "unsent"}}));
    police->sync();

    std::vector<CaseId> order;
    bool pushed = false, pushed_before_safety = false;
    const auto report = probation->session(SIZE_MAX, [&](Frame& frame, bool to_device) {
        if (frame.type == static_cast<std::uint8_t>(MessageType::push) && !to_device) {
            pushed = true;
            pushed_before_safety = order.empty();
        }
        if (frame.type != static_cast<std::uint8_t>(MessageType::page))
            return;
        order.push_back(must(schema::wire::unpack<Page>(frame.payload)).case_id);
        if (order.size() == 2)
            frame.type = 200; // here the link dies
    });
    EXPECT_FALSE(report.complete);
    ASSERT_GE(order.size(), 1u);
    EXPECT_EQ(order[0], case_id);
    EXPECT_FALSE(pushed && pushed_before_safety);
    EXPECT_EQ(probation->value(case_id, flag.record, "lines"), "Safe House");
    probation->sync();
    EXPECT_EQ(probation->records(heavy), 41u);
}

TEST_F(Session, AnAlteredReceiptIsNone)
{
    police->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "a"}}));
    const auto report = police->session(SIZE_MAX, [](Frame& frame, bool) {
        if (frame.type == static_cast<std::uint8_t>(MessageType::receipt))
            frame.payload.back() ^= 1;
    });
    EXPECT_EQ(report.error->code, Errc::bad_signature);
    EXPECT_EQ(must(police->store().outbox()).at(0).state, WorkState::saved) << "not \"received centrally\"";
    police->sync();
    EXPECT_EQ(hub_records(), 1u) << "sent twice, there once";
}

TEST_F(Session, WhateverAFrameIsTurnedIntoNothingIsLostOrBelieved)
{
    police->sync();
    probation->sync();
    must(probation->record_new(case_id, "note", {{How::set, "text", "theirs"}}));
    probation->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "mine"}}));
    for (std::size_t n = 0; n < 12; ++n) {
        for (const int how : {0, 1, 2}) {
            std::size_t i = 0;
            const auto report = police->session(SIZE_MAX, [&](Frame& frame, bool to_device) {
                if (!to_device || i++ != n)
                    return;
                if (how == 0)
                    frame.payload.resize(frame.payload.size() / 2);
                else if (how == 1)
                    frame.type = 200;
                else
                    frame.payload.assign(64, 0xff);
            });
            if (report.complete)
                continue; // fewer frames than that
            ASSERT_TRUE(report.error.has_value());
            EXPECT_TRUE(must(police->store().health()).chain_sound);
        }
    }
    police->sync();
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(police->records(case_id), 2u);
}

TEST_F(Session, NothingIsBelievedBeforeTheHelloAck)
{
    police->sync();
    DeviceSession device({police->store(), hub.clock, police->random(), nullptr});
    device.on_open(HubWorld::channel(), {});
    const auto out = device.on_frame({static_cast<std::uint8_t>(MessageType::pulled), schema::wire::pack(Pulled{})});
    EXPECT_TRUE(out.close);
    EXPECT_FALSE(device.report().admitted);
    EXPECT_EQ(device.report().error->code, Errc::protocol_violation);
}

TEST_F(Session, ARestoredStoreFetchesBackWhatItLost)
{
    police->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "kept"}}));
    police->keep_a_copy();
    must(police->record_new(case_id, "note", {{How::set, "text", "lost here, not there"}}));
    police->sync();
    police->put_the_copy_back();
    const auto report = police->sync();
    EXPECT_EQ(report.rewritten, 0u);
    EXPECT_EQ(police->records(case_id), 2u);
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(police->store().chain().incarnation_no, 2u);
    must(police->record_new(case_id, "note", {{How::set, "text", "goes on"}}));
    police->sync();
    EXPECT_EQ(hub_records(), 3u);
    EXPECT_EQ(must(police->store().waiting()), 0u);
}

TEST_F(Session, ACloneWritesItsWorkAgainAndBothCopiesWorkIsKept)
{
    police->sync();
    police->keep_a_copy();
    must(police->record_new(case_id, "note", {{How::set, "text", "the original's"}}));
    police->sync();
    police->put_the_copy_back();
    const auto made = must(police->record_new(case_id, "address", {{How::set, "lines", "the clone's"}}));
    must(police->edit(case_id, made.record, {{How::set, "lines", "the clone's edit"}}));
    const auto report = police->sync();
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(police->records(case_id), 2u);
    EXPECT_EQ(must(police->store().waiting()), 0u);
    EXPECT_EQ(report.rewritten, 2u);
    bool found = false;
    const auto shown = must(police->store().shown(case_id));
    for (const auto& [id, record] : shown.records)
        found = found || police->value(case_id, id, record.type == schema::type_id("address") ? "lines" : "text") ==
                             "the clone's edit";
    EXPECT_TRUE(found);
}

TEST_F(Session, ANewIncarnationCutAnywhereStillLosesNothing)
{
    for (std::size_t cut = 1; cut < 40; ++cut) {
        RealDevice device(hub, police_user);
        device.sync();
        device.keep_a_copy();
        must(device.record_new(case_id, "note", {{How::set, "text", "a"}}));
        device.sync();
        const auto before = hub_records();
        device.put_the_copy_back();
        must(device.record_new(case_id, "note", {{How::set, "text", "b " + std::to_string(cut)}}));
        const auto report = device.session(cut);
        device.reopen();
        device.sync();
        EXPECT_EQ(hub_records(), before + 1) << cut;
        EXPECT_EQ(device.records(case_id), before + 1) << cut;
        EXPECT_EQ(must(device.store().waiting()), 0u) << cut;
        if (report.complete)
            break;
    }
}

TEST_F(Session, AMovedCaseIsDeliveredJudgedAndThenGone)
{
    police->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "before the move"}}));
    unassign(police_user, Ended::moved);
    const auto report = police->sync();
    EXPECT_EQ(report.purged_cases, 1u);
    EXPECT_EQ(report.sent, 1u);
    EXPECT_EQ(hub_records(), 1u) << "delivered and judged";
    EXPECT_TRUE(must(police->store().cases()).empty());
    EXPECT_TRUE(must(police->store().removals_to_tell()).empty()) << "the hub has our word";
    EXPECT_EQ(police->sync().purged_cases, 0u);

    assign(police_user); // and back: own work that left with the case is fetched again
    police->sync();
    EXPECT_EQ(police->records(case_id), 1u);
    must(police->record_new(case_id, "note", {{How::set, "text", "after the return"}}));
    police->sync();
    EXPECT_EQ(hub_records(), 2u);
    EXPECT_EQ(must(police->store().waiting()), 0u);
}

TEST_F(Session, AMoveCutAfterAnyFrameEndsWithTheCaseGoneAndTheWorkKept)
{
    std::size_t kept = 0;
    for (std::size_t cut = 1; cut < 60; ++cut) {
        RealDevice device(hub, police_user);
        device.sync();
        must(device.record_new(case_id, "note", {{How::set, "text", "n " + std::to_string(cut)}}));
        ++kept;
        unassign(police_user, Ended::moved);
        const auto report = device.session(cut);
        device.reopen();
        device.sync();
        EXPECT_TRUE(must(device.store().cases()).empty()) << cut;
        EXPECT_EQ(hub_records(), kept) << cut;
        EXPECT_EQ(must(device.store().waiting()), 0u) << cut;
        assign(police_user);
        if (report.complete)
            break;
    }
}

TEST_F(Session, ABarredCaseIsShutAndNothingReturnsButAReceipt)
{
    police->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "unsent"}}));
    unassign(police_user, Ended::restricted);
    const auto report = police->sync();
    EXPECT_EQ(report.purged_cases, 1u);
    EXPECT_TRUE(must(police->store().cases()).empty());
    EXPECT_EQ(report.tally.applied + report.tally.refused, 0u) << "not even a ruling's text";
    EXPECT_EQ(hub_records(), 0u) << "never applied by itself";
    EXPECT_EQ(must(hub.service().status()).counts.held, 1u);
    EXPECT_EQ(must(police->store().waiting()), 0u) << "a receipt came";
    const auto items = must(police->store().attention());
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].kind, "access_removed");
    EXPECT_TRUE(police->sync().complete);
}

TEST_F(Session, ASuspendedUserHandsInSealedWorkAndKeepsNothing)
{
    police->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "unsent"}}));
    must(hub.service().suspend(police_user));
    const auto report = police->session();
    EXPECT_TRUE(report.barred);
    EXPECT_TRUE(report.complete) << (report.error ? report.error->detail : "");
    EXPECT_TRUE(must(police->store().cases()).empty());
    EXPECT_EQ(must(police->store().waiting()), 0u);
    EXPECT_EQ(hub_records(), 0u);
    EXPECT_EQ(must(hub.service().status()).counts.held, 1u);
}

TEST_F(Session, ANewAgreementIsTakenWithTheSession)
{
    police->sync();
    const auto before = police->store().policy().version;
    std::string text(satchel::test::small_policy_text);
    const auto at = text.find("version = 7");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 11, "version = 8");
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    must(hub.service().publish_policy(bundle));
    police->sync();
    EXPECT_EQ(police->store().policy().version, before + 1);
    police->reopen();
    EXPECT_EQ(police->store().policy().version, before + 1);
    must(police->record_new(case_id, "note", {{How::set, "text", "under the new one"}}));
    EXPECT_EQ(police->sync().tally.applied, 1u);
}

TEST_F(Session, AnotherDevicesCertificateIsRefusedAndWorkStays)
{
    police->sync();
    must(police->record_new(case_id, "note", {{How::set, "text", "mine"}}));
    DeviceSession device({police->store(), hub.clock, police->random(), nullptr});
    CommitAtOnce committer(hub.service());
    auto letters = std::make_shared<Letters>();
    HubSession other(hub.service(), committer, letters);
    Wire(device, other, *letters, probation->certificate()).run();
    EXPECT_FALSE(device.report().admitted);
    EXPECT_EQ(device.report().error->code, Errc::bad_certificate);
    EXPECT_EQ(must(police->store().waiting()), 1u);
}

TEST_F(Session, ManyChangesetsTakeManyPushesAndOneReceiptEach)
{
    police->sync();
    for (int i = 0; i < 2300; ++i)
        must(police->record_new(case_id, "note", {{How::set, "text", std::to_string(i)}}));
    std::size_t receipts = 0;
    const auto report = police->session(SIZE_MAX, [&](Frame& frame, bool) {
        receipts += frame.type == static_cast<std::uint8_t>(MessageType::receipt);
    });
    EXPECT_TRUE(report.complete) << (report.error ? report.error->detail : "");
    EXPECT_EQ(receipts, 3u);
    EXPECT_EQ(report.sent, 2300u);
    EXPECT_EQ(report.tally.applied, 2300u);
    EXPECT_EQ(police->records(case_id), 2300u);
}

// A line that is reset every few bytes carries no push and no page of full size, ever.
TEST_F(Session, WhereNothingGotThroughLessIsTriedAtATimeUntilItDoes)
{
    police->sync();
    probation->sync();
    for (int i = 0; i < 100; ++i)
        must(police->record_new(case_id, "note", {{How::set, "text", std::string(2'000, 'a') + std::to_string(i)}}));
    const auto portion = [&] { return must(police->store().portion()); };
    EXPECT_EQ(portion(), sync::push_bytes_max);
    constexpr std::size_t frames_before_a_push = 3;
    for (const auto expected : {sync::push_bytes_max / 4, sync::push_bytes_max / 16, sync::push_bytes_max / 64,
                                std::size_t{4096}, std::size_t{4096}}) {
        const auto cut = police->session(frames_before_a_push);
        EXPECT_TRUE(cut.admitted);
        EXPECT_GT(cut.pushed, 0u);
        EXPECT_EQ(cut.sent, 0u);
        EXPECT_EQ(portion(), expected);
    }
    std::vector<std::size_t> pushes;
    const auto through = police->session(SIZE_MAX, [&](Frame& frame, bool) {
        if (frame.type == static_cast<std::uint8_t>(MessageType::push))
            pushes.push_back(frame.payload.size());
    });
    EXPECT_TRUE(through.complete);
    EXPECT_EQ(through.sent, 100u);
    ASSERT_GE(pushes.size(), 5u);
    EXPECT_LE(pushes.front(), 5000u);
    EXPECT_GT(portion(), 4096u) << "what went well is tried with more";
}

// A device that had been cut off often, with a backlog of a year: each page of the smallest size rewrites what rests on it. Found by
// satchel-kills, 300 kills each: 20,000 entries came two at a time, and no session ever came to its end.
TEST_F(Session, WhatGotThroughIsFollowedByTwiceAsMuchInTheSameSession)
{
    police->sync();
    probation->sync();
    FakeRandom noise(7);
    for (int i = 0; i < 400; ++i) {
        std::array<std::uint8_t, 500> bytes;
        noise.fill(bytes);
        must(police->record_new(case_id, "note", {{How::set, "text", to_hex(bytes) + std::to_string(i)}}));
    }
    must(police->store().set_portion(4096));
    std::vector<std::size_t> pushes, pages;
    EXPECT_TRUE(police->session(SIZE_MAX, [&](Frame& frame, bool) {
        if (frame.type == static_cast<std::uint8_t>(MessageType::push))
            pushes.push_back(frame.payload.size());
    }).complete);
    ASSERT_FALSE(pushes.empty());
    EXPECT_LE(pushes.front(), 4096u);
    EXPECT_LE(pushes.size(), 16u);

    must(probation->store().set_portion(4096));
    EXPECT_TRUE(probation->session(SIZE_MAX, [&](Frame& frame, bool) {
        if (frame.type == static_cast<std::uint8_t>(MessageType::page))
            pages.push_back(frame.payload.size());
    }).complete);
    ASSERT_FALSE(pages.empty());
    EXPECT_LE(pages.front(), 4096u);
    EXPECT_LE(pages.size(), 16u);
    EXPECT_EQ(probation->records(case_id), 400u);
    EXPECT_EQ(must(probation->store().portion()), sync::push_bytes_max);
}

}  // namespace
}  // namespace satchel::client::test
