// What people type, as typed values: identifiers with their check letters, postcodes, dates, choices. Pure.
//
// A wrong identifier is kept as typed and flagged, never dropped: the officer may be holding the paper.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/policy/policy.hpp"

namespace satchel::schema {

inline constexpr std::size_t identifier_bytes_max = 64;
inline constexpr std::size_t line_bytes_max = 4 * 1024;  // of a field of type text; a note has text_bytes_max

struct IdentifierCheck {
    std::string normalised;  // the usual spelling; the text as typed, trimmed, when it is not well formed
    bool wellformed = false;
    std::string reason;  // why not, for people: "the check letter should be W"; never the identifier itself
};

// crn, prison_number, pnc, cro, postcode and identifier (any scheme: only trimmed). Accepts the usual spellings:
// lower case, spaces, a PNC with two or four digits of year, with or without slash and leading zeros. A two-digit
// year lies in 1950 to 2049: no clock is asked, so that every device spells an identifier alike.
IdentifierCheck check_identifier(FieldType type, std::string_view text);

// The same by the name of a scheme, where a record keeps {scheme, value}: "crn", "prison_number", "pnc", "cro",
// "postcode"; any other scheme is only trimmed.
IdentifierCheck check_scheme(std::string_view scheme, std::string_view text);

// Is the type one of those?
[[nodiscard]] bool is_identifier(FieldType type) noexcept;

// The check letter of a PNC (serial of 7 digits) or CRO (serial of 6, or as written in the SF form) from a two-digit
// year and the serial's digits.
char check_letter(int year, std::string_view serial) noexcept;

// What a user typed for a field. Empty text is Null: the value is cleared. Fails with invalid_argument and a sentence
// that names the field's rule (and the nearest choice), never with the text itself. Dates are YYYY-MM-DD or D/M/YYYY.
Result<Value> parse_field_value(const Field& field, std::string_view text);

// Why a value from elsewhere may not stand in a field: wrong type, out of bounds, not a choice. Identifiers that fail
// their check are admissible. Values of a newer schema (Opaque) are, too.
std::optional<std::string> value_problem(const Field& field, const Value& value);

// What to flag beside a value that is admissible but looks wrong.
std::optional<std::string> value_warning(const Field& field, const Value& value);

}  // namespace satchel::schema
