// The agreement by command: a folder of files read, shown in full, put in force.
#include <fstream>

#include "schema/policy/compile.hpp"
#include "sync/core/bundle.hpp"
#include "sync/hub/verify.hpp"
#include "tests/unit/tools/hub/waiting_items.hpp"

namespace satchel::tools::hub {
namespace {

class AgreementFolder : public ::testing::Test {
protected:
    void write(const std::string& name, std::string_view content) { std::ofstream(folder.file(name)) << content; }
    std::string read()
    {
        const auto bundle = read_bundle(folder.file(""));
        return bundle ? "read" : std::string(name(bundle.error().code)) + ": " + bundle.error().detail;
    }
    test::TempFolder folder;
};

TEST_F(AgreementFolder, WithoutAFileOfAnAgreementThereIsNone)
{
    EXPECT_EQ(read(), "invalid_argument: " + folder.file("") + " holds no .toml file");
    write("README.md", "Not an agreement.");
    EXPECT_EQ(read(), "invalid_argument: " + folder.file("") + " holds no .toml file");
    const auto nowhere = read_bundle(folder.file("none"));
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, Errc::io_error);
    EXPECT_EQ(nowhere.error().detail, folder.file("none") + ": No such file or directory");
}

TEST_F(AgreementFolder, MoreFilesThanAnAgreementHasAreNotRead)
{
    for (std::size_t i = 0; i <= schema::policy_files_max; ++i)
        write("part" + std::to_string(i) + ".toml", "");
    EXPECT_EQ(read(), "too_large: " + folder.file("") + " holds more than " + std::to_string(schema::policy_files_max) +
                          " files");
}

TEST_F(AgreementFolder, AFileThatIsTooLargeIsNamed)
{
    write("large.toml", std::string(schema::policy_file_bytes_max + 1, '#'));
    EXPECT_TRUE(read().starts_with("too_large: ")) << read();
    EXPECT_NE(read().find("large.toml"), std::string::npos) << read();
}

TEST_F(AgreementFolder, OtherFilesBesideTheAgreementAreNoPartOfIt)
{
    write("small.toml", test::small_policy_text);
    const auto alone = test::must(read_bundle(folder.file("")));
    write("small.toml.bak", "nonsense");
    write("notes.txt", "nonsense");
    EXPECT_EQ(test::must(read_bundle(folder.file(""))), alone);
    const auto answer = test::must(lint(alone));
    EXPECT_TRUE(answer.ok);
    EXPECT_EQ(answer.body.at("files").integer(), 1);
    EXPECT_EQ(answer.body.at("version").integer(), 7);
    EXPECT_TRUE(answer.body.at("problems").items().empty());
}

class AgreementInForce : public Decisions {
protected:
    void SetUp() override { world.user("Chair Example", "coordination.coordinator"); }
    Json propose(const Bytes& bundle, std::vector<std::string> more = {})
    {
        std::vector<std::string> words{"policy", "propose", "agreement", "--as", "Owner Example"};
        words.insert(words.end(), more.begin(), more.end());
        const auto answer = ask(words, bundle);
        EXPECT_TRUE(answer) << answer.error().detail;
        return answer ? answer->body : Json();
    }
    Result<Answer> approve_as(const std::string& who, const std::string& digest)
    {
        return ask({"policy", "approve", digest, "--as", who, "--reason", "As the board agreed"});
    }
    void approve(const Bytes& bundle)
    {
        const auto digest = propose(bundle).at("digest").text();
        EXPECT_TRUE(approve_as("Coordinator Example", digest));
        EXPECT_TRUE(approve_as("Chair Example", digest));
    }
    static Bytes next(const std::string& was = "version = 7", const std::string& is = "version = 8")
    {
        std::string text(test::small_policy_text);
        text.replace(text.find("version = 7"), 11, "version = 8");
        if (was != "version = 7")
            text.replace(text.find(was), was.size(), is);
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        return sync::pack_bundle(bundle);
    }
    Json answered_with(const Bytes& bundle)
    {
        const auto answer = ask({"policy", "publish", "agreement"}, bundle);
        EXPECT_TRUE(answer) << answer.error().detail;
        return answer ? answer->body : Json();
    }
    std::vector<std::string> findings()
    {
        std::vector<std::string> out;
        for (const auto& one : test::must(sync::verify_history(*test::must(world.store().view()), world.keys)).failures)
            out.push_back(one.table + " " + one.row + " " + one.kind);
        return out;
    }
    Json type(const std::string& name) { return answered({"policy", "show", "--type", name}); }
    static Json group(const Json& type, const std::string& name)
    {
        for (const auto& one : type.at("groups").items())
            if (one.at("name").text() == name)
                return one;
        ADD_FAILURE() << "no group " << name << " in " << to_text(type);
        return {};
    }
};

TEST_F(AgreementInForce, AnAgreementThatCannotFollowIsNotPutInForce)
{
    test::TempFolder folder;
    std::ofstream(folder.file("small.toml")) << test::small_policy_text;
    const auto same = ask({"policy", "publish", folder.file("")}, test::must(read_bundle(folder.file(""))));
    ASSERT_FALSE(same) << "its version is the one in force";
    EXPECT_EQ(same.error().code, Errc::policy_invalid);
    EXPECT_NE(same.error().detail.find("the bundle in force has version 7"), std::string::npos) << same.error().detail;
    EXPECT_EQ(answered({"policy", "show"}).at("version").integer(), 7);
    EXPECT_FALSE(ask({"policy", "publish", folder.file("")}, {1, 2, 3})) << "no bundle at all";
}

TEST_F(AgreementInForce, TheNextVersionIsPutInForceAndShown)
{
    test::TempFolder folder;
    std::string text(test::small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    text.replace(text.find("owner = \"lead_agency\""), 21,
                 "owner = [{ when = { fact.lead_agency = \"police\" }, is = \"agency:police\" }, "
                 "\"lead_agency\"]");
    std::ofstream(folder.file("small.toml")) << text;
    approve(test::must(read_bundle(folder.file(""))));
    const auto published = ask({"policy", "publish", folder.file("")}, test::must(read_bundle(folder.file(""))));
    ASSERT_TRUE(published) << published.error().detail;
    EXPECT_EQ(published->body.at("version").integer(), 8);
    EXPECT_EQ(to_text(published->body.at("agencies_joined")), "[]");
    EXPECT_EQ(answered({"policy", "show"}).at("version").integer(), 8);
    EXPECT_EQ(to_text(group(type("address"), "where").at("owner")),
              R"([{"is":"agency:police","when":{"fact lead_agency":["police"]}},{"is":"lead_agency"}])");
}

TEST_F(AgreementInForce, AnAgencyThatJoinsIsNamedAndItsPeopleCanBeEnrolled)
{
    const auto text = test::small_policy_with_health();
    const auto bundle = sync::pack_bundle(std::vector<schema::SourceFile>{{"small.toml", text}});
    approve(bundle);
    const auto published = answered_with(bundle);
    EXPECT_EQ(to_text(published.at("agencies_joined")), R"(["health"])");
    const auto nurse = world.user("Invented Nurse", "health.care_coordinator");
    world.enrol(nurse, "health.care_coordinator");
    EXPECT_EQ(findings(), std::vector<std::string>{});
}

TEST_F(AgreementInForce, WhoTakesPartAndWhatAGateAsksForAreShown)
{
    test::TempFolder folder;
    std::string text(test::small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    text += "[[record.level.group.decision.gate]]\nrule = \"says-why\"\nneeds = \"rationale\"\nsay = \"Say why.\"\nrefs = [\"L1-160\"]\n";
    std::ofstream(folder.file("small.toml")) << text;
    const auto bundle = test::must(read_bundle(folder.file("")));
    approve(bundle);
    EXPECT_EQ(answered_with(bundle).at("version").integer(), 8);
    std::string part;
    const auto shown = answered({"policy", "show"});
    for (const auto& agency : shown.at("agencies").items())
        part += agency.at("name").text() + " " + agency.at("takes_part").text() + "; ";
    EXPECT_EQ(part, "police always; probation always; prison always; coordination always; ");
    EXPECT_EQ(to_text(group(type("level"), "decision").at("gates")), R"([{"rule":"says-why","say":"Say why.","refs":["L1-160"]}])");
    EXPECT_TRUE(group(type("address"), "where").at("gates").items().empty());
}

TEST_F(AgreementInForce, WithoutTwoApprovalsItIsNotPutInForceAndItIsSaidWhoCanGiveThem)
{
    const auto refused = [&](const std::string& given) {
        const auto answer = ask({"policy", "publish", "agreement"}, next());
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Errc::refused);
        EXPECT_TRUE(answer.error().detail.starts_with("exactly these files have " + given +
                                                      " of 2 approvals; two people approve it who are "))
            << answer.error().detail;
    };
    refused("0");
    const auto digest = propose(next()).at("digest").text();
    refused("0");
    EXPECT_TRUE(approve_as("Coordinator Example", digest));
    refused("1");
    EXPECT_EQ(approve_as("Coordinator Example", digest).error().code, Errc::duplicate) << "one person is one approval";
    refused("1");
    EXPECT_EQ(approve_as("Owner Example", digest).error().code, Errc::refused) << "a practitioner";
    EXPECT_TRUE(approve_as("Chair Example", digest));
    EXPECT_EQ(answered_with(next()).at("version").integer(), 8);
    EXPECT_TRUE(findings().empty()) << findings().front();
}

TEST_F(AgreementInForce, OtherBytesAreAnotherAgreement)
{
    approve(next());
    const auto other = ask({"policy", "publish", "agreement"}, next("title = \"Address\"", "title = \"Addresses\""));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::refused);
    EXPECT_EQ(approve_as("Chair Example", std::string(64, 'a')).error().code, Errc::not_found);
    EXPECT_EQ(approve_as("Chair Example", "9f86").error().code, Errc::invalid_argument);
}

TEST_F(AgreementInForce, AnApprovalOfSomebodySuspendedSinceDoesNotCount)
{
    approve(next());
    test::must(world.service().suspend(test::must(world.service().find_user("Chair Example"))));
    EXPECT_EQ(ask({"policy", "publish", "agreement"}, next()).error().code, Errc::refused);
}

TEST_F(AgreementInForce, ANarrowerAudienceIsProposedAsSuch)
{
    const auto narrow = next("pointer = \"case_agencies\"", "pointer = \"agency:police\"");
    const auto plain = ask({"policy", "propose", "agreement", "--as", "Owner Example"}, narrow);
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().code, Errc::policy_invalid);
    EXPECT_NE(plain.error().detail.find("would no longer see \"intel.notice\" in every case"), std::string::npos) << plain.error().detail;
    const auto proposal = propose(narrow, {"--narrowing-understood"});
    EXPECT_TRUE(proposal.at("narrows").boolean());
    EXPECT_TRUE(approve_as("Coordinator Example", proposal.at("digest").text()));
    EXPECT_TRUE(approve_as("Chair Example", proposal.at("digest").text()));
    EXPECT_EQ(answered_with(narrow).at("version").integer(), 8);
}

