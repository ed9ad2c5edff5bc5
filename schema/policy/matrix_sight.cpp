// When a role holds an authority, and what it sees.
#include <algorithm>

#include "schema/policy/matrix_desk.hpp"

namespace satchel::schema::matrix {
namespace {

using Kind = Atom::Kind;

}  // namespace

Any Desk::holds(const Authority& who, On on) const
{
    const auto if_so = [](bool so) { return so ? always : Any{}; };
    const auto& agency = role_.agency;
    switch (who.kind) {
    case Authority::Kind::nobody:
        return {};
    case Authority::Kind::agency:
        return if_so(agency == who.name);
    case Authority::Kind::role:
        return if_so(role_.name == who.name);
    case Authority::Kind::every_agency:
        return if_so(policy_.agency(agency) != nullptr);
    case Authority::Kind::case_agencies: {
        const auto* own = policy_.agency(agency);
        return own && own->by_invitation ? Any{{of_fact("lead_agency", {agency})}} : if_so(own != nullptr);
    }
    case Authority::Kind::supplier:
        return on == On::new_record ? always : Any{{plain(Kind::supplier)}};
    case Authority::Kind::author:
        return on == On::new_record ? always : Any{{plain(Kind::author)}};
    case Authority::Kind::lead_duty:
        if (!contains(role_.duties, who.name))
            return {};
        return {{of_fact("lead_agency", {agency})}};
    case Authority::Kind::lead_agency:
        return {{of_fact("lead_agency", {agency})}};
    case Authority::Kind::fact_agency:
        return {{of_fact(who.name, {agency})}};
    case Authority::Kind::field_agency: {
        const auto kind = on == On::new_record ? Kind::change : on == On::record ? Kind::named : Kind::recorded;
        const auto* group = type_.group_of_field(who.name);
        const auto* field = group ? group->field(who.field) : nullptr;
        return {{of_field(kind, who.field, {field && field->type == FieldType::role ? role_.name : agency})}};
    }
    }
    return {};
}

Any Desk::holds_any(const std::vector<Authority>& list, On on) const
{
    Any out;
    for (const auto& who : list)
        out = either(std::move(out), holds(who, on));
    return out;
}

Lines Desk::sight(const Group& group) const
{
    Lines out;
    const auto add = [&](const AudienceClause& clause, const Any& given) {
        Line line;
        line.refs = refs_of(group);
        line.rule = "audience";
        line.answer = Answer::sees;
        put(out, both(given, holds_any(clause.who, On::sight)), line);
        line.answer = Answer::hidden;
        put(out, given, line);
    };
    const auto& clauses = group.audience.clauses;
    if (group.audience.by)
        for (std::size_t i = 1; i < clauses.size(); ++i)
            add(clauses[i], {{of_field(Kind::recorded, *group.audience.by, {clauses[i].value})}});
    if (!clauses.empty())
        add(clauses.front(), always);
    return reachable(out);
}

Any Desk::is_hidden(const Group& group) const
{
    const auto seen = sight(group);
    const auto is = [](Answer answer) { return [answer](const Line& line) { return line.answer == answer; }; };
    if (std::none_of(seen.begin(), seen.end(), is(Answer::sees)))
        return always;
    if (std::none_of(seen.begin(), seen.end(), is(Answer::hidden)))
        return {};
    return {{plain(Kind::hidden, group.id)}};
}

Any Desk::is_unseen() const
{
    bool all = true;
    for (const auto& group : type_.groups) {
        const auto hidden = is_hidden(group);
        if (hidden.empty())
            return {};
        all = all && hidden == always;
    }
    return all ? always : Any{{plain(Kind::unseen)}};
}

Any Desk::is_blind(const Group& group) const
{
    return is_hidden(group).empty() ? Any{} : Any{{plain(Kind::blind, group.id)}};
}

}  // namespace satchel::schema::matrix
