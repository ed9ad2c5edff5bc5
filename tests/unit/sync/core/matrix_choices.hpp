// What may be one way or another when a role writes a part of a record, found from the declarations and not from the matrix.
// Inside matrix_test.cpp and what it includes only.
#pragma once

#include <set>

#include "schema/policy/matrix.hpp"
#include "tests/unit/sync/core/bench.hpp"

namespace satchel::test {

namespace matrix = schema::matrix;
using matrix::Action;
using matrix::Answer;
using schema::Authority;
using schema::FieldId;
using schema::FieldType;
using schema::Group;
using schema::Merge;
using schema::Policy;
using schema::RecordType;
using schema::Role;

// One thing that may be one way or another; the first is the default.
struct Choice {
    enum class Of : std::uint8_t { fact, change, recorded, record, filled, bound, element, others, referred, approved, asked, left_out } of;
    std::string fact;
    FieldId field{};
    std::vector<std::string> values;
};

using Named = std::map<FieldId, std::set<std::string>>;

inline const schema::Field* field_of(const RecordType& type, FieldId id)
{
    for (const auto& group : type.groups)
        if (const auto* field = group.field(id))
            return field;
    return nullptr;
}

// What the declarations of a part ask for.
struct Asked {
    std::map<std::string, std::set<std::string>> facts;
    Named change, recorded;
    std::set<FieldId> needs;
    std::set<std::string> roles, duties;  // that an authority names
    bool author = false, approved = false, others_asked = false;

