#include "sync/net/connection.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace satchel::sync {

namespace {

// After so many reads or writes that did not have to wait, others on the thread get their turn.
constexpr unsigned turns_max = 16;

}  // namespace

std::shared_ptr<Connection> Connection::over(std::shared_ptr<ByteStream> stream, const ConnectionConfig& config)
{
    return std::shared_ptr<Connection>(new Connection(std::move(stream), config));
}

Connection::Connection(std::shared_ptr<ByteStream> stream, const ConnectionConfig& config)
    : stream_(std::move(stream)), config_(config), reader_(config.receive), send_limits_(config.send),
      room_(stream_->executor()), flushed_(stream_->executor()), watchdog_(stream_->executor()),
      admission_due_(Clock::now() + config.admission)
{
}

Connection::~Connection()
{
    stream_->close();
}

Result<void> Connection::enqueue(const Frame& frame)
{
    if (closing_ || write_failed_ || error_)
        return {};
    SATCHEL_TRYV(schema::wire::write_frame(queue_, frame, send_limits_));
    if (queued_bytes() > config_.send_queue_bytes_max) {
        Error why = fail(Errc::too_large, "the peer does not take what it is sent").value();
        end(why);
        return tl::unexpected(std::move(why));
    }
    if (!writing_) {
        writing_ = true;
        boost::asio::co_spawn(executor(), write_loop(shared_from_this()), boost::asio::detached);
    }
    return {};
}

bool Connection::has_room() const noexcept
{
    return queued_bytes() <= config_.send_credit_bytes || write_failed_ || error_ || interrupted_;
}

std::optional<Error> Connection::lost() const
{
    if (error_ || !write_failed_)
        return error_;
    return fail(Errc::peer_gone, "nothing more could be sent").value();
}

Async<void> Connection::room()
{
    const auto self = shared_from_this();
    while (!has_room())
        co_await room_.wait();
}

AsyncResult<void> Connection::send(Frame frame)
{
    SATCHEL_CO_TRYV(enqueue(frame));
    co_await room();
    co_return Result<void>{};
}

Async<void> Connection::write_loop(std::shared_ptr<Connection> self)
{
    auto& c = *self;
    co_await boost::asio::post(c.executor(), boost::asio::use_awaitable);  // what else this turn queues comes along
    unsigned writes = 0;
    while (!c.queue_.empty() && !c.write_failed_ && !c.error_) {
        std::swap(c.queue_, c.in_flight_);
        while (c.written_ < c.in_flight_.size() && !c.error_) {
            const auto n = c.stream_->write_now(ByteView(c.in_flight_).subspan(c.written_));
            if (!n) {
                c.write_failed_ = true;
                break;
            }
            if (*n == 0) {
                if (!c.write_due_)
                    c.arm(*(c.write_due_ = Clock::now() + c.config_.idle));
                writes = 0;
                co_await c.stream_->writable();
                continue;
            }
            c.write_due_.reset();
            c.written_ += *n;
            if (c.queued_bytes() <= c.config_.send_credit_bytes)
                c.room_.notify();
            if (++writes == turns_max) {
                writes = 0;
                co_await boost::asio::post(c.executor(), boost::asio::use_awaitable);
            }
        }
        c.in_flight_.clear();
        c.written_ = 0;
    }
    c.write_due_.reset();
    c.queue_ = Bytes();  // not {}: that would empty it and keep its memory
    c.in_flight_ = Bytes();
    c.writing_ = false;
    c.room_.notify();
    c.flushed_.notify();
}

AsyncResult<Frame> Connection::receive()
{
    const auto self = shared_from_this();
    start_waiting_to_read();
    for (;;) {
        if (interrupted_ || closing_)
            co_return fail(Errc::closed, "closed");
        if (auto frame = reader_.next()) {
            read_due_.reset();
            co_return std::move(*frame);
        }
        if (error_)
            co_return tl::unexpected(*error_);
        if (!read_buffer_)
            read_buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(config_.read_buffer_bytes);
        const auto n = stream_->read_now({read_buffer_.get(), config_.read_buffer_bytes});
        if (!n) {
            read_due_.reset();
            read_buffer_.reset();
            co_return tl::unexpected(reason_to_end(n.error()));
        }
        if (*n == 0) {
            read_buffer_.reset();
            reads_in_this_turn_ = 0;
            co_await stream_->readable();
            continue;
        }
        note_received(*n);
        reader_.feed({read_buffer_.get(), *n});
        if (++reads_in_this_turn_ == turns_max) {
            reads_in_this_turn_ = 0;
            co_await boost::asio::post(executor(), boost::asio::use_awaitable);
        }
    }
}

Error Connection::reason_to_end(Error from_stream) const
{
    if (error_)
        return *error_;
    if (from_stream.code == Errc::closed && !reader_.at_boundary())
        return fail(Errc::peer_gone, "ended inside a frame").value();
    return from_stream;
}

void Connection::admit()
{
    admitted_ = true;
    reader_.set_limits(schema::wire::in_session);
    send_limits_ = schema::wire::in_session;
}

void Connection::interrupt()
{
    interrupted_ = true;
    stream_->wake();
    room_.notify();
}

Async<void> Connection::close()
{
    const auto self = shared_from_this();
    closing_ = true;
    interrupt();
    if (!error_) {
        arm(*(close_due_ = Clock::now() + config_.closing));
        while (writing_)
            co_await flushed_.wait();
        co_await stream_->finish();
    }
    end(fail(Errc::closed, "closed").value());
}

void Connection::abort()
{
    boost::asio::post(executor(), [self = shared_from_this()] { self->end(fail(Errc::closed, "aborted").value()); });
}

void Connection::end(Error why)
{
    if (!error_)
        error_ = std::move(why);
    watchdog_.cancel();
    stream_->close();
    room_.notify();
}

void Connection::start_waiting_to_read()
{
    progress_ = 0;
    read_due_ = admitted_ ? Clock::now() + config_.idle : admission_due_;
    arm(*read_due_);
}

void Connection::note_received(std::size_t bytes)
{
    progress_ += bytes;
    if (admitted_ && progress_ >= config_.progress_bytes) {
        progress_ = 0;
        read_due_ = Clock::now() + config_.idle;
    }
}

// One timer serves all deadlines and is moved only when one comes before it: a deadline that moves on, as most do,
// costs nothing until the timer finds it moved.
void Connection::arm(Clock::time_point due)
{
    if (watching_ && watchdog_.expiry() <= due)
        return;
    watching_ = true;
    watchdog_.expires_at(due);
    watchdog_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
        if (const auto self = weak.lock(); self && !ec)
            self->watch();
    });
}

void Connection::watch()
{
    watching_ = false;
    if (error_)
        return;
    const auto now = Clock::now();
    if (close_due_ && *close_due_ <= now)
        return end(fail(Errc::timed_out, "the peer did not let us end in time").value());
    if (write_due_ && *write_due_ <= now)
        return end(fail(Errc::timed_out, "the peer takes nothing").value());
    if (read_due_ && *read_due_ <= now)
        return end(fail(Errc::timed_out, admitted_ ? "the peer is silent" : "not admitted in time").value());
    for (const auto& due : {close_due_, write_due_, read_due_})
        if (due)
            arm(*due);
}

}  // namespace satchel::sync
