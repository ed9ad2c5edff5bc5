// Listener and connector over real TLS on loopback.
#include "sync/net/listener.hpp"

#include <fstream>
#include <random>

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "relay.hpp"
#include "run_async.hpp"
#include "sync/net/connector.hpp"
#include "test_pki.hpp"

namespace satchel::sync {

namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using test::pause_for;
using test::Relay;
using test::run_async;

test::TestPki& pki()
{
    static test::TestPki made;
    return made;
}

// What the hub's side saw, over all connections.
struct HubSaw {
    std::vector<Peer> peers;
    std::size_t frames = 0;
    std::vector<Errc> ends;
    std::size_t now = 0;
    std::size_t most = 0;
};

// Returns each frame to its sender.
Async<void> echo(HubSaw& saw, std::shared_ptr<Connection> connection)
{
    saw.peers.push_back(connection->peer());
    saw.most = std::max(saw.most, ++saw.now);
    if (connection->peer().protocol == crypto::TlsProtocol::sync)
        connection->admit();
    for (;;) {
        auto frame = co_await connection->receive();
        if (!frame) {
            saw.ends.push_back(frame.error().code);
            break;
        }
        ++saw.frames;
        const auto sent = co_await connection->send(std::move(*frame));
        if (!sent)
            break;
    }
    co_await connection->close();
    --saw.now;
}

Async<void> echo_until_stopped(HubSaw& saw, std::shared_ptr<Connection> connection, std::stop_token stop)
{
    const auto interrupt = [connection] {
        boost::asio::post(connection->executor(), [connection] { connection->interrupt(); });
    };
    const std::stop_callback on_stop(stop, interrupt);
    co_await echo(saw, connection);
}

struct Hub {
    explicit Hub(ListenerConfig config = {})
    {
        auto opened = Listener::open(io.get_executor(), pki().hub(), config);
        EXPECT_TRUE(opened);
        listener = *opened;
        auto* const record = &saw;
        const auto handler = [record](std::shared_ptr<Connection> connection, std::stop_token stop) {
            return echo_until_stopped(*record, std::move(connection), std::move(stop));
        };
        boost::asio::co_spawn(io, listener->run(handler), [this](const std::exception_ptr&) { ended = true; });
    }
    [[nodiscard]] Address address() const { return {"127.0.0.1", listener->port()}; }
    // Until the condition holds; false if it does not for a long time.
    template <class F>
    bool eventually(F holds)
    {
        const auto due = std::chrono::steady_clock::now() + 20s;
        io.restart();
        while (!holds() && std::chrono::steady_clock::now() < due)
            io.run_for(1ms);
        return holds();
    }
    HubSaw saw;
    boost::asio::io_context io;
    std::shared_ptr<Listener> listener;
    bool ended = false;
};

using Connected = Result<std::shared_ptr<Connection>>;

Bytes incompressible(std::size_t size)
{
    std::mt19937 random(5);  // NOLINT: the same bytes every time
    Bytes bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(random());
    return bytes;
}

Connected connect_to(Hub& hub, Address address, SharedTls tls, ConnectorConfig config = {})
{
    auto connected = run_async(hub.io, connect(std::move(address), std::move(tls), config));
    if (!connected)
        return fail(Errc::bug, "hangs");
    return *connected;
}

Result<Frame> receive_from(Hub& hub, const std::shared_ptr<Connection>& connection)
{
    auto frame = run_async(hub.io, connection->receive());
    if (!frame)
        return fail(Errc::bug, "hangs");
    return *frame;
}

template <class T>
Errc error_of(const Result<T>& result)
{
    return result ? Errc::bug : result.error().code;
}

Async<int> exchange(Address address, SharedTls tls, int frames)
{
    const auto connected = co_await connect(std::move(address), std::move(tls), {});
    if (!connected)
        co_return 0;
    const auto connection = *connected;
    connection->admit();
    int returned = 0;
    for (; returned < frames; ++returned) {
        Frame frame{7, Bytes(static_cast<std::size_t>(100 * returned), 3)};
        const auto sent = co_await connection->send(frame);
        const auto back = co_await connection->receive();
        if (!sent || !back || *back != frame)
            break;
    }
    co_await connection->close();
    co_return returned;
}

}  // namespace

