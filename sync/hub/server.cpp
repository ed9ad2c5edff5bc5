#include "sync/hub/server.hpp"

#include <malloc.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "sync/net/listener.hpp"
#include "sync/net/pump.hpp"

namespace satchel::sync {
namespace {

// What was freed between pages that are in use stays with the process otherwise: 50 MiB after a busy quarter of an hour.
void give_back_freed_memory()
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

// The one thread that writes.
class Writer final : public Committer {
public:
    Writer(HubService& service, const Clock& clock, const ServerConfig& config)
        : service_(service), clock_(clock), jobs_max_(std::max<std::size_t>(config.jobs_per_commit_max, 1)),
          day_check_(config.day_check)
    {
    }

    void submit(CommitJob job) override
    {
        {
            const std::lock_guard lock(mutex_);
            if (!stopped_) {
                jobs_.push_back(std::move(job));
                wake_.notify_one();
                return;
            }
        }
        job.done(fail(Errc::closed, "the hub is stopping"));
    }

    // On a thread of its own, until finish() was called and nothing is left to do.
    void run()
    {
        auto next_check = std::chrono::steady_clock::now();  // after a start at once
        for (;;) {
            auto jobs = take(day_ ? std::chrono::steady_clock::now() : next_check);
            if (!jobs)
                return;  // a day's work that is left is done after the next start
            if (!jobs->empty())
                commit(*jobs);
            // Devices never wait for more than a portion of it, and it does not wait for devices that never pause.
            if (day_) {
                go_on();
            } else if (std::chrono::steady_clock::now() >= next_check) {
                begin_day();
                give_back_freed_memory();
                next_check = std::chrono::steady_clock::now() + day_check_;
            }
        }
    }

    void finish()
    {
        const std::lock_guard lock(mutex_);
        finishing_ = true;
        wake_.notify_one();
    }

    void add_to(ServerCounts& counts) const
    {
        const std::lock_guard lock(mutex_);
        counts.commits = commits_;
        counts.jobs = jobs_done_;
        counts.ticks = ticks_;
    }

    std::function<void(const Error&)> tick_failed;

private:
    using Jobs = std::vector<CommitJob>;
    using Ticked = std::pair<Date, std::uint32_t>;  // the day, and the agreement's version

    // What waits, at most one group; none when nothing came until then; nothing when all is done.
    std::optional<Jobs> take(std::chrono::steady_clock::time_point until)
    {
        std::unique_lock lock(mutex_);
        wake_.wait_until(lock, until, [&] { return !jobs_.empty() || finishing_; });
        if (jobs_.empty() && finishing_) {
            stopped_ = true;
            return std::nullopt;
        }
        Jobs group;
        while (!jobs_.empty() && group.size() < jobs_max_) {
            group.push_back(std::move(jobs_.front()));
            jobs_.pop_front();
        }
        return group;
    }

    void commit(Jobs& jobs)
    {
        const auto n = jobs.size();
        {
            // Before they are told: whoever hears that something is durable finds it counted.
            const std::lock_guard lock(mutex_);
            ++commits_;
            jobs_done_ += n;
        }
        service_.commit(std::move(jobs));
    }

    void begin_day()
    {
        const auto today = schema::day_in_england(clock_.now());
        if (ticked_ == Ticked{today, service_.policy()->version})
            return;
        auto begun = service_.begin_tick(today);
        if (begun)
            day_ = std::move(*begun);
        else
            tell(begun.error());
    }

    void go_on()
    {
        if (const auto done = service_.go_on(*day_); !done) {
            day_.reset();
            tell(done.error());
        } else if (day_->done()) {
            for (const auto& skipped : day_->skipped)
                tell(skipped);
            ticked_ = Ticked{day_->today, day_->under->version};
            day_.reset();
            const std::lock_guard lock(mutex_);
            ++ticks_;
        }
    }

    void tell(const Error& error) const
    {
        if (tick_failed)
            tick_failed(error);
    }

    HubService& service_;
    const Clock& clock_;
    const std::size_t jobs_max_;
    const std::chrono::milliseconds day_check_;
    std::optional<Tick> day_;     // under way
    std::optional<Ticked> ticked_;  // the last that came to its end

