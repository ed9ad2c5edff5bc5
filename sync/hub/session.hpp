// The hub's side of a session, and of an enrolment, as pure machines: docs/PROTOCOL.md tells the order.
//
// What has to be written goes to the committer; meanwhile nothing is read from the peer, a few pushes apart, and no frame
// overtakes another. What has to be sent in portions waits for the peer's credit.
#pragma once

#include <memory>

#include "crypto/tls.hpp"
#include "sync/core/machine.hpp"
#include "sync/hub/committer.hpp"
#include "sync/hub/pages.hpp"
#include "sync/hub/service.hpp"

namespace satchel::sync {

// Bytes of pages that a device may have granted and not received yet. A line that bears less holds them back (Mailbox).
inline constexpr std::uint64_t credit_bytes_max = 8 * 1024 * 1024;

// What became of a session, for the log of whoever runs the hub. Never content.
struct SessionNote {
    enum class What : std::uint8_t { admitted, enrolled, pushed, pulled, removed, refused, closed };
    What what = What::closed;
    CredentialId credential;  // empty: not known
    std::uint64_t count = 0;  // pushed: changesets; pulled: pages
    std::optional<Errc> why;  // refused, and closed otherwise than in order
};
using NoteSession = std::function<void(const SessionNote&)>;

class HubSession final : public Machine {
public:
    // Service and committer outlive it. The mailbox is its own.
    HubSession(HubService& service, Committer& committer, std::shared_ptr<Mailbox> mailbox, NoteSession note = {});
    ~HubSession() override;

    Outbox on_open(ByteView channel_binding, ByteView peer_certificate_der) override;
    Outbox on_frame(const Frame& frame) override;
    Outbox on_closed(const Error* why) override;
    Outbox on_timer(Instant now) override;

private:
    struct Inner;
    std::unique_ptr<Inner> inner_;
};

// One request, one answer, and the connection ends.
class EnrolSession final : public Machine {
public:
    EnrolSession(HubService& service, NoteSession note = {}) : service_(service), note_(std::move(note)) {}

    Outbox on_open(ByteView channel_binding, ByteView peer_certificate_der) override;
    Outbox on_frame(const Frame& frame) override;
    Outbox on_closed(const Error* why) override;
    Outbox on_timer(Instant now) override;

private:
    HubService& service_;
    NoteSession note_;
    Bytes channel_binding_;
    bool answered_ = false;
};

// The machine for a connection of this protocol: what HubServer's MakeMachine does.
std::shared_ptr<Machine> make_hub_machine(HubService& service, crypto::TlsProtocol protocol, Committer& committer,
                                          const std::shared_ptr<Mailbox>& mailbox, NoteSession note = {});

}  // namespace satchel::sync
