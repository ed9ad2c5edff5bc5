#include "sync/core/figures.hpp"

#include <algorithm>
#include <limits>

namespace satchel::sync {
namespace {

using schema::Breakdown;
using schema::FactRule;
using schema::FieldId;
using schema::FieldValues;
using schema::Figure;
using schema::Match;
using schema::Policy;
using schema::Value;

std::optional<Date> day_in(const Value* value)
{
    if (!value)
        return {};
    if (const auto* date = std::get_if<Date>(value))
        return *date;
    if (const auto* instant = std::get_if<Instant>(value))
        return schema::day_in_england(*instant);
    return {};
}

// As matches write it.
std::string text_of(const Value* value)
{
    return value && !is_null(*value) ? to_text(*value) : std::string();
}

bool contains(const std::vector<std::string>& list, const std::string& value)
{
    return std::find(list.begin(), list.end(), value) != list.end();
}

const Value* value_in(const RecordState& record, FieldId field)
{
    for (const auto& group : record.groups)
        if (const auto* value = find(group.current.values, field))
            return value;
    return nullptr;
}

const std::vector<RecordState>& records_of(const CaseSheet& sheet, std::string_view type)
{
    static const std::vector<RecordState> none;
    const auto at = sheet.records.find(schema::type_id(type));
    return at == sheet.records.end() ? none : at->second;
}

// One of the counted: a record, an element of one of its lists, and the record that it is a part of.
struct Unit {
    const RecordState* record = nullptr;
    const FieldValues* element = nullptr;
    const RecordState* about = nullptr;

