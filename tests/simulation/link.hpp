// One connection between a device's session and the hub's, byte by byte: what TCP and TLS would carry, in whatever
// portions, up to wherever it breaks.
//
// Inside TLS no frame can be lost, doubled or changed without the connection ending. A peer that misbehaves can do all of
// that, so the link can as well: what comes of it may be a session that ends, and nothing else.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/engine/session.hpp"
#include "sync/hub/session.hpp"
#include "tests/simulation/happened.hpp"
#include "tests/simulation/rng.hpp"

namespace satchel::simulation {

// What a link does to frames, in percent of them. forged: a push is swallowed and answered with a receipt that the hub
// never gave.
struct Meddling {
    unsigned lost = 0, twice = 0, swapped = 0, forged = 0;
};

// Posted work of one hub session.
class Letters final : public sync::Mailbox {
public:
    void post(std::function<sync::Outbox()> then) override { waiting.push_back(std::move(then)); }
    std::deque<std::function<sync::Outbox()>> waiting;
};

class Link {
public:
    struct Parts {
        std::shared_ptr<client::DeviceSession> device;
        std::shared_ptr<sync::HubSession> hub;
        std::shared_ptr<Letters> letters;
        Bytes certificate;
        std::function<sync::Frame()> forged_receipt = {};
        std::shared_ptr<Bytes> heard = {};  // keeps what is sent to the device
    };
    Link(Parts parts, std::uint64_t seed, const Meddling& meddling);

    enum class Way : std::uint8_t { to_hub, to_device };

    // Brings some bytes of one direction to their end. False: there are none, or it does not get through.
    bool deliver(Way way);
    // What the hub finished elsewhere.
    bool read_letter();
    // Nothing more gets through in this direction, though the other may.
    void block(Way way) { pipe(way).blocked = true; }
    // The connection breaks in the frame after so many more in this direction, with so many thousandths of it through: at
    // any byte, but not at another one because a time is written longer.
    void break_after(Way way, std::uint64_t frames, unsigned thousandths)
    {
        pipe(way).breaks_in = frames;
        pipe(way).breaks_at = thousandths;
    }

    [[nodiscard]] bool moving() const;  // something can be delivered or read
    [[nodiscard]] bool over() const;    // both sides have closed in order, or it broke
    // Ends it for whoever is still there: the other end is gone.
    void hang_up(bool tell_device, bool tell_hub);

    [[nodiscard]] const client::SessionReport& report() const { return parts_.device->report(); }
    [[nodiscard]] const Happenings& happened() const { return happened_; }

private:
    struct Pipe {
        Bytes bytes;             // on their way
        Bytes arrived;           // the portion that the reader works on; it stays in place until done with
        bool reading = false;    // not done with it: the hub paused between two frames
        std::size_t taken = 0;
        std::deque<std::size_t> ends;  // of the frames in `bytes` that are not all taken
        std::optional<sync::Frame> held_back;  // to come after the next
        schema::wire::FrameReader reader{schema::wire::in_session};
        schema::wire::FrameLimits send_limits = schema::wire::in_session;
        std::uint64_t breaks_in = UINT64_MAX;  // whole frames
        unsigned breaks_at = 0;
        bool blocked = false;
        [[nodiscard]] bool empty() const { return taken == bytes.size(); }
    };
    Pipe& pipe(Way way) { return way == Way::to_hub ? to_hub_ : to_device_; }
    [[nodiscard]] const Pipe& pipe(Way way) const { return way == Way::to_hub ? to_hub_ : to_device_; }
    void send(Way way, const sync::Frame& frame);
    void take(sync::Outbox out, Way towards);
    // How far bytes of one direction come now: so many whole frames, and some of the next.
    std::size_t portion(Pipe& from);
    void read_frames(Way way);
    [[nodiscard]] bool can_move(Way way) const;

    Parts parts_;
    Rng rng_;
    Meddling meddling_;
    Pipe to_hub_, to_device_;
    bool device_closed_ = false, hub_closed_ = false, hub_paused_ = false, broken_ = false, told_ = false;
    Happenings happened_;
};

// The channel binding of every simulated connection: both ends have the same.
[[nodiscard]] Digest channel_binding();

}  // namespace satchel::simulation
