// Records of an agreement that this device does not know yet: kept, counted, and never misread.
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

class NewerAgreement : public AppTest {
protected:
    // The agreement before: without contacts, without acknowledgements of a level, and without the prison.
    static std::shared_ptr<const schema::Policy> the_one_before()
    {
        auto policy = MiniHub::policy();
        std::erase_if(policy.types, [](const auto& type) { return type.name == "note"; });
        policy.type_index.clear();
        for (std::size_t i = 0; i < policy.types.size(); ++i)
            policy.type_index.emplace(static_cast<std::uint32_t>(policy.types[i].id), i);
        for (auto& type : policy.types)
            if (type.name == "level")
                std::erase_if(type.groups, [](const auto& group) { return group.name == "acknowledged"; });
        std::erase_if(policy.agencies, [](const auto& agency) { return agency.name == "prison"; });
        return std::make_shared<const schema::Policy>(std::move(policy));
    }
    std::string an_unknown_record()
    {
        probation_leads();
        run({"changes"});
        store().use_policy(the_one_before());
        const auto made = hub.write("police.offender_manager", hub.creates("note", "what", {{"text", "Seen in town"}}));
        pull();
        return to_string(made.opened.changes[0].record);
    }
    Json found(const std::string& id)
    {
        const auto shown = run({"case", "show", case_id()});
        for (const auto& one : shown.at("records").items())
            if (one.at("id").text() == id)
                return one;
        return {};
    }
};

TEST_F(NewerAgreement, ARecordOfAnUnknownKindIsShownWithoutItsContent)
{
    const auto id = an_unknown_record();
    const auto shown = found(id);
    EXPECT_TRUE(shown.at("type").is_null());
    EXPECT_EQ(shown.at("title").text(), "(from a newer agreement)");
    EXPECT_TRUE(shown.at("fields").members().empty());
    EXPECT_EQ(shown.find("open"), nullptr);
    EXPECT_EQ(shown.at("created_by").at("author").text(), "Person of police.offender_manager");
    EXPECT_EQ(record(id), shown);
    const auto last = run({"record", "list", "--case", case_id()});
    EXPECT_EQ(last.at("records").items().back().at("id").text(), id) << "what is known comes first";
}

TEST_F(NewerAgreement, ARecordOfAnUnknownKindIsNotWrittenOn)
{
    const auto id = an_unknown_record();
    for (const std::vector<std::string>& words : {std::vector<std::string>{"record", "edit", id, "--set", "text=x"},
                                                  {"record", "withdraw", id, "--reason", "x"}}) {
        const auto told = run(words);
        EXPECT_EQ(told.exit, 2) << words[1];
        EXPECT_TRUE(told.mentions("the record is of a kind that the agreement on this device does not know yet"))
            << told.text();
    }
    EXPECT_EQ(store().chain().sequence, 0u);
}

TEST_F(NewerAgreement, TheHistoryOfAnUnknownKindTellsWhoAndWhenAndNoValue)
{
    const auto id = an_unknown_record();
    const auto history = run({"record", "history", id});
    EXPECT_TRUE(history.at("type").is_null());
    const auto& version = history.at("versions").items().at(0);
    EXPECT_TRUE(version.at("group").is_null());
    EXPECT_TRUE(version.at("fields").members().empty());
    EXPECT_EQ(version.at("signature").text(), "valid");
    EXPECT_EQ(run({"why", id, "text"}).exit, 1);
    const auto changes = run({"changes"});
    const auto& change = changes.at("changes").items().at(0);
    EXPECT_TRUE(change.at("type").is_null());
    EXPECT_TRUE(change.at("group").is_null());
    EXPECT_EQ(change.at("title").text(), "(from a newer agreement)");
    EXPECT_TRUE(change.at("fields").members().empty());
}

TEST_F(NewerAgreement, APartThatIsNotKnownHidesNothingElseOfTheRecord)
{
    probation_leads();
    store().use_policy(the_one_before());
    const auto level =
        hub.write("probation.practitioner", hub.creates("level", "decision", {{"level", "1"}, {"rationale", "r"}}));
    const auto id = level.opened.changes[0].record;
    hub.write("prison.omu", hub.edits(id, "level", "acknowledged", {{"version", to_string(level.opened.versions[0])}}));
    // The same, by whoever may not: it waits for the prison.
    hub.write("police.offender_manager",
              hub.edits(id, "level", "acknowledged", {{"version", to_string(level.opened.versions[0])}}));
    pull();
    const auto shown = record(to_string(id));
    EXPECT_EQ(shown.at("fields").at("level").text(), "1");
    EXPECT_EQ(shown.at("fields").find("version"), nullptr);
    EXPECT_TRUE(shown.at("open").items().empty());
    EXPECT_TRUE(waiting("suggestion").empty()) << "nobody can be asked about what is not known";
    const auto history = run({"record", "history", to_string(id)});
    ASSERT_EQ(history.at("versions").items().size(), 3u);
    EXPECT_EQ(history.at("versions").items()[0].at("group").text(), "decision");
    EXPECT_TRUE(history.at("versions").items()[1].at("group").is_null());
}

TEST_F(NewerAgreement, AnAgencyThatIsNotKnownIsNamedAsItIsWritten)
{
    probation_leads();
    store().use_policy(the_one_before());
    hub.write("prison.omu", hub.creates("address", "where", {{"lines", "5 Nowhere Court"}}));
    pull();
    const auto side = waiting("suggestion").at(0).at("sides").items().at(0);
    EXPECT_EQ(side.at("agency_title").text(), "prison");
    EXPECT_EQ(side.at("author").text(), "Person of prison.omu");
}

// Own work that was saved before an older store was put back, or before the agreement changed.
TEST_F(NewerAgreement, OwnWorkOfAnUnknownKindIsListedAsItWaits)
{
    probation_leads();
    const auto id = run(new_record("note", {"--set", "text=A yellow bicycle"})).at("record").text();
    ASSERT_EQ(run({"search", "bicycle"}).at("hits").items().size(), 1u);
    store().use_policy(the_one_before());
    const auto outbox = run({"outbox", "list"});
    const auto& change = outbox.at("items").items().at(0).at("changes").items().at(0);
    EXPECT_EQ(change.at("record").text(), id);
    EXPECT_TRUE(change.at("type").is_null());
    EXPECT_TRUE(change.at("group").is_null());
    EXPECT_EQ(change.at("title").text(), "(from a newer agreement)");
    const auto found = run({"search", "bicycle"});
    ASSERT_EQ(found.at("hits").items().size(), 1u);
    EXPECT_TRUE(found.at("hits").items()[0].at("type").is_null());
}

}  // namespace
}  // namespace satchel::client::app
