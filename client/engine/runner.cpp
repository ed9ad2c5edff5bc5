#include "client/engine/runner.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sync/net/connector.hpp"
#include "sync/net/pump.hpp"

namespace satchel::client {
namespace {

namespace asio = boost::asio;

constexpr int sessions_max = 3; // one that retires an incarnation, one that takes the new one, one to spare

// Calls a machine between waits, when the store is ours.
class Awake final : public sync::Machine
{
public:
    Awake(std::shared_ptr<sync::Machine> inner, const RunConfig& config) : inner_(std::move(inner)), config_(config) {}
    sync::Outbox on_open(ByteView channel_binding, ByteView certificate) override
    {
        const Between between(config_);
        return inner_->on_open(channel_binding, certificate);
    }
    sync::Outbox on_frame(const sync::Frame& frame) override
    {
        const Between between(config_);
        return inner_->on_frame(frame);
    }
    sync::Outbox on_closed(const Error* why) override
    {
        const Between between(config_);
        return inner_->on_closed(why);
    }
    sync::Outbox on_timer(Instant now) override
    {
        const Between between(config_);
        return inner_->on_timer(now);
    }

private:
    struct Between
    {
        explicit Between(const RunConfig& run) : config(run) { config.wait_ends(); }
        ~Between() { config.wait_begins(); }
        Between(const Between&) = delete;
        Between& operator=(const Between&) = delete;
        const RunConfig& config;
    };
    std::shared_ptr<sync::Machine> inner_;
    const RunConfig& config_;
};

struct Run {
    sync::Address address;
    sync::SharedTls tls;
    sync::ConnectorConfig connector;
    std::shared_ptr<sync::Machine> machine;
    const Clock* clock;
    std::chrono::milliseconds overall;
    std::stop_token stop;
    std::shared_ptr<sync::Connection> connection; // while there is one
    Result<void> outcome = {};
    bool connected = false;
    bool late = false; // out of time
};

sync::Async<void> run_session(Run* run)
{
    auto connection = co_await sync::connect(run->address, run->tls, run->connector);
    if (!connection) {
        run->outcome = tl::unexpected(std::move(connection).error());
        co_return;
    }
    run->connected = true;
    run->connection = *connection;
    if (run->late)
        (*connection)->abort();
    auto pump = sync::Pump::over(*connection, run->machine, *run->clock);
    run->outcome = co_await pump->run(run->stop);
    co_await (*connection)->close();
}

// A session that makes progress for ever is cut as well, if so wished.
sync::Async<void> cut_late(Run* run, std::shared_ptr<asio::steady_timer> timer)
{
    const auto [failed] = co_await timer->async_wait(sync::use_task);
    if (failed)
        co_return;
    run->late = true;
    if (run->connection)
        run->connection->abort();
}

// Returns when the session has ended. The error is that of the connection; what the machine made of it, it knows.
Result<void> drive(Run& run)
{
    asio::io_context context(1);
    auto timer = std::make_shared<asio::steady_timer>(context);
    auto ended = [&run, timer](const std::exception_ptr& thrown) {
        timer->cancel();
        if (thrown)
            run.outcome = fail(Errc::bug, "a session threw");
    };
    asio::co_spawn(context, run_session(&run), ended);
    if (run.overall.count() > 0) {
        timer->expires_after(run.overall);
        asio::co_spawn(context, cut_late(&run, timer), asio::detached);
    }
    context.run();
    run.connection.reset();
    return run.outcome;
}

sync::ConnectorConfig connector_of(const RunConfig& config, Instant hub_time)
{
    sync::ConnectorConfig out;
    out.overall = config.connecting;
    out.connection.idle = config.idle;
    if (hub_time.ms != 0)
        out.judge_at = hub_time;
    return out;
}

Result<sync::SharedTls> device_tls(const Identity& identity)
{
    SATCHEL_TRY(const auto key, crypto::CertificateKey::from_der(identity.tls_key));
    SATCHEL_TRY(auto chain, crypto::certificates_from_pem(identity.certificate_chain));
    SATCHEL_TRY(auto context, crypto::device_tls_context({std::move(chain), key},
                                                         {identity.hub_root_hash, identity.hub_uri}));
    return std::make_shared<const crypto::TlsContext>(std::move(context));
}

} // namespace

Result<sync::SharedTls> KeptTls::of(const Identity& identity)
{
    if (!context_ || credential_ != identity.credential) {
        SATCHEL_TRY(context_, device_tls(identity));
        credential_ = identity.credential;
    }
    return context_;
}

Result<SessionReport> synchronise(const SessionParts& parts, const RunConfig& config)
{
    const auto& identity = parts.store.identity();
    const auto& text = config.address.empty() ? identity.hub_address : config.address;
    if (text.empty())
        return fail(Errc::invalid_argument, "no address of a hub is known: say --hub HOST:PORT");
    SATCHEL_TRY(const auto address, sync::parse_address(text));
    KeptTls once;
    SATCHEL_TRY(const auto tls, (config.tls ? *config.tls : once).of(identity));

    SessionReport total;
    for (int i = 0; i < sessions_max; ++i) {
        auto session = std::make_shared<DeviceSession>(parts);
        Run run{address, tls, connector_of(config, parts.store.chain().hub_time),
                std::make_shared<Awake>(session, config), &parts.clock, config.overall, config.stop, {}};
        config.wait_begins();
        const auto outcome = drive(run);
        config.wait_ends();
        auto report = session->report();
        if (!report.admitted) {
            // A hub that refuses says why in the session; else the connection does.
            if (report.error && (run.connected || outcome))
                return tl::unexpected(*report.error);
            if (!outcome)
                return tl::unexpected(outcome.error());
            return fail(Errc::unreachable, "the hub hung up before it let us in");
        }
        report.sent += total.sent;
        report.pushed += total.pushed;
        report.rewritten += total.rewritten;
        report.purged_cases += total.purged_cases;
        report.tally += total.tally;
        total = std::move(report);
        if (!total.again)
            break;
    }
    // What came is here whatever becomes of the index: search brings it up to date, too.
    if (auto indexed = parts.store.index_new_work(); !indexed && !total.error)
        total.error = std::move(indexed).error();
    return total;
}

Result<Enrolled> enrol(const sync::EnrolmentSlip& slip, const std::string& device_name, const Clock& clock,
                       Random& random, const RunConfig& config)
{
    const auto& text = config.address.empty() ? slip.address : config.address;
    if (text.empty())
        return fail(Errc::invalid_argument, "the enrolment file names no hub: say --hub HOST:PORT");
    SATCHEL_TRY(const auto address, sync::parse_address(text));
    SATCHEL_TRY(auto context, crypto::enrolment_tls_context({slip.root_public_hash, slip.hub_uri}));
    auto session = std::make_shared<EnrolmentSession>(slip, device_name, text, random);
    auto connector = connector_of(config, {});
    // Nobody knows us yet: the hub takes nothing compressed, and no more than a request needs.
    connector.connection = sync::ConnectionConfig::of_enrolling_device();
    connector.connection.idle = config.idle;
    Run run{address, std::make_shared<const crypto::TlsContext>(std::move(context)), connector, session,
            &clock,  config.connecting + config.idle, config.stop, {}};
    const auto outcome = drive(run);
    if (!run.connected && !outcome)
        return tl::unexpected(outcome.error());
    return session->result();
}

} // namespace satchel::client
