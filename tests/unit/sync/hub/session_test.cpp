// The hub's side of a session: what is refused, what is answered, and that nothing is answered before it is durable.
#include "sync/hub/session.hpp"

#include <gmock/gmock.h>

#include "tests/unit/sync/hub/wire.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Standing = HelloAck::Standing;

class Session : public testing::Test {
protected:
    Session()
    {
        case_id = must(w.service().add_case("C1"));
        user = w.user("Invented Police", "police.offender_manager");
        must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
        device = w.enrol(user, "police.offender_manager");
    }
    schema::Change note(const std::string& words) { return w.creates(case_id, "note", "what", {{"text", words}}); }
    void save_long_notes(int n)
    {
        for (int i = 1; i <= n; ++i) {
            w.save(device, case_id, {note(std::string(4000, 'x'))});
            if (i % 100 == 0)
                w.push(device);
        }
    }
    std::uint64_t changesets() { return must(w.service().status()).counts.changesets; }

    HubWorld w;
    CaseId case_id;
    UserId user;
    Device device;
};

// --- hello ----------------------------------------------------------------------------------------------------------

TEST_F(Session, NothingIsSaidBeforeHello)
{
    for (const auto type : {MessageType::push, MessageType::pull, MessageType::credit, MessageType::removed, MessageType::bye,
                            MessageType::new_incarnation, MessageType::hello_ack, MessageType{99}}) {
        Wire wire(w, device);
        expect_refused(wire.send({static_cast<std::uint8_t>(type), {}}), wire, Errc::protocol_violation);
        EXPECT_FALSE(wire.admitted);
    }
}

TEST_F(Session, HelloIsAnsweredWithStandingAndHats)
{
    Wire wire(w, device);
    const auto frames = wire.greet();
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::hello_ack));
    EXPECT_TRUE(wire.admitted);
    const auto ack = read<HelloAck>(frames[0], MessageType::hello_ack);
    EXPECT_EQ(ack.standing, Standing::welcome);
    EXPECT_THAT(ack.hats, ElementsAre("police/east/offender_manager"));
    EXPECT_EQ(ack.received_sequence, 0u);
    EXPECT_THAT(ack.barred, IsEmpty());
    EXPECT_EQ(ack.hub_time, w.clock.now());
}

TEST_F(Session, ASecondHelloEndsTheSession)
{
    Wire wire(w, device);
    wire.greet();
    expect_refused(wire.greet(), wire, Errc::protocol_violation);
}

TEST_F(Session, WhoCannotProveTheOperationKeyOnThisChannelIsRefused)
{
    Wire wire(w, device);
    auto hello = wire.hello();
    hello.proof = device.operation->sign(channel_proof_bytes(Digest{}, hello.credential, hello.incarnation));
    expect_refused(wire.send(Wire::frame(MessageType::hello, hello)), wire, Errc::bad_signature);
    EXPECT_FALSE(wire.admitted);
}

TEST_F(Session, AnotherDevicesCertificateIsRefused)
{
    const auto other = w.enrol(user, "police.offender_manager", "Laptop");
    auto mixed = device;
    mixed.chain = other.chain;
    Wire wire(w, mixed);
    expect_refused(wire.greet(), wire, Errc::bad_certificate);
}

TEST_F(Session, AnUnknownCredentialAndTheOperatorsAreRefusedAlike)
{
    Wire wire(w, device);
    auto hello = wire.hello();
    hello.credential = random_id<CredentialId>(w.random());
    const auto frames = wire.send(Wire::frame(MessageType::hello, hello));
    expect_refused(frames, wire, Errc::access_removed);
}

TEST_F(Session, AnotherProtocolVersionIsRefused)
{
    Wire wire(w, device);
    auto hello = wire.hello();
    hello.protocol = protocol_version + 1;
    expect_refused(wire.send(Wire::frame(MessageType::hello, hello)), wire, Errc::version_mismatch);
}

TEST_F(Session, AHelloCutAnywhereIsRefused)
{
    Wire whole(w, device);
    const auto frame = Wire::frame(MessageType::hello, whole.hello());
    for (std::size_t n = 0; n < frame.payload.size(); ++n) {
        Wire wire(w, device);
        expect_refused(wire.send({frame.type, Bytes(frame.payload.begin(), frame.payload.begin() + static_cast<std::ptrdiff_t>(n))}),
                       wire, Errc::malformed);
    }
}

TEST_F(Session, ADeviceWithAnOlderAgreementGetsTheOneInForce)
{
    Wire wire(w, device);
    auto hello = wire.hello();
    hello.policy_version = 1;
    const auto frames = wire.send(Wire::frame(MessageType::hello, hello));
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::hello_ack, MessageType::policy));
    const auto policy = open_policy(read<PolicyMessage>(frames[1], MessageType::policy), w.keys.receipt.public_key());
    EXPECT_EQ(must(Result(policy)).version, w.service().policy()->version);
}

// --- push -----------------------------------------------------------------------------------------------------------

