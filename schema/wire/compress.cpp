#include "schema/wire/compress.hpp"

#include <memory>

#include <zstd.h>

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
    const bool kept = ZSTD_isError(size) == 0 && size < plain.size() && plain.size() <= size * inflation_ratio_max;
    out.resize(at + (kept ? size : 0));
    return kept;
}

Result<Bytes> inflate(ByteView compressed)
{
    const auto declared = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
    if (declared == ZSTD_CONTENTSIZE_ERROR)
        return fail(Errc::malformed, "not a zstd frame");
    if (declared == ZSTD_CONTENTSIZE_UNKNOWN)
        return fail(Errc::malformed, "compressed without its size");
    if (declared == 0)  // also what a skippable frame says of itself
        return fail(Errc::malformed, "compressed nothing");
    if (declared > inflated_bytes_max || declared > compressed.size() * inflation_ratio_max)
        return fail(Errc::too_large, "inflates beyond its bound");
    if (ZSTD_findFrameCompressedSize(compressed.data(), compressed.size()) != compressed.size())
        return fail(Errc::malformed, "compressed bytes cut short or followed by others");
    auto* const context = decompressor();
    if (context == nullptr)
        return fail(Errc::too_large, "no room to inflate");
    Bytes plain(static_cast<std::size_t>(declared));
    if (ZSTD_decompressDCtx(context, plain.data(), plain.size(), compressed.data(), compressed.size()) != plain.size())
        return fail(Errc::malformed, "compressed bytes do not inflate to their size");
    return plain;
}

}  // namespace satchel::schema::wire
