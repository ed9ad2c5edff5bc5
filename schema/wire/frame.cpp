#include "schema/wire/frame.hpp"

#include <algorithm>
#include <utility>

#include "schema/wire/compress.hpp"

namespace satchel::schema::wire {

namespace {

constexpr std::uint8_t flag_compressed = 0x01;
constexpr std::uint8_t flag_small = 0x02;  // beside it: compress_small()

void write_header(std::uint8_t* to, std::size_t length, std::uint8_t type, std::uint8_t flags)
{
    for (int i = 0; i < 4; ++i)
        to[i] = static_cast<std::uint8_t>(length >> (8 * i));
    to[4] = type;
    to[5] = flags;
}

}  // namespace

Result<void> write_frame(Bytes& out, const Frame& frame, FrameLimits limits)
{
    const auto start = out.size();
    const auto payload_at = start + frame_header_bytes;
    if (limits.compressed_allowed && frame.payload.size() >= compress_from_bytes) {
        out.resize(payload_at);
        const bool small = frame.payload.size() <= small_bytes_max;
        if ((small ? compress_small(out, frame.payload) : compress(out, frame.payload)) &&
            out.size() - payload_at <= limits.payload_bytes_max) {
            write_header(out.data() + start, out.size() - payload_at, frame.type,
                         small ? flag_compressed | flag_small : flag_compressed);
            return {};
        }
        out.resize(start);
    }
    if (frame.payload.size() > limits.payload_bytes_max)
        return fail(Errc::too_large, "a frame of " + std::to_string(frame.payload.size()) + " bytes to send");
    out.resize(payload_at);
    write_header(out.data() + start, frame.payload.size(), frame.type, 0);
    out.insert(out.end(), frame.payload.begin(), frame.payload.end());
    return {};
}

void FrameReader::feed(ByteView bytes)
{
    SATCHEL_CHECK(input_.empty());
    if (!error_)
        input_ = bytes;
}

std::optional<Result<Frame>> FrameReader::next()
{
    if (error_)
        return Result<Frame>(tl::unexpected(*error_));
    if (header_size_ < frame_header_bytes) {
        const auto n = std::min(frame_header_bytes - header_size_, input_.size());
        std::copy_n(input_.begin(), n, header_ + header_size_);
        header_size_ += n;
        input_ = input_.subspan(n);
        if (header_size_ < frame_header_bytes)
            return std::nullopt;
        if (auto header = read_header(); !header) {
            error_ = header.error();
            input_ = {};
            return Result<Frame>(tl::unexpected(*error_));
        }
    }
    // Not reserve(length_): memory follows what has arrived, not what the header promises.
    const auto n = std::min(length_ - payload_.size(), input_.size());
    payload_.insert(payload_.end(), input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(n));
    input_ = input_.subspan(n);
    if (payload_.size() < length_)
        return std::nullopt;
    auto frame = finish();
    if (!frame) {
        error_ = frame.error();
        input_ = {};
    }
    return frame;
}

Result<void> FrameReader::read_header()
{
    Reader in({header_, frame_header_bytes});
    length_ = in.u32();
    in.u8();  // the type is for the receiver to judge
    flags_ = in.u8();
    if (flags_ != 0 && flags_ != flag_compressed && flags_ != (flag_compressed | flag_small))
        return fail(Errc::protocol_violation, "a frame with flags that are not known");
    if (flags_ != 0 && !limits_.compressed_allowed)
        return fail(Errc::protocol_violation, "a compressed frame before its sender is known");
    if (length_ > limits_.payload_bytes_max)
        return fail(Errc::too_large, "a frame of " + std::to_string(length_) + " bytes received");
    return {};
}

Result<Frame> FrameReader::finish()
{
    Frame frame{header_[4], std::exchange(payload_, {})};
    header_size_ = 0;
    if (flags_ != 0) {
        SATCHEL_TRY(frame.payload, (flags_ & flag_small) != 0 ? inflate_small(frame.payload) : inflate(frame.payload));
    }
    return frame;
}

}  // namespace satchel::schema::wire
