// Runs a coroutine to its end on a thread of the test, with a limit: a hang is a failure, not a stuck suite.
#pragma once

#include <chrono>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "sync/net/task.hpp"

namespace satchel::test {

inline boost::asio::awaitable<void> pause_for(std::chrono::milliseconds time)
{
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
    co_await timer.async_wait(sync::use_task);
}

// What the coroutine returned; the test fails and nothing comes if it takes longer than the limit.
template <class T>
std::optional<T> run_async(boost::asio::io_context& io, boost::asio::awaitable<T> work,
                           std::chrono::seconds limit = std::chrono::seconds(30))
{
    std::optional<T> answer;
    std::exception_ptr thrown;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
        thrown = error;
        answer.emplace(std::move(value));
        io.stop();
    });
    io.restart();
    io.run_for(limit);
    if (thrown)
        std::rethrow_exception(thrown);
    EXPECT_TRUE(answer) << "still running after " << limit.count() << " s";
    return answer;
}

inline bool run_async(boost::asio::io_context& io, boost::asio::awaitable<void> work,
                      std::chrono::seconds limit = std::chrono::seconds(30))
{
    bool done = false;
    std::exception_ptr thrown;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error) {
        thrown = error;
        done = true;
        io.stop();
    });
    io.restart();
    io.run_for(limit);
    if (thrown)
        std::rethrow_exception(thrown);
    EXPECT_TRUE(done) << "still running after " << limit.count() << " s";
    return done;
}

}  // namespace satchel::test
