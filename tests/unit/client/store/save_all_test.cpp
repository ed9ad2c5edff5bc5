// Several actions at once, and forecasts of what would become of them.
#include "tests/unit/client/device_fixture.hpp"

namespace satchel::client::test {
namespace {

using How = Typed::How;

class SaveAll : public DeviceTest {
protected:
    Draft note(const std::string& text)
    {
        return draft(*compose(canvas("note"), std::vector<Typed>{{How::set, "text", text}}));
    }
};

TEST_F(SaveAll, AllAreSavedInOneChain)
{
    pull();
    const auto saved = store().save_all(std::vector{note("one"), note("two"), note("three")});
    ASSERT_EQ(outcome(saved), "ok");
    ASSERT_EQ(saved->size(), 3u);
    EXPECT_EQ(store().outbox()->size(), 3u);
    EXPECT_EQ(value(saved->at(2).record, "text"), "three");
    EXPECT_TRUE(store().health()->chain_sound);
    reopen();
    EXPECT_EQ(store().outbox()->size(), 3u);
    sync();
    expect_same_as_hub();
}

TEST_F(SaveAll, WhenOneCannotBeSavedNoneIs)
{
    pull();
    auto wrong = note("two");
    wrong.parts.clear();
    EXPECT_NE(outcome(store().save_all(std::vector{note("one"), wrong})), "ok");
    EXPECT_TRUE(store().outbox()->empty());
    EXPECT_EQ(store().chain().sequence, 0u);
    EXPECT_EQ(outcome(store().save_all(std::vector{note("one")})), "ok");
    EXPECT_TRUE(store().health()->chain_sound);
}

TEST_F(SaveAll, AForecastSavesNothing)
{
    pull();
    const auto told = store().forecast(std::vector{note("one"), note("two")});
    ASSERT_EQ(outcome(told), "ok");
    EXPECT_EQ(told->at(0).changesets.at(0).forecast.at(0).outcome, Outcome::applied);
    EXPECT_TRUE(store().outbox()->empty());
    EXPECT_TRUE(store().shown(hub.state.id)->records.empty());
    const auto saved = store().save(note("one"));
    ASSERT_EQ(outcome(saved), "ok");
    EXPECT_EQ(saved->changesets[0].sequence, 1u);
    EXPECT_TRUE(store().health()->chain_sound);
}

TEST_F(SaveAll, TheNewestReceiptIsKept)
{
    pull();
    EXPECT_FALSE(store().last_receipt()->has_value());
    ASSERT_EQ(outcome(store().save(note("one"))), "ok");
    push();
    ASSERT_EQ(outcome(store().save(note("two"))), "ok");
    push();
    EXPECT_EQ((*store().last_receipt())->up_to, 2u);
}

}  // namespace
}  // namespace satchel::client::test
