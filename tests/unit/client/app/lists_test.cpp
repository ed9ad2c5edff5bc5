// Lists of a record, what takes an element out of them, and other things that are typed about a record.
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

using Practitioner = AppTest;
class WrittenByPrison : public AppTest {
protected:
    WrittenByPrison() : AppTest("prison.omu") {}
};

class Diary : public AppTest {
protected:
    void SetUp() override
    {
        AppTest::SetUp();
        probation_leads();
        const auto made = run(new_record("diary", {"--add", "line=At the river", "--add", "line=At the mill"}));
        ASSERT_EQ(made.exit, 0) << made.text();
        id = made.at("record").text();
    }
    std::vector<std::string> lines()
    {
        std::vector<std::string> out;
        const auto shown = record(id);
        for (const auto& element : shown.at("fields").at("lines").items())
            out.push_back(element.at("line").text());
        return out;
    }
    Told remove(const std::string& what) { return run({"record", "edit", id, "--remove=" + what}); }

    using Lines = std::vector<std::string>;
    std::string id;
};

TEST_F(Diary, ARemovalThatNamesNothingTakesNothing)
{
    const auto list = remove("linse");
    EXPECT_EQ(list.exit, 2);
    EXPECT_TRUE(list.mentions("diary has no such list; did you mean \\\"lines\\\"?")) << list.text();
    const auto field = remove("lime=At the mill");
    EXPECT_EQ(field.exit, 2);
    EXPECT_TRUE(field.mentions("diary has no such list"));
    EXPECT_FALSE(field.mentions("At the mill"));
    const auto value = remove("line=At the sea");
    EXPECT_EQ(value.exit, 2);
    EXPECT_TRUE(value.mentions("line: the list has no such element")) << value.text();
    EXPECT_FALSE(value.mentions("At the sea"));
    const auto element = remove("lines=" + to_string(random_id<VersionId>(hub.random)));
    EXPECT_EQ(element.exit, 1);
    EXPECT_TRUE(element.mentions("not_found")) << element.text();
    EXPECT_EQ(lines(), (Lines{"At the river", "At the mill"}));
}

TEST_F(Diary, AnElementIsTakenOutByItsIdOrByItsValue)
{
    const auto second = record(id).at("fields").at("lines").items().at(1).at("id").text();
    EXPECT_EQ(remove("lines=" + second).exit, 0);
    EXPECT_EQ(lines(), (Lines{"At the river"}));
    const auto told = remove("line=At the river");
    EXPECT_EQ(told.exit, 0) << told.text();
    EXPECT_EQ(told.at("forecast").items().at(0).at("field").text(), "lines");
    EXPECT_TRUE(lines().empty());
    const auto empty = remove("lines");
    EXPECT_EQ(empty.exit, 2);
    EXPECT_TRUE(empty.mentions("the list is empty")) << empty.text();
}

TEST_F(Diary, WhyTellsAListElementByElement)
{
    EXPECT_EQ(console::to_text(run({"why", id, "line"}).at("current")), R"(["At the river","At the mill"])");
    const auto whole = run({"why", id, "lines"});
    EXPECT_EQ(whole.at("field").text(), "lines");
    EXPECT_EQ(console::to_text(whole.at("current")), R"(["At the river","At the mill"])");
    EXPECT_EQ(whole.at("versions").items().at(1).at("operation").text(), "add");
    EXPECT_EQ(whole.at("versions").items().at(1).at("value").text(), "At the mill");
    const auto wrong = run({"why", id, "liens"});
    EXPECT_EQ(wrong.exit, 2);
    EXPECT_TRUE(wrong.mentions("diary has no such field; did you mean")) << wrong.text();
}

TEST_F(Diary, AJsonObjectTakesOutAndAddsAtOnce)
{
    const auto told =
        run({"record", "edit", id, "--input", "-"}, R"({"add":{"line":"At the sea"},"remove":["line=At the mill"]})");
    EXPECT_EQ(told.exit, 0) << told.text();
    EXPECT_EQ(lines(), (Lines{"At the river", "At the sea"}));
    EXPECT_EQ(run({"record", "edit", id, "--input", "-"}, R"({"remove":"lines"})").exit, 0);
    EXPECT_TRUE(lines().empty());
}