    [[nodiscard]] const Value* value(FieldId field) const
    {
        if (const auto* own = element ? find(*element, field) : nullptr)
            return own;
        if (const auto* own = value_in(*record, field))
            return own;
        return about ? value_in(*about, field) : nullptr;
    }
    [[nodiscard]] bool matches(const Match& match) const
    {
        return std::all_of(match.values.begin(), match.values.end(),
                           [&](const auto& wanted) { return contains(wanted.second, text_of(value(wanted.first))); });
    }
};

std::vector<Unit> units_of(const Figure& figure, const CaseSheet& sheet, const Policy& policy)
{
    std::vector<Unit> out;
    const auto* type = policy.type(figure.type);
    for (const auto& record : records_of(sheet, figure.type)) {
        if (!record.withdrawn.empty())
            continue;
        Unit unit{&record, nullptr, nullptr};
        if (figure.about) {
            const auto* ref = value_in(record, *figure.about);
            const auto* to = ref ? std::get_if<schema::Ref>(ref) : nullptr;
            for (const auto& whole : records_of(sheet, figure.about_type))
                if (to && whole.id == to->record && whole.withdrawn.empty())
                    unit.about = &whole;
            if (!unit.about)
                continue;  // what it belonged to is withdrawn, or nobody said
        }
        const schema::Group* listed = nullptr;
        for (const auto& group : type->groups)
            if (group.field(figure.on) &&
                (group.merge == schema::Merge::append || group.merge == schema::Merge::add_wins))
                listed = &group;
        if (!listed) {
            out.push_back(unit);
            continue;
        }
        if (const auto* group = record.group(listed->id))
            for (const auto& element : group->elements)
                out.push_back({unit.record, &element.values, unit.about});
    }
    return out;
}

bool stands_for(const schema::Witness& witness, const RecordState& record, const Unit& unit)
{
    const Unit self{&record, nullptr, nullptr};
    if (!record.withdrawn.empty())
        return false;
    if (witness.of) {
        const auto& wanted = witness.of_about ? *unit.about : *unit.record;
        const auto* ref = self.value(*witness.of);
        const auto* to = ref ? std::get_if<schema::Ref>(ref) : nullptr;
        if (!to || to->record != wanted.id)
            return false;
    }
    return std::all_of(witness.same.begin(), witness.same.end(), [&](const auto& pair) {
        const auto own = text_of(self.value(pair.first));
        return !own.empty() && own == text_of(unit.value(pair.second));
    });
}

bool says(const schema::Witness& witness, const Unit& by, Date day, const schema::Calendar& calendar)
{
    if (!witness.when.empty() &&
        std::none_of(witness.when.begin(), witness.when.end(), [&](const Match& match) { return by.matches(match); }))
        return false;
    if (!witness.within && !witness.since)
        return true;
    const auto on = day_in(by.value(witness.date));
    if (!on)
        return false;
    if (witness.since) {
        auto back = *witness.since;
        back.before = true;
        return counted(day, back, calendar).date <= *on && *on <= day;
    }
    const bool any_other = !witness.type.empty() && !witness.of;
    if (any_other && !witness.within->before && *on < day)
        return false;
    return *on <= counted(day, *witness.within, calendar).date;
}

bool is_met(const Figure& figure, const Unit& unit, Date day, const CaseSheet& sheet, const schema::Calendar& calendar)
{
    return std::all_of(figure.met.begin(), figure.met.end(), [&](const schema::Witness& witness) {
        if (!unit.matches(witness.only_if))
            return true;
        if (witness.type.empty())
            return says(witness, unit, day, calendar);
        const auto& records = records_of(sheet, witness.type);
        return std::any_of(records.begin(), records.end(), [&](const RecordState& record) {
            return stands_for(witness, record, unit) && says(witness, {&record, nullptr, nullptr}, day, calendar);
        });
    });
}

// Had a birthday that made them this old by the day: somebody born on 29 February has it on 28 February.
bool younger_than(int years, Date born, Date day)
{
    return day < add_months(born, 12 * years);
}

// Whole months from the one to the other, as birthdays are counted.
int months_between(Date from, Date to)
{
    int out = (to.days - from.days) / 32;  // never too many
    while (add_months(from, out + 1) <= to)
        ++out;
    return out;
}

std::string value_or_otherwise(const FactRule& rule, const Version& version)
{
    const bool counts = std::all_of(rule.needs.begin(), rule.needs.end(),
                                    [&](FieldId need) { return !text_of(find(version.values, need)).empty(); });
    const auto value = counts ? text_of(find(version.values, rule.value)) : std::string();
    return value.empty() ? rule.otherwise : value;
}

FactOnDay period_on(const FactRule& rule, Date day, const CaseSheet& sheet)
{
    FactOnDay out{rule.otherwise, false, {}};
    auto& best = out.since;
    for (const auto& record : records_of(sheet, rule.type)) {
        const auto value = text_of(value_in(record, rule.value));
        const auto from = day_in(value_in(record, rule.from));
        const auto to = day_in(value_in(record, rule.to));
        if (!record.withdrawn.empty() || !Unit{&record, nullptr, nullptr}.matches(rule.only) || value.empty() ||
            !from || day < *from || (to && *to < day))
            continue;
        if (best && (*from < *best || (*from == *best && out.value <= value)))
            continue;
        best = from;
        out.value = value;
    }
    return out;
}

}  // namespace

Result<FactOnDay> fact_on(const schema::Policy& policy, std::string_view fact, Date day, const CaseSheet& sheet,
                          const VersionsOf& versions)
{
    const auto* rule = policy.fact(fact);
    if (!rule)
        return fail(Errc::bug, "no such fact");
    if (rule->derive == FactRule::Derive::period)
        return period_on(*rule, day, sheet);
    const auto since = policy.figures->since.find(rule->name);
    if (since == policy.figures->since.end()) {
        const auto at = sheet.facts.find(fact);
        return FactOnDay{at == sheet.facts.end() ? std::string() : at->second, /*undated=*/true, {}};
    }
    const auto& records = records_of(sheet, rule->type);
    const auto group_id = schema::group_id(rule->type, rule->group);
    const auto* group =
        records.empty() || !records.front().withdrawn.empty() ? nullptr : records.front().group(group_id);
    if (!group || group->current.id.empty())
        return FactOnDay{rule->otherwise, false, {}};
    // Back from the one that was written last. One without a date holds as it stands, and says so.
    const auto settled = [&](const Version& version) -> std::optional<FactOnDay> {
        const auto from = day_in(find(version.values, since->second));
        if (from && day < *from)
            return {};
        return FactOnDay{value_or_otherwise(*rule, version), !from, from};
    };
    if (const auto now = settled(group->current))
        return *now;
    if (group->previous.id.empty())
        return FactOnDay{rule->otherwise, false, {}};
    if (const auto before = settled(group->previous))
        return *before;
    SATCHEL_TRY(const auto all, versions(schema::type_id(rule->type), group_id));
    for (auto at = all.rbegin(); at != all.rend(); ++at)
        if (const auto then = settled(*at))
            return *then;
    return FactOnDay{rule->otherwise, false, {}};
}

std::optional<int> per_mille(std::uint64_t met, std::uint64_t counted) noexcept
{
    if (counted == 0)
        return {};
    return static_cast<int>(met * 1000 / counted);
}

std::optional<int> FigureCount::per_mille() const noexcept
{
    return sync::per_mille(met, counted);
}

std::optional<bool> reached(std::uint64_t met, std::uint64_t counted, int target) noexcept
{
    if (counted == 0 || target == 0)
        return {};
    return met * 100 >= counted * static_cast<std::uint64_t>(target);
}

std::optional<bool> FigureCount::reached() const noexcept
{
    return sync::reached(met, counted, figure->target);
}

// --- One case -------------------------------------------------------------------------------------------------------

struct Counting::OneCase {
    Counting& all;
    const CaseSheet& sheet;
    const VersionsOf& versions;
    bool undated = false;  // of the facts looked at since it was last set to false

