// A TCP relay between a client and a server, with what can happen on the way: a cut after so many bytes, silence.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "sync/net/task.hpp"

namespace satchel::test {

class Relay : public std::enable_shared_from_this<Relay> {
public:
    static std::shared_ptr<Relay> to(const boost::asio::any_io_executor& executor, std::uint16_t server_port);

    [[nodiscard]] std::uint16_t port() const { return port_; }
    // Counted over everything relayed, per direction, from the start of the relay.
    void cut_upstream_after(std::size_t bytes) { up_.limit = bytes; }
    void cut_downstream_after(std::size_t bytes) { down_.limit = bytes; }
    void cut_with_reset(bool reset) { reset_ = reset; }
    void fall_silent() { silent_ = true; }  // sockets stay open, nothing passes any more
    void stop();
    [[nodiscard]] std::size_t bytes_up() const { return up_.bytes; }
    [[nodiscard]] std::size_t bytes_down() const { return down_.bytes; }

private:
    using Socket = boost::asio::ip::tcp::socket;
    struct Direction {
        std::size_t bytes = 0;
        std::size_t limit = std::numeric_limits<std::size_t>::max();
    };

    Relay(const boost::asio::any_io_executor& executor, std::uint16_t server_port);
    static boost::asio::awaitable<void> accept(std::shared_ptr<Relay> self);
    static boost::asio::awaitable<void> copy(std::shared_ptr<Relay> self, std::shared_ptr<Socket> from,
                                             std::shared_ptr<Socket> to, Direction& direction);
    void cut(Socket& socket) const;

    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::uint16_t server_port_;
    Direction up_;
    Direction down_;
    bool reset_ = false;
    bool silent_ = false;
};

}  // namespace satchel::test
