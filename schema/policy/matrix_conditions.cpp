#include "schema/policy/matrix_conditions.hpp"

#include <algorithm>

namespace satchel::schema::matrix {
namespace {

using Kind = Atom::Kind;

bool same_subject(const Atom& a, const Atom& b)
{
    return a.kind == b.kind && a.name == b.name && a.field == b.field && a.group == b.group;
}

bool has_values(const Atom& a)
{
    return a.kind == Kind::fact || a.kind == Kind::change || a.kind == Kind::recorded || a.kind == Kind::named ||
           a.kind == Kind::referred;
}

bool implied(const Atom& atom, const Condition& by)
{
    return std::any_of(by.begin(), by.end(), [&](const Atom& one) {
        if (one == atom)
            return true;
        if (!same_subject(one, atom) || !has_values(atom) || one.negated)
            return false;
        return std::all_of(one.values.begin(), one.values.end(),
                           [&](const std::string& value) { return contains(atom.values, value) != atom.negated; });
    });
}

}  // namespace

bool contains(const std::vector<std::string>& list, std::string_view item)
{
    return std::find(list.begin(), list.end(), item) != list.end();
}

std::optional<Condition> simplified(const Condition& in)
{
    Condition out;
    for (const auto& atom : in) {
        if (has_values(atom) && !atom.negated) {
            const auto at = std::find_if(out.begin(), out.end(),
                                         [&](const Atom& one) { return !one.negated && same_subject(one, atom); });
            if (at != out.end()) {
                std::erase_if(at->values, [&](const std::string& value) { return !contains(atom.values, value); });
                continue;
            }
        }
        if (std::find(out.begin(), out.end(), atom) == out.end())
            out.push_back(atom);
    }
    for (auto& atom : out) {
        if (atom.negated)
            continue;
        for (const auto& other : out)
            if (other.negated && same_subject(other, atom)) {
                if (!has_values(atom))
                    return std::nullopt;
                std::erase_if(atom.values, [&](const std::string& value) { return contains(other.values, value); });
            }
        if (has_values(atom) && atom.values.empty())
            return std::nullopt;
    }
    const auto told = [&](const Atom& atom) {  // a value that the condition names is not one that it excludes
        return atom.negated && std::any_of(out.begin(), out.end(),
                                           [&](const Atom& one) { return !one.negated && same_subject(one, atom); });
    };
    Condition kept;
    std::copy_if(out.begin(), out.end(), std::back_inserter(kept), [&](const Atom& atom) { return !told(atom); });
    return kept;
}

Any both(const Any& left, const Any& right)
{
    Any out;
    for (const auto& l : left)
        for (const auto& r : right) {
            auto joined = l;
            joined.insert(joined.end(), r.begin(), r.end());
            if (auto one = simplified(joined))
                out.push_back(*std::move(one));
        }
    return out;
}

Any either(Any left, const Any& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Any reduced(const Any& in)
{
    Any out;
    for (const auto& one : in) {
        if (one.empty())
            return always;
        if (std::find(out.begin(), out.end(), one) == out.end())
            out.push_back(one);
    }
    return out;
}

Any opposite(const Any& of)
{
    Any out = always;
    for (const auto& condition : of) {
        Any fails;
        for (auto atom : condition) {
            atom.negated = !atom.negated;
            fails.push_back({atom});
        }
        out = both(out, fails);
    }
    return out;
}

Lines reachable(const Lines& in)
{
    Lines out;
    for (const auto& line : in) {
        const bool met = std::any_of(out.begin(), out.end(), [&](const Line& earlier) {
            return std::all_of(earlier.when.begin(), earlier.when.end(),
                               [&](const Atom& atom) { return implied(atom, line.when); });
        });
        if (!met)
            out.push_back(line);
    }
    return out;
}

Atom plain(Kind kind, GroupId group)
{
    Atom out;
    out.kind = kind;
    out.group = group;
    return out;
}

Atom of_fact(std::string name, std::vector<std::string> values)
{
    Atom out;
    out.name = std::move(name);
    out.values = std::move(values);
    return out;
}

Atom of_field(Kind kind, FieldId field, std::vector<std::string> values, GroupId group)
{
    Atom out = plain(kind, group);
    out.field = field;
    out.values = std::move(values);
    return out;
}

Any when(const Match& match, Kind values_of)
{
    Condition out;
    for (const auto& [fact, values] : match.facts)
        out.push_back(of_fact(fact, values));
    for (const auto& [field, values] : match.values)
        out.push_back(of_field(values_of, field, values));
    return {out};
}

}  // namespace satchel::schema::matrix
