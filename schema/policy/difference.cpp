#include "schema/policy/difference.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "schema/policy/matrix.hpp"

namespace satchel::schema::difference {
namespace {

using matrix::Action;
using matrix::Answer;
using matrix::Atom;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string joined(const std::vector<std::string>& words, std::string_view between = ", ")
{
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : std::string(between)) + word;
    return out;
}

// --- Sight, over every state that either agreement asks for ------------------------------------------------------------

struct Subject {
    Atom atom;  // its kind, name and field
    std::vector<std::string> values;
};

std::vector<Subject> subjects_of(const matrix::Lines& a, const matrix::Lines& b)
{
    std::vector<Subject> out;
    for (const auto* lines : {&a, &b})
        for (const auto& line : *lines)
            for (const auto& atom : line.when) {
                auto at = std::find_if(out.begin(), out.end(), [&](const Subject& one) {
                    return one.atom.kind == atom.kind && one.atom.name == atom.name && one.atom.field == atom.field;
                });
                if (at == out.end())
                    at = out.insert(out.end(), {atom, {"", "yes"}});
                for (const auto& value : atom.values)
                    if (std::find(at->values.begin(), at->values.end(), value) == at->values.end())
                        at->values.push_back(value);
            }
    return out;
}

void put(matrix::Situation& situation, const Atom& atom, const std::string& value)
{
    switch (atom.kind) {
    case Atom::Kind::fact:
        situation.facts[atom.name] = value;
        return;
    case Atom::Kind::recorded:
        situation.recorded[atom.field] = value;
        return;
    case Atom::Kind::supplier:
        situation.supplier = !value.empty();
        return;
    case Atom::Kind::author:
        situation.author = !value.empty();
        return;
    default:
        return;  // sight asks for nothing else
    }
}

// Is there a state in which the first sees and the second does not?
bool sees_more(const Policy& first, const Policy& second, const RecordType& type, const Group& group, const Role& role)
{
    const auto* other_type = second.type(type.name);
    const auto* other_group = other_type ? other_type->group(group.name) : nullptr;
    const auto* other_role = second.role(role.name);
    const auto a = matrix::lines(first, type, group, role, Action::see);
    const auto b = other_group && other_role ? matrix::lines(second, *other_type, *other_group, *other_role, Action::see)
                                             : matrix::Lines{};
    const auto subjects = subjects_of(a, b);
    std::vector<std::size_t> at(subjects.size(), 0);
    for (;;) {
        matrix::Situation situation;
        for (std::size_t i = 0; i < at.size(); ++i)
            put(situation, subjects[i].atom, subjects[i].values[at[i]]);
        const auto* one = matrix::first(a, first, type, role, situation);
        const auto* two = b.empty() ? nullptr : matrix::first(b, second, *other_type, *other_role, situation);
        if (one && one->answer == Answer::sees && !(two && two->answer == Answer::sees))
            return true;
        std::size_t i = 0;
        while (i < at.size() && ++at[i] == subjects[i].values.size())
            at[i++] = 0;
        if (i == at.size())
            return false;
    }
}

// --- Rules by name ----------------------------------------------------------------------------------------------------

std::string in_words(const std::vector<Authority>& list, const Policy& policy, const RecordType* type)
{
    std::vector<std::string> words;
    for (const auto& who : list)
        words.push_back(matrix::in_words(who, policy, type));
    return joined(words, " or ");
}

std::string in_words(const Match& match, const RecordType& type)
{
    std::vector<std::string> words;
    for (const auto& [fact, values] : match.facts)
        words.push_back(fact + " is " + joined(values, " or "));
    for (const auto& [id, values] : match.values)
        for (const auto& group : type.groups)
            if (const auto* field = group.field(id))
                words.push_back(field->name + " is " + joined(values, " or "));
    return joined(words, " and ");
}

std::string with(std::string_view before, const std::string& words) { return words.empty() ? "" : std::string(before) + words; }

std::string redirect_in_words(const Redirect& rule, const Policy& policy, const RecordType& type)
{
    static constexpr std::array<std::string_view, 3> ranks{"", ", when it is lowered", ", when it is raised"};
    static constexpr std::array<std::string_view, 3> ends{"is refused", "becomes a suggestion to ", "is let through"};
    return "what " + (rule.author.empty() ? "anybody" : in_words(rule.author, policy, &type)) + " writes" +
           with(", when ", in_words(rule.when, type)) + std::string(ranks[static_cast<std::size_t>(rule.rank)]) + " " +
           std::string(ends[static_cast<std::size_t>(rule.then)]) +
           (rule.then == Redirect::Then::suggest ? matrix::in_words(rule.to, policy, &type) : "") +
           (rule.instead ? "; kept as " + rule.instead->type : "") + "; said: " + rule.say;
}

std::string notify_in_words(const Notify& rule, const RecordType& type)
{
    static constexpr std::array<std::string_view, 4> whens{"received", "in the record", "outside the agreement", "suggested"};
    const auto* group = rule.group ? type.group(*rule.group) : nullptr;
    return joined(rule.roles, " and ") + " get" + (rule.safety ? " (safety)" : "") + " " + quoted(rule.task) + " when " +
           (group ? group->title : type.title) + " is " + std::string(whens[static_cast<std::size_t>(rule.when)]) +
           with(" and ", in_words(rule.match, type)) + (rule.not_author_agency ? ", but for the author's agency" : "");
}

std::string field_in_words(const Policy& policy, TypeId type_id, GroupId group_id, FieldId field_id)
{
    const auto* type = policy.type(type_id);
    const auto* group = type ? type->group(group_id) : nullptr;
    const auto* field = group ? group->field(field_id) : nullptr;
    return (type ? type->name : "?") + "." + (field ? field->name : "?");
}

std::string deadline_in_words(const Deadline& rule, const Policy& policy)
{
    std::vector<std::string> starts;
    const RecordType* first = nullptr;
    for (const auto& start : rule.starts) {
        const auto* type = policy.type(start.type);
        first = first ? first : type;
        starts.push_back(to_string(start.within) + " from " + field_in_words(policy, start.type, start.group, start.field) +
                         (type ? with(" while ", in_words(start.when, *type)) : ""));
    }
    std::string met;
    if (rule.closes) {
        const auto* type = policy.type(rule.closes->type);
        met = ", met by " + (type ? type->name : "?") + (type ? with(" with ", in_words(rule.closes->when, *type)) : "");
    }
    return rule.role + " gets " + quoted(rule.task) + ", due " + joined(starts, rule.sooner ? " or, if sooner, " : " or ") +
           (first ? with(" while ", in_words(rule.applies, *first)) : "") + met;
}

std::string gate_in_words(const Gate& gate, const RecordType& type)
{
    return with("when ", in_words(gate.when, type)) + with(" unless ", in_words(gate.unless, type)) + ": " + gate.say;
}

std::string fact_in_words(const FactRule& rule)
{
    static constexpr std::array<std::string_view, 4> ways{"the last value of ", "the value today of ", "whether there is any ",
                                                          "whether it is still before an age, by "};
    return std::string(ways[static_cast<std::size_t>(rule.derive)]) + rule.type + "." + rule.group + with(", else ", rule.otherwise);
}

class Differ {
public:
    Differ(const Policy& was, const Policy& is) : was_(was), is_(is) {}