TEST_F(Diary, AnEditIsOfOneRecordAndTypedOnce)
{
    const auto two = run({"record", "edit", id, "--input", "-"},
                         "{\"add\":{\"line\":\"At the sea\"}}\n{\"add\":{\"line\":\"At the quay\"}}\n");
    EXPECT_EQ(two.exit, 2);
    EXPECT_TRUE(two.mentions("an edit is of one record")) << two.text();
    const auto both = run({"record", "edit", id, "--remove=lines", "--input", "-"}, R"({"add":{"line":"At the sea"}})");
    EXPECT_EQ(both.exit, 2);
    EXPECT_TRUE(both.mentions("--input stands instead of --set, --add and --remove")) << both.text();
    EXPECT_EQ(lines().size(), 2u);
}

TEST_F(Diary, ANewRecordHasNothingToRemove)
{
    const auto told = run(new_record("diary", {"--input", "-"}), R"({"add":{"line":"x"},"remove":["lines"]})");
    EXPECT_EQ(told.exit, 2);
    EXPECT_TRUE(told.mentions("a new record has nothing to remove")) << told.text();
    EXPECT_EQ(records("diary").size(), 1u);
}

// --- Other than lists ---------------------------------------------------------------------------------------------

TEST_F(Practitioner, WhatIsNoListIsClearedNotRemoved)
{
    probation_leads();
    const auto id = run(new_record("address", {"--set", "lines=1 Invented Row"})).at("record").text();
    const auto told = run({"record", "edit", id, "--remove=where"});
    EXPECT_EQ(told.exit, 2);
    EXPECT_TRUE(told.mentions("where is not a list: clear its fields with --set FIELD=")) << told.text();
    const auto none = run({"record", "edit", id, "--remove=everything"});
    EXPECT_EQ(none.exit, 2);
    EXPECT_TRUE(none.mentions("address has no such list")) << none.text();
}

TEST_F(Practitioner, WhyTellsAPartAsAWholeAndAPartThatNobodyWrote)
{
    probation_leads();
    const auto id =
        run(new_record("address", {"--set", "lines=1 Invented Row", "--set", "from=2026-03-01"})).at("record").text();
    const auto whole = run({"why", id, "where"});
    EXPECT_EQ(console::to_text(whole.at("current")), R"({"lines":"1 Invented Row","from":"2026-03-01"})");
    EXPECT_EQ(whole.at("versions").items().at(0).at("value").at("from").text(), "2026-03-01");
    EXPECT_TRUE(run({"why", id, "to"}).at("current").is_null());
    const auto level = run(new_record("level", {"--set", "level=1"})).at("record").text();
    const auto unwritten = run({"why", level, "version"});
    EXPECT_TRUE(unwritten.at("current").is_null()) << unwritten.text();
    EXPECT_TRUE(unwritten.at("versions").items().empty());
}

TEST_F(Practitioner, TheSameValueAgainIsInTheRecordAtOnce)
{
    probation_leads();
    const auto id = run(new_record("address", {"--set", "lines=1 Invented Row"})).at("record").text();
    sync();
    const auto told = run({"record", "edit", id, "--set", "lines=1 Invented Row", "--require", "applied"});
    EXPECT_EQ(told.exit, 0) << told.text();
    EXPECT_EQ(told.at("forecast").items().at(0).at("outcome").text(), "applied");
    EXPECT_EQ(told.at("forecast").items().at(0).at("rule").text(), "same-value");
}

TEST_F(Practitioner, RecordsAreListedByTypeOrAll)
{
    probation_leads();
    run(new_record("note", {"--set", "text=Seen in town"}));
    run(new_record("diary", {"--add", "line=At the river"}));
    const auto notes = run({"record", "list", "--case", case_id(), "--type", "note"});
    ASSERT_EQ(notes.at("records").items().size(), 1u);
    EXPECT_EQ(notes.at("records").items()[0].at("fields").at("text").text(), "Seen in town");
    EXPECT_EQ(run({"record", "list", "--case", case_id()}).at("records").items().size(), 3u) << "with the supervision";
    EXPECT_TRUE(run({"record", "list", "--case", case_id(), "--type", "leaflet"}).at("records").items().empty());
    const auto wrong = run({"record", "list", "--case", case_id(), "--type", "nota"});
    EXPECT_EQ(wrong.exit, 2);
    EXPECT_TRUE(wrong.mentions("did you mean \\\"note\\\"?")) << wrong.text();
}

