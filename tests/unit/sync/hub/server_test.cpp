// The hub on real sockets: TLS by loopback, the session machines, the writer's thread.
#include "sync/hub/server.hpp"

#include <future>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "sync/hub/session.hpp"
#include "sync/net/connector.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"
#include "tests/unit/sync/net/run_async.hpp"

namespace satchel::test {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;

// Until it holds; false when it does not for a long time.
template <class F>
bool eventually(F holds)
{
    const auto due = std::chrono::steady_clock::now() + patience;
    while (!holds() && std::chrono::steady_clock::now() < due)
        std::this_thread::sleep_for(1ms);
    return holds();
}

MakeMachine hub_machines(HubService& service)
{
    return [&service](crypto::TlsProtocol protocol, Committer& committer, const std::shared_ptr<Mailbox>& mailbox) {
        return make_hub_machine(service, protocol, committer, mailbox);
    };
}

// A server on a thread of its own, stopped at the latest with the test.
class Running {
public:
    Running(HubWorld& world, MakeMachine make, ServerConfig config = {},
            const std::function<void(HubServer&)>& before = {})
        : server_(must(HubServer::open(world.service(), world.keys, world.clock, std::move(make), config)))
    {
        if (before)
            before(*server_);
        thread_ = std::thread([this] { server_->run(); });
    }
    ~Running() { end(); }
    void end()
    {
        server_->stop();
        if (thread_.joinable())
            thread_.join();
    }
    HubServer* operator->() { return server_.get(); }

private:
    std::unique_ptr<HubServer> server_;
    std::thread thread_;
};

// A device's end of one connection, driven by the test's own thread.
class Client {
public:
    Client(Running& server, SharedTls tls)
    {
        auto made = run_async(io_, connect({"127.0.0.1", server->port()}, std::move(tls), ConnectorConfig{}), patience);
        if (made && *made)
            connection_ = **made;
    }
    [[nodiscard]] bool connected() const { return connection_ != nullptr; }
    [[nodiscard]] const Digest& channel() const { return connection_->peer().channel_binding; }

    template <class M>
    void say(MessageType type, const M& message)
    {
        const auto sent = run_async(io_, connection_->send({static_cast<std::uint8_t>(type), schema::wire::pack(message)}), patience);
        SATCHEL_CHECK(sent && sent->has_value());
    }
    Result<Frame> hear()
    {
        auto frame = run_async(io_, connection_->receive(), patience);
        return frame ? *std::move(frame) : fail(Errc::bug, "hangs");
    }
    template <class M>
    Result<M> hear(MessageType type)
    {
        SATCHEL_TRY(const auto frame, hear());
        if (frame.type != static_cast<std::uint8_t>(type))
            return fail(Errc::protocol_violation, "message " + std::to_string(frame.type));
        return schema::wire::unpack<M>(frame.payload);
    }
    template <class M, class Question>
    Result<M> ask(MessageType type, const Question& question, MessageType answer)
    {
        say(type, question);
        return hear<M>(answer);
    }

private:
    boost::asio::io_context io_;
    std::shared_ptr<Connection> connection_;
};

crypto::HubPin pin_of(const HubWorld& world) { return {world.keys.root.public_hash(), world.keys.hub_uri()}; }

SharedTls tls_of(const HubWorld& world, const Device& device)
{
    return std::make_shared<const crypto::TlsContext>(
        must(crypto::device_tls_context({device.chain, *device.tls_key}, pin_of(world))));
}

// What the machines below share with their test: the job that each frame asks for, and how many were handed in.
struct Bench {
    std::function<Result<void>(Ledger&)> work = [](Ledger&) { return Result<void>{}; };
    std::atomic<std::size_t> submitted = 0;
    std::atomic<Committer*> committer = nullptr;

