// Resolves and judges what a bundle counts. Runs on a policy without problems.
#include <algorithm>
#include <set>

#include "schema/base/nearest.hpp"
#include "schema/policy/declaration.hpp"
#include "schema/policy/figures.hpp"
#include "schema/policy/requirement_id.hpp"

namespace satchel::schema {

const ReturnEdition* Figures::edition_of(Date year_ends) const noexcept
{
    for (const auto& edition : returns)
        for (const auto& year : edition.years)
            if (year.ends == year_ends)
                return &edition;
    return nullptr;
}

std::vector<std::string> all_bands(const std::vector<int>& begins)
{
    std::vector<std::string> out;
    for (std::size_t i = 0; i <= begins.size(); ++i) {
        const auto from = std::to_string(i == 0 ? 0 : begins[i - 1]);
        out.push_back(i == begins.size() ? from + " and over" : from + " to " + std::to_string(begins[i] - 1));
    }
    return out;
}

std::string band(const std::vector<int>& begins, int number)
{
    const auto at = std::upper_bound(begins.begin(), begins.end(), number) - begins.begin();
    return all_bands(begins)[static_cast<std::size_t>(at)];
}

namespace declaration {
namespace {

constexpr int withhold_max = 100;

std::string quoted(const std::string& text)
{
    return "\"" + text + "\"";
}

References texts(const Words& words)
{
    References out;
    for (const auto& word : words)
        out.push_back(word.text);
    return out;
}

bool is_day(const schema::Field& field)
{
    return field.type == FieldType::date || field.type == FieldType::instant;
}

std::vector<std::string> values_of(const schema::Field& field)
{
    return field.type == FieldType::boolean ? std::vector<std::string>{"yes", "no"} : field.choices;
}

class FigureBuilder {
public:
    FigureBuilder(const Bundle& bundle, const Policy& policy, Problems& problems)
        : in_(bundle.figures), policy_(policy), problems_(problems)
    {
    }

    schema::Figures run()
    {
        general();
        std::set<std::string> ids;
        for (const auto& kpi : in_.kpis)
            out_.kpis.push_back(figure(kpi, ids));
        for (const auto& list : in_.lists) {
            out_.lists.push_back(figure(list, ids));
            const auto& built = out_.lists.back();
            if (built.counts == schema::Figure::Counts::elsewhere || !list.by.empty() || !list.met.empty() ||
                !list.every.empty())
                problem(list.counts.at,
                        "a caseload list names cases: counts = \"cases\" or a record, nothing beside it");
        }
        std::set<Date> years;
        for (const auto& edition : in_.returns)
            out_.returns.push_back(build(edition, ids, years));
        return std::move(out_);
    }

private:
    void problem(Place at, std::string reason) { problems_.add(at, std::move(reason)); }
    template <class Known>
    void unknown(const Word& word, const std::string& what, const Known& known)
    {
        std::vector<std::string> names;
        for (const auto& item : known)
            names.push_back(item.name);
        problem(word.at, "no " + what + " is called " + quoted(word.text) + did_you_mean(word.text, names));
    }
    void cite(const std::string& what, Place at, const Words& refs)
    {
        if (refs.empty())
            problem(at, what + " cites no paragraph: give refs");
        for (const auto& ref : refs)
            if (!is_requirement_id(ref.text))
                problem(ref.at, quoted(ref.text) + " is not a paragraph id such as G-15-17");
    }
    void unique(const Word& id, std::set<std::string>& ids)
    {
        if (id.text.size() > 64 || id.text.empty())
            problem(id.at, "the name of a figure has 1 to 64 bytes");
        if (!ids.insert(id.text).second)
            problem(id.at, "another figure is called " + quoted(id.text));
    }

    // --- names -----------------------------------------------------------------------------------------------------

