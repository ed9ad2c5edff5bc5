// Words of earlier editions: what an import takes each of them to mean, and where it keeps it as it was written. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/value/value.hpp"

namespace satchel::schema {

inline constexpr std::size_t earlier_word_bytes_max = 256;

// Where a word may count besides in a field: wherever an agency or a role is named.
inline constexpr std::string_view any_agency = "agency";
inline constexpr std::string_view any_role = "role";

struct EarlierWord {
    std::string in;        // where it counts: "record.field" of a choice, any_agency or any_role
    std::string word;      // as the agreement writes it
    std::string means;     // a choice of that field; the name of an agency or a role
    std::string in_words;  // the same, for people
    FieldValues keep;      // what is said of it besides, where it is kept
    std::vector<std::string> refs;

    [[nodiscard]] bool of_a_field() const noexcept { return in != any_agency && in != any_role; }
};

struct EarlierWords {
    TypeId type{};  // of the record that keeps a word, and its group
    GroupId group{};
    FieldId written{};                 // the word as it was written
    std::optional<FieldId> present;    // what it means now
    std::optional<FieldId> stood_in;   // of a field's: the record in which it stood
    std::optional<FieldId> stood_as;   // and the field there, "record.field"
    std::vector<std::string> refs;
    std::vector<EarlierWord> words;    // empty: nothing is mapped

    // Null where it is none, and where it could be roles of several agencies; with `agency`, only its own are meant.
    [[nodiscard]] const EarlierWord* find(std::string_view in, std::string_view written_word, std::string_view agency = {}) const;
};

// Two spellings of a word are one: case (of a to z), blanks, underscores and dashes do not tell words apart.
[[nodiscard]] std::string same_word(std::string_view text);

[[nodiscard]] bool is_role_of(std::string_view role, std::string_view agency) noexcept;

}  // namespace satchel::schema
