// What waits for a decision, as it is shown to whoever decides: what would change, and who has decided already.
#include "client/app/plain.hpp"
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

class SidesForPolice : public AppTest {
protected:
    SidesForPolice() : AppTest("police.offender_manager") {}

    // Something is withheld from the person; a colleague decides that it need not be.
    RecordId withheld(const std::vector<std::string>& in_order)
    {
        for (const auto& yes_or_no : in_order)
            hub.write("police.offender_manager",
                      hub.edits(record_id(), "withholding", "decision", {{"withheld", yes_or_no}}));
        return record_id();
    }
    RecordId record_id() const
    {
        return sync::singleton_record_id(hub.state.id, MiniHub::policy().type(std::string_view("withholding"))->id);
    }
    VersionId suggested_no()
    {
        const auto asked = hub.write("probation.practitioner",
                                     hub.edits(record_id(), "withholding", "decision", {{"withheld", "no"}}));
        EXPECT_EQ(asked.rulings.at(0).outcome, sync::Outcome::suggested);
        return asked.opened.versions[0];
    }
    void colleague_decides(const VersionId& item, schema::Resolution how)
    {
        const auto decided = hub.write("police.offender_manager", hub.decides(record_id(), item, how));
        EXPECT_EQ(decided.rulings.at(0).rule, "second-person");
        pull();
    }
    void first_decision_is_for_no(const std::string& kind)
    {
        const auto item = waiting(kind).at(0);
        const auto& first = item.at("first_decision");
        EXPECT_EQ(first.at("value").text(), "no") << console::to_text(item);
        EXPECT_EQ(first.at("author").text(), "Person of police.offender_manager");
        EXPECT_EQ(first.at("agency_title").text(), "Police");
        EXPECT_NE(item.at("note").text().find("it counts when a second decides the same"), std::string::npos);
        EXPECT_EQ(records("withholding").at(0).at("fields").at("withheld").text(), "yes") << "not yet";
    }
};
class Sides : public AppTest {};

TEST_F(SidesForPolice, OfTwoPeopleWhoAcceptTheFirstIsShownToTheSecond)
{
    hub.write("police.offender_manager", hub.creates("withholding", "decision", {{"withheld", "yes"}}));
    const auto item = suggested_no();
    colleague_decides(item, schema::Resolution::accept);
    first_decision_is_for_no("suggestion");
    const auto told = run({"suggestion", "accept", to_string(item), "--reason", "Agreed"});
    EXPECT_EQ(told.at("forecast").at("outcome").text(), "applied") << told.text();
    sync();
    EXPECT_EQ(records("withholding").at(0).at("fields").at("withheld").text(), "no");
}

TEST_F(SidesForPolice, OfTwoPeopleWhoAmendTheFirstIsShownToTheSecond)
{
    hub.write("police.offender_manager", hub.creates("withholding", "decision", {{"withheld", "yes"}}));
    const auto item = suggested_no();
    colleague_decides(item, schema::Resolution::amend);
    first_decision_is_for_no("suggestion");
}

TEST_F(SidesForPolice, OfTwoPeopleWhoGoBackTheFirstIsShownToTheSecond)
{
    hub.write("police.offender_manager", hub.creates("withholding", "decision", {{"withheld", "no"}}));
    const auto old = hub.edits(record_id(), "withholding", "decision", {{"withheld", "no"}});
    withheld({"yes"});
    const auto conflict = hub.write("police.offender_manager", old);
    ASSERT_EQ(conflict.rulings.at(0).outcome, sync::Outcome::conflict);
    colleague_decides(conflict.opened.versions[0], schema::Resolution::previous);
    first_decision_is_for_no("conflict");
}

// A suggested removal names what would go, and nothing else of the list.
TEST_F(SidesForPolice, ASuggestedRemovalShowsWhatWouldGo)
{
    pull();
    const auto id =
        run(new_record("diary", {"--add", "line=At the river", "--add", "line=At the mill"})).at("record").text();
    sync();
    const auto record_id = *parse_id<RecordId>(id);
    auto removal = hub.creates("diary", "lines", {});
    removal.creates = false;
    removal.op = schema::Op::remove;
    removal.record = record_id;
    removal.targets = {hub.state.record(record_id)->groups.at(0).elements.at(1).id};
    hub.write("probation.practitioner", removal);
    pull();
    const auto item = waiting("suggestion").at(0);
    ASSERT_EQ(item.at("sides").items().size(), 1u);
    const auto& side = item.at("sides").items()[0];
    EXPECT_EQ(console::to_text(side.at("value")), R"({"removes":[{"line":"At the mill"}]})");
    EXPECT_EQ(side.at("agency").text(), "probation");
    EXPECT_EQ(item.at("field").text(), "line");
    const auto told = run({"suggestion", "accept", item.at("id").text(), "--reason", "Another person's day"});
    EXPECT_EQ(told.at("forecast").at("outcome").text(), "applied") << told.text();
    sync();
    const auto lines = record(id).at("fields").at("lines");
    ASSERT_EQ(lines.items().size(), 1u);
    EXPECT_EQ(lines.items()[0].at("line").text(), "At the river");
}

