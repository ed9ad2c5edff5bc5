#include "schema/base/id.hpp"

namespace satchel {
namespace {

constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

int digit(char c) noexcept
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= '2' && c <= '7')
        return c - '2' + 26;
    return -1;
}

}  // namespace

std::string base32(const std::array<std::uint8_t, 16>& bytes)
{
    std::string out;
    out.reserve(26);
    unsigned buffer = 0;
    int bits = 0;
    for (const auto b : bytes) {
        buffer = (buffer << 8) | b;
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            out.push_back(alphabet[(buffer >> bits) & 31]);
        }
    }
    out.push_back(alphabet[(buffer << (5 - bits)) & 31]);  // 128 = 25 * 5 + 3
    return out;
}

Result<std::array<std::uint8_t, 16>> parse_base32(std::string_view text)
{
    if (text.size() != 26)
        return fail(Errc::malformed, "an id has 26 characters");
    std::array<std::uint8_t, 16> out{};
    unsigned buffer = 0;
    int bits = 0;
    std::size_t n = 0;
    for (const char c : text) {
        const int d = digit(c);
        if (d < 0)
            return fail(Errc::malformed, "an id has only a-z and 2-7");
        buffer = (buffer << 5) | static_cast<unsigned>(d);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            if (n < out.size())
                out[n++] = static_cast<std::uint8_t>(buffer >> bits);
        }
    }
    if ((buffer & ((1u << bits) - 1)) != 0)
        return fail(Errc::malformed, "an id's last character carries stray bits");
    return out;
}

}  // namespace satchel
