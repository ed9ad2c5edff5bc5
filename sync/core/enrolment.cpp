#include "sync/core/enrolment.hpp"

#include <cstring>

#include "crypto/hash.hpp"
#include "schema/value/value.hpp"

namespace satchel::sync {
namespace {

constexpr std::string_view title = "Satchel enrolment 1";
constexpr std::size_t slip_bytes_max = 16 * 1024;

std::string_view next_line(std::string_view& rest)
{
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

std::string to_text(const EnrolmentSlip& slip)
{
    std::string out(title);
    const auto line = [&](std::string_view name, std::string_view value) {
        out.append("\n").append(name).append(": ").append(value);
    };
    line("enrolment", to_string(slip.id));
    line("code", base32(slip.code));
    line("hub", slip.address);
    line("identity", slip.hub_identity);
    line("user", slip.user_name);
    line("area", slip.area);
    line("agency", slip.agency);
    line("expires", to_string(slip.expires_at));
    out.append("\n\n").append(slip.hub_root);
    return out;
}

Result<EnrolmentSlip> parse_enrolment_slip(std::string_view text)
{
    if (text.size() > slip_bytes_max)
        return fail(Errc::too_large, "enrolment file");
    if (next_line(text) != title)
        return fail(Errc::malformed, "this is not an enrolment file");
    EnrolmentSlip slip;
    unsigned seen = 0;
    for (;;) {
        if (text.empty())
            return fail(Errc::malformed, "the enrolment file ends early");
        const auto line = next_line(text);
        if (line.empty())
            break;
        const auto colon = line.find(": ");
        const auto name = line.substr(0, colon);
        // A trailing blank may have been lost on the way: "hub:" is an empty value.
        const auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 2);
        const auto is = [&](std::string_view known, unsigned bit) {
            if (name != known && name != std::string(known) + ":")
                return false;
            seen |= 1u << bit;
            return true;
        };
        if (!schema::is_clean_text(value))
            return fail(Errc::malformed, "enrolment file: a value is not plain text");
        if (is("enrolment", 0)) {
            SATCHEL_TRY(slip.id, parse_id<EnrolmentId>(value));
        } else if (is("code", 1)) {
            SATCHEL_TRY(slip.code, parse_base32(value));
        } else if (is("hub", 2))
            slip.address = value;
        else if (is("identity", 3))
            slip.hub_identity = value;
        else if (is("user", 4))
            slip.user_name = value;
        else if (is("area", 5))
            slip.area = value;
        else if (is("agency", 6))
            slip.agency = value;
        else if (is("expires", 7)) {
            SATCHEL_TRY(slip.expires_at, parse_instant(value));
        }
    }
    if (seen != 0xff)
        return fail(Errc::malformed, "the enrolment file lacks a line");
    if (!text.starts_with("-----BEGIN CERTIFICATE-----") || text.find("-----END CERTIFICATE-----") == text.npos)
        return fail(Errc::malformed, "the enrolment file lacks the hub's certificate");
    slip.hub_root = text;
    return slip;
}

Digest enrolment_code_key(const EnrolmentCode& code) noexcept
{
    return crypto::sha256({view("satchel enrolment code/1"), ByteView(code)});
}

Digest enrolment_proof(const Digest& code_key, ByteView channel_binding, const EnrolRequest& request)
{
    Bytes bytes;
    Writer out(bytes);
    out.str("satchel enrol/1");
    out.bytes(channel_binding);
    out.var(request.protocol);
    out.str(request.enrolment);
    out.bytes(request.csr);
    out.bytes(request.operation_key.view());
    out.bytes(request.incarnation.view());
    out.bytes(request.salt_key);
    out.str(request.device_name);
    return crypto::hmac_sha256(code_key, bytes);
}

}  // namespace satchel::sync
