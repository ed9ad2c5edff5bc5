// One state of a case and one change, for the matrix and for the rules that rule.
#pragma once

#include "sync/core/audience.hpp"
#include "tests/unit/sync/core/matrix_choices.hpp"

namespace satchel::test {

class State {
public:
    State(const Policy& policy, const RecordType& type, const Group& group, const Role& role, Action action)
        : policy_(policy), type_(type), group_(group), role_(role), action_(action)
    {
        state_.id = number_id<CaseId>(1, 1);
        own_ = {number_id<CredentialId>(3, 1), role.agency, role.name};
        another_ = {number_id<CredentialId>(3, 2), {}, {}};
        for (const auto& one : policy.roles)
            if (one.agency != role.agency) {
                another_.agency = one.agency;
                another_.role = one.name;
                break;
            }
        record_.id = type.singleton ? singleton_record_id(state_.id, type.id) : number_id<RecordId>(7, 1);
        record_.type = type.id;
    }

    void choose(const std::vector<Choice>& choices, const std::vector<std::size_t>& at)
    {
        std::uint32_t n = 0;
        created_ = own_;
        std::string element = "own", others = "none", referred;
        bool filled = true, bound = true, approved = false, asked = false;
        std::map<FieldId, std::string> change, recorded;
        for (const auto& choice : choices) {
            const auto& value = choice.values[at[n++]];
            switch (choice.of) {
            case Choice::Of::fact:
                if (!value.empty())
                    state_.facts[choice.fact] = value;
                break;
            case Choice::Of::change:
                change[choice.field] = value;
                break;
            case Choice::Of::recorded:
                recorded[choice.field] = value;
                break;
            case Choice::Of::record:
                create_by(value);
                break;
            case Choice::Of::filled:
                filled = value == "yes";
                break;
            case Choice::Of::bound:
                bound = value == "yes";
                break;
            case Choice::Of::element:
                element = value;
                break;
            case Choice::Of::others:
                others = value;
                break;
            case Choice::Of::referred:
                referred = value;
                situation.referred[choice.field] = value;
                break;
            case Choice::Of::approved:
                approved = value == "yes";
                break;
            case Choice::Of::asked:
                asked = value == "stands";
                break;
            case Choice::Of::left_out:
                left_out_ = value;
                break;
            }
        }
        situation.facts = {state_.facts.begin(), state_.facts.end()};
        situation.supplier = created_.agency == role_.agency;
        situation.author = created_.author == own_.author;
        situation.own_request = situation.supplier && created_.role == role_.name;
        situation.own_element = element == "own";
        if (action_ != Action::create)
            fill(recorded, filled, bound, element, others);
        write(change, referred);
        for (const auto& gate : gates_of(type_, group_, action_)) {
            if (approved && gate.approved)
                approve(*gate.approved);
            for (const auto& one : {gate.exists, gate.absent})
                if (asked && one)
                    stand(*one);
        }
        for (const auto& gate : gates_of(type_, group_, action_))
            if (is_met(gate, asked))
                situation.met.insert(gate.rule);
    }

    // What is in the record already agrees, whoever writes it: no state of the matrix.
    [[nodiscard]] bool says_the_same() const
    {
        if (action_ != Action::set)
            return false;
        const auto* there = record_.group(group_.id);
        return there && std::all_of(group_.fields.begin(), group_.fields.end(), [&](const schema::Field& field) {
                   const auto* was = find(there->current.values, field.id);
                   const auto* is = find(change_.values, field.id);
                   return !is || (was && to_text(*was) == to_text(*is));
               });
    }

    [[nodiscard]] Ruling ruling() const
    {
        auto state = state_;
        if (action_ != Action::create)
            state.records[record_.id] = record_;
        schema::Changeset changeset;
        changeset.header.case_id = state.id;
        changeset.header.author = own_.author;
        changeset.header.hat = {role_.agency, "team", role_.name};
        changeset.changes = {change_};
        const Context context{&policy_, &policy_, &state.facts,
                              {number_id<UserId>(2, 1), own_.author, {changeset.header.hat}, {own_.author}}};
        return reconcile(state, changeset, context).front();
    }
    [[nodiscard]] bool sees() const
    {
        return may_see(policy_, type_, group_, &record_, state_.facts, {own_.author, {{role_.agency, "team", role_.name}}});
    }

