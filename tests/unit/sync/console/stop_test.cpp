#include "sync/console/stop.hpp"

#include <unistd.h>

#include <csignal>
#include <thread>

#include <gtest/gtest.h>

namespace satchel::console {
namespace {

using namespace std::chrono_literals;

TEST(StopSignal, ATermOrInterruptIsARequestAndNotAnEnd)
{
    for (const int signal : {SIGTERM, SIGINT}) {
        const StopSignal stop;
        EXPECT_FALSE(stop.requested());
        EXPECT_FALSE(stop.wait_for(1ms));
        std::thread worker([] { std::this_thread::sleep_for(50ms); });  // signals find no thread to end
        ASSERT_EQ(::kill(::getpid(), signal), 0);
        EXPECT_TRUE(stop.wait_for(5s));
        stop.wait();
        EXPECT_TRUE(stop.requested());
        worker.join();
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, signal);
        int taken = 0;
        ASSERT_EQ(sigwait(&one, &taken), 0);  // for the next round
    }
}

TEST(StopSignal, AReaderThatWentAwayIsAnErrorValue)
{
    const StopSignal stop;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    EXPECT_EQ(::write(ends[1], "x", 1), -1);
    ::close(ends[1]);
}

}  // namespace
}  // namespace satchel::console
