// Opens a connection to the hub.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "sync/net/connection.hpp"
#include "sync/net/tls_context.hpp"

namespace satchel::sync {

struct Address {
    std::string host;  // a name or a numeric address
    std::uint16_t port = 0;
};

// "host:port", "[::1]:port".
Result<Address> parse_address(std::string_view text);

struct ConnectorConfig {
    std::chrono::milliseconds overall{15'000};   // name look-up, TCP and TLS together
    std::chrono::milliseconds handshake{5'000};  // of that, TLS
    // When the hub's certificate is judged: the last time a hub told, since the device's own clock may be ten years
    // wrong. Nothing: without regard to time.
    std::optional<Instant> judge_at;
    ConnectionConfig connection = ConnectionConfig::of_device();
};

// On the executor of the calling coroutine, which the connection lives on afterwards: one thread or a strand. The
// addresses of a name are tried in turn. Fails with
//   unreachable      no such name, or nothing answers there (refused, no route, silence until the deadline)
//   timed_out        something answered TCP but did not finish TLS in time
//   bad_certificate  the hub's certificate is not one we trust
//   closed, peer_gone, protocol_violation  the other end hung up or does not speak our TLS
// Success does not mean that the hub accepts us: a TLS 1.3 server judges the client's certificate after the client has
// finished. Its refusal is the first receive()'s bad_certificate.
AsyncResult<std::shared_ptr<Connection>> connect(Address address, SharedTls tls, ConnectorConfig config);

}  // namespace satchel::sync