    Result<std::string> fact(std::string_view name, Date day)
    {
        SATCHEL_TRY(auto found, fact_on(all.policy_, name, day, sheet, versions));
        undated = undated || (found.undated && !found.value.empty());
        return std::move(found.value);
    }
    Result<bool> facts_hold(const Match& match, Date day)
    {
        for (const auto& [name, values] : match.facts) {
            SATCHEL_TRY(const auto value, fact(name, day));
            if (!contains(values, value))
                return false;
        }
        return true;
    }
    Result<bool> excepted(const Figure& figure, const Unit* unit, Date day)
    {
        for (const auto& unless : figure.unless) {
            if (unit ? !unit->matches(unless) : !unless.values.empty())
                continue;
            SATCHEL_TRY(const bool holds, facts_hold(unless, day));
            if (holds)
                return true;
        }
        return false;
    }
    // Whether it counts for the area; where it would and has none, that is noted.
    Result<bool> in_area(FigureCount& count, Date day)
    {
        SATCHEL_TRY(const auto area, fact(all.figures_.area, day));
        count.no_area += area.empty() ? 1 : 0;
        return !area.empty() && (all.area_.empty() || area == all.area_);
    }
    bool young_enough(FigureCount& count, Date day)
    {
        if (count.figure->under_age == 0)
            return true;
        if (const auto on = born())
            return younger_than(count.figure->under_age, *on, day);
        ++count.no_birth;
        return false;
    }
    std::optional<Date> born()
    {
        for (const auto& record : records_of(sheet, all.figures_.born_type))
            if (const auto on = day_in(value_in(record, all.figures_.born)); on && record.withdrawn.empty())
                return on;
        return {};
    }
    Result<std::vector<std::string>> row(const Figure& figure, const Unit* unit, Date day)
    {
        std::vector<std::string> out;
        for (const auto& by : figure.by) {
            if (by.of == Breakdown::Of::age) {
                const auto on = born();
                out.push_back(on ? schema::band(all.figures_.age_bands, months_between(*on, day) / 12) : std::string());
            } else if (by.of == Breakdown::Of::held) {
                SATCHEL_TRY(const auto found, fact_on(all.policy_, by.fact, day, sheet, versions));
                out.push_back(found.since ? schema::band(all.figures_.held_bands, months_between(*found.since, day))
                                          : std::string());
            } else if (by.of == Breakdown::Of::fact) {
                SATCHEL_TRY(auto value, fact(by.fact, day));
                out.push_back(std::move(value));
            } else if (by.of == Breakdown::Of::counted) {
                out.push_back(unit ? text_of(unit->value(by.field)) : std::string());
            } else {
                const auto& records = records_of(sheet, by.type);
                const bool stands = !records.empty() && records.front().withdrawn.empty();
                out.push_back(stands ? text_of(value_in(records.front(), by.field)) : std::string());
            }
        }
        return out;
    }
    void note(FigureCount& count, std::vector<std::string> row, bool met)
    {
        const auto& figure = *count.figure;
        if (all.name_cases_ && (count.listed.empty() || count.listed.back() != all.sheets_)) {
            count.listed.push_back(all.sheets_);
            all.names_last_ = true;
        }
        ++count.counted;
        count.met += met ? 1 : 0;
        count.undated += undated ? 1 : 0;
        if (row.empty())
            return;
        if (row.size() == 2) {
            const auto decided = [&](std::size_t i) {
                const auto undecided = all.figures_.undecided.find(figure.by[i].fact);
                return !row[i].empty() && (undecided == all.figures_.undecided.end() || undecided->second != row[i]);
            };
            count.first_total += decided(0) ? 1 : 0;
            count.second_total += decided(1) ? 1 : 0;
            count.only_first += decided(0) && !decided(1) ? 1 : 0;
            count.only_second += decided(1) && !decided(0) ? 1 : 0;
        }
        auto& cell = count.cells[std::move(row)];
        ++cell.counted;
        cell.met += met ? 1 : 0;
    }

