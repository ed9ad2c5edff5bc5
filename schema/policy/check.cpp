// Judges a bundle whose names all resolve: citations, merge rules, states.
#include <algorithm>
#include <map>
#include <set>

#include "schema/policy/declaration.hpp"
#include "schema/policy/requirement_id.hpp"
#include "schema/policy/rule_names.hpp"

namespace satchel::schema::declaration {
namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

class Citations {
public:
    explicit Citations(Problems& problems) : problems_(problems) {}

    void need(const std::string& rule, Place at, const Words& refs)
    {
        if (refs.empty())
            problems_.add(at, rule + " cites no paragraph: give refs");
        form(refs);
    }
    void form(const Words& refs)
    {
        for (const auto& ref : refs)
            if (!is_requirement_id(ref.text))
                problems_.add(ref.at, quoted(ref.text) + " is not a paragraph id such as G-15-17");
    }
    void unique(const Word& id)
    {
        if (rule_names::is_folded_by(id.text))
            problems_.add(id.at, quoted(id.text) + " is the name of a rule of the engine's own: choose another");
        if (id.text.size() > rule_names::bytes_max)
            problems_.add(id.at, "the name of a rule has at most " + std::to_string(rule_names::bytes_max) + " bytes");
        if (!ids_.insert(id.text).second)
            problems_.add(id.at, "another rule is called " + quoted(id.text));
    }

private:
    Problems& problems_;
    std::set<std::string> ids_;
};

void check_citations(const Bundle& bundle, Problems& problems)
{
    Citations cite(problems);
    for (const auto& record : bundle.records) {
        cite.need("record " + quoted(record.name.text), record.at, record.refs);
        for (const auto& group : record.groups) {
            cite.form(group.refs);
            if (group.safe_side)
                cite.need("the safe side of " + quoted(group.name.text), group.safe_side->at, group.safe_side->refs);
            for (const auto& redirect : group.redirects) {
                cite.unique(redirect.rule);
                cite.need("redirect " + quoted(redirect.rule.text), redirect.at, redirect.refs);
            }
            for (const auto& gate : group.gates) {
                cite.unique(gate.rule);
                cite.need("gate " + quoted(gate.rule.text), gate.at, gate.refs);
            }
            for (const auto& limit : group.limits)
                cite.need("the limit of " + quoted(limit.field.text), limit.at, limit.refs);
        }
        for (const auto& gate : record.withdrawal) {
            cite.unique(gate.rule);
            cite.need("gate " + quoted(gate.rule.text), gate.at, gate.refs);
        }
        for (const auto& notify : record.notify) {
            cite.unique(notify.id);
            cite.need("notification " + quoted(notify.id.text), notify.at, notify.refs);
        }
        for (const auto& link : record.links) {
            cite.unique(link.id);
            cite.need("link " + quoted(link.id.text), link.at, link.refs);
        }
        for (const auto& outside : record.outside) {
            cite.unique(outside.id);
            cite.need("outside rule " + quoted(outside.id.text), outside.at, outside.refs);
        }
        if (record.succession)
            cite.need("the succession", record.succession->at, record.succession->refs);
    }
    for (const auto& retention : bundle.retentions)
        cite.need("retention " + quoted(retention.name.text), retention.name.at, retention.refs);
    for (const auto& fact : bundle.facts)
        cite.need("fact " + quoted(fact.name.text), fact.at, fact.refs);
    for (const auto& deadline : bundle.deadlines) {
        cite.unique(deadline.id);
        cite.need("deadline " + quoted(deadline.id.text), deadline.at, deadline.refs);
    }
    if (bundle.earlier_words.at.line != 0)
        cite.need("[earlier_words]", bundle.earlier_words.at, bundle.earlier_words.refs);
    for (const auto& word : bundle.earlier_word)
        cite.need("the earlier word for " + quoted(word.means.text), word.at, word.refs);
    if (bundle.calendar)
        cite.need("the calendar", bundle.calendar->at, bundle.calendar->refs);
}

// Merging three texts writes a sentence that nobody wrote: only where a wrong one harms nobody.
void check_text3(const Group& in, const schema::Group& group, Problems& problems)
{
    for (std::size_t f = 0; f < group.fields.size(); ++f) {
        const auto& field = group.fields[f];
        if (field.type != FieldType::text && field.type != FieldType::note)
            continue;
        const auto& own = in.fields[f].nature;
        const auto& nature = own.empty() ? in.nature : own;
        if (group.merge == schema::Merge::text3 && nature.text != "descriptive")
            problems.add(own.empty() ? in.fields[f].name.at : own.at,
                         "text3 merges plain descriptive text only: field " + quoted(field.name) + " is " +
                             (nature.empty() ? "of no stated nature" : "of nature " + quoted(nature.text)));
    }
}

void check_nature(const Word& nature, Problems& problems)
{
    static const std::set<std::string> known{"descriptive", "risk",   "plan",        "minutes",
                                             "disclosure",  "victim", "intelligence"};
    if (!nature.empty() && !known.contains(nature.text))
        problems.add(nature.at, "nature is descriptive, risk, plan, minutes, disclosure, victim or intelligence");
}

void check_group(const RecordType& type, const Group& in, const schema::Group& group, Problems& problems)
{
    check_text3(in, group, problems);
    check_nature(in.nature, problems);
    for (const auto& field : in.fields)
        check_nature(field.nature, problems);
    const bool is_set = group.merge == schema::Merge::append || group.merge == schema::Merge::add_wins;
    if (group.merge == schema::Merge::alternatives && group.resolver.kind == Authority::Kind::nobody)
        problems.add(in.merge.at, "alternatives wait for a decision maker: name the resolver");
    if (is_set && (group.safe_side || !group.transitions.empty() || group.binds_to))
        problems.add(in.merge.at, "a set has no safe side, no states and binds to nothing");
    if (group.binds_to) {
        const auto* field = group.field(group.binds_field);
        if (field && field->type != FieldType::version)
            problems.add(in.binds->field.at, "an approval binds through a field of type version");
        if (*group.binds_to == group.id)
            problems.add(in.binds->group.at, "a group does not bind to itself");
    }
    for (std::size_t i = 0; i < group.limits.size(); ++i) {
        const auto is_date = [&](FieldId id) {
            for (const auto& other : type.groups)
                if (const auto* field = other.field(id))
                    return field->type == FieldType::date || field->type == FieldType::instant;
            return false;
        };
        if (!is_date(group.limits[i].field) || !is_date(group.limits[i].from))
            problems.add(in.limits[i].at, "a limit lies between two dates");
    }
    for (std::size_t i = 0; i < group.redirects.size(); ++i) {
        const auto& redirect = group.redirects[i];
        const auto* field = group.field(redirect.rank_field);
        if (redirect.rank != schema::Redirect::Rank::any && field && field->type != FieldType::choice &&
            field->type != FieldType::date && field->type != FieldType::integer)
            problems.add(in.redirects[i].rank_field.at, "only a choice, a date or a number can be lowered or raised");
    }
}

void check_succession(const Record& in, const RecordType& type, Problems& problems)
{
    if (!type.succession)
        return;
    for (const auto id : {type.succession->starts, type.succession->ends})
        for (const auto& group : type.groups)
            if (const auto* field = group.field(id); field && field->type != FieldType::date)
                problems.add(in.succession->at, "a succession starts and ends with dates: " + quoted(field->name) +
                                                    " is none");
}

}  // namespace

void check(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    if (policy.agencies.empty())
        problems.add(whole_bundle, "no agency is declared");
    check_citations(bundle, problems);
    for (std::size_t t = 0; t < policy.types.size(); ++t) {
        const auto& type = policy.types[t];
        const auto& record = bundle.records[t];
        for (std::size_t g = 0; g < type.groups.size(); ++g)
            check_group(type, record.groups[g], type.groups[g], problems);
        check_succession(record, type, problems);
        if (type.singleton && type.kind == RecordType::Kind::event)
            problems.add(record.at, "an event happens more than once: it cannot be one per case");
        if (type.late_after_days != 0 && type.kind != RecordType::Kind::event)
            problems.add(record.late_after_days.at, "only an event can be late");
    }
    check_gates(bundle, policy, problems);
    check_owners(bundle, policy, problems);
    check_routes(bundle, policy, problems);
    check_orphans(bundle, policy, problems);
    check_deadlines(bundle, policy, problems);
}

}  // namespace satchel::schema::declaration
