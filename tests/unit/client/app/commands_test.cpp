// What the commands of satchel answer, in the form that scripts read.
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

using Practitioner = AppTest;
class Police : public AppTest {
protected:
    Police() : AppTest("police.offender_manager") {}
};
class Prison : public AppTest {
protected:
    Prison() : AppTest("prison.omu") {}
};

// --- Mistakes -----------------------------------------------------------------------------------------------------

TEST_F(Practitioner, MistypedNamesAreAnsweredWithTheNearestAndNothingIsSaved)
{
    probation_leads();
    const auto type = run(new_record("notee", {"--set", "text=x"}));
    EXPECT_EQ(type.exit, 2);
    EXPECT_TRUE(type.mentions("did you mean \\\"note\\\"?"));
    const auto field = run(new_record("note", {"--set", "texxt=Sensitive words"}));
    EXPECT_EQ(field.exit, 2);
    EXPECT_TRUE(field.mentions("did you mean \\\"text\\\"?"));
    EXPECT_FALSE(field.mentions("Sensitive"));
    const auto choice = run(new_record("risk", {"--set", "level=hihg"}));
    EXPECT_EQ(choice.exit, 2);
    EXPECT_TRUE(choice.mentions("did you mean \\\"high\\\"?"));
    EXPECT_EQ(run({"record", "neew"}).exit, 2);
    EXPECT_EQ(store().chain().sequence, 0u);
}

TEST_F(Practitioner, WhatIsNotHereAndWhatDoesNotExistAreToldInTheSameBytes)
{
    probation_leads();
    const auto unknown = run({"case", "show", "X999999"});
    const auto other_id = run({"case", "show", to_string(random_id<CaseId>(hub.random))});
    EXPECT_EQ(unknown.exit, 1);
    EXPECT_EQ(unknown.text(), other_id.text());
    const auto record = run({"record", "show", to_string(random_id<RecordId>(hub.random))});
    EXPECT_EQ(record.exit, 1);
    EXPECT_EQ(record.text(), unknown.text());
    EXPECT_EQ(run({"why", to_string(random_id<RecordId>(hub.random)), "lines"}).text(), unknown.text());
    EXPECT_EQ(run({"suggestion", "show", to_string(random_id<VersionId>(hub.random))}).text(), unknown.text());
    EXPECT_EQ(run({"task", "done", to_string(random_id<TaskId>(hub.random))}).text(), unknown.text());
}

// In the store it stands for "any record": nobody may ask for any.
TEST_F(Practitioner, TheIdOfNothingFindsNothing)
{
    probation_leads();
    run(new_record("note", {"--set", "text=Sensitive words"}));
    const std::string nothing(26, 'a');
    const auto unknown = run({"case", "show", "X999999"}).text();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"record", "show", nothing}, {"record", "history", nothing}, {"why", nothing, "text"},
          {"record", "edit", nothing, "--set", "text=x"}, {"record", "withdraw", nothing, "--reason", "x"},
          {"suggestion", "show", nothing}, {"conflict", "comment", nothing, "--reason", "x"}, {"task", "done", nothing}}) {
        const auto told = run(words);
        EXPECT_EQ(told.exit, 1) << words[1];
        EXPECT_EQ(told.text(), unknown) << words[1];
    }
    const auto garbled = run({"record", "show", "not an id"});
    EXPECT_EQ(garbled.exit, 2);
    EXPECT_TRUE(garbled.mentions("26 characters"));
}

TEST_F(Practitioner, OfManyRecordsAllAreSavedOrNone)
{
    probation_leads();
    std::string lines;
    for (int i = 0; i < 20; ++i)
        lines += R"({"event_at":"2026-01-)" + std::string(i < 9 ? "0" : "") + std::to_string(i + 1) +
                 R"(","set":{"text":"note )" + std::to_string(i) + "\"}}\n";
    const auto wrong = run(new_record("note", {"--input", "-"}), lines + R"({"set":{"tezt":"x"}})");
    EXPECT_EQ(wrong.exit, 2);
    EXPECT_TRUE(wrong.mentions("record 21 of 21"));
    EXPECT_TRUE(wrong.mentions("did you mean \\\"text\\\"?"));
    EXPECT_EQ(store().chain().sequence, 0u);
    const auto saved = run(new_record("note", {"--input", "-"}), lines);
    EXPECT_EQ(saved.exit, 0) << saved.text();
    EXPECT_EQ(saved.at("records").items().size(), 20u);
    EXPECT_EQ(store().chain().sequence, 20u);
}

