#include "schema/policy/difference_words.hpp"

#include <array>

#include "schema/policy/matrix.hpp"

namespace satchel::schema::difference {
namespace {

std::string with(std::string_view before, const std::string& words) { return words.empty() ? "" : std::string(before) + words; }

std::string field_name(const RecordType& type, FieldId id)
{
    for (const auto& group : type.groups)
        if (const auto* field = group.field(id))
            return field->name;
    return "?";
}

std::string fields_in_words(const std::vector<FieldId>& fields, const RecordType& type)
{
    std::vector<std::string> names;
    for (const auto field : fields)
        names.push_back(field_name(type, field));
    return joined(names);
}

std::string group_name(const RecordType& type, GroupId id)
{
    const auto* group = type.group(id);
    return group ? group->name : "?";
}

std::string rank_in_words(Redirect::Rank rank, FieldId field, const RecordType& type)
{
    return rank == Redirect::Rank::any      ? ""
           : rank == Redirect::Rank::lowers ? field_name(type, field) + " is lowered"
                                            : field_name(type, field) + " is raised";
}

std::string in_words(const std::optional<Asked>& asked, const Policy& policy)
{
    const auto* type = asked ? policy.type(asked->type) : nullptr;
    if (!type)
        return {};
    return asked->type + with(" with ", difference::in_words(asked->when, *type)) +
           (asked->refers_here ? ", whose " + field_name(*type, *asked->refers_here) + " is this record" : "") +
           (asked->referred_in ? ", named in " + field_in_words(policy, *asked->referred_in) : "");
}

std::string in_words(const std::optional<Period>& period) { return period ? to_string(*period) : std::string(); }

std::string in_words(const Witness& witness, const Policy& policy)
{
    std::vector<std::string> when;
    for (const auto& one : witness.when)
        when.push_back(difference::in_words(one, policy));
    std::vector<std::string> same;
    for (const auto& [its, counted] : witness.same)
        same.push_back(field_in_words(policy, its) + " as " + field_in_words(policy, counted));
    return (witness.type.empty() ? "itself" : witness.type) +
           (witness.of ? " by " + field_in_words(policy, *witness.of) + (witness.of_about ? " to what it is about" : "") : "") +
           with(" with ", joined(when, ", or with ")) + with(" and the same ", joined(same)) +
           (witness.date != FieldId{} ? " by " + field_in_words(policy, witness.date) : "") +
           with(" within ", in_words(witness.within)) +
           with(" not longer before than ", in_words(witness.since)) + with(", asked only where ", difference::in_words(witness.only_if, policy));
}

}  // namespace

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string joined(const std::vector<std::string>& words, std::string_view between)
{
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : std::string(between)) + (word.empty() ? "nothing" : word);
    return out;
}

std::string field_in_words(const Policy& policy, FieldId id)
{
    for (const auto& type : policy.types)
        for (const auto& group : type.groups)
            if (const auto* field = group.field(id))
                return type.name + "." + field->name;
    return "?";
}

std::string in_words(const std::vector<Authority>& list, const Policy& policy, const RecordType* type)
{
    std::vector<std::string> words;
    for (const auto& who : list)
        words.push_back(matrix::in_words(who, policy, type));
    return joined(words, " or ");
}

// Of a rule that may ask for fields of several record types.
std::string in_words(const Match& match, const Policy& policy)
{
    std::vector<std::string> words;
    for (const auto& [fact, values] : match.facts)
        words.push_back(fact + " is " + joined(values, " or "));
    for (const auto& [field, values] : match.values)
        words.push_back(field_in_words(policy, field) + " is " + joined(values, " or "));
    return joined(words, " and ");
}

std::string in_words(const Match& match, const RecordType& type)
{
    std::vector<std::string> words;
    for (const auto& [fact, values] : match.facts)
        words.push_back(fact + " is " + joined(values, " or "));
    for (const auto& [id, values] : match.values)
        words.push_back(field_name(type, id) + " is " + joined(values, " or "));
    return joined(words, " and ");
}

// --- Who takes part ---------------------------------------------------------------------------------------------------

std::string in_words(const Agency& agency)
{
    return agency.title + (agency.by_invitation ? ", takes part by invitation" : "");
}

std::string in_words(const Role& role)
{
    return role.title + with(", duties ", joined(role.duties)) + with(", covered by ", role.cover);
}

