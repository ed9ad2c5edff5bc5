// Judges that every clock can start, can be met, is not met by what starts it, and counts days that the calendar has.
#include <algorithm>

#include "schema/policy/declaration.hpp"

namespace satchel::schema::declaration {
namespace {

using Built = schema::Deadline;
using By = Built::Closes::By;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

bool nobody(const Authority& who) { return who.kind == Authority::Kind::nobody; }

const schema::Group* group_of(const RecordType& type, FieldId field)
{
    const auto at = std::find_if(type.groups.begin(), type.groups.end(), [&](const auto& group) { return group.field(field); });
    return at == type.groups.end() ? nullptr : &*at;
}

bool is_set(const schema::Group& group)
{
    return group.merge == schema::Merge::append || group.merge == schema::Merge::add_wins;
}

void check_starts(const Deadline& in, const Built& deadline, const Policy& policy, Problems& problems)
{
    for (std::size_t i = 0; i < deadline.starts.size(); ++i) {
        const auto* type = policy.type(deadline.starts[i].type);
        const auto* group = type ? type->group(deadline.starts[i].group) : nullptr;
        if (!group)
            continue;
        const bool created = !std::all_of(type->create.begin(), type->create.end(), nobody);
        const bool owned = !std::all_of(group->owner.begin(), group->owner.end(),
                                        [](const OwnerClause& clause) { return nobody(clause.is); });
        const auto& word = in.starts[i].field;
        if (!created || !owned)
            problems.add(word.at, "nobody ever writes " + quoted(word.text) + ": the clock cannot start");
        for (std::size_t j = 0; j < i; ++j)
            if (deadline.starts[j].field == deadline.starts[i].field)
                problems.add(word.at, quoted(word.text) + " starts it twice");
        for (const auto& [field, values] : deadline.starts[i].when.values)
            if (const auto* other = group_of(*type, field); other && other != group && is_set(*other))
                problems.add(word.at, quoted(other->field(field)->name) + " is in a set: it has no one value to ask for");
    }
    if (deadline.sooner && deadline.starts.size() < 2)
        problems.add(in.at, "deadline " + quoted(deadline.id) + " has one start: none of them is the sooner");
    if (deadline.first && !deadline.one_per_case)
        problems.add(in.at, "deadline " + quoted(deadline.id) + " has a clock for every record: say one_per_case = true, or none is the first");
}

// Does whatever starts the clock meet it already?
bool met_at_once(const Built& deadline)
{
    const auto& closes = *deadline.closes;
    return std::any_of(deadline.starts.begin(), deadline.starts.end(), [&](const Built::Start& start) {
        const bool stated = !closes.on || *closes.on == start.field;
        return stated && closes.when.facts.empty() &&
               std::all_of(closes.when.values.begin(), closes.when.values.end(), [&](const auto& wanted) {
                   return std::any_of(start.when.values.begin(), start.when.values.end(), [&](const auto& given) {
                       return given.first == wanted.first &&
                              std::all_of(given.second.begin(), given.second.end(), [&](const auto& value) {
                                  return std::find(wanted.second.begin(), wanted.second.end(), value) != wanted.second.end();
                              });
                   });
               });
    });
}

void check_closes(const Deadline& in, const Built& deadline, const Policy& policy, Problems& problems)
{
    const auto* type = deadline.closes ? policy.type(deadline.closes->type) : nullptr;
    if (!type)
        return;
    const auto& closes = *deadline.closes;
    const auto at = in.closes->at;
    const bool starts_it = std::any_of(deadline.starts.begin(), deadline.starts.end(),
                                       [&](const auto& start) { return start.type == type->id; });
    if (closes.by == By::itself && met_at_once(deadline))
        problems.add(at, "the record that starts the clock meets it at once: say what else it must state");
    if (closes.by == By::any && type->singleton && starts_it)
        problems.add(at, "a case has only one " + quoted(type->name) + ": no other can meet what it started");
    if (closes.by == By::any && !type->singleton && !closes.on)
        problems.add(at, "one " + quoted(type->name) + " would meet it for ever: say which, by a date of it (on = ...) or by what "
                         "it is about (of = ...)");
    std::vector<FieldId> asked;
    for (const auto& [field, values] : closes.when.values)
        asked.push_back(field);
    if (closes.on)
        asked.push_back(*closes.on);
    if (closes.by == By::about)
        asked.push_back(closes.of);
    const auto starts_one = [&](FieldId field) {
        return std::any_of(deadline.starts.begin(), deadline.starts.end(), [&](const auto& start) { return start.field == field; });
    };
    for (const auto field : asked)
        if (const auto* group = group_of(*type, field); group && is_set(*group) && !starts_one(field))
            problems.add(at, quoted(group->field(field)->name) + " is in a set: it has no one value to ask for");
}

void check_calendar(const Calendar& in, const schema::Calendar& calendar, Problems& problems)
{
    if (calendar.until < calendar.from)
        problems.add(in.known_until.at, "the calendar ends before it begins");
    for (std::size_t i = 0; i < calendar.holidays.size(); ++i) {
        const auto day = calendar.holidays[i];
        const auto& word = in.holidays[i];
        if (i > 0 && day <= calendar.holidays[i - 1])
            problems.add(word.at, quoted(word.text) + " does not come after the holiday before it");
        if (day < calendar.from || calendar.until < day)
            problems.add(word.at, quoted(word.text) + " lies outside the days that the calendar knows");
        if (!is_working_day(day, schema::Calendar{}))
            problems.add(word.at, quoted(word.text) + " is on a weekend: give the day that stands in its place");
    }
}

}  // namespace

void check_deadlines(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    const auto needs_calendar = [&](const Period& period, Place at) {
        if (period.working_days > 0 && !bundle.calendar)
            problems.add(at, "working days are counted by a [calendar], and no file has one");
    };
    for (std::size_t d = 0; d < policy.deadlines.size(); ++d) {
        const auto& in = bundle.deadlines[d];
        const auto& deadline = policy.deadlines[d];
        check_starts(in, deadline, policy, problems);
        check_closes(in, deadline, policy, problems);
        for (std::size_t i = 0; i < deadline.starts.size(); ++i)
            needs_calendar(deadline.starts[i].within, in.starts[i].within.empty() ? in.within.at : in.starts[i].within.at);
        if (in.role.empty())
            problems.add(in.at, "deadline " + quoted(in.id.text) + " has no role");
    }
    for (std::size_t t = 0; t < policy.types.size(); ++t)
        for (std::size_t g = 0; g < policy.types[t].groups.size(); ++g) {
            const auto& group = policy.types[t].groups[g];
            for (std::size_t i = 0; i < group.limits.size(); ++i)
                needs_calendar(group.limits[i].within, bundle.records[t].groups[g].limits[i].within.at);
        }
    if (bundle.calendar)
        check_calendar(*bundle.calendar, policy.calendar, problems);
}

}  // namespace satchel::schema::declaration