    Asked(const Policy& policy, const RecordType& type, const Group& judged, Action action, const std::set<std::string>& agencies)
        : policy_(policy), type_(type), agencies_(agencies)
    {
        for (const auto& who : type.create)
            take(who);
        for (const auto& group : type.groups) {
            for (const auto& clause : group.audience.clauses) {
                for (const auto& who : clause.who)
                    take(who);
                if (group.audience.by)
                    recorded[*group.audience.by].insert(clause.value);
            }
            if (group.id == judged.id || action == Action::withdraw)
                for (const auto& clause : group.owner) {
                    take(clause.when);
                    take(clause.is);
                    for (const auto& [field, values] : clause.when.values)
                        recorded[field].insert(values.begin(), values.end());
                }
        }
        for (const auto& redirect : judged.redirects) {
            take(redirect.when);
            for (const auto& who : redirect.author)
                take(who);
            if (redirect.rank != schema::Redirect::Rank::any)
                whole(judged, redirect.rank_field);
        }
        for (const auto& step : judged.transitions) {
            take(step.by);
            whole(judged, judged.transition_field);
        }
        for (const auto& rule : type.outside)
            take(rule.when);
        if (action == Action::create || action == Action::set || action == Action::add)
            for (const auto& gate : judged.gates)
                take(gate, &judged);
        if (action == Action::withdraw) {
            for (const auto& gate : type.withdrawal)
                take(gate, nullptr);
            for (const auto& group : type.groups)
                if (group.safe_side && group.safe_side->second_person)
                    recorded[group.safe_side->field].insert("");
        }
    }

private:
    void take(const schema::Gate& gate, const Group* judged)
    {
        for (const auto* match : {&gate.when, &gate.unless}) {
            take(*match);
            also_recorded(*match, judged);
        }
        if (gate.rank != schema::Redirect::Rank::any)
            whole(*judged, gate.rank_field);
        needs.insert(gate.needs.begin(), gate.needs.end());
        if (gate.approved) {
            approved = true;
            take(gate.approved->when);
            also_recorded(gate.approved->when, judged);
        }
        for (const auto& asked : {gate.exists, gate.absent})
            if (asked) {
                others_asked = true;
                take(asked->when);
                for (const auto& group : policy_.type(asked->type)->groups)
                    for (const auto& clause : group.audience.clauses)
                        for (const auto& who : clause.who)
                            take(who);
            }
    }
    void also_recorded(const schema::Match& match, const Group* judged)
    {
        for (const auto& [field, values] : match.values)
            if (!judged || !judged->field(field))
                recorded[field].insert(values.begin(), values.end());
    }
    void take(const schema::Match& match)
    {
        for (const auto& [fact, values] : match.facts)
            facts[fact].insert(values.begin(), values.end());
        for (const auto& [field, values] : match.values)
            change[field].insert(values.begin(), values.end());
    }
    void take(const Authority& who)
    {
        if (who.kind == Authority::Kind::lead_duty)
            duties.insert(who.name);
        auto agencies = agencies_;
        if (who.kind == Authority::Kind::lead_agency || who.kind == Authority::Kind::lead_duty)
            facts["lead_agency"].merge(agencies);
        else if (who.kind == Authority::Kind::fact_agency)
            facts[who.name].merge(agencies);
        else if (who.kind == Authority::Kind::author)
            author = true;
        else if (who.kind == Authority::Kind::role)
            roles.insert(who.name);
        else if (const auto* field = field_of(type_, who.field); field && field->type == FieldType::role) {
            change[who.field];  // every role that there is
            recorded[who.field];
            for (const auto& role : policy_.roles)
                roles.insert(role.name);
        } else if (who.kind == Authority::Kind::field_agency) {
            change[who.field].insert(agencies.begin(), agencies.end());
            recorded[who.field].insert(agencies.begin(), agencies.end());
        }
    }
    void whole(const Group& group, FieldId field)
    {
        const auto& choices = group.field(field)->choices;
        change[field].insert(choices.begin(), choices.end());
        recorded[field].insert(choices.begin(), choices.end());
    }
    const Policy& policy_;
    const RecordType& type_;
    const std::set<std::string>& agencies_;
};

inline schema::Value sample(const schema::Field& field, bool later)
{
    switch (field.type) {
    case FieldType::boolean:
        return later;
    case FieldType::date:
        return Date{later ? 21'000 : 20'000};
    case FieldType::instant:
        return Instant{later ? 2'000'000'000'000 : 1'900'000'000'000};
    case FieldType::integer:
        return std::int64_t{later ? 2 : 1};
    case FieldType::decimal:
        return schema::Decimal{later ? 2'000'000 : 1'000'000};
    case FieldType::ref:
        return schema::Ref{number_id<RecordId>(9, 9)};
    case FieldType::version:
        return schema::VersionRef{number_id<VersionId>(8, 99)};
    case FieldType::choice:
    case FieldType::agency:
    case FieldType::role:
        return field.choices.empty() ? std::string("none") : later ? field.choices.back() : field.choices.front();
    default:
        return std::string(later ? "later" : "earlier");
    }
}

// Every choice of a field that has choices; else the values named. Of agencies those named, the own and another.
inline std::vector<std::string> worlds(const schema::Field& field, const std::set<std::string>& named,
                                const std::set<std::string>& agencies, bool may_lack, bool later)
{
    std::set<std::string> out = named;
    out.erase("");
    if (field.type == FieldType::agency)
        out.insert(agencies.begin(), agencies.end());
    else if (!field.choices.empty())
        out.insert(field.choices.begin(), field.choices.end());
    else if (field.type == FieldType::boolean)
        out = {"yes", "no"};
    else if (field.type == FieldType::text || field.type == FieldType::note)
        out.insert("another text");
    else if (out.empty())
        out.insert(to_text(sample(field, later)));
    std::vector<std::string> values(out.begin(), out.end());
    if (may_lack)
        values.emplace_back();
    return values;
}

inline std::vector<Choice> choices_of(const RecordType& type, const Group& group, Action action, const Asked& asked,
                               const std::set<std::string>& agencies)
{
    using Of = Choice::Of;
    std::vector<Choice> out;
    for (const auto& [fact, named] : asked.facts) {
        auto values = named;
        values.insert({"", "a value that no rule names"});
        out.push_back({Of::fact, fact, {}, {values.begin(), values.end()}});
    }
    const bool writes = action == Action::create || action == Action::set || action == Action::add;
    if (writes)
        for (const auto& [id, named] : asked.change)
            if (const auto* field = group.field(id))
                out.push_back({Of::change, {}, id, worlds(*field, named, agencies, !field->required, true)});
    Choice left_out{Of::left_out, {}, {}, {"nothing"}};
    for (const auto need : asked.needs)
        if (const auto* own = group.field(need); own ? !own->required : action != Action::create)
            left_out.values.push_back(field_of(type, need)->name);
    if (left_out.values.size() > 1)
        out.push_back(std::move(left_out));
    if (asked.others_asked)
        out.push_back({Of::asked, {}, {}, {"none", "stands"}});
    if (action == Action::create)
        return out;
    if (asked.approved)
        out.push_back({Of::approved, {}, {}, {"no", "yes"}});
    for (const auto& [id, named] : asked.recorded)
        if (const auto* field = field_of(type, id))
            out.push_back({Of::recorded, {}, id, worlds(*field, named, agencies, true, false)});
    out.push_back({Of::record, {}, {}, {"own", "own, another person", "own, another role", "another agency"}});
    if (action == Action::set)
        out.push_back({Of::filled, {}, {}, {"yes", "no"}});
    if (group.binds_to && action == Action::set)
        out.push_back({Of::bound, {}, {}, {"yes", "no"}});
    if (action == Action::remove)
        out.push_back({Of::element, {}, {}, {"own", "another"}});
    if (action == Action::withdraw) {
        Choice others{Of::others, {}, {}, {"none"}};
        for (const auto& one : type.groups)
            others.values.push_back(one.name);
        out.push_back(std::move(others));
    }
    if (action == Action::set)
        for (const auto& rule : type.outside)
            if (rule.ref) {
                Choice referred{Of::referred, {}, *rule.ref, rule.ref_values};
                referred.values.emplace_back();
                out.push_back(std::move(referred));
            }
    return out;
}

inline const std::vector<schema::Gate>& gates_of(const RecordType& type, const Group& group, Action action)
{
    return action == Action::withdraw ? type.withdrawal : group.gates;
}

}  // namespace satchel::test