    matrix::Situation situation;

private:
    struct Who {
        CredentialId author;
        std::string agency, role;
    };
    [[nodiscard]] static Source source(const Who& who) { return {{}, who.author, who.agency, who.role}; }

    void create_by(const std::string& value)
    {
        if (value == "own, another person")
            created_.author = another_.author;
        else if (value == "another agency")
            created_ = another_;
        else if (value == "own, another role")
            for (const auto& one : policy_.roles)
                if (one.agency == role_.agency && one.name != role_.name)
                    created_ = {another_.author, one.agency, one.name};
    }

    void fill(const std::map<FieldId, std::string>& recorded, bool filled, bool bound, const std::string& element,
              const std::string& others)
    {
        record_.created = source(created_);
        std::uint32_t n = 0;
        for (const auto& group : type_.groups) {
            GroupState now;
            now.id = group.id;
            const bool list = group.merge == Merge::append || group.merge == Merge::add_wins;
            const auto& by = others == group.name ? another_ : created_;
            Version version{number_id<VersionId>(8, ++n), {}, source(by)};
            const bool empty = (group.id == group_.id && !filled) || (group_.binds_to == group.id && !bound);
            if (list) {
                const bool judged = group.id == group_.id && action_ == Action::remove;
                if (judged)
                    version.source = source(element == "own" ? own_ : another_);
                if (judged || others == group.name) {
                    for (const auto& field : group.fields)
                        if (const auto at = recorded.find(field.id); at != recorded.end() && !at->second.empty()) {
                            assign(version.values, field.id, *schema::parse_field_value(field, at->second));
                            situation.recorded[field.id] = at->second;
                        }
                    now.elements.push_back(version);
                    situation.filled.insert(group.id);
                }
            } else if (!empty) {
                for (const auto& field : group.fields) {
                    const auto at = recorded.find(field.id);
                    if (field.name == left_out_)
                        continue;
                    if (at == recorded.end())
                        assign(version.values, field.id, sample(field, false));
                    else if (!at->second.empty())
                        assign(version.values, field.id, *schema::parse_field_value(field, at->second));
                }
                for (const auto& value : version.values)
                    situation.recorded[value.field] = to_text(value.value);
                now.current = version;
                situation.filled.insert(group.id);
            }
            if (others == group.name && (!empty || list))
                situation.others_work.insert(group.id);
            record_.groups.push_back(std::move(now));
        }
    }

    void write(const std::map<FieldId, std::string>& change, const std::string& referred)
    {
        change_.type = type_.id;
        change_.group = group_.id;
        change_.record = record_.id;
        change_.reason = "a reason";
        change_.creates = action_ == Action::create;
        const auto* there = record_.group(group_.id);
        if (there)
            change_.base = there->current.id;
        const bool list = group_.merge == Merge::append || group_.merge == Merge::add_wins;
        change_.op = action_ == Action::withdraw ? schema::Op::withdraw
                     : action_ == Action::remove ? schema::Op::remove
                     : list                      ? schema::Op::add
                                                 : schema::Op::set;
        if (action_ == Action::remove && there)
            change_.targets = {there->elements.front().id};
        if (action_ == Action::withdraw || action_ == Action::remove)
            return;
        for (const auto& field : group_.fields) {
            const auto at = change.find(field.id);
            if ((at != change.end() && at->second.empty()) || field.name == left_out_)
                continue;
            auto value = at == change.end() ? sample(field, true) : *schema::parse_field_value(field, at->second);
            if (group_.binds_to && field.id == group_.binds_field)
                if (const auto* bound = record_.group(*group_.binds_to))
                    value = schema::VersionRef{bound->current.id};
            assign(change_.values, field.id, value);
            situation.change[field.id] = to_text(value);
        }
        for (const auto& rule : type_.outside)
            if (rule.ref && !referred.empty()) {
                RecordState other;
                other.id = number_id<RecordId>(9, 9);
                GroupState values;
                assign(values.current.values, rule.ref_field, referred);
                other.groups.push_back(std::move(values));
                state_.records[other.id] = std::move(other);
            }
    }

    // The approval is given to the version that is in the record.
    void approve(const schema::Approved& asked)
    {
        const auto& approval = *type_.group(asked.group);
        const auto* bound = record_.group(*approval.binds_to);
        for (auto& one : record_.groups)
            if (one.id == approval.id && !one.current.id.empty())
                assign(one.current.values, approval.binds_field, schema::VersionRef{bound->current.id});
    }

