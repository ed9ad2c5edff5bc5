// Deciding: which decisions there are, what they take, and what each leaves behind.
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

class Deciding : public AppTest {
protected:
    explicit Deciding(const std::string& role = "probation.practitioner") : AppTest(role) {}

    // Police suggest an address that probation decides on.
    std::string suggested(const std::map<std::string, std::string>& typed)
    {
        const auto written = hub.write("police.offender_manager", hub.creates("address", "where", typed));
        pull();
        return to_string(written.opened.versions[0]);
    }
    // Probation recorded medium, then low; this device wrote high in between.
    std::string two_versions_of_the_risk()
    {
        const auto first = hub.write("probation.practitioner", hub.creates("risk", "public", {{"level", "medium"}}));
        pull();
        const auto id = first.opened.changes[0].record;
        run({"record", "edit", to_string(id), "--set", "level=high"});
        hub.write("probation.practitioner", hub.edits(id, "risk", "public", {{"level", "low"}}));
        sync();
        return waiting("conflict").at(0).at("id").text();
    }
    std::string level() { return records("risk").at(0).at("fields").at("level").text(); }
};
class DecidingAsPolice : public Deciding {
protected:
    DecidingAsPolice() : Deciding("police.offender_manager") {}
};

// --- Amending -----------------------------------------------------------------------------------------------------

TEST_F(Deciding, OfSeveralFieldsAnAmendmentNamesTheOneThatItChanges)
{
    probation_leads();
    const auto id = suggested({{"lines", "5 Nowhere Court"}, {"from", "2026-03-01"}});
    const auto bare = run({"suggestion", "amend", id, "--value", "6 Nowhere Court", "--reason", "Misheard"});
    EXPECT_EQ(bare.exit, 2);
    EXPECT_TRUE(bare.mentions("--value is FIELD=VALUE here, and FIELD is one of lines, from, to")) << bare.text();
    EXPECT_FALSE(bare.mentions("6 Nowhere Court"));
    const auto mistyped = run({"suggestion", "amend", id, "--value", "linez=6 Nowhere Court", "--reason", "Misheard"});
    EXPECT_EQ(mistyped.exit, 2);
    EXPECT_TRUE(mistyped.mentions("did you mean \\\"lines\\\"?")) << mistyped.text();
    EXPECT_EQ(store().chain().sequence, 0u);

    const auto amended = run({"suggestion", "amend", id, "--value", "lines=6 Nowhere Court", "--reason", "Misheard"});
    EXPECT_EQ(amended.at("forecast").at("outcome").text(), "applied") << amended.text();
    sync();
    const auto fields = records("address").at(0).at("fields");
    EXPECT_EQ(fields.at("lines").text(), "6 Nowhere Court");
    EXPECT_EQ(fields.at("from").text(), "2026-03-01") << "what was not named stays as it was suggested";
    EXPECT_TRUE(waiting("suggestion").empty());
}

TEST_F(Deciding, OfOneFieldAnAmendmentMayLeaveTheNameOut)
{
    probation_leads();
    hub.write("probation.practitioner", hub.creates("risk", "public", {{"level", "medium"}}));
    const auto id = sync::singleton_record_id(hub.state.id, MiniHub::policy().type(std::string_view("risk"))->id);
    hub.write("police.offender_manager", hub.edits(id, "risk", "public", {{"level", "very_high"}}));
    pull();
    const auto item = waiting("suggestion").at(0).at("id").text();
    const auto twice =
        run({"suggestion", "amend", item, "--value", "low", "--value", "high", "--reason", "Between the two"});
    EXPECT_EQ(twice.exit, 2);
    EXPECT_TRUE(twice.mentions("FIELD is one of level")) << twice.text();
    const auto no_choice = run({"suggestion", "amend", item, "--value", "hihg", "--reason", "Between the two"});
    EXPECT_EQ(no_choice.exit, 2);
    EXPECT_TRUE(no_choice.mentions("did you mean \\\"high\\\"?")) << no_choice.text();
    EXPECT_EQ(run({"suggestion", "amend", item, "--value", "high", "--reason", "Between the two"}).exit, 0);
    sync();
    EXPECT_EQ(level(), "high");
}

