#include "tests/simulation/link.hpp"

#include <algorithm>

namespace satchel::simulation {

using schema::wire::write_frame;

Digest channel_binding()
{
    Digest out;
    out.fill(0x42);
    return out;
}

Link::Link(Parts parts, std::uint64_t seed, const Meddling& meddling)
    : parts_(std::move(parts)), rng_(seed), meddling_(meddling)
{
    to_hub_.reader.set_limits(schema::wire::before_admission);
    to_hub_.send_limits = schema::wire::before_admission;
    const auto channel = channel_binding();
    take(parts_.hub->on_open(channel, parts_.certificate), Way::to_device);
    take(parts_.device->on_open(channel, {}), Way::to_hub);
}

void Link::send(Way way, const sync::Frame& frame)
{
    auto& to = pipe(way);
    const auto before = to.bytes.size();
    // What does not fit is not sent: the real connection ends as well.
    if (!write_frame(to.bytes, frame, to.send_limits))
        broken_ = true;
    else
        to.ends.push_back(to.bytes.size());
    if (parts_.heard && way == Way::to_device)
        parts_.heard->insert(parts_.heard->end(), to.bytes.begin() + static_cast<std::ptrdiff_t>(before), to.bytes.end());
}

void Link::take(sync::Outbox out, Way towards)
{
    auto& to = pipe(towards);
    for (const auto& frame : out.frames) {
        if (rng_.chance(meddling_.lost)) {
            happened_.add(Happened::frame_lost);
            continue;
        }
        if (parts_.forged_receipt && frame.type == static_cast<std::uint8_t>(sync::MessageType::push) &&
            rng_.chance(meddling_.forged)) {
            happened_.add(Happened::receipt_forged);
            send(Way::to_device, parts_.forged_receipt());
            continue;
        }
        if (to.held_back) {
            happened_.add(Happened::frame_swapped);
            send(towards, frame);
            send(towards, *std::exchange(to.held_back, std::nullopt));
            continue;
        }
        if (rng_.chance(meddling_.swapped)) {
            to.held_back = frame;
            continue;
        }
        send(towards, frame);
        if (rng_.chance(meddling_.twice)) {
            happened_.add(Happened::frame_doubled);
            send(towards, frame);
        }
    }
    if (out.admitted && towards == Way::to_device) {
        to_hub_.reader.set_limits(schema::wire::in_session);
        to_hub_.send_limits = schema::wire::in_session;
    }
    if (out.admitted && towards == Way::to_hub)
        to_hub_.send_limits = schema::wire::in_session;
    if (out.close)
        (towards == Way::to_device ? hub_closed_ : device_closed_) = true;
    if (towards == Way::to_device && out.reading != sync::Reading::as_before)
        hub_paused_ = out.reading == sync::Reading::pause;
}

bool Link::can_move(Way way) const
{
    const auto& from = pipe(way);
    return !broken_ && !from.blocked && (from.reading || !from.empty()) && !(way == Way::to_hub && hub_paused_);
}

std::size_t Link::portion(Pipe& from)
{
    // A part of what is left of a frame, but never all of it.
    const auto part_of = [&](std::size_t frame, std::uint64_t thousandths) {
        const auto begin = frame == 0 ? from.taken : from.ends[frame - 1];
        return (from.ends[frame] - begin) * thousandths / 1000;
    };
    auto whole = static_cast<std::size_t>(from.ends.size());
    std::uint64_t more = 0;
    if (!rng_.chance(70)) {
        whole = static_cast<std::size_t>(rng_.below(whole));
        more = rng_.below(1000);
    }
    if (whole > from.breaks_in || (whole == from.breaks_in && whole < from.ends.size())) {
        whole = static_cast<std::size_t>(from.breaks_in);
        more = from.breaks_at;
        broken_ = true;
        happened_.add(Happened::line_broke);
    } else if (from.breaks_in != UINT64_MAX) {
        from.breaks_in -= whole;
    }
    auto until = whole == 0 ? from.taken : from.ends[whole - 1];
    if (whole < from.ends.size())
        until += part_of(whole, more);
    from.ends.erase(from.ends.begin(), from.ends.begin() + static_cast<std::ptrdiff_t>(whole));
    return until - from.taken;
}

bool Link::deliver(Way way)
{
    auto& from = pipe(way);
    if (!can_move(way))
        return false;
    if (!from.reading) {
        const auto n = portion(from);
        const auto begin = from.bytes.begin() + static_cast<std::ptrdiff_t>(from.taken);
        from.arrived.assign(begin, begin + static_cast<std::ptrdiff_t>(n));
        from.taken += n;
        if (from.empty()) {
            from.bytes.clear();
            from.taken = 0;
            from.ends.clear();
        }
        from.reader.feed(from.arrived);
        from.reading = true;
    }
    read_frames(way);
    return true;
}

void Link::read_frames(Way way)
{
    auto& from = pipe(way);
    const auto& closed = way == Way::to_hub ? hub_closed_ : device_closed_;
    while (!(way == Way::to_hub && hub_paused_)) {
        auto frame = from.reader.next();
        if (!frame) {
            from.reading = false;
            return;
        }
        if (!*frame) {
            broken_ = true;
            from.reading = false;
            return;
        }
        if (closed)
            continue;
        if (way == Way::to_hub)
            take(parts_.hub->on_frame(**frame), Way::to_device);
        else
            take(parts_.device->on_frame(**frame), Way::to_hub);
    }
}

bool Link::read_letter()
{
    if (parts_.letters->waiting.empty())
        return false;
    auto then = std::move(parts_.letters->waiting.front());
    parts_.letters->waiting.pop_front();
    take(then(), Way::to_device);
    return true;
}

bool Link::moving() const
{
    return !broken_ && (!parts_.letters->waiting.empty() || can_move(Way::to_device) || can_move(Way::to_hub));
}

bool Link::over() const { return broken_ || (device_closed_ && hub_closed_) || ((device_closed_ || hub_closed_) && !moving()); }

void Link::hang_up(bool tell_device, bool tell_hub)
{
    if (told_)
        return;
    told_ = true;
    const Error gone{Errc::peer_gone, "the connection broke", BOOST_CURRENT_LOCATION};
    const bool in_order = !broken_ && (device_closed_ || hub_closed_);
    if (tell_device)
        parts_.device->on_closed(in_order ? nullptr : &gone);
    if (tell_hub)
        parts_.hub->on_closed(in_order ? nullptr : &gone);
    broken_ = true;
}

}  // namespace satchel::simulation