    // A record of that type that says what is asked for, as every reference here refers to it.
    void stand(const schema::Asked& asked)
    {
        const auto& type = *policy_.type(asked.type);
        RecordState other;
        other.id = number_id<RecordId>(9, asked.referred_in ? 9 : 100 + static_cast<std::uint32_t>(state_.records.size()));
        other.type = type.id;
        other.created = source(another_);
        std::uint32_t n = 100;
        for (const auto& group : type.groups) {
            GroupState now;
            now.id = group.id;
            Version version{number_id<VersionId>(8, ++n), {}, source(another_)};
            for (const auto& [field, values] : asked.when.values)
                if (const auto* own = group.field(field); own && !values.front().empty())
                    assign(version.values, field, *schema::parse_field_value(*own, values.front()));
            if (asked.refers_here && group.field(*asked.refers_here))
                assign(version.values, *asked.refers_here, schema::Ref{record_.id});
            if (group.merge == Merge::append || group.merge == Merge::add_wins)
                now.elements.push_back(version);
            else
                now.current = version;
            other.groups.push_back(std::move(now));
        }
        state_.records[other.id] = std::move(other);
    }

    // --- What a gate asks for, in the plainest way: what this state was made of ------------------------------------------

    [[nodiscard]] bool is_said(FieldId field) const
    {
        if (group_.field(field) && action_ != Action::withdraw)
            return find(change_.values, field) != nullptr;
        return std::any_of(record_.groups.begin(), record_.groups.end(), [&](const GroupState& one) {
            return find(one.current.values, field) ||
                   std::any_of(one.elements.begin(), one.elements.end(),
                               [&](const Version& element) { return find(element.values, field) != nullptr; });
        });
    }
    [[nodiscard]] bool facts_are(const schema::Match& match) const
    {
        return std::all_of(match.facts.begin(), match.facts.end(), [&](const auto& entry) {
            const auto at = state_.facts.find(entry.first);
            const auto& is = at == state_.facts.end() ? std::string() : at->second;
            return std::find(entry.second.begin(), entry.second.end(), is) != entry.second.end();
        });
    }
    [[nodiscard]] bool is_approved(const schema::Approved& asked) const
    {
        const auto& approval = *type_.group(asked.group);
        const auto* given = record_.group(asked.group);
        const auto* bound = record_.group(*approval.binds_to);
        if (!given || !bound || bound->current.id.empty())
            return false;
        const auto* named = find(given->current.values, approval.binds_field);
        return named && *named == schema::Value(schema::VersionRef{bound->current.id}) && facts_are(asked.when) &&
               std::all_of(asked.when.values.begin(), asked.when.values.end(), [&](const auto& entry) {
                   const auto* is = find(given->current.values, entry.first);
                   const auto text = is ? to_text(*is) : std::string();
                   return std::find(entry.second.begin(), entry.second.end(), text) != entry.second.end();
               });
    }
    [[nodiscard]] bool is_met(const schema::Gate& gate, bool asked) const
    {
        const auto stands = [&](const schema::Asked& one) {
            return asked && facts_are(one.when) && (!one.referred_in || is_said(*one.referred_in));
        };
        if (gate.needs.empty() && gate.different_person_from.empty() && !gate.approved && !gate.exists && !gate.absent)
            return false;  // before a withdrawal: always shut
        return std::all_of(gate.needs.begin(), gate.needs.end(), [&](FieldId need) { return is_said(need); }) &&
               std::all_of(gate.different_person_from.begin(), gate.different_person_from.end(),
                           [&](schema::GroupId part) {
                               const auto* one = record_.group(part);
                               return !one || one->current.id.empty() || one->current.source.author != own_.author;
                           }) &&
               (!gate.approved || is_approved(*gate.approved)) && (!gate.exists || stands(*gate.exists)) &&
               (!gate.absent || !stands(*gate.absent));
    }

    const Policy& policy_;
    const RecordType& type_;
    const Group& group_;
    const Role& role_;
    Action action_;
    std::string left_out_;
    CaseState state_;
    RecordState record_;
    schema::Change change_;
    Who own_, another_, created_;
};

}  // namespace satchel::test
