// What readers get: all they may see, nothing else, each time the same.
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "sync/core/audience.hpp"
#include "sync/hub/batch_trees.hpp"
#include "tests/unit/sync/hub/wire.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::size_t entries_in(const std::vector<Page>& pages)
{
    std::size_t n = 0;
    for (const auto& page : pages)
        n += page.entries.size();
    return n;
}

// What a reader's state has to be, by definition: the fold of the entries that they may see now.
CaseState folded_for(HubWorld& w, const CaseId& id, const CaseState& whole, const Viewer& viewer)
{
    CaseState out;
    out.id = id;
    const auto policy = w.service().policy();
    const auto view = must(w.store().view());
    std::vector<EntryRow> rows;
    must(view->case_entries(must(view->case_row(id))->no, Position{}, [&](const EntryRow& row) -> Result<bool> {
        rows.push_back(row);
        return true;
    }));
    for (const auto& row : rows) {
        if (row.kind == EntryKind::effect) {
            const auto effect = must(decode_effect(row.body));
            if (may_see(*policy, effect, whole, viewer))
                fold(out, effect);
        } else if (row.kind == EntryKind::changeset) {
            const auto body = must(decode_changeset_body(row.body));
            const auto batch = must(view->batch(row.batch_no));
            const auto incarnation = must(view->incarnation(batch->incarnation_no));
            const auto index = row.sequence - batch->first_sequence;
            const auto secret = changeset_secret(crypto::HmacKey(incarnation->salt_key), row.sequence);
            const auto blind = link_blind(secret, {incarnation->id, row.sequence,
                                                   index == 0 ? batch->previous : batch->digests[index - 1], body.seen});
            const auto opened = must(open({body.header, body.changes, secret, blind}));
            const auto rulings = must(decode_rulings(row.rulings));
            if (may_see(*policy, opened, rulings, whole, viewer))
                fold(out, opened, rulings);
        }
    }
    return out;
}

class PagesTest : public testing::Test {
protected:
    PagesTest()
    {
        case_id = must(w.service().add_case("C1"));
        police_user = w.user("Invented Police", "police.offender_manager");
        prison_user = w.user("Invented Prison", "prison.omu");
        for (const auto& user : {police_user, prison_user})
            must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
        police = w.enrol(police_user, "police.offender_manager");
        prison = w.enrol(prison_user, "prison.omu");
    }
    schema::Change note(const std::string& words) { return w.creates(case_id, "note", "what", {{"text", words}}); }
    // A police item with a notice, a body and the choice who may see which.
    RecordId intelligence(const std::string& sharing)
    {
        const auto opened = w.save(police, case_id, {w.creates(case_id, "intel", "handling", {{"sharing", sharing}})});
        const auto id = opened.changes[0].record;
        w.save(police, case_id, {w.edits(case_id, id, "intel", "notice", {{"text", "There is something"}})});
        w.save(police, case_id, {w.edits(case_id, id, "intel", "content", {{"body", "What it is"}})});
        w.push(police);
        return id;
    }
    void share(const RecordId& id, const std::string& sharing)
    {
        w.save(police, case_id, {w.edits(case_id, id, "intel", "handling", {{"sharing", sharing}})});
        w.push(police);
    }
    static bool holds(const ReadingDevice& device, const CaseId& id, const RecordId& record, std::string_view group)
    {
        const auto at = device.states.find(id);
        const auto* found = at == device.states.end() ? nullptr : at->second.record(record);
        return found && found->group(schema::group_id("intel", group)) != nullptr;
    }

    HubWorld w;
    CaseId case_id;
    UserId police_user, prison_user;
    Device police, prison;
};

TEST_F(PagesTest, TheFirstPullIsEverythingAndTheNextOnlyWhatIsNew)
{
    w.save(police, case_id, {note("one")});
    w.push(police);
    ReadingDevice reading(w, prison);
    auto pages = pages_for(w, prison);
    ASSERT_EQ(pages.size(), 1u);
    EXPECT_EQ(pages[0].cursor, 1u);
    EXPECT_FALSE(pages[0].reset);
    EXPECT_EQ(pages[0].entries.size(), 2u);
    reading.apply(pages[0]);
    EXPECT_THAT(pages_for(w, prison), IsEmpty());
    w.save(police, case_id, {note("two")});
    w.push(police);
    pages = pages_for(w, prison);
    ASSERT_EQ(pages.size(), 1u);
    EXPECT_EQ(pages[0].cursor, 2u);
    EXPECT_EQ(pages[0].entries.size(), 1u);
    reading.apply(pages[0]);
    EXPECT_EQ(reading.states[case_id].records.size(), 2u);
}

