// The matrix that owners of the agreement read, against the rules that rule: every role, part, action and case state.
//
// The states are made here from the declarations, not from the matrix: every value that a rule names for a fact or a
// field, one that none names, and none at all; the role's own agency, another and every one that a rule names as the one
// that leads, holds or is named; the record as the own agency's and as another's, by the author and by somebody else;
// parts filled and empty. Of what gates ask for: each needed field left out, the approval of this version given or not,
// the other records there or not. Where their product is larger than `states_max`, every pair of such choices is met
// instead, the others as they are by default and, for each gate, as they are where it asks.
//
// Roles of one agency that the declarations of a part do not tell apart are alike to it: one of them is taken.
// Not covered: several records that one gate asks for and of which some are there, elements of a list in another part.
#include <gtest/gtest.h>

#include <set>

#include "schema/policy/embedded.hpp"
#include "schema/policy/matrix.hpp"
#include "sync/core/audience.hpp"
#include "tests/unit/sync/core/bench.hpp"
#include "tests/unit/sync/core/small_policy_text.hpp"

namespace satchel::test {
namespace {

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

constexpr std::size_t states_max = 20'000;  // per role, part and action

// --- What a state is --------------------------------------------------------------------------------------------------

// One thing that may be one way or another; the first is the default.
struct Choice {
    enum class Of : std::uint8_t { fact, change, recorded, record, filled, bound, element, others, referred, approved, asked, left_out } of;
    std::string fact;
    FieldId field{};
    std::vector<std::string> values;
};

using Named = std::map<FieldId, std::set<std::string>>;

// What the declarations of a part ask for.
struct Asked {
    std::map<std::string, std::set<std::string>> facts;
    Named change, recorded;
    std::set<FieldId> needs;
    std::set<std::string> roles, duties;  // that an authority names
    bool author = false, approved = false, others_asked = false;

