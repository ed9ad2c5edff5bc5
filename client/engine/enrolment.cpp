#include "client/engine/enrolment.hpp"

#include <algorithm>

#include "client/store/authors.hpp"
#include "schema/wire/archive.hpp"
#include "sync/core/bundle.hpp"

namespace satchel::client {
namespace {

using sync::MessageType;

Bytes new_salt_key(Random& random)
{
    Bytes out(32);
    random.fill(out);
    return out;
}

Result<AgencyKey> read_agency_key(ByteView bytes)
{
    Reader in(bytes);
    AgencyKey out;
    out.agency = in.str(128);
    const auto key = in.raw(out.key.bytes.size());
    if (!in.at_end() || !schema::is_clean_text(out.agency))
        return fail(Errc::malformed, "an agency's key");
    std::copy(key.begin(), key.end(), out.key.bytes.begin());
    return out;
}

} // namespace

EnrolmentSession::EnrolmentSession(const sync::EnrolmentSlip& slip, std::string device_name, std::string address,
                                   Random& random)
    : slip_(slip), device_name_(std::move(device_name)), address_(std::move(address)),
      operation_key_(crypto::SigningKey::generate(random)), tls_key_(crypto::CertificateKey::generate(random)),
      incarnation_(random_id<IncarnationId>(random)), salt_key_(new_salt_key(random))
{
}

EnrolmentSession::~EnrolmentSession() { crypto::cleanse(salt_key_); }

sync::Outbox EnrolmentSession::on_open(ByteView channel_binding, ByteView)
{
    sync::Outbox out;
    Digest channel{};
    if (channel_binding.size() != channel.size()) {
        result_ = fail(Errc::protocol_violation, "channel binding");
        out.close = true;
        return out;
    }
    std::copy(channel_binding.begin(), channel_binding.end(), channel.begin());
    sync::EnrolRequest request;
    request.enrolment = sync::enrolment_name(slip_.code);
    request.csr = crypto::make_csr(tls_key_);
    request.operation_key = operation_key_.public_key();
    request.incarnation = incarnation_;
    request.salt_key = salt_key_;
    request.device_name = device_name_;
    request.proof = crypto::enrolment_proof(slip_.code.verifier(), request.csr, request.operation_key, channel);
    out.frames.push_back({static_cast<std::uint8_t>(MessageType::enrol_request), schema::wire::pack(request)});
    return out;
}

sync::Outbox EnrolmentSession::on_frame(const sync::Frame& frame)
{
    sync::Outbox out;
    out.close = true;
    if (result_)
        return out;
    const auto type = static_cast<MessageType>(frame.type);
    if (type == MessageType::enrol_answer) {
        const auto answer = schema::wire::unpack<sync::EnrolAnswer>(frame.payload);
        if (answer)
            result_ = check(*answer);
        else
            result_ = fail(answer.error().code, answer.error().detail);
        return out;
    }
    if (type == MessageType::refusal) {
        const auto refusal = schema::wire::unpack<sync::Refusal>(frame.payload);
        std::string words = "the hub does not enrol this device";
        if (refusal && schema::is_clean_text(refusal->message) && refusal->message.size() < 500)
            words += ": " + refusal->message;
        result_ = fail(Errc::refused, words);
        return out;
    }
    result_ = fail(Errc::protocol_violation, "a frame that does not belong to an enrolment");
    return out;
}

sync::Outbox EnrolmentSession::on_closed(const Error* why)
{
    if (!result_)
        result_ = why ? Result<Enrolled>(tl::unexpected(*why))
                      : Result<Enrolled>(fail(Errc::peer_gone, "the hub hung up before it answered"));
    return {};
}

sync::Outbox EnrolmentSession::on_timer(Instant) { return {}; }

Result<Enrolled> EnrolmentSession::result()
{
    if (!result_)
        return fail(Errc::peer_gone, "there was no answer");
    auto out = std::move(*result_);
    result_.reset();
    return out;
}

// The answer came from the hub on the slip, by TLS; what it says must still fit what was asked.
Result<Enrolled> EnrolmentSession::check(const sync::EnrolAnswer& answer)
{
    Enrolled out;
    auto& identity = out.identity;
    for (const auto& bytes : answer.agency_keys) {
        SATCHEL_TRY(auto key, read_agency_key(bytes));
        identity.agency_keys.push_back(std::move(key));
    }
    SATCHEL_TRY(const auto record, check_author(answer.self, identity.agency_keys));
    if (record.credential != answer.credential || record.signing_key != operation_key_.public_key() ||
        record.tls_public_hash != tls_key_.public_hash() || record.incarnation != incarnation_ ||
        record.user != answer.user)
        return fail(Errc::bad_signature, "the record of this device is not of this device");
    SATCHEL_TRY(const auto chain, crypto::certificates_from_pem(answer.certificate_chain));
    if (chain.empty())
        return fail(Errc::bad_certificate, "no certificate");
    SATCHEL_TRY(const auto who, crypto::device_identity(chain.front()));
    if (who.credential != answer.credential || who.agency != record.agency || who.public_hash != tls_key_.public_hash())
        return fail(Errc::bad_certificate, "the certificate of this device is not of this device");
    SATCHEL_TRYV(sync::open_policy(answer.policy, answer.receipt_key));
    for (const auto& text : answer.hats) {
        SATCHEL_TRY(auto hat, schema::parse_hat(text));
        identity.hats.push_back(std::move(hat));
    }
    for (const auto* text : {&answer.user_name, &answer.area, &answer.self.display_name})
        if (!schema::is_clean_text(*text) || text->size() > 512)
            return fail(Errc::malformed, "a name in the hub's answer");
    identity.credential = answer.credential;
    identity.user = answer.user;
    identity.user_name = answer.user_name;
    identity.device_name = device_name_;
    identity.area = answer.area;
    identity.operation_seed = operation_key_.seed();
    identity.tls_key = tls_key_.der();
    identity.certificate_chain = answer.certificate_chain;
    identity.hub_root_hash = slip_.root_public_hash;
    identity.hub_uri = slip_.hub_uri;
    identity.hub_address = address_;
    identity.receipt_key = answer.receipt_key;
    identity.self = answer.self;
    out.chain.incarnation = incarnation_;
    out.chain.salt_key = salt_key_;
    out.chain.epoch = answer.epoch;
    out.policy = answer.policy;
    return out;
}

} // namespace satchel::client
