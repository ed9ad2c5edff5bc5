// What is done to a hub that serves: bad frames, sessions cut at every byte, connections that dawdle. Meanwhile honest
// devices work, and what they are told is timed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "tests/hostile/stage.hpp"

namespace satchel::hostile {

// What went wrong, with what is needed to see it again. From any thread.
class Failures {
public:
    void add(std::string what);
    [[nodiscard]] std::size_t count() const;

private:
    mutable std::mutex mutex_;
    std::size_t count_ = 0;
};

// What became of frames of one kind.
struct Became {
    std::size_t refused = 0;   // the hub named the reason to the peer, and closed
    std::size_t answered = 0;  // it was taken for something that it may well be: a repeated pull, another cursor
    std::size_t closed = 0;    // it closed; its log says whether for a reason, or because the peer was done
    std::size_t unread = 0;    // it came behind the bye, or was no TLS, or not any more
    std::size_t never = 0;     // of all these: those that nobody may take, and a pull behind them was not answered
    Became& operator+=(const Became& other);
};

struct FrameCounts {
    std::size_t sent = 0;
    std::size_t unspoken = 0;  // that nobody may take, and the hub closed without a word: its log must say why
    std::map<std::string, Became> kinds;
    [[nodiscard]] Became all() const;
    std::map<std::string, std::size_t> reasons;  // as the peer was told
    FrameCounts& operator+=(const FrameCounts& other);
};

// That the session in which most bad frames come is answered as expected when there is none.
void try_the_probe(const Stage& stage, Failures& failures);

// Frames number `first` to `first + count`, each in a connection of its own.
FrameCounts send_bad_frames(const Stage& stage, std::uint64_t seed, std::uint64_t first, std::uint64_t count,
                            Failures& failures);

// The attacker's session, cut behind each of its bytes, with and without a last word. Gives how many cuts there were.
std::size_t cut_inside_frames(const Stage& stage, std::size_t step, Failures& failures);

// An honest device's session, cut behind each byte of its TLS in one direction. Its work must come through all the same.
std::size_t cut_on_the_line(Person& who, const std::string& address, bool to_hub, std::size_t step, Failures& failures);

// Peers that say nothing, next to nothing, or half a frame. Gives how many seconds the last of them lasted.
double dawdle(const Stage& stage, std::size_t peers, Failures& failures);

// Saves and syncs until told to stop, or `rounds` times; each round is one latency, from saved to received.
std::vector<double> work_honestly(Person& who, const std::string& address, std::size_t rounds,
                                  const std::atomic<bool>& stop, Failures& failures);

// Seconds until a session of the attacker's ends once its device is revoked.
double revoke_in_session(const Stage& stage, Failures& failures);

}  // namespace satchel::hostile
