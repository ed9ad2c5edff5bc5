// The dictionary with which small frames are compressed. Both sides hold the same: it belongs to the protocol's version.
// tests/bench/make_dictionary.cpp made it.
#pragma once

#include "schema/base/bytes.hpp"

namespace satchel::schema::wire {

[[nodiscard]] ByteView small_frames_dictionary() noexcept;

}  // namespace satchel::schema::wire