    MakeMachine make();
};

// Says back what it hears, once the writer has done the test's job for it.
class JobMachine final : public Machine {
public:
    JobMachine(Bench& bench, Committer& committer, std::shared_ptr<Mailbox> mailbox)
        : bench_(bench), committer_(committer), mailbox_(std::move(mailbox))
    {
        bench_.committer = &committer;
    }
    Outbox on_open(ByteView, ByteView) override
    {
        Outbox out;
        out.admitted = true;
        return out;
    }
    Outbox on_frame(const Frame& frame) override
    {
        committer_.submit({bench_.work, [mailbox = mailbox_, frame](const Result<Head>& head) {
                               mailbox->post([frame, failed = !head.has_value()] {
                                   Outbox out;
                                   out.frames.push_back(frame);
                                   out.close = failed;
                                   out.reading = Reading::resume;
                                   return out;
                               });
                           }});
        ++bench_.submitted;
        Outbox wait;
        wait.reading = Reading::pause;
        return wait;
    }
    Outbox on_closed(const Error*) override { return {}; }
    Outbox on_timer(Instant) override { return {}; }

private:
    Bench& bench_;
    Committer& committer_;
    std::shared_ptr<Mailbox> mailbox_;
};

MakeMachine Bench::make()
{
    return [this](crypto::TlsProtocol, Committer& to, const std::shared_ptr<Mailbox>& mailbox) {
        return std::make_shared<JobMachine>(*this, to, mailbox);
    };
}

// Work that stands still until the test says go on; only the first of it.
class Gate {
public:
    Result<void> pass()
    {
        if (passed_++ == 0)
            open_.get_future().wait();
        return {};
    }
    void open() { open_.set_value(); }
    [[nodiscard]] bool reached() const { return passed_ > 0; }

private:
    std::atomic<int> passed_ = 0;
    std::promise<void> open_;
};

class HubServerTest : public testing::Test {
protected:
    UserId user(const std::string& name = "Invented Police") { return world.user(name, "police.offender_manager"); }
    Device device(const UserId& whose, const std::string& device_name = "Tablet")
    {
        return world.enrol(whose, "police.offender_manager", device_name);
    }
    HubWorld world;
};

TEST_F(HubServerTest, AnAddressThatCannotBeListenedOnIsAnError)
{
    ServerConfig config;
    config.host = "not an address";
    const auto named = HubServer::open(world.service(), world.keys, world.clock, hub_machines(world.service()), config);
    ASSERT_FALSE(named);
    EXPECT_EQ(named.error().code, Errc::invalid_argument);
    config.host = "192.0.2.1";  // nobody's here
    const auto foreign = HubServer::open(world.service(), world.keys, world.clock, hub_machines(world.service()), config);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, Errc::io_error);
}

// Its authority did not exist when the server began to listen: the root alone says whom TLS lets in.
TEST_F(HubServerTest, ADeviceOfAnAgencyThatCameSinceIsLetIn)
{
    Running server(world, hub_machines(world.service()));
    const auto text = small_policy_with_health();
    must(world.service().publish_policy(std::vector<schema::SourceFile>{{"small.toml", text}}));
    const auto nurse = world.enrol(world.user("Invented Nurse", "health.care_coordinator"), "health.care_coordinator");
    Client session(server, tls_of(world, nurse));
    ASSERT_TRUE(session.connected());
    const auto ack = session.ask<HelloAck>(MessageType::hello, HubWorld::hello(nurse, session.channel()), MessageType::hello_ack);
    ASSERT_TRUE(ack) << ack.error().detail;
    EXPECT_EQ(ack->standing, HelloAck::Standing::welcome);
    const auto both = session.hear<PolicyAndAgencies>(MessageType::policy_and_agencies);
    ASSERT_TRUE(both) << both.error().detail;
    ASSERT_EQ(both->agencies.size(), 1u);
    EXPECT_EQ(both->agencies[0].agency, "health");
}