std::string in_words(const FactRule& rule, const Policy& policy)
{
    static constexpr std::array<std::string_view, 4> ways{"the last value of ", "the value today of ", "whether there is any ",
                                                          "whether it is still before an age, by "};
    const auto* type = policy.type(rule.type);
    const auto field = [&](FieldId id) { return type && id != FieldId{} ? field_name(*type, id) : std::string(); };
    return std::string(ways[static_cast<std::size_t>(rule.derive)]) + rule.type + "." + rule.group + with(", ", field(rule.value)) +
           with(", from ", field(rule.from)) + with(" to ", field(rule.to)) +
           (rule.years > 0 ? ", " + std::to_string(rule.years) + " years" : "") +
           (type ? with(", only where ", in_words(rule.only, *type)) + with(", not without ", fields_in_words(rule.needs, *type)) : "") +
           with(", else ", rule.otherwise) + with("; called ", quoted(rule.title));
}

// --- Between a change and the record ----------------------------------------------------------------------------------

std::string in_words(const Redirect& rule, const Policy& policy, const RecordType& type)
{
    static constexpr std::array<std::string_view, 3> ends{"is refused", "becomes a suggestion to ", "is let through"};
    std::string kept;
    if (rule.instead) {
        std::vector<std::string> set;
        for (const auto& [target, source] : rule.instead->set)
            set.push_back(field_in_words(policy, target).substr(rule.instead->type.size() + 1) + " from " + source);
        kept = "; kept as " + rule.instead->type + (set.empty() ? "" : " (" + joined(set) + ")");
    }
    return "what " + (rule.author.empty() ? "anybody" : in_words(rule.author, policy, &type)) + " writes" +
           with(", when ", in_words(rule.when, type)) + with(", when ", rank_in_words(rule.rank, rule.rank_field, type)) + " " +
           std::string(ends[static_cast<std::size_t>(rule.then)]) +
           (rule.then == Redirect::Then::suggest ? matrix::in_words(rule.to, policy, &type) : "") + kept +
           with("; with it are listed open records of ", rule.lists) + "; said: " + rule.say;
}

std::string in_words(const Gate& gate, const Policy& policy, const RecordType& type)
{
    std::vector<std::string> people;
    for (const auto group : gate.different_person_from)
        people.push_back(group_name(type, group));
    const auto approved = gate.approved ? group_name(type, gate.approved->group) + with(" with ", in_words(gate.approved->when, type)) : "";
    return with("when ", in_words(gate.when, type)) + with(" when ", rank_in_words(gate.rank, gate.rank_field, type)) +
           with(" unless ", in_words(gate.unless, type)) + with(" needs ", fields_in_words(gate.needs, type)) +
           with(" needs another person than for ", joined(people)) + with(" needs the approval ", approved) +
           with(" needs a record of ", in_words(gate.exists, policy)) + with(" needs that there is no record of ", in_words(gate.absent, policy)) +
           ": " + gate.say;
}

std::string in_words(const Limit& limit, const RecordType& type)
{
    return to_string(limit.within) + " from " + field_name(type, limit.from) + ": " + limit.say;
}

std::string in_words(const std::optional<SafeSide>& side, const Group& group)
{
    if (!side)
        return "none";
    const auto* field = group.field(side->field);
    static constexpr std::array<std::string_view, 3> kinds{"the later choice of ", "the earlier ", "a certain value of "};
    return std::string(kinds[static_cast<std::size_t>(side->kind)]) + (field ? field->name : "?") + with(": ", side->value) +
           (side->show_to_all ? ", shown beside the recorded one" : "") +
           (side->second_person ? ", less of it is decided by two people" : "");
}

std::string binding_in_words(const Group& group, const RecordType& type)
{
    return group.binds_to ? "the version of " + group_name(type, *group.binds_to) + " named in " + field_name(type, group.binds_field) : "none";
}

// --- What follows of itself -------------------------------------------------------------------------------------------

std::string in_words(const std::optional<Succession>& rule, const RecordType& type)
{
    return rule ? field_name(type, rule->ends) + " of the one before takes " + field_name(type, rule->starts) +
                      with(", of those with the same ", fields_in_words(rule->same, type))
                : "nothing";
}

std::string in_words(const Notify& rule, const RecordType& type)
{
    static constexpr std::array<std::string_view, 4> whens{"received", "in the record", "outside the agreement", "suggested"};
    const auto* group = rule.group ? type.group(*rule.group) : nullptr;
    return joined(rule.roles, " and ") + " get" + (rule.safety ? " (safety)" : "") + " " + quoted(rule.task) +
           (rule.unconfirmed.empty() ? "" : " (" + rule.unconfirmed + ", until it is in the record)") + " when " +
           (group ? group->title : type.title) + " is " + std::string(whens[static_cast<std::size_t>(rule.when)]) +
           with(" and ", in_words(rule.match, type)) + (rule.not_author_agency ? ", but for the author's agency" : "") +
           (rule.coalesce ? ", once for each case while it is open" : "") + with("; what then is out of date: ", rule.marks_stale);
}

