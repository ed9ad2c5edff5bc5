// zstd for frame payloads, with everything that a hostile sender could inflate bounded before it is allocated.
// Safe from any thread: each keeps its own contexts, since making one costs more than packing a small frame.
#pragma once

#include <cstddef>

#include "schema/base/bytes.hpp"

namespace satchel::schema::wire {

inline constexpr int compression_level = 3;
inline constexpr std::size_t inflated_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t inflation_ratio_max = 64;

// Appends the compressed bytes to `out` and answers true; or leaves `out` alone and answers false when that would
// not be smaller, or would be so much smaller that inflate() refuses it.
[[nodiscard]] bool compress(Bytes& out, ByteView plain);

// The same for what is small: with a dictionary of what messages are full of (schema/wire/small_frames.zdict), and without
// zstd's magic number. One change takes half as many bytes so.
inline constexpr std::size_t small_bytes_max = 8 * 1024;  // beyond, a dictionary gains nothing
[[nodiscard]] bool compress_small(Bytes& out, ByteView plain);
Result<Bytes> inflate_small(ByteView compressed);  // within small_bytes_max

// One complete zstd frame that states its content size, within both bounds above, and nothing after it; otherwise
// too_large or malformed.
Result<Bytes> inflate(ByteView compressed);

}  // namespace satchel::schema::wire