TEST_F(HubServerTest, ADeviceEnrolsPushesAndAnotherPullsOverMutualTls)
{
    const auto who = user();
    const auto case_id = must(world.service().add_case("C1"));
    must(world.service().assign(case_id, {AssignmentRow::Subject::user, to_string(who)}));
    Running server(world, hub_machines(world.service()));

    const auto slip = must(world.service().create_enrolment(who, std::chrono::minutes(15), server->address()));
    auto writer = world.new_device(who, "police.offender_manager");
    {
        Client enrolling(server, std::make_shared<const crypto::TlsContext>(must(crypto::enrolment_tls_context(pin_of(world)))));
        ASSERT_TRUE(enrolling.connected());
        const auto answer = enrolling.ask<EnrolAnswer>(
            MessageType::enrol_request, HubWorld::request(writer, slip, "Tablet", enrolling.channel()), MessageType::enrol_answer);
        ASSERT_TRUE(answer) << answer.error().detail;
        HubWorld::accept(writer, *answer);
        const auto end = enrolling.hear();
        ASSERT_FALSE(end);
        EXPECT_EQ(end.error().code, Errc::closed);
    }
    {
        Client session(server, tls_of(world, writer));
        ASSERT_TRUE(session.connected());
        const auto ack = session.ask<HelloAck>(MessageType::hello, HubWorld::hello(writer, session.channel()), MessageType::hello_ack);
        ASSERT_TRUE(ack) << ack.error().detail;
        EXPECT_EQ(ack->standing, HelloAck::Standing::welcome);
        ASSERT_TRUE(session.hear<PolicyMessage>(MessageType::policy));
        for (int i = 0; i < 3; ++i)
            world.save(writer, case_id, {world.creates(case_id, "note", "what", {{"text", "Seen in town"}})});
        const auto receipt = session.ask<Receipt>(MessageType::push, world.packed(writer), MessageType::receipt);
        ASSERT_TRUE(receipt) << receipt.error().detail;
        EXPECT_EQ(receipt->up_to, 3u);
        EXPECT_EQ(receipt->chain_head, writer.head);
        EXPECT_TRUE(crypto::verify(world.keys.receipt.public_key(), receipt_bytes(*receipt), receipt->signature));
        session.say(MessageType::bye, Credit{});
        const auto end = session.hear();
        ASSERT_FALSE(end);
        EXPECT_EQ(end.error().code, Errc::closed);
    }
    const auto reader = device(who, "Laptop");
    Client session(server, tls_of(world, reader));
    ASSERT_TRUE(session.ask<HelloAck>(MessageType::hello, HubWorld::hello(reader, session.channel()), MessageType::hello_ack));
    ASSERT_TRUE(session.hear<PolicyMessage>(MessageType::policy));
    session.say(MessageType::pull, Pull{false, 1 << 20});
    std::size_t changesets = 0;
    for (;;) {
        const auto frame = session.hear();
        ASSERT_TRUE(frame) << frame.error().detail;
        if (frame->type == static_cast<std::uint8_t>(MessageType::pulled))
            break;
        const auto page = schema::wire::unpack<Page>(frame->payload);
        ASSERT_TRUE(page);
        for (const auto& entry : page->entries)
            changesets += entry.kind == Entry::Kind::changeset ? 1 : 0;
    }
    EXPECT_EQ(changesets, 3u);
}

TEST_F(HubServerTest, ADeviceOfAnotherAreaIsNotTalkedTo)
{
    HubWorld other(/*seed=*/12);
    const auto foreign = other.enrol(other.user("Invented Stranger", "police.offender_manager"), "police.offender_manager");
    ServerConfig config;
    config.handshake = 500ms;  // the hub waits that long for the stranger to have read why
    Running server(world, hub_machines(world.service()), config);
    // It trusts our hub, and its certificate is from elsewhere.
    Client stranger(server, std::make_shared<const crypto::TlsContext>(
                                must(crypto::device_tls_context({foreign.chain, *foreign.tls_key}, pin_of(world)))));
    // A TLS 1.3 client believes itself welcome until it hears otherwise.
    EXPECT_TRUE(!stranger.connected() || !stranger.hear());
    EXPECT_TRUE(eventually([&] { return server->counts().failed == 1; }));
    EXPECT_EQ(server->counts().sessions, 0u);
}

// However many devices wait, they wait for the disk once.
TEST_F(HubServerTest, JobsThatWaitAreCommittedTogether)
{
    const auto one = device(user());
    Gate gate;
    Bench bench;
    bench.work = [&](Ledger&) { return gate.pass(); };
    ServerConfig config;
    config.jobs_per_commit_max = 4;
    Running server(world, bench.make(), config);
    std::vector<std::future<bool>> clients;
    const auto start_client = [&] {
        clients.push_back(std::async(std::launch::async, [&] {
            Client client(server, tls_of(world, one));
            return client.connected() && client.ask<Credit>(MessageType::credit, Credit{7}, MessageType::credit).has_value();
        }));
    };
    start_client();
    ASSERT_TRUE(eventually([&] { return gate.reached(); }));
    for (int i = 0; i < 6; ++i)
        start_client();
    EXPECT_TRUE(eventually([&] { return bench.submitted == 7; }));
    gate.open();
    for (auto& client : clients)
        EXPECT_TRUE(client.get());
    EXPECT_EQ(server->counts().jobs, 7u);
    EXPECT_EQ(server->counts().commits, 3u);  // the first alone, then four, then two
}

