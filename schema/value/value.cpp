#include "schema/value/value.hpp"

#include <algorithm>
#include <cstdio>

namespace satchel::schema {
namespace {

enum class Tag : std::uint8_t {
    null = 0,
    no = 1,
    yes = 2,
    integer = 3,
    decimal = 4,
    string = 5,
    date = 6,
    instant = 7,
    ref = 8,
    version = 9,
};
// Tags from here on carry a length, so that a build that does not know them can keep them.
constexpr std::uint8_t first_unknown_tag = 32;

std::uint64_t zigzag(std::int64_t v) noexcept
{
    return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
std::int64_t unzigzag(std::uint64_t v) noexcept
{
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

struct Encoder {
    Writer& out;
    void tag(Tag t) const { out.u8(static_cast<std::uint8_t>(t)); }
    void number(Tag t, std::int64_t v) const
    {
        tag(t);
        out.var(zigzag(v));
    }
    void operator()(Null) const { tag(Tag::null); }
    void operator()(bool v) const { tag(v ? Tag::yes : Tag::no); }
    void operator()(std::int64_t v) const { number(Tag::integer, v); }
    void operator()(Decimal v) const { number(Tag::decimal, v.micros); }
    void operator()(const std::string& v) const
    {
        tag(Tag::string);
        out.str(v);
    }
    void operator()(Date v) const { number(Tag::date, v.days); }
    void operator()(Instant v) const { number(Tag::instant, v.ms); }
    void operator()(const Ref& v) const
    {
        tag(Tag::ref);
        out.raw(v.record.view());
    }
    void operator()(const VersionRef& v) const
    {
        tag(Tag::version);
        out.raw(v.version.view());
    }
    void operator()(const Opaque& v) const
    {
        out.u8(v.tag);
        out.bytes(v.bytes);
    }
};

struct Printer {
    std::string operator()(Null) const { return {}; }
    std::string operator()(bool v) const { return v ? "yes" : "no"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(Decimal v) const
    {
        char out[40];
        const auto magnitude = v.micros < 0 ? 0 - static_cast<std::uint64_t>(v.micros)
                                            : static_cast<std::uint64_t>(v.micros);
        std::snprintf(out, sizeof out, "%s%llu.%06llu", v.micros < 0 ? "-" : "",
                      static_cast<unsigned long long>(magnitude / 1'000'000),
                      static_cast<unsigned long long>(magnitude % 1'000'000));
        return out;
    }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(Date v) const { return to_string(v); }
    std::string operator()(Instant v) const { return to_string(v); }
    std::string operator()(const Ref& v) const { return to_string(v.record); }
    std::string operator()(const VersionRef& v) const { return to_string(v.version); }
    std::string operator()(const Opaque&) const { return "(from a newer version)"; }
};

}  // namespace

const Value* find(const FieldValues& values, FieldId field) noexcept
{
    const auto at = std::lower_bound(values.begin(), values.end(), field,
                                     [](const FieldValue& v, FieldId f) { return v.field < f; });
    return at != values.end() && at->field == field ? &at->value : nullptr;
}

void assign(FieldValues& values, FieldId field, Value value)
{
    const auto at = std::lower_bound(values.begin(), values.end(), field,
                                     [](const FieldValue& v, FieldId f) { return v.field < f; });
    if (at != values.end() && at->field == field)
        at->value = std::move(value);
    else
        values.insert(at, FieldValue{field, std::move(value)});
}

void encode(Writer& out, const Value& value) { std::visit(Encoder{out}, value); }

Value decode_value(Reader& in)
{
    const auto tag = in.u8();
    switch (static_cast<Tag>(tag)) {
    case Tag::null:
        return Null{};
    case Tag::no:
        return false;
    case Tag::yes:
        return true;
    case Tag::integer:
        return unzigzag(in.var());
    case Tag::decimal:
        return Decimal{unzigzag(in.var())};
    case Tag::string: {
        const auto v = in.str(text_bytes_max);
        if (!is_clean_text(v))
            in.set_failed();
        return std::string(v);
    }
    case Tag::date: {
        const auto days = unzigzag(in.var());
        if (days < -100'000 || days > 100'000)
            in.set_failed();
        return Date{static_cast<std::int32_t>(days)};
    }
    case Tag::instant:
        return Instant{unzigzag(in.var())};
    case Tag::ref:
        return Ref{read_id<RecordId>(in)};
    case Tag::version:
        return VersionRef{read_id<VersionId>(in)};
    }
    if (tag < first_unknown_tag)
        in.set_failed();
    const auto bytes = in.bytes(text_bytes_max);
    return Opaque{tag, Bytes(bytes.begin(), bytes.end())};
}

void encode(Writer& out, const FieldValues& values)
{
    out.var(values.size());
    for (const auto& v : values) {
        out.u32(static_cast<std::uint32_t>(v.field));
        encode(out, v.value);
    }
}

FieldValues decode_field_values(Reader& in)
{
    FieldValues out;
    const auto n = in.count(values_per_change_max, 5);
    out.reserve(n);
    for (std::size_t i = 0; i < n && in.ok(); ++i) {
        const auto field = FieldId{in.u32()};
        if (!out.empty() && !(out.back().field < field))
            in.set_failed();
        out.push_back({field, decode_value(in)});
    }
    return out;
}

bool is_null(const Value& value) noexcept { return std::holds_alternative<Null>(value); }

std::string to_text(const Value& value) { return std::visit(Printer{}, value); }

bool is_clean_text(std::string_view text) noexcept
{
    std::size_t i = 0;
    while (i < text.size()) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x80) {
            if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
                return false;
            ++i;
            continue;
        }
        const std::size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        if (c < 0xc2 || c > 0xf4 || i + n > text.size())
            return false;
        std::uint32_t point = c & (0xff >> (n + 1));
        for (std::size_t k = 1; k < n; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xc0) != 0x80)
                return false;
            point = (point << 6) | (next & 0x3f);
        }
        const bool overlong = (n == 3 && point < 0x800) || (n == 4 && point < 0x10000);
        const bool surrogate = point >= 0xd800 && point <= 0xdfff;
        if (overlong || surrogate || point > 0x10ffff || (point >= 0x80 && point < 0xa0))
            return false;
        i += n;
    }
    return true;
}

}  // namespace satchel::schema
