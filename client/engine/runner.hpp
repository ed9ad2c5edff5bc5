// Runs sessions over the network: the thin shell of sockets, TLS and time around the machines. One call, one thread: it
// returns when the session has ended.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "client/engine/enrolment.hpp"
#include "client/engine/session.hpp"
#include "crypto/tls.hpp"

namespace satchel::client {

// The TLS context of an identity, for whoever synchronises more than once: reading certificates and key takes a
// millisecond, a third of what a session costs the device. It holds the key for as long as it lives.
class KeptTls {
public:
    Result<std::shared_ptr<const crypto::TlsContext>> of(const Identity& identity);

private:
    CredentialId credential_;
    std::shared_ptr<const crypto::TlsContext> context_;
};

struct RunConfig {
    std::string address;                           // host:port; empty: the one the device was enrolled with
    std::chrono::milliseconds connecting{15'000};  // name look-up, TCP and TLS together
    std::chrono::milliseconds idle{60'000};        // without progress
    std::chrono::milliseconds overall{0};          // of a session; 0: as long as it makes progress
    std::stop_token stop = {};                     // ends the session in order
    // The store is not needed while the network is waited for: called around each wait, on the calling thread.
    std::function<void()> wait_begins = [] {}, wait_ends = [] {};
    KeptTls* tls = nullptr;                        // null: made for this session
};

// Synchronises once; more than once only where a session ends so that the next can finish (`again`). An error means that
// no hub let us in (unreachable, timed_out, bad_certificate, access_removed …): everything saved is safe here. What went
// wrong later stands in the report. The search index is brought up to date at the end.
Result<SessionReport> synchronise(const SessionParts& parts, const RunConfig& config);

// bad_certificate: the hub that answers is not the one on the slip. refused: the slip is not valid any more, or was used.
Result<Enrolled> enrol(const sync::EnrolmentSlip& slip, const std::string& device_name, const Clock& clock,
                       Random& random, const RunConfig& config);

} // namespace satchel::client