TEST(Tls, BothEndsKnowEachOtherAndTheirChannel)
{
    Hub hub;
    const auto device = connect_to(hub, hub.address(), pki().device());
    ASSERT_TRUE(device);
    ASSERT_TRUE(hub.eventually([&] { return hub.saw.peers.size() == 1; }));
    const auto& at_hub = hub.saw.peers.front();
    const auto& at_device = (*device)->peer();
    EXPECT_EQ(at_hub.certificate_der, pki().device_der());
    EXPECT_EQ(at_device.certificate_der, pki().hub_der());
    EXPECT_EQ(at_hub.protocol, crypto::TlsProtocol::sync);
    ASSERT_TRUE(at_hub.device);
    EXPECT_EQ(at_hub.device->device.credential, pki().credential());
    EXPECT_EQ(at_hub.device->device.agency, "police");
    EXPECT_EQ(at_hub.address, "127.0.0.1");
    EXPECT_NE(at_hub.channel_binding, Digest{});
    EXPECT_EQ(at_hub.channel_binding, at_device.channel_binding);

    const auto second = connect_to(hub, hub.address(), pki().device());
    ASSERT_TRUE(second);
    EXPECT_NE((*second)->peer().channel_binding, at_device.channel_binding);
}

TEST(Tls, AnEnrollingPeerShowsNoCertificateAndMaySendAFewKilobytes)
{
    Hub hub;
    for (const std::size_t size : {10'000u, 20'000u}) {
        ConnectorConfig config;
        config.connection.send = schema::wire::in_session;  // a peer that keeps to no limit
        const auto device = connect_to(hub, hub.address(), pki().enrolling_device(), config);
        ASSERT_TRUE(device);
        ASSERT_TRUE((*device)->enqueue({1, incompressible(size)}));
        const auto back = receive_from(hub, *device);
        EXPECT_EQ(back.has_value(), size < 16'384);
        EXPECT_EQ(hub.saw.peers.back().protocol, crypto::TlsProtocol::enrolment);
        EXPECT_FALSE(hub.saw.peers.back().device);
        EXPECT_TRUE(hub.saw.peers.back().certificate_der.empty());
        run_async(hub.io, (*device)->close());
    }
    EXPECT_TRUE(hub.eventually([&] { return hub.saw.ends.size() == 2; }));
    EXPECT_EQ(hub.saw.ends, (std::vector{Errc::closed, Errc::too_large}));
}

TEST(Tls, FramesOfAnySizeReturn)
{
    Hub hub;
    const auto device = connect_to(hub, hub.address(), pki().device());
    ASSERT_TRUE(device);
    (*device)->admit();
    for (const std::size_t size : {0u, 1u, 255u, 16'384u, 100'000u, 1024u * 1024u}) {
        Bytes payload(size);
        for (std::size_t i = 0; i < size; ++i)
            payload[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
        ASSERT_TRUE((*device)->enqueue({1, payload}));
        const auto back = receive_from(hub, *device);
        ASSERT_TRUE(back) << size;
        EXPECT_EQ(back->payload, payload);
    }
}

// A TLS 1.3 client is told "success" before the server has judged it (reliability-security 0, finding 8).
TEST(Tls, ARefusedDeviceLearnsItFromTheFirstAnswer)
{
    Hub hub;
    for (const auto& tls : {pki().device_of_another_area(), pki().expired_device(), pki().device_without_certificate()}) {
        const auto device = connect_to(hub, hub.address(), tls);
        ASSERT_TRUE(device);
        ASSERT_TRUE((*device)->enqueue({1, {1, 2, 3}}));
        EXPECT_EQ(error_of(receive_from(hub, *device)), Errc::bad_certificate);
    }
    EXPECT_TRUE(hub.eventually([&] { return hub.listener->counts().failed == 3; }));
    EXPECT_TRUE(hub.saw.peers.empty());
    const auto good = run_async(hub.io, exchange(hub.address(), pki().device(), 3));
    EXPECT_EQ(good, 3);
}

TEST(Tls, AHubThatIsNotTrustedIsNotTalkedTo)
{
    Hub hub;
    EXPECT_EQ(error_of(connect_to(hub, hub.address(), pki().device_that_trusts_another_hub())), Errc::bad_certificate);
    EXPECT_TRUE(hub.eventually([&] { return hub.listener->counts().failed == 1; }));
    EXPECT_TRUE(hub.saw.peers.empty());
}

TEST(Connector, TellsUnreachableFromSilentFromHangingUpFromForeign)
{
    Hub hub;
    tcp::acceptor closed(hub.io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    const auto port = closed.local_endpoint().port();
    ConnectorConfig config;
    config.overall = 1s;
    config.handshake = 500ms;

    // Accepts TCP (the backlog does) and says nothing.
    EXPECT_EQ(error_of(connect_to(hub, {"127.0.0.1", port}, pki().device(), config)), Errc::timed_out);

    // Hangs up, or answers in another protocol.
    for (const std::string_view answer : {"", "HTTP/1.1 400 Bad Request\r\n\r\n"}) {
        tcp::acceptor other(hub.io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        tcp::socket socket(hub.io);
        other.async_accept(socket, [&](boost::system::error_code) {
            boost::asio::write(socket, boost::asio::buffer(answer));
            socket.shutdown(tcp::socket::shutdown_send);
        });
        const auto got = error_of(connect_to(hub, {"127.0.0.1", other.local_endpoint().port()}, pki().device(), config));
        EXPECT_EQ(got, answer.empty() ? Errc::peer_gone : Errc::protocol_violation);
    }

    closed.close();
    EXPECT_EQ(error_of(connect_to(hub, {"127.0.0.1", port}, pki().device(), config)), Errc::unreachable);
    EXPECT_EQ(error_of(connect_to(hub, {"no-such-hub.invalid", port}, pki().device(), config)), Errc::unreachable);
    // A documentation address: no route or no answer, and never longer than the deadline.
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(error_of(connect_to(hub, {"192.0.2.1", 9}, pki().device(), config)), Errc::unreachable);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(Connector, AddressesAreHostAndPort)
{
    EXPECT_EQ(parse_address("hub.example:443")->host, "hub.example");
    EXPECT_EQ(parse_address("127.0.0.1:41234")->port, 41234);
    EXPECT_EQ(parse_address("[::1]:5")->host, "::1");
    for (const auto* bad : {"", "hub", ":1", "hub:", "hub:x", "hub:70000", "hub:-1", "::1:5", "hub:1 "})
        EXPECT_FALSE(parse_address(bad)) << bad;
}

// Whatever byte the line breaks at, in whichever direction and manner, both ends come to an error, and the hub is
// left with nothing of it.
TEST(Tls, ALineCutAtAnyByteEndsBothSides)
{
    std::size_t whole_up = 0;
    std::size_t whole_down = 0;
    {
        Hub hub;
        const auto relay = Relay::to(hub.io.get_executor(), hub.listener->port());
        ASSERT_EQ(run_async(hub.io, exchange({"127.0.0.1", relay->port()}, pki().device(), 4)), 4);
        ASSERT_TRUE(hub.eventually([&] { return hub.saw.ends.size() == 1; }));
        EXPECT_EQ(hub.saw.ends.front(), Errc::closed);
        whole_up = relay->bytes_up();
        whole_down = relay->bytes_down();
        relay->stop();
    }
    ASSERT_GT(whole_up, 1'000u);
    ASSERT_GT(whole_down, 1'000u);
    Hub hub;
    int cuts = 0;
    for (const bool up : {true, false})
        // The end in order (a close_notify record of 24 bytes) is lost without harm: stop before it, and before what another
        // handshake may be shorter by (a signature in DER has 68 to 72 bytes).
        for (std::size_t at = 1; at + 24 + 8 < (up ? whole_up : whole_down); at += 37) {
            const auto relay = Relay::to(hub.io.get_executor(), hub.listener->port());
            if (up)
                relay->cut_upstream_after(at);
            else
                relay->cut_downstream_after(at);
            relay->cut_with_reset(cuts % 2 == 0);
            const auto returned = run_async(hub.io, exchange({"127.0.0.1", relay->port()}, pki().device(), 4));
            ASSERT_TRUE(returned);
            ASSERT_LT(*returned, 4) << (up ? "up " : "down ") << at;
            relay->stop();
            ++cuts;
            const auto idle = [&] {
                const auto counts = hub.listener->counts();
                return counts.handshakes + counts.sessions == 0;
            };
            ASSERT_TRUE(hub.eventually(idle)) << (up ? "up " : "down ") << at;
        }
    EXPECT_GT(cuts, 60);
    EXPECT_EQ(run_async(hub.io, exchange(hub.address(), pki().device(), 4)), 4);
}

TEST(Tls, ALineThatGoesSilentIsTimedOutAtBothEnds)
{
    ListenerConfig config;
    config.connection.idle = 1s;
    Hub hub(config);
    const auto relay = Relay::to(hub.io.get_executor(), hub.listener->port());
    ConnectorConfig device_config;
    device_config.connection.idle = 1s;
    const auto device = connect_to(hub, {"127.0.0.1", relay->port()}, pki().device(), device_config);
    ASSERT_TRUE(device);
    (*device)->admit();
    ASSERT_TRUE((*device)->enqueue({1, {1}}));
    ASSERT_TRUE(receive_from(hub, *device));
    relay->fall_silent();
    EXPECT_EQ(error_of(receive_from(hub, *device)), Errc::timed_out);
    ASSERT_TRUE(hub.eventually([&] { return hub.saw.ends.size() == 1; }));
    EXPECT_EQ(hub.saw.ends.front(), Errc::timed_out);
    relay->stop();
}

TEST(Listener, TwoHundredDevicesAtOnceAreAllServed)
{
    Hub hub;
    int served = 0;
    int finished = 0;
    for (int i = 0; i < 200; ++i)
        boost::asio::co_spawn(hub.io, exchange(hub.address(), pki().device(), 10),
                              [&](const std::exception_ptr&, int returned) {
                                  served += returned == 10 ? 1 : 0;
                                  ++finished;
                              });
    const auto due = std::chrono::steady_clock::now() + 60s;
    while (finished < 200 && std::chrono::steady_clock::now() < due)
        hub.io.run_for(10ms);
    EXPECT_EQ(served, 200);
    EXPECT_EQ(hub.saw.frames, 2'000u);
    EXPECT_GT(hub.saw.most, 20u);
    EXPECT_TRUE(hub.eventually([&] { return hub.listener->counts().sessions == 0; }));
}

// A flood of peers that connect and say nothing does not keep out one that speaks.
TEST(Listener, SilentPeersGiveWayToOneThatSpeaks)
{
    ListenerConfig config;
    config.handshakes_max = 16;
    Hub hub(config);
    std::vector<tcp::socket> silent;
    for (int i = 0; i < 300; ++i) {
        silent.emplace_back(hub.io);
        silent.back().connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), hub.listener->port()));
        hub.io.poll();
    }
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run_async(hub.io, exchange(hub.address(), pki().device(), 3)), 3);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);  // less than a handshake may take
    const auto counts = hub.listener->counts();
    EXPECT_LE(counts.handshakes, 16u);
    EXPECT_EQ(counts.accepted, 301u);
}

TEST(Listener, AHandshakeHasADeadline)
{
    ListenerConfig config;
    config.handshake = 500ms;
    Hub hub(config);
    tcp::socket silent(hub.io);
    silent.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), hub.listener->port()));
    ASSERT_TRUE(hub.eventually([&] { return hub.listener->counts().handshakes == 1; }));
    EXPECT_TRUE(hub.eventually([&] { return hub.listener->counts().failed == 1; }));
    EXPECT_EQ(hub.listener->counts().handshakes, 0u);
}

