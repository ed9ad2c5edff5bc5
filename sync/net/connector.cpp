#include "sync/net/connector.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include "sync/net/tls_stream.hpp"
#include "sync/net/watch.hpp"

namespace satchel::sync {

namespace {

using boost::asio::ip::tcp;
using Steady = std::chrono::steady_clock;

// A name look-up runs on a thread that cannot be interrupted. When the deadline comes first we go on without it; it
// keeps what it needs alive and nobody listens any more.
struct Lookup : std::enable_shared_from_this<Lookup> {
    explicit Lookup(const boost::asio::any_io_executor& executor)
        : resolver(executor), timer(executor), changed(executor)
    {
    }
    void start(const Address& address, Steady::time_point due)
    {
        resolver.async_resolve(address.host, std::to_string(address.port), tcp::resolver::numeric_service,
                               [self = shared_from_this()](boost::system::error_code error,
                                                           const tcp::resolver::results_type& results) {
                                   for (const auto& result : results)
                                       self->endpoints.push_back(result.endpoint());
                                   self->problem = error ? error.message() : std::string();
                                   self->done = true;
                                   self->changed.notify();
                               });
        timer.expires_at(due);
        timer.async_wait([weak = weak_from_this()](boost::system::error_code error) {
            if (const auto self = weak.lock(); self && !error) {
                self->late = true;
                self->changed.notify();
            }
        });
    }
    tcp::resolver resolver;
    boost::asio::steady_timer timer;
    Event changed;
    std::vector<tcp::endpoint> endpoints;
    std::string problem;
    bool done = false;
    bool late = false;
};

AsyncResult<std::vector<tcp::endpoint>> look_up(Address address, Steady::time_point due)
{
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::system::error_code not_numeric;
    const auto numeric = boost::asio::ip::make_address(address.host, not_numeric);
    if (!not_numeric) {
        std::vector<tcp::endpoint> only;
        only.emplace_back(numeric, address.port);
        co_return only;
    }
    const auto lookup = std::make_shared<Lookup>(executor);
    lookup->start(address, due);
    while (!lookup->done && !lookup->late)
        co_await lookup->changed.wait();
    lookup->timer.cancel();
    if (!lookup->done)
        co_return fail(Errc::unreachable, "the hub's name was not resolved in time");
    if (lookup->endpoints.empty())
        co_return fail(Errc::unreachable, "the hub's name: " + lookup->problem);
    co_return lookup->endpoints;
}

AsyncResult<void> connect_one(std::shared_ptr<TlsStream> stream, tcp::endpoint endpoint, Steady::time_point due)
{
    const auto watch = Watch::over(stream, due);
    boost::system::error_code error;
    stream->socket().open(endpoint.protocol(), error);
    if (error)
        co_return fail(Errc::unreachable, error.message());
    const auto [connect_error] = co_await stream->socket().async_connect(endpoint, use_task);
    if (watch->expired())
        co_return fail(Errc::unreachable, "no answer from the hub's address");
    if (connect_error)
        co_return fail(Errc::unreachable, connect_error.message());
    co_return Result<void>{};
}

}  // namespace

Result<Address> parse_address(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0)
        return fail(Errc::invalid_argument, "an address is HOST:PORT");
    auto host = text.substr(0, colon);
    const auto port_text = text.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        return fail(Errc::invalid_argument, "a numeric IPv6 address is written [ADDRESS]:PORT");
    std::uint16_t port = 0;
    const auto [end, bad] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (bad != std::errc() || end != port_text.data() + port_text.size())
        return fail(Errc::invalid_argument, "a port is a number from 0 to 65535");
    return Address{std::string(host), port};
}

AsyncResult<std::shared_ptr<Connection>> connect(Address address, SharedTls tls, ConnectorConfig config)
{
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto due = Steady::now() + config.overall;
    auto endpoints = co_await look_up(address, due);
    if (!endpoints)
        co_return tl::unexpected(endpoints.error());

    Error last = fail(Errc::unreachable, "no address").value();
    for (std::size_t i = 0; i < endpoints->size(); ++i) {
        auto stream = TlsStream::over(tcp::socket(executor), tls, TlsStream::Role::client);
        if (!stream)
            co_return tl::unexpected(stream.error());
        const auto left = static_cast<int>(endpoints->size() - i);
        const auto now = Steady::now();
        const auto connected = co_await connect_one(*stream, (*endpoints)[i], now + (due - now) / left);
        if (!connected) {
            last = connected.error();
            continue;
        }
        (*stream)->judge_at(config.judge_at);
        const auto watch = Watch::over(*stream, std::min(due, Steady::now() + config.handshake));
        const auto shaken = co_await (*stream)->handshake();
        if (watch->expired())
            co_return fail(Errc::timed_out, "the hub did not finish TLS in time");
        if (!shaken)
            co_return tl::unexpected(shaken.error());
        co_return Connection::over(*stream, config.connection);
    }
    co_return tl::unexpected(last);
}

}  // namespace satchel::sync
