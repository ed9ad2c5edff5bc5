#include "sync/core/enrolment.hpp"

#include <cstring>

#include "schema/value/value.hpp"

namespace satchel::sync {
namespace {

constexpr std::string_view title = "Satchel enrolment 1";
constexpr std::string_view last_line = "end";  // a slip that lost its tail is not taken for whole
constexpr std::size_t slip_bytes_max = 4 * 1024;

std::string_view next_line(std::string_view& rest)
{
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

struct Lines {
    std::string_view code, hub, identity, root, user, area, agency, expires;
};

// Every line once, in any order; an empty value may have lost its trailing blank on the way.
Result<Lines> read_lines(std::string_view text)
{
    Lines lines;
    const std::pair<std::string_view, std::string_view*> known[] = {
        {"code", &lines.code}, {"hub", &lines.hub},   {"identity", &lines.identity}, {"root", &lines.root},
        {"user", &lines.user}, {"area", &lines.area}, {"agency", &lines.agency},     {"expires", &lines.expires}};
    unsigned seen = 0;
    bool ended = false;
    while (!text.empty()) {
        const auto line = next_line(text);
        if (line.empty())
            continue;
        ended = line == last_line;
        const auto colon = line.find(':');
        unsigned bit = 1;
        for (const auto& [name, value] : known) {
            if (colon != std::string_view::npos && line.substr(0, colon) == name) {
                if (seen & bit)
                    return fail(Errc::malformed, "the enrolment file says \"" + std::string(name) + "\" twice");
                seen |= bit;
                *value = line.substr(colon + 1);
                if (value->starts_with(' '))
                    value->remove_prefix(1);
                if (!schema::is_clean_text(*value))
                    return fail(Errc::malformed, "enrolment file: a value is not plain text");
            }
            bit <<= 1;
        }
    }
    if (seen != 0xff || !ended)
        return fail(Errc::malformed, "the enrolment file lacks a line");
    return lines;
}

}  // namespace

crypto::SecretBytes to_text(const EnrolmentSlip& slip)
{
    const auto code = slip.code.text();
    std::string before(title);
    before += "\ncode: ";
    std::string after;
    const auto line = [&](std::string_view name, std::string_view value) {
        after.append("\n").append(name).append(": ").append(value);
    };
    line("hub", slip.address);
    line("identity", slip.hub_uri);
    line("root", to_hex(slip.root_public_hash));
    line("user", slip.user_name);
    line("area", slip.area);
    line("agency", slip.agency);
    line("expires", to_string(slip.expires_at));
    after.append("\n").append(last_line).append("\n");
    crypto::SecretBytes out(before.size() + code.size() + after.size());
    auto* to = out.writable().data();
    std::memcpy(to, before.data(), before.size());
    std::memcpy(to + before.size(), code.reveal().data(), code.size());
    std::memcpy(to + before.size() + code.size(), after.data(), after.size());
    return out;
}

Result<EnrolmentSlip> parse_enrolment_slip(std::string_view text)
{
    if (text.size() > slip_bytes_max)
        return fail(Errc::too_large, "enrolment file");
    if (next_line(text) != title)
        return fail(Errc::malformed, "this is not an enrolment file");
    SATCHEL_TRY(const auto lines, read_lines(text));
    auto code = crypto::EnrolmentCode::parse(lines.code);
    if (!code)
        return fail(Errc::malformed, "the code of the enrolment file");
    const auto root = from_hex(lines.root);
    if (!root || root->size() != sizeof(Digest))
        return fail(Errc::malformed, "the root of the enrolment file");
    const auto expires = parse_instant(lines.expires);
    if (!expires)
        return fail(Errc::malformed, "the date of the enrolment file");
    EnrolmentSlip slip{*std::move(code), std::string(lines.hub), std::string(lines.identity), {},
                       std::string(lines.user), std::string(lines.area), std::string(lines.agency), *expires};
    std::memcpy(slip.root_public_hash.data(), root->data(), root->size());
    return slip;
}

std::string enrolment_name(const crypto::EnrolmentCode& code) { return to_hex(code.lookup_id()); }

}  // namespace satchel::sync
