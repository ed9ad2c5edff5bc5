// Field values: from what people type, and back to whether they may stand. Declared in identifiers.hpp.
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "schema/base/nearest.hpp"
#include "schema/value/identifiers.hpp"

namespace satchel::schema {
namespace {

std::string_view trimmed(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\n'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n'))
        text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::size_t bytes_max(FieldType type) noexcept
{
    if (is_identifier(type))
        return identifier_bytes_max;
    return type == FieldType::note ? text_bytes_max : line_bytes_max;
}

std::optional<std::string> text_problem(FieldType type, std::string_view text)
{
    if (text.size() > bytes_max(type))
        return "it is longer than " + std::to_string(bytes_max(type)) + " bytes";
    if (!is_clean_text(text))
        return "it holds control characters or is not UTF-8";
    return {};
}

std::string choices_of(const Field& field)
{
    std::string out;
    for (const auto& choice : field.choices)
        out += (out.empty() ? "" : ", ") + choice;
    return out;
}

std::optional<std::string> choice_problem(const Field& field, std::string_view text)
{
    if (field.choices.empty() ||
        std::find(field.choices.begin(), field.choices.end(), text) != field.choices.end())
        return {};
    return "it is one of: " + choices_of(field) + did_you_mean(text, field.choices);
}

tl::unexpected<Error> invalid(const Field& field, const std::string& rule)
{
    return fail(Errc::invalid_argument, field.name + ": " + rule);
}

// D/M/YYYY as people write it, into YYYY-MM-DD.
std::string iso_date(std::string_view text)
{
    const auto first = text.find('/');
    const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
    if (second == std::string_view::npos || first > 2 || second - first > 3 || text.size() - second != 5)
        return std::string(text);
    const auto two = [](std::string_view part) { return part.size() == 1 ? "0" + std::string(part) : std::string(part); };
    return std::string(text.substr(second + 1)) + "-" + two(text.substr(first + 1, second - first - 1)) + "-" +
           two(text.substr(0, first));
}

std::optional<std::int64_t> whole(std::string_view text)
{
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size())
        return {};
    return n;
}

// At most six decimal places and twelve digits before them: exact, no binary fraction in between.
std::optional<Decimal> decimal(std::string_view text)
{
    const bool negative = text.starts_with('-');
    if (negative)
        text.remove_prefix(1);
    const auto dot = text.find('.');
    const auto before = text.substr(0, dot);
    std::string after(dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1));
    const auto digits = [](std::string_view part) {
        return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (before.empty() || before.size() > 12 || after.size() > 6 || !digits(before) || !digits(after) ||
        (dot != std::string_view::npos && after.empty()))
        return {};
    after.resize(6, '0');
    const auto micros = *whole(before) * 1'000'000 + *whole(after);
    return Decimal{negative ? -micros : micros};
}

}  // namespace

Result<Value> parse_field_value(const Field& field, std::string_view typed)
{
    const auto text = trimmed(typed);
    if (text.empty())
        return Value{Null{}};
    switch (field.type) {
    case FieldType::text:
    case FieldType::note:
        if (const auto problem = text_problem(field.type, text))
            return invalid(field, *problem);
        return Value{std::string(text)};
    case FieldType::choice:
    case FieldType::agency:
    case FieldType::role: {
        if (const auto problem = choice_problem(field, text)) {
            const auto folded = lower(text);
            if (choice_problem(field, folded))
                return invalid(field, *problem);
            return Value{folded};
        }
        return Value{std::string(text)};
    }
    case FieldType::boolean: {
        const auto word = lower(text);
        if (word == "yes" || word == "y" || word == "true")
            return Value{true};
        if (word == "no" || word == "n" || word == "false")
            return Value{false};
        return invalid(field, "it is yes or no");
    }
    case FieldType::date: {
        const auto date = parse_date(iso_date(text));
        if (!date)
            return invalid(field, "it is a date, as in 2026-03-27 or 27/3/2026");
        return Value{*date};
    }
    case FieldType::instant: {
        const auto instant = parse_instant(text);
        if (!instant)
            return invalid(field, "it is a time, as in 2026-03-27T16:30:00Z");
        return Value{*instant};
    }
    case FieldType::integer:
        if (const auto n = whole(text))
            return Value{*n};
        return invalid(field, "it is a whole number");
    case FieldType::decimal:
        if (const auto n = decimal(text))
            return Value{*n};
        return invalid(field, "it is a number with at most six decimal places");
    case FieldType::ref: {
        const auto id = parse_id<RecordId>(text);
        if (!id)
            return invalid(field, "it is the id of a record: 26 letters and digits");
        return Value{Ref{*id}};
    }
    case FieldType::version: {
        const auto id = parse_id<VersionId>(text);
        if (!id)
            return invalid(field, "it is the id of a version: 26 letters and digits");
        return Value{VersionRef{*id}};
    }
    case FieldType::postcode:
    case FieldType::crn:
    case FieldType::prison_number:
    case FieldType::pnc:
    case FieldType::cro:
    case FieldType::identifier:
        if (const auto problem = text_problem(field.type, text))
            return invalid(field, *problem);
        return Value{check_identifier(field.type, text).normalised};
    }
    return invalid(field, "its type is not known here");
}

std::optional<std::string> value_problem(const Field& field, const Value& value)
{
    if (is_null(value) || std::holds_alternative<Opaque>(value))
        return {};
    switch (field.type) {
    case FieldType::boolean:
        return std::holds_alternative<bool>(value) ? std::nullopt : std::optional<std::string>("it is yes or no");
    case FieldType::date:
        return std::holds_alternative<Date>(value) ? std::nullopt : std::optional<std::string>("it is a date");
    case FieldType::instant:
        return std::holds_alternative<Instant>(value) ? std::nullopt : std::optional<std::string>("it is a time");
    case FieldType::integer:
        return std::holds_alternative<std::int64_t>(value) ? std::nullopt
                                                           : std::optional<std::string>("it is a whole number");
    case FieldType::decimal:
        return std::holds_alternative<Decimal>(value) ? std::nullopt : std::optional<std::string>("it is a number");
    case FieldType::ref:
        return std::holds_alternative<Ref>(value) ? std::nullopt : std::optional<std::string>("it names a record");
    case FieldType::version:
        return std::holds_alternative<VersionRef>(value) ? std::nullopt
                                                         : std::optional<std::string>("it names a version");
    default:
        break;
    }
    const auto* text = std::get_if<std::string>(&value);
    if (!text)
        return "it is text";
    if (auto problem = text_problem(field.type, *text))
        return problem;
    return choice_problem(field, *text);
}

std::optional<std::string> value_warning(const Field& field, const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    if (!text || text->empty() || !is_identifier(field.type))
        return {};
    auto check = check_identifier(field.type, *text);
    if (check.wellformed)
        return {};
    return std::move(check.reason);
}

}  // namespace satchel::schema
