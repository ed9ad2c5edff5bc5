// The unit of the connection: u32 length of the payload, u8 type, u8 flags, payload. Little-endian. Flag bit 0: the
// payload is compressed; bit 1, beside it: with the dictionary of small payloads; the others are zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "schema/base/bytes.hpp"

namespace satchel::schema::wire {

// A frame as its receiver and sender see it: compression is the connection's business.
struct Frame {
    std::uint8_t type = 0;
    Bytes payload;

    bool operator==(const Frame&) const = default;
};

inline constexpr std::size_t frame_header_bytes = 6;

// How large a frame may be depends on what is known of its sender.
struct FrameLimits {
    std::size_t payload_bytes_max;  // on the wire
    bool compressed_allowed;
};
inline constexpr FrameLimits before_authentication{4 * 1024, /*compressed_allowed=*/false};
inline constexpr FrameLimits during_enrolment{16 * 1024, /*compressed_allowed=*/false};
// Known by its certificate, not yet judged by what is registered of it: room for a hello with a cursor for each case.
inline constexpr FrameLimits before_admission{512 * 1024, /*compressed_allowed=*/true};
inline constexpr FrameLimits in_session{1024 * 1024, /*compressed_allowed=*/true};

// Shorter payloads are sent as they are: there is nothing to gain.
inline constexpr std::size_t compress_from_bytes = 64;

// Appends the frame to `out`. A payload within limits.payload_bytes_max always fits. A larger one, up to
// inflated_bytes_max, fits if compression brings it there, and fails with too_large otherwise, `out` untouched:
// do not build such a payload from content that may not compress.
Result<void> write_frame(Bytes& out, const Frame& frame, FrameLimits limits);

// Takes frames out of a byte stream, without I/O. Feed what was read, then call next() until it gives nothing:
//
//     reader.feed(bytes);
//     while (auto frame = reader.next()) ...
//
// Holds at most one unfinished frame, and no more memory than a small multiple of the bytes of it that have arrived:
// a header alone costs its sender more than us. An oversize frame is refused from its header. After an error the
// stream has no meaning any more; next() repeats the error.
class FrameReader {
public:
    explicit FrameReader(FrameLimits limits) noexcept : limits_(limits) {}

    // The bytes are not copied: they must stay in place until next() gives nothing, and only then may more be fed.
    void feed(ByteView bytes);
    // Fails with too_large, malformed or protocol_violation (a flag that is not known, or not allowed yet).
    std::optional<Result<Frame>> next();

    // From the next frame on.
    void set_limits(FrameLimits limits) noexcept { limits_ = limits; }
    // True if the stream may end here: nothing of a frame has arrived.
    [[nodiscard]] bool at_boundary() const noexcept { return header_size_ == 0 && input_.empty() && !error_; }
    [[nodiscard]] std::size_t bytes_held() const noexcept { return payload_.capacity(); }

private:
    Result<void> read_header();
    Result<Frame> finish();

    FrameLimits limits_;
    ByteView input_;  // fed and not yet taken
    std::uint8_t header_[frame_header_bytes]{};
    std::size_t header_size_ = 0;  // bytes of the header that have arrived
    std::uint8_t flags_ = 0;
    std::size_t length_ = 0;  // of the payload, once the header is complete
    Bytes payload_;
    std::optional<Error> error_;
};

}  // namespace satchel::schema::wire
