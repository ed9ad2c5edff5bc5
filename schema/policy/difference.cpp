#include "schema/policy/difference.hpp"

#include <algorithm>
#include <array>

#include "schema/policy/difference_words.hpp"
#include "schema/policy/matrix.hpp"

namespace satchel::schema::difference {
namespace {

using matrix::Action;
using matrix::Answer;
using matrix::Atom;

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

// --- Everything that is declared ---------------------------------------------------------------------------------------

class Differ {
public:
    Differ(const Policy& was, const Policy& is) : was_(was), is_(is) {}

    std::vector<Change> run()
    {
        turned("agreement", "title", "is called", quoted(was_.title), quoted(is_.title));
        people();
        facts();
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
        deadlines();
        calendar();
        earlier_words();
        figures();
        return std::move(out_);
    }

    std::vector<Change> rules()
    {
        facts();
        for (const auto& type : is_.types)
            if (const auto* before = was_.type(type.name)) {
                for (const auto& group : type.groups)
                    if (const auto* there = before->group(group.name))
                        exceptions(type.name + "." + group.name, *before, *there, type, group);
                reactions(*before, type);
            }
        deadlines();
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

    void rests(const std::string& kind, const std::string& where, const References& was, const References& is)
    {
        turned(kind, where, "rests on", was.empty() ? "nothing" : joined(was), is.empty() ? "nothing" : joined(is));
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
            if constexpr (requires { rule.refs; })
                if (before)
                    rests(kind, where + name_of(rule), before->refs, rule.refs);
        }
    }

    void people()
    {
        lists(was_.agencies, is_.agencies, "agency", "", [](const Agency& a) { return a.name; },
              [](const Agency& a, const Policy&) { return in_words(a); });
        lists(was_.roles, is_.roles, "role", "", [](const Role& r) { return r.name; },
              [](const Role& r, const Policy&) { return in_words(r); });
        turned("scope", "vetting_levels", "the levels of vetting are", joined(was_.vetting_levels), joined(is_.vetting_levels));
        const auto& was = was_.scope;
        const auto& is = is_.scope;
        const auto named = [](const std::string& name) { return name.empty() ? std::string("none") : name; };
        turned("scope", "restricted", "the fact that bars readers is", named(was.restricted_fact), named(is.restricted_fact));
        turned("scope", "vetting", "on a restricted case readers need the level", named(was.vetting), named(is.vetting));
        turned("scope", "approvers", "the next agreement is approved by two of", joined(approvers(was_)), joined(approvers(is_)));
        turned("scope", "handler", "sealed work goes to", named(was.handler), named(is.handler));
        turned("scope", "coordination_role", "what nobody else can take goes to", was.coordination_role, is.coordination_role);
        turned("scope", "owner_duty", "where no role is named, an agency decides by its", was.owner_duty, is.owner_duty);
    }

    void facts()
    {
        lists(was_.facts, is_.facts, "fact", "", [](const FactRule& f) { return f.name; },
              [](const FactRule& f, const Policy& p) { return in_words(f, p); });
    }

    void deadlines()
    {
        lists(was_.deadlines, is_.deadlines, "deadline", "", [](const Deadline& d) { return d.id; },
              [](const Deadline& d, const Policy& p) { return in_words(d, p); });
    }

    void earlier_words()
    {
        const auto& was = was_.earlier_words;
        const auto& is = is_.earlier_words;
        turned("earlier words", "as written", "are kept in", kept_in_words(was_), kept_in_words(is_));
        rests("earlier words", "as written", was.refs, is.refs);
        // One word may name a role in each of several agencies.
        const auto known_as = [](const EarlierWord& w) {
            return w.in + (w.in == any_role ? " in " + w.means.substr(0, w.means.find('.')) : "") + ": " + quoted(w.word);
        };
        lists(was.words, is.words, "earlier word", "", known_as,
              [](const EarlierWord& w, const Policy& p) { return in_words(w, p); });
    }

