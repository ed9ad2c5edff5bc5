#include "client/app/entry.hpp"

#include <algorithm>
#include <utility>

#include "schema/base/nearest.hpp"
#include "sync/console/json.hpp"

namespace satchel::client::app {
namespace {

using console::Json;
using How = Typed::How;

const std::vector<std::string> keys{"type", "event_at", "basis", "reason", "set", "add", "remove"};

struct Pair {
    std::string name;
    std::string value;
};

Result<Pair> split(const std::string& text, std::string_view option)
{
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail(Errc::invalid_argument, std::string(option) + " is FIELD=VALUE");
    return Pair{text.substr(0, equals), text.substr(equals + 1)};
}

Removal removal_from(const std::string& text)
{
    const auto equals = text.find('=');
    if (equals == std::string::npos)
        return {text, std::nullopt};
    return {text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::string> value_from(const std::string& field, const Json& value)
{
    if (value.is_null())
        return std::string();
    if (value.is_text())
        return value.text();
    if (value.is_bool())
        return std::string(value.boolean() ? "yes" : "no");
    if (value.is_integer())
        return std::to_string(value.integer());
    if (value.is_double())
        return fail(Errc::invalid_argument,
                    field + ": write a number with decimal places as text, so that it is kept exactly");
    return fail(Errc::invalid_argument, field + ": a value is text, a whole number, true, false or null");
}

Result<void> read_fields(const Json& object, How how, std::vector<Typed>& out)
{
    bool begins = how == How::add;
    for (const auto& [field, value] : object.members()) {
        SATCHEL_TRY(auto text, value_from(field, value));
        out.push_back({how, field, std::move(text), std::exchange(begins, false)});
    }
    return {};
}

Result<void> read_additions(const Json& add, std::vector<Typed>& out)
{
    if (add.is_object())
        return read_fields(add, How::add, out);
    if (!add.is_array())
        return fail(Errc::malformed, "\"add\" is an object of fields, or a list of such");
    for (const auto& one : add.items()) {
        if (!one.is_object())
            return fail(Errc::malformed, "\"add\" is an object of fields, or a list of such");
        SATCHEL_TRYV(read_fields(one, How::add, out));
    }
    return {};
}

Result<void> read_removals(const Json& remove, std::vector<Removal>& out)
{
    const auto take = [&](const Json& one) {
        if (one.is_text())
            out.push_back(removal_from(one.text()));
        return one.is_text();
    };
    bool ok = remove.is_array() || take(remove);
    for (const auto& one : remove.items())
        ok = ok && take(one);
    if (!ok)
        return fail(Errc::malformed, "\"remove\" is a list of GROUP or GROUP=ELEMENT");
    return {};
}

Result<std::string> text_of(const Json& object, std::string_view key, std::string otherwise)
{
    const auto* found = object.find(key);
    if (!found || found->is_null())
        return otherwise;
    if (!found->is_text())
        return fail(Errc::malformed, "\"" + std::string(key) + "\" is text");
    return found->text();
}

Result<Entry> entry_from(const Json& object, const Entry& defaults)
{
    if (!object.is_object())
        return fail(Errc::malformed, "a record is a JSON object");
    for (const auto& [key, value] : object.members())
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            return fail(Errc::unknown_name, "a record has no such member" + did_you_mean(key, keys));
    Entry out = defaults;
    SATCHEL_TRY(out.type, text_of(object, "type", defaults.type));
    SATCHEL_TRY(out.basis, text_of(object, "basis", defaults.basis));
    SATCHEL_TRY(out.reason, text_of(object, "reason", defaults.reason));
    SATCHEL_TRY(const auto when, text_of(object, "event_at", {}));
    if (!when.empty()) {
        SATCHEL_TRY(out.event_at, parse_event_time(when));
    }
    if (const auto* set = object.find("set")) {
        if (!set->is_object())
            return fail(Errc::malformed, "\"set\" is an object of fields");
        SATCHEL_TRYV(read_fields(*set, How::set, out.typed));
    }
    if (const auto* add = object.find("add"))
        SATCHEL_TRYV(read_additions(*add, out.typed));
    if (const auto* remove = object.find("remove"))
        SATCHEL_TRYV(read_removals(*remove, out.removals));
    return out;
}

std::vector<std::string_view> lines_of(std::string_view input)
{
    std::vector<std::string_view> out;
    while (!input.empty()) {
        const auto end = input.find('\n');
        out.push_back(input.substr(0, end));
        input = end == std::string_view::npos ? std::string_view{} : input.substr(end + 1);
    }
    return out;
}

bool is_blank(std::string_view line)
{
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

constexpr console::JsonLimits limits{4u << 20, 32};

}  // namespace

Result<Instant> parse_event_time(std::string_view text)
{
    if (const auto instant = parse_instant(text))
        return *instant;
    if (const auto date = parse_date(text))
        return start_of(*date);
    return fail(Errc::invalid_argument, "the time of an event is like 2026-03-27T16:30:00Z, or the day 2026-03-27");
}

Result<StatedBasis> parse_basis(std::string_view text)
{
    if (text.empty())
        return StatedBasis{};
    if (text == "observed")
        return StatedBasis{schema::Basis::observed, {}};
    if (text == "self_reported")
        return StatedBasis{schema::Basis::self_reported, {}};
    constexpr std::string_view verified = "verified:";
    if (text.starts_with(verified) && text.size() > verified.size() && text.size() <= 256 &&
        schema::is_clean_text(text))
        return StatedBasis{schema::Basis::verified, std::string(text.substr(verified.size()))};
    return fail(Errc::invalid_argument, "the basis is observed, self_reported or verified:SOURCE");
}

Result<Entry> entry_from(const console::Invocation& in)
{
    Entry out;
    out.type = in.one("type").value_or("");
    out.basis = in.one("basis").value_or("");
    SATCHEL_TRYV(parse_basis(out.basis));
    out.reason = in.one("reason").value_or("");
    if (const auto when = in.one("event-at")) {
        SATCHEL_TRY(out.event_at, parse_event_time(*when));
    }
    for (const auto& text : in.all("set")) {
        SATCHEL_TRY(auto pair, split(text, "--set"));
        out.typed.push_back({How::set, std::move(pair.name), std::move(pair.value)});
    }
    for (const auto& text : in.all("add")) {
        SATCHEL_TRY(auto pair, split(text, "--add"));
        out.typed.push_back({How::add, std::move(pair.name), std::move(pair.value)});
    }
    for (const auto& text : in.all("remove"))
        out.removals.push_back(removal_from(text));
    return out;
}

Result<std::vector<Entry>> entries_from(std::string_view input, const Entry& defaults)
{
    if (input.size() > entries_bytes_max)
        return fail(Errc::too_large, "the input is longer than 64 MiB");
    const auto lines = lines_of(input);
    const auto filled = std::count_if(lines.begin(), lines.end(), [](auto line) { return !is_blank(line); });
    if (filled == 0)
        return fail(Errc::invalid_argument, "the input is empty");

    // One object may be written over several lines; several objects are one a line.
    auto whole = console::parse_json(input, limits);
    const bool spread =
        lines.front().find('}') == std::string_view::npos && lines.front().find('{') != std::string_view::npos;
    if (whole || filled == 1 || spread) {
        if (!whole)
            return tl::unexpected(whole.error());
        SATCHEL_TRY(auto one, entry_from(*whole, defaults));
        return std::vector<Entry>{std::move(one)};
    }
    std::vector<Entry> out;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (is_blank(lines[i]))
            continue;
        const auto where = "line " + std::to_string(i + 1) + ": ";
        const auto object = console::parse_json(lines[i], limits);
        if (!object)
            return fail(object.error().code, where + object.error().detail);
        auto one = entry_from(*object, defaults);
        if (!one)
            return fail(one.error().code, where + one.error().detail);
        out.push_back(*std::move(one));
        if (out.size() > entries_max)
            return fail(Errc::too_large, "the input holds more than " + std::to_string(entries_max) + " records");
    }
    return out;
}

}  // namespace satchel::client::app
