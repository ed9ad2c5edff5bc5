// The slip with which a device enrols: what the hub's administrator hands over, and the proof made from it. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sync/core/messages.hpp"

namespace satchel::sync {

using EnrolmentCode = std::array<std::uint8_t, 16>;  // single use; on the slip and nowhere else
using EnrolmentId = TypedId<struct EnrolmentTag>;    // public

struct EnrolmentSlip {
    EnrolmentId id;
    EnrolmentCode code{};
    std::string address;       // host:port of the hub; empty: to be given by hand
    std::string hub_identity;  // the URI in the hub's certificate
    std::string hub_root;      // PEM: the only root that the device will trust
    std::string user_name;
    std::string area;
    std::string agency;        // whose certificate it will be
    Instant expires_at;

    bool operator==(const EnrolmentSlip&) const = default;
};

// Lines of "name: value" under a title, the PEM at the end: it can be read before it is used.
std::string to_text(const EnrolmentSlip& slip);
Result<EnrolmentSlip> parse_enrolment_slip(std::string_view text);  // malformed, too_large (16 KiB)

// The key of the proof: what the hub keeps instead of the code.
Digest enrolment_code_key(const EnrolmentCode& code) noexcept;

// HMAC(code key, "satchel enrol/1" | channel binding | every field of the request but the proof): the code is known, and
// CSR, keys and channel belong together. The code itself never travels.
Digest enrolment_proof(const Digest& code_key, ByteView channel_binding, const EnrolRequest& request);

}  // namespace satchel::sync
