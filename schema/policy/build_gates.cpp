// Resolves what stands between a change and the record: gates.
#include "schema/policy/resolving.hpp"

namespace satchel::schema::declaration {
namespace {

class Gates {
public:
    Gates(Resolving& names, const RecordType& type, const schema::Group& group) : names_(names), type_(type), group_(group) {}

    schema::Gate build(const Gate& in)
    {
        schema::Gate out;
        out.rule = in.rule.text;
        out.when = names_.match(&type_, in.when);
        out.rank = rank(in);
        if (!in.rank_field.empty())
            out.rank_field = names_.field_in(group_, in.rank_field);
        out.unless = names_.match(&type_, in.unless);
        for (const auto& need : in.needs)
            out.needs.push_back(names_.field_in(type_, need));
        for (const auto& other : in.different_person_from)
            if (const auto* found = names_.find_group(type_, other))
                out.different_person_from.push_back(found->id);
        if (in.approved)
            if (const auto* approval = names_.find_group(type_, in.approved->group))
                out.approved = schema::Approved{approval->id, names_.match(&type_, in.approved->when)};
        out.exists = asked(in.exists);
        out.absent = asked(in.absent);
        out.say = in.say.text;
        out.refs = texts(in.refs);
        return out;
    }

private:
    schema::Redirect::Rank rank(const Gate& in)
    {
        using Rank = schema::Redirect::Rank;
        const auto out = in.rank.text == "lowers" ? Rank::lowers : in.rank.text == "raises" ? Rank::raises : Rank::any;
        if (out == Rank::any && !in.rank.empty() && in.rank.text != "any")
            names_.problem(in.rank.at, "change is any, lowers or raises");
        if (out != Rank::any && in.rank_field.empty())
            names_.problem(in.rank.at, "lowers or raises of which field? Say of = \"FIELD\"");
        return out;
    }

    std::optional<schema::Asked> asked(const std::optional<Asked>& in)
    {
        const auto* type = in ? names_.find_type(in->type) : nullptr;
        if (!type)
            return std::nullopt;
        schema::Asked out;
        out.type = type->name;
        out.when = names_.match(type, in->when);
        if (!in->refers_here.empty())
            out.refers_here = reference(*type, in->refers_here, type_);
        if (!in->referred_in.empty())
            out.referred_in = reference(type_, in->referred_in, *type);
        return out;
    }

    FieldId reference(const RecordType& from, const Word& name, const RecordType& to)
    {
        const auto* field = names_.find_field(from, name);
        if (field && (field->type != FieldType::ref || field->target != to.name))
            names_.problem(name.at, "field " + quoted(field->name) + " does not refer to a record " + quoted(to.name));
        return field ? field->id : FieldId{};
    }

    Resolving& names_;
    const RecordType& type_;
    const schema::Group& group_;
};

}  // namespace

void build_withdrawal(Resolving& names, RecordType& type, const Record& in)
{
    for (const auto& gate : in.withdrawal) {
        if (!gate.rank.empty() || !gate.rank_field.empty())
            names.problem(gate.rank.empty() ? gate.rank_field.at : gate.rank.at, "a withdrawal neither lowers nor raises");
        if (!type.groups.empty())
            type.withdrawal.push_back(Gates(names, type, type.groups.front()).build(gate));
    }
}

void build_gates(Resolving& names, const RecordType& type, schema::Group& group, const Group& in)
{
    for (const auto& gate : in.gates)
        group.gates.push_back(Gates(names, type, group).build(gate));
}

}  // namespace satchel::schema::declaration