TEST(Listener, RandomBytesFailTheirHandshakeAndNothingElse)
{
    Hub hub;
    const auto device = connect_to(hub, hub.address(), pki().device());
    ASSERT_TRUE(device);
    (*device)->admit();
    for (int i = 0; i < 200; ++i) {
        tcp::socket hostile(hub.io);
        hostile.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), hub.listener->port()));
        Bytes bytes(200);
        for (std::size_t at = 0; at < bytes.size(); ++at)
            bytes[at] = static_cast<std::uint8_t>(at * static_cast<std::size_t>(i) * 7919);
        bytes[0] = i % 2 == 0 ? 0x16 : bytes[0];  // a handshake record, at least
        boost::asio::write(hostile, boost::asio::buffer(bytes));
        hub.io.restart();
        hub.io.poll();
    }
    EXPECT_TRUE(hub.eventually([&] { return hub.listener->counts().failed == 200; }));
    ASSERT_TRUE((*device)->enqueue({1, {42}}));
    EXPECT_TRUE(receive_from(hub, *device));
}

TEST(Listener, MoreConnectionsThanItsBoundAreClosedAtOnce)
{
    ListenerConfig config;
    config.connections_max = 3;
    Hub hub(config);
    std::vector<std::shared_ptr<Connection>> devices;
    for (int i = 0; i < 3; ++i) {
        const auto device = connect_to(hub, hub.address(), pki().device());
        ASSERT_TRUE(device);
        devices.push_back(*device);
    }
    EXPECT_EQ(error_of(connect_to(hub, hub.address(), pki().device())), Errc::peer_gone);
    EXPECT_EQ(hub.listener->counts().refused, 1u);
    devices.front()->abort();
    EXPECT_TRUE(hub.eventually([&] { return hub.listener->counts().sessions == 2; }));
    EXPECT_EQ(run_async(hub.io, exchange(hub.address(), pki().device(), 2)), 2);
}