TEST_F(Session, AReceiptComesAfterTheCommitAndNotBefore)
{
    w.save(device, case_id, {note("one")});
    Wire wire(w, device);
    wire.greet();
    wire.give(Wire::frame(MessageType::push, w.packed(device)));
    EXPECT_THAT(wire.said(), IsEmpty());
    EXPECT_EQ(changesets(), 0u);
    EXPECT_EQ(wire.committer.commit(), 1u);
    EXPECT_EQ(changesets(), 1u);
    wire.read_mail();
    const auto frames = wire.said();
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::receipt));
    const auto receipt = read<Receipt>(frames[0], MessageType::receipt);
    EXPECT_TRUE(crypto::verify(w.keys.receipt.public_key(), receipt_bytes(receipt), receipt.signature));
    EXPECT_EQ(receipt.up_to, 1u);
    EXPECT_EQ(receipt.chain_head, device.head);
    EXPECT_EQ(receipt.audit_head, must(must(w.store().view())->head()).audit);
}

TEST_F(Session, SeveralPushesShareACommitAndWhatComesBehindThemWaits)
{
    Wire wire(w, device);
    wire.greet();
    const auto checkpoints = must(must(w.store().view())->last_numbers()).checkpoint_no;
    for (int i = 0; i < 4; ++i) {
        EXPECT_FALSE(wire.paused);
        w.save(device, case_id, {note("note")});
        wire.give(Wire::frame(MessageType::push, w.packed(device)));
        device.unsent.clear();
        device.unsent_digests.clear();
    }
    EXPECT_TRUE(wire.paused);  // no peer can fill the writer's queue
    EXPECT_EQ(wire.committer.commit(), 4u);
    EXPECT_EQ(must(must(w.store().view())->last_numbers()).checkpoint_no, checkpoints + 1);
    wire.read_mail();
    EXPECT_FALSE(wire.paused);
    std::vector<std::uint64_t> up_to;
    for (const auto& frame : wire.said())
        up_to.push_back(read<Receipt>(frame, MessageType::receipt).up_to);
    EXPECT_THAT(up_to, ElementsAre(1, 2, 3, 4));

    w.save(device, case_id, {note("note")});
    wire.give(Wire::frame(MessageType::push, w.packed(device)));
    wire.give(Wire::frame(MessageType::pull, Pull{false, 100'000}));
    EXPECT_TRUE(wire.paused);
    EXPECT_THAT(wire.said(), IsEmpty());
    wire.settle();
    const auto frames = wire.said();
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::receipt, MessageType::page, MessageType::pulled));
    EXPECT_EQ(read<Page>(frames[1], MessageType::page).entries.size(), 6u);  // with the pushed one
}

TEST_F(Session, WhenAPushFailsThoseBehindItFindAGap)
{
    Wire wire(w, device);
    wire.greet();
    for (int i = 0; i < 2; ++i) {
        w.save(device, case_id, {note("note")});
        wire.give(Wire::frame(MessageType::push, w.packed(device)));
        device.unsent.clear();
        device.unsent_digests.clear();
    }
    auto jobs = std::exchange(wire.committer.jobs, {});
    jobs[0].done(Result<Head>(fail(Errc::io_error, "")));
    jobs.erase(jobs.begin());
    w.service().commit(std::move(jobs));
    wire.read_mail();
    EXPECT_THAT(types_of(wire.said()), ElementsAre(MessageType::refusal));
    EXPECT_EQ(changesets(), 0u);
}

TEST_F(Session, APushCutAnywhereConsumesNothing)
{
    w.save(device, case_id, {note("one")});
    const auto frame = Wire::frame(MessageType::push, w.packed(device));
    for (std::size_t n = 0; n < frame.payload.size(); ++n) {
        Wire wire(w, device);
        wire.greet();
        expect_refused(wire.send({frame.type, Bytes(frame.payload.begin(), frame.payload.begin() + static_cast<std::ptrdiff_t>(n))}),
                       wire, Errc::malformed);
    }
    EXPECT_EQ(changesets(), 0u);
    w.push(device);
    EXPECT_EQ(changesets(), 1u);
}

TEST_F(Session, APushWithAnyBitChangedConsumesNothing)
{
    w.save(device, case_id, {note("one")});
    const auto frame = Wire::frame(MessageType::push, w.packed(device));
    const auto entries = must(w.service().status()).counts.entries;
    for (std::size_t n = 0; n < frame.payload.size(); ++n) {
        auto bad = frame;
        bad.payload[n] ^= 1;
        Wire wire(w, device);
        wire.greet();
        const auto frames = wire.send(bad);
        ASSERT_THAT(types_of(frames), ElementsAre(MessageType::refusal)) << "byte " << n;
        EXPECT_TRUE(wire.closed);
    }
    EXPECT_EQ(must(w.service().status()).counts.entries, entries);
    EXPECT_EQ(changesets(), 0u);
}

TEST_F(Session, APushThatLeavesAGapIsRefused)
{
    w.save(device, case_id, {note("one")});
    w.save(device, case_id, {note("two")});
    device.unsent.erase(device.unsent.begin());
    device.unsent_digests.erase(device.unsent_digests.begin());
    Wire wire(w, device);
    wire.greet();
    expect_refused(wire.send(Wire::frame(MessageType::push, w.packed(device))), wire, Errc::protocol_violation);
    EXPECT_EQ(changesets(), 0u);
}

TEST_F(Session, ACommitThatFailsGivesNoReceiptAndSaysThatTheWorkIsSafe)
{
    w.save(device, case_id, {note("one")});
    Wire wire(w, device);
    wire.greet();
    wire.give(Wire::frame(MessageType::push, w.packed(device)));
    ASSERT_EQ(wire.committer.jobs.size(), 1u);
    wire.committer.jobs[0].done(Result<Head>(fail(Errc::disk_full, "/secret/path")));
    wire.committer.jobs.clear();
    wire.read_mail();
    const auto frames = wire.said();
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::refusal));
    const auto refusal = read<Refusal>(frames[0], MessageType::refusal);
    EXPECT_EQ(refusal.code, "disk_full");
    EXPECT_EQ(refusal.message.find("secret"), std::string::npos);
    EXPECT_NE(refusal.next.find("safe"), std::string::npos);
}

