// What administrators do: people, cases, the agreement, and decisions typed in for those who took them.
#include <gmock/gmock.h>

#include "sync/hub/home.hpp"
#include "sync/hub/verify.hpp"
#include "tests/unit/sync/hub/wire.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Subject = AssignmentRow::Subject;

template <class T>
void expect_error(const Result<T>& outcome, Errc code, const std::string& says = {})
{
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code) << outcome.error().detail;
    EXPECT_THAT(outcome.error().detail, HasSubstr(says));
}

schema::Hat hat(const std::string& role) { return {role.substr(0, role.find('.')), "east", role}; }

TEST(HubBeginning, AStoreHasOneHub)
{
    HubWorld w;
    const std::vector<schema::SourceFile> bundle{{"small.toml", small_policy_text}};
    expect_error(HubService::initialise(w.parts(), "Elsewhere", bundle), Errc::duplicate);
    EXPECT_EQ(must(w.service().status()).area, "Testshire");
}

TEST(HubBeginning, ABadAgreementStartsNothing)
{
    HubWorld w;
    const std::vector<schema::SourceFile> bundle{{"bad.toml", "[policy]\nversion = 0\n"}};
    expect_error(HubService::initialise(w.parts(), "Elsewhere", bundle), Errc::policy_invalid);
    expect_error(w.service().publish_policy(bundle), Errc::policy_invalid);
}

TEST(HubBeginning, ATailThatWasCutOffKeepsTheHubFromStarting)
{
    HubWorld w;
    w.user("Invented Person", "police.offender_manager");
    const auto path = w.path();
    w.close();
    {
        auto db = must(crypto::Database::open(path, world_key()));
        must(db.exec_script("DELETE FROM entries WHERE position = (SELECT max(position) FROM entries)"));
    }
    auto store = must(open_sqlcipher_central(path, world_key()));
    expect_error(HubService::open({*store, w.keys, w.clock, w.random()}), Errc::corrupt, "verify");
}

TEST(HubHome, IsMadeOnceAndOpenedByItsPassphraseAlone)
{
    const TempFolder folder;
    crypto::PosixFiles files;
    HandClock clock;
    FakeRandom random(5);
    const HubPorts ports{files, clock, random, {}};
    const std::vector<schema::SourceFile> bundle{{"small.toml", small_policy_text}};
    const auto passphrase = crypto::SecretBytes::copy_of(view("correct horse"));
    const auto other = crypto::SecretBytes::copy_of(view("wrong horse"));
    const auto directory = folder.file("");
    const std::vector<schema::SourceFile> bad{{"bad.toml", "x"}};
    expect_error(HubHome::create(directory, "North", bad, passphrase, crypto::KdfParams::floor(), ports), Errc::policy_invalid);
    EXPECT_TRUE(std::filesystem::is_empty(directory));
    // Their devices' certificates could not be told apart.
    const std::vector<schema::SourceFile> alike{
        bundle.front(), {"more.toml", "[agency.police_]\ntitle = \"Police\"\n[agency.police_.role.clerk]\ntitle = \"Clerk\"\n"
                                      "duties = [\"case_manager\"]\ncover = \"coordination.coordinator\"\n"}};
    expect_error(HubHome::create(directory, "North", alike, passphrase, crypto::KdfParams::floor(), ports),
                 Errc::invalid_argument, "would both be \"police\"");
    expect_error(make_hub_keys({"police", "POLICE"}, "North", clock.now(), random), Errc::invalid_argument, "rename one");
    EXPECT_TRUE(std::filesystem::is_empty(directory));
    must(HubHome::create(directory, "North Shire", bundle, passphrase, crypto::KdfParams::floor(), ports));
    expect_error(HubHome::create(directory, "North", bundle, passphrase, crypto::KdfParams::floor(), ports), Errc::duplicate);
    expect_error(HubHome::open(directory, other, ports), Errc::wrong_passphrase);
    {
        const auto home = must(HubHome::open(directory, passphrase, ports));
        EXPECT_EQ(must(home->service().status()).area, "North Shire");
        EXPECT_EQ(home->keys().hub_uri(), crypto::hub_uri("north-shire"));
    }
    // The hub's keys belong to this store and this machine.
    const auto keys = must(files.read(folder.file("hub.keys"), 1 << 20));
    auto broken = keys;
    broken[broken.size() / 2] ^= 1;
    must(files.write_durable(folder.file("hub.keys"), broken));
    expect_error(HubHome::open(directory, passphrase, ports), Errc::corrupt);
    must(files.write_durable(folder.file("hub.keys"), keys));
    EXPECT_TRUE(HubHome::open(directory, passphrase, ports, HubOpen::store_only));
}