    std::vector<Change> run()
    {
        if (was_.title != is_.title)
            say("agreement", "title", "is called " + quoted(is_.title) + "; it was " + quoted(was_.title));
        people();
        lists(was_.facts, is_.facts, "fact", "", [](const FactRule& f) { return f.name; },
              [](const FactRule& f, const Policy&) { return fact_in_words(f); });
        for (const auto& type : was_.types)
            if (!is_.type(type.name))
                say("record", type.name, "the record type " + quoted(type.title) + " is gone", true);
        for (const auto& type : is_.types) {
            if (const auto* before = was_.type(type.name))
                types(*before, type);
            else
                say("record", type.name, "a new record type: " + quoted(type.title) + ", recorded by " +
                                             in_words(type.create, is_, &type));
        }
        lists(was_.deadlines, is_.deadlines, "deadline", "", [](const Deadline& d) { return d.id; },
              [](const Deadline& d, const Policy& p) { return deadline_in_words(d, p); });
        return std::move(out_);
    }

private:
    void say(std::string kind, std::string where, std::string words, bool narrows = false,
             std::vector<std::string> who = {})
    {
        out_.push_back({std::move(kind), std::move(where), std::move(words), std::move(who), narrows});
    }
    void turned(const std::string& kind, const std::string& where, const std::string& what, const std::string& was,
                const std::string& is)
    {
        if (was != is)
            say(kind, where, what + " " + is + "; it was " + was);
    }

