// Over real sockets and real mutual TLS: what a user gets when the hub is there, when it is not, and when it is another.
#include <thread>

#include "client/engine/runner.hpp"
#include "sync/hub/server.hpp"
#include "tests/unit/client/engine/real_hub.hpp"

namespace satchel::client::test {
namespace {

using How = Typed::How;

class ServedHub {
public:
    explicit ServedHub(HubWorld& hub) : ServedHub(hub, hub.keys) {}
    ServedHub(HubWorld& hub, const HubKeys& keys)
        : server_(must(HubServer::open(hub.service(), keys, hub.clock,
                                       [&hub](crypto::TlsProtocol protocol, Committer& committer,
                                              const std::shared_ptr<Mailbox>& mailbox) {
                                           return make_hub_machine(hub.service(), protocol, committer, mailbox);
                                       }))),
          thread_([this] { server_->run(); })
    {
    }
    ~ServedHub()
    {
        server_->stop();
        thread_.join();
    }
    ServedHub(const ServedHub&) = delete;
    ServedHub& operator=(const ServedHub&) = delete;
    [[nodiscard]] std::string address() const { return server_->address(); }

private:
    std::unique_ptr<HubServer> server_;
    std::thread thread_;
};

class Run : public ::testing::Test {
protected:
    Run()
    {
        case_id = must(hub.service().add_case("one"));
        user = hub.user("Pia Policia", "police.offender_manager");
        must(hub.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    }
    Result<Enrolled> enrol_at(const std::string& address)
    {
        const auto slip = must(hub.service().create_enrolment(user, std::chrono::minutes(15), address));
        RunConfig config;
        config.connecting = std::chrono::seconds(3);
        return enrol(slip, "Tablet", clock, random, config);
    }
    std::unique_ptr<DeviceStore> device(const std::string& address)
    {
        const auto enrolled = must(enrol_at(address));
        auto store = std::make_unique<DeviceStore>(
            must(DeviceStore::create(folder.file("d.db"), key, enrolled.identity, enrolled.chain, enrolled.policy)));
        store->use_policy(std::make_shared<const schema::Policy>(
            must(open_policy(enrolled.policy, enrolled.identity.receipt_key))));
        return store;
    }
    Result<SessionReport> run(DeviceStore& store, const std::string& address = {})
    {
        RunConfig config;
        config.address = address;
        config.connecting = std::chrono::seconds(3);
        return synchronise({store, clock, random, nullptr}, config);
    }
    void save_note(DeviceStore& store)
    {
        const auto& policy = store.policy();
        const Canvas canvas{policy, *policy.type(std::string_view("note")), case_id, store.identity().credential,
                            nullptr, nullptr, {}, {}};
        Draft draft;
        draft.case_id = case_id;
        draft.hat = store.identity().hats.front();
        draft.parts = must(compose(canvas, std::vector<Typed>{{How::set, "text", "seen"}}));
        must(store.save(draft));
    }

    HubWorld hub;
    satchel::test::HandClock clock;
    FakeRandom random{31};
    TempFolder folder;
    crypto::SecretBytes key = crypto::SecretBytes::random(random, crypto::store_key_bytes);
    CaseId case_id;
    UserId user;
};

TEST_F(Run, EnrolsAndSynchronisesOverMutualTls)
{
    ServedHub served(hub);
    auto store = device(served.address());
    EXPECT_TRUE(must(run(*store)).complete);
    save_note(*store);
    const auto report = must(run(*store));
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.sent, 1u);
    EXPECT_EQ(report.tally.applied, 1u);
    EXPECT_EQ(must(store->waiting()), 0u);
    EXPECT_GT(store->chain().hub_time.ms, 0);
}

TEST_F(Run, WhileTheNetworkIsWaitedForSomebodySaves)
{
    ServedHub served(hub);
    auto store = device(served.address());
    EXPECT_TRUE(must(run(*store)).complete);  // its case is here
    constexpr std::uint64_t saves_max = 20;
    std::uint64_t waits = 0;
    bool waiting = false;
    RunConfig config;
    config.connecting = std::chrono::seconds(3);
    config.wait_begins = [&] {
        EXPECT_FALSE(std::exchange(waiting, true));
        if (waits < saves_max)
            save_note(*store);
        ++waits;
    };
    config.wait_ends = [&] { EXPECT_TRUE(std::exchange(waiting, false)); };
    const auto report = must(synchronise({*store, clock, random, nullptr}, config));
    EXPECT_FALSE(waiting);
    EXPECT_TRUE(report.complete);
    EXPECT_GT(waits, 5u);
    EXPECT_GE(report.sent, 1u);
    EXPECT_LE(report.sent, 6u) << "sending comes to an end while people go on saving";
    EXPECT_TRUE(must(run(*store)).complete);
    EXPECT_EQ(must(store->waiting()), 0u);
    EXPECT_EQ(must(hub.service().cases()).at(0).records, std::min(waits, saves_max));
    EXPECT_TRUE(must(store->health()).chain_sound);
}

TEST_F(Run, AClockTenYearsWrongKeepsNobodyOut)
{
    ServedHub served(hub);
    clock.ms -= 10LL * 365 * 86'400'000;
    auto store = device(served.address());
    EXPECT_TRUE(must(run(*store)).complete);
    EXPECT_TRUE(must(run(*store)).complete) << "judged by the hub's time";
}

TEST_F(Run, WithoutAHubWorkStays)
{
    std::string address;
    std::unique_ptr<DeviceStore> store;
    {
        ServedHub served(hub);
        address = served.address();
        store = device(address);
        must(run(*store));
    }
    save_note(*store);
    const auto gone = run(*store);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::unreachable);
    EXPECT_EQ(must(store->waiting()), 1u);
    EXPECT_EQ(run(*store, "no such place").error().code, Errc::invalid_argument);
}

TEST_F(Run, AnotherHubIsNotBelieved)
{
    const auto keys = must(make_hub_keys({"police"}, "Testshire", clock.now(), random));
    ServedHub stranger(hub, keys); // under the same name, by another root
    ServedHub served(hub);
    EXPECT_EQ(outcome(enrol_at(stranger.address())).substr(0, 15), "bad_certificate");
    auto store = device(served.address());
    must(run(*store));
    save_note(*store);
    const auto report = run(*store, stranger.address());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Errc::bad_certificate);
    EXPECT_EQ(must(store->waiting()), 1u);
}

TEST_F(Run, ARevokedDeviceHandsInItsWorkAndNothingElse)
{
    ServedHub served(hub);
    auto store = device(served.address());
    must(run(*store));
    save_note(*store);
    must(hub.service().revoke(store->identity().credential));
    const auto report = must(run(*store));
    EXPECT_TRUE(report.barred);
    EXPECT_TRUE(must(store->cases()).empty());
    EXPECT_EQ(must(store->waiting()), 0u);
}

}  // namespace
}  // namespace satchel::client::test
