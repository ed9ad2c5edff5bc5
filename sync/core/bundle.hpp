// A Data-Sharing Agreement on its way: its files as one string of bytes, signed by the hub.
#pragma once

#include <string>
#include <vector>

#include "crypto/signing.hpp"
#include "schema/policy/compile.hpp"
#include "sync/core/messages.hpp"

namespace satchel::sync {

inline constexpr std::size_t bundle_bytes_max = 1024 * 1024;

struct BundleFile {
    std::string name;
    std::string text;

    bool operator==(const BundleFile&) const = default;
};

// Count, then name and text of each, length-prefixed, in the order given: sorted by name.
Bytes pack_bundle(std::span<const schema::SourceFile> files);
// malformed, or too_large above the bounds of compile.hpp.
Result<std::vector<BundleFile>> unpack_bundle(ByteView bytes);

// What the hub signs with its receipt key: "satchel policy/1" | bundle.
Bytes policy_bytes(ByteView bundle);

// Checks the signature, unpacks and compiles; Policy::digest is SHA-256 of the bundle's bytes. bad_signature,
// malformed, or policy_invalid with the first problem.
Result<schema::Policy> open_policy(const PolicyMessage& message, const crypto::PublicKey& hub);

}  // namespace satchel::sync
