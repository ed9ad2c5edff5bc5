// Held work as the operator of a hub meets it: listed without its words, shown to the agreement's handler.
#include <gtest/gtest.h>

#include "tests/unit/sync/hub/hub_world.hpp"
#include "tools/hub/commands.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;

class NoReplies final : public console::Replies, console::Progress {
public:
    console::Progress& progress() override { return *this; }
    void line(std::string_view) override {}
    void report(std::string_view, std::uint64_t, std::uint64_t) override {}
};

class HeldCommands : public ::testing::Test {
protected:
    HeldCommands()
    {
        std::string text(test::small_policy_text);
        text.replace(text.find("version = 7"), 11, "version = 8");
        text.insert(text.find("coordination_role ="), "handler = \"coordination.coordinator\"\n");
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        auto& hub = world.service();
        test::must(hub.publish_policy(bundle));
        const auto case_id = test::must(hub.add_case("C1"));
        const auto author = world.user("Author Example", "police.offender_manager");
        const auto handler = world.user("Handler Example", "coordination.coordinator");
        for (const auto& user : {author, handler})
            test::must(hub.assign(case_id, {sync::AssignmentRow::Subject::user, to_string(user)}));
        auto device = world.enrol(author, "police.offender_manager");
        world.pull(device);
        test::must(hub.unassign(case_id, {sync::AssignmentRow::Subject::user, to_string(author)}, sync::Ended::restricted));
        world.save(device, case_id, {world.creates(case_id, "note", "what", {{"text", "Invented words"}})});
        world.seal_last(device, case_id);
        world.push(device);
    }

    Result<Answer> ask(std::vector<std::string> words)
    {
        words.insert(words.end(), {"--dir", "/nowhere"});
        const auto parsed = console::parse(program(), words);
        const auto* invocation = std::get_if<console::Invocation>(&parsed);
        if (!invocation)
            return fail(Errc::invalid_argument, "usage: " + std::get<console::ErrorWords>(parsed).message);
        const Desk desk{&world.service(), world.store(), world.keys, files};
        return run_command(desk, {*invocation, {}}, replies);
    }
    std::string only_id()
    {
        const auto list = test::must(ask({"held", "list"})).body;
        EXPECT_EQ(list.at("held").items().size(), 1u);
        return list.at("held").items().at(0).at("id").text();
    }

    test::HubWorld world;
    crypto::PosixFiles files;
    NoReplies replies;
};

TEST_F(HeldCommands, OpeningNeedsAUserAndAReason)
{
    const auto id = only_id();
    EXPECT_FALSE(ask({"held", "open", id, "--as", "Handler Example"}));
    EXPECT_FALSE(ask({"held", "open", id, "--reason", "Why not"}));
    const auto author = ask({"held", "open", id, "--as", "Author Example", "--reason", "My own words"});
    ASSERT_FALSE(author);
    EXPECT_EQ(author.error().code, Errc::refused);
}

TEST_F(HeldCommands, TheListShowsNoWordsAndTheHandlerIsShownThemWithTheirProof)
{
    const auto list = test::must(ask({"held", "list"})).body;
    EXPECT_EQ(to_text(list).find("Invented words"), std::string::npos);
    const auto& envelope = list.at("held").items().at(0);
    EXPECT_EQ(envelope.at("why").text(), "sealed");
    EXPECT_EQ(envelope.at("author").text(), "Author Example");
    EXPECT_EQ(envelope.at("case_label").text(), "C1");
    EXPECT_EQ(envelope.at("handler_role").text(), "coordination.coordinator");

    const auto answer = test::must(ask({"held", "open", envelope.at("id").text(), "--as", "Handler Example", "--reason", "To act on it"}));
    const auto& held = answer.body.at("held");
    EXPECT_EQ(held.at("signature").text(), "valid");
    EXPECT_EQ(held.at("acting_as").text(), "police/east/offender_manager");
    ASSERT_EQ(held.at("changes").items().size(), 1u);
    const auto& change = held.at("changes").items()[0];
    EXPECT_EQ(change.at("type").text(), "note");
    EXPECT_EQ(change.at("fields").at("text").text(), "Invented words");
    ASSERT_EQ(held.at("opened").items().size(), 1u);
    EXPECT_EQ(held.at("opened").items()[0].at("name").text(), "Handler Example");
    EXPECT_EQ(held.at("opened").items()[0].at("reason").text(), "To act on it");
    const auto plain = plain_held(answer.body, {});
    EXPECT_NE(plain.find("Invented words"), std::string::npos) << plain;
    EXPECT_NE(plain.find("not in the record"), std::string::npos) << plain;
    EXPECT_NE(plain_held_list(test::must(ask({"held", "list"})).body, {}).find("Author Example"), std::string::npos);
}

// On this fixture as it has a hub with work in it.
TEST_F(HeldCommands, RestoredBeginsANewEpochThatVerifyAgreesWith)
{
    const auto before = test::must(ask({"status"})).body.at("epoch").text();
    const auto begun = test::must(ask({"restored"})).body.at("epoch").text();
    EXPECT_NE(begun, before);
    EXPECT_EQ(test::must(ask({"status"})).body.at("epoch").text(), begun);
    EXPECT_TRUE(test::must(ask({"verify"})).body.at("failures").items().empty());
}

}  // namespace
}  // namespace satchel::tools::hub
