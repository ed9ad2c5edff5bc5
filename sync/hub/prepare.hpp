// A push, decoded, hashed and its signature checked, before it waits for the writer. Pure but for the look-up of the
// digest that the batch follows on; done on the connection's own thread.
#pragma once

#include "sync/hub/admission.hpp"
#include "sync/hub/body.hpp"

namespace satchel::sync {

struct PreparedItem {
    std::uint64_t sequence = 0;
    std::uint64_t seen = 0;
    bool readable = false;
    OpenedChangeset opened;  // readable
    Bytes body;              // readable: of its entry
    HeldBody held;           // otherwise
    bool written_again = false;  // set by the writer: received before, under another number
};

struct PreparedPush {
    CredentialNo credential_no{};
    CredentialId credential;
    IncarnationId incarnation;
    BatchRow batch;  // without its number
    std::vector<PreparedItem> items;
    Bytes payload;   // as it came: evidence, should it turn out to be a fork
};

// Fails, and then nothing is consumed, with malformed, too_large, protocol_violation (a gap; sealed work that says both
// or nothing), bad_signature (what it follows on, or any byte of it, differs from what was signed).
// `digest_before`: what the hub holds under first_sequence - 1.
Result<PreparedPush> prepare_push(const Admission& admission, Bytes payload,
                                  const std::function<Result<Digest>(std::uint64_t sequence)>& digest_of);

}  // namespace satchel::sync
