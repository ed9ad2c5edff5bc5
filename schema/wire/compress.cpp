#include "schema/wire/compress.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <zstd.h>

#include "schema/wire/small_frames.hpp"

namespace satchel::schema::wire {

namespace {

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

ZSTD_CCtx* compressor()
{
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
    return context.get();
}

ZSTD_DCtx* decompressor()
{
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
    return context.get();
}

// Of many frames; made at the first, 0.5 ms. A higher level than for large frames: they are few, and wait for nobody.
constexpr int small_level = 12;
const ZSTD_CDict* to_compress_with()
{
    static const auto* const dictionary = [] {
        const auto bytes = small_frames_dictionary();
        return ZSTD_createCDict(bytes.data(), bytes.size(), small_level);
    }();
    return dictionary;
}
ZSTD_CCtx* small_compressor()
{
    thread_local const auto context = []() -> std::unique_ptr<ZSTD_CCtx, FreeContext> {
        std::unique_ptr<ZSTD_CCtx, FreeContext> made(ZSTD_createCCtx());
        if (!made || to_compress_with() == nullptr ||
            ZSTD_isError(ZSTD_CCtx_refCDict(made.get(), to_compress_with())) != 0 ||
            ZSTD_isError(ZSTD_CCtx_setParameter(made.get(), ZSTD_c_dictIDFlag, 0)) != 0)
            return nullptr;
        return made;
    }();
    return context.get();
}
const ZSTD_DDict* to_inflate_with()
{
    static const auto* const dictionary = [] {
        const auto bytes = small_frames_dictionary();
        return ZSTD_createDDict(bytes.data(), bytes.size());
    }();
    return dictionary;
}

constexpr std::array<std::uint8_t, 4> magic{0x28, 0xb5, 0x2f, 0xfd};

// An error of zstd is a number beyond any size.
bool worth_it(std::size_t size, std::size_t plain)
{
    return size < plain && plain <= size * inflation_ratio_max;
}

// `dictionary` may be null.
Result<Bytes> inflate(ByteView compressed, std::size_t bytes_max, const ZSTD_DDict* dictionary)
{
    const auto declared = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
    if (declared == ZSTD_CONTENTSIZE_ERROR)
        return fail(Errc::malformed, "not a zstd frame");
    if (declared == ZSTD_CONTENTSIZE_UNKNOWN)
        return fail(Errc::malformed, "compressed without its size");
    if (declared == 0)  // also what a skippable frame says of itself
        return fail(Errc::malformed, "compressed nothing");
    if (declared > bytes_max || declared > compressed.size() * inflation_ratio_max)
        return fail(Errc::too_large, "inflates beyond its bound");
    if (ZSTD_findFrameCompressedSize(compressed.data(), compressed.size()) != compressed.size())
        return fail(Errc::malformed, "compressed bytes cut short or followed by others");
    auto* const context = decompressor();
    if (context == nullptr)
        return fail(Errc::too_large, "no room to inflate");
    Bytes plain(static_cast<std::size_t>(declared));
    if (ZSTD_decompress_usingDDict(context, plain.data(), plain.size(), compressed.data(), compressed.size(), dictionary) !=
        plain.size())
        return fail(Errc::malformed, "compressed bytes do not inflate to their size");
    return plain;
}

}  // namespace

bool compress(Bytes& out, ByteView plain)
{
    auto* const context = compressor();
    if (context == nullptr || plain.size() > inflated_bytes_max)
        return false;
    const auto at = out.size();
    out.resize(at + ZSTD_compressBound(plain.size()));
    const auto size = ZSTD_compressCCtx(context, out.data() + at, out.size() - at, plain.data(), plain.size(),
                                        compression_level);
    const bool kept = worth_it(size, plain.size());
    out.resize(at + (kept ? size : 0));
    return kept;
}

bool compress_small(Bytes& out, ByteView plain)
{
    auto* const context = small_compressor();
    if (context == nullptr || plain.size() > small_bytes_max)
        return false;
    std::array<std::uint8_t, ZSTD_COMPRESSBOUND(small_bytes_max)> frame;
    const auto size = ZSTD_compress2(context, frame.data(), frame.size(), plain.data(), plain.size());
    // Of what is sent: an error stays a number beyond any size.
    if (!worth_it(size - magic.size(), plain.size()))
        return false;
    SATCHEL_CHECK(std::equal(magic.begin(), magic.end(), frame.begin()));
    out.insert(out.end(), frame.begin() + magic.size(), frame.begin() + static_cast<std::ptrdiff_t>(size));
    return true;
}

Result<Bytes> inflate(ByteView compressed) { return inflate(compressed, inflated_bytes_max, nullptr); }

Result<Bytes> inflate_small(ByteView compressed)
{
    if (compressed.size() > small_bytes_max)
        return fail(Errc::too_large, "inflates beyond its bound");
    Bytes frame(magic.begin(), magic.end());
    frame.insert(frame.end(), compressed.begin(), compressed.end());
    return inflate(frame, small_bytes_max, to_inflate_with());
}

}  // namespace satchel::schema::wire