    const FactRule* fact(const Word& word)
    {
        const auto* rule = policy_.fact(word.text);
        if (!rule)
            unknown(word, "fact", policy_.facts);
        return rule;
    }
    const RecordType* type(const Word& word)
    {
        const auto* found = policy_.type(word.text);
        if (!found)
            unknown(word, "record", policy_.types);
        return found;
    }
    // In the first of the types that has it.
    const schema::Field* field(const Word& word, const RecordType* first, const RecordType* second = nullptr)
    {
        std::vector<std::string> known;
        for (const auto* in : {first, second}) {
            if (!in)
                continue;
            if (const auto* group = in->group_of_field(word.text))
                return group->field(word.text);
            for (const auto& group : in->groups)
                for (const auto& there : group.fields)
                    known.push_back(there.name);
        }
        if (first)
            problem(word.at, "record " + quoted(first->name) +
                                 (second ? " or " + quoted(second->name) : std::string()) + " has no field " +
                                 quoted(word.text) + did_you_mean(word.text, known));
        return nullptr;
    }
    FieldId day(const Word& word, const RecordType* first, const RecordType* second = nullptr)
    {
        const auto* found = field(word, first, second);
        if (found && !is_day(*found))
            problem(word.at, "field " + quoted(word.text) + " is no date");
        return found ? found->id : FieldId{};
    }
    // "person.dob", of a record of which a case has one.
    std::pair<const RecordType*, const schema::Field*> field_of_case(const Word& word)
    {
        const auto dot = word.text.find('.');
        if (dot == std::string::npos) {
            problem(word.at, quoted(word.text) + " is written RECORD.FIELD");
            return {};
        }
        const auto* in = type({word.text.substr(0, dot), word.at});
        if (in && !in->singleton)
            problem(word.at, "a case may have several records " + quoted(in->name) + ": which one counts?");
        return {in, in ? field({word.text.substr(dot + 1), word.at}, in) : nullptr};
    }

    void possible(const std::string& what, const std::vector<std::string>& known, const Words& values)
    {
        for (const auto& value : values)
            if (!known.empty() && !value.text.empty() && std::find(known.begin(), known.end(), value.text) == known.end())
                problem(value.at, what + " cannot be " + quoted(value.text) + did_you_mean(value.text, known));
    }

    std::vector<std::string> values_of_fact(const FactRule& rule)
    {
        if (rule.derive == FactRule::Derive::any)
            return {"yes", "no"};
        const auto* in = policy_.type(rule.type);
        const auto* group = in ? in->group(rule.group) : nullptr;
        const auto* of = group ? group->field(rule.value) : nullptr;
        return of ? values_of(*of) : std::vector<std::string>{};
    }

    schema::Match match(const Match& in, const RecordType* first, const RecordType* second = nullptr)
    {
        schema::Match out;
        for (const auto& entry : in.entries) {
            if (entry.values.empty())
                problem(entry.name.at, quoted(entry.name.text) + " is compared with nothing");
            if (entry.fact) {
                if (const auto* rule = fact(entry.name))
                    possible("fact " + quoted(rule->name), values_of_fact(*rule), entry.values);
                out.facts[entry.name.text] = texts(entry.values);
            } else if (!first) {
                problem(entry.name.at, "no field can be named here");
            } else if (const auto* of = field(entry.name, first, second)) {
                possible("field " + quoted(of->name), values_of(*of), entry.values);
                out.values.emplace_back(of->id, texts(entry.values));
            }
        }
        return out;
    }

    std::optional<Period> period(const Word& word)
    {
        if (word.empty())
            return {};
        auto out = parse_period(word.text);
        if (out)
            return *std::move(out);
        problem(word.at, quoted(word.text) + " is no period: days, working days, weeks or months");
        return {};
    }
    std::optional<Period> period_after(const Word& word)
    {
        auto out = period(word);
        if (out && (out->before || *out == Period{}))
            problem(word.at, quoted(word.text) + ": a time that passes after a day is asked for");
        return out;
    }

    // --- [figures] -------------------------------------------------------------------------------------------------