    // Rules that have names: added, gone, or saying something else. A new kind of rule is one call of this.
    template <class Rule, class NameOf, class WordsOf>
    void lists(const std::vector<Rule>& was, const std::vector<Rule>& is, const std::string& kind, const std::string& where,
               NameOf name_of, WordsOf words_of)
    {
        const auto named = [&](const std::vector<Rule>& list, const std::string& name) {
            const auto at = std::find_if(list.begin(), list.end(), [&](const Rule& one) { return name_of(one) == name; });
            return at == list.end() ? nullptr : &*at;
        };
        for (const auto& rule : was)
            if (!named(is, name_of(rule)))
                say(kind, where + name_of(rule), "gone: " + words_of(rule, was_));
        for (const auto& rule : is) {
            const auto* before = named(was, name_of(rule));
            if (!before)
                say(kind, where + name_of(rule), "new: " + words_of(rule, is_));
            else
                turned(kind, where + name_of(rule), "now:", words_of(*before, was_), words_of(rule, is_));
        }
    }

    void people()
    {
        lists(was_.agencies, is_.agencies, "agency", "", [](const Agency& a) { return a.name; },
              [](const Agency& a, const Policy&) { return a.title; });
        lists(was_.roles, is_.roles, "role", "", [](const Role& r) { return r.name; }, [](const Role& r, const Policy&) {
            return r.title + with(", duties ", joined(r.duties)) + with(", covered by ", r.cover);
        });
        turned("scope", "restricted", "the fact that bars readers is", was_.scope.restricted_fact, is_.scope.restricted_fact);
        turned("scope", "vetting", "on a restricted case readers need the level", was_.scope.vetting, is_.scope.vetting);
        turned("scope", "approvers", "the next agreement is approved by two of", joined(approvers(was_)), joined(approvers(is_)));
        turned("scope", "handler", "sealed work goes to", was_.scope.handler, is_.scope.handler);
    }

    void types(const RecordType& was, const RecordType& is)
    {
        const auto nobody = [](const RecordType& type) {
            return std::all_of(type.create.begin(), type.create.end(),
                               [](const Authority& who) { return who.kind == Authority::Kind::nobody; });
        };
        turned("record", is.name, "is called", quoted(was.title), quoted(is.title));
        if (nobody(is) && !nobody(was))
            say("record", is.name, "is retired: nobody records it any more");
        else
            turned("record", is.name, "is recorded by", in_words(was.create, was_, &was), in_words(is.create, is_, &is));
        turned("record", is.name, "on devices:", std::string(name(was.hold)), std::string(name(is.hold)));
        turned("record", is.name, "is kept for", was.retention, is.retention);
        for (const auto& group : was.groups)
            if (!is.group(group.name))
                say("part", is.name + "." + group.name, "is gone", true);
        for (const auto& group : is.groups) {
            if (const auto* before = was.group(group.name))
                parts(was, *before, is, group);
            else
                say("part", is.name + "." + group.name, "a new part: " + quoted(group.title));
        }
        lists(was.notify, is.notify, "notification", is.name + ": ", [](const Notify& n) { return n.id; },
              [&](const Notify& n, const Policy& p) { return notify_in_words(n, &p == &was_ ? was : is); });
        lists(was.outside, is.outside, "outside", is.name + ": ", [](const OutsideRule& o) { return o.id; },
              [&](const OutsideRule& o, const Policy& p) {
                  return "raised" + with(" when ", in_words(o.when, &p == &was_ ? was : is)) + ": " + o.say;
              });
        lists(was.links, is.links, "link", is.name + ": ", [](const LinkRule& l) { return l.id; },
              [](const LinkRule& l, const Policy&) { return joined(l.roles, " and ") + " get " + quoted(l.task); });
    }

    void parts(const RecordType& was_type, const Group& was, const RecordType& is_type, const Group& is)
    {
        const auto where = is_type.name + "." + is.name;
        turned("part", where, "two versions at once:", std::string(name(was.merge)), std::string(name(is.merge)));
        turned("part", where, "a reason is", was.reason_required ? "needed" : "not needed",
               is.reason_required ? "needed" : "not needed");
        turned("part", where, "it is", was.safety ? "sent first, for safety" : "sent in turn",
               is.safety ? "sent first, for safety" : "sent in turn");
        turned("part", where, "suggestions and two versions are settled by", settled_by(was, was_type, was_),
               settled_by(is, is_type, is_));
        for (const auto& field : was.fields)
            if (!is.field(field.name))
                say("field", where + "." + field.name, "is gone");
        for (const auto& field : is.fields) {
            if (const auto* before = was.field(field.name))
                fields(where + "." + field.name, *before, field);
            else
                say("field", where + "." + field.name, "a new field: " + quoted(field.title) + ", " + std::string(name(field.type)));
        }
        lists(was.redirects, is.redirects, "exception", where + ": ", [](const Redirect& r) { return r.rule; },
              [&](const Redirect& r, const Policy& p) { return redirect_in_words(r, p, &p == &was_ ? was_type : is_type); });
        lists(was.transitions, is.transitions, "step", where + ": ",
              [](const Transition& t) { return (t.from.empty() ? "start" : t.from) + " -> " + t.to; },
              [&](const Transition& t, const Policy& p) { return "by " + matrix::in_words(t.by, p, nullptr); });
        lists(was.limits, is.limits, "limit", where + ": ",
              [&](const Limit& l) {
                  const auto* field = is.field(l.field);
                  return (field ? field->name : was.field(l.field)->name) + with(" while ", in_words(l.when, is_type));
              },
              [](const Limit& l, const Policy&) {
                  return to_string(l.within) + ": " + l.say;
              });
        lists(was.gates, is.gates, "gate", where + ": ", [](const Gate& g) { return g.rule; },
              [&](const Gate& g, const Policy& p) { return gate_in_words(g, &p == &was_ ? was_type : is_type); });
        says_and_sights(where, was_type, was, is_type, is);
    }

