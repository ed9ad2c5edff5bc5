// 16-byte identifiers of cases, records, versions, users, credentials. Printed as 26 lower-case base32 characters.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "schema/base/bytes.hpp"

namespace satchel {

// One type per kind of thing, so that a case id cannot be passed where a record id is meant.
template <class Tag>
struct TypedId {
    std::array<std::uint8_t, 16> bytes{};

    [[nodiscard]] bool empty() const noexcept { return bytes == std::array<std::uint8_t, 16>{}; }
    [[nodiscard]] ByteView view() const noexcept { return bytes; }
    auto operator<=>(const TypedId&) const noexcept = default;
};

std::string base32(const std::array<std::uint8_t, 16>& bytes);
Result<std::array<std::uint8_t, 16>> parse_base32(std::string_view text);  // exactly 26 characters, canonical

template <class Tag>
std::string to_string(const TypedId<Tag>& id)
{
    return base32(id.bytes);
}
template <class Id>
Result<Id> parse_id(std::string_view text)
{
    SATCHEL_TRY(const auto bytes, parse_base32(text));
    return Id{bytes};
}
template <class Id>
Id read_id(Reader& in)
{
    Id id;
    const auto raw = in.raw(id.bytes.size());
    if (raw.size() == id.bytes.size())
        std::memcpy(id.bytes.data(), raw.data(), raw.size());
    return id;
}
template <class Id>
Id id_from(ByteView raw)  // the first 16 bytes; the caller guarantees that there are as many
{
    SATCHEL_CHECK(raw.size() >= 16);
    Id id;
    std::memcpy(id.bytes.data(), raw.data(), id.bytes.size());
    return id;
}

using CaseId = TypedId<struct CaseTag>;
using RecordId = TypedId<struct RecordTag>;
using VersionId = TypedId<struct VersionTag>;  // names the change that set a value, or an element of a set
using ChangesetId = TypedId<struct ChangesetTag>;
using UserId = TypedId<struct UserTag>;
using CredentialId = TypedId<struct CredentialTag>;  // one user on one device in one profile
using IncarnationId = TypedId<struct IncarnationTag>;
using TaskId = TypedId<struct TaskTag>;

using Digest = std::array<std::uint8_t, 32>;  // SHA-256

struct IdHash {
    template <class Tag>
    std::size_t operator()(const TypedId<Tag>& id) const noexcept
    {
        std::uint64_t v;
        std::memcpy(&v, id.bytes.data() + 8, sizeof v);  // the tail is the random part
        return static_cast<std::size_t>(v);
    }
};

}  // namespace satchel
