// A session as a pure machine: frames, time and the end of the connection go in, frames and wishes come out. No
// socket, clock, thread or store is in here, so that the same machine runs behind TLS and in the simulator.
#pragma once

#include <functional>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/time.hpp"
#include "schema/wire/frame.hpp"

namespace satchel::sync {

using Frame = schema::wire::Frame;

// Whether frames of the peer are taken from the connection. A machine that waits for work done elsewhere (a commit)
// says `pause` with the frame that started it and `resume` with the outbox that ends it; meanwhile the peer is held
// back by TCP, and no frame can overtake. Everything that does not care says nothing.
enum class Reading : std::uint8_t { as_before, pause, resume };

// What a machine wants done next. Frames are sent in the order in which the calls that gave them were made.
struct Outbox {
    std::vector<Frame> frames = {};
    bool close = false;     // after the frames have been sent; nothing is read any more
    bool admitted = false;  // the peer is who it should be: from its next frame on, session limits hold
    Reading reading = Reading::as_before;
};

// Calls never overlap. The order is on_open, then any of on_frame and on_timer, then on_closed, which is the last and
// comes exactly once.
class Machine {
public:
    virtual ~Machine() = default;

    // channel_binding: keying material that only the two ends of this connection can know. The certificate is empty
    // for a peer that enrols. A TLS 1.3 client is told of success before the server has judged it: until a frame has
    // come back nothing is known of the server's mind.
    virtual Outbox on_open(ByteView channel_binding, ByteView peer_certificate_der) = 0;
    virtual Outbox on_frame(const Frame& frame) = 0;
    // `why` is null when either side closed in order. What it returns is not sent.
    virtual Outbox on_closed(const Error* why) = 0;
    // Every second or so while the connection lives; `now` is the wall clock, fit for nothing but intervals.
    virtual Outbox on_timer(Instant now) = 0;
};

// How work that finishes elsewhere reaches its machine. Safe from any thread. `then` runs as a call of the machine
// would (never overlapping one), in the order of the posts and when the line has room for an answer, which may take as long
// as a slow peer does; what it returns is sent. Once the session has ended it is dropped unrun.
class Mailbox {
public:
    virtual ~Mailbox() = default;
    virtual void post(std::function<Outbox()> then) = 0;
};

}  // namespace satchel::sync
