// How a device becomes one: keys are made here, the hub certifies them, and nothing secret leaves the device but the salt
// key that author and hub share.
#pragma once

#include <optional>

#include "client/store/identity.hpp"
#include "crypto/certificates.hpp"
#include "sync/core/enrolment.hpp"
#include "sync/core/machine.hpp"

namespace satchel::client {

struct Enrolled {
    Identity identity;
    Chain chain;
    sync::PolicyMessage policy;
};

// One request, one answer. The connection is one without a client certificate, to a hub that has proved to be the one
// on the slip.
class EnrolmentSession final : public sync::Machine
{
public:
    // `slip` outlives the session. `address`: what the device will call the hub by from now on.
    EnrolmentSession(const sync::EnrolmentSlip& slip, std::string device_name, std::string address, Random& random);
    ~EnrolmentSession() override;

    sync::Outbox on_open(ByteView channel_binding, ByteView peer_certificate_der) override;
    sync::Outbox on_frame(const sync::Frame& frame) override;
    sync::Outbox on_closed(const Error* why) override;
    sync::Outbox on_timer(Instant now) override;

    // Once, after the session has ended. An answer that does not fit the request, or that is not signed as it should
    // be, is none: bad_signature, bad_certificate, protocol_violation.
    Result<Enrolled> result();

private:
    Result<Enrolled> check(const sync::EnrolAnswer& answer);

    const sync::EnrolmentSlip& slip_;
    std::string device_name_;
    std::string address_;
    crypto::SigningKey operation_key_;
    crypto::CertificateKey tls_key_;
    IncarnationId incarnation_;
    Bytes salt_key_;
    std::optional<Result<Enrolled>> result_;
};

} // namespace satchel::client