    void calendar()
    {
        const auto& was = was_.calendar;
        const auto& is = is_.calendar;
        const auto known = [](const Calendar& c) {
            return c.title.empty() ? "none" : quoted(c.title) + ", known from " + to_string(c.from) + " to " + to_string(c.until);
        };
        turned("calendar", "calendar", "is", known(was), known(is));
        holidays("calendar", was.holidays, is.holidays);
        rests("calendar", "calendar", was.refs, is.refs);
    }
    void holidays(const std::string& kind, const std::vector<Date>& was, const std::vector<Date>& is)
    {
        const auto only = [&](const std::vector<Date>& in, const std::vector<Date>& not_in, const char* words) {
            for (const auto& day : in)
                if (std::find(not_in.begin(), not_in.end(), day) == not_in.end())
                    say(kind, kind, to_string(day) + words);
        };
        only(was, is, " is a working day; it was none");
        only(is, was, " is no working day; it was one");
    }

    void figures()
    {
        static const Figures none;
        const auto& was = was_.figures ? *was_.figures : none;
        const auto& is = is_.figures ? *is_.figures : none;
        const auto in = [](const Policy& policy, FieldId field) { return field == FieldId{} ? "nothing" : field_in_words(policy, field); };
        const auto or_none = [](const std::string& name) { return name.empty() ? std::string("none") : name; };
        turned("figures", "area", "the area of a case is", or_none(was.area), or_none(is.area));
        turned("figures", "born", "ages are reckoned from", in(was_, was.born), in(is_, is.born));
        turned("figures", "show", "in lists stand", or_none(joined(was.show)), or_none(joined(is.show)));
        const auto person = [&](const Policy& policy, const Figures& f) {
            return in(policy, f.same_scheme) + ", " + in(policy, f.same_value) + ", for " + or_none(joined(f.same_schemes));
        };
        turned("figures", "same_person", "two cases are one person by", person(was_, was), person(is_, is));
        const auto each = [](const auto& map, const auto& words) {
            std::vector<std::string> out;
            for (const auto& [fact, value] : map)
                out.push_back(fact + ": " + words(value));
            return out.empty() ? std::string("nothing") : joined(out);
        };
        const auto since = [&](const Policy& policy, const Figures& f) {
            return each(f.since, [&](FieldId field) { return in(policy, field); });
        };
        const auto undecided = [&](const Figures& f) { return each(f.undecided, [](const std::string& value) { return value; }); };
        turned("figures", "since", "facts hold since", since(was_, was), since(is_, is));
        turned("figures", "undecided", "not decided yet is", undecided(was), undecided(is));
        const auto own_holidays = [](const Policy& policy, const Figures& f) {
            return f.calendar.holidays == policy.calendar.holidays ? std::vector<Date>{} : f.calendar.holidays;
        };
        holidays("figures", own_holidays(was_, was), own_holidays(is_, is));
        turned("figures", "portal", "figures of boards are handed in at", or_none(was.portal), or_none(is.portal));
        const auto no_case = [](const Policy& policy, const Figures& f) {
            return f.no_case.facts.empty() ? std::string("none") : in_words(f.no_case, policy);
        };
        turned("figures", "no_case", "counted among no cases are files of which hold", no_case(was_, was), no_case(is_, is));
        const auto bands = [](const std::vector<int>& begins) {
            const auto all = all_bands(begins);
            return all.empty() ? std::string("none") : joined(all);
        };
        turned("figures", "age_bands", "ages stand in the bands", bands(was.age_bands), bands(is.age_bands));
        turned("figures", "held_bands", "months stand in the bands", bands(was.held_bands), bands(is.held_bands));
        const auto counted = [&](const std::vector<Figure>& a, const std::vector<Figure>& b, const std::string& kind, const std::string& where) {
            lists(a, b, kind, where, [](const Figure& f) { return f.id; }, [](const Figure& f, const Policy& p) { return in_words(f, p); });
        };
        counted(was.kpis, is.kpis, "kpi", "");
        counted(was.lists, is.lists, "caseload list", "");
        lists(was.returns, is.returns, "annual return", "", [](const ReturnEdition& r) { return r.id; },
              [](const ReturnEdition& r, const Policy&) {
                  std::vector<std::string> years;
                  for (const auto& year : r.years)
                      years.push_back(to_string(year.ends) + ", published " + to_string(year.published));
                  return quoted(r.title) + ", signed off by " + r.signed_off_by + ", seen early by " +
                         (r.early.empty() ? "nobody" : joined(r.early)) + "; years to " + joined(years, "; to ");
              });
        for (const auto& edition : is.returns) {
            const auto before = std::find_if(was.returns.begin(), was.returns.end(),
                                             [&](const ReturnEdition& one) { return one.id == edition.id; });
            if (before != was.returns.end())
                counted(before->lines, edition.lines, "line", edition.id + ": ");
        }
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
        const auto kind = [](const RecordType& type) { return type.kind == RecordType::Kind::event ? "what happened" : "what is"; };
        turned("record", is.name, "tells", kind(was), kind(is));
        turned("record", is.name, "a case has", was.singleton ? "one" : "any number", is.singleton ? "one" : "any number");
        turned("record", is.name, "on devices:", std::string(name(was.hold)), std::string(name(is.hold)));
        turned("record", is.name, "is kept:", was.retention, is.retention);
        rests("record", is.name, was.refs, is.refs);
        for (const auto& group : was.groups)
            if (!is.group(group.name))
                say("part", is.name + "." + group.name, "is gone", true);
        for (const auto& group : is.groups) {
            if (const auto* before = was.group(group.name))
                parts(was, *before, is, group);
            else
                say("part", is.name + "." + group.name, "a new part: " + quoted(group.title));
        }
        reactions(was, is);
    }

