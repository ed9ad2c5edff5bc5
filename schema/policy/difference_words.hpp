// The rules of an agreement as sentences in which every member is told: two that differ in anything read differently. Inside
// difference.cpp only. The paragraphs that a rule rests on are told apart from it, and what a matrix line tells is not repeated.
#pragma once

#include "schema/policy/figures.hpp"

namespace satchel::schema::difference {

[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view between = ", ");
[[nodiscard]] std::string quoted(const std::string& text);

[[nodiscard]] std::string in_words(const std::vector<Authority>& list, const Policy& policy, const RecordType* type);
[[nodiscard]] std::string in_words(const Match& match, const RecordType& type);
[[nodiscard]] std::string in_words(const Match& match, const Policy& policy);

[[nodiscard]] std::string in_words(const Agency& agency);
[[nodiscard]] std::string in_words(const Role& role);
[[nodiscard]] std::string in_words(const FactRule& rule, const Policy& policy);
[[nodiscard]] std::string in_words(const Redirect& rule, const Policy& policy, const RecordType& type);
[[nodiscard]] std::string in_words(const Gate& gate, const Policy& policy, const RecordType& type);
[[nodiscard]] std::string in_words(const Limit& limit, const RecordType& type);
[[nodiscard]] std::string in_words(const Notify& rule, const RecordType& type);
[[nodiscard]] std::string in_words(const LinkRule& rule, const RecordType& type);
[[nodiscard]] std::string in_words(const OutsideRule& rule, const Policy& policy, const RecordType& type);
[[nodiscard]] std::string in_words(const Deadline& rule, const Policy& policy);
[[nodiscard]] std::string in_words(const Figure& figure, const Policy& policy);
[[nodiscard]] std::string in_words(const EarlierWord& word, const Policy& policy);

// "none" where there is none.
[[nodiscard]] std::string in_words(const std::optional<SafeSide>& side, const Group& group);
[[nodiscard]] std::string in_words(const std::optional<Succession>& rule, const RecordType& type);
[[nodiscard]] std::string binding_in_words(const Group& group, const RecordType& type);

[[nodiscard]] std::string kept_in_words(const Policy& policy);  // earlier words, as they were written

[[nodiscard]] std::string field_in_words(const Policy& policy, FieldId field);  // "record.field"

}  // namespace satchel::schema::difference
