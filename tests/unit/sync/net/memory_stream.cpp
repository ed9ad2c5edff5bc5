#include "memory_stream.hpp"

#include <algorithm>

namespace satchel::test {

MemoryStream::Pair MemoryStream::pair(const boost::asio::any_io_executor& executor, std::size_t capacity)
{
    Pair ends{std::make_shared<MemoryStream>(executor, capacity), std::make_shared<MemoryStream>(executor, capacity)};
    ends.a->other_ = ends.b;
    ends.b->other_ = ends.a;
    return ends;
}

MemoryStream::MemoryStream(boost::asio::any_io_executor executor, std::size_t capacity)
    : executor_(std::move(executor)), capacity_(capacity), readable_(executor_), writable_(executor_)
{
}

Result<std::size_t> MemoryStream::read_now(std::span<std::uint8_t> into)
{
    if (closed_)
        return fail(Errc::closed, "closed");
    const auto n = std::min(into.size(), inbound_.size());
    if (n == 0 && cut_)
        return fail(Errc::peer_gone, "cut off");
    if (n == 0 && ended_)
        return fail(Errc::closed, "ended by the peer");
    std::copy_n(inbound_.begin(), n, into.begin());
    inbound_.erase(inbound_.begin(), inbound_.begin() + static_cast<std::ptrdiff_t>(n));
    if (const auto other = other_.lock(); other && n > 0)
        other->writable_.notify();
    return n;
}

Result<std::size_t> MemoryStream::write_now(ByteView from)
{
    const auto other = other_.lock();
    if (closed_ || !other || other->closed_ || other->cut_)
        return fail(closed_ ? Errc::closed : Errc::peer_gone, "not open");
    auto n = std::min(from.size(), capacity_ - std::min(capacity_, other->inbound_.size()));
    if (n == 0)
        return n;
    ++writes_;
    if (silent_)
        return n;
    const auto delivered = std::min(n, cut_after_);
    other->inbound_.insert(other->inbound_.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(delivered));
    cut_after_ -= cut_after_ == std::numeric_limits<std::size_t>::max() ? 0 : delivered;
    if (cut_after_ == 0)
        other->cut_ = true;
    other->readable_.notify();
    return n;
}

boost::asio::awaitable<void> MemoryStream::readable()
{
    if (inbound_.empty() && !ended_ && !cut_ && !closed_)
        co_await readable_.wait();
}

boost::asio::awaitable<void> MemoryStream::writable()
{
    co_await writable_.wait();
}

void MemoryStream::wake()
{
    readable_.notify();
    writable_.notify();
}

boost::asio::awaitable<void> MemoryStream::finish()
{
    if (const auto other = other_.lock(); other && !silent_) {
        other->ended_ = true;
        other->readable_.notify();
    }
    while (!closed_ && !ended_ && !cut_) {
        inbound_.clear();
        co_await readable_.wait();
    }
}

void MemoryStream::close()
{
    closed_ = true;
    wake();
    if (const auto other = other_.lock(); other && !silent_) {
        if (!other->ended_)
            other->cut_ = true;
        other->wake();
    }
}

}  // namespace satchel::test
