#include "sync/net/pump.hpp"

#include <random>
#include <thread>

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "memory_stream.hpp"
#include "run_async.hpp"
#include "sync/net/connector.hpp"
#include "sync/net/listener.hpp"
#include "test_pki.hpp"

namespace satchel::sync {

namespace {

using namespace std::chrono_literals;
using test::MemoryStream;
using test::pause_for;
using test::run_async;

struct FakeClock final : satchel::Clock {
    [[nodiscard]] Instant now() const override { return {42}; }
};
const FakeClock the_clock;

// Does what each test tells it to, and keeps a diary.
struct Scripted final : Machine {
    Outbox on_open(ByteView channel_binding, ByteView certificate) override
    {
        diary.push_back("open " + std::to_string(channel_binding.front()) + " " + std::string(text(certificate)));
        return opening;
    }
    Outbox on_frame(const Frame& frame) override
    {
        diary.push_back("frame " + std::to_string(frame.type));
        return answer ? answer(frame) : Outbox{};
    }
    Outbox on_closed(const Error* why) override
    {
        diary.push_back(why == nullptr ? "closed" : "closed: " + std::string(name(why->code)));
        return {};
    }
    Outbox on_timer(Instant now) override
    {
        diary.push_back("timer " + std::to_string(now.ms));
        return ticking;
    }
    Outbox opening;
    Outbox ticking;
    std::function<Outbox(const Frame&)> answer;
    std::vector<std::string> diary;
};

using Diary = std::vector<std::string>;

Bytes that_does_not_compress(std::size_t size)
{
    Bytes out(size);
    std::mt19937 random(5);  // NOLINT: the same bytes every time
    for (auto& byte : out)
        byte = static_cast<std::uint8_t>(random());
    return out;
}

// A machine behind a pump at one end, a bare connection in the test's hands at the other.
struct Bench {
    explicit Bench(PumpConfig config = {.tick = 10s, .drain = 100ms}, ConnectionConfig connection = {})
        : streams(MemoryStream::pair(io.get_executor())), peer(Connection::over(streams.b, {}))
    {
        streams.a->peer_to_show().channel_binding.fill(7);
        streams.a->peer_to_show().certificate_der = {'c'};
        peer->admit();
        pump = Pump::over(Connection::over(streams.a, connection), machine, the_clock, config);
        machine->opening.admitted = true;
    }
    void start()
    {
        boost::asio::co_spawn(io, pump->run(source.get_token()), [this](const std::exception_ptr&, Result<void> end) {
            ended = std::move(end);
        });
    }
    void say(std::uint8_t type) const { EXPECT_TRUE(peer->enqueue(Frame{type, {}})); }
    Result<Frame> hear()
    {
        auto frame = run_async(io, peer->receive());
        return frame ? *frame : Result<Frame>(fail(Errc::bug, "hangs"));
    }
    template <class F>
    bool eventually(F holds)
    {
        const auto due = std::chrono::steady_clock::now() + 20s;
        io.restart();
        while (!holds() && std::chrono::steady_clock::now() < due)
            io.run_for(1ms);
        return holds();
    }
    bool wait_for_diary(const Diary& wanted)
    {
        eventually([&] { return machine->diary.size() >= wanted.size(); });
        EXPECT_EQ(machine->diary, wanted);
        return machine->diary == wanted;
    }
    bool ends()
    {
        boost::asio::co_spawn(io, peer->close(), boost::asio::detached);
        return eventually([&] { return ended.has_value(); });
    }
    boost::asio::io_context io;
    MemoryStream::Pair streams;
    std::shared_ptr<Connection> peer;
    std::shared_ptr<Scripted> machine = std::make_shared<Scripted>();
    std::shared_ptr<Pump> pump;
    std::stop_source source;
    std::optional<Result<void>> ended;
};

}  // namespace

TEST(Pump, AMachineIsCalledInOrderAndItsFramesAreSentInOrder)
{
    Bench bench;
    bench.machine->opening.frames = {{1, {}}, {2, {}}};
    bench.machine->answer = [](const Frame& frame) {
        return Outbox{.frames = {{static_cast<std::uint8_t>(frame.type + 100), {}}}};
    };
    bench.start();
    bench.say(10);
    bench.say(11);
    for (const int type : {1, 2, 110, 111}) {
        const auto frame = bench.hear();
        ASSERT_TRUE(frame);
        EXPECT_EQ(frame->type, type);
    }
    ASSERT_TRUE(bench.ends());
    EXPECT_TRUE(*bench.ended);
    EXPECT_EQ(bench.machine->diary, (Diary{"open 7 c", "frame 10", "frame 11", "closed"}));
    EXPECT_EQ(bench.machine.use_count(), 1);  // the pump has let go of it
}

TEST(Pump, ALineThatBreaksIsToldOnceWithItsReason)
{
    Bench bench;
    bench.start();
    bench.streams.b->cut_after(3);
    bench.say(1);
    ASSERT_TRUE(bench.eventually([&] { return bench.ended.has_value(); }));
    EXPECT_EQ(bench.ended->error().code, Errc::peer_gone);
    EXPECT_EQ(bench.machine->diary, (Diary{"open 7 c", "closed: peer_gone"}));
}

TEST(Pump, AFrameThatIsNotOneEndsTheSession)
{
    Bench bench;
    bench.start();
    const Bytes oversize{0, 0, 0, 1, 1, 0};
    ASSERT_TRUE(bench.streams.b->write_now(oversize));
    ASSERT_TRUE(bench.ends());
    EXPECT_EQ(bench.ended->error().code, Errc::too_large);
    EXPECT_EQ(bench.machine->diary.back(), "closed: too_large");
}

TEST(Pump, FramesOfAnOutboxThatClosesAreStillSent)
{
    Bench bench;
    bench.machine->answer = [](const Frame&) { return Outbox{.frames = {{7, Bytes(200'000, 1)}, {8, {}}}, .close = true}; };
    bench.start();
    bench.say(1);
    bench.say(2);  // not read any more
    EXPECT_EQ(bench.hear()->type, 7);
    EXPECT_EQ(bench.hear()->type, 8);
    EXPECT_FALSE(bench.hear());
    ASSERT_TRUE(bench.ends());
    EXPECT_TRUE(*bench.ended);
    EXPECT_EQ(bench.machine->diary, (Diary{"open 7 c", "frame 1", "closed"}));
}

// A commit on another thread: no frame overtakes it, its answer comes through the mailbox, reading goes on.
TEST(Pump, AMachineThatPausesReadsNothingUntilItResumes)
{
    Bench bench;
    auto mailbox = bench.pump->mailbox();
    bench.machine->answer = [&](const Frame& frame) {
        return frame.type == 1 ? Outbox{.reading = Reading::pause} : Outbox{};
    };
    bench.start();
    bench.say(1);
    bench.say(2);
    ASSERT_TRUE(bench.wait_for_diary({"open 7 c", "frame 1"}));
    run_async(bench.io, pause_for(50ms));
    EXPECT_EQ(bench.machine->diary.size(), 2u);

    std::thread writer([&] {
        mailbox->post([&] {
            bench.machine->diary.push_back("committed");
            return Outbox{.frames = {{9, {}}}, .reading = Reading::resume};
        });
    });
    EXPECT_EQ(bench.hear()->type, 9);
    writer.join();
    ASSERT_TRUE(bench.wait_for_diary({"open 7 c", "frame 1", "committed", "frame 2"}));
    EXPECT_TRUE(bench.ends());
}

TEST(Pump, ATimerOfAPausedMachineDoesNotResumeIt)
{
    Bench bench({.tick = 5ms, .drain = 1s});
    bench.machine->answer = [](const Frame&) { return Outbox{.reading = Reading::pause}; };
    bench.machine->ticking.frames = {{50, {}}};
    bench.start();
    bench.say(1);
    bench.say(2);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(bench.hear()->type, 50);
    EXPECT_EQ(std::count(bench.machine->diary.begin(), bench.machine->diary.end(), "frame 2"), 0);
    EXPECT_EQ(std::count(bench.machine->diary.begin(), bench.machine->diary.end(), "frame 1"), 1);
    EXPECT_GE(std::count(bench.machine->diary.begin(), bench.machine->diary.end(), "timer 42"), 5);
}

TEST(Pump, AStopWaitsForTheAnswerThatAPausedMachineOwes)
{
    Bench bench({.tick = 10s, .drain = 5s});
    bench.machine->answer = [](const Frame&) { return Outbox{.reading = Reading::pause}; };
    bench.start();
    bench.say(1);
    ASSERT_TRUE(bench.wait_for_diary({"open 7 c", "frame 1"}));
    bench.source.request_stop();
    run_async(bench.io, pause_for(30ms));
    EXPECT_FALSE(bench.ended);
    bench.pump->post(Outbox{.frames = {{9, {}}}, .reading = Reading::resume});
    EXPECT_EQ(bench.hear()->type, 9);
    EXPECT_EQ(bench.hear().error().code, Errc::closed);
    ASSERT_TRUE(bench.ends());
    EXPECT_TRUE(*bench.ended);
}

TEST(Pump, AStopWaitsNoLongerThanTheDrain)
{
    Bench bench({.tick = 10s, .drain = 50ms});
    bench.machine->answer = [](const Frame&) { return Outbox{.reading = Reading::pause}; };
    bench.start();
    bench.say(1);
    ASSERT_TRUE(bench.wait_for_diary({"open 7 c", "frame 1"}));
    bench.pump->stop();
    ASSERT_TRUE(bench.ends());
    EXPECT_EQ(bench.machine->diary.back(), "closed");
}

TEST(Pump, AMachineThatThrowsEndsItsSessionOnly)
{
    Bench bench;
    bench.machine->answer = [](const Frame&) -> Outbox { throw std::runtime_error("a bug of the machine"); };
    bench.start();
    bench.say(1);
    ASSERT_TRUE(bench.ends());
    EXPECT_EQ(bench.ended->error().code, Errc::bug);
    EXPECT_EQ(bench.machine->diary.back(), "closed: bug");
}

TEST(Pump, WhatIsPostedAfterTheEndIsDroppedUnrun)
{
    Bench bench;
    const auto mailbox = bench.pump->mailbox();
    bench.start();
    ASSERT_TRUE(bench.ends());
    bool ran = false;
    const auto post = [&] {
        mailbox->post([&] {
            ran = true;
            return Outbox{};
        });
    };
    post();
    bench.pump->stop();
    run_async(bench.io, pause_for(10ms));
    bench.pump.reset();
    post();
    run_async(bench.io, pause_for(10ms));
    EXPECT_FALSE(ran);
}

TEST(Pump, APeerThatReadsNothingIsNotReadFromEither)
{
    Bench bench;
    const auto noise = that_does_not_compress(300'000);
    int handled = 0;
    bench.machine->answer = [&](const Frame&) {
        ++handled;
        return Outbox{.frames = {{1, noise}}};
    };
    bench.start();
    for (int i = 0; i < 100; ++i)
        bench.say(1);
    run_async(bench.io, pause_for(50ms));
    EXPECT_LE(handled, 3);  // the credit and one more
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(bench.hear()) << i;
    EXPECT_EQ(handled, 100);
}

namespace {

// A pull that goes on from commit to commit, each page posted by the one before it, for a reader who has granted much.
struct Pull {
    explicit Pull(Bench& bench) : mailbox(bench.pump->mailbox())
    {
        bench.machine->answer = [this](const Frame&) {
            mailbox->post(page);
            return Outbox{.reading = Reading::pause};
        };
    }
    std::shared_ptr<Mailbox> mailbox;
    Bytes content = that_does_not_compress(80'000);
    unsigned made = 0;
    std::function<Outbox()> page = [this] {
        if (++made == 40)
            return Outbox{.frames = {{40, content}}, .reading = Reading::resume};
        mailbox->post(page);
        return Outbox{.frames = {{static_cast<std::uint8_t>(made), content}}};
    };
};
constexpr unsigned until_full = 5;  // the credit, what the stream takes, and one more

// More than a connection's credit, so that everything else waits.
Outbox that_fills_the_line()
{
    const auto half = that_does_not_compress(600'000);
    return {.frames = {{1, half}, {2, half}}, .admitted = true};
}

}  // namespace

TEST(Pump, APullIsMadeAsTheLineTakesIt)
{
    Bench bench;
    Pull pull(bench);
    bench.start();
    bench.say(1);
    run_async(bench.io, pause_for(50ms));
    EXPECT_LE(pull.made, until_full);
    for (std::uint8_t i = 1; i <= 40; ++i) {
        const auto frame = bench.hear();
        ASSERT_TRUE(frame) << int{i};
        EXPECT_EQ(frame->type, i);
    }
    EXPECT_TRUE(bench.ends());
}

// Nobody reads meanwhile, so nobody else would find out: the pull would be made to the end of its credit.
TEST(Pump, APullThatWaitsForALineThatIsLostEndsWithIt)
{
    Bench bench;
    Pull pull(bench);
    bench.start();
    bench.say(1);
    run_async(bench.io, pause_for(50ms));
    const auto made = pull.made;
    bench.streams.b->close();
    ASSERT_TRUE(bench.eventually([&] { return bench.ended.has_value(); }));
    EXPECT_EQ(bench.ended->error().code, Errc::peer_gone);
    EXPECT_LE(pull.made, made + 1);
    const std::weak_ptr<Pump> gone = std::exchange(bench.pump, nullptr);
    EXPECT_TRUE(gone.expired());
}

TEST(Pump, APullThatItsPeerTakesNothingOfEndsAsOneThatRanOutOfTime)
{
    ConnectionConfig impatient;
    impatient.idle = 50ms;
    Bench bench({.tick = 10s, .drain = 1s}, impatient);
    Pull pull(bench);
    bench.start();
    bench.say(1);
    ASSERT_TRUE(bench.eventually([&] { return bench.ended.has_value(); }));
    EXPECT_EQ(bench.ended->error().code, Errc::timed_out);
    EXPECT_LE(pull.made, until_full + 1);
}

TEST(Pump, AStopDoesNotWaitForWhoWaitsForTheLine)
{
    ConnectionConfig impatient;
    impatient.closing = 20ms;
    Bench bench({.tick = 10s, .drain = 60s}, impatient);
    Pull pull(bench);
    bench.start();
    bench.say(1);
    run_async(bench.io, pause_for(50ms));
    const auto made = pull.made;
    bench.pump->stop();
    ASSERT_TRUE(bench.eventually([&] { return bench.ended.has_value(); }));
    EXPECT_EQ(pull.made, made);
}

TEST(Pump, WhatIsPostedRunsOnceAndInItsOrderWhileReadingWaitsForRoomToo)
{
    Bench bench;
    bench.machine->opening = that_fills_the_line();
    const auto mailbox = bench.pump->mailbox();
    const auto post = [&](const std::string& what) {
        mailbox->post([&bench, what] {
            bench.machine->diary.push_back(what);
            return Outbox{};
        });
    };
    bench.start();
    for (int i = 0; i < 3; ++i)
        bench.say(7);
    mailbox->post([&] {
        bench.machine->diary.push_back("first");
        post("fourth");
        return Outbox{};
    });
    post("second");
    post("third");
    run_async(bench.io, pause_for(20ms));
    EXPECT_EQ(bench.machine->diary, (Diary{"open 7 c"}));
    EXPECT_TRUE(bench.hear());
    EXPECT_TRUE(bench.hear());
    ASSERT_TRUE(bench.eventually([&] { return bench.machine->diary.size() >= 8; }));
    auto posted = bench.machine->diary;
    EXPECT_EQ(std::erase(posted, "frame 7"), 3u);
    EXPECT_EQ(posted, (Diary{"open 7 c", "first", "second", "third", "fourth"}));
    EXPECT_TRUE(bench.ends());
}

TEST(Pump, WhatWaitsBehindOneThatThrowsIsNotRun)
{
    Bench bench;
    bench.machine->opening = that_fills_the_line();
    const auto mailbox = bench.pump->mailbox();
    bool ran = false;
    bench.start();
    mailbox->post([]() -> Outbox { throw std::runtime_error("a bug of the machine"); });
    mailbox->post([&] {
        ran = true;
        return Outbox{};
    });
    run_async(bench.io, pause_for(20ms));
    EXPECT_TRUE(bench.hear());
    EXPECT_TRUE(bench.hear());
    ASSERT_TRUE(bench.ends());
    EXPECT_EQ(bench.ended->error().code, Errc::bug);
    EXPECT_FALSE(ran);
}

TEST(Pump, AMachineThatFloodsIsGivenUp)
{
    ConnectionConfig small;
    small.send_queue_bytes_max = 100'000;
    Bench bench({.tick = 10s, .drain = 1s}, small);
    const auto noise = that_does_not_compress(250);
    bench.machine->answer = [&](const Frame&) {
        Outbox flood;
        flood.frames.assign(1'000, {1, noise});
        return flood;
    };
    bench.start();
    bench.say(1);
    ASSERT_TRUE(bench.ends());
    EXPECT_EQ(bench.ended->error().code, Errc::too_large);
}

namespace {

struct Echo final : Machine {
    Outbox on_open(ByteView, ByteView) override { return {.admitted = true}; }
    Outbox on_frame(const Frame& frame) override
    {
        return {.frames = {frame}};
    }
    Outbox on_closed(const Error*) override { return {}; }
    Outbox on_timer(Instant) override { return {}; }
};

// Sends `total` frames, at most `window` of them unanswered.
struct Asker final : Machine {
    explicit Asker(int frames) : total(frames) {}
    Outbox on_open(ByteView binding, ByteView certificate) override
    {
        EXPECT_EQ(binding.size(), 32u);
        EXPECT_FALSE(certificate.empty());
        Outbox first{.admitted = true};
        for (; sent < window; ++sent)
            first.frames.push_back({1, Bytes(400, static_cast<std::uint8_t>(sent))});
        return first;
    }
    Outbox on_frame(const Frame& frame) override
    {
        right += frame.payload == Bytes(400, static_cast<std::uint8_t>(received)) ? 1 : 0;
        if (++received == total)
            return {.close = true};
        Outbox next;
        if (sent < total)
            next.frames.push_back({1, Bytes(400, static_cast<std::uint8_t>(sent++))});
        return next;
    }
    Outbox on_closed(const Error*) override { return {}; }
    Outbox on_timer(Instant) override { return {}; }
    static constexpr int window = 100;
    int total;
    int sent = 0;
    int received = 0;
    int right = 0;
};

Async<void> serve(std::shared_ptr<Connection> connection, std::stop_token stop)
{
    const auto pump = Pump::over(connection, std::make_shared<Echo>(), the_clock);
    (void)co_await pump->run(std::move(stop));
}

AsyncResult<void> ask(Address address, SharedTls tls, std::shared_ptr<Machine> machine)
{
    const auto connected = co_await connect(std::move(address), std::move(tls), {});
    if (!connected)
        co_return tl::unexpected(connected.error());
    const auto pump = Pump::over(*connected, std::move(machine), the_clock);
    co_return co_await pump->run();
}

}  // namespace

// The hub on four threads, each device on its own: sessions run in parallel, each on its own strand.
TEST(Pump, SessionsOverTlsOnManyThreadsLoseAndMixNothing)
{
    test::TestPki pki;
    boost::asio::io_context hub_io;
    const auto listener = Listener::open(hub_io.get_executor(), pki.hub(), {});
    ASSERT_TRUE(listener);
    bool ended = false;
    boost::asio::co_spawn(hub_io, (*listener)->run(serve), [&](const std::exception_ptr&) { ended = true; });
    std::vector<std::thread> hub_threads;
    for (int i = 0; i < 4; ++i)
        hub_threads.emplace_back([&] { hub_io.run(); });

    constexpr int devices = 8;
    constexpr int frames = 3'000;
    std::vector<std::shared_ptr<Asker>> machines;
    std::vector<std::thread> threads;
    std::vector<char> in_order(devices, 0);
    const auto tls = pki.device();
    for (int i = 0; i < devices; ++i) {
        machines.push_back(std::make_shared<Asker>(frames));
        threads.emplace_back([&, i, machine = machines.back()] {
            boost::asio::io_context io;
            const auto end = run_async(io, ask({"127.0.0.1", (*listener)->port()}, tls, machine));
            in_order[static_cast<std::size_t>(i)] = end && *end ? 1 : 0;
        });
    }
    for (auto& thread : threads)
        thread.join();
    for (int i = 0; i < devices; ++i) {
        EXPECT_EQ(machines[static_cast<std::size_t>(i)]->right, frames);
        EXPECT_EQ(in_order[static_cast<std::size_t>(i)], 1);
    }
    (*listener)->stop();
    for (auto& thread : hub_threads)
        thread.join();
    EXPECT_TRUE(ended);
}

}  // namespace satchel::sync
