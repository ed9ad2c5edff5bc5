// Messages as bytes and back, for input that may be hostile.
//
// A message is a struct with a template<class A> void serialize(A& archive) { archive(a, b, c); } and needs no header
// but this one. The file that defines its encoding includes schema/wire/archive_impl.hpp and says
// SATCHEL_WIRE_MESSAGE(TheMessage); everybody else sees only these two declarations, and the linker tells whoever
// forgot.
//
// A field may be: bool, an unsigned or signed integer, an enum, std::string, Bytes, std::array of bytes (Digest),
// TypedId, Instant, Date, std::vector and std::optional of these, and structs with a serialize() of their own.
// Integers wider than a byte travel as LEB128, signed ones zigzag. One message has exactly one encoding: overlong
// forms, other values of a bool than 0 and 1, and bytes left over are errors. There are no pointers, no class
// hierarchies and no floating point.
//
// An enum for which argument-dependent look-up finds bool is_known(E) is refused when that says false; an enum
// without it arrives as sent, and the receiver must judge it. Text arrives as sent, too: whoever keeps it checks it.
#pragma once

#include <cstddef>

#include "schema/base/bytes.hpp"

namespace satchel::schema::wire {

// What one message may cost whoever decodes it, beside its own size.
struct ArchiveLimits {
    std::size_t elements = 65'536;  // of all its vectors together
    std::size_t depth = 16;         // of vectors and optionals inside one another
};

template <class M>
Bytes pack(const M& message);

// Fails with malformed, or with too_large when a limit is exceeded. Never throws; never allocates more than a small
// multiple of bytes.size() and limits.elements, whatever the bytes claim.
template <class M>
Result<M> unpack(ByteView bytes, ArchiveLimits limits = {});

}  // namespace satchel::schema::wire
