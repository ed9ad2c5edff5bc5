// `why`: every version with its author and ruling, losers included, each provable from what is stored.
#include "tests/unit/client/device_fixture.hpp"

namespace satchel::client::test {
namespace {

using How = Typed::How;

class History : public DeviceTest {
protected:
    std::vector<HistoryLine> why(const RecordId& record) { return *store().history(hub.state.id, record, /*prove=*/true); }
};

TEST_F(History, EveryVersionIsThereInOrderWithItsRulingAndItsFate)
{
    const auto made = hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    const auto record = made.opened.changes[0].record;
    const auto declined = hub.write("prison.omu", hub.edits(record, "address", "where", {{"lines", "2 Elm Row"}}));
    const auto accepted = hub.write("prison.omu", hub.edits(record, "address", "where", {{"lines", "3 Elm Row"}}));
    const auto settle = [&](const VersionId& item, schema::Resolution how) {
        auto c = hub.edits(record, "address", "where", {});
        c.op = schema::Op::resolve;
        c.targets = {item};
        c.resolution = how;
        c.reason = "a reason";
        ASSERT_EQ(hub.write("police.offender_manager", c).rulings[0].outcome, Outcome::applied);
    };
    settle(declined.opened.versions[0], schema::Resolution::decline);
    settle(accepted.opened.versions[0], schema::Resolution::accept);
    pull();
    ASSERT_EQ(outcome(edit(record, {{How::set, "lines", "4 Elm Row"}})), "ok");

    const auto lines = why(record);
    ASSERT_EQ(lines.size(), 6u);
    EXPECT_EQ(lines[0].ruling->outcome, Outcome::applied);
    EXPECT_EQ(lines[0].author_name, "Person of police.offender_manager");
    EXPECT_EQ(lines[0].agency, "police");
    EXPECT_EQ(lines[1].disposition, "declined");
    EXPECT_EQ(lines[2].disposition, "accepted");
    EXPECT_EQ(lines[1].base, lines[0].version);
    EXPECT_EQ(lines[3].reason, "a reason");
    EXPECT_EQ(lines[4].values, lines[2].values) << "a decision shows what it put in the record";
    EXPECT_TRUE(lines[5].pending);
    EXPECT_EQ(lines[5].author_name, "Fictus Holder");
    EXPECT_EQ(lines[5].proof, Proof::partial);
    EXPECT_EQ(lines[5].disposition, "open");
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_EQ(lines[i].proof, Proof::valid) << i;
    sync();
    EXPECT_EQ(why(record).back().proof, Proof::valid);
    EXPECT_FALSE(why(record).back().pending);
}

TEST_F(History, AnAlteredEntryIsFoundOut)
{
    const auto made = hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    const auto record = made.opened.changes[0].record;
    hub.write("police.offender_manager", hub.edits(record, "address", "where", {{"lines", "2 Elm Row"}}));
    pull();
    store_.reset();
    {
        auto database = *crypto::Database::open(path_, key_);
        ASSERT_EQ(outcome(database.exec_script(
                      "UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), '2 Elm Row', '9 Oak Row') AS BLOB) "
                      "WHERE kind = 1 AND instr(body, CAST('2 Elm Row' AS BLOB)) > 0")),
                  "ok");
        ASSERT_EQ(database.changes(), 1);
    }
    reopen();
    const auto lines = why(record);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].proof, Proof::valid);
    EXPECT_EQ(lines[1].proof, Proof::invalid);
}

TEST_F(History, TheOperatorsSignatureProvesTheOperatorOnly)
{
    auto& who = hub.person("police.offender_manager");
    who.record = hub.sign_record(who.credential, who.user, "police", who.key.public_key(), "Somebody", /*operator=*/true);
    const auto made = hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    pull();
    EXPECT_EQ(why(made.opened.changes[0].record)[0].proof, Proof::hub_operator);
}

