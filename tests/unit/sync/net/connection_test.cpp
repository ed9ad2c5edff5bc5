#include "sync/net/connection.hpp"

#include <random>

#include <boost/asio/detached.hpp>

#include "memory_stream.hpp"
#include "run_async.hpp"

namespace satchel::sync {

namespace {

using namespace std::chrono_literals;
using test::MemoryStream;
using test::pause_for;
using test::run_async;

Bytes noise(std::size_t size)
{
    std::mt19937 random(5);  // NOLINT: the same bytes every time
    Bytes bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(random());
    return bytes;
}

// Two connections over memory, admitted unless a test wants otherwise.
struct Ends {
    explicit Ends(ConnectionConfig config = {}, std::size_t capacity = 64 * 1024)
        : streams(MemoryStream::pair(io.get_executor(), capacity)), a(Connection::over(streams.a, config)),
          b(Connection::over(streams.b, config))
    {
    }
    void admit() const
    {
        a->admit();
        b->admit();
    }
    boost::asio::io_context io;
    MemoryStream::Pair streams;
    std::shared_ptr<Connection> a;
    std::shared_ptr<Connection> b;
};

Errc error_of(const std::optional<Result<Frame>>& frame)
{
    return !frame || *frame ? Errc::bug : frame->error().code;
}

struct Received {
    std::vector<Frame> frames;
    Errc end = Errc::bug;
};

Async<Received> receive_all(std::shared_ptr<Connection> connection)
{
    Received received;
    for (;;) {
        auto frame = co_await connection->receive();
        if (!frame) {
            received.end = frame.error().code;
            co_return received;
        }
        received.frames.push_back(std::move(*frame));
    }
}

}  // namespace

TEST(Connection, FramesArriveInOrderAndUnchangedThenTheEnd)
{
    Ends ends;
    ends.admit();
    std::vector<Frame> sent;
    for (std::uint8_t i = 0; i < 200; ++i)
        sent.push_back({i, noise(std::size_t{i} * 200)});
    for (const auto& frame : sent)
        ASSERT_TRUE(ends.a->enqueue(frame));
    boost::asio::co_spawn(ends.io, ends.a->close(), boost::asio::detached);
    const auto received = run_async(ends.io, receive_all(ends.b));
    ASSERT_TRUE(received);
    EXPECT_EQ(received->frames, sent);
    EXPECT_EQ(received->end, Errc::closed);
}

TEST(Connection, AStreamCutAtAnyByteGivesWholeFramesThenPeerGone)
{
    const std::vector<Frame> sent{{1, noise(100)}, {2, {}}, {3, Bytes(1'000, 7)}, {4, noise(50)}};
    Bytes all;
    std::vector<std::size_t> ends_at;
    for (const auto& frame : sent) {
        ASSERT_TRUE(schema::wire::write_frame(all, frame, schema::wire::in_session));
        ends_at.push_back(all.size());
    }
    for (std::size_t cut = 1; cut < all.size(); ++cut) {
        Ends ends;
        ends.admit();
        ends.streams.a->cut_after(cut);
        for (const auto& frame : sent)
            ASSERT_TRUE(ends.a->enqueue(frame));
        const auto received = run_async(ends.io, receive_all(ends.b));
        ASSERT_TRUE(received);
        const auto whole = static_cast<std::size_t>(
            std::count_if(ends_at.begin(), ends_at.end(), [cut](std::size_t end) { return end <= cut; }));
        ASSERT_EQ(received->frames.size(), whole) << "cut at " << cut;
        ASSERT_EQ(received->end, Errc::peer_gone) << "cut at " << cut;
    }
}

TEST(Connection, AnEndInOrderInsideAFrameIsNotInOrder)
{
    Ends ends;
    ends.admit();
    const Bytes half{100, 0, 0, 0, 1};
    ASSERT_TRUE(ends.streams.a->write_now(half));
    boost::asio::co_spawn(ends.io, ends.streams.a->finish(), boost::asio::detached);
    EXPECT_EQ(error_of(run_async(ends.io, ends.b->receive())), Errc::peer_gone);
}

TEST(Connection, ASilentPeerIsTimedOutAndTheStreamClosed)
{
    ConnectionConfig config;
    config.idle = 50ms;
    Ends ends(config);
    ends.admit();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(error_of(run_async(ends.io, ends.b->receive())), Errc::timed_out);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
    EXPECT_TRUE(ends.streams.b->is_closed());
    // Never reused: whatever comes now is not read.
    EXPECT_EQ(error_of(run_async(ends.io, ends.b->receive())), Errc::timed_out);
}

Async<void> trickle(std::shared_ptr<MemoryStream> stream, Bytes bytes)
{
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto one = ByteView(bytes).subspan(i, 1);
        if (!stream->write_now(one))
            co_return;
        co_await pause_for(10ms);
    }
}

TEST(Connection, APeerThatTricklesBytesIsTimedOut)
{
    ConnectionConfig config;
    config.idle = 100ms;
    Ends ends(config);
    ends.admit();
    Bytes frame;
    ASSERT_TRUE(schema::wire::write_frame(frame, {1, noise(500)}, schema::wire::in_session));
    boost::asio::co_spawn(ends.io, trickle(ends.streams.a, frame), boost::asio::detached);
    EXPECT_EQ(error_of(run_async(ends.io, ends.b->receive())), Errc::timed_out);
}

Async<void> send_with_pauses(std::shared_ptr<Connection> connection, int frames)
{
    for (int i = 0; i < frames; ++i) {
        if (!connection->enqueue({1, {}}))
            co_return;
        co_await pause_for(50ms);
    }
}

TEST(Connection, FramesKeepAnAdmittedPeerAliveButNotOneThatIsNot)
{
    ConnectionConfig config;
    config.idle = 500ms;
    config.admission = 500ms;
    for (const bool admitted : {true, false}) {
        Ends ends(config);
        if (admitted)
            ends.admit();
        boost::asio::co_spawn(ends.io, send_with_pauses(ends.a, 20), boost::asio::detached);
        const auto received = run_async(ends.io, receive_all(ends.b));
        ASSERT_TRUE(received);
        EXPECT_EQ(received->end, Errc::timed_out);
        if (admitted)
            EXPECT_EQ(received->frames.size(), 20u);
        else
            EXPECT_LT(received->frames.size(), 20u);
    }
}

TEST(Connection, OversizeBeforeAdmissionIsRefusedAndAfterItIsNot)
{
    Ends ends;
    ends.a->admit();
    ASSERT_TRUE(ends.a->enqueue({1, noise(5'000)}));
    EXPECT_EQ(error_of(run_async(ends.io, ends.b->receive())), Errc::too_large);

    Ends admitted;
    admitted.admit();
    ASSERT_TRUE(admitted.a->enqueue({1, noise(5'000)}));
    const auto frame = run_async(admitted.io, admitted.b->receive());
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ((*frame)->payload, noise(5'000));
}

// A device with thousands of cases says hello with a cursor for each; the limits of the two ends fit together.
TEST(Connection, ADeviceSaysALongHelloBeforeItIsAdmittedAndNoLonger)
{
    boost::asio::io_context io;
    const auto streams = MemoryStream::pair(io.get_executor(), 2'000'000);
    const auto device = Connection::over(streams.a, ConnectionConfig::of_device());
    const auto hub = Connection::over(streams.b, ConnectionConfig::of_hub());
    EXPECT_FALSE(device->enqueue({1, noise(513 * 1024)}));
    ASSERT_TRUE(device->enqueue({1, noise(512 * 1024)}));
    const auto hello = run_async(io, hub->receive());
    ASSERT_TRUE(hello && *hello);
    ASSERT_TRUE(hub->enqueue({2, noise(1024 * 1024)}));
    const auto answer = run_async(io, device->receive());
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ((*answer)->payload.size(), 1024u * 1024u);
}

TEST(Connection, AFrameBeyondItsLimitIsNotQueued)
{
    Ends ends;
    ends.admit();
    const auto refused = ends.a->enqueue({1, noise(1024 * 1024 + 1)});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::too_large);
    EXPECT_EQ(ends.a->queued_bytes(), 0u);
    ASSERT_TRUE(ends.a->enqueue({2, {9}}));
    const auto frame = run_async(ends.io, ends.b->receive());
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ(**frame, (Frame{2, {9}}));
}

TEST(Connection, SmallFramesLeaveInFewWrites)
{
    Ends ends({}, 1024 * 1024);
    ends.admit();
    for (int i = 0; i < 1'000; ++i)
        ASSERT_TRUE(ends.a->enqueue({1, noise(200)}));
    boost::asio::co_spawn(ends.io, ends.a->close(), boost::asio::detached);
    const auto received = run_async(ends.io, receive_all(ends.b));
    ASSERT_TRUE(received);
    EXPECT_EQ(received->frames.size(), 1'000u);
    EXPECT_LE(ends.streams.a->writes(), 2u);
}

struct SendCount {
    int sent = 0;
    std::size_t most_queued = 0;
    Errc end = Errc::bug;
};

Async<void> send_many(std::shared_ptr<Connection> connection, int frames, SendCount& count)
{
    const auto payload = noise(100'000);
    for (int i = 0; i < frames; ++i) {
        Frame frame{1, payload};
        const auto sent = co_await connection->send(std::move(frame));
        if (!sent) {
            count.end = sent.error().code;
            co_return;
        }
        count.most_queued = std::max(count.most_queued, connection->queued_bytes());
        ++count.sent;
    }
}

Async<int> read_slowly(std::shared_ptr<Connection> connection, int frames)
{
    int received = 0;
    while (received < frames) {
        const auto frame = co_await connection->receive();
        if (!frame)
            break;
        ++received;
        co_await pause_for(1ms);
    }
    co_return received;
}

TEST(Connection, ASlowReaderHoldsTheSenderBackAndLosesNothing)
{
    Ends ends;
    ends.admit();
    SendCount count;
    boost::asio::co_spawn(ends.io, send_many(ends.a, 100, count), boost::asio::detached);
    ends.io.run_for(50ms);
    // 1 MiB of credit, a frame over it, and what memory holds on the way: not 10 MB.
    EXPECT_LT(count.sent, 13);
    EXPECT_EQ(run_async(ends.io, read_slowly(ends.b, 100)), 100);
    EXPECT_EQ(count.sent, 100);
    EXPECT_LE(count.most_queued, 1024u * 1024u);
}

TEST(Connection, APeerThatTakesNothingIsTimedOut)
{
    ConnectionConfig config;
    config.idle = 100ms;
    Ends ends(config);
    ends.admit();
    SendCount count;
    boost::asio::co_spawn(ends.io, send_many(ends.a, 100, count), boost::asio::detached);
    while (!ends.streams.a->is_closed())
        run_async(ends.io, pause_for(50ms));
    EXPECT_EQ(error_of(run_async(ends.io, ends.a->receive())), Errc::timed_out);
    EXPECT_EQ(ends.a->queued_bytes(), 0u);
}

TEST(Connection, AQueueBeyondItsBoundGivesThePeerUp)
{
    ConnectionConfig config;
    config.send_queue_bytes_max = 500'000;
    Ends ends(config);
    ends.admit();
    Result<void> last;
    int queued = 0;
    for (; queued < 100 && last; ++queued)
        last = ends.a->enqueue({1, noise(50'000)});
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, Errc::too_large);
    EXPECT_LE(queued, 11);
    EXPECT_TRUE(ends.streams.a->is_closed());
}

// The last thing a peer says before it goes is heard, although what we send it can no longer arrive.
TEST(Connection, WhatThePeerSaidLastIsReadAfterWritesFail)
{
    Ends ends;
    ends.admit();
    Bytes reason;
    ASSERT_TRUE(schema::wire::write_frame(reason, {99, {1}}, schema::wire::in_session));
    ASSERT_TRUE(ends.streams.b->write_now(reason));
    ends.streams.b->close();
    ASSERT_TRUE(ends.a->enqueue({1, noise(10'000)}));
    run_async(ends.io, pause_for(5ms));
    EXPECT_TRUE(ends.a->enqueue({1, noise(10'000)}));
    const auto received = run_async(ends.io, receive_all(ends.a));
    ASSERT_TRUE(received);
    EXPECT_EQ(received->frames, (std::vector<Frame>{{99, {1}}}));
    EXPECT_EQ(received->end, Errc::peer_gone);
}

TEST(Connection, InterruptAndAbortEndAWaitAtOnce)
{
    for (const bool abort : {true, false}) {
        Ends ends;
        ends.admit();
        boost::asio::post(ends.io, [&] {
            if (abort)
                ends.b->abort();
            else
                ends.b->interrupt();
        });
        EXPECT_EQ(error_of(run_async(ends.io, ends.b->receive())), Errc::closed);
        EXPECT_EQ(ends.streams.b->is_closed(), abort);
    }
}

TEST(Connection, ClosingWaitsOnlySoLongForAPeerThatDoesNotAnswer)
{
    ConnectionConfig config;
    config.closing = 50ms;
    Ends ends(config);
    ends.admit();
    EXPECT_TRUE(run_async(ends.io, ends.a->close()));
    EXPECT_TRUE(ends.streams.a->is_closed());

    Ends full(config, 1'000);  // nor for one that takes nothing
    full.admit();
    ASSERT_TRUE(full.a->enqueue({1, noise(50'000)}));
    EXPECT_TRUE(run_async(full.io, full.a->close()));
    EXPECT_TRUE(full.streams.a->is_closed());
}

TEST(Connection, RandomBytesEndItAndNothingElse)
{
    std::mt19937 random(3);  // NOLINT: the same bytes every time
    for (int i = 0; i < 2'000; ++i) {
        Ends ends;
        Bytes bytes(1 + random() % 100);
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(random());
        ASSERT_TRUE(ends.streams.a->write_now(bytes));
        ends.streams.a->close();
        const auto received = run_async(ends.io, receive_all(ends.b));
        ASSERT_TRUE(received);
        ASSERT_NE(received->end, Errc::bug);
    }
}

}  // namespace satchel::sync