TEST_F(Session, WhatTwoDevicesPushTogetherIsOneCommit)
{
    auto other = w.enrol(user, "police.offender_manager", "Laptop");
    w.save(device, case_id, {note("one")});
    w.save(other, case_id, {note("two")});
    Wire first(w, device);
    Wire second(w, other);
    first.greet();
    second.greet();
    first.give(Wire::frame(MessageType::push, w.packed(device)));
    second.give(Wire::frame(MessageType::push, w.packed(other)));
    auto jobs = std::move(first.committer.jobs);
    for (auto& job : second.committer.jobs)
        jobs.push_back(std::move(job));
    second.committer.jobs.clear();
    first.committer.jobs.clear();
    const auto checkpoints = must(must(w.store().view())->last_numbers()).checkpoint_no;
    w.service().commit(std::move(jobs));
    EXPECT_EQ(must(must(w.store().view())->last_numbers()).checkpoint_no, checkpoints + 1);
    first.read_mail();
    second.read_mail();
    const auto one = read<Receipt>(first.said().at(0), MessageType::receipt);
    const auto two = read<Receipt>(second.said().at(0), MessageType::receipt);
    EXPECT_EQ(one.audit_head, two.audit_head);
    EXPECT_EQ(changesets(), 2u);
}

TEST_F(Session, OneBadJobLeavesTheOthersOfItsGroupUntouched)
{
    w.save(device, case_id, {note("one")});
    Wire wire(w, device);
    wire.greet();
    wire.give(Wire::frame(MessageType::push, w.packed(device)));
    auto jobs = std::move(wire.committer.jobs);
    wire.committer.jobs.clear();
    std::vector<Errc> told;
    const auto note_error = [&](const Result<Head>& head) { told.push_back(head ? Errc{} : head.error().code); };
    jobs.insert(jobs.begin(), {[](Ledger&) -> Result<void> { return fail(Errc::refused, "before it wrote"); }, note_error});
    jobs.push_back({[](Ledger& ledger) -> Result<void> {
                        SATCHEL_TRYV(ledger.admin(AdminKind::note, AdminNote{"half done", {}, {}, {}}));
                        return fail(Errc::refused, "after it wrote");
                    },
                    note_error});
    w.service().commit(std::move(jobs));
    wire.read_mail();
    EXPECT_THAT(told, ElementsAre(Errc::refused, Errc::refused));
    EXPECT_THAT(types_of(wire.said()), ElementsAre(MessageType::receipt));
    EXPECT_EQ(changesets(), 1u);
    const auto view = must(w.store().view());
    must(view->entries(Position{}, [](const EntryRow& row) -> Result<bool> {
        EXPECT_EQ(satchel::text(row.body).find("half done"), std::string_view::npos);
        return true;
    }));
}

// --- pull, credit ---------------------------------------------------------------------------------------------------

TEST_F(Session, NoMoreIsSentThanTheDeviceGranted)
{
    save_long_notes(400);
    auto reader = w.enrol(user, "police.offender_manager", "Laptop");
    Wire wire(w, reader);
    wire.greet();
    auto frames = wire.send(Wire::frame(MessageType::pull, Pull{false, 1}));
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::page));  // one page, however little was granted
    EXPECT_FALSE(wire.paused);
    std::size_t entries = 0;
    std::size_t pages = 0;
    for (;;) {
        for (const auto& frame : frames)
            if (frame.type == static_cast<std::uint8_t>(MessageType::page)) {
                entries += read<Page>(frame, MessageType::page).entries.size();
                EXPECT_LE(frame.payload.size(), push_bytes_max + 64 * 1024);
                ++pages;
            }
        if (frames.back().type == static_cast<std::uint8_t>(MessageType::pulled))
            break;
        ASSERT_EQ(frames.size(), 1u);
        frames = wire.send(Wire::frame(MessageType::credit, Credit{1}));
    }
    EXPECT_GT(pages, 3u);
    EXPECT_EQ(entries, 400u + 1u);  // and the case's first fact
    const auto pulled = read<Pulled>(frames.back(), MessageType::pulled);
    EXPECT_THAT(pulled.scope, ElementsAre(case_id));
}