TEST_F(History, AnAgencyVouchesForNobodyElsesHat)
{
    auto& who = hub.person("police.offender_manager");
    who.hat = {"prison", "team", "prison.omu"}; // says it writes for the prison; its record is the police's
    const auto made = hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    pull();
    EXPECT_EQ(why(made.opened.changes[0].record)[0].proof, Proof::partial);
}

TEST_F(History, WhatTheSystemWroteSaysSo)
{
    const auto made = hub.write("prison.omu", hub.creates("level", "decision", {{"level", "3"}, {"rationale", "worried"}}));
    ASSERT_EQ(made.rulings[0].outcome, Outcome::refused);
    pull();
    const auto all = *store().history(hub.state.id, RecordId{}, /*prove=*/true);
    bool system = false;
    for (const auto& line : all)
        if (line.author.empty()) {
            system = true;
            EXPECT_EQ(line.proof, Proof::hub_operator);
            EXPECT_EQ(line.agency, "prison") << "the attested author";
            EXPECT_FALSE(line.ruling->rule.empty());
        }
    EXPECT_TRUE(system) << "the concern that was kept instead";
}

TEST_F(History, TheLastLookMovesForwardOnlyWhenAsked)
{
    hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    pull();
    EXPECT_EQ(store().changes_since_last_look(/*mark=*/false)->size(), 1u);
    EXPECT_EQ(store().changes_since_last_look(/*mark=*/true)->size(), 1u);
    EXPECT_TRUE(store().changes_since_last_look(/*mark=*/true)->empty());
    hub.write("police.offender_manager", hub.creates("leaflet", "body", {{"text", "new"}}));
    ASSERT_EQ(outcome(record_new("note", {{How::set, "text", "own work is no news"}})), "ok");
    sync();
    EXPECT_EQ(store().changes_since_last_look(/*mark=*/true)->size(), 1u);
}

TEST_F(History, NothingNewIsMissedBecauseTheHubsClockStoodStillOrWentBack)
{
    hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
    pull();
    EXPECT_EQ(store().changes_since_last_look(/*mark=*/true)->size(), 1u);
    hub.received_at.ms -= 3'600'000;
    hub.write("police.offender_manager", hub.creates("leaflet", "body", {{"text", "new"}}));
    pull();
    EXPECT_EQ(store().changes_since_last_look(/*mark=*/true)->size(), 1u);
    EXPECT_TRUE(store().changes_since_last_look(/*mark=*/true)->empty());
}

TEST_F(History, SearchFindsConfirmedSuggestedAndPendingWords)
{
    const auto made = hub.write("police.offender_manager", hub.creates("leaflet", "body", {{"text", "Blue caravan"}}));
    hub.write("police.offender_manager", hub.creates("intel", "notice", {{"text", "grey van"}}));
    pull();
    ASSERT_EQ(outcome(record_new("note", {{How::set, "text", "Spotted a naïve caravan \"quoted\""}})), "ok");
    EXPECT_EQ(store().search("caravan")->size(), 2u);
    EXPECT_EQ(store().search("CARA")->size(), 2u) << "the last word may be a beginning";
    EXPECT_EQ(store().search("blue caravan")->size(), 1u);
    EXPECT_EQ(store().search("naive")->size(), 1u) << "accents do not matter";
    EXPECT_EQ(store().search("\"quoted\" OR NOT (")->size(), 0u) << "no search language: only words";
    EXPECT_EQ(outcome(store().search("   ")).substr(0, 16), "invalid_argument");
    EXPECT_EQ(outcome(store().search("bell \a")).substr(0, 16), "invalid_argument");
    hub.write("police.offender_manager", hub.edits(made.opened.changes[0].record, "leaflet", "body", {{"text", "Green tent"}}));
    sync();
    EXPECT_EQ(store().search("blue")->size(), 0u);
    EXPECT_EQ(store().search("tent")->size(), 1u);
}

}  // namespace
}  // namespace satchel::client::test
