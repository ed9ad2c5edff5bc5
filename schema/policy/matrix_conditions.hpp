// The conditions of the matrix: what has to be so for a line to count, and how such are joined. Inside matrix*.cpp only.
#pragma once

#include "schema/policy/matrix.hpp"

namespace satchel::schema::matrix {

using Any = std::vector<Condition>;  // any of them; empty: never
inline const Any always{{}};

[[nodiscard]] bool contains(const std::vector<std::string>& list, std::string_view item);

// The same condition in the fewest atoms; nothing if it cannot hold.
[[nodiscard]] std::optional<Condition> simplified(const Condition& in);
[[nodiscard]] Any both(const Any& left, const Any& right);
[[nodiscard]] Any either(Any left, const Any& right);
[[nodiscard]] Any opposite(const Any& of);
// Without what another of them says already.
[[nodiscard]] Any reduced(const Any& in);

// Lines that an earlier one leaves nothing to are left out.
[[nodiscard]] Lines reachable(const Lines& in);

[[nodiscard]] Atom plain(Atom::Kind kind, GroupId group = {});
[[nodiscard]] Atom of_fact(std::string name, std::vector<std::string> values);
[[nodiscard]] Atom of_field(Atom::Kind kind, FieldId field, std::vector<std::string> values, GroupId group = {});
[[nodiscard]] Any when(const Match& match, Atom::Kind values_of = Atom::Kind::change);

}  // namespace satchel::schema::matrix
