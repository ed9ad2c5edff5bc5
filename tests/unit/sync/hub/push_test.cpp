// What becomes of work at the hub: each save is kept exactly once, in order, whatever happens on the way.
#include <gmock/gmock.h>

#include "tests/unit/sync/hub/wire.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PushTest : public testing::Test {
protected:
    PushTest()
    {
        case_id = must(w.service().add_case("C1"));
        user = w.user("Invented Police", "police.offender_manager");
        must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
        device = w.enrol(user, "police.offender_manager");
    }
    schema::Change note(const std::string& words) { return w.creates(case_id, "note", "what", {{"text", words}}); }
    Counts counts() { return must(w.service().status()).counts; }
    std::vector<EntryRow> entries(EntryKind kind)
    {
        std::vector<EntryRow> out;
        const auto view = must(w.store().view());
        must(view->entries(Position{}, [&](const EntryRow& row) -> Result<bool> {
            if (row.kind == kind)
                out.push_back(row);
            return true;
        }));
        return out;
    }

    HubWorld w;
    CaseId case_id;
    UserId user;
    Device device;
};

TEST_F(PushTest, APushRepeatedAfterALostReceiptIsKeptOnce)
{
    w.save(device, case_id, {note("one")});
    w.save(device, case_id, {note("two")});
    const auto push = w.packed(device);
    const auto first = must(w.offer(device, push));
    const auto again = must(w.offer(device, push));  // the device never saw the first receipt
    EXPECT_EQ(counts().changesets, 2u);
    EXPECT_EQ(again.up_to, first.up_to);
    EXPECT_EQ(again.chain_head, first.chain_head);
    EXPECT_EQ(again.audit_head, first.audit_head);
    EXPECT_EQ(counts().forks, 0u);
}

TEST_F(PushTest, ALargerPushThatRepeatsSomeAddsOnlyWhatIsNew)
{
    w.save(device, case_id, {note("one")});
    w.save(device, case_id, {note("two")});
    must(w.offer(device, w.packed(device)));  // the receipt is lost
    w.save(device, case_id, {note("three")});
    const auto receipt = must(w.offer(device, w.packed(device)));
    EXPECT_EQ(receipt.up_to, 3u);
    EXPECT_EQ(counts().changesets, 3u);
    // A reader can verify the third although its batch repeats the others.
    auto reader = w.enrol(user, "police.offender_manager", "Laptop");
    ReadingDevice reading(w, reader);
    for (const auto& page : pages_for(w, reader))
        reading.apply(page);
    EXPECT_EQ(reading.states[case_id].records.size(), 3u);
}

TEST_F(PushTest, ARepeatThatBeginsInTheMiddleOfABatchIsRecognised)
{
    for (int i = 0; i < 5; ++i)
        w.save(device, case_id, {note("note " + std::to_string(i))});
    must(w.offer(device, w.packed(device)));
    w.save(device, case_id, {note("last")});
    device.unsent.erase(device.unsent.begin(), device.unsent.begin() + 3);
    device.unsent_digests.erase(device.unsent_digests.begin(), device.unsent_digests.begin() + 3);
    EXPECT_EQ(must(w.offer(device, w.packed(device))).up_to, 6u);
    EXPECT_EQ(counts().changesets, 6u);
    EXPECT_EQ(counts().forks, 0u);
}

