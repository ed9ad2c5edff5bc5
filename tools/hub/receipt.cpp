#include "tools/hub/receipt.hpp"

#include <cstring>

namespace satchel::tools::hub {
namespace {

using console::Json;

template <std::size_t n>
Result<void> read_bytes(const Json& json, std::string_view key, std::array<std::uint8_t, n>& out)
{
    auto bytes = from_hex(json.at(key).text());
    if (!bytes || bytes->size() != n)
        return fail(Errc::malformed,
                    "\"" + std::string(key) + "\" is not " + std::to_string(n) + " bytes in hexadecimal");
    std::memcpy(out.data(), bytes->data(), n);
    return {};
}

template <class Id>
Result<void> read_id_of(const Json& json, std::string_view key, Id& out)
{
    const auto id = parse_id<Id>(json.at(key).text());
    if (!id)
        return fail(Errc::malformed, "\"" + std::string(key) + "\" is no id");
    out = *id;
    return {};
}

Result<sync::Receipt> receipt_from(const Json& json)
{
    sync::Receipt out;
    SATCHEL_TRYV(read_bytes(json, "epoch", out.epoch));
    SATCHEL_TRYV(read_id_of(json, "credential", out.credential));
    SATCHEL_TRYV(read_id_of(json, "incarnation", out.incarnation));
    if (!json.at("up_to").is_integer() || json.at("up_to").integer() < 0)
        return fail(Errc::malformed, "\"up_to\" is no number");
    out.up_to = static_cast<std::uint64_t>(json.at("up_to").integer());
    SATCHEL_TRYV(read_bytes(json, "chain_head", out.chain_head));
    SATCHEL_TRYV(read_bytes(json, "audit_head", out.audit_head));
    const auto received_at = parse_instant(json.at("received_at").text());
    if (!received_at)
        return fail(Errc::malformed, "\"received_at\": " + received_at.error().detail);
    out.received_at = *received_at;
    SATCHEL_TRYV(read_bytes(json, "signature", out.signature));
    return out;
}

}  // namespace

Json to_json(const sync::Receipt& receipt)
{
    return Json::object({{"epoch", to_hex(receipt.epoch)},
                         {"credential", receipt.credential},
                         {"incarnation", receipt.incarnation},
                         {"up_to", receipt.up_to},
                         {"chain_head", to_hex(receipt.chain_head)},
                         {"audit_head", to_hex(receipt.audit_head)},
                         {"received_at", receipt.received_at},
                         {"signature", to_hex(receipt.signature)}});
}

Result<void> read_receipts(std::string_view lines, sync::VerifyOptions& into)
{
    for (std::size_t number = 1; !lines.empty(); ++number) {
        const auto end = lines.find('\n');
        const auto line = lines.substr(0, end);
        lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos)
            continue;
        const auto where = "receipt line " + std::to_string(number) + ": ";
        const auto json = console::parse_json(line);
        if (!json)
            return fail(json.error().code, where + json.error().detail);
        const auto* last = json->find("last_receipt");
        if (last && last->is_null())
            continue;
        auto receipt = receipt_from(last ? *last : *json);
        if (!receipt)
            return fail(Errc::malformed, where + receipt.error().detail);
        into.receipts.push_back(*std::move(receipt));
    }
    return {};
}

}  // namespace satchel::tools::hub
