// Drives a session machine by a connection: the one place where a pure session meets sockets, time and threads.
#pragma once

#include <deque>
#include <memory>
#include <stop_token>

#include "schema/base/ports.hpp"
#include "sync/core/machine.hpp"
#include "sync/net/connection.hpp"

namespace satchel::sync {

struct PumpConfig {
    std::chrono::milliseconds tick{1'000};    // between two on_timer()
    std::chrono::milliseconds drain{5'000};   // how long a stop waits for a machine that holds its peer back
};

// Calls of the machine never overlap; they are made on the connection's executor. While more than the connection's
// credit is queued, no further frame is waited for and nothing that was posted runs: a machine that goes on by posting to
// itself queues no more than that and one outbox. While the machine says pause, no frame is read. A machine that throws ends its session with
// Errc::bug and no other.
class Pump : public std::enable_shared_from_this<Pump> {
public:
    // `clock` outlives the pump.
    static std::shared_ptr<Pump> over(std::shared_ptr<Connection> connection, std::shared_ptr<Machine> machine,
                                      const Clock& clock, PumpConfig config = {});

    // Runs the session to its end, once, on the connection's executor; the machine is let go of then. Returns why
    // it ended, nothing if either side closed in order. A stop request is stop().
    AsyncResult<void> run(std::stop_token stop = {});

    // From here down: safe from any thread.

    // Ends the session in order: what is queued is sent; a machine that holds its peer back because it waits for
    // work to finish elsewhere gets `drain` to answer first. Who waits for the line does not.
    void stop();
    // Valid for as long as anyone wants it; it does not keep the session alive. Machines may keep one.
    std::shared_ptr<Mailbox> mailbox();
    void post(std::function<Outbox()> then);  // in the order of the posts
    void post(Outbox outbox);

private:
    struct Box;

    Pump(std::shared_ptr<Connection> connection, std::shared_ptr<Machine> machine, const Clock& clock,
         PumpConfig config);
    void call(const std::function<Outbox()>& machine_call);
    void apply(const Outbox& outbox);
    void begin_close();
    void begin_stop();
    void tick();
    Async<void> read_until_closed();
    void run_when_there_is_room(std::function<Outbox()> then);
    static Async<void> run_waiting(std::shared_ptr<Pump> self);
    void run_posted(const std::function<Outbox()>& then);
    void end(Error why);

    std::shared_ptr<Connection> connection_;
    std::shared_ptr<Machine> machine_;
    const Clock& clock_;
    PumpConfig config_;
    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer tick_;
    boost::asio::steady_timer drain_;
    Event resumed_;
    std::deque<std::function<Outbox()>> waiting_;  // what was posted and waits for room
    bool paused_ = false;
    bool stopping_ = false;
    bool closing_ = false;
    std::optional<Error> why_;
};

}  // namespace satchel::sync
