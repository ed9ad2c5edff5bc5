#include "tests/hostile/attack_hub.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

#include "schema/wire/archive.hpp"
#include "sync/core/messages.hpp"
#include "tools/demo/relay.hpp"

namespace satchel::hostile {
namespace {

using schema::wire::Frame;
using steady = std::chrono::steady_clock;
using sync::MessageType;

double seconds_since(steady::time_point begin)
{
    return std::chrono::duration<double>(steady::now() - begin).count();
}

std::uint8_t raw(MessageType type)
{
    return static_cast<std::uint8_t>(type);
}

Frame pull(bool safety_only)
{
    sync::Pull message;
    message.safety_only = safety_only;
    message.credit = sync::push_bytes_max;
    return {raw(MessageType::pull), schema::wire::pack(message)};
}

// The hello of the last session, in which the device had nothing to say, grants credit: what concerns safety, and everything.
constexpr std::size_t pulled_after_hello = 2;

// Where in a session a bad frame comes.
enum class When : std::uint8_t { instead_of_hello, inside, after_bye, enrolling, beneath_tls, instead_of_tls };

When draw_when(Dice& dice)
{
    const auto n = below(dice, 100);
    return n < 25   ? When::instead_of_hello
           : n < 80 ? When::inside
           : n < 87 ? When::after_bye
           : n < 95 ? When::enrolling
           : n < 98 ? When::beneath_tls
                    : When::instead_of_tls;
}

void append(Bytes& to, const Frame& frame)
{
    const auto wire = on_the_wire(frame);
    to.insert(to.end(), wire.begin(), wire.end());
}

// Sends bytes that TLS knows nothing of.
void beneath(const RawPeer& peer, ByteView bytes)
{
    (void)::send(SSL_get_fd(peer.ssl()), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

struct Sent {
    std::string kind;
    Bytes bytes;
    Heard heard;
    std::size_t pulled = 0;  // how often the hub says so in such a session without the bad frame
    bool never = false;      // no hub may take it for a frame and go on
};

bool told(const Heard& heard, MessageType type)
{
    return std::ranges::any_of(heard.frames, [&](const Frame& frame) { return frame.type == raw(type); });
}

std::size_t times_pulled(const Heard& heard)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(heard.frames, [&](const Frame& frame) { return frame.type == raw(MessageType::pulled); }));
}

// A cut to nothing leaves nothing, some lengths are right by chance, and a bye is one whatever is in it.
bool is_never_valid(const Mutation& made, const Frame& base)
{
    if (made.kind == "truncated")
        return !made.bytes.empty();
    if (made.kind == "length" || made.kind == "many")
        return made.bytes != on_the_wire(base) && base.type != raw(MessageType::bye);
    return made.kind == "bomb" || made.kind == "flags" || made.kind == "noise";
}

// Has the hub taken what was sent, and acted on it?
bool answered(const Sent& sent, When when)
{
    return told(sent.heard, MessageType::receipt) || times_pulled(sent.heard) > sent.pulled ||
           (when == When::instead_of_hello && told(sent.heard, MessageType::hello_ack));
}

// Bytes at the hub's door without a connection that TLS has made.
Sent knock(const Stage& stage, Dice& dice)
{
    Mutation made;
    if (below(dice, 2) == 0) {
        made = {"noise", {}};
        made.bytes.resize(1 + below(dice, 2048));
        for (auto& byte : made.bytes)
            byte = static_cast<std::uint8_t>(dice());
    } else {  // a record that claims to be a client's hello
        made = {"record", {22, 3, 1, static_cast<std::uint8_t>(dice()), static_cast<std::uint8_t>(dice()), 1}};
        for (auto n = below(dice, 600); n > 0; --n)
            made.bytes.push_back(static_cast<std::uint8_t>(dice()));
    }
    Heard heard;
    const auto socket = dial(stage.port());
    (void)::send(socket.fd(), made.bytes.data(), made.bytes.size(), MSG_NOSIGNAL);
    ::shutdown(socket.fd(), SHUT_WR);
    for (std::array<std::uint8_t, 512> nowhere{};;) {
        const auto n = ::recv(socket.fd(), nowhere.data(), nowhere.size(), 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            break;
        if (n < 0) {
            heard.end = Heard::End::timed_out;
            break;
        }
    }
    return {std::move(made.kind), std::move(made.bytes), std::move(heard)};
}

Sent send_one(const Stage& stage, SSL_CTX* stranger, When when, Dice& dice)
{
    const auto& corpus = stage.to_hub();
    if (when == When::instead_of_tls)
        return knock(stage, dice);
    RawPeer peer(stage.port(), when == When::enrolling ? stranger : stage.tls().get());
    Sent out;
    if (!peer.shaken()) {
        out.kind = "no handshake";
        return out;
    }
    const auto hello = stage.hello(peer.channel());
    Bytes before;
    Frame base;
    switch (when) {
    case When::instead_of_hello:
        base = below(dice, 2) == 0 ? hello : corpus.any(dice);
        break;
    case When::after_bye:
        append(before, hello);
        append(before, corpus.last(raw(MessageType::bye)));
        base = corpus.any(dice);
        out.pulled = pulled_after_hello;
        break;
    case When::enrolling:
        base = corpus.last(raw(MessageType::enrol_request));
        break;
    default:
        append(before, hello);
        out.pulled = pulled_after_hello;
        if (below(dice, 2) == 0) {
            append(before, pull(true));
            ++out.pulled;
        }
        base = corpus.any(dice);
        break;
    }
    auto made = mutate(base, corpus, dice);
    const bool is_read = when == When::instead_of_hello || when == When::inside || when == When::enrolling;
    out.never = is_read && is_never_valid(made, base);
    peer.write(before);
    out.kind = std::move(made.kind);
    out.bytes = std::move(made.bytes);
    if (when == When::beneath_tls)
        beneath(peer, out.bytes);
    else
        peer.write(out.bytes);
    // A session that goes on answers what comes next. What is cut stays the last that is said: the next would complete it.
    if (out.never && out.kind != "truncated") {
        Bytes behind;
        append(behind, pull(false));
        peer.write(behind);
    }
    peer.half_close();
    out.heard = peer.rest();
    return out;
}

}  // namespace

void Failures::add(std::string what)
{
    const std::lock_guard lock(mutex_);
    if (++count_ <= 20)
        std::printf("FAILED: %s\n", what.c_str());
    std::fflush(stdout);
}

std::size_t Failures::count() const
{
    const std::lock_guard lock(mutex_);
    return count_;
}

Became& Became::operator+=(const Became& other)
{
    refused += other.refused, answered += other.answered, closed += other.closed;
    unread += other.unread, never += other.never;
    return *this;
}

FrameCounts& FrameCounts::operator+=(const FrameCounts& other)
{
    sent += other.sent, unspoken += other.unspoken;
    for (const auto& [kind, n] : other.kinds)
        kinds[kind] += n;
    for (const auto& [reason, n] : other.reasons)
        reasons[reason] += n;
    return *this;
}

Became FrameCounts::all() const
{
    Became out;
    for (const auto& [kind, n] : kinds)
        out += n;
    return out;
}

// A session without a bad frame is answered as the judgement of the others supposes, the pull at its end too.
void try_the_probe(const Stage& stage, Failures& failures)
{
    RawPeer peer(stage.port(), stage.tls().get());
    Bytes session;
    append(session, stage.hello(peer.channel()));
    append(session, pull(true));
    append(session, pull(false));
    peer.write(session);
    peer.half_close();
    if (const auto times = times_pulled(peer.rest()); times != pulled_after_hello + 2)
        failures.add("a good session was answered " + std::to_string(times) + " times");
}

FrameCounts send_bad_frames(const Stage& stage, std::uint64_t seed, std::uint64_t first, std::uint64_t count,
                            Failures& failures)
{
    const auto stranger = context_for({.protocols = {"satchel-enrol/1"}});
    FrameCounts out;
    for (auto number = first; number < first + count; ++number) {
        Dice dice(seed * 1'000'003 + number);
        const auto when = draw_when(dice);
        const auto sent = send_one(stage, stranger.get(), when, dice);
        const auto about = [&](const char* what) {
            return std::string(what) + ": seed " + std::to_string(seed) + ", frame " + std::to_string(number) + " (" +
                   sent.kind + ", place " + std::to_string(static_cast<int>(when)) +
                   "): " + to_hex(ByteView(sent.bytes).first(std::min<std::size_t>(sent.bytes.size(), 2048)));
        };
        ++out.sent;
        auto& became = out.kinds[sent.kind];
        became.never += sent.never;
        out.unspoken += sent.never && !told(sent.heard, MessageType::refusal);
        if (sent.kind == "no handshake")
            failures.add(about("the hub did not answer"));
        else if (sent.heard.end == Heard::End::timed_out)
            failures.add(about("the hub did not close"));
        if (told(sent.heard, MessageType::enrol_answer))
            failures.add(about("it enrolled somebody"));
        if (when == When::beneath_tls || when == When::instead_of_tls) {
            ++became.unread;
        } else if (told(sent.heard, MessageType::refusal)) {
            const auto refusal = schema::wire::unpack<sync::Refusal>(sent.heard.frames.back().payload);
            if (!refusal || refusal->code.empty() || refusal->message.empty())
                failures.add(about("a refusal that says nothing"));
            else
                ++out.reasons[refusal->code];
            ++became.refused;
        } else if (when == When::after_bye) {
            ++became.unread;
        } else {
            ++(answered(sent, when) ? became.answered : became.closed);
        }
        if (sent.never && answered(sent, when))
            failures.add(about("the hub took it, and went on"));
        if (when == When::after_bye && answered(sent, when))
            failures.add(about("the hub listens behind the bye"));
        if (!stage.alive()) {
            failures.add(about("the hub has died"));
            break;
        }
    }
    return out;
}

std::size_t cut_inside_frames(const Stage& stage, std::size_t step, Failures& failures)
{
    const auto& corpus = stage.to_hub();
    std::size_t cuts = 0;
    for (std::size_t at = 0;; at += step) {
        RawPeer peer(stage.port(), stage.tls().get());
        Bytes session;
        append(session, stage.hello(peer.channel()));
        append(session, pull(true));
        append(session, corpus.last(raw(MessageType::push)));
        append(session, pull(false));
        append(session, corpus.last(raw(MessageType::bye)));
        const bool whole = at >= session.size();
        peer.write(ByteView(session).first(std::min(at, session.size())));
        ++cuts;
        if (cuts % 2 == 0) {
            peer.half_close();
            if (peer.rest().end == Heard::End::timed_out)
                failures.add("a session cut behind byte " + std::to_string(at) + " did not end");
        } else {
            peer.drop();
        }
        if (!stage.alive())
            failures.add("the hub has died of a session cut behind byte " + std::to_string(at));
        if (whole || failures.count() > 20)
            return cuts;
    }
}

std::size_t cut_on_the_line(Person& who, const std::string& address, bool to_hub, std::size_t step, Failures& failures)
{
    constexpr auto never = UINT64_MAX;
    constexpr std::size_t sessions_between = 8;  // unsent work gathers meanwhile
    std::size_t cuts = 0;
    try {
        for (std::uint64_t at = 0; failures.count() < 20; at += step) {
            who.save();
            demo::Relay relay(address, to_hub ? never : at, to_hub ? at : never);
            const auto report = who.try_sync(relay.address());
            ++cuts;
            if (!relay.cut() && at > 0) {
                if (!report || !report->complete)
                    failures.add("a session that nobody cut did not come to its end");
                break;
            }
            if (cuts % sessions_between == 0)
                who.sync(address);
        }
        who.sync(address);
        if (must(who.store().waiting()) != 0)
            failures.add("work that was cut off has not been received");
    } catch (const std::exception& error) {
        failures.add(error.what());
    }
    return cuts;
}

double dawdle(const Stage& stage, std::size_t peers, Failures& failures)
{
    const auto begin = steady::now();
    struct Slow {
        std::unique_ptr<RawPeer> peer;
        Socket socket{-1};
        Bytes left;
    };
    std::vector<Slow> slow(peers);
    const auto context = stage.tls().get();
    for (std::size_t i = 0; i < peers; ++i) {
        auto& one = slow[i];
        if (i % 3 == 0) {  // says nothing at all
            one.socket = dial(stage.port());
            continue;
        }
        one.peer = std::make_unique<RawPeer>(stage.port(), context);
        if (!one.peer->shaken())
            continue;
        auto hello = on_the_wire(stage.hello(one.peer->channel()));
        if (i % 3 == 1)
            one.left = std::move(hello);  // a byte now and then
        else
            one.peer->write(ByteView(hello).first(hello.size() / 2));  // half a frame, and nothing more
    }
    const auto fd_of = [](const Slow& one) { return one.peer ? SSL_get_fd(one.peer->ssl()) : one.socket.fd(); };
    std::size_t open = peers;
    while (open > 0 && seconds_since(begin) < 120) {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        open = 0;
        for (auto& one : slow) {
            // What the hub says last is an alert or the raw end; as long as nothing came it holds on.
            std::uint8_t byte = 0;
            const auto n = ::recv(fd_of(one), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
            if (n >= 0 || errno != EAGAIN)
                continue;
            ++open;
            if (one.left.size() > 1) {
                one.peer->write(ByteView(one.left).first(1));
                one.left.erase(one.left.begin());
            }
        }
    }
    if (open > 0)
        failures.add(std::to_string(open) + " connections that say next to nothing are still open after two minutes");
    return seconds_since(begin);
}

std::vector<double> work_honestly(Person& who, const std::string& address, std::size_t rounds,
                                  const std::atomic<bool>& stop, Failures& failures)
{
    std::vector<double> out;
    for (std::size_t i = 0; i < rounds && !stop; ++i) {
        const auto begin = steady::now();
        try {
            who.save();
            if (who.sync(address) != 1)
                failures.add("an honest device's work was not received");
        } catch (const std::exception& error) {
            failures.add(std::string("an honest device: ") + error.what());
            return out;
        }
        out.push_back(seconds_since(begin));
        if (out.back() > 30)
            failures.add("an honest device waited " + std::to_string(out.back()) + " s");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return out;
}

double revoke_in_session(const Stage& stage, Failures& failures)
{
    RawPeer peer(stage.port(), stage.tls().get());
    Bytes hello;
    append(hello, stage.hello(peer.channel()));
    peer.write(hello);
    const auto ack = peer.frame();
    if (!ack || ack->type != raw(MessageType::hello_ack)) {
        failures.add("the attacker was not let in before it was revoked");
        return 0;
    }
    steady::time_point begin;
    std::thread operating([&] {
        const auto done = stage.command({"device", "revoke", to_string(stage.attacker->credential())});
        if (done.exit_code != 0)
            failures.add("device revoke: " + done.out + done.err);
    });
    begin = steady::now();
    const auto rest = peer.rest();
    const auto took = seconds_since(begin);
    operating.join();
    if (rest.end == Heard::End::timed_out || took > 5)
        failures.add("a revoked device's session went on for " + std::to_string(took) + " s");
    return took;
}

}  // namespace satchel::hostile
