// What is different in a case since a day: what whoever chairs a meeting reads before it (IN-73).
#include <algorithm>

#include "client/app/view.hpp"
#include "schema/base/nearest.hpp"
#include "schema/policy/calendar.hpp"

namespace satchel::client::app {
namespace {

struct Day {
    Date date;
    std::string because;  // empty: somebody gave the day
};

bool is_day(const schema::Field& field) noexcept
{
    return field.type == schema::FieldType::date || field.type == schema::FieldType::instant;
}

std::optional<Date> day_in(const schema::Value* value)
{
    if (const auto* date = value ? std::get_if<Date>(value) : nullptr)
        return *date;
    if (const auto* at = value ? std::get_if<Instant>(value) : nullptr)
        return schema::day_in_england(*at);
    return std::nullopt;
}

// The latest day, not after today, that the records of the case give in this field. invalid_argument, unknown_name.
Result<Day> last_of(const Desk& desk, const sync::CaseState& state, const std::string& text)
{
    const auto& policy = desk.policy();
    const auto dot = text.find('.');
    if (dot == text.npos)
        return fail(Errc::invalid_argument, "--last is a type and a field of it, as in meeting.held_on");
    SATCHEL_TRY(const auto* type, find_type(policy, text.substr(0, dot)));
    const auto name = text.substr(dot + 1);
    std::vector<std::string> known;
    const schema::Group* group = nullptr;
    const schema::Field* field = nullptr;
    for (const auto& g : type->groups)
        for (const auto& f : g.fields) {
            if (!is_day(f) || is_list(g))
                continue;
            known.push_back(f.name);
            if (f.name == name)
                group = &g, field = &f;
        }
    if (!field)
        return fail(Errc::unknown_name, type->name + " has no such field with a day" + did_you_mean(name, known));
    const auto today = schema::day_in_england(desk.clock.now());
    std::optional<Date> last;
    for (const auto& [id, record] : state.records) {
        const auto* said = record.type == type->id && record.withdrawn.empty() ? record.group(group->id) : nullptr;
        const auto day = said && !said->voided ? day_in(schema::find(said->current.values, field->id)) : std::nullopt;
        if (day && *day <= today && (!last || *last < *day))
            last = day;
    }
    if (!last)
        return fail(Errc::invalid_argument, "no " + type->title + " of this case has a day there up to today; give one with --day");
    return Day{*last, type->title + ": " + field->title};
}

Result<Day> day_of_request(const Desk& desk, const sync::CaseState& state, const Request& request)
{
    const auto day = request.invocation.one("day");
    const auto last = request.invocation.one("last");
    if (day.has_value() == last.has_value())
        return fail(Errc::invalid_argument, "since when? Give --day YYYY-MM-DD or --last TYPE.FIELD");
    if (last)
        return last_of(desk, state, *last);
    SATCHEL_TRY(const auto date, parse_date(*day));
    return Day{date, {}};
}

// What was there and what is there now; of a list, what left it and what came.
struct Difference {
    Json was, is;
    const sync::Version* by = nullptr;  // the newest of what is there; null: something was only taken out of a list
};

std::optional<Difference> difference(const schema::Group& group, const sync::GroupState* then, const sync::GroupState& now)
{
    Difference out;
    if (!is_list(group)) {
        const schema::FieldValues none;
        const auto& before = then && !then->voided ? then->current.values : none;
        const auto& after = now.voided ? none : now.current.values;
        if (before == after)
            return std::nullopt;
        out.was = value_of(group, before);
        out.is = value_of(group, after);
        out.by = &now.current;
        return out;
    }
    const auto without = [&](const std::vector<sync::Version>& some, const std::vector<sync::Version>& others) {
        auto list = Json::array();
        for (const auto& element : some)
            if (std::none_of(others.begin(), others.end(), [&](const auto& other) { return other.id == element.id; }))
                list.push(value_of(group, element.values));
        return list;
    };
    const std::vector<sync::Version> nothing;
    const auto& before = then ? then->elements : nothing;
    out.was = without(before, now.elements);
    out.is = without(now.elements, before);
    if (out.was.items().empty() && out.is.items().empty())
        return std::nullopt;
    if (!out.is.items().empty())
        out.by = &now.elements.back();
    return out;
}

class Since {
public:
    Since(const CaseView& now, const sync::CaseState& then, const schema::Policy& policy) : now_(now), then_(then), policy_(policy) {}

    [[nodiscard]] Json facts() const
    {
        auto out = Json::array();
        for (const auto& fact : policy_.facts) {
            const auto was = then_.fact(fact.name), is = now_.state().fact(fact.name);
            if (was != is)
                out.push(Json::object({{"fact", fact.name}, {"title", fact.title}, {"was", std::string(was)}, {"is", std::string(is)}}));
        }
        return out;
    }

    // What concerns somebody's safety first, then in the order of the agreement.
    [[nodiscard]] Json records() const
    {
        std::vector<std::pair<bool, Json>> all;
        for (const auto* record : now_.in_order())
            if (auto one = told(*record))
                all.push_back(*std::move(one));
        std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
        auto out = Json::array();
        for (auto& [safety, record] : all)
            out.push(std::move(record));
        return out;
    }