    Result<void> as_case(FigureCount& count, const std::function<bool()>& first_of_person)
    {
        const auto& figure = *count.figure;
        const auto day = all.period_.to;
        undated = false;
        if (!all.figures_.no_case.empty()) {
            SATCHEL_TRY(const bool about_nobody, facts_hold(all.figures_.no_case, day));
            if (about_nobody)
                return {};
        }
        SATCHEL_TRY(const bool counts, facts_hold(figure.when, day));
        SATCHEL_TRY(const bool excluded, excepted(figure, nullptr, day));
        if (!counts || excluded)
            return {};
        if (!young_enough(count, day))
            return {};
        SATCHEL_TRY(const auto area, fact(all.figures_.area, day));
        count.no_area += area.empty() ? 1 : 0;
        if (area.empty())
            return {};
        const bool first = first_of_person();
        if (!all.area_.empty() && area != all.area_)
            return {};
        if (!first) {
            ++count.twice;
            return {};
        }
        for (const auto& never : figure.never) {
            SATCHEL_TRY(const bool holds, facts_hold(never, day));
            count.impossible += holds ? 1 : 0;
        }
        SATCHEL_TRY(auto values, row(figure, nullptr, day));
        note(count, std::move(values), !figure.met.empty() && is_met(figure, {}, day, sheet, all.figures_.calendar));
        return {};
    }

    Result<void> records(FigureCount& count)
    {
        const auto& figure = *count.figure;
        std::set<std::pair<const RecordState*, Date>> seen;
        for (const auto& unit : units_of(figure, sheet, all.policy_)) {
            if (!unit.matches(figure.when))
                continue;
            const auto day = day_in(unit.value(figure.on));
            count.no_day += day ? 0 : 1;
            if (!day || *day < all.period_.from || all.period_.to < *day)
                continue;
            undated = false;
            SATCHEL_TRY(const bool counts, facts_hold(figure.when, *day));
            SATCHEL_TRY(const bool excluded, excepted(figure, &unit, *day));
            if (!counts || excluded || (figure.each_day && !seen.emplace(unit.record, *day).second))
                continue;
            SATCHEL_TRY(const bool here, in_area(count, *day));
            if (!here || !young_enough(count, *day))
                continue;
            SATCHEL_TRY(auto values, row(figure, &unit, *day));
            note(count, std::move(values), is_met(figure, unit, *day, sheet, all.figures_.calendar));
        }
        return {};
    }

