// Which line counts in one state of a case.
#include <algorithm>

#include "schema/policy/matrix_desk.hpp"
#include "schema/value/identifiers.hpp"

namespace satchel::schema::matrix {
namespace {

using Kind = Atom::Kind;

std::string_view value_of(const std::map<FieldId, std::string>& values, FieldId field)
{
    const auto at = values.find(field);
    return at == values.end() ? std::string_view() : std::string_view(at->second);
}

class Judge {
public:
    Judge(const Policy& policy, const RecordType& type, const Role& role, const Situation& situation)
        : policy_(policy), type_(type), role_(role), in_(situation)
    {
    }

    [[nodiscard]] bool all(const Condition& condition) const
    {
        return std::all_of(condition.begin(), condition.end(),
                           [&](const Atom& atom) { return so(atom) != atom.negated; });
    }

private:
    [[nodiscard]] bool so(const Atom& atom) const
    {
        switch (atom.kind) {
        case Kind::fact: {
            const auto at = in_.facts.find(atom.name);
            return contains(atom.values, at == in_.facts.end() ? std::string_view() : std::string_view(at->second));
        }
        case Kind::change:
            return contains(atom.values, value_of(in_.change, atom.field));
        case Kind::recorded:
            return contains(atom.values, recorded(atom));
        case Kind::named:
            return contains(atom.values, in_.recorded.contains(atom.field) ? value_of(in_.recorded, atom.field)
                                                                           : value_of(in_.change, atom.field));
        case Kind::lowers:
        case Kind::raises: {
            const auto now = recorded(atom);
            const auto next = value_of(in_.change, atom.field);
            if (now.empty() || next.empty())
                return false;
            const auto steps = place(atom, next) - place(atom, now);
            return atom.kind == Kind::lowers ? steps < 0 : steps > 0;
        }
        case Kind::no_step:
            return no_step(atom);
        case Kind::supplier:
            return in_.supplier;
        case Kind::author:
            return in_.author;
        case Kind::own_request:
            return in_.own_request;
        case Kind::own_element:
            return in_.own_element;
        case Kind::empty:
            return !in_.filled.contains(atom.group);
        case Kind::others_work:
            return in_.others_work.contains(atom.group);
        case Kind::referred: {
            return contains(atom.values, value_of(in_.referred, atom.field));
        }
        case Kind::hidden:
            return hidden(*type_.group(atom.group));
        case Kind::unseen:
            return std::all_of(type_.groups.begin(), type_.groups.end(), [&](const Group& g) { return hidden(g); });
        case Kind::blind:
            return blind(*type_.group(atom.group));
        case Kind::gate:
            return in_.met.contains(atom.name);
        }
        return false;
    }

    // To those who neither see nor decide a part, there is nothing in it.
    [[nodiscard]] std::string_view recorded(const Atom& atom) const
    {
        const auto* group = type_.group(atom.group);
        return group && blind(*group) ? std::string_view() : value_of(in_.recorded, atom.field);
    }
    [[nodiscard]] bool hidden(const Group& group) const
    {
        const auto seen = Desk(policy_, type_, role_).sight(group);
        const auto* line = matrix::first(seen, policy_, type_, role_, in_);
        return !line || line->answer == Answer::hidden;
    }
    [[nodiscard]] bool blind(const Group& group) const
    {
        if (!hidden(group))
            return false;
        const Desk desk(policy_, type_, role_);
        for (const auto& clause : group.owner)
            if (any(when(clause.when)))
                return !any(desk.holds(clause.is, On::record));
        return true;
    }
    [[nodiscard]] bool any(const Any& conditions) const
    {
        return std::any_of(conditions.begin(), conditions.end(), [&](const Condition& one) { return all(one); });
    }
    [[nodiscard]] std::ptrdiff_t place(const Atom& atom, std::string_view value) const
    {
        const auto* field = type_.group(atom.group)->field(atom.field);
        if (field->type == FieldType::date || field->type == FieldType::integer)
            if (const auto parsed = parse_field_value(*field, value)) {
                const auto* date = std::get_if<Date>(&*parsed);
                return static_cast<std::ptrdiff_t>(date ? date->days : std::get<std::int64_t>(*parsed));
            }
        return std::find(field->choices.begin(), field->choices.end(), value) - field->choices.begin();
    }
    [[nodiscard]] bool no_step(const Atom& atom) const
    {
        const auto& steps = type_.group(atom.group)->transitions;
        const auto to = in_.change.find(atom.field);
        if (to == in_.change.end())
            return false;
        const auto from = recorded(atom);
        return from != to->second && std::none_of(steps.begin(), steps.end(), [&](const Transition& step) {
                   return step.from == from && step.to == to->second;
               });
    }

    const Policy& policy_;
    const RecordType& type_;
    const Role& role_;
    const Situation& in_;
};

template <class Line>
const Line* first_of(const std::vector<Line>& lines, const Judge& judge)
{
    const auto at = std::find_if(lines.begin(), lines.end(), [&](const Line& line) { return judge.all(line.when); });
    return at == lines.end() ? nullptr : &*at;
}

}  // namespace

const Line* first(const Lines& lines, const Policy& policy, const RecordType& type, const Role& role,
                  const Situation& situation)
{
    return first_of(lines, Judge(policy, type, role, situation));
}

const Raised* first(const std::vector<Raised>& raised, const Policy& policy, const RecordType& type, const Role& role,
                    const Situation& situation)
{
    return first_of(raised, Judge(policy, type, role, situation));
}

}  // namespace satchel::schema::matrix
