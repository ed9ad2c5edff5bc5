// Agencies that come with a later agreement: their keys first, then the agreement, and nothing in between that could not be repeated.
#include <gmock/gmock.h>

#include "sync/hub/home.hpp"
#include "sync/hub/verify.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
void expect_error(const Result<T>& outcome, Errc code, const std::string& says = {})
{
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, code) << outcome.error().detail;
    EXPECT_THAT(outcome.error().detail, HasSubstr(says));
}

// The machine's files, of which one write fails: before it, or after it, as where the power goes right behind.
class FailingFiles final : public crypto::FileSystem {
public:
    enum class Fails : std::uint8_t { never, before, after };
    Fails fails = Fails::never;

    Result<Bytes> read(const std::string& path, std::size_t max) override { return real_.read(path, max); }
    Result<void> write_durable(const std::string& path, ByteView content) override
    {
        if (fails == Fails::before)
            return fail(Errc::disk_full, "no room");
        SATCHEL_TRYV(real_.write_durable(path, content));
        return fails == Fails::after ? Result<void>(fail(Errc::io_error, "the power is gone")) : Result<void>{};
    }
    Result<void> remove(const std::string& path) override { return real_.remove(path); }
    Result<bool> exists(const std::string& path) override { return real_.exists(path); }

private:
    crypto::PosixFiles real_;
};

// A hub in a folder, made under the first agreement.
class NewAgency : public testing::Test {
protected:
    NewAgency()
    {
        must(HubHome::create(directory, "North Shire", first, passphrase, crypto::KdfParams::floor(), ports()));
        open();
    }
    [[nodiscard]] HubPorts ports() { return {files, clock, random, {}}; }
    void open()
    {
        home.reset();
        home = must(HubHome::open(directory, passphrase, ports()));
    }
    // Puts this file back as it was when it was kept, beside whatever else there is.
    [[nodiscard]] Bytes kept(const std::string& name) { return must(files.read(folder.file(name), 16 << 20)); }
    void put_back(const std::string& name, const Bytes& bytes)
    {
        home.reset();
        if (name == "hub.db")
            must(files.remove(folder.file("hub.db-wal")));
        must(files.write_durable(folder.file(name), bytes));
        open();
    }
    [[nodiscard]] std::vector<AgencyIntroduction> introduced() const
    {
        return must(introduced_agencies(*must(home->store().view())));
    }
    [[nodiscard]] crypto::PublicKey key(const std::string& agency) const
    {
        const auto* keys = home->keys().agency(agency);
        return keys ? keys->registry.public_key() : crypto::PublicKey{};
    }
    [[nodiscard]] std::vector<std::string> findings() const
    {
        std::vector<std::string> out;
        for (const auto& one : must(verify_history(*must(home->store().view()), home->keys())).failures)
            out.push_back(one.table + " " + one.row + " " + one.kind);
        return out;
    }
    [[nodiscard]] UserId nurse() const
    {
        return must(home->service().add_user({"Invented Nurse", {{"health", "ward", "health.care_coordinator"}}, ""}));
    }

    const TempFolder folder;
    const std::string directory = folder.file("");
    FailingFiles files;
    HandClock clock;
    FakeRandom random{5};
    const crypto::SecretBytes passphrase = crypto::SecretBytes::copy_of(view("correct horse"));
    const std::vector<schema::SourceFile> first{{"small.toml", small_policy_text}};
    const std::string next_text = small_policy_with_health();
    const std::vector<schema::SourceFile> next{{"small.toml", next_text}};
    std::unique_ptr<HubHome> home;
};

// Found when the dry run said that what `publish` takes could not be published.
TEST_F(NewAgency, IsNothingThatKeepsAnAgreementFromBeingPublished)
{
    EXPECT_THAT(home->service().obstacles(next).cannot_follow, ElementsAre());
    EXPECT_FALSE(home->keys().agency("health")) << "to ask makes no keys";
}

