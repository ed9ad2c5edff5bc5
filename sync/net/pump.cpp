#include "sync/net/pump.hpp"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace satchel::sync {

struct Pump::Box final : Mailbox {
    explicit Box(std::weak_ptr<Pump> to) : pump(std::move(to)) {}
    void post(std::function<Outbox()> then) override
    {
        if (const auto open = pump.lock())
            open->post(std::move(then));
    }
    std::weak_ptr<Pump> pump;
};

std::shared_ptr<Pump> Pump::over(std::shared_ptr<Connection> connection, std::shared_ptr<Machine> machine,
                                 const Clock& clock, PumpConfig config)
{
    return std::shared_ptr<Pump>(new Pump(std::move(connection), std::move(machine), clock, config));
}

Pump::Pump(std::shared_ptr<Connection> connection, std::shared_ptr<Machine> machine, const Clock& clock,
           PumpConfig config)
    : connection_(std::move(connection)), machine_(std::move(machine)), clock_(clock), config_(config),
      executor_(connection_->executor()), tick_(executor_), drain_(executor_), resumed_(executor_)
{
}

AsyncResult<void> Pump::run(std::stop_token stop)
{
    const auto self = shared_from_this();
    const auto request_stop = [weak = weak_from_this()] {
        if (const auto pump = weak.lock())
            pump->stop();
    };
    const std::stop_callback on_stop(stop, request_stop);
    const auto& peer = connection_->peer();
    call([this, &peer] { return machine_->on_open(peer.channel_binding, peer.certificate_der); });
    tick();
    co_await read_until_closed();
    closing_ = true;  // from here on posts are dropped
    tick_.cancel();
    drain_.cancel();
    co_await connection_->close();
    const auto machine = std::exchange(machine_, nullptr);
    try {
        machine->on_closed(why_ ? &*why_ : nullptr);
    } catch (const std::exception&) {
        why_ = fail(Errc::bug, "an exception when a session ended").value();
    }
    if (why_)
        co_return tl::unexpected(*why_);
    co_return Result<void>{};
}

Async<void> Pump::read_until_closed()
{
    while (!closing_) {
        if (paused_) {
            co_await resumed_.wait();
            continue;
        }
        co_await connection_->room();
        if (paused_ || closing_)  // a timer or a post may have said so meanwhile
            continue;
        const auto frame = co_await connection_->receive();
        if (closing_)
            co_return;
        if (!frame) {
            if (frame.error().code != Errc::closed)
                why_ = frame.error();
            co_return;
        }
        call([this, &frame] { return machine_->on_frame(*frame); });
    }
}

void Pump::call(const std::function<Outbox()>& machine_call)
{
    if (closing_)
        return;
    try {
        apply(machine_call());
    } catch (const std::exception&) {
        end(fail(Errc::bug, "an exception in a session").value());
    }
}

void Pump::apply(const Outbox& outbox)
{
    if (outbox.admitted)
        connection_->admit();
    for (const auto& frame : outbox.frames)
        if (auto queued = connection_->enqueue(frame); !queued)
            return end(std::move(queued).error());
    if (outbox.reading != Reading::as_before) {
        paused_ = outbox.reading == Reading::pause;
        resumed_.notify();
    }
    if (outbox.close || (stopping_ && !paused_))
        begin_close();
}

void Pump::end(Error why)
{
    if (!closing_)
        why_ = std::move(why);
    begin_close();
}

void Pump::begin_close()
{
    closing_ = true;
    connection_->interrupt();
    resumed_.notify();
}

void Pump::begin_stop()
{
    if (closing_)
        return;
    stopping_ = true;
    if (!paused_ || !waiting_.empty())
        return begin_close();
    drain_.expires_after(config_.drain);
    drain_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
        if (const auto self = weak.lock(); self && !ec)
            self->begin_close();
    });
}

void Pump::tick()
{
    if (closing_)
        return;
    tick_.expires_after(config_.tick);
    tick_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
        const auto self = weak.lock();
        if (!self || ec)
            return;
        self->call([&pump = *self] { return pump.machine_->on_timer(pump.clock_.now()); });
        self->tick();
    });
}

void Pump::stop()
{
    boost::asio::post(executor_, [self = shared_from_this()] { self->begin_stop(); });
}

std::shared_ptr<Mailbox> Pump::mailbox()
{
    return std::make_shared<Box>(weak_from_this());
}

void Pump::post(std::function<Outbox()> then)
{
    boost::asio::post(executor_, [self = shared_from_this(), then = std::move(then)]() mutable {
        self->run_when_there_is_room(std::move(then));
    });
}

void Pump::run_when_there_is_room(std::function<Outbox()> then)
{
    if (waiting_.empty() && connection_->has_room())
        return run_posted(then);
    if (stopping_)
        return begin_close();
    waiting_.push_back(std::move(then));
    if (waiting_.size() > 1)
        return;
    boost::asio::co_spawn(executor_, run_waiting(shared_from_this()), [self = shared_from_this()](const std::exception_ptr& thrown) {
        if (thrown)
            self->end(fail(Errc::bug, "an exception while a session waited").value());
    });
}

Async<void> Pump::run_waiting(std::shared_ptr<Pump> self)
{
    while (!self->waiting_.empty()) {
        co_await self->connection_->room();
        self->run_posted(self->waiting_.front());
        self->waiting_.pop_front();
    }
}

void Pump::run_posted(const std::function<Outbox()>& then)
{
    call(then);
    // Nobody reads while the machine pauses, so nobody else finds out, and a pull would go on to the end of its credit.
    if (!paused_)
        return;
    if (auto why = connection_->lost())
        end(*std::move(why));
}

void Pump::post(Outbox outbox)
{
    post([outbox = std::move(outbox)] { return outbox; });
}

}  // namespace satchel::sync
