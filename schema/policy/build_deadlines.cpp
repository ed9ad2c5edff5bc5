// Resolves clocks, and the calendar by which they run.
#include "schema/policy/resolving.hpp"

namespace satchel::schema::declaration {
namespace {

using Built = schema::Deadline;

bool is_moment(const schema::Field& field) { return field.type == FieldType::date || field.type == FieldType::instant; }

Match part_of(const Match& in, bool facts)
{
    Match out;
    std::copy_if(in.entries.begin(), in.entries.end(), std::back_inserter(out.entries),
                 [&](const auto& entry) { return entry.fact == facts; });
    return out;
}

// "record.field"
Built::Start build_start(const Deadline& in, const Deadline::Start& start, Resolving& names)
{
    Built::Start out;
    const auto& word = start.field;
    out.within = names.period(start.within.empty() ? in.within : start.within);
    const auto dot = word.text.find('.');
    if (dot == std::string::npos) {
        names.problem(word.at, "a deadline starts from RECORD.FIELD");
        return out;
    }
    const auto* type = names.find_type({word.text.substr(0, dot), word.at});
    const auto* field = type ? names.find_field(*type, {word.text.substr(dot + 1), word.at}) : nullptr;
    if (!field)
        return out;
    out.type = type->id;
    out.group = type->group_of_field(field->name)->id;
    out.field = field->id;
    if (!is_moment(*field))
        names.problem(word.at, "a deadline starts from a date: " + quoted(field->name) + " is none");
    out.when = names.match(type, start.when);
    auto applies = names.match(type, part_of(in.applies, /*facts=*/false));
    out.when.values.insert(out.when.values.end(), applies.values.begin(), applies.values.end());
    return out;
}

// Of records of the kind that starts the clock, the one to come meets it: it is dated as the one that started it.
std::optional<FieldId> same_date(const Built& deadline, TypeId type)
{
    for (const auto& start : deadline.starts)
        if (start.type == type)
            return start.field;
    return std::nullopt;
}

std::optional<Built::Closes> build_closes(const Deadline::Closes& in, const Built& deadline, Resolving& names)
{
    using By = Built::Closes::By;
    Built::Closes out;
    const auto* type = in.record.empty() ? names.policy().type(deadline.starts.front().type) : names.find_type(in.record);
    if (!type)
        return std::nullopt;
    const bool one_kind = std::all_of(deadline.starts.begin(), deadline.starts.end(),
                                      [&](const auto& start) { return start.type == deadline.starts.front().type; });
    out.type = type->id;
    out.by = in.record.empty() ? By::itself : in.of.empty() ? By::any : By::about;
    if (in.record.empty() && !one_kind)
        names.problem(in.at, "records of several kinds start it: say which record closes it");
    if (in.record.empty() && !in.of.empty())
        names.problem(in.of.at, "of which record is " + quoted(in.of.text) + " a field?");
    else if (const auto* of = in.of.empty() ? nullptr : names.find_field(*type, in.of)) {
        out.of = of->id;
        const auto* target = names.policy().type(of->target);
        if (of->type != FieldType::ref || !one_kind || !target || target->id != deadline.starts.front().type)
            names.problem(in.of.at, quoted(of->name) + " does not refer to the record that starts the clock");
    }
    if (const auto* on = in.on.empty() ? nullptr : names.find_field(*type, in.on)) {
        out.on = on->id;
        if (!is_moment(*on))
            names.problem(in.on.at, quoted(on->name) + " is no date");
    }
    if (out.by == By::any && !out.on)
        out.on = same_date(deadline, type->id);
    out.when = names.match(type, in.when);
    return out;
}

Built build_deadline(const Deadline& in, Resolving& names)
{
    Built out;
    out.id = in.id.text;
    for (const auto& start : in.starts)
        out.starts.push_back(build_start(in, start, names));
    out.applies = names.match(nullptr, part_of(in.applies, /*facts=*/true));
    if (in.closes)
        out.closes = build_closes(*in.closes, out, names);
    out.sooner = in.sooner;
    out.first = in.first;
    out.one_per_case = in.one_per_case || (out.closes && out.closes->by == Built::Closes::By::any);
    for (const auto& start : out.starts)
        if (const auto* type = names.policy().type(start.type); type && !in.role.empty())
            names.receiver_exists(in.role, /*resolver=*/false, *type);
    out.role = in.role.text;
    out.task = in.task.text;
    out.say = in.say.text;
    out.refs = texts(in.refs);
    return out;
}

Date build_date(const Word& word, Resolving& names)
{
    const auto parsed = parse_date(word.text);
    if (!parsed)
        names.problem(word.at, quoted(word.text) + ": " + parsed.error().detail);
    return parsed.value_or(Date{});
}

schema::Calendar build_calendar(const Calendar& in, Resolving& names)
{
    schema::Calendar out;
    out.title = in.title.text;
    out.from = build_date(in.known_from, names);
    out.until = build_date(in.known_until, names);
    for (const auto& holiday : in.holidays)
        out.holidays.push_back(build_date(holiday, names));
    out.refs = texts(in.refs);
    return out;
}

}  // namespace

void build_deadlines(const Bundle& bundle, Resolving& names)
{
    if (bundle.calendar)
        names.policy().calendar = build_calendar(*bundle.calendar, names);
    for (const auto& deadline : bundle.deadlines)
        names.policy().deadlines.push_back(build_deadline(deadline, names));
}

}  // namespace satchel::schema::declaration