// Found when the second agreement was to follow the first: "the hub has no keys for the agency".
TEST_F(NewAgency, HasKeysAndTheRootsWordOnceItsAgreementIsInForce)
{
    EXPECT_EQ(must(home->service().publish_policy(next)), 8u);
    const auto all = introduced();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].agency, "health");
    EXPECT_EQ(all[0].registry_key, key("health"));
    EXPECT_TRUE(crypto::introduction_holds(home->keys().root.certificate(), "health", key("health"), all[0].signature));
    EXPECT_EQ(home->keys().agency("health")->authority.name(), "health");
    EXPECT_EQ(home->keys().agency("health")->authority.area(), "north-shire");
    must(home->service().create_enrolment(nurse(), std::chrono::minutes(15), "localhost:1"));
    EXPECT_THAT(findings(), ElementsAre());
    const auto before = key("health");
    open();
    EXPECT_EQ(key("health"), before);
    EXPECT_EQ(home->service().policy()->version, 8u);
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(NewAgency, LeavesTheKeysOfTheOthersAsTheyWere)
{
    const auto of = [&](const std::string& name) {
        const auto* keys = home->keys().agency(name);
        return std::tuple{keys->registry.public_key(), keys->authority.certificate()};
    };
    const auto police = of("police");
    const auto receipt = home->keys().receipt.public_key();
    const auto root = home->keys().root.certificate();
    const auto* where = home->keys().agency("police");
    must(home->service().publish_policy(next));
    EXPECT_EQ(home->keys().agency("police"), where) << "who is signing with it goes on";
    open();
    EXPECT_EQ(of("police"), police);
    EXPECT_EQ(home->keys().receipt.public_key(), receipt);
    EXPECT_EQ(home->keys().root.certificate(), root);
}

