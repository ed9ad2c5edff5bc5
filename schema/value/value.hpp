// The typed values a field can hold, and their canonical encoding. One value has exactly one encoding.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"

namespace satchel::schema {

// Bounds, applied when a value is saved, so that nothing saved can fail to be sent later.
inline constexpr std::size_t text_bytes_max = 32 * 1024;
inline constexpr std::size_t values_per_change_max = 64;  // that decode
// What a change may state. Less than what decodes, so that what the system adds to it (an end date, a merged text) still does.
inline constexpr std::size_t values_stated_max = 31;

struct Null {
    auto operator<=>(const Null&) const noexcept = default;
};

// A number with six decimal places, held exactly: value * 1'000'000.
struct Decimal {
    std::int64_t micros = 0;
    auto operator<=>(const Decimal&) const noexcept = default;
};

// A reference to a record of the same case.
struct Ref {
    RecordId record;
    auto operator<=>(const Ref&) const noexcept = default;
};

// A reference to one version of a group: what an approval or acknowledgement binds to (G-X-3, L1-250).
struct VersionRef {
    VersionId version;
    auto operator<=>(const VersionRef&) const noexcept = default;
};

// A value as bytes of a tag that this build does not know: kept verbatim, so that a newer device's work survives.
struct Opaque {
    std::uint8_t tag = 0;
    Bytes bytes;
    auto operator<=>(const Opaque&) const noexcept = default;
};

// Text, choices, agencies, roles, postcodes and identifiers are strings; the field's type says which.
using Value =
    std::variant<Null, bool, std::int64_t, Decimal, std::string, Date, Instant, Ref, VersionRef, Opaque>;

enum class FieldId : std::uint32_t {};  // hash of "record.group.field"
enum class GroupId : std::uint32_t {};  // hash of "record.group"
enum class TypeId : std::uint32_t {};   // hash of "record"

struct FieldValue {
    FieldId field;
    Value value;
    auto operator<=>(const FieldValue&) const noexcept = default;
};

// Sorted by field id, each id once.
using FieldValues = std::vector<FieldValue>;

const Value* find(const FieldValues& values, FieldId field) noexcept;
void assign(FieldValues& values, FieldId field, Value value);  // inserts or replaces, keeps the order

void encode(Writer& out, const Value& value);
Value decode_value(Reader& in);  // fails the reader on anything not canonical
void encode(Writer& out, const FieldValues& values);
FieldValues decode_field_values(Reader& in);

[[nodiscard]] bool is_null(const Value& value) noexcept;
std::string to_text(const Value& value);  // for people and for search; ids as base32

// Well-formed UTF-8 without control characters other than newline and tab. Everything that people type passes here.
[[nodiscard]] bool is_clean_text(std::string_view text) noexcept;

// 32-bit FNV-1a: names on the wire and on disk are these hashes, so that renumbering cannot happen. The policy
// compiler refuses a bundle in which two names collide.
[[nodiscard]] constexpr std::uint32_t name_hash(std::string_view name) noexcept
{
    std::uint32_t h = 2166136261u;
    for (const char c : name) {
        h ^= static_cast<std::uint8_t>(c);
        h *= 16777619u;
    }
    return h;
}

}  // namespace satchel::schema
