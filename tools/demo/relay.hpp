// A bad line between a device and the hub: forwards TCP on loopback, and after so many bytes cuts the connection or falls silent.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace satchel::demo {

class Relay {
public:
    enum class Then { cut, silent };

    // Forwards each connection to `to` ("127.0.0.1:PORT") until `bytes` have gone towards the device, or towards the hub,
    // in that connection, then closes both sides at once, or carries nothing more. At most 64 connections, one at a time.
    Relay(const std::string& to, std::uint64_t bytes_to_device, std::uint64_t bytes_to_hub, Then then = Then::cut);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] bool cut() const { return cut_; }  // a connection was, or fell silent; false: it ended by itself
    [[nodiscard]] std::uint64_t carried_to_device() const { return to_device_; }
    [[nodiscard]] std::uint64_t carried_to_hub() const { return to_hub_; }

private:
    void serve();
    void carry(int device, int hub);

    std::uint16_t hub_port_ = 0;
    std::uint64_t limit_to_device_, limit_to_hub_;
    Then then_;
    std::atomic<std::uint64_t> to_device_{0}, to_hub_{0};
    int listener_ = -1;
    std::string address_;
    std::atomic<bool> cut_{false}, stop_{false};
    std::thread thread_;
};

}  // namespace satchel::demo
