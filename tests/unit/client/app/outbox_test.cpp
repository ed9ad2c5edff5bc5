// Work on its way, cases that come and go, and what the device says of itself meanwhile.
#include "crypto/sealed.hpp"
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

class Outbox : public AppTest {
protected:
    explicit Outbox(const std::string& role = "probation.practitioner") : AppTest(role) {}

    std::vector<Json> outbox()
    {
        const auto listed = run({"outbox", "list"});
        const auto items = listed.at("items").items();
        return {items.begin(), items.end()};
    }
    void bar_the_case()
    {
        const auto handler = crypto::SealingKey::generate(hub.random);
        sync::BarredCase barred;
        barred.case_id = hub.state.id;
        barred.handler_role = "coordination.coordinator";
        const auto key = handler.public_key();
        barred.handler_key.assign(key.view().begin(), key.view().end());
        ASSERT_EQ(client::test::outcome(store().bar_case(barred, clock.now(), hub.random)), "ok");
    }
    void connected() { ASSERT_TRUE(store().set_hub(sync::Epoch{1}, clock.now())); }
    void altered(const std::string& statement)
    {
        store_.reset();
        {
            auto database = *crypto::Database::open(path_, key_);
            ASSERT_EQ(crypto::outcome(database.exec_script(statement)), "ok");
        }
        reopen();
    }
    Json status() { return run({"sync", "status"}).json; }
};
class OutboxOfPolice : public Outbox {
protected:
    OutboxOfPolice() : Outbox("police.offender_manager") {}
};
class OutboxOfPrison : public Outbox {
protected:
    OutboxOfPrison() : Outbox("prison.omu") {}
};

// --- Own work -----------------------------------------------------------------------------------------------------

TEST_F(Outbox, WorkOnABarredCaseIsHeldAndNotReadableHere)
{
    probation_leads();
    connected();
    run(new_record("note", {"--set", "text=Sensitive words"}));
    bar_the_case();
    const auto items = outbox();
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].at("state").text(), "sealed");
    EXPECT_EQ(items[0].at("words").text(), "Held, not in the record");
    EXPECT_TRUE(items[0].at("case").is_null());
    EXPECT_TRUE(items[0].at("changes").items().empty());
    EXPECT_EQ(status().at("outbox").integer(), 1) << "the handler has not had it yet";
    EXPECT_EQ(status().at("state").text(), "waiting");
    EXPECT_TRUE(status().at("since").is_null()) << "when it was saved has left with its case";
    const auto attention = run({"attention", "list"});
    ASSERT_EQ(attention.at("items").items().size(), 1u);
    const auto& item = attention.at("items").items()[0];
    EXPECT_EQ(item.at("kind").text(), "access_removed");
    for (const char* key : {"id", "record", "type", "field"})
        EXPECT_TRUE(item.at(key).is_null()) << key;
    EXPECT_EQ(item.find("fields"), nullptr);
    push();
    EXPECT_TRUE(outbox().empty());
    EXPECT_EQ(status().at("state").text(), "up_to_date");
}

// Nobody will tell this device what became of it.
TEST_F(Outbox, WorkOfACaseThatHasMovedAwayIsNotListedAsComing)
{
    probation_leads();
    connected();
    run(new_record("note", {"--set", "text=x"}));
    push();
    EXPECT_EQ(outbox().size(), 1u);
    EXPECT_EQ(status().at("state").text(), "received");
    sync::Remove remove;
    remove.case_id = hub.state.id;
    remove.because = "moved";
    ASSERT_EQ(client::test::outcome(store().purge_case(remove, clock.now())), "ok");
    EXPECT_TRUE(outbox().empty());
    EXPECT_EQ(status().at("state").text(), "up_to_date");
}

TEST_F(OutboxOfPrison, WhatWillBeKeptInAnotherPlaceIsSaidInTheOutbox)
{
    probation_leads();
    const auto level =
        hub.write("probation.practitioner", hub.creates("level", "decision", {{"level", "1"}, {"rationale", "r"}}));
    pull();
    run({"record", "edit", to_string(level.opened.changes[0].record), "--set", "level=3", "--set",
         "rationale=Threats"});
    const auto items = outbox();
    const auto& change = items.at(0).at("changes").items().at(0);
    EXPECT_EQ(change.at("type").text(), "level");
    EXPECT_EQ(change.at("fields").at("rationale").text(), "Threats");
    EXPECT_EQ(change.at("forecast").at("outcome").text(), "refused");
    EXPECT_EQ(change.at("forecast").at("instead").text(), "concern");
}

TEST_F(OutboxOfPolice, ASettledTaskIsOfNoRecord)
{
    probation_leads();
    hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    pull();
    const auto task = run({"task", "list"}).at("tasks").items().at(0).at("id").text();
    run({"task", "ack", task, "--reason", "On it"});
    const auto items = outbox();
    ASSERT_EQ(items.size(), 1u);
    const auto& change = items[0].at("changes").items().at(0);
    EXPECT_TRUE(change.at("record").is_null());
    EXPECT_EQ(change.at("type").text(), "address");
    EXPECT_EQ(change.at("forecast").at("outcome").text(), "applied");
}