TEST_F(HubServerTest, StoppingLetsASessionHearWhatItWaitsFor)
{
    const auto one = device(user());
    Gate gate;
    Bench bench;
    bench.work = [&](Ledger&) { return gate.pass(); };
    Running server(world, bench.make());
    auto talk = std::async(std::launch::async, [&] {
        Client client(server, tls_of(world, one));
        const auto answer = client.ask<Credit>(MessageType::credit, Credit{7}, MessageType::credit);
        const auto end = client.hear();
        return answer.has_value() && !end && end.error().code == Errc::closed;
    });
    ASSERT_TRUE(eventually([&] { return gate.reached(); }));
    server->stop();
    gate.open();
    EXPECT_TRUE(talk.get());
    server.end();
    EXPECT_EQ(server->counts().sessions, 0u);

    // Afterwards nothing is taken any more, and whoever asks is told.
    std::optional<Errc> told;
    (*bench.committer).submit({bench.work, [&](const Result<Head>& head) { told = head ? Errc::bug : head.error().code; }});
    EXPECT_EQ(told, Errc::closed);
}

TEST_F(HubServerTest, ASessionThatDoesNotEndIsCutWhenTheDrainIsOver)
{
    const auto one = device(user());
    Gate gate;
    Bench bench;
    bench.work = [&](Ledger&) { return gate.pass(); };
    ServerConfig config;
    config.drain = 200ms;
    Running server(world, bench.make(), config);
    auto talk = std::async(std::launch::async, [&] {
        Client client(server, tls_of(world, one));
        return client.ask<Credit>(MessageType::credit, Credit{7}, MessageType::credit).has_value();
    });
    ASSERT_TRUE(eventually([&] { return gate.reached(); }));
    server->stop();
    EXPECT_FALSE(talk.get());  // it heard the end before the answer
    EXPECT_TRUE(eventually([&] { return server->counts().sessions == 0; }));
    gate.open();
    server.end();
    EXPECT_EQ(server->counts().jobs, 1u);  // what was handed in is done all the same
}

TEST_F(HubServerTest, TheSessionsOfACredentialCanBeCut)
{
    const auto who = user();
    const auto lost = device(who), kept = device(who, "Laptop");
    Bench bench;
    Running server(world, bench.make());
    Client cut(server, tls_of(world, lost)), other(server, tls_of(world, kept));
    ASSERT_TRUE(cut.ask<Credit>(MessageType::credit, Credit{1}, MessageType::credit));
    ASSERT_TRUE(other.ask<Credit>(MessageType::credit, Credit{1}, MessageType::credit));
    EXPECT_EQ(server->cut(lost.credential), 1u);
    EXPECT_FALSE(cut.hear());
    EXPECT_TRUE(other.ask<Credit>(MessageType::credit, Credit{2}, MessageType::credit));
}

TEST_F(HubServerTest, MoreConnectionsThanAllowedAreRefusedAndTheOthersGoOn)
{
    const auto one = device(user());
    Bench bench;
    ServerConfig config;
    config.connections_max = 1;
    Running server(world, bench.make(), config);
    Client first(server, tls_of(world, one));
    ASSERT_TRUE(first.ask<Credit>(MessageType::credit, Credit{1}, MessageType::credit));
    Client second(server, tls_of(world, one));
    EXPECT_FALSE(second.connected());
    EXPECT_EQ(server->counts().refused, 1u);
    EXPECT_TRUE(first.ask<Credit>(MessageType::credit, Credit{2}, MessageType::credit));
}

TEST_F(HubServerTest, EachDayIsTickedOnceAndTheFirstAtTheStart)
{
    const auto police = user();
    const auto case_id = must(world.service().add_case("C1"));
    must(world.service().assign(case_id, {AssignmentRow::Subject::user, to_string(police)}));
    const auto probation = world.user("Invented Probation", "probation.practitioner");
    must(world.service().assign(case_id, {AssignmentRow::Subject::user, to_string(probation)}));
    auto practitioner = world.enrol(probation, "probation.practitioner");
    world.pull(practitioner);
    const auto tomorrow = to_string(Date{day_of(world.clock.now()).days + 1});
    world.save(practitioner, case_id, {world.creates(case_id, "supervision", "period", {{"agency", "probation"}, {"from", tomorrow}})});
    world.push(practitioner);
    const auto lead = [&] { return must(must(world.store().view())->case_row(case_id))->facts.at("lead_agency"); };
    ASSERT_EQ(lead(), "police");

    Bench bench;
    ServerConfig config;
    config.day_check = 5ms;
    Running server(world, bench.make(), config);
    EXPECT_TRUE(eventually([&] { return server->counts().ticks == 1; }));
    std::this_thread::sleep_for(50ms);  // several checks of the same day
    EXPECT_EQ(server->counts().ticks, 1u);
    EXPECT_EQ(lead(), "police");
    world.clock.ms += 24LL * 3600 * 1000;
    EXPECT_TRUE(eventually([&] { return server->counts().ticks == 2; }));
    EXPECT_EQ(lead(), "probation");
}

