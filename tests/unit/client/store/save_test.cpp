// Saving: all of it durable, or nothing of it there.
#include <sqlite3.h>

#include "crypto/sealed.hpp"
#include "schema/wire/archive.hpp"
#include "tests/unit/client/device_fixture.hpp"
#include "tests/unit/crypto/vault/fault_vfs.hpp"

namespace satchel::client::test {
namespace {

using How = Typed::How;

class Save : public DeviceTest {
protected:
    void start_on_a_faulty_disk()
    {
        store_.reset();
        std::filesystem::remove_all(directory_);
        std::filesystem::create_directory(directory_);
        enrol(vfs.name());
        pulled_ = 0;
        pull();
    }
    void TearDown() override { store_.reset(); }  // before the disk goes

    crypto::FaultVfs vfs;
};
class PoliceSave : public DeviceTest {
protected:
    PoliceSave() : DeviceTest("police.offender_manager") {}
};

TEST_F(Save, WhatWasSavedIsThereAfterACrash)
{
    pull();
    const auto saved = record_new("note", {{How::set, "text", "Called at the flat, nobody in."}});
    ASSERT_EQ(outcome(saved), "ok");
    reopen();
    const auto outbox = *store().outbox();
    ASSERT_EQ(outbox.size(), 1u);
    EXPECT_EQ(outbox[0].state, WorkState::saved);
    EXPECT_EQ(outbox[0].digest, saved->changesets[0].opened.digest);
    EXPECT_EQ(value(saved->record, "text"), "Called at the flat, nobody in.");
    EXPECT_TRUE(store().health()->chain_sound);
}

TEST_F(Save, EveryChangesetNamesTheOneBefore)
{
    pull();
    Digest before{};
    for (int i = 0; i < 5; ++i) {
        const auto saved = *record_new("note", {{How::set, "text", "note " + std::to_string(i)}});
        const auto& done = saved.changesets.at(0);
        EXPECT_EQ(done.sequence, static_cast<std::uint64_t>(i) + 1);
        const auto secret = changeset_secret(crypto::HmacKey(store().chain().salt_key), done.sequence);
        const auto row = store().to_push(done.sequence - 1, 1, 1 << 20)->at(0);
        EXPECT_EQ(row.body->secret, secret);
        const schema::Link link{store().chain().incarnation, done.sequence, before, hub.log.size()};
        EXPECT_EQ(row.body->blind, link_blind(secret, link));
        before = done.opened.digest;
    }
    EXPECT_EQ(store().chain().head, before);
}

TEST_F(Save, OnACaseThatIsNotHereNothingIsSaved)
{
    EXPECT_EQ(outcome(record_new("note", {{How::set, "text", "x"}})).substr(0, 9), "not_found");
    EXPECT_EQ(store().chain().sequence, 0u);
}

TEST_F(Save, WhatCouldNotBeSentIsRefusedNow)
{
    pull();
    std::vector<schema::Change> many(schema::changes_per_changeset_max + 1, hub.creates("note", "what", {{"text", "a"}}));
    EXPECT_EQ(outcome(store().save(draft({many}))).substr(0, 9), "too_large");
    auto long_one = hub.creates("note", "what", {{"text", "a"}});
    long_one.reason = std::string(schema::reason_bytes_max + 1, 'r');
    EXPECT_NE(outcome(store().save(draft({{long_one}}))), "ok");
    auto control = hub.creates("note", "what", {{"text", "a"}});
    control.values[0].value = std::string("bell \a");
    EXPECT_NE(outcome(store().save(draft({{control}}))), "ok");
    // A good part beside a bad one: neither is kept.
    EXPECT_NE(outcome(store().save(draft({{hub.creates("note", "what", {{"text", "good"}})}, {long_one}}))), "ok");
    EXPECT_TRUE(store().outbox()->empty());
    EXPECT_EQ(store().chain().sequence, 0u);
    EXPECT_EQ(store().shown(hub.state.id)->records.size(), 0u);
}

TEST_F(Save, ADiskThatFillsUpAtAnyWriteLeavesNothingHalfSaved)
{
    int struck = 0;
    for (long n = 1; n < 60; ++n) {
        start_on_a_faulty_disk();
        ASSERT_EQ(outcome(record_new("note", {{How::set, "text", "before"}})), "ok");
        vfs.fail_at(crypto::FaultVfs::Kind::write, n, SQLITE_FULL, /*for_good=*/true);
        const auto saved = record_new("note", {{How::set, "text", "the one that does not fit"}});
        vfs.heal();
        if (!vfs.struck()) {
            EXPECT_EQ(outcome(saved), "ok");
            break;
        }
        ++struck;
        ASSERT_FALSE(saved) << n;
        EXPECT_EQ(saved.error().code, Errc::disk_full);
        EXPECT_NE(saved.error().detail.find("what you typed is still in the form"), std::string::npos);
        EXPECT_EQ(store().outbox()->size(), 1u) << n;
        EXPECT_EQ(store().shown(hub.state.id)->records.size(), 1u) << n;
        // There is room again: the same handle goes on, and the chain has no gap.
        ASSERT_EQ(outcome(record_new("note", {{How::set, "text", "after"}})), "ok") << n;
        EXPECT_EQ(store().chain().sequence, 2u);
        EXPECT_TRUE(store().health()->chain_sound) << n;
    }
    EXPECT_GT(struck, 3) << "the fault must have met a save";
}

TEST_F(Save, CutBetweenAnyTwoStepsKeepsWhatWasAcknowledgedAndNothingByHalves)
{
    for (const auto kind : {crypto::FaultVfs::Kind::write, crypto::FaultVfs::Kind::sync}) {
        for (long n = 1; n < 60; ++n) {
            start_on_a_faulty_disk();
            vfs.fail_at(kind, n, SQLITE_IOERR, /*for_good=*/true);
            std::size_t acknowledged = 0;
            for (int i = 0; i < 4; ++i)
                acknowledged += record_new("note", {{How::set, "text", "n" + std::to_string(i)}}).has_value();
            const bool struck = vfs.struck();
            store_.reset(); // what a crash leaves
            vfs.heal();
            reopen();
            const auto kept = store().outbox()->size();
            EXPECT_GE(kept, acknowledged) << n;
            EXPECT_LE(kept, acknowledged + 1) << n; // the last one may have been durable before the failure
            EXPECT_EQ(store().chain().sequence, kept) << n;
            EXPECT_EQ(store().shown(hub.state.id)->records.size(), kept) << n;
            EXPECT_TRUE(store().health()->chain_sound) << n;
            if (!struck)
                break;
        }
    }
}

TEST_F(PoliceSave, FieldsOfDifferentAudiencesBecomeChangesetsOfTheirOwn)
{
    pull();
    const auto saved = record_new("intel", {{How::set, "text", "Ask the police offender manager."},
                                            {How::set, "sharing", "pointer"},
                                            {How::set, "body", "Seen with a fictitious associate."}});
    ASSERT_EQ(outcome(saved), "ok");
    ASSERT_EQ(saved->changesets.size(), 3u);
    for (const auto& one : saved->changesets) {
        ASSERT_EQ(one.opened.changes.size(), 1u);
        EXPECT_TRUE(one.opened.changes[0].creates);
        EXPECT_EQ(one.opened.changes[0].record, saved->record);
    }
    sync();
    const auto* record = hub.state.record(saved->record);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->groups.size(), 3u);
    EXPECT_EQ(last_.applied, 3u);
    expect_same_as_hub();
}

TEST_F(PoliceSave, ASplitActionIsSavedWholeOrNotAtAll)
{
    pull();
    auto parts = *compose(canvas("intel"), std::vector<Typed>{{How::set, "text", "pointer"}, {How::set, "body", "b"}});
    ASSERT_EQ(parts.size(), 2u);
    parts[1][0].reason = std::string(schema::reason_bytes_max + 1, 'r');
    EXPECT_NE(outcome(store().save(draft(parts))), "ok");
    reopen();
    EXPECT_TRUE(store().outbox()->empty());
    EXPECT_TRUE(store().shown(hub.state.id)->records.empty());
}

TEST_F(Save, ThreeOfflineEditsMakeOneSuggestion)
{
    const auto address = hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    const auto record = address.opened.changes[0].record;
    pull();
    for (const char* text : {"2 Elm Row", "3 Elm Row", "4 Elm Row"}) {
        const auto saved = edit(record, {{How::set, "lines", text}});
        ASSERT_EQ(outcome(saved), "ok");
        EXPECT_EQ(saved->changesets[0].forecast[0].outcome, Outcome::suggested);
    }
    const auto shown = store().shown_record(hub.state.id, record)->value();
    ASSERT_EQ(shown.groups[0].open.size(), 1u) << "one suggestion before syncing";
    sync();
    const auto* after = hub.state.record(record);
    ASSERT_EQ(after->groups[0].open.size(), 1u) << "and one at the hub";
    EXPECT_EQ(schema::to_text(after->groups[0].open[0].side.values[0].value), "4 Elm Row");
    expect_same_as_hub();
    EXPECT_EQ(last_.suggested, 3u);
    EXPECT_EQ(store().attention()->size(), 1u) << "the earlier two are settled";
}

TEST_F(Save, AnEditOfASuggestionThatTheHubHasAmendsItToo)
{
    const auto address = hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    const auto record = address.opened.changes[0].record;
    pull();
    ASSERT_EQ(outcome(edit(record, {{How::set, "lines", "2 Elm Row"}})), "ok");
    sync();
    ASSERT_EQ(outcome(edit(record, {{How::set, "from", "2026-01-01"}})), "ok");
    sync();
    const auto& open = hub.state.record(record)->groups[0].open;
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open[0].side.values.size(), 2u) << "the edit builds on what its author saw: their own suggestion";
}

