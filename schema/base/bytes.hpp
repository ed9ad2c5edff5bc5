// Byte strings, and the little-endian writer and bounded reader under every encoding of ours.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.hpp"

namespace satchel {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView view(std::string_view text) noexcept
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text(ByteView bytes) noexcept
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view text);

// Appends to a Bytes. Integers are little-endian; var() is LEB128, at most 10 bytes.
class Writer {
public:
    explicit Writer(Bytes& out) noexcept : out_(out) {}

    void u8(std::uint8_t v) { out_.push_back(v); }
    void u32(std::uint32_t v) { fixed(v); }
    void u64(std::uint64_t v) { fixed(v); }
    void i64(std::int64_t v) { fixed(static_cast<std::uint64_t>(v)); }
    void var(std::uint64_t v);
    void raw(ByteView v) { out_.insert(out_.end(), v.begin(), v.end()); }
    void bytes(ByteView v)  // length, then content
    {
        var(v.size());
        raw(v);
    }
    void str(std::string_view v) { bytes(view(v)); }

    [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }

private:
    template <class T>
    void fixed(T v)
    {
        std::uint8_t b[sizeof v];
        for (auto& byte : b) {
            byte = static_cast<std::uint8_t>(v & 0xff);
            v = static_cast<T>(v >> 8);
        }
        // Not raw(b): g++ 12 takes an inlined insert() of a known few bytes for an overflow.
        const auto at = out_.size();
        out_.resize(at + sizeof b);
        std::memcpy(out_.data() + at, b, sizeof b);
    }
    Bytes& out_;
};

// Reads what a Writer wrote, from bytes that may be hostile. A failed read leaves the reader failed for good and
// returns zero or empty values, so a decoder can read a whole structure and test ok() once. Every length is
// checked against what is left before anything is allocated.
class Reader {
public:
    explicit Reader(ByteView in) noexcept : in_(in) {}

    std::uint8_t u8() noexcept;
    std::uint32_t u32() noexcept;
    std::uint64_t u64() noexcept;
    std::int64_t i64() noexcept { return static_cast<std::int64_t>(u64()); }
    std::uint64_t var() noexcept;                   // refuses overlong forms: one value, one encoding
    ByteView raw(std::size_t n) noexcept;           // a view into the input
    ByteView bytes(std::size_t max) noexcept;       // length-prefixed, at most max
    std::string_view str(std::size_t max) noexcept  // length-prefixed UTF-8; the caller validates the text
    {
        return text(bytes(max));
    }
    // A count of items that each take at least min_item_bytes: refuses more than can still follow.
    std::size_t count(std::size_t max, std::size_t min_item_bytes = 1) noexcept;

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool at_end() const noexcept { return ok_ && in_.empty(); }
    [[nodiscard]] std::size_t left() const noexcept { return in_.size(); }
    void set_failed() noexcept
    {
        ok_ = false;
        in_ = {};
    }

private:
    ByteView in_;
    bool ok_ = true;
};

}  // namespace satchel