    Asked(const Policy& policy, const RecordType& type, const Group& judged, Action action, const std::set<std::string>& agencies)
        : policy_(policy), agencies_(agencies)
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
                take(gate, judged);
    }

private:
    void take(const schema::Gate& gate, const Group& judged)
    {
        for (const auto* match : {&gate.when, &gate.unless}) {
            take(*match);
            also_recorded(*match, judged);
        }
        if (gate.rank != schema::Redirect::Rank::any)
            whole(judged, gate.rank_field);
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
    void also_recorded(const schema::Match& match, const Group& judged)
    {
        for (const auto& [field, values] : match.values)
            if (!judged.field(field))
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
        else if (who.kind == Authority::Kind::field_agency) {
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
    const std::set<std::string>& agencies_;
};

const schema::Field* field_of(const RecordType& type, FieldId id)
{
    for (const auto& group : type.groups)
        if (const auto* field = group.field(id))
            return field;
    return nullptr;
}

schema::Value sample(const schema::Field& field, bool later)
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
std::vector<std::string> worlds(const schema::Field& field, const std::set<std::string>& named,
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

std::vector<Choice> choices_of(const RecordType& type, const Group& group, Action action, const Asked& asked,
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

// --- One state, for both --------------------------------------------------------------------------------------------

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
        for (const auto& gate : group_.gates) {
            if (approved && gate.approved)
                approve(*gate.approved);
            for (const auto& one : {gate.exists, gate.absent})
                if (asked && one)
                    stand(*one);
        }
        for (const auto& gate : group_.gates)
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
        if (group_.field(field))
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

// --- The grid -----------------------------------------------------------------------------------------------------------

using At = std::vector<std::size_t>;  // of each choice, which value

// Where a gate asks for what it asks for: its own values chosen, what lifts it not.
At before_gate(const std::vector<Choice>& choices, const schema::Gate& gate)
{
    const auto list_of = [](const schema::Match& match, const Choice& choice) -> const std::vector<std::string>* {
        for (const auto& [fact, values] : match.facts)
            if (choice.of == Choice::Of::fact && fact == choice.fact)
                return &values;
        for (const auto& [field, values] : match.values)
            if ((choice.of == Choice::Of::change || choice.of == Choice::Of::recorded) && field == choice.field)
                return &values;
        return nullptr;
    };
    At at;
    for (const auto& choice : choices) {
        const auto* meets = list_of(gate.when, choice);
        if (!meets && gate.approved)
            meets = list_of(gate.approved->when, choice);
        const auto* lifts = list_of(gate.unless, choice);
        const auto good = std::find_if(choice.values.begin(), choice.values.end(), [&](const std::string& value) {
            return (!meets || std::find(meets->begin(), meets->end(), value) != meets->end()) &&
                   (!lifts || std::find(lifts->begin(), lifts->end(), value) == lifts->end());
        });
        at.push_back(good == choice.values.end() ? 0 : static_cast<std::size_t>(good - choice.values.begin()));
    }
    return at;
}

void each_state(const std::vector<Choice>& choices, const Group& group, const std::function<void(const At&)>& visit)
{
    std::size_t product = 1;
    for (const auto& choice : choices)
        product = std::min(product * choice.values.size(), states_max + 1);
    if (product <= states_max) {
        At at(choices.size(), 0);
        for (;;) {
            visit(at);
            std::size_t i = 0;
            while (i < at.size() && ++at[i] == choices[i].values.size())
                at[i++] = 0;
            if (i == at.size())
                return;
        }
    }
    std::set<At> bases{At(choices.size(), 0)};
    for (const auto& gate : group.gates)
        bases.insert(before_gate(choices, gate));
    for (const auto& base : bases) {
        visit(base);
        auto at = base;
        for (std::size_t first = 0; first < choices.size(); ++first, at = base)
            for (at[first] = 0; at[first] < choices[first].values.size(); ++at[first]) {
                if (at[first] == base[first])
                    continue;
                visit(at);
                for (std::size_t second = first + 1; second < choices.size(); at[second] = base[second], ++second)
                    for (at[second] = 0; at[second] < choices[second].values.size(); ++at[second])
                        if (at[second] != base[second])
                            visit(at);
            }
    }
}

struct Grid {
    std::size_t states = 0;
    std::vector<std::string> differences;  // role, field, action, state
    std::set<std::string> shut, open;      // gates that refused, and of which all that they ask for was there
};

std::string told(const matrix::Line* line)
{
    return line ? std::string(name(line->answer)) + " by " + line->rule + " to " + to_string(line->to) : "no line";
}

std::string told(const Ruling& ruling)
{
    return std::string(name(ruling.outcome)) + " by " + ruling.rule + " to " + ruling.decided_by;
}

bool agrees(const matrix::Line* line, const matrix::Raised* raised, const Ruling& ruling)
{
    if (!line || ruling.outside_policy != (raised != nullptr))
        return false;
    if (raised && raised->rule != ruling.rule)
        return false;
    const bool same_rule = raised || line->rule == ruling.rule;
    const bool cited = raised || ruling.paragraph.empty() ||
                       std::find(line->refs.begin(), line->refs.end(), ruling.paragraph) != line->refs.end();
    if (!same_rule || !cited || line->instead != ruling.instead)
        return false;
    switch (line->answer) {
    case Answer::decides:
        return ruling.outcome == Outcome::applied;
    case Answer::suggests:
        // Whose an element is the agreement does not know; the ruling names the agency.
        return ruling.outcome == Outcome::suggested &&
               (ruling.decided_by == to_string(line->to) ||
                (line->rule == "not-supplier" && ruling.decided_by.starts_with("agency:")));
    case Answer::refused:
        return ruling.outcome == Outcome::refused;
    case Answer::nothing:
        return ruling.outcome == Outcome::merged;
    default:
        return false;
    }
}

// Two roles of which this is the same are alike to the declarations of a part.
std::vector<std::string> told_apart(const Role& role, const Asked& asked)
{
    std::vector<std::string> out{role.agency, asked.roles.contains(role.name) ? role.name : ""};
    std::copy_if(role.duties.begin(), role.duties.end(), std::back_inserter(out),
                 [&](const std::string& duty) { return asked.duties.contains(duty); });
    return out;
}

// `read` is what the owners of the agreement read, `judged` what changes are ruled under.
Grid grid(const Policy& read, const Policy& judged)
{
    Grid out;
    for (const auto& type : judged.types)
        for (const auto& group : type.groups)
            for (const auto action : {Action::create, Action::set, Action::add, Action::remove, Action::withdraw, Action::see}) {
                const auto* read_type = read.type(type.name);
                const auto* read_group = read_type ? read_type->group(group.name) : nullptr;
                if (!matrix::applies(type, group, action) || !read_group)
                    continue;
                std::set<std::vector<std::string>> met;
                for (const auto& role : judged.roles) {
                    const auto other = std::find_if(judged.agencies.begin(), judged.agencies.end(),
                                                    [&](const schema::Agency& one) { return one.name != role.agency; });
                    const std::set<std::string> agencies{role.agency, other->name};
                    const Asked asked(judged, type, group, action, agencies);
                    if (!met.insert(told_apart(role, asked)).second)
                        continue;
                    const auto choices = choices_of(type, group, action, asked, agencies);
                    const auto lines = matrix::lines(read, *read_type, *read_group, role, action);
                    const auto raised = matrix::raised(read, *read_type, *read_group, role, action);
                    each_state(choices, group, [&](const At& at) {
                        State state(judged, type, group, role, action);
                        state.choose(choices, at);
                        if (state.says_the_same())
                            return;
                        ++out.states;
                        const auto* line = matrix::first(lines, read, *read_type, role, state.situation);
                        std::string ruled, expected = told(line);
                        bool same = false;
                        if (action == Action::see) {
                            const bool sees = state.sees();
                            ruled = sees ? "sees" : "hidden";
                            same = line && (line->answer == Answer::sees) == sees;
                        } else {
                            const auto ruling = state.ruling();
                            if (ruling.outcome == Outcome::refused)
                                out.shut.insert(ruling.rule);
                            out.open.insert(state.situation.met.begin(), state.situation.met.end());
                            const auto* outside = matrix::first(raised, read, *read_type, role, state.situation);
                            ruled = told(ruling) + (ruling.outside_policy ? ", raised" : "");
                            expected += outside ? ", raised by " + outside->rule : "";
                            same = agrees(line, outside, ruling);
                        }
                        if (same || out.differences.size() >= 20)
                            return;
                        std::string where = role.name + " " + std::string(name(action)) + " " + type.name + "." + group.name;
                        for (std::size_t i = 0; i < choices.size(); ++i) {
                            const auto* field = field_of(type, choices[i].field);
                            where += "; " + (field ? field->name : choices[i].fact) + "(" +
                                     std::to_string(static_cast<int>(choices[i].of)) + ")=" + choices[i].values[at[i]];
                        }
                        out.differences.push_back(where + ": the matrix says " + expected + ", the ruling is " + ruled);
                    });
                }
            }
    return out;
}

void expect_each_gate_met_both_ways(const Policy& policy, const Grid& grid)
{
    for (const auto& type : policy.types)
        for (const auto& group : type.groups)
            for (const auto& gate : group.gates) {
                EXPECT_TRUE(grid.shut.contains(gate.rule)) << gate.rule << " refused nothing";
                EXPECT_TRUE(grid.open.contains(gate.rule)) << gate.rule << " was never met";
            }
}

std::string in_lines(const Grid& grid)
{
    std::string out;
    for (const auto& one : grid.differences)
        out += one + "\n";
    return out;
}

Policy embedded() { return *schema::compile(schema::embedded_bundle()).policy; }

Policy small(const std::string& was = {}, const std::string& is = {})
{
    std::string text(small_policy_text);
    if (!was.empty())
        text.replace(text.find(was), was.size(), is);
    const std::vector<schema::SourceFile> files{{"small.toml", text}};
    auto outcome = schema::compile(files);
    SATCHEL_CHECK(outcome.policy.has_value());
    return *std::move(outcome.policy);
}

TEST(Matrix, WhatOwnersReadIsWhatIsRuledForEveryRolePartActionAndState)
{
    const auto policy = embedded();
    const auto whole = grid(policy, policy);
    EXPECT_TRUE(whole.differences.empty()) << in_lines(whole);
    expect_each_gate_met_both_ways(policy, whole);
    EXPECT_GT(whole.states, 50'000u) << "too few states to say so";
    RecordProperty("states", static_cast<int>(whole.states));
}

TEST(Matrix, TheSameHoldsOfAnotherAgreement)
{
    const auto policy = small();
    const auto whole = grid(policy, policy);
    EXPECT_TRUE(whole.differences.empty()) << in_lines(whole);
}

// Every form that the grammar has, where the agreements above leave one out.
constexpr std::string_view forms = R"([policy]
version = 1
title = "Forms"
vetting_levels = ["baseline"]
[scope]
coordination_role = "unit.coordinator"
owner_duty = "manager"
[agency.police]
title = "Police"
[agency.police.role.manager]
title = "Manager"
duties = ["manager", "line"]
cover = "unit.coordinator"
[agency.police.role.officer]
title = "Officer"
cover = "police.manager"
[agency.probation]
title = "Probation"
[agency.probation.role.manager]
title = "Manager"
duties = ["manager", "line"]
cover = "unit.coordinator"
[agency.unit]
title = "Unit"
[agency.unit.role.coordinator]
title = "Co-ordinator"
duties = ["manager", "line"]

[record.supervision]
title = "Supervision"
refs = ["G-2-2"]
create = "agency:probation"
audience = "case_agencies"
[record.supervision.group.period]
fields = { agency = "agency", from = "date", to = "date", guest = "agency" }
owner = "agency:probation"
merge = "manual"
[fact.lead_agency]
title = "Lead agency"
derive = "period"
record = "supervision"
group = "period"
value = "agency"
from = "from"
to = "to"
otherwise = "police"
refs = ["G-2-1"]
[fact.guest]
title = "Guest"
derive = "period"
record = "supervision"
group = "period"
value = "guest"
from = "from"
to = "to"
otherwise = "unit"
refs = ["G-2-1"]

# Owners by a field of the change and by a fact; an exception from an exception; steps that others may take.
[record.case_plan]
title = "Plan"
refs = ["G-12-1"]
create = ["lead_agency/line", "fact:guest"]
audience = "case_agencies"
[record.case_plan.group.plan]
merge = "manual"
owner = [
    { when = { field.stage = ["draft"] }, is = "author" },
    { when = { fact.guest = ["police", "unit"] }, is = "fact:guest" },
    { when = { field.named = ["unit"], fact.lead_agency = ["police"] }, is = "field:named" },
    "supplier",
]
[record.case_plan.group.plan.fields]
stage = ["draft", "open", "closed"]
grade = ["low", "medium", "high"]
named = "agency"
words = "text"
[record.case_plan.group.plan.states]
of = "stage"
moves = ["start -> draft by case_agencies", "start -> open by lead_agency", "draft -> open by lead_agency/line", "open -> closed by role:unit.coordinator", "closed -> open by supplier"]
[[record.case_plan.group.plan.redirect]]
rule = "guests-are-let-through"
author = ["fact:guest", "role:police.officer"]
when = { field.named = ["police"] }
then = "apply"
say = "Guests are let through."
refs = ["G-12-1"]
[[record.case_plan.group.plan.redirect]]
rule = "nobody-raises"
when = { fact.lead_agency = ["police", "probation"] }
change = "raises"
of = "grade"
then = "refuse"
say = "The unit raises it."
refs = ["G-12-1"]
[[record.case_plan.group.plan.redirect]]
rule = "the-unit-lowers"
author = ["supplier", "agency:unit"]
change = "lowers"
of = "grade"
then = "suggest"
to = "role:unit.coordinator"
say = "The unit lowers it."
refs = ["G-12-1"]
[[record.case_plan.group.plan.redirect]]
rule = "nobody-closes-a-low-one"
when = { field.stage = ["closed"], field.grade = ["low"] }
then = "refuse"
say = "A low one stays open."
refs = ["G-12-1"]
[[record.case_plan.group.plan.gate]]
rule = "closed-with-a-reason"
when = { field.stage = ["closed"], fact.guest = ["unit", "probation"] }
unless = { field.named = ["unit"], field.progress = ["done"] }
needs = ["reason", "words"]
say = "Say why."
refs = ["G-12-1"]
[[record.case_plan.group.plan.gate]]
rule = "lowered-by-another"
change = "lowers"
of = "grade"
different_person_from = ["plan"]
say = "Another person lowers it."
refs = ["G-12-1"]
[record.case_plan.group.seen]
owner = "field:named"
merge = "manual"
binds = { field = "version", to = "plan" }
fields = { version = { type = "version", of = "plan", required = true }, on = "date", grasped = ["yes", "no"] }
[record.case_plan.group.way]
owner = "lead_agency"
merge = "manual"
fields = { progress = ["begun", "done"], reason = "text", wish = { type = "ref", of = "wish" } }
[[record.case_plan.group.way.gate]]
rule = "done-as-seen"
when = { field.progress = ["done"], field.stage = ["open", ""] }
unless = { fact.guest = ["unit"] }
approved = { group = "seen", when = { field.grasped = ["yes"] } }
say = "It is done as it was seen."
refs = ["G-12-1"]
[[record.case_plan.group.way.gate]]
rule = "begun-for-a-wish"
when = { field.progress = ["begun"], field.stage = ["draft", "open"] }
exists = { record = "wish", referred_in = "wish", when = { field.wish_kind = ["short", "long"], field.weight = ["heavy"], fact.guest = ["police", "unit"] } }
say = "Somebody wished for it."
refs = ["G-12-1"]
[[record.case_plan.group.way.gate]]
rule = "no-wish-against-it"
when = { field.progress = [""] }
absent = { record = "wish", refers_here = "against", when = { field.wish_kind = ["long"] } }
say = "A wish stands against it."
refs = ["G-12-1"]
[record.case_plan.group.remarks]
owner = [{ when = { fact.guest = ["police"] }, is = "agency:police" }, "supplier"]
merge = "append"
fields = { remark = "text", about = ["plan", "way"] }
[[record.case_plan.group.remarks.gate]]
rule = "remarks-on-a-way"
when = { field.about = ["way"] }
needs = ["progress"]
say = "There is no way yet."
refs = ["G-12-1"]
[record.case_plan.group.alarms]
owner = "lead_agency"
merge = "add_wins"
fields = { alarm = "text" }

# Parts that not everybody sees, not even the supplier.
[record.tip]
title = "Tip"
refs = ["G-24-33"]
create = ["agency:police", "agency:probation"]
audience = { by = "sharing", nothing = ["supplier", "role:police.manager"], all = ["supplier", "case_agencies"] }
[record.tip.group.handling]
owner = "supplier"
merge = "manual"
fields = { sharing = { choices = ["nothing", "all"], required = true }, on = "date" }
[[record.tip.group.handling.gate]]
rule = "later-by-another"
change = "raises"
of = "on"
different_person_from = ["handling"]
say = "Another person puts it off."
refs = ["G-24-33"]
[record.tip.group.source]
owner = "role:police.manager"
merge = "manual"
audience = ["role:police.manager"]
fields = { source = "text" }
[record.tip.group.list]
owner = "role:police.manager"
merge = "append"
audience = ["role:police.manager", "author"]
fields = { entry = "text" }
# Not everybody who may add sees the source, and those who may not are not told of it.
[[record.tip.group.list.gate]]
rule = "entries-have-a-source"
needs = ["source"]
say = "Name the source first."
refs = ["G-24-33"]

[record.wish]
title = "Wish"
refs = ["G-22-29"]
create = "case_agencies"
audience = "case_agencies"
[record.wish.group.wish]
owner = "supplier"
merge = "alternatives"
resolver = "role:unit.coordinator"
fields = { wish = "text", wish_kind = ["short", "long"], against = { type = "ref", of = "case_plan" } }
[record.wish.group.grounds]
owner = "author"
merge = "manual"
audience = ["author", "lead_agency"]
fields = { grounds = "text", weight = ["heavy"] }

[record.happening]
title = "Happening"
kind = "event"
refs = ["G-10-22"]
create = ["agency:police"]
audience = ["agency:police", "lead_agency", "supplier"]
[record.happening.group.event]
owner = [{ when = { field.kind = ["told"] }, is = "role:police.manager" }, "supplier"]
merge = "manual"
fields = { kind = ["told", "seen"], on = "date", plan = { type = "ref", of = "case_plan" } }
[[record.happening.group.event.redirect]]
rule = "the-unit-says-nothing"
author = ["agency:unit"]
then = "refuse"
say = "The unit says nothing."
refs = ["G-10-22"]
[[record.happening.outside]]
id = "told-the-guest"
when = { field.kind = ["told"], fact.guest = ["probation"] }
say = "It was not to be told."
refs = ["G-10-22"]
[[record.happening.outside]]
id = "against-the-plan"
refers = { field = "plan", whose = "stage", is = ["closed"] }
say = "The plan was closed."
refs = ["G-10-22"]
[record.happening.group.account]
owner = "supplier"
merge = "append"
fields = { account = "text" }
)";

TEST(Matrix, TheSameHoldsOfEveryFormThatTheGrammarHas)
{
    const std::vector<schema::SourceFile> files{{"forms.toml", forms}};
    const auto outcome = schema::compile(files);
    for (const auto& problem : outcome.problems)
        ADD_FAILURE() << to_string(problem);
    ASSERT_TRUE(outcome.policy);
    const auto whole = grid(*outcome.policy, *outcome.policy);
    EXPECT_TRUE(whole.differences.empty()) << in_lines(whole);
    expect_each_gate_met_both_ways(*outcome.policy, whole);
    RecordProperty("states", static_cast<int>(whole.states));
}

// The account of an event, for an agency that joins a case by invitation and does not see it.
TEST(Matrix, WhatARoleDoesNotFindIsNotRaisedEither)
{
    const auto policy = embedded();
    const auto& type = *policy.type("disclosure_event");
    const auto& group = *type.group("event");
    const auto& role = *policy.role("yot.worker");
    matrix::Situation situation;
    situation.supplier = true;
    situation.facts["lead_agency"] = "probation";
    situation.filled.insert(group.id);
    for (const auto& rule : type.outside)
        if (rule.ref)
            situation.referred[*rule.ref] = rule.ref_values.front();
    const auto lines = matrix::lines(policy, type, group, role, Action::set);
    EXPECT_EQ(matrix::first(lines, policy, type, role, situation)->rule, "not-found");
    const auto raised = matrix::raised(policy, type, group, role, Action::set);
    EXPECT_EQ(matrix::first(raised, policy, type, role, situation), nullptr);
    situation.facts["lead_agency"] = "yot";
    EXPECT_NE(matrix::first(raised, policy, type, role, situation), nullptr);
}

TEST(Matrix, ADifferenceNamesRoleFieldAndState)
{
    const auto read = small();
    const auto judged = small("owner = \"lead_agency\"", "owner = \"agency:police\"");
    const auto whole = grid(read, judged);
    ASSERT_FALSE(whole.differences.empty());
    EXPECT_NE(whole.differences.front().find("; lead_agency(0)="), std::string::npos) << whole.differences.front();
}

}  // namespace
}  // namespace satchel::test