TEST_F(PoliceSave, EditsOfOwnPendingWorkNeverMeetEachOther)
{
    pull();
    const auto saved = *record_new("address", {{How::set, "lines", "1 Elm Row"}});
    for (const char* text : {"2 Elm Row", "3 Elm Row"})
        ASSERT_EQ(outcome(edit(saved.record, {{How::set, "lines", text}})), "ok");
    EXPECT_EQ(value(saved.record, "lines"), "3 Elm Row");
    sync();
    EXPECT_EQ(last_.applied, 3u);
    EXPECT_TRUE(hub.state.record(saved.record)->groups[0].open.empty());
    EXPECT_EQ(value(saved.record, "lines"), "3 Elm Row");
}

TEST_F(PoliceSave, TheForecastFollowsWhatComesIn)
{
    const auto address = hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    const auto record = address.opened.changes[0].record;
    pull();
    const auto saved = *edit(record, {{How::set, "lines", "2 Elm Row"}});
    EXPECT_EQ(saved.changesets[0].forecast[0].outcome, Outcome::applied);
    hub.write("police.offender_manager", hub.edits(record, "address", "where", {{"lines", "9 Oak Lane"}}));
    pull();
    const auto outbox = *store().outbox();
    ASSERT_EQ(outbox.size(), 1u);
    EXPECT_EQ(outbox[0].outcome[0].outcome, Outcome::conflict) << "the base is no longer the present version";
    EXPECT_EQ(value(record, "lines"), "9 Oak Lane");
    sync();
    EXPECT_EQ(last_.conflict, 1u);
    expect_same_as_hub();
}

