// The slip with which a device enrols: what the hub's administrator hands over. Pure.
#pragma once

#include <string>
#include <string_view>

#include "crypto/registry.hpp"
#include "schema/base/time.hpp"

namespace satchel::sync {

struct EnrolmentSlip {
    crypto::EnrolmentCode code;  // single use; on the slip and nowhere else (the hub keeps its verifier)
    std::string address;         // host:port of the hub; empty: to be given by hand
    std::string hub_uri;         // in the hub's certificate
    Digest root_public_hash{};   // of the root that it must lead to: crypto::HubPin
    std::string user_name;
    std::string area;
    std::string agency;          // whose certificate it will be
    Instant expires_at;
};

// Lines of "name: value" under a title: it can be read before it is used. Holds the code: a secret while it is valid.
crypto::SecretBytes to_text(const EnrolmentSlip& slip);
Result<EnrolmentSlip> parse_enrolment_slip(std::string_view text);  // malformed, too_large (4 KiB)

// How a request names its enrolment (EnrolRequest::enrolment) without showing the code.
[[nodiscard]] std::string enrolment_name(const crypto::EnrolmentCode& code);

}  // namespace satchel::sync
