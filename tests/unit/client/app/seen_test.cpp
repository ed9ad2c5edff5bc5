// What an author says that they looked at, where the record has moved on since: versions that only the history knows.
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

class Seen : public AppTest {
protected:
    explicit Seen(const std::string& role = "probation.practitioner") : AppTest(role) {}

    // An address of probation's that police would have otherwise.
    void an_address_with_a_suggestion()
    {
        probation_leads();
        const auto first =
            hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
        address = first.opened.changes[0].record;
        hub.write("police.offender_manager",
                  hub.edits(address, "address", "where", {{"lines", "5 Nowhere Court"}, {"from", "2026-02-02"}}));
        pull();
        item = waiting("suggestion").at(0).at("id").text();
    }
    std::string decided_version()
    {
        sync();
        return record(to_string(address)).at("version").text();
    }
    // Two more values: the version before the last but one is in the history only.
    void time_goes_by()
    {
        for (const char* lines : {"8 Fictional Mews", "9 Imaginary Lane"})
            hub.write("probation.practitioner", hub.edits(address, "address", "where", {{"lines", lines}}));
        pull();
    }
    std::string last_of_history()
    {
        const auto history = run({"record", "history", to_string(address)});
        return history.at("versions").items().back().at("version").text();
    }
    Told edit_on(const std::string& version)
    {
        return run({"record", "edit", to_string(address), "--seen", version, "--set", "to=2026-04-01"});
    }
    // The second side of the conflict that an edit made.
    Json typed_side() { return waiting("conflict").at(0).at("sides").items().at(1).at("value"); }

    RecordId address;
    std::string item;
};
class SeenByPolice : public Seen {
protected:
    SeenByPolice() : Seen("police.offender_manager") {}
};

TEST_F(Seen, AnAcceptedValueIsWhatItsReaderSaw)
{
    an_address_with_a_suggestion();
    run({"suggestion", "accept", item, "--reason", "Checked"});
    const auto seen = decided_version();
    time_goes_by();
    const auto saved = edit_on(seen);
    EXPECT_EQ(saved.at("forecast").items().at(0).at("outcome").text(), "conflict") << saved.text();
    EXPECT_EQ(typed_side().at("lines").text(), "5 Nowhere Court");
    EXPECT_EQ(typed_side().at("from").text(), "2026-02-02");
    EXPECT_EQ(typed_side().at("to").text(), "2026-04-01");
}

TEST_F(Seen, AnAmendedValueIsWhatItsReaderSaw)
{
    an_address_with_a_suggestion();
    run({"suggestion", "amend", item, "--value", "lines=6 Nowhere Court", "--reason", "Misheard"});
    const auto seen = decided_version();
    time_goes_by();
    EXPECT_EQ(edit_on(seen).at("forecast").items().at(0).at("outcome").text(), "conflict");
    EXPECT_EQ(typed_side().at("lines").text(), "6 Nowhere Court");
    EXPECT_EQ(typed_side().at("from").text(), "2026-02-02");
}

TEST_F(Seen, AChosenVersionIsWhatItsReaderSaw)
{
    probation_leads();
    const auto first =
        hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    address = first.opened.changes[0].record;
    pull();
    run({"record", "edit", to_string(address), "--set", "lines=2 Invented Row"});
    hub.write("probation.practitioner", hub.edits(address, "address", "where", {{"lines", "3 Invented Row"}}));
    sync();
    item = waiting("conflict").at(0).at("id").text();
    run({"conflict", "resolve", item, "--choose", "B", "--reason", "Seen at the door"});
    const auto seen = decided_version();
    time_goes_by();
    EXPECT_EQ(edit_on(seen).at("forecast").items().at(0).at("outcome").text(), "conflict");
    EXPECT_EQ(typed_side().at("lines").text(), "2 Invented Row");
}

TEST_F(Seen, ADecisionThatLeftTheValueAloneIsNoVersionToWriteOn)
{
    an_address_with_a_suggestion();
    run({"suggestion", "decline", item, "--reason", "Not so"});
    sync();
    const auto declined = last_of_history();
    const auto told = edit_on(declined);
    EXPECT_EQ(told.exit, 2) << told.text();
    EXPECT_TRUE(told.mentions("no such version on this device that can be written on"));
    EXPECT_EQ(*store().waiting(), 0u);
}

