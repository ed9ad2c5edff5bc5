// A deadline over a stream: closes it when the time comes, unless the watch is gone by then.
#pragma once

#include <memory>

#include "sync/net/byte_stream.hpp"

namespace satchel::sync {

class Watch : public std::enable_shared_from_this<Watch> {
public:
    static std::shared_ptr<const Watch> over(const std::shared_ptr<ByteStream>& stream,
                                             std::chrono::steady_clock::time_point due)
    {
        auto watch = std::shared_ptr<Watch>(new Watch(stream, due));
        watch->timer_.async_wait([weak = watch->weak_from_this()](boost::system::error_code ec) {
            if (const auto self = weak.lock(); self && !ec) {
                self->expired_ = true;
                if (const auto open = self->stream_.lock())
                    open->close();
            }
        });
        return watch;
    }
    [[nodiscard]] bool expired() const noexcept { return expired_; }

private:
    Watch(const std::shared_ptr<ByteStream>& stream, std::chrono::steady_clock::time_point due)
        : stream_(stream), timer_(stream->executor(), due)
    {
    }
    std::weak_ptr<ByteStream> stream_;
    boost::asio::steady_timer timer_;
    bool expired_ = false;
};

}  // namespace satchel::sync
