// Recomputes a hub's whole history from its log and compares it with what the store says.
//
// It replays every entry in order: checks the audit chain and the signed checkpoints, each author's chain and batch
// signatures, recomputes every ruling under the agreement it records (those of older rules are counted, not recomputed),
// folds the cases anew, and compares every table that follows from the log. A store that was altered by somebody with
// its key, but without the hub's signing key, is found out, with the row. That entries were cut off at the end is told
// only by what devices hold: their last receipts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "crypto/signing.hpp"
#include "sync/central/central_store.hpp"
#include "sync/hub/keys.hpp"
#include "sync/hub/service.hpp"

namespace satchel::sync {

struct VerifyFailure {
    std::string table;
    std::string row;   // its key, in words
    std::string kind;  // "audit_chain", "bad_signature", "ruling_differs", "state_differs", "missing", "unexpected" …
    auto operator<=>(const VerifyFailure&) const noexcept = default;
};

struct VerifyReport {
    std::map<std::string, std::uint64_t> checked;  // "entries", "signatures", "rulings", "rulings_of_older_rules" …
    std::vector<VerifyFailure> failures;           // at most failures_max; more are counted in `checked`
    [[nodiscard]] bool ok() const noexcept { return failures.empty(); }
};
inline constexpr std::size_t verify_failures_max = 1000;

struct VerifyOptions {
    std::vector<Receipt> receipts;     // the last ones of devices
    std::vector<Digest> audit_heads;   // likewise, where only the head is at hand
};

// Fails only when the store cannot be read at all.
Result<VerifyReport> verify_history(CentralView& view, const HubKeys& keys, const VerifyOptions& options = {},
                                    const ProgressFn& progress = {});

}  // namespace satchel::sync