TEST_F(AgreementInForce, VerifyFindsAnAgreementThatNobodyApprovedAmongThoseThatWereProposed)
{
    propose(next());
    const auto unpacked = test::must(sync::unpack_bundle(next()));
    const std::vector<schema::SourceFile> sources{{unpacked.front().name, unpacked.front().text}};
    test::must(world.service().publish_policy(sources));
    EXPECT_EQ(findings(), std::vector<std::string>{"policies 8 not_approved"});
}

TEST_F(AgreementInForce, AFieldThatRefersSaysToWhat)
{
    const auto plan = group(type("trigger_plan"), "plan");
    ASSERT_EQ(plan.at("fields").items().size(), 2u);
    const auto& cites = plan.at("fields").items()[0].at("name").text() == "cites" ? plan.at("fields").items()[0]
                                                                                  : plan.at("fields").items()[1];
    EXPECT_EQ(cites.at("target").text(), "address");
    EXPECT_EQ(cites.find("choices"), nullptr);
    const auto level = group(type("risk"), "public").at("fields").items().front();
    EXPECT_EQ(to_text(level.at("choices")), R"(["low","medium","high","very_high"])");
    EXPECT_EQ(level.find("target"), nullptr);
}

TEST_F(AgreementInForce, WhoSeesWhatMayDependOnAChoice)
{
    EXPECT_EQ(to_text(group(type("intel"), "content").at("audience")),
              R"([{"who":["agency:police"],"value":"nothing"},{"who":["agency:police"],"value":"pointer"},)"
              R"({"who":["case_agencies"],"value":"full"}])");
    EXPECT_EQ(to_text(group(type("address"), "where").at("audience")), R"([{"who":["case_agencies"]}])");
}

}  // namespace
}  // namespace satchel::tools::hub
