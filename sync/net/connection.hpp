// Frames over a byte stream: queued and coalesced writes with back-pressure, bounded reads, deadlines.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "schema/wire/frame.hpp"
#include "sync/net/byte_stream.hpp"

namespace satchel::sync {

using Frame = schema::wire::Frame;

struct ConnectionConfig {
    // From its start a connection has this long to be admitted; trickling bytes does not extend it.
    std::chrono::milliseconds admission{30'000};
    // While a frame is awaited: the longest time without `progress_bytes` or a whole frame. While bytes are to be
    // sent: the longest time in which the peer takes none. A session that stays open must send something within it.
    std::chrono::milliseconds idle{60'000};
    // For the whole of close(): to get rid of what is queued and see the peer end, too.
    std::chrono::milliseconds closing{5'000};

    std::size_t progress_bytes = 1024;
    std::size_t read_buffer_bytes = 32 * 1024;     // held only while there is something to read
    std::size_t send_credit_bytes = 256 * 1024;    // above this room() waits
    std::size_t send_queue_bytes_max = 8 * 1024 * 1024;  // above this the peer is given up

    // Until admit().
    schema::wire::FrameLimits receive = schema::wire::before_authentication;
    schema::wire::FrameLimits send = schema::wire::before_authentication;

    // The handshake has proved who the hub is: a device takes its frames at full size at once.
    static ConnectionConfig of_hub() { return with(schema::wire::before_admission, schema::wire::in_session); }
    static ConnectionConfig of_device() { return with(schema::wire::in_session, schema::wire::before_admission); }
    static ConnectionConfig of_enrolling_device()
    {
        return with(schema::wire::in_session, schema::wire::during_enrolment);
    }

private:
    static ConnectionConfig with(schema::wire::FrameLimits receive, schema::wire::FrameLimits send)
    {
        ConnectionConfig config;
        config.receive = receive;
        config.send = send;
        return config;
    }
};

// Everything but abort() on the stream's executor. Whoever runs a coroutine of it holds a shared_ptr.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    static std::shared_ptr<Connection> over(std::shared_ptr<ByteStream> stream, const ConnectionConfig& config);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] const Peer& peer() const { return stream_->peer(); }
    boost::asio::any_io_executor executor() { return stream_->executor(); }

    // Queues a frame; frames queued in one turn leave together. Fails with too_large when the frame exceeds its
    // limits (nothing is queued) or the peer is given up. After a write has failed, and after close(), frames are
    // dropped without an error here: receive() tells why, after whatever the peer said last.
    Result<void> enqueue(const Frame& frame);
    // No more than send_credit_bytes are queued, or the connection has ended or been interrupted.
    [[nodiscard]] bool has_room() const noexcept;
    Async<void> room();  // waits until it has
    // Why what is queued goes nowhere; nothing while it may yet.
    [[nodiscard]] std::optional<Error> lost() const;
    AsyncResult<void> send(Frame frame);  // enqueue, then room

    // The next frame. Fails with closed (by the peer in order, by close() or interrupt()), peer_gone, timed_out,
    // bad_certificate, or what FrameReader says of bad frames; then the connection is of use for close() only.
    // One caller at a time.
    AsyncResult<Frame> receive();

    void set_receive_limits(schema::wire::FrameLimits limits) { reader_.set_limits(limits); }  // enrolment
    void admit();      // session limits both ways, and the idle deadline instead of the admission one
    void interrupt();  // receive() and room() return, now and ever after

    // Sends what is queued, ends in order, and waits a little for the peer to do so, too.
    Async<void> close();
    // Ends at once. Safe from any thread, any number of times.
    void abort();

    [[nodiscard]] std::size_t queued_bytes() const noexcept
    {
        return queue_.size() + in_flight_.size() - written_;
    }

private:
    using Clock = std::chrono::steady_clock;

    Connection(std::shared_ptr<ByteStream> stream, const ConnectionConfig& config);
    static Async<void> write_loop(std::shared_ptr<Connection> self);
    void end(Error why);  // the first reason is the one told
    void start_waiting_to_read();
    void note_received(std::size_t bytes);
    void arm(Clock::time_point due);
    void watch();
    Error reason_to_end(Error from_stream) const;

    std::shared_ptr<ByteStream> stream_;
    ConnectionConfig config_;
    schema::wire::FrameReader reader_;
    schema::wire::FrameLimits send_limits_;

    std::unique_ptr<std::uint8_t[]> read_buffer_;
    unsigned reads_in_this_turn_ = 0;
    Bytes queue_;      // to be written next
    Bytes in_flight_;  // being written, up to written_ done
    std::size_t written_ = 0;
    bool writing_ = false;
    bool write_failed_ = false;
    bool admitted_ = false;
    bool interrupted_ = false;
    bool closing_ = false;
    std::optional<Error> error_;

    Event room_;
    Event flushed_;
    boost::asio::steady_timer watchdog_;
    bool watching_ = false;
    Clock::time_point admission_due_;
    std::optional<Clock::time_point> read_due_;
    std::optional<Clock::time_point> write_due_;
    std::optional<Clock::time_point> close_due_;
    std::size_t progress_ = 0;  // bytes since read_due_ was last moved
};

}  // namespace satchel::sync