// Two cases with the same records would have different leads, and work would be ruled on by the old one until midnight.
TEST_F(HubServerTest, AnAgreementThatComesIntoForceAfterTheDaysWorkBeginsItAnew)
{
    const auto case_id = must(world.service().add_case("C1"));
    const auto lead = [&] { return must(must(world.store().view())->case_row(case_id))->facts.at("lead_agency"); };
    Bench bench;
    ServerConfig config;
    config.day_check = 5ms;
    Running server(world, bench.make(), config);
    ASSERT_TRUE(eventually([&] { return server->counts().ticks == 1; }));
    ASSERT_EQ(lead(), "police");

    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = 8");
    const std::string otherwise = "otherwise = \"police\"";
    text.replace(text.find(otherwise), otherwise.size(), "otherwise = \"prison\"");
    must(world.service().publish_policy(std::vector<schema::SourceFile>{{"small.toml", text}}));
    EXPECT_TRUE(eventually([&] { return server->counts().ticks == 2; }));
    EXPECT_EQ(lead(), "prison");
}

TEST_F(HubServerTest, WhatWaitsIsCommittedBetweenThePortionsOfADay)
{
    const auto one = device(user());
    Bench bench;
    ServerConfig config;
    config.day_check = 5ms;
    Running server(world, bench.make(), config);
    Client client(server, tls_of(world, one));  // brings the committer
    ASSERT_TRUE(client.connected() && eventually([&] { return bench.committer != nullptr && server->counts().ticks == 1; }));

    // Three portions of cases whose lead changes tomorrow.
    const auto tomorrow = to_string(Date{day_of(world.clock.now()).days + 1});
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < 3 * cases_at_once; ++i) {
        const auto label = "C" + std::to_string(i);
        lines.push_back(R"({"v":1,"kind":"case","key":")" + label + "\"}");
        lines.push_back(R"({"v":1,"kind":"record","case":")" + label + R"(","key":"s","type":"supervision","agency":"probation",)" +
                        R"("role":"probation.practitioner","fields":{"agency":"probation","from":")" + tomorrow + "\"}}");
    }
    std::size_t at = 0;
    must(world.service().import(
        [&]() -> Result<std::optional<std::string>> { return at < lines.size() ? std::optional(lines[at++]) : std::nullopt; }, false));

    // Somebody who has always something more to be written, until the day is over; notes how far the day was each time.
    std::set<std::size_t> moved;
    std::promise<void> over;
    std::function<void()> ask = [&] {
        (*bench.committer).submit({bench.work, [&](const Result<Head>&) {
                                       std::size_t n = 0;
                                       for (const auto& it : must(world.service().cases()))
                                           n += it.facts.at("lead_agency") == "probation" ? 1 : 0;
                                       moved.insert(n);
                                       if (server->counts().ticks == 2)
                                           over.set_value();
                                       else
                                           ask();
                                   }});
    };
    ask();
    world.clock.ms += 24LL * 3600 * 1000;
    ASSERT_EQ(over.get_future().wait_for(patience), std::future_status::ready);
    EXPECT_THAT(moved, testing::ElementsAre(0u, cases_at_once, 2 * cases_at_once, 3 * cases_at_once));
}

TEST_F(HubServerTest, ADayThatCouldNotBeTickedIsToldAndTriedAgain)
{
    must(world.service().add_case("C1"));
    Bench bench;
    ServerConfig config;
    config.day_check = 5ms;
    std::atomic<int> told = 0;
    auto blocking = must(world.store().begin());  // the store is busy
    Running server(world, bench.make(), config, [&](HubServer& it) {
        it.on_tick_failure([&](const Error& error) { told += error.code == Errc::busy ? 1 : 0; });
    });
    EXPECT_TRUE(eventually([&] { return told > 0; }));
    EXPECT_EQ(server->counts().ticks, 0u);
    blocking.reset();
    EXPECT_TRUE(eventually([&] { return server->counts().ticks == 1; }));
}

}  // namespace
}  // namespace satchel::test
