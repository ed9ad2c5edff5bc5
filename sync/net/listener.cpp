#include "sync/net/listener.hpp"

#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "sync/net/tls_stream.hpp"
#include "sync/net/watch.hpp"

namespace satchel::sync {

using boost::asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds pause_when_out_of_descriptors{100};

}  // namespace

struct Listener::Acceptor {
    tcp::acceptor socket;
    tcp::endpoint local;
    boost::asio::steady_timer timer;
};

Listener::Listener(boost::asio::any_io_executor executor, SharedTls tls, const ListenerConfig& config)
    : executor_(std::move(executor)), strand_(boost::asio::make_strand(executor_)), config_(config),
      acceptor_(new Acceptor{tcp::acceptor(strand_), {}, boost::asio::steady_timer(strand_)}), ended_(strand_),
      tls_(std::move(tls))
{
}

Listener::~Listener() = default;

Result<std::shared_ptr<Listener>> Listener::open(boost::asio::any_io_executor executor, SharedTls tls,
                                                 const ListenerConfig& config)
{
    boost::system::error_code error;
    const auto host = boost::asio::ip::make_address(config.host, error);
    if (error)
        return fail(Errc::invalid_argument, "the address to listen on is not numeric");
    const std::shared_ptr<Listener> listener(new Listener(std::move(executor), std::move(tls), config));
    auto& socket = listener->acceptor_->socket;
    const tcp::endpoint wanted(host, config.port);
    socket.open(wanted.protocol(), error);
    if (!error)
        socket.set_option(boost::asio::socket_base::reuse_address(true), error);
    if (!error)
        socket.bind(wanted, error);
    if (!error)
        socket.listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error)
        listener->acceptor_->local = socket.local_endpoint(error);
    if (error)
        return fail(Errc::io_error, "cannot listen: " + error.message());
    return listener;
}

std::uint16_t Listener::port() const
{
    return acceptor_->local.port();
}

std::string Listener::address() const
{
    const auto host = acceptor_->local.address();
    return (host.is_v6() ? "[" + host.to_string() + "]" : host.to_string()) + ":" + std::to_string(port());
}

Async<void> Listener::run(Handler handler)
{
    co_await boost::asio::co_spawn(strand_, accept_loop(shared_from_this(), std::move(handler)),
                                   boost::asio::use_awaitable);
}

Async<void> Listener::accept_loop(std::shared_ptr<Listener> self, Handler handler)
{
    auto& acceptor = *self->acceptor_;
    Ticket next_ticket = 0;
    while (!self->stop_.stop_requested()) {
        // A strand for each: one session never runs on two threads, and two sessions can.
        tcp::socket socket{boost::asio::make_strand(self->executor_)};
        const auto [error] = co_await acceptor.socket.async_accept(socket, use_task);
        if (self->stop_.stop_requested())
            break;
        if (error) {
            // Out of descriptors or memory (the waiting peer stays in the backlog), or a peer that left again.
            acceptor.timer.expires_after(pause_when_out_of_descriptors);
            if (error != boost::asio::error::connection_aborted)
                co_await acceptor.timer.async_wait(use_task);
            continue;
        }
        if (self->full())
            continue;  // its socket closes with this turn
        const auto executor = socket.get_executor();
        SharedTls tls;
        {
            const std::scoped_lock lock(self->mutex_);
            tls = self->tls_;
        }
        const auto stream = TlsStream::over(std::move(socket), tls, TlsStream::Role::server);
        if (!stream)
            continue;
        const auto ticket = next_ticket++;
        self->admit_to_handshake(ticket, *stream);
        boost::asio::co_spawn(executor, session(self, *stream, ticket, handler),
                              [self, ticket](const std::exception_ptr&) { self->end_session(ticket); });
    }
    boost::system::error_code ignored;
    acceptor.socket.close(ignored);
    acceptor.timer.expires_after(self->config_.drain);
    acceptor.timer.async_wait([self](boost::system::error_code error) {
        if (!error)
            self->cut_everything();
    });
    for (;;) {
        {
            const std::scoped_lock lock(self->mutex_);
            if (self->live_ == 0)
                break;
        }
        co_await self->ended_.wait();
    }
    acceptor.timer.cancel();
}