TEST_F(PushTest, WorkIsRuledInTheOrderOfItsNumbersAcrossCases)
{
    const auto second = must(w.service().add_case("C2"));
    must(w.service().assign(second, {AssignmentRow::Subject::user, to_string(user)}));
    w.save(device, case_id, {note("one")});
    w.save(device, second, {w.creates(second, "note", "what", {{"text", "two"}})});
    w.save(device, case_id, {note("three")});
    w.push(device);
    std::vector<std::uint64_t> order;
    for (const auto& row : entries(EntryKind::changeset))
        order.push_back(row.sequence);
    EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST_F(PushTest, ACaseThatIsNoneOfTheirsAndOneThatDoesNotExistAreAnsweredAlike)
{
    const auto hidden = must(w.service().add_case("hidden"));
    const auto unknown = random_id<CaseId>(w.random());
    const auto answer_for = [&](const CaseId& id) {
        auto stranger = w.enrol(user, "police.offender_manager", "Laptop");
        w.save(stranger, id, {w.creates(id, "note", "what", {{"text", "x"}})});
        Wire wire(w, stranger);
        wire.greet();
        auto frames = wire.send(Wire::frame(MessageType::push, w.packed(stranger)));
        const auto receipt = read<Receipt>(frames.at(0), MessageType::receipt);
        EXPECT_EQ(receipt.up_to, 1u);
        stranger.unsent.clear();
        auto pulled = wire.send(Wire::frame(MessageType::pull, Pull{false, 100'000}));
        std::vector<std::size_t> shape{frames.size(), frames[0].payload.size()};
        for (const auto& frame : pulled) {
            shape.push_back(frame.type);
            shape.push_back(frame.payload.size());
        }
        return shape;
    };
    EXPECT_EQ(answer_for(hidden), answer_for(unknown));
    EXPECT_EQ(counts().changesets, 0u);
    EXPECT_EQ(counts().held, 2u);
}

TEST_F(PushTest, WhatDoesNotDecodeConsumesItsNumberAndBlocksNothing)
{
    w.save(device, case_id, {note("one")});
    // A changeset that its author signed and nobody can read: kept, never ruled on.
    {
        const crypto::HmacKey salt_key(device.salt_key);
        SealedChangeset odd;
        odd.header = {1, 2, 3};
        odd.changes = {{9}};
        odd.secret = changeset_secret(salt_key, ++device.sequence);
        odd.blind = link_blind(odd.secret, {device.incarnation, device.sequence, device.head, 0});
        device.head = changeset_digest(odd);
        device.unsent.push_back({odd.header, odd.changes, 0, {}, {}, {}});
        device.unsent_digests.push_back(device.head);
    }
    w.save(device, case_id, {note("three")});
    w.push(device);
    EXPECT_EQ(device.received, 3u);
    EXPECT_EQ(counts().changesets, 2u);
    const auto held = entries(EntryKind::held);
    ASSERT_EQ(held.size(), 1u);
    EXPECT_EQ(must(decode_held_body(held[0].body)).why, "unreadable");
    EXPECT_EQ(must(decode_held_body(held[0].body)).work.header, (Bytes{1, 2, 3}));
    EXPECT_EQ(held[0].sequence, 2u);
}

TEST_F(PushTest, WorkUnderAnotherAuthorsNameIsHeld)
{
    auto other = w.enrol(user, "police.offender_manager", "Laptop");
    auto liar = device;
    liar.credential = other.credential;
    w.save(liar, case_id, {note("in another's name")});
    device.sequence = liar.sequence;
    device.head = liar.head;
    device.unsent = liar.unsent;
    device.unsent_digests = liar.unsent_digests;
    w.push(device);
    EXPECT_EQ(counts().changesets, 0u);
    ASSERT_EQ(entries(EntryKind::held).size(), 1u);
    EXPECT_EQ(must(decode_held_body(entries(EntryKind::held)[0].body)).why, "not-yours");
}

TEST_F(PushTest, AHatThatTheUserDoesNotHoldIsRefusedInTheRuling)
{
    device.hat.role = "coordination.coordinator";
    device.hat.agency = "coordination";
    w.save(device, case_id, {note("under a borrowed hat")});
    w.push(device);
    const auto row = entries(EntryKind::changeset).at(0);
    const auto rulings = must(decode_rulings(row.rulings));
    EXPECT_EQ(rulings.at(0).outcome, Outcome::refused);
    EXPECT_EQ(rulings.at(0).rule, "not-your-hat");
}

TEST_F(PushTest, ARestrictedCaseBarsWhoeverIsNotVetted)
{
    HubWorld other;  // with an agreement that restricts cases
    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    text.insert(text.find("coordination_role ="),
                "restricted_fact = \"restricted\"\nvetting = \"enhanced\"\nhandler = \"coordination.coordinator\"\n");
    text += R"(
[record.restriction]
title = "Restriction"
refs = ["G-13a-24"]
create = "agency:police"
audience = "case_agencies"
one_per_case = true
[record.restriction.group.mark]
fields = { restricted = "yes_no" }
owner = "agency:police"
merge = "manual"
[fact.restricted]
title = "Restricted"
derive = "any"
record = "restriction"
group = "mark"
value = "restricted"
refs = ["G-13a-24"]
)";
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    must(other.service().publish_policy(bundle));
    const auto id = must(other.service().add_case("C1"));
    const auto vetted = other.user("Invented Vetted", "police.offender_manager");
    const auto plain = must(other.service().add_user({"Invented Plain", {{"police", "east", "police.offender_manager"}}, "baseline"}));
    for (const auto& who : {vetted, plain})
        must(other.service().assign(id, {AssignmentRow::Subject::user, to_string(who)}));
    auto one = other.enrol(vetted, "police.offender_manager");
    auto two = other.enrol(plain, "police.offender_manager");
    other.pull(two);
    EXPECT_EQ(two.seen[id], 1u);
    other.save(one, id, {other.creates(id, "restriction", "mark", {{"restricted", "yes"}})});
    other.save(one, id, {other.creates(id, "note", "what", {{"text", "after the restriction"}})});
    other.push(one);

    Wire wire(other, two);
    const auto ack = read<HelloAck>(wire.greet().at(0), MessageType::hello_ack);
    ASSERT_EQ(ack.barred.size(), 1u);
    EXPECT_EQ(ack.barred[0].case_id, id);
    EXPECT_EQ(ack.barred[0].handler_role, "coordination.coordinator");
    other.save(two, id, {other.creates(id, "note", "what", {{"text", "in clear"}})});
    EXPECT_THAT(types_of(wire.send(Wire::frame(MessageType::push, other.packed(two)))), ElementsAre(MessageType::receipt));
    EXPECT_EQ(must(other.service().status()).counts.held, 1u);
    const auto frames = wire.send(Wire::frame(MessageType::pull, Pull{false, 100'000}));
    EXPECT_THAT(types_of(frames), ElementsAre(MessageType::remove, MessageType::pulled));
}

// The facts that count for what was seen are those of the delivery that the author had, not those of today.
TEST_F(PushTest, WhatAnAuthorHadSeenIsThePositionOfTheirDelivery)
{
    w.pull(device);
    const auto seen = device.seen[case_id];
    const auto view = must(w.store().view());
    const auto cursor = must(view->newest_cursor(CredentialNo{1}, CaseNo{1}));
    ASSERT_TRUE(cursor);
    EXPECT_EQ(cursor->cursor, seen);
    w.save(device, case_id, {note("one")});
    w.push(device);
    EXPECT_EQ(entries(EntryKind::changeset).at(0).seen_position, cursor->position);
    // A delivery that never was is as if nothing had been seen.
    w.save(device, case_id, {note("two")});
    device.seen[case_id] = 0;
    w.push(device);
    device.seen[case_id] = 0;
    w.save(device, case_id, {note("three")});
    w.push(device);
    EXPECT_EQ(entries(EntryKind::changeset).at(2).seen_position, Position{});
}

}  // namespace
}  // namespace satchel::test