TEST_F(Sides, ASuggestedWithdrawalIsAcceptedLikeAnyOther)
{
    probation_leads();
    const auto id = run(new_record("address", {"--set", "lines=1 Invented Row"})).at("record").text();
    sync();
    auto withdrawal = hub.creates("address", "where", {});
    withdrawal.creates = false;
    withdrawal.op = schema::Op::withdraw;
    withdrawal.record = *parse_id<RecordId>(id);
    withdrawal.reason = "Nobody of that name lives there";
    hub.write("police.offender_manager", withdrawal);
    pull();
    const auto item = waiting("suggestion").at(0);
    EXPECT_EQ(item.at("reason").text(), "Nobody of that name lives there");
    EXPECT_EQ(console::to_text(item.at("sides").items().at(0).at("value")), R"({"withdraws":true})")
        << "whoever accepts it must know that the whole record goes";
    EXPECT_FALSE(record(id).at("withdrawn").boolean());
    run({"suggestion", "accept", item.at("id").text(), "--reason", "Quite so"});
    sync();
    EXPECT_TRUE(record(id).at("withdrawn").boolean());
}

// Nothing is recorded beside what somebody wrote on a withdrawn record: it is the only side, and B.
TEST_F(Sides, OfAConflictWithOneSideBIsWhatIsAskedForAndALeavesThingsAsTheyAre)
{
    for (const std::string chosen : {"A", "B"}) {
        pull();
        const auto id = run(new_record("diary", {"--add", "line=At the river"})).at("record").text();
        sync();
        auto line = hub.creates("diary", "lines", {{"line", "At the mill"}});
        line.creates = false;
        line.op = schema::Op::add;
        line.record = *parse_id<RecordId>(id);
        run({"record", "withdraw", id, "--reason", "Another person's"});
        sync();
        ASSERT_EQ(hub.write("police.offender_manager", line).rulings.at(0).outcome, sync::Outcome::conflict);
        pull();
        const auto item = waiting("conflict").at(0);
        ASSERT_EQ(item.at("sides").items().size(), 1u);
        EXPECT_EQ(item.at("sides").items()[0].at("value").text(), "At the mill");
        const auto told = plain_item(console::Json::object({{"item", item}}), {});
        EXPECT_NE(told.find("A: nothing changes\n"), std::string::npos) << told;
        EXPECT_NE(told.find("B: At the mill"), std::string::npos) << told;
        run({"conflict", "resolve", item.at("id").text(), "--choose", chosen, "--reason", "As agreed"});
        sync();
        EXPECT_EQ(record(id).at("fields").at("lines").items().size(), chosen == "B" ? 2u : 1u) << chosen;
    }
}

TEST_F(Sides, AMergedTextIsShownWithWhoWroteLast)
{
    const auto first =
        hub.write("probation.practitioner",
                  hub.creates("leaflet", "body", {{"text", "Tall.\nWears a green coat.\nWalks slowly."}}));
    const auto id = first.opened.changes[0].record;
    const auto on_first =
        hub.edits(id, "leaflet", "body", {{"text", "Tall.\nWears a green coat.\nWalks with a stick."}});
    hub.write("probation.practitioner",
              hub.edits(id, "leaflet", "body", {{"text", "Very tall.\nWears a green coat.\nWalks slowly."}}));
    const auto merged = hub.write("police.offender_manager", on_first);
    ASSERT_EQ(merged.rulings.at(0).outcome, sync::Outcome::merged);
    pull();
    const auto shown = record(to_string(id));
    EXPECT_EQ(shown.at("fields").at("text").text(), "Very tall.\nWears a green coat.\nWalks with a stick.");
    EXPECT_EQ(shown.at("groups").at("body").at("author").text(), "Person of police.offender_manager");
    const auto version = shown.at("version").text();
    EXPECT_NE(version, to_string(merged.opened.versions[0])) << "nobody typed this text";
    EXPECT_EQ(run({"record", "edit", to_string(id), "--seen", version, "--set", "text=Tall"})
                  .at("forecast")
                  .items()
                  .at(0)
                  .at("outcome")
                  .text(),
              "applied");
}

TEST_F(Sides, AClearedFieldIsShownNoMore)
{
    probation_leads();
    const auto id =
        run(new_record("address", {"--set", "lines=1 Invented Row", "--set", "to=2026-04-01"})).at("record").text();
    run({"record", "edit", id, "--set", "to="});
    EXPECT_EQ(record(id).at("fields").find("to"), nullptr);
    EXPECT_EQ(record(id).at("fields").at("lines").text(), "1 Invented Row");
    const auto versions = run({"why", id, "to"});
    EXPECT_TRUE(versions.at("current").is_null());
    EXPECT_EQ(versions.at("versions").items().at(0).at("value").text(), "2026-04-01");
    EXPECT_TRUE(versions.at("versions").items().at(1).at("value").is_null());
}

}  // namespace
}  // namespace satchel::client::app
