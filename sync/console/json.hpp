// JSON as a plain value: what the programs print, read from people, and say over the private socket. The library that
// parses it stays in json.cpp. Members keep the order in which they were added, so that answers read as they were
// written. Not for records on the wire or on disk: those have encodings of their own.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "schema/base/id.hpp"
#include "schema/base/time.hpp"

namespace satchel::console {

class Json {
public:
    using Array = std::vector<Json>;
    using Member = std::pair<std::string, Json>;
    using Object = std::vector<Member>;

    Json() noexcept = default;  // null
    Json(std::nullptr_t) noexcept {}
    Json(std::same_as<bool> auto v) noexcept : value_(v) {}
    template <std::integral T>
    requires(!std::same_as<T, bool>) Json(T v)
    noexcept : value_(static_cast<std::int64_t>(v)) {}
    Json(double v) noexcept : value_(v) {}
    Json(std::string v) noexcept : value_(std::move(v)) {}
    Json(std::string_view v) : value_(std::string(v)) {}
    Json(const char* v) : value_(std::string(v)) {}
    Json(Array v) noexcept : value_(std::move(v)) {}
    template <class Tag>
    Json(const TypedId<Tag>& id) : Json(to_string(id))
    {
    }
    Json(Instant t) : Json(to_string(t)) {}
    Json(Date d) : Json(to_string(d)) {}
    template <class T>
    Json(const std::optional<T>& v)
    {
        if (v)
            *this = Json(*v);
    }
    Json(const std::vector<std::string>& texts) : value_(Array(texts.begin(), texts.end())) {}

    static Json object(std::initializer_list<Member> members = {});
    static Json array() { return Json(Array{}); }

    [[nodiscard]] bool is_null() const noexcept { return value_.index() == 0; }
    [[nodiscard]] bool is_bool() const noexcept { return std::holds_alternative<bool>(value_); }
    [[nodiscard]] bool is_integer() const noexcept { return std::holds_alternative<std::int64_t>(value_); }
    [[nodiscard]] bool is_double() const noexcept { return std::holds_alternative<double>(value_); }
    [[nodiscard]] bool is_text() const noexcept { return std::holds_alternative<std::string>(value_); }
    [[nodiscard]] bool is_array() const noexcept { return std::holds_alternative<Array>(value_); }
    [[nodiscard]] bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }

    // Of another kind: false, 0, "" or nothing. Who must know the kind asks first.
    [[nodiscard]] bool boolean() const noexcept;
    [[nodiscard]] std::int64_t integer() const noexcept;
    [[nodiscard]] double number() const noexcept;  // integers too
    [[nodiscard]] const std::string& text() const noexcept;
    [[nodiscard]] const Array& items() const noexcept;
    [[nodiscard]] const Object& members() const noexcept;

    [[nodiscard]] const Json* find(std::string_view key) const noexcept;
    [[nodiscard]] const Json& at(std::string_view key) const noexcept;  // null when there is none
    Json& operator[](std::string_view key);  // null becomes an object; the member is added when there is none
    void add(Member member);                 // null becomes an object; the caller knows that the key is a new one
    void push(Json item);                    // null becomes an array

    bool operator==(const Json&) const = default;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// One line. Always valid UTF-8: bytes that are not become U+FFFD.
std::string to_text(const Json& json);

struct JsonLimits {
    std::size_t bytes = 1u << 20;
    std::size_t depth = 32;
};
// Exactly one value. too_large, or malformed with the place and the reason ("column 17: …"); a key given twice is
// malformed, as one of the two would be lost. The text itself is never repeated in the error.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace satchel::console