TEST_F(NewAgency, WithoutRoomForItsKeysChangesNothing)
{
    const auto before = kept("hub.keys");
    files.fails = FailingFiles::Fails::before;
    expect_error(home->service().publish_policy(next), Errc::disk_full);
    EXPECT_EQ(home->service().policy()->version, 7u);
    EXPECT_EQ(home->keys().agency("health"), nullptr);
    EXPECT_EQ(kept("hub.keys"), before);
    files.fails = FailingFiles::Fails::never;
    EXPECT_EQ(must(home->service().publish_policy(next)), 8u) << "without a restart";
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(NewAgency, WhoseKeysAreDurableAndWhoseAgreementIsNotIsMadeUseOfByTheNextAttempt)
{
    files.fails = FailingFiles::Fails::after;
    expect_error(home->service().publish_policy(next), Errc::io_error);
    files.fails = FailingFiles::Fails::never;
    for (const bool restarted : {false, true}) {
        SCOPED_TRACE(restarted);
        if (restarted)
            open();
        EXPECT_EQ(home->service().policy()->version, 7u);
        EXPECT_TRUE(introduced().empty());
        EXPECT_THAT(findings(), ElementsAre());
    }
    const auto made = key("health");
    ASSERT_NE(made, crypto::PublicKey{});
    EXPECT_EQ(must(home->service().publish_policy(next)), 8u);
    EXPECT_EQ(key("health"), made);
    EXPECT_EQ(introduced().at(0).registry_key, made);
    EXPECT_THAT(findings(), ElementsAre());
}

// Devices took up the key: another one would make strangers of the agency's people.
TEST_F(NewAgency, HasTheSameRegistryKeyAgainWhereTheHubWasPutBackToBeforeItCame)
{
    home.reset();
    const auto store = kept("hub.db"), keys = kept("hub.keys");
    open();
    must(home->service().publish_policy(next));
    const auto before = key("health");
    home.reset();
    must(files.remove(folder.file("hub.db-wal")));
    must(files.write_durable(folder.file("hub.db"), store));
    put_back("hub.keys", keys);
    must(home->service().begin_epoch());
    EXPECT_EQ(home->service().policy()->version, 7u);
    EXPECT_EQ(home->keys().agency("health"), nullptr);
    must(home->service().publish_policy(next));
    EXPECT_EQ(key("health"), before);
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(NewAgency, HasItsKeysAgainWhereAnOlderKeyFileWasPutBackBesideTheStore)
{
    const auto keys = kept("hub.keys");
    must(home->service().publish_policy(next));
    const auto before = key("health");
    put_back("hub.keys", keys);
    EXPECT_EQ(key("health"), before);
    EXPECT_EQ(home->service().policy()->version, 8u);
    EXPECT_THAT(findings(), ElementsAre());
    must(home->service().create_enrolment(nurse(), std::chrono::minutes(15), "localhost:1"));
}

TEST_F(NewAgency, IsNamedInTheLogBeforeItsAgreement)
{
    must(home->service().publish_policy(next));
    std::vector<AdminKind> last;
    const Visit<EntryRow> keep = [&](const EntryRow& entry) -> Result<bool> {
        last.push_back(must(decode_admin_body(entry.body)).kind);
        return true;
    };
    must(must(home->store().view())->entries(Position{2}, keep));
    EXPECT_THAT(last, ElementsAre(AdminKind::agency, AdminKind::policy));
}

// Certificates could not tell it from another: said to whoever proposes it, and not to whoever publishes what others approved.
TEST_F(NewAgency, ThatCertificatesCannotNameIsRefusedWhenItIsProposed)
{
    const auto somebody = must(home->service().add_user({"Invented Person", {{"police", "east", "police.offender_manager"}}, ""}));
    for (const std::string name : {"police_", "hub"}) {
        auto text = next_text;
        for (auto at = text.find("agency.health"); at != std::string::npos; at = text.find("agency.health"))
            text.replace(at, 13, "agency." + name);
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        expect_error(home->service().propose_policy(bundle, somebody, schema::Narrowing::refused), Errc::invalid_argument, "certificates");
        expect_error(home->service().publish_policy(bundle), Errc::invalid_argument, "certificates");
    }
    EXPECT_EQ(home->service().policy()->version, 7u);
}

TEST_F(NewAgency, IsRefusedInWordsWhereTheAreasRootHasExpired)
{
    clock.ms += std::chrono::milliseconds(crypto::root_life).count() + 1;
    expect_error(home->service().publish_policy(next), Errc::bad_certificate, "the area's root cannot sign for the agency \"health\"");
    EXPECT_EQ(home->service().policy()->version, 7u);
    EXPECT_EQ(home->keys().agency("health"), nullptr);
}

TEST(NewAgencyWithoutAKeyFile, IsRefused)
{
    HubWorld w;
    auto parts = w.parts();
    parts.keeper = nullptr;
    const auto hub = must(HubService::open(parts));
    const auto text = small_policy_with_health();
    expect_error(hub->publish_policy(std::vector<schema::SourceFile>{{"small.toml", text}}), Errc::refused, "no keys for the agency \"health\"");
}

// What a device keeps, and what a key file may hold.
TEST(NewAgencyBeyondTheLimit, IsRefusedBeforeAKeyIsMade)
{
    HubWorld w;
    std::vector<std::string> names;
    for (std::size_t i = 0; i + 4 < agencies_max; ++i)
        names.push_back("agency " + std::to_string(i));
    EXPECT_EQ(must(agencies_without_keys(names, w.keys)).size(), agencies_max - 4);
    names.push_back("one too many");
    expect_error(agencies_without_keys(names, w.keys), Errc::too_large);
    names.resize(agencies_max + 1, "another");
    expect_error(make_hub_keys(names, "North", w.clock.now(), w.random()), Errc::too_large);
}

// A key file of another hub, or one that was altered: its agency's people would be strangers to every device.
TEST(NewAgencyWithAnotherKeyThanTheLogs, KeepsTheHubFromStarting)
{
    HubWorld w;
    const auto text = small_policy_with_health();
    must(w.service().publish_policy(std::vector<schema::SourceFile>{{"small.toml", text}}));
    w.close();
    {
        auto db = must(crypto::Database::open(w.path(), world_key()));
        must(db.exec_script("UPDATE agencies SET registry_key = zeroblob(32)"));
    }
    auto store = must(open_sqlcipher_central(w.path(), world_key()));
    expect_error(HubService::open({*store, w.keys, w.clock, w.random(), &w.keeper}), Errc::corrupt, "verify");
}

// Somebody who is enrolled between the keys and the agreement learns of no agency that no agreement names.
TEST(NewAgencyBeforeItsAgreement, IsToldToNobody)
{
    HubWorld w;
    const auto text = small_policy_with_health();
    w.keeper.power_goes = true;
    expect_error(w.service().publish_policy(std::vector<schema::SourceFile>{{"small.toml", text}}), Errc::io_error);
    ASSERT_TRUE(w.keys.agency("health"));
    const auto who = w.user("Invented Police", "police.offender_manager");
    const auto slip = must(w.service().create_enrolment(who, std::chrono::minutes(15), "localhost:1"));
    const auto device = w.new_device(who, "police.offender_manager");
    const auto answer = must(w.service().enrol(HubWorld::request(device, slip, "Tablet", HubWorld::channel()), HubWorld::channel()));
    EXPECT_EQ(answer.agency_keys.size(), 4u);
}

}  // namespace
}  // namespace satchel::test