    [[nodiscard]] static std::string settled_by(const Group& group, const RecordType& type, const Policy& policy)
    {
        return group.resolver.kind == Authority::Kind::nobody ? "whoever decides it" : matrix::in_words(group.resolver, policy, &type);
    }

    void fields(const std::string& where, const Field& was, const Field& is)
    {
        turned("field", where, "is called", quoted(was.title), quoted(is.title));
        turned("field", where, "is of type", std::string(name(was.type)), std::string(name(is.type)));
        turned("field", where, "it", was.required ? "must be given" : "may be left out", is.required ? "must be given" : "may be left out");
        turned("field", where, "in reasons its words are", was.withheld_from_reason ? "withheld" : "shown",
               is.withheld_from_reason ? "withheld" : "shown");
        if (is.type == FieldType::agency || is.type == FieldType::role)
            return;  // every one that there is
        turned("field", where, "its choices are", joined(was.choices), joined(is.choices));
    }

    // What roles may do, and see, with a part that both have. Roles for which the same changes are told together.
    void says_and_sights(const std::string& where, const RecordType& was_type, const Group& was, const RecordType& is_type,
                         const Group& is)
    {
        // Withdrawing follows from who decides the parts.
        constexpr std::array written{Action::create, Action::set, Action::add, Action::remove};
        std::vector<Change> told;
        const auto tell = [&](Change change, const std::string& who) {
            for (auto& one : told)
                if (one.words == change.words && one.kind == change.kind && one.narrows == change.narrows)
                    return one.who.push_back(who);
            change.who = {who};
            told.push_back(std::move(change));
        };
        for (const auto& role : is_.roles) {
            const auto* before = was_.role(role.name);
            if (!before)
                continue;
            for (const auto action : written) {
                if (!applies(was_type, was, action) || !applies(is_type, is, action))
                    continue;
                const auto old_words = lines_in_words(was_, was_type, was, *before, action);
                const auto new_words = lines_in_words(is_, is_type, is, role, action);
                if (old_words != new_words)
                    tell({"say", where, std::string(name(action)) + ": " + new_words + "; it was: " + old_words}, role.title);
            }
            const bool loses = sees_more(was_, is_, was_type, was, *before);
            const bool gains = sees_more(is_, was_, is_type, is, role);
            if (!loses && !gains)
                continue;
            const auto sight = lines_in_words(is_, is_type, is, role, Action::see);
            tell({"sight", where,
                  std::string(loses && gains ? "sees it in other cases than before"
                              : loses        ? "loses sight of it"
                                             : "gains sight of it") +
                      ": " + sight,
                  {},
                  loses},
                 role.title);
        }
        out_.insert(out_.end(), std::make_move_iterator(told.begin()), std::make_move_iterator(told.end()));
    }

    [[nodiscard]] static std::string lines_in_words(const Policy& policy, const RecordType& type, const Group& group,
                                                    const Role& role, Action action)
    {
        std::string out;
        for (const auto& line : matrix::lines(policy, type, group, role, action)) {
            const auto given = !line.when.empty() ? matrix::in_words(line.when, policy, type, &role) + ": "
                               : out.empty()      ? ""
                                                  : "otherwise: ";
            out += (out.empty() ? "" : "; ") + given + matrix::in_words(line, policy, type);
        }
        return out;
    }

    const Policy& was_;
    const Policy& is_;
    std::vector<Change> out_;
};

}  // namespace

std::vector<Change> between(const Policy& was, const Policy& is) { return Differ(was, is).run(); }

bool loses_sight(const Policy& was, const Policy& is, const RecordType& type, const Group& group, const Role& role)
{
    return sees_more(was, is, type, group, role);
}

}  // namespace satchel::schema::difference