    // Each record sets the day by which the next is due. What was due in the period is asked for, and what was due before
    // and had not come by its beginning, as long as it is still wanted then.
    Result<void> every(FigureCount& count)
    {
        const auto& figure = *count.figure;
        const auto [from, to] = all.period_;
        std::vector<Date> days;
        for (const auto& unit : units_of(figure, sheet, all.policy_)) {
            const auto day = unit.matches(figure.when) ? day_in(unit.value(figure.on)) : std::nullopt;
            if (!day || to < *day)
                continue;
            SATCHEL_TRY(const bool counts, facts_hold(figure.when, *day));
            if (counts)
                days.push_back(*day);
        }
        std::sort(days.begin(), days.end());
        undated = false;
        const auto asked = [&](Date day) -> Result<bool> {
            SATCHEL_TRY(const bool still, facts_hold(figure.still, day));
            if (!still)
                return false;
            SATCHEL_TRY(const bool excluded, excepted(figure, nullptr, day));
            return !excluded;
        };
        std::vector<bool> in_time;
        for (std::size_t i = 0; i < days.size(); ++i) {
            const auto until = counted(days[i], *figure.every, all.figures_.calendar).date;
            constexpr Date never{std::numeric_limits<std::int32_t>::max()};
            const auto next = i + 1 < days.size() ? days[i + 1] : never;
            if (to < until || next < from)
                continue;
            SATCHEL_TRY(bool wanted, asked(until));
            if (wanted && until < from) {
                SATCHEL_TRY(wanted, asked(from));
            }
            if (wanted)
                in_time.push_back(next <= until);
        }
        bool unstarted = false;
        if (days.empty()) {
            SATCHEL_TRY(unstarted, asked(to));
        }
        if (in_time.empty() && !unstarted)
            return {};
        SATCHEL_TRY(const bool here, in_area(count, to));
        if (!here || !young_enough(count, to))
            return {};
        count.unstarted += unstarted ? 1 : 0;
        if (figure.each_interval)
            for (const bool met : in_time)
                note(count, {}, met);
        else if (!in_time.empty())
            note(count, {}, std::find(in_time.begin(), in_time.end(), false) == in_time.end());
        return {};
    }
};

// --- All of them ----------------------------------------------------------------------------------------------------

Counting::Counting(const schema::Policy& policy, std::vector<const schema::Figure*> figures, Days period,
                   std::string area)
    : policy_(policy), figures_(*policy.figures), period_(period), area_(std::move(area))
{
    need_fact(figures_.area);
    for (const auto* figure : figures) {
        FigureCount count;
        count.figure = figure;
        counts_.push_back(std::move(count));
        counted_.emplace_back();
        if (figure->counts == Figure::Counts::elsewhere)
            continue;
        if (figure->counts == Figure::Counts::cases) {
            need_type(figures_.same_type);
            need(figures_.no_case);
        }
        need_type(figure->type);
        need_type(figure->about_type);
        need(figure->when);
        need(figure->still);
        for (const auto& match : figure->unless)
            need(match);
        for (const auto& match : figure->never)
            need(match);
        for (const auto& by : figure->by) {
            need_type(by.type);
            need_fact(by.fact);
            if (by.of == Breakdown::Of::age)
                need_type(figures_.born_type);
        }
        for (const auto& met : figure->met)
            need_type(met.type);
        if (figure->under_age != 0)
            need_type(figures_.born_type);
    }
}

void Counting::name_cases()
{
    name_cases_ = true;
    for (const auto& fact : figures_.show)
        need_fact(fact);
}

void Counting::need_type(std::string_view type)
{
    if (!type.empty())
        types_.insert(schema::type_id(type));
}

void Counting::need_fact(std::string_view fact)
{
    const auto* rule = policy_.fact(fact);
    if (rule && (rule->derive == FactRule::Derive::period || figures_.since.contains(rule->name)))
        need_type(rule->type);
}

void Counting::need(const schema::Match& match)
{
    for (const auto& [fact, values] : match.facts)
        need_fact(fact);
}

// The numbers of the identifiers by which this person would be known again.
std::vector<std::size_t> Counting::identifiers(const CaseSheet& sheet)
{
    std::vector<std::size_t> out;
    const auto look = [&](const FieldValues& values) {
        const auto scheme = text_of(find(values, figures_.same_scheme));
        const auto value = text_of(find(values, figures_.same_value));
        if (!value.empty() && contains(figures_.same_schemes, scheme))
            out.push_back(persons_.emplace(scheme + ":" + value, persons_.size()).first->second);
    };
    for (const auto& record : records_of(sheet, figures_.same_type)) {
        if (!record.withdrawn.empty())
            continue;
        for (const auto& group : record.groups) {
            look(group.current.values);
            for (const auto& element : group.elements)
                look(element.values);
        }
    }
    return out;
}

// Of the cases of one person that would count, wherever they are, the first does: so areas never count one twice.
bool Counting::first_of_person(std::size_t figure, const std::vector<std::size_t>& person)
{
    auto& known = counted_[figure];
    known.resize(std::max(known.size(), persons_.size()));
    const bool again = std::any_of(person.begin(), person.end(), [&](std::size_t id) { return known[id]; });
    for (const auto id : person)
        known[id] = true;
    return !again;
}

Result<void> Counting::add(const CaseSheet& sheet, const VersionsOf& versions)
{
    const auto person = identifiers(sheet);
    names_last_ = false;
    OneCase one{*this, sheet, versions};
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        auto& count = counts_[i];
        if (count.figure->counts == Figure::Counts::cases) {
            SATCHEL_TRYV(one.as_case(count, [&] { return first_of_person(i, person); }));
        } else if (count.figure->counts == Figure::Counts::records) {
            SATCHEL_TRYV(count.figure->every ? one.every(count) : one.records(count));
        }
    }
    ++sheets_;
    return {};
}