TEST_F(Session, MoreCreditThanAConnectionCanQueueIsRefused)
{
    Wire wire(w, device);
    wire.greet();
    expect_refused(wire.send(Wire::frame(MessageType::pull, Pull{false, credit_bytes_max + 1})), wire, Errc::protocol_violation);
}

std::vector<Frame> greet_with_credit(Wire& wire)
{
    auto hello = wire.hello();
    hello.pull_credit = credit_bytes_max;
    return wire.send(Wire::frame(MessageType::hello, hello));
}

// A device without anything of its own to say is told everything in the answer to its hello.
TEST_F(Session, AHelloThatOnlyListensIsAnsweredWithBothPulls)
{
    auto other = w.enrol(user, "police.offender_manager", "Laptop");
    w.save(other, case_id, {note("Seen at home")});
    w.push(other);
    Wire wire(w, device);
    const auto frames = greet_with_credit(wire);
    ASSERT_THAT(types_of(frames),
                ElementsAre(MessageType::hello_ack, MessageType::pulled, MessageType::page, MessageType::pulled));
    EXPECT_TRUE(read<HelloAck>(frames[0], MessageType::hello_ack).pulling);
    EXPECT_TRUE(read<Pulled>(frames[1], MessageType::pulled).safety_only);
    EXPECT_EQ(read<Page>(frames[2], MessageType::page).entries.back().kind, Entry::Kind::changeset);
    EXPECT_THAT(read<Pulled>(frames[3], MessageType::pulled).scope, ElementsAre(case_id));
    EXPECT_FALSE(wire.closed);
}

// The device sends its work before it is told the rest.
TEST_F(Session, AHelloWithWorkOnTheDeviceIsAnsweredWithWhatConcernsSafetyAlone)
{
    w.save(device, case_id, {note("Not sent yet")});
    Wire wire(w, device);
    const auto frames = greet_with_credit(wire);
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::hello_ack, MessageType::pulled));
    EXPECT_TRUE(read<HelloAck>(frames[0], MessageType::hello_ack).pulling);
    EXPECT_TRUE(read<Pulled>(frames[1], MessageType::pulled).safety_only);
    const auto rest = wire.send(Wire::frame(MessageType::pull, Pull{false, credit_bytes_max}));
    EXPECT_FALSE(read<Pulled>(rest.back(), MessageType::pulled).safety_only) << "and may be asked for the rest";
}

// Seed 10085: a device whose work a restored hub had lost took the answer to its new incarnation for another announcement of pages.
TEST_F(Session, PagesAreAnnouncedOnceASession)
{
    w.save(device, case_id, {note("Not sent yet")});
    Wire wire(w, device);
    const auto frames = greet_with_credit(wire);
    EXPECT_TRUE(read<HelloAck>(frames.at(0), MessageType::hello_ack).pulling);
    NewIncarnation message{random_id<IncarnationId>(w.random()), Bytes(32, 5), {}};
    message.signature = device.operation->sign(incarnation_bytes(device.credential, message));
    const auto answer = wire.send(Wire::frame(MessageType::new_incarnation, message));
    EXPECT_FALSE(read<HelloAck>(answer.at(0), MessageType::hello_ack).pulling);
}

TEST_F(Session, AHelloThatLacksAReceiptIsNotAnsweredWithPulls)
{
    w.save(device, case_id, {note("Sent, and its receipt lost")});
    auto lost = device;
    w.push(lost);
    Wire wire(w, device);
    const auto frames = greet_with_credit(wire);
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::hello_ack));
    EXPECT_FALSE(read<HelloAck>(frames[0], MessageType::hello_ack).pulling);
}

TEST_F(Session, AHelloMayNotGrantMoreThanAPullMay)
{
    Wire wire(w, device);
    auto hello = wire.hello();
    hello.pull_credit = credit_bytes_max + 1;
    expect_refused(wire.send(Wire::frame(MessageType::hello, hello)), wire, Errc::protocol_violation);
}

// 16 bytes a change that nothing can compress: who sends is known.
TEST_F(Session, AChangesetComesWithoutItsAuthorAndIsTheSame)
{
    PushItem item;
    Writer out(item.header);
    schema::Header header;
    header.case_id = case_id;
    header.author = device.credential;
    header.hat = device.hat;
    schema::encode(out, header);
    const auto whole = item.header;
    leave_out_author(item, device.credential);
    EXPECT_TRUE(item.by_sender);
    EXPECT_EQ(item.header.size(), whole.size() - sizeof(CredentialId));
    ASSERT_TRUE(put_author_back(item, device.credential));
    EXPECT_EQ(item.header, whole);
    leave_out_author(item, random_id<CredentialId>(w.random()));
    EXPECT_EQ(item.header, whole) << "another's work stays another's";
    PushItem nothing;
    nothing.by_sender = true;
    EXPECT_EQ(put_author_back(nothing, device.credential).error().code, Errc::malformed);
}

