// What the operator may answer to a suggestion or a conflict, beyond taking it: nothing settled by mistake.
#include "tests/unit/tools/hub/waiting_items.hpp"
#include "tools/hub/plain.hpp"

namespace satchel::tools::hub {
namespace {

class Choices : public Decisions {
protected:
    Result<Answer> resolve(const std::string& id, std::vector<std::string> more)
    {
        std::vector<std::string> words{"conflict", "resolve", id, "--as", "Owner Example", "--reason", "R"};
        words.insert(words.end(), more.begin(), more.end());
        return ask(words);
    }
    // Police write a new record; the only suggestion that is not the one of the fixture.
    Json suggested_new(const std::string& type, const std::string& group,
                       const std::map<std::string, std::string>& typed)
    {
        auto device =
            world.enrol(test::must(world.service().find_user("Officer Example")), "police.offender_manager", "Second");
        world.pull(device);
        const auto record =
            world.save(device, case_id, {world.creates(case_id, type, group, typed)}).changes.front().record;
        world.push(device);
        return waiting([&](const Json& item) { return item.at("record").text() == to_string(record); });
    }
    // The suggestion, as the owner of the case sees it.
    Json waiting(const std::function<bool(const Json&)>& wanted)
    {
        const auto list = answered({"suggestion", "list", "--as", "Owner Example"});
        for (const auto& item : list.at("items").items())
            if (wanted(item))
                return item;
        ADD_FAILURE() << "no such suggestion: " << to_text(list);
        return {};
    }
    void police_save(schema::Change change)
    {
        auto device =
            world.enrol(test::must(world.service().find_user("Officer Example")), "police.offender_manager", "Third");
        world.pull(device);
        world.save(device, case_id, {std::move(change)});
        world.push(device);
    }
    std::string shown(const Json& item)
    {
        return plain_item(answered({"suggestion", "show", item.at("id").text(), "--as", "Owner Example"}), {});
    }
};

TEST_F(Choices, BothSidesOfAValueThatCanBeOnlyOneIsRefusedAndSettlesNothing)
{
    const auto id = only_item("conflict").at("id").text();
    const auto before = risk_now();
    const auto both = resolve(id, {"--choose", "both"});
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().code, Errc::invalid_argument) << "it is not offered";
    EXPECT_EQ(risk_now(), before);
    EXPECT_EQ(only_item("conflict").at("id").text(), id) << "it waits on";
}

TEST_F(Choices, ASideThatIsNotThereIsAMistakeThatNamesTheSides)
{
    const auto id = only_item("conflict").at("id").text();
    const auto said = resolve(id, {"--choose", "C"});
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().code, Errc::invalid_argument);
    for (const auto* side : {"A", "B", "previous"})
        EXPECT_NE(said.error().detail.find(side), std::string::npos) << said.error().detail;
}

TEST_F(Choices, KeepingThePreviousPutsBackWhatBothFound)
{
    const auto id = only_item("conflict").at("id").text();
    const auto settled = resolve(id, {"--choose", "previous"});
    ASSERT_TRUE(settled) << settled.error().detail;
    EXPECT_EQ(settled->body.at("outcome").text(), "applied");
    EXPECT_EQ(risk_now(), "medium");
    EXPECT_TRUE(answered({"conflict", "list"}).at("items").items().empty());
}

TEST_F(Choices, OneFieldTakesOneValue)
{
    const auto id = only_item("conflict").at("id").text();
    const auto two = resolve(id, {"--value", "low", "--value", "high"});
    ASSERT_FALSE(two);
    EXPECT_EQ(two.error().code, Errc::unknown_name);
    EXPECT_EQ(two.error().detail, "--value is FIELD=VALUE here, and FIELD is one of level");
    EXPECT_EQ(only_item("conflict").at("id").text(), id);
    const auto named = resolve(id, {"--value", "level=very_high"});
    ASSERT_TRUE(named) << named.error().detail;
    EXPECT_EQ(risk_now(), "very_high");
}