TEST(Listener, StopEndsEverySessionInOrderAndThenReturns)
{
    Hub hub;
    std::vector<std::shared_ptr<Connection>> devices;
    for (int i = 0; i < 10; ++i) {
        const auto device = connect_to(hub, hub.address(), pki().device());
        ASSERT_TRUE(device);
        devices.push_back(*device);
    }
    tcp::socket half_open(hub.io);
    half_open.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), hub.listener->port()));
    ASSERT_TRUE(hub.eventually([&] { return hub.saw.now == 10; }));
    hub.listener->stop();
    for (const auto& device : devices) {
        EXPECT_EQ(error_of(receive_from(hub, device)), Errc::closed);
        run_async(hub.io, device->close());
    }
    EXPECT_TRUE(hub.eventually([&] { return hub.ended; }));
    EXPECT_EQ(error_of(connect_to(hub, hub.address(), pki().device())), Errc::unreachable);
}

Async<void> ignore_stop(std::shared_ptr<Connection> connection)
{
    connection->admit();
    (void)co_await connection->receive();
}

TEST(Listener, ASessionThatIgnoresTheStopIsCutAfterTheDrain)
{
    boost::asio::io_context io;
    ListenerConfig config;
    config.drain = 200ms;
    const auto listener = Listener::open(io.get_executor(), pki().hub(), config);
    ASSERT_TRUE(listener);
    const auto handler = [](std::shared_ptr<Connection> connection, std::stop_token) {
        return ignore_stop(std::move(connection));
    };
    bool ended = false;
    boost::asio::co_spawn(io, (*listener)->run(handler), [&](const std::exception_ptr&) { ended = true; });
    const Address address{"127.0.0.1", (*listener)->port()};
    const auto device = run_async(io, connect(address, pki().device(), {}));
    ASSERT_TRUE(device && *device);
    io.restart();
    while ((*listener)->counts().sessions == 0)
        io.run_one_for(1s);
    (*listener)->stop();
    const auto start = std::chrono::steady_clock::now();
    const auto frame = run_async(io, (**device)->receive());
    ASSERT_TRUE(frame);
    EXPECT_FALSE(*frame);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 150ms);
    io.restart();
    while (!ended && io.run_one_for(5s) > 0) {
    }
    EXPECT_TRUE(ended);
}