TEST_F(Session, APullDuringAPullIsRefused)
{
    save_long_notes(300);
    auto reader = w.enrol(user, "police.offender_manager", "Laptop");
    Wire wire(w, reader);
    wire.greet();
    wire.send(Wire::frame(MessageType::pull, Pull{false, 1}));
    expect_refused(wire.send(Wire::frame(MessageType::pull, Pull{false, 1})), wire, Errc::protocol_violation);
}

TEST_F(Session, CreditThatCrossedTheEndOfThePullIsIgnored)
{
    Wire wire(w, device);
    wire.greet();
    wire.send(Wire::frame(MessageType::pull, Pull{false, 1000}));
    EXPECT_THAT(wire.send(Wire::frame(MessageType::credit, Credit{1})), IsEmpty());
    EXPECT_FALSE(wire.closed);
}

// A connection that is dead for the device and alive for the hub must not move the cursor that the device's next session
// has moved already: what lies between would come twice.
TEST_F(Session, ASessionThatTheDeviceHasLeftDeliversNothingMore)
{
    save_long_notes(100);
    auto reader = w.enrol(user, "police.offender_manager", "Laptop");
    Wire dead(w, reader);
    dead.greet();
    dead.give(Wire::frame(MessageType::pull, Pull{true, credit_bytes_max}));
    dead.settle();
    dead.said();
    dead.give(Wire::frame(MessageType::pull, Pull{false, credit_bytes_max}));
    dead.committer.commit();  // the removals, of which there are none
    dead.read_mail();         // a page is made, and waits for its cursor to be durable
    ASSERT_EQ(dead.committer.jobs.size(), 1u);
    save_long_notes(100);
    const auto pages = pages_for(w, reader);
    const auto cursor = must(must(w.store().view())->newest_cursor(CredentialNo{2}, CaseNo{1}));
    dead.settle();
    expect_refused(dead.said(), dead, Errc::protocol_violation);
    EXPECT_EQ(must(must(w.store().view())->newest_cursor(CredentialNo{2}, CaseNo{1})), cursor);
    std::size_t entries = 0;
    for (const auto& page : pages)
        entries += page.entries.size();
    EXPECT_EQ(entries, 201u);
}

TEST_F(Session, ByeEndsInOrderAndALateCommitIsNotAnswered)
{
    w.save(device, case_id, {note("one")});
    Wire wire(w, device);
    wire.greet();
    wire.give(Wire::frame(MessageType::push, w.packed(device)));
    wire.session.on_closed(nullptr);
    wire.settle();
    EXPECT_THAT(wire.said(), IsEmpty());
    EXPECT_EQ(changesets(), 1u);  // what was accepted stays, receipt or not
    Wire again(w, device);
    again.greet();
    EXPECT_THAT(again.send({static_cast<std::uint8_t>(MessageType::bye), {}}), IsEmpty());
    EXPECT_TRUE(again.closed);
}

// --- restored stores, forks -------------------------------------------------------------------------------------------

TEST_F(Session, AnOldCopyOfAStoreHasToTakeANewIncarnationFirst)
{
    const auto copy = device;
    w.save(device, case_id, {note("one")});
    w.push(device);
    auto restored = copy;
    Wire wire(w, restored);
    const auto ack = read<HelloAck>(wire.greet().at(0), MessageType::hello_ack);
    EXPECT_EQ(ack.standing, Standing::store_restored);
    EXPECT_EQ(ack.received_sequence, 1u);
    EXPECT_EQ(ack.received_head, device.head);
    w.save(restored, case_id, {note("another one")});
    expect_refused(wire.send(Wire::frame(MessageType::push, w.packed(restored))), wire, Errc::protocol_violation);
    EXPECT_EQ(changesets(), 1u);
}

TEST_F(Session, ASecondContentUnderAUsedNumberIsKeptAsEvidenceAndNeverRuledOn)
{
    auto twin = device;
    w.save(device, case_id, {note("one")});
    w.save(twin, case_id, {note("another one")});
    Wire wire(w, twin);
    wire.greet();  // before the other has pushed: both look right
    w.push(device);
    expect_refused(wire.send(Wire::frame(MessageType::push, w.packed(twin))), wire, Errc::fork);
    const auto counts = must(w.service().status()).counts;
    EXPECT_EQ(counts.changesets, 1u);
    EXPECT_EQ(counts.forks, 1u);

    // Both lives of the store are told; under a new incarnation the work goes on.
    for (const auto* life : {&device, &twin}) {
        Wire next(w, *life);
        EXPECT_EQ(read<HelloAck>(next.greet().at(0), MessageType::hello_ack).standing, Standing::forked);
    }
    Wire anew(w, twin);
    anew.greet();
    NewIncarnation message{random_id<IncarnationId>(w.random()), Bytes(32, 5), {}};
    message.signature = twin.operation->sign(incarnation_bytes(twin.credential, message));
    const auto ack = read<HelloAck>(anew.send(Wire::frame(MessageType::new_incarnation, message)).at(0), MessageType::hello_ack);
    EXPECT_EQ(ack.standing, Standing::welcome);
    EXPECT_EQ(ack.received_sequence, 0u);
    twin.incarnation = message.incarnation;
    twin.salt_key = message.salt_key;
    twin.sequence = 0;
    twin.head = {};
    twin.unsent.clear();
    twin.unsent_digests.clear();
    w.save(twin, case_id, {note("another one")});
    EXPECT_THAT(types_of(anew.send(Wire::frame(MessageType::push, w.packed(twin)))), ElementsAre(MessageType::receipt));
    EXPECT_EQ(changesets(), 2u);
}

