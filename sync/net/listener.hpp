// The hub's door: accepts TCP, shakes hands within limits, and gives each authenticated connection to a handler.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "sync/net/connection.hpp"
#include "sync/net/tls_context.hpp"

namespace satchel::sync {

class TlsStream;

struct ListenerConfig {
    std::string host = "127.0.0.1";  // numeric
    std::uint16_t port = 0;          // zero: any that is free
    // When this many handshakes are under way and another peer comes, the oldest is given up: a flood of silent
    // peers cannot keep out one that speaks, which needs milliseconds.
    std::size_t handshakes_max = 64;
    std::size_t connections_max = 4096;         // sessions and handshakes; more are closed at once
    std::chrono::milliseconds handshake{5'000};
    std::chrono::milliseconds drain{10'000};    // after stop() sessions have this long before they are cut
    ConnectionConfig connection = ConnectionConfig::of_hub();  // a peer that enrols gets during_enrolment to send
};

class Listener : public std::enable_shared_from_this<Listener> {
public:
    // Runs on the connection's executor, a strand of its own. The connection is ended when it returns. A thrown
    // exception ends that connection only.
    using Handler = std::function<Async<void>(std::shared_ptr<Connection>, std::stop_token)>;

    struct Counts {
        std::size_t handshakes = 0;  // under way
        std::size_t sessions = 0;    // under way
        std::uint64_t accepted = 0;  // since the start, as are those below
        std::uint64_t refused = 0;   // over connections_max
        std::uint64_t failed = 0;    // no handshake, for whatever reason
    };

    // Listens at once; accepts when run. Fails with invalid_argument, or io_error (port taken, not permitted).
    static Result<std::shared_ptr<Listener>> open(boost::asio::any_io_executor executor, SharedTls tls,
                                                  const ListenerConfig& config);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] std::string address() const;  // "127.0.0.1:41234"
    [[nodiscard]] std::uint16_t port() const;

    // Called when a peer comes no further than its handshake, with the address it came from and why. On the executor's
    // threads, at once from several. Before run().
    using TellFailure = std::function<void(const std::string& from, const Error& why)>;
    void on_failure(TellFailure tell) { tell_failure_ = std::move(tell); }

    // Accepts until stop(); returns when every session has ended. Once.
    Async<void> run(Handler handler);

    // From here down: safe from any thread.

    // No more connections are accepted, handshakes are given up, and the handlers' stop tokens are told.
    void stop();
    void use(SharedTls tls);  // for the connections that come from now on
    [[nodiscard]] Counts counts() const;
    // Cuts every session whose peer the predicate picks: a certificate was revoked. Returns how many.
    std::size_t cut(const std::function<bool(const Peer&)>& whom);

private:
    struct Acceptor;
    using Ticket = std::uint64_t;  // ascending in order of arrival

    Listener(boost::asio::any_io_executor executor, SharedTls tls, const ListenerConfig& config);
    static Async<void> accept_loop(std::shared_ptr<Listener> self, Handler handler);
    static Async<void> session(std::shared_ptr<Listener> self, std::shared_ptr<TlsStream> stream, Ticket ticket,
                               Handler handler);
    static Async<std::shared_ptr<Connection>> shake_hands(std::shared_ptr<Listener> self,
                                                          std::shared_ptr<TlsStream> stream, Ticket ticket);
    void admit_to_handshake(Ticket ticket, const std::shared_ptr<TlsStream>& stream);
    void end_session(Ticket ticket);
    void cut_everything();
    bool full();  // and counts the peer that finds it so

    boost::asio::any_io_executor executor_;
    boost::asio::any_io_executor strand_;  // of the accept loop
    ListenerConfig config_;
    std::unique_ptr<Acceptor> acceptor_;
    Event ended_;  // on strand_
    TellFailure tell_failure_;
    std::stop_source stop_;

    mutable std::mutex mutex_;  // over everything below
    SharedTls tls_;
    std::map<Ticket, std::weak_ptr<TlsStream>> handshakes_;
    std::map<Ticket, std::weak_ptr<Connection>> sessions_;
    std::size_t live_ = 0;  // coroutines of session() that have not returned
    Counts counts_;
};

}  // namespace satchel::sync
