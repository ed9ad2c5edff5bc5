#include "relay.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

namespace satchel::test {

using boost::asio::ip::tcp;
using sync::use_task;

std::shared_ptr<Relay> Relay::to(const boost::asio::any_io_executor& executor, std::uint16_t server_port)
{
    const std::shared_ptr<Relay> relay(new Relay(executor, server_port));
    boost::asio::co_spawn(executor, accept(relay), boost::asio::detached);
    return relay;
}

Relay::Relay(const boost::asio::any_io_executor& executor, std::uint16_t server_port)
    : acceptor_(executor, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()), server_port_(server_port)
{
}

void Relay::stop()
{
    acceptor_.close();
}

boost::asio::awaitable<void> Relay::accept(std::shared_ptr<Relay> self)
{
    const auto executor = self->acceptor_.get_executor();
    for (;;) {
        const auto client = std::make_shared<Socket>(executor);
        const auto server = std::make_shared<Socket>(executor);
        const auto [accept_error] = co_await self->acceptor_.async_accept(*client, use_task);
        if (accept_error)
            co_return;
        const tcp::endpoint to(boost::asio::ip::address_v4::loopback(), self->server_port_);
        const auto [connect_error] = co_await server->async_connect(to, use_task);
        if (connect_error)
            continue;
        boost::asio::co_spawn(executor, copy(self, client, server, self->up_), boost::asio::detached);
        boost::asio::co_spawn(executor, copy(self, server, client, self->down_), boost::asio::detached);
    }
}

boost::asio::awaitable<void> Relay::copy(std::shared_ptr<Relay> self, std::shared_ptr<Socket> from,
                                         std::shared_ptr<Socket> to, Direction& direction)
{
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto [read_error, n] = co_await from->async_read_some(boost::asio::buffer(buffer), use_task);
        if (read_error) {
            if (self->silent_)
                co_return;  // nor does anybody learn that an end has gone
            boost::system::error_code ignored;
            to->shutdown(tcp::socket::shutdown_send, ignored);
            co_return;
        }
        if (self->silent_)
            continue;
        const auto passed = std::min(n, direction.limit - direction.bytes);
        direction.bytes += passed;
        const auto whole = boost::asio::buffer(buffer.data(), passed);
        const auto [write_error, written] = co_await boost::asio::async_write(*to, whole, use_task);
        if (write_error || direction.bytes == direction.limit) {
            self->cut(*from);
            self->cut(*to);
            co_return;
        }
    }
}

void Relay::cut(Socket& socket) const
{
    boost::system::error_code ignored;
    if (reset_)
        socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

}  // namespace satchel::test