TEST_F(Session, ANewIncarnationIsSignedAndUsedOnce)
{
    NewIncarnation message{random_id<IncarnationId>(w.random()), Bytes(32, 5), {}};
    {
        Wire wire(w, device);
        wire.greet();
        expect_refused(wire.send(Wire::frame(MessageType::new_incarnation, message)), wire, Errc::bad_signature);
    }
    message.signature = device.operation->sign(incarnation_bytes(device.credential, message));
    {
        Wire wire(w, device);
        wire.greet();
        EXPECT_THAT(types_of(wire.send(Wire::frame(MessageType::new_incarnation, message))), ElementsAre(MessageType::hello_ack));
    }
    Wire wire(w, device);
    wire.greet();
    expect_refused(wire.send(Wire::frame(MessageType::new_incarnation, message)), wire, Errc::duplicate);
}

TEST_F(Session, AHubThatLostWhatItGaveAReceiptForSaysSo)
{
    Wire wire(w, device);
    auto hello = wire.hello();
    hello.receipt_audit_head.fill(9);
    EXPECT_EQ(read<HelloAck>(wire.send(Wire::frame(MessageType::hello, hello)).at(0), MessageType::hello_ack).standing,
              Standing::hub_restored);
    Wire other(w, device);
    hello = other.hello();
    hello.epoch.fill(9);
    EXPECT_EQ(read<HelloAck>(other.send(Wire::frame(MessageType::hello, hello)).at(0), MessageType::hello_ack).standing,
              Standing::hub_restored);
}

// --- access ends --------------------------------------------------------------------------------------------------------

TEST_F(Session, AMovedCaseIsTakenBackAfterTheUnsentWorkWasJudged)
{
    w.save(device, case_id, {note("one")});
    w.sync(device);
    w.save(device, case_id, {note("written before they knew")});
    must(w.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(user)}, Ended::moved));

    Wire wire(w, device);
    const auto ack = read<HelloAck>(wire.greet().at(0), MessageType::hello_ack);
    EXPECT_EQ(ack.standing, Standing::welcome);
    EXPECT_THAT(ack.barred, IsEmpty());
    EXPECT_THAT(types_of(wire.send(Wire::frame(MessageType::push, w.packed(device)))), ElementsAre(MessageType::receipt));
    EXPECT_EQ(changesets(), 2u);
    device.unsent.clear();
    device.unsent_digests.clear();

    const auto frames = wire.send(Wire::frame(MessageType::pull, Pull{false, 100'000}));
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::remove, MessageType::pulled));  // and not a word of the ruling
    const auto remove = read<Remove>(frames[0], MessageType::remove);
    EXPECT_EQ(remove.case_id, case_id);
    EXPECT_EQ(remove.because, "moved");
    EXPECT_THAT(read<Pulled>(frames[1], MessageType::pulled).scope, IsEmpty());

    Removed removed{case_id, remove.nonce, {}};
    removed.signature = device.operation->sign(removed_bytes(device.credential, removed));
    EXPECT_THAT(wire.send(Wire::frame(MessageType::removed, removed)), IsEmpty());
    EXPECT_FALSE(wire.closed);
    EXPECT_THAT(must(must(w.store().view())->delivered_cases(CredentialNo{1})), IsEmpty());

    // From then on it is as if it had never been theirs.
    w.save(device, case_id, {note("too late")});
    w.push(device);
    const auto counts = must(w.service().status()).counts;
    EXPECT_EQ(counts.changesets, 2u);
    EXPECT_EQ(counts.held, 1u);
}

// Found by the simulator (seed 6235): a hub that was put back refused the whole session for the receipt it no longer knew of.
TEST_F(Session, APurgeReceiptNeedsTheRightSignatureAndWithAnotherNonceChangesNothing)
{
    w.save(device, case_id, {note("one")});
    w.sync(device);
    must(w.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(user)}, Ended::moved));
    const auto asked = [&](Wire& wire) {
        wire.greet();
        return read<Remove>(wire.send(Wire::frame(MessageType::pull, Pull{false, 1000})).at(0), MessageType::remove);
    };
    {
        Wire wire(w, device);
        const auto remove = asked(wire);
        expect_refused(wire.send(Wire::frame(MessageType::removed, Removed{case_id, remove.nonce, {}})), wire, Errc::bad_signature);
    }
    Wire wire(w, device);
    asked(wire);
    Removed wrong{case_id, Nonce{1}, {}};
    wrong.signature = device.operation->sign(removed_bytes(device.credential, wrong));
    EXPECT_THAT(wire.send(Wire::frame(MessageType::removed, wrong)), IsEmpty());
    EXPECT_FALSE(wire.closed);
    EXPECT_EQ(must(must(w.store().view())->delivered_cases(CredentialNo{1})).size(), 1u);
}

