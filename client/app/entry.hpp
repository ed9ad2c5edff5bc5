// What somebody typed about one record, from options or from JSON, before it is held against the agreement. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/store/compose.hpp"
#include "sync/console/command_line.hpp"

namespace satchel::client::app {

inline constexpr std::size_t entries_max = 10'000;  // in one input
inline constexpr std::size_t entries_bytes_max = 64u << 20;

struct Removal {
    std::string name;                  // of a group, or of a field of its elements
    std::optional<std::string> value;  // element id, or the field's value; none: every element that the user sees
};

struct Entry {
    std::string type;  // empty: as the command says
    std::optional<Instant> event_at;
    std::string basis;  // "observed", "self_reported", "verified:SOURCE"; empty: not stated
    std::vector<Typed> typed;
    std::vector<Removal> removals;
    std::string reason;
};

// From --set F=V, --add F=V, --remove GROUP[=ELEMENT], --event-at, --basis and --reason.
Result<Entry> entry_from(const console::Invocation& in);

// From --input: one JSON object, or one a line (NDJSON):
//   {"type"?, "event_at"?, "basis"?, "reason"?, "set": {field: value}, "add": {field: value} or a list of such,
//    "remove": [GROUP or GROUP=ELEMENT]}
// Values are text, numbers, true and false (yes and no) or null (cleared). What is not said there is taken from
// `defaults`. Errors name the line; values are never repeated.
Result<std::vector<Entry>> entries_from(std::string_view input, const Entry& defaults);

// A time, or a day, on which something happened.
Result<Instant> parse_event_time(std::string_view text);

struct StatedBasis {
    schema::Basis basis = schema::Basis::none;
    std::string source;
};
Result<StatedBasis> parse_basis(std::string_view text);

}  // namespace satchel::client::app
