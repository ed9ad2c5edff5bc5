// The encoding behind schema/wire/archive.hpp: two cereal archives of our own. Heavy: only for the .cpp files that
// instantiate messages.
//
// cereal's own archives trust every length they read (a 9-byte message makes them allocate 4 GiB) and follow pointers
// that the peer describes. Here each length is held against the bytes that are left before anything is allocated,
// elements and depth have budgets, and only the types below can be archived at all.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <cereal/cereal.hpp>

#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/wire/archive.hpp"

namespace satchel::schema::wire {

class BoundedOutput : public cereal::OutputArchive<BoundedOutput, cereal::AllowEmptyClassElision> {
public:
    explicit BoundedOutput(Bytes& bytes) noexcept : OutputArchive(this), out(bytes) {}
    Writer out;
};

// Thrown between an archive function and unpack(), never further. cereal has no other way to stop half-way.
struct BadInput : std::exception {
    BadInput(Errc error, const char* reason) noexcept : code(error), why(reason) {}
    Errc code;
    const char* why;
};

class BoundedInput : public cereal::InputArchive<BoundedInput, cereal::AllowEmptyClassElision> {
public:
    BoundedInput(ByteView bytes, ArchiveLimits limits) noexcept
        : InputArchive(this), in(bytes), elements_left_(limits.elements), depth_left_(limits.depth)
    {
    }

    Reader in;

    // A count of elements that each take at least one byte.
    std::size_t count()
    {
        const auto n = in.var();
        require(in.ok() && n <= in.left(), "a count exceeds the bytes that follow");
        if (n > elements_left_)
            throw BadInput(Errc::too_large, "more elements than a message may have");
        elements_left_ -= static_cast<std::size_t>(n);
        return static_cast<std::size_t>(n);
    }
    ByteView blob()
    {
        const auto bytes = in.bytes(in.left());
        require(in.ok(), "a length exceeds the bytes that follow");
        return bytes;
    }
    void raw(std::uint8_t* to, std::size_t n)
    {
        const auto bytes = in.raw(n);
        require(in.ok(), "the message ends early");
        std::copy(bytes.begin(), bytes.end(), to);
    }
    static void require(bool holds, const char* why)
    {
        if (!holds) [[unlikely]]
            throw BadInput(Errc::malformed, why);
    }