TEST_F(Session, ABarredUserLearnsNothingAndTheirUnsentWorkIsHeldSealed)
{
    w.save(device, case_id, {note("one")});
    w.sync(device);
    must(w.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(user)}, Ended::restricted));
    w.save(device, case_id, {note("unsent")});
    w.seal_last(device, case_id);

    Wire wire(w, device);
    const auto ack = read<HelloAck>(wire.greet().at(0), MessageType::hello_ack);
    ASSERT_EQ(ack.barred.size(), 1u);
    EXPECT_EQ(ack.barred[0].case_id, case_id);
    EXPECT_NE(ack.barred[0].nonce, Nonce{});
    EXPECT_EQ(ack.barred[0].handler_key.size(), 32u);
    // The device locks it, purges it and says so before anything else.
    Removed removed{case_id, ack.barred[0].nonce, {}};
    removed.signature = device.operation->sign(removed_bytes(device.credential, removed));
    EXPECT_THAT(wire.send(Wire::frame(MessageType::removed, removed)), IsEmpty());
    EXPECT_THAT(types_of(wire.send(Wire::frame(MessageType::push, w.packed(device)))), ElementsAre(MessageType::receipt));
    EXPECT_THAT(types_of(wire.send(Wire::frame(MessageType::pull, Pull{false, 1000}))), ElementsAre(MessageType::pulled));
    const auto counts = must(w.service().status()).counts;
    EXPECT_EQ(counts.changesets, 1u);
    EXPECT_EQ(counts.held, 1u);
}

TEST_F(Session, ASuspendedUserMayDepositAndNothingElse)
{
    w.save(device, case_id, {note("one")});
    w.sync(device);
    must(w.service().suspend(user));
    w.save(device, case_id, {note("in clear all the same")});
    Wire wire(w, device);
    const auto ack = read<HelloAck>(wire.greet().at(0), MessageType::hello_ack);
    EXPECT_EQ(ack.standing, Standing::barred);
    EXPECT_EQ(ack.deposit_key.size(), 32u);
    EXPECT_THAT(types_of(wire.send(Wire::frame(MessageType::push, w.packed(device)))), ElementsAre(MessageType::receipt));
    const auto frames = wire.send(Wire::frame(MessageType::pull, Pull{false, 1000}));
    EXPECT_THAT(types_of(frames), ElementsAre(MessageType::remove, MessageType::pulled));
    const auto counts = must(w.service().status()).counts;
    EXPECT_EQ(counts.changesets, 1u);
    EXPECT_EQ(counts.held, 1u);
}

TEST_F(Session, ARevokedDeviceMayDepositAndNothingElse)
{
    w.save(device, case_id, {note("one")});
    w.sync(device);
    must(w.service().revoke(device.credential));
    Wire wire(w, device);
    const auto ack = read<HelloAck>(wire.greet().at(0), MessageType::hello_ack);
    EXPECT_EQ(ack.standing, Standing::barred);
    ASSERT_EQ(ack.barred.size(), 1u);
    EXPECT_THAT(types_of(wire.send(Wire::frame(MessageType::pull, Pull{false, 1000}))),
                ElementsAre(MessageType::remove, MessageType::pulled));
}

// --- enrolment ------------------------------------------------------------------------------------------------------------

class Enrolment : public testing::Test {
protected:
    Enrolment() : user(w.user("Invented Police", "police.offender_manager")) {}

    EnrolRequest request(const EnrolmentSlip& slip, const Digest& channel = HubWorld::channel())
    {
        EnrolRequest out;
        out.enrolment = enrolment_name(slip.code);
        out.csr = crypto::make_csr(tls);
        out.operation_key = operation.public_key();
        out.incarnation = random_id<IncarnationId>(w.random());
        out.salt_key = Bytes(32, 3);
        out.device_name = "Tablet";
        out.proof = crypto::enrolment_proof(slip.code.verifier(), out.csr, out.operation_key, channel);
        return out;
    }
    std::vector<Frame> send(const Frame& frame, bool* closed = nullptr)
    {
        EnrolSession session(w.service());
        session.on_open(HubWorld::channel(), {});
        auto out = session.on_frame(frame);
        EXPECT_TRUE(out.close);
        if (closed)
            *closed = out.close;
        return out.frames;
    }
    void expect_refusal(const std::vector<Frame>& frames, Errc code)
    {
        ASSERT_THAT(types_of(frames), ElementsAre(MessageType::refusal));
        EXPECT_EQ(read<Refusal>(frames[0], MessageType::refusal).code, name(code));
    }
    EnrolmentSlip slip() { return must(w.service().create_enrolment(user, std::chrono::minutes(15), "hub.example:1")); }