Async<void> throw_at_once(std::shared_ptr<Connection> connection)
{
    co_await boost::asio::post(connection->executor(), boost::asio::use_awaitable);
    throw std::runtime_error("a bug of the handler");
}

TEST(Listener, AHandlerThatThrowsEndsItsOwnConnectionOnly)
{
    boost::asio::io_context io;
    const auto listener = Listener::open(io.get_executor(), pki().hub(), {});
    ASSERT_TRUE(listener);
    const auto handler = [](std::shared_ptr<Connection> connection, std::stop_token) {
        return throw_at_once(std::move(connection));
    };
    boost::asio::co_spawn(io, (*listener)->run(handler), boost::asio::detached);
    const Address address{"127.0.0.1", (*listener)->port()};
    for (int i = 0; i < 3; ++i) {
        const auto device = run_async(io, connect(address, pki().device(), {}));
        ASSERT_TRUE(device && *device);
        const auto frame = run_async(io, (**device)->receive());
        ASSERT_TRUE(frame);
        EXPECT_FALSE(*frame);
    }
}

TEST(Listener, SessionsOfARevokedPeerAreCut)
{
    Hub hub;
    const auto device = connect_to(hub, hub.address(), pki().device());
    ASSERT_TRUE(device);
    ASSERT_TRUE(hub.eventually([&] { return hub.saw.now == 1; }));
    EXPECT_EQ(hub.listener->cut([](const Peer& peer) { return peer.certificate_der == pki().hub_der(); }), 0u);
    EXPECT_EQ(hub.listener->cut([](const Peer& peer) { return peer.certificate_der == pki().device_der(); }), 1u);
    EXPECT_FALSE(receive_from(hub, *device));
    EXPECT_TRUE(hub.eventually([&] { return hub.listener->counts().sessions == 0; }));
}