TEST_F(Choices, ADeclinedSuggestionLeavesTheRecordedValue)
{
    const auto id = only_item("suggestion").at("id").text();
    const auto declined =
        answered({"suggestion", "decline", id, "--as", "Owner Example", "--reason", "Moved back since"});
    EXPECT_EQ(declined.at("outcome").text(), "applied") << to_text(declined);
    EXPECT_EQ(lines_now(), "1 Invented Row");
    EXPECT_TRUE(answered({"suggestion", "list"}).at("items").items().empty());
    const auto again = ask({"suggestion", "accept", id, "--as", "Owner Example", "--reason", "After all"});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::not_found);
}

TEST_F(Choices, ASuggestionOfSomethingNewHasNothingRecordedBesideIt)
{
    const auto item = suggested_new("address", "where", {{"lines", "9 Invented Row"}, {"from", "2026-05-01"}});
    ASSERT_EQ(item.at("sides").items().size(), 2u) << to_text(item);
    const auto& recorded = item.at("sides").items()[0];
    EXPECT_TRUE(recorded.at("version").is_null()) << to_text(item);
    EXPECT_NE(recorded.find("value"), nullptr) << "the reader may see that there is none";
    EXPECT_TRUE(recorded.at("value").is_null()) << to_text(item);
    EXPECT_EQ(to_text(item.at("sides").items()[1].at("value")), R"({"lines":"9 Invented Row","from":"2026-05-01"})")
        << "in the order of the agreement";
}

// Whoever accepts it must know that the whole record goes.
TEST_F(Choices, ASuggestedWithdrawalIsShownAsOne)
{
    auto withdrawal = world.edits(case_id, address, "address", "where", {});
    withdrawal.op = schema::Op::withdraw;
    withdrawal.reason = "Nobody of that name lives there";
    police_save(withdrawal);
    const auto item = waiting([](const Json& one) { return one.at("rule").text() == "withdraw"; });
    EXPECT_EQ(to_text(item.at("sides").items().at(1).at("value")), R"({"withdraws":true})");
    EXPECT_NE(shown(item).find("the whole record is withdrawn"), std::string::npos) << shown(item);
}

TEST_F(Choices, ASuggestedRemovalShowsWhatWouldGoAndNothingElseOfTheList)
{
    auto device = world.enrol(owner, "probation.practitioner", "Third");
    world.pull(device);
    const auto diary =
        world.save(device, case_id, {world.creates(case_id, "diary", "lines", {{"line", "At the river"}})})
            .changes.front()
            .record;
    const auto second =
        world.save(device, case_id, {world.edits(case_id, diary, "diary", "lines", {{"line", "At the mill"}})});
    world.push(device);
    auto removal = world.edits(case_id, diary, "diary", "lines", {});
    removal.op = schema::Op::remove;
    removal.targets = {second.versions.front()};
    police_save(removal);
    const auto item = waiting([&](const Json& one) { return one.at("record").text() == to_string(diary); });
    EXPECT_EQ(to_text(item.at("sides").items().at(1).at("value")), R"({"removes":["At the mill"]})");
    EXPECT_NE(shown(item).find("removed: At the mill"), std::string::npos) << shown(item);
    EXPECT_EQ(shown(item).find("At the river"), std::string::npos) << shown(item);
}

TEST_F(Choices, WhoIsNotOnTheCaseSeesNoValuesThoughTheyAsk)
{
    const auto item = only_item("suggestion", {"--as", "Coordinator Example"});
    for (const auto& side : item.at("sides").items())
        EXPECT_EQ(side.find("value"), nullptr) << to_text(item);
    EXPECT_EQ(to_text(item).find("Invented Row"), std::string::npos);
    const auto unknown = ask({"suggestion", "list", "--as", "Nobody Example"});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::not_found);
}

}  // namespace
}  // namespace satchel::tools::hub