    HubWorld w;
    UserId user;
    crypto::CertificateKey tls = crypto::CertificateKey::generate(w.random());
    crypto::SigningKey operation = crypto::SigningKey::generate(w.random());
};

TEST_F(Enrolment, ASlipGivesOneDeviceItsIdentity)
{
    const auto code = slip();
    const auto frames = send(Wire::frame(MessageType::enrol_request, request(code)));
    ASSERT_THAT(types_of(frames), ElementsAre(MessageType::enrol_answer));
    const auto answer = read<EnrolAnswer>(frames[0], MessageType::enrol_answer);
    EXPECT_EQ(answer.user, user);
    EXPECT_THAT(answer.hats, ElementsAre("police/east/offender_manager"));
    const auto chain = must(crypto::certificates_from_pem(answer.certificate_chain));
    ASSERT_EQ(chain.size(), 3u);
    EXPECT_EQ(must(crypto::device_identity(chain[0])).credential, answer.credential);
    EXPECT_EQ(must(crypto::public_hash_of(chain[2])), code.root_public_hash);
    EXPECT_EQ(answer.receipt_key, w.keys.receipt.public_key());
    EXPECT_EQ(answer.agency_keys.size(), 4u);
    must(open_policy(answer.policy, answer.receipt_key));
    // It serves once.
    expect_refusal(send(Wire::frame(MessageType::enrol_request, request(code))), Errc::not_found);
    EXPECT_EQ(must(w.service().devices()).size(), 1u);
}

TEST_F(Enrolment, AWrongCodeAnExpiredOneAndNoneAtAllAreToldAlike)
{
    const auto real = slip();
    auto forged = request(real);
    forged.proof = crypto::enrolment_proof(crypto::EnrolmentCode::generate(w.random()).verifier(), forged.csr,
                                           forged.operation_key, HubWorld::channel());
    auto unknown = request(real);
    unknown.enrolment = enrolment_name(crypto::EnrolmentCode::generate(w.random()));
    auto other_channel = request(real, Digest{});
    std::vector<Frame> answers;
    for (const auto& bad : {forged, unknown, other_channel}) {
        const auto frames = send(Wire::frame(MessageType::enrol_request, bad));
        expect_refusal(frames, Errc::not_found);
        answers.push_back(frames.at(0));
    }
    w.clock.ms += 15 * 60 * 1000;
    answers.push_back(send(Wire::frame(MessageType::enrol_request, request(real))).at(0));
    for (const auto& answer : answers)
        EXPECT_EQ(answer, answers[0]);
    EXPECT_THAT(must(w.service().devices()), IsEmpty());
}

TEST_F(Enrolment, AnythingElseThanARequestIsRefused)
{
    expect_refusal(send({static_cast<std::uint8_t>(MessageType::hello), {}}), Errc::protocol_violation);
    expect_refusal(send({static_cast<std::uint8_t>(MessageType::enrol_request), {1, 2, 3}}), Errc::malformed);
    auto bad = request(slip());
    bad.csr.back() ^= 1;
    EXPECT_THAT(types_of(send(Wire::frame(MessageType::enrol_request, bad))), ElementsAre(MessageType::refusal));
    bad = request(slip());
    bad.salt_key.pop_back();
    expect_refusal(send(Wire::frame(MessageType::enrol_request, bad)), Errc::malformed);
    bad = request(slip());
    bad.device_name = std::string("two\x01lines");
    expect_refusal(send(Wire::frame(MessageType::enrol_request, bad)), Errc::invalid_argument);
    EXPECT_THAT(must(w.service().devices()), IsEmpty());
}

TEST(EnrolmentSlip, ComesBackAsItWasWritten)
{
    FakeRandom random(3);
    EnrolmentSlip slip{crypto::EnrolmentCode::generate(random), "hub.example:4711", "spiffe://hub.north.satchel.invalid/hub", Digest{7},
                       "Ada Erfunden – Ærø", "North", "police", Instant{1'780'000'000'000}};
    const auto written = to_text(slip);
    const auto back = must(parse_enrolment_slip(satchel::text(written.reveal())));
    EXPECT_EQ(enrolment_name(back.code), enrolment_name(slip.code));
    EXPECT_EQ(back.address, slip.address);
    EXPECT_EQ(back.hub_uri, slip.hub_uri);
    EXPECT_EQ(back.root_public_hash, slip.root_public_hash);
    EXPECT_EQ(back.user_name, slip.user_name);
    EXPECT_EQ(back.expires_at, slip.expires_at);
    const std::string whole(satchel::text(written.reveal()));
    // Cut anywhere, it is not taken for a slip; only the very last character may be missing, being a line's end.
    for (std::size_t n = 0; n + 1 < whole.size(); ++n)
        EXPECT_FALSE(parse_enrolment_slip(whole.substr(0, n))) << n;
    EXPECT_FALSE(parse_enrolment_slip(whole + "code: x\n"));
    EXPECT_FALSE(parse_enrolment_slip(std::string(5000, 'x')));
}

}  // namespace
}  // namespace satchel::test