    mutable std::mutex mutex_;  // over everything below
    std::condition_variable wake_;
    std::deque<CommitJob> jobs_;
    bool finishing_ = false;
    bool stopped_ = false;
    std::uint64_t commits_ = 0, jobs_done_ = 0, ticks_ = 0;
};

// A machine is made before the pump that drives it has a mailbox for it.
class LateMailbox final : public Mailbox {
public:
    // Before the session runs.
    void leads_to(std::shared_ptr<Mailbox> mailbox) { to_ = std::move(mailbox); }
    void post(std::function<Outbox()> then) override
    {
        if (to_)
            to_->post(std::move(then));
    }

private:
    std::shared_ptr<Mailbox> to_;
};

ListenerConfig listener_config(const ServerConfig& config)
{
    ListenerConfig out;
    out.host = config.host;
    out.port = config.port;
    out.connections_max = config.connections_max;
    out.handshakes_max = config.handshakes_max;
    out.handshake = config.handshake;
    out.drain = config.drain;
    out.connection.admission = config.admission;
    out.connection.idle = config.idle;
    return out;
}

}  // namespace

struct HubServer::Parts {
    Parts(HubService& service, const Clock& at, MakeMachine make_machine, const ServerConfig& given)
        : clock(at), make(std::move(make_machine)), config(given), writer(service, at, given)
    {
    }

    const Clock& clock;
    MakeMachine make;
    ServerConfig config;
    Writer writer;
    boost::asio::io_context io;
    std::shared_ptr<Listener> listener;

    static Async<void> serve(Parts& parts, std::shared_ptr<Connection> connection, std::stop_token stop)
    {
        const auto mailbox = std::make_shared<LateMailbox>();
        auto machine = parts.make(connection->peer().protocol, parts.writer, mailbox);
        if (!machine)
            co_return;
        PumpConfig config;
        config.drain = parts.config.drain / 2;  // the rest is for saying goodbye
        const auto pump = Pump::over(std::move(connection), std::move(machine), parts.clock, config);
        mailbox->leads_to(pump->mailbox());
        (void)co_await pump->run(std::move(stop));  // how a session ended is its own to tell
    }
};

HubServer::HubServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HubServer::~HubServer() = default;

Result<std::unique_ptr<HubServer>> HubServer::open(HubService& service, const HubKeys& keys, const Clock& clock,
                                                   MakeMachine make, const ServerConfig& config)
{
    SATCHEL_TRY(auto tls, crypto::hub_tls_context(keys.tls_identity(), keys.root.certificate(), clock));
    auto parts = std::make_unique<Parts>(service, clock, std::move(make), config);
    SATCHEL_TRY(parts->listener,
                Listener::open(parts->io.get_executor(), std::make_shared<const crypto::TlsContext>(std::move(tls)),
                               listener_config(config)));
    return std::unique_ptr<HubServer>(new HubServer(std::move(parts)));
}

std::string HubServer::address() const { return parts_->listener->address(); }
std::uint16_t HubServer::port() const { return parts_->listener->port(); }

void HubServer::on_tick_failure(std::function<void(const Error&)> tell)
{
    parts_->writer.tick_failed = std::move(tell);
}

void HubServer::on_handshake_failure(std::function<void(const std::string& from, const Error& why)> tell)
{
    parts_->listener->on_failure(std::move(tell));
}

void HubServer::run()
{
    auto& parts = *parts_;
    std::thread writing([&] { parts.writer.run(); });
    const auto handle = [&parts](std::shared_ptr<Connection> connection, std::stop_token stop) {
        return Parts::serve(parts, std::move(connection), std::move(stop));
    };
    boost::asio::co_spawn(parts.io, parts.listener->run(handle), boost::asio::detached);
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < parts.config.threads; ++i)
        others.emplace_back([&] { parts.io.run(); });
    parts.io.run();  // until the listener's coroutine and every session have ended
    for (auto& thread : others)
        thread.join();
    parts.writer.finish();
    writing.join();
}

void HubServer::stop() { parts_->listener->stop(); }

std::size_t HubServer::cut(const CredentialId& credential)
{
    return parts_->listener->cut(
        [&](const Peer& peer) { return peer.device && peer.device->device.credential == credential; });
}

ServerCounts HubServer::counts() const
{
    const auto listener = parts_->listener->counts();
    ServerCounts out;
    out.handshakes = listener.handshakes;
    out.sessions = listener.sessions;
    out.accepted = listener.accepted;
    out.refused = listener.refused;
    out.failed = listener.failed;
    parts_->writer.add_to(out);
    return out;
}

}  // namespace satchel::sync