// A record that was refused is in nobody's case, and not lost to whoever wrote it.
TEST_F(WrittenByPrison, ARecordThatWasRefusedIsInItsAuthorsHistory)
{
    probation_leads();
    const auto saved = run(new_record("supervision", {"--set", "agency=prison", "--set", "from=2026-01-01"}));
    EXPECT_EQ(saved.at("forecast").items().at(0).at("outcome").text(), "refused") << saved.text();
    const auto id = saved.at("record").text();
    sync();
    EXPECT_EQ(run({"record", "show", id}).exit, 1);
    const auto history = run({"record", "history", id});
    ASSERT_EQ(history.exit, 0) << history.text();
    EXPECT_EQ(history.at("case").text(), case_id());
    const auto& version = history.at("versions").items().at(0);
    EXPECT_EQ(version.at("ruling").text(), "refused");
    EXPECT_EQ(version.at("fields").at("from").text(), "2026-01-01");
    const auto why = run({"why", id, "from"});
    EXPECT_TRUE(why.at("current").is_null());
    EXPECT_EQ(why.at("versions").items().at(0).at("value").text(), "2026-01-01");
}

TEST_F(WrittenByPrison, TheCurrentVersionIsTheConfirmedOne)
{
    probation_leads();
    const auto nothing = run(new_record("level", {"--set", "version=current"}));
    EXPECT_EQ(nothing.exit, 2);
    EXPECT_TRUE(nothing.mentions("version: there is no version yet that it could name")) << nothing.text();
    const auto level =
        hub.write("probation.practitioner", hub.creates("level", "decision", {{"level", "1"}, {"rationale", "r"}}));
    pull();
    const auto saved = run(new_record("level", {"--set", "version=current"}));
    EXPECT_EQ(saved.at("forecast").items().at(0).at("outcome").text(), "applied") << saved.text();
    EXPECT_EQ(records("level").at(0).at("fields").at("version").text(), to_string(level.opened.versions[0]));
}

TEST_F(Practitioner, ARoleIsNamedByItsShortNameToo)
{
    probation_leads();
    ASSERT_TRUE(store().set_hats({{"probation", "east", "probation.practitioner"},
                                  {"probation", "west", "probation.practitioner"},
                                  {"coordination", "unit", "coordination.coordinator"}}));
    const auto several = run(new_record("note", {"--set", "text=x", "--acting-as", "probation"}));
    EXPECT_EQ(several.exit, 2);
    EXPECT_TRUE(several.mentions("that names several of your roles; yours: probation/east/practitioner"))
        << several.text();
    for (const char* hat : {"coordinator", "coordination.coordinator"})
        EXPECT_EQ(run(new_record("note", {"--set", "text=x", "--acting-as", hat})).exit, 0) << hat;
    for (const auto& note : records("note"))
        EXPECT_EQ(note.at("created_by").at("role").text(), "coordination.coordinator");
}

TEST_F(Practitioner, WhoHasNoRoleAnyMoreSavesNothing)
{
    probation_leads();
    ASSERT_TRUE(store().set_hats({}));
    const auto told = run(new_record("note", {"--set", "text=x"}));
    EXPECT_NE(told.exit, 0);
    EXPECT_TRUE(told.mentions("Access was removed")) << told.text();
    EXPECT_EQ(store().chain().sequence, 0u);
    const auto doctor = run({"device", "doctor"});
    EXPECT_FALSE(doctor.at("checks").items().back().at("holds").boolean());
    EXPECT_EQ(doctor.at("checks").items().back().at("found").text(), "0 roles");
}

}  // namespace
}  // namespace satchel::client::app
