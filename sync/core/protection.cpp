#include "sync/core/protection.hpp"

#include <algorithm>

namespace satchel::sync {

Protects more_protective(const schema::Group& group, const schema::FieldValues& value,
                         const schema::FieldValues& other)
{
    if (!group.safe_side)
        return Protects::same;
    const auto& side = *group.safe_side;
    const auto* a = find(value, side.field);
    const auto* b = find(other, side.field);
    if (!a || is_null(*a))
        return Protects::same;
    if (!b || is_null(*b))
        return Protects::more;
    const auto compare = [](auto mine, auto theirs) {
        return mine == theirs ? Protects::same : mine > theirs ? Protects::more : Protects::less;
    };
    switch (side.kind) {
    case schema::SafeSide::Kind::later_choice: {
        const auto& choices = group.field(side.field)->choices;
        const auto place = [&](const schema::Value& v) { return std::find(choices.begin(), choices.end(), to_text(v)) - choices.begin(); };
        return compare(place(*a), place(*b));
    }
    case schema::SafeSide::Kind::earlier: {
        const auto* mine = std::get_if<Date>(a);
        const auto* theirs = std::get_if<Date>(b);
        return mine && theirs ? compare(-mine->days, -theirs->days) : Protects::same;
    }
    case schema::SafeSide::Kind::value:
        return compare(to_text(*a) == side.value, to_text(*b) == side.value);
    }
    return Protects::same;
}

bool protects(const schema::Group& group, const schema::FieldValues& values)
{
    const auto* v = group.safe_side ? find(values, group.safe_side->field) : nullptr;
    if (!v || is_null(*v) || to_text(*v).empty())
        return false;
    switch (group.safe_side->kind) {
    case schema::SafeSide::Kind::later_choice:
        return to_text(*v) != group.field(group.safe_side->field)->choices.front();
    case schema::SafeSide::Kind::earlier:
        return true;
    case schema::SafeSide::Kind::value:
        return to_text(*v) == group.safe_side->value;
    }
    return false;
}

const schema::FieldValues& shown_values(const schema::Group& group, const GroupState& state)
{
    const auto* best = &state.current.values;
    for (const auto& item : state.open)
        if (item.kind == OpenItem::Kind::conflict && item.stands &&
            more_protective(group, item.side.values, *best) == Protects::more)
            best = &item.side.values;
    return *best;
}

const schema::FieldValues& prompting_values(const schema::Group& group, const GroupState& state)
{
    const auto* best = &state.current.values;
    for (const auto& item : state.open)
        if (!item.removes && more_protective(group, item.side.values, *best) == Protects::more)
            best = &item.side.values;
    return *best;
}

bool same_values(const schema::FieldValues& a, const schema::FieldValues& b)
{
    const auto within = [](const schema::FieldValues& some, const schema::FieldValues& all) {
        return std::all_of(some.begin(), some.end(), [&](const schema::FieldValue& v) {
            const auto* other = find(all, v.field);
            return other ? *other == v.value : is_null(v.value);
        });
    };
    return within(a, b) && within(b, a);
}

}  // namespace satchel::sync
