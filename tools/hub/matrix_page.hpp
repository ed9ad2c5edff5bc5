// The matrix of an agreement as data, as a spreadsheet and as a page to read and to print. Pure.
#pragma once

#include "schema/policy/matrix.hpp"
#include "sync/console/json.hpp"

namespace satchel::tools::hub {

// Roles that a part of a record treats alike, and what becomes of what they do: "when …: decides (G-1-1)", one sentence
// for each line, in the order in which they count.
struct Alike {
    std::vector<const schema::Role*> roles;
    std::map<schema::matrix::Action, std::vector<std::string>> sentences;
};
[[nodiscard]] std::vector<Alike> alike(const schema::Policy& policy, const schema::RecordType& type,
                                       const schema::Group& group);

// "Set it", "See it": what the action is called over a list.
[[nodiscard]] std::string_view heading(schema::matrix::Action action) noexcept;
[[nodiscard]] std::string_view in_words(schema::Hold hold) noexcept;
[[nodiscard]] std::string_view in_words(schema::Merge merge) noexcept;
[[nodiscard]] std::string kept(const schema::RecordType& type);  // how long: "as long as the case"

// Every field, role, action and condition; with `only`, of one record type of the agreement.
[[nodiscard]] console::Json matrix_json(const schema::Policy& policy, const schema::RecordType* only = nullptr);
// The same, one row each under a row of headings. No cell begins as a formula does.
[[nodiscard]] std::vector<std::string> matrix_csv(const schema::Policy& policy, const schema::RecordType* only = nullptr);
// One page that needs nothing else: no script, no picture, no network.
[[nodiscard]] std::string matrix_html(const schema::Policy& policy, const schema::RecordType* only = nullptr);

}  // namespace satchel::tools::hub
