// An area made for a test run: its root, its hub, an agency with devices, and those that must be refused.
#pragma once

#include <memory>

#include "crypto/tls.hpp"
#include "sync/net/tls_context.hpp"

namespace satchel::test {

class TestPki {
public:
    TestPki();
    ~TestPki();
    TestPki(const TestPki&) = delete;
    TestPki& operator=(const TestPki&) = delete;

    [[nodiscard]] sync::SharedTls hub() const;
    [[nodiscard]] sync::SharedTls device() const;
    [[nodiscard]] sync::SharedTls enrolling_device() const;
    [[nodiscard]] sync::SharedTls expired_device() const;
    [[nodiscard]] sync::SharedTls device_of_another_area() const;  // which trusts our hub
    [[nodiscard]] sync::SharedTls device_without_certificate() const;
    [[nodiscard]] sync::SharedTls device_that_trusts_another_hub() const;

    [[nodiscard]] const Bytes& device_der() const;
    [[nodiscard]] const Bytes& hub_der() const;
    [[nodiscard]] const CredentialId& credential() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace satchel::test