    // What follows of itself from what is written.
    void reactions(const RecordType& was, const RecordType& is)
    {
        const auto late = [](const RecordType& type) {
            return type.late_after_days == 0 ? std::string("never") : "after " + std::to_string(type.late_after_days) + " days";
        };
        turned("late", is.name, "what comes in later is marked late", late(was), late(is));
        turned("succession", is.name, "with a new one", in_words(was.succession, was), in_words(is.succession, is));
        if (was.succession && is.succession)
            rests("succession", is.name, was.succession->refs, is.succession->refs);
        lists(was.notify, is.notify, "notification", is.name + ": ", [](const Notify& n) { return n.id; },
              [&](const Notify& n, const Policy& p) { return in_words(n, &p == &was_ ? was : is); });
        lists(was.withdrawal, is.withdrawal, "withdrawal", is.name + ": ", [](const Gate& g) { return g.rule; },
              [&](const Gate& g, const Policy& p) { return in_words(g, p, &p == &was_ ? was : is); });
        lists(was.outside, is.outside, "outside", is.name + ": ", [](const OutsideRule& o) { return o.id; },
              [&](const OutsideRule& o, const Policy& p) { return in_words(o, p, &p == &was_ ? was : is); });
        lists(was.links, is.links, "link", is.name + ": ", [](const LinkRule& l) { return l.id; },
              [&](const LinkRule& l, const Policy& p) { return in_words(l, &p == &was_ ? was : is); });
    }

    void exceptions(const std::string& where, const RecordType& was_type, const Group& was, const RecordType& is_type, const Group& is)
    {
        lists(was.redirects, is.redirects, "exception", where + ": ", [](const Redirect& r) { return r.rule; },
              [&](const Redirect& r, const Policy& p) { return in_words(r, p, &p == &was_ ? was_type : is_type); });
        turned("part", where, "its exceptions are looked at in the order", order(was.redirects, is.redirects), order(is.redirects, was.redirects));
    }
    // Of those that are in both.
    template <class Rule>
    static std::string order(const std::vector<Rule>& of, const std::vector<Rule>& other)
    {
        std::vector<std::string> out;
        for (const auto& rule : of)
            if (std::any_of(other.begin(), other.end(), [&](const Rule& one) { return one.rule == rule.rule; }))
                out.push_back(rule.rule);
        return joined(out);
    }

