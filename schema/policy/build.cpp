// Turns a declaration into the compiled model: every name is resolved or reported, nothing is judged.
#include <algorithm>
#include <map>
#include <set>

#include "schema/policy/resolving.hpp"
#include "schema/value/identifiers.hpp"

namespace satchel::schema::declaration {
namespace {

// "due_date" -> "Due date", when nobody gave a title.
std::string title_of(const Word& title, const Word& name)
{
    if (!title.empty())
        return title.text;
    std::string out = name.text;
    std::replace(out.begin(), out.end(), '_', ' ');
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
        out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
}

bool is_plain_name(const std::string& name)
{
    return !name.empty() && name.size() <= 64 && name[0] >= 'a' && name[0] <= 'z' &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

class Builder : Resolving {
public:
    Builder(const Bundle& bundle, Problems& problems) : Resolving(problems), bundle_(bundle) {}

    Policy run()
    {
        names();
        for (std::size_t i = 0; i < bundle_.records.size(); ++i)
            shape(bundle_.records[i]);
        for (std::size_t i = 0; i < bundle_.facts.size(); ++i)
            policy_.facts.push_back(FactRule{});
        for (std::size_t i = 0; i < bundle_.facts.size(); ++i)
            policy_.facts[i].name = bundle_.facts[i].name.text;
        for (std::size_t i = 0; i < bundle_.records.size(); ++i)
            rules(bundle_.records[i], policy_.types[i]);
        for (std::size_t i = 0; i < bundle_.facts.size(); ++i)
            fact(bundle_.facts[i], policy_.facts[i]);
        build_deadlines(bundle_, *this);
        build_earlier_words(bundle_, *this);
        scope();
        return std::move(policy_);
    }

private:
    void plain(const Word& name)
    {
        if (!is_plain_name(name.text))
            problem(name.at, quoted(name.text) + " is not a name: lower-case letters, digits and _, a letter first");
    }

    // --- names -----------------------------------------------------------------------------------------------

    void names()
    {
        policy_.version = static_cast<std::uint32_t>(bundle_.version.value);
        policy_.title = bundle_.title.text;
        policy_.vetting_levels = texts(bundle_.vetting_levels);
        std::set<std::string> seen;
        for (const auto& agency : bundle_.agencies) {
            plain(agency.name);
            if (!seen.insert(agency.name.text).second)
                problem(agency.name.at, "agency " + quoted(agency.name.text) + " is declared twice");
            const auto& part = agency.takes_part;
            if (!part.empty() && part.text != "always" && part.text != "by_invitation")
                problem(part.at, "an agency takes part \"always\" or \"by_invitation\"");
            policy_.agencies.push_back({agency.name.text, agency.title.text, part.text == "by_invitation"});
        }
        seen.clear();
        for (const auto& role : bundle_.roles) {
            plain({role.name.text.substr(role.agency.text.size() + 1), role.name.at});
            if (!seen.insert(role.name.text).second)
                problem(role.name.at, "role " + quoted(role.name.text) + " is declared twice");
            policy_.roles.push_back(
                {role.name.text, role.title.text, role.agency.text, texts(role.duties), role.cover.text});
        }
        for (const auto& role : bundle_.roles)
            if (!role.cover.empty())
                role_exists(role.cover);
        seen.clear();
        for (const auto& retention : bundle_.retentions) {
            plain(retention.name);
            if (!seen.insert(retention.name.text).second)
                problem(retention.name.at, "retention " + quoted(retention.name.text) + " is declared twice");
        }
        seen.clear();
        for (const auto& fact : bundle_.facts) {
            plain(fact.name);
            if (!seen.insert(fact.name.text).second)
                problem(fact.name.at, "fact " + quoted(fact.name.text) + " is declared twice");
        }
    }

    // --- the shape of a record type: groups and fields, so that rules anywhere can name them -------------------

    void shape(const Record& record)
    {
        RecordType type;
        plain(record.name);
        type.id = type_id(record.name.text);
        type.name = record.name.text;
        type.title = record.title.text;
        if (record.name.text == any_record)
            problem(record.at, "\"any\" is what a ref says that may refer to any record: call the record something else");
        if (policy_.type(record.name.text))
            problem(record.at, "record " + quoted(record.name.text) + " is declared twice");
        else
            hashed(types_, name_hash(type.name), type.name, record.at);
        if (record.groups.empty())
            problem(record.at, "record " + quoted(type.name) + " has no group");
        if (record.groups.size() > policy_groups_max)
            problem(record.at, "a record has at most " + std::to_string(policy_groups_max) + " groups");
        std::set<std::string> field_names;
        for (const auto& group : record.groups) {
            schema::Group out;
            plain(group.name);
            out.name = group.name.text;
            out.title = title_of(group.title, group.name);
            out.id = group_id(type.name, out.name);
            hashed(groups_, static_cast<std::uint32_t>(out.id), type.name + "." + out.name, group.at);
            if (group.fields.empty())
                problem(group.at, "group " + quoted(out.name) + " has no fields");
            if (group.fields.size() > values_per_change_max)
                problem(group.at, "a group has at most " + std::to_string(values_per_change_max) + " fields");
            for (const auto& field : group.fields) {
                if (!field_names.insert(field.name.text).second)
                    problem(field.name.at,
                            "field " + quoted(field.name.text) + " is in two groups of " + quoted(type.name));
                out.fields.push_back(shape(type.name, out.name, field));
            }
            type.groups.push_back(std::move(out));
        }
        policy_.type_index.emplace(name_hash(type.name), policy_.types.size());
        policy_.types.push_back(std::move(type));
    }

    schema::Field shape(const std::string& type, const std::string& group, const Field& field)
    {
        schema::Field out;
        plain(field.name);
        out.name = field.name.text;
        out.title = title_of(field.title, field.name);
        out.id = field_id(type, group, out.name);
        hashed(fields_, static_cast<std::uint32_t>(out.id), type + "." + group + "." + out.name, field.name.at);
        out.choices = texts(field.choices);
        out.target = field.target.text;
        out.required = field.required;
        out.searchable = field.searchable;
        out.withheld_from_reason = field.withheld_from_reason;
        if (const auto known = parse_field_type(field.type.text))
            out.type = *known;
        else if (!field.type.empty())
            unknown(field.type, "field type", type_names());
        if ((out.type == FieldType::choice) == out.choices.empty())
            problem(field.name.at, "field " + quoted(out.name) + ": a choice, and only a choice, lists its choices");
        if (std::set<std::string>(out.choices.begin(), out.choices.end()).size() != out.choices.size())
            problem(field.name.at, "field " + quoted(out.name) + " lists a choice twice");
        const bool pointing = out.type == FieldType::ref || out.type == FieldType::version;
        if (pointing == out.target.empty())
            problem(field.name.at, "field " + quoted(out.name) +
                                       ": a ref says of which record type, a version of which group, others of nothing");
        if (out.type == FieldType::agency)
            out.choices = names_of(policy_.agencies);
        if (out.type == FieldType::role)
            out.choices = names_of(policy_.roles);
        out.initial = field.initial.text;
        if (!out.initial.empty())
            if (const auto value = parse_field_value(out, out.initial); !value)
                problem(field.initial.at, "the initial value does not fit: " + value.error().detail);
        return out;
    }

    static std::vector<std::string> type_names()
    {
        std::vector<std::string> out;
        for (auto t = FieldType::text;; t = static_cast<FieldType>(static_cast<int>(t) + 1)) {
            out.emplace_back(name(t));
            if (t == FieldType::identifier)
                return out;
        }
    }

    // Names travel as 32-bit hashes: two names of one hash would be one name.
    using Hashes = std::map<std::uint32_t, std::string>;
    void hashed(Hashes& known, std::uint32_t hash, const std::string& name, Place at)
    {
        const auto [there, fresh] = known.emplace(hash, name);
        if (!fresh)
            problem(at, quoted(name) + " and " + quoted(there->second) + " have the same hash: rename one");
    }

    // --- the rules of a record type ------------------------------------------------------------------------------

    Authority authority(const RecordType* type, const Word& word)
    {
        auto parsed = parse_authority(word.text);
        if (!parsed) {
            problem(word.at, quoted(word.text) + " is no authority: " + parsed.error().detail);
            return {};
        }
        auto out = *std::move(parsed);
        const auto name_at = [&](const std::string& text) { return Word{text, word.at}; };
        switch (out.kind) {
        case Authority::Kind::agency:
            if (!policy_.agency(out.name))
                unknown(name_at(out.name), "agency", names_of(policy_.agencies));
            break;
        case Authority::Kind::role:
            role_exists(name_at(out.name));
            break;
        case Authority::Kind::lead_agency:
            fact_exists(name_at("lead_agency"));
            break;
        case Authority::Kind::lead_duty:
            fact_exists(name_at("lead_agency"));
            duty_exists(name_at(out.name));
            break;
        case Authority::Kind::fact_agency:
            fact_exists(name_at(out.name));
            break;
        case Authority::Kind::field_agency: {
            const auto* field = type ? find_field(*type, name_at(out.name)) : nullptr;
            if (field && field->type != FieldType::agency && field->type != FieldType::role)
                problem(word.at, "field " + quoted(out.name) + " names nobody: its type is neither agency nor role");
            if (field)
                out.field = field->id;
            break;
        }
        case Authority::Kind::nobody:
        case Authority::Kind::supplier:
        case Authority::Kind::author:
        case Authority::Kind::case_agencies:
        case Authority::Kind::every_agency:
            break;
        }
        return out;
    }
    std::vector<Authority> authorities(const RecordType* type, const Words& words)
    {
        std::vector<Authority> out;
        for (const auto& word : words)
            out.push_back(authority(type, word));
        return out;
    }

    schema::Audience audience(const RecordType& type, const Audience& in)
    {
        schema::Audience out;
        const auto* by = in.by.empty() ? nullptr : find_field(type, in.by);
        if (by) {
            out.by = by->id;
            if (by->type != FieldType::choice)
                problem(in.by.at, "an audience is chosen by a field with choices");
            for (const auto& choice : by->choices)
                if (std::none_of(in.clauses.begin(), in.clauses.end(),
                                 [&](const auto& clause) { return clause.value.text == choice; }))
                    problem(in.at, "the audience does not say who sees " + quoted(choice));
        }
        for (const auto& clause : in.clauses) {
            if (by)
                choices_exist(*by, {clause.value});
            if (clause.who.empty())
                problem(clause.value.at.line ? clause.value.at : in.at, "an audience without anybody: name nobody");
            out.clauses.push_back({clause.value.text, authorities(&type, clause.who)});
        }
        return out;
    }

    // In words, with the paragraphs. Records that name no rule are kept by the one called "case". An agreement that declares
    // none is from before they had names: it says in its own words how long.
    std::string retention(const Record& in)
    {
        const Word named = in.retention.empty() ? Word{"case", in.at} : in.retention;
        if (bundle_.retentions.empty())
            return named.text;
        std::vector<std::string> known;
        for (const auto& rule : bundle_.retentions) {
            known.push_back(rule.name.text);
            if (rule.name.text != named.text)
                continue;
            std::string out = rule.kept.text;
            for (std::size_t i = 0; i < rule.refs.size(); ++i)
                out += (i == 0 ? " (" : ", ") + rule.refs[i].text;
            return out + ")";
        }
        unknown(named, "retention", known);
        return {};
    }

    void rules(const Record& in, RecordType& out)
    {
        if (in.kind.empty() || in.kind.text == "entity")
            out.kind = RecordType::Kind::entity;
        else if (in.kind.text == "event")
            out.kind = RecordType::Kind::event;
        else
            problem(in.kind.at, "a record is an \"entity\" or an \"event\"");
        out.singleton = in.singleton;
        out.create = authorities(&out, in.create);
        if (const auto hold = parse_hold(in.hold.empty() ? "full" : in.hold.text))
            out.hold = *hold;
        else
            problem(in.hold.at, "hold is full, reference or online");
        out.retention = retention(in);
        out.refs = texts(in.refs);
        out.late_after_days = in.late_after_days.value;
        for (std::size_t i = 0; i < in.groups.size(); ++i)
            rules(in, in.groups[i], out, out.groups[i]);
        build_withdrawal(*this, out, in);
        for (const auto& notify : in.notify)
            out.notify.push_back(build_notify(out, notify));
        for (const auto& link : in.links)
            out.links.push_back(build_link(out, link));
        for (const auto& outside : in.outside)
            out.outside.push_back(build_outside(out, outside));
        if (in.succession) {
            schema::Succession next;
            next.starts = field_in(out, in.succession->starts);
            next.ends = field_in(out, in.succession->ends);
            for (const auto& same : in.succession->same)
                next.same.push_back(field_in(out, same));
            next.refs = texts(in.succession->refs);
            out.succession = std::move(next);
        }
    }

    void rules(const Record& record, const Group& in, const RecordType& type, schema::Group& out)
    {
        for (std::size_t i = 0; i < in.fields.size(); ++i)
            target(type, in.fields[i], out.fields[i]);
        for (const auto& owner : in.owner)
            out.owner.push_back({match(&type, owner.when), authority(&type, owner.is)});
        if (!in.resolver.empty())
            out.resolver = authority(&type, in.resolver);
        if (const auto merge = parse_merge(in.merge.text))
            out.merge = *merge;
        else if (!in.merge.empty())
            problem(in.merge.at, "merge is manual, text3, append, add_wins or alternatives");
        if (in.audience || record.audience)
            out.audience = audience(type, in.audience ? *in.audience : *record.audience);
        if (in.safe_side)
            out.safe_side = safe_side(out, *in.safe_side);
        if (!in.reasoned_by.empty())
            out.reasoned_by = field_in(out, in.reasoned_by);
        if (in.binds) {
            out.binds_field = field_in(out, in.binds->field);
            if (const auto* group = find_group(type, in.binds->group))
                out.binds_to = group->id;
        }
        for (const auto& redirect : in.redirects)
            out.redirects.push_back(build_redirect(type, out, redirect));
        if (in.states) {
            out.transition_field = field_in(out, in.states->field);
            for (const auto& move : in.states->moves)
                out.transitions.push_back(
                    {move.from == "start" ? "" : move.from, move.to, authority(&type, {move.by, move.at})});
        }
        build_gates(*this, type, out, in);
        for (const auto& limit : in.limits) {
            schema::Limit built;
            built.field = field_in(out, limit.field);
            built.from = field_in(type, limit.from);
            built.within = period(limit.within);
            built.say = limit.say.text;
            built.refs = texts(limit.refs);
            built.when = match(&type, limit.when);
            out.limits.push_back(std::move(built));
        }
        out.safety = in.safety;
        out.reason_required = in.reason_required;
        out.refs = in.refs.empty() ? texts(record.refs) : texts(in.refs);
    }

    void target(const RecordType& type, const Field& in, const schema::Field& out)
    {
        if (out.type == FieldType::ref && in.target.text != any_record)
            (void)find_type(in.target);
        if (out.type != FieldType::version)
            return;
        const auto dot = in.target.text.find('.');
        if (dot == std::string::npos)
            (void)find_group(type, in.target);
        else if (const auto* other = find_type({in.target.text.substr(0, dot), in.target.at}))
            (void)find_group(*other, {in.target.text.substr(dot + 1), in.target.at});
    }

    schema::SafeSide safe_side(const schema::Group& group, const SafeSide& in)
    {
        schema::SafeSide out;
        const auto* field = find_field(group, in.field);
        const auto type = field ? field->type : FieldType::text;
        if (field)
            out.field = field->id;
        if (in.side.text == "later_choice") {
            out.kind = schema::SafeSide::Kind::later_choice;
            if (field && type != FieldType::choice)
                problem(in.side.at, "later_choice needs a field with choices, weakest first");
        } else if (in.side.text == "earlier") {
            out.kind = schema::SafeSide::Kind::earlier;
            if (field && type != FieldType::date && type != FieldType::instant)
                problem(in.side.at, "earlier needs a date or an instant");
        } else if (in.side.text == "value") {
            out.kind = schema::SafeSide::Kind::value;
            if (in.value.empty())
                problem(in.side.at, "which value is the safe one?");
            else if (field)
                choices_exist(*field, {in.value});
        } else {
            problem(in.side.at, "the safe side is later_choice, earlier or value");
        }
        out.value = in.value.text;
        out.show_to_all = in.show_to_all;
        out.second_person = in.second_person;
        out.refs = texts(in.refs);
        return out;
    }

    schema::Redirect build_redirect(const RecordType& type, const schema::Group& group, const Redirect& in)
    {
        using R = schema::Redirect;
        R out;
        out.author = authorities(&type, in.author);
        out.when = match(&type, in.when);
        if (in.rank.text == "lowers")
            out.rank = R::Rank::lowers;
        else if (in.rank.text == "raises")
            out.rank = R::Rank::raises;
        else if (!in.rank.empty() && in.rank.text != "any")
            problem(in.rank.at, "change is any, lowers or raises");
        if (out.rank != R::Rank::any && in.rank_field.empty())
            problem(in.rank.at, "lowers or raises of which field? Say of = \"FIELD\"");
        if (!in.rank_field.empty())
            out.rank_field = field_in(group, in.rank_field);
        if (in.then.text == "refuse")
            out.then = R::Then::refuse;
        else if (in.then.text == "suggest")
            out.then = R::Then::suggest;
        else if (in.then.text == "apply")
            out.then = R::Then::apply;
        else if (!in.then.empty())
            problem(in.then.at, "then is refuse, suggest or apply");
        if ((out.then == R::Then::suggest) == in.to.empty())
            problem(in.at, "a redirect that suggests, and only such a one, says to whom");
        if (!in.to.empty())
            out.to = authority(&type, in.to);
        if (in.instead)
            out.instead = build_instead(group, *in.instead);
        if (!in.lists.empty() && find_type(in.lists))
            out.lists = in.lists.text;
        out.rule = in.rule.text;
        out.say = in.say.text;
        out.refs = texts(in.refs);
        return out;
    }

    schema::Instead build_instead(const schema::Group& group, const Instead& in)
    {
        schema::Instead out;
        const auto* type = find_type(in.type);
        if (!type)
            return out;
        out.type = type->name;
        for (const auto& [target, value] : in.set) {
            const auto* field = find_field(*type, target);
            if (!field)
                continue;
            if (value.text == "$version")  // of the change that was redirected
                expect_type(*field, FieldType::version, value);
            else if (value.text.starts_with("$"))
                (void)find_field(group, {value.text.substr(1), value.at});
            else
                choices_exist(*field, {value});
            out.set.emplace_back(field->id, value.text);
        }
        return out;
    }

    void expect_type(const schema::Field& field, FieldType type, const Word& at)
    {
        if (field.type != type)
            problem(at.at, "field " + quoted(field.name) + " is not of type " + std::string(name(type)));
    }

    schema::Notify build_notify(const RecordType& type, const Notify& in)
    {
        schema::Notify out;
        out.id = in.id.text;
        if (in.when.text == "received")
            out.when = schema::Notify::When::received;
        else if (in.when.text == "applied")
            out.when = schema::Notify::When::applied;
        else if (in.when.text == "outside")
            out.when = schema::Notify::When::outside;
        else if (in.when.text == "suggested")
            out.when = schema::Notify::When::suggested;
        else if (!in.when.empty())
            problem(in.when.at, "when is received, applied, outside or suggested");
        if (!in.group.empty())
            if (const auto* group = find_group(type, in.group))
                out.group = group->id;
        out.match = match(&type, in.match);
        for (const auto& role : in.roles)
            receiver_exists(role, /*resolver=*/true, type);
        out.roles = texts(in.roles);
        out.not_author_agency = in.not_author_agency;
        out.task = in.task.text;
        out.unconfirmed = in.unconfirmed.text;
        out.safety = in.safety;
        out.coalesce = in.coalesce;
        out.marks_stale = in.marks_stale.text;
        if (!in.marks_stale.empty())
            stale_target(type, in.marks_stale);
        out.refs = texts(in.refs);
        return out;
    }

    // "trigger_plan.cites": a field of another record type that refers to this one.
    void stale_target(const RecordType& type, const Word& word)
    {
        const auto dot = word.text.find('.');
        if (dot == std::string::npos) {
            problem(word.at, "marks_stale is written RECORD.FIELD");
            return;
        }
        const auto* other = find_type({word.text.substr(0, dot), word.at});
        const auto* field = other ? find_field(*other, {word.text.substr(dot + 1), word.at}) : nullptr;
        if (field && (field->type != FieldType::ref || field->target != type.name))
            problem(word.at, quoted(word.text) + " does not refer to a record " + quoted(type.name));
    }

    LinkRule build_link(const RecordType& type, const Link& in)
    {
        LinkRule out;
        out.id = in.id.text;
        for (const auto& field : in.same)
            out.same.push_back(field_in(type, field));
        if (in.same.empty())
            problem(in.at, "a link says which fields are the same");
        if (!in.differs.empty())
            out.differs = field_in(type, in.differs);
        out.across_agencies = in.across_agencies;
        out.task = in.task.text;
        for (const auto& role : in.roles)
            receiver_exists(role, /*resolver=*/false, type);
        out.roles = texts(in.roles);
        out.refs = texts(in.refs);
        return out;
    }

    OutsideRule build_outside(const RecordType& type, const Outside& in)
    {
        OutsideRule out;
        out.id = in.id.text;
        out.when = match(&type, in.when);
        if (!in.ref.empty()) {
            const auto* ref = find_field(type, in.ref);
            if (ref && ref->type != FieldType::ref)
                problem(in.ref.at, "field " + quoted(ref->name) + " does not refer to a record");
            const auto* other = ref ? policy_.type(ref->target) : nullptr;
            const auto* whose = other ? find_field(*other, in.whose) : nullptr;
            if (ref)
                out.ref = ref->id;
            if (whose) {
                out.ref_field = whose->id;
                choices_exist(*whose, in.values);
            }
            out.ref_values = texts(in.values);
        }
        if (in.ref.empty() && in.when.entries.empty())
            problem(in.at, "an outside rule says when, or which record it refers to");
        out.say = in.say.text;
        out.refs = texts(in.refs);
        return out;
    }

    // --- facts, scope --------------------------------------------------------------------------------------------

    void fact(const Fact& in, FactRule& out)
    {
        using Derive = FactRule::Derive;
        out.title = in.title.text;
        if (in.derive.text == "latest")
            out.derive = Derive::latest;
        else if (in.derive.text == "period")
            out.derive = Derive::period;
        else if (in.derive.text == "any")
            out.derive = Derive::any;
        else if (in.derive.text == "until")
            out.derive = Derive::until;
        else if (!in.derive.empty())
            problem(in.derive.at, "derive is latest, period, any or until");
        out.years = in.years.value;
        if ((out.derive == Derive::until) != (out.years > 0))
            problem(in.at, "a fact derived until a birthday, and only such a one, has \"years\"");
        out.otherwise = in.otherwise.text;
        out.refs = texts(in.refs);
        const auto* type = find_type(in.type);
        const auto* group = type ? find_group(*type, in.group) : nullptr;
        if (!group)
            return;
        out.type = type->name;
        out.group = group->name;
        if (!in.value.empty())
            out.value = field_in(*group, in.value);
        else if (out.derive != Derive::any)
            problem(in.at, "fact " + quoted(in.name.text) + " needs \"value\"");
        if ((out.derive == Derive::period) != (!in.from.empty() && !in.to.empty()))
            problem(in.at, "a fact derived from a period, and only such a one, has \"from\" and \"to\"");
        if (!in.from.empty())
            out.from = field_in(*group, in.from);
        if (!in.to.empty())
            out.to = field_in(*group, in.to);
        if (const auto* field = group->field(out.value); out.derive == Derive::until && field && field->type != FieldType::date)
            problem(in.value.at, "years pass since a date: " + quoted(field->name) + " is none");
        if (out.derive == Derive::latest && !type->singleton)
            problem(in.derive.at, "the latest value is one value only of a record of which a case has one");
        out.only = match(type, in.only);
        for (const auto& need : in.needs)
            out.needs.push_back(field_in(*group, need));
    }

    void scope()
    {
        auto& out = policy_.scope;
        out.restricted_fact = bundle_.restricted_fact.text;
        out.vetting = bundle_.vetting.text;
        out.handler = bundle_.handler.text;
        out.coordination_role = bundle_.coordination_role.text;
        out.owner_duty = bundle_.owner_duty.text;
        if (!bundle_.restricted_fact.empty()) {
            fact_exists(bundle_.restricted_fact);
            if (std::find(policy_.vetting_levels.begin(), policy_.vetting_levels.end(), out.vetting) ==
                policy_.vetting_levels.end())
                unknown(bundle_.vetting, "vetting level", policy_.vetting_levels);
            role_exists(bundle_.handler);
        }
        if (!bundle_.coordination_role.empty())
            role_exists(bundle_.coordination_role);
        if (!bundle_.owner_duty.empty())
            duty_exists(bundle_.owner_duty);
        for (const auto& role : bundle_.approvers)
            role_exists(role);
        out.approvers = texts(bundle_.approvers);
    }

    const Bundle& bundle_;
    Hashes types_, groups_, fields_;
};

}  // namespace

Policy build(const Bundle& bundle, Problems& problems) { return Builder(bundle, problems).run(); }

}  // namespace satchel::schema::declaration