class AdminTest : public testing::Test {
protected:
    HubWorld w;
    HubService& hub = w.service();
};

TEST_F(AdminTest, AUserHasANameAndHatsThatExist)
{
    expect_error(hub.add_user({"", {hat("police.offender_manager")}, ""}), Errc::invalid_argument);
    expect_error(hub.add_user({std::string("two\nlines\x02"), {hat("police.offender_manager")}, ""}), Errc::invalid_argument);
    expect_error(hub.add_user({"Ada", {}, ""}), Errc::invalid_argument);
    expect_error(hub.add_user({"Ada", {{"polise", "east", "police.offender_manager"}}, ""}), Errc::unknown_name, "did you mean \"police\"?");
    expect_error(hub.add_user({"Ada", {{"police", "east", "police.ofender_manager"}}, ""}), Errc::unknown_name, "did you mean \"police.offender_manager\"?");
    expect_error(hub.add_user({"Ada", {{"police", "east", "prison.omu"}}, ""}), Errc::unknown_name);
    expect_error(hub.add_user({"Ada", {{"police", "ea/st", "police.offender_manager"}}, ""}), Errc::invalid_argument);
    expect_error(hub.add_user({"Ada", {hat("police.offender_manager")}, "topmost"}), Errc::unknown_name);
    EXPECT_THAT(must(hub.users()), IsEmpty());
    const auto id = must(hub.add_user({"Ada Invented", {hat("police.offender_manager"), hat("prison.omu"), hat("prison.omu")}, "baseline"}));
    const auto users = must(hub.users());
    ASSERT_THAT(users, SizeIs(1));
    EXPECT_THAT(users[0].hats, ElementsAre("police/east/offender_manager", "prison/east/omu"));
    EXPECT_EQ(must(hub.find_user("Ada Invented")), id);
    EXPECT_EQ(must(hub.find_user(to_string(id))), id);
    expect_error(hub.find_user("Nobody"), Errc::not_found);
    must(hub.add_user({"Ada Invented", {hat("police.offender_manager")}, ""}));
    expect_error(hub.find_user("Ada Invented"), Errc::invalid_argument, "several");
}

TEST_F(AdminTest, ASuspendedUserGetsNoDevice)
{
    const auto id = w.user("Ada Invented", "police.offender_manager");
    must(hub.suspend(id));
    expect_error(hub.suspend(id), Errc::duplicate);
    expect_error(hub.create_enrolment(id, std::chrono::minutes(15), ""), Errc::refused);
    expect_error(hub.create_enrolment(random_id<UserId>(w.random()), std::chrono::minutes(15), ""), Errc::not_found);
    expect_error(hub.create_enrolment(id, std::chrono::seconds(0), ""), Errc::invalid_argument);
}

TEST_F(AdminTest, AnAssignmentStandsOnceAndEndsOnce)
{
    const auto user = w.user("Ada Invented", "police.offender_manager");
    const auto id = must(hub.add_case("C1"));
    const Assignee to{Subject::user, to_string(user)};
    expect_error(hub.assign(random_id<CaseId>(w.random()), to), Errc::not_found);
    expect_error(hub.assign(id, {Subject::user, to_string(random_id<UserId>(w.random()))}), Errc::not_found);
    expect_error(hub.assign(id, {Subject::role, "police.ofender_manager"}), Errc::unknown_name, "did you mean");
    expect_error(hub.unassign(id, to, Ended::moved), Errc::not_found);
    must(hub.assign(id, to));
    expect_error(hub.assign(id, to), Errc::duplicate);
    EXPECT_THAT(must(hub.cases())[0].assigned, ElementsAre("user Ada Invented"));
    must(hub.unassign(id, to, Ended::moved));
    expect_error(hub.unassign(id, to, Ended::moved), Errc::not_found);
    EXPECT_THAT(must(hub.cases())[0].assigned, IsEmpty());
    must(hub.assign(id, to));
    EXPECT_THAT(must(hub.cases())[0].assigned, SizeIs(1));
    expect_error(parse_ended("gone"), Errc::invalid_argument);
    EXPECT_EQ(must(parse_ended("restricted")), Ended::restricted);
}