    void parts(const RecordType& was_type, const Group& was, const RecordType& is_type, const Group& is)
    {
        const auto where = is_type.name + "." + is.name;
        turned("part", where, "is called", quoted(was.title), quoted(is.title));
        turned("part", where, "is decided by", decided_by(was, was_type, was_), decided_by(is, is_type, is_));
        turned("part", where, "two versions at once:", std::string(name(was.merge)), std::string(name(is.merge)));
        turned("part", where, "a reason is", was.reason_required ? "needed" : "not needed",
               is.reason_required ? "needed" : "not needed");
        turned("part", where, "it is", was.safety ? "sent first, for safety" : "sent in turn",
               is.safety ? "sent first, for safety" : "sent in turn");
        turned("part", where, "suggestions and two versions are settled by", settled_by(was, was_type, was_),
               settled_by(is, is_type, is_));
        turned("part", where, "what protects more is", in_words(was.safe_side, was), in_words(is.safe_side, is));
        if (was.safe_side && is.safe_side)
            rests("part", where + ", what protects more", was.safe_side->refs, is.safe_side->refs);
        const auto reasoned = [](const Group& group) {
            const auto* field = group.reasoned_by ? group.field(*group.reasoned_by) : nullptr;
            return field ? field->name : std::string("nothing");
        };
        turned("part", where, "a value counts for more with", reasoned(was), reasoned(is));
        turned("part", where, "it is an approval of", binding_in_words(was, was_type), binding_in_words(is, is_type));
        rests("part", where, was.refs, is.refs);
        for (const auto& field : was.fields)
            if (!is.field(field.name))
                say("field", where + "." + field.name, "is gone");
        for (const auto& field : is.fields) {
            if (const auto* before = was.field(field.name))
                fields(where + "." + field.name, *before, field);
            else
                say("field", where + "." + field.name, "a new field: " + quoted(field.title) + ", " + std::string(name(field.type)));
        }
        exceptions(where, was_type, was, is_type, is);
        const auto moved = [](const Group& group) {
            const auto* field = group.transitions.empty() ? nullptr : group.field(group.transition_field);
            return field ? field->name : std::string("nothing");
        };
        turned("part", where, "its steps are of", moved(was), moved(is));
        lists(was.transitions, is.transitions, "step", where + ": ",
              [](const Transition& t) { return (t.from.empty() ? "start" : t.from) + " -> " + t.to; },
              [&](const Transition& t, const Policy& p) { return "by " + matrix::in_words(t.by, p, &p == &was_ ? &was_type : &is_type); });
        lists(was.limits, is.limits, "limit", where + ": ",
              [&](const Limit& l) {
                  const auto* field = is.field(l.field);
                  const auto while_ = in_words(l.when, is_type);
                  return (field ? field->name : was.field(l.field)->name) + (while_.empty() ? "" : " while " + while_);
              },
              [&](const Limit& l, const Policy& p) { return in_words(l, &p == &was_ ? was_type : is_type); });
        lists(was.gates, is.gates, "gate", where + ": ", [](const Gate& g) { return g.rule; },
              [&](const Gate& g, const Policy& p) { return in_words(g, p, &p == &was_ ? was_type : is_type); });
        turned("part", where, "its gates are looked at in the order", order(was.gates, is.gates), order(is.gates, was.gates));
        says_and_sights(where, was_type, was, is_type, is);
    }

    [[nodiscard]] static std::string decided_by(const Group& group, const RecordType& type, const Policy& policy)
    {
        std::vector<std::string> words;
        for (const auto& clause : group.owner) {
            const auto when = in_words(clause.when, type);
            words.push_back((when.empty() ? "" : "when " + when + " ") + matrix::in_words(clause.is, policy, &type));
        }
        return joined(words, ", else ");
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
        turned("field", where, "refers to", was.target.empty() ? "nothing" : was.target, is.target.empty() ? "nothing" : is.target);
        turned("field", where, "when nothing is said it begins as", was.initial.empty() ? "nothing" : was.initial,
               is.initial.empty() ? "nothing" : is.initial);
        turned("field", where, "people search", was.searchable ? "by it" : "without it", is.searchable ? "by it" : "without it");
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

std::vector<Change> of_rules(const Policy& was, const Policy& is) { return Differ(was, is).rules(); }

bool loses_sight(const Policy& was, const Policy& is, const RecordType& type, const Group& group, const Role& role)
{
    return sees_more(was, is, type, group, role);
}

}  // namespace satchel::schema::difference
