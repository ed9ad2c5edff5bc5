// A device's last receipt as JSON: what `satchel device doctor --json` prints and `satchel-hub verify --receipt` reads.
#pragma once

#include "sync/console/json.hpp"
#include "sync/hub/verify.hpp"

namespace satchel::tools::hub {

// {"epoch","credential","incarnation","up_to","chain_head","audit_head","received_at","signature"}: ids as printed, times
// RFC 3339, bytes in hexadecimal.
console::Json to_json(const sync::Receipt& receipt);

// One JSON object a line: a receipt, or any object with a member "last_receipt" that is one (or null: a device that has
// none yet). malformed, with the line.
Result<void> read_receipts(std::string_view lines, sync::VerifyOptions& into);

}  // namespace satchel::tools::hub