TEST_F(AdminTest, TeamsAndRolesBringTheirCasesToWhoeverIsInThem)
{
    const auto user = w.user("Ada Invented", "police.offender_manager");
    auto device = w.enrol(user, "police.offender_manager");
    const auto by_team = must(hub.add_case("T"));
    const auto by_role = must(hub.add_case("R"));
    const auto by_other = must(hub.add_case("O"));
    must(hub.assign(by_team, {Subject::team, "east"}));
    must(hub.assign(by_role, {Subject::role, "police.offender_manager"}));
    must(hub.assign(by_other, {Subject::team, "probation/east"}));
    Wire wire(w, device);
    wire.greet();
    const auto frames = wire.send(Wire::frame(MessageType::pull, Pull{false, 100'000}));
    const auto scope = read<Pulled>(frames.back(), MessageType::pulled).scope;
    EXPECT_THAT(scope, testing::UnorderedElementsAre(by_team, by_role));
}

// Two sides, one decision; whoever is not in the audience, and whoever administers, sees that it exists and no more.
class DecisionTest : public AdminTest {
protected:
    DecisionTest()
    {
        case_id = must(hub.add_case("C1"));
        owner = w.user("Olga Owner", "police.offender_manager");  // police lead until somebody else does
        other = w.user("Peter Proposer", "prison.omu");
        stranger = w.user("Nina Nobody", "probation.practitioner");
        for (const auto& user : {owner, other})
            must(hub.assign(case_id, {Subject::user, to_string(user)}));
        police = w.enrol(owner, "police.offender_manager");
        prison = w.enrol(other, "prison.omu");
        address = w.save(police, case_id, {w.creates(case_id, "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})})
                      .changes[0].record;
        w.push(police);
        item = w.save(prison, case_id, {w.edits(case_id, address, "address", "where", {{"lines", "2 Invented Row"}, {"from", "2026-02-01"}})})
                   .versions[0];
        w.push(prison);
    }
    std::string lines()
    {
        const auto state = *w.record(case_id, address);
        const auto* group = w.service().policy()->type("address")->group("where");
        return to_text(*find(state.group(group->id)->current.values, group->field("lines")->id));
    }
    CaseId case_id;
    UserId owner, other, stranger;
    Device police, prison;
    RecordId address;
    VersionId item;
};

TEST_F(DecisionTest, AnOpenItemIsAnEnvelopeToAdministratorsAndStrangers)
{
    const auto items = must(hub.open_items({}, {}));
    ASSERT_THAT(items, SizeIs(1));
    EXPECT_EQ(items[0].id, item);
    EXPECT_EQ(items[0].kind, OpenItem::Kind::suggestion);
    EXPECT_EQ(items[0].record_type, "address");
    EXPECT_EQ(items[0].group, "where");
    EXPECT_EQ(items[0].decided_by, "lead_agency");
    EXPECT_THAT(items[0].roles, ElementsAre("police.offender_manager"));
    for (const auto& as : {std::optional<UserId>{}, std::optional(stranger)})
        for (const auto& side : must(hub.open_item(item, as)).sides) {
            EXPECT_FALSE(side.visible);
            EXPECT_THAT(side.values, IsEmpty());
            EXPECT_EQ(side.author, "");
        }
    const auto seen = must(hub.open_item(item, owner));
    EXPECT_THAT(seen.sides[1].values, testing::Contains(std::pair<std::string, std::string>("lines", "2 Invented Row")));
    EXPECT_EQ(seen.sides[1].author, "Peter Proposer");
    EXPECT_THAT(must(hub.open_items(OpenItem::Kind::conflict, {})), IsEmpty());
    expect_error(hub.open_item(VersionId{}, {}), Errc::not_found);
}

TEST_F(DecisionTest, OnlyWhoCouldDecideByOrdinaryEditDecides)
{
    expect_error(hub.decide({item, other, schema::Resolution::accept, {}, "I want it"}), Errc::refused, "decided by");
    expect_error(hub.decide({item, stranger, schema::Resolution::accept, {}, "Me too"}), Errc::refused, "does not work on this case");
    expect_error(hub.decide({item, owner, schema::Resolution::accept, {}, ""}), Errc::refused, "reason");
    expect_error(hub.decide({item, owner, schema::Resolution::choose_a, {}, "x"}), Errc::refused);
    expect_error(hub.decide({VersionId{}, owner, schema::Resolution::accept, {}, "x"}), Errc::not_found);
    EXPECT_THAT(must(hub.open_items({}, {})), SizeIs(1));
    EXPECT_EQ(lines(), "1 Invented Row");
}

// A new address ends the one before it, on the day that somebody had suggested: nobody is left to decide anything.
TEST_F(DecisionTest, ASuggestionThatTheSystemOvertakesLeavesTheLists)
{
    const auto ends = w.save(prison, case_id, {w.edits(case_id, address, "address", "where",
                                                       {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}, {"to", "2026-03-01"}})})
                          .versions[0];
    w.push(prison);
    must(hub.open_item(ends, {}));
    w.save(police, case_id, {w.creates(case_id, "address", "where", {{"lines", "3 Invented Row"}, {"from", "2026-03-01"}})});
    w.push(police);
    const auto items = must(hub.open_items({}, {}));
    ASSERT_THAT(items, SizeIs(1));
    EXPECT_EQ(items[0].id, item);
    expect_error(hub.open_item(ends, {}), Errc::not_found);
}

TEST_F(DecisionTest, AnAcceptedSuggestionBecomesTheValueAndEverybodySeesWhoTypedIt)
{
    const auto decided = must(hub.decide({item, owner, schema::Resolution::accept, {}, "Confirmed by telephone"}));
    EXPECT_EQ(decided.ruling.outcome, Outcome::applied);
    EXPECT_EQ(lines(), "2 Invented Row");
    EXPECT_THAT(must(hub.open_items({}, {})), IsEmpty());
    ReadingDevice reading(w, prison);
    for (const auto& page : pages_for(w, prison)) {
        for (const auto& author : page.authors) {
            const auto record = must(crypto::decode_credential_record(author.record));
            if (record.device_name == "hub operator") {
                EXPECT_EQ(record.user, owner);
                EXPECT_EQ(record.tls_public_hash, Digest{});
            }
        }
        EXPECT_EQ(page.authors.size(), 2u);  // police's device, and the operator
    }
    // The operator's chain goes on; its credential is made once, and is nobody's device.
    EXPECT_THAT(must(hub.devices()), SizeIs(2));
}

TEST_F(DecisionTest, AnAmendedSuggestionTakesTheTypedValues)
{
    expect_error(hub.decide({item, owner, schema::Resolution::amend, {{"lnes", "x"}}, "typo"}), Errc::unknown_name, "did you mean \"lines\"?");
    must(hub.decide({item, owner, schema::Resolution::amend, {{"lines", "3 Invented Row"}, {"from", "2026-03-01"}}, "As seen on site"}));
    EXPECT_EQ(lines(), "3 Invented Row");
}

TEST_F(DecisionTest, RoutingDecidesNothingAndMakesATask)
{
    expect_error(hub.route(item, "coordination.cordinator", owner, "over to you"), Errc::unknown_name, "did you mean");
    must(hub.route(item, "coordination.coordinator", owner, "Out of our hands"));
    EXPECT_THAT(must(hub.open_items({}, {})), SizeIs(1));
    const auto tasks = must(hub.tasks("coordination.coordinator"));
    ASSERT_THAT(tasks, SizeIs(1));
    EXPECT_EQ(tasks[0].case_id, case_id);
    EXPECT_EQ(lines(), "1 Invented Row");
}

TEST_F(DecisionTest, ExplainTellsWhoDecidesAndWhatWouldBecomeOfIt)
{
    const auto told = must(hub.explain(case_id, address, "lines", other));
    EXPECT_EQ(told.owner, "lead_agency");
    EXPECT_EQ(told.owner_words, "the lead agency (Police)");
    EXPECT_THAT(told.outcome_per_hat, ElementsAre("prison/east/omu: a suggestion to the lead agency (Police)"));
    EXPECT_TRUE(told.visible);
    EXPECT_THAT(must(hub.explain(case_id, address, "lines", owner)).outcome_per_hat, ElementsAre("police/east/offender_manager: decides"));
    expect_error(hub.explain(case_id, address, "lnes", other), Errc::unknown_name, "did you mean \"lines\"?");
    expect_error(hub.explain(case_id, RecordId{}, "lines", other), Errc::not_found);
}

TEST_F(AdminTest, AnEffectiveDateBecomesAFactOnItsDayAndOnce)
{
    std::size_t at = 0;
    const std::vector<std::string> lines{
        R"({"v":1,"kind":"case","key":"C1"})",
        R"({"v":1,"kind":"record","case":"C1","key":"s","type":"supervision","agency":"probation","role":"probation.practitioner","fields":{"agency":"probation","from":"2026-06-10","to":"2026-06-20"}})"};
    must(hub.import([&]() -> Result<std::optional<std::string>> { return at < lines.size() ? std::optional(lines[at++]) : std::nullopt; }, false));
    const auto lead = [&] { return must(hub.cases())[0].facts.at("lead_agency"); };
    EXPECT_EQ(lead(), "police");
    EXPECT_EQ(must(hub.tick(must(parse_date("2026-06-09")))), 0u);
    EXPECT_EQ(must(hub.tick(must(parse_date("2026-06-10")))), 1u);
    EXPECT_EQ(lead(), "probation");
    EXPECT_EQ(must(hub.tick(must(parse_date("2026-06-10")))), 0u);
    EXPECT_EQ(must(hub.tick(must(parse_date("2026-06-21")))), 1u);
    EXPECT_EQ(lead(), "police");
}

TEST_F(AdminTest, WhatIsImportedStartsItsClocksAndMidnightMovesThemWithTheLead)
{
    std::size_t at = 0;
    const std::vector<std::string> lines{
        R"({"v":1,"kind":"case","key":"C1"})",
        R"({"v":1,"kind":"record","case":"C1","key":"s","type":"supervision","agency":"probation","role":"probation.practitioner","fields":{"agency":"probation","from":"2026-06-10"}})",
        R"({"v":1,"kind":"record","case":"C1","key":"r","type":"review","agency":"police","role":"police.offender_manager","fields":{"held_on":"2026-03-10"}})"};
    must(hub.import([&]() -> Result<std::optional<std::string>> { return at < lines.size() ? std::optional(lines[at++]) : std::nullopt; }, false));
    const auto due = [&](const std::string& role) {
        std::vector<std::string> out;
        for (const auto& task : must(hub.tasks(role)))
            if (task.state == Task::State::open)
                out.push_back(to_string(task.due));
        return out;
    };
    EXPECT_THAT(due("police.offender_manager"), ElementsAre("2026-09-10"));
    EXPECT_THAT(due("probation.practitioner"), IsEmpty());
    EXPECT_EQ(must(hub.tick(must(parse_date("2026-06-10")))), 3u) << "the fact, the task that ends and the one that begins";
    EXPECT_THAT(due("police.offender_manager"), IsEmpty());
    EXPECT_THAT(due("probation.practitioner"), ElementsAre("2026-09-10"));
    EXPECT_EQ(must(hub.tick(must(parse_date("2026-06-10")))), 0u);
}

class NewCalendar : public AdminTest {
protected:
    NewCalendar()
    {
        must(publish_calendar(hub, 8, ""));
        import_an_address(hub);
    }
    std::vector<std::string> due() { return visits_due(hub); }
    bool verifies() { return must(verify_history(*must(w.store().view()), w.keys)).ok(); }
};

TEST_F(NewCalendar, MovesTheClocksThatRunWhenItIsPublished)
{
    EXPECT_THAT(due(), ElementsAre("2026-06-16"));
    must(publish_calendar(hub, 9, "\"2026-06-15\""));
    EXPECT_THAT(due(), ElementsAre("2026-06-17"));
    must(publish_calendar(hub, 10, "\"2026-06-15\"", "1 working day"));
    EXPECT_THAT(due(), ElementsAre("2026-06-16")) << "so does another period";
    EXPECT_EQ(must(hub.tick(must(parse_date("2026-06-01")))), 0u);
    EXPECT_TRUE(verifies());
}

TEST_F(NewCalendar, LeavesAloneWhatIsDueOnTheSameDay)
{
    const auto before = must(hub.status()).counts.entries;
    must(publish_calendar(hub, 9, "\"2026-06-30\""));
    EXPECT_EQ(must(hub.status()).counts.entries, before + 1) << "the agreement itself";
}

TEST_F(AdminTest, ADeadlineThatAnAgreementBringsRunsForWhatWasThereBefore)
{
    const auto verifies = [&] { return must(verify_history(*must(w.store().view()), w.keys)).ok(); };
    import_an_address(hub);
    EXPECT_THAT(visits_due(hub), IsEmpty());
    must(publish_calendar(hub, 8, ""));
    EXPECT_THAT(visits_due(hub), ElementsAre("2026-06-16"));
    EXPECT_TRUE(verifies());
    EXPECT_EQ(must(hub.tick(must(parse_date("2026-06-01")))), 0u) << "nor does the day open it again";
}

// It was handed over when the next record of its kind came.
TEST_F(AdminTest, ATaskGoesAtOnceToTheRoleThatAnAgreementGivesItsDutyTo)
{
    const auto publish = [&](std::uint32_t version, const std::string& role_with_the_duty) {
        std::string text(small_policy_text);
        text.replace(text.find("version = 7"), 11, "version = " + std::to_string(version));
        const std::string duties = "duties = [\"case_manager\"]\n";
        text.erase(text.find(duties), duties.size());  // the police's
        text += "[agency.police.role.desk]\ntitle = \"Desk\"\ncover = \"coordination.coordinator\"\n"
                "[[deadline]]\nid = \"visit\"\nstarts = \"address.from\"\nwithin = \"2 days\"\n"
                "role = \"lead_agency/case_manager\"\ntask = \"Visit\"\nrefs = [\"G-2-4\"]\n";
        const auto at = "[agency.police.role." + role_with_the_duty + "]\n";
        text.insert(text.find(at) + at.size(), duties);
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        must(hub.publish_policy(bundle));
    };
    const auto visits_of = [&](const std::string& role) {
        const auto tasks = must(hub.tasks(role));
        return std::count_if(tasks.begin(), tasks.end(),
                             [](const auto& task) { return task.state == Task::State::open && task.words == "Visit"; });
    };
    import_an_address(hub);
    publish(8, "offender_manager");
    EXPECT_EQ(visits_of("police.offender_manager"), 1);
    publish(9, "desk");
    EXPECT_EQ(visits_of("police.offender_manager"), 0);
    EXPECT_EQ(visits_of("police.desk"), 1);
    EXPECT_TRUE(must(verify_history(*must(w.store().view()), w.keys)).ok());
}

TEST_F(AdminTest, APolicyIsFollowedByAHigherOneOnly)
{
    const std::vector<schema::SourceFile> same{{"small.toml", small_policy_text}};
    expect_error(hub.publish_policy(same), Errc::policy_invalid);
    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    const std::vector<schema::SourceFile> next{{"small.toml", text}};
    EXPECT_EQ(must(hub.publish_policy(next)), 8u);
    EXPECT_EQ(hub.policy()->version, 8u);
    // It is in force after a restart as well.
    const auto again = must(HubService::open(w.parts()));
    EXPECT_EQ(again->policy()->version, 8u);
}

}  // namespace
}  // namespace satchel::test