    void general()
    {
        if (in_.at.line == 0) {
            for (const auto* list : {&in_.kpis, &in_.lists})
                for (const auto& one : *list)
                    problem(one.at, "figures need [figures], which says what an area is");
            for (const auto& edition : in_.returns)
                problem(edition.at, "figures need [figures], which says what an area is");
            return;
        }
        cite("[figures]", in_.at, in_.refs);
        if (!in_.area.empty() && fact(in_.area))
            out_.area = in_.area.text;
        for (const auto& [name, on] : in_.since)
            since(name, on);
        for (const auto& [name, value] : in_.undecided)
            if (const auto* rule = fact(name)) {
                possible("fact " + quoted(rule->name), values_of_fact(*rule), {value});
                out_.undecided[name.text] = value.text;
            }
        for (const auto& name : in_.show)
            if (fact(name))
                out_.show.push_back(name.text);
        if (!in_.born.empty()) {
            const auto [of, born] = field_of_case(in_.born);
            if (born && !is_day(*born))
                problem(in_.born.at, "field " + quoted(in_.born.text) + " is no date");
            if (born) {
                out_.born_type = of->name;
                out_.born = born->id;
            }
        }
        if (!in_.same_record.empty())
            same_person();
        out_.portal = in_.portal.text;
        out_.no_case = match(in_.no_case, nullptr);
        bands(in_.age_bands, out_.age_bands);
        bands(in_.held_bands, out_.held_bands);
        calendar();
    }

    // Working days are those of the agreement's calendar. An agreement of before there was one names the free days here.
    void calendar()
    {
        out_.calendar = policy_.calendar;
        for (const auto& day : in_.free_days) {
            if (const auto date = parse_date(day.text))
                out_.calendar.holidays.push_back(*date);
            else
                problem(day.at, quoted(day.text) + " is no day: write 2026-12-25");
        }
        std::sort(out_.calendar.holidays.begin(), out_.calendar.holidays.end());
    }

    void since(const Word& name, const Word& on)
    {
        const auto* rule = fact(name);
        if (!rule)
            return;
        const auto* of = policy_.type(rule->type);
        const auto* group = of ? of->group(rule->group) : nullptr;
        const auto* from = group ? group->field(on.text) : nullptr;
        if (rule->derive != FactRule::Derive::latest)
            problem(name.at, "fact " + quoted(name.text) +
                                 " is not the latest value of one record: no field says since when it holds");
        else if (!from)
            problem(on.at, "group " + quoted(rule->group) + " has no field " + quoted(on.text));
        else if (!is_day(*from))
            problem(on.at, "field " + quoted(on.text) + " is no date");
        else
            out_.since[name.text] = from->id;
    }

    void bands(const std::vector<Number>& in, std::vector<int>& out)
    {
        for (const auto& begins : in) {
            if (begins.value <= (out.empty() ? 0 : out.back()))
                problem(begins.at, "bands are told by where each but the first begins, in ascending order");
            out.push_back(begins.value);
        }
    }

    void same_person()
    {
        const auto* of = type(in_.same_record);
        const auto* scheme = of ? field(in_.same_scheme, of) : nullptr;
        const auto* value = of ? field(in_.same_value, of) : nullptr;
        if (!scheme || !value)
            return;
        if (of->group_of_field(scheme->name) != of->group_of_field(value->name))
            problem(in_.same_value.at, "scheme and value are fields of one group");
        possible("field " + quoted(scheme->name), values_of(*scheme), in_.same_schemes);
        out_.same_type = of->name;
        out_.same_scheme = scheme->id;
        out_.same_value = value->id;
        out_.same_schemes = texts(in_.same_schemes);
    }

    // --- one figure ------------------------------------------------------------------------------------------------

