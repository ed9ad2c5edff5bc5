// Names of a declaration, looked up in the policy that is being built from it. Inside build*.cpp only.
#pragma once

#include <algorithm>
#include <iterator>

#include "schema/base/nearest.hpp"
#include "schema/policy/declaration.hpp"

namespace satchel::schema::declaration {

inline std::string quoted(const std::string& text) { return "\"" + text + "\""; }

inline References texts(const Words& words)
{
    References out;
    for (const auto& word : words)
        out.push_back(word.text);
    return out;
}

template <class Items>
std::vector<std::string> names_of(const Items& items)
{
    std::vector<std::string> out;
    for (const auto& item : items)
        out.push_back(item.name);
    return out;
}

class Resolving {
public:
    explicit Resolving(Problems& problems) : problems_(problems) {}

    void problem(Place at, std::string reason) { problems_.add(at, std::move(reason)); }
    void unknown(const Word& word, const std::string& kind, std::span<const std::string> known)
    {
        problem(word.at, "no " + kind + " is called " + quoted(word.text) + did_you_mean(word.text, known));
    }
    bool role_exists(const Word& word)
    {
        if (policy_.role(word.text))
            return true;
        unknown(word, "role", names_of(policy_.roles));
        return false;
    }

    // As parse_receiver() reads it; with `resolver`, the resolver of the group too.
    void receiver_exists(const Word& word, bool resolver, const RecordType& type)
    {
        constexpr std::string_view lead = "lead_agency/";
        if (resolver && word.text == "resolver")
            return;
        const auto receiver = parse_receiver(word.text);
        if (!receiver)
            return problem(word.at, quoted(word.text) + ": " + receiver.error().detail);
        if (word.text.starts_with(lead))
            return duty_exists({word.text.substr(lead.size()), word.at});
        if (!names_receiver(word.text)) {
            (void)role_exists(word);
            return;
        }
        if (!receiver->duty.empty())
            duty_exists({receiver->duty, word.at});
        const bool by_field = receiver->who.kind == Authority::Kind::field_agency;
        const auto* field = by_field ? find_field(type, {receiver->who.name, word.at}) : nullptr;
        if (field && field->type != FieldType::agency && field->type != FieldType::role)
            problem(word.at, "field " + quoted(field->name) + " names nobody: its type is neither agency nor role");
        else if (field && field->type == FieldType::role && !receiver->duty.empty())
            problem(word.at, "field " + quoted(field->name) + " names a role already: no duty is asked for");
    }

    void duty_exists(const Word& word)
    {
        std::vector<std::string> duties;
        for (const auto& role : policy_.roles)
            duties.insert(duties.end(), role.duties.begin(), role.duties.end());
        if (std::find(duties.begin(), duties.end(), word.text) == duties.end())
            unknown(word, "duty of a role", duties);
    }

    void fact_exists(const Word& word)
    {
        const auto known = names_of(policy_.facts);
        if (std::find(known.begin(), known.end(), word.text) == known.end())
            unknown(word, "fact", known);
    }

    const RecordType* find_type(const Word& word)
    {
        const auto* type = policy_.type(word.text);
        if (!type)
            unknown(word, "record", names_of(policy_.types));
        return type;
    }
    const schema::Group* find_group(const RecordType& type, const Word& word)
    {
        const auto* group = type.group(word.text);
        if (!group)
            problem(word.at, "record " + quoted(type.name) + " has no group " + quoted(word.text) +
                                 did_you_mean(word.text, names_of(type.groups)));
        return group;
    }
    const schema::Field* find_field(const RecordType& type, const Word& word)
    {
        if (const auto* group = type.group_of_field(word.text))
            return group->field(word.text);
        std::vector<std::string> known;
        for (const auto& group : type.groups)
            for (const auto& field : group.fields)
                known.push_back(field.name);
        problem(word.at, "record " + quoted(type.name) + " has no field " + quoted(word.text) +
                             did_you_mean(word.text, known));
        return nullptr;
    }
    const schema::Field* find_field(const schema::Group& group, const Word& word)
    {
        const auto* field = group.field(word.text);
        if (!field)
            problem(word.at, "group " + quoted(group.name) + " has no field " + quoted(word.text) +
                                 did_you_mean(word.text, names_of(group.fields)));
        return field;
    }
    FieldId field_in(const RecordType& type, const Word& word)
    {
        const auto* field = find_field(type, word);
        return field ? field->id : FieldId{};
    }
    FieldId field_in(const schema::Group& group, const Word& word)
    {
        const auto* field = find_field(group, word);
        return field ? field->id : FieldId{};
    }

    void choices_exist(const schema::Field& field, const Words& values)
    {
        std::vector<std::string> known = field.choices;
        if (field.type == FieldType::boolean)
            known = {"yes", "no"};
        if (known.empty())
            return;
        for (const auto& value : values)
            if (std::find(known.begin(), known.end(), value.text) == known.end())
                problem(value.at, "field " + quoted(field.name) + " cannot be " + quoted(value.text) +
                                      did_you_mean(value.text, known));
    }

    schema::Match match(const RecordType* type, const Match& in)
    {
        schema::Match out;
        for (const auto& entry : in.entries) {
            if (entry.values.empty())
                problem(entry.name.at, quoted(entry.name.text) + " is compared with nothing");
            if (entry.fact) {
                fact_exists(entry.name);
                out.facts[entry.name.text] = texts(entry.values);
            } else if (!type) {
                problem(entry.name.at, "no field can be named here");
            } else if (const auto* field = find_field(*type, entry.name)) {
                Words said;  // "" is no choice: it stands for a field that says nothing
                std::copy_if(entry.values.begin(), entry.values.end(), std::back_inserter(said),
                             [](const Word& value) { return !value.empty(); });
                choices_exist(*field, said);
                out.values.emplace_back(field->id, texts(entry.values));
            }
        }
        return out;
    }

    Period period(const Word& word)
    {
        auto parsed = parse_period(word.text);
        if (!parsed)
            problem(word.at, quoted(word.text) + " is no period: " + parsed.error().detail);
        return parsed.value_or(Period{});
    }

    Policy& policy() { return policy_; }

protected:
    Problems& problems_;
    Policy policy_;
};

// What the other files build.
void build_gates(Resolving& names, const RecordType& type, schema::Group& group, const Group& in);
void build_withdrawal(Resolving& names, RecordType& type, const Record& in);
void build_deadlines(const Bundle& bundle, Resolving& names);
void build_earlier_words(const Bundle& bundle, Resolving& names);

}  // namespace satchel::schema::declaration
