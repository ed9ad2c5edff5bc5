// A line between device and hub that counts: bytes each way, and how often it turned.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace satchel::bench {

class CountingLine {
public:
    explicit CountingLine(const std::string& to);  // "127.0.0.1:PORT"; one connection at a time
    ~CountingLine();
    CountingLine(const CountingLine&) = delete;
    CountingLine& operator=(const CountingLine&) = delete;

    [[nodiscard]] const std::string& address() const { return address_; }

    // Of the last connection, once it has ended: ask after the session has.
    struct Counts {
        std::uint64_t to_hub = 0, to_device = 0;
        // How often the hub spoke after the device had: round trips, the handshake's one included.
        std::uint64_t round_trips = 0;
        std::uint64_t last_to_device = 0;  // bytes of the hub's last turn
        std::vector<std::uint64_t> turns_to_hub;  // bytes of each turn of the device
    };
    [[nodiscard]] Counts last() const;

private:
    void serve();
    Counts carry(int device, int hub);

    std::uint16_t hub_port_ = 0;
    int listener_ = -1;
    std::string address_;
    std::atomic<std::uint64_t> connections_{0};
    Counts last_;
    std::atomic<bool> stop_{false};
    std::atomic<bool> idle_{true};
    std::thread thread_;
};

}  // namespace satchel::bench