TEST_F(Practitioner, InputStandsInsteadOfOptions)
{
    probation_leads();
    EXPECT_EQ(run(new_record("note", {"--input", "-", "--set", "text=y"}), R"({"set":{"text":"x"}})").exit, 2);
}

TEST_F(Police, WhatIsRequiredToBeAppliedIsNotSavedOtherwise)
{
    probation_leads();
    const auto told = run(new_record("address", {"--set", "lines=5 Nowhere Court", "--require", "applied"}));
    EXPECT_EQ(told.exit, 7);
    EXPECT_FALSE(told.at("ok").boolean());
    EXPECT_EQ(told.at("forecast").items().at(0).at("outcome").text(), "suggested");
    EXPECT_EQ(store().chain().sequence, 0u);
    EXPECT_EQ(run(new_record("note", {"--set", "text=Seen", "--require", "applied"})).exit, 0);
}

// --- Recording ----------------------------------------------------------------------------------------------------

TEST_F(Police, TheAuthorIsToldAtOnceWhoDecides)
{
    probation_leads();
    const auto saved = run(new_record("address", {"--set", "lines=5 Nowhere Court", "--set", "from=2026-03-02"}));
    EXPECT_EQ(saved.exit, 0);
    EXPECT_EQ(saved.at("state").text(), "saved");
    const auto& forecast = saved.at("forecast").items().at(0);
    EXPECT_EQ(forecast.at("field").text(), "lines");
    EXPECT_EQ(forecast.at("outcome").text(), "suggested");
    EXPECT_EQ(forecast.at("owner").text(), "the lead agency (Probation)");
    EXPECT_EQ(forecast.at("rule").text(), "not-owner");
    EXPECT_EQ(saved.at("changesets").items().at(0).at("sequence").integer(), 1);
}

TEST_F(Practitioner, OwnWorkIsShownAsPendingUntilItIsRuled)
{
    probation_leads();
    const auto saved = run(new_record("address", {"--set", "lines=1 Invented Row", "--basis", "observed"}));
    auto found = records("address");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_TRUE(found[0].at("pending").boolean());
    EXPECT_EQ(found[0].at("fields").at("lines").text(), "1 Invented Row");
    EXPECT_EQ(run({"sync", "status"}).at("outbox").integer(), 1);
    EXPECT_EQ(run({"outbox", "list"}).at("items").items().at(0).at("words").text(), "Saved on this device");
    push();
    EXPECT_EQ(run({"outbox", "list"}).at("items").items().at(0).at("words").text(), "Received centrally");
    pull();
    found = records("address");
    EXPECT_FALSE(found.at(0).at("pending").boolean());
    EXPECT_EQ(found[0].at("created_by").at("agency").text(), "probation");
    EXPECT_EQ(run({"sync", "status"}).at("outbox").integer(), 0);
    EXPECT_TRUE(run({"outbox", "list"}).at("items").items().empty());
    const auto versions = run({"why", saved.at("record").text(), "lines"});
    EXPECT_EQ(versions.at("current").text(), "1 Invented Row");
    const auto& version = versions.at("versions").items().at(0);
    EXPECT_EQ(version.at("ruling").text(), "applied");
    EXPECT_EQ(version.at("basis").text(), "observed");
    EXPECT_EQ(version.at("author").text(), "Fictus Holder");
}

TEST_F(Practitioner, EventsAreOrderedByWhenTheyHappened)
{
    probation_leads();
    run(new_record("note", {"--set", "text=third", "--event-at", "2026-03-03"}));
    run(new_record("note", {"--set", "text=first", "--event-at", "2026-03-01"}));
    run(new_record("note", {"--set", "text=second", "--event-at", "2026-03-02"}));
    const auto notes = records("note");
    ASSERT_EQ(notes.size(), 3u);
    EXPECT_EQ(notes[0].at("fields").at("text").text(), "first");
    EXPECT_EQ(notes[2].at("fields").at("text").text(), "third");
}

