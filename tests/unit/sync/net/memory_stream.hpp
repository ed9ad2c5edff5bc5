// Two ends of a byte stream in memory, with what a network can do to it: small buffers, silence, a cut at a byte.
#pragma once

#include <deque>
#include <limits>
#include <memory>

#include "sync/net/byte_stream.hpp"

namespace satchel::test {

class MemoryStream final : public sync::ByteStream {
public:
    struct Pair;
    // `capacity`: bytes that wait in each direction before the writer must.
    static Pair pair(const boost::asio::any_io_executor& executor, std::size_t capacity = 64 * 1024);

    MemoryStream(boost::asio::any_io_executor executor, std::size_t capacity);

    boost::asio::any_io_executor executor() override { return executor_; }
    [[nodiscard]] const sync::Peer& peer() const override { return peer_; }
    Result<std::size_t> read_now(std::span<std::uint8_t> into) override;
    Result<std::size_t> write_now(ByteView from) override;
    boost::asio::awaitable<void> readable() override;
    boost::asio::awaitable<void> writable() override;
    void wake() override;
    boost::asio::awaitable<void> finish() override;
    void close() override;

    // After so many more bytes from here the other end sees the stream cut, without an end in order.
    void cut_after(std::size_t bytes) { cut_after_ = bytes; }
    void say_nothing_more() { silent_ = true; }  // what is written from here goes nowhere
    [[nodiscard]] std::size_t writes() const noexcept { return writes_; }
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    [[nodiscard]] std::size_t waiting_to_be_read() const noexcept { return inbound_.size(); }
    sync::Peer& peer_to_show() noexcept { return peer_; }

private:
    boost::asio::any_io_executor executor_;
    std::size_t capacity_;
    sync::Peer peer_;
    std::weak_ptr<MemoryStream> other_;
    std::deque<std::uint8_t> inbound_;
    bool ended_ = false;   // by the other end, in order
    bool cut_ = false;     // by the network
    bool closed_ = false;  // by us
    bool silent_ = false;
    std::size_t cut_after_ = std::numeric_limits<std::size_t>::max();
    std::size_t writes_ = 0;
    sync::Event readable_;
    sync::Event writable_;
};

struct MemoryStream::Pair {
    std::shared_ptr<MemoryStream> a;
    std::shared_ptr<MemoryStream> b;
};

}  // namespace satchel::test
