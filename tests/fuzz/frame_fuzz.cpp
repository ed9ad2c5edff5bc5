// The stream of a connection, cut into portions of any size, under each of the limits that hold before and in a session.
#include <algorithm>

#include "schema/wire/compress.hpp"
#include "schema/wire/frame.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {
namespace {

using namespace schema::wire;

struct Read {
    std::vector<Frame> frames;
    std::optional<Errc> error;
    bool at_boundary = false;

    bool operator==(const Read&) const = default;
};

Read read_in_portions(ByteView stream, FrameLimits limits, std::size_t portion)
{
    Read out;
    FrameReader reader(limits);
    while (!stream.empty() && !out.error) {
        reader.feed(stream.first(std::min(portion, stream.size())));
        stream = stream.subspan(std::min(portion, stream.size()));
        while (auto frame = reader.next()) {
            if (!*frame) {
                out.error = frame->error().code;
                break;
            }
            promise((*frame)->payload.size() <= inflated_bytes_max, "a payload is bounded");
            out.frames.push_back(**std::move(frame));
        }
        promise(reader.bytes_held() <= limits.payload_bytes_max + limits.payload_bytes_max / 2 + 64,
                "a reader holds one unfinished frame");
    }
    out.at_boundary = reader.at_boundary();
    return out;
}

}  // namespace

void run(ByteView input)
{
    constexpr FrameLimits all_limits[] = {before_authentication, during_enrolment, before_admission, in_session};
    const auto limits = all_limits[choice(input, 4)];
    const auto portion = 1 + choice(input, 64);
    const auto whole = read_in_portions(input, limits, input.size());
    promise(whole == read_in_portions(input, limits, portion), "frames do not depend on how the stream is cut");

    Bytes written;
    for (const auto& frame : whole.frames)
        if (!write_frame(written, frame, limits))
            return;  // one that came compressed too well to be written so
    promise(read_in_portions(written, limits, portion).frames == whole.frames, "what was read can be written and read");
}

}  // namespace satchel::fuzz