TEST_F(Deciding, AValueMayHoldAnEqualsSign)
{
    probation_leads();
    const auto first = hub.write("probation.practitioner", hub.creates("leaflet", "body", {{"text", "Tall"}}));
    pull();
    const auto record = first.opened.changes[0].record;
    run({"record", "edit", to_string(record), "--set", "text=Short"});
    hub.write("probation.practitioner", hub.edits(record, "leaflet", "body", {{"text", "Of middle height"}}));
    sync();
    const auto item = waiting("conflict").at(0).at("id").text();
    EXPECT_EQ(run({"conflict", "resolve", item, "--value", "height = 170", "--reason", "Measured"}).exit, 0);
    sync();
    EXPECT_EQ(records("leaflet").at(0).at("fields").at("text").text(), "height = 170");
}

// --- Between two versions -----------------------------------------------------------------------------------------

TEST_F(Deciding, WhatStoodBeforeBothCanBeTakenBack)
{
    probation_leads();
    const auto id = two_versions_of_the_risk();
    const auto told = run({"conflict", "resolve", id, "--choose", "previous", "--reason", "Neither was discussed"});
    EXPECT_EQ(told.at("forecast").at("outcome").text(), "applied") << told.text();
    sync();
    EXPECT_EQ(level(), "medium");
    EXPECT_TRUE(waiting("conflict").empty());
}

TEST_F(Deciding, OfOneValueBothCannotStand)
{
    probation_leads();
    const auto id = two_versions_of_the_risk();
    const auto told = run({"conflict", "resolve", id, "--choose", "both", "--reason", "Each has a point"});
    EXPECT_EQ(told.exit, 2) << "it is not offered";
    for (const auto* side : {"A", "B", "previous"})
        EXPECT_TRUE(told.mentions(side)) << told.text();
    EXPECT_EQ(waiting("conflict").at(0).at("id").text(), id) << "it waits still";
}

TEST_F(Deciding, TheRecordedSideStandsWhenItIsChosen)
{
    probation_leads();
    const auto id = two_versions_of_the_risk();
    EXPECT_EQ(level(), "high") << "the safer one is shown";
    EXPECT_EQ(run({"conflict", "resolve", id, "--choose", "A", "--reason", "The later visit"}).exit, 0);
    sync();
    EXPECT_EQ(level(), "low");
}

TEST_F(Deciding, PassedUpwardsAConflictWaitsStill)
{
    probation_leads();
    const auto id = two_versions_of_the_risk();
    EXPECT_EQ(run({"conflict", "escalate", id}).exit, 2) << "it takes a reason";
    const auto told = run({"conflict", "escalate", id, "--reason", "Beyond my grade"});
    EXPECT_EQ(told.at("forecast").at("outcome").text(), "applied") << told.text();
    sync();
    EXPECT_EQ(waiting("conflict").at(0).at("id").text(), id);
    EXPECT_EQ(level(), "high");
    const auto history = run({"record", "history", records("risk").at(0).at("id").text()});
    const auto& last = history.at("versions").items().back();
    EXPECT_EQ(last.at("operation").text(), "resolve");
    EXPECT_EQ(last.at("resolution").text(), "escalate");
    EXPECT_EQ(last.at("reason").text(), "Beyond my grade");
    EXPECT_EQ(last.at("targets").items().at(0).text(), id);
}

// --- On what was seen ---------------------------------------------------------------------------------------------

TEST_F(Deciding, WhoSawACopyOfWhatStandsSawWhatStands)
{
    probation_leads();
    const auto first =
        hub.write("probation.practitioner", hub.creates("address", "where", {{"lines", "1 Invented Row"}}));
    const auto record = first.opened.changes[0].record;
    const auto same =
        hub.write("probation.practitioner", hub.edits(record, "address", "where", {{"lines", "1 Invented Row"}}));
    ASSERT_EQ(same.rulings.at(0).outcome, sync::Outcome::merged);
    hub.write("police.offender_manager", hub.edits(record, "address", "where", {{"lines", "5 Nowhere Court"}}));
    pull();
    const auto item = waiting("suggestion").at(0).at("id").text();
    const auto told =
        run({"suggestion", "accept", item, "--reason", "Checked", "--seen", to_string(same.opened.versions[0])});
    EXPECT_EQ(told.at("forecast").at("outcome").text(), "applied") << told.text();
    sync();
    EXPECT_EQ(this->record(to_string(record)).at("fields").at("lines").text(), "5 Nowhere Court");
}