namespace {

// Every value that is known has its row, so that reports of two years can be laid side by side.
void fill_rows(FigureCount& count)
{
    const auto& by = count.figure->by;
    if (by.size() == 1)
        for (const auto& value : by[0].values)
            (void)count.cells[{value}];
    if (by.size() == 2)
        for (const auto& first : by[0].values)
            for (const auto& second : by[1].values)
                (void)count.cells[{first, second}];
}

// A single small count could be reckoned from the total and the others: then the next smallest goes with it, and the
// total where there is none.
void withhold(FigureCount& count)
{
    const auto least = static_cast<std::uint64_t>(count.figure->withhold_below);
    if (least == 0)
        return;
    count.withheld = count.counted > 0 && count.counted < least;
    std::size_t withheld = 0;
    Cell* next = nullptr;
    for (auto& [row, cell] : count.cells) {
        if (cell.counted == 0)
            continue;
        cell.withheld = cell.counted < least;
        withheld += cell.withheld ? 1 : 0;
        if (!cell.withheld && (!next || cell.counted < next->counted))
            next = &cell;
    }
    if (withheld != 1)
        return;
    if (next)
        next->withheld = true;
    else
        count.withheld = true;
}

}  // namespace

std::vector<FigureCount> Counting::done()
{
    for (auto& count : counts_) {
        fill_rows(count);
        withhold(count);
    }
    return std::move(counts_);
}

}  // namespace satchel::sync