Async<void> Listener::session(std::shared_ptr<Listener> self, std::shared_ptr<TlsStream> stream, Ticket ticket,
                              Handler handler)
{
    const auto connection = co_await shake_hands(self, std::move(stream), ticket);
    if (!connection)
        co_return;
    try {
        co_await handler(connection, self->stop_.get_token());
    } catch (const std::exception&) {  // the handler's bug: it must not take the others with it
    }
    connection->abort();
}

Async<std::shared_ptr<Connection>> Listener::shake_hands(std::shared_ptr<Listener> self,
                                                         std::shared_ptr<TlsStream> stream, Ticket ticket)
{
    const auto watch = Watch::over(stream, std::chrono::steady_clock::now() + self->config_.handshake);
    const auto shaken = co_await stream->handshake();
    if (!shaken) {
        if (self->tell_failure_)
            self->tell_failure_(stream->peer().address, shaken.error());
        co_await stream->finish();  // so that the peer reads the alert that tells it why
        stream->close();
    }
    const std::scoped_lock lock(self->mutex_);
    self->handshakes_.erase(ticket);
    if (!shaken || self->stop_.stop_requested()) {
        ++self->counts_.failed;
        co_return nullptr;
    }
    auto connection = Connection::over(stream, self->config_.connection);
    if (stream->peer().protocol == crypto::TlsProtocol::enrolment)
        connection->set_receive_limits(schema::wire::during_enrolment);
    self->sessions_.emplace(ticket, connection);
    co_return connection;
}

bool Listener::full()
{
    const std::scoped_lock lock(mutex_);
    const bool is_full = live_ >= config_.connections_max;
    counts_.refused += is_full ? 1 : 0;
    return is_full;
}

void Listener::admit_to_handshake(Ticket ticket, const std::shared_ptr<TlsStream>& stream)
{
    const std::scoped_lock lock(mutex_);
    ++live_;
    ++counts_.accepted;
    if (handshakes_.size() >= config_.handshakes_max) {
        const auto oldest = handshakes_.begin();
        if (auto given_up = oldest->second.lock())
            boost::asio::post(given_up->executor(), [given_up] { given_up->close(); });
        handshakes_.erase(oldest);
    }
    handshakes_.emplace(ticket, stream);
}

void Listener::end_session(Ticket ticket)
{
    {
        const std::scoped_lock lock(mutex_);
        handshakes_.erase(ticket);
        sessions_.erase(ticket);
        --live_;
    }
    boost::asio::post(strand_, [self = shared_from_this()] { self->ended_.notify(); });
}

void Listener::stop()
{
    stop_.request_stop();
    boost::asio::post(strand_, [self = shared_from_this()] {
        boost::system::error_code ignored;
        self->acceptor_->socket.close(ignored);
        self->acceptor_->timer.cancel();
    });
    const std::scoped_lock lock(mutex_);
    for (const auto& [ticket, weak] : handshakes_)
        if (const auto stream = weak.lock())
            boost::asio::post(stream->executor(), [stream] { stream->close(); });
}

void Listener::cut_everything()
{
    cut([](const Peer&) { return true; });
}

std::size_t Listener::cut(const std::function<bool(const Peer&)>& whom)
{
    std::vector<std::shared_ptr<Connection>> chosen;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [ticket, weak] : sessions_)
            if (const auto connection = weak.lock(); connection && whom(connection->peer()))
                chosen.push_back(connection);
    }
    for (const auto& connection : chosen)
        connection->abort();
    return chosen.size();
}

void Listener::use(SharedTls tls)
{
    const std::scoped_lock lock(mutex_);
    tls_ = std::move(tls);
}

Listener::Counts Listener::counts() const
{
    const std::scoped_lock lock(mutex_);
    auto counts = counts_;
    counts.handshakes = handshakes_.size();
    counts.sessions = sessions_.size();
    return counts;
}

}  // namespace satchel::sync