TEST_F(PagesTest, ADeliveryThatWasCutIsMadeAgain)
{
    w.save(police, case_id, {note("one")});
    w.push(police);
    const auto lost = pages_for(w, prison);  // on its way, and never applied
    const auto again = pages_for(w, prison);
    ASSERT_EQ(lost.size(), 1u);
    ASSERT_EQ(again.size(), 1u);
    EXPECT_LT(lost[0].cursor, again[0].cursor) << "should the first one arrive after all, the hub knows what it was";
    auto same = again[0];
    same.cursor = lost[0].cursor;
    EXPECT_EQ(schema::wire::pack(lost[0]), schema::wire::pack(same));
}

// Two copies of one store are in use; only one of them had the page that the other never got.
TEST_F(PagesTest, ACursorNamesOneDeliveryForEver)
{
    w.save(police, case_id, {note("one")});
    w.push(police);
    auto early = prison;
    const auto first = pages_for(w, early);
    w.save(police, case_id, {note("two")});
    w.push(police);
    const auto second = pages_for(w, prison);
    ASSERT_EQ(first.size(), 1u);
    ASSERT_EQ(second.size(), 1u);
    early.seen[case_id] = first[0].cursor;
    const auto missing = pages_for(w, early);
    ASSERT_EQ(missing.size(), 1u);
    EXPECT_FALSE(missing[0].reset);
    EXPECT_EQ(missing[0].entries.size(), second[0].entries.size() - first[0].entries.size());
}

TEST_F(PagesTest, ACursorThatTheHubDoesNotKnowLoadsTheCaseAnew)
{
    w.save(police, case_id, {note("one")});
    w.push(police);
    prison.seen[case_id] = 41;
    const auto pages = pages_for(w, prison);
    ASSERT_EQ(pages.size(), 1u);
    EXPECT_TRUE(pages[0].reset);
    EXPECT_GT(pages[0].cursor, 42u) << "far from what a history that is lost may have given";
    EXPECT_EQ(pages[0].entries.size(), 2u);
}

TEST_F(PagesTest, ACursorThatWasTamperedWithIsNotBelieved)
{
    ReadingDevice reading(w, prison);
    for (const auto& page : pages_for(w, prison))
        reading.apply(page);
    {
        auto transaction = must(w.store().begin());
        auto cursor = *must(transaction->newest_cursor(CredentialNo{2}, CaseNo{1}));
        cursor.position = Position{1};
        must(transaction->put(cursor));
        must(transaction->commit());
    }
    const auto pages = pages_for(w, prison);
    ASSERT_EQ(pages.size(), 1u);
    EXPECT_TRUE(pages[0].reset);
}

TEST_F(PagesTest, OwnWorkComesBackAsItsDigestAndRulingsOnly)
{
    ReadingDevice reading(w, police);
    const auto saved = reading.save(case_id, {note("one")});
    w.push(police);
    const auto pages = pages_for(w, police);
    ASSERT_EQ(entries_in(pages), 2u);
    const auto& entry = pages[0].entries[1];
    EXPECT_EQ(entry.kind, Entry::Kind::own);
    EXPECT_EQ(entry.digest, saved.digest);
    EXPECT_TRUE(entry.header.empty() && entry.changes.empty());
    EXPECT_THAT(pages[0].authors, IsEmpty());
    reading.apply(pages[0]);
    EXPECT_EQ(reading.states[case_id].records.size(), 1u);
}

