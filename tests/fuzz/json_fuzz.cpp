// JSON from people and other programs: records of `satchel record --input -`, and the words of a command on the private
// socket.
#include "client/app/entry.hpp"
#include "sync/console/command_line.hpp"
#include "sync/console/json.hpp"
#include "sync/console/utf8.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {
namespace {

using console::Json;

void try_json(std::string_view input)
{
    const auto json = console::parse_json(input);
    if (!json)
        return promise(json.error().detail.size() < 200, "an error does not repeat the text");
    const auto written = console::to_text(*json);
    promise(console::is_valid_utf8(written), "what is written is UTF-8");
    const auto again = console::parse_json(written, {.bytes = 16u << 20, .depth = 32});
    promise(again && console::to_text(*again) == written, "what was read can be written and read");
    if (const auto invocation = console::invocation_from(*json)) {
        const auto same = console::invocation_from(console::to_json(*invocation));
        promise(same && same->command == invocation->command && same->values == invocation->values,
                "the words of a command come through");
    }
}

void try_entries(std::string_view input)
{
    const auto entries = client::app::entries_from(input, {});
    if (!entries)
        return;
    promise(!entries->empty() && entries->size() <= client::app::entries_max + 1, "entries are bounded");
    for (const auto& entry : *entries)
        (void)client::app::parse_basis(entry.basis);
}

}  // namespace

void run(ByteView input)
{
    const auto how = choice(input, 3);
    const auto given = text(input);
    if (how == 0)
        return try_json(given);
    if (how == 1)
        return try_entries(given);
    (void)console::printable(given);
    promise(console::is_valid_utf8(console::valid_utf8(given)), "valid_utf8 gives UTF-8");
}

}  // namespace satchel::fuzz