    schema::Figure figure(const Figure& in, std::set<std::string>& ids)
    {
        using Counts = schema::Figure::Counts;
        schema::Figure out;
        unique(in.id, ids);
        cite("figure " + quoted(in.id.text), in.at, in.refs);
        out.id = in.id.text;
        out.title = in.title.text;
        out.reading = in.reading.text;
        out.why = in.why.text;
        out.refs = texts(in.refs);
        out.counts = in.counts.text == "cases"       ? Counts::cases
                     : in.counts.text == "elsewhere" ? Counts::elsewhere
                                                     : Counts::records;
        if ((out.counts == Counts::elsewhere) == in.why.empty())
            problem(in.at, "a figure that is counted elsewhere, and only such a one, says why");
        if (out.counts == Counts::elsewhere)
            return out;
        const auto* of = out.counts == Counts::records ? type(in.counts) : nullptr;
        const auto* whole = of ? about(in, *of, out) : nullptr;
        if (of) {
            out.type = of->name;
            if (in.on.empty())
                problem(in.at, "in which period does a record fall? Say on = \"FIELD\"");
            else
                out.on = day(in.on, of, whole);
        } else if (out.counts == Counts::cases && (!in.on.empty() || !in.about.empty() || !in.every.empty())) {
            problem(in.at, "cases are counted as they are on the last day: they are not on, about or every");
        }
        out.when = match(in.when, of, whole);
        for (const auto& unless : in.unless)
            out.unless.push_back(match(unless, of, whole));
        out.under_age = in.under_age.value;
        if (out.under_age != 0 && out_.born_type.empty())
            problem(in.under_age.at, "[figures] does not say when somebody was born");
        for (const auto& by : in.by) {
            out.by.push_back(breakdown(by, of, whole));
            leave_possible(out, out.by.back());
        }
        if (in.by.size() > 2)
            problem(in.by[2].at, "a figure is told by two things at most");
        for (const auto& met : in.met)
            out.met.push_back(witness(met, of, whole));
        out.every = period_after(in.every);
        out.each_interval = in.unit.text == "interval";
        out.each_day = in.unit.text == "day" && in.every.empty();
        if (!in.unit.empty() && in.unit.text != "interval" && in.unit.text != "case" && !out.each_day)
            problem(in.unit.at, "the unit is a case or an interval");
        if (out.each_day)
            one_a_day(in, of, out);
        out.still = match(in.still, nullptr);
        if (in.every.empty() && !(in.still.entries.empty() && (in.unit.empty() || out.each_day)))
            problem(in.at, "still and unit belong to every");
        if (!in.every.empty() && (!in.met.empty() || !in.by.empty() || !in.about.empty()))
            problem(in.at, "every is met by the next record itself: no about, by or met beside it");
        for (const auto& never : in.never)
            out.never.push_back(match(never, nullptr));
        if (!in.never.empty() && out.counts != Counts::cases)
            problem(in.at, "what never stands together is asked of cases");
        numbers(in, out);
        return out;
    }

    void one_a_day(const Figure& in, const RecordType* of, const schema::Figure& out)
    {
        const auto listed = [&](const schema::Group& group) {
            return group.field(out.on) && (group.merge == Merge::append || group.merge == Merge::add_wins);
        };
        const std::vector<schema::Group> none;
        const auto& groups = of ? of->groups : none;
        const auto list = std::find_if(groups.begin(), groups.end(), listed);
        if (list == groups.end())
            return problem(in.unit.at, "a day is the unit of entries of a list, and these are none");
        const auto own = [&](const Breakdown& by) { return by.of == Breakdown::Of::counted && list->field(by.field); };
        if (!in.met.empty() || std::any_of(out.by.begin(), out.by.end(), own))
            problem(in.unit.at, "the entries of a day are one: which of them would be met, or say the row?");
    }

    const RecordType* about(const Figure& in, const RecordType& of, schema::Figure& out)
    {
        if (in.about.empty())
            return nullptr;
        const auto* ref = field(in.about, &of);
        if (!ref)
            return nullptr;
        if (ref->type != FieldType::ref) {
            problem(in.about.at, "field " + quoted(ref->name) + " does not refer to a record");
            return nullptr;
        }
        out.about = ref->id;
        out.about_type = ref->target;
        return policy_.type(ref->target);
    }

    void numbers(const Figure& in, schema::Figure& out)
    {
        out.target = in.target.value;
        if (out.target > 100)
            problem(in.target.at, "a target is in per cent: 1 to 100");
        if (out.target != 0 && out.met.empty() && !out.every)
            problem(in.target.at, "a target of what? Nothing says when one of the counted is met");
        out.withhold_below = in.withhold_below.value;
        if (out.withhold_below > withhold_max)
            problem(in.withhold_below.at, "counts are withheld below " + std::to_string(withhold_max) + " at most");
        if (out.withhold_below != 0 && !(out.met.empty() && !out.every))
            problem(in.withhold_below.at, "only what is counted can be withheld, not what is met");
    }