TEST_F(Deciding, ADecisionOnAGarbledVersionIsNotTaken)
{
    probation_leads();
    const auto id = suggested({{"lines", "5 Nowhere Court"}});
    const auto told = run({"suggestion", "accept", id, "--reason", "Checked", "--seen", "yesterday"});
    EXPECT_EQ(told.exit, 2);
    EXPECT_EQ(store().chain().sequence, 0u);
}

// --- Under which role ---------------------------------------------------------------------------------------------

TEST_F(DecidingAsPolice, WhoStandsInForTheDeciderDecidesUnderThatRole)
{
    ASSERT_TRUE(store().set_hats(
        {{"police", "team", "police.offender_manager"}, {"coordination", "unit", "coordination.coordinator"}}));
    probation_leads();
    const auto id = suggested({{"lines", "5 Nowhere Court"}});
    const auto item = waiting("suggestion").at(0);
    EXPECT_EQ(item.at("owner_role").text(), "probation.practitioner");
    EXPECT_TRUE(item.at("yours_to_decide").boolean());
    EXPECT_EQ(run({"suggestion", "list", "--mine"}).at("items").items().size(), 1u);
    const auto told = run({"suggestion", "accept", id, "--reason", "Nobody holds the role"});
    EXPECT_EQ(told.at("forecast").at("outcome").text(), "applied") << told.text();
    const auto history = run({"record", "history", item.at("record").text()});
    EXPECT_EQ(history.at("versions").items().back().at("role").text(), "coordination.coordinator");
}

TEST_F(DecidingAsPolice, WhoeverSuggestedTakesItBackUnderTheRoleOfTheSuggestion)
{
    ASSERT_TRUE(store().set_hats(
        {{"coordination", "unit", "coordination.coordinator"}, {"police", "team", "police.offender_manager"}}));
    probation_leads();
    const auto saved =
        run(new_record("address", {"--set", "lines=5 Nowhere Court", "--acting-as", "police.offender_manager"}));
    sync();
    const auto item = waiting("suggestion").at(0).at("id").text();
    EXPECT_EQ(run({"suggestion", "withdraw", item}).exit, 0);
    const auto history = run({"record", "history", saved.at("record").text()});
    EXPECT_EQ(history.at("versions").items().back().at("role").text(), "police.offender_manager");
}

// --- Of several cases ---------------------------------------------------------------------------------------------

TEST_F(Deciding, WhatWaitsIsListedOfAllCasesOrOfOne)
{
    probation_leads();
    const auto here = suggested({{"lines", "5 Nowhere Court"}});
    auto other = another_case();
    other.write("probation.practitioner",
                other.creates("supervision", "period", {{"agency", "probation"}, {"from", "2024-01-02"}}));
    const auto there =
        other.write("police.offender_manager", other.creates("address", "where", {{"lines", "8 Fictional Mews"}}));
    load(other);
    const auto other_item = to_string(there.opened.versions[0]);
    EXPECT_EQ(run({"suggestion", "list"}).at("items").items().size(), 2u);
    const auto one = run({"suggestion", "list", "--case", to_string(other.state.id)});
    ASSERT_EQ(one.at("items").items().size(), 1u);
    EXPECT_EQ(one.at("items").items()[0].at("id").text(), other_item);
    EXPECT_EQ(run({"suggestion", "list", "--case", "X999999"}).exit, 1);
    // Found by its id alone, whatever case it is in.
    EXPECT_EQ(run({"suggestion", "show", other_item}).at("item").at("case").text(), to_string(other.state.id));
    const auto told = run({"suggestion", "decline", other_item, "--reason", "An empty plot"});
    EXPECT_EQ(told.at("case").text(), to_string(other.state.id));
    EXPECT_EQ(run({"suggestion", "show", here}).at("item").at("case").text(), case_id());
    EXPECT_EQ(waiting("suggestion").size(), 1u) << "own decisions count here at once";
}

}  // namespace
}  // namespace satchel::client::app
