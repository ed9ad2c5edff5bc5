// The line between the devices and the hub: two network namespaces of this process' own, and nothing else between them
// than what this passes on. They go with the last process in them, however it ends.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/field/impairment.hpp"

namespace satchel::field {

inline constexpr const char* hub_address = "10.77.0.1:7443";

class Line {
public:
    // The calling thread, and what it starts afterwards, is on the devices' side from here on: to be called first in a
    // program. Throws NotPossible where namespaces or TUN devices cannot be had.
    struct NotPossible {
        std::string why;
    };
    explicit Line(std::uint64_t seed);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // Runs it on a thread on the hub's side; what it throws comes out here.
    void at_hub(const std::function<void()>& work) const;

    // Safe from any thread.
    void use(const Profile& profile);
    void heal();       // as if there were no line at all
    void reset_all();  // the connections of this moment

    struct Counts {
        std::uint64_t bytes = 0, packets = 0, lost = 0, resets = 0;
    };
    [[nodiscard]] Counts counts() const;  // since the last use() or heal()

private:
    struct Side;
    void carry();

    std::unique_ptr<Side> hub_, devices_;
    std::uint64_t seed_;
    mutable std::mutex mutex_;  // over the next four
    std::unique_ptr<Impairment> to_hub_, to_devices_;
    Resetter resetter_;
    Counts counts_;
    std::uint64_t resets_before_ = 0;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace satchel::field
