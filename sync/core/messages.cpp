#include "sync/core/messages.hpp"

#include <algorithm>

#include "schema/wire/archive_impl.hpp"

SATCHEL_WIRE_MESSAGE(satchel::sync::Hello);
SATCHEL_WIRE_MESSAGE(satchel::sync::HelloAck);
SATCHEL_WIRE_MESSAGE(satchel::sync::NewIncarnation);
SATCHEL_WIRE_MESSAGE(satchel::sync::PolicyMessage);
SATCHEL_WIRE_MESSAGE(satchel::sync::AgencyIntroduction);
SATCHEL_WIRE_MESSAGE(satchel::sync::PolicyAndAgencies);
SATCHEL_WIRE_MESSAGE(satchel::sync::Push);
SATCHEL_WIRE_MESSAGE(satchel::sync::Receipt);
SATCHEL_WIRE_MESSAGE(satchel::sync::Recall);
SATCHEL_WIRE_MESSAGE(satchel::sync::Pull);
SATCHEL_WIRE_MESSAGE(satchel::sync::Credit);
SATCHEL_WIRE_MESSAGE(satchel::sync::Page);
SATCHEL_WIRE_MESSAGE(satchel::sync::Pulled);
SATCHEL_WIRE_MESSAGE(satchel::sync::Remove);
SATCHEL_WIRE_MESSAGE(satchel::sync::Removed);
SATCHEL_WIRE_MESSAGE(satchel::sync::Refusal);
SATCHEL_WIRE_MESSAGE(satchel::sync::EnrolRequest);
SATCHEL_WIRE_MESSAGE(satchel::sync::EnrolAnswer);

namespace satchel::sync {
namespace {

Bytes tagged(std::string_view tag, std::initializer_list<ByteView> parts)
{
    Bytes bytes;
    Writer out(bytes);
    out.str(tag);
    for (const auto part : parts)
        out.bytes(part);
    return bytes;
}

}  // namespace

Bytes channel_proof_bytes(ByteView channel_binding, const CredentialId& credential,
                          const IncarnationId& incarnation)
{
    return tagged("satchel hello/1", {channel_binding, credential.view(), incarnation.view()});
}

Bytes incarnation_bytes(const CredentialId& credential, const NewIncarnation& message)
{
    Bytes bytes =
        tagged("satchel incarnation/1", {credential.view(), message.incarnation.view(), message.salt_key});
    Writer out(bytes);
    for (const auto& former : message.former)
        out.raw(former.view());
    return bytes;
}

void leave_out_author(PushItem& item, const CredentialId& sender)
{
    using schema::header_author_at;
    auto& header = item.header;
    if (item.by_sender || header.size() < header_author_at + sizeof(CredentialId))
        return;
    const auto at = header.begin() + header_author_at;
    if (!std::equal(sender.bytes.begin(), sender.bytes.end(), at))
        return;
    header.erase(at, at + sizeof(CredentialId));
    item.by_sender = true;
}

Result<void> put_author_back(PushItem& item, const CredentialId& sender)
{
    if (!item.by_sender)
        return {};
    if (item.header.size() < schema::header_author_at)
        return fail(Errc::malformed, "changeset header");
    item.header.insert(item.header.begin() + schema::header_author_at, sender.bytes.begin(), sender.bytes.end());
    item.by_sender = false;
    return {};
}

Bytes batch_bytes(const CredentialId& credential, const Digest& root)
{
    return tagged("satchel batch/1", {credential.view(), root});
}

Digest batch_secret(const crypto::HmacKey& salt_key, std::uint64_t first_sequence)
{
    Bytes in;
    Writer out(in);
    out.str("batch");
    out.u64(first_sequence);
    return salt_key.mac(ByteView(in));
}

Bytes receipt_bytes(const Receipt& receipt)
{
    Bytes bytes = tagged("satchel receipt/1", {receipt.epoch, receipt.credential.view(), receipt.incarnation.view(),
                                               receipt.chain_head, receipt.audit_head});
    Writer out(bytes);
    out.u64(receipt.up_to);
    out.i64(receipt.received_at.ms);
    return bytes;
}

Bytes removed_bytes(const CredentialId& credential, const Removed& message)
{
    return tagged("satchel removed/1", {credential.view(), message.case_id.view(), message.nonce});
}

}  // namespace satchel::sync