TEST_F(PagesTest, WorkOfAFormerIncarnationIsSentWhole)
{
    w.save(police, case_id, {note("one")});
    w.push(police);
    NewIncarnation anew{random_id<IncarnationId>(w.random()), Bytes(32, 9), {}};
    anew.signature = police.operation->sign(incarnation_bytes(police.credential, anew));
    w.run(w.service().incarnation_job(must(w.admit(police)), anew, [](const Result<IncarnationRow>& row) { must(Result(row)); }));
    police.incarnation = anew.incarnation;
    police.salt_key = anew.salt_key;
    police.sequence = police.received = 0;
    police.head = {};
    ReadingDevice reading(w, police);
    const auto pages = pages_for(w, police);
    ASSERT_EQ(entries_in(pages), 2u);
    EXPECT_EQ(pages[0].entries[1].kind, Entry::Kind::changeset);
    reading.apply(pages[0]);
    EXPECT_EQ(reading.states[case_id].records.size(), 1u);
}

TEST_F(PagesTest, WhatIsHiddenFromAReaderIsNotMentioned)
{
    intelligence("nothing");
    ReadingDevice reading(w, prison);
    const auto pages = pages_for(w, prison);
    EXPECT_EQ(entries_in(pages), 1u);  // the case's first fact
    EXPECT_THAT(pages_for(w, prison), testing::SizeIs(1));  // not applied yet: the same again
    prison.seen[case_id] = pages[0].cursor;
    const auto more = intelligence("nothing");
    static_cast<void>(more);
    EXPECT_THAT(pages_for(w, prison), IsEmpty());
}

TEST_F(PagesTest, SharingMoreRevealsAndSharingLessHides)
{
    ReadingDevice reading(w, prison);
    const auto take = [&] {
        bool reset = false;
        for (const auto& page : pages_for(w, prison)) {
            reset = reset || page.reset;
            reading.apply(page);
        }
        return reset;
    };
    const auto id = intelligence("nothing");
    take();
    EXPECT_FALSE(holds(reading, case_id, id, "notice"));
    share(id, "pointer");
    EXPECT_TRUE(take());  // an earlier entry has come to light
    EXPECT_TRUE(holds(reading, case_id, id, "notice"));
    EXPECT_FALSE(holds(reading, case_id, id, "content"));
    share(id, "full");
    EXPECT_TRUE(take());
    EXPECT_TRUE(holds(reading, case_id, id, "content"));
    share(id, "nothing");
    EXPECT_TRUE(take());
    EXPECT_FALSE(holds(reading, case_id, id, "notice"));
    EXPECT_FALSE(holds(reading, case_id, id, "content"));
    EXPECT_FALSE(take());
}

TEST_F(PagesTest, AReaderWhoSawEverythingAllAlongIsNotSentItAgain)
{
    auto other = w.enrol(police_user, "police.offender_manager", "Laptop");
    ReadingDevice reading(w, other);
    const auto id = intelligence("nothing");
    for (const auto& page : pages_for(w, other))
        reading.apply(page);
    share(id, "full");
    const auto pages = pages_for(w, other);
    ASSERT_EQ(pages.size(), 1u);
    EXPECT_FALSE(pages[0].reset);
    EXPECT_EQ(pages[0].entries.size(), 1u);
}

TEST_F(PagesTest, AnotherHatChangesWhatIsSeen)
{
    ReadingDevice reading(w, prison);
    const auto id = intelligence("nothing");
    for (const auto& page : pages_for(w, prison))
        reading.apply(page);
    // A prison user who also works for the police reads under both hats, each on a device of that agency.
    must(w.service().set_hats(prison_user, {{"prison", "east", "prison.omu"}, {"police", "east", "police.offender_manager"}}));
    EXPECT_THAT(pages_for(w, prison), IsEmpty());
    EXPECT_FALSE(holds(reading, case_id, id, "notice"));
    // Without the prison's hat there is nothing left that this device may show.
    must(w.service().set_hats(prison_user, {{"police", "east", "police.offender_manager"}}));
    for (const auto& page : pages_for(w, prison)) {
        EXPECT_TRUE(page.reset);
        reading.apply(page);
    }
    EXPECT_TRUE(reading.states[case_id].records.empty());
}