TEST_F(Seen, SomebodyElsesSuggestionMayHaveBeenSeen)
{
    an_address_with_a_suggestion();
    const auto saved = edit_on(item);
    EXPECT_EQ(saved.exit, 0) << saved.text();
    const auto after = waiting("conflict");
    ASSERT_EQ(after.size(), 1u) << "it was not the record's value";
    EXPECT_EQ(typed_side().at("lines").text(), "5 Nowhere Court");
    EXPECT_EQ(typed_side().at("to").text(), "2026-04-01");
}

TEST_F(SeenByPolice, WhoSawTheirOwnSuggestionWritesOnIt)
{
    probation_leads();
    const auto first =
        hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    address = first.opened.changes[0].record;
    pull();
    run({"record", "edit", to_string(address), "--set", "lines=5 Nowhere Court"});
    sync();
    item = waiting("suggestion").at(0).at("id").text();
    EXPECT_EQ(edit_on(item).at("forecast").items().at(0).at("outcome").text(), "suggested");
    sync();
    const auto items = waiting("suggestion");
    ASSERT_EQ(items.size(), 1u) << "the later one replaces it";
    EXPECT_EQ(items[0].at("sides").items().at(1).at("value").at("lines").text(), "5 Nowhere Court");
    EXPECT_EQ(items[0].at("sides").items().at(1).at("value").at("to").text(), "2026-04-01");
}

TEST_F(SeenByPolice, ASuggestedRemovalIsNoVersionToWriteOn)
{
    pull();
    const auto made = run(new_record("diary", {"--add", "line=At the river"}));
    sync();
    const auto id = made.at("record").text();
    const auto record_id = *parse_id<RecordId>(id);
    auto removal = hub.creates("diary", "lines", {});
    removal.creates = false;
    removal.op = schema::Op::remove;
    removal.record = record_id;
    removal.targets = {hub.state.record(record_id)->groups.at(0).elements.at(0).id};
    const auto asked = hub.write("probation.practitioner", removal);
    ASSERT_EQ(asked.rulings.at(0).outcome, sync::Outcome::suggested);
    pull();
    const auto told = run({"record", "edit", id, "--seen", to_string(asked.opened.versions[0]), "--add", "line=Home"});
    EXPECT_EQ(told.exit, 2) << told.text();
}

TEST_F(Seen, WhoSawTheWithdrawalIsToldToRecordItAnew)
{
    probation_leads();
    const auto id = run(new_record("address", {"--set", "lines=1 Invented Row"})).at("record").text();
    address = *parse_id<RecordId>(id);
    run({"record", "withdraw", id, "--reason", "Recorded twice"});
    sync();
    const auto version = record(id).at("version").text();
    const auto told =
        run({"record", "edit", id, "--seen", version, "--seen", last_of_history(), "--set", "to=2026-04-01"});
    const auto& forecast = told.at("forecast").items().at(0);
    EXPECT_EQ(forecast.at("outcome").text(), "refused") << told.text();
    EXPECT_EQ(forecast.at("rule").text(), "withdrawn");
    EXPECT_EQ(forecast.at("say").text(),
              "The record was withdrawn before this was written. Record it anew if it stands.");
}

// Each part of a record has versions of its own.
TEST_F(SeenByPolice, OfTwoPartsBothVersionsAreNamed)
{
    pull();
    const auto id =
        run(new_record("intel", {"--set", "text=A pointer", "--set", "body=What was heard"})).at("record").text();
    sync();
    const auto groups = record(id).at("groups");
    const auto notice = groups.at("notice").at("version").text();
    const auto content = groups.at("content").at("version").text();
    for (const char* round : {"second", "third", "fourth"}) {
        run({"record", "edit", id, "--set", std::string("text=") + round, "--set", std::string("body=") + round});
        sync();
    }
    const auto half = run({"record", "edit", id, "--seen", notice, "--set", "text=x", "--set", "body=y"});
    EXPECT_EQ(half.exit, 2);
    EXPECT_TRUE(half.mentions("--seen names no version of content")) << half.text();
    const auto saved =
        run({"record", "edit", id, "--seen", notice, "--seen", content, "--set", "text=fifth", "--set", "body=fifth"});
    const auto& forecast = saved.at("forecast").items();
    ASSERT_EQ(forecast.size(), 2u) << saved.text();
    EXPECT_EQ(forecast[0].at("outcome").text(), "conflict");
    EXPECT_EQ(forecast[1].at("outcome").text(), "conflict");
}

}  // namespace
}  // namespace satchel::client::app