    Breakdown breakdown(const Word& word, const RecordType* of, const RecordType* whole)
    {
        constexpr std::string_view prefix = "fact.";
        constexpr std::string_view held = "held.";
        Breakdown out;
        out.name = word.text;
        if (word.text == "age") {
            out.of = Breakdown::Of::age;
            out.title = "Age";
            out.values = all_bands(out_.age_bands);
            if (out_.born_type.empty() || out_.age_bands.empty())
                problem(word.at, "[figures] does not say when somebody was born, or which bands of age there are");
            return out;
        }
        if (word.text.starts_with(held)) {
            const Word name{word.text.substr(held.size()), word.at};
            out.of = Breakdown::Of::held;
            out.values = all_bands(out_.held_bands);
            if (const auto* rule = fact(name)) {
                out.fact = rule->name;
                out.title = rule->title + ", months since";
                if (rule->derive != FactRule::Derive::period && !out_.since.contains(rule->name))
                    problem(word.at, "nothing says since when fact " + quoted(rule->name) + " holds");
            }
            if (out_.held_bands.empty())
                problem(word.at, "[figures] does not say which bands of months there are");
            return out;
        }
        if (word.text.starts_with(prefix)) {
            if (const auto* rule = fact({word.text.substr(prefix.size()), word.at})) {
                out.fact = rule->name;
                out.title = rule->title;
                out.values = values_of_fact(*rule);
            }
            return out;
        }
        const schema::Field* by = nullptr;
        if (word.text.find('.') != std::string::npos || !of) {
            const auto [in, found] = field_of_case(word);
            by = found;
            out.of = Breakdown::Of::case_;
            out.type = in ? in->name : std::string();
        } else {
            by = field(word, of, whole);
            out.of = Breakdown::Of::counted;
        }
        if (!by)
            return out;
        if (values_of(*by).empty())
            problem(word.at, "field " + quoted(by->name) + " has no fixed values: it could tell who is counted");
        out.field = by->id;
        out.title = by->title;
        out.values = values_of(*by);
        return out;
    }

    // No row for a value that cannot be counted.
    static void leave_possible(const schema::Figure& figure, Breakdown& by)
    {
        const auto values_in = [&](const schema::Match& match) -> const std::vector<std::string>* {
            if (by.of == Breakdown::Of::age || by.of == Breakdown::Of::held)
                return nullptr;
            if (by.of == Breakdown::Of::fact) {
                const auto at = match.facts.find(by.fact);
                return at == match.facts.end() ? nullptr : &at->second;
            }
            const auto at = std::find_if(match.values.begin(), match.values.end(),
                                         [&](const auto& entry) { return entry.first == by.field; });
            return by.of == Breakdown::Of::case_ || at == match.values.end() ? nullptr : &at->second;
        };
        const auto holds = [](const std::vector<std::string>* list, const std::string& value) {
            return list && std::find(list->begin(), list->end(), value) != list->end();
        };
        const auto* only = values_in(figure.when);
        std::erase_if(by.values, [&](const std::string& value) { return only && !holds(only, value); });
        for (const auto& unless : figure.unless)
            if (unless.facts.size() + unless.values.size() == 1)
                std::erase_if(by.values, [&](const std::string& value) { return holds(values_in(unless), value); });
    }