TEST(Listener, ANewContextHoldsForConnectionsThatComeAfterIt)
{
    Hub hub;
    const auto before = connect_to(hub, hub.address(), pki().device());
    ASSERT_TRUE(before);
    static test::TestPki renewed;
    hub.listener->use(renewed.hub());
    EXPECT_EQ(error_of(connect_to(hub, hub.address(), pki().device())), Errc::bad_certificate);
    EXPECT_EQ(run_async(hub.io, exchange(hub.address(), renewed.device(), 2)), 2);
    (*before)->admit();
    ASSERT_TRUE((*before)->enqueue({1, {1}}));
    EXPECT_TRUE(receive_from(hub, *before));
}

TEST(Listener, OnePortOneListener)
{
    Hub hub;
    ListenerConfig config;
    config.port = hub.listener->port();
    EXPECT_EQ(error_of(Listener::open(hub.io.get_executor(), pki().hub(), config)), Errc::io_error);
    config.host = "not an address";
    EXPECT_EQ(error_of(Listener::open(hub.io.get_executor(), pki().hub(), config)), Errc::invalid_argument);
}

std::size_t resident_bytes()
{
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Both ends are in this process: what is measured is a device's connection and a hub's together.
TEST(Listener, AThousandIdleConnectionsCostLittleMemory)
{
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 2'200)
        GTEST_SKIP() << "not run: fewer than 2,200 file descriptors allowed";
    Hub hub;
    std::vector<std::shared_ptr<Connection>> devices;
    std::size_t before = 0;
    for (int i = 0; i < 1'050; ++i) {
        if (i == 50)
            before = resident_bytes();
        const auto device = connect_to(hub, hub.address(), pki().device());
        ASSERT_TRUE(device);
        (*device)->admit();
        ASSERT_TRUE((*device)->enqueue({1, Bytes(50'000, 5)}));
        ASSERT_TRUE(receive_from(hub, *device));
        devices.push_back(*device);
        boost::asio::co_spawn(hub.io, (*device)->receive(), boost::asio::detached);  // as a session does
    }
    hub.io.restart();
    hub.io.poll();
    const auto each = (resident_bytes() - before) / 1'000;
    RecordProperty("bytes_per_connection_pair", static_cast<int>(each));
    EXPECT_EQ(hub.listener->counts().sessions, 1'050u);
#if !defined(__SANITIZE_ADDRESS__)  // which takes more memory than the program
    EXPECT_LT(each, 96u * 1024u);
#endif
}

}  // namespace satchel::sync