TEST_F(Practitioner, EveryElementThatIsSeenCanBeRemovedAtOnce)
{
    probation_leads();
    hub.write("police.offender_manager", hub.creates("flag", "raises", {{"why", "Reported in 2024"}}));
    pull();
    const auto flag = records("flag").at(0);
    EXPECT_EQ(flag.at("fields").at("raises").items().at(0).at("why").text(), "Reported in 2024");
    EXPECT_EQ(flag.at("fields").at("raises").items().at(0).at("agency").text(), "police");
    const auto unseen = hub.write("police.offender_manager", [&] {
        auto change = hub.creates("flag", "raises", {{"why", "Call-out"}});
        change.creates = false;
        return change;
    }());
    EXPECT_EQ(unseen.rulings.at(0).outcome, sync::Outcome::applied);
    EXPECT_EQ(run({"record", "edit", flag.at("id").text(), "--remove=rises", "--reason", "Calm"}).exit, 2);
    const auto saved = run({"record", "edit", flag.at("id").text(), "--remove=raises", "--reason", "Calm visit"});
    EXPECT_EQ(saved.exit, 0) << saved.text();
    EXPECT_TRUE(records("flag").at(0).at("fields").at("raises").items().empty());
    sync();
    const auto raises = records("flag").at(0).at("fields").at("raises");
    ASSERT_EQ(raises.items().size(), 1u) << "the one that was not seen stands";
    EXPECT_EQ(raises.items()[0].at("why").text(), "Call-out");
}

TEST_F(Practitioner, WhatACaseHasOneOfIsEditedWhenItIsThere)
{
    probation_leads();
    const auto first = run(new_record("risk", {"--set", "level=low"}));
    const auto second = run(new_record("risk", {"--set", "level=high"}));
    EXPECT_EQ(first.at("record").text(), second.at("record").text());
    EXPECT_EQ(second.at("forecast").items().at(0).at("outcome").text(), "applied");
    EXPECT_EQ(records("risk").size(), 1u);
    EXPECT_EQ(
        run(new_record("risk", {"--input", "-"}), "{\"set\":{\"level\":\"low\"}}\n{\"set\":{\"level\":\"high\"}}\n")
            .exit,
        2);
}

TEST_F(Practitioner, AWithdrawnRecordIsMarkedAndStays)
{
    probation_leads();
    const auto id = run(new_record("note", {"--set", "text=On the wrong case"})).at("record").text();
    EXPECT_EQ(run({"record", "withdraw", id}).exit, 2) << "it needs a reason";
    EXPECT_EQ(run({"record", "withdraw", id, "--reason", "Wrong", "--wrong-person"}).exit, 0);
    const auto notes = records("note");
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_TRUE(notes[0].at("withdrawn").boolean());
    EXPECT_TRUE(run({"record", "history", id}).mentions("recorded on the wrong person"));
}

TEST_F(Practitioner, SeveralRolesHaveToBeTold)
{
    probation_leads();
    ASSERT_TRUE(store().set_hats(
        {{"probation", "east", "probation.practitioner"}, {"coordination", "unit", "coordination.coordinator"}}));
    const auto unclear = run(new_record("note", {"--set", "text=x"}));
    EXPECT_EQ(unclear.exit, 2);
    EXPECT_TRUE(unclear.mentions("coordination/unit/coordinator"));
    const auto told = run(new_record("note", {"--set", "text=x", "--acting-as", "coordination/unit/coordinator"}));
    EXPECT_EQ(told.exit, 0) << told.text();
    EXPECT_EQ(records("note").at(0).at("created_by").at("agency").text(), "coordination");
    EXPECT_EQ(run(new_record("note", {"--set", "text=y", "--acting-as", "probation"})).exit, 0);
    EXPECT_EQ(run(new_record("note", {"--set", "text=y", "--acting-as", "prison"})).exit, 2);
}

// --- Deciding -----------------------------------------------------------------------------------------------------