TEST_F(PagesTest, AccessThatEndsInTheMiddleOfASessionEndsWhatItDelivers)
{
    w.save(police, case_id, {note("one")});
    w.push(police);
    const auto admission = must(w.admit(prison));
    const auto deliveries = [&](PageSource& pages) { return must(pages.next(1 << 20)).size(); };
    const auto pull = [&] { return must(w.service().pages(admission, /*safety_only=*/false)); };
    ASSERT_EQ(deliveries(*pull()), 1u);

    const Assignee who{AssignmentRow::Subject::user, to_string(prison_user)};
    auto under_way = pull();
    must(w.service().unassign(case_id, who, Ended::moved));
    EXPECT_EQ(deliveries(*under_way), 0u);
    must(w.service().assign(case_id, who));
    ASSERT_EQ(deliveries(*pull()), 1u);

    under_way = pull();
    must(w.service().suspend(prison_user));
    EXPECT_EQ(deliveries(*under_way), 0u);
    EXPECT_EQ(deliveries(*pull()), 0u);
}

TEST_F(PagesTest, ARevokedDeviceIsDeliveredNothingInASessionThatItHasBegunBefore)
{
    w.save(police, case_id, {note("one")});
    w.push(police);
    const auto admission = must(w.admit(prison));
    must(w.service().revoke(prison.credential));
    EXPECT_TRUE(must(must(w.service().pages(admission, /*safety_only=*/false))->next(1 << 20)).empty());
}

TEST_F(PagesTest, SafetyComesFirstAndOnlyWhereThereIsSomethingToSee)
{
    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    const auto quiet = must(w.service().add_case("C2"));
    must(w.service().assign(quiet, {AssignmentRow::Subject::user, to_string(prison_user)}));
    must(w.service().assign(quiet, {AssignmentRow::Subject::user, to_string(police_user)}));
    ReadingDevice reading(w, prison);
    for (const auto& page : pages_for(w, prison))
        reading.apply(page);
    // An address raises a task that concerns safety; a note does not.
    w.save(police, quiet, {w.creates(quiet, "note", "what", {{"text", "nothing special"}})});
    w.save(police, case_id, {note("before")});
    w.save(police, case_id, {w.creates(case_id, "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})});
    w.save(police, case_id, {note("after")});
    w.push(police);
    const auto first = pages_for(w, prison, /*safety_only=*/true);
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].case_id, case_id);
    EXPECT_GE(first[0].entries.size(), 3u);  // the whole tail, in order
    reading.apply(first[0]);
    const auto rest = pages_for(w, prison);
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].case_id, quiet);
    reading.apply(rest[0]);
    EXPECT_THAT(pages_for(w, prison, /*safety_only=*/true), IsEmpty());
}

// One page in memory at a time, whatever the size of the case; and a page fits its frame.
TEST_F(PagesTest, PagesAreBounded)
{
    for (int i = 1; i <= 1200; ++i) {
        w.save(police, case_id, {note(std::string(2000, 'n'))});
        if (i % 7 == 0)  // many small batches: their proofs count as well
            w.push(police);
    }
    w.push(police);
    const auto admission = must(w.admit(prison));
    const auto source = must(w.service().pages(admission, /*safety_only=*/false));
    std::size_t pages = 0;
    std::size_t entries = 0;
    for (;;) {
        const auto deliveries = must(source->next(1));
        if (deliveries.empty())
            break;
        ASSERT_EQ(deliveries.size(), 1u);
        ASSERT_TRUE(deliveries[0].page);
        const auto size = schema::wire::pack(*deliveries[0].page).size();
        EXPECT_LE(size, push_bytes_max + 1024);
        EXPECT_LE(size, deliveries[0].bytes + 4096);
        entries += deliveries[0].page->entries.size();
        ++pages;
    }
    EXPECT_EQ(entries, 1201u);
    EXPECT_GT(pages, 4u);
}

