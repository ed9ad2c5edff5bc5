#include "schema/base/bytes.hpp"

namespace satchel {

std::string to_hex(ByteView bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const auto b : bytes) {
        out.push_back(digits[b >> 4]);
        out.push_back(digits[b & 15]);
    }
    return out;
}

Result<Bytes> from_hex(std::string_view text)
{
    const auto nibble = [](char c) -> int {
        if (c >= '0' && c <= '9')
            return c - '0';
        if (c >= 'a' && c <= 'f')
            return c - 'a' + 10;
        return -1;
    };
    if (text.size() % 2 != 0)
        return fail(Errc::malformed, "odd number of hex digits");
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = nibble(text[i]);
        const int low = nibble(text[i + 1]);
        if (high < 0 || low < 0)
            return fail(Errc::malformed, "not a lower-case hex digit");
        out.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return out;
}

void Writer::var(std::uint64_t v)
{
    while (v >= 0x80) {
        out_.push_back(static_cast<std::uint8_t>(v | 0x80));
        v >>= 7;
    }
    out_.push_back(static_cast<std::uint8_t>(v));
}

std::uint8_t Reader::u8() noexcept
{
    if (in_.empty()) {
        set_failed();
        return 0;
    }
    const auto v = in_.front();
    in_ = in_.subspan(1);
    return v;
}

std::uint32_t Reader::u32() noexcept
{
    std::uint32_t v = 0;
    const auto b = raw(sizeof v);
    for (std::size_t i = 0; i < b.size(); ++i)
        v |= static_cast<std::uint32_t>(b[i]) << (8 * i);
    return v;
}

std::uint64_t Reader::u64() noexcept
{
    std::uint64_t v = 0;
    const auto b = raw(sizeof v);
    for (std::size_t i = 0; i < b.size(); ++i)
        v |= static_cast<std::uint64_t>(b[i]) << (8 * i);
    return v;
}

std::uint64_t Reader::var() noexcept
{
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const auto b = u8();
        if (!ok_)
            return 0;
        if (shift == 63 && b > 1)
            break;
        v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
        if ((b & 0x80) == 0) {
            if (b == 0 && shift != 0)
                break;  // overlong
            return v;
        }
    }
    set_failed();
    return 0;
}

ByteView Reader::raw(std::size_t n) noexcept
{
    if (n > in_.size()) {
        set_failed();
        return {};
    }
    const auto out = in_.first(n);
    in_ = in_.subspan(n);
    return out;
}

ByteView Reader::bytes(std::size_t max) noexcept
{
    const auto n = var();
    if (!ok_ || n > max) {
        set_failed();
        return {};
    }
    return raw(static_cast<std::size_t>(n));
}

std::size_t Reader::count(std::size_t max, std::size_t min_item_bytes) noexcept
{
    const auto n = var();
    // Divided, not multiplied: a hostile count times the item's size wraps around to a small number.
    if (!ok_ || n > max || (min_item_bytes != 0 && n > in_.size() / min_item_bytes)) {
        set_failed();
        return 0;
    }
    return static_cast<std::size_t>(n);
}

}  // namespace satchel