TEST_F(PoliceSave, AnEditOnASupersededBaseShownUnderOwnWorkNamesWhatLayUnderIt)
{
    const auto address = hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    const auto record = address.opened.changes[0].record;
    pull();
    const auto first = *edit(record, {{How::set, "lines", "2 Elm Row"}});
    const auto second = *edit(record, {{How::set, "lines", "3 Elm Row"}});
    const auto& change = second.changesets[0].opened.changes[0];
    EXPECT_EQ(change.base, first.changesets[0].opened.versions[0]);
    EXPECT_EQ(change.confirmed, address.opened.versions[0]);
}

// A gate asks for records that a change does not name. The device looks at those that it holds; whatever it finds is saved.
TEST_F(Save, AGateIsForecastOnTheRecordsThatAreHereAndKeepsNobodyFromSaving)
{
    pull();
    auto policy = MiniHub::policy();
    schema::Gate gate;
    gate.rule = "leaflet-first";
    gate.say = "A leaflet comes first.";
    gate.exists = schema::Asked{"leaflet", {}, {}, {}};
    for (auto& type : policy.types)
        for (auto& group : type.groups)
            if (group.id == schema::group_id("concern", "body"))
                group.gates = {gate};
    store().use_policy(std::make_shared<const schema::Policy>(policy));
    const auto without = record_new("concern", {{How::set, "text", "One"}});
    ASSERT_EQ(outcome(without), "ok");
    EXPECT_EQ(without->changesets[0].forecast[0].rule, "leaflet-first");
    ASSERT_EQ(outcome(record_new("leaflet", {{How::set, "text", "Read me"}})), "ok");
    const auto with = record_new("concern", {{How::set, "text", "Two"}});
    ASSERT_EQ(outcome(with), "ok");
    EXPECT_EQ(with->changesets[0].forecast[0].outcome, Outcome::applied) << "the leaflet of this device's own counts";
    EXPECT_EQ(store().outbox()->size(), 3u);
    const auto forecasts = [&] {
        std::string out;
        const auto waiting = *store().outbox();
        for (const auto& item : waiting)
            out += item.outcome[0].rule + "; ";
        return out;
    };
    const auto saved = forecasts();
    EXPECT_TRUE(saved.starts_with("leaflet-first; ")) << saved;
    ASSERT_EQ(outcome(store().adopt_policy({{1}, {}}, std::make_shared<const schema::Policy>(policy))), "ok");
    EXPECT_EQ(forecasts(), saved) << "judged again, in the order in which it was saved";
}

// --- Who this device is -----------------------------------------------------------------------------------------------

TEST_F(Save, AnIdentityIsReadBackInItsOneFormAlone)
{
    EXPECT_EQ(encode(store().identity()).front(), 1) << "as an older program reads it";
    ASSERT_EQ(outcome(store().set_hats(store().identity().hats, {"prison.omu", "police.offender_manager"})), "ok");
    const auto bytes = encode(store().identity());
    EXPECT_EQ(bytes.front(), 2);
    const auto again = decode_identity(bytes);
    ASSERT_EQ(outcome(again), "ok");
    EXPECT_EQ(encode(*again), bytes);

    auto in_another_order = bytes;
    const std::string_view last = "prison.omu";
    std::copy(last.begin(), last.end(), in_another_order.end() - static_cast<std::ptrdiff_t>(last.size()));
    in_another_order[in_another_order.size() - last.size()] = 'a';  // "arison.omu", behind "police…"
    EXPECT_EQ(outcome(decode_identity(in_another_order)).substr(0, 7), "corrupt");
    auto of_nobody = bytes;
    of_nobody.front() = 1;
    EXPECT_EQ(outcome(decode_identity(of_nobody)).substr(0, 7), "corrupt") << "something behind its end";
}

}  // namespace
}  // namespace satchel::client::test