    // Those still open from before, apart from new ones: what is current must not hide among what is old.
    [[nodiscard]] Json tasks() const
    {
        auto before = Json::array(), fresh = Json::array(), settled = Json::array();
        for (const auto& [id, task] : now_.state().tasks) {
            const auto at = then_.tasks.find(id);
            const bool waited = at != then_.tasks.end() && waits(at->second);
            if (waits(task))
                (waited ? before : fresh).push(now_.to_json(task));
            else if (waited)
                settled.push(now_.to_json(task));
        }
        return Json::object({{"before", std::move(before)}, {"new", std::move(fresh)}, {"settled", std::move(settled)}});
    }

    // What was decided meanwhile is told with how: a suggestion that was declined has changed no value.
    [[nodiscard]] Json decisions() const
    {
        std::map<VersionId, const sync::RecordState*> waited;
        for (const auto& [id, record] : then_.records)
            for (const auto& group : record.groups)
                for (const auto& item : group.open)
                    waited.emplace(item.side.id, &record);
        auto before = Json::array(), fresh = Json::array(), settled = Json::array();
        for (const auto& open : now_.open_items(std::nullopt))
            (waited.erase(open.item.side.id) > 0 ? before : fresh).push(now_.to_json(open));
        for (const auto& [item, record] : waited) {
            const auto* line = now_.line(item);
            settled.push(Json::object({{"id", item},
                                       {"record", record->id},
                                       {"title", type_title(policy_, record->type)},
                                       {"disposition", line ? line->disposition : std::string()}}));
        }
        return Json::object({{"before", std::move(before)}, {"new", std::move(fresh)}, {"settled", std::move(settled)}});
    }

private:
    // Whether it concerns safety, and what is different; nothing when nothing is.
    [[nodiscard]] std::optional<std::pair<bool, Json>> told(const sync::RecordState& record) const
    {
        const auto* type = policy_.type(record.type);
        const auto* before = then_.record(record.id);
        bool safety = false;
        auto changed = Json::array();
        for (const auto& group : type ? type->groups : std::vector<schema::Group>{}) {
            const auto* now = record.group(group.id);
            const auto differs = now ? difference(group, before ? before->group(group.id) : nullptr, *now) : std::nullopt;
            if (!differs)
                continue;
            safety = safety || group.safety;
            auto one = Json::object({{"group", group.name}, {"was", differs->was}, {"is", differs->is}});
            tell(differs->by ? now_.line(differs->by->id) : last_removal(record.id, group.id), one);
            if (differs->by) {  // also what the system wrote for somebody
                one["author"] = now_.author_of(*differs->by);
                one["agency"] = differs->by->source.agency;
            }
            changed.push(std::move(one));
        }
        const bool withdrawn = !record.withdrawn.empty() && (!before || before->withdrawn.empty());
        if (changed.items().empty() && !withdrawn)
            return std::nullopt;
        auto out = Json::object({{"record", record.id},
                                 {"type", type ? Json(type->name) : Json()},
                                 {"title", type_title(policy_, record.type)},
                                 {"new", before == nullptr},
                                 {"withdrawn", nullptr},
                                 {"changed", std::move(changed)}});
        if (withdrawn) {
            auto by = Json::object({});
            tell(now_.line(record.withdrawn), by);
            out["withdrawn"] = std::move(by);
        }
        return std::pair(safety, std::move(out));
    }

    [[nodiscard]] const HistoryLine* last_removal(const RecordId& record, schema::GroupId group) const
    {
        const auto& lines = now_.lines();
        const auto at = std::find_if(lines.rbegin(), lines.rend(), [&](const HistoryLine& line) {
            return line.record == record && line.group == group && line.op == schema::Op::remove;
        });
        return at == lines.rend() ? nullptr : &*at;
    }

    // Who made it so, why, and whether it is only here yet.
    static void tell(const HistoryLine* line, Json& out)
    {
        out["author"] = line ? line->author_name : std::string();
        out["agency"] = line ? line->agency : std::string();
        out["reason"] = line ? line->reason : std::string();
        out["received_at"] = line ? time_or_null(line->received_at) : Json();
        out["waits"] = line && line->pending;
    }

    const CaseView& now_;
    const sync::CaseState& then_;
    const schema::Policy& policy_;
};

}  // namespace

Result<Answer> case_since(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto case_id, find_case(desk, request.invocation.one("ref").value_or("")));
    SATCHEL_TRY(const auto now, CaseView::of(desk, case_id));
    SATCHEL_TRY(const auto day, day_of_request(desk, now.state(), request));
    // All of that day counts: what a meeting decided comes in after it has begun.
    const Instant begin{schema::start_in_england(day.date).ms - 1};
    SATCHEL_TRY(const auto then, desk.store.case_as_of(case_id, begin));
    const Since since(now, then, desk.policy());
    Answer answer;
    answer.body["case"] = case_id;
    SATCHEL_TRY(const auto person, person_of(desk, case_id));
    for (const auto& [key, value] : person.members())
        answer.body[key] = value;
    answer.body["since"] = to_string(day.date);
    answer.body["because"] = day.because;
    answer.body["facts"] = since.facts();
    answer.body["records"] = since.records();
    answer.body["tasks"] = since.tasks();
    answer.body["decisions"] = since.decisions();
    return answer;
}

}  // namespace satchel::client::app