// I12. Two hubs from one seed; on one of them another police officer keeps something to the police. What the prison gets
// is the same, byte by byte, from the first frame to the last.
TEST(Audience, AnOutsiderSeesTheSameBytesWhetherOrNotAHiddenRecordExists)
{
    const auto told_to_prison = [](bool hidden) {
        HubWorld w;
        const auto id = must(w.service().add_case("C1"));
        const auto other_case = must(w.service().add_case("C2"));
        const auto prison_user = w.user("Invented Prison", "prison.omu");
        const auto police_user = w.user("Invented Police", "police.offender_manager");
        for (const auto& user : {police_user, prison_user})
            must(w.service().assign(id, {AssignmentRow::Subject::user, to_string(user)}));
        must(w.service().assign(other_case, {AssignmentRow::Subject::user, to_string(police_user)}));
        auto prison = w.enrol(prison_user, "prison.omu");
        auto open_police = w.enrol(police_user, "police.offender_manager", "Open");
        auto quiet_police = w.enrol(police_user, "police.offender_manager", "Quiet");
        ReadingDevice reading(w, prison);
        std::vector<Bytes> bytes;
        const auto session = [&] {
            Wire wire(w, prison);
            auto frames = wire.greet();
            for (const bool safety : {true, false})
                for (auto& frame : wire.send(Wire::frame(MessageType::pull, Pull{safety, credit_bytes_max})))
                    frames.push_back(std::move(frame));
            for (auto& frame : frames) {
                if (frame.type == static_cast<std::uint8_t>(MessageType::page))
                    reading.apply(read<Page>(frame, MessageType::page));
                bytes.push_back(std::move(frame.payload));
            }
        };
        const auto keep_quiet = [&](const std::string& sharing) {
            if (!hidden)
                return;
            const auto opened = w.save(quiet_police, id, {w.creates(id, "intel", "handling", {{"sharing", sharing}})});
            w.push(quiet_police);
            w.save(quiet_police, id, {w.edits(id, opened.changes[0].record, "intel", "content", {{"body", "hidden"}})});
            w.save(quiet_police, other_case, {w.creates(other_case, "note", "what", {{"text", "elsewhere"}})});
            w.push(quiet_police);
        };
        keep_quiet("nothing");
        w.save(open_police, id, {w.creates(id, "note", "what", {{"text", "for all"}})});
        w.push(open_police);
        keep_quiet("nothing");
        session();
        keep_quiet("nothing");
        session();
        w.save(open_police, id, {w.creates(id, "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})});
        w.push(open_police);
        keep_quiet("nothing");
        session();
        w.clock.ms += 1000;
        session();
        return bytes;
    };
    const auto without = told_to_prison(false);
    const auto with = told_to_prison(true);
    ASSERT_EQ(without.size(), with.size());
    for (std::size_t i = 0; i < with.size(); ++i)
        EXPECT_EQ(without[i], with[i]) << "frame " << i;
}

// I1 and I4, whatever is saved, cut, repeated and pulled in whatever order: each save is at the hub exactly once, and
// everybody's folded state is the part of the hub's that they may see.
RC_GTEST_PROP(Quiescence, EverySaveIsKeptOnceAndEverybodySeesTheirPartOfOneState, ())
{
    HubWorld w;
    const auto case_a = must(w.service().add_case("A"));
    const auto case_b = must(w.service().add_case("B"));
    struct One {
        Device device;
        std::unique_ptr<ReadingDevice> reading;
        std::vector<Digest> saved;
    };
    std::vector<std::unique_ptr<One>> all;
    for (const auto* role : {"police.offender_manager", "probation.practitioner", "prison.omu"}) {
        const auto user = w.user(std::string("Invented ") + role, role);
        for (const auto& id : {case_a, case_b})
            must(w.service().assign(id, {AssignmentRow::Subject::user, to_string(user)}));
        auto one = std::make_unique<One>();
        one->device = w.enrol(user, role);
        one->reading = std::make_unique<ReadingDevice>(w, one->device);
        all.push_back(std::move(one));
    }
    std::vector<RecordId> addresses, items;
    const auto pull = [&](One& one) {
        for (const auto& page : pages_for(w, one.device))
            one.reading->apply(page);
    };
    const auto steps = *rc::gen::inRange(5, 40);
    for (int i = 0; i < steps; ++i) {
        auto& one = *all[*rc::gen::inRange<std::size_t>(0, all.size())];
        const auto id = *rc::gen::element(case_a, case_b);
        const auto keep = [&](schema::Change change) {
            const auto opened = one.reading->save(id, {std::move(change)});
            one.saved.push_back(opened.digest);
            return opened.changes[0].record;
        };
        switch (*rc::gen::inRange(0, 10)) {
        case 0:
            keep(w.creates(id, "note", "what", {{"text", "note " + std::to_string(i)}}));
            break;
        case 1:
            addresses.push_back(keep(w.creates(id, "address", "where", {{"lines", "Row " + std::to_string(i)}, {"from", "2026-01-01"}})));
            break;
        case 2:
            if (!addresses.empty())
                keep(w.edits(id, *rc::gen::elementOf(addresses), "address", "where", {{"lines", "Edit " + std::to_string(i)}}));
            break;
        case 3:
            if (one.device.hat.agency == "police")
                items.push_back(keep(w.creates(id, "intel", "handling", {{"sharing", *rc::gen::element<std::string>("nothing", "pointer", "full")}})));
            break;
        case 4:
            if (!items.empty())
                keep(w.edits(id, *rc::gen::elementOf(items), "intel", "handling", {{"sharing", *rc::gen::element<std::string>("nothing", "pointer", "full")}}));
            break;
        case 5:
            if (!items.empty())
                keep(w.edits(id, *rc::gen::elementOf(items), "intel", "content", {{"body", "body " + std::to_string(i)}}));
            break;
        case 6:
            if (!one.device.unsent.empty())
                w.push(one.device);
            break;
        case 7:  // the receipt is lost: the device will push the same again
            if (!one.device.unsent.empty())
                must(w.offer(one.device, w.packed(one.device)));
            break;
        case 8:
            pull(one);
            break;
        default:  // the pages are lost
            pages_for(w, one.device);
            break;
        }
    }
    for (int round = 0; round < 2; ++round)
        for (auto& one : all) {
            if (!one->device.unsent.empty())
                w.push(one->device);
            pull(*one);
        }
    std::size_t saved = 0;
    for (const auto& one : all)
        saved += one->saved.size();
    std::map<Digest, int> kept;
    const auto view = must(w.store().view());
    must(view->entries(Position{}, [&](const EntryRow& row) -> Result<bool> {
        RC_ASSERT(row.kind != EntryKind::fork && row.kind != EntryKind::held);
        return true;
    }));
    must(view->all_batches([&](const BatchRow& batch) -> Result<bool> {
        for (const auto& digest : batch.digests)
            kept.try_emplace(digest, 0);
        return true;
    }));
    RC_ASSERT(must(w.service().status()).counts.changesets == saved);
    for (const auto& one : all)
        for (const auto& digest : one->saved)
            RC_ASSERT(kept.contains(digest));
    const auto policy = w.service().policy();
    for (const auto& one : all) {
        for (const auto& id : {case_a, case_b}) {
            const auto whole = hub_state(w, id);
            const auto expected = folded_for(w, id, whole, {one->device.credential, {one->device.hat}});
            const auto& folded = one->reading->states[id];
            RC_ASSERT(folded.facts == expected.facts);
            RC_ASSERT(folded.tasks == expected.tasks);
            RC_ASSERT(folded.records == expected.records);
            // What everybody on the case may see is the hub's own state.
            for (const auto& [record, state] : whole.records)
                if (state.type != schema::type_id("intel"))
                    RC_ASSERT(folded.records.contains(record) && folded.records.at(record) == state);
        }
    }
}

TEST(BatchTreesTest, EveryReaderOfABatchGetsItsOneTree)
{
    BatchTrees trees;
    const Digest secret{1};
    const auto of = [&](std::int64_t no) { return std::vector<Digest>{Digest{static_cast<std::uint8_t>(no)}, Digest{9, 9}}; };
    const auto first = trees.of(BatchNo{1}, secret, of(1));
    EXPECT_EQ(first->root(), crypto::BatchTree(secret, of(1)).root());
    EXPECT_EQ(trees.of(BatchNo{1}, secret, of(1)), first);
    EXPECT_NE(trees.of(BatchNo{2}, secret, of(2))->root(), first->root());
    for (std::int64_t no = 3; no < 100; ++no)
        EXPECT_EQ(trees.of(BatchNo{no}, secret, of(no))->root(), crypto::BatchTree(secret, of(no)).root());
    const auto again = trees.of(BatchNo{1}, secret, of(1));
    EXPECT_NE(again, first) << "what was kept has a bound";
    EXPECT_EQ(again->root(), first->root());
}

}  // namespace
}  // namespace satchel::test