    // Held while inside a vector or optional: only through these can a type contain itself, and so only through
    // these can bytes drive the stack.
    class Level {
    public:
        explicit Level(BoundedInput& archive) : archive_(archive)
        {
            if (archive.depth_left_ == 0)
                throw BadInput(Errc::too_large, "nested deeper than a message may be");
            --archive.depth_left_;
        }
        ~Level() { ++archive_.depth_left_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

    private:
        BoundedInput& archive_;
    };

private:
    std::size_t elements_left_;
    std::size_t depth_left_;
};

}  // namespace satchel::schema::wire

CEREAL_SETUP_ARCHIVE_TRAITS(satchel::schema::wire::BoundedInput, satchel::schema::wire::BoundedOutput)

namespace satchel::schema::wire {

// Integers. bool is its own case; char and wide characters are text, not numbers, and have no overload.
template <class T>
concept WireInteger = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                      !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> && !std::same_as<T, char16_t> &&
                      !std::same_as<T, char32_t>;

template <WireInteger T>
void save(BoundedOutput& archive, const T& v)
{
    if constexpr (sizeof(T) == 1)
        archive.out.u8(static_cast<std::uint8_t>(v));
    else if constexpr (std::is_unsigned_v<T>)
        archive.out.var(v);
    else {
        const auto wide = static_cast<std::int64_t>(v);
        archive.out.var((static_cast<std::uint64_t>(wide) << 1) ^ static_cast<std::uint64_t>(wide >> 63));
    }
}
template <WireInteger T>
void load(BoundedInput& archive, T& v)
{
    if constexpr (sizeof(T) == 1)
        v = static_cast<T>(archive.in.u8());
    else {
        const auto raw = archive.in.var();
        if constexpr (std::is_unsigned_v<T>) {
            BoundedInput::require(raw <= std::numeric_limits<T>::max(), "a number exceeds its type");
            v = static_cast<T>(raw);
        } else {
            const auto wide = static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
            BoundedInput::require(wide >= std::numeric_limits<T>::min() && wide <= std::numeric_limits<T>::max(),
                                  "a number exceeds its type");
            v = static_cast<T>(wide);
        }
    }
    BoundedInput::require(archive.in.ok(), "a number is cut short or overlong");
}

template <std::same_as<bool> T>
void save(BoundedOutput& archive, const T& v)
{
    archive.out.u8(v ? 1 : 0);
}
template <std::same_as<bool> T>
void load(BoundedInput& archive, T& v)
{
    const auto raw = archive.in.u8();
    BoundedInput::require(archive.in.ok() && raw <= 1, "a truth value is neither 0 nor 1");
    v = raw == 1;
}

// Enums travel as their underlying integer (cereal does that by itself); this judges them when they have arrived.
template <class E>
    requires std::is_enum_v<E>
void epilogue(BoundedInput&, const E& v)
{
    if constexpr (requires { { is_known(v) } -> std::convertible_to<bool>; })
        BoundedInput::require(is_known(v), "a choice is not one of those known");
}

inline void save(BoundedOutput& archive, const std::string& v)
{
    archive.out.str(v);
}
inline void load(BoundedInput& archive, std::string& v)
{
    v = text(archive.blob());
}

inline void save(BoundedOutput& archive, const Bytes& v)
{
    archive.out.bytes(v);
}
inline void load(BoundedInput& archive, Bytes& v)
{
    const auto bytes = archive.blob();
    v.assign(bytes.begin(), bytes.end());
}

template <std::size_t N>
void save(BoundedOutput& archive, const std::array<std::uint8_t, N>& v)
{
    archive.out.raw(v);
}
template <std::size_t N>
void load(BoundedInput& archive, std::array<std::uint8_t, N>& v)
{
    archive.raw(v.data(), N);
}

template <class Tag>
void save(BoundedOutput& archive, const TypedId<Tag>& v)
{
    save(archive, v.bytes);
}
template <class Tag>
void load(BoundedInput& archive, TypedId<Tag>& v)
{
    load(archive, v.bytes);
}

inline void save(BoundedOutput& archive, const Instant& v)
{
    save(archive, v.ms);
}
inline void load(BoundedInput& archive, Instant& v)
{
    load(archive, v.ms);
}
inline void save(BoundedOutput& archive, const Date& v)
{
    save(archive, v.days);
}
inline void load(BoundedInput& archive, Date& v)
{
    load(archive, v.days);
}

// An element that takes no byte would let a count of any size follow: there is none.
template <class T>
concept WireElement = !std::is_empty_v<T> && !std::same_as<T, bool> && !std::same_as<T, std::uint8_t>;

template <WireElement T>
void save(BoundedOutput& archive, const std::vector<T>& v)
{
    archive.out.var(v.size());
    for (const auto& element : v)
        archive(element);
}
template <WireElement T>
void load(BoundedInput& archive, std::vector<T>& v)
{
    const BoundedInput::Level level(archive);
    const auto n = archive.count();
    v.clear();
    // Memory follows the elements that really arrive: a count may claim one per byte, and an element may be large.
    v.reserve(std::min<std::size_t>(n, 256));
    for (std::size_t i = 0; i < n; ++i)
        archive(v.emplace_back());
}

template <class T>
void save(BoundedOutput& archive, const std::optional<T>& v)
{
    archive.out.u8(v ? 1 : 0);
    if (v)
        archive(*v);
}
template <class T>
void load(BoundedInput& archive, std::optional<T>& v)
{
    const BoundedInput::Level level(archive);
    bool present = false;
    load(archive, present);
    v.reset();
    if (present)
        archive(v.emplace());
}

template <class M>
Bytes pack(const M& message)
{
    Bytes bytes;
    BoundedOutput archive(bytes);
    archive(message);
    return bytes;
}

template <class M>
Result<M> unpack(ByteView bytes, ArchiveLimits limits)
{
    try {
        M message{};
        BoundedInput archive(bytes, limits);
        archive(message);
        BoundedInput::require(archive.in.at_end(), "bytes follow the message");
        return message;
    } catch (const BadInput& bad) {
        return fail(bad.code, bad.why);
    } catch (const std::exception&) {  // out of memory: as if it had been refused
        return fail(Errc::too_large, "no room for the message");
    }
}

}  // namespace satchel::schema::wire

// Instantiates the encoding of one message type. At namespace scope of exactly one .cpp.
#define SATCHEL_WIRE_MESSAGE(M)                                                                              \
    template ::satchel::Bytes satchel::schema::wire::pack<M>(const M&);                                      \
    template ::satchel::Result<M> satchel::schema::wire::unpack<M>(::satchel::ByteView,                      \
                                                                   ::satchel::schema::wire::ArchiveLimits)
