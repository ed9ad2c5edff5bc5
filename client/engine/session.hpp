// The device's side of a session with the hub, as a machine: frames and the end of the connection go in, frames come
// out. It knows no socket and no thread; what it learns it keeps in the store, so that a session may be cut anywhere and
// the next one goes on from there.
//
// The order (docs/PROTOCOL.md): hello → hello-ack, access first (barred cases are shut before anything else) → what
// concerns safety → own work, in sequence → everything else, removals included → bye. A store that was restored or
// cloned takes a new incarnation, reads first, and then writes again what the hub turned out not to have.
//
// Nothing counts as connected before a hello-ack, as received centrally before a signed receipt, or as part of a case
// before authors, signatures, digests and rulings of its page have been checked.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/verify.hpp"
#include "client/store/store.hpp"
#include "sync/core/machine.hpp"

namespace satchel::client {

// What a session did. Valid at any moment; complete when the session has ended.
struct SessionReport {
    bool admitted = false; // a hello-ack came
    bool complete = false; // everything was sent, and everything in scope received
    bool barred = false;   // the user, or this device, may do nothing but hand in sealed work
    bool again = false;    // it ended so that a new one can start at once, under a new incarnation
    std::uint64_t sent = 0;     // changesets that got their receipt in this session
    std::uint64_t pushed = 0;   // changesets that were given to the connection; those beyond `sent` may go again
    std::uint64_t rewritten = 0; // written again under a new incarnation
    std::uint64_t purged_cases = 0;
    Tally tally;
    std::optional<Error> error; // why it ended, when not in order
};

// How far a session has come, for people who wait. Called between frames.
class SessionWatch
{
public:
    virtual ~SessionWatch() = default;
    // `phase`: "safety", "sending", "receiving". `total` 0: not known.
    virtual void at(std::string_view phase, std::uint64_t done, std::uint64_t total) = 0;
};

struct SessionParts {
    DeviceStore& store;
    const Clock& clock;
    Random& random;
    SessionWatch* watch = nullptr; // may be null
};

class DeviceSession final : public sync::Machine
{
public:
    // The parts outlive the session.
    explicit DeviceSession(const SessionParts& parts);
    ~DeviceSession() override;

    sync::Outbox on_open(ByteView channel_binding, ByteView peer_certificate_der) override;
    sync::Outbox on_frame(const sync::Frame& frame) override;
    sync::Outbox on_closed(const Error* why) override;
    sync::Outbox on_timer(Instant now) override;

    [[nodiscard]] const SessionReport& report() const noexcept { return report_; }

private:
    enum class Phase : std::uint8_t {
        greeting,   // hello is out
        renaming,   // new-incarnation is out
        safety,     // the safety items are coming
        recalling,  // receipts were asked for again
        catching_up, // everything is coming, before own work is written again
        sending,
        receiving,
        over,
    };

    Result<void> hello(ByteView channel_binding, sync::Outbox& out);
    Result<void> take(const sync::Frame& frame, sync::Outbox& out);
    Result<void> on_hello_ack(const sync::HelloAck& ack, sync::Outbox& out);
    Result<void> on_policy(const sync::PolicyMessage& message, const std::vector<sync::AgencyIntroduction>& introduced);
    Result<void> on_receipt(const sync::Receipt& receipt, sync::Outbox& out);
    Result<void> on_page(sync::Page page, std::size_t bytes, sync::Outbox& out);
    Result<void> on_pulled(const sync::Pulled& pulled, sync::Outbox& out);
    Result<void> on_remove(const sync::Remove& remove, sync::Outbox& out);

    Result<void> shut_out(const sync::HelloAck& ack);
    Result<sync::NewIncarnation> take_incarnation();
    Result<void> new_incarnation(sync::Outbox& out);
    Result<void> recall_next(sync::Outbox& out);
    Result<void> on_recalled(const sync::Receipt& receipt, sync::Outbox& out);
    Result<void> nothing_to_recall(sync::Outbox& out);
    Result<bool> chain_agrees(const sync::HelloAck& ack);
    Result<void> tell_removals(sync::Outbox& out);
    Result<bool> nothing_else_to_say();
    void pull(bool safety_only, sync::Outbox& out);
    [[nodiscard]] std::uint64_t credit_wanted() const;  // bytes of pages that may be on their way
    Result<void> start_sending(sync::Outbox& out);
    Result<void> send_more(sync::Outbox& out);
    Result<void> all_sent(sync::Outbox& out);
    Result<void> note_broken_line();
    Result<void> note_whole_session();
    Result<void> note_let_in();
    void note_through();
    Result<void> finish_if_done(sync::Outbox& out);
    void give_up(Error error, sync::Outbox& out);
    void tell(std::string_view phase, std::uint64_t done, std::uint64_t total);

    SessionParts parts_;
    crypto::SigningKey key_;
    PageVerifier verifier_;
    SessionReport report_;
    Phase phase_ = Phase::greeting;
    std::deque<ReceiptGap> gaps_;   // still to be asked about
    std::vector<sync::ChainPoint> asked_; // of the first of them
    bool deposit_only_ = false;
    bool pulled_ = false;           // everything in scope has come
    bool only_listens_ = false;     // nothing of ours waits: the hub may go on to everything without being asked
    bool pulls_follow_ = false;     // it does
    Instant let_in_at_;             // by the hub's clock; 0: not yet
    std::uint64_t credit_window_ = 0;  // granted with this pull
    std::uint64_t credit_owed_ = 0; // bytes of pages taken in, not granted again yet
    std::uint64_t sent_up_to_ = 0;  // of the present incarnation
    std::uint64_t send_up_to_ = 0;  // what is saved later goes with the next session: sending comes to an end
    std::size_t in_flight_ = 0;     // pushes without a receipt
    std::size_t portion_ = 0;       // bytes of a push, and of a page: what the line bears
    std::size_t portion_kept_ = 0;  // as the store has it
    bool got_through_ = false;      // a push or a page did
    std::vector<sync::Remove> removals_; // waiting for their case's unsent work to be received
};

} // namespace satchel::client
