// JSON from people and other programs: records of `satchel record --input -`, receipts of `satchel-hub verify --receipt`,
// and the words of a command on the private socket.
#include "client/app/entry.hpp"
#include "sync/console/command_line.hpp"
#include "sync/console/json.hpp"
#include "sync/console/utf8.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tools/hub/receipt.hpp"

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

void try_receipts(std::string_view input)
{
    sync::VerifyOptions read;
    if (!tools::hub::read_receipts(input, read))
        return;
    for (const auto& receipt : read.receipts) {
        sync::VerifyOptions again;
        promise(tools::hub::read_receipts(console::to_text(tools::hub::to_json(receipt)), again) &&
                    again.receipts.size() == 1 && sync::receipt_bytes(again.receipts[0]) == sync::receipt_bytes(receipt),
                "a receipt that was read can be written and read");
    }
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
    try_receipts(given);
    (void)console::printable(given);
    promise(console::is_valid_utf8(console::valid_utf8(given)), "valid_utf8 gives UTF-8");
}

}  // namespace satchel::fuzz
