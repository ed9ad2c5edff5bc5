#include "schema/policy/matrix.hpp"

#include <array>

#include "schema/policy/matrix_desk.hpp"

namespace satchel::schema::matrix {
namespace {

using Kind = Atom::Kind;

constexpr std::array<std::string_view, 6> actions{"create", "set", "add", "remove", "withdraw", "see"};
constexpr std::array<std::string_view, 6> answers{"decides", "suggests", "refused", "nothing", "sees", "hidden"};

}  // namespace

std::string_view name(Action action) noexcept { return actions[static_cast<std::size_t>(action)]; }
std::string_view name(Answer answer) noexcept { return answers[static_cast<std::size_t>(answer)]; }

bool applies(const RecordType& type, const Group& group, Action action) noexcept
{
    const bool set = group.merge == Merge::append || group.merge == Merge::add_wins;
    switch (action) {
    case Action::set:
        return !set;
    case Action::add:
    case Action::remove:
        return set;
    case Action::withdraw:
        return group.id == type.groups.front().id;
    case Action::create:
    case Action::see:
        return true;
    }
    return false;
}

Lines lines(const Policy& policy, const RecordType& type, const Group& group, const Role& role, Action action)
{
    const Desk desk(policy, type, role);
    return action == Action::see ? desk.sight(group) : desk.written(group, action);
}

std::vector<Raised> raised(const Policy& policy, const RecordType& type, const Group& group, const Role& role,
                           Action action)
{
    std::vector<Raised> out;
    const bool first_or_set = action == Action::create || action == Action::set;
    if (type.kind != RecordType::Kind::event || !first_or_set || !applies(type, group, Action::set))
        return out;
    const Desk desk(policy, type, role);
    Any open = always;
    if (action == Action::set)  // what the role does not see is not found; another agency's account is not corrected
        open = both(opposite(desk.is_unseen()), {{plain(Kind::supplier)}});
    for (const auto& rule : type.outside) {
        auto given = when(rule.when);
        if (rule.ref)
            given = both(given, {{of_field(Kind::referred, *rule.ref, rule.ref_values)}});
        if (rule.ref || !rule.when.empty())
            for (auto& condition : both(given, open))
                out.push_back({std::move(condition), rule.id, rule.refs, rule.say});
    }
    if (action == Action::create)
        for (const auto& condition : opposite(desk.lines_of_creators()))
            out.push_back({condition, "recorded-by-another", type.refs, {}});
    return out;
}

}  // namespace satchel::schema::matrix
