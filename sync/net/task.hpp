// How the coroutines of this folder are written. They are plain functions or members that hold a shared_ptr to what
// they use, with parameters by value; never a lambda that captures (g++ 12 destroys its captures twice).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "schema/base/result.hpp"

namespace satchel::sync {

template <class T>
using Async = boost::asio::awaitable<T>;
template <class T>
using AsyncResult = boost::asio::awaitable<Result<T>>;

inline constexpr auto use_task = boost::asio::as_tuple(boost::asio::use_awaitable);

// Wakes the coroutines that wait for something another handler of the same strand does. A notification that comes
// while nobody waits is remembered once. Waiting may end early: always wait in a loop over the condition.
class Event {
public:
    explicit Event(const boost::asio::any_io_executor& executor)
        : timer_(executor, boost::asio::steady_timer::time_point::max())
    {
    }
    Async<void> wait()
    {
        if (!set_)
            co_await timer_.async_wait(use_task);
        set_ = false;
    }
    void notify()
    {
        set_ = true;
        timer_.cancel();
    }

private:
    boost::asio::steady_timer timer_;  // never expires; cancelling it is the signal
    bool set_ = false;
};

}  // namespace satchel::sync