std::string in_words(const LinkRule& rule, const RecordType& type)
{
    return joined(rule.roles, " and ") + " get " + quoted(rule.task) + " for two with the same " + fields_in_words(rule.same, type) +
           (rule.differs ? ", marked where " + field_name(type, *rule.differs) + " differs" : "") +
           (rule.across_agencies ? "" : ", of one agency as well");
}

std::string in_words(const OutsideRule& rule, const Policy& policy, const RecordType& type)
{
    return "raised" + with(" when ", in_words(rule.when, type)) +
           (rule.ref ? " when " + field_in_words(policy, rule.ref_field) + " of its " + field_name(type, *rule.ref) + " is " +
                           joined(rule.ref_values, " or ")
                     : "") +
           ": " + rule.say;
}

std::string in_words(const Deadline& rule, const Policy& policy)
{
    std::vector<std::string> starts;
    const RecordType* first = nullptr;
    for (const auto& start : rule.starts) {
        const auto* type = policy.type(start.type);
        first = first ? first : type;
        starts.push_back(to_string(start.within) + " from " + field_in_words(policy, start.field) +
                         (type ? with(" while ", in_words(start.when, *type)) : ""));
    }
    std::string met;
    if (rule.closes) {
        const auto* type = policy.type(rule.closes->type);
        const auto what = rule.closes->by == Deadline::Closes::By::itself ? "the record that started it" : type ? type->name : "?";
        met = ", met by " + what + (type ? with(" with ", in_words(rule.closes->when, *type)) : "") +
              (rule.closes->by == Deadline::Closes::By::about ? " about it, by " + field_in_words(policy, rule.closes->of) : "") +
              (rule.closes->on ? " on " + field_in_words(policy, *rule.closes->on) : "");
    }
    return rule.role + " gets " + quoted(rule.task) + ", due " + joined(starts, rule.sooner ? " or, if sooner, " : " or ") +
           (first ? with(" while ", in_words(rule.applies, *first)) : "") + met + (rule.one_per_case ? ", one for the case" : "") +
           (rule.first ? ", from the first" : "") + with("; said: ", rule.say);
}

// --- What is counted --------------------------------------------------------------------------------------------------

std::string in_words(const Figure& figure, const Policy& policy)
{
    static constexpr std::array<std::string_view, 3> counts{"cases", "records", "counted elsewhere"};
    std::vector<std::string> words;
    const auto tell = [&](std::string_view before, const std::string& what) {
        if (!what.empty())
            words.push_back(std::string(before) + what);
    };
    const auto each = [&](std::string_view before, const auto& list) {
        for (const auto& one : list)
            tell(before, in_words(one, policy));
    };
    tell(figure.type.empty() ? counts[static_cast<std::size_t>(figure.counts)] : "records of ", figure.type.empty() ? " " : figure.type);
    if (figure.about)
        tell("about ", figure.about_type + " in " + field_in_words(policy, *figure.about));
    if (figure.on != FieldId{})
        tell("by the day ", field_in_words(policy, figure.on));
    tell("where ", in_words(figure.when, policy));
    each("not where ", figure.unless);
    if (figure.under_age > 0)
        tell("under the age of ", std::to_string(figure.under_age));
    for (const auto& by : figure.by)
        tell("in rows by ", by.name);
    each("met by ", figure.met);
    tell("no later than each ", in_words(figure.every));
    if (figure.each_day)
        words.emplace_back("entries of one day are one");
    if (figure.each_interval)
        words.emplace_back("each time between counts");
    tell("due while ", in_words(figure.still, policy));
    if (figure.target > 0)
        tell("target ", std::to_string(figure.target) + " per cent");
    if (figure.withhold_below > 0)
        tell("not told below ", std::to_string(figure.withhold_below));
    each("told of where ", figure.never);
    tell("read as: ", figure.reading);
    tell("because: ", figure.why);
    return quoted(figure.title) + ": " + joined(words, "; ");
}

// --- Words of earlier editions -----------------------------------------------------------------------------------------

std::string in_words(const EarlierWord& word, const Policy& policy)
{
    std::vector<std::string> kept;
    for (const auto& value : word.keep)
        kept.push_back(field_in_words(policy, value.field) + " " + quoted(to_text(value.value)));
    return "means " + word.means + with(", kept with ", joined(kept));
}

std::string kept_in_words(const Policy& policy)
{
    const auto& earlier = policy.earlier_words;
    if (earlier.type == TypeId{})
        return "nothing";
    const auto also = [&](std::string_view before, const std::optional<FieldId>& field) {
        return field ? std::string(before) + field_in_words(policy, *field) : std::string();
    };
    return field_in_words(policy, earlier.written) + also(", what they mean in ", earlier.present) +
           also(", the record in which they stood in ", earlier.stood_in) + also(", and where there in ", earlier.stood_as);
}

}  // namespace satchel::schema::difference