TEST_F(Outbox, WhatWaitsLongestSaysSinceWhen)
{
    probation_leads();
    connected();
    const Instant earlier{clock.now().ms - 3'600'000};
    ASSERT_EQ(client::test::outcome(record_new("note", {{Typed::How::set, "text", "now"}})), "ok");
    const auto parts = compose(canvas("note"), std::vector<Typed>{{Typed::How::set, "text", "before"}});
    ASSERT_EQ(client::test::outcome(store().save(draft(*parts, earlier))), "ok");
    EXPECT_EQ(status().at("since").text(), to_string(earlier)) << "the clock was put back in between";
}

// --- Tasks --------------------------------------------------------------------------------------------------------

TEST_F(OutboxOfPolice, WhoIsBehindATaskIsToldWhenTheRecordHasMovedOn)
{
    probation_leads();
    const auto first =
        hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    const auto id = first.opened.changes[0].record;
    for (const char* lines : {"2 Invented Row", "3 Invented Row", "4 Invented Row"})
        hub.write("probation.practitioner", hub.edits(id, "address", "where", {{"lines", lines}}));
    pull();
    const auto all = run({"task", "list", "--all"});
    ASSERT_GE(all.at("tasks").items().size(), 4u) << all.text();
    for (const auto& task : all.at("tasks").items())
        EXPECT_EQ(task.at("reason").text(), "Address, by Person of probation.practitioner (Probation)");
}

TEST_F(Outbox, ALaterReviewReplacesTheTaskOfTheOneBefore)
{
    probation_leads();
    hub.write("probation.practitioner", hub.creates("review", "held", {{"held_on", "2026-01-15"}}));
    hub.write("probation.practitioner", hub.creates("review", "held", {{"held_on", "2026-03-20"}}));
    pull();
    const auto open = run({"task", "list"});
    ASSERT_EQ(open.at("tasks").items().size(), 1u) << open.text();
    EXPECT_EQ(open.at("tasks").items()[0].at("due").text(), "2026-09-20");
    std::vector<std::string> states;
    const auto all = run({"task", "list", "--all"});
    for (const auto& task : all.at("tasks").items())
        if (task.at("task").text() == "Level 1 review")
            states.push_back(task.at("due").text() + " " + task.at("state").text());
    std::sort(states.begin(), states.end());
    EXPECT_EQ(states, (std::vector<std::string>{"2026-07-15 superseded", "2026-09-20 open"}));
}

// --- Cases --------------------------------------------------------------------------------------------------------

TEST_F(Outbox, ACaseThatIsNotAllHereIsMarked)
{
    probation_leads();
    connected();
    auto other = another_case();
    load(other, /*more=*/true);
    EXPECT_EQ(status().at("state").text(), "loading");
    const auto cases = run({"case", "list"});
    ASSERT_EQ(cases.at("cases").items().size(), 2u);
    for (const auto& one : cases.at("cases").items())
        EXPECT_EQ(one.find("partial") != nullptr, one.at("case").text() == to_string(other.state.id));
}

TEST_F(Outbox, TwoRecordsOfOneCaseAreFoundApart)
{
    probation_leads();
    run(new_record("note", {"--set", "text=A yellow bicycle"}));
    run(new_record("note", {"--set", "text=The bicycle again"}));
    const auto found = run({"search", "bicycle"});
    ASSERT_EQ(found.at("hits").items().size(), 2u);
    EXPECT_NE(found.at("hits").items()[0].at("record").text(), found.at("hits").items()[1].at("record").text());
    for (const auto& hit : found.at("hits").items()) {
        EXPECT_EQ(hit.at("case").text(), case_id());
        EXPECT_EQ(hit.at("type").text(), "note");
    }
}

// --- The doctor ---------------------------------------------------------------------------------------------------

TEST_F(Outbox, TheDoctorFindsAnAlteredEntry)
{
    hub.write("police.offender_manager", hub.creates("note", "what", {{"text", "Seen in town"}}));
    pull();
    altered("UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), 'Seen in town', 'Seen in jail') AS BLOB) "
            "WHERE kind = 1 AND instr(body, CAST('Seen in town' AS BLOB)) > 0");
    const auto told = run({"device", "doctor"});
    EXPECT_EQ(told.exit, static_cast<int>(console::Exit::integrity));
    EXPECT_FALSE(told.at("ok").boolean());
    const auto& check = told.at("checks").items().at(2);
    EXPECT_FALSE(check.at("holds").boolean());
    EXPECT_NE(check.at("found").text().find(", 1 do not fit"), std::string::npos) << check.at("found").text();
    EXPECT_TRUE(told.at("checks").items().at(1).at("holds").boolean());
}

TEST_F(Outbox, TheDoctorFindsAGapInTheUsersOwnWork)
{
    probation_leads();
    for (const char* text : {"one", "two", "three"})
        run(new_record("note", {"--set", std::string("text=") + text}));
    push();
    sync::Remove remove;
    remove.case_id = hub.state.id;
    remove.because = "moved";
    ASSERT_EQ(client::test::outcome(store().purge_case(remove, clock.now())), "ok");
    EXPECT_EQ(run({"device", "doctor"}).exit, 0) << "numbers and digests stay when their case has left";
    altered("DELETE FROM own WHERE own_no = (SELECT min(own_no) FROM own)");
    const auto told = run({"device", "doctor"});
    EXPECT_EQ(told.exit, static_cast<int>(console::Exit::integrity)) << told.text();
    EXPECT_FALSE(told.at("checks").items().at(1).at("holds").boolean());
}

}  // namespace
}  // namespace satchel::client::app
