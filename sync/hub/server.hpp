// The hub on the network: the thin shell of threads, sockets and time around sessions that decide and a service that
// writes.
//
// Sessions run on a few threads, each session on one at a time. One more thread writes: it takes all jobs that wait and
// commits them together, so that a hundred devices share one wait for the disk. The same thread does what a new day brings, a
// few cases at a time between those commits.
//
// Bounds. Connections, handshakes and times as in ServerConfig; what one connection may hold in memory is bounded by
// sync/net/connection.hpp (buffers, frames, queue) and sync/hub/pages.hpp (one page); waiting jobs by a few per
// connection (sync/hub/session.cpp).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "crypto/tls.hpp"
#include "sync/core/machine.hpp"
#include "sync/hub/committer.hpp"
#include "sync/hub/service.hpp"

namespace satchel::sync {

struct ServerConfig {
    std::string host = "127.0.0.1";  // numeric
    std::uint16_t port = 0;          // zero: any that is free
    std::size_t threads = 2;         // for sessions, beside the writer
    std::size_t connections_max = 4096;
    std::size_t handshakes_max = 64;
    std::chrono::milliseconds handshake{5'000};
    std::chrono::milliseconds admission{30'000};  // to say hello and be welcome
    std::chrono::milliseconds idle{60'000};       // without progress
    std::chrono::milliseconds drain{10'000};      // after stop() sessions have this long before they are cut
    std::size_t jobs_per_commit_max = 256;
    std::chrono::milliseconds day_check{60'000};  // how often the clock is asked whether a new day has come
};

// Makes the machine of one connection. The mailbox is its own; it may keep it and the committer for as long as it lives.
using MakeMachine =
    std::function<std::shared_ptr<Machine>(crypto::TlsProtocol, Committer&, const std::shared_ptr<Mailbox>&)>;

struct ServerCounts {
    std::size_t handshakes = 0;      // under way
    std::size_t sessions = 0;        // under way
    std::uint64_t accepted = 0;      // since the start, as are those below
    std::uint64_t refused = 0;       // over connections_max
    std::uint64_t failed = 0;        // no handshake, for whatever reason
    std::uint64_t commits = 0;
    std::uint64_t jobs = 0;          // in them
    std::uint64_t ticks = 0;
};

class HubServer {
public:
    // Listens at once; serves when run. Fails with invalid_argument, bad_certificate (keys that do not fit together), or
    // io_error (port taken, not permitted). Service, keys and clock outlive the server.
    static Result<std::unique_ptr<HubServer>> open(HubService& service, const HubKeys& keys, const Clock& clock,
                                                   MakeMachine make, const ServerConfig& config = {});
    ~HubServer();
    HubServer(const HubServer&) = delete;
    HubServer& operator=(const HubServer&) = delete;

    [[nodiscard]] std::string address() const;  // "127.0.0.1:41234"
    [[nodiscard]] std::uint16_t port() const;

    // Called when the tick of a day fails; it is tried again at the next check. On the writer's thread. Before run().
    void on_tick_failure(std::function<void(const Error&)> tell);

    // Called when a peer comes no further than its handshake, with the address it came from and why. On the threads of
    // sessions, at once from several. Before run().
    void on_handshake_failure(std::function<void(const std::string& from, const Error& why)> tell);

    // Serves until stop(). When it returns, every session has ended and everything that was submitted is durable or told
    // that it is not. Once.
    void run();

    // From here down: safe from any thread.

    // No more connections are taken; sessions end in order when what they wait for is done, at the latest after `drain`.
    void stop();
    // Cuts the sessions of a credential: it was revoked, or its user suspended. Returns how many.
    std::size_t cut(const CredentialId& credential);
    [[nodiscard]] ServerCounts counts() const;

private:
    struct Parts;
    explicit HubServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace satchel::sync
