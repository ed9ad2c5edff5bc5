// A store or a hub that was restored: nothing that was saved is lost, and nothing is done twice.
#include "tests/unit/client/device_fixture.hpp"

namespace satchel::client::test {
namespace {

using How = Typed::How;

class Restore : public DeviceTest {
protected:
    Restore() : DeviceTest("police.offender_manager") {}

    void new_incarnation()
    {
        Bytes salt(32);
        hub.random.fill(salt);
        ASSERT_EQ(outcome(store().begin_incarnation(random_id<IncarnationId>(hub.random), salt)), "ok");
    }
    // It still holds our chain up to `held`, and signs for that.
    void hub_is_restored(std::uint64_t held)
    {
        ASSERT_EQ(outcome(store().hub_restored(hub.epoch)), "ok");
        EXPECT_EQ(*store().waiting(), store().chain().sequence) << "old receipts are worth nothing";
        const auto points = *store().chain_points({1, store().chain().incarnation, 1, held});
        const auto receipt = hub.receipt_for(store(), held, points.back().digest);
        ASSERT_EQ(outcome(store().accept_receipt(receipt, /*asked_for=*/true)), "ok");
    }
    // A restored hub does not know the cursor that this device names: it sends the case from its start.
    void load_anew()
    {
        auto anew = hub.page(store().identity().credential, 0);
        anew.reset = true;
        anew.cursor = store().cursors()->at(0).cursor + 1;
        ASSERT_EQ(outcome(apply(anew)), "ok");
        pulled_ = hub.log.size();
    }
    std::string copy() const { return path_ + ".copy"; }
    void keep_a_copy()
    {
        store_.reset();
        std::filesystem::copy_file(path_, copy(), std::filesystem::copy_options::overwrite_existing);
        reopen();
    }
    void put_the_copy_back()
    {
        store_.reset();
        std::filesystem::remove(path_ + "-wal");
        std::filesystem::copy_file(copy(), path_, std::filesystem::copy_options::overwrite_existing);
        reopen();
    }
};

TEST_F(Restore, WhatIsWrittenAgainIsFoundOnceUnderTheIdThatItHas)
{
    pull();
    ASSERT_EQ(outcome(record_new("note", {{How::set, "text", "A yellow bicycle"}})), "ok");
    ASSERT_EQ(store().search("bicycle")->size(), 1u);
    new_incarnation();
    ASSERT_EQ(*store().rewrite_unsent(), 1u);
    const auto hits = *store().search("bicycle");
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_TRUE(store().case_of(hits.front().record).has_value());
}

TEST_F(Restore, AReceiptForMoreThanThereIsChangesNothing)
{
    pull();
    const auto saved = *record_new("note", {{How::set, "text", "kept"}});
    auto receipt = hub.receipt_for(store(), 1, saved.changesets.front().opened.digest);
    receipt.up_to += std::uint64_t{1} << 40; // the number of a row has room for so many
    EXPECT_NE(outcome(store().accept_receipt(receipt)), "ok");
    reopen();
    EXPECT_EQ(*store().waiting(), 1u);
}

TEST_F(Restore, ARestoredStoreFetchesItsAcknowledgedWorkBack)
{
    pull();
    ASSERT_EQ(outcome(record_new("address", {{How::set, "lines", "1 Elm Row"}})), "ok");
    keep_a_copy();
    const auto seen = pulled_;
    const auto lost = *record_new("address", {{How::set, "lines", "2 Elm Row"}});
    sync();
    put_the_copy_back();
    pulled_ = seen;
    ASSERT_EQ(store().outbox()->size(), 1u);
    const auto first = store().chain().incarnation;
    new_incarnation();
    EXPECT_EQ(store().outbox()->at(0).state, WorkState::saved) << "nobody signed for it yet";
    auto whole = hub.page(store().identity().credential, pulled_, /*whole=*/true);
    whole.authors.push_back(store().identity().self);
    ASSERT_EQ(outcome(apply(whole)), "ok");
    EXPECT_EQ(store().outbox()->at(0).state, WorkState::saved) << "a page is not a receipt";
    auto receipt = hub.receipt_for(store(), 1, store().outbox()->at(0).digest);
    receipt.incarnation = first;
    ASSERT_EQ(outcome(store().accept_receipt(receipt, /*asked_for=*/true)), "ok");
    EXPECT_EQ(*store().rewrite_unsent(), 0u) << "the hub had everything";
    expect_same_as_hub();
    EXPECT_EQ(value(lost.record, "lines"), "2 Elm Row");
    EXPECT_TRUE(store().outbox()->empty());
}

TEST_F(Restore, AForkedStoreWritesItsUnsentWorkAgainUnderItsNewChain)
{
    pull();
    keep_a_copy();
    const auto seen = pulled_;
    ASSERT_EQ(outcome(record_new("address", {{How::set, "lines", "1 Elm Row"}})), "ok");
    sync();
    put_the_copy_back();
    pulled_ = seen;
    // The clone does not know of it and goes on: same number, other content, and later work that builds on it.
    const auto made = *record_new("address", {{How::set, "lines", "5 Ash Court"}});
    const auto edited = *edit(made.record, {{How::set, "lines", "6 Ash Court"}});
    const auto plan = *record_new("trigger_plan", {{How::set, "cites", to_string(made.record)}, {How::set, "text", "watch"}});

    new_incarnation();
    auto whole = hub.page(store().identity().credential, pulled_, /*whole=*/true);
    whole.authors.push_back(store().identity().self);
    ASSERT_EQ(outcome(apply(whole)), "ok");
    pulled_ = hub.log.size();
    EXPECT_EQ(*store().rewrite_unsent(), 3u);
    EXPECT_EQ(*store().rewrite_unsent(), 0u) << "once";
    EXPECT_EQ(store().chain().sequence, 3u);
    EXPECT_TRUE(store().health()->chain_sound);

    const auto work = *store().outbox();
    ASSERT_EQ(work.size(), 3u);
    const auto first = *sync::open(*work[0].body);
    const auto second = *sync::open(*work[1].body);
    const auto third = *sync::open(*work[2].body);
    EXPECT_EQ(first.header.was, made.changesets[0].opened.id);
    EXPECT_EQ(second.header.was, edited.changesets[0].opened.id);
    EXPECT_NE(first.changes[0].record, made.record);
    EXPECT_EQ(second.changes[0].record, first.changes[0].record) << "later work follows the record's new id";
    EXPECT_EQ(second.changes[0].base, first.versions[0]);
    const auto* cites = schema::find(third.changes[0].values, MiniHub::policy()
                                                                  .type(std::string_view("trigger_plan"))
                                                                  ->group_of_field("cites")
                                                                  ->field(std::string_view("cites"))
                                                                  ->id);
    EXPECT_EQ(std::get<schema::Ref>(*cites).record, first.changes[0].record);
    sync();
    expect_same_as_hub();
    EXPECT_EQ(value(first.changes[0].record, "lines"), "6 Ash Court");
    EXPECT_EQ(hub.state.records.size(), 3u) << "both copies' work is there, each once";
    EXPECT_TRUE(store().outbox()->empty());
}

TEST_F(Restore, ARestoredHubIsOfferedAgainWhatItLost)
{
    pull();
    ASSERT_EQ(outcome(record_new("address", {{How::set, "lines", "1 Elm Row"}})), "ok");
    sync();
    const auto log = hub.log.size();
    const auto state = hub.state;
    const auto lost = *record_new("address", {{How::set, "lines", "2 Elm Row"}});
    sync();
    // The hub goes back to its backup.
    hub.log.resize(log);
    hub.state = state;
    hub.epoch[0] = 2;
    hub_is_restored(1);
    EXPECT_EQ(value(lost.record, "lines"), "2 Elm Row") << "absence at the hub is never a delete";
    ASSERT_EQ(*store().waiting(), 1u);
    const auto again = store().to_push(1, 10, 1 << 20);
    EXPECT_EQ(again->at(0).digest, lost.changesets[0].opened.digest) << "the same changeset, not another one";
    push();
    load_anew();
    expect_same_as_hub();
    EXPECT_EQ(value(lost.record, "lines"), "2 Elm Row");
    EXPECT_TRUE(store().outbox()->empty());
    const auto items = *store().attention();
    for (const auto& item : items)
        EXPECT_EQ(item.kind, "view_changed") << "the ruling is what it was";
}

TEST_F(Restore, WhereARulingDiffersItsAuthorIsTold)
{
    pull();
    const auto made = *record_new("address", {{How::set, "lines", "1 Elm Row"}});
    sync();
    const auto log = hub.log.size();
    const auto state = hub.state;
    ASSERT_EQ(outcome(edit(made.record, {{How::set, "lines", "2 Elm Row"}})), "ok");
    sync();
    hub.log.resize(log);
    hub.state = state;
    hub.epoch[0] = 2;
    // Before the device is back, a colleague has changed the same thing.
    hub.write("police.offender_manager", hub.edits(made.record, "address", "where", {{"lines", "8 Oak Lane"}}));
    hub_is_restored(1);
    push();
    load_anew();
    expect_same_as_hub();
    bool told = false;
    const auto items = *store().attention();
    for (const auto& item : items)
        told = told || item.kind == "ruling_changed";
    EXPECT_TRUE(told);
}

TEST_F(Restore, AWrongKeyOpensNothing)
{
    store_.reset();
    const auto other = crypto::SecretBytes::random(hub.random, crypto::store_key_bytes);
    EXPECT_EQ(outcome(DeviceStore::open(path_, other)).substr(0, 9), "wrong_key");
    EXPECT_EQ(outcome(DeviceStore::open(path_ + "x", key_)).substr(0, 9), "not_found");
    reopen();
    StoreOptions hurry;
    hurry.busy_timeout_ms = 50;
    EXPECT_EQ(outcome(DeviceStore::open(path_, key_, hurry)).substr(0, 4), "busy");
    auto enrolled = hub.enrol(role_);
    store_.reset();
    EXPECT_EQ(outcome(DeviceStore::create(path_, key_, enrolled.identity, enrolled.chain, {})).substr(0, 9), "duplicate")
        << "a store is never overwritten";
}

}  // namespace
}  // namespace satchel::client::test