TEST_F(Practitioner, ASuggestionIsShownWithNamesAndAccepted)
{
    probation_leads();
    const auto written =
        hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "5 Nowhere Court"}}));
    pull();
    EXPECT_EQ(last_.attention, 1u);
    const auto list = run({"suggestion", "list", "--mine"});
    ASSERT_EQ(list.at("items").items().size(), 1u);
    const auto& item = list.at("items").items()[0];
    EXPECT_EQ(item.at("id").text(), to_string(written.opened.versions[0]));
    EXPECT_EQ(item.at("owner_role").text(), "probation.practitioner");
    EXPECT_EQ(item.at("sides").items().at(0).at("value").at("lines").text(), "5 Nowhere Court");
    EXPECT_EQ(item.at("sides").items().at(0).at("agency_title").text(), "Police");
    EXPECT_TRUE(run({"attention", "list"}).mentions("decide_suggestion"));
    EXPECT_EQ(run({"conflict", "show", item.at("id").text()}).exit, 1) << "it is no conflict";
    EXPECT_EQ(run({"suggestion", "accept", item.at("id").text()}).exit, 2) << "a decision needs a reason";
    const auto decided = run({"suggestion", "accept", item.at("id").text(), "--reason", "Checked"});
    EXPECT_EQ(decided.at("forecast").at("outcome").text(), "applied") << decided.text();
    sync();
    EXPECT_EQ(records("address").at(0).at("fields").at("lines").text(), "5 Nowhere Court");
    EXPECT_TRUE(run({"suggestion", "list"}).at("items").items().empty());
    const auto versions = run({"why", item.at("record").text(), "lines"});
    EXPECT_EQ(versions.at("versions").items().at(0).at("disposition").text(), "accepted");
}

// --- What somebody looked at --------------------------------------------------------------------------------------