    schema::Witness witness(const Witness& in, const RecordType* of, const RecordType* whole)
    {
        schema::Witness out;
        out.only_if = match(in.only_if, of, whole);
        if (!out.only_if.facts.empty())
            problem(in.at, "if asks for fields of the counted record");
        const auto* from = in.type.empty() ? of : type(in.type);
        if (in.type.empty() && !of)
            problem(in.at, "a case is met by a record: record = \"RECORD\"");
        if (!from)
            return out;
        if (in.type.empty() && !in.of.empty())
            problem(in.of.at, "a reference of which record? Say record = \"RECORD\"");
        if (!of && !in.same.empty())
            problem(in.at, "a case has no fields that could say the same");
        if (!in.type.empty()) {
            out.type = from->name;
            if (!in.of.empty())
                reference(in, *from, of, whole, out);
        }
        for (const auto& [own, counted] : in.same) {
            const auto* left = field(own, from);
            const auto* right = field(counted, of, whole);
            if (left && right)
                out.same.emplace_back(left->id, right->id);
        }
        for (const auto& when : in.when) {
            out.when.push_back(match(when, from, in.type.empty() ? whole : nullptr));
            if (!out.when.back().facts.empty())
                problem(in.at, "met is a matter of fields");
        }
        if (in.date.empty() != (in.within.empty() && in.since.empty()))
            problem(in.at, "a date has to lie within a period, or in the time since one: say both");
        if (!in.within.empty() && (!in.since.empty() || !of))
            problem(in.within.at,
                    "of what lies within a time after the day nothing is asked since; of a case, since is asked");
        if (!in.date.empty())
            out.date = day(in.date, from, in.type.empty() ? whole : nullptr);
        out.within = period(in.within);
        out.since = period_after(in.since);
        return out;
    }

    void reference(const Witness& in, const RecordType& from, const RecordType* of, const RecordType* whole,
                   schema::Witness& out)
    {
        const auto* ref = field(in.of, &from);
        if (!ref)
            return;
        out.of = ref->id;
        const bool to_whole = whole && ref->target == whole->name;
        out.of_about = to_whole && !(of && ref->target == of->name);
        if (ref->type != FieldType::ref || (!to_whole && !(of && ref->target == of->name)))
            problem(in.of.at, "field " + quoted(ref->name) + " does not refer to what is counted");
    }

    // --- the annual return -----------------------------------------------------------------------------------------

    schema::ReturnEdition build(const ReturnEdition& in, const std::set<std::string>& figures, std::set<Date>& years)
    {
        schema::ReturnEdition out;
        cite("annual return " + quoted(in.id.text), in.at, in.refs);
        for (const auto& other : out_.returns)
            if (other.id == in.id.text)
                problem(in.id.at, "another annual return is called " + quoted(in.id.text));
        out.id = in.id.text;
        out.title = in.title.text;
        out.signed_off_by = in.signed_off_by.text;
        out.refs = texts(in.refs);
        if (!in.signed_off_by.empty() && !policy_.role(in.signed_off_by.text))
            unknown(in.signed_off_by, "role", policy_.roles);
        for (const auto& role : in.early)
            if (!policy_.role(role.text))
                unknown(role, "role", policy_.roles);
        out.early = texts(in.early);
        if (in.years.empty())
            problem(in.at, "an annual return says for which years it holds: years = [{ ends = …, published = … }]");
        for (const auto& year : in.years) {
            const auto ends = parse_date(year.ends.text);
            const auto published = parse_instant(year.published.text);
            if (!ends)
                problem(year.ends.at, quoted(year.ends.text) + " is no day: write 2026-03-31");
            if (!published)
                problem(year.published.at, quoted(year.published.text) + " is no time: write 2026-10-29T09:30:00Z");
            if (!ends || !published)
                continue;
            if (*published < start_in_england(Date{ends->days + 1}))
                problem(year.published.at, "a year is not published before it ends");
            if (!years.insert(*ends).second)
                problem(year.ends.at, "another annual return holds for this year");
            out.years.push_back({*ends, *published});
        }
        // Lines of two years may share a name: it is how they are compared.
        auto ids = figures;
        for (const auto& line : in.lines)
            out.lines.push_back(figure(line, ids));
        if (in.lines.empty())
            problem(in.at, "an annual return without lines");
        return out;
    }

    const Figures& in_;
    const Policy& policy_;
    Problems& problems_;
    schema::Figures out_;
};

}  // namespace

void build_figures(const Bundle& bundle, Policy& policy, Problems& problems)
{
    const auto& in = bundle.figures;
    if (in.at.line == 0 && in.kpis.empty() && in.lists.empty() && in.returns.empty())
        return;
    policy.figures = std::make_shared<const schema::Figures>(FigureBuilder(bundle, policy, problems).run());
}

}  // namespace declaration
}  // namespace satchel::schema