// Between `record show` and `record edit` a run brought another value.
TEST_F(Practitioner, WhatCameInAfterTheAuthorLookedIsNotWrittenOver)
{
    probation_leads();
    const auto first =
        hub.write("probation.practitioner",
                  hub.creates("address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}}));
    pull();
    const auto record = first.opened.changes[0].record;
    const auto id = to_string(record);
    const auto shown = run({"record", "show", id}).at("record");
    const auto seen = shown.at("groups").at("where").at("version").text();
    EXPECT_EQ(shown.at("version").text(), seen);
    EXPECT_NE(program().command("record show")->plain(run({"record", "show", id}).json, {}).find(seen),
              std::string::npos);
    hub.write("probation.practitioner", hub.edits(record, "address", "where", {{"lines", "9 Imaginary Lane"}}));
    pull();
    const auto saved = run({"record", "edit", id, "--seen", seen, "--set", "lines=2 Invented Row"});
    EXPECT_EQ(saved.at("forecast").items().at(0).at("outcome").text(), "conflict") << saved.text();
    sync();
    const auto now = records("address").at(0);
    EXPECT_EQ(now.at("fields").at("lines").text(), "9 Imaginary Lane");
    const auto& side = now.at("open").items().at(0).at("sides").items().at(1);
    EXPECT_EQ(side.at("value").at("lines").text(), "2 Invented Row");
    EXPECT_EQ(side.at("value").at("from").text(), "2026-01-01") << "beside what was typed stands what was seen";
}

TEST_F(Practitioner, WhoSawWhatIsThereWritesOnIt)
{
    probation_leads();
    const auto id = run(new_record("address", {"--set", "lines=1 Invented Row"})).at("record").text();
    const auto version = [&] { return records("address").at(0).at("groups").at("where").at("version").text(); };
    EXPECT_EQ(run({"record", "edit", id, "--seen", version(), "--set", "lines=2 Invented Row"}).exit, 0);
    sync();
    const auto first = version();
    EXPECT_EQ(run({"record", "edit", id, "--seen", first, "--set", "lines=3 Invented Row"}).exit, 0);
    EXPECT_EQ(run({"record", "edit", id, "--seen", version(), "--set", "lines=4 Invented Row"}).exit, 0);
    sync();
    EXPECT_EQ(records("address").at(0).at("fields").at("lines").text(), "4 Invented Row");
    EXPECT_TRUE(run({"conflict", "list"}).at("items").items().empty());
    // Two versions back, known from the history only.
    EXPECT_EQ(run({"record", "edit", id, "--seen", first, "--set", "to=2026-04-01"})
                  .at("forecast")
                  .items()
                  .at(0)
                  .at("outcome")
                  .text(),
              "conflict");
    const auto sides = run({"conflict", "list"}).at("items").items().at(0).at("sides");
    EXPECT_EQ(sides.items().at(1).at("value").at("lines").text(), "2 Invented Row");
}

TEST_F(Practitioner, WhatWasSeenIsAVersionOfEachPartThatIsWritten)
{
    probation_leads();
    const auto id = run(new_record("address", {"--set", "lines=1 Invented Row"})).at("record").text();
    const auto note = run(new_record("note", {"--set", "text=Another record"})).at("record").text();
    const auto other = run({"record", "show", note}).at("record").at("version").text();
    for (const std::string& wrong : {other, std::string("yesterday"), to_string(random_id<VersionId>(hub.random))}) {
        const auto told = run({"record", "edit", id, "--seen", wrong, "--set", "lines=2 Invented Row"});
        EXPECT_EQ(told.exit, 2) << told.text();
    }
    EXPECT_EQ(store().chain().sequence, 2u);
    const auto blind = run({"record", "edit", id, "--seen", "none", "--set", "lines=2 Invented Row"});
    EXPECT_EQ(blind.at("forecast").items().at(0).at("outcome").text(), "conflict") << blind.text();
}

TEST_F(Practitioner, AWithdrawalThatTheAuthorHasNotSeenIsNotUndone)
{
    probation_leads();
    const auto id = run(new_record("address", {"--set", "lines=1 Invented Row"})).at("record").text();
    sync();
    const auto seen = records("address").at(0).at("version").text();
    run({"record", "withdraw", id, "--reason", "Recorded twice"});
    sync();
    ASSERT_TRUE(records("address").at(0).at("withdrawn").boolean());
    const auto saved = run({"record", "edit", id, "--seen", seen, "--set", "lines=2 Invented Row"});
    EXPECT_EQ(saved.at("forecast").items().at(0).at("rule").text(), "edited-while-withdrawn") << saved.text();
}

TEST_F(Practitioner, WhatCameInAfterTheUserLookedIsNotDecidedOver)
{
    probation_leads();
    const auto first =
        hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    const auto record = first.opened.changes[0].record;
    hub.write("police.offender_manager", hub.edits(record, "address", "where", {{"lines", "5 Nowhere Court"}}));
    pull();
    const auto item = run({"suggestion", "list"}).at("items").items().at(0);
    const auto id = item.at("id").text();
    const auto seen = item.at("sides").items().at(0).at("version").text();
    EXPECT_NE(program().command("suggestion show")->plain(run({"suggestion", "show", id}).json, {}).find(seen),
              std::string::npos);
    const auto later =
        hub.write("probation.practitioner", hub.edits(record, "address", "where", {{"lines", "9 Imaginary Lane"}}));
    pull();
    const auto late = run({"suggestion", "accept", id, "--reason", "Checked", "--seen", seen});
    EXPECT_EQ(late.exit, 7) << late.text();
    const auto now = to_string(later.opened.versions.at(0));
    EXPECT_TRUE(late.mentions(now)) << late.text();
    EXPECT_TRUE(late.mentions("Person of probation.practitioner")) << late.text();
    EXPECT_EQ(run({"suggestion", "decline", id, "--reason", "R", "--seen", "none"}).exit, 7);
    EXPECT_EQ(store().chain().sequence, 0u);
    const auto decided = run({"suggestion", "accept", id, "--reason", "Checked", "--seen", now});
    EXPECT_EQ(decided.at("forecast").at("outcome").text(), "applied") << decided.text();
}

TEST_F(Practitioner, OfTwoVersionsTheSaferIsShownUntilOneIsChosen)
{
    probation_leads();
    const auto rosh = hub.write("probation.practitioner", hub.creates("risk", "public", {{"level", "medium"}}));
    pull();
    const auto id = rosh.opened.changes[0].record;
    run({"record", "edit", to_string(id), "--set", "level=high"});
    hub.write("probation.practitioner", hub.edits(id, "risk", "public", {{"level", "low"}}));
    sync();
    const auto record = records("risk").at(0);
    EXPECT_EQ(record.at("fields").at("level").text(), "high");
    EXPECT_EQ(record.at("groups").at("public").at("stands").text(), "high");
    EXPECT_EQ(record.at("groups").at("public").at("recorded").text(), "low");
    EXPECT_EQ(run({"case", "show", case_id()}).at("prompts").at("level").text(), "high");
    const auto conflicts = run({"conflict", "list"});
    ASSERT_EQ(conflicts.at("items").items().size(), 1u);
    const auto& item = conflicts.at("items").items()[0];
    EXPECT_EQ(item.at("field").text(), "level");
    EXPECT_EQ(item.at("sides").items().at(0).at("value").text(), "low");
    EXPECT_EQ(item.at("sides").items().at(1).at("value").text(), "high");
    EXPECT_TRUE(item.at("sides").items().at(1).at("stands").boolean());
    EXPECT_EQ(run({"conflict", "resolve", item.at("id").text(), "--reason", "x"}).exit, 2) << "which?";
    EXPECT_EQ(
        run({"conflict", "resolve", item.at("id").text(), "--choose", "A", "--value", "low", "--reason", "x"}).exit, 2);
    EXPECT_EQ(run({"conflict", "comment", item.at("id").text(), "--reason", "Will ask police"}).exit, 0);
    const auto chosen =
        run({"conflict", "resolve", item.at("id").text(), "--choose", "B", "--reason", "Seen near the school"});
    EXPECT_EQ(chosen.at("forecast").at("outcome").text(), "applied") << chosen.text();
    sync();
    EXPECT_EQ(records("risk").at(0).at("fields").at("level").text(), "high");
    EXPECT_TRUE(run({"conflict", "list"}).at("items").items().empty());
    EXPECT_TRUE(run({"why", to_string(id), "level"}).mentions("\"low\"")) << "the loser stays";
}

TEST_F(Police, AHigherViewIsShownBesideTheRecordedOne)
{
    probation_leads();
    const auto rosh = hub.write("probation.practitioner", hub.creates("risk", "public", {{"level", "medium"}}));
    pull();
    const auto id = to_string(rosh.opened.changes[0].record);
    run({"record", "edit", id, "--set", "level=very_high"});
    sync();
    const auto record = records("risk").at(0);
    EXPECT_EQ(record.at("fields").at("level").text(), "medium");
    EXPECT_EQ(run({"case", "show", case_id()}).at("prompts").at("level").text(), "very_high");
    EXPECT_NE(console::to_text(record.at("open")).find("Police"), std::string::npos);
    const auto items = run({"suggestion", "list"}).at("items");
    EXPECT_FALSE(items.items().at(0).at("yours_to_decide").boolean());
    EXPECT_TRUE(run({"suggestion", "list", "--mine"}).at("items").items().empty());
    const auto accepted = run({"suggestion", "accept", items.items()[0].at("id").text(), "--reason", "I say so"});
    EXPECT_EQ(accepted.at("forecast").at("outcome").text(), "refused") << "it is saved, and the author knows";
    EXPECT_EQ(run({"suggestion", "withdraw", items.items()[0].at("id").text()}).exit, 0);
    sync();
    EXPECT_TRUE(run({"suggestion", "list"}).at("items").items().empty());
}

// --- What needs looking at ----------------------------------------------------------------------------------------

TEST_F(Prison, ARefusalIsToldWithItsParagraphAndWhatWasTyped)
{
    probation_leads();
    const auto level =
        hub.write("probation.practitioner", hub.creates("level", "decision", {{"level", "1"}, {"rationale", "r"}}));
    pull();
    const auto id = to_string(level.opened.changes[0].record);
    const auto saved = run({"record", "edit", id, "--set", "level=3", "--set", "rationale=Threats on the wing"});
    EXPECT_EQ(saved.exit, 0);
    EXPECT_EQ(saved.at("forecast").items().at(0).at("outcome").text(), "refused");
    EXPECT_EQ(saved.at("forecast").items().at(0).at("instead").text(), "concern");
    sync();
    const auto attention = run({"attention", "list"});
    ASSERT_EQ(attention.at("items").items().size(), 1u);
    const auto& item = attention.at("items").items()[0];
    EXPECT_EQ(item.at("kind").text(), "refused");
    EXPECT_EQ(item.at("paragraph").text(), "G-15-49");
    EXPECT_EQ(item.at("what_next").text(), "The lead agency sets the MAPPA level; your concern has been sent to it.");
    EXPECT_EQ(item.at("fields").at("rationale").text(), "Threats on the wing");
    EXPECT_EQ(records("concern").at(0).at("fields").at("text").text(), "Threats on the wing");
}

TEST_F(Prison, AnAcknowledgementNamesAVersionAndDoesNotCoverTheNext)
{
    probation_leads();
    const auto level =
        hub.write("probation.practitioner", hub.creates("level", "decision", {{"level", "1"}, {"rationale", "r"}}));
    pull();
    const auto id = level.opened.changes[0].record;
    const auto version = run({"why", to_string(id), "level"}).at("versions").items().at(0).at("version").text();
    EXPECT_EQ(version, records("level").at(0).at("version").text());
    EXPECT_EQ(run({"record", "edit", to_string(id), "--set", "version=" + version})
                  .at("forecast")
                  .items()
                  .at(0)
                  .at("outcome")
                  .text(),
              "applied");
    sync();
    EXPECT_FALSE(console::to_text(records("level").at(0)).find("\"voided\":true") != std::string::npos);
    hub.write("probation.practitioner", hub.edits(id, "level", "decision", {{"level", "2"}, {"rationale", "s"}}));
    pull();
    EXPECT_TRUE(records("level").at(0).at("groups").at("acknowledged").at("voided").boolean());
}

TEST_F(Police, TasksOfTheUsersRolesAreListedAndSettled)
{
    probation_leads();
    hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    hub.write("probation.practitioner", hub.creates("review", "held", {{"held_on", "2026-01-15"}}));
    pull();
    const auto tasks = run({"task", "list"});
    ASSERT_EQ(tasks.at("tasks").items().size(), 1u) << tasks.text();
    const auto& task = tasks.at("tasks").items()[0];
    EXPECT_EQ(task.at("task").text(), "Check plans that depend on this address");
    EXPECT_TRUE(task.at("safety").boolean());
    EXPECT_TRUE(task.at("due").is_null());
    const auto other = run({"task", "list", "--role", "probation.practitioner"});
    EXPECT_TRUE(other.mentions("\"due\":\"2026-07-15\""));
    EXPECT_EQ(task.at("reason").text(), "Address, by Person of probation.practitioner (Probation)");
    const auto mistyped = run({"task", "list", "--role", "probation.practioner"});
    EXPECT_EQ(mistyped.exit, 2);
    EXPECT_TRUE(mistyped.mentions("did you mean \\\"probation.practitioner\\\"?")) << mistyped.text();
    EXPECT_EQ(run({"task", "ack", task.at("id").text()}).at("forecast").at("outcome").text(), "applied");
    EXPECT_EQ(run({"task", "list"}).at("tasks").items().at(0).at("state").text(), "acknowledged");
    EXPECT_EQ(run({"task", "done", task.at("id").text()}).at("forecast").at("outcome").text(), "applied");
    EXPECT_TRUE(run({"task", "list"}).at("tasks").items().empty());
    sync();
    EXPECT_TRUE(run({"task", "list", "--all"}).mentions("\"done\""));
}

TEST_F(Prison, TasksOfARoleThatNobodyHoldsAreListedForWhoCoversIt)
{
    probation_leads();
    hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    pull();
    EXPECT_TRUE(run({"task", "list"}).at("tasks").items().empty());
    ASSERT_TRUE(store().set_hats({{"coordination", "unit", "coordination.coordinator"}}, {"police.offender_manager"}));
    const auto tasks = run({"task", "list"});
    ASSERT_EQ(tasks.at("tasks").items().size(), 1u) << tasks.text();
    const auto& task = tasks.at("tasks").items()[0];
    EXPECT_TRUE(task.at("falls_to_you").boolean());
    EXPECT_EQ(run({"task", "done", task.at("id").text()}).at("forecast").at("outcome").text(), "applied");
    EXPECT_TRUE(run({"task", "list"}).at("tasks").items().empty());
}

TEST_F(Practitioner, ChangesOfOthersAreListedOnce)
{
    probation_leads();
    run({"changes"});
    hub.write("police.offender_manager", hub.creates("note", "what", {{"text", "Seen in town"}}));
    pull();
    const auto kept = run({"changes", "--since", "last-look", "--keep"});
    EXPECT_TRUE(kept.mentions("Seen in town"));
    EXPECT_TRUE(parse_id<VersionId>(kept.at("changes").items().at(0).at("version").text()));
    EXPECT_TRUE(kept.mentions("Person of police.offender_manager"));
    EXPECT_TRUE(run({"changes"}).mentions("Seen in town"));
    EXPECT_TRUE(run({"changes"}).at("changes").items().empty());
}

// The list reads no more than it needs; the case is told from its whole history. Both say the same of a task.
TEST_F(Police, ATaskIsTheSameInTheListAndInItsCase)
{
    probation_leads();
    const auto address = hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    hub.write("probation.practitioner", hub.creates("review", "held", {{"held_on", "2026-01-15"}}));
    hub.write("probation.practitioner",
              hub.edits(address.opened.changes[0].record, "address", "where", {{"lines", "2 Invented Row"}}));
    pull();
    const auto shown = run({"case", "show", case_id()});
    const auto list = run({"task", "list", "--all"});
    std::size_t found = 0;
    for (const auto& in_case : shown.at("tasks").items())
        for (const auto& in_list : list.at("tasks").items())
            if (in_list.at("id") == in_case.at("id")) {
                EXPECT_EQ(in_list, in_case);
                ++found;
            }
    EXPECT_EQ(found, shown.at("tasks").items().size());
    EXPECT_GT(found, 1u);
}

TEST_F(Practitioner, AnItemIsTheSameInTheListAndInItsCase)
{
    probation_leads();
    for (const char* where : {"5 Nowhere Court", "6 Nowhere Court"}) {
        hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", where}}));
        pull();
        const auto listed = run({"suggestion", "list"}).at("items");
        EXPECT_EQ(listed, run({"case", "show", case_id()}).at("suggestions"));
        for (const auto& item : listed.items())
            EXPECT_EQ(run({"suggestion", "show", item.at("id").text()}).at("item"), item);
        const auto attention = run({"attention", "list"});
        for (const auto& item : attention.at("items").items())
            EXPECT_EQ(item.at("fields").at("lines").text().substr(1), " Nowhere Court");
        const auto record = run({"record", "show", listed.items()[0].at("record").text()}).at("record");
        EXPECT_EQ(record, records("address").at(0));
    }
}

// --- The device ---------------------------------------------------------------------------------------------------

TEST_F(Practitioner, TheStateOfSyncingIsTheTruth)
{
    const auto state = [&] { return run({"sync", "status"}).at("state").text(); };
    EXPECT_EQ(state(), "never_connected");
    probation_leads();
    const Instant first{1'779'000'100'000};
    const Instant second{1'779'000'200'000};
    ASSERT_TRUE(store().set_hub(sync::Epoch{1}, first));
    EXPECT_EQ(state(), "up_to_date");
    EXPECT_EQ(run({"sync", "status"}).at("last_checked_at").text(), to_string(first));

    run(new_record("note", {"--set", "text=x"}));
    EXPECT_EQ(state(), "waiting");
    EXPECT_EQ(run({"sync", "status"}).at("since").text(), to_string(clock.now()));
    ASSERT_TRUE(store().note_attempt(first, Errc::unreachable));
    ASSERT_TRUE(store().note_attempt(second, Errc::timed_out));
    const auto offline = run({"sync", "status"});
    EXPECT_EQ(offline.at("state").text(), "offline");
    EXPECT_EQ(offline.at("since").text(), to_string(first)) << "since the first of those that failed";
    EXPECT_EQ(offline.at("outbox").integer(), 1);
    reopen();
    EXPECT_EQ(state(), "offline") << "it is remembered";
    ASSERT_TRUE(store().note_attempt(second, Errc::access_removed));
    EXPECT_EQ(state(), "cannot_send");
    EXPECT_TRUE(run({"sync", "status"}).mentions("Access was removed"));
    ASSERT_TRUE(store().note_attempt(second, std::nullopt));
    EXPECT_EQ(state(), "waiting");
    push();
    EXPECT_EQ(state(), "received") << "what became of it is not known yet";
    pull();
    EXPECT_EQ(state(), "up_to_date");
}

TEST_F(Practitioner, TheDoctorChecksEverySignatureAndGivesTheLastReceipt)
{
    probation_leads();
    EXPECT_TRUE(run({"device", "doctor"}).at("last_receipt").is_null());
    run(new_record("note", {"--set", "text=x"}));
    sync();
    const auto sound = run({"device", "doctor"});
    EXPECT_EQ(sound.exit, 0) << sound.text();
    EXPECT_EQ(sound.at("device").text(), to_string(store().identity().credential));
    EXPECT_EQ(sound.at("last_receipt").at("up_to").integer(), 1);
    EXPECT_EQ(sound.at("last_receipt").at("signature").text().size(), 128u);
}

TEST_F(Practitioner, WhatCanBeRecordedIsListedWithChoices)
{
    probation_leads();
    const auto types = run({"record", "types"});
    EXPECT_TRUE(types.mentions("very_high"));
    EXPECT_EQ(types.at("hats").items().at(0).text(), to_string(store().identity().hats.front()));
    EXPECT_EQ(types.at("types").items().size(), store().policy().types.size());
}

}  // namespace
}  // namespace satchel::client::app
